"""How much hangs on how few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame, Series

from salesnb.errors import ParameterError, Problem
from salesnb.explain.inputs import numbers


@dataclass(frozen=True)
class Concentration:
    """Concentration of a total over customers, products or reps.

    Attributes
    ----------
    ratios
        One row for each n: `n`, `share` (of the n largest).
    hhi
        Herfindahl–Hirschman index, 0 to 10,000.
    gini
        Gini coefficient, 0 (all equal) to nearly 1.
    count
        How many have an amount above zero.
    dropped
        How many were left out since theirs is zero or negative.
    """

    ratios: DataFrame
    hhi: float
    gini: float
    count: int
    dropped: int


def concentration(amounts: ArrayLike, tops: Sequence[int] = (1, 3, 5, 10, 20)) -> Concentration:
    """Measure how concentrated a total is.

    Parameters
    ----------
    amounts
        One for each customer (or product …). Zero and negative ones are left out and counted.
    tops
        The n of "share of the n largest".

    Returns
    -------
    A Concentration; NaN where nothing is above zero.

    Notes
    -----
    CRₙ = Σ of the n largest shares; HHI = Σ (100 sᵢ)²; Gini = Σᵢ (2i − n − 1) xᵢ / (n Σ x) with x
    rising, without small-sample correction.

    Examples
    --------
    >>> found = concentration([30, 30, 20, 20])
    >>> found.hhi, found.gini, found.ratios["share"].tolist()[:2]
    (2600.0, 0.1, [0.3, 0.8])
    """
    every = numbers(amounts, "amounts").ravel()
    ordered = np.sort(every[every > 0])[::-1]
    count, whole = len(ordered), float(ordered.sum())
    dropped = len(every) - count
    if not count:
        nothing = DataFrame({"n": list(tops), "share": np.nan})
        return Concentration(nothing, float("nan"), float("nan"), 0, dropped)
    shares = ordered / whole
    ratios = DataFrame({"n": list(tops), "share": [float(shares[:top].sum()) for top in tops]})
    weights = count + 1 - 2 * np.arange(1, count + 1)
    gini = float(weights @ ordered / (count * whole))
    return Concentration(ratios, round(float((shares**2).sum() * 1e4), 9), gini, count, dropped)


def abc_classes(amounts: Series, limits: Sequence[float] = (0.8, 0.95)) -> DataFrame:
    """Put items in classes A, B, C by their part of the total, largest first (Pareto).

    Parameters
    ----------
    amounts
        One for each item, index the item. Negative ones come last.
    limits
        Cumulative shares at which a class ends; the item that crosses a limit still belongs to
        the class before it.

    Returns
    -------
    One row for each item, largest first, equal ones in the order of their names: `item`,
    `amount`, `share`, `cumulative`, `class`. Shares are of the total, NaN when it is not positive,
    and then all are in the last class.

    Examples
    --------
    >>> abc_classes(Series({"x": 85, "y": 10, "z": 5}))["class"].tolist()
    ['A', 'B', 'C']
    """
    if list(limits) != sorted(limits) or not all(0 < limit < 1 for limit in limits):
        raise ParameterError(Problem("`limits` must rise between 0 and 1", got=str(list(limits))))
    table = DataFrame({"item": amounts.index.astype(object), "amount": numbers(amounts, "amounts")})
    table = table.sort_values("item", kind="stable", key=lambda names: names.astype(str))
    table = table.sort_values("amount", ascending=False, kind="stable", ignore_index=True)
    whole = float(table["amount"].sum())
    table["share"] = table["amount"] / whole if whole > 0 else np.nan
    table["cumulative"] = table["share"].cumsum()
    before = (table["cumulative"] - table["share"]).fillna(1.0)
    places = np.searchsorted(np.array(limits) - 1e-12, before, side="right")
    table["class"] = [chr(ord("A") + place) for place in places]
    return table
