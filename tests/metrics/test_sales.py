from __future__ import annotations

import pytest

from salesnb.metrics.measure import measure
from salesnb.period import Period

JUNE = Period.parse("2024-06")

LINES = [
    # order, customer, product, amount, qty, list price, cost
    {"order_id": "o1", "order_date": "2024-06-03", "customer_id": "c1", "product_id": "a",
     "amount": 100.0, "qty": 10, "list_price": 12.0, "cost": 60.0, "channel": "shop"},
    {"order_id": "o1", "order_date": "2024-06-03", "customer_id": "c1", "product_id": "b",
     "amount": 50.0, "qty": 2, "list_price": 25.0, "cost": None, "channel": "shop"},
    {"order_id": "o2", "order_date": "2024-06-04", "customer_id": "c2", "product_id": "a",
     "amount": 90.0, "qty": 10, "list_price": 12.0, "cost": 60.0, "channel": "expo"},
    {"order_id": "o3", "order_date": "2024-06-05", "customer_id": "c2", "product_id": "a",
     "amount": -20.0, "qty": -2, "list_price": 12.0, "cost": -12.0, "status": "return",
     "channel": "expo"},
    {"order_id": "o4", "order_date": "2024-06-05", "customer_id": "c3", "product_id": "a",
     "amount": 0.0, "qty": 1, "list_price": 12.0, "cost": 6.0, "is_gift": True, "channel": "expo"},
    {"order_id": "o5", "order_date": "2024-06-05", "customer_id": "c3", "product_id": "a",
     "amount": 999.0, "qty": 1, "status": "draft", "channel": "expo"},
]  # fmt: skip
PRODUCTS = [
    {"product_id": "a", "line": "A", "tier": "basic"},
    {"product_id": "b", "line": "B", "tier": "mid"},
]


@pytest.fixture
def shop(make):
    return make(orders=LINES, products=PRODUCTS)


def value(dataset, metric, **where):
    return measure(dataset, metric, JUNE, (), where).loc[0, "value"]


def test_drafts_do_not_count_and_returns_are_negative(shop):
    assert value(shop, "net_sales") == 100 + 50 + 90 - 20


def test_units_without_gifts(shop, make):
    assert value(shop, "units") == 10 + 2 + 10 - 2
    with_gifts = make(orders=LINES, settings={"gift_units": True})
    assert value(with_gifts, "units") == 21


def test_orders_and_customers_without_returns_and_gifts(shop):
    # E07: o3 is a return, o4 a gift, o5 a draft.
    assert value(shop, "orders") == 2
    assert value(shop, "active_customers") == 2


def test_the_two_meanings_of_deal_size(shop):
    assert value(shop, "average_order_value") == 220 / 2
    assert value(shop, "revenue_per_customer") == 220 / 2
    assert value(shop, "average_selling_price") == 220 / 20


def test_a_missing_cost_is_not_zero(shop):
    found = measure(shop, "gross_margin", JUNE).loc[0]
    # o1/b has no cost; the gift costs 6 and brings nothing.
    assert (found["numerator"], found["denominator"]) == (170 - 60 - 60 + 12 - 6, 170)
    assert found["reason"] == "partial_cost"
    assert value(shop, "gross_profit", product_line="B") == 0


def test_cost_of_the_product_stands_in(make):
    lines = [{"order_date": "2024-06-03", "product_id": "a", "amount": 30.0, "qty": 2}]
    products = [{"product_id": "a", "line": "A", "unit_cost": 5.0, "list_price": 20.0}]
    dataset = make(orders=lines, products=products)
    assert value(dataset, "gross_profit") == 30 - 10
    assert value(dataset, "discount_rate") == 1 - 30 / 40


def test_discount_on_list_price(shop):
    # Without the gift: list 120 + 50 + 120 − 24, sold 220.
    assert value(shop, "discount_rate") == pytest.approx(1 - 220 / 266)


def test_premium_share(shop):
    assert value(shop, "premium_share") == 50 / 220


def test_sales_per_head_weighs_days_and_full_time(make):
    reps = [
        {"rep_id": "r1", "hire_date": "2020-01-01"},
        {"rep_id": "r2", "hire_date": "2020-01-01", "leave_date": "2024-06-15"},
        {"rep_id": "r3", "hire_date": "2020-01-01", "fte": 0.5},
        {"rep_id": "r4", "hire_date": "2024-07-01"},
    ]
    dataset = make(orders=LINES, reps=reps, as_of="2024-06-30")
    found = measure(dataset, "sales_per_head", JUNE).loc[0]
    assert found["denominator"] == 1 + 0.5 + 0.5
    assert found["value"] == 110


def test_shared_orders_are_split(make):
    # E16: what two people sell together is sold once.
    reps = [{"rep_id": "r1", "team": "x"}, {"rep_id": "r2", "team": "y"}]
    credit = [
        {"order_id": "o1", "rep_id": "r1", "share": 0.75},
        {"order_id": "o1", "rep_id": "r2", "share": 0.25},
    ]
    lines = [{**line, "rep_id": "r1"} for line in LINES]
    dataset = make(orders=lines, reps=reps, order_credit=credit)
    found = measure(dataset, "net_sales", JUNE, ["rep"]).set_index("rep")["value"]
    assert found.to_dict() == {"r1": 0.75 * 150 + 70, "r2": 0.25 * 150}
    teams = measure(dataset, "net_sales", JUNE, ["team"]).set_index("team")["value"]
    assert teams.to_dict() == {"x": 182.5, "y": 37.5}
    assert value(dataset, "net_sales") == 220
    assert value(dataset, "orders", rep="r2") == 1


def test_results_of_the_day_and_owners_of_today(make):
    # E15: c1 was sold to by r1 and is r2's today.
    lines = [{**line, "rep_id": "r1"} for line in LINES]
    reps = [{"rep_id": "r1"}, {"rep_id": "r2"}]
    customers = [{"customer_id": "c1", "owner_rep_id": "r2"}, {"customer_id": "c2"}]
    by_order = make(orders=lines, reps=reps, customers=customers)
    assert measure(by_order, "net_sales", JUNE, ["rep"])["rep"].tolist() == ["r1"]
    by_owner = make(orders=lines, reps=reps, customers=customers, settings={"sales_of": "owner"})
    found = measure(by_owner, "net_sales", JUNE, ["rep"]).set_index("rep")["value"]
    assert found.to_dict() == {"r2": 150, "unmapped": 70}


def test_approval_time_is_once_for_each_order(make):
    times = [("o1", "04 09:00"), ("o1", "04 09:00"), ("o2", "06 09:00")]
    lines = [
        {"order_id": order, "line_no": place, "order_date": "2024-06-03", "amount": 1.0,
         "submit_ts": "2024-06-03 09:00", "approve_ts": f"2024-06-{approved}"}
        for place, (order, approved) in enumerate(times)
    ]  # fmt: skip
    found = measure(make(orders=lines), "approval_days", JUNE).loc[0]
    assert (found["value"], found["n"]) == (2.0, 2)
