"""What comes next: the aim for next month, what it takes, what could go wrong."""

from __future__ import annotations

import pandas as pd

from salesnb.figures.trend import draw_trend
from salesnb.findings.outlook import foreseen
from salesnb.findings.spans import inside, months, over
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import (
    name_of,
    names,
    scope_name,
    shown_unit,
    value_name,
    written_block,
)
from salesnb.report.tables import Col, table

_AIMS = (
    "net_sales",
    "new_customers",
    "lead_conversion",
    "renewal_rate",
    "churn_rate",
    "dso",
    "sla_rate",
)


@section("next_month")
def next_month(review: Review) -> Block:
    """Show the forecast, next month's targets and whether they are within reach."""
    return group(
        _reach(review),
        _forecast_chart(review),
        _aims(review),
        _rest_of_year(review),
        written_block(review, "qualitative_goals"),
    )


def _reach(review: Review) -> Block:
    """Say whether next month's sales target lies inside the forecast's interval."""
    language, ahead = review.language, foreseen(review.lens)
    if ahead is None:
        return note(language("report.no_forecast"))
    after = review.period.next
    first = ahead.table.iloc[0]
    values = {
        "period": after,
        "forecast": float(first["forecast"]),
        "low": float(first["low"]),
        "high": float(first["high"]),
    }
    for name in ("forecast", "forecast_low", "forecast_high"):
        key = name.removeprefix("forecast_") if name != "forecast" else "forecast"
        review.lens.keep(name, values[key], "money", period=after)
    target = review.lens.against("net_sales", "target", period=after)["base"]
    if is_missing(target):
        return note(language("report.foreseen_only", **values))
    key = "reach_inside"
    if target > values["high"]:
        key = "reach_above"
    elif target < values["low"]:
        key = "reach_below"
    return note(language(f"report.{key}", target=float(target), **values))


def _forecast_chart(review: Review) -> Block | None:
    ahead = foreseen(review.lens)
    if ahead is None:
        return None
    language = review.language
    past = review.lens.trend("net_sales", 13)[["period", "value"]].assign(scenario="actual")
    future = ahead.table.head(3)
    future = pd.DataFrame(
        {
            "period": [str(review.period.shift(step)) for step in range(1, len(future) + 1)],
            "value": future["forecast"].to_numpy(),
            "low": future["low"].to_numpy(),
            "high": future["high"].to_numpy(),
            "scenario": "forecast",
        }
    )
    title = language(
        "report.forecast_title", period=review.period.next, forecast=float(future["value"].iloc[0])
    )
    drawn = draw_trend(
        pd.concat([past, future], ignore_index=True),
        language,
        title=title,
        subtitle=language("report.forecast_subtitle", scope=scope_name(review)),
        from_zero=True,
    )
    error = ahead.error
    method = None if is_missing(error) else note(language("report.forecast_method", error=error))
    return group(chart(drawn, language, with_data=True), method)


def _aims(review: Review) -> Block:
    """Show this period's figures beside next period's targets, with the change they ask for."""
    lens, language, after = review.lens, review.language, review.period.next
    records = []
    for metric in _AIMS:
        if METRICS[metric].lacks(lens.dataset) or not lens.has("targets"):
            continue
        target = lens.target(metric, after)
        if target is None:
            continue
        now, unit = lens.value(metric), shown_unit(metric)
        rate = METRICS[metric].unit == "ratio"
        missing = now.value is None
        change = None if missing else target - now.value  # type: ignore[operator]
        if not missing and not rate and now.value:
            shown = language.percent(target / now.value - 1, signed=True)
        else:
            shown = language.points(change) if rate else language.show(change, unit)
        records.append(
            {
                "label": name_of(review, metric),
                "now": language.show(now.value, unit),
                "target": language.show(target, unit),
                "needed": shown,
            }
        )
    if not records:
        return note(language("report.no_next_targets", period=after))
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("report.this_period")),
        Col("target", language("report.next_target")),
        Col("needed", language("report.needed")),
    ]
    caption = language("report.aims", scope=scope_name(review))
    return table(pd.DataFrame(records), columns, language, caption)


def _rest_of_year(review: Review) -> Block | None:
    """Say what remains of the year's target and what each month left must bring."""
    lens, calendar = review.lens, review.calendar
    year = calendar.enclosing(review.period, "year")
    whole, done = lens.target("net_sales", year), lens.value("net_sales", year).value
    left = [month for month in calendar.months_of(year) if month > months(lens, 1)[0]]
    if whole is None or done is None or not left or year == review.period:
        return None
    rest = whole - done
    if rest <= 0:
        return note(review.language("report.year_met"))
    each, now = rest / len(left), lens.value("net_sales").value
    times = each / now if now else None
    return note(
        review.language("report.year_rest", rest=rest, count=len(left), each=each, times=times)
    )


@section("resources")
def resources(review: Review) -> Block:
    """Show the means asked for, the budget sales carry, and the return spending must bring."""
    blocks = [_asked(review), *_budget_notes(review)]
    known = [block for block in blocks if block is not None]
    return group(*known) if known else note(review.language("report.no_resources"))


def _asked(review: Review) -> Block | None:
    if not review.lens.has("actions", "budget"):
        return None
    actions = review.lens.dataset.frame("actions")
    closed = actions["status"].astype(object).isin(["done", "cancelled"])
    ahead = actions["due"] >= pd.Timestamp(review.as_of) - pd.Timedelta(days=31)
    asked = actions[~closed & ahead & (actions["budget"] > 0)].sort_values(
        "budget", ascending=False
    )
    if asked.empty:
        return None
    shown = asked.assign(
        who=[names(review, "rep").get(str(who), str(who)) for who in asked["owner"]]
    )
    columns = [
        Col("title", review.language("page.action.action")),
        Col("who", review.language("page.action.owner")),
        Col("due", review.language("page.action.due"), "date"),
        Col("budget", review.language("report.budget"), "money"),
    ]
    total = {"title": review.language("report.total"), "budget": float(asked["budget"].sum())}
    caption = review.language("report.budget_asked")
    return table(shown, columns, review.language, caption, total=total, max_rows=10)


def _budget_notes(review: Review) -> list[Block]:
    """Say what channels cost as a share of sales, and what a unit of spend must bring."""
    lens, language = review.lens, review.language
    notes: list[Block] = []
    ahead = foreseen(lens)
    if lens.has("channel_spend"):
        spend = lens.dataset.frame("channel_spend")
        first, last = str(months(lens, 12)[0]), str(months(lens, 1)[0])
        spent = float(spend.loc[spend["period"].astype(str).between(first, last), "spend"].sum())
        sales = inside(lens.dataset.frame("sales"), "order_date", over(lens, months(lens, 12)))
        sold = float(sales["amount"].sum())
        if spent > 0 and sold > 0 and ahead is not None:
            share = spent / sold
            forecast = float(ahead.table["forecast"].iloc[0])
            budget = share * forecast
            notes.append(
                note(language("report.budget_rule", share=share, forecast=forecast, budget=budget))
            )
    margin = lens.value("gross_margin") if lens.has("orders", "cost") else None
    if margin and margin.value and margin.value > 0:
        notes.append(note(language("report.hurdle", margin=margin.value, each=1 / margin.value)))
    return notes


@section("risks")
def risks(review: Review) -> Block:
    """Show the register of risks, and open deals in which a competitor takes part."""
    blocks = [_register(review), _exposed(review)]
    known = [block for block in blocks if block is not None]
    return group(*known) if known else note(review.language("report.no_risks"))


def _register(review: Review) -> Block | None:
    if not review.lens.has("risks", "probability", "impact"):
        return None
    rows = review.lens.dataset.frame("risks")
    if rows.empty:
        return None
    language = review.language
    rows = rows.assign(level=rows["probability"] * rows["impact"])
    for name in ("trigger_rule", "response", "owner"):
        if name not in rows.columns:
            rows = rows.assign(**{name: None})
    rows = rows.assign(who=[names(review, "rep").get(str(who), str(who)) for who in rows["owner"]])
    columns = [
        Col("description", language("report.risk")),
        Col("level", language("report.risk_level"), "count"),
        Col("trigger_rule", language("report.risk_trigger")),
        Col("response", language("report.risk_response")),
        Col("who", language("page.action.owner"), wide_only=True),
    ]
    caption = language("report.risks", scope=scope_name(review))
    ordered = rows.sort_values(["level", "risk_id"], ascending=[False, True])
    return table(ordered, columns, language, caption, max_rows=8)


def _exposed(review: Review) -> Block | None:
    """Add up the open deals each competitor takes part in."""
    lens, language = review.lens, review.language
    if not lens.has("opportunities", "competitor"):
        return None
    deals = lens.dataset.frame("opportunities")
    begun = deals["created"] <= pd.Timestamp(review.as_of)
    open_ = deals[(deals["outcome"].astype(object) == "open") & begun]
    open_ = open_[open_["competitor"].astype(object).map(_named).astype(bool)]
    if open_.empty:
        return None
    sums = open_.groupby(open_["competitor"].astype(str))["amount"].agg(["size", "sum"])
    sums = sums.sort_values("sum", ascending=False).reset_index()
    sums["label"] = [value_name(review, "competitor", name) for name in sums["competitor"]]
    columns = [
        Col("label", language("report.dimension.competitor")),
        Col("size", language("report.deal_count"), "count"),
        Col("sum", language("report.deal_amount"), "bar"),
    ]
    caption = language("report.exposure", scope=scope_name(review))
    return table(sums, columns, language, caption, max_rows=6)


def _named(value: object) -> bool:
    return isinstance(value, str) and value not in ("", "unmapped")
