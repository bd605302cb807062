"""What a table of the company's data must look like: columns, kinds, keys, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal[
    "id", "text", "category", "date", "time", "money", "number", "integer", "flag", "period"
]

COMPANY = ""
"""Region of a row that belongs to the company as a whole, such as a company target."""

UNMAPPED = "unmapped"
"""Value of a category or region that nothing could be found for; shown, never dropped (E19)."""


@dataclass(frozen=True)
class Column:
    """One agreed column.

    Attributes
    ----------
    name
        The only name of it above the data door.
    kind
        `id` and `text` stay text, `category` is text read as a pandas category, `date` is a
        day, `time` a moment, `money` an amount in the company's currency, `number` and
        `integer` plain numbers, `flag` yes or no, `period` a text such as 2024-05 or 2024Q2.
    key
        Part of what makes a row one of its kind.
    required
        A table without it is refused, a row without it is rejected.
    default
        What an absent column or an empty cell means; None when it means nothing.
    values
        The words allowed, each with the words people write for it.
    refers
        The table whose key this is.
    aliases
        Headers that name exactly this column.
    stand_ins
        Headers that serve when none of `aliases` is there: a customer's name for his code.
    low, high
        Smallest and largest number allowed.
    """

    name: str
    kind: Kind
    key: bool = False
    required: bool = False
    default: str | float | bool | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refers: str = ""
    aliases: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return self.kind in ("id", "text", "category", "period")

    @property
    def is_number(self) -> bool:
        """Whether values are numbers that may carry a unit."""
        return self.kind in ("money", "number", "integer")

    @property
    def is_date(self) -> bool:
        """Whether values are days or moments."""
        return self.kind in ("date", "time")


@dataclass(frozen=True)
class Table:
    """One agreed table.

    Attributes
    ----------
    name
        Its name, also that of its folder.
    grain
        What one row is.
    columns
        All of them, in the order they are written.
    date
        The column rows are sorted by and cut by time, "" when time does not matter.
    money
        The column whose total must come through an import unchanged, "" when there is none.
    region_from
        For rows without a region of their own: (own column, table that knows), tried in turn.
    aliases
        Words in a file or sheet name that mean this table.
    required
        Without it there is no report at all.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    date: str = ""
    money: str = ""
    region_from: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    required: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(column.name for column in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that make a row one of its kind."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def has_region(self) -> bool:
        """Whether rows belong to a region, so that the table is kept in parts by region."""
        return "region" in self.names

    def column(self, name: str) -> Column:
        """Give a column by name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
