"""Cases: the customers whose purchases grew most, with what the data tell of each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from salesnb.findings.spans import inside
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import Kept, kept
from salesnb.report.sections.annual_results import product_dimension
from salesnb.report.sections.parts import name_of, scope_name, value_name
from salesnb.report.tables import Col, table

_MANY = 5
_TOLD = 3


@section("annual_cases", "orders.customer_id")
def annual_cases(review: Review) -> Block:
    """Show the customers whose purchases grew most since last year.

    With the setting `anonymise_cases` they stand under a letter, as where they have not agreed to
    be named.
    """
    anonymise = review.settings.anonymise_cases
    language, rows = review.language, movers(review)
    if rows.empty:
        return note(language("annual.no_cases"))
    rows["label"] = [
        language("annual.case_name", letter=chr(65 + place))
        if anonymise
        else value_name(review, "customer", customer)
        for place, customer in enumerate(rows["customer"])
    ]
    said = [_told(review, row) for row in rows.head(_TOLD).to_dict("records")]
    columns = [
        Col("label", language("report.dimension.customer")),
        Col("who", language("annual.case_kind"), wide_only=True),
        Col("before", language("annual.before"), "money"),
        Col("now", language("annual.this_year"), "bar"),
        Col("change", language("report.change"), "delta", "money", "up"),
        Col("orders", name_of(review, "orders"), "count", wide_only=True),
        Col("most", language("annual.case_most")),
    ]
    caption = language("annual.cases", scope=scope_name(review))
    notes = [language("annual.cases_anonymous" if anonymise else "annual.cases_named")]
    return group(lead(*said), table(rows, columns, language, caption, notes=notes))


def movers(review: Review) -> pd.DataFrame:
    """Give the customers who bought last year, too, and grew most: facts filled in and kept.

    Returns
    -------
    One row for each, largest growth first: `customer`, `now`, `before`, `change`, `times`,
    `orders`, `orders_before`, `who` (industry, size, place), `most` (the product that grew most),
    `since` (first order).
    """
    lens = review.lens
    calendar, last = review.calendar, review.period.last_year
    base = calendar.window(last) if lens.finished else calendar.same_elapsed(
        review.period, review.as_of, last)  # fmt: skip
    empty = pd.DataFrame({"customer": []})
    if base.start < lens.dataset.history_start:
        return empty
    sales = lens.dataset.frame("sales")
    sides = {name: inside(sales, "order_date", window)
             for name, window in (("now", lens.window), ("before", base))}  # fmt: skip
    sums = {
        name: part.groupby("customer_id", observed=True)["amount"].sum()
        for name, part in sides.items()
    }
    frame = pd.DataFrame(sums).fillna(0.0)
    frame["change"] = frame["now"] - frame["before"]
    frame = frame[(frame["before"] > 0) & (frame["change"] > 0)]
    frame.index = frame.index.astype(str)
    frame = frame.rename_axis("customer").reset_index()
    frame = frame.sort_values(["change", "customer"], ascending=[False, True]).head(_MANY)
    if frame.empty:
        return empty
    frame["times"] = frame["now"] / frame["before"]
    told = ["customer_id", "order_id", "is_purchase", "first_order", "amount", *_kinds(review)]
    told += [name for name in [product_dimension(review)] if name]
    few = {
        name: part.loc[
            part["customer_id"].astype(str).isin(frame["customer"]),
            [column for column in told if column in part.columns],
        ]
        for name, part in sides.items()
    }
    details = [_details(review, str(customer), few) for customer in frame["customer"]]
    found = pd.concat([frame.reset_index(drop=True), pd.DataFrame(details)], axis=1)
    for row in found.to_dict("records"):
        scope = {"customer": row["customer"]}
        kept(review, "net_sales", row["now"], "money", scope, n=row["orders"])
        kept(review, "net_sales", row["before"], "money", _then(review, scope), last,
             n=row["orders_before"])  # fmt: skip
        kept(review, "growth_yoy", row["times"] - 1, "ratio", scope, numerator=row["change"],
             denominator=row["before"])  # fmt: skip
        kept(review, "orders", row["orders"], "count", scope)
    return found


def _then(review: Review, scope: dict[str, str]) -> dict[str, str]:
    return scope if review.lens.finished else scope | {"span": "same_days"}


def _kinds(review: Review) -> tuple[str, ...]:
    """Give what tells customers apart: industry, size and place."""
    return "industry", "size", "region" if review.whole_company else "province"


def _details(review: Review, customer: str, sides: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    """Give a customer's orders, kind, the product that grew most, and first order."""
    mine = {name: part[part["customer_id"].astype(str) == customer] for name, part in sides.items()}
    bought = {name: part[part["is_purchase"]] for name, part in mine.items()}
    found: dict[str, object] = {
        "orders": int(bought["now"]["order_id"].nunique()),
        "orders_before": int(bought["before"]["order_id"].nunique()),
        "since": bought["now"]["first_order"].min() if len(bought["now"]) else None,
        "most": review.language("base.none"),
    }
    kinds = [name for name in _kinds(review) if name in mine["now"].columns]
    row = mine["now"].iloc[0]
    found["who"] = review.language.list(value_name(review, name, row[name]) for name in kinds)
    dimension = product_dimension(review)
    if dimension:
        cut = [part.groupby(part[dimension].astype(str))["amount"].sum() for part in mine.values()]
        change = cut[0].sub(cut[1], fill_value=0.0)
        found["most"] = value_name(review, dimension, change.idxmax())
    return found


def _told(review: Review, row: Mapping[str, object]) -> str:
    """Tell one case in a sentence."""
    scope = {"customer": str(row["customer"])}
    last = review.period.last_year

    def number(name: str, metric: str, period: object = None) -> Kept:
        where = scope if period is None else _then(review, scope)
        return Kept(float(row[name]), metric, where, period or review.period)  # type: ignore[arg-type]

    values = {
        "name": row["label"],
        "who": row["who"],
        "now": number("now", "net_sales"),
        "before": number("before", "net_sales", last),
        "orders": number("orders", "orders"),
        "growth": Kept(float(row["times"]) - 1, "growth_yoy", scope, review.period),  # type: ignore[arg-type]
        "most": row["most"],
    }
    key = "case" if product_dimension(review) and row["who"] else "case_plain"
    return review.language(f"annual.{key}", **values)
