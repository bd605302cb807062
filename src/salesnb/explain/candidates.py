"""Ways to forecast a monthly series, each a function of the history, the horizon and the season.

A candidate gives `horizon` values, NaN where it has none: with too little history, or where its
inputs end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame

from salesnb.explain.inputs import numbers, require_columns
from salesnb.explain.season import seasonal_index

Candidate = Callable[[np.ndarray, int, int], np.ndarray]

RECENT = 3
LEAST_OVERLAP = 3
DAMPING = 0.5
SMOOTHING = np.linspace(0.05, 0.95, 19)


def naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the last value."""
    return np.full(horizon, history[-1])


def recent_mean(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the mean of the last three values."""
    return np.full(horizon, history[-RECENT:].mean())


def long_mean(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the mean of the last season, or of all where there is less."""
    return np.full(horizon, history[-season:].mean())


def seasonal_naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the same month of last year."""
    if len(history) < season:
        return np.full(horizon, np.nan)
    return np.resize(history[-season:], horizon)


def seasonal_growth(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the same month of last year × the growth of the trailing twelve months.

    With less than two years the growth is that of the months that overlap. Growth is damped: a
    second year ahead adds half as much growth again, a third a quarter.
    """
    overlap = min(season, len(history) - season)
    if overlap < min(LEAST_OVERLAP, season):
        return np.full(horizon, np.nan)
    before = history[-season - overlap : -season].sum()
    growth = history[-overlap:].sum() / before - 1 if before > 0 else 0.0
    years = np.arange(horizon // season + 1)
    grown = np.cumprod(1 + growth * DAMPING**years)
    return np.resize(history[-season:], horizon) * np.repeat(grown, season)[:horizon]


def theta(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast by the theta method on the series without season, then put the season back.

    A positive series is taken in logarithms, so that its trend is a growth rate. It needs two
    seasons. Season and trend rest on all years, where the others rest on the last one or two.

    Notes
    -----
    Simple exponential smoothing plus half of the straight trend: Hyndman & Billah, "Unmasking the
    Theta method", IJF 19 (2003).
    """
    size = len(history)
    if size < 2 * season:
        return np.full(horizon, np.nan)
    index, growing, slope, last, weight = _fitted(tuple(history.tolist()), season)
    steps = np.arange(horizon)
    made = last + slope / 2 * (steps + (1 - (1 - weight) ** size) / weight)
    return (np.exp(made) if growing else made) * index[(size + steps) % season]


def combined(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast the mean of `theta` and `seasonal_growth`: all years, and the last one.

    Notes
    -----
    A plain mean of forecasts errs less than most of its parts: Clemen, IJF 5 (1989).
    """
    return (theta(history, horizon, season) + seasonal_growth(history, horizon, season)) / 2


CANDIDATES: Mapping[str, Candidate] = {
    "naive": naive,
    "long_mean": long_mean,
    "seasonal_naive": seasonal_naive,
    "seasonal_growth": seasonal_growth,
    "theta": theta,
    "combined": combined,
}
SHORT_CANDIDATES: Mapping[str, Candidate] = {
    "naive": naive,
    "recent_mean": recent_mean,
    "long_mean": long_mean,
}


def lagged_driver(driver: ArrayLike, lag: int) -> Candidate:
    """Make a candidate that forecasts from a driver some months ahead of sales, such as leads.

    The yield, Σ sales / Σ driver `lag` months before over the last twelve months, holds both
    conversion and deal size.

    Parameters
    ----------
    driver
        The driver from the first month of the history on, as far as it is known.
    lag
        Months from the driver to the sales, 1 or more. Only so many months can be forecast from
        what was known at the time; beyond them the candidate has no value.

    Returns
    -------
    A candidate for `forecast`.

    Examples
    --------
    >>> make = lagged_driver([10, 20, 30, 40], lag=1)
    >>> make(np.array([0.0, 20.0, 40.0, 60.0]), 2, 12).tolist()
    [80.0, nan]
    """
    known = np.asarray(driver, dtype=float)

    def candidate(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
        made = np.full(horizon, np.nan)
        size = len(history)
        start = max(lag, size - season)
        before = known[start - lag : size - lag]
        if lag < 1 or size <= lag or len(before) < size - start or not before.sum():
            return made
        rate = history[start:].sum() / before.sum()
        ahead = known[size - lag : min(size, size - lag + horizon)]
        made[: len(ahead)] = rate * ahead
        return made

    return candidate


def recorded(made: Mapping[int, ArrayLike]) -> Candidate:
    """Make a candidate from forecasts recorded at the time, such as the weighted pipeline.

    Parameters
    ----------
    made
        Months of history known when the forecast was made → its values, month by month. The
        latest forecast stands under the length of the whole history.

    Returns
    -------
    A candidate for `forecast`; it has a value only where one was recorded.

    Examples
    --------
    >>> recorded({24: [100, 90]})(np.zeros(24), 3, 12).tolist()
    [100.0, 90.0, nan]
    """

    def candidate(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
        values = np.full(horizon, np.nan)
        known = np.asarray(made.get(len(history), ()), dtype=float)[:horizon]
        values[: len(known)] = known
        return values

    return candidate


def weighted_pipeline(deals: DataFrame) -> DataFrame:
    """Give the expected value of open deals by the period in which they are due.

    Parameters
    ----------
    deals
        One row for each open deal: `period`, `amount`, `probability` (0 to 1).

    Returns
    -------
    One row for each period: `period`, `deals`, `open` (Σ amount), `expected` (Σ amount ×
    probability) and `spread`, the standard deviation if deals are won independently.

    Examples
    --------
    >>> weighted_pipeline(DataFrame({"period": ["2024-07"] * 2, "amount": [100, 60],
    ...                              "probability": [0.5, 0.5]}))[["open", "expected", "spread"]]
        open  expected     spread
    0  160.0      80.0  58.309519
    """
    require_columns(deals, ["period", "amount", "probability"], "deals")
    amount = numbers(deals["amount"], "`amount`")
    chance = numbers(deals["probability"], "`probability`")
    rows = deals[["period"]].assign(
        deals=1, open=amount, expected=amount * chance, spread=amount**2 * chance * (1 - chance)
    )
    table = rows.groupby("period", observed=True, as_index=False).sum()
    return table.assign(spread=np.sqrt(table["spread"]))


# A report asks for the same months ahead and as part of a mean, near and far.
@lru_cache(maxsize=512)
def _fitted(values: tuple[float, ...], season: int) -> tuple[np.ndarray, bool, float, float, float]:
    """Give season, whether the rest is in logarithms, its slope, last level and weight."""
    history = np.array(values)
    index = seasonal_index(history, season)
    level = history / index[np.arange(len(history)) % season]
    growing = bool((level > 0).all())
    level = np.log(level) if growing else level
    slope = float(np.polyfit(np.arange(len(level)), level, 1)[0])
    return index, growing, slope, *_smoothed(level)


def _smoothed(level: np.ndarray) -> tuple[float, float]:
    """Give last level and weight of the exponential smoothing with the least squared error."""
    states = np.full(len(SMOOTHING), level[0])
    errors = np.zeros(len(SMOOTHING))
    for value in level[1:]:
        misses = value - states
        errors += misses**2
        states = states + SMOOTHING * misses
    best = int(np.argmin(errors))
    return float(states[best]), float(SMOOTHING[best])
