import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, concat

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.drivers import (
    attribute,
    attribute_levels,
    driver_effects,
    driver_tree,
    evaluate,
    ratio_change,
)

COMPANY = {
    "sales": "new + existing - returns",
    "new": "leads * conversion * deal",
    "existing": "customers * orders_each * order_value",
    "returns": "return_rate * units * price",
}
LEAVES = driver_tree(COMPANY).drivers


def values(seed):
    random = np.random.default_rng(seed)
    return dict(zip(LEAVES, random.uniform(-5, 5, len(LEAVES)).round(2), strict=True))


def test_two_factors_published():
    table = attribute("units * price", {"units": 1700, "price": 225}, {"units": 1500, "price": 220})
    assert driver_effects(table).to_dict() == {"units": 44_500.0, "price": 8_000.0}


def test_lmdir_example_by_item():
    before = DataFrame({"item": ["a", "b"], "x": [1, 4], "y": [10, 5], "z": [2, 3]})
    now = DataFrame({"item": ["b", "a"], "x": [5, 4], "y": [6, 5], "z": [4, 3]})
    split = driver_effects(attribute("x * y * z", now, before, by="item", method="lmdi"))
    assert split.tolist() == pytest.approx([69.79006598, -9.455125793, 39.66505981])
    exact = driver_effects(attribute("x * y * z", now, before, by="item"))
    assert exact.tolist() == pytest.approx([74.333333333, -16.666666667, 42.333333333])


def test_an_item_absent_on_one_side_is_zero_there():
    before = DataFrame({"line": ["a"], "units": [10], "price": [2]})
    now = DataFrame({"line": ["b"], "units": [5], "price": [4]})
    table = attribute("units * price", now, before, by="line")
    assert table.to_dict("list") == {
        "line": ["a", "a", "b", "b"],
        "driver": ["units", "price"] * 2,
        "prior": [10, 2, 0, 0],
        "current": [0, 0, 5, 4],
        "effect": [-10, -10, 10, 10],
    }


def test_velocity_has_a_driver_below_the_line():
    before = {"deals": 10, "win_rate": 0.5, "value": 100, "days": 50}
    now = {**before, "days": 25}
    table = attribute("deals * win_rate * value / days", now, before).set_index("driver")
    assert table["effect"].round(9).to_dict() == {
        "deals": 0,
        "win_rate": 0,
        "value": 0,
        "days": 10,
    }


def test_numbers_and_brackets_multiply_out():
    tree = driver_tree("2 * (a + b) * c - a")
    assert evaluate(tree, {"a": 1, "b": 2, "c": 3}) == 17
    assert [(term.coefficient, term.above) for term in tree.terms] == [
        (2, ("a", "c")),
        (2, ("b", "c")),
        (-1, ("a",)),
    ]


def test_evaluate_scenarios_at_once():
    assert evaluate("a * b + 1", {"a": [1, 2], "b": 3}).tolist() == [4, 7]
    assert evaluate("a * b", DataFrame({"a": [1, 2], "b": [3, 4]})).tolist() == [3, 8]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_attribution_laws(first, second):
    tree = driver_tree(COMPANY)
    now, before = values(first), values(second)
    effects = driver_effects(attribute(tree, now, before))
    change = evaluate(tree, now) - evaluate(tree, before)
    assert effects.sum() == pytest.approx(change, abs=1e-9)
    backwards = driver_effects(attribute(tree, before, now))
    assert (effects + backwards).abs().max() < 1e-9
    assert not driver_effects(attribute(tree, now, now)).any()
    levels = attribute_levels(tree, now, before).set_index("node")
    assert levels.loc["sales", "effect"] == pytest.approx(change, abs=1e-9)
    for node in ("new", "existing"):
        assert levels.loc[node, "effect"] == pytest.approx(levels.loc[node, "change"], abs=1e-9)
    children = levels[levels["parent"] == "sales"]["effect"].sum()
    assert children == pytest.approx(change, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_items_and_rows_laws(seed, count):
    random = np.random.default_rng(seed)

    def frame():
        return DataFrame(
            {
                "item": range(count),
                "units": random.integers(0, 9, count),
                "price": random.uniform(0, 9, count),
            }
        )

    now, before = frame(), frame()
    effects = driver_effects(attribute("units * price", now, before, "item"))
    shuffled = driver_effects(attribute("units * price", now.iloc[::-1], before, "item"))
    assert effects.to_numpy() == pytest.approx(shuffled.to_numpy(), abs=1e-9)
    halves = [
        DataFrame({**side, "item": side["item"] + 100 * part, "units": side["units"] / 2})
        for side in (now, before)
        for part in (0, 1)
    ]
    joined = [concat(halves[:2]), concat(halves[2:])]
    split = driver_effects(attribute("units * price", *joined, by="item"))
    assert effects.to_numpy() == pytest.approx(split.to_numpy(), abs=1e-9)


def test_levels_refuse_a_shared_driver():
    tree = driver_tree({"sales": "a + b", "a": "customers * x", "b": "customers * y"})
    one = {"customers": 1, "x": 2, "y": 3}
    assert driver_effects(attribute(tree, one, one)).sum() == 0
    with pytest.raises(ParameterError) as caught:
        attribute_levels(tree, one, one)
    assert str(caught.value) == (
        "`customers` stands in two places of the tree `sales`. Use `attribute`, which gives its "
        "effect as a whole."
    )


def groups(*rows):
    return DataFrame(rows, columns=["channel", "numerator", "denominator"])


def test_ratio_change_splits_within_and_mix():
    before = groups(("a", 20, 50), ("b", 10, 50))
    now = groups(("a", 15, 50), ("b", 10, 50))
    table = ratio_change(now, before, "channel")
    assert table["within"].tolist() == pytest.approx([-0.05, 0])
    assert table["mix"].tolist() == pytest.approx([0, 0], abs=1e-12)


def test_ratio_change_new_lost_and_empty_groups_are_mix():
    before = groups(("a", 20, 50), ("b", 10, 50))
    now = groups(("a", 20, 50), ("c", 30, 50), ("d", 1, 0))
    table = ratio_change(now, before, "channel").set_index("channel")
    assert table["effect"].sum() == pytest.approx(51 / 100 - 30 / 100)
    assert (table.loc[["b", "c", "d"], "within"] == 0).all()
    assert math.isnan(table.loc["b", "current"])
    assert table.loc["d", "effect"] == pytest.approx(0.01)


counts = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 100)), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=30)
@given(counts, counts)
def test_ratio_change_laws(now, before):
    sides = [
        groups(*((str(key), top, low + 1) for key, top, low in side)) for side in (now, before)
    ]
    table = ratio_change(*sides, "channel")
    rates = [side["numerator"].sum() / side["denominator"].sum() for side in sides]
    assert table["effect"].sum() == pytest.approx(rates[0] - rates[1], abs=1e-9)
    assert (table["within"] + table["mix"]).to_numpy() == pytest.approx(table["effect"].to_numpy())
    backwards = ratio_change(sides[1], sides[0], "channel")
    assert (table["within"] + backwards["within"]).abs().max() < 1e-12
    assert (table["mix"] + backwards["mix"]).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            "a * a",
            "`a` occurs twice in one product, so the KPI is not linear in it; got a * a. Give the "
            "second one a name of its own.",
        ),
        (
            "a / (b + c)",
            "a formula may divide by a product only; got a / (b + c). Make the sum a driver of "
            "its own.",
        ),
        (
            "a ** 2",
            "`a ** 2` is not allowed in a formula; got a ** 2. Use names, numbers, + - * / ( ).",
        ),
        ("f(a)", "`f(a)` is not allowed in a formula; got f(a). Use names, numbers, + - * / ( )."),
        ("a *", "the formula cannot be read; got a *. Use names, numbers, + - * / ( )."),
        ({"x": "y", "y": "x"}, "`x` refers to itself; got x → y → x."),
        (
            {"sales": "units * price", "unit": "a"},
            "driver tree `sales`: node `unit` is not used. Did you mean `units`?",
        ),
        ({}, "the driver tree has no formula."),
    ],
)
def test_formulas_that_are_refused(formula, message):
    with pytest.raises(ParameterError) as caught:
        driver_tree(formula)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: attribute("a * b", {"a": 1}, {"a": 1, "b": 2}),
            "current: driver `b` is missing; got a.",
        ),
        (
            lambda: evaluate("a / b", {"a": 1, "b": 0}),
            "driver `b` is zero below the line.",
        ),
        (
            lambda: attribute("a * b", {"a": 1, "b": -1}, {"a": 1, "b": 2}, method="lmdi"),
            "`kpi` has negative values or terms, which LMDI cannot split. "
            'Use method="shapley", which allows any sign.',
        ),
        (
            lambda: attribute(
                "a", DataFrame({"k": [1, 1], "a": [1, 2]}), DataFrame({"k": [1], "a": [1]}), "k"
            ),
            "current: 1 rows repeat a key of k. Add rows up, or recompute their rates, before "
            "attributing.",
        ),
        (
            lambda: attribute("a", DataFrame({"a": [1, 2]}), DataFrame({"a": [1]})),
            "frames of several items need `by`; got 2 and 1 rows.",
        ),
        (
            lambda: attribute("a", DataFrame({"a": [1]}), {"a": 1}),
            "`by` and frames go together. Give two frames with the columns of `by`, or two "
            "mappings without `by`.",
        ),
        (
            lambda: ratio_change(groups(("a", 0, 0)), groups(("a", 1, 1)), "channel"),
            "current: the denominators sum to zero: there is no ratio.",
        ),
        (
            lambda: ratio_change(groups(), groups().drop(columns="numerator"), "channel"),
            "prior: `numerator` is missing; got channel, denominator.",
        ),
    ],
)
def test_errors(run, message):
    with pytest.raises(MetricError) as caught:
        run()
    assert str(caught.value) == message


def test_unknown_method():
    with pytest.raises(ParameterError) as caught:
        attribute("a", {"a": 1}, {"a": 2}, method="lmdl")
    assert str(caught.value) == "`method` is unknown; got lmdl. Did you mean `lmdi`?"
