"""Small tables of results: a label for each dimension, a number for each name.

Frames cost a millisecond a step, and a report asks hundreds of questions; so results are plain
arrays until somebody is shown them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[Any]


@dataclass(frozen=True)
class Cells:
    """One cell for each combination of labels, in their order; without dimensions one cell.

    Attributes
    ----------
    by
        Names of the dimensions.
    labels
        For each dimension the label of each cell, as text.
    columns
        For each name the value of each cell.
    """

    by: tuple[str, ...]
    labels: tuple[Values, ...]
    columns: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.labels[0]) if self.by else 1

    def __getitem__(self, name: str) -> Values:
        return self.labels[self.by.index(name)] if name in self.by else self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def plus(self, **columns: object) -> Cells:
        """Add columns, or replace them; one value stands for all cells."""
        many = len(self)
        added = {name: _column(values, many) for name, values in columns.items()}
        return Cells(self.by, self.labels, {**self.columns, **added})

    def renamed(self, **names: str) -> Cells:
        """Give columns new names: old name = new name."""
        return Cells(
            self.by,
            self.labels,
            {names.get(name, name): values for name, values in self.columns.items()},
        )

    def without(self, *names: str) -> Cells:
        """Leave columns out."""
        kept = {name: values for name, values in self.columns.items() if name not in names}
        return Cells(self.by, self.labels, kept)

    def keep(self, chosen: Values) -> Cells:
        """Give only the cells where `chosen` is true."""
        return self._taken(np.flatnonzero(chosen))

    def _taken(self, places: Values) -> Cells:
        if not self.by:
            return self
        return Cells(
            self.by,
            tuple(labels[places] for labels in self.labels),
            {name: values[places] for name, values in self.columns.items()},
        )

    def combinations(self) -> list[tuple[str, ...]]:
        """Give the labels of each cell together."""
        return list(zip(*self.labels, strict=True)) if self.by else [()]

    def rolled(self, by: Sequence[str]) -> Cells:
        """Add numbers up over the dimensions that are not in `by`."""
        if tuple(by) == self.by:
            return self
        kept = [self[name] for name in by]
        keys = list(zip(*kept, strict=True)) if by else [()] * len(self)
        found = sorted(set(keys)) if by else [()]
        place = {key: number for number, key in enumerate(found)}
        at = np.array([place[key] for key in keys], dtype=np.intp)
        columns = {
            name: np.bincount(at, weights=values.astype(float), minlength=len(found))
            for name, values in self.columns.items()
            if values.dtype != object
        }
        return Cells(tuple(by), _labels(found, len(by)), columns)

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Give a frame: the dimensions as text, then the columns."""
        index = pd.RangeIndex(len(self))
        data: dict[str, Any] = {
            name: pd.array(labels, dtype="str")
            for name, labels in zip(self.by, self.labels, strict=True)
        }
        names = list(self.columns) if columns is None else columns
        for name in names:
            values = self.columns[name].copy()
            # Text keeps None for what is not there.
            text = values.dtype == object
            data[name] = pd.Series(values, index, dtype=object, copy=False) if text else values
        # Copied column by column: pandas would lay columns of one type together, at three times
        # the cost.
        return pd.DataFrame(data, index, copy=False)


def cells(by: Sequence[str] = (), keys: Sequence[tuple[str, ...]] = (), **columns: object) -> Cells:
    """Make cells from keys in order; without dimensions of single values."""
    found = Cells(tuple(by), _labels(keys, len(by)), {})
    return found.plus(**columns)


def of_frame(frame: pd.DataFrame, by: Sequence[str]) -> Cells:
    """Make cells of a frame with one row for each combination, sorted by it."""
    labels = tuple(frame[name].astype("str").to_numpy(dtype=object) for name in by)
    columns = {name: frame[name].to_numpy() for name in frame.columns if name not in by}
    return Cells(tuple(by), labels, columns)


def stacked(name: str, pieces: Mapping[str, Cells]) -> Cells:
    """Set results of the same dimensions one under another, in their order.

    The label of each becomes its cells' in a new first dimension.
    """
    found = list(pieces.values())
    own = np.repeat(_texts(list(pieces)), [len(piece) for piece in found])
    labels = [
        np.concatenate([piece.labels[place] for piece in found])
        for place in range(len(found[0].by))
    ]
    columns = {
        column: np.concatenate([piece.columns[column] for piece in found])
        for column in found[0].columns
    }
    return Cells((name, *found[0].by), (own, *labels), columns)


def beside(left: Cells, right: Cells) -> Cells:
    """Set two results side by side; a cell that one of them lacks counts 0 there."""
    return aligned(left, right)[0]


def aligned(left: Cells, right: Cells) -> tuple[Cells, Values, Values]:
    """Set two results side by side, and tell which cells each of them has.

    A number a side lacks is 0, a text None.
    """
    many = len(left)
    if not left.by or (
        len(right) == many
        and all((a == b).all() for a, b in zip(left.labels, right.labels, strict=True))
    ):
        both = Cells(left.by, left.labels, {**left.columns, **right.columns})
        there = np.ones(many, dtype=bool)
        return both, there, there
    mine, theirs = left.combinations(), right.combinations()
    found = sorted({*mine, *theirs})
    place = {key: number for number, key in enumerate(found)}
    columns: dict[str, Values] = {}
    sides = []
    for side, keys in ((left, mine), (right, theirs)):
        at = np.array([place[key] for key in keys], dtype=np.intp)
        has = np.zeros(len(found), dtype=bool)
        has[at] = True
        sides.append(has)
        for name, values in side.columns.items():
            spread = np.full(len(found), None if values.dtype == object else 0, dtype=values.dtype)
            spread[at] = values
            columns[name] = spread
    return Cells(left.by, _labels(found, len(left.by)), columns), sides[0], sides[1]


def divided(top: Values, bottom: Values) -> Values:
    """Divide where the denominator is above zero; NaN elsewhere."""
    top, bottom = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    return np.divide(top, bottom, out=np.full(len(bottom), np.nan), where=bottom > 0)


def days(later: Any, earlier: Any) -> Values:
    """Give the days between moments; NaN where one is missing."""
    return np.asarray(later - earlier) / np.timedelta64(1, "D")


def marked(chosen: Values, mark: str, otherwise: Values | None = None) -> Values:
    """Give a mark where chosen, else None or what was there before."""
    marks = np.full(len(chosen), None, dtype=object) if otherwise is None else otherwise.copy()
    marks[chosen] = mark
    return marks


def _labels(keys: Sequence[tuple[str, ...]], dimensions: int) -> tuple[Values, ...]:
    columns = zip(*keys, strict=True) if keys else ((),) * dimensions
    found = tuple(_texts(column) for column in columns)
    return found[:dimensions]


def _texts(values: Sequence[str]) -> Values:
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _column(values: object, many: int) -> Values:
    if isinstance(values, np.ndarray) and values.ndim:
        return values
    if values is None or isinstance(values, str):
        return np.full(many, values, dtype=object)
    return np.full(many, values)
