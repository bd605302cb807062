"""The team: a scorecard for each person, and what those ahead do differently."""

from __future__ import annotations

import math
from collections.abc import Hashable
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg, newcombe_interval, two_proportion_test
from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_peers import (
    INDICATORS,
    LEAST_MONTHS,
    UNITS,
    Indicator,
    difference,
    figure,
    known,
    limits,
    people,
    standings,
)
from salesnb.report.sections.diagnosis_spans import keep_range, over_months
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# From so large a share of true differences a place among peers is shown.
_TRUSTED = 0.5
_SURE = 0.05
_AHEAD = 0.75


@section("scorecards", "reps", "orders.rep_id")
def scorecards(review: Review) -> Block:
    """Show results, process and skill of each person against peers, noise named as noise."""
    language, team = review.language, people(review)
    held = standings(review)
    if held["gap"].isna().all():
        return note(language("improve.too_few_people", least=review.settings.n_events))
    parts: list[Block] = [lead(*_telling(review, held))]
    parts.append(_by_region(review, held) if review.whole_company else _heat(review, held))
    parts.append(_cards(review, held))
    settings = review.settings
    notes = [language("improve.scorecard_note", trials=settings.n_trials, people=settings.n_events)]
    if (team["effective"] < team["there"]).any():
        notes.append(language("improve.scorecard_ramp", least=LEAST_MONTHS))
    parts.append(note(*notes))
    review.lens.keep("people_judged", int(held.loc[held["gap"].notna(), "rep"].nunique()),
                     "count", {"months": "12"}, n=len(team))  # fmt: skip
    return group(*parts)


def _telling(review: Review, held: pd.DataFrame) -> list[str]:
    """Say which indicators tell people apart, and which are chance."""
    language = review.language
    names = {each.id: each.name(language) for each in INDICATORS}
    judged = held[held["gap"].notna()]
    apart = judged.groupby("indicator", sort=False)["differs"].any()
    telling = [names[str(name)] for name in apart.index[apart]]
    chance = [names[str(name)] for name in apart.index[~apart]]
    lines = []
    if telling:
        lines.append(language("improve.telling", names=language.list(telling)))
    if chance:
        key = "chance_rest" if telling else "chance_all"
        lines.append(language(f"improve.{key}", names=language.list(chance)))
    return lines


def _heat(review: Review, held: pd.DataFrame) -> Block:
    """Colour each person's indicators by how far they truly lie from the peers'."""
    language, team = review.language, people(review)
    used = [each for each in INDICATORS if (held["indicator"] == each.id).any()]
    wide = held.pivot(index="rep", columns="indicator")
    order = team.sort_values("hired")["rep"]
    frame = wide["size"].reindex(index=order, columns=[each.id for each in used])
    values = wide["value"].reindex(index=order, columns=[each.id for each in used])
    small = pd.DataFrame(
        {
            each.id: [figure(language, value, each.unit) for value in values[each.id]]
            for each in used
        },
        index=frame.index,
    )
    heads = [each.name(language) for each in used]
    labels = [_person(review, rep) for rep in order]
    # A cell without a comparison still shows the person's own figure, in grey.
    weak = frame.isna() & values.notna()
    shown = frame.where(frame.notna(), 0.0).where(values.notna())
    for each in (shown, small, weak):
        each.columns, each.index = pd.Index(heads), pd.Index(labels)
    return heat_table(
        shown,
        language,
        title=language("improve.heat_title", people=len(labels)),
        unit="number",
        corner=language("report.dimension.rep"),
        subtitle=language("improve.heat_subtitle", scope=scope_name(review)),
        middle=0.0,
        small=small,
        weak=weak,
    )


def _person(review: Review, rep: object) -> str:
    name = value_name(review, "rep", rep)
    new = bool(people(review)["is_new"].get(str(rep), False))
    return review.language("improve.new_person", name=name) if new else name


def _by_region(review: Review, held: pd.DataFrame) -> Block:
    """Show what people of each region come to on average."""
    language, team = review.language, people(review)
    held = held.assign(region=held["rep"].map(team["region"]))
    used = [each for each in INDICATORS if (held["indicator"] == each.id).any()]
    rows = []
    for region, part in held.groupby("region", sort=True):
        row: dict[str, object] = {
            "label": value_name(review, "region", region),
            "people": float((team["region"] == region).sum()),
        }
        for each in used:
            mine = part[part["indicator"] == each.id]
            value = _together(mine, each)
            row[each.id] = figure(language, value, each.unit)
            about = {"region": str(region), "metric": each.id, "months": "12"}
            unit = UNITS.get(each.unit, each.unit)
            review.lens.keep("people_together", value, unit, about, n=len(mine),
                             reason=None if value == value else "no_rows",
                             numerator=float(mine["numerator"].sum()),
                             denominator=float(mine["denominator"].sum()))  # fmt: skip
        rows.append(row)
    columns = [
        Col("label", language("report.dimension.region")),
        Col("people", language("improve.people"), "count"),
        *(Col(each.id, each.name(language), wide_only=n > 2) for n, each in enumerate(used)),
    ]
    caption = language("improve.regions_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption)


def _together(rows: pd.DataFrame, each: Indicator) -> float:
    """Give what a group comes to: rates and sums over their parts, others the middle one."""
    if rows["denominator"].notna().any() and each.id != "skill_score":
        base = float(rows["denominator"].sum())
        return float(rows["numerator"].sum()) / base if base else float("nan")
    return float(rows["value"].median())


def _cards(review: Review, held: pd.DataFrame) -> Block:
    """List each person's result, attainment, place where it means something, strengths, gaps."""
    language, team = review.language, people(review)
    reached = over_months(review, "attainment", ["rep"])
    attained = dict(zip(reached["rep"].astype(str), reached["value"], strict=True))
    results = held[held["indicator"] == "net_sales"].to_dict("records")
    by_rep = {str(row["rep"]): row for row in results}
    sure = held[held["differs"]]
    good, bad = (_names(language, sure[sure["size"] * way > 0]) for way in (1, -1))
    rows = []
    for person in team.sort_values(["region", "hired"]).to_dict("records"):
        rep = str(person["rep"])
        if review.whole_company and rep not in good and rep not in bad:
            continue
        sold = by_rep.get(rep)
        rows.append(
            {
                "label": _person(review, rep),
                "region": value_name(review, "region", person["region"]),
                "months": float(person["there"]),
                "sold": float(sold["value"]) if sold else np.nan,
                "attained": attained.get(rep, np.nan),
                "place": _place(review, sold),
                "good": good.get(rep) or language("base.none"),
                "bad": bad.get(rep) or language("base.none"),
            }
        )
    if not rows:
        return note(language("improve.nobody_apart"))
    columns = [
        Col("label", language("report.dimension.rep")),
        Col("months", language("improve.months_there"), "number", wide_only=True),
        Col("sold", language("improve.indicator.net_sales"), "bar"),
        Col("attained", language("report.attainment"), "percent"),
        Col("place", language("improve.place"), wide_only=True),
        Col("good", language("improve.strengths")),
        Col("bad", language("improve.gaps")),
    ]
    if review.whole_company:
        columns.insert(1, Col("region", language("report.dimension.region"), wide_only=True))
    key = "cards_apart" if review.whole_company else "cards_all"
    caption = language(f"improve.{key}", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption, max_rows=40)


def _names(language: Language, rows: pd.DataFrame) -> dict[str, str]:
    """Name the indicators of each person, the one furthest from the peers first."""
    rows = rows.sort_values("size", key=abs, ascending=False, kind="stable")
    names = {each.id: each.name(language) for each in INDICATORS}
    found: dict[str, list[str]] = {}
    for rep, indicator in zip(rows["rep"], rows["indicator"], strict=True):
        found.setdefault(str(rep), []).append(names[str(indicator)])
    return {rep: language.list(each) for rep, each in found.items()}


def _place(review: Review, sold: dict[Hashable, Any] | None) -> str:
    """Give a person's place among peers, or say that it would be chance."""
    language = review.language
    if sold is None or is_missing(sold["place"]):
        return language("improve.not_judged")
    if not sold["trust"] >= _TRUSTED:
        return language("improve.place_is_chance")
    peers = int(sold["peers"])
    rank = round((1 - float(sold["place"])) * (peers - 1)) + 1
    return language("improve.place_of", rank=rank, peers=peers)


# What those ahead do differently ---------------------------------------------------------------


@section("best_practice", "reps", "orders.rep_id")
def best_practice(review: Review) -> Block:
    """Hold the people who sell most against the others on how they work."""
    language, held = review.language, standings(review)
    sold = held[(held["indicator"] == "net_sales") & held["place"].notna()]
    ahead = set(sold.loc[sold["place"] >= _AHEAD, "rep"])
    rest = set(sold["rep"]) - ahead
    least = review.settings.n_events
    if sold.empty:
        return note(language("improve.too_few_people", least=least))
    if len(ahead) < least or len(rest) < least:
        return note(language("improve.ahead_too_few", ahead=len(ahead), least=least))
    rows = known(review)
    records = [
        found
        for each in INDICATORS
        if each.kind != "result"
        and (found := _ahead_and_rest(rows[rows["indicator"] == each.id], each, ahead, rest))
    ]
    if not records:
        return note(language("improve.no_process"))
    frame = pd.DataFrame(records)
    frame["p_value"] = benjamini_hochberg(frame["p_value"])
    frame["sure"] = frame["p_value"] < _SURE
    for row in frame.to_dict("records"):
        ends = (row["gap"], row["low"], row["high"])
        about = {"metric": row["id"], "months": "12"}
        keep_range(review, "ahead_gap", ends, "number", about, row["n"])
    units = {each.id: each for each in INDICATORS}
    shown = pd.DataFrame(
        {
            "label": [units[name].name(language) for name in frame["id"]],
            "ahead": _texts(review, frame, "ahead", figure),
            "rest": _texts(review, frame, "rest", figure),
            "gap": _texts(review, frame, "gap", difference),
            "range": [
                limits(language, row["low"], row["high"], units[row["id"]].unit)
                for row in frame.to_dict("records")
            ],
            "state": [_verdict(review, row) for row in frame.to_dict("records")],
        }
    )
    columns = [
        Col("label", language("report.metric")),
        Col("ahead", language("improve.ahead")),
        Col("rest", language("improve.the_rest")),
        Col("gap", language("improve.difference")),
        Col("range", language("improve.interval"), wide_only=True),
        Col("state", language("report.certainty"), "status"),
    ]
    sure = frame[frame["sure"]].sort_values("p_value")
    if len(sure):
        names = language.list(units[name].name(language) for name in sure["id"])
        sentence = language("improve.ahead_lead", names=names, ahead=len(ahead), rest=len(rest))
    else:
        sentence = language("improve.ahead_none", ahead=len(ahead), rest=len(rest))
    trust = float(sold["trust"].median())
    caption = language("improve.ahead_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(shown, columns, language, caption),
        note(language("improve.ahead_note", trust=trust)),
    )


def _texts(review: Review, frame: pd.DataFrame, name: str, write: object) -> list[str]:
    units = {each.id: each.unit for each in INDICATORS}
    return [
        write(review.language, value, units[each])  # type: ignore[operator]
        for each, value in zip(frame["id"], frame[name], strict=True)
    ]


def _verdict(review: Review, row: dict[str, object]) -> str:
    language = review.language
    if not row["sure"]:
        return "none:" + language("report.perhaps_chance")
    return ("good:" if row["better"] else "warn:") + language("report.certain")


def _ahead_and_rest(
    rows: pd.DataFrame, each: Indicator, ahead: set[str], rest: set[str]
) -> dict[str, object] | None:
    """Hold two sets of people against each other on one indicator."""
    one, two = (rows[rows["rep"].isin(who) & rows["value"].notna()] for who in (ahead, rest))
    if len(one) < 2 or len(two) < 2:
        return None
    if each.unit == "percent":
        parts = [float(part[name].sum()) for part in (one, two)
                 for name in ("numerator", "denominator")]  # fmt: skip
        if not (parts[1] and parts[3]):
            return None
        values = parts[0] / parts[1], parts[2] / parts[3]
        low, high = newcombe_interval(parts[0], parts[1], parts[2], parts[3])
        chance = two_proportion_test(parts[0], parts[1], parts[2], parts[3]).p_value
    else:
        values = float(one["value"].mean()), float(two["value"].mean())
        error = math.sqrt(sum(float(part["value"].var(ddof=1)) / len(part) for part in (one, two)))
        reach = NormalDist().inv_cdf(0.975) * error
        gap = values[0] - values[1]
        low, high = gap - reach, gap + reach
        chance = 2 * NormalDist().cdf(-abs(gap) / error) if error else 1.0
    gap = values[0] - values[1]
    return {
        "id": each.id, "ahead": values[0], "rest": values[1], "gap": gap, "low": low,
        "high": high, "p_value": chance, "n": float(len(one) + len(two)),
        "better": gap * each.sign > 0,
    }  # fmt: skip
