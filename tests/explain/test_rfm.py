import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.rfm import hold_score, rfm, rfm_values, tier_map, value_tiers


def customers(count=30, seed=0, **columns):
    random = np.random.default_rng(seed)
    return DataFrame(
        {
            "customer_id": [f"c{number:03}" for number in range(count)],
            "recency": random.integers(0, 400, count),
            "frequency": random.integers(1, 12, count),
            "monetary": random.lognormal(6, 1, count).round(2),
        }
    ).assign(**columns)


CUTS = {"recency": [30, 90], "frequency": [2, 5], "monetary": [100, 1000]}


def test_values_from_purchases():
    rows = DataFrame(
        {
            "customer_id": ["a", "a", "a", "b"],
            "order_date": pd.to_datetime(["2024-01-05", "2024-01-05", "2024-02-01", "2024-04-09"]),
            "amount": [10, 20, 30, 99],
        }
    )
    table = rfm_values(rows, "2024-02-11")
    assert table.to_dict("list") == {
        "customer_id": ["a"],
        "recency": [10],
        "frequency": [2],
        "monetary": [60],
    }


def test_fixed_cuts_by_hand():
    table = DataFrame(
        {
            "customer_id": list("abcd"),
            "recency": [30, 31, 90, 91],
            "frequency": [5, 4, 2, 1],
            "monetary": [1000, 999, 100, 99],
        }
    )
    found = rfm(table, cuts=CUTS)
    assert found.customers["cell"].tolist() == ["3-3-3", "2-2-2", "2-2-2", "1-1-1"]
    assert found.cuts == {name: tuple(cuts) for name, cuts in CUTS.items()}
    assert found.thresholds[found.thresholds["measure"] == "recency"].to_dict("list") == {
        "measure": ["recency"] * 3,
        "score": [1, 2, 3],
        "low": [91, 31, 30],
        "high": [91, 90, 30],
        "customers": [1, 2, 1],
    }


def test_equal_values_get_equal_scores():
    table = customers(9, frequency=[1] * 7 + [2, 3])
    found = rfm(table).customers
    assert found["f"].tolist() == [1] * 7 + [3, 3]
    same = rfm(customers(9, recency=5, frequency=1, monetary=10)).customers
    assert same["cell"].nunique() == 1


def test_split_ties_fill_bins_evenly():
    table = customers(9, frequency=1)
    found = rfm(table, ties="split").customers
    assert found["f"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    shuffled = rfm(table.iloc[::-1], ties="split").customers.sort_values("customer_id")
    assert shuffled["cell"].tolist() == found["cell"].tolist()


@pytest.mark.parametrize("bins", [2, 3, 4, 5])
def test_tier_map_is_total(bins):
    cells = tier_map(bins)
    assert len(cells) == bins**3
    assert set(cells.values()) == {"core", "potential", "at_risk"}
    assert {tier for cell, tier in cells.items() if cell.startswith("1-")} == {"at_risk"}


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(2, 6))
def test_laws(seed, count, bins):
    table = customers(count, seed)
    found = rfm(table, bins)
    assert found.customers["tier"].notna().all()
    assert len(found.customers) == count
    assert found.tiers["customers"].sum() == count
    assert found.tiers["monetary"].sum() == pytest.approx(table["monetary"].sum())
    assert found.thresholds.groupby("measure")["customers"].sum().tolist() == [count] * 3
    shuffled = rfm(table.iloc[::-1], bins).customers.set_index("customer_id")
    assert shuffled["cell"].to_dict() == found.customers.set_index("customer_id")["cell"].to_dict()
    # Better values never score lower.
    ranked = found.customers.sort_values("monetary")
    assert ranked["m"].is_monotonic_increasing
    again = rfm(table, bins, cuts=found.cuts) if all(map(_rising, found.cuts.values())) else found
    assert again.customers["cell"].tolist() == found.customers["cell"].tolist()


def _rising(cuts):
    return bool(np.isfinite(cuts).all()) and len(set(cuts)) == len(cuts)


def test_hysteresis_holds_scores_near_a_cut():
    before = rfm(customers(3, recency=10, frequency=[5, 4, 1], monetary=500), cuts=CUTS)
    table = customers(3, recency=10, frequency=3, monetary=[1050, 1200, 500])
    free = rfm(table, cuts=CUTS).customers["m"].tolist()
    held = rfm(table, cuts=CUTS, prior=before.customers, margin=0.1).customers["m"].tolist()
    assert free == [3, 3, 2]
    assert held == [2, 3, 2]


@settings(deadline=None)
@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=10),
    st.lists(st.integers(1, 3), min_size=10, max_size=10),
)
def test_hold_score_laws(values, prior):
    cuts = [-10, 10]
    prior = prior[: len(values)]
    free = hold_score(values, cuts)
    held = hold_score(values, cuts, prior, 0.2)
    assert (np.abs(held - free) <= np.abs(np.array(prior) - free)).all()
    assert hold_score(values, cuts, prior, 0.0).tolist() == free.tolist()
    assert hold_score(values, cuts, held, 0.2).tolist() == held.tolist()


def test_value_tiers():
    amounts = Series({"a": 600_000.0, "b": 500_000.0, "c": 120_000.0, "d": -5.0})
    cuts = {"strategic": 500_000, "key": 100_000, "normal": 0}
    assert value_tiers(amounts, cuts).tolist() == ["strategic", "strategic", "key", "normal"]
    prior = Series({"a": "key", "b": "key", "c": "normal"})
    held = value_tiers(amounts, cuts, prior, margin=0.1)
    assert held.tolist() == ["strategic", "key", "key", "normal"]


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (
            lambda: rfm(customers(2, customer_id="a")),
            MetricError,
            "customers: a customer has more than one row.",
        ),
        (
            lambda: rfm(customers(), tiers={"1-1-1": "x"}),
            ParameterError,
            "`tiers` misses 26 of 27 cells; got without 1-1-2, 1-1-3, 1-2-1, 1-2-2, 1-2-3.",
        ),
        (
            lambda: rfm(customers(), cuts={"recency": [1, 2], "frequency": [2, 1]}),
            ParameterError,
            "`cuts` must hold equally many rising values for recency, frequency and monetary; got "
            "recency: 2, frequency: 2.",
        ),
        (
            lambda: rfm(customers(), bins=1),
            ParameterError,
            "`bins` must be 2 or more; got 1.",
        ),
        (
            lambda: value_tiers(Series({"a": 1.0}), {"x": 0}, Series({"a": "y"})),
            ParameterError,
            "prior tier `y` is not in `cuts`; got x.",
        ),
        (
            lambda: value_tiers(Series({"a": 1.0}), {}),
            ParameterError,
            "`cuts` names no tier.",
        ),
    ],
)
def test_errors(run, error, message):
    with pytest.raises(error) as caught:
        run()
    assert str(caught.value) == message
