"""Checks that every function of this room makes on what it is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pandas import DataFrame, concat

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


def shared_items(
    current: DataFrame, prior: DataFrame, by: Sequence[str]
) -> tuple[DataFrame, np.ndarray, np.ndarray]:
    """Give the items of two frames, sorted by key, and the place among them of each row.

    Returns
    -------
    One row for each item with its key columns, and the places of the rows of `current` and of
    `prior`. An empty key is a key of its own.
    """
    keys = list(by)
    codes, firsts = [], []
    for side in (current, prior):
        code = side.groupby(keys, observed=True, dropna=False, sort=False).ngroup().to_numpy()
        places = np.unique(code, return_index=True)[1]
        # Few rows are left, so that both sides can be made to speak one type.
        firsts.append(side[keys].iloc[places].astype(object))
        codes.append(code)
    both = concat(firsts, ignore_index=True)
    place = both.groupby(keys, dropna=False).ngroup().to_numpy()
    items = both.iloc[np.unique(place, return_index=True)[1]].reset_index(drop=True)
    size = len(firsts[0])
    return items, place[:size][codes[0]], place[size:][codes[1]]


def check_sum(parts: float, whole: float, scale: float, where: str) -> None:
    """Raise a MetricError when parts do not make up the whole they explain."""
    if not abs(parts - whole) <= 1e-9 * max(abs(scale), 1.0):
        raise MetricError(Problem(f"the parts sum to {parts!r} and not to {whole!r}", where=where))
