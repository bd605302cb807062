"""Rows that are about a part of the company named in a scope: targets, market figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from salesnb.data.scope import DIMENSIONS, parse_scope
from salesnb.metrics.dataset import ALL, Dataset
from salesnb.period import Period, Window


def with_scopes(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the dimensions of each row's scope.

    Returns
    -------
    The rows with `keys` (names of the dimensions, in the order of scopes, joined by commas) and
    a column `in_<dimension>` for each dimension any row names; "" where a row does not.
    """
    scopes = frame["scope"].astype("str").fillna("")
    parsed = {text: parse_scope(text) for text in scopes.unique()}
    used = [name for name in DIMENSIONS if any(name in scope for scope in parsed.values())]
    columns = {
        f"in_{name}": scopes.map({text: scope.get(name, "") for text, scope in parsed.items()})
        for name in used
    }
    keys = scopes.map({text: ",".join(scope) for text, scope in parsed.items()})
    return frame.assign(keys=keys, **columns)


def key_of(dimensions: Sequence[str]) -> str:
    """Write dimensions as `with_scopes` writes the keys of a row."""
    return ",".join(name for name in DIMENSIONS if name in dimensions)


def fixed_scope(dataset: Dataset) -> dict[str, str]:
    """Give the scope of everything a dataset holds."""
    return {} if dataset.region == ALL else {"region": dataset.region}


def matching(
    rows: pd.DataFrame, dimensions: Sequence[str], where: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Keep the rows whose scope names exactly these dimensions, with the values asked for.

    Returns
    -------
    The rows, with each dimension under its own name.
    """
    found = rows[rows["keys"] == key_of(dimensions)]
    for name, wanted in where.items():
        if len(found):
            found = found[found[f"in_{name}"].isin([str(value) for value in wanted])]
    return found.assign(
        **{
            name: found[f"in_{name}"] if f"in_{name}" in found.columns else ""
            for name in dimensions
        }
    )


def tiled(dataset: Dataset, when: Period | Window, there: frozenset[str]) -> tuple[list[str], bool]:
    """Cover a period with the periods there are: itself, else the next finer ones (E11).

    Parameters
    ----------
    there
        Names of the periods that have a value.

    Returns
    -------
    The periods to add up, and whether they cover all of it. A period coarser than what is asked
    for is never cut.
    """
    if isinstance(when, Window):
        return _tiled_window(dataset, when, there)
    if str(when) in there:
        return [str(when)], True
    finer = {
        "year": [Period("quarter", when.ordinal * 4 + step) for step in range(4)],
        "quarter": list(dataset.calendar.months_of(when)) if when.kind == "quarter" else [],
        "month": [],
    }[when.kind]
    pieces = [tiled(dataset, part, there) for part in finer]
    found = [name for names, _ in pieces for name in names]
    return found, bool(pieces) and all(whole for _, whole in pieces)


def _tiled_window(
    dataset: Dataset, window: Window, there: frozenset[str]
) -> tuple[list[str], bool]:
    """Cover a window with whole periods that lie in it, the coarsest first."""
    calendar = dataset.calendar
    found: list[str] = []
    covered: set[Period] = set()
    months = [
        month
        for month in calendar.periods(window, "month")
        if calendar.window(month).start >= window.start and calendar.window(month).end <= window.end
    ]
    for kind in ("year", "quarter", "month"):
        for period in calendar.periods(window, kind):
            own = set(calendar.months_of(period))
            if str(period) in there and own <= set(months) and not own & covered:
                found.append(str(period))
                covered |= own
    if not months or covered != set(months):
        return found, False
    ends = calendar.window(months[0]).start, calendar.window(months[-1]).end
    return found, ends == (window.start, window.end)
