"""What a hypothesis asks the data for: figures of the last three months beside those before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
from pandas import DataFrame

from salesnb.errors import Problem, suggest
from salesnb.explain.causes import Measure, NotMeasured
from salesnb.findings.lens import Lens
from salesnb.findings.posts import posts
from salesnb.findings.silence import silences, yearly_amounts
from salesnb.findings.spans import inside, spans
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Window

AGAINST = ("before", "last_year")
"""The twelve months before the last three, or the same three months a year ago."""

_KEYS = ("metric", "figures", "by", "where", "against")
_NAMED = {"customer": ("customers", "customer_id"), "rep": ("reps", "rep_id")}

Figures = Callable[[Lens], DataFrame]
FIGURES: dict[str, tuple[Figures, tuple[str, ...]]] = {}
"""Figures that no metric gives: how they are made, and the tables and columns they need."""


def figures(*needs: str) -> Callable[[Figures], Figures]:
    """Register a function as figures a hypothesis may ask for, under its own name."""

    def register(function: Figures) -> Figures:
        FIGURES[function.__name__] = (function, needs)
        return function

    return register


def ask_problems(ask: Mapping[str, Any], place: str) -> list[Problem]:
    """Give what is wrong with a hypothesis's `ask` in the playbook."""
    found = [
        Problem(f"`{key}` is unknown", place, fix=suggest(str(key), list(_KEYS)))
        for key in ask
        if key not in _KEYS
    ]
    if ("metric" in ask) == ("figures" in ask):
        found.append(Problem("`ask` names a metric or figures", place, fix="Give one of the two."))
    for key, known in (("metric", tuple(METRICS)), ("figures", tuple(FIGURES))):
        if key in ask and ask[key] not in known:
            fix = suggest(str(ask[key]), known)
            found.append(Problem(f"{key} `{ask[key]}` is unknown", place, fix=fix))
    metric = METRICS.get(str(ask.get("metric", "")))
    if metric is not None:
        dims = [*([str(ask["by"])] if "by" in ask else []), *dict(ask.get("where") or {})]
        found += [
            Problem(f"{metric.id} has no dimension `{name}`", place, fix=suggest(name, metric.dims))
            for name in dims
            if name not in metric.dims
        ]
    if ask.get("against", "before") not in AGAINST:
        fix = suggest(str(ask["against"]), AGAINST)
        found.append(Problem(f"against `{ask['against']}` is unknown", place, fix=fix))
    return found


def measurer(lens: Lens) -> Measure:
    """Give the function that measures what hypotheses ask for, in one report's data."""

    def answer(ask: Mapping[str, Any]) -> DataFrame | NotMeasured:
        if "figures" in ask:
            make, needs = FIGURES[str(ask["figures"])]
            lacks = tuple(need for need in needs if not lens.has(*need.split(".")))
            return NotMeasured(lacks) if lacks else make(lens)
        return _of_metric(lens, ask)

    return answer


def _of_metric(lens: Lens, ask: Mapping[str, Any]) -> DataFrame | NotMeasured:
    """Give a metric now and before, under the names every check knows its columns by.

    A rate gives numerator and denominator; a count or an amount gives its value, with the days of
    its span below it. `current` and `prior` are the amounts, the prior scaled to equal length.
    """
    metric = METRICS[str(ask["metric"])]
    by = [str(ask["by"])] if "by" in ask else []
    where = {name: str(value) for name, value in dict(ask.get("where") or {}).items()}
    if lacks := metric.lacks(lens.dataset, [*by, *where]):
        return NotMeasured(tuple(lacks))
    part = spans(lens)
    base = part.before if ask.get("against", "before") == "before" else part.last_year
    if base.start < lens.dataset.history_start:
        return NotMeasured()
    sides = [_side(lens, metric.id, span, by, where) for span in (part.recent, base)]
    if by:
        both = sides[0].merge(sides[1], on="segment", how="outer", suffixes=("", "_before"))
    else:
        both = sides[0].merge(sides[1], how="cross", suffixes=("", "_before"))
    scale = part.recent.days / max(base.days, 1)
    # A rate that cannot be computed is no zero; an amount that is not there is one.
    if metric.is_ratio:
        both = both.dropna()
    both = both.fillna(0.0) if not by else both.assign(**both.drop(columns="segment").fillna(0.0))
    names = [_name(lens, by[0], value) for value in both["segment"]] if by else [""] * len(both)
    wide = _dispersion(lens, metric.id, base, by, where) if metric.is_ratio else 1.0
    above, below = both["above"], both["below"]
    above_before, below_before = both["above_before"], both["below_before"]
    return DataFrame(
        {
            "segment": names,
            "current": above,
            "prior": above_before * scale,
            "numerator": above,
            "denominator": below,
            "prior_numerator": above_before,
            "prior_denominator": below_before,
            "events": above,
            "exposure": below,
            "prior_events": above_before,
            "prior_exposure": below_before,
            "dispersion": wide,
        }
    )


def _dispersion(
    lens: Lens, metric: str, base: Window, by: list[str], where: Mapping[str, str]
) -> float:
    """Give how many times wider than chance a rate swayed within the span before, by quarters.

    Pearson's statistic over its degrees of freedom, all segments together; 1 where the rate swayed
    no more than chance does, or where the span is too short to tell.
    """
    days = spans(lens).recent.days
    ends = [base.end - timedelta(days=days * step) for step in range(base.days // days)]
    pieces = [Window(end - timedelta(days=days - 1), end) for end in ends]
    if len(pieces) < 2:
        return 1.0
    rows = pd.concat([_side(lens, metric, piece, by, where) for piece in pieces]).dropna()
    rows = rows[rows["below"] > 0]
    groups = rows["segment"] if by else pd.Series(0, index=rows.index)
    sums = rows[["above", "below"]].groupby(groups.to_numpy()).transform("sum").to_numpy()
    rate = sums[:, 0] / sums[:, 1]
    known = (rate > 0) & (rate < 1)
    free = int(known.sum()) - int(groups[known].nunique())
    if free < 2:
        return 1.0
    above, below, rate = (
        rows["above"].to_numpy()[known],
        rows["below"].to_numpy()[known],
        rate[known],
    )
    off = (above - rate * below) ** 2 / (below * rate * (1 - rate))
    return max(1.0, float(off.sum()) / free)


def _side(
    lens: Lens, metric: str, span: Window, by: list[str], where: Mapping[str, str]
) -> DataFrame:
    rows = measure(lens.dataset, metric, span, by, where)
    rate = METRICS[metric].is_ratio
    side = DataFrame(
        {
            "above": rows["numerator" if rate else "value"].astype(float),
            "below": rows["denominator"].astype(float) if rate else float(span.days),
        }
    )
    return side.assign(segment=rows[by[0]].astype(str)) if by else side


def _name(lens: Lens, dimension: str, value: str) -> str:
    """Give the name readers know an id by."""
    if dimension not in _NAMED or not lens.has(_NAMED[dimension][0], "name"):
        return value
    table, key = _NAMED[dimension]

    def look_up() -> dict[str, str]:
        rows = lens.dataset.frame(table)
        return dict(zip(rows[key].astype(str), rows["name"].astype(str), strict=True))

    return lens.dataset.kept(("names", dimension), look_up).get(value, value)


# Figures no metric gives ------------------------------------------------------------------------


@figures("orders.customer_id")
def customers(lens: Lens) -> DataFrame:
    """Give each customer's sales now and as usual, and the chance of its silence."""
    part, base = spans(lens), yearly_amounts(lens)
    if base.empty:
        return DataFrame()
    sales = inside(lens.dataset.frame("sales"), "order_date", part.recent)
    now = sales.groupby("customer_id", observed=True)["amount"].sum()
    rows = DataFrame({"prior": base * part.scale, "current": now}).fillna(0.0)
    rows.index = rows.index.astype(str)
    # Only the large are asked about: of the others there are too many to tell chance from loss.
    large = base[base >= 0.01 * base.sum()]
    quiet = silences(lens, large.index).set_index("customer")["chance"] * len(large)
    chance = quiet.reindex(rows.index).fillna(1.0).clip(upper=1.0)
    names = [_name(lens, "customer", value) for value in rows.index]
    return rows.assign(customer=names, chance=chance).reset_index(drop=True)


@figures("reps.leave_date", "orders.rep_id", "orders.customer_id")
def vacancies(lens: Lens) -> DataFrame:
    """Give each post's sales now and a year ago, and how long it has been empty."""
    if spans(lens).last_year.start < lens.dataset.history_start:
        return DataFrame()
    return posts(lens)


@figures("orders.qty", "orders.product_id")
def prices(lens: Lens) -> DataFrame:
    """Give each product's units and money now and before."""
    return _items(lens, "amount")


@figures("orders.qty", "orders.product_id", "orders.cost")
def costs(lens: Lens) -> DataFrame:
    """Give each product's units and cost now and before."""
    return _items(lens, "cost")


def _items(lens: Lens, column: str) -> DataFrame:
    sales, part = lens.dataset.frame("sales"), spans(lens)
    sales = sales[sales["is_priced"] & (sales["qty"] > 0) & sales[column].notna()]
    sums = {}
    for side, span in (("", part.recent), ("prior_", part.before)):
        own = inside(sales, "order_date", span).groupby("product_id", observed=True)
        sums[f"{side}quantity"], sums[f"{side}amount"] = own["qty"].sum(), own[column].sum()
    # What is sold on one side only has no price to compare.
    both = DataFrame(sums).dropna()
    both[["prior_quantity", "prior_amount"]] *= part.scale
    return both.assign(item=both.index.astype(str)).reset_index(drop=True)


@figures("receivables.due_date", "receipts")
def payments(lens: Lens) -> DataFrame:
    """Count the invoices that fell due, and those of them not paid in full a week later."""
    invoices, paid = lens.dataset.frame("receivables"), lens.dataset.frame("receipts")
    part, grace = spans(lens), pd.Timedelta(days=7)
    sides = []
    for span in (part.recent, part.before):
        # An invoice is judged when its week is over.
        judged = Window(span.start, (pd.Timestamp(span.end) - grace).date())
        due = inside(invoices, "due_date", judged).set_index("invoice_id")
        came = paid[paid["invoice_id"].isin(due.index)]
        limit = came["invoice_id"].map(due["due_date"]) + grace
        sums = came[came["receipt_date"] <= limit].groupby("invoice_id", observed=True)["amount"]
        kept = sums.sum().reindex(due.index).fillna(0.0)
        late = kept < due["amount"] - 0.01 * due["amount"].abs()
        sides.append((int(late.sum()), len(due)))
    return DataFrame(
        {
            "numerator": [sides[0][0]],
            "denominator": [sides[0][1]],
            "prior_numerator": [sides[1][0]],
            "prior_denominator": [sides[1][1]],
        }
    )
