"""Next year's plan as data: goals from what was sold and foreseen, and the plan's file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from salesnb.errors import SalesnbError
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.plan.check import check_text
from salesnb.plan.draft import Total, money_text, next_parts, next_total, plan_text, whole_percents
from salesnb.plan.facts import Facts
from salesnb.plan.findings import PlanReport
from salesnb.plan.phasing import phase_shares
from salesnb.report.review import Review
from salesnb.report.sections.parts import (
    name_of,
    names,
    value_name,
)
from salesnb.report.sections.yearly_ahead import sales_ahead
from salesnb.report.sections.yearly_forecast import whole_year

_PARTS = ("region", "product_line")
MOST_PARTS = 15
_YEARS = 4
# Kept at least at this year's level; each is a goal the checker knows.
_RATES = ("lead_conversion", "repurchase_rate", "renewal_rate", "csat")
_ODD = re.compile(r"[;|=+,:\[\]{}#&*!>'\"%@`]")


@dataclass(frozen=True)
class Draft:
    """A drafted plan.

    Attributes
    ----------
    year
        The year planned.
    base
        What growth is against: the report's year, or what it is heading for.
    total
        The goal.
    parts
        Dimension → one row for each member: base, target, growth, `owner`.
    quarters
        Percent of the year by quarter; empty without a whole year of history.
    others
        Further goals: `metric`, `value`, `baseline`.
    text
        The plan file.
    """

    year: Period
    base: float
    total: Total
    parts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    quarters: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    others: tuple[Mapping[str, Any], ...] = ()
    text: str = ""


def drafted(review: Review) -> Draft | None:
    """Draft next year's plan from the report's year; None without sales to start from."""
    key = ("draft", review.period, review.as_of, review.language.code)
    return review.lens.dataset.kept(key, lambda: _drafted(review))


def _drafted(review: Review) -> Draft | None:
    metric = "net_sales" if review.lens.finished else "landing"
    base = review.lens.value(metric).value
    ahead = sales_ahead(review)
    if not review.lens.finished and ahead is not None:
        # What the year is heading for is said once in a report: as the forecast has it.
        found = whole_year(review, ahead)
        base = found[1] if found else base
    if base is None or base <= 0:
        return None
    year = review.period.next
    total = next_total(base, _foreseen(review, year), list(_growths(review).values()))
    parts = {}
    for dimension in _PARTS:
        rows = _parts(review, dimension, metric, total, base)
        if rows is not None:
            parts[dimension] = rows
    draft = Draft(year, base, total, parts, _quarters(review), tuple(_others(review, total)))
    return Draft(**{**draft.__dict__, "text": _text(review, draft)})


def _foreseen(review: Review, year: Period) -> float | None:
    """Give the forecast of the year planned, None where there is none."""
    ahead = sales_ahead(review)
    if ahead is None:
        return None
    values = dict(zip(ahead.ahead, ahead.made.table["forecast"], strict=True))
    return float(sum(values[month] for month in review.calendar.months_of(year)))


def _growths(review: Review) -> dict[Period, float]:
    """Give the growth of each year there is a year before of; of one under way, by its landing."""
    lens, calendar = review.lens, review.calendar
    found = {}
    for back in range(_YEARS):
        year = review.period.shift(-back)
        if calendar.window(year.previous).start < lens.dataset.history_start:
            break
        metric = "net_sales" if calendar.finished(year, review.as_of) else "landing"
        now, before = lens.value(metric, year).value, lens.value("net_sales", year.previous)
        if now and before.value and before.value > 0:
            found[year] = now / before.value - 1
    return found


def _parts(
    review: Review, dimension: str, metric: str, total: Total, base: float
) -> pd.DataFrame | None:
    """Split the goal over a dimension; None where it has no parts a plan file could name."""
    lens = review.lens
    if dimension not in lens.dimensions(metric) or (
        dimension == "region" and not review.whole_company
    ):
        return None
    now = _amounts(lens.measure(metric, [dimension]), dimension)
    if not lens.finished and now.sum() > 0:
        now = now * (base / now.sum())
    if not 2 <= len(now) <= MOST_PARTS or any(_ODD.search(str(name)) for name in now.index):
        return None
    before = _amounts(lens.measure("net_sales", [dimension], review.period.previous), dimension)
    market = None
    if dimension == "region" and lens.has("market", "market_size"):
        shares = lens.measure("market_share", [dimension])
        market = pd.Series(
            shares["denominator"].to_numpy(dtype=float), shares[dimension].astype(str)
        )
    parts = next_parts(total, now, None if before.empty else before, market)
    owners = _owners(review, dimension)
    return parts.assign(owner=[owners.get(str(name), "") for name in parts.index])


def _amounts(rows: pd.DataFrame, dimension: str) -> pd.Series:
    known = rows[rows["value"].notna() & (rows["value"] > 0)]
    return pd.Series(known["value"].to_numpy(dtype=float), known[dimension].astype(str))


def _owners(review: Review, dimension: str = "") -> dict[str, str]:
    """Give who answered for this year's sales target, by member; "" for the whole."""
    lens = review.lens
    if not lens.has("targets", "owner"):
        return {}
    known = names(review, "rep")
    rows = lens.compare("net_sales", "target", [dimension] if dimension else [])
    return {
        str(row[dimension]) if dimension else "": known.get(str(row["owner"]), str(row["owner"]))
        for row in rows.to_dict("records")
        if not is_missing(row.get("owner")) and row["owner"]
    }


def _quarters(review: Review) -> pd.Series:
    """Give the usual share of each quarter, of the whole years known."""
    lens, calendar = review.lens, review.calendar
    rows = []
    for back in range(_YEARS):
        year = review.period.shift(-back)
        window = calendar.window(year)
        if not calendar.finished(year, review.as_of):
            continue
        if window.start < lens.dataset.history_start:
            break
        for place, quarter in enumerate(calendar.periods(window, "quarter"), start=1):
            value = lens.value("net_sales", quarter).value
            rows.append({"year": str(year), "phase": place, "value": value or 0.0})
    if not rows:
        return pd.Series(dtype=float)
    try:
        shares = phase_shares(pd.DataFrame(rows)).set_index("phase")["share"]
    except SalesnbError:
        return pd.Series(dtype=float)
    return whole_percents(shares) if (shares > 0).all() else pd.Series(dtype=float)


def _others(review: Review, total: Total) -> list[dict[str, Any]]:
    """Give goals beside sales: new customers grow as sales do, rates stay at least as they are."""
    lens = review.lens
    found = []
    if lens.finished and not METRICS["new_customers"].lacks(lens.dataset):
        many = lens.value("new_customers").value
        if many:
            value = float(round(many * (1 + total.growth)))
            found.append({"metric": "new_customers", "value": value, "baseline": many})
    for metric in _RATES:
        if METRICS[metric].lacks(lens.dataset):
            continue
        now = lens.value(metric)
        if now.value is None or (now.denominator or 0) < lens.dataset.settings.n_trials:
            continue
        value = round(now.value, 3)
        found.append({"metric": metric, "value": value, "baseline": value})
    return found


def _text(review: Review, draft: Draft) -> str:
    """Write the draft as a plan file."""
    language, currency = review.language, review.language.currency
    year, title = str(draft.year), language("yearly.draft_name", year=draft.year,
                                            region=review.region_name)  # fmt: skip
    head = _owners(review).get("", "")
    end, marks = f"{year}Q4", [f"{year}Q{place}" for place in (1, 2, 3)]
    common = {"deadline": end, "checkpoints": marks}
    people: dict[str, dict[str, str]] = {}
    if head:
        people[head] = {"name": head}
    history = [{"id": "H.sales", "metric": "net_sales", "value": money_text(draft.base, currency)}]
    targets: list[dict[str, Any]] = [
        {
            "id": "T.sales", "text": language("yearly.draft_total", year=draft.year),
            "metric": "net_sales", "value": money_text(draft.total.value, currency),
            "owner": head, **common,
        }
    ]  # fmt: skip
    dimensions = {}
    for dimension, rows in draft.parts.items():
        dimensions[dimension] = {
            str(name): value_name(review, dimension, name) for name in rows.index
        }
        for name, row in rows.iterrows():
            scope, owner = f"{dimension}={name}", str(row["owner"])
            if owner and owner not in people:
                people[owner] = {"name": owner, "scope": scope}
            history.append(
                {
                    "id": f"H.{dimension}.{name}".replace(" ", "_"), "metric": "net_sales",
                    "scope": scope, "value": money_text(float(row["base"]), currency),
                }
            )  # fmt: skip
            targets.append(
                {
                    "id": f"T.{dimension}.{name}".replace(" ", "_"), "metric": "net_sales",
                    "text": language("yearly.draft_part", year=draft.year,
                                     name=dimensions[dimension][str(name)]),
                    "scope": scope, "value": money_text(float(row["target"]), currency),
                    "owner": owner, "credit": "nested", "parent": "T.sales", **common,
                }
            )  # fmt: skip
    for place, percent in draft.quarters.items():
        quarter = f"{year}Q{place}"
        targets.append(
            {"id": f"T.Q{place}", "metric": "net_sales", "kind": "share", "period": quarter,
             "value": f"{percent:g}%", "owner": head, "parent": "T.sales",
             "text": language("yearly.draft_quarter", quarter=Period.parse(quarter)),
             "deadline": quarter}
        )  # fmt: skip
    for one in draft.others:
        rate = METRICS[one["metric"]].unit == "ratio"
        definition = review.settings.repurchase if one["metric"] == "repurchase_rate" else ""
        shown = f"{one['value'] * 100:g}%" if rate else f"{one['value']:g}"
        targets.append(
            {"id": f"T.{one['metric']}", "metric": one["metric"], "value": f"≥ {shown}",
             "text": name_of(review, one["metric"]), "owner": head, "definition": definition,
             "baseline": f"{one['baseline'] * 100:g}%" if rate else "", **common}
        )  # fmt: skip
    return plan_text(
        title, draft.year, currency, dimensions, list(people.values()),
        {"history": history, "targets": targets, "capacity": _capacity(review),
         "monitoring": _monitoring(review, head)},
        _header(review),
    )  # fmt: skip


def _header(review: Review) -> dict[str, Any]:
    calendar = review.calendar
    if calendar.fiscal_start == 1:
        return {}
    return {"fiscal_start": calendar.fiscal_start, "fiscal_named": calendar.fiscal_named}


def _capacity(review: Review) -> list[dict[str, Any]]:
    """Give the people there and what a head sold, so that the checker can hold the goal to it."""
    lens = review.lens
    if METRICS["headcount"].lacks(lens.dataset) or METRICS["sales_per_head"].lacks(lens.dataset):
        return []
    heads, each = lens.value("headcount"), lens.value("sales_per_head")
    if not heads.value or not each.value or not lens.finished:
        return []
    productivity = money_text(round(each.value), review.language.currency)
    return [
        {"id": "C.people", "text": review.language("yearly.draft_people"), "metric": "net_sales",
         "heads": round(heads.value), "productivity": productivity}
    ]  # fmt: skip


def _monitoring(review: Review, head: str) -> list[dict[str, Any]]:
    language = review.language
    return [
        {"id": "M.close", "type": "closing", "every": "month", "day": 5,
         "text": language("yearly.draft_closing"), "owner": head},
        {"id": "M.month", "type": "report", "every": "month", "day": 8, "covers": "month",
         "text": language("yearly.draft_monthly"), "owner": head},
        {"id": "M.quarter", "type": "review", "every": "quarter", "day": 15, "covers": "quarter",
         "text": language("yearly.draft_quarterly"), "metric": "attainment", "threshold": "90%",
         "action": language("yearly.draft_action"), "owner": head, "approver": head},
    ]  # fmt: skip


def checked_draft(review: Review, draft: Draft) -> PlanReport:
    """Run the draft through the plan checker, against the figures of the years known."""
    return check_text(draft.text, f"plan_{draft.year}", _facts(review, draft), review.calendar)


def _facts(review: Review, draft: Draft) -> Facts:
    lens = review.lens
    values: dict[tuple[str, str, str], float] = {}
    years = [review.period, *(year.previous for year in _growths(review))]
    for year in dict.fromkeys(years):
        metric = "net_sales"
        if year == review.period:
            values[metric, "", str(year)] = draft.base
        elif (known := lens.value(metric, year).value) is not None:
            values[metric, "", str(year)] = known
        for dimension, rows in draft.parts.items():
            amounts = rows["base"] if year == review.period else None
            if amounts is None:
                amounts = _amounts(lens.measure(metric, [dimension], year), dimension)
            for name, amount in amounts.items():
                values[metric, f"{dimension}={name}", str(year)] = float(amount)
        for quarter in review.calendar.periods(review.calendar.window(year), "quarter"):
            if not draft.quarters.empty and review.calendar.finished(quarter, review.as_of):
                values[metric, "", str(quarter)] = lens.value(metric, quarter).value or 0.0
    members = {name: tuple(map(str, rows.index)) for name, rows in draft.parts.items()}
    return Facts(values, members=members)
