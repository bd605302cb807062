"""Whole units that still add up: of one list, and of a table with both its margins."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem
from salesnb.plan.flow import largest_flow
from salesnb.plan.projection import RELATIVE_TOLERANCE


def largest_remainder(
    seats: int, weights: Sequence[float] | np.ndarray, names: Sequence[str] = ()
) -> list[int]:
    """Share whole units in proportion: the whole parts first, then the largest fractions.

    Parameters
    ----------
    seats
        Units to share, 0 or more.
    weights
        One for each receiver, 0 or more, not all 0.
    names
        Receivers' names, to break ties the same way in any order; else the larger weight and
        then the earlier receiver wins.

    Returns
    -------
    Whole numbers in the order of the weights, Σ = seats. Each is its exact share rounded down
    or up. One seat more can cost a receiver one (the Alabama paradox, inherent to the method).

    Raises
    ------
    ParameterError
        If the units are not whole, or the weights are not numbers of 0 or more with a sum.

    Notes
    -----
    Hamilton's method; Balinski and Young, "Fair Representation", 1982.

    Examples
    --------
    >>> largest_remainder(10, [47000, 16000, 15900, 12000, 6000, 3100])
    [5, 2, 1, 1, 1, 0]
    """
    array = np.asarray(weights, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any() or not array.sum():
        raise ParameterError(Problem("`weights` are numbers of 0 or more, not all 0"))
    if not isinstance(seats, int | np.integer) or seats < 0:
        raise ParameterError(Problem("`seats` is a whole number, 0 or more", got=f"{seats}"))
    shares = seats * array / array.sum()
    return [int(count) for count in round_to_sum(shares, seats, array, names)]


def round_to_sum(
    amounts: np.ndarray, total: int, weights: np.ndarray, names: Sequence[str] = ()
) -> np.ndarray:
    """Round amounts down, then give what is missing from `total` to the largest fractions.

    Ties go to the larger weight, then by name, then by place.
    """
    # A share of 2.9999999999 is 3 that met floating point.
    whole = np.floor(amounts + RELATIVE_TOLERANCE * np.maximum(1, np.abs(amounts)))
    fractions = np.round(amounts - whole, 9)
    missing = round(total - float(whole.sum()))
    if missing:
        labels = np.asarray(names if len(names) else np.arange(len(amounts)))
        order = np.lexsort((labels, -weights, -fractions))
        chosen = order[:missing] if missing > 0 else order[missing:]
        whole[chosen] += math.copysign(1, missing)
    return whole


def round_matrix(matrix: pd.DataFrame, unit: float = 1.0) -> pd.DataFrame:
    """Round a table to whole units, keeping every row and column sum.

    Parameters
    ----------
    matrix
        A table whose row and column sums are whole multiples of `unit`.
    unit
        What each cell becomes a multiple of.

    Returns
    -------
    A table like `matrix`; each cell is its amount rounded down or up, and the larger fractions
    are rounded up first as far as the sums let them.

    Raises
    ------
    ParameterError
        If a row or column sum is no multiple of the unit.

    Notes
    -----
    Controlled rounding: the fractions are a flow from rows to columns, and a flow of whole
    numbers with the same margins exists. Cox, "A constructive procedure for unbiased
    controlled rounding", 1987.

    Examples
    --------
    >>> table = pd.DataFrame([[1.5, 0.5], [1.5, 0.5]], index=["E", "S"], columns=["A", "B"])
    >>> round_matrix(table).to_numpy().tolist()
    [[2.0, 0.0], [1.0, 1.0]]
    """
    parts = matrix.to_numpy(dtype=float) / unit
    problems = []
    for axis, labels, word in ((1, matrix.index, "row"), (0, matrix.columns, "column")):
        sums = parts.sum(axis=axis)
        off = np.abs(sums - np.round(sums)) > 1e-6
        problems += [
            Problem(f"{word} `{label}` is no whole multiple of {unit:,.10g}", got=f"{total:,.10g}")
            for label, total in zip(labels[off], sums[off] * unit, strict=True)
        ]
    if problems:
        raise ParameterError(problems)
    whole = np.floor(parts + 1e-7)
    fractions = np.where(parts - whole > 1e-7, parts - whole, 0.0)
    rows_up = np.round(parts.sum(axis=1) - whole.sum(axis=1))
    columns_up = np.round(parts.sum(axis=0) - whole.sum(axis=0))
    # The flow fills cells from the left, so the largest fractions of all go first.
    order = np.argsort(-fractions.max(axis=0, initial=0.0), kind="stable")
    rows_order = np.argsort(-fractions.max(axis=1, initial=0.0), kind="stable")
    room = (fractions > 0).astype(float)[np.ix_(rows_order, order)]
    flow = largest_flow(rows_up[rows_order], columns_up[order], room, slack=0.5)
    up = np.zeros_like(parts)
    up[np.ix_(rows_order, order)] = flow.cells
    return pd.DataFrame((whole + up) * unit, index=matrix.index, columns=matrix.columns)
