import pandas as pd
import pytest

from salesnb.errors import MetricError
from salesnb.plan.submissions import compare_submissions

ASKED = pd.DataFrame(
    {"region": ["E", "E", "S"], "rep": ["a", "b", "c"], "target": [100.0, 200.0, 300.0]}
)
OFFERED = pd.DataFrame(
    {"region": ["E", "S", "S"], "rep": ["a", "c", "d"], "target": [99.0, 330.0, 50.0]}
)


def test_gaps_at_every_level():
    table = compare_submissions(ASKED, OFFERED, ["region", "rep"]).set_index(["region", "rep"])
    assert table["gap"].to_dict() == {
        ("", ""): -121,
        ("E", ""): -201,
        ("S", ""): 80,
        ("E", "a"): -1,
        ("E", "b"): -200,
        ("S", "c"): 30,
        ("S", "d"): 50,
    }
    assert table["verdict"].tolist() == [
        "below",
        "below",
        "above",
        "agrees",
        "not_submitted",
        "above",
        "not_asked",
    ]
    assert table["missing"].tolist() == [1, 1, 0, 0, 1, 0, 0]
    assert table.loc[("S", "c"), "gap_rate"] == pytest.approx(0.1)
    assert pd.isna(table.loc[("S", "d"), "gap_rate"])


def test_every_level_sums_to_the_total():
    table = compare_submissions(ASKED, OFFERED, ["region", "rep"])
    sums = table.groupby("level")[["top_down", "bottom_up", "gap", "missing"]].sum()
    assert (sums.nunique() == 1).all()


def test_order_does_not_matter():
    table = compare_submissions(ASKED, OFFERED, ["rep"]).set_index("rep").sort_index()
    turned = compare_submissions(ASKED[::-1], OFFERED[::-1], ["rep"]).set_index("rep").sort_index()
    pd.testing.assert_frame_equal(table, turned)


def test_what_is_wrong_is_said_at_once():
    with pytest.raises(MetricError) as caught:
        compare_submissions(pd.concat([ASKED, ASKED]), OFFERED.drop(columns="target"), ["rep"])
    assert str(caught.value) == (
        "2 problems.\n"
        "  · `handed_down` has a row more than once; got a.\n"
        "  · `submitted` has no `target`."
    )
