import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.survival import kaplan_meier

# Weeks of remission under 6-MP, Freireich et al. 1963; + is still in remission.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_remission_published():
    curve = kaplan_meier(WEEKS, RELAPSED)
    table = curve.table.set_index("time")
    published = {
        6: (21, 0.857, 0.0764),
        7: (17, 0.807, 0.0869),
        10: (15, 0.753, 0.0963),
        13: (12, 0.690, 0.1068),
        16: (11, 0.627, 0.1141),
        22: (7, 0.538, 0.1282),
        23: (6, 0.448, 0.1346),
    }
    for week, (at_risk, survival, error) in published.items():
        assert table.loc[week, "at_risk"] == at_risk
        assert table.loc[week, "survival"] == pytest.approx(survival, abs=5e-4)
        assert table.loc[week, "std_error"] == pytest.approx(error, abs=5e-5)
    assert curve.median == 23
    assert curve.at(15) == pytest.approx(0.690, abs=5e-4)
    assert curve.at(0) == 1
    assert curve.quantile(0.25) == 13


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    # R, survfit(conf.type=): plain, log, log-log at week 6.
    [("plain", 0.707, 1.0), ("log", 0.720, 1.0), ("log-log", 0.620, 0.952)],
)
def test_limits(interval, low, high):
    table = kaplan_meier(WEEKS, RELAPSED, interval=interval).table.set_index("time")
    assert table.loc[6, "low"] == pytest.approx(low, abs=5e-4)
    assert table.loc[6, "high"] == pytest.approx(high, abs=5e-4)


def test_interval_of_the_median():
    low, high = kaplan_meier(WEEKS, RELAPSED).median_interval
    assert low == 13
    assert math.isnan(high)


def test_new_reps_without_a_deal_count():
    """Three of four sold after 3, 4 and 6 months; the mean of those who sold would be too short."""
    curve = kaplan_meier([3, 4, 6, 8], [True, True, True, False])
    assert curve.median == 4
    assert curve.table["survival"].tolist() == [1, 0.75, 0.5, 0.25, 0.25]
    assert curve.table["censored"].tolist() == [0, 0, 0, 0, 1]


def test_nothing_happened_and_nobody_there():
    waiting = kaplan_meier([5, 6], [False, False])
    assert math.isnan(waiting.median)
    assert waiting.table["survival"].tolist() == [1, 1, 1]
    nobody = kaplan_meier([])
    assert math.isnan(nobody.median)
    assert nobody.table["survival"].tolist() == [1]
    everybody = kaplan_meier([0, 0, 2])
    assert everybody.median == 0
    assert everybody.table["survival"].tolist() == pytest.approx([1 / 3, 0])


cases = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=30)


@settings(deadline=None)
@given(cases)
def test_laws(rows):
    time, done = map(np.array, zip(*rows, strict=True))
    curve = kaplan_meier(time, done)
    survival = curve.table["survival"]
    assert survival.is_monotonic_decreasing
    assert survival.between(-1e-12, 1).all()
    assert (curve.table["low"] <= survival + 1e-12).all()
    assert (curve.table["high"] >= survival - 1e-12).all()
    assert curve.table[["events", "censored"]].to_numpy().sum() == len(rows)
    assert kaplan_meier(time[::-1], done[::-1]).table.equals(curve.table)
    if done.all():
        for moment in (0, 5, 10):
            assert curve.at(moment) == pytest.approx((time > moment).mean())


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (
            lambda: kaplan_meier([-1, 2], [True]),
            MetricError,
            "durations must be 0 or more, with one `happened` for each; got 2 durations, 1 flags.",
        ),
        (
            lambda: kaplan_meier([1], confidence=2),
            ParameterError,
            "`confidence` must lie between 0 and 1; got 2.",
        ),
        (
            lambda: kaplan_meier([1], interval="logit"),
            ParameterError,
            "`interval` can be plain, log or log-log; got logit.",
        ),
    ],
)
def test_errors(run, error, message):
    with pytest.raises(error) as caught:
        run()
    assert str(caught.value) == message
