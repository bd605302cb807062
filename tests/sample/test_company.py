"""Laws of the company: same seed, same bytes; every link holds; nothing outside its time."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from salesnb.data.check import check_tables
from salesnb.data.store import open_store
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError
from salesnb.metrics.registry import METRICS
from salesnb.sample.company import TRUTH, make_company, write_company

LAST = pd.Timestamp(2024, 6, 30)


def digest(tables):
    """Give a hash of every value of every table."""
    sums = [pd.util.hash_pandas_object(frame, index=False) for _, frame in sorted(tables.items())]
    return hashlib.sha256(pd.concat(sums).to_numpy().tobytes()).hexdigest()


# Same seed, same bytes ---------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_in_another_process(planted, root):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
        "from test_company import digest, make_company; print(digest(make_company().tables))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("3",)
    }
    assert found == {digest(planted.tables)}


def test_another_seed_gives_another_company(made):
    assert digest(made(seed=1).tables) != digest(made().tables)


def test_writing_twice_gives_the_same_files(tmp_path):
    stores = [write_company(tmp_path / name, "small") for name in ("one", "two")]
    assert stores[0].parts == stores[1].parts
    assert len({(tmp_path / name / TRUTH).read_text("utf-8") for name in ("one", "two")}) == 1


def test_what_is_written_can_be_opened(tmp_path, planted):
    write_company(tmp_path)
    store = open_store(tmp_path)
    assert store.regions == ("华东", "华南", "中西部", "北方")
    assert set(store.tables) == set(TABLES)
    assert store.rows("orders") == len(planted.tables["orders"])
    assert store.dates() == ("2021-01-04", "2024-06-30")


# The contract ------------------------------------------------------------------------------------


def test_every_table_is_there(planted):
    assert set(planted.tables) == set(TABLES)


@pytest.mark.parametrize(("seed", "size"), [(2024, "quick"), (7, "quick"), (2024, "small")])
def test_nothing_breaks_the_contract(made, seed, size):
    one = made(seed=seed, size=size)
    report = check_tables(one.tables, one.company, tuple(METRICS))
    assert [(flaw.rule, flaw.table, flaw.column, flaw.count) for flaw in report.problems] == []


def test_no_column_is_unknown_and_none_is_empty(planted):
    unused = {
        ("orders", "currency"), ("orders", "fx_rate"), ("orders", "campaign_id"),
        ("targets", "value_hi"), ("products", "end_date"), ("actions", "evidence"),
        ("incentives", "valid_to"),
    }  # fmt: skip
    empty = {
        (name, column)
        for name, table in TABLES.items()
        for column in table.names
        if column not in planted.tables[name] or planted.tables[name][column].isna().all()
    }
    assert empty == unused
    unknown = {
        (name, column)
        for name, frame in planted.tables.items()
        for column in frame.columns
        if column not in TABLES[name].names
    }
    assert unknown == set()


def test_names_hold_signs_that_only_gbk_knows(planted):
    names = "".join(planted.tables["reps"]["name"])
    assert [sign for sign in "喆堃玥镕" if sign not in names] == []
    with pytest.raises(UnicodeEncodeError):
        "堃玥".encode("gb2312")
    planted.tables["customers"]["name"].str.encode("gbk")


def test_names_are_told_apart(planted):
    for name in ("customers", "reps", "products"):
        assert planted.tables[name]["name"].is_unique, name


# Time and links ----------------------------------------------------------------------------------


def test_nothing_happens_after_the_last_day(planted):
    late = {
        (name, column)
        for name, column in (
            ("orders", "order_date"), ("orders", "ship_date"), ("orders", "approve_ts"),
            ("leads", "created"), ("leads", "first_response"), ("leads", "converted_date"),
            ("opportunities", "created"), ("opportunities", "close_date"),
            ("opp_stage_history", "entered"), ("opp_stage_history", "left"),
            ("activities", "ts"), ("receivables", "invoice_date"), ("receipts", "receipt_date"),
            ("contracts", "start"), ("feedback", "ts"), ("tickets", "opened"),
            ("tickets", "first_response"), ("tickets", "closed"), ("training", "date"),
            ("reps", "hire_date"), ("reps", "leave_date"), ("customers", "created"),
            ("stock", "date"),
        )
        if planted.tables[name][column].max() >= LAST + pd.Timedelta(days=1)
    }  # fmt: skip
    assert late == set()


def test_orders_begin_with_2021_and_leave_no_month_out(planted):
    orders = planted.tables["orders"]
    months = orders["order_date"].dt.to_period("M")
    assert sorted(months.unique()) == list(pd.period_range("2021-01", "2024-06", freq="M"))


def test_a_rep_sells_only_while_there(planted):
    for name, column in (("orders", "order_date"), ("activities", "ts"), ("leads", "created")):
        rows = planted.tables[name].merge(planted.tables["reps"], on="rep_id")
        day = rows[column].dt.normalize()
        # A lead may be older than the person who closed it.
        early = day < rows["hire_date"] if name != "leads" else rows["rep_id"].isna()
        assert not (early | (day > rows["leave_date"])).any(), name


def test_orders_and_their_customers_are_of_one_region(planted):
    regions = planted.tables["customers"].set_index("customer_id")["region"]
    orders = planted.tables["orders"].dropna(subset="customer_id")
    assert (orders["customer_id"].map(regions) == orders["region"]).all()
    reps = planted.tables["reps"].set_index("rep_id")["region"]
    assert (orders["rep_id"].map(reps) == orders["region"]).all()


def test_first_orders_come_by_the_channel_that_brought_the_customer(planted):
    orders, leads = planted.tables["orders"], planted.tables["leads"]
    customers = planted.tables["customers"].set_index("customer_id")
    first = orders[orders["lead_id"].notna()].drop_duplicates("order_id")
    first = first.merge(leads, on="lead_id", suffixes=("", "_lead"))
    assert (first["converted_date"] == first["order_date"]).all()
    new = first[
        first["order_date"]
        == first["customer_id"].map(orders.groupby("customer_id")["order_date"].min())
    ]
    assert (new["channel"] == new["channel_lead"]).mean() > 0.98
    assert (new["channel"] == new["customer_id"].map(customers["source_channel"])).all()


def test_referrers_were_customers_first(planted):
    orders = planted.tables["orders"]
    first = orders.groupby("customer_id")["order_date"].min()
    referred = planted.tables["customers"].dropna(subset="referrer_id")
    referred = referred[referred["customer_id"].isin(first.index)]
    assert len(referred) > 40
    assert (
        referred["referrer_id"].map(first).to_numpy()
        < referred["customer_id"].map(first).to_numpy()
    ).all()


# Cash, stages, contracts, credit -----------------------------------------------------------------


def test_nobody_pays_more_than_is_owed(planted):
    receivables, receipts = planted.tables["receivables"], planted.tables["receipts"]
    paid = receipts.groupby("invoice_id")["amount"].sum()
    owed = receivables.set_index("invoice_id")["amount"].reindex(paid.index)
    assert (paid <= owed + 0.005).all()
    when = receipts["invoice_id"].map(receivables.set_index("invoice_id")["invoice_date"])
    assert (receipts["receipt_date"] >= when).all()


def test_an_invoice_is_worth_its_order(planted):
    orders = planted.tables["orders"]
    totals = orders.groupby("order_id")["amount"].sum()
    receivables = planted.tables["receivables"]
    assert np.allclose(receivables["order_id"].map(totals), receivables["amount"], atol=0.011)


def test_deals_go_through_their_stages_in_time(planted):
    stages, deals = planted.tables["opp_stage_history"], planted.tables["opportunities"]
    assert set(stages["opp_id"]) == set(deals["opp_id"])
    same = stages["opp_id"].to_numpy()[1:] == stages["opp_id"].to_numpy()[:-1]
    assert (stages["left"].to_numpy()[:-1] == stages["entered"].to_numpy()[1:])[same].all()
    assert (stages["left"] >= stages["entered"])[stages["left"].notna()].all()
    last = stages.groupby("opp_id").last()
    deals = deals.set_index("opp_id")
    reached = last["stage_order"].reindex(deals.index)
    assert (reached == deals["stage_order"])[deals["outcome"] != "lost"].all()
    assert (last["stage"].reindex(deals.index) == "签约")[deals["outcome"] == "won"].all()
    closed = deals["close_date"].reindex(stages["opp_id"]).to_numpy()
    entered = stages["entered"].to_numpy().astype("datetime64[D]")
    assert (entered <= closed)[~np.isnat(closed)].all()
    assert deals["close_date"].isna().eq(deals["outcome"] == "open").all()


def test_won_deals_are_orders(planted):
    deals = planted.tables["opportunities"]
    orders = planted.tables["orders"]
    sold = orders[(orders["status"] == "counted")].groupby(["customer_id", "order_date"])
    days = set(sold.groups)
    won = deals[deals["outcome"] == "won"]
    assert all(pair in days for pair in zip(won["customer_id"], won["close_date"], strict=True))


def test_contracts_follow_one_another(planted):
    contracts = planted.tables["contracts"].set_index("contract_id")
    renewed = contracts.dropna(subset="renewed_by")
    following = contracts.loc[renewed["renewed_by"]]
    assert renewed["renewed_by"].is_unique
    assert (following["customer_id"].to_numpy() == renewed["customer_id"].to_numpy()).all()
    gap = following["start"].to_numpy() - renewed["end"].to_numpy()
    assert (gap == np.timedelta64(1, "D")).all()
    assert (renewed["renewal_decision_date"] <= renewed["end"]).all()


def test_credit_is_shared_out_whole(planted):
    credit = planted.tables["order_credit"]
    assert np.allclose(credit.groupby("order_id")["share"].sum(), 1)
    assert (credit.groupby("order_id")["rep_id"].nunique() == 2).all()


# Plausible ---------------------------------------------------------------------------------------


def test_prices_stay_near_the_list(planted):
    orders = planted.tables["orders"]
    priced = orders[(orders["status"] == "counted") & ~orders["is_gift"] & ~orders["is_internal"]]
    discount = 1 - priced["amount"] / (priced["qty"] * priced["list_price"])
    assert discount.between(-0.1, 0.35).mean() > 0.999
    assert 0.07 < discount.median() < 0.1


def test_months_are_not_noisy(plain):
    orders = plain.tables["orders"]
    sold = orders[orders["status"].isin(["counted", "return"])]
    month = sold["order_date"].dt.to_period("M")
    by_region = sold.groupby(["region", month])["amount"].sum().unstack()
    late = [[f"{year}-{month:02d}" for month in range(7, 13)] for year in (2022, 2023)]
    before, now = (by_region[[pd.Period(name) for name in names]] for names in late)
    assert (now.to_numpy() / before.to_numpy()).std(axis=1).max() < 0.12


def test_the_first_half_of_2024_is_on_trend(plain):
    orders, targets = plain.tables["orders"], plain.tables["targets"]
    sold = orders[orders["status"].isin(["counted", "return"])]
    half = [
        sold.loc[sold["order_date"].between(f"{year}-01-01", f"{year}-06-30"), "amount"].sum()
        for year in (2023, 2024)
    ]
    assert 1.10 < half[1] / half[0] < 1.14
    sales = targets[(targets["metric"] == "net_sales") & (targets["version"] == 2)]
    company = sales[sales["scope"] == ""].set_index("period")["value"]
    assert 0.97 < half[1] / (company["2024Q1"] + company["2024Q2"]) < 1.03


def test_few_lines_are_anything_but_plain_sales(planted):
    orders = planted.tables["orders"]
    lines = orders["status"].value_counts(normalize=True)
    assert 0.004 < lines["return"] < 0.02
    assert lines["counted"] > 0.97
    assert {"draft", "cancelled"} <= set(lines.index)
    assert 0 < orders["is_gift"].mean() < 0.01
    assert 0 < orders["is_internal"].sum() < 30


# Sizes and errors --------------------------------------------------------------------------------


def test_the_small_company_has_three_regions_and_a_year(made):
    small = made(size="small")
    orders = small.tables["orders"]
    assert small.company.regions == ("华东", "华南", "北方")
    assert set(orders["region"]) == set(small.company.regions)
    assert orders["order_date"].min() >= pd.Timestamp(2023, 7, 1)
    assert orders["order_date"].dt.to_period("M").nunique() == 12
    assert {cause["region"] for cause in small.truth["causes"]} <= set(small.company.regions)
    targets = small.tables["targets"]
    sales = targets[(targets["metric"] == "net_sales") & (targets["period"] == "2024-05")]
    sums = sales[sales["scope"].str.fullmatch("region=[^;]*")].groupby("version")["value"].sum()
    company = sales[sales["scope"] == ""].set_index("version")["value"]
    assert np.allclose(company, sums)


def test_sizes_share_their_customers(made):
    usual, quick = made(size="usual"), made()
    assert len(usual.tables["orders"]) > 170_000
    assert len(quick.tables["orders"]) < 30_000
    pd.testing.assert_frame_equal(
        usual.tables["customers"].drop(columns="owner_rep_id"),
        quick.tables["customers"].drop(columns="owner_rep_id"),
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"size": "quik"}, "`size` has no `quik`. Did you mean `quick`?"),
        ({"size": "large"}, "`size` has no `large`. Use `write_large`."),
        (
            {"causes": ["vacancy", "vacance"]},
            "`vacance` is none of the causes. Did you mean `vacancy`?",
        ),
        ({"dirt": "gkb"}, "`gkb` is none of the kinds of dirt. Did you mean `gbk`?"),
    ],
)
def test_what_is_unknown_is_said(asked, message):
    with pytest.raises(ParameterError) as error:
        make_company(**asked)
    assert str(error.value) == message


def test_the_data_are_not_in_the_project(root):
    assert not any(Path(root / "src").rglob("*.parquet"))
