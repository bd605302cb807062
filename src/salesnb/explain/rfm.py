"""Recency, frequency, money: scores, tiers that cover every customer once, and value tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas import DataFrame, Series

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.explain.inputs import numbers, require_columns

MEASURES = ("recency", "frequency", "monetary")
SCORES = ("r", "f", "m")


@dataclass(frozen=True)
class Rfm:
    """Customers scored and put into tiers.

    Attributes
    ----------
    customers
        One row for each customer: `customer_id`, `recency`, `frequency`, `monetary`, the scores
        `r`, `f`, `m` (1 worst), `cell` (such as "3-1-2") and `tier`.
    thresholds
        One row for each measure and score: `measure`, `score`, `low`, `high` (the values that the
        customers of that score have; empty when there are none) and `customers`.
    tiers
        One row for each tier: `tier`, `customers`, `monetary`, `customer_share`,
        `monetary_share`.
    cuts
        The cut points used, measure → values; empty for `ties="split"`.
    """

    customers: DataFrame
    thresholds: DataFrame
    tiers: DataFrame
    cuts: dict[str, tuple[float, ...]]


def rfm_values(purchases: DataFrame, as_of: object) -> DataFrame:
    """Measure recency, frequency and money of each customer.

    Parameters
    ----------
    purchases
        One row for each order: `customer_id`, `order_date`, `amount`. Leave returns out, or net
        them into their order: a return is no purchase.
    as_of
        The day from which recency is counted; later rows are left out.

    Returns
    -------
    One row for each customer: `customer_id`, `recency` (days since the last purchase),
    `frequency` (days with a purchase), `monetary` (Σ amount).

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-03-01", "2024-02-01"])
    >>> orders = DataFrame({"customer_id": ["a", "a", "b"], "order_date": days,
    ...                     "amount": [10, 5, 7]})
    >>> rfm_values(orders, "2024-03-31").set_index("customer_id").to_numpy().tolist()
    [[30.0, 2.0, 15.0], [59.0, 1.0, 7.0]]
    """
    require_columns(purchases, ["customer_id", "order_date", "amount"], "purchases")
    day = pd.Timestamp(str(as_of)).normalize()
    rows = purchases[["customer_id"]].assign(
        date=pd.to_datetime(purchases["order_date"]).dt.normalize(),
        amount=numbers(purchases["amount"], "`amount`"),
    )
    groups = rows[rows["date"] <= day].groupby("customer_id", observed=True)
    table = groups.agg(
        last=("date", "max"), frequency=("date", "nunique"), monetary=("amount", "sum")
    )
    table.insert(0, "recency", (day - table.pop("last")).dt.days)
    return table.reset_index()


def rfm(
    customers: DataFrame,
    bins: int = 3,
    cuts: Mapping[str, Sequence[float]] | None = None,
    tiers: Mapping[str, str] | None = None,
    ties: Literal["together", "split"] = "together",
    prior: DataFrame | None = None,
    margin: float = 0.0,
) -> Rfm:
    """Score customers by recency, frequency and money, and put each in exactly one tier.

    Parameters
    ----------
    customers
        One row for each customer: `customer_id`, `recency` (smaller is better), `frequency`,
        `monetary`.
    bins
        Scores 1 to `bins`, by quantiles of these customers, unless `cuts` are given.
    cuts
        Fixed rising cut points for each measure: k cuts give scores 1 to k + 1, and a value at a
        cut belongs above it (for recency: below it, as it is not longer ago). The same count for
        each measure.
    tiers
        Cell → tier for every cell, such as {"1-1-1": "lost", …}; by default `tier_map`.
    ties
        "together": customers with equal values get equal scores, so that bins may differ in
        size. "split": bins of equal size; equal values are parted by customer_id.
    prior
        Last time's `customers` of an Rfm, for hysteresis: a score changes only when the value has
        passed the cut by `margin`. Not with `ties="split"`.
    margin
        Relative: 0.1 asks for 10 % beyond the cut.

    Returns
    -------
    An Rfm. Every customer has one tier.

    Raises
    ------
    MetricError
        If a column is missing, a value is empty or a customer repeats.
    ParameterError
        If cuts do not rise or differ in count, or `tiers` misses a cell.

    Notes
    -----
    Hughes, Strategic Database Marketing (1994), chapter 8. Quantile cuts are values that occur,
    so tied values never break them; with many ties a score may stay empty.

    Examples
    --------
    >>> table = DataFrame({"customer_id": list("abc"), "recency": [5, 50, 400],
    ...                    "frequency": [9, 4, 1], "monetary": [900, 300, 50]})
    >>> rfm(table).customers[["customer_id", "cell", "tier"]].to_numpy().tolist()
    [['a', '3-3-3', 'core'], ['b', '2-2-2', 'potential'], ['c', '1-1-1', 'at_risk']]
    """
    require_columns(customers, ["customer_id", *MEASURES], "customers")
    if customers["customer_id"].duplicated().any():
        raise MetricError(Problem("a customer has more than one row", where="customers"))
    # Better is larger from here on.
    values = {
        name: numbers(customers[name], f"`{name}`") * (-1 if name == "recency" else 1)
        for name in MEASURES
    }
    bins, points = _cuts(values, bins, cuts, ties)
    if ties == "split" and cuts is None:
        order = np.argsort(customers["customer_id"].astype(str).to_numpy(), kind="stable")
        scores = {name: _ranked(values[name], bins, order) for name in MEASURES}
    else:
        before = _before(customers, prior)
        scores = {
            name: hold_score(values[name], points[name], before.get(score), margin)
            for name, score in zip(MEASURES, SCORES, strict=True)
        }
    table = customers[["customer_id", *MEASURES]].reset_index(drop=True)
    table = table.assign(
        **{score: scores[name] for name, score in zip(MEASURES, SCORES, strict=True)}
    )
    cells = [f"{r}-{f}-{m}" for r, f, m in zip(*(scores[name] for name in MEASURES), strict=True)]
    known = dict(tiers) if tiers is not None else tier_map(bins)
    missing = [cell for cell in tier_map(bins) if cell not in known]
    if missing:
        shown = ", ".join(missing[:5])
        raise ParameterError(
            Problem(f"`tiers` misses {len(missing)} of {bins**3} cells", got=f"without {shown}")
        )
    table["cell"] = cells
    table["tier"] = [known[cell] for cell in cells]
    shown_cuts = {
        name: tuple(sorted(-cut if name == "recency" else cut for cut in points[name]))
        for name in points
    }
    return Rfm(table, _thresholds(table, bins), tier_sizes(table), shown_cuts)


def tier_map(bins: int = 3) -> dict[str, str]:
    """Give the tier of every cell: core, potential or at_risk.

    Scores are first brought to 1 (the lowest), 2 and 3 (the highest). at_risk: long silent,
    whatever they were. core: not silent, and high in frequency or money with at least the middle
    of the other. potential: the rest.

    Parameters
    ----------
    bins
        Scores run from 1 to this, 2 or more.

    Examples
    --------
    >>> cells = tier_map(3)
    >>> len(cells), cells["3-3-3"], cells["2-2-2"], cells["1-1-1"]
    (27, 'core', 'potential', 'at_risk')
    """
    tiers = {}
    for cell in product(range(1, bins + 1), repeat=3):
        recency, frequency, money = (round(1 + 2 * (score - 1) / (bins - 1)) for score in cell)
        name = "core" if frequency + money >= 5 else "potential"
        tiers["-".join(map(str, cell))] = "at_risk" if recency == 1 else name
    return tiers


def value_tiers(
    amounts: Series,
    cuts: Mapping[str, float],
    prior: Series | None = None,
    margin: float = 0.0,
) -> Series:
    """Name the value tier of each customer, holding on to last time's where he is near a limit.

    Parameters
    ----------
    amounts
        Amount of each customer, index customer_id.
    cuts
        Tier → lowest amount in it. Below the lowest limit a customer is in the lowest tier.
    prior
        Tier of each customer last time, same index; customers without one have no hysteresis.
    margin
        Relative: with 0.1 a customer moves up at 110 % of a limit and down below 90 % of it.

    Returns
    -------
    The tier of each customer; exactly one.

    Examples
    --------
    >>> amounts = Series({"a": 105.0, "b": 95.0, "c": 40.0})
    >>> cuts = {"big": 100, "small": 0}
    >>> value_tiers(amounts, cuts).tolist()
    ['big', 'small', 'small']
    >>> value_tiers(amounts, cuts, Series({"a": "small", "b": "big"}), margin=0.1).tolist()
    ['small', 'big', 'small']
    """
    names = sorted(cuts, key=lambda name: cuts[name])
    if not names:
        raise ParameterError(Problem("`cuts` names no tier"))
    points = np.array([cuts[name] for name in names[1:]], dtype=float)
    before = None
    if prior is not None:
        unknown = sorted(set(prior.dropna().astype(str)) - set(names))
        if unknown:
            raise ParameterError(
                Problem(f"prior tier `{unknown[0]}` is not in `cuts`", got=", ".join(names))
            )
        places = {name: place + 1.0 for place, name in enumerate(names)}
        before = prior.astype(object).map(places).reindex(amounts.index).to_numpy(dtype=float)
    scores = hold_score(numbers(amounts, "amounts"), points, before, margin)
    return Series([names[score - 1] for score in scores], index=amounts.index, name="tier")


def hold_score(
    values: ArrayLike,
    cuts: ArrayLike,
    prior: ArrayLike | None = None,
    margin: float = 0.0,
) -> np.ndarray:
    """Score values 1, 2 … by rising cuts, moving from the prior score only by a margin.

    Parameters
    ----------
    values
        Larger is better; a value at a cut belongs above it.
    cuts
        Rising cut points.
    prior
        Prior scores, NaN where there is none.
    margin
        How far beyond a cut, relative to it, a value must be to change its score.

    Examples
    --------
    >>> hold_score([9, 10, 12], [10]).tolist()
    [1, 2, 2]
    >>> hold_score([9.5, 10.5, 12], [10], prior=[2, 1, 1], margin=0.1).tolist()
    [2, 1, 2]
    """
    each, points = np.asarray(values, dtype=float), np.asarray(cuts, dtype=float)
    scores = 1 + np.searchsorted(points, each, side="right")
    if prior is None or not margin:
        return scores
    reach = np.abs(points) * margin
    up = 1 + np.searchsorted(np.maximum.accumulate(points + reach), each, side="right")
    down = 1 + np.searchsorted(np.maximum.accumulate(points - reach), each, side="right")
    before = np.asarray(prior, dtype=float)
    known = ~np.isnan(before)
    held = np.clip(np.where(known, before, 1), up, down).astype(int)
    return np.where(known, held, scores)


def tier_sizes(customers: DataFrame) -> DataFrame:
    """Give customers and money of each tier.

    Parameters
    ----------
    customers
        One row for each customer: `tier`, `monetary`.

    Returns
    -------
    One row for each tier that has customers, largest money first: `tier`, `customers`,
    `monetary`, `customer_share`, `monetary_share` (NaN when all money sums to zero).
    """
    groups = customers.groupby("tier", observed=True)["monetary"]
    table = groups.agg(customers="size", monetary="sum").reset_index()
    whole = float(table["monetary"].sum())
    table["customer_share"] = table["customers"] / max(int(table["customers"].sum()), 1)
    table["monetary_share"] = table["monetary"] / whole if whole else np.nan
    return table.sort_values(["monetary", "tier"], ascending=[False, True], ignore_index=True)


def _cuts(
    values: Mapping[str, np.ndarray],
    bins: int,
    cuts: Mapping[str, Sequence[float]] | None,
    ties: str,
) -> tuple[int, dict[str, np.ndarray]]:
    """Give the number of scores, and rising cut points of each measure (recency negated)."""
    if cuts is None:
        if bins < 2:
            raise ParameterError(Problem("`bins` must be 2 or more", got=str(bins)))
        if ties == "split":
            return bins, {}
        return bins, {name: _quantile_cuts(each, bins) for name, each in values.items()}
    missing = [name for name in MEASURES if name not in cuts]
    points = {name: np.asarray(cuts[name], dtype=float) for name in MEASURES if name in cuts}
    counts = {len(each) for each in points.values()}
    if missing or len(counts) != 1 or any((np.diff(each) <= 0).any() for each in points.values()):
        raise ParameterError(
            Problem(
                "`cuts` must hold equally many rising values for recency, frequency and monetary",
                got=", ".join(f"{name}: {len(each)}" for name, each in points.items()),
            )
        )
    # A recency at a cut is not beyond it: its negative is at the cut and belongs above.
    points["recency"] = -points["recency"][::-1]
    return counts.pop() + 1, points


def _quantile_cuts(values: np.ndarray, bins: int) -> np.ndarray:
    """Give, for each quantile, the least value above it, so that equal values stay together."""
    ordered = np.sort(values)
    places = np.ceil(np.arange(1, bins) / bins * len(ordered)).astype(int) - 1
    ends = ordered[places] if len(ordered) else np.zeros(0)
    above = np.searchsorted(ordered, ends, side="right")
    return np.r_[ordered, np.inf][above]


def _ranked(values: np.ndarray, bins: int, order: np.ndarray) -> np.ndarray:
    """Score by rank into bins of equal size, equal values parted in the given order."""
    ranks = np.empty(len(values), dtype=int)
    ranks[order[np.argsort(values[order], kind="stable")]] = np.arange(len(values))
    return 1 + ranks * bins // max(len(values), 1)


def _before(customers: DataFrame, prior: DataFrame | None) -> dict[str, np.ndarray]:
    if prior is None:
        return {}
    require_columns(prior, ["customer_id", *SCORES], "prior")
    known = prior.set_index("customer_id")[list(SCORES)].reindex(customers["customer_id"])
    return {score: known[score].to_numpy(dtype=float) for score in SCORES}


def _thresholds(table: DataFrame, bins: int) -> DataFrame:
    rows = []
    for name, score in zip(MEASURES, SCORES, strict=True):
        groups = table.groupby(score)[name]
        found = groups.agg(low="min", high="max", customers="size").reindex(range(1, bins + 1))
        found["customers"] = found["customers"].fillna(0).astype(int)
        rows.append(found.rename_axis("score").reset_index().assign(measure=name))
    return pd.concat(rows, ignore_index=True)[["measure", "score", "low", "high", "customers"]]
