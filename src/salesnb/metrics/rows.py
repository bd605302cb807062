"""Rows of a table and how they are added up: the only place that groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from salesnb.data.contract import UNMAPPED

Values = NDArray[Any]

_DENSE = 4_000_000
"""Up to so many cells a table of all combinations is cheaper than sorting those there are."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a frame; the frame itself is shared and never changed.

    Attributes
    ----------
    frame
        A table; what is grouped by are categories.
    at
        Which of its rows: a slice, or their positions.
    names
        Dimension → column, where the two differ.
    """

    frame: pd.DataFrame
    at: slice | Values
    names: Mapping[str, str]

    def __len__(self) -> int:
        if isinstance(self.at, slice):
            return len(range(*self.at.indices(len(self.frame))))
        return len(self.at)

    def values(self, column: str) -> Values:
        """Give the values of a column; of text columns take `codes`."""
        return self.frame[column].to_numpy()[self.at]

    def codes(self, dimension: str) -> tuple[Values, pd.Index]:
        """Give a number for each row's value of a dimension, and the values numbered.

        A missing value is `unmapped` and stays visible (E19).
        """
        column = self.frame[self.names.get(dimension, dimension)]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype("category")
        codes = column.cat.codes.to_numpy()[self.at].astype(np.intp)
        labels = column.cat.categories
        missing = codes < 0
        if missing.any():
            found = labels.get_indexer(pd.Index([UNMAPPED]))[0]
            if found < 0:
                found, labels = len(labels), labels.append(pd.Index([UNMAPPED]))
            codes = np.where(missing, found, codes)
        return codes, labels

    def keep(self, chosen: Values) -> Rows:
        """Give only the rows where `chosen` is true."""
        if isinstance(self.at, slice):
            start = self.at.indices(len(self.frame))[0]
            if chosen.all():
                return self
            return Rows(self.frame, np.flatnonzero(chosen) + start, self.names)
        return Rows(self.frame, self.at[chosen], self.names)

    def where(self, dimension: str, wanted: Sequence[str]) -> Rows:
        """Give only the rows whose value of a dimension is one of those wanted."""
        codes, labels = self.codes(dimension)
        places = labels.astype("str").isin([str(value) for value in wanted])
        return self.keep(np.asarray(places)[codes])

    def taken(self, columns: Sequence[str]) -> pd.DataFrame:
        """Give these rows as a frame of their own."""
        return self.frame[list(columns)].iloc[self.at].reset_index(drop=True)

    def grouped(self, by: Sequence[str]) -> Groups:
        """Number the groups that these rows fall into."""
        return group([self.codes(dimension) for dimension in by], by, len(self))

    def sums(self, by: Sequence[str], parts: Mapping[str, Values]) -> pd.DataFrame:
        """Add up values, given in the order of these rows.

        Returns
        -------
        One row for each group there is, in order of its labels: `by`, each part, `n` (rows).
        """
        return self.grouped(by).sums(parts)

    def distinct(self, by: Sequence[str], column: str, name: str = "n") -> pd.DataFrame:
        """Count the different values of a column in each group; missing ones do not count."""
        codes, labels = _numbered(self.frame[self.names.get(column, column)], self.at)
        groups = self.grouped(by)
        return groups.table(**{name: groups.distinct(codes, labels)})


@dataclass(frozen=True)
class Groups:
    """Which group each row is in.

    Attributes
    ----------
    number
        For each row, its group; below `size`.
    size
        How many groups there could be.
    there
        The groups that hold rows, rising.
    labels
        One row for each of those, with a column for each dimension.
    """

    number: Values
    size: int
    there: Values
    labels: pd.DataFrame

    def add(self, values: Values) -> Values:
        """Add values up by group, in the order of `labels`."""
        return np.bincount(self.number, weights=values, minlength=self.size)[self.there]

    def count(self) -> Values:
        """Count the rows of each group, in the order of `labels`."""
        return np.bincount(self.number, minlength=self.size)[self.there]

    def distinct(self, codes: Values, how_many: int) -> Values:
        """Count different codes of 0 to `how_many` in each group; codes below 0 do not count."""
        known = codes >= 0
        number, codes = self.number[known], codes[known]
        if self.size * how_many <= _DENSE * 16:
            seen = np.zeros(self.size * max(how_many, 1), dtype=bool)
            seen[number * how_many + codes] = True
            return seen.reshape(self.size, -1).sum(axis=1)[self.there]
        pairs = pd.unique(number.astype(np.int64) * how_many + codes)
        return np.bincount(pairs // how_many, minlength=self.size)[self.there]

    def sums(self, parts: Mapping[str, Values]) -> pd.DataFrame:
        """Add each part up; see `Rows.sums`."""
        added = {name: self.add(values) for name, values in parts.items()}
        return self.table(**added, n=self.count())

    def table(self, **columns: Values) -> pd.DataFrame:
        """Give a frame of the labels and these columns, one value for each group."""
        return self.labels.assign(**columns)


def group(keys: Sequence[tuple[Values, pd.Index]], by: Sequence[str], rows: int) -> Groups:
    """Number the combinations of several codes.

    Without keys there is one group, also when there are no rows: a total always exists.
    """
    if not keys:
        labels = pd.DataFrame(index=pd.RangeIndex(1))
        return Groups(np.zeros(rows, dtype=np.intp), 1, np.zeros(1, dtype=np.intp), labels)
    number, size = np.zeros(rows, dtype=np.int64), 1
    for codes, labels in keys:
        number = codes if size == 1 else number * len(labels) + codes
        size *= max(len(labels), 1)
    if size > _DENSE:
        found, number = np.unique(number, return_inverse=True)
        there, size = np.arange(len(found)), max(len(found), 1)
    else:
        there = found = np.flatnonzero(np.bincount(number, minlength=size))
    columns: dict[str, pd.Index] = {}
    rest = found
    for (_, labels), name in zip(reversed(keys), reversed(by), strict=True):
        rest, place = np.divmod(rest, max(len(labels), 1))
        columns[name] = labels[place]
    frame = pd.DataFrame({name: _plain(columns[name]) for name in by}).sort_values(list(by))
    return Groups(number, size, there[frame.index.to_numpy()], frame.reset_index(drop=True))


def _plain(labels: pd.Index) -> pd.Series:
    """Give labels as text, so that results of several tables can be set side by side."""
    return pd.Series(np.asarray(labels.astype("str"), dtype=object), dtype="str")


def _numbered(column: pd.Series, at: slice | Values) -> tuple[Values, int]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()[at].astype(np.intp)
        return codes, len(column.cat.categories)
    codes, found = pd.factorize(column.iloc[at])
    return codes, len(found)
