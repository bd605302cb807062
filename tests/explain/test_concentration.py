import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import Series

from salesnb.errors import ParameterError
from salesnb.explain.concentration import abc_classes, concentration


def test_four_firms_published():
    # The example of the US Department of Justice: 30, 30, 20 and 20 percent.
    found = concentration([30, 30, 20, 20], tops=[1, 4])
    assert found.hhi == 2600
    assert found.ratios["share"].tolist() == [0.3, 1.0]


def test_equal_and_single():
    assert concentration([5] * 4).gini == 0
    assert concentration([1, 3]).gini == 0.25
    assert concentration([7]).hhi == 10_000


def test_returns_are_left_out_and_counted():
    found = concentration([10, -5, 0])
    assert (found.count, found.dropped, found.hhi) == (1, 2, 10_000)
    nothing = concentration([-1])
    assert math.isnan(nothing.gini)
    assert nothing.ratios["share"].isna().all()


def test_abc_by_hand():
    table = abc_classes(Series({"d": 5, "a": 50, "c": 15, "b": 30}))
    assert table["item"].tolist() == ["a", "b", "c", "d"]
    assert table["class"].tolist() == ["A", "A", "B", "C"]
    assert table["cumulative"].tolist() == pytest.approx([0.5, 0.8, 0.95, 1.0])
    assert abc_classes(Series({"x": -1.0}))["class"].tolist() == ["C"]
    assert abc_classes(Series(dtype=float)).empty


amounts = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20)


@settings(deadline=None)
@given(amounts, st.floats(0.01, 100))
def test_laws(values, factor):
    found = concentration(values)
    assert 10_000 / len(values) - 1e-6 <= found.hhi <= 10_000 + 1e-6
    assert -1e-9 <= found.gini < 1
    scaled = concentration([factor * value for value in values])
    assert scaled.hhi == pytest.approx(found.hhi)
    assert concentration(values[::-1]).gini == pytest.approx(found.gini, abs=1e-12)
    table = abc_classes(Series(values))
    assert table["share"].sum() == pytest.approx(1)
    assert table["class"].is_monotonic_increasing


def test_limits_must_rise():
    with pytest.raises(ParameterError) as caught:
        abc_classes(Series({"a": 1}), (0.9, 0.8))
    assert str(caught.value) == "`limits` must rise between 0 and 1; got [0.9, 0.8]."
