"""Rules about the data themselves: what a reader must know before trusting a number."""

from __future__ import annotations

from collections.abc import Iterator

from salesnb.data.contract import UNMAPPED
from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside


@rule("unmapped")
def unmapped(lens: Lens) -> Iterator[Finding]:
    """Sales that belong to no known channel or product line."""
    sales = inside(lens.dataset.frame("sales"), "order_date", lens.window)
    total = float(sales["amount"].sum())
    for column in ("channel", "product_line"):
        if column not in sales.columns or not total:
            continue
        lost = sales[sales[column].astype(object) == UNMAPPED]
        share = float(lost["amount"].sum()) / total
        if lost.empty or share < 0.001 or share > 0.999:
            continue
        values = {"column": column, "count": len(lost), "share": share}
        yield Finding("unmapped", "info", {"dimension": column}, values=values, section="methods")


@rule("no_orders")
def no_orders(lens: Lens) -> Iterator[Finding]:
    """A period without any order, or with nothing but returns."""
    sales = inside(lens.dataset.frame("sales"), "order_date", lens.window)
    if sales.empty:
        yield Finding("no_orders", "warn", values={"period": lens.period}, section="headline")
    elif not sales["is_purchase"].any():
        values = {"period": lens.period, "amount": float(sales["amount"].sum())}
        yield Finding(
            "no_orders", "warn", values=values, section="headline", variant="only_returns"
        )
