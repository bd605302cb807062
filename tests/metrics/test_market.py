from __future__ import annotations

import pytest

from salesnb.metrics.measure import measure
from salesnb.period import Period

JUNE, YEAR = Period.parse("2024-06"), Period.parse("2023")


def sold(day, amount, region="East", customer="c1", **more):
    return {"order_id": f"{day}{customer}{amount}", "order_date": day, "amount": amount,
            "region": region, "customer_id": customer, **more}  # fmt: skip


ORDERS = [
    sold("2023-03-01", 60.0), sold("2023-09-01", 40.0), sold("2023-05-05", 50.0, "South", "c2"),
    sold("2024-06-03", 90.0), sold("2022-01-04", 1.0),
]  # fmt: skip


def market(*rows):
    names = ("period", "scope", "market_size", "addressable_customers")
    return [dict(zip(names, row, strict=False)) for row in rows]


SIZES = market(
    ("2023Q1", "region=East", 300.0, 10), ("2023Q2", "region=East", 300.0, 20),
    ("2023Q3", "region=East", 200.0, 20), ("2023Q4", "region=East", 200.0, 40),
    ("2023", "", 3000.0, 100), ("2023", "region=South", None, 30),
)  # fmt: skip


def test_share_of_the_market_of_the_scope(make):
    dataset = make(orders=ORDERS, market=SIZES, as_of="2024-06-30")
    assert measure(dataset, "market_share", YEAR).loc[0, "value"] == 150 / 3000
    by_region = measure(dataset, "market_share", YEAR, ["region"])
    # Quarters are added up; South's market is unknown and left out.
    assert by_region[["region", "value"]].to_numpy().tolist() == [["East", 0.1]]
    region = make(region="East", orders=ORDERS, market=SIZES, as_of="2024-06-30")
    assert measure(region, "market_share", YEAR).loc[0, "value"] == 0.1


def test_a_yearly_market_has_no_month(make):
    dataset = make(orders=ORDERS, market=SIZES, as_of="2024-06-30")
    assert measure(dataset, "market_share", JUNE).loc[0, "reason"] == "no_market"


def test_sizes_beside_competitors_are_one_size(make):
    rows = [{**SIZES[4], "competitor": name} for name in ("X", "Y")]
    dataset = make(orders=ORDERS, market=rows, as_of="2024-06-30")
    assert measure(dataset, "market_share", YEAR).loc[0, "denominator"] == 3000


def test_penetration_of_the_customers_last_counted(make):
    dataset = make(orders=ORDERS, market=SIZES, as_of="2024-06-30")
    found = measure(dataset, "penetration", YEAR, ["region"]).set_index("region")
    assert found["value"].to_dict() == {"East": 1 / 40, "South": 1 / 30}


def test_clearance_from_opening_to_closing_stock(make):
    counts = [
        {"date": day, "product_id": product, "qty": qty}
        for day, product, qty in (
            ("2024-05-31", "a", 100.0), ("2024-05-31", "b", 50.0),
            ("2024-06-15", "a", 70.0), ("2024-06-30", "a", 30.0), ("2024-06-30", "b", 60.0),
        )
    ]  # fmt: skip
    dataset = make(orders=ORDERS, stock=counts, as_of="2024-06-30")
    found = measure(dataset, "clearance_rate", JUNE, ["product"]).set_index("product")
    assert found["value"].to_dict() == pytest.approx({"a": 0.7, "b": -0.2})
    assert measure(dataset, "clearance_rate", JUNE).loc[0, "value"] == pytest.approx(60 / 150)


def test_dealers_of_both_years_only(make):
    orders = [
        sold("2022-01-04", 1.0, customer="x"),
        sold("2023-06-05", 100.0, customer="d1"), sold("2024-06-05", 130.0, customer="d1"),
        sold("2023-06-05", 500.0, customer="d2"), sold("2024-06-05", 70.0, customer="d3"),
        sold("2023-06-05", 10.0, customer="c"), sold("2024-06-05", 90.0, customer="c"),
    ]  # fmt: skip
    customers = [{"customer_id": name, "is_dealer": True} for name in ("d1", "d2", "d3")]
    customers.append({"customer_id": "c", "is_dealer": False})
    dataset = make(orders=orders, customers=customers, as_of="2024-06-30")
    found = measure(dataset, "dealer_growth", JUNE).loc[0]
    assert (found["numerator"], found["denominator"], found["n"]) == (30, 100, 1)
