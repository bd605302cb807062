"""Rates of many small cells, drawn towards what their row and column lead one to expect."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from salesnb.errors import MetricError, Problem
from salesnb.explain.intervals import benjamini_hochberg

# A cell's own rate counts fully only far beyond so many trials, however alike the cells are.
_LEAST_PRIOR, _MOST_PRIOR = 1.0, 10_000.0


def shrink_to_margins(successes: ArrayLike, trials: ArrayLike) -> pd.DataFrame:
    """Estimate the rate of every cell of a grid from its own trials and its row and column.

    A cell is expected at row rate · column rate / overall rate. Its estimate is the mean of its
    own rate, weighted by its trials, and of the expected one, weighted by the trials the spread
    of all cells around their expectation is worth: where cells differ by no more than chance
    the estimate is the expectation.

    Parameters
    ----------
    successes, trials
        Counts, rows × columns; 0 ≤ successes ≤ trials.

    Returns
    -------
    One row for each cell with trials: `row`, `column` (places), `successes`, `trials`, `rate`,
    `expected`, `estimate`, `p_value` (two-sided, the cell against all the others) and `adjusted`,
    the p-value corrected for the number of cells looked at (Benjamini–Hochberg).

    Raises
    ------
    MetricError
        If the shapes differ, or more succeed than were tried.

    Notes
    -----
    Empirical Bayes with a beta prior around each expectation, its weight from the moments of all
    cells: Efron and Morris, JASA 70 (1975).

    Examples
    --------
    >>> cells = shrink_to_margins([[30, 10], [10, 10]], [[100, 100], [100, 100]])
    >>> cells[["rate", "expected"]].round(3).to_numpy().tolist()[0]
    [0.3, 0.267]
    """
    hits, tries = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    if hits.shape != tries.shape or hits.ndim != 2:
        raise MetricError(Problem("successes and trials must be two grids of one shape"))
    if (hits < 0).any() or (hits > tries).any():
        raise MetricError(Problem("a cell has more successes than trials"))
    whole_hits, whole = float(hits.sum()), float(tries.sum())
    rows, columns = np.nonzero(tries > 0)
    hit, n = hits[rows, columns], tries[rows, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        by_row = hits.sum(axis=1) / tries.sum(axis=1)
        by_column = hits.sum(axis=0) / tries.sum(axis=0)
    overall = whole_hits / whole if whole else 0.0
    expected = np.clip(by_row[rows] * by_column[columns] / overall, 0, 1) if overall else n * 0
    rate = hit / n
    prior = _prior(rate, n, expected)
    p_values = _against_rest(hit, n, whole_hits, whole)
    return pd.DataFrame(
        {
            "row": rows,
            "column": columns,
            "successes": hit,
            "trials": n,
            "rate": rate,
            "expected": expected,
            "estimate": (hit + prior * expected) / (n + prior),
            "p_value": p_values,
            "adjusted": benjamini_hochberg(p_values) if len(p_values) else p_values,
        }
    )


def _prior(rate: np.ndarray, n: np.ndarray, expected: np.ndarray) -> float:
    """Give the trials the expectation is worth: what chance alone does over what is left."""
    noise = expected * (1 - expected)
    if not len(rate) or not noise.sum():
        return _MOST_PRIOR
    between = float((n * (rate - expected) ** 2 - noise).sum() / n.sum())
    if between <= 0:
        return _MOST_PRIOR
    mean = float(np.average(noise, weights=n))
    return float(np.clip(mean / between - 1, _LEAST_PRIOR, _MOST_PRIOR))


def _against_rest(hit: np.ndarray, n: np.ndarray, whole_hits: float, whole: float) -> np.ndarray:
    """Test each cell against all the others together."""
    rest = whole - n
    pooled = whole_hits / whole if whole else 0.0
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / np.where(rest > 0, rest, np.inf)))
    gap = hit / n - np.divide(whole_hits - hit, rest, out=np.zeros_like(n), where=rest > 0)
    z = np.divide(np.abs(gap), spread, out=np.zeros_like(n), where=(spread > 0) & (rest > 0))
    tail = NormalDist().cdf
    return np.array([2 * (1 - tail(float(each))) for each in z])
