import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import ParameterError
from salesnb.plan.margins import fit_margins
from salesnb.plan.rounding import largest_remainder, round_matrix, round_to_sum

REGIONS = np.array([0.35, 0.25, 0.20, 0.20])
ASKED = REGIONS * [1.08, 1.18, 1.25, 1.10]


def table(cells):
    rows, columns = np.shape(cells)
    return pd.DataFrame(
        cells, index=[f"r{n}" for n in range(rows)], columns=[f"c{n}" for n in range(columns)]
    ).astype(float)


def test_largest_remainder():
    # The usual textbook example of Hamilton's method; domain.md 7.7.
    assert largest_remainder(10, [47000, 16000, 15900, 12000, 6000, 3100]) == [5, 2, 1, 1, 1, 0]


@pytest.mark.parametrize(("seats", "expected"), [(95, [31, 25, 21, 18]), (25, [8, 6, 6, 5])])
def test_customers_over_the_regions(seats, expected):
    # domain.md 7.7: the small and the key customers of the plan over the regions' targets.
    assert largest_remainder(seats, ASKED) == expected


def test_ties_go_by_name_in_any_order():
    assert largest_remainder(1, [1, 1, 1], ["c", "a", "b"]) == [0, 1, 0]
    assert largest_remainder(1, [1, 1, 1], ["b", "c", "a"]) == [0, 0, 1]


def test_a_sum_that_floating_point_overshot_is_taken_back():
    amounts = np.array([0.9999999999, 0.9999999999])
    assert round_to_sum(amounts, 1, np.ones(2)).tolist() == [1, 0]


@given(st.integers(0, 500), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
@settings(deadline=None)
def test_seats_are_all_given_and_each_share_is_rounded_down_or_up(seats, weights):
    if not sum(weights):
        weights = [1] * len(weights)
    counts = largest_remainder(seats, weights)
    assert sum(counts) == seats
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - seats * weight / sum(weights)) < 1 + 1e-9


def test_rounding_a_table_keeps_both_margins():
    # 95 small customers over four regions and three lines.
    start = table(np.array([[8.0, 11.2, 9.3], [7.1, 8.8, 8.2], [6.0, 7.5, 7.0], [5.3, 6.5, 6.2]]))
    rows, columns = [31, 25, 21, 18], [29, 34, 32]
    fitted = fit_margins(
        start, pd.Series(rows, index=start.index), pd.Series(columns, index=start.columns)
    ).matrix
    whole = round_matrix(fitted)
    assert whole.sum(axis=1).tolist() == rows
    assert whole.sum(axis=0).tolist() == columns
    assert (whole - fitted).abs().to_numpy().max() < 1


def test_rounding_refuses_margins_that_are_not_whole():
    with pytest.raises(ParameterError, match="row `r0` is no whole multiple of 10; got 14"):
        round_matrix(table([[7.0, 7.0], [3.0, 3.0]]), 10)


@given(st.lists(st.integers(0, 99), min_size=6, max_size=6))
@settings(deadline=None)
def test_any_table_with_whole_margins_can_be_rounded(cells):
    parts = np.array(cells, dtype=float).reshape(2, 3) / 7
    # Fill up each margin to a whole number with one more row and column.
    whole = np.vstack([parts, np.ceil(parts.sum(axis=0)) - parts.sum(axis=0)])
    whole = np.column_stack([whole, np.ceil(whole.sum(axis=1)) - whole.sum(axis=1)])
    rounded = round_matrix(table(whole)).to_numpy()
    assert rounded.sum(axis=0) == pytest.approx(whole.sum(axis=0))
    assert rounded.sum(axis=1) == pytest.approx(whole.sum(axis=1))
    assert (np.abs(rounded - whole) < 1).all()
    assert (rounded == np.round(rounded)).all()


@pytest.mark.parametrize(
    ("seats", "weights"), [(10, [0, 0]), (10, [1, -1]), (2.5, [1, 1]), ([3, 4], 7), (-1, [1])]
)
def test_what_cannot_be_shared_is_refused(seats, weights):
    with pytest.raises(ParameterError):
        largest_remainder(seats, weights)
