"""What the calendar does to a monthly series: seasonal index and working days."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers


def seasonal_index(values: ArrayLike, season: int = 12) -> np.ndarray:
    """Give how far each month of the year lies from the average month.

    Parameters
    ----------
    values
        A series without gaps, oldest first.
    season
        Values in one season: 12 for months, 4 for quarters.

    Returns
    -------
    `season` factors with mean 1; the first belongs to the first value of the series. 1.2 says
    20 % above an average month. With less than two seasons every factor is 1: one year cannot
    tell a season from an accident. The same where the series is not positive on average.

    Raises
    ------
    MetricError
        If a value is empty or infinite.

    Notes
    -----
    Classical multiplicative decomposition: the mean of value / centred moving average of a whole
    season, for each month, scaled to mean 1 (Hyndman & Athanasopoulos, Forecasting: Principles and
    Practice, 3rd ed., section 3.4).

    Examples
    --------
    >>> seasonal_index([1, 3] * 3, season=2).tolist()
    [0.5, 1.5]
    """
    series = numbers(values, "values").ravel()
    if len(series) < 2 * season or season < 2:
        return np.ones(max(season, 1))
    window = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    level = np.convolve(series, window / season, mode="valid")
    start = len(window) // 2
    if (level <= 0).any():
        return np.ones(season)
    ratios = series[start : start + len(level)] / level
    position = np.arange(start, start + len(level)) % season
    sums = np.bincount(position, ratios, season) / np.bincount(position, minlength=season)
    return sums / sums.mean()


def adjust_series(
    values: ArrayLike,
    index: ArrayLike | None = None,
    workdays: ArrayLike | None = None,
) -> np.ndarray:
    """Take season and working days out of a series, so that what is left can be compared.

    Parameters
    ----------
    values
        The series, oldest first.
    index
        Seasonal factors as `seasonal_index` gives them; by default none.
    workdays
        Working days of each value's period; by default not taken into account. An index made
        together with working days must come from the series already divided by them.

    Returns
    -------
    The series in its own unit, as if every period had an average count of working days and no
    season.

    Raises
    ------
    MetricError
        If a count of working days is zero or less, or counts and values differ in length.

    Examples
    --------
    >>> adjust_series([18, 22], workdays=[18, 22]).tolist()
    [20.0, 20.0]
    """
    series = numbers(values, "values").ravel()
    if workdays is not None:
        days = numbers(workdays, "workdays").ravel()
        if len(days) != len(series) or (days <= 0).any():
            raise MetricError(
                Problem(
                    "`workdays` must hold one positive count for each value",
                    got=f"{len(days)} counts for {len(series)} values",
                )
            )
        series = series / days * days.mean()
    if index is not None:
        factors = numbers(index, "index").ravel()
        series = series / factors[np.arange(len(series)) % len(factors)]
    return series
