"""How far along a period should be by now, and where it will end (M09).

The share of a period's sales expected by a working day is learned from earlier periods and
mixed with an even spread over working days; `pace` sets actuals against it, `landing` reads it
backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import grace
from salesnb.metrics.cells import Cells, Values, aligned, divided
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.growth import NET_SALES
from salesnb.metrics.metric import NO_TARGET, View, Where, evaluate, plain
from salesnb.metrics.targets import against_goals, find_goals, without_goal
from salesnb.period import Period, Window

EARLY = 0.05
"""Below this share of the period expected, a landing would be a guess (E03)."""


@dataclass(frozen=True)
class Curve:
    """What share of a period's sales has come by a share of its working days.

    Attributes
    ----------
    days
        Shares of working days, 0 to 1, rising.
    expected
        Share of sales by then, from history mixed with an even spread.
    past
        One row for each earlier period: its own share of sales at `days`.
    """

    days: Values
    expected: Values
    past: Values

    def at(self, share: float) -> float:
        """Give the share of sales expected by a share of the working days."""
        return float(np.interp(share, self.days, self.expected))

    def spread(self, share: float, level: float = 0.8) -> tuple[float, float]:
        """Give by what a landing read at a share of days was off in earlier periods.

        Returns
        -------
        The factors that hold `level` of the earlier periods' true landings; NaN with fewer than
        six of them.
        """
        then = np.array([np.interp(share, self.days, row) for row in self.past])
        then = then[then > 0]
        if len(then) < 6:
            return float("nan"), float("nan")
        # The period ended at its sales by then over their true share, not over the expected one.
        off = self.at(share) / then
        low, high = np.quantile(off, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def curve(dataset: Dataset, period: Period) -> Curve:
    """Learn how a period fills from the same periods of earlier years; a month from any month.

    History is worth its years, the even spread `pace_prior` years (0.5 and 0.5 with one of each).
    """
    return dataset.kept(("curve", period), lambda: _learned(dataset, period))


def _learned(dataset: Dataset, period: Period) -> Curve:
    calendar, settings = dataset.calendar, dataset.settings
    if period.kind == "month":
        steps: Sequence[int] = range(1, 12 * settings.pace_years + 1)
        years_each = 1 / 12
    else:
        per_year = 4 if period.kind == "quarter" else 1
        steps = range(per_year, per_year * settings.pace_years + 1, per_year)
        years_each = 1.0
    days = np.linspace(0, 1, 101)
    past = []
    for step in steps:
        window = calendar.window(period.shift(-step))
        if dataset.history_start > grace(window.start) or window.end > dataset.as_of:
            continue
        filled = _filled(dataset, window, days)
        if filled is not None:
            past.append(filled)
    weight, prior = len(past) * years_each, settings.pace_prior
    if not past or weight + prior == 0:
        return Curve(days, days, np.zeros((0, len(days))))
    rows = np.array(past)
    mean = rows.mean(axis=0)
    return Curve(days, (weight * mean + prior * days) / (weight + prior), rows)


def _filled(dataset: Dataset, window: Window, days: Values) -> Values | None:
    """Give the share of a window's sales that had come by each share of its working days."""
    rows = dataset.rows("sales", "order_date", window)
    worked = dataset.calendar.workday_dates(window)
    amount = rows.values("amount")
    whole = float(amount.sum())
    if not worked or not whole > 0:
        return None
    edges = np.array(worked, dtype="datetime64[D]")
    # Sales of a day off count with the working day before it; those before the first, with it.
    place = np.searchsorted(edges, rows.values("order_date").astype("datetime64[D]"), side="right")
    by_day = np.bincount(np.clip(place, 1, None) - 1, weights=amount, minlength=len(edges))
    reached = np.concatenate([[0.0], np.cumsum(by_day) / whole])
    return np.interp(days, np.arange(len(reached)) / len(edges), reached)


def elapsed_share(dataset: Dataset, period: Period, as_of: date | None = None) -> float:
    """Give the share of a period's working days that have passed."""
    day = as_of or dataset.as_of
    window = dataset.calendar.window(period)
    whole = dataset.calendar.workdays(window)
    if day >= window.end or not whole:
        return 1.0
    return dataset.calendar.workday_number(day, window) / whole if day >= window.start else 0.0


def expected_share(dataset: Dataset, period: Period, as_of: date | None = None) -> float:
    """Give the share of a period's sales that should have come by a day."""
    return curve(dataset, period).at(elapsed_share(dataset, period, as_of))


def weights(dataset: Dataset, period: Period) -> pd.Series:
    """Give the share of a period's sales expected on each of its days.

    Returns
    -------
    A share for each day, by day; days off have 0; the sum is 1.
    """
    window = dataset.calendar.window(period)
    days = [window.start + timedelta(days=step) for step in range(window.days)]
    reached = [expected_share(dataset, period, day) for day in days]
    return pd.Series(np.diff([0.0, *reached]), index=pd.DatetimeIndex(days))


def pace(
    dataset: Dataset,
    period: Period,
    by: Sequence[str] = (),
    where: Where | None = None,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Set net sales so far against what should have come by now, and say where they will end.

    Parameters
    ----------
    dataset, period, by, where
        Whose sales, of when, cut how.
    as_of
        Last day known; by default the dataset's.

    Returns
    -------
    One row for each combination of `by`: `actual` (so far), `target` (of the whole period),
    `expected_share` (of the period by now), `pace` (actual over target times share; 1 is on
    plan), `landing` (actual over share), `low` and `high` (80 % of earlier periods read on such a
    day landed between), `landing_attainment`, `n`, `reason`: `too_early` when less than 5 %
    should have come, `no_target`.
    """
    view = View(dataset, dataset.calendar.window(period), tuple(by), plain(where))
    return paced(view, period, as_of or dataset.as_of).frame()


def paced(view: View, period: Period, day: date) -> Cells:
    """Compute what `pace` gives."""
    dataset = view.dataset
    view = view.during(dataset.calendar.elapsed(period, day))
    share = expected_share(dataset, period, day)
    found = find_goals(view, NET_SALES, period)
    everything = evaluate(NET_SALES, view)
    rows = without_goal(everything).plus(all=everything["value"])
    if found is not None:
        held = against_goals(view, NET_SALES, found)
        rows, has, _ = aligned(held, everything.renamed(value="all").without("reason"))
        base = np.where(has, rows["base"], np.nan)
        rows = rows.plus(base=base, reason=np.where(has, rows["reason"], NO_TARGET))
    early = share < EARLY
    low, high = curve(dataset, period).spread(elapsed_share(dataset, period, day))
    low, high = (1.0, 1.0) if share >= 1 else (low, high)
    known, base = rows["current"], np.nan_to_num(rows["base"])
    landing = rows["all"] / share if not early else np.full(len(rows), np.nan)
    pace_ = np.full(len(rows), np.nan) if early else divided(known, base * share)
    return Cells(rows.by, rows.labels, {}).plus(
        actual=rows["all"],
        target=rows["base"],
        expected_share=share,
        pace=pace_,
        landing=landing,
        low=landing * low,
        high=landing * high,
        landing_attainment=np.where(early, np.nan, divided(known, base * max(share, EARLY))),
        n=rows["n"],
        reason="too_early" if early else rows["reason"],
    )
