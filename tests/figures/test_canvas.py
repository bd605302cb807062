from itertools import pairwise

import matplotlib as mpl
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.figures.canvas import drawing, fitted, spread
from salesnb.figures.fonts import text_width

PLACES = st.lists(st.floats(0, 300, allow_nan=False), min_size=1, max_size=12)


@given(PLACES)
@settings(deadline=None)
def test_spread_keeps_order_and_distance(places):
    apart = spread(places, 16, 0, 300)
    ordered = sorted(range(len(places)), key=lambda place: places[place])
    for before, after in pairwise(ordered):
        assert apart[after] - apart[before] >= 16 - 0.01


@given(st.lists(st.integers(0, 15).map(lambda n: n * 20.0), min_size=1, max_size=9, unique=True))
@settings(deadline=None)
def test_spread_leaves_what_is_far_enough_apart(places):
    assert spread(places, 16, 0, 300) == places


def test_labels_alike_at_the_start_are_cut_in_the_middle():
    names = ["Northern Trading Company East", "Northern Trading Company West", "Ohio"]
    assert fitted(names, 90) == ["Northe…y East", "Northe…y West", "Ohio"]
    assert all(text_width(name, 12) <= 90.5 for name in fitted(names, 90))


def test_the_backend_of_the_session_stays():
    before = mpl.rcParams["backend"]
    try:
        mpl.rcParams["backend"] = "svg"
        with drawing():
            assert mpl.rcParams["svg.fonttype"] == "none"
        assert mpl.rcParams["backend"] == "svg"
        assert mpl.rcParams["svg.fonttype"] == "path"
    finally:
        mpl.rcParams["backend"] = before
