"""Products: volume, margin and what customers said; and what moved the margin."""

from __future__ import annotations

from salesnb.findings.spans import inside, months, over
from salesnb.report.blocks import Block, group
from salesnb.report.review import Review, section
from salesnb.report.sections.effects import effect_bridge
from salesnb.report.sections.parts import (
    beside,
    by_caption,
    labelled,
    name_of,
    said,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table


@section("products", "orders.product_id")
def products(review: Review) -> Block:
    """Show lines and products: sales, units, margin, and the share of complaints about them."""
    dimension = "product_line" if review.lens.has("orders", "product_line") else "product"
    movers = _movers(review) if dimension == "product_line" else None
    return group(said(review, "products"), _product_table(review, dimension, 12), movers)


def _product_table(review: Review, dimension: str, top: int) -> Block:
    lens, language = review.lens, review.language
    rows = lens.compare("net_sales", "year", [dimension]).sort_values("current", ascending=False)
    columns = [
        Col("label", language(f"report.dimension.{dimension}")),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    total: dict[str, object] = {"label": language("report.total")}
    total |= lens.against("net_sales", "year")
    if lens.has("orders", "qty"):
        units = lens.compare("units", "year", [dimension])
        rows = beside(rows, units, dimension, units="current", units_growth="growth")
        whole = lens.against("units", "year")
        total |= {"units": whole["current"], "units_growth": whole["growth"]}
        columns += [
            Col("units", name_of(review, "units"), "count", wide_only=True),
            Col(
                "units_growth",
                language("report.versus.year"),
                "delta",
                "percent",
                "up",
                wide_only=True,
            ),
        ]
    if lens.has("orders", "cost"):
        margin = lens.compare("gross_margin", "year", [dimension])
        rows = beside(rows, margin, dimension, margin="current", margin_change="change")
        whole = lens.against("gross_margin", "year")
        total |= {"margin": whole["current"], "margin_change": whole["change"]}
        columns += [
            Col("margin", name_of(review, "gross_margin"), "percent"),
            Col("margin_change", language("report.versus.year"), "delta", "points", "up"),
        ]
    if dimension == "product_line" and lens.has("feedback", "theme", "product_id"):
        voiced = _complained(review)
        rows = rows.assign(voiced=rows[dimension].map(voiced))
        columns.append(Col("voiced", language("report.feedback_share"), "percent", wide_only=True))
        total["voiced"] = None
    return table(
        labelled(review, rows, dimension),
        columns,
        language,
        by_caption(review, "net_sales", dimension),
        total=total,
        max_rows=top,
    )


def _complained(review: Review) -> dict[str, float]:
    """Give each line's share of the themed feedback of the last three months."""
    lens = review.lens
    rows = lens.dataset.frame("feedback")
    rows = inside(rows[rows["theme"].notna()], "ts", over(lens, months(lens, 3)))
    if rows.empty or "product_line" not in rows.columns:
        return {}
    shares = rows["product_line"].astype(str).value_counts(normalize=True)
    return {str(name): float(share) for name, share in shares.items()}


def _movers(review: Review) -> Block | None:
    """List the products whose sales moved most since last year, both ways."""
    lens = review.lens
    rows = lens.compare("net_sales", "year", ["product"])
    rows = rows[rows["change"].notna()]
    if rows.empty:
        return None
    order = rows["change"].abs().sort_values(ascending=False).index[:8]
    moved = rows.loc[order].sort_values("change", ascending=False)
    best = moved.iloc[0]
    columns = [
        Col("label", review.language("report.dimension.product")),
        Col("current", name_of(review, "net_sales"), "money"),
        Col("change", review.language("report.change"), "delta", "money", "up"),
        Col("growth", review.language("report.versus.year"), "delta", "percent", "up"),
    ]
    notes = [_attributes(review, str(best["product"]))] if best["change"] > 0 else []
    return table(
        labelled(review, moved, "product"),
        columns,
        review.language,
        review.language("report.movers", scope=scope_name(review)),
        notes=[text for text in notes if text],
    )


def _attributes(review: Review, product: str) -> str:
    """Say in which channel and with whom the best mover sells most."""
    sales = inside(review.lens.dataset.frame("sales"), "order_date", review.lens.window)
    rows = sales[sales["product_id"].astype(object) == product]
    total = rows["amount"].sum()
    parts = []
    for dimension, column in (("channel", "channel"), ("rep", "rep_id"), ("industry", "industry")):
        if column not in rows.columns or total <= 0:
            continue
        sums = rows.groupby(rows[column].astype(str))["amount"].sum().sort_values(ascending=False)
        name = value_name(review, dimension, sums.index[0])
        parts.append(f"{name} {review.language.percent(sums.iloc[0] / total)}")
    if not parts:
        return ""
    return review.language(
        "report.mover_where",
        product=value_name(review, "product", product),
        where=review.language.list(parts),
    )


@section("margin", "orders.cost", "orders.qty", "orders.product_id")
def margin_bridge(review: Review) -> Block:
    """Draw the change of gross profit since last year by volume, mix, price and cost."""
    drawn = effect_bridge(review, "margin", "report.margin")
    return group(said(review, "margin"), drawn)
