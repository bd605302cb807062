import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.explain.season import adjust_series, seasonal_index

from .air_passengers import AIR_PASSENGERS


def test_air_passengers_published():
    # decompose(AirPassengers, "multiplicative")$figure in R.
    assert seasonal_index(AIR_PASSENGERS) == pytest.approx(
        np.array(
            [
                0.9102304,
                0.8836253,
                1.0073663,
                0.9759060,
                0.9813780,
                1.1127758,
                1.2265555,
                1.2199110,
                1.0604919,
                0.9217572,
                0.8011781,
                0.8988244,
            ]
        ),
        abs=5e-8,
    )


def test_quarters_and_odd_seasons():
    assert seasonal_index([1, 2, 3, 2] * 3, season=4) == pytest.approx(np.array([0.5, 1, 1.5, 1]))
    assert seasonal_index([1, 2, 3] * 3, season=3) == pytest.approx(np.array([0.5, 1, 1.5]))


def test_less_than_two_seasons_is_no_season():
    assert seasonal_index(AIR_PASSENGERS[:23]).tolist() == [1.0] * 12
    assert seasonal_index([-1, -2] * 4, season=2).tolist() == [1.0, 1.0]


def test_adjust_takes_out_what_was_put_in():
    index, days = np.array([0.5, 1.5]), np.array([18, 22, 20, 20])
    made = 100 * np.tile(index, 2) * days / days.mean()
    assert adjust_series(made, index, days) == pytest.approx(np.full(4, 100.0))


def test_errors():
    with pytest.raises(MetricError) as caught:
        adjust_series([1, 2], workdays=[20, 0])
    assert str(caught.value) == (
        "`workdays` must hold one positive count for each value; got 2 counts for 2 values."
    )
