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
