import math

import pytest

from salesnb.errors import MetricError
from salesnb.explain.accuracy import mase, smape, wape

from .air_passengers import AIR_PASSENGERS


def test_by_hand():
    assert wape([100, 300], [110, 270]) == pytest.approx(0.1)
    assert smape([100, 0], [50, 0]) == pytest.approx(200 * 50 / 150 / 2)
    assert mase([10], [4], [1, 3, 5, 7], season=1) == 3


def test_seasonal_naive_within_its_history_is_one():
    assert mase(AIR_PASSENGERS[12:], AIR_PASSENGERS[:-12], AIR_PASSENGERS) == pytest.approx(1)


def test_last_year_of_air_passengers():
    # Seasonal naive and seasonal naive × last year's growth on 1960, M4's sMAPE.
    last, before = AIR_PASSENGERS[-24:-12], AIR_PASSENGERS[-36:-24]
    growth = sum(last) / sum(before)
    assert smape(AIR_PASSENGERS[-12:], last) == pytest.approx(10.57, abs=0.005)
    assert smape(AIR_PASSENGERS[-12:], [value * growth for value in last]) == pytest.approx(
        2.90, abs=0.005
    )


def test_nothing_to_divide_by():
    assert math.isnan(wape([0, 0], [1, 2]))
    assert math.isnan(mase([1], [1], [5] * 24))
    assert math.isnan(mase([1], [1], [5] * 3))
    assert math.isnan(smape([], []))


def test_lengths_differ():
    with pytest.raises(MetricError) as caught:
        wape([1, 2], [1])
    assert str(caught.value) == "actual and forecast differ in length; got 2 and 1."
