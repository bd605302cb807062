"""A table that meets two margins: product by region from both sets of targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.plan.margin_checks import (
    Bounds,
    Margin,
    check_cells,
    check_flow,
    read_bounds,
    read_margins,
)
from salesnb.plan.projection import meet


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
    rows: Margin,
    columns: Margin,
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
        Target of each row and column, by label or in the table's order, 0 or more, in one
        unit; the sums agree.
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
    targets = read_margins(start, rows, columns)
    low, high = read_bounds(start, lower, "lower", 0.0), read_bounds(start, upper, "upper", np.inf)
    seed = start.to_numpy(dtype=float)
    high = np.where(seed > 0, high, 0.0)
    check_cells(start, targets, low, high)
    plain = not low.any() and not np.isfinite(high[seed > 0]).any()
    forced = np.zeros(seed.shape, dtype=bool)
    if not (plain and (seed > 0).all()):
        forced = check_flow(start, targets, low, high)
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
