import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.intervals import (
    Interval,
    benjamini_hochberg,
    bootstrap_change,
    bootstrap_interval,
    newcombe_interval,
    permutation_test,
    two_proportion_test,
    wilson_interval,
)


# Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
@pytest.mark.parametrize(
    ("successes", "trials", "plain", "corrected"),
    [
        (81, 263, (0.2553, 0.3662), (0.2535, 0.3682)),
        (15, 148, (0.0624, 0.1605), (0.0598, 0.1644)),
        (0, 20, (0.0, 0.1611), (0.0, 0.2005)),
        (1, 29, (0.0061, 0.1718), (0.0018, 0.1963)),
    ],
)
def test_wilson_published(successes, trials, plain, corrected):
    assert wilson_interval(successes, trials) == pytest.approx(plain, abs=5e-5)
    found = wilson_interval(successes, trials, continuity=True)
    assert found == pytest.approx(corrected, abs=5e-5)


# Newcombe, "Interval estimation for the difference between independent proportions" (1998),
# table II, methods 10 and 11.
@pytest.mark.parametrize(
    ("counts", "plain", "corrected"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339), (0.0428, 0.3422)),
        ((9, 10, 3, 10), (0.1705, 0.8090), (0.1013, 0.8387)),
        ((6, 7, 2, 7), (0.0582, 0.8062), (-0.0290, 0.8423)),
        ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0667, 0.2037)),
        ((0, 10, 0, 20), (-0.1611, 0.2775), (-0.2005, 0.3445)),
        ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.3445, 0.3445)),
        ((10, 10, 0, 20), (0.6791, 1.0), (0.6014, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0), (0.5128, 1.0)),
    ],
)
def test_newcombe_published(counts, plain, corrected):
    assert newcombe_interval(*counts) == pytest.approx(plain, abs=6e-5)
    assert newcombe_interval(*counts, continuity=True) == pytest.approx(corrected, abs=6e-5)


counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counts, counts)
def test_interval_laws(now, before):
    low, high = wilson_interval(*now)
    assert 0 <= low <= now[0] / now[1] <= high <= 1
    mirrored = wilson_interval(now[1] - now[0], now[1])
    assert mirrored == pytest.approx((1 - high, 1 - low))
    wide = wilson_interval(*now, confidence=0.99)
    assert wide.low <= low
    assert high <= wide.high
    difference = newcombe_interval(*now, *before)
    backwards = newcombe_interval(*before, *now)
    assert difference == pytest.approx((-backwards.high, -backwards.low))
    assert difference.low <= now[0] / now[1] - before[0] / before[1] <= difference.high


def test_nothing_to_estimate_from():
    assert all(math.isnan(end) for end in wilson_interval(0, 0))
    assert all(math.isnan(end) for end in newcombe_interval(0, 0, 1, 2))
    assert math.isnan(two_proportion_test(0, 0, 1, 2).p_value)
    assert two_proportion_test(0, 5, 0, 5).p_value == 1
    assert math.isnan(permutation_test([], [1]).p_value)
    assert all(math.isnan(end) for end in bootstrap_interval([]))


def test_two_proportions_is_pearsons_chi_square():
    # 2 × 2 table 56 14 / 48 32: χ² = 7.0192…, worked out by hand.
    cells = np.array([[56, 14], [48, 32]])
    expected = cells.sum(1, keepdims=True) * cells.sum(0) / cells.sum()
    chi = ((cells - expected) ** 2 / expected).sum()
    found = two_proportion_test(56, 70, 48, 80)
    assert found.difference == pytest.approx(0.2)
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(chi / 2)))


def test_two_proportions_rarely_cries_wolf():
    random = np.random.default_rng(0)
    draws = random.binomial(400, 0.12, (2, 2_000))
    alarms = np.mean([two_proportion_test(a, 400, b, 400).p_value <= 0.05 for a, b in draws.T])
    assert alarms <= 0.065


def test_permutation_of_darwins_maize():
    # Fisher, The Design of Experiments, section 21: of 32,768 arrangements 1,726 as far off.
    differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    found = permutation_test(differences, [0] * 15, paired=True)
    assert found.exact
    assert found.p_value == 1726 / 32_768
    assert found.difference == pytest.approx(20.9333, abs=1e-4)


def test_permutation_between_groups_by_hand():
    # Of the ten ways to pick two of five, two are as far off as 4 and 5.
    found = permutation_test([4, 5], [1, 2, 3])
    assert (found.p_value, found.exact) == (0.2, True)
    assert found.difference == 2.5


def test_permutation_on_skewed_amounts():
    random = np.random.default_rng(2)
    amounts = random.lognormal(5, 1.5, (2, 400))
    same = permutation_test(*amounts, draws=999)
    assert not same.exact
    assert same.p_value > 0.05
    grown = permutation_test(amounts[0] * 1.2, amounts[0], paired=True, draws=999)
    assert grown.p_value == 0.001
    assert grown == permutation_test(amounts[0] * 1.2, amounts[0], paired=True, draws=999)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
)
def test_permutation_laws(now, before):
    found, backwards = permutation_test(now, before), permutation_test(before, now)
    assert found.difference == pytest.approx(-backwards.difference)
    assert found.p_value == pytest.approx(backwards.p_value)
    assert 0 < found.p_value <= 1
    assert permutation_test(now[::-1], before).p_value == pytest.approx(found.p_value)


def test_bootstrap_holds_the_mean_most_of_the_time():
    random = np.random.default_rng(3)
    held = 0
    for seed in range(200):
        low, high = bootstrap_interval(random.exponential(10, 60), draws=400, seed=seed)
        held += low <= 10 <= high
    assert 0.88 <= held / 200 <= 0.98


def test_bootstrap_of_another_statistic():
    table = [[10, 5], [20, 10], [30, 15]]
    found = bootstrap_interval(table, lambda sample: sample[..., 0].sum(1) / sample[..., 1].sum(1))
    assert found == Interval(2.0, 2.0)


def test_bootstrap_change_is_of_the_total():
    low, high = bootstrap_change([10, 0, 5], [0, 0, 0], draws=500)
    assert low >= 0
    assert high <= 30


def test_benjamini_hochberg_published():
    # Benjamini & Hochberg 1995, section 3.2: the first four of fifteen are significant at 5 %.
    given = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]  # fmt: skip  # noqa: E501
    adjusted = benjamini_hochberg(given)
    assert (adjusted <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=20))
def test_benjamini_hochberg_laws(p_values):
    adjusted = benjamini_hochberg(p_values)
    assert (adjusted >= np.array(p_values)).all()
    assert (adjusted <= 1).all()
    assert benjamini_hochberg(p_values[::-1])[::-1].tolist() == adjusted.tolist()
    gaps = benjamini_hochberg([*p_values, math.nan])
    assert np.isnan(gaps[-1])
    assert gaps[:-1].tolist() == adjusted.tolist()


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (
            lambda: wilson_interval(5, 4),
            MetricError,
            "a rate needs 0 ≤ successes ≤ trials; got 5 of 4.",
        ),
        (
            lambda: wilson_interval(1, 4, confidence=95),
            ParameterError,
            "`confidence` must lie between 0 and 1; got 95. Try 0.95.",
        ),
        (
            lambda: permutation_test([1], [1, 2], paired=True),
            MetricError,
            "paired sides differ in length; got 1 and 2.",
        ),
        (
            lambda: bootstrap_change([1], [1, 2]),
            MetricError,
            "the sides differ in length; got 1 and 2.",
        ),
    ],
)
def test_errors(run, error, message):
    with pytest.raises(error) as caught:
        run()
    assert str(caught.value) == message
