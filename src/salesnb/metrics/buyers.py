"""Customers in groups: who bought, when first, when last, how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from salesnb.metrics.cells import Values
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.rows import Groups, Rows
from salesnb.period import Window

_DENSE = 1 << 26
"""Up to so many numbers a place for each of them is cheaper than sorting those there are."""

NEVER = np.datetime64("NaT")


@dataclass(frozen=True)
class Buyers:
    """One entry for each group and customer who has rows in it.

    Attributes
    ----------
    rows, groups
        What they were found in; rows lie in order of day.
    pair
        For each row, its entry.
    group, customer
        For each entry, the number of its group and the code of its customer.
    """

    rows: Rows
    groups: Groups
    pair: Values
    group: Values
    customer: Values

    def __len__(self) -> int:
        return len(self.group)

    def total(self, values: Values) -> Values:
        """Add values of rows up by entry."""
        return np.bincount(self.pair, weights=values, minlength=len(self))

    def any(self, chosen: Values) -> Values:
        """Tell which entries have a chosen row."""
        return np.bincount(self.pair[chosen], minlength=len(self)) > 0

    def latest(self, days: Values, chosen: Values | None = None) -> Values:
        """Give the last day of the (chosen) rows of each entry; NaT without any."""
        return self._assigned(days, chosen, backwards=False)

    def earliest(self, days: Values, chosen: Values | None = None) -> Values:
        """Give the first day of the (chosen) rows of each entry; NaT without any."""
        return self._assigned(days, chosen, backwards=True)

    def _assigned(self, days: Values, chosen: Values | None, backwards: bool) -> Values:
        found = np.full(len(self), NEVER, dtype=days.dtype)
        pair = self.pair if chosen is None else self.pair[chosen]
        days = days if chosen is None else days[chosen]
        step = -1 if backwards else 1
        # Of several assignments to one place the last holds.
        found[pair[::step]] = days[::step]
        return found

    def count(self, chosen: Values | None = None) -> Values:
        """Count the (chosen) entries of each group."""
        group = self.group if chosen is None else self.group[chosen]
        return np.bincount(group, minlength=self.groups.size)[self.groups.there]

    def add(self, values: Values) -> Values:
        """Add values of entries up by group."""
        return np.bincount(self.group, weights=values, minlength=self.groups.size)[
            self.groups.there
        ]

    def orders(self) -> Values:
        """Count the different orders of each entry."""
        codes, how_many = self.rows.ids("order_id")
        many = max(how_many, 1)
        pairs = pd.unique(self.pair.astype(np.int64) * many + codes)
        return np.bincount(pairs // many, minlength=len(self))


def buyers(rows: Rows, by: Sequence[str], column: str = "customer_id") -> Buyers:
    """Find the customers in each group; rows without a customer do not count."""
    codes, how_many = rows.ids(column)
    if (codes < 0).any():
        rows = rows.keep(codes >= 0)
        codes = codes[codes >= 0]
    groups = rows.grouped(by)
    many = max(how_many, 1)
    pair, found = pd.factorize(groups.number.astype(np.int64) * many + codes)
    return Buyers(rows, groups, pair, found // many, found % many)


def back(end: date, months: int) -> Window:
    """Give the window of so many months that ends on a day.

    Examples
    --------
    >>> back(date(2024, 2, 29), 12).start.isoformat(), back(date(2023, 12, 31), 3).start.isoformat()
    ('2023-03-01', '2023-10-01')
    """
    after = pd.Timestamp(end) + pd.Timedelta(days=1)
    return Window((after - pd.DateOffset(months=months)).date(), end)


def stamp(day: date) -> np.datetime64:
    """Give a day as numpy compares it."""
    return np.datetime64(day)


def next_day(day: date) -> date:
    """Give the day after."""
    return day + timedelta(days=1)


def grace(start: date) -> date:
    """Give the last day on which a history that covers a window from `start` may begin.

    The first days of a year are days off: a history that begins on the fourth covers it.
    """
    return start + timedelta(days=15)


def customer_amounts(dataset: Dataset, window: Window) -> Values:
    """Give the sales of a window for each customer, by the customer's code in `sales`."""

    def added() -> Values:
        rows = dataset.rows("sales", "order_date", window)
        customers = rows.frame["customer_id"].cat
        codes = customers.codes.to_numpy()[rows.at]
        known = codes >= 0
        return np.bincount(
            codes[known],
            weights=rows.values("amount")[known],
            minlength=len(customers.categories),
        )

    return dataset.kept(("customer_amounts", window), added)


def churn_windows(dataset: Dataset) -> Values:
    """Give the days of silence after which each customer, by code in `sales`, is lost.

    The chosen quantile of the intervals between days of purchase, for each customer tier, within
    the limits of the settings; where a tier has fewer than 30 intervals that of all customers, and
    where those are fewer than 30, too, the default.
    """
    return dataset.kept("churn_windows", lambda: _churn_windows(dataset))


def _churn_windows(dataset: Dataset) -> Values:
    settings = dataset.settings
    rows = dataset.rows("sales")
    rows = rows.keep(rows.values("is_purchase"))
    customers = rows.frame["customer_id"].cat
    windows = np.full(len(customers.categories), float(settings.churn_days_default))
    if settings.churn_days:
        return np.full(len(windows), float(settings.churn_days))
    code = customers.codes.to_numpy()[rows.at].astype(np.int64)
    day = rows.values("order_date").astype("datetime64[D]").astype(np.int64)
    day = day - day.min() if len(day) else day
    span = int(day.max(initial=0)) + 1
    visits = _different(code[code >= 0] * span + day[code >= 0], len(windows) * span)
    who, gap = visits[1:] // span, np.diff(visits)
    same = who == visits[:-1] // span
    who, gap = who[same], gap[same]
    least = 30
    if len(gap) < least:
        return windows
    windows[:] = np.quantile(gap, settings.churn_quantile)
    tier = _tier_codes(dataset, len(windows))
    for each in range(tier.max(initial=-1) + 1):
        own = gap[tier[who] == each]
        if len(own) >= least:
            windows[tier == each] = np.quantile(own, settings.churn_quantile)
    return np.clip(np.ceil(windows), settings.churn_days_low, settings.churn_days_high)


def _different(numbers: Values, size: int) -> Values:
    """Give the different numbers of 0 to `size`, in order."""
    if size > _DENSE:
        return np.unique(numbers)
    # A place for each number there could be is several times faster than looking for equal ones.
    there = np.zeros(size, dtype=bool)
    there[numbers] = True
    return np.flatnonzero(there)


def _tier_codes(dataset: Dataset, how_many: int) -> Values:
    """Give the code of each customer's tier, by the customer's code in `sales`."""
    frame = dataset.frame("sales")
    tiers = np.full(how_many, -1)
    if "customer_tier" in frame.columns:
        codes = frame["customer_id"].cat.codes.to_numpy()
        known = codes >= 0
        tiers[codes[known]] = frame["customer_tier"].cat.codes.to_numpy()[known]
    return tiers
