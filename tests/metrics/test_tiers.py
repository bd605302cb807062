from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.metrics.measure import measure
from salesnb.metrics.metric import View
from salesnb.metrics.tiers import RFM_TIERS, rfm, rfm_tier, thirds, tier_of
from salesnb.period import Period, Window

CUTS = {"strategic": 1_000_000, "major": 500_000, "ordinary": 0}


@pytest.mark.parametrize(
    ("amount", "tier"),
    [(-1, "ordinary"), (0, "ordinary"), (499_999.99, "ordinary"), (500_000, "major"),
     (999_999, "major"), (1_000_000, "strategic")],
)  # fmt: skip
def test_limits_belong_to_the_tier_above(amount, tier):
    assert tier_of(np.array([amount], dtype=float), CUTS)[0] == tier


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_every_amount_has_exactly_one_tier(amounts):
    assert set(tier_of(np.array(amounts), CUTS)) <= set(CUTS)


def test_all_27_cells_have_a_tier():
    cells = np.array(list(product((1, 2, 3), repeat=3)))
    tiers = rfm_tier(cells[:, 0], cells[:, 1], cells[:, 2])
    assert len(tiers) == 27
    assert set(tiers) == set(RFM_TIERS)
    named = {tuple(cell): tier for cell, tier in zip(cells.tolist(), tiers, strict=True)}
    assert named[3, 3, 3] == "core"
    assert named[2, 2, 2] == "potential"
    assert named[1, 1, 1] == "at_risk"


def test_ties_do_not_break_thirds():
    assert thirds(np.array([1.0, 1, 1, 1, 1, 1])).tolist() == [1, 1, 2, 2, 3, 3]
    assert thirds(np.array([30.0, 10, 20])).tolist() == [3, 1, 2]
    assert thirds(np.array([])).tolist() == []


LINES = [
    {"order_id": f"{name}{place}", "customer_id": name, "order_date": day, "amount": amount}
    for name, days, amount in (
        ("often", ["2024-05-06", "2024-05-20", "2024-06-28"], 400_000.0),
        ("mid", ["2024-05-20"], 600_000.0),
        ("far", ["2023-08-01"], 50_000.0),
        ("left", ["2022-12-01"], 700_000.0),
    )
    for place, day in enumerate(days)
]


def test_scores_by_limits(make):
    chosen = {"rfm_scores": "limits", "rfm_amounts": [100_000, 1_000_000], "rfm_orders": [2, 3]}
    dataset = make(orders=LINES, settings=chosen, as_of="2024-06-30")
    window = Window(Period.parse("2024-06") and dataset.as_of.replace(day=1), dataset.as_of)
    found = rfm(View(dataset, window)).set_index("customer_id")
    assert found.loc["often", ["recency", "orders", "amount", "r", "f", "m"]].tolist() == [
        2, 3, 1_200_000, 3, 3, 3,
    ]  # fmt: skip
    assert found.loc["mid", ["r", "f", "m", "tier"]].tolist() == [2, 1, 2, "potential"]
    assert found.loc["far", "tier"] == "at_risk"
    assert "left" not in found.index


def test_customers_of_each_tier_are_all_customers(make):
    dataset = make(orders=LINES, as_of="2024-06-30")
    june = Period.parse("2024-06")
    for metric in ("rfm_customers", "value_tier_customers"):
        parts = measure(dataset, metric, june, ["tier"])
        assert parts["value"].sum() == measure(dataset, metric, june).loc[0, "value"] == 3
    tiers = measure(dataset, "value_tier_customers", june, ["tier"]).set_index("tier")["value"]
    assert tiers.to_dict() == {"major": 1, "ordinary": 1, "strategic": 1}


def test_quality_by_tier_or_by_rfm(make):
    customers = [{"customer_id": "mid", "tier": "gold"}, {"customer_id": "far", "tier": "plain"}]
    june = Period.parse("2024-06")
    named = make(
        orders=LINES, customers=customers, settings={"quality_tiers": ["gold"]}, as_of="2024-06-30"
    )
    assert measure(named, "quality_customer_share", june).loc[0, "value"] == 1 / 3
    scored = make(orders=LINES, customers=customers, as_of="2024-06-30")
    assert measure(scored, "quality_customer_share", june).loc[0, "numerator"] == 1


def test_migration_has_entries_and_exits(make):
    dataset = make(orders=LINES, as_of="2024-06-30")
    found = measure(dataset, "tier_migration", Period.parse("2024"), ["from_tier", "to_tier"])
    moved = {(row.from_tier, row.to_tier): row.value for row in found.itertuples()}
    # At the end of 2023 only `far` was a customer of the twelve months before; `left` had gone.
    assert moved == {
        ("none", "major"): 0.5,
        ("none", "strategic"): 0.5,
        ("ordinary", "ordinary"): 1.0,
    }
    rose = measure(dataset, "tier_migration", Period.parse("2024")).loc[0]
    assert (rose["numerator"], rose["denominator"]) == (0, 1)


def test_cohorts_lose_customers(make):
    dataset = make(orders=LINES, as_of="2024-06-30")
    found = measure(dataset, "cohort_retention", Period.parse("2024-06"), ["cohort"])
    kept = dict(zip(found["cohort"], found["value"], strict=True))
    assert kept == {"2022-12": 0, "2023-08": 0, "2024-05": 0.5}
    assert found["denominator"].tolist() == [1, 1, 2]
