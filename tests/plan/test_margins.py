import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import ParameterError
from salesnb.plan.flow import largest_flow, never_used
from salesnb.plan.margins import fit_margins


def table(cells):
    rows, columns = np.shape(cells)
    return pd.DataFrame(
        cells, index=[f"r{n}" for n in range(rows)], columns=[f"c{n}" for n in range(columns)]
    ).astype(float)


def margin(start, values, axis):
    return pd.Series(values, index=start.index if axis == "rows" else start.columns, dtype=float)


def fit(cells, rows, columns, **bounds):
    start = table(cells)
    return fit_margins(
        start, margin(start, rows, "rows"), margin(start, columns, "columns"), **bounds
    )


def message(*args, **options):
    with pytest.raises(ParameterError) as caught:
        fit(*args, **options)
    return str(caught.value)


SMALL = [[1, 1], [1, 3]]


def test_the_published_example_of_four_by_four():
    # domain.md 7.7: rows 150/300/400/150, columns 200/300/400/100.
    result = fit(
        [[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]],
        [150, 300, 400, 150],
        [200, 300, 400, 100],
    )
    assert result.matrix.iloc[0].round(2).tolist() == [64.56, 46.23, 35.38, 3.82]
    assert result.matrix.iloc[3].round(2).tolist() == [28.75, 41.18, 63.03, 17.03]
    assert result.converged
    assert result.residual < 1e-7


def test_the_table_of_ardilly_and_tille():
    # domain.md 7.7; the calibration example of the R package TeachingSampling.
    result = fit([[80, 170, 150], [90, 80, 210], [10, 80, 130]], [430, 360, 210], [150, 300, 550])
    assert result.matrix.round(2).to_numpy().tolist() == [
        [73.01, 167.64, 189.35],
        [69.39, 66.65, 223.96],
        [7.60, 65.71, 136.69],
    ]


def test_margins_that_do_not_agree_are_refused():
    # domain.md 7.7: a column total of 101 against rows of 100.
    assert message(SMALL, [40, 60], [50, 51]) == (
        "rows and columns share one total; got rows 100, columns 101, +1 apart. "
        "Decide which total holds and bring the other margin to it."
    )


def test_an_empty_row_or_column_is_named():
    assert message([[0, 0, 1], [0, 0, 3]], [40, 60], [50, 0, 50]) == (
        "column `c0` is empty at the start and wants 50. "
        "Give the cells that may open a small start."
    )
    assert message([[0, 0], [1, 3]], [40, 60], [50, 50]).startswith("row `r0` is empty")


def test_a_target_of_zero_empties_a_row():
    result = fit(SMALL, [0, 60], [20, 40])
    assert result.matrix.to_numpy().tolist() == pytest.approx(np.array([[0, 0], [20, 40]]))


def test_closed_cells_stay_closed():
    result = fit([[1, 0], [1, 3]], [40, 60], [70, 30])
    assert result.matrix.to_numpy() == pytest.approx(np.array([[40, 0], [30, 30]]))


def test_rows_that_closed_cells_shut_out_are_named():
    assert message([[1, 0, 0], [1, 0, 0], [1, 1, 1]], [40, 30, 30], [50, 20, 30]) == (
        "above the lower bounds, rows `r0` and `r1` want 70, but columns `c0` take only 50, "
        "20 too little. Open a cell, loosen a bound or change a target."
    )


def test_an_open_cell_that_can_only_be_zero_is_set_there():
    # r0 may use c0 only and takes all of it, so r1 has nothing left in c0.
    result = fit([[1, 0], [1, 1]], [50, 50], [50, 50])
    assert result.forced_zeros == (("r1", "c0"),)
    assert result.matrix.to_numpy() == pytest.approx(np.array([[50, 0], [0, 50]]))
    assert result.converged
    assert result.rounds < 3


def test_cells_within_bounds():
    start = table(SMALL)
    upper = pd.DataFrame(np.nan, index=start.index, columns=start.columns)
    upper.loc["r1", "c1"] = 30
    result = fit(SMALL, [40, 60], [50, 50], upper=upper)
    assert result.matrix.to_numpy() == pytest.approx(np.array([[20, 20], [30, 30]]))
    assert fit(SMALL, [40, 60], [50, 50], lower=15).matrix.to_numpy() == pytest.approx(
        np.array([[25, 15], [25, 35]])
    )


def test_bounds_nothing_can_meet_are_named():
    assert message(SMALL, [40, 60], [50, 50], upper=29) == (
        "row `r1` wants 60, its cells allow 58."
    )
    assert message(SMALL, [40, 60], [50, 50], lower=26) == (
        "3 problems.\n"
        "  · row `r0` wants 40, its cells ask 52.\n"
        "  · column `c0` wants 50, its cells ask 52.\n"
        "  · column `c1` wants 50, its cells ask 52."
    )
    assert message([[0, 1], [1, 1]], [40, 60], [50, 50], lower=5) == (
        "cell `r0`, `c0` is closed (0 at the start) and at least 5."
    )


def test_labels_and_amounts_that_do_not_fit_are_all_named():
    start = table([[1, -1], [np.nan, 3]])
    with pytest.raises(ParameterError) as caught:
        fit_margins(start, pd.Series({"r0": 1, "x": 2}), pd.Series({"c0": 1, "c1": -2}))
    assert str(caught.value) == (
        "5 problems.\n"
        "  · row `r1` has no target.\n"
        "  · row target `x` is not in the table.\n"
        "  · the target of column `c1` is a number, 0 or more; got -2.\n"
        "  · cell `r0`, `c1` is a number, 0 or more; got -1.0.\n"
        "  · cell `r1`, `c0` is a number, 0 or more; got nan."
    )


def test_giving_up_is_said():
    result = fit([[1e-9, 1], [1, 1e-9]], [40, 60], [50, 50], max_rounds=1)
    assert not result.converged
    assert result.residual > 0


# Laws ------------------------------------------------------------------------------------


@st.composite
def tables(draw):
    """Give a start, a table it can become, and bounds around that table."""
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = shape[0] * shape[1]
    start = np.array(draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)), dtype=float)
    reached = np.array(
        draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)), dtype=float
    )
    reached = np.where(start > 0, reached, 0.0)
    gap = draw(st.lists(st.sampled_from([0, 1, 5, np.inf]), min_size=size, max_size=size))
    low = np.maximum(reached - np.array(gap), 0)
    high = reached + np.array(gap[::-1])
    return tuple(part.reshape(shape) for part in (start, reached, low, high))


def divergence(cells, start):
    inside = cells > 0
    return float((cells[inside] * np.log(cells[inside] / start[inside])).sum())


@given(tables(), st.booleans())
@settings(deadline=None, max_examples=50)
def test_margins_and_bounds_are_met_and_no_table_is_nearer(tables, bounded):
    start, reached, low, high = tables
    bounds = {"lower": table(low), "upper": table(high)} if bounded else {}
    rows, columns = reached.sum(axis=1), reached.sum(axis=0)
    result = fit(start, rows, columns, **bounds, max_rounds=3000)
    cells = result.matrix.to_numpy()
    assert result.residual <= 1e-3 * max(1, reached.sum())
    assert (cells[start == 0] == 0).all()
    if bounded:
        assert (cells >= low - 1e-9).all()
        assert (cells <= high + 1e-9).all()
    if result.converged:
        assert divergence(cells, start) <= divergence(reached, start) + 1e-6


@given(tables(), st.sampled_from([0.001, 1000.0]))
@settings(deadline=None, max_examples=50)
def test_scale_and_order_do_not_matter(tables, scale):
    start, reached, _, _ = tables
    rows, columns = reached.sum(axis=1), reached.sum(axis=0)
    cells = fit(start, rows, columns).matrix.to_numpy()
    scaled = fit(start * 7, rows * scale, columns * scale).matrix.to_numpy()
    assert scaled / scale == pytest.approx(cells, abs=1e-6)
    turned = fit(start[::-1, ::-1], rows[::-1], columns[::-1]).matrix.to_numpy()
    assert turned[::-1, ::-1] == pytest.approx(cells, abs=1e-6)


@given(tables())
@settings(deadline=None)
def test_a_flow_exists_exactly_when_the_margins_can_be_met(tables):
    start, reached, _, _ = tables
    room = np.where(start > 0, np.inf, 0.0)
    rows, columns = reached.sum(axis=1), reached.sum(axis=0)
    flow = largest_flow(rows, columns, room)
    assert flow.size == rows.sum()
    assert flow.cells.sum(axis=1).tolist() == rows.tolist()
    assert flow.cells.sum(axis=0).tolist() == columns.tolist()
    # A cell some table uses is never among those no table uses.
    assert not (never_used(flow, room) & (reached > 0)).any()


def test_margins_may_be_lists_in_the_order_of_the_table():
    table = pd.DataFrame([[1.0, 1.0], [1.0, 3.0]], index=["E", "S"], columns=["A", "B"])
    fit = fit_margins(table, [40, 60], {"B": 50, "A": 50})
    assert fit.matrix.sum(axis=1).tolist() == pytest.approx([40, 60])
    with pytest.raises(ParameterError, match="1 for 2"):
        fit_margins(table, [100], [50, 50])
