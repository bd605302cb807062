"""Random numbers that can be repeated, and the exact sums that tame them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Ints = NDArray[Any]
Flags = NDArray[Any]
"""Arrays of numbers, of whole numbers and of yes or no; the names are for the reader."""


def stream(seed: int, *names: str) -> np.random.Generator:
    """Give the random numbers of one part of the company.

    Each part draws from a stream of its own, so that a change in one part changes no other.
    """
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def apportion(weights: Any, total: int, low: Any = 0, high: Any = 10**9) -> Ints:
    """Split a whole number in proportion to weights, by largest remainder, between bounds.

    Parameters
    ----------
    weights
        From 0; all 0 counts as all equal.
    total
        What the parts add up to.
    low, high
        Bounds of each part.

    Raises
    ------
    ValueError
        If the bounds leave no room for the total.

    Examples
    --------
    >>> apportion([0.35, 0.25, 0.2, 0.2], 12).tolist()
    [4, 3, 3, 2]
    >>> apportion([1, 1, 8], 10, low=2).tolist()
    [2, 2, 6]
    """
    share = np.asarray(weights, dtype=float)
    if not share.sum() > 0:
        share = np.ones_like(share)
    if isinstance(low, int) and isinstance(high, int) and low == 0 and total <= high:
        # Without bounds there is nothing to search for.
        return _rounded(share * (total / share.sum()), total, np.full(share.shape, total))
    least = np.broadcast_to(np.asarray(low, dtype=np.int64), share.shape)
    most = np.broadcast_to(np.asarray(high, dtype=np.int64), share.shape)
    if not least.sum() <= total <= most.sum():
        raise ValueError(f"{total} does not lie between {least.sum()} and {most.sum()}")
    exact = np.clip(fitted(share, total, least.astype(float), most.astype(float)), least, most)
    return _rounded(exact, total, most)


def _rounded(exact: Floats, total: int, most: Ints) -> Ints:
    """Round down, and give what is left to the largest remainders."""
    parts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    while (rest := int(total - parts.sum())) > 0:
        open_still = order[parts[order] < most[order]]
        parts[open_still[:rest]] += 1
    return parts


def fitted(shape: Floats, total: float, low: Floats, high: Floats) -> Floats:
    """Scale values to a total while each stays between its bounds.

    Examples
    --------
    >>> fitted(np.array([1.0, 1.0, 8.0]), 10.0, np.full(3, 2.0), np.full(3, 99.0)).round(6).tolist()
    [2.0, 2.0, 6.0]
    """
    floor, ceiling = 0.0, 1.0
    while np.clip(shape * ceiling, low, high).sum() < total and ceiling < 1e18:
        ceiling *= 4
    for _ in range(100):
        middle = (floor + ceiling) / 2
        if np.clip(shape * middle, low, high).sum() < total:
            floor = middle
        else:
            ceiling = middle
    return np.clip(shape * ceiling, low, high)


def spread(scores: Floats, total: float, low: float, high: float) -> Floats:
    """Turn scores into amounts strictly between two bounds that add up to a total.

    Amounts keep the order of the scores and follow an S-curve between the bounds; without an
    upper bound (`inf`) their excess over `low` is exponential in the scores.

    Raises
    ------
    ValueError
        If no amounts between the bounds have that total.
    """
    if not len(scores):
        return scores.astype(float)
    if not low * len(scores) < total < high * len(scores):
        raise ValueError(
            f"{len(scores)} amounts between {low:,.0f} and {high:,.0f} cannot make {total:,.0f}"
        )

    def amounts(shift: float) -> Floats:
        raised = np.clip(scores + shift, -500, 500)
        if np.isinf(high):
            return low + np.exp(raised)
        return low + (high - low) / (1 + np.exp(-raised))

    floor, ceiling = -60.0, 60.0
    for _ in range(80):
        middle = (floor + ceiling) / 2
        if amounts(middle).sum() < total:
            floor = middle
        else:
            ceiling = middle
    return amounts(ceiling)


def balanced(table: Floats, rows: Sequence[float], columns: Sequence[float]) -> Floats:
    """Scale a table to row and column totals (Deming & Stephan 1940), zeros staying zero.

    Examples
    --------
    >>> balanced(np.ones((2, 2)), [30, 70], [60, 40]).round(6).tolist()
    [[18.0, 12.0], [42.0, 28.0]]
    """
    cells = table.astype(float)
    for _ in range(500):
        cells = cells * (np.asarray(columns) / np.maximum(cells.sum(axis=0), 1e-300))
        factor = np.asarray(rows) / np.maximum(cells.sum(axis=1), 1e-300)
        cells = cells * factor[:, None]
        if np.abs(factor - 1).max() < 1e-10:
            break
    return cells


def raked(values: Floats, margins: Sequence[tuple[Ints, Floats]], rounds: int = 25) -> Floats:
    """Scale single values so that they add up to several sets of totals at once.

    Parameters
    ----------
    values
        Above zero.
    margins
        For each set the group of every value and the total of every group. Totals of all sets
        must agree; the last set comes out exactly, the others nearly.
    rounds
        How often all sets are gone through.
    """
    scaled = values.astype(float)
    for _ in range(rounds):
        for groups, totals in margins:
            sums = np.bincount(groups, weights=scaled, minlength=len(totals))
            scaled = scaled * (totals / np.where(sums > 0, sums, 1))[groups]
    return scaled


def if_any(there: Any, values: Any) -> np.ndarray:
    """Give values where they are there, and None where they are not.

    Examples
    --------
    >>> if_any([True, False], ["a", "b"]).tolist()
    ['a', None]
    """
    found = np.asarray(values).astype(object)
    found[~np.asarray(there)] = None
    return found


def picked(rng: np.random.Generator, count: int, of: int) -> Flags:
    """Mark `count` of `of` things, each as likely as the others."""
    marked = np.zeros(of, dtype=bool)
    marked[rng.permutation(of)[:count]] = True
    return marked


def every_so_often(of: int, count: int) -> Flags:
    """Mark `count` of `of` things in a row, as evenly as can be.

    Examples
    --------
    >>> every_so_often(6, 2).tolist()
    [False, False, True, False, False, True]
    """
    due = np.arange(of + 1) * count // max(of, 1)
    return due[1:] > due[:-1]


def ranks(groups: Ints, keys: Floats) -> Ints:
    """Number the members of each group from 0 in the order of their keys."""
    order = np.lexsort((keys, groups))
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    places = np.empty(len(groups), dtype=np.int64)
    places[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return places
