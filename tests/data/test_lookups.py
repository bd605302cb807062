"""Lists that say one value for another, also over time (E15)."""

import pandas as pd
import pytest

from salesnb.data.lookups import read_lookups
from salesnb.data.mapping import Lookup
from salesnb.errors import SourceError


def keys(*values):
    return pd.Series(values, dtype="str")


def test_a_list_in_the_mapping():
    lookups = read_lookups({"a": Lookup(values={"1": "x"})}, [])
    assert lookups.look_up("a", pd.Series([1, 2])).fillna("").tolist() == ["x", ""]


@pytest.fixture
def held(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(
        "rep,region,since,until\nr1,东,2024-01-01,2024-05-31\nr1,南,2024-06-01,\nr2,北,2024-03-01,\n"
        "r3,西,2024-01-01,2024-02-29\n",
        "utf-8",
    )

    def reading(**more):
        lookup = Lookup(
            file="hist*.csv", key="rep", value="region", start="since", end="until", **more
        )
        return read_lookups({"held": lookup}, [path])

    return reading


def test_who_held_what_on_a_day(held):
    found = held().look_up(
        "held",
        keys("r1", "r1", "r1", "r2", "r3", "r9", None),
        keys(
            "2024-05-31", "2024-06-01", "2023-12-31", "2024-02-29", "2024-03-01", "2024-01-01", "x"
        ),
    )
    assert found.fillna("").tolist() == ["东", "南", "", "", "", "", ""]


def test_days_of_another_clock_are_moved_and_compared_by_month(held):
    found = held(shift_months=-5).look_up(
        "held", keys("r1", "r1", "r1"), keys("2023-08-15", "2023-12-15", "2024-01-02")
    )
    assert found.tolist() == ["东", "东", "南"]


def test_rows_keep_their_numbers(held):
    asked = pd.Series(["r2", "r1"], index=[9, 4], dtype="str")
    days = pd.Series(["2024-04-01", "2024-07-01"], index=[9, 4], dtype="str")
    found = held().look_up("held", asked, days)
    assert found.to_dict() == {9: "北", 4: "南"}


def test_what_is_missing_is_told_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("key,value\n1,2\n", "utf-8")
    lookups = {
        "a": Lookup(file="b.csv", key="key", value="value"),
        "b": Lookup(file="a.csv", key="kee", value="value"),
    }
    with pytest.raises(SourceError) as error:
        read_lookups(lookups, [path])
    assert str(error.value).splitlines() == [
        "2 problems.",
        "  · lookup `a` needs the file `b.csv`; got no such file. "
        "Name it, or the folder it is in, on the command line.",
        "  · a.csv: lookup `b` names column `kee`. Did you mean `key`?",
    ]
