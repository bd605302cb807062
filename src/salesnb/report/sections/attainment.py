"""The target line by line, and the course of sales with what happened on the way."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.signal import xmr
from salesnb.figures.bridge import draw_bridge
from salesnb.figures.control import draw_control
from salesnb.figures.trend import draw_trend
from salesnb.findings.rules_sales import targets_cover_sales
from salesnb.findings.spans import months, over
from salesnb.language import is_missing
from salesnb.metrics.shared import with_company_rows
from salesnb.period import Period
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

_HISTORY = 37
_LEAST = 12


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
    reached = review.lens.against("net_sales", "target")["attainment"] if has_targets else None
    empty = review.language("report.no_targets") if is_missing(reached) else ""
    return group(said(review, "attainment", empty), coverage(review), _gap_bridge(review), *tables)


def coverage(review: Review) -> Block | None:
    """Say how much of sales the targets speak of, where that is not all."""
    if not review.lens.has("targets") or targets_cover_sales(review.lens):
        return None
    covered = review.lens.against("net_sales", "target")["current"]
    sales = review.lens.value("net_sales").value
    share = float(covered) / sales if sales else None
    return note(review.language("report.targets_cover", covered=covered, share=share))


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
    key = "report.no_gap_title"
    if worst["change"] < 0:
        key = "report.gap_title" if whole["change"] < 0 else "report.mixed_gap_title"
    title = review.language(key, name=worst["label"], gap=worst["change"], whole=whole["change"])
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
        growth_limits(review),
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
    if lens.has("targets") and targets_cover_sales(lens):
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


def growth_limits(review: Review) -> Block:
    """Draw the control chart of growth on last year for the same working days."""
    rows = fair_growth(review)
    if len(rows) < _LEAST:
        return note(review.language("report.too_short", count=len(rows)))
    found = xmr(rows["value"].to_numpy(), baseline=max(len(rows) - 3, _LEAST)).points
    drawn = pd.DataFrame(
        {
            "period": rows["period"].to_numpy(),
            "value": found["value"],
            "mean": found["centre"],
            # Sales cannot fall by more than all of them.
            "low": found["lower"].clip(lower=-1.0),
            "high": found["upper"],
            "outside": found["rule"] != "",
        }
    )
    last = drawn.iloc[-1]
    key = "report.within_limits"
    if last["outside"]:
        high = last["value"] > last["mean"]
        beyond = last["value"] > last["high"] or last["value"] < last["low"]
        # A run on one side of the mean is a signal though each month lies inside the limits.
        side = "limits" if beyond else "mean"
        key = f"report.above_{side}" if high else f"report.below_{side}"
    return chart(
        draw_control(
            drawn,
            review.language,
            title=review.language(key, period=review.period, growth=float(last["value"])),
            subtitle=review.language("report.fair_growth", scope=scope_name(review)),
            unit="percent",
        ),
        review.language,
    )


def fair_growth(review: Review) -> pd.DataFrame:
    """Give each month's growth on last year for the same working days: period, value.

    January and February count together where Spring Festival moves between them. Growth needs no
    season taken out, and a business that grows steadily keeps within its limits.
    """
    lens, calendar = review.lens, review.calendar
    if review.period.kind != "month":
        return pd.DataFrame({"period": [], "value": []})
    rows = lens.trend("net_sales", _HISTORY)[["period", "value"]].fillna({"value": 0.0})
    sales = dict(zip(rows["period"], rows["value"], strict=True))
    months = [Period.parse(name) for name in rows["period"]]
    days = {
        str(month): calendar.workdays(calendar.elapsed(month, review.as_of)) for month in months
    }
    growth = {}
    for month in months:
        span = [str(month)]
        if calendar.country == "CN" and month.index <= 2:
            pair = [month.shift(1 - month.index), month.shift(2 - month.index)]
            span = [str(each) for each in pair if str(each) in sales]
        base = [str(Period.parse(each).last_year) for each in span]
        if any(each not in sales for each in base):
            continue
        now, then = sum(sales[each] for each in span), sum(sales[each] for each in base)
        worked, worked_then = sum(days[each] for each in span), sum(days[each] for each in base)
        if then > 0 and worked and worked_then:
            growth[str(month)] = now / worked / (then / worked_then) - 1
    return pd.DataFrame({"period": list(growth), "value": list(growth.values())})


def _events(review: Review) -> Block | None:
    """List what was noted in the last three months, beside but not as the cause of the sales."""
    if not review.lens.has("events"):
        return None
    window = over(review.lens, months(review.lens, 3))
    events = with_company_rows(review.lens.dataset, "events")
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
