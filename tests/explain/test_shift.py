import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.explain.shift import level_shift


def test_a_step_is_found_where_it_is():
    found = level_shift([5, 6, 5, 6, 5, 6, 9, 10, 9, 10, 9, 10])
    assert (found.place, found.before, found.after) == (6, 5.5, 9.5)
    assert found.p_value < 0.01


def test_time_reversed_moves_the_place_and_swaps_the_means():
    series = [5, 6, 5, 6, 9, 10, 9, 10, 9]
    found, back = level_shift(series), level_shift(series[::-1])
    assert found.place == len(series) - back.place
    assert (found.before, found.after) == (back.after, back.before)


def test_noise_is_called_noise():
    draws = np.random.default_rng(1).standard_normal((60, 30))
    sure = sum(level_shift(draw, draws=199).p_value <= 0.05 for draw in draws)
    assert sure <= 6


def test_too_short_or_still_a_series_has_no_shift():
    assert level_shift([1, 2, 3, 4, 5]) is None
    assert level_shift([2.0] * 12) is None
    with pytest.raises(MetricError):
        level_shift([1, 2, 3, 4, 5, float("nan")])
