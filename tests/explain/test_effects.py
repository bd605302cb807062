"""Differences after something was done: intervals hold zero where nothing happened."""

import math

import numpy as np
import pytest

from salesnb.explain.effects import Counts, mean_difference, rate_difference_of_differences


def test_means_with_the_interval_of_the_textbook():
    # Welch with equal spreads and n = 4 each is Student with 6 degrees of freedom: t = 2.4469.
    effect = mean_difference([3, 4, 5, 6], [1, 2, 3, 4])
    spread = math.sqrt(2 * (5 / 3) / 4)
    assert effect.difference == 2
    assert effect.high - effect.difference == pytest.approx(2.4469 * spread, rel=2e-3)


def test_too_few_values_say_nothing():
    assert np.isnan(mean_difference([1, 2], [1, 2, 3]).difference)
    assert not mean_difference([1, 2], [1, 2, 3]).is_clear


def test_what_happened_everywhere_is_no_effect():
    same = (Counts(40, 200), Counts(20, 200))
    effect = rate_difference_of_differences(*same, *same)
    assert effect.difference == 0
    assert effect.low == pytest.approx(-effect.high)


def test_without_peers_it_is_the_change_itself_and_peers_widen_it():
    own = rate_difference_of_differences(Counts(60, 200), Counts(20, 200), None, None)
    both = rate_difference_of_differences(
        Counts(60, 200), Counts(20, 200), Counts(20, 200), Counts(20, 200)
    )
    assert own.difference == pytest.approx(0.2)
    assert own.is_clear
    assert both.difference == pytest.approx(0.2)
    assert both.high - both.low > own.high - own.low


def test_no_trials():
    nothing = rate_difference_of_differences(Counts(0, 0), Counts(1, 2), None, None)
    assert np.isnan(nothing.difference)
