"""Forecast a series by the way that would have done best on it, with intervals from its misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame, Index

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.explain.accuracy import mase, wape
from salesnb.explain.candidates import CANDIDATES, SHORT_CANDIDATES, Candidate
from salesnb.explain.inputs import numbers

LEAST_HISTORY = 6
LEAST_TRAINING = 3
# With fewer origins to compare on, luck would choose; then the combined candidate stands.
LEAST_ORIGINS = 6
DEFAULT = "combined"
# Nor is it given up for one that is ahead by less than this: such leads change from month to month.
CLEARLY = 1.1
PER_WORKDAY = "_per_workday"
# Misses of the steps beside a step help to judge it.
NEIGHBOURS = 1
# A relative miss needs a forecast away from zero: at least so much of an average value.
LEAST_SIZE = 0.1


@dataclass(frozen=True)
class Forecast:
    """A forecast and what speaks for it.

    Attributes
    ----------
    table
        One row for each period ahead: `step` (1, 2 …), `forecast`, `low`, `high` (NaN where too
        few misses are known for the coverage asked), `misses` (how many they rest on).
    method
        The candidate chosen: `combined`, unless there were six origins or more to compare on and
        the first of `scores` is clearly ahead; that one too where there is no season; "" when
        there is no forecast.
    scores
        One row for each candidate, best first: `candidate`, `wape`, `mase`, `points` (forecasts
        compared), over the same origins and steps for all; NaN where there were none.
    backtest
        One row for each candidate, origin and step: `candidate`, `origin` (values known),
        `step`, `actual`, `forecast`, `error` = actual − forecast.
    coverage
        Share of the actuals of the later half of the backtest inside intervals made from what was
        known before them; NaN where too few can be judged.
    seasonal
        Whether the season could be used: not below two seasons of history.
    reason
        "no_history" below six values, when there is no forecast; else "".
    """

    table: DataFrame
    method: str
    scores: DataFrame
    backtest: DataFrame
    coverage: float
    seasonal: bool
    reason: str

    @property
    def error(self) -> float:
        """The chosen candidate's WAPE on its own past, 0.05 for 5 %; NaN where it has none."""
        rows = self.scores.loc[self.scores["candidate"] == self.method, "wape"]
        return float(rows.iloc[0]) if len(rows) else float("nan")


def forecast(
    history: ArrayLike,
    horizon: int = 3,
    season: int = 12,
    coverage: float = 0.8,
    workdays: ArrayLike | None = None,
    extra: Mapping[str, Candidate] | None = None,
    origins: int = 60,
) -> Forecast:
    """Forecast a series by the candidate that did best on its own past.

    Every candidate forecasts from each of the last origins what is known by now; the one with
    the least WAPE is chosen, but the combined one unless that is clearly ahead. Its relative
    misses at a step give the interval of that step. Candidates meet on equal terms: with two
    seasons known, from where on all of them can forecast.

    Parameters
    ----------
    history
        The series without gaps, oldest first; leave an unfinished period out.
    horizon
        Periods ahead.
    season
        Periods in one season: 12 for months, 4 for quarters.
    coverage
        Share of actuals that the interval should hold.
    workdays
        Working days of each period of the history and of the horizon. Every candidate is then
        also tried on the series per working day; the backtest decides which is better.
    extra
        Further candidates by name: `lagged_driver`, `recorded` (pipeline), `salesnb.explain.ets`.
    origins
        At most so many of the latest origins are tried.

    Returns
    -------
    A Forecast in the unit of the history. Below two seasons nothing seasonal is tried; below six
    values there is no forecast and `reason` says so.

    Raises
    ------
    MetricError
        If a value is empty or infinite, or working days do not fit.
    ParameterError
        If horizon, season or coverage is out of range.

    Notes
    -----
    Rolling origin: Tashman, IJF 16 (2000). Interval: the (n + 1)-corrected quantile of the
    absolute relative misses at the step and its neighbours, that is split conformal prediction
    (Lei et al., JASA 113, 2018), with n the origins over the root of the step, as forecasts of
    overlapping months miss together.

    Examples
    --------
    >>> result = forecast([10, 12, 11, 12, 11, 12, 11, 12], horizon=2)
    >>> result.seasonal, result.table["forecast"].round(1).tolist()
    (False, [11.7, 11.7])
    """
    series = numbers(history, "history").ravel()
    _check(horizon, season, coverage)
    days = _workdays(workdays, len(series) + horizon)
    seasonal = len(series) >= 2 * season
    if len(series) < LEAST_HISTORY:
        return _without(horizon)
    start = season + max(season // 4, 1) if seasonal else LEAST_TRAINING
    first = max(start, len(series) - max(origins, 1))
    trial = _Trial(series, horizon, season, days, list(range(first, len(series) + 1)))
    made = trial.run(CANDIDATES if seasonal else SHORT_CANDIDATES, extra or {})
    scores = trial.scores(made)
    method = str(scores["candidate"].iloc[0])
    usual = DEFAULT if days is None else DEFAULT + PER_WORKDAY
    if seasonal and usual in made:
        least = scores.set_index("candidate")["wape"]
        few = trial.common(made).any(axis=1).sum() < LEAST_ORIGINS
        if few or least[usual] <= CLEARLY * least[method]:
            method = usual
    chosen = made[method]
    misses = trial.relative(chosen)
    reach, counts = _reach(misses, coverage)
    centre = chosen[-1]
    size = trial.size(centre)
    table = DataFrame({"step": np.arange(1, horizon + 1), "forecast": centre})
    table["low"], table["high"] = centre - size * reach, centre + size * reach
    table["misses"] = counts
    return Forecast(
        table=table,
        method=method,
        scores=scores,
        backtest=trial.table(made),
        coverage=trial.covered(misses, coverage),
        seasonal=seasonal,
        reason="",
    )


@dataclass(frozen=True)
class _Trial:
    """One series, and the origins from which candidates forecast it; the last one is now.

    What a candidate made is an array of origins × steps.
    """

    series: np.ndarray
    horizon: int
    season: int
    days: np.ndarray | None
    origins: list[int]

    def run(
        self, candidates: Mapping[str, Candidate], extra: Mapping[str, Candidate]
    ) -> dict[str, np.ndarray]:
        """Let the candidates forecast; keep those that can now and could at half of the time."""
        made = {
            name: np.stack(
                [run(self.series[:origin], self.horizon, self.season) for origin in self.origins]
            )
            for name, run in {**candidates, **extra}.items()
        }
        if self.days is not None:
            for name, run in candidates.items():
                made[name + PER_WORKDAY] = np.stack(
                    [self._per_workday(run, at) for at in self.origins]
                )
        # Before two seasons are known, those that need them cannot forecast.
        late = np.array(self.origins) >= 2 * self.season
        due = ~np.isnan(self.actual) & (late[:, None] if late.any() else True)
        able = {
            name: values
            for name, values in made.items()
            if not np.isnan(values[-1]).any() and (~np.isnan(values) & due).sum() >= due.sum() / 2
        }
        return able

    def _per_workday(self, run: Candidate, origin: int) -> np.ndarray:
        days = np.ones(0) if self.days is None else self.days
        ahead = days[origin : origin + self.horizon]
        return run(self.series[:origin] / days[:origin], self.horizon, self.season) * ahead

    @property
    def actual(self) -> np.ndarray:
        """What came, origins × steps; NaN where it is not known yet."""
        padded = np.r_[self.series, np.full(self.horizon, np.nan)]
        return np.stack([padded[origin : origin + self.horizon] for origin in self.origins])

    def size(self, made: np.ndarray) -> np.ndarray:
        """What a miss is relative to: the forecast, unless it is near zero."""
        least = LEAST_SIZE * float(np.abs(self.series).mean())
        return np.maximum(np.abs(made), least or 1.0)

    def relative(self, made: np.ndarray) -> np.ndarray:
        """Give the misses relative to the forecasts, origins × steps."""
        return (self.actual - made) / self.size(made)

    def common(self, made: Mapping[str, np.ndarray]) -> np.ndarray:
        """Say which forecasts all candidates made and can be judged, origins × steps."""
        return np.asarray(~np.isnan(np.stack([self.actual, *made.values()])).any(axis=0))

    def scores(self, made: Mapping[str, np.ndarray]) -> DataFrame:
        """Rank candidates on the forecasts that all of them made."""
        actual, common = self.actual, self.common(made)
        rows = [
            {
                "candidate": name,
                "wape": wape(actual[common], values[common]),
                "mase": mase(actual[common], values[common], self.series, self.season),
                "points": int(common.sum()),
            }
            for name, values in made.items()
        ]
        return DataFrame(rows).sort_values("wape", kind="stable", ignore_index=True)

    def table(self, made: Mapping[str, np.ndarray]) -> DataFrame:
        """Give every forecast that can be judged, in long form."""
        actual, forecasts = self.actual, np.stack(list(made.values()))
        errors = actual - forecasts
        which, origin, step = np.nonzero(~np.isnan(errors))
        return DataFrame(
            {
                "candidate": Index(list(made), dtype="str")[which],
                "origin": np.array(self.origins)[origin],
                "step": step + 1,
                "actual": actual[origin, step],
                "forecast": forecasts[which, origin, step],
                "error": errors[which, origin, step],
            }
        )

    def covered(self, misses: np.ndarray, coverage: float) -> float:
        """Give the share of actuals inside intervals made from misses known at their origin.

        The first half of the origins only lends its misses: intervals from a handful say little.
        """
        inside = []
        steps = np.arange(1, self.horizon + 1)
        for place, origin in list(enumerate(self.origins))[len(self.origins) // 2 :]:
            known = np.add.outer(self.origins, steps) <= origin
            reach, _ = _reach(np.where(known, misses, np.nan), coverage)
            judged = ~np.isnan(reach) & ~np.isnan(misses[place])
            inside += (np.abs(misses[place]) <= reach)[judged].tolist()
        return float(np.mean(inside)) if len(inside) >= LEAST_HISTORY else float("nan")


def _reach(misses: np.ndarray, coverage: float) -> tuple[np.ndarray, np.ndarray]:
    """Give, for each step, the relative half width of its interval and how many misses made it."""
    horizon = misses.shape[1]
    reach, counts = np.full(horizon, np.nan), np.zeros(horizon, dtype=int)
    for step in range(horizon):
        near = np.abs(misses[:, max(0, step - NEIGHBOURS) : step + NEIGHBOURS + 1])
        known = np.sort(near[~np.isnan(near)])
        counts[step] = len(known)
        own = np.count_nonzero(~np.isnan(misses[:, step]))
        if own and (len(known) + 1) * coverage <= len(known):
            # Forecasts some steps ahead share most of what they miss, so they count for fewer.
            level = coverage * (1 + np.sqrt(step + 1) / own)
            rank = int(np.ceil(min(level, 1) * len(known) - 1e-9))
            reach[step] = known[rank - 1]
    return reach, counts


def _check(horizon: int, season: int, coverage: float) -> None:
    problems = []
    if horizon < 1:
        problems.append(Problem("`horizon` must be 1 or more", got=str(horizon)))
    if season < 2:
        problems.append(Problem("`season` must be 2 or more", got=str(season)))
    if not 0 < coverage < 1:
        problems.append(Problem("`coverage` must lie between 0 and 1", got=str(coverage)))
    if problems:
        raise ParameterError(problems, "forecast")


def _workdays(workdays: ArrayLike | None, size: int) -> np.ndarray | None:
    if workdays is None:
        return None
    days = numbers(workdays, "workdays").ravel()
    if len(days) != size or (days <= 0).any():
        raise MetricError(
            Problem(
                "`workdays` must hold one positive count for each period of history and horizon",
                got=f"{len(days)} counts for {size} periods",
            )
        )
    return days


def _without(horizon: int) -> Forecast:
    steps = np.arange(1, horizon + 1)
    table = DataFrame({"step": steps, "forecast": np.nan, "low": np.nan, "high": np.nan})
    return Forecast(
        table=table.assign(misses=0),
        method="",
        scores=DataFrame(columns=["candidate", "wape", "mase", "points"]),
        backtest=DataFrame(columns=["candidate", "origin", "step", "actual", "forecast", "error"]),
        coverage=float("nan"),
        seasonal=False,
        reason="no_history",
    )
