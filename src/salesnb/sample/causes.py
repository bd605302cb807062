"""Planted causes: what went wrong in 2024, in which region, and how much it cost.

Each cause takes the tables of a company without it and gives changed copies. It touches its own
region from its own day on and nothing else, so 2023 is the same whatever is planted, and the
difference of two companies is exactly the causes between them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.sample.built import Built
from salesnb.sample.draws import stream
from salesnb.sample.people import ACCOUNT_MANAGER, REGION_MANAGERS
from salesnb.sample.season import END, LAST, as_dates
from salesnb.sample.service import answer_hours
from salesnb.sample.shape import ONLINE, REGIONS

QUARTER = pd.Timestamp(2024, 4, 1)
TODAY = pd.Timestamp(LAST)


@dataclass(frozen=True)
class Planted:
    """One cause as it was planted, for `truth.json`.

    Attributes
    ----------
    id
        Also the rule that should find it.
    region, scope
        Where; `scope` as findings write it.
    what
        In a sentence, by language.
    start
        First day.
    sales
        Change of net sales from that day to the end of the data, in yuan.
    size
        What it is about in money: sales lost, margin given away, cash not received.
    symptoms
        Metrics that move.
    rules
        Findings that may name it or follow from it.
    """

    id: str
    region: str
    scope: dict[str, str]
    what: dict[str, str]
    start: date
    sales: float
    size: float
    symptoms: tuple[str, ...]
    rules: tuple[str, ...]
    detail: dict[str, float] = field(default_factory=dict)


Plant = Callable[[Built, np.random.Generator], Planted]


def plant(built: Built, causes: str | Collection[str], seed: int) -> list[Planted]:
    """Plant causes into a company, changing which tables it holds.

    Parameters
    ----------
    built
        Its tables are replaced, not changed.
    causes
        `all`, `none`, or ids of `CAUSES`.

    Raises
    ------
    ParameterError
        With every unknown cause.
    """
    wanted = chosen(causes, CAUSES, "causes")
    return [
        CAUSES[name](built, stream(seed, "cause", name)) for name in CAUSES if name in wanted
    ]


def chosen(asked: str | Collection[str], known: Iterable[str], where: str) -> set[str]:
    """Read `all`, `none` or a list of names.

    Examples
    --------
    >>> sorted(chosen("all", ("a", "b"), "causes")), chosen("none", ("a", "b"), "causes")
    (['a', 'b'], set())
    """
    names = tuple(known)
    if isinstance(asked, str):
        if asked in ("all", "none"):
            return set(names) if asked == "all" else set()
        asked = [asked]
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise ParameterError(
            Problem(f"`{name}` is none of the {where}", fix=suggest(name, ("all", "none", *names)))
            for name in unknown
        )
    return set(asked)


# What several causes do ------------------------------------------------------------------------


def _sales(orders: pd.DataFrame) -> float:
    return float(orders.loc[orders["status"].isin(["counted", "return"]), "amount"].sum())


def _without_orders(built: Built, gone: set[str], reason: str | None) -> None:
    """Take orders out with their returns, credit, invoices and payments.

    Their deals are lost for a reason, or never were when there is none.
    """
    tables = built.tables
    returns = {f"RT{order[2:]}" for order in gone}
    for name in ("orders", "order_credit"):
        frame = tables[name]
        tables[name] = frame[~frame["order_id"].isin(gone | returns)].reset_index(drop=True)
    invoices = tables["receivables"]
    out = invoices["order_id"].isin(gone)
    unpaid = set(invoices.loc[out, "invoice_id"])
    tables["receivables"] = invoices[~out].reset_index(drop=True)
    receipts = tables["receipts"]
    tables["receipts"] = receipts[~receipts["invoice_id"].isin(unpaid)].reset_index(drop=True)
    deals = {deal for deal, order in built.order_of_deal.items() if order in gone}
    leads = {lead for lead, order in built.order_of_lead.items() if order in gone}
    table = tables["leads"].copy()
    out = table["lead_id"].isin(leads)
    table.loc[out, "converted_date"] = pd.NaT
    table.loc[out, "customer_id"] = None
    if reason is None:
        table.loc[out, "opp_id"] = None
    tables["leads"] = table
    _without_deals(built, deals) if reason is None else _lost_deals(built, deals, reason)


def _without_deals(built: Built, deals: set[str]) -> None:
    for name in ("opportunities", "opp_stage_history", "activities", "tickets"):
        frame = built.tables[name]
        built.tables[name] = frame[~frame["opp_id"].isin(deals)].reset_index(drop=True)


def _lost_deals(built: Built, deals: set[str], reason: str) -> None:
    table = built.tables["opportunities"].copy()
    lost = table["opp_id"].isin(deals)
    table.loc[lost, "outcome"] = "lost"
    table.loc[lost, "stage"] = "商务谈判"
    table.loc[lost, "stage_order"] = 4
    table.loc[lost, "loss_reason"] = reason
    table.loc[lost, "probability"] = 0.0
    built.tables["opportunities"] = table
    stages = built.tables["opp_stage_history"]
    signed = stages["opp_id"].isin(deals) & (stages["stage"] == "签约")
    built.tables["opp_stage_history"] = stages[~signed].reset_index(drop=True)


# The causes ------------------------------------------------------------------------------------


def _key_customer_lost(built: Built, rng: np.random.Generator) -> Planted:
    orders = built.tables["orders"]
    own = (orders["customer_id"] == built.big) & (orders["order_date"] >= QUARTER)
    before = _sales(orders)
    _without_orders(built, set(orders.loc[own, "order_id"]), "竞品方案更优")
    contracts = built.tables["contracts"].copy()
    renewal = (contracts["customer_id"] == built.big) & (contracts["start"] >= "2024-03-01")
    ended = contracts["renewed_by"].isin(contracts.loc[renewal, "contract_id"])
    contracts.loc[ended, "renewed_by"] = None
    contracts.loc[ended, "renewal_decision_date"] = pd.NaT
    built.tables["contracts"] = contracts[~renewal].reset_index(drop=True)
    lost = _sales(built.tables["orders"]) - before
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


def _lead_quality(built: Built, rng: np.random.Generator) -> Planted:
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
    before = _sales(orders)
    _without_orders(built, gone, None)
    table = built.tables["leads"].copy()
    table.loc[bad, "verdict"] = "invalid"
    table.loc[bad, "lost_reason"] = np.array(["空号停机", "非目标行业", "重复线索"], dtype=object)[
        rng.integers(0, 3, size=int(bad.sum()))
    ]
    table.loc[bad, "score"] = np.maximum(table.loc[bad, "score"] - 15, 1)
    unopened = table.loc[bad, "opp_id"].dropna()
    table.loc[bad, "opp_id"] = None
    built.tables["leads"] = table
    _without_deals(built, set(unopened))
    lost = _sales(built.tables["orders"]) - before
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


VACANT_FROM = pd.Timestamp(2024, 4, 10)


def _vacancy(built: Built, rng: np.random.Generator) -> Planted:
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
    before = _sales(orders)
    _without_orders(built, gone, "竞品方案更优")
    table = reps.copy()
    table.loc[table["rep_id"] == leaver, "leave_date"] = VACANT_FROM
    tables["reps"] = table
    _hand_over(built, leaver, str(manager))
    lost = _sales(tables["orders"]) - before
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


def _price_cut(built: Built, rng: np.random.Generator) -> Planted:
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
    before = _sales(orders)
    margin = float((orders.loc[own, "amount"] - orders.loc[own, "cost"]).sum())
    qty = orders.loc[own, "qty"]
    more = np.maximum(np.round(qty * VOLUME), qty)
    orders.loc[own, "amount"] = np.round(orders.loc[own, "amount"] / qty * PRICE * more, 2)
    orders.loc[own, "cost"] = np.round(orders.loc[own, "cost"] / qty * more, 2)
    at_old_price = float((orders.loc[own, "amount"] / PRICE).sum())
    orders.loc[own, "qty"] = more
    tables["orders"] = orders
    _follow_amounts(built, set(orders.loc[own, "order_id"]))
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
        sales=_sales(orders) - before,
        size=float(orders.loc[own, "amount"].sum()) - at_old_price,
        symptoms=("average_selling_price", "units", "gross_margin", "discount_rate", "bridge"),
        rules=("price_cut", "margin_down", "sales_up"),
        detail={"margin_change": kept - margin},
    )


def _follow_amounts(built: Built, orders: set[str]) -> None:
    """Let invoices, payments and deals follow the changed amounts of orders."""
    tables = built.tables
    sold = tables["orders"]
    totals = sold[sold["order_id"].isin(orders)].groupby("order_id")["amount"].sum().round(2)
    invoices = tables["receivables"].copy()
    new = invoices["order_id"].map(totals)
    factor = (new / invoices["amount"]).fillna(1.0)
    invoices["amount"] = new.fillna(invoices["amount"])
    tables["receivables"] = invoices
    receipts = tables["receipts"].copy()
    scale = receipts["invoice_id"].map(pd.Series(factor.to_numpy(), index=invoices["invoice_id"]))
    # Rounding down: what is paid never exceeds what is owed.
    paid = np.floor(receipts["amount"] * scale * 100 + 1e-6) / 100
    receipts["amount"] = np.where(scale == 1.0, receipts["amount"], paid)
    tables["receipts"] = receipts
    deals = tables["opportunities"].copy()
    of_deal = deals["opp_id"].map(built.order_of_deal).map(totals)
    deals["amount"] = of_deal.fillna(deals["amount"])
    tables["opportunities"] = deals


def _complaints_up(built: Built, rng: np.random.Generator) -> Planted:
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
                np.array(["响应慢", "交付延误", "质量问题"], dtype=object), size=count,
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
        size=_sales(exposed),
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


def _overdue_up(built: Built, rng: np.random.Generator) -> Planted:
    tables = built.tables
    invoices, receipts = tables["receivables"], tables["receipts"].copy()
    due = invoices[(invoices["region"] == "华东") & (invoices["due_date"] >= "2024-03-20")]
    slow = set(due["invoice_id"][rng.random(len(due)) < 0.55])
    own = receipts["invoice_id"].isin(slow) & (receipts["receipt_date"] >= QUARTER)
    wait = pd.to_timedelta(rng.integers(50, 95, size=int(own.sum())), unit="D")
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
            "zh": "华东自2024年4月起过半到期货款拖延两三个月，逾期应收上升",
            "en": "From April 2024 more than half of what falls due in 华东 is paid months late",
        },
        QUARTER.date(),
        sales=0.0,
        size=missing,
        symptoms=("overdue_ratio", "dso", "collection_rate", "collection_effectiveness"),
        rules=("overdue_up", "dso_up"),
        detail={"invoices_slow": float(len(slow))},
    )


CAUSES: dict[str, Plant] = {
    "key_customer_lost": _key_customer_lost,
    "lead_quality": _lead_quality,
    "vacancy": _vacancy,
    "price_cut": _price_cut,
    "complaints_up": _complaints_up,
    "overdue_up": _overdue_up,
}
"""Cause by id; they are planted in this order."""


def last_date() -> np.ndarray:
    """Give the last day of the data."""
    return as_dates(np.array([END]))
