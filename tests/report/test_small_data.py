"""Sections over data too small or too young for them: each says so, none fails."""

import numpy as np
import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, write_tables
from salesnb.report.review import open_report

PEOPLE = pd.DataFrame(
    {
        "rep_id": ["r1", "r2"],
        "name": ["Ann", "Bob"],
        "region": ["East", "West"],
        "hire_date": pd.Timestamp("2023-01-02"),
    }
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["c1", "c2", "c3", "c4"],
        "name": ["One", "Two", "Three", "Four"],
        "region": ["East", "West"] * 2,
        "industry": ["retail", "retail", "steel", "steel"],
        "size": ["large", "small", "small", "large"],
    }
)


def orders(first):
    days = pd.date_range(first, "2024-06-28", freq="10D")
    place = np.arange(len(days))
    return pd.DataFrame(
        {
            "order_id": place.astype(str),
            "order_date": days,
            "customer_id": CUSTOMERS["customer_id"].to_numpy()[place % 4],
            "region": np.array(["East", "West"])[place % 2],
            "rep_id": np.array(["r1", "r2"])[place % 2],
            "amount": 100.0,
        }
    )


@pytest.fixture
def report(tmp_path, monkeypatch):
    def opened(notebook, period, region="all", **tables):
        (tmp_path / "parameters").mkdir()
        monkeypatch.chdir(tmp_path)
        write_tables(tmp_path / "data", tables, Company(regions=("East", "West"), country=""))
        data = str(tmp_path / "data")
        return open_report(notebook, region=region, period=period, data=data, language="en")

    return opened


def test_a_first_year_divides_no_target_among_people(report):
    target = {"plan": "p", "version": 1, "metric": "net_sales", "period": "2024", "value": 900.0}
    targets = pd.DataFrame([target | {"scope": f"region={name}"} for name in ("East", "West")])
    review = report(
        "goal_decomposition", "2024", orders=orders("2024-01-02"), reps=PEOPLE, targets=targets
    )
    assert "cannot be divided" in s.goal_people(review).text()


def test_cells_of_few_customers_have_no_worst(report):
    review = report("diagnosis", "2024-06", orders=orders("2022-01-03"), customers=CUSTOMERS)
    s.customer_structure(review)
    assert review.sections["customer_structure"]["status"] == "ok"


def test_a_young_region_has_no_season(report):
    old, young = orders("2021-01-04"), orders("2024-03-04")
    both = pd.concat([old.assign(region="East"), young.assign(region="West")])
    both["order_id"] = np.arange(len(both)).astype(str)
    review = report("diagnosis", "2024-06", region="West", orders=both, customers=CUSTOMERS)
    assert s.season(review).text().startswith("There are 3 full months")


def test_renewals_that_rose_by_the_mix_of_sizes_alone(report):
    # Large ones: 2 of 2, then 6 of 8; small ones: none of 8, then none of 2. 20 % became 60 %.
    due = [("c1", 2022, 2, 2), ("c2", 2022, 0, 8), ("c1", 2023, 6, 8), ("c2", 2023, 0, 2)]
    rows = [
        (customer, year, place < renewed)
        for customer, year, renewed, many in due
        for place in range(many)
    ]
    contracts = pd.DataFrame(
        {
            "contract_id": [f"k{place}" for place in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "region": "East",
            "start": [pd.Timestamp(row[1] - 1, 7, 1) for row in rows],
            "end": [pd.Timestamp(row[1], 6, 30) for row in rows],
            "amount": 100.0,
            "renewed_by": ["k0" if row[2] else None for row in rows],
            "renewal_decision_date": [pd.Timestamp(row[1], 6, 1) for row in rows],
        }
    )
    sold = orders("2021-01-04").assign(region="East")
    customers = CUSTOMERS.assign(region="East")
    review = report("annual_summary", "2023", orders=sold, customers=customers, contracts=contracts)
    assert "moved the rate by −12.5 pp" in s.annual_renewal(review).text()
