"""The year's gaps as cards: how large, more than chance, where it lies, what is done."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from salesnb.explain.intervals import permutation_test, wilson_interval
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.lists import actions_table
from salesnb.report.review import Review, section
from salesnb.report.sections.actions import action_lines
from salesnb.report.sections.annual_parts import fact, kept
from salesnb.report.sections.parts import name_of, scope_name, shown_unit, value_name
from salesnb.report.sections.yearly_actions import register_lines
from salesnb.report.sections.yearly_channels import SIGNIFICANCE, conversion_by
from salesnb.report.tables import Col, table

_TENURES = (("first_year", 0.0, 1.0), ("to_three", 1.0, 3.0), ("longer", 3.0, math.inf))
_DAYS_A_YEAR = 365.25
_LEAST_MONTHS = 6
_ALIKE = 0.02


class Verdict(NamedTuple):
    """How a rate stands to its goal: `met`, `short`, `unclear` (the interval holds it), `few`."""

    word: str
    low: float
    high: float


def rate_against_goal(hits: float, n: float, goal: float, least: int) -> Verdict:
    """Say whether a rate misses its goal by more than chance.

    Examples
    --------
    >>> rate_against_goal(36, 300, 0.15, 30).word, rate_against_goal(271, 2224, 0.15, 30).word
    ('unclear', 'short')
    """
    low, high = wilson_interval(hits, n)
    if n < least:
        return Verdict("few", low, high)
    if hits >= goal * n:
        return Verdict("met", low, high)
    return Verdict("short" if high < goal else "unclear", low, high)


# Conversion -----------------------------------------------------------------------------------


@section("yearly_conversion", "leads.converted_date")
def yearly_conversion(review: Review) -> Block:
    """Hold conversion against its goal: gap, noise, sources, time in post, what is done."""
    language, lens = review.language, review.lens
    found = lens.value("lead_conversion")
    if found.value is None or not found.denominator:
        return note(language("yearly.no_conversion"))
    goal, of = _goal(review, "lead_conversion")
    if goal is None:
        return note(language("yearly.no_goal", name=name_of(review, "lead_conversion")))
    hits, n = found.numerator or 0.0, found.denominator
    verdict = rate_against_goal(hits, n, goal, lens.dataset.settings.n_trials)
    sentence = review.language(f"yearly.gap_{verdict.word}",
        name=name_of(review, "lead_conversion"), rate=fact(review, "lead_conversion"), hits=hits,
        n=n, goal=kept(review, "conversion_goal", goal, "ratio"),
        of=language(f"yearly.goal_{of}"),
        gap=kept(review, "conversion_gap", found.value - goal, "ratio", numerator=hits,
                 denominator=n),
        low=kept(review, "lead_conversion_low", verdict.low, "ratio", n=n),
        high=kept(review, "lead_conversion_high", verdict.high, "ratio", n=n),
    )  # fmt: skip
    return group(
        lead(sentence),
        _by_source(review, goal, n),
        _by_tenure(review, goal),
        _answers(review, "lead_conversion"),
    )


def _goal(review: Review, metric: str) -> tuple[float | None, str]:
    """Give the goal of a metric, and what it is: a target, or last year's figure."""
    lens = review.lens
    target = lens.target(metric, review.period) if lens.has("targets") else None
    if target is not None:
        return target, "target"
    before = lens.against(metric, "year")["base"]
    return None if is_missing(before) else float(before), "last_year"


def _by_source(review: Review, goal: float, whole: float) -> Block | None:
    """Show how many points each source adds to the gap: its distance, weighted by its leads."""
    if not review.lens.has("leads", "channel"):
        return None
    language = review.language
    rows = conversion_by(review, "channel")
    rows = rows.assign(part=(rows["value"] - goal) * rows["n"] / whole)
    rows = rows.sort_values(["part", "name"], ignore_index=True).drop(columns="highlight")
    for row in rows.to_dict("records"):
        review.lens.keep("conversion_gap", row["part"], "ratio", {"channel": row["name"]},
                         n=row["n"])  # fmt: skip
    total = {"label": language("report.total"), "n": whole, "part": float(rows["part"].sum()),
             "value": float(rows["hits"].sum() / whole), "state": ""}  # fmt: skip
    caption = language("yearly.by_source", goal=goal)
    return table(rows, _gap_columns(review, "channel"), language, caption, total=total)


def _gap_columns(review: Review, dimension: str) -> list[Col]:
    language = review.language
    first = language(f"report.dimension.{dimension}") if dimension == "channel" else ""
    return [
        Col("label", first or language("yearly.tenure")),
        Col("n", language("yearly.ripe_leads"), "count"),
        Col("value", language("yearly.conversion"), "percent"),
        Col("part", language("yearly.part_of_gap"), "points"),
        Col("state", language("yearly.against_others"), "status"),
    ]


def _by_tenure(review: Review, goal: float) -> Block | None:
    """Show conversion by how long the person had been there at the middle of the period."""
    lens, language = review.lens, review.language
    if not (lens.has("leads", "rep_id") and lens.has("reps", "hire_date")):
        return None
    by_rep = lens.measure("lead_conversion", ["rep"])
    reps = lens.dataset.frame("reps")
    hired = dict(zip(reps["rep_id"].astype(str), reps["hire_date"], strict=True))
    middle = (
        pd.Timestamp(lens.window.start)
        + (pd.Timestamp(lens.window.end) - pd.Timestamp(lens.window.start)) / 2
    )
    years = pd.Series(
        [(middle - hired.get(str(rep), pd.NaT)).days / _DAYS_A_YEAR  # type: ignore[union-attr]
         if pd.notna(hired.get(str(rep), pd.NaT)) else np.nan for rep in by_rep["rep"]],
        by_rep.index, dtype=float,
    )  # fmt: skip
    whole = float(by_rep["denominator"].sum())
    rows = []
    for name, low, high in _TENURES:
        # Who came after the middle has been there for less than a year, too.
        mine = by_rep[(years < high) & (years >= low if low else years.notna())]
        n, hits = float(mine["denominator"].sum()), float(mine["numerator"].sum())
        if not n:
            continue
        verdict = rate_against_goal(hits, n, goal, lens.dataset.settings.n_trials)
        scope = {"tenure": name}
        lens.keep("conversion_gap", (hits / n - goal) * n / whole, "ratio", scope, n=n)
        looks = {"met": "good", "short": "bad"}
        rows.append(
            {
                "label": language(f"yearly.tenure_{name}"), "n": n, "value": hits / n,
                "part": (hits / n - goal) * n / whole,
                "state": f"{looks.get(verdict.word, 'none')}:"
                + language(f"yearly.goal_{verdict.word}"),
            }
        )  # fmt: skip
    if len(rows) < 2:
        return None
    columns = _gap_columns(review, "tenure")
    columns[-1] = Col("state", language("yearly.against_goal"), "status")
    caption = language("yearly.by_tenure", goal=goal)
    return table(pd.DataFrame(rows), columns, language, caption)


def _answers(review: Review, *metrics: str, region: str = "") -> Block:
    """Show what the playbook calls for on these metrics, and what the register has on them."""
    language = review.language
    names = {name_of(review, metric) for metric in metrics}
    lines = [line for line in action_lines(review) if line.kpi in names]
    lines += register_lines(review, metrics, region)
    return actions_table(
        lines, language, language("yearly.answers"), empty=language("yearly.no_answers")
    )


# Region ---------------------------------------------------------------------------------------


@section("yearly_region", "targets")
def yearly_region(review: Review) -> Block:
    """Take the region furthest behind apart: chance, the market, or the team."""
    language, lens = review.language, review.lens
    if review.whole_company and "region" not in lens.dimensions("net_sales"):
        return note(language("yearly.no_regions"))
    months = _months_to_target(review)
    if months.empty:
        return note(language("yearly.no_target", period=review.period))
    # A region that had targets for a few months only is no measure of the year.
    many = months.groupby("region")["base"].transform("size")
    months = months[many >= many.max() / 2]
    sums = months.groupby("region")[["current", "base"]].sum()
    rates = (sums["current"] / sums["base"]).sort_values()
    region, rate = str(rates.index[0]), float(rates.iloc[0])
    for each, value in rates.items():
        lens.keep("attainment_to_date", float(value), "ratio", {"region": str(each)},
                  numerator=float(sums.loc[each, "current"]),
                  denominator=float(sums.loc[each, "base"]))  # fmt: skip
    name = value_name(review, "region", region)
    goal = _attainment_goal(review, region)
    if rate >= (goal or 1.0):
        return note(
            language("yearly.region_met" if review.whole_company else "yearly.own_region_met",
                     name=name, rate=rate, goal=goal or 1.0)
        )  # fmt: skip
    gap = float(sums.loc[region, "base"] - sums.loc[region, "current"])
    mine = months[months["region"] == region]
    below = int((mine["current"] < mine["base"]).sum())
    p_value = _chance(mine)
    key = "few" if p_value is None else "short" if p_value < SIGNIFICANCE else "unclear"
    scope = {"region": region}
    sentence = review.language(f"yearly.region_{key}", name=name,
        rate=kept(review, "attainment_to_date", rate, "ratio", scope,
                  numerator=float(sums.loc[region, "current"]),
                  denominator=float(sums.loc[region, "base"])),
        goal=goal or 1.0, gap=kept(review, "region_gap", gap, "money", scope), below=below,
        months=len(mine), chance=_chance_text(review, p_value),
    )  # fmt: skip
    return group(
        lead(sentence),
        _market_or_team(review, region),
        _answers(review, "net_sales", "attainment", "target_gap", region=region),
    )


def _months_to_target(review: Review) -> pd.DataFrame:
    """Give sales and target of each region and month that is over: region, current, base."""
    lens = review.lens
    by = ["region"] if review.whole_company else []
    parts = []
    for month in review.calendar.months_of(review.period):
        if review.calendar.window(month).end > lens.window.end:
            break
        rows = lens.compare("net_sales", "target", by, period=month)
        rows = rows[rows["attainment"].notna()]
        region = rows["region"].astype(str) if by else review.region
        parts.append(rows[["current", "base"]].astype(float).assign(region=region))
    if not parts:
        return pd.DataFrame(columns=["current", "base", "region"])
    return pd.concat(parts, ignore_index=True)


def _chance(months: pd.DataFrame) -> float | None:
    """Give the chance of such gaps if months fell above and below target alike; None below six."""
    if len(months) < _LEAST_MONTHS:
        return None
    gaps = (months["current"] / months["base"] - 1).to_numpy(dtype=float)
    return permutation_test(gaps, np.zeros(len(gaps)), paired=True).p_value


def _chance_text(review: Review, p_value: float | None) -> str:
    if p_value is None:
        return review.language("base.none")
    small = p_value < 0.01
    return review.language("yearly.chance_small" if small else "yearly.chance", p=p_value)


def _attainment_goal(review: Review, region: str) -> float | None:
    """Give the attainment a region was asked for, where one was set apart from its target."""
    lens = review.lens
    if review.whole_company:
        rows = lens.compare("attainment", "target", ["region"])
        mine = rows[rows["region"].astype(str) == region] if "region" in rows else rows[:0]
        found = None if mine.empty else mine["base"].iloc[0]
    else:
        found = lens.target("attainment", review.period)
    return None if is_missing(found) else float(found)  # type: ignore[arg-type]


def _market_or_team(review: Review, region: str) -> Block | None:
    """Hold a region's market and team against the rest of the company, or against last year."""
    lens, language = review.lens, review.language
    wanted = ["market_share", "penetration", "revenue_per_customer", "sales_per_head",
              "lead_conversion", "win_rate", "staff_turnover"]  # fmt: skip
    rows = []
    for metric in wanted:
        if METRICS[metric].lacks(lens.dataset):
            continue
        if review.whole_company:
            if "region" not in lens.dimensions(metric):
                continue
            found = lens.measure(metric, ["region"])
            mine = found[found["region"].astype(str) == region]["value"]
            now = None if mine.empty else mine.iloc[0]
            other = lens.value(metric).value
        else:
            both = lens.against(metric, "year")
            now, other = both["current"], both["base"]
        if is_missing(now) or is_missing(other):
            continue
        better = METRICS[metric].better
        ahead = float(now) >= float(other) if better != "down" else float(now) <= float(other)  # type: ignore[arg-type]
        change = float(now) / float(other) - 1 if other else np.nan  # type: ignore[arg-type]
        alike = now == other or abs(change) < _ALIKE
        look = "none" if alike else "good" if ahead else "bad"
        side = language("yearly.side_market" if metric in _MARKET else "yearly.side_team")
        rows.append(
            {
                "side": side, "label": name_of(review, metric),
                "now": language.show(now, shown_unit(metric)),
                "other": language.show(other, shown_unit(metric)),
                "change": _difference(review, metric, float(now), float(other)),  # type: ignore[arg-type]
                "look": look,
                "state": f"{look}:" + language(f"yearly.stands_{look}"),
                "market": metric in _MARKET,
            }
        )  # fmt: skip
        lens.keep("region_driver", change, "ratio", {"region": region, "metric": metric},
                  reason="no_history" if is_missing(change) else None)  # fmt: skip
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    columns = [
        Col("label", language("report.metric")),
        Col("side", language("yearly.side"), wide_only=True),
        Col("now", value_name(review, "region", region)),
        Col("other", language("report.company" if review.whole_company else "report.last_year")),
        Col("change", language("yearly.difference")),
        Col("state", language("report.state"), "status"),
    ]
    weak = frame[frame["look"] == "bad"]
    sides = [bool(weak["market"].any()), bool((~weak["market"]).any())]
    key = {(True, True): "both", (True, False): "market", (False, True): "team"}.get(
        (sides[0], sides[1]), "neither"
    )
    own = "" if review.whole_company else "_own"
    line = language(f"yearly.weak_{key}{own}", names=language.list(weak["label"]))
    caption = language("yearly.market_team", scope=scope_name(review))
    return group(table(frame, columns, language, caption), note(line))


def _difference(review: Review, metric: str, now: float, other: float) -> str:
    """Give the difference of two rates in points, of amounts as a part of the other."""
    if METRICS[metric].unit == "ratio":
        return review.language.points(now - other)
    return review.language.percent(now / other - 1 if other else None, signed=True)


_MARKET = ("market_share", "penetration", "revenue_per_customer")
