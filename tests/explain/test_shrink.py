"""Small cells lean on their row and column, and the number of cells is minded."""

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.explain.shrink import shrink_to_margins


def test_cells_that_differ_by_chance_are_what_their_margins_say():
    cells = shrink_to_margins([[20, 20], [21, 19]], [[100, 100], [100, 100]])
    assert np.abs(cells["estimate"] - cells["expected"]).max() < 0.001
    assert cells["adjusted"].min() > 0.5


def test_a_large_cell_keeps_its_own_rate_and_a_small_one_does_not():
    hits, tries = [[90, 30], [30, 3]], [[100, 100], [100, 4]]
    cells = shrink_to_margins(hits, tries).set_index(["row", "column"])
    large, small = cells.loc[(0, 0)], cells.loc[(1, 1)]
    assert abs(large["estimate"] - large["rate"]) < abs(large["estimate"] - large["expected"])
    assert abs(small["estimate"] - small["expected"]) < abs(small["estimate"] - small["rate"])
    assert large["adjusted"] < 0.001


def test_cells_without_trials_are_left_out_and_no_success_is_zero():
    cells = shrink_to_margins([[0, 0]], [[10, 0]])
    assert cells[["estimate", "p_value"]].to_numpy().tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(("hits", "tries"), [([[2]], [[1]]), ([1], [2]), ([[-1]], [[2]])])
def test_impossible_counts(hits, tries):
    with pytest.raises(MetricError):
        shrink_to_margins(hits, tries)
