"""What the company's data say of a plan: its baselines computed, its year forecast."""

from __future__ import annotations

from datetime import timedelta

from salesnb.data.contract import UNMAPPED
from salesnb.data.scope import parse_scope
from salesnb.data.store import Store
from salesnb.errors import ContractError
from salesnb.explain.forecast import forecast
from salesnb.language import is_missing
from salesnb.metrics.dataset import ALL, Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.metrics.settings import Settings
from salesnb.metrics.trend import trend
from salesnb.period import Calendar, Period
from salesnb.plan.facts import Facts, Interval, Key, wanted
from salesnb.plan.statements import Plan

_MEMBERS = ("region", "product_line", "channel", "industry")
_HISTORY_YEARS = 5


def plan_facts(plan: Plan, store: Store, settings: Settings | None = None) -> Facts:
    """Compute the figures a plan speaks of, as they stood before its year began.

    Parameters
    ----------
    plan
        The plan; its calendar cuts the years.
    store
        The company's tables.
    settings
        The definitions in force.

    Returns
    -------
    Facts with each figure of the years before that the data can give, the members the data know,
    and the forecast of the plan's year for sales: of the months' forecasts the sums of their
    middles, lows and highs, so the interval holds even if the months err together.
    """
    calendar = plan.header.calendar
    before = calendar.window(plan.header.year).start - timedelta(days=1)
    dataset = Dataset(store, ALL, calendar, settings or Settings(), before)
    values: dict[Key, float] = {}
    forecasts: dict[Key, Interval] = {}
    for key in wanted(plan):
        metric, scope, period = key
        where = _where(metric, scope)
        if where is None:
            continue
        window = calendar.window(Period.parse(period))
        if window.start < dataset.history_start:
            continue
        found = measure(dataset, metric, window, (), where)["value"].iloc[0]
        if not is_missing(found):
            values[key] = float(found)
        aim = (metric, scope, str(plan.header.year))
        if metric == "net_sales" and aim not in forecasts:
            ahead = _forecast(dataset, calendar, plan.header.year, where)
            if ahead is not None:
                forecasts[aim] = ahead
    return Facts(values, forecasts, _members(store, dataset))


def _where(metric: str, scope: str) -> dict[str, str] | None:
    """Give the filter of a scope, None where the data cannot cut the metric so."""
    if metric not in METRICS or METRICS[metric].compute is None:
        return None
    try:
        where = parse_scope(scope)
    except ContractError:
        return None  # A dimension of the plan's own, which the data do not have.
    return where if set(where) <= set(METRICS[metric].dims) else None


def _forecast(
    dataset: Dataset, calendar: Calendar, year: Period, where: dict[str, str]
) -> Interval | None:
    ahead = calendar.months_of(year)
    months = [ahead[0].shift(-step) for step in range(12 * _HISTORY_YEARS, 0, -1)]
    months = [month for month in months if calendar.window(month).start >= dataset.history_start]
    if len(months) < 12:
        return None
    history = trend(dataset, "net_sales", months, (), where)["value"].fillna(0.0)
    if len(history) != len(months) or not history.any():
        return None
    workdays = [max(calendar.workdays(calendar.window(month)), 1) for month in (*months, *ahead)]
    found = forecast(history.to_numpy(), horizon=len(ahead), workdays=workdays)
    if found.reason or found.table[["low", "high"]].isna().any(axis=None):
        return None
    sums = found.table[["low", "forecast", "high"]].sum()
    return Interval(float(sums["low"]), float(sums["forecast"]), float(sums["high"]))


def _members(store: Store, dataset: Dataset) -> dict[str, tuple[str, ...]]:
    found = {"region": store.regions}
    sales = dataset.frame("sales")
    for name in _MEMBERS[1:]:
        if name in sales.columns:
            known = [str(value) for value in sales[name].cat.categories]
            found[name] = tuple(value for value in known if value != UNMAPPED)
    return found
