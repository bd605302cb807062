"""A fixed budget moved to where more of it brings most, within what has been tried."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.plan.allocate import allocate

# Fewer periods, or less spread in spending, say nothing about what more spending brings.
PERIODS_FOR_RESPONSE = 6
SPREAD_FOR_RESPONSE = 0.05


def response(history: pd.DataFrame, by: str = "region") -> pd.DataFrame:
    """Estimate what more spending has brought, for each region or channel.

    Parameters
    ----------
    history
        One row for each of `by` and period, with `spend` (above 0) and `result` (sales, gross
        profit or customers of that spending, after its lag).
    by
        Column that tells apart what the budget goes to.

    Returns
    -------
    One row for each of `by`: `periods`; `low`, `high` and `mean` of the spending seen;
    `slope`, result for a rise of spending by the factor e; `slope_low`, `slope_high` (95 %);
    `marginal`, the result the last unit of spending brings at the mean, = slope / mean;
    `reason`: "" or too_few (periods), no_spread (spending hardly varied): the slope is missing
    then. A slope whose interval holds 0 is a direction, not a finding.

    Raises
    ------
    MetricError
        If a column is missing or spending is not above 0.

    Notes
    -----
    Least squares of result on ln(spend): each further percent brings the same, so each further
    unit brings less. It is an association, and other causes that moved with spending are in it.

    Examples
    --------
    >>> history = pd.DataFrame({"region": "E", "spend": np.exp([0.0, 1, 2, 3, 4, 5]),
    ...                         "result": [10.0, 12, 14, 16, 18, 20]})
    >>> response(history)[["slope", "slope_low", "slope_high"]].round(6).values.tolist()
    [[2.0, 2.0, 2.0]]
    """
    absent = [name for name in (by, "spend", "result") if name not in history.columns]
    if absent:
        raise MetricError([Problem(f"`history` has no `{name}`") for name in absent])
    if not (history["spend"] > 0).all() or history["result"].isna().any():
        raise MetricError(Problem("`spend` is above 0 and `result` known in every row"))
    rows = []
    for name, group in history.groupby(by, sort=False, observed=True):
        spend = group["spend"].to_numpy(dtype=float)
        slope, reach, reason = _slope(np.log(spend), group["result"].to_numpy(dtype=float))
        mean = float(spend.mean())
        rows.append(
            {
                by: name,
                "periods": len(group),
                "low": float(spend.min()),
                "high": float(spend.max()),
                "mean": mean,
                "slope": slope,
                "slope_low": slope - reach,
                "slope_high": slope + reach,
                "marginal": slope / mean,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows)


def reallocate(
    responses: pd.DataFrame, budget: float, current: pd.Series, by: str = "region"
) -> pd.DataFrame:
    """Divide a budget so that its last unit brings the same everywhere, within what was tried.

    Parameters
    ----------
    responses
        As `response` gives them.
    budget
        What is to be divided, the same unit as the spending of one period.
    current
        Spending of one period now, by `by`.
    by
        As in `response`.

    Returns
    -------
    One row for each of `by`: `current`, `proposed` (Σ = budget, within `low` and `high`),
    `change`; `gain`, the result expected from the change, with `gain_low` and `gain_high` from
    the slope's interval (missing without a slope); `status`: free, lower, upper (at the edge of
    what was tried), held (no slope, so spending stays as it is, or at the nearest edge).
    Where no more spending is known to help (slope 0 or below), as little as was tried is
    proposed.

    Raises
    ------
    ParameterError
        If the budget lies outside what was tried, with the figures that say so; or `current`
        lacks an entry.

    Notes
    -----
    With result = a + b·ln(spend) the best division of a budget is in proportion to b, cut at
    the edges, which is the proportional projection of `allocate`.

    Examples
    --------
    >>> tried = pd.DataFrame({"region": ["E", "S"], "low": [10.0, 10], "high": [100.0, 100],
    ...     "slope": [30.0, 10], "slope_low": [20.0, 5], "slope_high": [40.0, 15]})
    >>> reallocate(tried, 80, pd.Series({"E": 40.0, "S": 40.0}))["proposed"].tolist()
    [60.0, 20.0]
    """
    table = responses.set_index(by)
    missing = [str(name) for name in table.index if name not in current.index]
    if missing:
        raise ParameterError([Problem(f"`current` has no `{name}`") for name in missing])
    now = current.reindex(table.index).astype(float)
    slope = table["slope"].astype(float)
    unknown = slope.isna()
    split = allocate(
        budget,
        slope.clip(lower=0).fillna(0.0).rename("basis"),
        holds=now.clip(table["low"], table["high"])[unknown],
        lower=table["low"][~unknown],
        upper=table["high"][~unknown],
    )
    proposed = split["target"]
    growth = np.log(proposed / now.where(now > 0))
    result = pd.DataFrame(
        {
            "current": now,
            "proposed": proposed,
            "change": proposed - now,
            "gain": slope * growth,
            "gain_low": np.minimum(table["slope_low"] * growth, table["slope_high"] * growth),
            "gain_high": np.maximum(table["slope_low"] * growth, table["slope_high"] * growth),
            "status": split["status"],
        }
    )
    return result.rename_axis(by).reset_index()


def _slope(log_spend: np.ndarray, result: np.ndarray) -> tuple[float, float, str]:
    """Give the slope, half its 95 % interval and why there is none."""
    count = len(log_spend)
    if count < PERIODS_FOR_RESPONSE:
        return math.nan, math.nan, "too_few"
    away = log_spend - log_spend.mean()
    if away.std() < SPREAD_FOR_RESPONSE:
        return math.nan, math.nan, "no_spread"
    squares = float(away @ away)
    slope = float(away @ result / squares)
    rest = result - result.mean() - slope * away
    error = math.sqrt(float(rest @ rest) / (count - 2) / squares)
    return slope, _student(0.95, count - 2) * error, ""


def _student(confidence: float, free: int) -> float:
    """Give the two-sided point of Student's t, within 0.5 % from 4 degrees of freedom on.

    The expansion of Fisher and Cornish around the normal point (1960); it spares the import of
    a statistics library for one number.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / free + second / free**2 + third / free**3
