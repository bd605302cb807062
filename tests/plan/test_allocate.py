import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import ParameterError
from salesnb.plan.allocate import allocate, allocate_tree

SALES = pd.Series({"East": 35.0, "South": 25.0, "Midwest": 20.0, "North": 20.0})
PEOPLE = pd.DataFrame(
    {
        "region": ["E", "E", "S", "S"],
        "rep": ["a", "b", "c", "d"],
        "basis": [1.0, 3.0, 2.0, 2.0],
    }
)


def message(function, *args, **options):
    with pytest.raises(ParameterError) as caught:
        function(*args, **options)
    return str(caught.value)


# One list of items ----------------------------------------------------------------------


def test_a_total_follows_the_basis():
    result = allocate(200, SALES)
    assert result["target"].tolist() == [70, 50, 40, 40]
    assert result["share"].tolist() == [0.35, 0.25, 0.2, 0.2]
    assert result["status"].tolist() == ["free"] * 4
    assert result["residual"].tolist() == [0, 0, 0, 0]


def test_holds_stay_and_the_rest_share_what_is_left():
    result = allocate(100, SALES, holds={"East": 55})
    assert result.loc["East", ["target", "status"]].tolist() == [55, "held"]
    assert result["target"].iloc[1:].tolist() == pytest.approx([45 * 25 / 65] + [45 * 20 / 65] * 2)


def test_bounds_are_kept_and_named():
    result = allocate(100, SALES, lower={"North": 24}, upper={"East": 30})
    assert result["status"].tolist() == ["upper", "free", "free", "lower"]
    assert result["target"].tolist() == pytest.approx([30, 46 * 25 / 45, 46 * 20 / 45, 24])


def test_one_bound_for_all():
    assert allocate(100, SALES, upper=30)["target"].tolist() == pytest.approx(
        [30, 70 * 25 / 65, 70 * 20 / 65, 70 * 20 / 65]
    )


def test_an_infinite_bound_is_none():
    result = allocate(100, SALES, upper={"East": np.inf, "South": 20}, lower={"North": -np.inf})
    assert result["status"].tolist() == ["free", "upper", "free", "free"]
    assert allocate(100, SALES, upper=np.inf, unit=1)["target"].tolist() == [35, 25, 20, 20]


def test_over_assignment_is_declared():
    result = allocate(100, SALES, hedge=0.02)
    assert result["target"].sum() == pytest.approx(102)
    assert result["share"].sum() == pytest.approx(1)


def test_whole_units_and_where_the_residual_went():
    # 101 in tens: 10 tens and 1 over, which the largest free item takes.
    result = allocate(101, SALES, unit=10)
    assert result["target"].tolist() == [41, 20, 20, 20]
    assert result["residual"].tolist() == [1, 0, 0, 0]


def test_a_held_target_off_the_unit_leaves_its_rest_to_a_free_item():
    result = allocate(100, SALES, holds={"East": 33.5}, unit=1)
    assert result["target"].tolist() == [33.5, 26.5, 20, 20]
    assert result["residual"].tolist() == [0, 0.5, 0, 0]


def test_a_basis_of_zero_gets_nothing_but_its_lower_bound():
    basis = pd.Series({"old": 1.0, "new": 0.0, "newer": 0.0})
    result = allocate(10, basis, lower={"newer": 2})
    assert result["target"].tolist() == [8, 0, 2]
    assert result["status"].tolist() == ["free", "free", "lower"]
    assert result["upper"].isna().all()


@pytest.mark.parametrize(("count", "parts"), [(95, [31, 25, 21, 18]), (25, [8, 6, 6, 5])])
def test_customers_are_whole(count, parts):
    # domain.md 7.7: 95 small and 25 key customers in proportion to the regions' targets.
    asked = SALES * [1.08, 1.18, 1.25, 1.10]
    assert allocate(count, asked, unit=1)["target"].tolist() == parts


def test_a_total_of_zero_has_no_shares():
    result = allocate(0, SALES)
    assert result["target"].tolist() == [0, 0, 0, 0]
    assert result["share"].isna().all()


def test_pairs_can_be_items():
    basis = pd.Series([1.0, 1.0], index=pd.MultiIndex.from_tuples([("E", "a"), ("E", "b")]))
    assert allocate(10, basis, holds=pd.Series({("E", "a"): 4.0}))["target"].tolist() == [4, 6]


def test_the_basis_is_not_changed():
    before = SALES.copy()
    allocate(112, SALES, holds={"East": 40}, unit=1)
    pd.testing.assert_series_equal(SALES, before)


# What cannot be done, and why ------------------------------------------------------------


def test_too_much_is_asked_for_by_the_fewest():
    text = message(allocate, 100, SALES, holds={"East": 70}, lower={"South": 40, "North": 5})
    assert text == (
        "100 cannot be split: `East` held at 70 and `South` at least 40 ask for 110, 10 too much. "
        "Raise the total, or loosen one of them."
    )


def test_too_little_is_allowed():
    text = message(
        allocate, 100, SALES, upper={"East": 30, "South": 20, "Midwest": 10}, holds={"North": 20}
    )
    assert text == (
        "100 cannot be split: `East` at most 30, `South` at most 20, `Midwest` at most 10 and "
        "`North` held at 20 allow only 80, 20 too little. Lower the total, or loosen one of them."
    )


def test_nothing_to_go_by():
    text = message(allocate, 100, pd.Series({"new": 0.0, "held": 1.0}), holds={"held": 30})
    assert text == (
        "100 cannot be split: `new` without a basis and `held` held at 30 allow only 30, "
        "70 too little. Lower the total, or loosen one of them."
    )


def test_over_assignment_is_said_in_the_reason():
    text = message(allocate, 100, SALES, hedge=0.1, upper=25)
    assert text.startswith("100 (with over-assignment 110) cannot be split: `East` at most 25, ")
    assert "allow only 100, 10 too little" in text


def test_no_whole_unit_between_the_bounds():
    text = message(allocate, 100, SALES, lower={"East": 32}, upper={"East": 38}, unit=10)
    assert text == (
        "no whole multiple of 10 lies between 32 and 38 for `East`. "
        "Use a smaller unit, or loosen its bounds."
    )


def test_limits_that_clash_in_one_item_are_all_named():
    text = message(
        allocate,
        100,
        SALES,
        holds={"East": 9},
        lower={"East": 10, "South": 30},
        upper={"South": 20, "North": -1},
    )
    assert text == (
        "3 problems.\n"
        "  · `South` is at least 30 and at most 20.\n"
        "  · `East` is held at 9 and at least 10.\n"
        "  · `North` is at most -1, below 0."
    )


def test_wrong_arguments_are_named():
    assert message(allocate, -1, SALES) == "`total` is 0 or more; got -1."
    assert message(allocate, 1, SALES, unit=0) == "`unit` is above 0; got 0."
    assert message(allocate, 1, SALES, method="propotional") == (
        "`method` is `propotional`. Did you mean `proportional`?"
    )
    assert message(allocate, 1, SALES, holds={"Esat": 1}) == (
        "`holds` names `Esat`. Did you mean `East`?"
    )


def test_a_basis_below_zero_or_missing_is_refused():
    text = message(allocate, 1, pd.Series({"a": -1.0, "b": np.nan, "c": 1.0}))
    assert text == (
        "basis: 2 problems.\n"
        "  · the basis of `a` is a number, 0 or more; got -1.0. "
        "Hold it at a target, or give it a weight of its own.\n"
        "  · the basis of `b` is a number, 0 or more; got nan. "
        "Hold it at a target, or give it a weight of its own."
    )


def test_an_item_twice_is_refused():
    basis = pd.Series([1.0, 2.0], index=["a", "a"])
    assert message(allocate, 1, basis) == "basis: `a` has more than one row."


# Trees ------------------------------------------------------------------------------------


def test_a_tree_is_exact_at_every_node():
    tree = allocate_tree(80, PEOPLE, ["region", "rep"])
    assert tree["level"].tolist() == ["total", "region", "region", "rep", "rep", "rep", "rep"]
    assert tree["region"].tolist() == ["", "E", "S", "E", "E", "S", "S"]
    assert tree["target"].tolist() == [80, 40, 40, 10, 30, 20, 20]
    assert tree["over_assigned"].tolist() == [0] * 7


def test_a_limit_at_any_level_is_kept():
    limits = pd.DataFrame(
        {"region": ["E", "S"], "rep": ["", "d"], "hold": [50, None], "upper": [None, 5]}
    )
    tree = allocate_tree(80, PEOPLE, ["region", "rep"], limits=limits)
    assert tree["target"].tolist() == pytest.approx([80, 50, 30, 12.5, 37.5, 25, 5])
    assert tree["status"].tolist() == ["held", "held", *["free"] * 4, "upper"]


def test_over_assignment_grows_level_by_level():
    tree = allocate_tree(100, PEOPLE, ["region", "rep"], hedge={"region": 0.02, "rep": 0.05})
    sums = tree.groupby("level", sort=False)["target"].sum()
    assert sums.tolist() == pytest.approx([100, 102, 107.1])
    assert tree["over_assigned"].tolist() == pytest.approx([2, 2.55, 2.55, 0, 0, 0, 0])


def test_whole_units_at_every_node():
    tree = allocate_tree(95, PEOPLE, ["region", "rep"], unit=1)
    assert tree["target"].tolist() == [95, 48, 47, 12, 36, 24, 23]


def test_a_clash_below_is_found_where_it_is():
    limits = pd.DataFrame(
        {
            "region": ["E", "E", "E"],
            "rep": ["", "a", "b"],
            "hold": [50, None, None],
            "lower": [None, 20, 40],
        }
    )
    assert message(allocate_tree, 80, PEOPLE, ["region", "rep"], limits=limits) == (
        "50 of `region=E` cannot be split: `region=E;rep=b` at least 40 and `region=E;rep=a` at "
        "least 20 ask for 60, 10 too much. Raise the total, or loosen one of them."
    )


def test_a_clash_with_the_total_names_the_leaves_behind_it():
    limits = pd.DataFrame({"region": ["E", "S", "S"], "rep": ["a", "c", "d"], "lower": [60, 30, 1]})
    assert message(allocate_tree, 80, PEOPLE, ["region", "rep"], limits=limits) == (
        "80 cannot be split: `region=E;rep=a` at least 60 and `region=S;rep=c` at least 30 ask "
        "for 90, 10 too much. Raise the total, or loosen one of them."
    )


def test_limits_and_leaves_that_do_not_fit_are_named():
    limits = pd.DataFrame({"region": ["X"], "hold": [1]})
    assert message(allocate_tree, 80, PEOPLE, ["region", "rep"], limits=limits).startswith(
        "`limits` names `region=X`. "
    )
    assert message(allocate_tree, 80, pd.concat([PEOPLE, PEOPLE.head(1)]), ["region", "rep"]) == (
        "leaves: `region=E;rep=a` has more than one row."
    )
    assert message(allocate_tree, 80, PEOPLE.drop(columns="basis"), ["region", "rep"]) == (
        "`leaves` lacks ['basis']. Give region, rep, basis."
    )
    assert message(allocate_tree, 80, PEOPLE, ["region", "rep"], hedge={"regoin": 0.1}).startswith(
        "`hedge` names `regoin`. Did you mean `region`?"
    )


# Laws -------------------------------------------------------------------------------------


def range_of(basis, holds, lower, upper):
    """Give the least and most total that holds and bounds allow, worked out the plain way."""
    least = sum(holds.get(item, lower.get(item, 0)) for item in basis.index)
    most = sum(
        holds.get(item, upper.get(item, np.inf) if basis[item] else lower.get(item, 0))
        for item in basis.index
    )
    return least, most


@st.composite
def lists(draw, which="any"):
    """Give a total, a basis and limits; the total is any, possible, or too small for them."""
    size = draw(st.integers(1, 6))
    values = draw(st.lists(st.integers(0, 100), min_size=size, max_size=size))
    basis = pd.Series(values, index=[f"i{place}" for place in range(size)], dtype=float)
    amounts = st.one_of(st.none(), st.integers(1, 60))
    lower = {item: value for item in basis.index if (value := draw(amounts)) is not None}
    if which == "too_small":
        lower.setdefault("i0", draw(st.integers(1, 60)))
    upper = {
        item: value + lower.get(item, 0)
        for item in basis.index
        if (value := draw(amounts)) is not None
    }
    holds = {
        item: draw(st.integers(lower.get(item, 0), upper.get(item, 100)))
        for item in basis.index
        if draw(st.integers(0, 4)) == 0
    }
    limits = {"holds": holds, "lower": lower, "upper": upper}
    least, most = range_of(basis, **limits)
    low, high = {
        "any": (0, 300),
        "possible": (least, min(most, least + 300)),
        "too_small": (0, least - 1),
    }[which]
    return draw(st.integers(int(low), int(high))), basis, limits


def possible(total, basis, **limits):
    least, most = range_of(basis, **limits)
    return least <= total <= most


@given(lists(), st.sampled_from([None, 1, 7]))
@settings(deadline=None, max_examples=60)
def test_sums_holds_and_bounds_hold_whatever_is_asked(asked, unit):
    total, basis, limits = asked
    try:
        result = allocate(total, basis, unit=unit, **limits)
    except ParameterError:
        if unit != 7:
            assert not possible(total, basis, **limits)
        return
    assert possible(total, basis, **limits)
    assert result["target"].sum() == pytest.approx(total)
    for item, value in limits["holds"].items():
        assert result.loc[item, "target"] == value
    for item, value in limits["lower"].items():
        assert result.loc[item, "target"] >= value - 1e-9
    for item, value in limits["upper"].items():
        assert result.loc[item, "target"] <= value + 1e-9
    if unit:
        free = ~result.index.isin(list(limits["holds"]))
        off = (result["target"] - result["residual"]) % unit
        near = np.minimum(off, unit - off)
        assert (near[free] < 1e-6).all()
        assert (result["residual"] != 0).sum() <= 1
        assert result["residual"].abs().max() < unit


@given(lists("possible"), st.integers(0, 50))
@settings(deadline=None, max_examples=50)
def test_a_larger_total_lowers_no_free_item(asked, more):
    total, basis, limits = asked
    more = min(more, range_of(basis, **limits)[1] - total)
    before = allocate(total, basis, **limits)["target"]
    after = allocate(total + more, basis, **limits)["target"]
    assert (after >= before - 1e-9 * max(1, total + more)).all()


@given(lists("possible"), st.sampled_from([None, 1]), st.integers(0, 1000))
@settings(deadline=None, max_examples=50)
def test_order_and_scale_do_not_matter(asked, unit, seed):
    total, basis, limits = asked
    result = allocate(total, basis, unit=unit, **limits)["target"]
    turned = basis.sample(frac=1, random_state=seed)
    again = allocate(total, turned, unit=unit, **limits)["target"].reindex(basis.index)
    assert again.tolist() == pytest.approx(result.tolist(), abs=1e-9)
    scaled = allocate(
        total * 1000,
        basis * 10,
        unit=unit and unit * 1000,
        **{name: {item: v * 1000 for item, v in values.items()} for name, values in limits.items()},
    )["target"]
    assert scaled.tolist() == pytest.approx((result * 1000).tolist(), abs=1e-6)


@given(lists("too_small"))
@settings(deadline=None, max_examples=60)
def test_too_much_is_blamed_on_the_smallest_set(asked):
    total, basis, limits = asked
    least = [limits["holds"].get(item, limits["lower"].get(item, 0)) for item in basis.index]
    fewest = next(
        count
        for count in range(1, len(least) + 1)
        if any(sum(group) > total for group in itertools.combinations(least, count))
    )
    text = message(allocate, total, basis, **limits)
    assert text.count("`") // 2 == fewest


@st.composite
def trees(draw):
    rows = [
        (f"r{region}", f"p{person}", f"m{month}", draw(st.integers(0, 9)))
        for region in range(draw(st.integers(1, 3)))
        for person in range(draw(st.integers(1, 3)))
        for month in range(draw(st.integers(1, 3)))
    ]
    leaves = pd.DataFrame(rows, columns=["region", "rep", "month", "basis"])
    limits = []
    for depth in (1, 2, 3):
        cells = leaves[["region", "rep", "month"][:depth]].drop_duplicates()
        for cell in cells.itertuples(index=False):
            kind = draw(st.sampled_from(["", "", "", "", "hold", "lower", "upper"]))
            if kind:
                limits.append((*cell, *[""] * (3 - depth), kind, draw(st.integers(0, 40))))
    wide = pd.DataFrame(limits, columns=["region", "rep", "month", "kind", "value"])
    table = wide[["region", "rep", "month"]].copy()
    for kind in ("hold", "lower", "upper"):
        table[kind] = wide["value"].where(wide["kind"] == kind).astype(float)
    return draw(st.integers(0, 200)), leaves, table


@given(trees(), st.sampled_from([None, 1, 5]), st.sampled_from([{}, {"rep": 0.1}]))
@settings(deadline=None, max_examples=50)
def test_trees_are_exact_at_every_node_and_keep_every_limit(asked, unit, hedge):
    total, leaves, limits = asked
    levels = ["region", "rep", "month"]
    try:
        tree = allocate_tree(total, leaves, levels, limits=limits, unit=unit, hedge=hedge)
    except ParameterError:
        return
    for depth, name in enumerate(levels):
        factor = 1 + hedge.get(name, 0)
        parents = tree[tree["level"] == (["total", *levels][depth])]
        children = tree[tree["level"] == name]
        if depth:
            sums = children.groupby(levels[:depth])["target"].sum()
            own = parents.set_index(levels[:depth])["target"].reindex(sums.index)
            assert sums.tolist() == pytest.approx((own * factor).tolist(), abs=1e-6)
        else:
            assert children["target"].sum() == pytest.approx(total * factor)
    joined = limits.merge(tree, on=levels, suffixes=("_asked", ""), validate="one_to_one")
    assert len(joined) == len(limits)
    held = joined[joined["hold"].notna()]
    assert held["target"].tolist() == held["hold"].tolist()
    assert not (joined["target"] < joined["lower_asked"] - 1e-6).any()
    assert not (joined["target"] > joined["upper_asked"] + 1e-6).any()


@given(trees())
@settings(deadline=None, max_examples=30)
def test_a_refused_tree_can_be_mended_by_loosening_any_one_reason_named(asked):
    total, leaves, limits = asked
    levels = ["region", "rep", "month"]
    # With a basis everywhere every reason is a limit.
    leaves = leaves.assign(basis=leaves["basis"] + 1)
    try:
        allocate_tree(total, leaves, levels, limits=limits)
    except ParameterError as error:
        problems = error.problems
    else:
        return

    # Keep only the limits of the first clash: it is still there. Drop any one: it is not.
    def clashes(some):
        try:
            allocate_tree(total, leaves, levels, limits=some)
        except ParameterError as error:
            return [str(problem).split(" cannot be split")[0] for problem in error.problems]
        return []

    subject = str(problems[0]).split(" cannot be split")[0]
    named = [
        place
        for place, row in limits.iterrows()
        if f"`{';'.join(f'{n}={row[n]}' for n in levels if row[n])}`" in problems[0].what
    ]
    assert subject in clashes(limits.loc[named])
    for place in named:
        assert subject not in clashes(limits.loc[[other for other in named if other != place]])
