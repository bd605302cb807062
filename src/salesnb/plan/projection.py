"""The arithmetic under every allocation: meet a total within bounds."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Literal

import numpy as np

Method = Literal["proportional", "relative", "equal"]
METHODS: tuple[Method, ...] = ("proportional", "relative", "equal")

# Amounts nearer than this part of the largest amount in play count as equal.
RELATIVE_TOLERANCE = 1e-9


def tolerance(*amounts: float) -> float:
    """Give the difference below which amounts of this size count as equal."""
    finite = [abs(amount) for amount in amounts if math.isfinite(amount)]
    return RELATIVE_TOLERANCE * max([1e-6, *finite])


def project(
    total: float,
    reference: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    method: Method = "proportional",
) -> np.ndarray:
    """Move a reference to a total within bounds, changing it as little as possible.

    Parameters
    ----------
    total
        What the result adds up to.
    reference
        Where each cell starts; 0 or more. Only its proportions matter to `proportional`; the
        other methods need it in the unit of the total.
    lower, upper
        Bounds of each cell; infinite where there is none.
    method
        What "as little as possible" measures, for a cell x that started at r:
        `proportional` (x−r)²/r, every free cell changes by one percentage;
        `relative` ((x−r)/r)², larger cells give and take more than in proportion;
        `equal` (x−r)², every free cell changes by one amount.

    Returns
    -------
    An amount for each cell, Σ = total. A cell that starts at 0 stays there (or at its nearest
    bound) except under `equal`. The result does not say whether the bounds let the total be
    met; the caller has made sure.

    Notes
    -----
    A separable quadratic programme with one sum: x = clip(start + λ·slope, lower, upper), and
    Σx grows with λ in straight pieces that bend where a cell meets a bound. The piece that
    holds the total is found by halving the sorted bends and solved in closed form, so the
    answer is exact. Brucker, "An O(n) algorithm for quadratic knapsack problems", 1984.

    Examples
    --------
    >>> most = np.array([5.5, np.inf, np.inf])
    >>> project(13, np.array([5.0, 3.0, 2.0]), np.zeros(3), most).tolist()
    [5.5, 4.5, 3.0]
    """
    start, slope = _line(reference, method)
    moving = slope > 0
    still = np.clip(start, lower, upper)
    if not moving.any():
        return still
    to_meet = total - float(still[~moving].sum())
    amounts = still.copy()
    amounts[moving], _ = meet(to_meet, start[moving], slope[moving], lower[moving], upper[moving])
    return amounts


def _line(reference: np.ndarray, method: Method) -> tuple[np.ndarray, np.ndarray]:
    """Give the start and slope of each cell's line in the multiplier."""
    if method == "proportional":
        return np.zeros_like(reference), reference
    return reference, reference**2 if method == "relative" else np.ones_like(reference)


def meet(
    total: float, start: np.ndarray, slope: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, float]:
    """Solve Σ clip(start + λ·slope, lower, upper) = total for slopes above 0; gives x and λ."""
    # A bound that cannot be told from none at this slope overflows to infinity, rightly.
    with np.errstate(over="ignore"):
        leaves, arrives = (lower - start) / slope, (upper - start) / slope
    bends = np.unique(np.concatenate([leaves, arrives]))
    bends = bends[np.isfinite(bends)]

    def sum_at(place: int) -> float:
        return float(np.clip(start + bends[place] * slope, lower, upper).sum())

    piece = bisect_left(range(len(bends)), total, key=sum_at)
    left = bends[piece - 1] if piece > 0 else -math.inf
    right = bends[piece] if piece < len(bends) else math.inf
    free = (leaves <= left) & (arrives >= right)
    amounts = np.where(leaves >= right, lower, np.where(arrives <= left, upper, 0.0))
    multiplier = left if math.isinf(right) else right
    if free.any():
        left_over = total - float(amounts[~free].sum() + start[free].sum())
        multiplier = left_over / float(slope[free].sum())
        amounts[free] = start[free] + slope[free] * multiplier
    return np.clip(amounts, lower, upper), multiplier
