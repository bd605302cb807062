"""Exponential smoothing as a candidate, for who has statsmodels; nothing else here needs it.

Use it as `forecast(history, extra={"ets": ets})`.
"""

from __future__ import annotations

import warnings

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing


def ets(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Forecast by damped-trend exponential smoothing with a season.

    The season multiplies where all values are positive, and adds otherwise. It needs two seasons.
    """
    if len(history) < 2 * season:
        return np.full(horizon, np.nan)
    seasonal = "mul" if (history > 0).all() else "add"
    with warnings.catch_warnings():
        # A fit that did not quite converge is judged by its misses, like every candidate.
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(
            history, trend="add", damped_trend=True, seasonal=seasonal, seasonal_periods=season
        )
        made = np.asarray(model.fit().forecast(horizon), dtype=float)
    return made if np.isfinite(made).all() else np.full(horizon, np.nan)
