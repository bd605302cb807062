"""How sure is a rate or a difference: intervals and tests, none larger than the data allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.explain.inputs import numbers

# Up to so many arrangements a permutation test tries each of them and is exact.
EXACT_ARRANGEMENTS = 200_000


class Interval(NamedTuple):
    """The two ends of an interval; both NaN where there is nothing to estimate from."""

    low: float
    high: float


class Test(NamedTuple):
    """What a test found.

    Attributes
    ----------
    difference
        Current minus prior (or first minus second) of the statistic compared.
    p_value
        Chance of a difference at least this large, either way, if nothing had changed.
    exact
        Whether every arrangement was tried, so that the p-value holds no sampling error.
    """

    # pytest collects classes whose names start with Test.
    __test__ = False

    difference: float
    p_value: float
    exact: bool


def wilson_interval(
    successes: float, trials: float, confidence: float = 0.95, continuity: bool = False
) -> Interval:
    """Give the Wilson score interval of a rate.

    Parameters
    ----------
    successes, trials
        Counts, 0 ≤ successes ≤ trials.
    confidence
        Between 0 and 1.
    continuity
        Widen the interval by the continuity correction (Newcombe's method 4).

    Returns
    -------
    An Interval within 0 to 1; (NaN, NaN) at zero trials.

    Raises
    ------
    MetricError
        If a count is negative, or more succeed than were tried.

    Notes
    -----
    Wilson 1927; Newcombe, "Two-sided confidence intervals for the single proportion", Statistics
    in Medicine 17 (1998), methods 3 and 4.

    Examples
    --------
    >>> low, high = wilson_interval(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    _check_counts(successes, trials)
    if trials == 0:
        return Interval(math.nan, math.nan)
    z = _quantile(confidence)
    rate, z2 = successes / trials, z * z
    if not continuity:
        centre = (successes + z2 / 2) / (trials + z2)
        reach = z * math.sqrt(rate * (1 - rate) * trials + z2 / 4) / (trials + z2)
        low, high = centre - reach, centre + reach
    else:
        both = 2 * trials * rate + z2
        below = z2 - 2 - 1 / trials + 4 * rate * (trials * (1 - rate) + 1)
        above = z2 + 2 - 1 / trials + 4 * rate * (trials * (1 - rate) - 1)
        low = (both - 1 - z * math.sqrt(max(below, 0.0))) / (2 * (trials + z2))
        high = (both + 1 + z * math.sqrt(max(above, 0.0))) / (2 * (trials + z2))
    # At the ends the score interval touches 0 and 1; rounding must not push it off.
    return Interval(
        0.0 if successes == 0 else max(low, 0.0), 1.0 if successes == trials else min(high, 1.0)
    )


def newcombe_interval(
    successes: float,
    trials: float,
    prior_successes: float,
    prior_trials: float,
    confidence: float = 0.95,
    continuity: bool = False,
) -> Interval:
    """Give the Newcombe hybrid score interval of a difference of two independent rates.

    Parameters
    ----------
    successes, trials
        Counts of the current (first) group.
    prior_successes, prior_trials
        Counts of the prior (second) group.
    confidence
        Between 0 and 1.
    continuity
        Build it from Wilson intervals with continuity correction (Newcombe's method 11).

    Returns
    -------
    The Interval of current rate − prior rate, −1 to 1; (NaN, NaN) where a group is empty. An
    interval without 0 says that the rates differ.

    Raises
    ------
    MetricError
        As in `wilson_interval`.

    Notes
    -----
    Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17 (1998), methods 10 and 11.

    Examples
    --------
    >>> low, high = newcombe_interval(56, 70, 48, 80)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    first = wilson_interval(successes, trials, confidence, continuity)
    second = wilson_interval(prior_successes, prior_trials, confidence, continuity)
    if trials == 0 or prior_trials == 0:
        return Interval(math.nan, math.nan)
    now, before = successes / trials, prior_successes / prior_trials
    return Interval(
        max(now - before - math.hypot(now - first.low, second.high - before), -1.0),
        min(now - before + math.hypot(first.high - now, before - second.low), 1.0),
    )


def two_proportion_test(
    successes: float, trials: float, prior_successes: float, prior_trials: float
) -> Test:
    """Test whether two independent rates differ: the pooled z test, two-sided.

    Parameters
    ----------
    successes, trials, prior_successes, prior_trials
        Counts of the current and the prior group.

    Returns
    -------
    A Test: `difference` is current rate − prior rate. NaN, NaN where a group is empty; p-value 1
    where nobody or everybody succeeded in both.

    Notes
    -----
    z = (p − p⁰) / √(p̄ (1 − p̄) (1/n + 1/n⁰)), p̄ the rate of both together; z² is Pearson's
    χ² of the 2 × 2 table. With fewer than five events read `newcombe_interval` instead.

    Examples
    --------
    >>> two_proportion_test(56, 70, 48, 80).p_value < 0.01
    True
    """
    _check_counts(successes, trials)
    _check_counts(prior_successes, prior_trials)
    if trials == 0 or prior_trials == 0:
        return Test(math.nan, math.nan, False)
    difference = successes / trials - prior_successes / prior_trials
    pooled = (successes + prior_successes) / (trials + prior_trials)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / prior_trials))
    if spread == 0:
        return Test(difference, 1.0, False)
    return Test(difference, math.erfc(abs(difference) / spread / math.sqrt(2)), False)


def permutation_test(
    current: ArrayLike,
    prior: ArrayLike,
    paired: bool = False,
    draws: int = 9_999,
    seed: int = 0,
) -> Test:
    """Test whether two sets of amounts differ in mean, however skewed, by exchanging labels.

    Give one value for each customer, not one for each order: the orders of a customer are not
    independent.

    Parameters
    ----------
    current, prior
        The values. With `paired`, both hold the same customers in the same order (0 where one
        did not buy): then the two periods of a customer are exchanged. Without, they are two
        different groups, and customers are exchanged between them.
    paired
        See above. The change of a total between two periods is the paired case.
    draws
        Arrangements drawn at random where there are too many to try all.
    seed
        Same seed, same answer.

    Returns
    -------
    A Test: `difference` is the mean of current − the mean of prior (paired: the mean change).
    `p_value` is two-sided; (hits + 1) / (draws + 1) when drawn, so never 0. NaN without data.

    Raises
    ------
    MetricError
        If a value is empty, or paired sides differ in length.

    Notes
    -----
    Fisher, The Design of Experiments (1935), section 21; Phipson & Smyth 2010 for the + 1.

    Examples
    --------
    Three customers that all gained: 2 of the 8 ways to exchange periods are as extreme.

    >>> permutation_test([5, 6, 9], [4, 4, 6], paired=True)
    Test(difference=2.0, p_value=0.25, exact=True)
    """
    now, before = numbers(current, "current").ravel(), numbers(prior, "prior").ravel()
    if paired and len(now) != len(before):
        raise MetricError(
            Problem("paired sides differ in length", got=f"{len(now)} and {len(before)}")
        )
    if not len(now) or not len(before):
        return Test(math.nan, math.nan, False)
    return (
        _exchange_signs(now - before, draws, seed)
        if paired
        else _exchange_groups(now, before, draws, seed)
    )


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[np.ndarray], np.ndarray] | None = None,
    confidence: float = 0.95,
    draws: int = 4_999,
    seed: int = 0,
) -> Interval:
    """Give the percentile bootstrap interval of a statistic of one value for each customer.

    Parameters
    ----------
    values
        One value for each customer, or one row for each (say, amount before and after).
    statistic
        Takes draws × customers (× columns), gives one number for each draw. By default the
        mean.
    confidence
        Between 0 and 1.
    draws, seed
        Number of resamples; same seed, same answer.

    Returns
    -------
    An Interval; (NaN, NaN) without values.

    Notes
    -----
    Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Examples
    --------
    >>> bootstrap_interval([3, 3, 3])
    Interval(low=3.0, high=3.0)
    """
    _quantile(confidence)
    table = numbers(values, "values")
    if not len(table):
        return Interval(math.nan, math.nan)
    random = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    # Blocks keep memory flat however many customers there are.
    block = max(1, 4_000_000 // table.size)
    for start in range(0, draws, block):
        picked = random.integers(0, len(table), (min(block, draws - start), len(table)))
        sample = table[picked]
        found.append(sample.mean(axis=1) if statistic is None else np.asarray(statistic(sample)))
    low, high = np.quantile(np.concatenate(found), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def bootstrap_change(
    current: ArrayLike,
    prior: ArrayLike,
    confidence: float = 0.95,
    draws: int = 4_999,
    seed: int = 0,
) -> Interval:
    """Give the bootstrap interval of the change of a total, resampling customers.

    Parameters
    ----------
    current, prior
        One value for each customer, same customers in the same order, 0 where one did not buy.
    confidence, draws, seed
        As in `bootstrap_interval`.

    Returns
    -------
    The Interval of Σ current − Σ prior.

    Examples
    --------
    >>> bootstrap_change([2, 2], [1, 1])
    Interval(low=2.0, high=2.0)
    """
    now, before = numbers(current, "current").ravel(), numbers(prior, "prior").ravel()
    if len(now) != len(before):
        raise MetricError(
            Problem("the sides differ in length", got=f"{len(now)} and {len(before)}")
        )
    low, high = bootstrap_interval(now - before, None, confidence, draws, seed)
    return Interval(low * len(now), high * len(now))


def benjamini_hochberg(p_values: ArrayLike | Sequence[float]) -> np.ndarray:
    """Give p-values adjusted for many tests: where ≤ 0.05, at most 5 % of such finds are false.

    Parameters
    ----------
    p_values
        One for each test; NaN where none was made, and it stays NaN.

    Returns
    -------
    Adjusted p-values in the order given, never smaller than they were.

    Notes
    -----
    Benjamini & Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995): with m tests,
    the k-th smallest becomes the least of p₍ⱼ₎ m / j over j ≥ k.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p_values, dtype=float)
    known = given[~np.isnan(given)]
    order = np.argsort(known, kind="stable")
    steps = known[order] * len(known) / np.arange(1, len(known) + 1)
    adjusted = np.empty(len(known))
    # Rounding must not make one smaller than it was.
    adjusted[order] = np.minimum.accumulate(steps[::-1])[::-1].clip(known[order], 1.0)
    result = np.full(given.shape, np.nan)
    result[~np.isnan(given)] = adjusted
    return result


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ParameterError(
            Problem("`confidence` must lie between 0 and 1", got=str(confidence), fix="Try 0.95.")
        )
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _check_counts(successes: float, trials: float) -> None:
    if not 0 <= successes <= trials:
        raise MetricError(
            Problem("a rate needs 0 ≤ successes ≤ trials", got=f"{successes} of {trials}")
        )


def _p_value(hits: int, count: int, exact: bool) -> float:
    return hits / count if exact else (hits + 1) / (count + 1)


def _exchange_signs(changes: np.ndarray, draws: int, seed: int) -> Test:
    """Exchange the two periods of each customer; those without change make no difference."""
    moving = changes[changes != 0]
    size, observed = len(moving), abs(moving.sum())
    limit = observed - 1e-9 * np.abs(moving).sum()
    exact = size <= int(math.log2(EXACT_ARRANGEMENTS))
    if exact:
        sums = np.zeros(1)
        for change in moving:
            sums = np.concatenate([sums + change, sums - change])
        hits, count = int((np.abs(sums) >= limit).sum()), len(sums)
    else:
        random = np.random.default_rng(seed)
        hits, count = 0, draws
        # Blocks keep memory flat however many customers there are.
        block = max(1, 100_000 // size)
        for start in range(0, draws, block):
            signs = random.integers(0, 2, (min(block, draws - start), size)) * 2.0 - 1.0
            hits += int((np.abs(signs @ moving) >= limit).sum())
    return Test(float(changes.mean()), _p_value(hits, count, exact), exact)


def _exchange_groups(now: np.ndarray, before: np.ndarray, draws: int, seed: int) -> Test:
    """Exchange customers between the two groups."""
    together, size = np.concatenate([now, before]), len(now)
    # The smaller the group picked, the fewer sums.
    few = min(size, len(before))
    total, share = together.sum(), few / len(together)
    picked = now if few == size else before
    limit = abs(picked.sum() - share * total) - 1e-9 * np.abs(together).sum()
    exact = math.comb(len(together), few) <= EXACT_ARRANGEMENTS
    if exact:
        sums = np.array([sum(chosen) for chosen in combinations(together.tolist(), few)])
        hits, count = int((np.abs(sums - share * total) >= limit).sum()), len(sums)
    else:
        random = np.random.default_rng(seed)
        hits, count = 0, draws
        for _ in range(draws):
            chosen = random.choice(together, few, replace=False, shuffle=False)
            hits += bool(abs(chosen.sum() - share * total) >= limit)
    return Test(float(now.mean() - before.mean()), _p_value(hits, count, exact), exact)
