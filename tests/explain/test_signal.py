import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError
from salesnb.explain.signal import p_chart, xmr

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: flow rate.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_flow_rate_published():
    chart = xmr(FLOW)
    assert chart.centre == pytest.approx(50.81)
    assert chart.upper == pytest.approx(55.8041, abs=5e-5)
    assert chart.lower == pytest.approx(45.8159, abs=5e-5)
    assert chart.points["moving_range"].tolist()[1:] == pytest.approx(
        [2, 2.3, 1.4, 3.5, 3.4, 1.4, 0.2, 1.2, 1.5]
    )
    assert chart.points["range_upper"].iloc[-1] == pytest.approx(3.267 * 1.87778, abs=1e-3)
    assert chart.signals.empty
    assert chart.enough


def test_rules_by_hand():
    flat = [10, 12, 10, 12, 10, 12, 10, 12]
    assert xmr([*flat, 30], baseline=8).signals["rule"].tolist() == ["outside"]
    run = xmr([*flat, 10, *[11.5, 11.6] * 4], baseline=8)
    assert run.signals.index.tolist() == [16]
    assert run.signals["rule"].tolist() == ["run"]
    # Centre 11, limits 11 ± 5.32: beyond 13.66 is nearer the limit.
    near = xmr([*flat, 14, 14.5, 11, 14], baseline=8)
    assert near.signals.index.tolist() == [11]
    assert near.signals["rule"].tolist() == ["near"]


def test_limits_stay_frozen_until_a_run_fires():
    before, after = [12, 10] * 6, [20, 22] * 6
    chart = xmr(before + after, baseline=12)
    assert chart.points["phase"].tolist() == [0] * 12 + [1] * 12
    assert chart.points["centre"].tolist() == [11] * 12 + [21] * 12
    assert chart.centre == 21
    # What was seen at the time stays on the chart.
    assert chart.points["rule"].tolist()[12:20] == ["outside"] * 8
    kept = xmr(before + after, baseline=12, restart=False)
    assert set(kept.points["phase"]) == {0}


def test_in_control_false_alarms():
    values = np.random.default_rng(0).standard_normal(40_000)
    outside = (xmr(values).points["rule"] == "outside").sum()
    assert 250 <= 40_000 / outside <= 600


@pytest.mark.parametrize(
    ("values", "centre", "lower"),
    [([], math.nan, math.nan), ([5], 5, math.nan), ([5, 5, 5], 5, 5)],
)
def test_few_values(values, centre, lower):
    chart = xmr(values)
    assert [chart.centre, chart.lower] == pytest.approx([centre, lower], nan_ok=True)
    assert not chart.enough
    assert chart.signals.empty


def test_gaps_are_no_values():
    chart = xmr([10, math.nan, 12, 10])
    assert chart.centre == pytest.approx(32 / 3)
    assert chart.points["value"].isna().tolist() == [False, True, False, False]
    assert chart.points["moving_range"].iloc[2] == 2
    assert len(chart.points) == 4


def test_the_median_range_is_not_moved_by_one_wild_value():
    wild = [10, 12, 10, 12, 10, 60, 10, 12, 10, 12]
    chart = xmr(wild, spread="median")
    assert chart.upper - chart.centre == pytest.approx(3 * 2 / 0.954)
    assert chart.points["rule"].iloc[5] == "outside"
    assert xmr(wild).upper - xmr(wild).centre > 4 * (chart.upper - chart.centre)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.floats(0.1, 10))
def test_xmr_laws(values, factor):
    chart, scaled = xmr(values), xmr([factor * value for value in values])
    assert scaled.upper == pytest.approx(factor * chart.upper, rel=1e-6, abs=1e-6)
    mirrored = xmr([-value for value in values])
    assert mirrored.lower == pytest.approx(-chart.upper, abs=1e-9)
    assert xmr(values[::-1]).upper == pytest.approx(chart.upper, abs=1e-9)


def test_p_chart_by_hand():
    chart = p_chart([10, 20, 12], [100, 100, 0 + 12])
    assert chart.centre == pytest.approx(42 / 212)
    wide = chart.points["upper"] - chart.points["centre"]
    assert wide.iloc[0] == pytest.approx(3 * math.sqrt(42 / 212 * 170 / 212 / 100))
    assert chart.signals["value"].tolist() == [1.0]


def test_p_chart_published():
    # Montgomery, Introduction to Statistical Quality Control, example 7.1: orange juice cans,
    # 30 samples of 50.
    spoiled = [
        12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22,
        8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6,
    ]  # fmt: skip
    chart = p_chart(spoiled, [50] * 30)
    assert chart.centre == pytest.approx(0.2313, abs=5e-5)
    assert chart.upper == pytest.approx(0.4102, abs=5e-5)
    assert chart.lower == pytest.approx(0.0524, abs=5e-5)
    outside = chart.points["rule"] == "outside"
    assert (chart.points.index[outside] + 1).tolist() == [15, 23]


def test_p_chart_leaves_periods_without_trials_out():
    chart = p_chart([1, 0, 1], [10, 0, 10])
    assert chart.centre == 0.1
    assert chart.points["value"].isna().tolist() == [False, True, False]
    empty = p_chart([0], [0])
    assert math.isnan(empty.centre)


def test_laneys_chart_allows_for_what_rates_really_vary():
    random = np.random.default_rng(1)
    trials = np.full(60, 100_000)
    rates = 0.1 + 0.01 * random.standard_normal(60)
    wins = random.binomial(trials, rates)
    assert len(p_chart(wins, trials).signals) > 20
    assert (p_chart(wins, trials, laney=True).points["rule"] == "outside").sum() <= 2


def test_p_chart_false_alarms():
    random = np.random.default_rng(2)
    trials = random.integers(200, 900, 20_000)
    chart = p_chart(random.binomial(trials, 0.3), trials)
    assert (chart.points["rule"] == "outside").mean() < 0.005


def test_errors():
    with pytest.raises(MetricError) as caught:
        xmr([1, 2], baseline=1)
    assert str(caught.value) == "`baseline` must be 2 or more; got 1."
    with pytest.raises(MetricError) as caught:
        p_chart([3], [2])
    assert str(caught.value) == (
        "a rate needs 0 ≤ successes ≤ trials in every period; got 1 successes and 1 trials."
    )
