"""A real company's export: what the review publishes equals what the files say."""

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.importing import import_files

PERIOD = "2013-06"


@pytest.fixture(scope="module")
def imported(shared, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adventureworks")
    mapping = root / "examples" / "adventureworks" / "mapping.yaml"
    assert import_files([shared / "adventureworks"], folder, mapping=mapping).ok
    return folder


@pytest.fixture(scope="module")
def june(shared):
    """Give the order lines of June 2013 of both channels, read without salesnb."""
    folder = shared / "adventureworks"
    columns = ["OrderDate", "SalesTerritoryKey", "SalesAmount", "TotalProductCost"]
    columns += ["OrderQuantity", "SalesOrderNumber"]
    parts = []
    for name, customer in (("Reseller", "ResellerKey"), ("Internet", "CustomerKey")):
        rows = pd.read_parquet(folder / f"Fact{name}Sales.parquet", columns=[*columns, customer])
        parts.append(rows.rename(columns={customer: "customer"}).assign(channel=name))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.astype({"SalesAmount": float, "TotalProductCost": float, "OrderQuantity": float})
    rows["customer"] = rows["channel"] + rows["customer"].astype(str)
    territories = pd.read_parquet(folder / "DimSalesTerritory.parquet")
    names = territories.set_index("SalesTerritoryKey")["SalesTerritoryRegion"]
    rows["region"] = rows["SalesTerritoryKey"].map(names)
    return rows[pd.to_datetime(rows["OrderDate"]).dt.strftime("%Y-%m") == PERIOD]


def test_the_review_of_every_territory_equals_the_files(imported, june):
    found, expected = {}, {}
    for region, rows in june.groupby("region"):
        lens = s.open_report(
            "monthly_review", region=region, period=PERIOD, data=str(imported)
        ).lens
        found[region] = [
            lens.value(metric).value for metric in ("net_sales", "units", "gross_profit", "orders")
        ]
        amount, cost = rows["SalesAmount"].sum(), rows["TotalProductCost"].sum()
        expected[region] = [
            amount,
            rows["OrderQuantity"].sum(),
            amount - cost,
            rows["SalesOrderNumber"].nunique(),
        ]
    assert len(expected) == 10
    for region, numbers in expected.items():
        assert found[region] == pytest.approx(numbers, abs=0.01), region


def test_a_whole_review_runs_on_it_and_says_what_is_missing(imported):
    review = s.open_report(
        "monthly_review", region="Northwest", period=PERIOD, data=str(imported), language="en"
    )
    for block in (s.headline, s.attainment, s.products, s.margin_bridge, s.funnel, s.next_month):
        assert block(review)._repr_html_()
    states = {name: state["status"] for name, state in review.sections.items()}
    assert states.pop("funnel") == "missing_data"
    assert set(states.values()) == {"ok"}
    # The quotas are those of resellers only, and the review says so.
    assert any("that have a target" in found.text(review.language) for found in review.findings)


def test_the_last_month_cut_short_is_not_the_default(imported):
    review = s.open_report("monthly_review", region="France", data=str(imported))
    assert str(review.period) == "2013-11"
