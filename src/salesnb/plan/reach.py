"""How likely a target is reached: in closed form, and by the errors history has had."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem

_NORMAL = NormalDist()

# Above and below these chances a target asks too little or too much of a person.
EASY, HARD = 0.9, 0.2


def reach_probability(
    target: float | pd.Series, expected: float | pd.Series, spread: float | pd.Series
) -> float | pd.Series:
    """Give the chance that an outcome is at least its target, in closed form.

    Parameters
    ----------
    target, expected
        Target and expected outcome, one unit.
    spread
        Standard deviation of outcomes as a part of the expected one, such as 0.2.

    Returns
    -------
    A chance, 0 to 1, for each; missing where the expected outcome is not above 0 or anything is
    missing. Without spread it is 1 when the target is not above the expected outcome, else 0.

    Notes
    -----
    Outcomes are log-normal with the given mean and coefficient of variation v:
    σ² = ln(1 + v²), μ = ln(mean) − σ²/2, P = Φ((μ − ln target)/σ). So a target equal to the
    expected outcome is reached a little less often than not.

    Examples
    --------
    >>> round(reach_probability(110, 100, 0.2), 3)
    0.281
    """
    given = {"target": target, "expected": expected, "spread": spread}
    columns = [part for part in given.values() if not isinstance(part, int | float)]
    if not columns:
        return _chance(*(float(part) for part in given.values()))
    rows = pd.DataFrame(given, index=columns[0].index).to_numpy(dtype=float)
    chances = [_chance(*row) for row in rows]
    return pd.Series(chances, index=columns[0].index, name="probability")


def _chance(target: float, expected: float, spread: float) -> float:
    if math.isnan(target + expected + spread) or expected <= 0 or spread < 0:
        return math.nan
    if target <= 0:
        return 1.0
    sigma = math.sqrt(math.log1p(spread**2))
    if sigma == 0:
        return 1.0 if target <= expected else 0.0
    return _NORMAL.cdf((math.log(expected / target) - sigma**2 / 2) / sigma)


def simulate_reach(
    people: pd.DataFrame,
    errors: Sequence[float] | np.ndarray,
    *,
    draws: int = 10_000,
    seed: int = 0,
    shared: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate attainment with the errors history has had: who reaches the target how often.

    Parameters
    ----------
    people
        One row for each person with `target` (above 0) and `expected` (the forecast), one unit.
    errors
        Relative errors seen, actual ÷ expected − 1, of any people and periods; at least 5.
    draws
        Simulated periods.
    seed
        Of the random numbers; the same seed gives the same answer.
    shared
        Part of the variance that hits all people at once, 0 to 1, as a market does.

    Returns
    -------
    First the people with `probability` of reaching the target, `attainment` (median over the
    draws), `low` and `high` (10th and 90th percentile) and `band`: easy (above 0.9), hard
    (below 0.2), else fair.
    Then one row for the group: `probability` that the sum of targets is reached; `at_target`,
    the mean part of people who reach theirs; `at_target_low`, `at_target_high` (10th and 90th
    percentile); `draws`.

    Raises
    ------
    MetricError
        With fewer than 5 errors, or a target or expectation that is missing or not above 0.
    ParameterError
        If `shared` is outside 0 to 1 or `draws` below 1.

    Examples
    --------
    >>> people = pd.DataFrame({"target": [80.0, 120.0], "expected": [100.0, 100.0]})
    >>> each, group = simulate_reach(people, [-0.1, -0.05, 0, 0.05, 0.1])
    >>> each["probability"].tolist(), each["band"].tolist()
    ([1.0, 0.0], ['easy', 'hard'])
    """
    noise = np.asarray(errors, dtype=float)
    noise = noise[np.isfinite(noise)]
    _check_simulation(people, noise, draws, shared)
    random = np.random.default_rng(seed)
    count = len(people)
    own = random.choice(noise, size=(draws, count))
    if shared:
        # Both parts are drawn from the errors; the weights keep their variance.
        middle = noise.mean()
        market = random.choice(noise, size=(draws, 1)) - middle
        own = middle + math.sqrt(1 - shared) * (own - middle) + math.sqrt(shared) * market
    outcome = people["expected"].to_numpy(dtype=float) * (1 + own)
    target = people["target"].to_numpy(dtype=float)
    attainment = outcome / target
    reached = attainment >= 1 - 1e-12
    probability = reached.mean(axis=0)
    low, middle_, high = np.quantile(attainment, [0.1, 0.5, 0.9], axis=0)
    each = people.assign(
        probability=probability,
        attainment=middle_,
        low=low,
        high=high,
        band=np.select([probability > EASY, probability < HARD], ["easy", "hard"], "fair"),
    )
    parts = reached.mean(axis=1)
    group = pd.DataFrame(
        {
            "probability": [float((outcome.sum(axis=1) >= target.sum() * (1 - 1e-12)).mean())],
            "at_target": [float(parts.mean())],
            "at_target_low": [float(np.quantile(parts, 0.1))],
            "at_target_high": [float(np.quantile(parts, 0.9))],
            "draws": [draws],
        }
    )
    return each, group


def _check_simulation(people: pd.DataFrame, noise: np.ndarray, draws: int, shared: float) -> None:
    if not 0 <= shared <= 1 or draws < 1:
        got = f"shared {shared:.10g}, draws {draws}"
        raise ParameterError(Problem("`shared` is 0 to 1 and `draws` at least 1", got=got))
    problems = []
    if len(noise) < 5:
        problems.append(Problem("`errors` has at least 5 values", got=str(len(noise))))
    for name in ("target", "expected"):
        if name not in people.columns or not (people[name].astype(float) > 0).all():
            problems.append(Problem(f"`{name}` is above 0 for every person"))
    if problems:
        raise MetricError(problems)
