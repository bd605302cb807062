"""Sums over whole tables: the same as reading all rows and adding them up."""

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.errors import ParameterError

ORDERS = pd.DataFrame(
    {
        "order_id": ["1", "1", "2", "3"],
        "line_no": [1, 2, 1, 1],
        "order_date": pd.to_datetime(["2023-12-31", "2024-01-05", "2024-01-31", "2024-04-01"]),
        "region": ["华东", "华东", "华南", "a=b"],
        "channel": ["expo", None, "expo", "shop"],
        "amount": [0.1, 0.2, -0.3, 8.0],
    }
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"), {"orders": ORDERS}, Company())


def test_one_row_without_groups(store):
    sums = {
        "amount": "amount",
        "lines": "count",
        "orders": "distinct:order_id",
        "most": "max:amount",
    }
    total = store.aggregate("orders", [], sums)
    assert total.iloc[0].tolist() == [pytest.approx(8.0), 4, 3, 8.0]


@pytest.mark.parametrize("by", [["region"], ["channel"], ["region", "channel"], ["order_date"]])
def test_it_is_what_reading_and_adding_gives(store, by):
    pushed = store.aggregate("orders", by, {"amount": "sum:amount", "n": "count"})
    rows = store.read("orders")
    read = rows.groupby(by, observed=True, dropna=False)["amount"].agg(["sum", "size"])
    assert pushed["amount"].sum() == pytest.approx(rows["amount"].sum())
    assert sorted(pushed["n"]) == sorted(read["size"])
    assert pushed["amount"].sort_values().tolist() == pytest.approx(sorted(read["sum"]))


def test_months_quarters_and_years_of_the_tables_date(store):
    assert store.aggregate("orders", ["month"], {"n": "count"})["month"].tolist() == [
        "2023-12", "2024-01", "2024-04"
    ]  # fmt: skip
    quarters = store.aggregate("orders", ["quarter", "year"], {"n": "count"})
    assert quarters.to_numpy().tolist() == [["2023Q4", "2023", 1], ["2024Q1", "2024", 2],
                                            ["2024Q2", "2024", 1]]  # fmt: skip


def test_only_a_region_and_a_window(store):
    rows = store.aggregate(
        "orders", ["region"], {"a": "amount"}, "华东", "2024-01-01", "2024-01-31"
    )
    assert rows.to_numpy().tolist() == [["华东", 0.2]]
    assert store.aggregate("orders", ["region"], {"a": "amount"}, "a=b")["region"].tolist() == [
        "a=b"
    ]


def test_a_table_without_rows_gives_none(store):
    assert store.aggregate("targets", [], {"n": "count"}).empty


def test_mistakes_are_told(store):
    with pytest.raises(ParameterError, match="`chanel` is unknown"):
        store.aggregate("orders", ["chanel"], {"n": "count"})
    with pytest.raises(ParameterError, match="`mean` is no way to add up"):
        store.aggregate("orders", [], {"n": "mean:amount"})
    with pytest.raises(ParameterError, match="column `cost` holds no value"):
        store.aggregate("orders", [], {"n": "cost"})
