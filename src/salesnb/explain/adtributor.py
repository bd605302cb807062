"""Adtributor: which dimension explains a change, by explanatory power and surprise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame, concat

from salesnb.errors import ParameterError, Problem
from salesnb.explain.inputs import numbers, require_columns


def explanatory_power(
    current: ArrayLike, prior: ArrayLike, whole: tuple[float, float] | None = None
) -> np.ndarray:
    """Give each element's part of the whole change: (A − F) / Σ(A − F).

    Parameters
    ----------
    current, prior
        Actual and forecast (or prior) value of each element of one dimension.
    whole
        Prior and current of the whole; by default the sums of the elements.

    Returns
    -------
    One number for each element; they sum to 1 over a dimension, and one may lie outside 0 to 1.
    NaN where the whole did not change.

    Notes
    -----
    Bhagwan et al., "Adtributor: revenue debugging in advertising systems", NSDI 2014, section 3.2.

    Examples
    --------
    >>> explanatory_power([47, 3], [94, 6]).tolist()
    [0.94, 0.06]
    """
    now, before = numbers(current, "current"), numbers(prior, "prior")
    was, is_now = whole or (float(before.sum()), float(now.sum()))
    change = is_now - was
    return (now - before) / change if change else np.full(now.shape, np.nan)


def surprise(
    current: ArrayLike, prior: ArrayLike, whole: tuple[float, float] | None = None
) -> np.ndarray:
    """Give how much each element's share of the whole moved: its Jensen–Shannon term.

    Parameters
    ----------
    current, prior, whole
        As in `explanatory_power`.

    Returns
    -------
    One number for each element, 0 where its share did not move; natural logarithm. NaN where a
    share is negative or a whole is zero.

    Notes
    -----
    ½ (p ln(2p / (p + q)) + q ln(2q / (p + q))) with p the share before and q the share now, a term
    with share 0 being 0. Bhagwan et al. 2014, section 3.3.

    Examples
    --------
    >>> surprise([47, 3], [94, 6]).tolist()
    [0.0, 0.0]
    """
    now, before = numbers(current, "current"), numbers(prior, "prior")
    was, is_now = whole or (float(before.sum()), float(now.sum()))
    if was == 0 or is_now == 0:
        return np.full(now.shape, np.nan)
    shares = np.stack([before / was, now / is_now])
    middle = shares.sum(axis=0)
    ratio = np.divide(
        2 * shares, middle, out=np.ones_like(shares), where=(shares > 0) & (middle > 0)
    )
    terms = (shares * np.log(ratio)).sum(axis=0) / 2
    return np.where((shares < 0).any(axis=0), np.nan, terms + 0.0)


def adtributor(
    current: DataFrame,
    prior: DataFrame,
    dimensions: Sequence[str],
    value: str = "amount",
    explained: float = 0.67,
    least: float = 0.1,
) -> DataFrame:
    """Rank dimensions by how surprising the elements are that explain most of a change.

    Parameters
    ----------
    current, prior
        Rows with the dimension columns and the metric: actual and forecast (or prior).
    dimensions
        Columns to compare.
    value
        Column of an additive metric.
    explained
        Explanatory power that the elements of a dimension must reach together.
    least
        Explanatory power that an element must exceed to be chosen.

    Returns
    -------
    One row for each dimension and element, most surprising dimension first: `dimension`,
    `element`, `prior`, `current`, `change`, `explanatory_power`, `surprise`, `chosen` (whether it
    is among the elements that explain the change) and `dimension_surprise` (the surprise of the
    chosen elements; empty for a dimension whose elements do not reach `explained`).

    Raises
    ------
    MetricError
        If a column is missing or a value is empty.

    Notes
    -----
    Algorithm 1 of Bhagwan et al. 2014: within a dimension, elements by falling surprise, those
    above `least` chosen until they explain `explained`.

    Examples
    --------
    >>> before = DataFrame({"site": ["x", "x", "y"], "device": ["pc", "tv", "pc"],
    ...                     "amount": [50, 40, 10]})
    >>> now = before.assign(amount=[50, 0, 10])
    >>> table = adtributor(now, before, ["site", "device"])
    >>> table.loc[table["chosen"], ["dimension", "element"]].to_numpy().tolist()
    [['device', 'tv'], ['site', 'x']]
    """
    if not dimensions or isinstance(dimensions, str):
        raise ParameterError(Problem("`dimensions` must list columns", got=str(dimensions)))
    tables = []
    for dimension in dimensions:
        sums = []
        for side, name in ((current, "current"), (prior, "prior")):
            require_columns(side, [dimension, value], name)
            rows = side[[dimension]].assign(**{name: numbers(side[value], f"`{value}` of {name}")})
            sums.append(rows.groupby(dimension, observed=True, dropna=False)[name].sum())
        both = concat(sums, axis=1).fillna(0.0)
        power = explanatory_power(both["current"], both["prior"])
        moved = surprise(both["current"], both["prior"])
        chosen = _chosen(power, moved, explained, least)
        tables.append(
            DataFrame(
                {
                    "dimension": dimension,
                    "element": both.index.astype(object),
                    "prior": both["prior"].to_numpy(),
                    "current": both["current"].to_numpy(),
                    "change": (both["current"] - both["prior"]).to_numpy(),
                    "explanatory_power": power,
                    "surprise": moved,
                    "chosen": chosen,
                    "dimension_surprise": moved[chosen].sum() if chosen.any() else np.nan,
                }
            ).sort_values("surprise", ascending=False, kind="stable")
        )
    tables.sort(key=lambda table: -np.nan_to_num(table["dimension_surprise"].iloc[0], nan=-1.0))
    return concat(tables, ignore_index=True)


def _chosen(power: np.ndarray, moved: np.ndarray, explained: float, least: float) -> np.ndarray:
    """Pick elements by falling surprise until they explain enough; none when they never do."""
    chosen, total = np.zeros(len(power), dtype=bool), 0.0
    for place in np.argsort(-moved, kind="stable"):
        if power[place] > least:
            chosen[place] = True
            total += power[place]
        if total > explained:
            return chosen
    return np.zeros(len(power), dtype=bool)
