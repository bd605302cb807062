from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.metrics.compare import compare, target_value
from salesnb.metrics.measure import measure
from salesnb.period import Period, Window

JUNE, Q2, YEAR = Period.parse("2024-06"), Period.parse("2024Q2"), Period.parse("2024")

LINES = [
    {"order_date": day, "amount": amount, "region": region, "product_id": product}
    for day, amount, region, product in (
        ("2024-04-03", 50.0, "East", "a"),
        ("2024-05-06", 60.0, "East", "a"),
        ("2024-06-03", 70.0, "East", "a"),
        ("2024-06-04", 30.0, "East", "b"),
        ("2024-06-05", 40.0, "South", "a"),
        ("2023-06-05", 80.0, "East", "a"),
    )
]
PRODUCTS = [{"product_id": "a", "line": "A"}, {"product_id": "b", "line": "B"}]


def targets(*rows):
    names = ("scope", "period", "value")
    return [dict(zip(names, row[:3], strict=True)) | (row[3] if row[3:] else {}) for row in rows]


def test_the_target_of_the_scope_and_period(make):
    dataset = make(
        orders=LINES,
        products=PRODUCTS,
        targets=targets(
            ("", "2024-06", 200.0), ("region=East", "2024-06", 125.0),
            ("region=East;product_line=A", "2024-06", 70.0), ("product_line=A", "2024-06", 160.0),
        ),
    )  # fmt: skip
    assert target_value(dataset, "net_sales", JUNE).loc[0, "target"] == 200
    by_region = target_value(dataset, "net_sales", JUNE, ["region"])
    assert by_region[["region", "target"]].to_numpy().tolist() == [["East", 125]]
    by_line = target_value(dataset, "net_sales", JUNE, ["product_line"])
    assert by_line["target"].tolist() == [160]
    both = target_value(dataset, "net_sales", JUNE, ["product_line"], {"region": "East"})
    assert both["target"].tolist() == [70]


def test_a_region_sees_its_own_targets(make):
    dataset = make(
        region="East",
        orders=LINES,
        products=PRODUCTS,
        targets=targets(("", "2024-06", 200.0), ("region=East", "2024-06", 125.0)),
    )
    found = compare(dataset, "net_sales", JUNE, "target").loc[0]
    assert (found["current"], found["base"], found["change"]) == (100, 125, -25)
    assert found["attainment"] == 0.8
    assert found["growth"] == pytest.approx(-0.2)
    assert found["met"] is False
    assert found["reason"] is None


def test_finer_periods_are_added_up(make):
    months = [("region=East", f"2024-{month:02d}", 100.0) for month in (4, 5, 6)]
    dataset = make(
        region="East", orders=LINES, targets=targets(*months, ("region=East", "2024Q3", 7.0))
    )
    assert target_value(dataset, "net_sales", Q2).loc[0, ["target", "cells"]].tolist() == [300, 3]
    year = target_value(dataset, "net_sales", YEAR).loc[0]
    assert (year["target"], year["reason"]) == (307, "partial_target")
    to_date = Window(date(2024, 4, 1), date(2024, 6, 30))
    assert target_value(dataset, "net_sales", to_date).loc[0, "target"] == 300


def test_coarser_periods_are_never_cut(make):
    dataset = make(orders=LINES, targets=targets(("", "2024", 1200.0)))
    found = target_value(dataset, "net_sales", JUNE).loc[0]
    assert np.isnan(found["target"])
    assert found["reason"] == "no_target"


def test_missing_targets_are_on_neither_side(make):
    # E11: South has no target, so its sales do not attain East's.
    dataset = make(orders=LINES, targets=targets(("region=East", "2024-06", 125.0)))
    found = measure(dataset, "attainment", JUNE).loc[0]
    assert (found["numerator"], found["denominator"], found["value"]) == (100, 125, 0.8)
    assert found["reason"] == "partial_target"
    each = compare(dataset, "net_sales", JUNE, "target", ["region"]).set_index("region")
    assert each.loc["South", ["current", "reason"]].tolist() == [40, "no_target"]
    assert np.isnan(each.loc["South", "attainment"])
    assert measure(dataset, "target_gap", JUNE).loc[0, "value"] == -25


def test_missing_months_are_on_neither_side(make):
    dataset = make(
        region="East",
        orders=LINES,
        targets=targets(("region=East", "2024-04", 50.0), ("region=East", "2024-06", 50.0)),
    )
    found = measure(dataset, "attainment", Q2).loc[0]
    assert (found["numerator"], found["denominator"]) == (150, 100)
    assert found["reason"] == "partial_target"


def test_no_target_at_all(make):
    found = compare(make(orders=LINES), "net_sales", JUNE, "target").loc[0]
    assert (found["current"], found["reason"], found["met"]) == (140, "no_target", None)
    assert measure(make(orders=LINES), "attainment", JUNE).loc[0, "reason"] == "missing_table"


def test_a_target_without_sales_is_missed(make):
    dataset = make(orders=LINES, targets=targets(("region=North", "2024-06", 10.0)))
    found = compare(dataset, "net_sales", JUNE, "target", ["region"]).set_index("region")
    assert found.loc["North", ["current", "attainment"]].tolist() == [0, 0]


def test_versions(make):
    dataset = make(
        orders=LINES,
        targets=targets(
            ("", "2024-06", 200.0), ("", "2024-05", 90.0),
            ("", "2024-06", 150.0, {"version": 2, "reason": "late launch"}),
        ),
    )  # fmt: skip
    assert target_value(dataset, "net_sales", JUNE).loc[0, "target"] == 150
    assert target_value(dataset, "net_sales", JUNE, version=1).loc[0, "target"] == 200
    # What a revision leaves alone still holds.
    assert target_value(dataset, "net_sales", Period.parse("2024-05")).loc[0, "target"] == 90


def test_several_plans_must_be_told_apart(make):
    rows = targets(("", "2024-06", 1.0, {"plan": "budget"}), ("", "2024-06", 2.0, {"plan": "hope"}))
    message = r"several plans have targets for `net_sales`; got `budget`, `hope`. Write `plan:`"
    with pytest.raises(MetricError, match=message):
        target_value(make(orders=LINES, targets=rows), "net_sales", JUNE)
    chosen = make(orders=LINES, targets=rows, settings={"plan": "hope"})
    assert target_value(chosen, "net_sales", JUNE).loc[0, "target"] == 2


def test_bounds_and_directions(make):
    # E21
    rows = targets(
        ("", "2024-06", 0.5, {"metric": "discount_rate", "unit": "ratio", "bound": "≤"}),
        ("", "2024-06", 0.3, {"metric": "premium_share", "unit": "ratio", "bound": "range",
                              "value_hi": 0.4}),
    )  # fmt: skip
    lines = [
        {
            "order_date": "2024-06-03",
            "amount": 60.0,
            "qty": 1,
            "list_price": 100.0,
            "product_id": "a",
        }
    ]
    products = [{"product_id": "a", "line": "A", "tier": "B"}]
    dataset = make(orders=lines, products=products, targets=rows)
    found = compare(dataset, "discount_rate", JUNE, "target").loc[0]
    assert found["met"] is True
    assert found["growth"] == pytest.approx(0.2)
    assert np.isnan(found["attainment"])
    over = compare(dataset, "premium_share", JUNE, "target").loc[0]
    assert (over["current"], over["met"]) == (1, False)


def test_growth_and_share_targets(make):
    rows = targets(
        ("region=East", "2024-06", 0.1, {"unit": "growth"}),
        ("region=East;product_line=A", "2024-06", 0.6, {"unit": "share"}),
        ("region=East", "2024-05", 0.1, {"unit": "growth", "baseline": 50.0}),
    )
    dataset = make(region="East", orders=LINES, products=PRODUCTS, targets=rows)
    # Ten percent on top of June 2023.
    assert target_value(dataset, "net_sales", JUNE).loc[0, "target"] == pytest.approx(88)
    may = target_value(dataset, "net_sales", Period.parse("2024-05")).loc[0, "target"]
    assert may == pytest.approx(55)
    share = compare(dataset, "share", JUNE, "target", ["product_line"]).set_index("product_line")
    assert share.loc["A", ["current", "base"]].tolist() == [0.7, 0.6]


def test_rates_are_never_added_up(make):
    rows = targets(
        ("region=East", "2024-06", 0.5, {"metric": "win_rate", "unit": "ratio"}),
        ("region=South", "2024-06", 0.7, {"metric": "win_rate", "unit": "ratio"}),
    )
    dataset = make(orders=LINES, targets=rows)
    assert target_value(dataset, "win_rate", JUNE).loc[0, "reason"] == "no_target"


def test_parts_that_promise_more_than_the_whole(make):
    rows = targets(
        ("", "2024", 1000.0), ("region=East", "2024", 600.0), ("region=South", "2024", 500.0),
        ("product_line=A", "2024", 900.0),
    )  # fmt: skip
    dataset = make(orders=LINES, products=PRODUCTS, targets=rows)
    found = measure(dataset, "over_assignment", YEAR, ["level"]).set_index("level")["value"]
    assert found.to_dict() == {"region": pytest.approx(0.1), "product_line": pytest.approx(-0.1)}
    assert measure(dataset, "over_assignment", YEAR).loc[0, "value"] == pytest.approx(0.1)


def test_company_targets_are_no_sum_of_targets_when_they_exist(make):
    dataset = make(
        orders=LINES, targets=targets(("", "2024-06", 200.0), ("region=East", "2024-06", 125.0))
    )
    assert measure(dataset, "attainment", JUNE).loc[0, "value"] == 0.7


def test_regions_are_added_up_for_the_company(make):
    dataset = make(
        orders=LINES,
        targets=targets(("region=East", "2024-06", 125.0), ("region=South", "2024-06", 75.0)),
    )
    found = measure(dataset, "attainment", JUNE).loc[0]
    assert (found["value"], found["reason"]) == (0.7, None)
