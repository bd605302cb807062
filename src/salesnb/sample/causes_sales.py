"""Causes that cost sales or price: a customer lost, a post left empty, a price cut."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.sample.built import Built
from salesnb.sample.people import ACCOUNT_MANAGER, REGION_MANAGERS
from salesnb.sample.planted import QUARTER, Planted, follow_amounts, net_sales, without_orders
from salesnb.sample.shape import REGIONS


def key_customer_lost(built: Built, rng: np.random.Generator) -> Planted:
    """The largest customer of 华南 stops ordering in April 2024, and its contract ends."""
    orders = built.tables["orders"]
    own = (orders["customer_id"] == built.big) & (orders["order_date"] >= QUARTER)
    before = net_sales(orders)
    without_orders(built, set(orders.loc[own, "order_id"]), "竞品方案更优")
    contracts = built.tables["contracts"].copy()
    renewal = (contracts["customer_id"] == built.big) & (contracts["start"] >= "2024-03-01")
    ended = contracts["renewed_by"].isin(contracts.loc[renewal, "contract_id"])
    contracts.loc[ended, "renewed_by"] = None
    contracts.loc[ended, "renewal_decision_date"] = pd.NaT
    built.tables["contracts"] = contracts[~renewal].reset_index(drop=True)
    lost = net_sales(built.tables["orders"]) - before
    names = built.tables["customers"].set_index("customer_id")["name"]
    return Planted(
        "key_customer_lost",
        "华南",
        {"customer": built.big},
        {
            "zh": f"华南最大客户{names[built.big]}自2024年4月起停止下单，框架合同未续签",
            "en": "The largest customer of 华南 orders nothing from April 2024; its contract ends",
        },
        QUARTER.date(),
        sales=lost,
        size=lost,
        symptoms=("net_sales", "churn_rate", "top10_share", "nrr", "key_account_revenue_share"),
        rules=("key_customer_lost", "goal_gap", "sales_down", "renewal_gap", "repurchase_down"),
    )


VACANT_FROM = pd.Timestamp(2024, 4, 10)


def vacancy(built: Built, rng: np.random.Generator) -> Planted:
    """A good account manager of 北方 leaves in April 2024; nobody follows, customers drift off."""
    tables = built.tables
    reps, orders = tables["reps"], tables["orders"]
    manager = reps.loc[reps["name"] == REGION_MANAGERS[REGIONS.index("北方")], "rep_id"].iloc[0]
    year = orders["order_date"].between("2023-04-01", "2024-03-31") & (orders["region"] == "北方")
    sold = orders[year].groupby("rep_id")["amount"].sum()
    might = reps[
        (reps["region"] == "北方")
        & (reps["role"] == ACCOUNT_MANAGER)
        & reps["leave_date"].isna()
        & (reps["hire_date"] < "2021-01-01")
        & ~reps["rep_id"].isin(reps["mentor_id"])
    ]["rep_id"]
    # The second best of the region: whoever leaves, it hurts.
    leaver = str(sold.reindex(might).sort_values(ascending=False).index[min(1, len(might) - 1)])
    since = orders["order_date"] > VACANT_FROM + pd.Timedelta(days=3)
    own = (orders["rep_id"] == leaver) & since
    numbers = orders.loc[own & (orders["status"] == "counted"), "order_id"].unique()
    gone = set(numbers[rng.random(len(numbers)) < 0.62])
    before = net_sales(orders)
    without_orders(built, gone, "竞品方案更优")
    table = reps.copy()
    table.loc[table["rep_id"] == leaver, "leave_date"] = VACANT_FROM
    tables["reps"] = table
    _hand_over(built, leaver, str(manager))
    lost = net_sales(tables["orders"]) - before
    name = reps.loc[reps["rep_id"] == leaver, "name"].iloc[0]
    return Planted(
        "vacancy",
        "北方",
        {"rep": leaver},
        {
            "zh": f"北方客户经理{name}2024年4月10日离职，岗位空缺，其客户订单下降约六成",
            "en": "An account manager of 北方 leaves on 10 April 2024; nobody follows",
        },
        VACANT_FROM.date(),
        sales=lost,
        size=lost,
        symptoms=("net_sales", "sales_per_head", "staff_turnover", "follow_up_rate"),
        rules=("vacancy", "goal_gap", "sales_down"),
    )


def _hand_over(built: Built, leaver: str, manager: str) -> None:
    """Give what the leaver would have done since to the manager; half the contacts are not made."""
    tables = built.tables
    customers = tables["customers"]
    tables["customers"] = customers.assign(
        owner_rep_id=customers["owner_rep_id"].where(customers["owner_rep_id"] != leaver, manager)
    )
    for name, column in (
        ("orders", "order_date"),
        ("leads", "created"),
        ("opportunities", "expected_close"),
    ):
        table = tables[name].copy()
        after = table[column] > VACANT_FROM
        if name == "opportunities":
            after &= table["close_date"].isna() | (table["close_date"] > VACANT_FROM)
        table.loc[after & (table["rep_id"] == leaver), "rep_id"] = manager
        tables[name] = table
    contacts = tables["activities"]
    after = (contacts["rep_id"] == leaver) & (contacts["ts"] > VACANT_FROM)
    every_second = after & (after.cumsum() % 2 == 0)
    contacts = contacts[~every_second].reset_index(drop=True)
    after = (contacts["rep_id"] == leaver) & (contacts["ts"] > VACANT_FROM)
    tables["activities"] = contacts.assign(rep_id=contacts["rep_id"].where(~after, manager))
    training = tables["training"]
    late = (training["rep_id"] == leaver) & (training["date"] > VACANT_FROM)
    tables["training"] = training[~late].reset_index(drop=True)
    rated = tables["assessments"]
    late = (rated["rep_id"] == leaver) & (rated["period"] > "2024Q1")
    tables["assessments"] = rated[~late].reset_index(drop=True)
    credit = tables["order_credit"]
    dates = tables["orders"].drop_duplicates("order_id").set_index("order_id")["order_date"]
    late = (credit["rep_id"] == leaver) & (credit["order_id"].map(dates) > VACANT_FROM)
    tables["order_credit"] = credit.assign(rep_id=credit["rep_id"].where(~late, manager))


PRICE, VOLUME = 0.87, 1.30


def price_cut(built: Built, rng: np.random.Generator) -> Planted:
    """中西部 sells line A cheaper from April 2024, and more of it."""
    tables = built.tables
    orders = tables["orders"].copy()
    lines = tables["products"].set_index("product_id")["line"]
    own = (
        (orders["region"] == "中西部")
        & (orders["product_id"].map(lines) == "A")
        & (orders["order_date"] >= QUARTER)
        & (orders["status"] == "counted")
        & ~orders["is_gift"]
        & ~orders["is_internal"]
    )
    before = net_sales(orders)
    margin = float((orders.loc[own, "amount"] - orders.loc[own, "cost"]).sum())
    qty = orders.loc[own, "qty"]
    more = np.maximum(np.round(qty * VOLUME), qty)
    orders.loc[own, "amount"] = np.round(orders.loc[own, "amount"] / qty * PRICE * more, 2)
    orders.loc[own, "cost"] = np.round(orders.loc[own, "cost"] / qty * more, 2)
    at_old_price = float((orders.loc[own, "amount"] / PRICE).sum())
    orders.loc[own, "qty"] = more
    tables["orders"] = orders
    follow_amounts(built, set(orders.loc[own, "order_id"]))
    kept = float((orders.loc[own, "amount"] - orders.loc[own, "cost"]).sum())
    return Planted(
        "price_cut",
        "中西部",
        {"product_line": "A"},
        {
            "zh": "中西部自2024年4月起A系列降价约13%，销量增加约三成，毛利下降",
            "en": "From April 2024 中西部 sells line A 13 % cheaper and about 30 % more of it",
        },
        QUARTER.date(),
        sales=net_sales(orders) - before,
        size=float(orders.loc[own, "amount"].sum()) - at_old_price,
        symptoms=("average_selling_price", "units", "gross_margin", "discount_rate", "bridge"),
        rules=("price_cut", "margin_down", "sales_up"),
        detail={"margin_change": kept - margin},
    )
