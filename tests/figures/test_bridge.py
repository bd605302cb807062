import pandas as pd
import pytest

from salesnb.errors import MetricError
from salesnb.figures.bridge import draw_bridge
from salesnb.figures.tree import draw_tree
from salesnb.language import Language

EN = Language.load("en")


def test_steps_that_do_not_sum_are_refused():
    bars = pd.DataFrame(
        {
            "label": ["Then", "Price", "Now"],
            "value": [100.0, 5.0, 106.0],
            "kind": ["total", "change", "total"],
        }
    )
    with pytest.raises(MetricError) as caught:
        draw_bridge(bars, EN, title="")
    assert str(caught.value) == (
        "the steps of the bridge do not sum to `Now`; got 105.00 against 106.00. "
        "Steps before a total must add up to it."
    )


def test_a_bridge_over_zero_and_one_of_nothing_are_drawn():
    for values in ([-50.0, 80.0, 30.0], [0.0, 0.0, 0.0], [10.0, -30.0, -20.0]):
        bars = pd.DataFrame(
            {"label": ["a", "b", "c"], "value": values, "kind": ["total", "change", "total"]}
        )
        assert draw_bridge(bars, EN, title="").kind == "bridge"


def test_a_tree_hangs_from_one_root():
    nodes = pd.DataFrame(
        {"node": ["a", "b"], "parent": ["", "x"], "label": ["a", "b"], "value": [1, 2]}
    )
    with pytest.raises(MetricError) as caught:
        draw_tree(nodes, EN, title="")
    assert str(caught.value) == (
        "the tree must hang from one root; got 1 roots, unknown parents x."
    )
