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


# A year ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lines(shared):
    """Give all order lines with day, territory, line of product, amount, order and customer."""
    folder = shared / "adventureworks"
    parts = []
    for name, customer in (("Reseller", "ResellerKey"), ("Internet", "CustomerKey")):
        rows = pd.read_parquet(folder / f"Fact{name}Sales.parquet")
        rows = rows.rename(columns={customer: "customer"})
        rows["customer"] = name + rows["customer"].astype(str)
        parts.append(rows[["OrderDate", "SalesTerritoryKey", "SalesAmount", "SalesOrderNumber",
                           "OrderQuantity", "customer"]])  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    territories = pd.read_parquet(folder / "DimSalesTerritory.parquet")
    names = territories.set_index("SalesTerritoryKey")["SalesTerritoryRegion"]
    return rows.assign(
        region=rows["SalesTerritoryKey"].map(names),
        day=pd.to_datetime(rows["OrderDate"]),
        amount=rows["SalesAmount"].astype(float),
    )


def of_year(lens, metric):
    return lens.value(metric).value, float(lens.against(metric, "year")["growth"])


def test_the_year_2012_of_every_territory_equals_the_files(imported, lines):
    years = {year: lines[lines["day"].dt.year == year].groupby("region") for year in (2011, 2012)}
    first = lines.groupby(["region", "customer"])["day"].min().reset_index()
    for region, rows in years[2012]:
        review = s.open_report(
            "annual_summary", region=region, period="2012", data=str(imported), language="en"
        )
        assert s.annual_glance(review)._repr_html_()
        lens, before = review.lens, years[2011].get_group(region)
        sales, growth = of_year(lens, "net_sales")
        assert sales == pytest.approx(rows["amount"].sum(), abs=0.01), region
        assert growth == pytest.approx(rows["amount"].sum() / before["amount"].sum() - 1), region
        assert lens.value("orders").value == rows["SalesOrderNumber"].nunique(), region
        came = first[(first["region"] == region) & (first["day"].dt.year == 2012)]
        assert lens.value("new_customers").value == len(came), region


def test_2013_lacks_december_and_is_compared_like_for_like(imported, lines):
    for region in ("France", "Southwest", "Australia"):
        review = s.open_report(
            "annual_summary", region=region, period="2013", data=str(imported), language="en"
        )
        shown = s.annual_glance(review)._repr_html_()
        assert "Dec is missing" in shown, region
        calendar, rows = review.calendar, lines[lines["region"] == region]
        end = pd.Timestamp(review.as_of)
        now = rows[(rows["day"].dt.year == 2013) & (rows["day"] <= end)]["amount"].sum()
        count = calendar.workdays(review.lens.window)
        # As many working days of 2012 as 2013 had by then; a weekend after them may count or not.
        days = pd.date_range("2012-01-01", "2012-12-31")
        worked = [calendar.workdays(s.Window(days[0].date(), day.date())) for day in days]
        ends = [day for day, number in zip(days, worked, strict=True) if number == count]
        then = [rows[rows["day"].between(days[0], day)]["amount"].sum() for day in ends]
        sales, growth = of_year(review.lens, "net_sales")
        assert sales == pytest.approx(now, abs=0.01), region
        assert any(growth == pytest.approx(now / base - 1) for base in then), region
        assert sales < rows[rows["day"].dt.year == 2013]["amount"].sum()
