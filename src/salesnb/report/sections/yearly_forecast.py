"""What comes next: the forecast of the next quarter and year, tested on the past."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from salesnb.explain.intervals import wilson_interval
from salesnb.figures.trend import draw_trend
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name
from salesnb.report.sections.yearly_ahead import AHEAD, QUARTER, Ahead, monthly, sales_ahead
from salesnb.report.tables import Col, table

_COVERAGE = 0.8
_FLAT = 0.0005


@section("yearly_forecast")
def yearly_forecast(review: Review) -> Block:
    """Show the forecast of the next quarter and year, and how well it would have done before."""
    language, lens = review.language, review.lens
    ahead = sales_ahead(review)
    if ahead is None:
        return note(language("yearly.no_forecast"))
    quarter, low, high, trials = quarter_ahead(ahead)
    year = float(ahead.made.table["forecast"].head(AHEAD).sum())
    first, last = ahead.ahead[0], ahead.ahead[QUARTER - 1]
    span = language("yearly.months", first=first, last=last)
    for month, row in zip(ahead.ahead, ahead.made.table.to_dict("records"), strict=True):
        lens.keep("forecast", row["forecast"], "money", period=month)
    scope = {"from": str(first)}
    said = {
        "quarter": kept(review, "forecast_quarter", quarter, "money", scope),
        "low": kept(review, "forecast_quarter_low", low, "money", scope, n=trials),
        "high": kept(review, "forecast_quarter_high", high, "money", scope, n=trials),
    }
    before = float(ahead.history[-AHEAD:].sum()) if len(ahead.history) >= AHEAD else np.nan
    whole = whole_year(review, ahead)
    known = "range" if not math.isnan(low) else "bare"
    sentence = review.language(f"yearly.forecast_{known}", span=span, trials=trials, **said)
    grown = year / before - 1 if before and before > 0 else None
    flat = "_flat" if grown is not None and abs(grown) < _FLAT else ""
    ahead_12 = kept(review, "forecast_12_months", year, "money", scope)
    more = kept(review, "forecast_12_months_growth", grown, "ratio", scope)
    lines = [review.language(f"yearly.forecast_year{flat}", year=ahead_12, growth=more)]
    if whole is not None:
        value = kept(review, "forecast_year", whole[1], "money", period=whole[0])
        lines.append(review.language("yearly.forecast_whole", year=whole[0], value=value))
    return group(
        lead(sentence, *lines),
        _chart(review, ahead),
        _scores(review, ahead),
        _driver(review, ahead),
    )


def quarter_ahead(ahead: Ahead) -> tuple[float, float, float, int]:
    """Give the next three months together, with the interval their misses together have had.

    Returns
    -------
    Forecast, low, high, and on how many past quarters the interval rests; NaN ends where they
    are too few for the coverage.
    """
    total = float(ahead.made.table["forecast"].head(QUARTER).sum())
    misses = quarter_misses(ahead)
    n = len(misses)
    place = math.ceil((n + 1) * _COVERAGE)
    if not n or place > n:
        return total, math.nan, math.nan, n
    reach = float(np.sort(misses)[place - 1])
    return total, total * (1 - reach), total * (1 + reach), n


def quarter_misses(ahead: Ahead) -> np.ndarray:
    """Give the relative misses of past forecasts of three months together."""
    tried = ahead.made.backtest
    tried = tried[(tried["candidate"] == ahead.made.method) & (tried["step"] <= QUARTER)]
    by_origin = tried.groupby("origin")
    sums = by_origin[["actual", "forecast"]].sum()
    sums = sums[(by_origin.size() == QUARTER) & (sums["forecast"] > 0)]
    return (sums["actual"] / sums["forecast"] - 1).abs().to_numpy()


def whole_year(review: Review, ahead: Ahead) -> tuple[Period, float] | None:
    """Give the fiscal year after the report's (or it itself, when unfinished) with its forecast."""
    calendar, lens = review.calendar, review.lens
    year = review.period if not lens.finished else review.period.next
    values = dict(zip(ahead.months, ahead.history, strict=True))
    values |= dict(zip(ahead.ahead, ahead.made.table["forecast"], strict=True))
    months = calendar.months_of(year)
    if any(month not in values for month in months):
        return None
    return year, float(sum(values[month] for month in months))


def _chart(review: Review, ahead: Ahead) -> Block:
    language = review.language
    past = pd.DataFrame(
        {"period": [str(month) for month in ahead.months[-24:]], "value": ahead.history[-24:]}
    ).assign(scenario="actual")
    table_ = ahead.made.table.head(AHEAD)
    future = pd.DataFrame(
        {
            "period": [str(month) for month in ahead.ahead[:AHEAD]],
            "value": table_["forecast"],
            "low": table_["low"],
            "high": table_["high"],
        }
    ).assign(scenario="forecast")
    peak = int(table_["forecast"].to_numpy().argmax())
    title = language("yearly.forecast_title", month=ahead.ahead[peak],
                     value=float(table_["forecast"].iloc[peak]))  # fmt: skip
    drawn = draw_trend(
        pd.concat([past, future], ignore_index=True),
        language,
        title=title,
        subtitle=language("report.forecast_subtitle", scope=scope_name(review)),
        from_zero=True,
    )
    return chart(drawn, language, with_data=True)


def _scores(review: Review, ahead: Ahead) -> Block | None:
    """Show how far each way of forecasting was off on its own past."""
    language, lens = review.language, review.lens
    scores = ahead.made.scores
    scores = scores[scores["points"] > 0].head(6)
    if scores.empty:
        return note(language("yearly.no_backtest"))
    rows = []
    for row in scores.to_dict("records"):
        lens.keep("backtest_wape", row["wape"], "ratio", {"candidate": str(row["candidate"])},
                  n=row["points"])  # fmt: skip
        rows.append({**row, "label": candidate_name(review, str(row["candidate"]), ahead.lag)})
    frame = pd.DataFrame(rows)
    columns = [
        Col("label", language("yearly.method")),
        Col("wape", language("yearly.wape"), "percent"),
        Col("points", language("yearly.forecasts"), "count"),
    ]
    misses = quarter_misses(ahead)
    steps = min(ahead.lag, QUARTER) or QUARTER
    caption = language("yearly.scores_caption", lag=steps)
    line = language("yearly.quarter_misses", count=len(misses),
                    miss=float(np.median(misses)) if len(misses) else None)  # fmt: skip
    return group(
        table(frame, columns, language, caption, max_rows=6),
        note(line) if len(misses) else None,
    )


def candidate_name(review: Review, name: str, lag: int) -> str:
    """Name a way of forecasting."""
    base, _, per = name.partition("_per_workday")
    per = name if name.endswith("workday") else per
    label = review.language.label(f"yearly.candidate_{base.split(' ')[0]}", base)
    if base == "leads":
        label = review.language("yearly.candidate_leads_lag", lag=lag)
    return label + (review.language("yearly.by_workday") if name != base or per else "")


# Leads × conversion ---------------------------------------------------------------------------


def _driver(review: Review, ahead: Ahead) -> Block | None:
    """Show the next quarter's new customers from the leads already there and their conversion."""
    language, lens = review.language, review.lens
    rate = lens.value("lead_conversion") if lens.has("leads") else None
    if rate is None or rate.value is None or METRICS["new_customers"].lacks(lens.dataset):
        return None
    months = list(ahead.months[-QUARTER:])
    leads = float(monthly(review, "leads", months).sum())
    low, high = wilson_interval(rate.numerator or 0.0, rate.denominator or 0.0)
    lens.keep("expected_conversions", leads * rate.value, "count", {"from": str(ahead.ahead[0])})
    past = _past_yield(review)
    lines = [
        language(
            "yearly.driver_lead",
            span=language("yearly.months", first=months[0], last=months[-1]),
            leads=leads, rate=rate.value, hits=leads * rate.value,
            low=leads * low, high=leads * high,
        )
    ]  # fmt: skip
    share, each = customers_per_lead(review), first_sales(review)
    if share is not None and each is not None:
        new = leads * share
        lens.keep("expected_new_sales", new * each, "money", {"from": str(ahead.ahead[0])})
        lines.append(
            language("yearly.driver_sales", hundred=share * 100, new=new, each=each,
                     sales=new * each)
        )  # fmt: skip
    rows = []
    for quarter, expected, came in past:
        lens.keep("expected_conversions", expected, "count", {"backtest": "yes"}, quarter)
        off = expected / came - 1 if came else None
        rows.append({"period": quarter, "expected": expected, "came": came, "off": off})
    if not rows:
        return note(*lines, language("yearly.driver_untested"))
    wape = sum(abs(e - c) for _, e, c in past) / max(sum(c for *_, c in past), 1.0)
    lens.keep("driver_wape", wape, "ratio", n=len(past))
    columns = [
        Col("period", language("yearly.quarter"), "period"),
        Col("expected", language("yearly.expected_then"), "count"),
        Col("came", language("yearly.came"), "count"),
        Col("off", language("yearly.off"), "delta", "percent"),
    ]
    caption = language("yearly.driver_caption", scope=scope_name(review))
    return group(
        note(*lines),
        table(pd.DataFrame(rows), columns, language, caption),
        note(language("yearly.driver_note", wape=wape)),
    )


def _past_yield(review: Review) -> list[tuple[Period, float, float]]:
    """Give for past quarters: conversions foreseen from leads and the rate known then, and came.

    The rate is that of leads created in the year before the quarter and old enough at its start.
    """
    lens, calendar = review.lens, review.calendar
    leads = lens.dataset.frame("leads")
    days = pd.Timedelta(days=lens.dataset.settings.conversion_days)
    if "converted_date" not in leads or leads.empty:
        return []
    created, won = leads["created"].dt.normalize(), leads["converted_date"]
    hit = won.notna() & (won <= created + days)
    found = []
    last = calendar.enclosing(calendar.period_at(lens.window.end), "quarter")
    for back in range(8, 0, -1):
        quarter = last.shift(1 - back)
        if calendar.window(quarter).end > lens.window.end:
            continue
        source, start = calendar.window(quarter.previous), calendar.window(quarter).start
        ripe = (created >= pd.Timestamp(start) - pd.Timedelta(days=455)) & (
            created <= pd.Timestamp(start) - days
        )
        mine = created.between(pd.Timestamp(source.start), pd.Timestamp(source.end))
        if int(ripe.sum()) < lens.dataset.settings.n_trials or not mine.any():
            continue
        rate = float(hit[ripe].mean())
        found.append((quarter, float(mine.sum()) * rate, float(hit[mine].sum())))
    # The last quarter's leads are too young to have been told.
    return [
        each
        for each in found
        if calendar.window(each[0].previous).end <= (pd.Timestamp(lens.window.end) - days).date()
    ]


def customers_per_lead(review: Review) -> float | None:
    """Give the new customers of the period a lead of the period; others convert who had bought."""
    lens = review.lens
    if METRICS["new_customers"].lacks(lens.dataset) or not lens.has("leads"):
        return None
    many, leads = lens.value("new_customers"), lens.value("leads")
    if not many.value or not leads.value:
        return None
    found = many.value / leads.value
    lens.keep("new_customers_per_lead", found, "ratio", numerator=many.value,
              denominator=leads.value)  # fmt: skip
    return found


def first_sales(review: Review) -> float | None:
    """Give the sales of a new customer in the period."""
    lens = review.lens
    if METRICS["new_customer_share"].lacks(lens.dataset):
        return None
    share, many = lens.value("new_customer_share"), lens.value("new_customers")
    sales = lens.value("net_sales")
    if not (share.value and many.value and sales.value):
        return None
    return share.value * sales.value / many.value
