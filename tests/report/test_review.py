"""The report in progress: which period it is about, and as known when."""

from datetime import date

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.report.review import open_report


@pytest.fixture
def company(tmp_path, monkeypatch):
    """Give a company with an order in May and one in July of 2024."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    orders = pd.DataFrame(
        {
            "order_id": ["1", "2"],
            "order_date": pd.to_datetime(["2024-05-10", "2024-07-31"]),
            "region": "华东",
            "customer_id": "c1",
            "amount": [100.0, 30.0],
            "status": "counted",
        }
    )
    write_tables(tmp_path / "data", {"orders": orders}, Company(regions=("华东",)))
    return str(tmp_path / "data")


@pytest.mark.parametrize("notebook", ["goal_decomposition", "annual_summary"])
def test_report_of_the_year_asked_for_a_month(notebook, company):
    review = open_report(notebook, region="all", period="2024-06", data=company)
    assert (str(review.period), review.as_of) == ("2024", date(2024, 6, 30))
    assert review.lens.value("net_sales").value == 100.0
    assert review.content()["period"] == "2024-06"


def test_report_of_the_month_asked_for_a_year(company):
    review = open_report("monthly_review", region="all", period="2024", data=company)
    assert str(review.period) == "2024"
    assert review.lens.value("net_sales").value == 130.0


def test_people_of_no_region_are_kept_beside_the_company(company):
    reps = pd.DataFrame(
        {"rep_id": ["a", "b", "c"], "name": ["x", "y", "z"], "region": ["", "华东", "华东"]}
    )
    orders = pd.read_parquet(f"{company}/orders")
    tables = {"orders": orders, "reps": reps.assign(hire_date=pd.Timestamp("2023-01-01"))}
    write_tables(company, tables, Company(regions=("华东",)))
    review = open_report("monthly_review", region="all", period="2024-07", data=company)
    assert review.lens.value("headcount").value == 3.0
    facts = review.content()["facts"]
    assert {
        fact["scope"].get("region"): fact["value"]
        for fact in facts
        if fact["metric"] == "headcount"
    } == {None: 3.0, "": 1.0, "华东": 2.0}
