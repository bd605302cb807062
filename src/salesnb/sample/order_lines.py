"""The table `orders`: numbers, times and states of the lines, with all that is not a plain sale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Floats, Ints, ranks, stream
from salesnb.sample.people import People
from salesnb.sample.prices import Orders
from salesnb.sample.products import catalogue
from salesnb.sample.season import END, LAST, as_dates, as_moments, day_number, days
from salesnb.sample.shape import CHANNELS, REGIONS

GIFTS = 0.008
"""Share of orders that hold a gift."""

CANCELLED = 0.006
DRAFTS = 12
"""Share of orders that are copied as cancelled; drafts of the last days."""

INTERNAL_EACH_YEAR = 6
"""Orders between own companies: no customer, small, at cost."""


def order_ids(orders: Orders) -> np.ndarray:
    """Give the number of each order: month and place, in order of day."""
    month = days().month[orders.day]
    place = ranks(month, np.arange(len(month), dtype=float))
    return np.array(
        [
            f"SO{21 + each // 12}{each % 12 + 1:02d}{number + 1:05d}"
            for each, number in zip(month.tolist(), place.tolist(), strict=True)
        ],
        dtype=object,
    )


def orders_table(
    orders: Orders,
    customers: Customers,
    people: People,
    customer_ids: np.ndarray,
    lead_ids: np.ndarray,
    contract_ids: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Give the table `orders`.

    Parameters
    ----------
    lead_ids, contract_ids
        Of each order, None where it has none.
    """
    rng = stream(seed, "order lines")
    goods = catalogue()
    ids = order_ids(orders)
    sold = _sold(orders, goods.list_price)
    back = _returns(sold, orders, goods.list_price)
    gifts = _gifts(rng, orders)
    whole = pd.concat([sold, gifts], ignore_index=True)
    times = _times(rng, orders)
    of_order = pd.DataFrame(
        {
            "order_id": ids,
            "order_date": as_dates(orders.day),
            "customer_id": customer_ids[orders.customer],
            "region": np.array(REGIONS, dtype=object)[customers.region[orders.customer]],
            "rep_id": np.array(people.ids, dtype=object)[orders.rep],
            "channel": np.array(CHANNELS, dtype=object)[orders.channel],
            "contract_id": contract_ids,
            "lead_id": lead_ids,
            **times,
        }
    )
    lines = pd.concat(
        [
            whole.join(of_order, on="order"),
            _as_returns(back, of_order),
            _cancelled(rng, whole, of_order),
            _drafts(rng, whole, of_order),
            _internal(rng, people),
        ],
        ignore_index=True,
    )
    lines["line_no"] = (lines.groupby("order_id", sort=False).cumcount() + 1).astype("int64")
    for flag in ("is_gift", "is_internal"):
        lines[flag] = lines[flag].fillna(False).astype(bool)
    lines["status"] = lines["status"].fillna("counted")
    lines = lines.sort_values(["order_date", "order_id", "line_no"], kind="stable")
    return lines[_COLUMNS].reset_index(drop=True)


_COLUMNS = [
    "order_id", "line_no", "order_date", "customer_id", "product_id", "region", "rep_id", "channel",
    "amount", "qty", "cost", "list_price", "status", "ship_date", "submit_ts",
    "approve_ts", "is_gift", "is_internal", "contract_id", "lead_id",
]  # fmt: skip


def _sold(orders: Orders, list_price: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order": orders.order,
            "product_id": catalogue().ids[orders.product].astype(object),
            "qty": orders.qty.astype(float),
            "amount": orders.amount,
            "cost": orders.cost,
            "list_price": list_price[orders.product],
        }
    )


def _returns(sold: pd.DataFrame, orders: Orders, list_price: Floats) -> pd.DataFrame:
    """Give what came back, at the price and cost it was sold at."""
    back = np.flatnonzero(orders.returned > 0)
    share = orders.returned[back] / orders.qty[back]
    lines = sold.iloc[back].copy()
    lines["qty"] = -orders.returned[back].astype(float)
    lines["amount"] = -np.round(orders.amount[back] * share, 2)
    lines["cost"] = -np.round(orders.cost[back] * share, 2)
    return lines.assign(day=orders.returned_on[back])


def _as_returns(back: pd.DataFrame, of_order: pd.DataFrame) -> pd.DataFrame:
    whole = back.join(of_order, on="order")
    whole["order_id"] = "RT" + whole["order_id"].str[2:]
    whole["order_date"] = as_dates(whole["day"].to_numpy())
    for column in ("ship_date", "submit_ts", "approve_ts"):
        whole[column] = pd.NaT
    return whole.assign(status="return", lead_id=None)


def _gifts(rng: np.random.Generator, orders: Orders) -> pd.DataFrame:
    goods = catalogue()
    chosen = np.flatnonzero(rng.random(len(orders.day)) < GIFTS)
    product = int(np.flatnonzero(goods.ids == "A104")[0])
    qty = rng.integers(1, 3, size=len(chosen))
    return pd.DataFrame(
        {
            "order": chosen,
            "product_id": goods.ids[product],
            "qty": qty.astype(float),
            "amount": 0.0,
            "cost": np.round(qty * goods.unit_cost[product], 2),
            "list_price": goods.list_price[product],
            "is_gift": True,
        }
    )


def _times(rng: np.random.Generator, orders: Orders) -> dict[str, np.ndarray]:
    """Give when each order was submitted, approved and shipped.

    Approval took about three days, and about one from April 2024.
    """
    count = len(orders.day)
    faster = orders.day >= day_number(LAST.replace(month=4, day=1))
    waited = rng.gamma(2.2, np.where(faster, 0.62, 1.75), size=count)
    hour = rng.uniform(9, 18, size=count)
    approved = orders.day + np.floor(waited)
    approve_hour = np.where(
        waited < 1, np.minimum(hour + 1 + 3 * waited, 18.5), rng.uniform(9, 18, size=count)
    )
    shipped = approved + rng.integers(1, 7, size=count)
    return {
        "submit_ts": as_moments(orders.day, hour),
        "approve_ts": as_moments(approved, np.where(approved > END, np.nan, approve_hour)),
        "ship_date": as_dates(np.where(shipped > END, np.nan, shipped)),
    }


def _copies(whole: pd.DataFrame, of_order: pd.DataFrame, chosen: Ints, prefix: str) -> pd.DataFrame:
    """Give the lines of some orders again, under numbers of their own."""
    lines = whole[whole["order"].isin(chosen)].join(of_order, on="order")
    lines["order_id"] = prefix + lines["order_id"].str[2:]
    return lines.assign(ship_date=pd.NaT, approve_ts=pd.NaT, contract_id=None, lead_id=None)


def _cancelled(
    rng: np.random.Generator, whole: pd.DataFrame, of_order: pd.DataFrame
) -> pd.DataFrame:
    chosen = np.flatnonzero(rng.random(len(of_order)) < CANCELLED)
    return _copies(whole, of_order, chosen, "SX").assign(status="cancelled")


def _drafts(rng: np.random.Generator, whole: pd.DataFrame, of_order: pd.DataFrame) -> pd.DataFrame:
    recent = np.flatnonzero(of_order["order_date"] >= as_dates(np.array([END - 6]))[0])
    chosen = rng.permutation(recent)[:DRAFTS]
    return _copies(whole, of_order, chosen, "SD").assign(status="draft")


def _internal(rng: np.random.Generator, people: People) -> pd.DataFrame:
    """Give small orders between own companies, sold at cost through the region's manager."""
    goods = catalogue()
    product = int(np.flatnonzero(goods.ids == "A102")[0])
    years = (END + 1) / 365
    count = round(INTERNAL_EACH_YEAR * years)
    worked = np.flatnonzero(days().worked[: END + 1])
    day = np.sort(worked[rng.permutation(len(worked))[:count]])
    region = rng.integers(0, len(REGIONS), size=count)
    qty = rng.integers(4, 13, size=count)
    cost = np.round(qty * goods.unit_cost[product], 2)
    return pd.DataFrame(
        {
            "order_id": [f"NB{place + 1:05d}" for place in range(count)],
            "order_date": as_dates(day),
            "region": np.array(REGIONS, dtype=object)[region],
            "rep_id": [people.ids[people.manager_of(int(place))] for place in region],
            "channel": CHANNELS[3],
            "product_id": goods.ids[product],
            "qty": qty.astype(float),
            "amount": cost,
            "cost": cost,
            "list_price": goods.list_price[product],
            "is_internal": True,
        }
    )
