"""A company being made: its tables, and which deal became which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.sample.accounts import customer_ids, customers_table
from salesnb.sample.activities import make_activities
from salesnb.sample.cash import contracts_of_orders, contracts_table, invoices_and_receipts
from salesnb.sample.customers import Customers, make_customers
from salesnb.sample.deals import Deals, make_deals, opportunities_table, stages_table
from salesnb.sample.draws import stream
from salesnb.sample.funnel import Leads, leads_table, make_leads
from salesnb.sample.homes import make_homes
from salesnb.sample.order_lines import order_ids, orders_table
from salesnb.sample.orders import make_orders
from salesnb.sample.people import People, make_people, reps_table
from salesnb.sample.planning import targets_table
from salesnb.sample.prices import Orders
from salesnb.sample.products import products_table
from salesnb.sample.programme import actions_table, events_table, incentives_table, risks_table
from salesnb.sample.season import as_dates
from salesnb.sample.service import feedback_table, tickets_table
from salesnb.sample.serving import serve
from salesnb.sample.shape import REGIONS, Size
from salesnb.sample.surroundings import (
    calendar_table,
    channel_spend_table,
    fx_table,
    market_table,
    stock_table,
)
from salesnb.sample.team import assessments_table, training_table

SPLIT_ORDERS = 48
"""Orders whose credit two people share."""


@dataclass
class Built:
    """Tables of a company, and what links them beyond their own columns.

    Attributes
    ----------
    tables
        By name; a planted cause replaces them by changed copies.
    order_of_deal, order_of_lead
        Order that a deal or lead became, by its id.
    big
        Id of the largest customer of 华南.
    people
        Who the company's people are.
    """

    tables: dict[str, pd.DataFrame]
    order_of_deal: dict[str, str]
    order_of_lead: dict[str, str]
    big: str
    people: People


def build(size: Size, seed: int) -> Built:
    """Make the company without any planted cause."""
    people = make_people(seed)
    customers = make_customers(seed)
    serving = serve(customers, people, seed)
    homes = make_homes(customers, seed)
    orders = make_orders(customers, homes, serving, size, seed)
    leads = make_leads(customers, homes, orders, people, seed)
    deals = make_deals(customers, serving, orders, leads, people, seed)
    ids, numbers = customer_ids(customers), order_ids(orders)
    contracts = contracts_table(customers, ids, seed)
    bound = contracts_of_orders(contracts, ids[orders.customer], as_dates(orders.day))
    lines = orders_table(
        orders, customers, people, ids, _by_order(leads.order, leads.ids, orders), bound, seed
    )
    receivables, receipts = invoices_and_receipts(orders, customers, ids, numbers, seed)
    tables = {
        "orders": lines,
        "targets": targets_table(lines, people, seed),
        "customers": customers_table(customers, homes, serving, people, seed),
        "products": products_table(),
        "order_credit": _credit(orders, customers, people, numbers, seed),
        "leads": leads_table(leads, orders, people, ids, _deal_of_lead(deals, leads), seed),
        "opportunities": opportunities_table(deals, customers, people, leads, ids, seed),
        "opp_stage_history": stages_table(deals, customers, seed),
        "activities": make_activities(customers, orders, deals, people, ids, seed),
        "channel_spend": channel_spend_table(leads, seed),
        "receivables": receivables,
        "receipts": receipts,
        "contracts": contracts,
        "feedback": feedback_table(orders, customers, ids, seed),
        "tickets": tickets_table(orders, customers, deals, ids, seed),
        "reps": reps_table(people),
        "assessments": assessments_table(people, seed),
        "training": training_table(people, seed),
        "market": market_table(seed),
        "stock": stock_table(seed),
        "actions": actions_table(people),
        "risks": risks_table(people),
        "events": events_table(),
        "incentives": incentives_table(),
        "fx": fx_table(),
        "calendar": calendar_table(),
    }
    return Built(
        tables,
        order_of_deal=_pairs(deals.ids, deals.order, numbers),
        order_of_lead=_pairs(leads.ids, leads.order, numbers),
        big=str(ids[customers.big]),
        people=people,
    )


def _pairs(ids: np.ndarray, places: np.ndarray, numbers: np.ndarray) -> dict[str, str]:
    there = places >= 0
    return dict(zip(ids[there], numbers[places[there]], strict=True))


def _by_order(places: np.ndarray, ids: np.ndarray, orders: Orders) -> np.ndarray:
    """Give each order the id of what led to it."""
    found = np.full(len(orders.day), None, dtype=object)
    there = places >= 0
    found[places[there]] = ids[there]
    return found


def _deal_of_lead(deals: Deals, leads: Leads) -> np.ndarray:
    found = np.full(len(leads.day), None, dtype=object)
    there = deals.lead >= 0
    found[deals.lead[there]] = deals.ids[there]
    return found


def _credit(
    orders: Orders, customers: Customers, people: People, numbers: np.ndarray, seed: int
) -> pd.DataFrame:
    """Give the table `order_credit`: a few large orders that a colleague of the region shares."""
    rng = stream(seed, "credit")
    large = np.argsort(-orders.totals, kind="stable")[: 6 * SPLIT_ORDERS]
    chosen = np.sort(large[rng.permutation(len(large))[:SPLIT_ORDERS]])
    rows = []
    for order in chosen:
        own, day = int(orders.rep[order]), int(orders.day[order])
        might = np.flatnonzero(
            people.sells() & (people.region == people.region[own]) & people.there(day)
        )
        might = might[(might != own) & (people.first_deal[might] <= day)]
        other = int(might[rng.integers(len(might))])
        share = float(rng.choice([0.3, 0.4, 0.5]))
        region = REGIONS[customers.region[orders.customer[order]]]
        rows.append((numbers[order], people.ids[own], 1 - share, region))
        rows.append((numbers[order], people.ids[other], share, region))
    return pd.DataFrame(rows, columns=["order_id", "rep_id", "share", "region"])
