"""What the company's data say of a plan: its baselines computed, its year forecast."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.data.scope import parse_scope
from salesnb.data.store import Store
from salesnb.errors import ContractError
from salesnb.explain.forecast import forecast
from salesnb.metrics.dataset import ALL, Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.metrics.settings import Settings
from salesnb.metrics.trend import trend
from salesnb.period import Calendar, Period, Window
from salesnb.plan.facts import Facts, Interval, Key, wanted
from salesnb.plan.statements import Plan

LATEST = 0.03
"""How late the data may begin in a window: ten days of a year, two of a quarter."""
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
    middles, lows and highs, so the interval holds even if the months err together; a month
    without an interval of its own is as uncertain as the one before. Of a member the data do not
    know there is no figure, not 0.
    """
    calendar = plan.header.calendar
    before = calendar.window(plan.header.year).start - timedelta(days=1)
    dataset = Dataset(store, ALL, calendar, settings or Settings(), before)
    cuts: dict[tuple[str, tuple[str, ...]], list[tuple[Key, dict[str, str]]]] = {}
    for key in wanted(plan):
        where = _where(key[0], key[1])
        if where is not None:
            cuts.setdefault((key[0], tuple(where)), []).append((key, where))
    members = _members(plan, dataset)
    values: dict[Key, float] = {}
    forecasts: dict[Key, Interval] = {}
    for (metric, by), keys in cuts.items():
        known = [(key, where) for key, where in keys if _is_known(where, members)]
        # Nothing sold by a member that is known is 0; where members cannot be known, it is unknown.
        nothing = 0.0 if plan.metrics[metric].additive and set(by) <= set(members) else math.nan
        for period in dict.fromkeys(key[2] for key, _ in known):
            window = calendar.window(Period.parse(period))
            if not _is_covered(window, dataset):
                continue
            rows = measure(dataset, metric, window, by)
            for key, where in known:
                if key[2] != period:
                    continue
                rest = _pick(rows, where)["value"]
                found = float(rest.iloc[0]) if len(rest) else nothing
                if not math.isnan(found):
                    values[key] = found
        if metric == "net_sales":
            scopes = {key[1]: where for key, where in known}
            forecasts |= _forecasts(dataset, calendar, plan.header.year, by, scopes)
    return Facts(values, forecasts, members)


def _is_covered(window: Window, dataset: Dataset) -> bool:
    """Whether the data begin with a window, or so soon after that only days off are missing."""
    late = (dataset.history_start - window.start).days
    return late <= LATEST * ((window.end - window.start).days + 1)


def _where(metric: str, scope: str) -> dict[str, str] | None:
    """Give the filter of a scope, None where the data cannot cut the metric so."""
    if metric not in METRICS or METRICS[metric].compute is None:
        return None
    try:
        where = parse_scope(scope)
    except ContractError:
        return None  # A dimension of the plan's own, which the data do not have.
    return where if set(where) <= set(METRICS[metric].dims) else None


def _is_known(where: dict[str, str], members: dict[str, tuple[str, ...]]) -> bool:
    return all(value in members.get(name, (value,)) for name, value in where.items())


def _pick(rows: pd.DataFrame, where: dict[str, str]) -> pd.DataFrame:
    for name, value in where.items():
        rows = rows[rows[name].astype(str) == value]
    return rows


def _forecasts(
    dataset: Dataset,
    calendar: Calendar,
    year: Period,
    by: tuple[str, ...],
    scopes: dict[str, dict[str, str]],
) -> dict[Key, Interval]:
    """Forecast a year's sales of some scopes from the months before it."""
    ahead = calendar.months_of(year)
    months = [ahead[0].shift(-step) for step in range(12 * _HISTORY_YEARS, 0, -1)]
    months = [month for month in months if _is_covered(calendar.window(month), dataset)]
    if len(months) < 12 or not scopes:
        return {}
    rows = trend(dataset, "net_sales", months, by)
    workdays = [max(calendar.workdays(calendar.window(month)), 1) for month in (*months, *ahead)]
    found: dict[Key, Interval] = {}
    for scope, where in scopes.items():
        sales = _pick(rows, where).set_index("period")["value"]
        history = sales.reindex([str(month) for month in months]).fillna(0.0).to_numpy(float)
        if not history.any():
            continue
        made = forecast(history, horizon=len(ahead), workdays=workdays)
        middle = made.table["forecast"]
        # A month too far ahead to have been missed often is as uncertain as the one before it.
        reach = ((made.table["high"] - middle) / middle).ffill()
        if made.reason or reach.isna().any():
            continue
        room = float((reach * middle).sum())
        total = float(middle.sum())
        found["net_sales", scope, str(year)] = Interval(total - room, total, total + room)
    return found


def _members(plan: Plan, dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Give the members the data know of each dimension of the plan that they have."""
    found: dict[str, tuple[str, ...]] = {}
    sales = dataset.frame("sales")
    for name in plan.dimensions:
        if name == "region":
            found[name] = dataset.store.regions
        elif name in sales.columns and isinstance(sales[name].dtype, pd.CategoricalDtype):
            known = [str(value) for value in sales[name].cat.categories]
            found[name] = tuple(value for value in known if value != UNMAPPED)
    return found
