import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, MultiIndex, concat

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.search import contribution_search
from salesnb.explain.standout import CUT_SPREAD, fit_bulk, noise_power


def cube(shape, seed, noise=0.03, spread=0.0, growth=0.05):
    """A cube of cells that all grew by one rate, but for noise."""
    random = np.random.default_rng(seed)
    names = [f"d{place}" for place in range(len(shape))]
    index = MultiIndex.from_product([range(size) for size in shape], names=names)
    before = index.to_frame(index=False).astype(str)
    size = (
        random.lognormal(0, spread, len(before))
        if spread
        else random.uniform(0.5, 1.5, len(before))
    )
    before["amount"] = 100 * size
    grown = before["amount"] * (1 + growth) * (1 + noise * random.standard_normal(len(before)))
    return before.assign(amount=grown), before, names, random


def planted(shape, seed, effect, wide=0, **kind):
    """A cube with one change: of a cell, or of all cells that share `wide` dimensions with it."""
    now, before, names, random = cube(shape, seed, **kind)
    cell = before.iloc[int(random.integers(len(before)))]
    truth = {name: cell[name] for name in names[: wide or len(names)]}
    inside = (before[list(truth)] == list(truth.values())).all(axis=1)
    now.loc[inside, "amount"] *= 1 + effect
    return now, before, names, ";".join(f"{name}={value}" for name, value in truth.items())


def rates(shape, effect, seeds, wide=0, **kind):
    first = found = 0
    for seed in range(seeds):
        now, before, names, truth = planted(shape, seed, effect, wide, **kind)
        result = contribution_search(now, before, names)
        first += result.candidates["segment"].iloc[0] == truth
        found += truth in result.found["segment"].tolist()
    return first / seeds, found / seeds


def silence(shape, seeds, **kind):
    quiet = 0
    for seed in range(seeds):
        now, before, names, _ = cube(shape, seed, **kind)
        quiet += contribution_search(now, before, names).nothing_stands_out
    return quiet / seeds


@pytest.mark.parametrize(("shape", "seeds"), [((6, 6), 200), ((4, 3, 3), 60)])
def test_a_planted_cell_ranks_first(shape, seeds):
    first, found = rates(shape, -0.4, seeds)
    assert first >= 0.95
    assert found >= 0.95


@pytest.mark.parametrize(("shape", "seeds"), [((6, 6), 200), ((4, 3, 3), 60)])
def test_nothing_stands_out_of_noise(shape, seeds):
    assert silence(shape, seeds) >= 0.9


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((3, 4), {}),
        ((6, 6), {"noise": 0.01, "spread": 0.8}),
        ((6, 6), {"noise": 0.1, "spread": 0.8}),
        ((10, 10), {}),
        ((20, 20), {"spread": 0.5}),
        ((3, 3, 2, 2), {}),
    ],
)
def test_other_cubes_of_noise(shape, kind):
    # A true rate of 0.95 stays above 0.75 of 20 seeds nearly always.
    assert silence(shape, 20, **kind) >= 0.75


@pytest.mark.parametrize(
    ("shape", "effect", "wide", "kind"),
    [
        ((6, 6), 0.4, 0, {}),
        ((6, 6), -0.2, 1, {"spread": 0.5}),
        ((2, 8), -0.2, 1, {}),
        ((10, 10), -0.4, 0, {"spread": 0.5}),
        ((20, 20), -0.4, 0, {}),
        ((4, 3, 3), -0.3, 2, {}),
        ((3, 3, 2, 2), -0.3, 2, {}),
    ],
)
def test_other_planted_changes(shape, effect, wide, kind):
    first, found = rates(shape, effect, 20, wide, **kind)
    assert first >= 0.9
    assert found >= 0.9


def test_noise_of_counted_orders_is_noise():
    """Small cells of few orders vary more, in percent; they must not be taken for news."""
    quiet = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        _, before, names, _ = cube((6, 6), seed, spread=1.0)
        mean = before["amount"] * 5
        now = before.assign(amount=random.poisson(mean * 1.05) + 1e-9)
        quiet += contribution_search(
            now, before.assign(amount=random.poisson(mean) + 1e-9), names
        ).nothing_stands_out
    assert quiet >= 15


def test_two_planted_cells_are_both_found():
    now, before, names, _ = cube((6, 6), 1)
    now.loc[[8, 27], "amount"] *= [0.6, 1.5]
    result = contribution_search(now, before, names)
    assert set(result.found["segment"]) == {"d0=1;d1=2", "d0=4;d1=3"}
    assert result.growth == pytest.approx(0.05, abs=0.01)
    assert result.noise == pytest.approx(0.03, abs=0.01)
    assert result.reason == ""


cells = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(-5, 100)),
    min_size=0,
    max_size=20,
)


@settings(deadline=None, max_examples=25)
@given(cells, cells)
def test_parts_sum_to_the_change(now, before):
    sides = [DataFrame(side, columns=["region", "line", "amount"]) for side in (now, before)]
    result = contribution_search(
        *sides, ["region", "line"], pinned=[{"region": "a"}, {"line": "x"}], significance=0.5
    )
    parts = result.segments
    assert parts["current"].sum() == pytest.approx(sides[0]["amount"].sum(), abs=1e-9)
    assert parts["prior"].sum() == pytest.approx(sides[1]["amount"].sum(), abs=1e-9)
    assert parts["kind"].tolist()[:2] == ["pinned", "pinned"]
    assert parts["kind"].iloc[-1] == "rest"
    shuffled = contribution_search(
        sides[0].iloc[::-1], sides[1].iloc[::-1], ["region", "line"],
        pinned=[{"region": "a"}, {"line": "x"}], significance=0.5,
    )  # fmt: skip
    assert shuffled.segments["segment"].tolist() == parts["segment"].tolist()


def test_splitting_rows_changes_nothing():
    now, before, names, truth = planted((4, 3, 3), 3, -0.4)
    halves = [concat([side.assign(amount=side["amount"] / 2)] * 2) for side in (now, before)]
    assert contribution_search(*halves, names).found["segment"].tolist() == [truth]


def test_pinned_segments_are_shown_first_and_judged():
    now, before, names, truth = planted((6, 6), 5, -0.4)
    pinned = dict(part.split("=") for part in truth.split(";"))
    result = contribution_search(now, before, names, pinned=[{"d0": "0"}, pinned])
    parts = result.segments
    assert parts["kind"].tolist() == ["pinned", "pinned", "rest"]
    assert parts["stands_out"].tolist() == [False, True, False]
    assert parts["change"].sum() == pytest.approx(now["amount"].sum() - before["amount"].sum())


def test_a_pinned_segment_within_another_keeps_what_is_left():
    now, before, names, _ = cube((3, 4), 0)
    result = contribution_search(now, before, names, pinned=[{"d0": "0"}, {"d1": "1"}])
    assert result.segments["cells"].tolist() == [4, 2, 6]
    assert result.segments["partial"].tolist() == [False, True, False]


def test_columns_of_the_result():
    before = DataFrame({"region": list("aabb"), "line": list("xyxy"), "amount": [40, 10, 30, 20]})
    now = before.assign(amount=[40, 10, 30, 70])
    result = contribution_search(now, before, ["region", "line"], pinned=[{"region": "b"}])
    row = result.segments.iloc[0]
    assert (row["region"], row["line"]) == ("b", None)
    assert (row["prior"], row["current"], row["change"]) == (50, 100, 50)
    assert row["explanatory_power"] == 1
    p, q = 50 / 100, 100 / 150
    term = (p * math.log(2 * p / (p + q)) + q * math.log(2 * q / (p + q))) / 2
    assert row["surprise"] == pytest.approx(term)
    assert result.reason == "too_few_cells"
    assert result.nothing_stands_out


def test_a_new_product_and_a_lost_region_stand_out():
    now, before, names, _ = cube((6, 6), 2)
    before.loc[before["d1"] == "3", "amount"] = 0.0
    now.loc[now["d0"] == "5", "amount"] = 0.0
    result = contribution_search(now, before, names)
    assert set(result.found["segment"]) == {"d1=3", "d0=5"}
    assert result.segments["change"].sum() == pytest.approx(
        now["amount"].sum() - before["amount"].sum()
    )


def test_nothing_changed_and_nothing_at_all():
    _, before, names, _ = cube((3, 3), 0)
    same = contribution_search(before, before, names)
    assert same.reason == "no_change"
    assert same.segments["change"].tolist() == [0]
    empty = contribution_search(before.iloc[:0], before.iloc[:0], names)
    assert empty.segments["cells"].tolist() == [0]
    assert empty.nothing_stands_out


def test_empty_values_are_a_value():
    now, before, names, _ = cube((6, 6), 4)
    before.loc[before["d0"] == "5", "d0"] = None
    now["d0"] = before["d0"]
    now.loc[now["d0"].isna() & (now["d1"] == "0"), "amount"] *= 0.5
    result = contribution_search(now, before, names)
    assert len(result.found) == 1
    assert result.found["cells"].tolist() == [1]
    pinned = contribution_search(now, before, names, pinned=[{"d0": None, "d1": "0"}])
    assert pinned.segments["stands_out"].tolist() == [True, False]


def test_same_input_same_answer():
    now, before, names, _ = planted((6, 6), 7, -0.2)
    first, second = (contribution_search(now, before, names) for _ in range(2))
    assert first.segments.equals(second.segments)


def test_bulk_of_the_cells_is_estimated_without_bias():
    random = np.random.default_rng(0)
    prior = np.full((400, 36), 100.0)
    current = prior * 1.1 * (1 + 0.03 * random.standard_normal(prior.shape))
    fit = fit_bulk(prior, current, 2.0)
    assert fit.growth.mean() == pytest.approx(1.1, abs=0.002)
    assert fit.noise.mean() == pytest.approx(0.03, rel=0.1)
    assert pytest.approx(0.9545, abs=0.001) == CUT_SPREAD


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_power_of_the_noise_is_told_apart(power):
    random = np.random.default_rng(1)
    prior = random.lognormal(5, 1.5, 400)
    noise = 0.05 * prior.mean() ** (1 - power / 2) * prior ** (power / 2)
    current = prior + noise * random.standard_normal(400)
    assert noise_power(prior, current) == pytest.approx(power, abs=0.3)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"dimensions": []},
            "contribution search: `dimensions` must list 1 to 4 columns; got [].",
        ),
        (
            {"dimensions": ["d0", "segment"]},
            "contribution search: a dimension cannot be called `segment`. That is a column of the "
            "result.",
        ),
        (
            {"dimensions": ["d0", "d1"], "depth": 0, "pinned": [{"d2": "1"}]},
            "contribution search: 2 problems.\n  · `depth` must be 1 or more; got 0.\n"
            "  · pinned segment has no dimension `d2`. Did you mean `d1`?",
        ),
    ],
)
def test_what_cannot_be_asked(asked, message):
    now, before, _, _ = cube((3, 3), 0)
    with pytest.raises(ParameterError) as caught:
        contribution_search(now, before, **asked)
    assert str(caught.value) == message


def test_missing_columns():
    now, before, names, _ = cube((3, 3), 0)
    with pytest.raises(MetricError) as caught:
        contribution_search(now.drop(columns="amount"), before, names)
    assert str(caught.value) == "current: `amount` is missing; got d0, d1."
