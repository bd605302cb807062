"""The months ahead as sections of a year share them: history, forecast, what leads bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesnb.explain.candidates import lagged_driver
from salesnb.explain.forecast import Forecast, forecast
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.period import Period, Window
from salesnb.report.review import Review

AHEAD, QUARTER = 12, 3
"""Months foreseen at least, and those of a quarter."""

_MONTHS = 60
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
    count = next(step for step in range(AHEAD, _MONTHS) if months[-1].shift(step) >= end)
    ahead = tuple(months[-1].shift(step) for step in range(1, count + 1))
    workdays = [max(calendar.workdays(calendar.window(month)), 1) for month in (*months, *ahead)]
    extra, lag = {}, 0
    if lens.has("leads"):
        lag = _lead_lag(review)
        extra["leads"] = lagged_driver(monthly(review, "leads", months), lag)
    # The driver reaches no further than its lag, and candidates are compared on equal terms.
    near = forecast(history, horizon=QUARTER, workdays=workdays[: len(months) + QUARTER])
    far = forecast(history, horizon=count, workdays=workdays)
    driven = forecast(history, horizon=min(lag, QUARTER), extra=extra) if lag else None
    made = Forecast(
        table=far.table.assign(
            forecast=[*near.table["forecast"], *far.table["forecast"][QUARTER:]],
            low=[*near.table["low"], *far.table["low"][QUARTER:]],
            high=[*near.table["high"], *far.table["high"][QUARTER:]],
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
