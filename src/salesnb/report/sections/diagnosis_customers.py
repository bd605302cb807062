"""Who buys: segments of customers, those worth most, and markets with room left."""

from __future__ import annotations

import pandas as pd

from salesnb.figures.quadrant import draw_quadrant
from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.markets import market_growth
from salesnb.report.sections.parts import (
    dimension_name,
    few_names,
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_CUTS = (("industry", "size"), ("industry", "customer_tier"), ("size", "customer_tier"))
_MOST = 8
# Fewer customers than this are no segment: one order moves them.
_FEW = 5


@section("customer_structure", "orders.customer_id", "customers")
def customer_structure(review: Review) -> Block:
    """Show sales and growth by two cuts of customers, and what a customer of each is worth."""
    cuts = next((pair for pair in _CUTS if _has(review, *pair)), None)
    one = next((name for name in ("industry", "size", "customer_tier") if _has(review, name)), "")
    if not one:
        return note(review.language("report.no_segments"))
    return group(_worth(review, one), _heat(review, *cuts) if cuts else None)


def _has(review: Review, *dimensions: str) -> bool:
    known = review.lens.dimensions("net_sales")
    return all(
        name in known and review.lens.measure("net_sales", [name])[name].nunique() > 1
        for name in dimensions
    )


def _worth(review: Review, dimension: str) -> Block:
    """Show each segment's customers, sales, growth and sales a customer."""
    lens, language = review.lens, review.language
    rows = lens.compare("net_sales", "year", [dimension])
    each = lens.measure("revenue_per_customer", [dimension]).rename(
        columns={"value": "each", "denominator": "customers"}
    )
    rows = rows.merge(each[[dimension, "each", "customers"]], on=dimension, how="left")
    rows = rows[rows["current"].notna()].sort_values("each", ascending=False)
    whole, all_each = lens.against("net_sales", "year"), lens.value("revenue_per_customer")
    if not all_each or rows.empty:
        return note(language("report.reason.no_rows"))
    rows = rows.assign(
        label=[value_name(review, dimension, value) for value in rows[dimension]],
        share=rows["current"] / whole["current"],
        high=rows["each"] > all_each.value,
    )
    top = rows[rows["high"]]
    sentence = language(
        "diagnosis.high_value",
        names=few_names(review, top["label"].tolist()),
        count=len(top),
        each=all_each.value,
        share=float(top["current"].sum() / whole["current"]),
    )
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent", wide_only=True),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
        Col("customers", name_of(review, "active_customers"), "count"),
        Col("each", name_of(review, "revenue_per_customer"), "money", digits=1),
    ]
    total = {
        "label": language("report.total"),
        "current": whole["current"],
        "share": 1.0,
        "growth": whole["growth"],
        "customers": all_each.denominator,
        "each": all_each.value,
    }
    caption = language(
        "diagnosis.worth_caption",
        dimension=dimension_name(review, dimension),
        scope=scope_name(review),
    )
    return group(lead(sentence), table(rows, columns, language, caption, total=total))


def _heat(review: Review, down: str, across: str) -> Block | None:
    """Colour the growth of sales by two cuts; cells of few customers stay pale."""
    lens, language = review.lens, review.language
    rows = lens.compare("net_sales", "year", [down, across])
    buyers = lens.measure("active_customers", [down, across])
    rows = rows.merge(
        buyers[[down, across, "value"]].rename(columns={"value": "customers"}),
        on=[down, across],
        how="left",
    )
    sizes = rows.groupby(down, observed=True)["current"].sum().sort_values(ascending=False)
    order = [str(name) for name in sizes.index[:_MOST]]
    columns = rows.groupby(across, observed=True)["current"].sum().sort_values(ascending=False)

    cells = rows.astype({down: str, across: str}).set_index([down, across])
    beside = [str(name) for name in columns.index]
    growth, sales, customers = (
        cells[name]
        .astype(float)
        .unstack()
        .reindex(index=order, columns=beside)
        .set_axis([value_name(review, down, value) for value in order])
        .set_axis([value_name(review, across, value) for value in beside], axis=1)
        for name in ("growth", "current", "customers")
    )
    if growth.notna().sum().sum() < 2:
        return None
    least = _FEW
    weak = ~(customers >= least)
    known = growth.where(~weak).stack().dropna()
    if known.empty:
        title = language("diagnosis.heat_plain")
    else:
        worst = known.idxmin()
        key = "diagnosis.heat_title" if known.min() < 0 else "diagnosis.heat_title_up"
        names = language.list(str(part) for part in worst) if language.code == "en" else None
        joined = " · ".join(str(part) for part in worst) if names is None else names
        title = language(key, name=joined, growth=float(known.min()))
    return heat_table(
        growth,
        language,
        title=title,
        unit="percent",
        corner=dimension_name(review, down),
        subtitle=language("diagnosis.heat_subtitle", scope=scope_name(review)),
        middle=0.0,
        small=sales.map(lambda value: "" if is_missing(value) else language.money(float(value))),
        weak=weak,
        notes=[language("diagnosis.heat_note", least=least)],
    )


# Potential --------------------------------------------------------------------------------------


@section("potential", "market.market_size", "customers.industry")
def potential(review: Review) -> Block:
    """Find the markets that grow fast and where the company's part is still small."""
    lens, language = review.lens, review.language
    market = market_growth(review)
    if len(market) < 2:
        return note(language("report.no_industry_market"))
    year = Period.parse(str(market["period"].iloc[0]))
    own = lens.compare("net_sales", "year", ["industry"], period=year)
    rows = market.merge(own[["industry", "current", "growth"]], on="industry", how="left")
    rows["part"] = rows["current"] / rows["market_size"]
    rows = rows[rows["part"].notna()]
    if len(rows) < 2:
        return note(language("report.no_industry_market"))
    share = float(rows["current"].sum() / rows["market_size"].sum())
    before = rows["market_size"] / (1 + rows["market_growth"])
    pace = float(rows["market_size"].sum() / before.sum() - 1)
    rows["room"] = (share - rows["part"]).clip(lower=0) * rows["market_size"]
    rows["is_open"] = (rows["part"] < share) & (rows["market_growth"] > pace)
    rows = rows.assign(label=[value_name(review, "industry", name) for name in rows["industry"]])
    rows = rows.sort_values(["is_open", "room"], ascending=[False, False])
    for row in rows.to_dict("records"):
        scope = {"industry": str(row["industry"])}
        parts = {"numerator": row["current"], "denominator": row["market_size"]}
        lens.keep("market_share", float(row["part"]), "ratio", scope, year, **parts)
        lens.keep("market_room", float(row["room"]), "money", scope, year)
    return group(
        lead(_sentence(review, rows, year)),
        _quadrant(review, rows, share, pace, year),
        _table(review, rows, year),
    )


def _sentence(review: Review, rows: pd.DataFrame, year: Period) -> str:
    language, found = review.language, rows[rows["is_open"]]
    if found.empty:
        return language("diagnosis.no_potential", period=year)
    return language(
        "diagnosis.potential",
        names=few_names(review, found["label"].tolist()),
        count=len(found),
        room=float(found["room"].sum()),
        period=year,
    )


def _quadrant(review: Review, rows: pd.DataFrame, share: float, pace: float, year: Period) -> Block:
    language = review.language
    top = rows.iloc[0]
    title = language(
        "diagnosis.potential_title",
        name=top["label"],
        growth=top["market_growth"],
        share=top["part"],
    )
    drawn = draw_quadrant(
        pd.DataFrame(
            {
                "label": rows["label"],
                "x": rows["part"],
                "y": rows["market_growth"],
                "highlight": rows["is_open"],
            }
        ),
        language,
        title=title,
        x_label=name_of(review, "market_share"),
        y_label=language("report.market_growth"),
        x_unit="percent",
        x_split=share,
        y_split=pace,
        subtitle=language("diagnosis.potential_subtitle", period=year, scope=review.region_name),
    )
    return chart(drawn, language)


def _table(review: Review, rows: pd.DataFrame, year: Period) -> Block:
    language = review.language
    columns = [
        Col("label", dimension_name(review, "industry")),
        Col("market_growth", language("report.market_growth"), "percent"),
        Col("growth", language("report.own_growth"), "delta", "percent", "up"),
        Col("part", name_of(review, "market_share"), "percent"),
        Col("room", language("diagnosis.room"), "money"),
    ]
    caption = language("diagnosis.potential_caption", period=year, scope=review.region_name)
    notes = [language("diagnosis.room_note" if review.whole_company else "diagnosis.room_region")]
    return table(rows, columns, language, caption, notes=notes)
