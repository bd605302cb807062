"""A planted cause: what it is, and how tables follow when orders go or change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from salesnb.sample.built import Built

QUARTER = pd.Timestamp(2024, 4, 1)
"""The first day of most causes."""


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


def net_sales(orders: pd.DataFrame) -> float:
    """Add up what counts as sales."""
    return float(orders.loc[orders["status"].isin(["counted", "return"]), "amount"].sum())


def without_orders(built: Built, gone: set[str], reason: str | None) -> None:
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
    without_deals(built, deals) if reason is None else _lost_deals(built, deals, reason)


def without_deals(built: Built, deals: set[str]) -> None:
    """Take deals out, with all that was done for them."""
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


def follow_amounts(built: Built, orders: set[str]) -> None:
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
