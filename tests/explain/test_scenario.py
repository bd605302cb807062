import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.drivers import driver_tree, evaluate
from salesnb.explain.scenario import LogNormal, break_even, simulate, tornado

FUNNEL = "leads * conversion * deal"
BASE = {"leads": 1000, "conversion": 0.12, "deal": 50}


def test_tornado_by_hand():
    table = tornado(FUNNEL, BASE, {"conversion": (0.10, 0.16)}, swing=0.05)
    assert table["driver"].tolist() == ["conversion", "leads", "deal"]
    assert table["kpi_low"].tolist() == pytest.approx([5000, 5700, 5700])
    assert table["kpi_high"].tolist() == pytest.approx([8000, 6300, 6300])
    assert table["swing"].tolist() == pytest.approx([3000, 600, 600])
    assert set(table["kpi_base"]) == {6000.0}


def test_the_conversion_that_is_needed():
    table = break_even(FUNNEL, BASE, 6700).set_index("driver")
    assert table.loc["conversion", "needed"] == pytest.approx(0.134)
    assert table.loc["conversion", "growth"] == pytest.approx(6700 / 6000 - 1)


@pytest.mark.parametrize(
    ("formula", "base", "target", "needed", "reason"),
    [
        ("deals * value / days", {"deals": 10, "value": 5, "days": 2}, 50, 1, ""),
        ("a / days", {"a": 5, "days": 2}, 0, math.nan, "unreachable"),
        ("a * days", {"a": 0, "days": 2}, 5, math.nan, "no_effect"),
        ("days + a / days", {"a": 6, "days": 2}, 5, 2, ""),
        ("days + a / days", {"a": 6, "days": 2}, 1, math.nan, "unreachable"),
    ],
)
def test_break_even_of_the_last_driver(formula, base, target, needed, reason):
    row = break_even(formula, base, target).set_index("driver").loc["days"]
    assert row["needed"] == pytest.approx(needed, nan_ok=True)
    assert row["reason"] == reason


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.floats(-1000, 1000))
def test_the_needed_value_reaches_the_target(seed, target):
    tree = driver_tree({"sales": "new + old * price", "new": "leads * rate * price"})
    random = np.random.default_rng(seed)
    base = dict(zip(tree.drivers, random.uniform(0.1, 5, len(tree.drivers)), strict=True))
    for row in break_even(tree, base, target).to_dict("records"):
        reached = evaluate(tree, {**base, row["driver"]: row["needed"]})
        assert reached == pytest.approx(target, abs=1e-6)


def test_log_normal_product_matches_its_closed_form():
    drivers = {
        "leads": LogNormal(1000, 150),
        "conversion": LogNormal(0.12, 0.02),
        "deal": LogNormal(50, 10),
    }
    found = simulate(FUNNEL, drivers, draws=200_000, seed=1)
    means = np.array([each.mean for each in drivers.values()])
    relative = np.array([(each.spread / each.mean) ** 2 for each in drivers.values()])
    mean = means.prod()
    assert found.mean == pytest.approx(mean, rel=0.005)
    assert found.spread == pytest.approx(mean * math.sqrt((1 + relative).prod() - 1), rel=0.01)
    median = mean / math.sqrt((1 + relative).prod())
    half = found.quantiles.set_index("quantile")["value"][0.5]
    assert half == pytest.approx(median, rel=0.005)


def test_drivers_observed_together_stay_together():
    seen = DataFrame({"leads": [100, 200], "conversion": [0.2, 0.1]})
    found = simulate(FUNNEL, {"deal": 10}, target=200, together=seen)
    assert set(found.values.round(6).tolist()) == {200.0}
    assert found.chance == 1
    apart = simulate(FUNNEL, {"deal": 10, **seen.to_dict("list")})
    assert set(apart.values.round(6).tolist()) == {100.0, 200.0, 400.0}
    assert math.isnan(apart.chance)


def test_same_seed_same_answer():
    drivers = {"leads": [1, 2, 3], "conversion": LogNormal(0.1, 0.01), "deal": 5}
    first, second = (simulate(FUNNEL, drivers, draws=100) for _ in range(2))
    assert first.values.tolist() == second.values.tolist()
    other = simulate(FUNNEL, drivers, draws=100, seed=1)
    assert other.values.tolist() != first.values.tolist()


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (
            lambda: simulate(FUNNEL, {"leads": 1, "deal": 2}),
            MetricError,
            "values: driver `conversion` is missing; got leads, deal.",
        ),
        (
            lambda: simulate("a", {"a": []}),
            MetricError,
            "driver `a` has no observed values.",
        ),
        (
            lambda: simulate("a", {}, together=DataFrame({"a": []})),
            MetricError,
            "`together` has no rows.",
        ),
        (
            lambda: simulate("a", {"a": LogNormal(0, 1)}),
            ParameterError,
            "a LogNormal needs mean > 0 and spread ≥ 0; got LogNormal(mean=0, spread=1).",
        ),
        (
            lambda: tornado(FUNNEL, {"leads": 1}),
            MetricError,
            "values: 2 problems.\n  · driver `conversion` is missing; got leads.\n"
            "  · driver `deal` is missing; got leads.",
        ),
    ],
)
def test_errors(run, error, message):
    with pytest.raises(error) as caught:
        run()
    assert str(caught.value) == message
