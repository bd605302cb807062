"""Causes outside sales: bad leads, complaints answered late, cash that does not come."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.sample.built import Built
from salesnb.sample.planted import QUARTER, Planted, net_sales, without_deals, without_orders
from salesnb.sample.season import LAST
from salesnb.sample.service import answer_hours
from salesnb.sample.shape import ONLINE

TODAY = pd.Timestamp(LAST)


def lead_quality(built: Built, rng: np.random.Generator) -> Planted:
    """Most online leads of 华东 are invalid from April 2024, and few convert."""
    leads = built.tables["leads"]
    own = (
        (leads["region"] == "华东")
        & leads["channel"].isin(ONLINE)
        & (leads["created"] >= QUARTER)
        & (leads["verdict"] == "valid")
    )
    bad = own & (rng.random(len(leads)) < 0.58)
    converted = set(leads.loc[bad & leads["converted_date"].notna(), "lead_id"])
    orders = built.tables["orders"]
    gone = {order for lead, order in built.order_of_lead.items() if lead in converted}
    # A company that never became a customer has none of its later orders either.
    first = orders.dropna(subset="customer_id").groupby("customer_id")["order_date"].min()
    buyers = orders.loc[orders["order_id"].isin(gone), ["customer_id", "order_date"]]
    new = buyers.loc[buyers["order_date"] == buyers["customer_id"].map(first), "customer_id"]
    gone |= set(orders.loc[orders["customer_id"].isin(set(new)), "order_id"])
    gone = {order for order in gone if not order.startswith("RT")}
    before = net_sales(orders)
    without_orders(built, gone, None)
    table = built.tables["leads"].copy()
    table.loc[bad, "verdict"] = "invalid"
    table.loc[bad, "lost_reason"] = np.array(["空号停机", "非目标行业", "重复线索"], dtype=object)[
        rng.integers(0, 3, size=int(bad.sum()))
    ]
    table.loc[bad, "score"] = np.maximum(table.loc[bad, "score"] - 15, 1)
    unopened = table.loc[bad, "opp_id"].dropna()
    table.loc[bad, "opp_id"] = None
    built.tables["leads"] = table
    without_deals(built, set(unopened))
    lost = net_sales(built.tables["orders"]) - before
    recent = leads[(leads["region"] == "华东") & leads["channel"].isin(ONLINE)]
    return Planted(
        "lead_quality",
        "华东",
        {"channel": ONLINE[0]},
        {
            "zh": "华东线上渠道（商城、直播）的线索自2024年4月起大量无效，转化下降",
            "en": "From April 2024 most online leads of 华东 are invalid and few convert",
        },
        QUARTER.date(),
        sales=lost,
        size=lost,
        symptoms=("valid_lead_rate", "lead_conversion", "new_customers", "cost_per_lead"),
        rules=("lead_quality", "conversion_down", "new_customers_gap"),
        detail={
            "leads": float((recent["created"] >= QUARTER).sum()),
            "turned_invalid": float(bad.sum()),
            "conversions_lost": float(len(converted)),
        },
    )


def complaints_up(built: Built, rng: np.random.Generator) -> Planted:
    """Complaints in 中西部 triple from April 2024, and answers come late."""
    tables = built.tables
    tickets = tables["tickets"].copy()
    region = (tickets["region"] == "中西部") & (tickets["opened"] >= QUARTER)
    late = region & tickets["kind"].isin(["complaint", "service"])
    tickets = _answered_late(rng, tickets, late & (rng.random(len(tickets)) < 0.45))
    orders = tables["orders"]
    sold = orders[
        (orders["region"] == "中西部")
        & (orders["order_date"] >= QUARTER)
        & (orders["status"] == "counted")
        & orders["customer_id"].notna()
    ].drop_duplicates("order_id")
    count = 2 * int((region & (tickets["kind"] == "complaint")).sum()) + 6
    again = sold.iloc[np.sort(rng.integers(0, len(sold), size=count))]
    last = pd.Timestamp(LAST)
    opened = again["order_date"] + pd.to_timedelta(rng.integers(2, 15, size=count), unit="D")
    opened = opened.where(opened <= last, last) + pd.to_timedelta(
        np.round(rng.uniform(9 * 60, 17 * 60, size=count)), unit="m"
    )
    more = pd.DataFrame(
        {
            "id": [f"TX{place + 1:04d}" for place in range(count)],
            "opened": opened.to_numpy(),
            "kind": "complaint",
            "department": "售后服务部",
            "customer_id": again["customer_id"].to_numpy(),
            "region": "中西部",
            "sla_hours": 24.0,
            "cause": rng.choice(
                np.array(["响应慢", "交付延误", "质量问题"], dtype=object),
                size=count,
                p=(0.5, 0.3, 0.2),
            ),
        }
    )
    soon = answer_hours(rng, np.full(count, 24.0), rng.random(count) < 0.5)
    more["first_response"] = _after(more["opened"], soon)
    more["closed"] = _after(more["opened"], soon + rng.gamma(1.6, 40, size=count))
    columns = [column for column in tickets.columns if column != "opp_id"]
    tickets = pd.concat([tickets, more[columns]], ignore_index=True)
    tables["tickets"] = tickets.sort_values(["opened", "id"], kind="stable", ignore_index=True)
    answers = tables["feedback"].copy()
    own = (answers["region"] == "中西部") & (answers["ts"] >= QUARTER) & (answers["kind"] == "csat")
    upset = own & (answers["score"] >= 4) & (rng.random(len(answers)) < 0.3)
    answers.loc[upset, "score"] = 2.0
    tables["feedback"] = answers
    exposed = orders[
        orders["customer_id"].isin(set(more["customer_id"]))
        & (orders["order_date"] > last - pd.Timedelta(days=365))
    ]
    return Planted(
        "complaints_up",
        "中西部",
        {},
        {
            "zh": "中西部自2024年4月起投诉约为往常三倍，近半数响应超时，满意度下降",
            "en": "From April 2024 complaints in 中西部 triple and half are answered late",
        },
        QUARTER.date(),
        sales=0.0,
        size=net_sales(exposed),
        symptoms=("complaint_rate", "sla_rate", "csat"),
        rules=("complaints_up", "sla_missed"),
        detail={"complaints_added": float(count), "answers_turned": float(upset.sum())},
    )


def _after(opened: pd.Series, hours: np.ndarray) -> pd.Series:
    """Give the moment some hours later, unless it has not come yet."""
    moment = opened + pd.to_timedelta(np.round(hours * 60), unit="m")
    return moment.where(moment < pd.Timestamp(LAST) + pd.Timedelta(days=1))


def _answered_late(
    rng: np.random.Generator, tickets: pd.DataFrame, late: pd.Series
) -> pd.DataFrame:
    sla = tickets.loc[late, "sla_hours"].to_numpy()
    hours = answer_hours(rng, sla, np.zeros(len(sla), dtype=bool))
    answered = _after(tickets.loc[late, "opened"], hours)
    tickets.loc[late, "first_response"] = answered
    closed = tickets.loc[late, "closed"]
    solved = closed.where(closed > answered, answered + pd.Timedelta(hours=8))
    tickets.loc[late, "closed"] = solved.where(solved < pd.Timestamp(LAST) + pd.Timedelta(days=1))
    return tickets


def overdue_up(built: Built, rng: np.random.Generator) -> Planted:
    """From April 2024 part of what falls due in 华东 is paid months late."""
    tables = built.tables
    invoices, receipts = tables["receivables"], tables["receipts"].copy()
    due = invoices[(invoices["region"] == "华东") & (invoices["due_date"] >= "2024-03-20")]
    slow = set(due["invoice_id"][rng.random(len(due)) < 0.36])
    own = receipts["invoice_id"].isin(slow) & (receipts["receipt_date"] >= QUARTER)
    wait = pd.to_timedelta(rng.integers(45, 85, size=int(own.sum())), unit="D")
    before = float(receipts["amount"].sum())
    receipts.loc[own, "receipt_date"] = receipts.loc[own, "receipt_date"] + wait
    receipts = receipts[receipts["receipt_date"] <= TODAY]
    tables["receipts"] = receipts.sort_values(
        ["receipt_date", "receipt_id"], kind="stable", ignore_index=True
    )
    missing = float(receipts["amount"].sum()) - before
    return Planted(
        "overdue_up",
        "华东",
        {},
        {
            "zh": "华东自2024年4月起三成多到期货款拖延两三个月，逾期应收上升",
            "en": "From April 2024 more than a third of what falls due in 华东 is paid months late",
        },
        QUARTER.date(),
        sales=0.0,
        size=missing,
        symptoms=("overdue_ratio", "dso", "collection_rate", "collection_effectiveness"),
        rules=("overdue_up", "dso_up"),
        detail={"invoices_slow": float(len(slow))},
    )
