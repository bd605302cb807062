"""Does one of a group really differ from the others, or is it noise: values held against peers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame

from salesnb.errors import MetricError, Problem
from salesnb.explain.intervals import benjamini_hochberg


@dataclass(frozen=True)
class Peers:
    """What a group has in common, and where each of it stands.

    Attributes
    ----------
    table
        One row for each value given, in its order: `value`, `error`; `gap` (value − centre);
        `drawn` (the gap as far as it is more than noise); `place` (share of the group that is
        below, 0 to 1, a half for equals); `trust` (share of the differences that is no noise, 0
        to 1); `p_value` (chance of such a gap in one like the others, corrected for how many were
        looked at); `differs` (it is small enough). All NaN, and False, where the value is missing.
    centre
        The group's middle value, the surer ones weighing more; NaN without any. A single value far
        off does not move it.
    spread
        Standard deviation of the true values among the group, 0 where noise explains it all.
    count
        How many values are known.
    """

    table: DataFrame
    centre: float
    spread: float
    count: int


def against_peers(values: ArrayLike, errors: ArrayLike, level: float = 0.05) -> Peers:
    """Hold each value of a group against the group, with the noise of each taken into account.

    Parameters
    ----------
    values
        One for each of the group, such as win rates; NaN where there is none.
    errors
        The standard error of each, 0 or more; of the same length.
    level
        Chance of calling somebody different who is not, over the whole group.

    Returns
    -------
    A Peers.

    Raises
    ------
    MetricError
        If the sides differ in length, or an error is negative or missing beside a known value.

    Notes
    -----
    Empirical Bayes with the between-group variance by moments: DerSimonian & Laird, "Meta-analysis
    in clinical trials", Controlled Clinical Trials 7 (1986), 177–188. A gap is drawn towards zero
    by spread² / (spread² + error²); the test takes noise alone, corrected after Benjamini and
    Hochberg.

    Examples
    --------
    >>> group = against_peers([9, 10, 11, 10, 20], [2, 2, 2, 2, 2])
    >>> group.centre, group.table["differs"].tolist()
    (10.0, [False, False, False, False, True])
    """
    value, error = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    known = ~np.isnan(value)
    if value.shape != error.shape or not (error[known] >= 0).all():
        raise MetricError(
            Problem("values need one standard error each, 0 or more", got=f"{len(error)} errors")
        )
    count = int(known.sum())
    # A value without noise would take all the weight; it is as sure as the surest other.
    sure = error[known & (error > 0)]
    noise = np.where(error > 0, error, sure.min() if len(sure) else 1.0)
    centre, spread = _moments(value[known], noise[known])
    gap = value - centre
    trust = spread**2 / (spread**2 + noise**2)
    chance = np.full(len(value), np.nan)
    if count > 1:
        tails = [2 * NormalDist().cdf(-abs(z)) for z in gap[known] / noise[known]]
        chance[known] = benjamini_hochberg(tails)
    table = DataFrame(
        {
            "value": value,
            "error": np.where(known, error, np.nan),
            "gap": gap,
            "drawn": gap * trust,
            "place": _places(value),
            "trust": np.where(known, trust, np.nan),
            "p_value": chance,
            "differs": np.nan_to_num(chance, nan=1.0) < level,
        }
    )
    return Peers(table, centre, spread, count)


def _moments(value: np.ndarray, noise: np.ndarray) -> tuple[float, float]:
    """Give the middle of a group and the standard deviation of its true values."""
    if not len(value):
        return math.nan, 0.0
    weight = 1 / noise**2
    mean = float((weight * value).sum() / weight.sum())
    beyond = float((weight * (value - mean) ** 2).sum()) - (len(value) - 1)
    room = float(weight.sum() - (weight**2).sum() / weight.sum())
    variance = max(beyond / room, 0.0) if room > 0 else 0.0
    return _middle(value, 1 / (noise**2 + variance)), math.sqrt(variance)


def _middle(value: np.ndarray, weight: np.ndarray) -> float:
    """Give the value with half of the weight on either side, between two where it falls there."""
    order = np.argsort(value, kind="stable")
    ends = np.cumsum(weight[order]) / weight.sum()
    low = int(np.searchsorted(ends, 0.5 - 1e-12))
    high = int(np.searchsorted(ends, 0.5 + 1e-12))
    return float((value[order[low]] + value[order[high]]) / 2)


def _places(value: np.ndarray) -> np.ndarray:
    """Give the share of the others below each value, equals counting half."""
    known = value[~np.isnan(value)]
    if len(known) < 2:
        return np.full(len(value), np.nan)
    below = (known[None, :] < value[:, None]).sum(axis=1)
    equal = (known[None, :] == value[:, None]).sum(axis=1) - 1
    place = (below + equal / 2) / (len(known) - 1)
    return np.where(np.isnan(value), np.nan, place)
