from __future__ import annotations

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.metrics.company import company_total, region_rank
from salesnb.period import Period

JUNE = Period.parse("2024-06")
ORDERS = [
    {"order_id": f"o{place}", "order_date": day, "amount": amount, "qty": 1, "region": region,
     "product_id": product, "status": status, "is_gift": gift}
    for place, (day, amount, region, product, status, gift) in enumerate(
        (
            ("2024-06-03", 100.0, "East", "a", "counted", False),
            ("2024-06-03", 60.0, "South", "b", "counted", False),
            ("2024-06-04", -10.0, "South", "b", "return", False),
            ("2024-06-05", 0.0, "South", "b", "counted", True),
            ("2024-06-05", 999.0, "South", "b", "draft", False),
            ("2024-06-28", 5.0, "South", "b", "counted", False),
            ("2024-05-05", 7.0, "East", "a", "counted", False),
        )
    )
]  # fmt: skip
PRODUCTS = [{"product_id": "a", "line": "A"}, {"product_id": "b", "line": "B"}]


@pytest.fixture
def east(make):
    return make(region="East", orders=ORDERS, products=PRODUCTS, as_of="2024-06-20")


def test_totals_of_the_company_without_names(east):
    assert company_total(east, "net_sales", JUNE).loc[0, "value"] == 150
    assert company_total(east, "units", JUNE).loc[0, "value"] == 3
    by_line = company_total(east, "net_sales", JUNE, ["product_line"])
    assert by_line.to_numpy().tolist() == [["A", 100], ["B", 50]]


def test_own_place_among_all(east):
    place = region_rank(east, "net_sales", JUNE)
    assert (place.rank, place.count, place.value) == (1, 2, 100)
    assert place.share == pytest.approx(100 / 150)


def test_a_region_without_sales_has_no_place(make):
    dataset = make(region="South", orders=ORDERS[:1], as_of="2024-06-30")
    place = region_rank(dataset, "net_sales", JUNE)
    assert place.rank == 0
    assert np.isnan(place.value)


def test_what_could_name_somebody_is_refused(east, make):
    message = "`customer` is not shown of the company"
    with pytest.raises(MetricError, match=message):
        company_total(east, "net_sales", JUNE, ["customer"])
    with pytest.raises(MetricError, match="`csat` has no company total"):
        company_total(east, "csat", JUNE)
    with pytest.raises(MetricError, match="the company has no rank among regions"):
        region_rank(make(orders=ORDERS), "net_sales", JUNE)
