"""All that one report may see: the rows of its region, read once and only when needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.data.store import Store
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError, Problem, suggest
from salesnb.metrics.enrich import (
    KEYS,
    credited,
    enriched,
    known_by,
    order_states,
    owned,
    taken_over,
    used,
)
from salesnb.metrics.rows import Rows
from salesnb.metrics.settings import Settings
from salesnb.period import Calendar, Kind, Window

T = TypeVar("T")

ALL = "all"
"""The region that stands for the whole company."""

DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "region": "region",
        "province": "province",
        "team": "team",
        "rep": "rep_id",
        "role": "role",
        "product_group": "product_group",
        "product_line": "product_line",
        "tier": "product_tier",
        "product": "product_id",
        "channel": "channel",
        "campaign": "campaign_id",
        "industry": "industry",
        "size": "size",
        "customer": "customer_id",
        "customer_type": "customer_type",
        "customer_tier": "customer_tier",
        "competitor": "competitor",
        "stage": "stage",
    }
)
"""Dimension → the column that holds it. Other dimensions have the name of their column."""

PERIODS: tuple[Kind, ...] = ("month", "quarter", "year")
"""Dimensions that are cut from a date by the calendar."""

_UNUSED = {"orders": ("currency", "fx_rate")}

_COUNTED = (*KEYS, "order_id")
"""Ids that stand in many rows, to be counted or to look something up by."""

_HAPPENED = (
    "orders", "leads", "opportunities", "opp_stage_history", "activities", "receivables",
    "receipts", "feedback", "tickets", "stock",
)  # fmt: skip
"""Tables whose rows after `as_of` have not happened yet; those of others may be plans."""

_DERIVED = {
    ("orders", "cost"): ("products", "unit_cost"),
    ("orders", "list_price"): ("products", "list_price"),
}


QUIET_DAYS = 3
"""Working days without an order at the start of a month that are not yet a gap."""


@dataclass(frozen=True)
class Dataset:
    """The data of one report: one region's rows, as of one day.

    Nothing read here holds a row of another region; of the company a region knows which tables
    and columns there are, since when, and the rows of the company itself. Its place among regions
    stands in the portal: a report that showed it would be out of date with every order elsewhere.
    With region `all` rows of every region are there, and those of the company itself.

    Parameters
    ----------
    store
        The company's tables.
    region
        A region's name, or `all`.
    calendar
        How time is cut.
    settings
        Which definitions hold.
    as_of
        Last day known; by default the last one with an order in the company.
    whole
        The company's own dataset, where that is open: rows are taken from it and not read again.
        A customer of several regions is then new where it first bought of the company.

    Raises
    ------
    ParameterError
        If the company has no such region.
    """

    store: Store
    region: str
    calendar: Calendar = field(default_factory=Calendar)
    settings: Settings = field(default_factory=Settings)
    as_of: date = date.min
    whole: Dataset | None = field(default=None, repr=False, compare=False)
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.region not in (ALL, UNMAPPED, *self.store.regions):
            fix = suggest(self.region, (*self.store.regions, ALL))
            raise ParameterError(Problem("`region` is not in the data", got=self.region, fix=fix))
        if self.as_of == date.min:
            last = self.store.dates("orders")[1]
            object.__setattr__(self, "as_of", date.fromisoformat(last) if last else date.max)
        for held in HELD if self.whole is None else ():
            if held == self:
                self._kept.update(held._kept)

    @classmethod
    def for_region(
        cls,
        store: Store,
        region: str,
        calendar: Calendar | None = None,
        settings: Settings | None = None,
        as_of: date | None = None,
    ) -> Dataset:
        """Give what the report of a region may see."""
        return cls(store, region, calendar or Calendar(), settings or Settings(), as_of or date.min)

    def within(self, region: str) -> Dataset:
        """Give one region of a company's dataset, its rows taken from those already read."""
        return Dataset(self.store, region, self.calendar, self.settings, self.as_of, whole=self)

    # What there is ---------------------------------------------------------------------------

    @property
    def history_start(self) -> date:
        """First day the company's orders tell of; `date.max` without any.

        Orders that begin on one of a month's first working days tell of the whole month.
        """
        return self.kept("history_start", self._start)

    def _start(self) -> date:
        day = self.starts("orders")
        if day == date.max:
            return day
        month = self.calendar.window(self.calendar.period_at(day))
        missed = self.calendar.workday_number(day, month) - self.calendar.is_workday(day)
        return month.start if missed < QUIET_DAYS else day

    @property
    def first_day(self) -> date | None:
        """First day of the region's own orders; None without any."""
        first = self.store.dates("orders", self.region)[0]
        return date.fromisoformat(first) if first else None

    def people(self) -> dict[str, str]:
        """Give the name of who holds each role on `as_of`; the first by id where several do."""
        if not self.has("reps", "role", "name"):
            return {}
        reps = self._frame("reps").sort_values("rep_id", kind="stable")
        if "leave_date" in reps.columns:
            reps = reps[~(reps["leave_date"] < pd.Timestamp(self.as_of))]
        found = reps.drop_duplicates("role")
        return dict(zip(found["role"].astype("str"), found["name"].astype("str"), strict=True))

    def starts(self, table: str) -> date:
        """Give the first day of a table in the whole company; `date.max` without any."""
        return self.kept(("starts", table), lambda: self._first(table))

    def _first(self, table: str) -> date:
        first = self.store.dates(table)[0]
        return date.fromisoformat(first) if first else date.max

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether a table, and in it these columns, are there for somebody in the company.

        Columns that rows take over count where they can be: `product_line` of an order needs
        the `line` of products.
        """
        return not self.lacks(table, *columns)

    def lacks(self, table: str, *columns: str) -> tuple[str, ...]:
        """Name what would have to be there: `table`, or `table.column` for each."""
        return self.kept(("lacks", table, columns), lambda: self._lacking(table, columns))

    def _lacking(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        if not self.store.has(table):
            return (table,)
        there = set(self.store.columns(table))
        return tuple(
            missing
            for column in columns
            if column not in there and (missing := self._lacks(table, column, there))
        )

    def _lacks(self, table: str, column: str, there: set[str]) -> str:
        """Give the column that would supply a derived one, "" when that is there."""
        if column in (*PERIODS, "weekday", "hour"):
            return ""
        if table == "orders" and column in ("customer_type", "first_order"):
            return "" if "customer_id" in there else "orders.customer_id"
        if (table, column) in _DERIVED:
            other, source = _DERIVED[table, column]
            supplied = self.store.has(other, source) and {"product_id", "qty"} <= there
            return "" if supplied else f"{table}.{column}"
        taken = taken_over(column)
        if taken is None:
            declared = TABLES[table].names
            usual = column not in declared or TABLES[table].column(column).default is None
            return f"{table}.{column}" if usual else ""
        key, other, source = taken
        if key not in there:
            return f"{table}.{key}"
        return "" if self.store.has(other, source) else f"{other}.{source}"

    # Rows ------------------------------------------------------------------------------------

    def frame(self, table: str) -> pd.DataFrame:
        """Give the own rows of a table, with what they take over from other tables.

        Ids and categories are pandas categories in order of their values; a category that is
        missing is `unmapped`. Orders are sorted by day and carry the columns of
        `salesnb.metrics.enrich.order_states`; `sales` is orders without those not counted.

        Raises
        ------
        ContractError
            If the company does not have the table.
        """
        # A shallow copy: whoever adds a column adds it to his own frame.
        return self._frame(table).copy(deep=False)

    def read_all(self) -> None:
        """Read every table now."""
        for name in self.store.tables:
            self._frame(name)
        if self.store.has("orders"):
            self._frame("credited")

    def _frame(self, table: str) -> pd.DataFrame:
        return self.kept(("frame", table), lambda: self._read(table))

    def _read(self, table: str) -> pd.DataFrame:
        if table == "sales":
            orders = self._frame("orders")
            if orders["is_counted"].all():
                return orders
            return orders[orders["is_counted"]].reset_index(drop=True)
        if table == "credited":
            return self._credited()
        if self.whole is not None:
            return _of_region(self.whole._frame(table), self.region)
        unused = _UNUSED.get(table, ())
        columns = [name for name in self.store.columns(table) if name not in unused]
        # Without later rows there is nothing to cut, and reading is faster.
        later = self.store.dates(table)[1] > self.as_of.isoformat()
        end = self.as_of if table in _HAPPENED and later else None
        pointed_to = any(table == other for other, _ in KEYS.values())
        coded = [name for name in _COUNTED if name in columns]
        raw = (
            self._raw(table)
            if pointed_to
            else self.store.read(table, self.region, columns, end=end, coded=coded)
        )
        references = {
            other: self._known(key)
            for key, (other, _) in KEYS.items()
            if key in columns and self.store.has(other)
        }
        frame = enriched(raw, references)
        if table == "reps" and self.settings.anonymise_people and "name" in frame.columns:
            # Where the name is read, so that no sentence or table can show it (E24).
            frame = frame.assign(name=[f"#{place}" for place in range(1, len(frame) + 1)])
        if table != "orders":
            return frame
        created = None
        if "customer_id" in columns and self.store.has("customers", "created"):
            created = self._known("customer_id")["created"]
        products = references.get("products")
        return order_states(
            frame, products, created, self.history_start, self.calendar, self.settings
        )

    def _credited(self) -> pd.DataFrame:
        """Give sales by whose they are: an order with several people is split among them (E16)."""
        sales = self._frame("sales")
        reps = self._known("rep_id") if self.store.has("reps") else None
        if self.settings.sales_of == "owner" and self.store.has("customers", "owner_rep_id"):
            return owned(sales, self._known("customer_id")["owner_rep_id"], reps)
        if not self.store.has("order_credit", "share"):
            return sales
        return credited(sales, self._raw("order_credit"), reps)

    def _raw(self, table: str) -> pd.DataFrame:
        """Read a small table that others point to, as it is."""
        coded = [name for name in _COUNTED if name in self.store.columns(table)]
        return self.kept(("raw", table), lambda: self.store.read(table, self.region, coded=coded))

    def _known(self, key: str) -> pd.DataFrame:
        """Give what is known of each customer, product or person."""
        return self.kept(("known", key), lambda: known_by(key, self._raw(KEYS[key][0])))

    def rows(self, table: str, dates: str = "", window: Window | None = None) -> Rows:
        """Give the rows of a table whose date in column `dates` lies in a window."""
        rows = self.kept(("rows", table), lambda: Rows(self._frame(table), slice(None), DIMENSIONS))
        if window is None:
            return rows
        days, in_order = self.kept(("days", table, dates), lambda: _days(rows.frame[dates]))
        start, stop = np.datetime64(window.start), np.datetime64(window.end) + 1
        if in_order:
            first, last = np.searchsorted(days, np.array([start, stop], dtype=days.dtype))
            return replace(rows, at=slice(int(first), int(last)))
        return replace(rows, at=np.flatnonzero((days >= start) & (days < stop)))

    def cut(self, table: str, dates: str, kind: Kind) -> pd.Series:
        """Name the month, quarter or year of every row of a table."""
        return self.kept(
            ("cut", table, dates, kind),
            lambda: self.calendar.labels(self._frame(table)[dates], kind),
        )

    def kept(self, key: Any, make: Callable[[], T]) -> T:
        """Give what was made for a key before, or make and keep it."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


HELD: list[Dataset] = []
"""What this process, or the one it was forked from, read ahead; equal ones begin with its rows."""


def _days(column: pd.Series) -> tuple[np.ndarray, bool]:
    """Give days, and whether they lie in order; they do not where one is missing."""
    days = column.to_numpy()
    return days, bool((days[1:] >= days[:-1]).all()) and not np.isnat(days[:1]).any()


def _of_region(frame: pd.DataFrame, region: str) -> pd.DataFrame:
    """Give a region's rows, without the categories only others have; all where none is said."""
    if "region" not in frame.columns:
        return frame
    own = frame[(frame["region"] == region).to_numpy()].reset_index(drop=True)
    named = own.columns[own.dtypes == "category"]
    # New and existing are there for all, whether a region has both or not.
    return own.assign(
        **{str(name): used(own[name]) for name in named.difference(["customer_type"])}
    )
