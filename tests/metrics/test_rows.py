from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.metrics.cells import aligned, beside, cells, divided
from salesnb.metrics.rows import Rows, group


@pytest.fixture
def rows() -> Rows:
    frame = pd.DataFrame(
        {
            "line": pd.Categorical(["A", "B", None, "A"]),
            "shop": pd.Categorical(["x", "x", "y", "y"]),
            "who": pd.Categorical(["p", None, "q", "p"]),
            "amount": [1.0, 2.0, 4.0, 8.0],
        }
    )
    return Rows(frame, slice(None), {"product_line": "line"})


def test_sums_by_no_one_and_two_dimensions(rows):
    amount = rows.values("amount")
    assert rows.sums((), value=amount).frame().to_numpy().tolist() == [[15, 4]]
    by_line = rows.sums(["product_line"], value=amount).frame()
    assert by_line.to_numpy().tolist() == [["A", 9, 2], ["B", 2, 1], ["unmapped", 4, 1]]
    both = rows.sums(["shop", "product_line"], value=amount)
    assert both.combinations() == [("x", "A"), ("x", "B"), ("y", "A"), ("y", "unmapped")]


def test_nothing_is_still_a_total(rows):
    nothing = rows.keep(np.zeros(4, dtype=bool))
    assert nothing.sums((), value=nothing.values("amount"))["value"].tolist() == [0]
    assert len(nothing.sums(["shop"], value=nothing.values("amount"))) == 0


def test_missing_ones_are_not_counted(rows):
    assert rows.distinct((), "who")["value"].tolist() == [2]
    assert rows.distinct(["shop"], "who")["value"].tolist() == [1, 2]


def test_filters(rows):
    assert rows.where("product_line", ["A"]).values("amount").tolist() == [1, 8]
    assert rows.where("product_line", ["unmapped"]).values("amount").tolist() == [4]
    assert len(rows.where("product_line", ["Z"])) == 0
    kept = rows.where("shop", ["y"]).where("product_line", ["A"])
    assert kept.values("amount").tolist() == [8]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(-9, 9))))
def test_parts_sum_to_the_whole(triples):
    frame = pd.DataFrame(triples, columns=["one", "two", "value"])
    frame = frame.astype({"one": "category", "two": "category", "value": float})
    found = Rows(frame, slice(None), {}).sums(["one", "two"], value=frame["value"].to_numpy())
    expected: dict[tuple[str, str], float] = {}
    for one, two, value in triples:
        expected[one, two] = expected.get((one, two), 0) + value
    assert dict(zip(found.combinations(), found["value"].tolist(), strict=True)) == expected
    assert found.combinations() == sorted(expected)


def test_many_combinations_are_numbered_as_they_come():
    codes, labels = np.array([0, 2999, 5]), pd.Index([f"{place:04d}" for place in range(3000)])
    groups = group([(codes, labels), (codes, labels)], ("one", "two"), 3)
    assert groups.table(n=groups.count()).combinations() == [
        ("0000", "0000"), ("0005", "0005"), ("2999", "2999"),
    ]  # fmt: skip


def test_cells_side_by_side():
    left = cells(
        ["x"], [("a",), ("b",)], one=np.array([1.0, 2.0]), why=np.array([None, "w"], object)
    )
    right = cells(["x"], [("b",), ("c",)], two=np.array([20.0, 30.0]))
    both, has_left, has_right = aligned(left, right)
    assert both.frame().to_numpy(dtype=object).tolist() == [
        ["a", 1, None, 0], ["b", 2, "w", 20], ["c", 0, None, 30],
    ]  # fmt: skip
    assert has_left.tolist() == [True, True, False]
    assert has_right.tolist() == [False, True, True]
    assert beside(cells(a=1.0), cells(b=2.0)).frame().to_numpy().tolist() == [[1, 2]]


def test_cells_rolled_up():
    found = cells(["x", "y"], [("a", "p"), ("a", "q"), ("b", "p")], n=np.array([1.0, 2.0, 4.0]))
    assert found.rolled(["x"]).frame().to_numpy().tolist() == [["a", 3], ["b", 4]]
    assert found.rolled([]).frame().to_numpy().tolist() == [[7]]


def test_division_by_what_is_not_above_zero():
    found = divided(np.array([1.0, 1, 1]), np.array([2.0, 0, -1]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()


def test_columns_added_to_rows_are_not_those_of_the_rows_before(rows):
    before = rows.sums(["product_line"], value=rows.values("amount"))
    after = rows.plus(line=pd.Categorical(list("CCCC")), amount=[1.0, 1.0, 1.0, 1.0])
    changed = after.sums(["product_line"], value=after.values("amount"))
    assert changed.frame().to_numpy().tolist() == [["C", 4, 4]]
    again = rows.sums(["product_line"], value=rows.values("amount"))
    assert again.frame().equals(before.frame())
