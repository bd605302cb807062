"""Who stays: retention by cohort, migration between tiers, and when silence means lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import require_columns

NEW, LOST, TOTAL = "new", "lost", "total"


def cohort_retention(
    purchases: DataFrame,
    periods: Sequence[object] | None = None,
    unfinished: Sequence[object] = (),
) -> DataFrame:
    """Follow the customers who first bought in each period through the periods after it.

    Parameters
    ----------
    purchases
        One row for each purchase: `customer_id`, `period` (a label such as "2024-03"). Customers
        whose first purchase lies before the data look new: start late enough.
    periods
        All periods in order, also those without purchases; by default those that occur, sorted.
    unfinished
        Periods that are not over; their cells are flagged.

    Returns
    -------
    One row for each cohort and age, a triangle: `cohort`, `age` (0 is the first period), `period`,
    `customers` (size of the cohort), `active` (those who bought in the period), `rate`,
    `complete` (False where the period is not over, or the cohort's first period is not).

    Raises
    ------
    MetricError
        If a column is missing, or a purchase lies in no period.

    Examples
    --------
    >>> rows = DataFrame({"customer_id": ["a", "b", "a", "c"],
    ...                   "period": ["01", "01", "02", "02"]})
    >>> cohort_retention(rows)[["cohort", "age", "customers", "active", "rate"]].to_numpy().tolist()
    [['01', 0, 2, 2, 1.0], ['01', 1, 2, 1, 0.5], ['02', 0, 1, 1, 1.0]]
    """
    require_columns(purchases, ["customer_id", "period"], "purchases")
    labels = sorted(purchases["period"].unique()) if periods is None else list(periods)
    place = Series(range(len(labels)), index=labels, dtype=int)
    found = purchases["period"].astype(object).map(place)
    if found.isna().any():
        raise MetricError(
            Problem(
                f"{int(found.isna().sum())} purchases lie in none of the periods",
                got=str(purchases.loc[found.isna(), "period"].iloc[0]),
            )
        )
    rows = DataFrame({"customer": purchases["customer_id"], "at": found.astype(int)})
    rows = rows.drop_duplicates()
    first = rows.groupby("customer", observed=True)["at"].transform("min")
    counts = rows.assign(first=first).groupby(["first", "at"]).size()
    count = len(labels)
    active = np.zeros((count, count), dtype=int)
    active[tuple(np.array(counts.index.tolist(), dtype=int).reshape(-1, 2).T)] = counts.to_numpy()
    cohort, at = np.triu_indices(count)
    size = np.diag(active)
    over = ~np.isin(
        np.arange(count), [place[label] for label in unfinished if label in place.index]
    )
    kept = size[cohort] > 0
    cohort, at = cohort[kept], at[kept]
    names = np.array(labels, dtype=object)
    return DataFrame(
        {
            "cohort": names[cohort],
            "age": at - cohort,
            "period": names[at],
            "customers": size[cohort],
            "active": active[cohort, at],
            "rate": active[cohort, at] / size[cohort],
            "complete": over[cohort] & over[at],
        }
    )


@dataclass(frozen=True)
class Migration:
    """Where customers went from one time to the next.

    Attributes
    ----------
    counts
        From tiers (rows) to tiers (columns), in customers. The last row, `new`, holds those with
        no tier before, the last column, `lost`, those with none now.
    rates
        Each row of `counts` as shares of it: the chance of a tier now given the tier before.
        Empty rows are NaN.
    """

    counts: DataFrame
    rates: DataFrame


def tier_migration(current: Series, prior: Series, tiers: Sequence[str] | None = None) -> Migration:
    """Count how customers moved between tiers, with those who came and those who left.

    Parameters
    ----------
    current, prior
        Tier of each customer, index customer_id; a customer absent or empty on one side is new or
        lost.
    tiers
        Order of the tiers; by default sorted.

    Returns
    -------
    A Migration. Rows sum to the customers of each tier before, columns to those of each tier now.

    Raises
    ------
    MetricError
        If a customer repeats on a side, or a tier is not among `tiers`.

    Examples
    --------
    >>> before, now = Series({"a": "A", "b": "A", "c": "B"}), Series({"a": "A", "b": "B", "d": "B"})
    >>> tier_migration(now, before).counts.to_numpy().tolist()
    [[1, 1, 0], [0, 0, 1], [0, 1, 0]]
    """
    sides = {}
    for name, side in (("current", current), ("prior", prior)):
        known = side.dropna().astype(object)
        if known.index.has_duplicates:
            raise MetricError(Problem("a customer has more than one tier", where=name))
        sides[name] = known
    order = sorted({*sides["current"], *sides["prior"]}) if tiers is None else list(tiers)
    unknown = sorted({*sides["current"], *sides["prior"]} - set(order))
    if unknown:
        raise MetricError(
            Problem(f"tier `{unknown[0]}` is not among `tiers`", got=", ".join(order))
        )
    both = pd.concat([sides["prior"], sides["current"]], axis=1, keys=["prior", "current"])
    counts = pd.crosstab(
        both["prior"].fillna(NEW), both["current"].fillna(LOST), dropna=False
    ).reindex(index=[*order, NEW], columns=[*order, LOST], fill_value=0)
    counts.loc[NEW, LOST] = 0
    sums = counts.sum(axis=1)
    return Migration(counts, counts.div(sums.where(sums > 0), axis=0))


def purchase_gaps(purchases: DataFrame) -> DataFrame:
    """Give the days between a customer's consecutive days of purchase.

    Parameters
    ----------
    purchases
        One row for each purchase: `customer_id`, `order_date`, and optional further columns that
        are kept, such as `tier`.

    Returns
    -------
    One row for each gap: the columns of `purchases` at its later purchase, and `gap` (days).
    """
    require_columns(purchases, ["customer_id", "order_date"], "purchases")
    rows = purchases.assign(order_date=pd.to_datetime(purchases["order_date"]).dt.normalize())
    rows = rows.drop_duplicates(["customer_id", "order_date"]).sort_values(
        ["customer_id", "order_date"], kind="stable"
    )
    gap = rows.groupby("customer_id", observed=True)["order_date"].diff().dt.days
    return rows.assign(gap=gap).dropna(subset="gap").reset_index(drop=True)


def churn_window(
    purchases: DataFrame, by: str | None = None, quantile: float = 0.95, least: int = 30
) -> DataFrame:
    """Give the days of silence after which a customer counts as lost.

    Parameters
    ----------
    purchases
        One row for each purchase: `customer_id`, `order_date`, and the column `by`.
    by
        Column of tiers that have windows of their own.
    quantile
        Share of the gaps between purchases that are shorter.
    least
        A tier with fewer gaps takes the window of all.

    Returns
    -------
    One row for each tier, and last for all together (`tier` "total"): `tier`, `gaps`, `days`
    (NaN where there are fewer than `least` gaps in all), `own` (whether from the tier's own gaps).

    Notes
    -----
    Only gaps that ended are seen, so the window is, if anything, short; customers with a single
    purchase have none. The window says nothing about the last so many days: who bought yesterday
    cannot be lost yet.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-21"])
    >>> rows = DataFrame({"customer_id": "a", "order_date": days})
    >>> churn_window(rows, least=2)[["tier", "gaps", "days"]].to_numpy().tolist()
    [['total', 2, 10.0]]
    """
    gaps = purchase_gaps(purchases)
    enough = len(gaps) >= least
    whole = float(gaps["gap"].quantile(quantile)) if enough else float("nan")
    rows = []
    if by is not None:
        require_columns(purchases, [by], "purchases")
        for tier in sorted(purchases[by].dropna().unique()):
            own = gaps.loc[gaps[by] == tier, "gap"]
            used = len(own) >= least
            days = float(own.quantile(quantile)) if used else whole
            rows.append({"tier": tier, "gaps": len(own), "days": days, "own": used})
    rows.append({"tier": TOTAL, "gaps": len(gaps), "days": whole, "own": enough})
    return DataFrame(rows)
