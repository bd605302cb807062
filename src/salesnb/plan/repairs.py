"""Suggested repairs: everyone gives the same part, nobody the whole difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from salesnb.plan.projection import project
from salesnb.plan.rounding import largest_remainder


def proportional(
    total: float,
    parts: Sequence[float],
    lower: Sequence[float] | None = None,
    upper: Sequence[float] | None = None,
) -> list[float]:
    """Change all parts by one factor, within bounds, so that they add up.

    A linear programme would put the whole difference on one part; that is a repair nobody
    accepts. Where the bounds cannot meet the total the nearest is given.

    Examples
    --------
    >>> shares = [0.378, 0.295, 0.25, 0.22]
    >>> [round(x, 4) for x in proportional(1.12, shares)]
    [0.3704, 0.2891, 0.245, 0.2156]
    """
    start = np.asarray(parts, dtype=float)
    if not len(start) or start.sum() <= 0:
        return [total / len(start)] * len(start) if len(start) else []
    low = np.zeros(len(start)) if lower is None else np.asarray(lower, dtype=float)
    high = np.full(len(start), np.inf) if upper is None else np.asarray(upper, dtype=float)
    return [float(value) for value in project(total, start, low, high)]


def whole_parts(total: float, parts: Sequence[float]) -> list[float]:
    """Change counts in proportion so that they add up, each a whole number.

    Examples
    --------
    >>> whole_parts(100, [60, 45, 10])
    [52.0, 39.0, 9.0]
    """
    if total < 0 or total % 1 or min(parts, default=0) < 0 or sum(parts) <= 0:
        return proportional(total, parts)
    return [float(count) for count in largest_remainder(int(total), list(parts))]
