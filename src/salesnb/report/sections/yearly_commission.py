"""What a change of commission would have cost, and what would repay it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.metrics.registry import METRICS
from salesnb.plan.incentive_rules import rates_by_scope
from salesnb.plan.incentives import commission
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

_LINES = "product_line"


@section("yearly_commission", "orders")
def yearly_commission(review: Review, points: float = 0.02) -> Block:
    """Show what a change of commission would have cost on the year's sales, and what repays it.

    Parameters
    ----------
    points
        By how much every rate changes: 0.02 for 3 % → 5 %.
    """
    language = review.language
    sales = _by_line(review)
    whole = float(sales["amount"].sum())
    if whole <= 0:
        return note(language("yearly.no_sales"))
    rates = _rates(review)
    known = rates is not None
    lines = []
    if known:
        paid = commission(sales, rates)
        raised = commission(sales, rates.assign(rate=rates["rate"] + points))
        now, then = float(paid["commission"].sum()), float(raised["commission"].sum())
        frame = paid.assign(
            label=[value_name(review, _LINES, name) if name else language("report.company")
                   for name in paid[_LINES]] if _LINES in paid else language("report.company"),
            then=raised["rate"], cost=raised["commission"],
            more=raised["commission"] - paid["commission"],
        )  # fmt: skip
    else:
        now, then = 0.0, whole * points
        frame = pd.DataFrame(
            {"label": [language("report.company")], "amount": [whole], "rate": [np.nan],
             "commission": [np.nan], "then": [np.nan], "cost": [np.nan], "more": [then]}
        )  # fmt: skip
    cost = then - now
    scope = {"points": f"{points:g}"}
    key = "commission_known" if known else "commission_unknown"
    lines.append(
        review.language(f"yearly.{key}", period=review.period, sales=whole,
            points=points, now=kept(review, "commission_now", now, "money"),
            then=kept(review, "commission_then", then, "money", scope),
            cost=kept(review, "commission_cost", cost, "money", scope, numerator=then,
                      denominator=whole),
            rate=now / whole, new=then / whole,
        )
    )  # fmt: skip
    lines += _repaid(review, whole, cost, then)
    columns = [
        Col("label", language("report.dimension.product_line")),
        Col("amount", language("yearly.sales"), "money"),
        Col("rate", language("yearly.rate_now"), "percent", wide_only=True),
        Col("commission", language("yearly.paid_now"), "money"),
        Col("then", language("yearly.rate_then"), "percent", wide_only=True),
        Col("cost", language("yearly.paid_then"), "money"),
        Col("more", language("yearly.more"), "money"),
    ]
    foot = {"label": language("report.total"), "amount": whole, "rate": "", "commission": now,
            "then": "", "cost": then, "more": cost}  # fmt: skip
    caption = language("yearly.commission_caption", scope=scope_name(review))
    return group(
        lead(*lines),
        table(frame, columns, language, caption, total=foot) if known else None,
        note(language("yearly.commission_note")),
    )


def _by_line(review: Review) -> pd.DataFrame:
    lens = review.lens
    if _LINES in lens.dimensions("net_sales"):
        rows = lens.measure("net_sales", [_LINES])
        return pd.DataFrame(
            {
                _LINES: rows[_LINES].astype(str).to_numpy(),
                "amount": rows["value"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float),
            }
        )
    return pd.DataFrame({_LINES: [""], "amount": [lens.value("net_sales").value or 0.0]})


def _rates(review: Review) -> pd.DataFrame | None:
    """Give the commission rates by line; None where there are none for the lines sold."""
    lens = review.lens
    if not lens.has("incentives", "scope", "rate"):
        return None
    held = lens.dataset.frame("incentives")
    held = held[held["rate"] > 0]
    if held.empty:
        return None
    rates = rates_by_scope(held.astype({"scope": str}))
    return rates if set(rates.columns) == {_LINES, "rate"} else None


def _repaid(review: Review, sales: float, cost: float, then: float) -> list[str]:
    """Say how much more must be sold to pay for it."""
    lens, language = review.lens, review.language
    margin = (
        None if METRICS["gross_margin"].lacks(lens.dataset) else lens.value("gross_margin").value
    )
    if margin is None:
        return [language("yearly.commission_no_margin")]
    left = margin - then / sales
    if left <= 0:
        return [language("yearly.commission_never", margin=margin, rate=then / sales)]
    needed = cost / left
    more = kept(review, "commission_break_even", needed / sales, "ratio", numerator=needed,
                denominator=sales)  # fmt: skip
    return [
        review.language(
            "yearly.commission_repaid",
            margin=margin,
            needed=needed,
            growth=more,
        )
    ]
