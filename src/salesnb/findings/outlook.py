"""What is foreseen: the forecast of monthly sales that findings and sections share."""

from __future__ import annotations

from salesnb.explain.forecast import Forecast, forecast
from salesnb.findings.lens import Lens

HORIZON = 12
_HISTORY = 60


def foreseen(lens: Lens) -> Forecast | None:
    """Give the forecast of sales for the months after the report's, None below six months.

    A month that is not over is no history; a report of one is given no forecast from it.
    """
    if lens.period.kind != "month" or not lens.finished:
        return None
    key = ("foreseen", lens.period, lens.as_of)
    found = lens.dataset.kept(key, lambda: _made(lens))
    return None if found.reason else found


def _made(lens: Lens) -> Forecast:
    calendar = lens.dataset.calendar
    history = lens.trend("net_sales", _HISTORY)["value"].fillna(0.0).to_numpy()
    months = [lens.period.shift(step) for step in range(1 - len(history), HORIZON + 1)]
    workdays = [max(calendar.workdays(calendar.window(month)), 1) for month in months]
    return forecast(history, horizon=HORIZON, workdays=workdays)
