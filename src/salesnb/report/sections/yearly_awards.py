"""The year's awards by rule: who is eligible, how ties break, and what is too close to call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from salesnb.explain.intervals import two_proportion_test
from salesnb.findings.spans import inside
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, definitions, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# Nearer than this the order of amounts is one of late postings, not of work.
_TIE = 0.01
_NOISE = 0.05
_LEAST_MONTHS = 3
_NAMED = 3
_DRAWS = 999


@dataclass(frozen=True)
class Ranked:
    """The candidates of one award.

    Attributes
    ----------
    by
        Dimension of the candidates.
    unit
        Unit of the value.
    candidates
        One row for each eligible one, best first: `name`, `value`, `second` (breaks ties), and
        for rates and counts `hits`, `n`.
    all
        How many there are in all.
    kind
        `amount`, `count`, `rate` or `growth`: how closeness is judged.
    draws
        For a growth: candidate → the growths that other customers of the kind might have given.
    """

    by: str
    unit: str
    candidates: pd.DataFrame
    all: int
    kind: str
    draws: Mapping[str, np.ndarray] = field(default_factory=dict)


@section("yearly_awards", "orders.rep_id", "reps")
def yearly_awards(review: Review) -> Block:
    """Show who wins each award by its rule, and say where the lead is within chance."""
    language = review.language
    rows, rules, clear = [], [], 0
    for name, find in _AWARDS.items():
        ranked = find(review)
        if ranked is None:
            continue
        row, sure = _award(review, name, ranked)
        rows.append(row)
        rules.append((language(f"yearly.award_{name}"), language(f"yearly.rule_{name}")))
        clear += sure
    if not rows:
        return note(language("yearly.no_awards"))
    columns = [
        Col("award", language("yearly.award")),
        Col("winner", language("yearly.winner")),
        Col("value", language("yearly.result")),
        Col("next", language("yearly.runner_up"), wide_only=True),
        Col("state", language("yearly.verdict"), "status"),
        Col("eligible", language("yearly.eligible"), wide_only=True),
    ]
    caption = language("yearly.awards_caption", scope=scope_name(review))
    key = "awards_lead" if review.lens.finished else "awards_so_far"
    sentence = review.language(f"yearly.{key}",
        count=kept(review, "awards", len(rows), "count"),
        clear=kept(review, "awards_clear", clear, "count", n=len(rows)),
    )  # fmt: skip
    return group(
        lead(sentence),
        table(pd.DataFrame(rows), columns, language, caption),
        definitions(language, rules),
        note(language("yearly.awards_note", tie=_TIE, least=review.settings.n_trials)),
    )


def _award(review: Review, name: str, ranked: Ranked) -> tuple[dict[str, str], int]:
    """Give the row of an award, and 1 where its winner is clear."""
    language = review.language
    row = {
        "award": language(f"yearly.award_{name}"),
        "eligible": language("yearly.of_all", some=len(ranked.candidates), all=ranked.all),
        "winner": language("base.none"), "value": language("base.none"),
        "next": language("base.none"),
    }  # fmt: skip
    if ranked.candidates.empty:
        return row | {"state": "none:" + language("yearly.nobody_eligible")}, 0
    level = _level(ranked)
    first = ranked.candidates.iloc[0]
    winners = ranked.candidates.head(level)
    shared = "joint" if ranked.kind in ("rate", "count") or ranked.draws else "tie"
    if level > 1 and shared == "tie":
        winners = winners.sort_values(["second", "name"], ascending=[False, True]).head(1)
    names_ = [value_name(review, ranked.by, each) for each in winners["name"]]
    row["winner"] = language.list(names_)
    if len(names_) > _NAMED:
        row["winner"] = language("yearly.not_ranked", count=len(names_))
    row["value"] = _shown(review, ranked, winners.iloc[0])
    after = ranked.candidates[~ranked.candidates["name"].isin(winners["name"])]
    if len(after) and len(names_) <= _NAMED:
        row["next"] = _shown(review, ranked, after.iloc[0])
    review.lens.keep("award_result", float(first["value"]), ranked.unit, {"award": name},
                     n=len(ranked.candidates))  # fmt: skip
    state = (_one_order(review, ranked) or "clear") if level == 1 else shared
    look = {"clear": "good", "one_order": "warn"}.get(state, "none")
    return row | {"state": f"{look}:{language(f'yearly.award_is_{state}')}"}, int(state == "clear")


def _shown(review: Review, ranked: Ranked, row: pd.Series) -> str:
    language = review.language
    text = language.show(float(row["value"]), ranked.unit)
    if ranked.kind == "rate":
        return language("yearly.rate_of", rate=text, hits=float(row["hits"]), n=float(row["n"]))
    return text


def _level(ranked: Ranked) -> int:
    """Count the candidates who cannot be told from the first, him included."""
    rows = ranked.candidates
    first = rows.iloc[0]
    if ranked.kind == "rate":
        close = [
            two_proportion_test(first["hits"], first["n"], row["hits"], row["n"]).p_value >= _NOISE
            for _, row in rows.iloc[1:].iterrows()
        ]
    elif ranked.kind == "count":
        # Given both together, each is as likely to have had any one of them.
        close = [
            abs(first["value"] - value) < 1.96 * math.sqrt(first["value"] + value)
            for value in rows["value"].iloc[1:]
        ]
    elif ranked.draws:
        own = ranked.draws[str(first["name"])]
        close = [
            float((own <= ranked.draws[str(name)]).mean()) >= _NOISE
            for name in rows["name"].iloc[1:]
        ]
    else:
        lead_ = abs(float(first["value"])) * _TIE
        close = [first["value"] - value <= lead_ for value in rows["value"].iloc[1:]]
    # Whoever is below somebody who is clearly behind is behind as well.
    return 1 + (close.index(False) if False in close else len(close))


def _one_order(review: Review, ranked: Ranked) -> str:
    """Say whether the lead in sales is smaller than the winner's largest order."""
    if ranked.kind != "amount" or ranked.by != "rep" or len(ranked.candidates) < 2:
        return ""
    first, second = ranked.candidates.iloc[0], ranked.candidates.iloc[1]
    sales = inside(review.lens.dataset.frame("sales"), "order_date", review.lens.window)
    mine = sales[sales["rep_id"].astype(str) == str(first["name"])]
    largest = mine.groupby(mine["order_id"].astype(str))["amount"].sum().max()
    return "one_order" if first["value"] - second["value"] < largest else ""


# The awards -----------------------------------------------------------------------------------


def _people(review: Review) -> pd.DataFrame:
    """Give the people with `hired` and `there`: whether they were there from first to last day."""
    lens = review.lens
    reps, window = lens.dataset.frame("reps"), lens.window
    hired = reps["hire_date"] if "hire_date" in reps else pd.Series(pd.NaT, reps.index)
    left = reps["leave_date"] if "leave_date" in reps else pd.Series(pd.NaT, reps.index)
    stays = left.isna() | (left > pd.Timestamp(window.end))
    return pd.DataFrame(
        {
            "name": reps["rep_id"].astype(str),
            "hired": hired,
            "stays": stays,
            "there": (hired.isna() | (hired <= pd.Timestamp(window.start))) & stays,
        }
    )


def _rows(found: pd.DataFrame, by: str, **columns: str) -> pd.DataFrame:
    data = {new: found[old].to_numpy(dtype=float) for new, old in columns.items()}
    return pd.DataFrame({"name": found[by].astype(str).to_numpy(), **data})


def _best(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(
        ["value", "second", "name"], ascending=[False, False, True], ignore_index=True
    )


def _champion(review: Review) -> Ranked | None:
    """Rank by net sales those there all the time who met their target, where they had one."""
    lens, people = review.lens, _people(review)
    rows = _rows(lens.measure("net_sales", ["rep"]), "rep", value="value")
    rows = rows[rows["value"] > 0]
    if lens.has("targets"):
        against = lens.compare("net_sales", "target", ["rep"])
        met = dict(zip(against["rep"].astype(str), against["attainment"], strict=True))
        rows = rows.assign(second=[float(met.get(name, np.nan)) for name in rows["name"]])
        # In a year that is not over, nobody can have met the year's target yet.
        known = rows["second"].notna() if lens.finished else rows["second"].isna() & False
        rows = rows[~known | (rows["second"] >= 1)]
    else:
        rows = rows.assign(second=0.0)
    whole = len(people)
    rows = rows[rows["name"].isin(people.loc[people["there"], "name"])]
    return Ranked("rep", "money", _best(rows.fillna({"second": 0.0})), whole, "amount")


def _progress(review: Review) -> Ranked | None:
    """Rank by growth those who sold at least half the usual amount in both years."""
    lens, people = review.lens, _people(review)
    found = lens.compare("net_sales", "year", ["rep"])
    rows = _rows(found, "rep", value="growth", second="current", base="base")
    rows = rows[rows["value"].notna() & (rows["base"] > 0)]
    if rows.empty:
        return None
    start = pd.Timestamp(lens.window.start) - pd.DateOffset(years=1)
    both = people[people["there"] & (people["hired"].isna() | (people["hired"] <= start))]
    rows = rows[rows["name"].isin(both["name"]) & (rows["base"] >= rows["base"].median() / 2)]
    best = _best(rows)
    return Ranked("rep", "percent", best, len(people), "growth", _growth_draws(review, best))


def _growth_draws(review: Review, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Draw each person's customers anew, to see how far a growth hangs on some of them."""
    lens, calendar = review.lens, review.calendar
    if not lens.has("orders", "customer_id"):
        return {}
    sales = lens.dataset.frame("sales")
    base = calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    sums = [
        part.groupby([part["rep_id"].astype(str), part["customer_id"].astype(str)])["amount"].sum()
        for part in (inside(sales, "order_date", lens.window), inside(sales, "order_date", base))
    ]
    both = pd.concat(sums, axis=1, keys=["now", "before"]).fillna(0.0)
    random, found = np.random.default_rng(0), {}
    for name in rows["name"]:
        pairs = both.loc[name].to_numpy() if name in both.index else np.zeros((1, 2))
        picked = random.integers(0, len(pairs), (_DRAWS, len(pairs)))
        now, before = pairs[picked].sum(axis=1).T
        found[str(name)] = np.where(before > 0, now / np.where(before > 0, before, 1.0) - 1, 0.0)
    return found


def _pioneer(review: Review) -> Ranked | None:
    """Rank by new customers won."""
    lens, people = review.lens, _people(review)
    if METRICS["new_customers"].lacks(lens.dataset, ["rep"]):
        return None
    rows = _rows(lens.measure("new_customers", ["rep"]), "rep", value="value")
    sales = lens.measure("net_sales", ["rep"])
    amounts = dict(zip(sales["rep"].astype(str), sales["value"], strict=True))
    rows = rows.assign(second=[float(amounts.get(name, 0.0) or 0.0) for name in rows["name"]])
    least = lens.dataset.settings.n_events
    rows = rows[rows["name"].isin(people.loc[people["stays"], "name"]) & (rows["value"] >= least)]
    return Ranked("rep", "count", _best(rows), len(people), "count")


def _newcomer(review: Review) -> Ranked | None:
    """Rank by sales a month those who came in the period, three months there at least."""
    lens, people = review.lens, _people(review)
    start, end = pd.Timestamp(lens.window.start), pd.Timestamp(lens.window.end)
    new = people[(people["hired"] >= start) & (people["hired"] <= end) & people["stays"]]
    if new.empty:
        return None
    months = ((end - new["hired"]).dt.days / 30.4).to_numpy()
    there = dict(zip(new["name"], months, strict=True))
    rows = _rows(lens.measure("net_sales", ["rep"]), "rep", value="value")
    rows = rows[[there.get(name, 0.0) >= _LEAST_MONTHS for name in rows["name"]]]
    rows = rows.assign(second=rows["value"])
    rows["value"] = [value / there[name] for name, value in zip(rows["name"], rows["value"],
                                                               strict=True)]  # fmt: skip
    return Ranked("rep", "money", _best(rows[rows["value"] > 0]), len(new), "growth")


def _success(review: Review) -> Ranked | None:
    """Rank by repurchase: people with enough customers, else regions, as single ones have few."""
    lens = review.lens
    least = lens.dataset.settings.n_trials
    for by in ("rep", "region") if review.whole_company else ("rep",):
        if METRICS["repurchase_rate"].lacks(lens.dataset, [by]):
            continue
        found = lens.measure("repurchase_rate", [by])
        rows = _rows(found, by, value="value", hits="numerator", n="denominator", second="n")
        if by == "rep":
            people = _people(review)
            rows = rows[rows["name"].isin(people.loc[people["stays"], "name"])]
        enough = rows[(rows["n"] >= least) & rows["value"].notna()]
        if len(enough):
            return Ranked(by, "percent", _best(enough), len(rows), "rate")
    if METRICS["repurchase_rate"].lacks(lens.dataset, ["rep"]):
        return None
    rows = lens.measure("repurchase_rate", ["rep"])
    empty = pd.DataFrame(columns=["name", "value", "second", "hits", "n"])
    return Ranked("rep", "percent", empty, len(rows), "rate") if len(rows) else None


def _region(review: Review) -> Ranked | None:
    """Rank regions by attainment."""
    lens = review.lens
    if not review.whole_company or not lens.has("targets") or not lens.finished:
        return None
    if "region" not in lens.dimensions("net_sales"):
        return None
    found = lens.compare("net_sales", "target", ["region"])
    rows = _rows(found, "region", value="attainment", second="current")
    rows = rows[rows["value"].notna()]
    if len(rows) < 2:
        return None
    return Ranked("region", "percent", _best(rows[rows["value"] >= 1]), len(rows), "growth")


_AWARDS: dict[str, Callable[[Review], Ranked | None]] = {
    "champion": _champion,
    "progress": _progress,
    "pioneer": _pioneer,
    "newcomer": _newcomer,
    "success": _success,
    "region": _region,
}
