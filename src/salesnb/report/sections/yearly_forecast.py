"""What comes next: the forecast of the next quarter and year, and whether leads will do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.explain.candidates import lagged_driver
from salesnb.explain.forecast import Forecast, forecast
from salesnb.explain.intervals import wilson_interval
from salesnb.figures.trend import draw_trend
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Period, Window
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import name_of, scope_name
from salesnb.report.tables import Col, table

_MONTHS, _AHEAD, _QUARTER = 60, 12, 3
_COVERAGE = 0.8
_FLAT = 0.0005
_LAGS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Ahead:
    """The monthly forecast at a report's end.

    Attributes
    ----------
    months, history
        The months known, and their sales.
    ahead
        The months foreseen.
    made
        What `forecast` gave.
    lag
        Months by which leads lead sales in the driver's candidate; 0 without leads.
    """

    months: tuple[Period, ...]
    history: np.ndarray
    ahead: tuple[Period, ...]
    made: Forecast
    lag: int


def sales_ahead(review: Review) -> Ahead | None:
    """Give the forecast of sales after the last month that is over, None below six months."""
    key = ("sales_ahead", review.period, review.as_of)
    return review.lens.dataset.kept(key, lambda: _sales_ahead(review))


def _sales_ahead(review: Review) -> Ahead | None:
    lens, calendar = review.lens, review.calendar
    months = finished_months(review, _MONTHS)
    if len(months) < 6:
        return None
    history = monthly(review, "net_sales", months)
    # Far enough to see the whole of the next year, which a plan is drafted for.
    end = calendar.months_of(review.period.next)[-1]
    count = next(step for step in range(_AHEAD, _MONTHS) if months[-1].shift(step) >= end)
    ahead = tuple(months[-1].shift(step) for step in range(1, count + 1))
    workdays = [max(calendar.workdays(calendar.window(month)), 1) for month in (*months, *ahead)]
    extra, lag = {}, 0
    if lens.has("leads"):
        lag = _lead_lag(review)
        extra["leads"] = lagged_driver(monthly(review, "leads", months), lag)
    # The driver reaches no further than its lag, and candidates are compared on equal terms.
    near = forecast(history, horizon=_QUARTER, workdays=workdays[: len(months) + _QUARTER])
    far = forecast(history, horizon=count, workdays=workdays)
    driven = forecast(history, horizon=min(lag, _QUARTER), extra=extra) if lag else None
    made = Forecast(
        table=far.table.assign(
            forecast=[*near.table["forecast"], *far.table["forecast"][_QUARTER:]],
            low=[*near.table["low"], *far.table["low"][_QUARTER:]],
            high=[*near.table["high"], *far.table["high"][_QUARTER:]],
        ),
        method=near.method,
        scores=near.scores if driven is None else driven.scores,
        backtest=near.backtest,
        coverage=near.coverage,
        seasonal=near.seasonal,
        reason=near.reason,
    )
    return Ahead(tuple(months), history, ahead, made, lag)


def finished_months(review: Review, most: int) -> list[Period]:
    """Give the months of the data that are over by the report's day, at most so many."""
    lens, calendar = review.lens, review.calendar
    last = calendar.period_at(lens.window.end)
    if calendar.window(last).end > lens.window.end:
        last = last.previous
    months = [last.shift(-step) for step in range(most - 1, -1, -1)]
    first = lens.dataset.history_start
    return [month for month in months if calendar.window(month).start >= first]


def monthly(review: Review, metric: str, months: list[Period]) -> np.ndarray:
    """Give a metric month by month; zero where it has no rows."""
    if not months:
        return np.zeros(0)
    dataset, calendar = review.lens.dataset, review.calendar
    span = Window(calendar.window(months[0]).start, calendar.window(months[-1]).end)
    rows = dataset.kept(
        ("monthly", metric, span), lambda: measure(dataset, metric, span, ["month"])
    )
    values = dict(zip(rows["month"].astype(str), rows["value"], strict=True))
    found = [values.get(str(month)) for month in months]
    return np.array([0.0 if is_missing(value) else float(value) for value in found])  # type: ignore[arg-type]


def _lead_lag(review: Review) -> int:
    """Give the usual months from a lead to a customer, within those leads can foresee."""
    leads = review.lens.dataset.frame("leads")
    if "converted_date" not in leads:
        return 1
    taken = (leads["converted_date"] - leads["created"].dt.normalize()).dt.days.dropna()
    months = round(float(taken.median()) / 30.4) if len(taken) else 1
    return int(np.clip(months, _LAGS[0], _LAGS[-1]))


# The forecast ---------------------------------------------------------------------------------


@section("yearly_forecast")
def yearly_forecast(review: Review) -> Block:
    """Show the forecast of the next quarter and year, and how well it would have done before."""
    language, lens = review.language, review.lens
    ahead = sales_ahead(review)
    if ahead is None:
        return note(language("yearly.no_forecast"))
    quarter, low, high, trials = quarter_ahead(ahead)
    year = float(ahead.made.table["forecast"].head(_AHEAD).sum())
    first, last = ahead.ahead[0], ahead.ahead[_QUARTER - 1]
    span = language("yearly.months", first=first, last=last)
    for month, row in zip(ahead.ahead, ahead.made.table.to_dict("records"), strict=True):
        lens.keep("forecast", row["forecast"], "money", period=month)
    scope = {"from": str(first)}
    said = {
        "quarter": kept(review, "forecast_quarter", quarter, "money", scope),
        "low": kept(review, "forecast_quarter_low", low, "money", scope, n=trials),
        "high": kept(review, "forecast_quarter_high", high, "money", scope, n=trials),
    }
    before = float(ahead.history[-_AHEAD:].sum()) if len(ahead.history) >= _AHEAD else np.nan
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
    total = float(ahead.made.table["forecast"].head(_QUARTER).sum())
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
    tried = tried[(tried["candidate"] == ahead.made.method) & (tried["step"] <= _QUARTER)]
    tried = tried.dropna(subset=["actual", "forecast"])
    sums = tried.groupby("origin").agg(
        n=("step", "size"), actual=("actual", "sum"), foreseen=("forecast", "sum")
    )
    sums = sums[(sums["n"] == _QUARTER) & (sums["foreseen"] > 0)]
    return (sums["actual"] / sums["foreseen"] - 1).abs().to_numpy()


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
    table_ = ahead.made.table.head(_AHEAD)
    future = pd.DataFrame(
        {
            "period": [str(month) for month in ahead.ahead[:_AHEAD]],
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
    steps = min(ahead.lag, _QUARTER) or _QUARTER
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
    months = list(ahead.months[-_QUARTER:])
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


# Enough leads? --------------------------------------------------------------------------------


@section("yearly_lead_gap", "leads")
def yearly_lead_gap(review: Review) -> Block:
    """Say whether leads come in as the goal for new customers needs them, and as they used to."""
    language, lens = review.language, review.lens
    months = finished_months(review, 24)
    if len(months) < 6:
        return note(language("yearly.leads_short"))
    values = monthly(review, "leads", months)
    for month, value in zip(months, values, strict=True):
        lens.keep("leads", float(value), "count", period=month)
    shown = pd.DataFrame({"period": [str(month) for month in months], "value": values})
    recent, usual = float(values[-3:].mean()), float(values[:-3].mean())
    same = float(values[-15:-12].mean()) if len(values) >= 15 else math.nan
    needed, lines = _needed_leads(review, recent)
    title = language("yearly.leads_title", recent=recent, usual=usual)
    drawn = draw_trend(
        shown if needed is None else _with_need(shown, needed),
        language,
        title=title,
        subtitle=f"{name_of(review, 'leads')} · {scope_name(review)}",
        unit="count",
        from_zero=True,
    )
    if not math.isnan(same):
        lens.keep("leads_recent_change", recent / same - 1 if same else None, "ratio",
                  numerator=recent, denominator=same)  # fmt: skip
        change = recent / same - 1 if same else None
        flat = "_flat" if change is not None and abs(change) < _FLAT else ""
        lines.append(language(f"yearly.leads_last_year{flat}", recent=recent, same=same,
                              change=change))  # fmt: skip
    return group(lead(*lines), chart(drawn, language, with_data=True))


def _with_need(shown: pd.DataFrame, needed: float) -> pd.DataFrame:
    both = shown.assign(scenario="actual")
    need = shown.assign(value=needed, scenario="target")
    return pd.concat([both, need], ignore_index=True)


def _needed_leads(review: Review, recent: float) -> tuple[float | None, list[str]]:
    """Give the leads a month the goal for new customers asks for, and what is said of it."""
    language, lens = review.language, review.lens
    year = review.period if not lens.finished else review.period.next
    share = customers_per_lead(review)
    goal = lens.target("new_customers", year) if lens.has("targets") else None
    if goal is None or not share:
        return None, [language("yearly.no_customer_goal", year=year)]
    done = lens.value("new_customers").value if year == review.period else 0.0
    left = [
        month
        for month in review.calendar.months_of(year)
        if review.calendar.window(month).end > lens.window.end
    ]
    rest = max(goal - (done or 0.0), 0.0)
    if not left or rest == 0:
        return None, [language("yearly.customers_met", year=year, goal=goal)]
    needed = rest / share / len(left)
    gap = recent - needed
    scope = {"per": "month"}
    lacking = kept(review, "lead_gap", abs(gap), "count", scope, year)
    key = "leads_enough" if gap >= 0 else "leads_lack"
    wanted = kept(
        review, "leads_needed", needed, "count", scope, year, numerator=rest, denominator=share
    )
    coming = kept(review, "leads_recent", recent, "count", scope)
    return needed, [
        review.language(f"yearly.{key}", year=year, rest=rest,
            hundred=share * 100, needed=wanted, recent=coming, gap=lacking,
            total=abs(gap) * len(left))
    ]  # fmt: skip
