"""Signal or noise over time: process behaviour charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers

# Bias of the range, of the median range, and upper limit of the range, for samples of two
# (Wheeler & Chambers, Understanding Statistical Process Control, table A.1).
D2 = 1.128
D2_MEDIAN = 0.954
D4 = 3.267
LEAST_POINTS = 8
RUN = 8


@dataclass(frozen=True)
class Chart:
    """A process behaviour chart.

    Attributes
    ----------
    points
        One row for each value, in order: `value`, `centre`, `lower`, `upper`, `phase` (0, 1 …;
        limits are one line in a phase), `rule` (which rule fires at this point: "outside", "run",
        "near", or "" for none), and for XmR `moving_range`, `range_upper`.
    centre, lower, upper
        The limits in force at the last point. For a p-chart they are those of its denominator.
    enough
        Whether the limits rest on at least 8 values; with fewer they are a first idea.
    """

    points: DataFrame
    centre: float
    lower: float
    upper: float
    enough: bool

    @property
    def signals(self) -> DataFrame:
        """The points at which a rule fires."""
        return self.points[self.points["rule"] != ""]


def xmr(
    values: ArrayLike,
    baseline: int | None = None,
    restart: bool = True,
    spread: Literal["mean", "median"] = "mean",
) -> Chart:
    """Draw the limits of an XmR chart (individual values and moving range).

    Take season and working days out first (`salesnb.explain.season.adjust_series`). For rates with
    differing denominators use `p_chart`.

    Parameters
    ----------
    values
        The series, oldest first; NaN where there is no value, which no rule counts.
    baseline
        Freeze the limits after so many values (8 at least, better 12), as one does month by month.
        By default all values make the limits, as one does when looking back.
    restart
        With a baseline: when 8 values in a row lie on one side of the centre, the process has
        moved, and a new phase with new limits starts at the first of them.
    spread
        Limits from the mean moving range (2.66) or from its median (3.145), which a few wild
        values disturb less.

    Returns
    -------
    A Chart. Limits are NaN with fewer than two values. Its rules: "outside" a limit; "run", 8 in a
    row on one side of the centre; "near", 3 of 4 nearer a limit than the centre, on one side.

    Raises
    ------
    MetricError
        If `baseline` is below 2.

    Notes
    -----
    centre ± 3 × mean moving range / 1.128, which is 2.66 × unrounded; upper limit of the range
    3.267 × its mean. Wheeler, Understanding Variation, 2nd ed. (2000); NIST/SEMATECH e-Handbook,
    6.3.2.2.

    Examples
    --------
    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> chart = xmr(flow)
    >>> round(chart.centre, 2), round(chart.lower, 4), round(chart.upper, 4)
    (50.81, 45.8159, 55.8041)
    """
    if baseline is not None and baseline < 2:
        raise MetricError(Problem("`baseline` must be 2 or more", got=str(baseline)))
    series = _series(values)
    known = np.flatnonzero(~np.isnan(series))
    clean = series[known]
    size = len(clean)
    centre, reach, range_upper = (np.full(size, np.nan) for _ in range(3))
    phase, rule = np.zeros(size, dtype=int), np.full(size, "", dtype=object)
    start, number, used = 0, 0, size
    while start < size:
        used = min(baseline or size, size - start)
        middle, distance, widest = _limits(clean[start : start + used], spread)
        rest = slice(start, size)
        centre[rest], reach[rest], range_upper[rest] = middle, distance, widest
        phase[rest] = number
        found = _rules(clean[rest], centre[rest], reach[rest])
        # A run inside the baseline belongs to the limits themselves.
        runs = np.flatnonzero(_runs(np.sign(clean[rest] - middle))[used:] >= RUN) + used
        moved = bool(baseline and restart and len(runs))
        end = int(runs[0]) + 1 if moved else size - start
        # Of the points that begin a new phase, what fired at the time stays on the chart.
        rule[start : start + end] = np.where(
            found[:end] == "", rule[start : start + end], found[:end]
        )
        if not moved:
            break
        start, number = start + end - RUN, number + 1
    ranges = np.r_[np.nan, np.abs(np.diff(clean))][:size]
    columns = {
        "centre": centre,
        "lower": centre - reach,
        "upper": centre + reach,
        "moving_range": ranges,
        "range_upper": range_upper,
        "phase": phase,
        "rule": rule,
    }
    return _chart(series, columns, known, used >= LEAST_POINTS)


def p_chart(
    successes: ArrayLike, trials: ArrayLike, baseline: int | None = None, laney: bool = False
) -> Chart:
    """Draw the limits of a rate whose denominator differs from period to period.

    Parameters
    ----------
    successes, trials
        Counts of each period, oldest first. A period without trials has no value.
    baseline
        Take the centre from the first so many periods, and keep it; by default from all.
    laney
        Widen (or narrow) the limits by what rates really vary beyond chance, for large counts:
        Laney's p′ chart.

    Returns
    -------
    A Chart; rates are 0 to 1 and so are the limits.

    Raises
    ------
    MetricError
        If the sides differ in length, or more succeed than were tried.

    Notes
    -----
    p̄ = Σ successes / Σ trials, limits p̄ ± 3 √(p̄ (1 − p̄) / n). NIST/SEMATECH e-Handbook, 6.3.3.2;
    Laney, "Improved control charts for attributes", Quality Engineering 14 (2002).

    Examples
    --------
    >>> p_chart([10, 10], [100, 25]).points[["lower", "upper"]].round(3).to_numpy().tolist()
    [[0.05, 0.27], [0.0, 0.38]]
    """
    above, below = numbers(successes, "successes").ravel(), numbers(trials, "trials").ravel()
    if len(above) != len(below) or (above < 0).any() or (above > below).any():
        raise MetricError(
            Problem(
                "a rate needs 0 ≤ successes ≤ trials in every period",
                got=f"{len(above)} successes and {len(below)} trials",
            )
        )
    known = np.flatnonzero(below > 0)
    used = known[: baseline or len(known)]
    centre = above[used].sum() / below[used].sum() if len(used) else np.nan
    sizes = below[known]
    rates = above[known] / sizes
    sigma = np.sqrt(centre * (1 - centre) / sizes)
    if laney and len(used) > 1 and 0 < centre < 1:
        scores = (rates[: len(used)] - centre) / sigma[: len(used)]
        sigma = sigma * np.abs(np.diff(scores)).mean() / D2
    middle, reach = np.full(len(known), centre), 3 * sigma
    columns = {
        "centre": middle,
        "lower": np.maximum(middle - reach, 0.0),
        "upper": np.minimum(middle + reach, 1.0),
        "phase": np.zeros(len(known), dtype=int),
        "rule": _rules(rates, middle, reach),
    }
    values = _spread_out(rates, known, len(above), "value")
    return _chart(values, columns, known, len(used) >= LEAST_POINTS)


def _series(values: ArrayLike) -> np.ndarray:
    series = np.asarray(values, dtype=float).ravel()
    numbers(series[~np.isnan(series)], "values")
    return series


def _limits(values: np.ndarray, spread: str) -> tuple[float, float, float]:
    """Give centre, distance of the limits from it, and upper limit of the moving range."""
    if len(values) < 2:
        return float(values.mean()) if len(values) else np.nan, np.nan, np.nan
    ranges = np.abs(np.diff(values))
    if spread == "median":
        typical, bias = float(np.median(ranges)), D2_MEDIAN
        return float(values.mean()), 3 * typical / bias, D4 * typical * D2 / bias
    typical = float(ranges.mean())
    return float(values.mean()), 3 * typical / D2, D4 * typical


def _rules(values: np.ndarray, centre: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Say which rule fires at each point; the strongest where several do."""
    away = values - centre
    side = np.sign(away)
    near = (np.abs(away) > reach / 2) * side
    before = np.r_[np.zeros(3), near]
    alike = sum(before[3 - back : len(before) - back] == near for back in range(4))
    rule = np.full(len(values), "", dtype=object)
    for name, found in (
        # Three of the last four, this one among them, are near one limit.
        ("near", (near != 0) & (alike >= 3)),
        ("run", _runs(side) >= RUN),
        ("outside", np.abs(away) > reach),
    ):
        rule[found] = name
    return rule


def _runs(side: np.ndarray) -> np.ndarray:
    """Give the length of the run on one side that ends at each point."""
    lengths = np.zeros(len(side), dtype=int)
    for place, here in enumerate(side):
        if here != 0:
            goes_on = place > 0 and side[place - 1] == here
            lengths[place] = lengths[place - 1] + 1 if goes_on else 1
    return lengths


def _spread_out(column: np.ndarray, known: np.ndarray, size: int, name: str) -> np.ndarray:
    """Put a column of the known points in the places of all points."""
    if name == "phase":
        # A gap belongs to the phase of the value before it.
        counts = np.zeros(size, dtype=int)
        counts[known] = np.diff(column, prepend=0)
        return counts.cumsum()
    full = np.full(size, "" if name == "rule" else np.nan, dtype=column.dtype)
    full[known] = column
    return full


def _chart(
    values: np.ndarray, columns: dict[str, np.ndarray], known: np.ndarray, enough: bool
) -> Chart:
    """Make a chart of all values and the columns of the known ones."""
    size = len(values)
    spread = {name: _spread_out(column, known, size, name) for name, column in columns.items()}
    points = DataFrame({"value": values} | spread)
    drawn = np.flatnonzero(~np.isnan(columns["centre"]))
    if not len(drawn):
        return Chart(points, np.nan, np.nan, np.nan, False)
    centre, lower, upper = (
        float(columns[name][drawn[-1]]) for name in ("centre", "lower", "upper")
    )
    return Chart(points, centre, lower, upper, enough)
