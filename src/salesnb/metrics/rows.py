"""Rows of a table and how they are added up: the only place that groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.metrics.cells import Cells, Values

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
    arrays
        Columns of the frame as arrays, once they were asked for; shared by all rows of this
        frame and of no other.
    """

    frame: pd.DataFrame
    at: slice | Values
    names: Mapping[str, str]
    arrays: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        if isinstance(self.at, slice):
            return len(range(*self.at.indices(len(self.frame))))
        return len(self.at)

    def values(self, column: str) -> Values:
        """Give the values of a column; of text columns take `codes`."""
        key = ("values", column)
        if key not in self.arrays:
            self.arrays[key] = self.frame[column].to_numpy()
        return self.arrays[key][self.at]

    def texts(self, column: str) -> pd.Series:
        """Give the texts of a column, as they are."""
        return self.frame[column].iloc[self.at]

    def codes(self, dimension: str) -> tuple[Values, pd.Index]:
        """Give a number for each row's value of a dimension, and the values numbered.

        A missing value is `unmapped` and stays visible (E19).
        """
        all_codes, labels = self._coded(self.names.get(dimension, dimension))
        codes = all_codes[self.at].astype(np.intp)
        missing = codes < 0
        if missing.any():
            found = labels.get_indexer(pd.Index([UNMAPPED]))[0]
            if found < 0:
                found, labels = len(labels), labels.append(pd.Index([UNMAPPED]))
            codes = np.where(missing, found, codes)
        return codes, labels

    def _coded(self, column: str) -> tuple[Values, pd.Index]:
        """Give the code of each row of the frame, and the values numbered."""
        key = ("codes", column)
        if key not in self.arrays:
            values = self.frame[column]
            coded = isinstance(values.dtype, pd.CategoricalDtype)
            found = (values if coded else values.astype("category")).cat
            self.arrays[key] = found.codes.to_numpy(), found.categories
        return self.arrays[key]

    def ids(self, column: str) -> tuple[Values, int]:
        """Give a number for each row's value of a column, -1 where missing, and how many."""
        codes, labels = self._coded(self.names.get(column, column))
        return codes[self.at].astype(np.intp), len(labels)

    def among(self, dimension: str, wanted: Sequence[str]) -> Values:
        """Tell for each row whether its value of a dimension is one of those wanted."""
        codes, labels = self.codes(dimension)
        hit = np.zeros(len(labels), dtype=bool)
        places = labels.get_indexer(pd.Index(list(wanted), dtype=labels.dtype))
        hit[places[places >= 0]] = True
        return hit[codes] if len(labels) else np.zeros(len(codes), dtype=bool)

    def keep(self, chosen: Values) -> Rows:
        """Give only the rows where `chosen` is true."""
        if chosen.all():
            return self
        if isinstance(self.at, slice):
            start = self.at.indices(len(self.frame))[0]
            return replace(self, at=np.flatnonzero(chosen) + start)
        return replace(self, at=self.at[chosen])

    def plus(self, **columns: object) -> Rows:
        """Add columns to the frame, or replace them."""
        arrays = {key: each for key, each in self.arrays.items() if key[1] not in columns}
        return replace(self, frame=self.frame.assign(**columns), arrays=arrays)

    def where(self, dimension: str, wanted: Sequence[str]) -> Rows:
        """Give only the rows whose value of a dimension is one of those wanted."""
        return self.keep(self.among(dimension, wanted))

    def taken(self, columns: Sequence[str]) -> pd.DataFrame:
        """Give these rows as a frame of their own."""
        return self.frame[list(columns)].iloc[self.at].reset_index(drop=True)

    def grouped(self, by: Sequence[str]) -> Groups:
        """Number the groups that these rows fall into."""
        return group([self.codes(dimension) for dimension in by], by, len(self))

    def sums(self, by: Sequence[str], **parts: Values) -> Cells:
        """Add up values, given in the order of these rows; `n` counts rows."""
        groups = self.grouped(by)
        added = {name: groups.add(values) for name, values in parts.items()}
        return groups.table(**added, n=groups.count())

    def distinct(self, by: Sequence[str], column: str) -> Cells:
        """Count the different values of a column in each group; missing ones do not count."""
        codes, how_many = self.ids(column)
        groups = self.grouped(by)
        found = groups.distinct(codes, how_many)
        return groups.table(value=found.astype(float), n=found)


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
        The groups that hold rows, in order of their labels.
    by, labels
        The dimensions, and for each the labels of those groups.
    """

    number: Values
    size: int
    there: Values
    by: tuple[str, ...]
    labels: tuple[Values, ...]

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

    def table(self, **columns: object) -> Cells:
        """Give cells with these columns, one value for each group."""
        return Cells(self.by, self.labels, {}).plus(**columns)


def group(keys: Sequence[tuple[Values, pd.Index]], by: Sequence[str], rows: int) -> Groups:
    """Number the combinations of several codes.

    Without keys there is one group, also when there are no rows: a total always exists.
    """
    if not keys:
        return Groups(np.zeros(rows, np.intp), 1, np.zeros(1, np.intp), (), ())
    number, size = np.zeros(rows, dtype=np.int64), 1
    for codes, labels in keys:
        number = codes if size == 1 else number * len(labels) + codes
        size *= max(len(labels), 1)
    if size > _DENSE:
        found, number = np.unique(number, return_inverse=True)
        there, size = np.arange(len(found)), max(len(found), 1)
    else:
        there = found = np.flatnonzero(np.bincount(number, minlength=size))
    places, ranks, rest = [], [], found
    for _, labels in reversed(keys):
        rest, place = np.divmod(rest, max(len(labels), 1))
        places.append(place)
        ranks.append(_rank(labels)[place])
    order = np.lexsort(ranks)
    columns = tuple(
        _texts(labels, place[order])
        for (_, labels), place in zip(keys, reversed(places), strict=True)
    )
    return Groups(number, size, there[order], tuple(by), columns)


def _rank(labels: pd.Index) -> Values:
    """Give the place of each label in order of text."""
    if labels.is_monotonic_increasing:
        return np.arange(len(labels))
    rank = np.empty(len(labels), dtype=np.intp)
    rank[labels.astype("str").argsort()] = np.arange(len(labels))
    return rank


def _texts(labels: pd.Index, places: Values) -> Values:
    """Give labels as text, so that results of several tables can be set side by side."""
    return labels.take(places).astype("str").to_numpy(dtype=object)
