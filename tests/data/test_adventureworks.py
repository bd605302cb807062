"""A real company's files through the door: every total to the cent, every quirk as it is."""

import csv

import pandas as pd
import pyarrow.parquet as pq
import pytest

from salesnb.data.check import check_data
from salesnb.data.importing import import_files
from salesnb.data.store import open_store

RESELLER, INTERNET, QUOTAS = 80_450_596.98, 29_358_677.22, 95_714_000.0


@pytest.fixture(scope="module")
def source(shared):
    folder = shared / "adventureworks"
    if not folder.is_dir():
        pytest.skip("../shared/data/adventureworks is not here")
    return folder


@pytest.fixture(scope="module")
def imported(source, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adventureworks")
    report = import_files([source], folder, root / "examples" / "adventureworks" / "mapping.yaml")
    return report, open_store(folder)


@pytest.fixture(scope="module")
def store(imported):
    return imported[1]


def test_every_row_and_every_cent_reconcile(imported):
    report, store = imported
    assert report.ok
    assert [flaw.rule for flaw in report.flaws if flaw.level == "error"] == []
    assert report.tables == {
        "orders": 60_855 + 60_398, "targets": 777, "customers": 701 + 18_484, "products": 606,
        "feedback": 2_727, "reps": 18,
    }  # fmt: skip
    by_channel = store.aggregate("orders", ["channel"], {"amount": "amount"})
    totals = by_channel.set_index("channel")["amount"].round(2).to_dict()
    assert totals == {"internet": INTERNET, "reseller": RESELLER}
    quotas = store.aggregate("targets", ["plan"], {"value": "value"}).set_index("plan")["value"]
    assert round(quotas["quota"], 2) == QUOTAS


def test_regions_add_up_to_the_company(store):
    parts = [store.read("orders", region, ["amount"])["amount"].sum() for region in store.regions]
    assert len(parts) == 10
    assert round(sum(parts), 2) == round(RESELLER + INTERNET, 2)


def test_amounts_of_every_territory_and_month_are_those_of_the_files(source, store):
    # Independent of the door: straight from the files.
    pieces = []
    for name in ("FactResellerSales", "FactInternetSales"):
        rows = pq.read_table(
            source / f"{name}.parquet", columns=["SalesTerritoryKey", "OrderDate", "SalesAmount"]
        ).to_pandas()
        pieces.append(rows)
    lines = pd.concat(pieces)
    names = pq.read_table(
        source / "DimSalesTerritory.parquet", columns=["SalesTerritoryKey", "SalesTerritoryRegion"]
    ).to_pandas()
    lines = lines.merge(names, on="SalesTerritoryKey", validate="many_to_one")
    lines["month"] = lines["OrderDate"].dt.strftime("%Y-%m")
    cents = lines["SalesAmount"].map(lambda amount: int(amount * 10_000))
    wanted = cents.groupby([lines["SalesTerritoryRegion"], lines["month"]]).sum() / 10_000
    got = store.aggregate("orders", ["region", "month"], {"amount": "amount"})
    got = got.set_index(["region", "month"])["amount"]
    assert list(got.index) == list(wanted.index)
    assert (got - wanted).abs().max() < 0.001


def test_quantities_do_not_overflow(store):
    rows = store.read("orders", columns=["channel", "qty"])
    assert str(rows["qty"].dtype) == "float64"
    assert rows.loc[rows["channel"] == "reseller", "qty"].sum() == 214_378


def test_quotas_tile_the_months_of_reseller_sales(source, store):
    targets = store.read("targets")
    people = targets[targets["plan"] == "quota"]
    months = sorted(people["period"].unique())
    assert (months[0], months[-1], len(months)) == ("2010-12", "2013-11", 36)
    # Dated 2011-07-01 and labelled third quarter, like the one of 2011-09-29: it is June to August.
    june = people[(people["period"] == "2011-06") & (people["owner"] == "281")]["value"].iloc[0]
    rows = pq.read_table(source / "FactSalesQuota.parquet").to_pandas()
    mine = rows[(rows["EmployeeKey"] == 281) & (rows["Date"] == "2011-07-01")]
    assert mine["CalendarQuarter"].tolist() == [3]
    assert june == pytest.approx(float(mine["SalesAmountQuota"].iloc[0]) / 3, abs=0.01)
    # A rep's sales follow his quota closely, which they would not under the file's own quarters.
    sales = store.read("orders", columns=["rep_id", "order_date", "amount"]).dropna()
    sales["period"] = sales["order_date"].dt.strftime("%Y-%m")
    quarter = {month: place // 3 for place, month in enumerate(months)}
    actual = sales.groupby(["rep_id", sales["period"].map(quarter)])["amount"].sum()
    quota = people.groupby(["owner", people["period"].astype("str").map(quarter)])["value"].sum()
    assert actual.corr(quota) > 0.97


def test_people_hold_the_territory_of_the_time(store):
    targets = store.read("targets")
    territory = targets[targets["plan"] == "territory"]
    total = territory.groupby("region", observed=True)["value"].sum().round(2)
    assert total.to_dict() == {
        "Australia": 1_687_000.0, "Canada": 17_337_000.0, "Central": 12_621_000.0,
        "France": 5_557_000.0, "Germany": 2_287_000.0, "Northeast": 10_739_000.0,
        "Northwest": 10_329_000.0, "Southeast": 8_541_000.0, "Southwest": 19_590_000.0,
        "United Kingdom": 4_640_000.0,
    }  # fmt: skip
    # The three managers have no territory; theirs is what the territories do not hold.
    assert round(QUOTAS - total.sum(), 2) == 2_386_000.0
    # 288 moved from Canada to the United Kingdom in December 2011.
    kingdom = territory[territory["region"] == "United Kingdom"]
    assert min(kingdom["period"]) == "2011-12"
    reps = store.read("reps").set_index("rep_id")["region"].astype("str")
    assert reps.loc[["272", "281", "283", "286", "288"]].tolist() == [
        "", "Central", "Northeast", "Northwest", "United Kingdom"
    ]  # fmt: skip


def test_who_is_who_in_both_systems(source, root):
    """The mapping's list of old numbers is what equal quotas tell."""
    with (source / "SalesPersonQuotaHistory.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    old: dict[str, list[float]] = {}
    for _, person, _, quota, *_ in rows:
        old.setdefault(person, []).append(float(quota))
    new = (
        pq.read_table(source / "FactSalesQuota.parquet").to_pandas()
        .sort_values("Date").groupby("EmployeeKey")["SalesAmountQuota"]
        .agg(lambda quotas: [float(quota) for quota in quotas])
    )  # fmt: skip
    said = {str(key): [o for o, quotas in old.items() if quotas == new[key]] for key in new.index}
    text = (root / "examples" / "adventureworks" / "mapping.yaml").read_text("utf-8")
    assert all(len(found) == 1 for found in said.values())
    for key, (found,) in said.items():
        assert f"{key}: {found}" in text


def test_what_a_reader_must_know_is_said(store):
    company = store.company
    assert company.complete_until == "2013-11-30"
    assert (company.currency, company.tax_basis) == ("USD", "excl")
    assert any("December 2013" in note for note in company.notes)
    assert any("home" in note or "territory" in note for note in company.notes)
    reseller = store.aggregate("orders", ["channel", "month"], {"n": "count"})
    months = reseller[reseller["channel"] == "reseller"]["month"].tolist()
    assert {"2011-02", "2011-04", "2011-06", "2013-12"}.isdisjoint(months)


def test_the_tables_keep_the_contract(store):
    report = check_data(store.folder, metrics=["net_sales"])
    assert report.ok
    # The vice president's own manager is no seller.
    assert [(flaw.rule, flaw.column) for flaw in report.problems] == [("reference", "manager_id")]
