import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas import DataFrame

from salesnb.errors import MetricError
from salesnb.explain.products import lmdi, sequential_effects, shapley

# The example of the R package LMDIR: two items, three factors.
BEFORE = [[1, 10, 2], [4, 5, 3]]
NOW = [[4, 5, 3], [5, 6, 4]]

values = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 3))
positive = st.floats(0.01, 100).map(lambda value: round(value, 3))


def pair(elements, items=(1, 4), factors=(1, 6)):
    return st.tuples(st.integers(*items), st.integers(*factors)).flatmap(
        lambda shape: st.tuples(
            arrays(float, shape, elements=elements), arrays(float, shape, elements=elements)
        )
    )


def by_permutations(current, prior):
    """Average over every order in which the factors may change: the definition, in a loop."""
    effects = np.zeros_like(current)
    orders = list(permutations(range(current.shape[1])))
    for order in orders:
        state = prior.copy()
        for factor in order:
            before = state.prod(axis=1)
            state[:, factor] = current[:, factor]
            effects[:, factor] += state.prod(axis=1) - before
    return effects / len(orders)


def test_lmdi_published_items_and_totals():
    found = lmdi(NOW, BEFORE)
    assert found.prior == 80
    assert found.current == 180
    assert found.items.to_numpy() == pytest.approx(
        np.array(
            [[50.47438029, -25.23719014, 14.76280986], [19.31568569, 15.78206435, 24.90224996]]
        )
    )
    assert found.effects.tolist() == pytest.approx([69.79006598, -9.455125793, 39.66505981])
    assert found.ratios.tolist() == pytest.approx([1.761117821, 0.926191306, 1.379410116])


def test_lmdi_published_zero():
    found = lmdi(NOW, [[0, 10, 2], [4, 5, 3]])
    assert found.items.iloc[0].tolist() == [60, 0, 0]


@pytest.mark.parametrize(
    ("prior", "current", "effects"),
    [
        ([0, 5], [3, 4], [12, 0]),
        ([3, 4], [0, 5], [-12, 0]),
        ([0, 0], [3, 4], [6, 6]),
        ([0, 5], [0, 4], [0, 0]),
        ([0, 5], [3, 0], [0, 0]),
        ([3, 4], [3, 4], [0, 0]),
    ],
)
def test_lmdi_limits_at_zero(prior, current, effects):
    assert lmdi(current, prior).effects.tolist() == effects


@pytest.mark.parametrize(("prior", "current"), [([0, 5], [3, 4]), ([3, 4], [0, 5])])
def test_lmdi_limits_are_those_of_small_values(prior, current):
    small = lmdi(np.maximum(current, 1e-200), np.maximum(prior, 1e-200)).effects
    assert lmdi(current, prior).effects.to_numpy() == pytest.approx(small.to_numpy(), abs=0.1)


def test_shapley_published():
    assert shapley(NOW, BEFORE).effects.tolist() == pytest.approx(
        [74.333333333, -16.666666667, 42.333333333]
    )
    two = shapley([1700, 225], [1500, 220])
    assert two.effects.tolist() == pytest.approx([44_500, 8_000])
    assert two.ratios.isna().all()


def test_sequential_changes_left_to_right():
    assert sequential_effects(np.array([[3.0, 5.0]]), np.array([[2.0, 4.0]])).tolist() == [[4, 3]]


@settings(deadline=None, max_examples=25)
@given(pair(values, factors=(1, 5)))
def test_shapley_is_the_average_over_orders(sides):
    current, prior = sides
    expected = by_permutations(current, prior)
    assert shapley(current, prior).items.to_numpy() == pytest.approx(expected, rel=1e-9, abs=1e-4)


@settings(deadline=None)
@given(pair(values, factors=(1, 8)))
def test_shapley_laws(sides):
    current, prior = sides
    found = shapley(current, prior)
    scale = 1 + np.abs(current).max() ** current.shape[1] + np.abs(prior).max() ** prior.shape[1]
    assert abs(found.effects.sum() - found.change) <= 1e-9 * scale
    backwards = shapley(prior, current)
    assert np.abs(found.items + backwards.items).to_numpy().max() <= 1e-9 * scale
    turned = shapley(current[:, ::-1], prior[:, ::-1]).items.to_numpy()[:, ::-1]
    assert np.abs(found.items.to_numpy() - turned).max() <= 1e-9 * scale
    same = current == prior
    assert not found.items.to_numpy()[same].any()


@settings(deadline=None)
@given(pair(positive))
def test_lmdi_laws(sides):
    current, prior = sides
    found = lmdi(current, prior)
    scale = found.current + found.prior
    assert abs(found.effects.sum() - found.change) <= 1e-9 * scale
    assert math.prod(found.ratios) == pytest.approx(found.current / found.prior)
    backwards = lmdi(prior, current)
    assert np.abs(found.items + backwards.items).to_numpy().max() <= 1e-9 * scale
    halves = lmdi(
        np.vstack([current, current]) * ([0.5] + [1] * (current.shape[1] - 1)),
        np.vstack([prior, prior]) * ([0.5] + [1] * (current.shape[1] - 1)),
    )
    assert halves.effects.to_numpy() == pytest.approx(found.effects.to_numpy(), abs=1e-9 * scale)


def test_names_come_from_the_frame():
    before = DataFrame({"units": [2], "price": [3]}, index=["x"])
    found = shapley(before * 2, before)
    assert found.items.index.tolist() == ["x"]
    assert found.effects.to_dict() == {"units": 9, "price": 9}


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: lmdi([-1, 2], [1, 2]),
            "lmdi: 1 values are negative, which LMDI cannot split. "
            'Use method="shapley", which allows any sign.',
        ),
        (
            lambda: shapley([1, 2], [1, 2, 3]),
            "current and prior differ in shape; got (1, 2) and (1, 3). Give one row for each item "
            "and one column for each factor on both sides.",
        ),
        (
            lambda: shapley([1, math.nan], [1, 2]),
            "current: 1 of 2 values are empty or infinite. Leave such rows out, or fill them "
            "before.",
        ),
        (
            lambda: shapley(["a", 2], [1, 2]),
            "current: the values are not all numbers.",
        ),
        (
            lambda: shapley([1, 2], [1, 2], ["a"]),
            "2 factors have 1 names; got a.",
        ),
        (
            lambda: shapley(DataFrame({"a": [1]}), DataFrame({"b": [1]})),
            "current and prior differ in items or factors. Align the two frames first: same "
            "index, same columns.",
        ),
    ],
)
def test_errors(run, message):
    with pytest.raises(MetricError) as caught:
        run()
    assert str(caught.value) == message
