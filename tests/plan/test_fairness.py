import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError
from salesnb.metrics.customers import hhi
from salesnb.plan.fairness import (
    bimodality,
    correlation_interval,
    fairness_figures,
    gini,
    skewness,
    variation,
)


def figure(table, name):
    return table.set_index("figure").loc[name]


def test_concentration():
    # domain.md 7.8: the example of the merger guidelines of the US Department of Justice.
    assert hhi(np.array([30.0, 30, 20, 20])) == pytest.approx(2600)
    assert hhi(np.array([1.0])) == 10_000
    assert gini([7] * 5) == 0
    # One of four has all: (n − 1) / n.
    assert gini([0, 0, 0, 9]) == 0.75
    assert variation([1, 1, 1]) == 0


def test_nothing_to_share_has_no_concentration():
    assert math.isnan(gini([]))
    assert math.isnan(gini([0, 0]))
    assert math.isnan(gini([3, -1]))
    assert gini([1, 3, None]) == gini([1, 3])


def test_skewness_and_bimodality_need_something_to_go_by():
    assert math.isnan(skewness([1, 2]))
    assert math.isnan(skewness([1, 1, 1]))
    assert math.isnan(bimodality([1, 2, 3]))
    assert skewness([1, 2, 9]) == pytest.approx(-skewness([-1, -2, -9]))


def test_a_correlation_and_its_interval():
    size = pd.Series([1.0, 2, 3, 4, 5, 6])
    value, low, high, count = correlation_interval(size, size * 2 + 1)
    assert (value, low, high, count) == (pytest.approx(1), pytest.approx(1), pytest.approx(1), 6)
    assert correlation_interval(size, pd.Series([1.0] * 6))[3] == 6
    assert math.isnan(correlation_interval(size, pd.Series([1.0] * 6))[0])
    assert math.isnan(correlation_interval(size.head(3), pd.Series([1.0, 3, 2]))[1])


def test_attainment_that_does_not_depend_on_size_is_neutral():
    # domain.md 7.8: in simulation the interval holds 0, about as often as it says.
    random = np.random.default_rng(1)
    holds = []
    for _ in range(400):
        size = pd.Series(random.lognormal(size=40))
        people = pd.DataFrame(
            {"target": 1.0, "size": size, "attainment": random.normal(1, 0.2, 40)}
        )
        row = figure(fairness_figures(people), "size_neutrality")
        holds.append(row["low"] <= 0 <= row["high"])
    assert 0.92 <= np.mean(holds) <= 0.98


def test_large_territories_that_fall_short_are_seen():
    size = pd.Series(np.linspace(1, 10, 20))
    wiggle = pd.Series([0.02, -0.02] * 10)
    people = pd.DataFrame({"target": 1.0, "size": size, "attainment": 1.3 - size * 0.05 + wiggle})
    row = figure(fairness_figures(people), "size_neutrality")
    assert row["verdict"] == "larger_harder"
    assert row["high"] < 0


def test_the_part_at_target():
    people = pd.DataFrame({"target": 1.0, "attainment": [1.2] * 6 + [1.0] * 6 + [0.8] * 8})
    row = figure(fairness_figures(people), "at_target")
    assert row["value"] == 0.6
    assert row["verdict"] == "as_aimed"
    all_over = people.assign(attainment=1.5)
    assert figure(fairness_figures(all_over), "at_target")["verdict"] == "too_easy"
    none = people.assign(attainment=0.5)
    assert figure(fairness_figures(none), "at_target")["verdict"] == "too_hard"
    assert figure(fairness_figures(people.head(3)), "at_target")["verdict"] == "too_few"


def test_two_groups_of_people_are_seen():
    people = pd.DataFrame({"target": 1.0, "attainment": [0.5] * 10 + [1.5] * 10})
    assert figure(fairness_figures(people), "bimodality")["verdict"] == "two_groups"


def test_equal_growth_is_equal_and_new_people_are_left_out():
    people = pd.DataFrame(
        {"target": [110.0, 220, 50], "last_year": [100.0, 200, 0], "potential": [1.0, 2, 1]}
    )
    table = fairness_figures(people)
    assert figure(table, "target_growth_gini")[["value", "n"]].tolist() == [0, 2]
    assert figure(table, "target_load_gini")["n"] == 3
    assert figure(table, "target_load_gini")["value"] > 0


def test_people_without_targets_are_refused():
    with pytest.raises(MetricError, match="`people` has no `target`"):
        fairness_figures(pd.DataFrame({"size": [1]}))


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20), st.floats(0.001, 1000))
@settings(deadline=None)
def test_concentration_knows_neither_scale_nor_order(values, scale):
    scaled = [value * scale for value in values]
    for measure in (gini, variation):
        assert measure(scaled) == pytest.approx(measure(values), abs=1e-9, nan_ok=True)
        assert measure(values[::-1]) == pytest.approx(measure(values), abs=1e-9, nan_ok=True)
    assert -1e-12 <= gini(values) < 1
