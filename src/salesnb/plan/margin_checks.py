"""What two margins must be before a table is fitted to them, and who stands in whose way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem
from salesnb.plan.flow import Flow, largest_flow, never_used
from salesnb.plan.projection import tolerance

Bounds = pd.DataFrame | float | None
Margin = pd.Series | Mapping[str, float] | Sequence[float]


def read_margins(
    start: pd.DataFrame, rows: Margin, columns: Margin
) -> tuple[np.ndarray, np.ndarray]:
    """Give both margins in the order of the table, or say all that is wrong with them."""
    by_row = _labelled(rows, start.index, "rows")
    by_column = _labelled(columns, start.columns, "columns")
    problems = []
    for word, labels, margin in (
        ("row", start.index, by_row),
        ("column", start.columns, by_column),
    ):
        for axis in (labels, margin.index):
            problems += [
                Problem(f"{word} `{label}` appears twice")
                for label in axis[axis.duplicated()].unique()
            ]
        problems += [
            Problem(f"{word} `{label}` has no target")
            for label in labels.difference(margin.index, sort=False)
        ]
        problems += [
            Problem(f"{word} target `{label}` is not in the table")
            for label in margin.index.difference(labels, sort=False)
        ]
        bad = margin[~(np.isfinite(margin.astype(float)) & (margin.astype(float) >= 0))]
        problems += [
            Problem(f"the target of {word} `{label}` is a number, 0 or more", got=f"{value}")
            for label, value in bad.items()
        ]
    cells = start.to_numpy(dtype=float)
    for row, column in zip(*np.nonzero(~(np.isfinite(cells) & (cells >= 0))), strict=True):
        cell = f"cell `{start.index[row]}`, `{start.columns[column]}`"
        problems.append(Problem(f"{cell} is a number, 0 or more", got=f"{cells[row, column]}"))
    if start.empty:
        problems.append(Problem("the table is empty"))
    if problems:
        raise ParameterError(problems)
    row_total, column_total = float(by_row.sum()), float(by_column.sum())
    if abs(row_total - column_total) > tolerance(row_total, column_total):
        raise ParameterError(
            Problem(
                "rows and columns share one total",
                got=f"rows {row_total:,.10g}, columns {column_total:,.10g}, "
                f"{column_total - row_total:+,.10g} apart",
                fix="Decide which total holds and bring the other margin to it.",
            )
        )
    in_order = (
        by_row.reindex(start.index).to_numpy(dtype=float),
        by_column.reindex(start.columns).to_numpy(dtype=float),
    )
    return in_order


def _labelled(margin: Margin, labels: pd.Index, name: str) -> pd.Series:
    """Give a margin with labels; a bare list is in the order of the table."""
    if isinstance(margin, pd.Series | Mapping):
        return pd.Series(margin)
    if len(margin) != len(labels):
        got = f"{len(margin)} for {len(labels)}"
        raise ParameterError(Problem(f"`{name}` has one target for each of the table's", got=got))
    return pd.Series(list(margin), index=labels)


def read_bounds(start: pd.DataFrame, bounds: Bounds, name: str, none: float) -> np.ndarray:
    """Give the bound of each cell, `none` where there is none."""
    if bounds is None or isinstance(bounds, int | float):
        return np.full(start.shape, none if bounds is None else float(bounds))
    if set(bounds.index) - set(start.index) or set(bounds.columns) - set(start.columns):
        raise ParameterError(Problem(f"`{name}` has rows or columns the table does not have"))
    laid = bounds.reindex(index=start.index, columns=start.columns).astype(float)
    return np.maximum(laid.fillna(none).to_numpy(), 0.0)


def check_cells(
    start: pd.DataFrame,
    targets: tuple[np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Refuse what one cell, row or column alone makes impossible."""
    problems = []
    for row, column in zip(*np.nonzero(low > high), strict=True):
        cell = f"cell `{start.index[row]}`, `{start.columns[column]}`"
        least, most = low[row, column], high[row, column]
        text = (
            f"{cell} is closed (0 at the start) and at least {least:,.10g}"
            if start.iloc[row, column] == 0
            else f"{cell} is at least {least:,.10g} and at most {most:,.10g}"
        )
        problems.append(Problem(text))
    for axis, labels, wanted, word in (
        (1, start.index, targets[0], "row"),
        (0, start.columns, targets[1], "column"),
    ):
        least, most = low.sum(axis=axis), high.sum(axis=axis)
        for place, label in enumerate(labels):
            slack, target = tolerance(wanted[place]), wanted[place]
            if most[place] == 0 and target > slack:
                fix = "Give the cells that may open a small start."
                text = f"{word} `{label}` is empty at the start and wants {target:,.10g}"
                problems.append(Problem(text, fix=fix))
            elif target > most[place] + slack:
                text = f"{word} `{label}` wants {target:,.10g}, its cells allow {most[place]:,.10g}"
                problems.append(Problem(text))
            elif target < least[place] - slack:
                text = f"{word} `{label}` wants {target:,.10g}, its cells ask {least[place]:,.10g}"
                problems.append(Problem(text))
    if problems:
        raise ParameterError(problems)


def check_flow(
    start: pd.DataFrame,
    targets: tuple[np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> np.ndarray:
    """Refuse margins no table has; mark the open cells that can only be 0."""
    rows = np.maximum(targets[0] - low.sum(axis=1), 0.0)
    columns = np.maximum(targets[1] - low.sum(axis=0), 0.0)
    slack = tolerance(float(rows.sum()))
    room = high - low
    flow = largest_flow(rows, columns, room, slack / 100)
    if rows.sum() - flow.size > slack:
        raise ParameterError(_blocked(start, rows, columns, room, flow))
    return never_used(flow, room, slack / 100) & (low == 0)


def _blocked(
    start: pd.DataFrame, rows: np.ndarray, columns: np.ndarray, room: np.ndarray, flow: Flow
) -> Problem:
    """Name the rows that want more than the columns open to them take."""
    wants = float(rows[flow.rows_cut].sum())
    takes = float(columns[flow.columns_cut].sum())
    beside = float(room[np.ix_(flow.rows_cut, ~flow.columns_cut)].sum())
    names = _listed([str(label) for label in start.index[flow.rows_cut]])
    open_to = _listed([str(label) for label in start.columns[flow.columns_cut]])
    through = f" and {beside:,.10g} through bounded cells" if beside else ""
    return Problem(
        f"above the lower bounds, rows {names} want {wants:,.10g}, but columns {open_to} take "
        f"only {takes:,.10g}{through}, {wants - takes - beside:,.10g} too little",
        fix="Open a cell, loosen a bound or change a target.",
    )


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]])) or "none"
