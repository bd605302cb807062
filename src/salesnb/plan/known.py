"""Figures with the statements they rest on, so that whatever follows from them can cite them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from salesnb.plan.statements import Record, Statement


@dataclass(frozen=True)
class Known:
    """A figure that may be a range, with the statements it rests on."""

    low: float
    high: float
    by: tuple[Statement, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    @property
    def point(self) -> float:
        """The number, or the bound where it is open on one side, or the middle."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            return (self.low + self.high) / 2
        return self.low if math.isfinite(self.low) else self.high

    def __add__(self, other: Known) -> Known:
        return Known(self.low + other.low, self.high + other.high, merged(self.by, other.by))

    def times(self, factor: Known) -> Known:
        """Multiply by a figure that is 0 or more."""
        return Known(
            _product(self.low, factor.low if self.low >= 0 else factor.high),
            _product(self.high, factor.high if self.high >= 0 else factor.low),
            merged(self.by, factor.by),
        )

    def meet(self, other: Known) -> Known:
        """Give what both allow; empty (low above high) when they disagree."""
        return Known(
            max(self.low, other.low), min(self.high, other.high), merged(self.by, other.by)
        )


def _product(one: float, other: float) -> float:
    return 0.0 if 0.0 in (one, other) else one * other


AnyRecord = TypeVar("AnyRecord", bound=Record)


def merged(*groups: Sequence[AnyRecord]) -> tuple[AnyRecord, ...]:
    """Join groups of records, each once, in order."""
    seen: dict[str, AnyRecord] = {}
    for record in (record for group in groups for record in group):
        seen.setdefault(record.id, record)
    return tuple(seen.values())


def total_of(parts: Iterable[Known]) -> Known:
    """Add up figures."""
    result = Known(0.0, 0.0)
    for part in parts:
        result = result + part
    return result
