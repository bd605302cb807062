import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series

from salesnb.errors import MetricError
from salesnb.explain.cohorts import churn_window, cohort_retention, purchase_gaps, tier_migration

ROWS = DataFrame(
    {
        "customer_id": ["a", "a", "a", "b", "b", "c"],
        "period": ["2024-01", "2024-01", "2024-03", "2024-01", "2024-02", "2024-03"],
    }
)


def test_retention_by_hand():
    table = cohort_retention(ROWS, unfinished=["2024-03"])
    assert table.to_dict("list") == {
        "cohort": ["2024-01"] * 3 + ["2024-03"],
        "age": [0, 1, 2, 0],
        "period": ["2024-01", "2024-02", "2024-03", "2024-03"],
        "customers": [2, 2, 2, 1],
        "active": [2, 1, 1, 1],
        "rate": [1, 0.5, 0.5, 1],
        "complete": [True, True, False, False],
    }


def test_retention_counts_periods_without_purchases():
    months = [f"2024-{month:02}" for month in range(1, 5)]
    table = cohort_retention(ROWS[ROWS["customer_id"] == "a"], periods=months)
    assert table["age"].tolist() == [0, 1, 2, 3]
    assert table["active"].tolist() == [1, 0, 1, 0]
    assert cohort_retention(ROWS.iloc[:0]).empty


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=40))
def test_retention_laws(rows):
    frame = DataFrame(rows, columns=["customer_id", "period"])
    table = cohort_retention(frame)
    assert (table["rate"] <= 1).all()
    assert (table.loc[table["age"] == 0, "rate"] == 1).all()
    assert table.loc[table["age"] == 0, "customers"].sum() == frame["customer_id"].nunique()
    assert table["active"].sum() == len(frame.drop_duplicates())
    assert cohort_retention(frame.iloc[::-1]).equals(table)


def test_migration_by_hand():
    before = Series({"a": "gold", "b": "gold", "c": "iron", "d": None})
    now = Series({"a": "gold", "b": "iron", "d": "iron", "e": "gold"})
    found = tier_migration(now, before, ["gold", "iron"])
    assert found.counts.to_dict("index") == {
        "gold": {"gold": 1, "iron": 1, "lost": 0},
        "iron": {"gold": 0, "iron": 0, "lost": 1},
        "new": {"gold": 1, "iron": 1, "lost": 0},
    }
    assert found.rates.loc["gold"].tolist() == [0.5, 0.5, 0]


tiers = st.dictionaries(st.integers(0, 12), st.sampled_from(["A", "B", "C"]), max_size=10)


@settings(deadline=None, max_examples=30)
@given(tiers, tiers)
def test_migration_laws(now, before):
    found = tier_migration(Series(now, dtype=object), Series(before, dtype=object), ["A", "B", "C"])
    counts = found.counts
    assert counts.loc[["A", "B", "C"]].to_numpy().sum() == len(before)
    assert counts[["A", "B", "C"]].to_numpy().sum() == len(now)
    assert counts.loc["new", "lost"] == 0
    sums = found.rates.sum(axis=1)
    assert sums[counts.sum(axis=1) > 0].tolist() == pytest.approx(
        [1.0] * int((counts.sum(axis=1) > 0).sum())
    )
    backwards = tier_migration(
        Series(before, dtype=object), Series(now, dtype=object), ["A", "B", "C"]
    ).counts
    assert counts.to_numpy().tolist() == backwards.to_numpy().T.tolist()


def orders(days, customer="a", tier="x"):
    start = pd.Timestamp("2024-01-01")
    return DataFrame(
        {
            "customer_id": customer,
            "tier": tier,
            "order_date": [start + pd.Timedelta(days=day) for day in days],
        }
    )


def test_gaps_are_between_days_of_purchase():
    gaps = purchase_gaps(pd.concat([orders([0, 0, 7]), orders([3], "b"), orders([9, 1], "c")]))
    assert gaps[["customer_id", "gap"]].to_numpy().tolist() == [["a", 7], ["c", 8]]


def test_churn_window_by_tier():
    rows = pd.concat([orders(np.arange(0, 410, 10)), orders([0, 100], "b", "y")])
    table = churn_window(rows, by="tier")
    assert table.to_dict("list") == {
        "tier": ["x", "y", "total"],
        "gaps": [40, 1, 41],
        "days": [10, 10, 10],
        "own": [True, False, True],
    }
    assert math.isnan(churn_window(orders([0, 5]))["days"].iloc[0])


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: cohort_retention(ROWS, periods=["2024-01"]),
            "3 purchases lie in none of the periods; got 2024-03.",
        ),
        (
            lambda: tier_migration(Series(["A", "B"], index=["a", "a"]), Series(dtype=object)),
            "current: a customer has more than one tier.",
        ),
        (
            lambda: tier_migration(Series({"a": "A"}), Series({"a": "B"}), ["A"]),
            "tier `B` is not among `tiers`; got A.",
        ),
    ],
)
def test_errors(run, message):
    with pytest.raises(MetricError) as caught:
        run()
    assert str(caught.value) == message
