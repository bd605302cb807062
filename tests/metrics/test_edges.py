"""The edge cases E01–E24 that are rules of metrics; those of the data door are tested there.

E02 E03 E04 E05 E06 in test_compare, E07 E15 E16 in test_sales, E10 E19 in test_dataset,
E11 E21 in test_targets, E14 in test_customers, test_funnel and test_team; the others here.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from salesnb.metrics.compare import compare
from salesnb.metrics.measure import measure
from salesnb.period import Period

JUNE, YEAR = Period.parse("2024-06"), Period.parse("2024")


def order(place, day, amount, **more):
    return {"order_id": f"o{place}", "order_date": day, "amount": amount, **more}


def test_e01_nothing_over_nothing_is_no_number(make):
    dataset = make(orders=[order(1, "2024-05-06", 5.0)], as_of="2024-06-30")
    found = measure(dataset, "average_order_value", JUNE).loc[0]
    assert np.isnan(found["value"])
    assert (found["denominator"], found["reason"]) == (0, "zero_denominator")
    # Nothing sold is a fact, though, and not a missing value.
    assert measure(dataset, "net_sales", JUNE).loc[0, "value"] == 0


def test_e07_a_month_of_returns_only(make):
    lines = [
        order(1, "2023-06-05", 50.0, cost=20.0),
        order(2, "2024-06-05", -30.0, qty=-1, cost=-10.0, status="return"),
    ]
    dataset = make(orders=lines, as_of="2024-06-30")
    assert measure(dataset, "net_sales", JUNE).loc[0, "value"] == -30
    assert measure(dataset, "orders", JUNE).loc[0, "value"] == 0
    assert measure(dataset, "active_customers", JUNE).loc[0, "value"] == 0
    assert measure(dataset, "average_order_value", JUNE).loc[0, "reason"] == "zero_denominator"
    assert measure(dataset, "gross_margin", JUNE).loc[0, "reason"] == "negative_base"
    grown = compare(dataset, "net_sales", JUNE).loc[0]
    assert (grown["change"], grown["turn"]) == (-80, "to_negative")


def test_e12_rates_are_weighted_not_averaged(make):
    deals = [
        {"opp_id": f"d{place}", "created": "2024-05-01", "close_date": "2024-06-05",
         "outcome": outcome, "rep_id": rep}
        for place, (rep, outcome) in enumerate(
            [("r1", "won")] + [("r2", "won")] + [("r2", "lost")] * 8
        )
    ]  # fmt: skip
    dataset = make(orders=[order(1, "2024-01-03", 1.0)], opportunities=deals, as_of="2024-06-30")
    by_rep = measure(dataset, "win_rate", JUNE, ["rep"])["value"].tolist()
    assert by_rep == [1, pytest.approx(1 / 9)]
    assert measure(dataset, "win_rate", JUNE).loc[0, "value"] == 2 / 10


@pytest.mark.parametrize(("many", "mark"), [(29, "small_n"), (30, None)])
def test_e13_few_trials_are_marked_and_shown(make, many, mark):
    deals = [
        {"opp_id": f"d{place}", "created": "2024-05-01", "close_date": "2024-06-05",
         "outcome": "won"}
        for place in range(many)
    ]  # fmt: skip
    dataset = make(orders=[order(1, "2024-01-03", 1.0)], opportunities=deals, as_of="2024-06-30")
    found = measure(dataset, "win_rate", JUNE).loc[0]
    assert (found["value"], found["n"], found["reason"]) == (1, many, mark)


def test_e17_a_report_as_of_a_day_does_not_know_later_rows(make):
    lines = [order(1, "2024-06-05", 5.0), order(2, "2024-06-20", 7.0)]
    then = make(orders=lines, as_of=date(2024, 6, 10))
    now = make(orders=lines, as_of=date(2024, 6, 30))
    assert measure(then, "net_sales", JUNE).loc[0, "value"] == 5
    assert measure(now, "net_sales", JUNE).loc[0, "value"] == 12


def test_e18_a_customer_of_two_lines_is_one_customer(make):
    lines = [
        order(1, "2024-06-05", 5.0, product_id="a"), order(1, "2024-06-05", 5.0, product_id="b"),
        order(2, "2024-06-06", 5.0, product_id="b", customer_id="c2"),
    ]  # fmt: skip
    lines = [{**line, "line_no": place} for place, line in enumerate(lines)]
    products = [{"product_id": "a", "line": "A"}, {"product_id": "b", "line": "B"}]
    dataset = make(orders=lines, products=products, as_of="2024-06-30")
    for metric in ("active_customers", "orders"):
        assert measure(dataset, metric, JUNE, ["product_line"])["value"].tolist() == [1, 2]
        assert measure(dataset, metric, JUNE).loc[0, "value"] == 2


def test_e22_gifts_zero_prices_and_internal_orders_say_nothing_of_prices(make):
    lines = [
        order(1, "2024-06-05", 90.0, qty=10, list_price=10.0),
        order(2, "2024-06-05", 0.0, qty=5, list_price=10.0, is_gift=True),
        order(3, "2024-06-05", 0.0, qty=5, list_price=10.0),
        order(4, "2024-06-05", 20.0, qty=10, list_price=10.0, is_internal=True),
    ]
    dataset = make(orders=lines, as_of="2024-06-30")
    assert measure(dataset, "average_selling_price", JUNE).loc[0, "value"] == 9
    assert measure(dataset, "discount_rate", JUNE).loc[0, "value"] == pytest.approx(0.1)
    assert measure(dataset, "net_sales", JUNE).loc[0, "value"] == 110
    without = make(orders=lines, settings={"internal_orders": "exclude"}, as_of="2024-06-30")
    assert measure(without, "net_sales", JUNE).loc[0, "value"] == 90


def test_e23_a_cohort_of_leads_and_a_period_of_conversions_are_two_numbers(make):
    leads = [
        {"created": "2024-01-03", "converted_date": "2024-03-05"},
        {"created": "2024-03-03", "converted_date": None},
        {"created": "2024-03-04", "converted_date": "2024-03-30"},
    ]
    march, lines = Period.parse("2024-03"), [order(1, "2024-01-03", 1.0)]
    cohort = make(orders=lines, leads=leads, as_of="2024-06-30")
    assert measure(cohort, "lead_conversion", march).loc[0, "value"] == 1 / 2
    period = make(orders=lines, leads=leads, settings={"conversion": "period"}, as_of="2024-06-30")
    assert measure(period, "lead_conversion", march).loc[0, "value"] == 2 / 2


def test_orders_alone_are_enough_for_a_report(make):
    dataset = make(orders=[order(1, "2024-06-05", 5.0)], as_of="2024-06-30")
    assert measure(dataset, "csat", JUNE).loc[0, "reason"] == "missing_table"
    assert len(measure(dataset, "csat", JUNE, ["region"])) == 0
    assert len(measure(dataset, "net_sales", YEAR, ["industry"])) == 0


def test_before_the_history_nothing_is_known(make):
    dataset = make(orders=[order(1, "2024-06-05", 5.0)], as_of="2024-06-30")
    found = measure(dataset, "net_sales", Period.parse("2023")).loc[0]
    assert np.isnan(found["value"])
    assert found["reason"] == "no_history"


def test_a_plan_ahead_can_be_asked_for(make):
    deals = [{"created": "2024-06-01", "outcome": "open", "expected_close": "2024-07-10",
              "close_date": None, "amount": 50.0}]  # fmt: skip
    dataset = make(
        orders=[order(1, "2024-06-05", 5.0)], opportunities=deals,
        targets=[{"period": "2024-07", "value": 100.0}], as_of="2024-06-30",
    )  # fmt: skip
    july = Period.parse("2024-07")
    assert measure(dataset, "pipeline_coverage", july).loc[0, "value"] == 0.5
    assert measure(dataset, "net_sales", july).loc[0, "value"] == 0
