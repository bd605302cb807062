"""Customers silent for longer than their own rhythm explains."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside, months, over

_LEAST_DAYS, _LEAST_ORDERS = 30, 6


def yearly_amounts(lens: Lens) -> pd.Series:
    """Give each customer's sales of the twelve months before the last three."""
    sales = lens.dataset.frame("sales")
    bought = sales["is_purchase"] & sales["customer_id"].notna()
    orders = sales.loc[bought, ["customer_id", "order_date", "amount"]]
    base = inside(orders, "order_date", over(lens, months(lens, 12, 3)))
    return base.groupby("customer_id", observed=True)["amount"].sum()


def silences(lens: Lens, customers: pd.Index) -> pd.DataFrame:
    """Give how long regular customers have been silent, and how likely that is by chance.

    Orders are taken as Poisson at the customer's own rate of the year before the last order.

    Returns
    -------
    One row for each customer with at least six order days in that year, the last of them not
    before the twelve months looked at, and a silence of 30 days or more: `customer`, `last` (day of
    the last order), `silent` (days since), `gap` (mean days between orders), `chance`.
    """
    sales = lens.dataset.frame("sales")
    own = sales["is_purchase"] & sales["customer_id"].isin(customers)
    start = pd.Timestamp(over(lens, months(lens, 12, 3)).start)
    found = []
    days = sales.loc[own, ["customer_id", "order_date"]].drop_duplicates()
    for customer, dates in days.groupby("customer_id", observed=True)["order_date"]:
        seen = np.sort(dates.to_numpy())
        last = pd.Timestamp(seen[-1])
        rhythm = seen[seen >= np.datetime64(last - pd.Timedelta(days=365))]
        silent = (pd.Timestamp(lens.as_of) - last).days
        if len(rhythm) < _LEAST_ORDERS or silent < _LEAST_DAYS or last < start:
            continue
        gap = (rhythm[-1] - rhythm[0]) / np.timedelta64(1, "D") / (len(rhythm) - 1)
        chance = math.exp(-silent / max(gap, 1.0))
        found.append((str(customer), last.date(), silent, float(gap), chance))
    return pd.DataFrame(found, columns=["customer", "last", "silent", "gap", "chance"])
