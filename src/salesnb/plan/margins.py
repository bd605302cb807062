"""A table that meets two margins: product by region from both sets of targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem
from salesnb.plan.flow import Flow, largest_flow, never_used
from salesnb.plan.projection import meet, tolerance

Bounds = pd.DataFrame | float | None


@dataclass(frozen=True)
class Fit:
    """A table fitted to two margins.

    Attributes
    ----------
    matrix
        The table, rows and columns as in the start.
    residual
        Largest distance of a row or column sum from its target, in the unit of the targets.
    rounds
        How often rows and columns were fitted in turn.
    converged
        Whether the residual is within the tolerance asked for.
    forced_zeros
        Cells (row, column) that were open but can only be 0 in any table with these margins.
    """

    matrix: pd.DataFrame
    residual: float
    rounds: int
    converged: bool
    forced_zeros: tuple[tuple[str, str], ...] = ()


def fit_margins(
    start: pd.DataFrame,
    rows: pd.Series,
    columns: pd.Series,
    *,
    lower: Bounds = None,
    upper: Bounds = None,
    accuracy: float = 1e-10,
    max_rounds: int = 10_000,
) -> Fit:
    """Fit a table to row and column targets, keeping its proportions as far as they allow.

    Parameters
    ----------
    start
        Last year's table, 0 or more: one row and column for each item. A cell at 0 is closed
        and stays 0; give a small amount to a cell that may open.
    rows, columns
        Target of each row and column, 0 or more, in one unit; the sums agree.
    lower, upper
        Bounds of cells: a table like `start` (missing is none), or one number for all.
    accuracy
        Largest residual allowed, as a part of the total.
    max_rounds
        When to give up; `converged` is False then.

    Returns
    -------
    A `Fit`. Without bounds each cell is start × row factor × column factor, so the cross
    ratios of the start are kept; with bounds that holds for the cells not at one.

    Raises
    ------
    ParameterError
        If the margins do not sum to the same, a label is missing, an amount is missing or
        below 0, or no table can have these margins with these closed and bounded cells. The
        last names the rows and columns that stand in each other's way.

    Notes
    -----
    Iterative proportional fitting: Deming and Stephan, "On a least squares adjustment of a
    sampled frequency table", 1940. Margins and closed cells are checked by a largest flow
    first, since fitting inconsistent margins runs on without an answer.

    Examples
    --------
    >>> start = pd.DataFrame([[1, 1], [1, 3]], index=["E", "S"], columns=["A", "B"])
    >>> fit = fit_margins(start, pd.Series({"E": 40, "S": 60}), pd.Series({"A": 50, "B": 50}))
    >>> fit.matrix.round(2).to_numpy().tolist()
    [[26.41, 13.59], [23.59, 36.41]]
    """
    targets = _targets(start, rows, columns)
    low, high = _bounds(start, lower, "lower", 0.0), _bounds(start, upper, "upper", np.inf)
    seed = start.to_numpy(dtype=float)
    high = np.where(seed > 0, high, 0.0)
    _check_cells(start, targets, low, high)
    plain = not low.any() and not np.isfinite(high[seed > 0]).any()
    forced = np.zeros(seed.shape, dtype=bool)
    if not (plain and (seed > 0).all()):
        forced = _check_flow(start, targets, low, high)
    seed = np.where(forced, 0.0, seed)
    high = np.where(forced, 0.0, high)
    limit = accuracy * max(float(targets[0].sum()), 1e-300)
    fitted, rounds = (
        _scale(seed, *targets, limit, max_rounds)
        if plain
        else _scale_within(seed, *targets, low, high, limit, max_rounds)
    )
    residual = _residual(fitted, *targets)
    return Fit(
        matrix=pd.DataFrame(fitted, index=start.index, columns=start.columns),
        residual=residual,
        rounds=rounds,
        converged=residual <= limit,
        forced_zeros=tuple(
            (str(start.index[row]), str(start.columns[column]))
            for row, column in zip(*np.nonzero(forced), strict=True)
        ),
    )


def round_matrix(matrix: pd.DataFrame, unit: float = 1.0) -> pd.DataFrame:
    """Round a table to whole units, keeping every row and column sum.

    Parameters
    ----------
    matrix
        A table whose row and column sums are whole multiples of `unit`.
    unit
        What each cell becomes a multiple of.

    Returns
    -------
    A table like `matrix`; each cell is its amount rounded down or up, and the larger fractions
    are rounded up first as far as the sums let them.

    Raises
    ------
    ParameterError
        If a row or column sum is no multiple of the unit.

    Notes
    -----
    Controlled rounding: the fractions are a flow from rows to columns, and a flow of whole
    numbers with the same margins exists. Cox, "A constructive procedure for unbiased
    controlled rounding", 1987.

    Examples
    --------
    >>> table = pd.DataFrame([[1.5, 0.5], [1.5, 0.5]], index=["E", "S"], columns=["A", "B"])
    >>> round_matrix(table).to_numpy().tolist()
    [[2.0, 0.0], [1.0, 1.0]]
    """
    parts = matrix.to_numpy(dtype=float) / unit
    problems = []
    for axis, labels, word in ((1, matrix.index, "row"), (0, matrix.columns, "column")):
        sums = parts.sum(axis=axis)
        off = np.abs(sums - np.round(sums)) > 1e-6
        problems += [
            Problem(f"{word} `{label}` is no whole multiple of {unit:,.10g}", got=f"{total:,.10g}")
            for label, total in zip(labels[off], sums[off] * unit, strict=True)
        ]
    if problems:
        raise ParameterError(problems)
    whole = np.floor(parts + 1e-7)
    fractions = np.where(parts - whole > 1e-7, parts - whole, 0.0)
    rows_up = np.round(parts.sum(axis=1) - whole.sum(axis=1))
    columns_up = np.round(parts.sum(axis=0) - whole.sum(axis=0))
    # The flow fills cells from the left, so the largest fractions of all go first.
    order = np.argsort(-fractions.max(axis=0, initial=0.0), kind="stable")
    rows_order = np.argsort(-fractions.max(axis=1, initial=0.0), kind="stable")
    room = (fractions > 0).astype(float)[np.ix_(rows_order, order)]
    flow = largest_flow(rows_up[rows_order], columns_up[order], room, slack=0.5)
    up = np.zeros_like(parts)
    up[np.ix_(rows_order, order)] = flow.cells
    return pd.DataFrame((whole + up) * unit, index=matrix.index, columns=matrix.columns)


# Fitting ---------------------------------------------------------------------------------


def _scale(
    seed: np.ndarray, rows: np.ndarray, columns: np.ndarray, limit: float, max_rounds: int
) -> tuple[np.ndarray, int]:
    fitted = seed.copy()
    for done in range(1, max_rounds + 1):
        fitted *= _factors(rows, fitted.sum(axis=1))[:, None]
        fitted *= _factors(columns, fitted.sum(axis=0))
        # Columns fit exactly now, so what rows are off by is the residual.
        if np.abs(fitted.sum(axis=1) - rows).max() <= limit:
            return fitted, done
    return fitted, max_rounds


def _factors(wanted: np.ndarray, present: np.ndarray) -> np.ndarray:
    return np.divide(wanted, present, out=np.zeros_like(wanted), where=present > 0)


def _scale_within(
    seed: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    limit: float,
    max_rounds: int,
) -> tuple[np.ndarray, int]:
    """Fit rows and columns in turn, each within the bounds of its cells.

    The factors are kept, not the clipped cells: a cell that met its bound early must be able
    to leave it again.
    """
    row_factors, column_factors = np.ones(len(rows)), np.ones(len(columns))
    fitted = np.clip(seed, low, high)
    for done in range(1, max_rounds + 1):
        _refit(rows, seed * column_factors, low, high, row_factors)
        _refit(columns, (seed * row_factors[:, None]).T, low.T, high.T, column_factors)
        fitted = np.clip(seed * row_factors[:, None] * column_factors, low, high)
        if _residual(fitted, rows, columns) <= limit:
            return fitted, done
    return fitted, max_rounds


def _refit(
    wanted: np.ndarray,
    weights: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    factors: np.ndarray,
) -> None:
    """Set each line's factor so that its clipped cells meet its target."""
    for line, total in enumerate(wanted):
        moving = weights[line] > 0
        if not moving.any():
            continue
        weight = weights[line][moving]
        left = total - float(low[line][~moving].sum())
        bounds = low[line][moving], high[line][moving]
        _, factor = meet(left, np.zeros_like(weight), weight, *bounds)
        if np.isfinite(factor):
            factors[line] = factor


def _residual(fitted: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    return float(
        max(np.abs(fitted.sum(axis=1) - rows).max(), np.abs(fitted.sum(axis=0) - columns).max())
    )


# Checking --------------------------------------------------------------------------------


def _targets(
    start: pd.DataFrame, rows: pd.Series, columns: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Give both margins in the order of the table, or say all that is wrong with them."""
    problems = []
    for word, labels, margin in (("row", start.index, rows), ("column", start.columns, columns)):
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
    row_total, column_total = float(rows.sum()), float(columns.sum())
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
        rows.reindex(start.index).to_numpy(dtype=float),
        columns.reindex(start.columns).to_numpy(dtype=float),
    )
    return in_order


def _bounds(start: pd.DataFrame, bounds: Bounds, name: str, none: float) -> np.ndarray:
    if bounds is None or isinstance(bounds, int | float):
        return np.full(start.shape, none if bounds is None else float(bounds))
    if set(bounds.index) - set(start.index) or set(bounds.columns) - set(start.columns):
        raise ParameterError(Problem(f"`{name}` has rows or columns the table does not have"))
    laid = bounds.reindex(index=start.index, columns=start.columns).to_numpy(dtype=float)
    return np.nan_to_num(laid, nan=none, posinf=np.inf)


def _check_cells(
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


def _check_flow(
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
