from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from salesnb.errors import ContractError, ParameterError
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.period import Calendar, Period

ORDERS = [
    {"order_id": "o1", "order_date": "2024-06-05", "customer_id": "c1", "amount": 1.0,
     "region": "East", "product_id": "a", "channel": None},
    {"order_id": "o2", "order_date": "2024-06-03", "customer_id": "c2", "amount": 2.0,
     "region": "South", "product_id": "b", "channel": "shop"},
    {"order_id": "o3", "order_date": "2024-07-03", "customer_id": None, "amount": 4.0,
     "region": "East", "product_id": "a", "channel": "shop"},
]  # fmt: skip
CUSTOMERS = [
    {"customer_id": "c1", "region": "East", "industry": "retail", "tier": "gold"},
    {"customer_id": "c2", "region": "South", "industry": "medical", "tier": "plain"},
]


def test_a_region_sees_its_own_rows_only(make):
    dataset = make(region="East", orders=ORDERS, customers=CUSTOMERS)
    assert set(dataset.frame("orders")["order_id"]) == {"o1", "o3"}
    assert dataset.frame("customers")["customer_id"].tolist() == ["c1"]
    assert "c2" not in dataset.frame("orders")["customer_id"].cat.categories
    assert "medical" not in dataset.frame("orders")["industry"].cat.categories


def test_a_region_taken_from_the_company_holds_what_it_holds_alone(make):
    tables = {"orders": ORDERS, "customers": CUSTOMERS, "products": [{"product_id": "a"}]}
    alone, within = make(region="East", **tables), make(**tables).within("East")
    for table in ("orders", "sales", "customers", "products"):
        pd.testing.assert_frame_equal(within.frame(table), alone.frame(table))
    with pytest.raises(ParameterError):
        within.within("Nowhere")


def test_regions_are_a_dimension_of_the_company(make):
    dataset = make(orders=ORDERS, customers=CUSTOMERS)
    found = measure(dataset, "net_sales", Period.parse("2024"), ["region"])
    assert found[["region", "value"]].to_numpy().tolist() == [["East", 5], ["South", 2]]


def test_rows_take_over_what_they_point_to(make):
    dataset = make(orders=ORDERS, customers=CUSTOMERS)
    orders = dataset.frame("orders")
    assert orders["order_date"].is_monotonic_increasing
    assert orders["industry"].tolist() == ["medical", "retail", "unmapped"]
    assert orders["customer_tier"].tolist() == ["plain", "gold", "unmapped"]


def test_what_is_not_mapped_stays_visible(make):
    # E19
    dataset = make(orders=ORDERS, customers=CUSTOMERS)
    year = Period.parse("2024")
    for dimension, lost in (("channel", 1.0), ("industry", 4.0), ("customer", 4.0)):
        found = measure(dataset, "net_sales", year, [dimension]).set_index(dimension)["value"]
        assert found["unmapped"] == lost
        assert found.sum() == 7
    # Nobody is no customer.
    assert measure(dataset, "active_customers", year).loc[0, "value"] == 2


def test_the_day_as_of_which(make):
    assert make(orders=ORDERS).as_of == date(2024, 7, 3)
    early = make(orders=ORDERS, as_of="2024-06-30")
    assert len(early.frame("orders")) == 2
    assert measure(early, "net_sales", Period.parse("2024")).loc[0, "value"] == 3


def test_a_region_without_rows(make):
    dataset = make(region="South", orders=ORDERS[:1], customers=CUSTOMERS)
    assert len(dataset.frame("orders")) == 0
    assert dataset.first_day is None
    found = measure(dataset, "net_sales", Period.parse("2024")).loc[0]
    assert (found["value"], found["n"]) == (0, 0)
    assert measure(dataset, "gross_margin", Period.parse("2024")).loc[0, "reason"] is not None


def test_what_is_missing_is_named(make):
    dataset = make(orders=ORDERS, products=[{"product_id": "a"}])
    assert dataset.has("orders", "channel", "customer_type", "month")
    assert dataset.lacks("leads") == ("leads",)
    assert dataset.lacks("orders", "product_line") == ("products.line",)
    assert dataset.lacks("orders", "industry") == ("customers.industry",)
    assert dataset.lacks("orders", "cost") == ("orders.cost",)
    assert dataset.has("orders", "status", "is_gift")
    with pytest.raises(ContractError, match="table `leads` is not in the data"):
        dataset.frame("leads")


def test_an_unknown_region(make):
    with pytest.raises(
        ParameterError, match=r"`region` is not in the data; got Eats. Did you mean"
    ):
        make(region="Eats", orders=ORDERS)


def test_frames_are_everybody_s_own(make):
    dataset = make(orders=ORDERS)
    mine = dataset.frame("orders")
    mine["amount"] = 0.0
    mine["more"] = 1
    assert dataset.frame("orders")["amount"].sum() == 7
    assert "more" not in dataset.frame("orders")


def test_a_year_that_starts_in_april_and_months_that_close_on_the_25th(make):
    # E10
    lines = [
        {"order_date": day, "amount": 1.0}
        for day in ("2023-03-31", "2024-02-25", "2024-02-26", "2024-03-31", "2024-04-01")
    ]
    fiscal = make(orders=lines, calendar=Calendar(fiscal_start=4))
    year = measure(fiscal, "net_sales", Period.parse("2023"), ["quarter"])
    assert year[["quarter", "value"]].to_numpy().tolist() == [["2023Q4", 3]]
    closing = make(orders=lines, calendar=Calendar(close_day=25))
    assert measure(closing, "net_sales", Period.parse("2024-02")).loc[0, "value"] == 1
    months = measure(closing, "net_sales", Period.parse("2024"), ["month"])
    assert months["month"].tolist() == ["2024-02", "2024-03", "2024-04"]


def test_the_people_of_today(make):
    reps = [
        {"rep_id": "r1", "name": "A", "role": "head", "leave_date": "2024-01-01"},
        {"rep_id": "r2", "name": "B", "role": "head"},
        {"rep_id": "r3", "name": "C", "role": "seller"},
    ]
    assert make(orders=ORDERS, reps=reps).people() == {"head": "B", "seller": "C"}
    assert make(orders=ORDERS).people() == {"head": "B", "seller": "C"}


def test_settings_and_calendar_have_defaults(store):
    dataset = Dataset(store, "East")
    assert dataset.settings.n_trials == 30
    assert isinstance(dataset.frame("sales"), pd.DataFrame)


@pytest.mark.parametrize(
    ("first", "start"),
    [
        ("2024-01-04", date(2024, 1, 1)),  # The third working day: new year's day is one off.
        ("2024-01-05", date(2024, 1, 5)),
        ("2024-06-01", date(2024, 6, 1)),
    ],
)
def test_history_starts_with_a_month_whose_first_days_are_quiet(make, first, start):
    orders = [ORDERS[0] | {"order_date": first}, ORDERS[1] | {"order_date": "2024-07-01"}]
    assert make(orders=orders).history_start == start
