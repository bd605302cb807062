"""Where the level of a series changed, if it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from salesnb.explain.inputs import numbers

LEAST = 3
"""Fewest values on either side of a change."""


@dataclass(frozen=True)
class Shift:
    """The likeliest place where a series changed its level.

    Attributes
    ----------
    place
        The first value of the new level, counted from 0.
    before, after
        Means of the values before it and from it on.
    p_value
        Chance of a split so sharp if the order of the values meant nothing.
    """

    place: int
    before: float
    after: float
    p_value: float


def level_shift(values: ArrayLike, draws: int = 999, seed: int = 0) -> Shift | None:
    """Find where the mean of a series changed most sharply, and whether chance would do it.

    Parameters
    ----------
    values
        A series without gaps, oldest first, with season and trend taken out.
    draws
        Reorderings of the series it is held against.
    seed
        Of the reorderings.

    Returns
    -------
    The Shift; None for fewer than `2 × LEAST` values or a series that never moves.

    Raises
    ------
    MetricError
        If a value is empty or infinite.

    Notes
    -----
    The split with the largest standardised cumulative sum of deviations from the mean, |Σ| ÷
    √(k (n − k) ÷ n), its chance by permutation of the largest over all splits (Antoch & Hušková,
    "Permutation tests in change point analysis", Stat. Probab. Lett. 53 (2001)).

    Examples
    --------
    >>> found = level_shift([5, 6, 5, 6, 5, 6, 9, 10, 9, 10, 9, 10])
    >>> found.place, found.before, found.after, found.p_value < 0.01
    (6, 5.5, 9.5, True)
    """
    series = numbers(values, "values").ravel()
    size = len(series)
    if size < 2 * LEAST or np.ptp(series) == 0:
        return None
    random = np.random.default_rng(seed)
    orders = np.argsort(random.random((draws, size)), axis=1)
    rows = np.vstack([series, series[orders]])
    cuts = np.arange(LEAST, size - LEAST + 1)
    sums = np.cumsum(rows - series.mean(), axis=1)[:, cuts - 1]
    sharp = np.abs(sums) / np.sqrt(cuts * (size - cuts) / size)
    most = sharp.max(axis=1)
    place = int(cuts[np.argmax(sharp[0])])
    chance = (1 + int((most[1:] >= most[0] - 1e-12).sum())) / (draws + 1)
    return Shift(place, float(series[:place].mean()), float(series[place:].mean()), chance)
