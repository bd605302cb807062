"""Planted causes: each is there in its region and from its day on, and nowhere else."""

import math

import numpy as np
import pandas as pd
import pytest

from salesnb.sample.causes import CAUSES
from salesnb.sample.company import make_company

QUARTER = pd.Timestamp(2024, 4, 1)
REGION = {
    "key_customer_lost": "华南",
    "lead_quality": "华东",
    "vacancy": "北方",
    "price_cut": "中西部",
    "complaints_up": "中西部",
    "overdue_up": "华东",
}
DATE = {
    "orders": "order_date",
    "leads": "created",
    "opportunities": "created",
    "activities": "ts",
    "receivables": "invoice_date",
    "receipts": "receipt_date",
    "feedback": "ts",
    "tickets": "opened",
    "training": "date",
}
KEYS = {
    "orders": ["order_id", "line_no"],
    "leads": ["lead_id"],
    "opportunities": ["opp_id"],
    "opp_stage_history": ["opp_id", "entered"],
    "activities": ["activity_id"],
    "receivables": ["invoice_id"],
    "receipts": ["receipt_id"],
    "feedback": ["id"],
    "tickets": ["id"],
    "contracts": ["contract_id"],
    "order_credit": ["order_id", "rep_id"],
    "customers": ["customer_id"],
    "reps": ["rep_id"],
    "training": ["session_id", "rep_id"],
    "assessments": ["rep_id", "period", "dimension", "rater_role"],
}


def changed(one, two, name):
    """Give the rows of either table that the other has not just so."""
    columns = list(one.columns)
    both = pd.concat([one.assign(side=1), two.assign(side=2)], ignore_index=True)
    return both[~both.duplicated(columns, keep=False)]


@pytest.fixture(scope="module")
def each():
    """Give a company for every cause, with that cause alone."""
    return {name: make_company(causes=[name]) for name in CAUSES}


def test_the_causes_are_those_promised(planted):
    told = {cause["id"]: cause["region"] for cause in planted.truth["causes"]}
    assert told == REGION


def test_without_causes_nothing_is_told(plain):
    assert plain.truth["causes"] == []


@pytest.mark.parametrize("name", REGION)
def test_a_cause_touches_its_region_from_its_day_on_and_nothing_else(name, each, plain):
    tables = each[name].tables
    untouched = {"targets", "products", "channel_spend", "market", "stock", "risks", "incentives",
                 "fx", "calendar"}  # fmt: skip
    for table, frame in tables.items():
        rows = changed(frame, plain.tables[table], table)
        if table in untouched:
            assert rows.empty, table
        if "region" in rows.columns and len(rows):
            assert set(rows["region"]) == {REGION[name]}, table
        if table in DATE and len(rows):
            # Cash that comes late was due before; deals that fail were opened before.
            since = {"opportunities": "2023-10-01", "activities": "2023-10-01",
                     "leads": "2024-01-01"}.get(table, QUARTER)  # fmt: skip
            assert rows[DATE[table]].min() >= pd.Timestamp(since), table


@pytest.mark.parametrize("name", REGION)
def test_a_cause_costs_what_is_told(name, each, plain):
    told = each[name].truth["causes"][0]

    def sales(company):
        orders = company.tables["orders"]
        return orders.loc[orders["status"].isin(["counted", "return"]), "amount"].sum()

    assert sales(each[name]) - sales(plain) == pytest.approx(told["sales"], abs=0.02)
    assert told["rules"][0] == name
    assert told["symptoms"]
    assert set(told["what"]) == {"zh", "en"}


def test_the_figures_of_2023_do_not_know_the_causes(planted, plain):
    for table, column in DATE.items():
        before = [
            frame[frame[column] < "2023-10-01"].reset_index(drop=True)
            for frame in (planted.tables[table], plain.tables[table])
        ]
        keep = ["converted_date", "opp_id", "customer_id"] if table == "leads" else []
        both = [frame.drop(columns=keep).astype(str) for frame in before]
        pd.testing.assert_frame_equal(*both)


def test_causes_do_not_disturb_one_another(planted, each, plain):
    lost = {
        name: set(plain.tables["orders"]["order_id"]) - set(company.tables["orders"]["order_id"])
        for name, company in each.items()
    }
    everything = set(plain.tables["orders"]["order_id"]) - set(planted.tables["orders"]["order_id"])
    assert everything == set().union(*lost.values())


# Each can be seen with plain statistics, in its region only --------------------------------------


def recent(frame, column, region=None):
    rows = frame[frame[column] >= QUARTER]
    return rows if region is None else rows[rows["region"] == region]


def year_before(frame, column, region=None):
    rows = frame[(frame[column] >= "2023-04-01") & (frame[column] < QUARTER)]
    return rows if region is None else rows[rows["region"] == region]


def test_the_large_customer_was_regular_and_is_silent(made, seed):
    one = made(seed=seed)
    customer = one.truth["causes"][0]["scope"]["customer"]
    orders = one.tables["orders"]
    own = orders[(orders["customer_id"] == customer) & (orders["status"] == "counted")]
    days = own["order_date"].drop_duplicates()
    assert days.max() < QUARTER
    gaps = days.diff().dt.days.dropna()
    year = own[own["order_date"] >= "2023-04-01"]["amount"].sum()
    assert year > 2_500_000
    assert math.exp(-91 / gaps.tail(40).mean()) < 0.001


@pytest.mark.parametrize("causes", ["all", "none"])
def test_only_one_region_has_bad_leads(made, seed, causes):
    leads = made(seed=seed, causes=causes).tables["leads"]
    leads = leads[leads["channel"].isin(["线上商城", "线上直播"])]
    leads = leads[leads["verdict"] != "undecided"]
    fallen = {}
    for region in REGION.values():
        now, base = (
            part["verdict"].eq("valid")
            for part in (recent(leads, "created", region), year_before(leads, "created", region))
        )
        spread = math.sqrt(base.mean() * (1 - base.mean()) * (1 / len(now) + 1 / len(base)))
        fallen[region] = (now.mean() - base.mean()) / spread < -4
    assert [region for region, bad in fallen.items() if bad] == (
        ["华东"] if causes == "all" else []
    )


@pytest.mark.parametrize("causes", ["all", "none"])
def test_only_one_region_has_a_post_left_empty(made, seed, causes):
    tables = made(seed=seed, causes=causes).tables
    left = tables["reps"][tables["reps"]["leave_date"] >= "2024-01-01"]
    assert list(left["region"]) == (["北方"] if causes == "all" else [])
    if causes == "all":
        since = tables["reps"]["hire_date"] >= "2024-01-01"
        assert not (since & (tables["reps"]["region"] == "北方")).any()
        own = tables["orders"]["rep_id"] == left["rep_id"].iloc[0]
        assert (tables["orders"].loc[own, "order_date"] <= "2024-04-14").all()


@pytest.mark.parametrize("causes", ["all", "none"])
def test_only_one_region_and_line_is_sold_cheaper(made, seed, causes):
    tables = made(seed=seed, causes=causes).tables
    lines = tables["products"].set_index("product_id")["line"]
    orders = tables["orders"]
    orders = orders[(orders["status"] == "counted") & ~orders["is_gift"] & ~orders["is_internal"]]
    cheaper = []
    for region in set(REGION.values()):
        before = year_before(orders, "order_date", region)
        totals = before.groupby("product_id")[["amount", "qty"]].sum()
        usual = totals["amount"] / totals["qty"]
        now = recent(orders, "order_date", region)
        now = now[now["product_id"].isin(usual.index)]
        line = now["product_id"].map(lines)
        paid = now.groupby(line)["amount"].sum()
        at_usual = (now["product_id"].map(usual) * now["qty"]).groupby(line).sum()
        cheaper += [(region, name) for name, level in (paid / at_usual).items() if level < 0.96]
    assert cheaper == ([("中西部", "A")] if causes == "all" else [])


@pytest.mark.parametrize("causes", ["all", "none"])
def test_only_one_region_complains_more(made, seed, causes):
    tickets = made(seed=seed, causes=causes).tables["tickets"]
    complaints = tickets[tickets["kind"] == "complaint"]
    louder, late = [], []
    for region in set(REGION.values()):
        now, base = recent(complaints, "opened", region), year_before(complaints, "opened", region)
        if len(now) > 2 * len(base) / 4 + 3 * math.sqrt(len(base) / 4):
            louder.append(region)
        hours = (now["first_response"] - now["opened"]) / pd.Timedelta(hours=1)
        if (hours > now["sla_hours"]).mean() > 0.25:
            late.append(region)
    assert louder == late == (["中西部"] if causes == "all" else [])


@pytest.mark.parametrize("causes", ["all", "none"])
def test_only_one_region_is_paid_late(made, seed, causes):
    tables = made(seed=seed, causes=causes).tables
    invoices, receipts = tables["receivables"], tables["receipts"]
    paid = receipts.groupby("invoice_id")["amount"].sum()
    owed = invoices["amount"] - invoices["invoice_id"].map(paid).fillna(0)
    overdue = owed.where(invoices["due_date"] < "2024-06-30", 0)
    share = overdue.groupby(invoices["region"]).sum() / owed.groupby(invoices["region"]).sum()
    assert sorted(share.index[share > 0.25]) == (["华东"] if causes == "all" else [])


def test_actions_speak_of_a_cause_only_where_it_is_planted(planted, plain):
    words = "停单|空缺|线索复核|价格审批|超时工单|逾期60天"
    assert planted.tables["actions"]["title"].str.contains(words).sum() == 6
    assert not plain.tables["actions"]["title"].str.contains(words).any()
    assert np.isin(planted.tables["actions"]["owner"], planted.tables["reps"]["rep_id"]).all()
