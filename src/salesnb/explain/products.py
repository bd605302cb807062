"""Exact attribution of the change of a product of factors: Shapley and LMDI-I."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame, Index, Series

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers


@dataclass(frozen=True)
class Attribution:
    """The change of a sum of products, shared out among the factors.

    Attributes
    ----------
    items
        One row for each item, one column for each factor: what the factor adds to the change
        of that item, in the unit of the product. A row sums to the change of its item.
    effects
        The columns of `items` summed: one value for each factor; they sum to the whole change.
    ratios
        The multiplicative statement, one ratio for each factor; their product is
        current / prior of the whole. NaN where the method gives none (Shapley), or where a
        whole is zero.
    prior, current
        The whole before and after.

    Examples
    --------
    >>> shapley([1700, 225], [1500, 220]).change
    52500.0
    """

    items: DataFrame
    effects: Series
    ratios: Series
    prior: float
    current: float

    @property
    def change(self) -> float:
        """Current minus prior of the whole."""
        return self.current - self.prior


def shapley(
    current: ArrayLike | DataFrame,
    prior: ArrayLike | DataFrame,
    factors: Sequence[str] | None = None,
) -> Attribution:
    """Share out the change of Σ over items of a product of factors by the Shapley value.

    Each factor gets the average of what its change adds over every order in which the factors
    could have changed. The result is exact, the same whatever the order of factors or items,
    negated when the periods are swapped, and a factor that did not change gets 0. Any sign and
    any zero is allowed.

    Parameters
    ----------
    current, prior
        One row for each item, one column for each factor, items and factors in the same order
        on both sides. A flat sequence is one item. Frames must have the same index and columns.
    factors
        Names of the factors; by default the columns of the frame, or 0, 1, 2 …

    Returns
    -------
    An Attribution. Positive means the factor raised the product. `ratios` is NaN.

    Raises
    ------
    MetricError
        If the sides differ in shape or labels, or a value is empty or infinite.

    Notes
    -----
    For a product the Shapley value equals the Aumann-Shapley integral of the partial derivative
    along the straight line from prior to current (Owen 1972; Sun & Sundararajan, "Axiomatic
    attribution for multilinear functions", 2011). The integrand is a polynomial, so the Gauss
    rule with half as many points as factors is exact: the cost is n² and not n!.

    Examples
    --------
    Units × price, 1,500 × 220 → 1,700 × 225:

    >>> shapley([1700, 225], [1500, 220], ["units", "price"]).effects.to_dict()
    {'units': 44500.0, 'price': 8000.0}
    """
    after, before, index, columns = _sides(current, prior, factors)
    return _attribution(after, before, shapley_effects(after, before), index, columns)


def lmdi(
    current: ArrayLike | DataFrame,
    prior: ArrayLike | DataFrame,
    factors: Sequence[str] | None = None,
) -> Attribution:
    """Share out the change of Σ over items of a product of positive factors by LMDI-I.

    The logarithmic mean Divisia index gives an additive statement (`effects` sum to the change)
    and a multiplicative one (`ratios` multiply to current / prior) that agree with each other.

    Parameters
    ----------
    current, prior
        As in `shapley`; zero or more each.
    factors
        As in `shapley`.

    Returns
    -------
    An Attribution. `ratios` is NaN when the prior or current whole is zero.

    Raises
    ------
    MetricError
        If a value is negative, empty or infinite, or the sides differ in shape or labels.

    Notes
    -----
    effect of factor j = Σᵢ L(vᵢ, vᵢ⁰) ln(xᵢⱼ / xᵢⱼ⁰) with L(a, b) = (a − b) / ln(a / b) and
    L(a, a) = a; ratio of factor j = exp(effect of j / L(V, V⁰)). Ang, "LMDI decomposition
    approach: a guide for implementation", Energy Policy 86 (2015).

    Zeros take their analytical limits (Ang, Zhang & Choi 1998, table 2; Wood & Lenzen 2006): where
    an item's product goes from zero to v, the factors that were zero share v equally and the
    others get 0; likewise from v to zero; an item that is zero on both sides gets 0.

    Examples
    --------
    >>> result = lmdi([[4, 5, 3], [5, 6, 4]], [[1, 10, 2], [4, 5, 3]])
    >>> result.effects.round(4).tolist()
    [69.7901, -9.4551, 39.6651]
    >>> result.ratios.round(4).tolist()
    [1.7611, 0.9262, 1.3794]
    """
    after, before, index, columns = _sides(current, prior, factors)
    negative = int((after < 0).sum() + (before < 0).sum())
    if negative:
        raise MetricError(
            Problem(
                f"{negative} values are negative, which LMDI cannot split",
                where="lmdi",
                fix='Use method="shapley", which allows any sign.',
            )
        )
    effects = lmdi_effects(after, before)
    found = _attribution(after, before, effects, index, columns)
    if found.prior <= 0 or found.current <= 0:
        return found
    mean = float(log_mean(np.array([found.current]), np.array([found.prior]))[0])
    ratios = Series(np.exp(found.effects.to_numpy() / mean), columns, name="ratio")
    return Attribution(found.items, found.effects, ratios, found.prior, found.current)


def shapley_effects(current: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Give items × factors effects of a product; both sides are items × factors."""
    count = current.shape[1]
    points, weights = np.polynomial.legendre.leggauss((count + 1) // 2)
    change = current - prior
    effects = np.zeros_like(change)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        effects += weight * products_of_others(prior + point * change)
    return effects * change


def products_of_others(factors: np.ndarray) -> np.ndarray:
    """Give, for each factor, the product of the other factors of its row, zeros included."""
    ones = np.ones((len(factors), 1))
    ahead = np.cumprod(np.hstack([ones, factors[:, :-1]]), axis=1)
    behind = np.cumprod(np.hstack([ones, factors[:, :0:-1]]), axis=1)[:, ::-1]
    return ahead * behind


def sequential_effects(current: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Give items × factors effects when factors change one after another, left to right."""
    count = current.shape[1]
    steps = [np.hstack([current[:, :done], prior[:, done:]]) for done in range(count + 1)]
    values = np.stack([step.prod(axis=1) for step in steps], axis=1)
    return np.diff(values, axis=1)


def lmdi_effects(current: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Give items × factors LMDI-I effects; all values zero or more."""
    after, before = current.prod(axis=1), prior.prod(axis=1)
    both = (after > 0) & (before > 0)
    effects = np.zeros_like(current)
    effects[both] = log_mean(after[both], before[both])[:, None] * np.log(
        current[both] / prior[both]
    )
    for rows, side, value in (
        ((before == 0) & (after > 0), prior, after),
        ((after == 0) & (before > 0), current, -before),
    ):
        zero = side[rows] == 0
        # A product may also vanish by underflow, with no factor at zero: share among all.
        zero[~zero.any(axis=1)] = True
        effects[rows] = zero * (value[rows] / zero.sum(axis=1))[:, None]
    return effects


def log_mean(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give the logarithmic mean of positive numbers, their value where they are equal.

    Examples
    --------
    >>> log_mean(np.array([2.0, 1.0]), np.array([2.0, np.e])).round(4).tolist()
    [2.0, 1.7183]
    """
    change = (first - second) / second
    near = np.abs(change) < 0.1
    # log1p keeps the digits when the two are nearly equal.
    logs = np.where(near, np.log1p(np.where(near, change, 0.0)), np.log(first / second))
    return np.where(change == 0, first, (first - second) / np.where(change == 0, 1.0, logs))


def _sides(
    current: Any, prior: Any, factors: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray, Index, Index]:
    after = np.atleast_2d(numbers(current, "current"))
    before = np.atleast_2d(numbers(prior, "prior"))
    if after.shape != before.shape or after.ndim != 2:
        raise MetricError(
            Problem(
                "current and prior differ in shape",
                got=f"{after.shape} and {before.shape}",
                fix="Give one row for each item and one column for each factor on both sides.",
            )
        )
    index, columns = Index(range(after.shape[0])), Index(range(after.shape[1]))
    if isinstance(current, DataFrame) and isinstance(prior, DataFrame):
        index, columns = current.index, current.columns
        if not (index.equals(prior.index) and columns.equals(prior.columns)):
            raise MetricError(
                Problem(
                    "current and prior differ in items or factors",
                    fix="Align the two frames first: same index, same columns.",
                )
            )
    if factors is not None:
        if len(factors) != after.shape[1]:
            raise MetricError(
                Problem(
                    f"{after.shape[1]} factors have {len(factors)} names", got=", ".join(factors)
                )
            )
        columns = Index(list(factors))
    return after, before, index, columns


def _attribution(
    current: np.ndarray, prior: np.ndarray, effects: np.ndarray, index: Index, columns: Index
) -> Attribution:
    items = DataFrame(effects, index=index, columns=columns)
    return Attribution(
        items=items,
        effects=items.sum().rename("effect"),
        ratios=Series(np.nan, columns, name="ratio"),
        prior=float(prior.prod(axis=1).sum()),
        current=float(current.prod(axis=1).sum()),
    )
