import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import Categorical, DataFrame, concat

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.bridge import bridge, contribution_bridge


def items(*rows, columns=("item", "quantity", "price")):
    return DataFrame(rows, columns=list(columns))


BEFORE = items(("a", 7000, 30), ("b", 3000, 40), ("c", 500, 10))
NOW = items(("a", 8000, 29), ("b", 7000, 42), ("d", 400, 55))


def test_published_mix_and_quantity_variance():
    # OpenTuition, ACCA: contribution a unit 9 and 12, budget 7,000 and 3,000, actual 8,000, 7,000.
    before = items(("x", 7000, 9), ("y", 3000, 12))
    now = items(("x", 8000, 9), ("y", 7000, 12))
    effects = bridge(now, before, method="classical").effects
    assert effects["mix"] == pytest.approx(7_500)
    assert effects["volume"] == pytest.approx(49_500)
    assert effects["volume"] + effects["mix"] == pytest.approx(57_000)


def test_classical_on_the_test_set():
    effects = bridge(NOW, BEFORE, method="classical").effects
    assert effects.to_dict() == pytest.approx(
        {"volume": 165_000, "mix": 25_000, "price": 6_000, "new": 22_000, "lost": -5_000}
    )
    backwards = bridge(BEFORE, NOW, method="classical").effects
    assert backwards["price"] == pytest.approx(1_000)


def test_shapley_on_the_test_set():
    found = bridge(NOW, BEFORE)
    assert found.change == 213_000
    assert found.effects.to_dict() == pytest.approx(
        {
            "volume": 169_750,
            "mix": 24_166.666667,
            "price": 2_083.333333,
            "new": 22_000,
            "lost": -5_000,
        }
    )
    backwards = bridge(BEFORE, NOW).effects
    for effect in ("volume", "mix", "price"):
        assert backwards[effect] == pytest.approx(-found.effects[effect])
    assert backwards["new"] == -found.effects["lost"]
    assert found.items[["item", "status"]].to_numpy().tolist() == [
        ["a", "kept"],
        ["b", "kept"],
        ["c", "lost"],
        ["d", "new"],
    ]
    tidy = found.tidy()
    assert tidy.columns.tolist() == ["item", "effect", "value"]
    assert tidy["value"].sum() == pytest.approx(213_000)


def test_margin_splits_price_and_cost():
    before = items(("a", 10, 10, 6), columns=("item", "quantity", "price", "unit_cost"))
    now = items(("a", 12, 11, 7), columns=("item", "quantity", "price", "unit_cost"))
    found = bridge(now, before, measure="margin")
    assert (found.prior, found.current) == (40, 48)
    assert found.effects.to_dict() == pytest.approx(
        {"volume": 8, "mix": 0, "price": 11, "cost": -11, "new": 0, "lost": 0}
    )
    classical = bridge(now, before, measure="margin", method="classical").effects
    assert classical[["volume", "price", "cost"]].tolist() == pytest.approx([8, 12, -12])


def test_currency_is_a_bar_of_its_own():
    columns = ("item", "quantity", "amount", "rate")
    before = items(("a", 10, 100, 7.0), columns=columns)
    now = items(("a", 10, 100, 7.7), columns=columns)
    effects = bridge(now, before).effects
    assert effects["fx"] == pytest.approx(70)
    assert effects.drop("fx").abs().sum() == pytest.approx(0)


def test_cost_in_another_currency():
    columns = ("item", "quantity", "amount", "cost", "cost_rate", "rate")
    before = items(("a", 10, 100, 50, 1.0, 1.0), columns=columns)
    now = items(("a", 10, 100, 50, 1.2, 1.0), columns=columns)
    assert bridge(now, before, measure="margin").effects["fx"] == pytest.approx(-10)


def test_rows_of_an_item_are_added_up():
    split = items(("a", 3000, 29), ("a", 5000, 29), ("b", 7000, 42), ("d", 400, 55))
    assert bridge(split, BEFORE).effects.tolist() == pytest.approx(
        bridge(NOW, BEFORE).effects.tolist()
    )


def test_items_without_quantity_fall_back_to_contribution():
    before = items(
        ("a", 10, 100.0), ("fee", math.nan, 50.0), columns=("item", "quantity", "amount")
    )
    now = items(("a", 12, 120.0), ("fee", math.nan, 80.0), columns=("item", "quantity", "amount"))
    effects = bridge(now, before).effects
    assert effects["contribution"] == 30
    assert effects["volume"] == pytest.approx(20)
    nowhere = bridge(now.drop(columns="quantity"), before.drop(columns="quantity")).effects
    assert nowhere["contribution"] == 50


def test_families_and_units_of_measure():
    columns = ("item", "quantity", "amount", "family", "unit")
    before = items(
        ("a", 10, 100, "bolts", "kg"),
        ("b", 10, 200, "bolts", "kg"),
        ("c", 5, 50, "tools", "piece"),
        ("d", 5, 500, "tools", "box"),
        columns=columns,
    )
    now = before.assign(quantity=[5, 15, 5, 5], amount=[50, 300, 60, 500])
    effects = bridge(now, before).effects
    assert effects["mix"] == pytest.approx(50)
    assert effects["contribution"] == 10
    assert bridge(now.drop(columns="unit"), before.drop(columns="unit")).effects["price"] == (
        pytest.approx(10)
    )


def test_returns_that_outweigh_sales_leave_no_mix():
    before = items(("a", 10, 10.0), ("b", -15, 10.0))
    now = items(("a", 12, 10.0), ("b", -10, 11.0))
    found = bridge(now, before)
    assert found.effects["mix"] == 0
    assert found.effects["volume"] == pytest.approx(20 + 5 * 10.5)
    assert found.effects.sum() == pytest.approx(found.change)


def test_amounts_that_cancel_in_their_own_currency():
    columns = ("item", "quantity", "amount", "rate")
    before = items(("a", 10, 100, 1.0), ("a", 10, -100, 2.0), ("b", 1, 1, 1.0), columns=columns)
    found = bridge(before.iloc[::-1], before, "item")
    assert found.change == 0
    moved = bridge(items(("a", 10, 50, 1.0), columns=columns), before)
    assert moved.effects["contribution"] == pytest.approx(150)


def test_an_empty_side_is_all_new_or_all_lost():
    empty = BEFORE.iloc[:0]
    assert bridge(BEFORE, empty).effects["new"] == 335_000
    assert bridge(empty, BEFORE).effects["lost"] == -335_000
    assert bridge(empty, empty).change == 0


def test_keys_may_be_categories_several_or_empty():
    before = BEFORE.assign(line=["x", None, "x"], item=Categorical(BEFORE["item"]))
    now = NOW.assign(line=["x", None, "y"], item=Categorical(NOW["item"]))
    found = bridge(now, before, by=["line", "item"])
    assert found.effects.to_dict() == pytest.approx(bridge(NOW, BEFORE).effects.to_dict())
    assert len(found.items) == 4


def test_inputs_are_not_changed():
    before, now = BEFORE.copy(), NOW.copy()
    bridge(now, before)
    assert before.equals(BEFORE)
    assert now.equals(NOW)


rows = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 50),
        st.integers(0, 100),
        st.integers(0, 60),
        st.sampled_from([1.0, 6.5, 7.25]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)
COLUMNS = ("item", "quantity", "price", "unit_cost", "rate")


@settings(deadline=None, max_examples=25)
@given(rows, rows, st.sampled_from(["sales", "margin"]), st.sampled_from(["shapley", "classical"]))
def test_laws(now, before, measure, method):
    now, before = (items(*side, columns=COLUMNS) for side in (now, before))
    found = bridge(now, before, measure=measure, method=method)
    scale = 1e-9 * max(1, abs(found.prior) + abs(found.current), 1e4)
    effects = found.items[found.effects.index]
    assert abs(found.effects.sum() - found.change) <= scale
    assert (effects.sum(axis=1) - found.items["change"]).abs().max() <= scale

    shuffled = bridge(now.iloc[::-1], before.iloc[::-1], measure=measure, method=method)
    assert (shuffled.effects - found.effects).abs().max() <= scale

    halves = [
        concat([side.assign(quantity=side["quantity"] / 2, half=half) for half in (1, 2)])
        for side in (now, before)
    ]
    split = bridge(*halves, by=["item", "half"], measure=measure, method=method)
    assert (split.effects - found.effects).abs().max() <= scale

    same = bridge(now, now, measure=measure, method=method)
    assert same.effects.abs().max() <= scale
    if method == "shapley":
        backwards = bridge(before, now, measure=measure).effects
        for effect in found.effects.index:
            partner = {"new": "lost", "lost": "new"}.get(effect, effect)
            assert abs(found.effects[effect] + backwards[partner]) <= scale


amounts = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-50, 50)), min_size=0, max_size=8)


@settings(deadline=None, max_examples=25)
@given(amounts, amounts)
def test_contribution_laws(now, before):
    now, before = (
        DataFrame(side, columns=["region", "amount"]).astype({"amount": float})
        for side in (now, before)
    )
    found = contribution_bridge(now, before, "region")
    assert found.effects.sum() == found.change == now["amount"].sum() - before["amount"].sum()
    backwards = contribution_bridge(before, now, "region").effects
    assert backwards["existing"] == -found.effects["existing"]
    assert backwards["new"] == -found.effects["lost"]


def test_contribution_of_another_metric():
    before = DataFrame({"rep": ["a"], "orders": [3]})
    found = contribution_bridge(before.assign(orders=5), before, "rep", value="orders")
    assert found.items.to_dict("list") == {
        "rep": ["a"],
        "status": ["kept"],
        "prior": [3],
        "current": [5],
        "change": [2],
        "existing": [2],
        "new": [0],
        "lost": [0],
    }


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: bridge(NOW.drop(columns=["price", "item"]), BEFORE),
            "current: 2 problems.\n  · `item` is missing; got quantity.\n"
            "  · `price` is missing; got quantity.",
        ),
        (
            lambda: bridge(NOW, BEFORE, measure="margin"),
            "current: `unit_cost` is missing; got item, quantity, price.",
        ),
        (
            lambda: bridge(NOW.assign(price=math.nan), BEFORE),
            "`price` of current: 3 of 3 values are empty or infinite. Leave such rows out, or "
            "fill them before.",
        ),
        (
            lambda: bridge(NOW.assign(rate=1.0), BEFORE),
            "bridge: `rate` is given on one side only. Give it on both, 1 where nothing is due.",
        ),
        (
            lambda: bridge(NOW.assign(family="x"), BEFORE.assign(family="y")),
            "item `a` stands in two families. Give each item one `family`, the same on both sides.",
        ),
        (
            lambda: bridge(concat([NOW.assign(family="x"), NOW.assign(family="y")]), BEFORE),
            "item `a` stands in two families. Give each item one `family`, the same on both sides.",
        ),
    ],
)
def test_errors(run, message):
    with pytest.raises(MetricError) as caught:
        run()
    assert str(caught.value) == message


def test_unknown_choices():
    with pytest.raises(ParameterError) as caught:
        bridge(NOW, BEFORE, method="shapely")
    assert str(caught.value) == "`method` is unknown; got shapely. Did you mean `shapley`?"
    with pytest.raises(ParameterError) as caught:
        bridge(NOW, BEFORE, measure="profit")
    assert str(caught.value) == "`measure` is unknown; got profit. It can be: margin, sales."


def test_the_tables_call_it_qty():
    before = DataFrame({"item": ["x", "y"], "qty": [7000, 3000], "price": [9, 12]})
    now = DataFrame({"item": ["x", "y"], "qty": [8000, 7000], "price": [9, 12]})
    effects = bridge(now, before, method="classical").effects
    assert effects[["volume", "mix"]].tolist() == [49500, 7500]
