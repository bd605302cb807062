import numpy as np
import pytest

from salesnb.explain.accuracy import wape
from salesnb.explain.forecast import forecast

from .air_passengers import AIR_PASSENGERS

pytest.importorskip("statsmodels", reason="statsmodels is not installed; ETS is an extra.")
ets = pytest.importorskip("salesnb.explain.ets").ets


def test_ets_on_air_passengers():
    series = np.array(AIR_PASSENGERS, dtype=float)
    assert wape(series[132:], ets(series[:132], 12, 12)) < 0.08
    assert np.isnan(ets(series[:23], 1, 12)).all()
    assert np.isfinite(ets(series - 300, 2, 12)).all()


def test_ets_is_one_candidate_more():
    found = forecast(AIR_PASSENGERS[:36], 1, origins=2, extra={"ets": ets})
    assert "ets" in found.scores["candidate"].tolist()
