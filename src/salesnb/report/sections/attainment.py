"""The target line by line, and the course of sales with what happened on the way."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.season import adjust, seasonal_index
from salesnb.explain.signal import xmr
from salesnb.figures.bridge import draw_bridge
from salesnb.figures.trend import draw_control, draw_trend
from salesnb.findings.spans import months, over
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import (
    compared,
    labelled,
    name_of,
    said,
    scope_name,
    written_block,
)
from salesnb.report.tables import Col, table

_HISTORY = 36


def _dimensions(review: Review) -> list[str]:
    """Give the dimensions a target is looked at by: regions for the company, then line and rep."""
    wanted = {"product_line": ("product_line",), "rep": ("rep_id",)}
    found = [name for name, columns in wanted.items() if review.lens.has("orders", *columns)]
    return ["region", *found[:1]] if review.whole_company else found


@section("attainment")
def attainment(review: Review) -> Block:
    """Show sales beside the target by region or line and person, and the gap as a bridge."""
    has_targets = review.lens.has("targets")
    tables = [
        compared(review, "net_sales", dimension, share=True, target=has_targets)
        for dimension in _dimensions(review)
    ]
    empty = "" if has_targets else review.language("report.no_targets")
    return group(said(review, "attainment", empty), _gap_bridge(review), *tables)


def _gap_bridge(review: Review) -> Block | None:
    """Draw the way from target to actual over the parts that have targets of their own."""
    dimension = "region" if review.whole_company else "product_line"
    if dimension not in _dimensions(review) or not review.lens.has("targets"):
        return None
    whole = review.lens.against("net_sales", "target")
    rows = review.lens.compare("net_sales", "target", [dimension])
    rows = labelled(review, rows[rows["change"].notna()].sort_values("change"), dimension)
    if is_missing(whole["base"]) or len(rows) < 2:
        return None
    steps = rows[["label", "change"]].rename(columns={"change": "value"}).assign(kind="change")
    # Parts without a target of their own, and a target above their sum, stay visible.
    rest = whole["current"] - whole["base"] - steps["value"].sum()
    if abs(rest) > 0.005:
        other = {"label": review.language("report.rest"), "value": rest, "kind": "change"}
        steps = pd.concat([steps, pd.DataFrame([other])])
    first = {"label": review.language("report.target"), "value": whole["base"], "kind": "total"}
    last = {"label": review.language("report.actual"), "value": whole["current"], "kind": "total"}
    bars = pd.concat([pd.DataFrame([first]), steps, pd.DataFrame([last])], ignore_index=True)
    worst = rows.iloc[0]
    title = review.language(
        "report.gap_title" if worst["change"] < 0 else "report.no_gap_title",
        name=worst["label"],
        gap=worst["change"],
    )
    return chart(
        draw_bridge(bars, review.language, title=title, subtitle=_subtitle(review)), review.language
    )


def _subtitle(review: Review, metric: str = "net_sales") -> str:
    return f"{name_of(review, metric)} · {scope_name(review)}"


@section("trend")
def sales_trend(review: Review) -> Block:
    """Show sales over a year beside last year and target, their usual limits, and events."""
    return group(
        said(review, "trend"),
        _course(review),
        _limits(review),
        _events(review),
        written_block(review, "external_factors"),
        written_block(review, "internal_factors"),
    )


def _course(review: Review) -> Block:
    lens = review.lens
    sales = lens.trend("net_sales", 13)
    frames = [sales[["period", "value"]].assign(scenario="actual")]
    before = [lens.value("net_sales", review.period.shift(-12 - back)) for back in range(13)][::-1]
    periods = [str(review.period.shift(-back)) for back in range(13)][::-1]
    last_year = pd.DataFrame({"period": periods, "value": [each.value for each in before]})
    frames.append(last_year[last_year["period"].isin(sales["period"])].assign(scenario="last_year"))
    if lens.has("targets"):
        targets = [
            lens.against("net_sales", "target", period=review.period.shift(-back))["base"]
            for back in range(13)
        ][::-1]
        held = pd.DataFrame({"period": periods, "value": targets}).assign(scenario="target")
        frames.append(held[held["period"].isin(sales["period"])])
    rows = pd.concat([frame.dropna(subset="value") for frame in frames], ignore_index=True)
    growth = lens.against("net_sales", "year")
    key = "report.trend_title" if is_missing(growth["growth"]) else "report.trend_title_growth"
    title = review.language(
        key, period=review.period, value=growth["current"], growth=growth["growth"]
    )
    drawn = draw_trend(
        rows.assign(value=rows["value"].astype(float)),
        review.language,
        title=title,
        subtitle=_subtitle(review),
        from_zero=True,
    )
    return chart(drawn, review.language, with_data=True)


def _limits(review: Review) -> Block:
    """Draw the control chart of sales with working days and season taken out."""
    rows = adjusted_sales(review)
    if len(rows) < 12:
        return note(review.language("report.too_short", count=len(rows)))
    found = xmr(rows["value"].to_numpy(), baseline=max(len(rows) - 3, 8)).points
    drawn = pd.DataFrame(
        {
            "period": rows["period"].to_numpy(),
            "value": found["value"],
            "mean": found["centre"],
            "low": found["lower"],
            "high": found["upper"],
            "outside": found["rule"] != "",
        }
    ).tail(25)
    last = drawn.iloc[-1]
    if not last["outside"]:
        key = "report.within_limits"
    else:
        key = "report.above_limits" if last["value"] > last["mean"] else "report.below_limits"
    return chart(
        draw_control(
            drawn,
            review.language,
            title=review.language(key, period=review.period),
            subtitle=review.language("report.adjusted_sales", scope=scope_name(review)),
        ),
        review.language,
    )


def adjusted_sales(review: Review) -> pd.DataFrame:
    """Give monthly sales with working days and season taken out: period, value.

    The season is learned from two full years or more; with less it stays in.
    """
    lens = review.lens
    calendar = review.calendar
    rows = lens.trend("net_sales", _HISTORY) if review.period.kind == "month" else pd.DataFrame()
    if len(rows) < 12:
        return pd.DataFrame({"period": [], "value": []})
    rows = rows[["period", "value"]].fillna({"value": 0.0})
    windows = [over(lens, [month]) for month in months(lens, len(rows))]
    days = [max(calendar.workdays(window), 1) for window in windows]
    daily = adjust(rows["value"].to_numpy(), workdays=days)
    return rows.assign(value=adjust(daily, seasonal_index(daily)))


def _events(review: Review) -> Block | None:
    """List what was noted in the last three months, beside but not as the cause of the sales."""
    if not review.lens.has("events"):
        return None
    window = over(review.lens, months(review.lens, 3))
    events = review.lens.dataset.frame("events")
    start, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
    recent = events[events["date"].between(start, end)].sort_values("date", ascending=False)
    if recent.empty:
        return None
    kinds = recent["kind"].astype(object) if "kind" in recent.columns else "external"
    recent = recent.assign(
        kind=[review.language.label(f"report.value.event.{kind}") for kind in kinds]
    )
    columns = [
        Col("date", review.language("report.day"), "date"),
        Col("kind", review.language("report.kind")),
        Col("description", review.language("report.event")),
    ]
    return table(
        recent[["date", "kind", "description"]],
        columns,
        review.language,
        review.language("report.events"),
        max_rows=8,
        notes=[review.language("report.coincides")],
    )
