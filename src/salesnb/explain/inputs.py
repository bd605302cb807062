"""Checks that every function of this room makes on what it is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pandas import DataFrame

from salesnb.errors import MetricError, Problem


def names(by: str | Sequence[str]) -> list[str]:
    """Give a list of column names from one name or several."""
    return [by] if isinstance(by, str) else list(by)


def require_columns(frame: DataFrame, columns: Sequence[str], where: str) -> None:
    """Raise one MetricError that names every column which `frame` lacks."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        got = ", ".join(str(column) for column in frame.columns) or "no columns"
        raise MetricError([Problem(f"`{column}` is missing", got=got) for column in missing], where)


def numbers(values: object, where: str) -> np.ndarray:
    """Give `values` as floats; raise a MetricError when one is empty, infinite or text."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise MetricError(Problem("the values are not all numbers", where=where)) from error
    bad = ~np.isfinite(array)
    if bad.any():
        raise MetricError(
            Problem(
                f"{int(bad.sum())} of {array.size} values are empty or infinite",
                where=where,
                fix="Leave such rows out, or fill them before.",
            )
        )
    return array


def check_sum(parts: float, whole: float, scale: float, where: str) -> None:
    """Raise a MetricError when parts do not make up the whole they explain."""
    if not abs(parts - whole) <= 1e-9 * max(abs(scale), 1.0):
        raise MetricError(Problem(f"the parts sum to {parts!r} and not to {whole!r}", where=where))
