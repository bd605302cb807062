"""Exact sums: what is split adds up, bounds hold, and nothing depends on order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.sample.draws import (
    apportion,
    balanced,
    every_so_often,
    fitted,
    picked,
    raked,
    ranks,
    spread,
    stream,
)

weights = st.lists(st.floats(0, 100), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(weights, st.integers(0, 5000))
def test_parts_sum_to_the_whole_and_differ_little_from_their_share(shares, total):
    parts = apportion(shares, total)
    assert parts.sum() == total
    exact = np.array(shares) if sum(shares) else np.ones(len(shares))
    assert (np.abs(parts - exact / exact.sum() * total) < 1 + 1e-6).all()


@settings(deadline=None, max_examples=60)
@given(weights, st.data())
def test_bounds_hold(shares, data):
    low = data.draw(st.lists(st.integers(0, 5), min_size=len(shares), max_size=len(shares)))
    room = data.draw(st.lists(st.integers(0, 9), min_size=len(shares), max_size=len(shares)))
    high = np.array(low) + np.array(room)
    total = data.draw(st.integers(sum(low), int(high.sum())))
    parts = apportion(shares, total, low=np.array(low), high=high)
    assert parts.sum() == total
    assert (parts >= low).all()
    assert (parts <= high).all()


def test_a_total_out_of_reach_is_refused():
    with pytest.raises(ValueError, match=r"^7 does not lie between 0 and 6$"):
        apportion([1, 1], 7, high=np.array([3, 3]))


def test_seats_go_by_largest_remainder():
    votes = [47000, 16000, 15900, 12000, 6000, 3100]
    assert apportion(votes, 10).tolist() == [5, 2, 1, 1, 1, 0]


def test_fitted_values_keep_their_proportions_inside_the_bounds():
    found = fitted(np.array([1.0, 2.0, 7.0]), 10.0, np.zeros(3), np.array([9.0, 9.0, 4.0]))
    assert found.round(6).tolist() == [2.0, 4.0, 4.0]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=30), st.floats(0.05, 0.95))
def test_spread_amounts_keep_order_and_sum(scores, share):
    low, high = 100.0, 900.0
    total = len(scores) * (low + share * (high - low))
    amounts = spread(np.array(scores), total, low, high)
    assert amounts.sum() == pytest.approx(total)
    assert (amounts > low).all()
    assert (amounts < high).all()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(amounts[order]) >= -1e-6).all()


def test_spread_without_room_is_refused():
    with pytest.raises(ValueError, match=r"^2 amounts between 100 and 200 cannot make 500$"):
        spread(np.zeros(2), 500.0, 100.0, 200.0)


def test_balancing_meets_both_margins_of_a_published_table():
    # R TeachingSampling, Ardilly & Tillé.
    table = np.array([[80.0, 170, 150], [90, 80, 210], [10, 80, 130]])
    found = balanced(table, [430, 360, 210], [150, 300, 550])
    assert found.round(2).tolist() == [
        [73.01, 167.64, 189.35], [69.39, 66.65, 223.96], [7.60, 65.71, 136.69],
    ]  # fmt: skip


def test_raking_meets_the_last_margin_exactly_and_the_others_nearly():
    rng = np.random.default_rng(1)
    values = rng.lognormal(size=600)
    rows, columns = np.arange(600) % 4, np.arange(600) % 3
    found = raked(values, [(columns, np.array([30.0, 30, 40])), (rows, np.full(4, 25.0))])
    assert np.bincount(rows, weights=found) == pytest.approx(np.full(4, 25.0))
    assert np.bincount(columns, weights=found) == pytest.approx([30, 30, 40], rel=1e-6)


def test_ranks_count_inside_each_group():
    found = ranks(np.array([1, 0, 1, 1]), np.array([0.5, 0.1, 0.2, 0.9]))
    assert found.tolist() == [1, 0, 0, 2]


def test_streams_are_told_apart_by_seed_and_name():
    first = stream(1, "a").random(3).tolist()
    assert stream(1, "a").random(3).tolist() == first
    assert stream(1, "b").random(3).tolist() != first
    assert stream(2, "a").random(3).tolist() != first


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 60), st.data())
def test_marks_are_as_many_as_asked(of, data):
    count = data.draw(st.integers(0, of))
    assert picked(stream(1, "x"), count, of).sum() == count
    assert every_so_often(of, count).sum() == count
