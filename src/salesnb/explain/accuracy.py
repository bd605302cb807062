"""How far forecasts were off."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Give the weighted absolute percentage error: Σ|actual − forecast| / Σ|actual|.

    Parameters
    ----------
    actual, forecast
        Same length, same order.

    Returns
    -------
    0.1 is 10 %. NaN where the actuals are all zero.

    Examples
    --------
    >>> wape([100, 300], [110, 330])
    0.1
    """
    real, made = _pair(actual, forecast)
    size = np.abs(real).sum()
    return float(np.abs(real - made).sum() / size) if size else float("nan")


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Give the symmetric mean absolute percentage error as the M4 competition defines it.

    Parameters
    ----------
    actual, forecast
        Same length, same order.

    Returns
    -------
    Mean of 200 · |a − f| / (|a| + |f|): percent, 0 to 200; a pair of zeros counts 0. Some
    libraries give half of it.

    Notes
    -----
    Makridakis, Spiliotis & Assimakopoulos, "The M4 competition", IJF 36 (2020), section 2.1.

    Examples
    --------
    >>> smape([100], [300])
    100.0
    """
    real, made = _pair(actual, forecast)
    size = np.abs(real) + np.abs(made)
    each = np.divide(200 * np.abs(real - made), size, out=np.zeros_like(size), where=size > 0)
    return float(each.mean()) if len(each) else float("nan")


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season: int = 12) -> float:
    """Give the mean absolute error in units of the seasonal naive error within the history.

    Parameters
    ----------
    actual, forecast
        Same length, same order.
    history
        The values known when the forecast was made.
    season
        Values in one season; 1 for a series without.

    Returns
    -------
    Below 1 is better than "same month last year" was within the history. NaN with no more than
    one season of history, or one that repeats itself exactly.

    Notes
    -----
    Hyndman & Koehler, "Another look at measures of forecast accuracy", IJF 22 (2006).

    Examples
    --------
    >>> mase([12], [10], [1, 2, 3, 4], season=1)
    2.0
    """
    real, made = _pair(actual, forecast)
    known = numbers(history, "history").ravel()
    steps = np.abs(known[season:] - known[:-season]) if len(known) > season else np.empty(0)
    scale = steps.mean() if len(steps) else 0.0
    return float(np.abs(real - made).mean() / scale) if scale and len(real) else float("nan")


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    real, made = numbers(actual, "actual").ravel(), numbers(forecast, "forecast").ravel()
    if len(real) != len(made):
        raise MetricError(
            Problem("actual and forecast differ in length", got=f"{len(real)} and {len(made)}")
        )
    return real, made
