"""What came after something was done, held against what came elsewhere at the same time."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from salesnb.explain.inputs import numbers
from salesnb.explain.intervals import newcombe_interval

LEAST = 3
"""Values each side needs for a difference."""


class Effect(NamedTuple):
    """A difference with its interval; NaN where there is too little."""

    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


class Counts(NamedTuple):
    """Successes and trials."""

    hits: float
    n: float


NOTHING = Effect(math.nan, math.nan, math.nan)


def mean_difference(after: ArrayLike, before: ArrayLike, confidence: float = 0.95) -> Effect:
    """Give the difference of two means with Welch's interval.

    Parameters
    ----------
    after, before
        One value a month, such as the log of a region's sales over the others'.

    Notes
    -----
    Welch, Biometrika 34 (1947). The quantile of Student's t by its expansion around the normal
    (Fisher 1926), exact to the second digit from three degrees of freedom on.

    Examples
    --------
    >>> effect = mean_difference([1.2, 1.1, 1.3], [1.0, 0.9, 1.1])
    >>> round(effect.difference, 2), effect.is_clear
    (0.2, False)
    """
    now, then = numbers(after, "`after`").ravel(), numbers(before, "`before`").ravel()
    if len(now) < LEAST or len(then) < LEAST:
        return NOTHING
    parts = [float(np.var(each, ddof=1)) / len(each) for each in (now, then)]
    gap, spread = float(now.mean() - then.mean()), sum(parts)
    if spread == 0:
        return Effect(gap, gap, gap)
    freedom = spread**2 / sum(
        part**2 / (len(each) - 1) for part, each in zip(parts, (now, then), strict=True)
    )
    reach = _student(confidence, freedom) * math.sqrt(spread)
    return Effect(gap, gap - reach, gap + reach)


def rate_difference_of_differences(
    after: Counts, before: Counts, peers_after: Counts | None, peers_before: Counts | None
) -> Effect:
    """Give the change of a rate, less the change of the same rate elsewhere where that is known.

    Notes
    -----
    Newcombe's interval for each change; both together by the method of Zou and Donner, Statistics
    in Medicine 27 (2008).

    Examples
    --------
    >>> own = rate_difference_of_differences(Counts(40, 100), Counts(30, 100), None, None)
    >>> round(own.difference, 2)
    0.1
    """
    if not after.n or not before.n:
        return NOTHING
    own = after.hits / after.n - before.hits / before.n
    low, high = newcombe_interval(after.hits, after.n, before.hits, before.n)
    if not peers_after or not peers_before or not peers_after.n or not peers_before.n:
        return Effect(own, low, high)
    theirs = peers_after.hits / peers_after.n - peers_before.hits / peers_before.n
    least, most = newcombe_interval(
        peers_after.hits, peers_after.n, peers_before.hits, peers_before.n
    )
    gap = own - theirs
    return Effect(
        gap,
        gap - math.hypot(own - low, most - theirs),
        gap + math.hypot(high - own, theirs - least),
    )


def _student(confidence: float, freedom: float) -> float:
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
