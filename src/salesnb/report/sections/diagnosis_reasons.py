"""What moved sales: the drivers, exactly shared out, and the segments that stand out."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.drivers import attribute
from salesnb.explain.search import ContributionSearch, contribution_search
from salesnb.figures.bridge import draw_bridge
from salesnb.findings.spans import inside, spans
from salesnb.language import is_missing
from salesnb.period import Window
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import dimension_name, name_of, scope_name, value_name
from salesnb.report.tables import Col, table

# Dimension → the column of sales that holds it, in the order they are searched; four at most.
_SEARCHED = {
    "region": "region",
    "product_line": "product_line",
    "channel": "channel",
    "customer_type": "customer_type",
    "industry": "industry",
}
_DEPTH, _DIMENSIONS = 2, 4
_MOST_VALUES = 40


@section("reasons")
def reasons(review: Review) -> Block:
    """Share the change of sales out among their drivers, and find where it is not the growth."""
    if is_missing(review.lens.against("net_sales", "year")["growth"]):
        return note(review.language("report.reason.no_history"))
    return group(_drivers(review), _where(review))


def _drivers(review: Review) -> Block:
    """Draw the change since last year by customers, orders of each and size of an order."""
    lens, language = review.lens, review.language
    names = ["orders", "average_order_value"]
    if lens.has("orders", "customer_id"):
        names = ["active_customers", *names]
    found = {name: lens.against(name, "year") for name in names}
    if any(is_missing(row[side]) or not row[side] for row in found.values() for side in _SIDES):
        return note(language("report.reason.no_history"))
    now, then = (
        _factors({name: float(row[side]) for name, row in found.items()}) for side in _SIDES
    )
    effects = attribute(" * ".join(now), now, then)
    # Sales without an order, such as corrections, belong to no driver.
    whole = lens.against("net_sales", "year")
    rest = float(whole["change"]) - float(effects["effect"].sum())
    steps = [
        {"label": language(f"diagnosis.driver.{row['driver']}"), "value": row["effect"]}
        for row in effects.to_dict("records")
    ]
    if abs(rest) > 0.005 * abs(float(whole["current"])):
        steps.append({"label": language("report.rest"), "value": rest})
    elif steps:
        steps[-1]["value"] += rest
    for row in effects.to_dict("records"):
        scope = {"of": "net_sales", "driver": str(row["driver"])}
        lens.keep("driver_effect", float(row["effect"]), "money", scope)
    biggest = max(steps, key=lambda step: abs(step["value"]))
    bars = pd.DataFrame(
        [
            {"label": language("report.last_year"), "value": whole["base"], "kind": "total"},
            *({**step, "kind": "change"} for step in steps),
            {"label": language("report.actual"), "value": whole["current"], "kind": "total"},
        ]
    )
    title = language(
        "diagnosis.drivers_title",
        change=whole["change"],
        name=biggest["label"],
        value=biggest["value"],
    )
    drawn = draw_bridge(
        bars,
        language,
        title=title,
        subtitle=f"{name_of(review, 'net_sales')} · {scope_name(review)}",
    )
    return group(chart(drawn, language, with_data=True), note(language("diagnosis.drivers_note")))


_SIDES = ("current", "base")


def _factors(values: dict[str, float]) -> dict[str, float]:
    """Give factors whose product is sales: customers × orders of each × size of an order."""
    if "active_customers" not in values:
        return {"orders": values["orders"], "order_value": values["average_order_value"]}
    customers = values["active_customers"]
    return {
        "customers": customers,
        "orders_each": values["orders"] / customers,
        "order_value": values["average_order_value"],
    }


def _where(review: Review) -> Block | None:
    """List the segments whose change is not the growth of the whole; nothing is an answer too."""
    found = segments_that_stand_out(review)
    if found is None:
        return None
    language = review.language
    if found.nothing_stands_out:
        return note(language("diagnosis.nothing_stands_out"))
    searched = [name for name in _SEARCHED if name in found.segments.columns]
    rows = found.found.assign(
        label=[_segment_name(review, row, searched) for row in found.found.to_dict("records")]
    )
    for row in rows.to_dict("records"):
        scope = {name: str(row[name]) for name in searched if row[name] not in ("", None)}
        scope = {name: value for name, value in scope.items() if value != "nan"}
        review.lens.keep("segment_excess", float(row["excess"]), "money", scope)
    top = rows.iloc[0]
    key = "diagnosis.stands_out" if top["excess"] < 0 else "diagnosis.stands_out_up"
    sentence = language(
        key,
        name=top["label"],
        change=top["change"],
        excess=top["excess"],
        growth=found.growth,
    )
    columns = [
        Col("label", language("diagnosis.segment")),
        Col("prior", language("report.last_year"), "money", wide_only=True),
        Col("current", language("report.actual"), "money"),
        Col("change", language("report.change"), "delta", "money", "up"),
        Col("excess", language("diagnosis.excess"), "delta", "money", "up"),
    ]
    caption = language("diagnosis.segments_found", scope=scope_name(review))
    notes = [language("diagnosis.search_note", growth=found.growth)]
    return group(lead(sentence), table(rows, columns, language, caption, notes=notes))


def segments_that_stand_out(review: Review) -> ContributionSearch | None:
    """Search the last three months (or the period, where longer) against the same a year ago.

    None where the data have fewer than two dimensions or no history.
    """
    lens = review.lens
    now, then = _windows(review)
    if then.start < lens.dataset.history_start:
        return None
    sales = lens.dataset.frame("sales")
    # Parts with very many values make cells too small to tell a change from noise.
    columns = {
        name: column
        for name, column in _SEARCHED.items()
        if column in sales.columns and 1 < sales[column].nunique() <= _MOST_VALUES
    }
    columns = dict(list(columns.items())[:_DIMENSIONS])
    if len(columns) < 2:
        return None

    def look() -> ContributionSearch:
        sides = [
            inside(sales, "order_date", span)[[*columns.values(), "amount"]]
            .rename(columns={column: name for name, column in columns.items()})
            .astype(dict.fromkeys(columns, object))
            for span in (now, then)
        ]
        return contribution_search(sides[0], sides[1], list(columns), depth=_DEPTH, most=4)

    return lens.dataset.kept(("stand_out", now, then), look)


def _windows(review: Review) -> tuple[Window, Window]:
    if review.period.kind == "month":
        part = spans(review.lens)
        return part.recent, part.last_year
    base = review.calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    return review.lens.window, base


def _segment_name(review: Review, row: dict[str, object], searched: list[str]) -> str:
    parts = [
        f"{dimension_name(review, name)} {value_name(review, name, row[name])}"
        for name in searched
        if not is_missing(row[name]) and row[name] != ""
    ]
    return " · ".join(parts)
