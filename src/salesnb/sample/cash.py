"""Invoices, payments and framework contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Floats, Ints, if_any, stream
from salesnb.sample.prices import Orders
from salesnb.sample.season import END, as_dates, day_number, days, year_days
from salesnb.sample.shape import ONLINE, REGIONS

TERMS, TERM_ODDS = (30, 45, 60, 90), (0.35, 0.20, 0.30, 0.15)
"""Days to pay; each customer has a term of its own. Orders online are paid at once."""

DUE: Mapping[int, tuple[int, int]] = {2022: (100, 65), 2023: (120, 90)}
"""Contracts falling due in a year, and how many of them were renewed."""

RENEWED_2024 = 0.75
NEW_CONTRACTS = {2023: 55, 2024: 26}
"""Share renewed of those due in 2024; contracts signed besides renewals."""

BIG_CONTRACT = date(2021, 4, 1)
"""First day of the largest customer's first contract; it is renewed each spring."""


def invoices_and_receipts(
    orders: Orders, customers: Customers, ids: np.ndarray, order_ids: np.ndarray, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the tables `receivables` and `receipts`.

    One invoice for each order that is not paid online; most are paid about when due, in one
    part or two, never more than owed. Payments after the last day have not come.
    """
    rng = stream(seed, "cash")
    term = rng.choice(TERMS, size=len(customers), p=TERM_ODDS)
    billed = np.flatnonzero(orders.channel >= len(ONLINE))
    invoiced = orders.day[billed] + rng.integers(2, 9, size=len(billed))
    billed, invoiced = billed[invoiced <= END], invoiced[invoiced <= END]
    due = invoiced + term[orders.customer[billed]]
    amount = np.round(orders.totals[billed], 2)
    number = np.array([f"INV{place + 1:06d}" for place in range(len(billed))], dtype=object)
    region = np.array(REGIONS, dtype=object)[customers.region[orders.customer[billed]]]
    receivables = pd.DataFrame(
        {
            "invoice_id": number,
            "order_id": order_ids[billed],
            "customer_id": ids[orders.customer[billed]],
            "region": region,
            "invoice_date": as_dates(invoiced),
            "due_date": as_dates(due),
            "amount": amount,
        }
    )
    paid = np.maximum(due + _delays(rng, amount), invoiced + 1)
    parts = rng.random(len(billed)) < 0.12
    first = np.where(parts, np.round(amount * 0.6, 2), amount)
    invoice = np.r_[np.arange(len(billed)), np.flatnonzero(parts)]
    day = np.r_[paid, paid[parts] + rng.integers(10, 30, size=int(parts.sum()))]
    value = np.r_[first, np.round(amount - first, 2)[parts]]
    order = np.argsort(day, kind="stable")
    order = order[day[order] <= END]
    receipts = pd.DataFrame(
        {
            "receipt_id": [f"RC{place + 1:06d}" for place in range(len(order))],
            "invoice_id": number[invoice[order]],
            "customer_id": ids[orders.customer[billed[invoice[order]]]],
            "region": region[invoice[order]],
            "receipt_date": as_dates(day[order]),
            "amount": value[order],
        }
    )
    return receivables, receipts


def _delays(rng: np.random.Generator, amount: Floats) -> Ints:
    """Give the days after the due date on which invoices are paid; below 0 is before it.

    Large invoices are watched and paid in time, so that no single one makes a region look bad.
    """
    count = len(amount)
    kind = rng.choice(4, size=count, p=(0.74, 0.20, 0.05, 0.01))
    kind = np.where(amount > 2 * np.median(amount), 0, kind)
    delays = np.choose(
        kind,
        [
            np.clip(rng.normal(-5, 5, size=count), -20, 0),
            1 + rng.exponential(6, size=count),
            rng.uniform(15, 50, size=count),
            rng.uniform(45, 90, size=count),
        ],
    )
    return delays.astype(np.int64)


@dataclass
class _Chain:
    """A customer's contracts, one after the other."""

    customer: int
    start: int
    renewals: int


def contracts_table(customers: Customers, ids: np.ndarray, seed: int) -> pd.DataFrame:
    """Give the table `contracts`: each for a year, a renewal the day after the end.

    How many of those falling due are renewed is constructed. Contracts that are not renewed end
    before December, so that a year is decided when it is over.
    """
    rng = stream(seed, "contracts")
    years = customers.years
    stays = years[2023] & years[2024] & (customers.end == END)
    due_2022, kept_2022 = DUE[2022]
    due_2023, kept_2023 = DUE[2023]
    first = customers.started == 2021
    lasting = _drawn(rng, first & years[2022] & stays, kept_2022 - 8, [customers.big])
    shorter = _drawn(rng, first & years[2022] & years[2023] & ~years[2024], 8)
    lapsed = _drawn(rng, first & ~years[2023] & (customers.start < 320), due_2022 - kept_2022)
    rest = years[2022] & ~np.isin(np.arange(len(first)), np.r_[lasting, shorter])
    second = _drawn(rng, rest & stays, kept_2023 - len(lasting))
    ended = _drawn(rng, rest & ~years[2023], due_2023 - kept_2023 - len(shorter))
    taken = np.r_[lasting, shorter, second, ended]
    third = _drawn(
        rng, years[2023] & years[2024] & ~np.isin(np.arange(len(first)), taken), NEW_CONTRACTS[2023]
    )
    fourth = _drawn(rng, customers.started == 2024, NEW_CONTRACTS[2024])
    chains: list[_Chain] = []
    for year, who, renewals in (
        (2021, lasting, 2),
        (2021, shorter, 1),
        (2021, lapsed, 0),
        (2022, second, 1),
        (2022, ended, 0),
        (2023, third, 0),
        (2024, fourth, 0),
    ):
        for customer in who:
            chains.append(_chain(rng, customers, int(customer), year, renewals))
    chains[0].start = day_number(BIG_CONTRACT)
    rows = [row for chain in chains for row in _contracts(rng, customers, chain)]
    return _table(rng, rows, customers, ids)


def _drawn(
    rng: np.random.Generator, among: np.ndarray, count: int, first: list[int] | None = None
) -> Ints:
    """Draw customers, some named ones first."""
    named = np.array(first or [], dtype=np.int64)
    might = np.setdiff1d(np.flatnonzero(among), named)
    return np.r_[named, rng.permutation(might)[: count - len(named)]]


def _chain(
    rng: np.random.Generator, customers: Customers, customer: int, year: int, renewals: int
) -> _Chain:
    first, last = year_days(year)
    # A year from 1 January would end in the same year.
    low = max(int(customers.start[customer]), first + 1)
    high = max(min(last, first + 330), low + 1)
    return _Chain(customer, int(rng.integers(low, high)), renewals)


def _contracts(
    rng: np.random.Generator, customers: Customers, chain: _Chain
) -> list[tuple[int, int, int, bool, float]]:
    """Give customer, start, end, whether a renewal follows, and amount of each contract."""
    rows: list[tuple[int, int, int, bool, float]] = []
    start, left = chain.start, chain.renewals
    while True:
        end = start + 364
        due_2024 = days().year[min(end, END + 1)] == 2024 and end <= END - 2
        renewed = left > 0 or (due_2024 and rng.random() < RENEWED_2024)
        year = int(np.clip(days().year[min(start, END)], 2021, 2024))
        amounts = [_a_year(customers, chain.customer, each) for each in (year, min(year + 1, 2024))]
        amount = max(amounts[0], amounts[1], 60_000.0) * float(rng.uniform(0.8, 1.1))
        if chain.customer == customers.big:
            renewed = renewed or due_2024
        rows.append((chain.customer, start, end, bool(renewed), round(amount, -3)))
        if not renewed:
            return rows
        start, left = end + 1, left - 1


def _a_year(customers: Customers, customer: int, year: int) -> float:
    """Give what a customer buys in a year; 2024 is half over."""
    return float(customers.amounts[year][customer]) * (2 if year == 2024 else 1)


def _table(
    rng: np.random.Generator,
    rows: list[tuple[int, int, int, bool, float]],
    customers: Customers,
    ids: np.ndarray,
) -> pd.DataFrame:
    # In one chain a renewal follows directly, so the next row is the one that renews.
    customer = np.array([row[0] for row in rows])
    start, end = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    renewed = np.array([row[3] for row in rows])
    number = np.array([f"HT{place + 1:05d}" for place in range(len(rows))], dtype=object)
    following = np.r_[number[1:], number[:1]]
    decided: Floats = np.where(renewed, end - rng.integers(2, 40, size=len(rows)), np.nan)
    frame = pd.DataFrame(
        {
            "contract_id": number,
            "customer_id": ids[customer],
            "region": np.array(REGIONS, dtype=object)[customers.region[customer]],
            "start": as_dates(start),
            "end": as_dates(end),
            "amount": [row[4] for row in rows],
            "renewed_by": if_any(renewed, following),
            "renewal_decision_date": as_dates(decided),
        }
    )
    return frame.sort_values(["start", "contract_id"], kind="stable").reset_index(drop=True)


def contracts_of_orders(
    contracts: pd.DataFrame, customer: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """Give the contract under which each order was made, None for none.

    Parameters
    ----------
    contracts
        As `contracts_table` gives them; those of one customer do not overlap.
    customer, day
        Id and date of each order.
    """
    orders = pd.DataFrame({"customer_id": customer, "day": day}).reset_index()
    sorted_orders = orders.sort_values("day", kind="stable")
    begun = contracts[["customer_id", "start", "end", "contract_id"]].sort_values("start")
    found = pd.merge_asof(
        sorted_orders, begun, left_on="day", right_on="start", by="customer_id"
    ).set_index("index")
    inside = found["day"] <= found["end"]
    return found["contract_id"].where(inside, None).sort_index().to_numpy(dtype=object)
