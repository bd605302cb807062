"""Small companies to measure: `make` writes tables, `company` has every table there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from salesnb.data.store import Company, Store, write_tables
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.settings import Settings
from salesnb.period import Calendar

REGIONS = ("East", "South")
DATES = (
    "order_date", "created", "converted_date", "close_date", "expected_close", "entered", "left",
    "ts", "invoice_date", "due_date", "receipt_date", "start", "end", "renewal_decision_date",
    "opened", "first_response", "closed", "date", "hire_date", "leave_date", "due", "done_date",
    "submit_ts", "approve_ts", "valid_from", "valid_to",
)  # fmt: skip
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "orders": {"customer_id": "c1", "region": "East", "qty": 1.0},
    "targets": {"plan": "p", "version": 1, "metric": "net_sales", "scope": "", "unit": "money"},
    "products": {"name": "x"},
    "customers": {"name": "x", "region": "East"},
    "reps": {"name": "x", "region": "East"},
    "leads": {"region": "East"},
    "opportunities": {"region": "East", "amount": 1.0, "stage": "offer"},
    "opp_stage_history": {"region": "East"},
    "activities": {"region": "East", "rep_id": "r1"},
    "receivables": {"region": "East", "customer_id": "c1"},
    "receipts": {"region": "East", "customer_id": "c1"},
    "contracts": {"region": "East", "customer_id": "c1"},
    "feedback": {"region": "East"},
    "tickets": {"region": "East", "kind": "complaint"},
    "assessments": {"region": "East"},
    "training": {"region": "East"},
    "channel_spend": {"region": "East"},
    "stock": {"region": "East"},
    "actions": {"region": "East", "owner": "r1", "title": "x"},
}
IDS = {
    "orders": "order_id", "leads": "lead_id", "opportunities": "opp_id",
    "activities": "activity_id", "receivables": "invoice_id", "receipts": "receipt_id",
    "contracts": "contract_id", "feedback": "id", "tickets": "id", "actions": "action_id",
    "training": "session_id",
}  # fmt: skip

Make = Callable[..., Dataset]


def frame(table: str, rows: list[Mapping[str, Any]]) -> pd.DataFrame:
    """Give rows the columns everybody has, an id where they have none, and real dates."""
    found = pd.DataFrame([{**DEFAULTS.get(table, {}), **row} for row in rows])
    key = IDS.get(table)
    if key and key not in found.columns:
        found[key] = [f"{table[0]}{place}" for place in range(len(found))]
    for name in set(DATES) & set(found.columns):
        found[name] = pd.to_datetime(found[name])
    return found


@pytest.fixture
def make(tmp_path) -> Make:
    """Give a function that writes small tables and opens them for a region."""

    def made(
        region: str = "all",
        as_of: date | str = "",
        calendar: Calendar | None = None,
        settings: Mapping[str, Any] | None = None,
        **tables: list[Mapping[str, Any]] | pd.DataFrame,
    ) -> Dataset:
        frames = {
            name: rows if isinstance(rows, pd.DataFrame) else frame(name, rows)
            for name, rows in tables.items()
        }
        store = write_tables(tmp_path / "data", frames, Company(regions=REGIONS))
        day = date.fromisoformat(as_of) if isinstance(as_of, str) and as_of else as_of or None
        chosen = Settings.from_mapping(settings or {})
        return Dataset.for_region(store, region, calendar or Calendar(), chosen, day)

    return made


def random_tables(seed: int = 1, orders: int = 900) -> dict[str, pd.DataFrame]:
    """Give every table of a made-up company of two regions, 2022 to June 2024."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2022-01-03", "2024-06-28", freq="D")

    def some(values: list[Any], count: int, p: list[float] | None = None) -> np.ndarray:
        return rng.choice(np.array(values, dtype=object), size=count, p=p)

    customers = pd.DataFrame(
        {
            "customer_id": [f"c{place:02d}" for place in range(40)],
            "name": [f"Customer {place}" for place in range(40)],
            "industry": some(["retail", "medical", None], 40),
            "size": some(["small", "large"], 40),
            "province": some(["A", "B"], 40),
            "region": some(list(REGIONS), 40),
            "tier": some(["gold", "plain"], 40),
            "source_channel": some(["online", "expo"], 40),
            "referrer_id": some(["c00", "c01", None], 40),
            "is_leader": some([True, False], 40),
            "is_dealer": some([True, False], 40, [0.3, 0.7]),
        }
    )
    products = pd.DataFrame(
        {
            "product_id": ["p1", "p2", "p3", "p4"],
            "name": list("wxyz"),
            "line": ["A", "A", "B", "C"],
            "tier": ["A", "A", "B", "C"],
            "group": ["main", "main", "other", "new"],
            "unit_cost": [6.0, 7.0, 20.0, np.nan],
            "list_price": [12.0, 13.0, 40.0, 90.0],
        }
    )
    reps = pd.DataFrame(
        {
            "rep_id": [f"r{place}" for place in range(8)],
            "name": [f"Rep {place}" for place in range(8)],
            "team": some(["t1", "t2"], 8),
            "region": ["East"] * 4 + ["South"] * 4,
            "role": some(["seller", "manager"], 8),
            "hire_date": pd.to_datetime(["2021-05-01"] * 5 + ["2023-09-01"] * 3),
            "leave_date": pd.to_datetime([None] * 7 + ["2024-05-15"]),
            "industry_years": rng.uniform(1, 9, 8),
            "mentor_id": [None] * 5 + ["r0", "r0", "r1"],
            "fte": [1.0] * 7 + [0.5],
        }
    )
    who = rng.integers(0, 40, orders)
    product = rng.integers(0, 4, orders)
    qty = rng.integers(1, 9, orders).astype(float)
    returned = rng.random(orders) < 0.05
    qty = np.where(returned, -qty, qty)
    price = products["list_price"].to_numpy()[product] * rng.uniform(0.7, 1, orders)
    lines = pd.DataFrame(
        {
            "order_id": [f"o{place // 2:04d}" for place in range(orders)],
            "line_no": np.arange(orders) % 2 + 1,
            "order_date": np.repeat(rng.choice(days, orders // 2 + 1), 2)[:orders],
            "customer_id": np.repeat(customers["customer_id"].to_numpy()[who[::2]], 2)[:orders],
            "product_id": products["product_id"].to_numpy()[product],
            "rep_id": some([*reps["rep_id"], None], orders),
            "channel": some(["online", "expo", "dealer", None], orders),
            "amount": np.round(qty * price, 2),
            "qty": qty,
            "status": np.where(
                returned, "return", some(["counted", "draft"], orders, [0.97, 0.03])
            ),
            "is_gift": rng.random(orders) < 0.02,
            "is_internal": rng.random(orders) < 0.02,
        }
    )
    region = customers.set_index("customer_id")["region"]
    lines["region"] = lines["customer_id"].map(region).to_numpy()
    lines["submit_ts"] = lines["order_date"] + pd.to_timedelta(9, unit="h")
    lines["approve_ts"] = lines["submit_ts"] + pd.to_timedelta(
        rng.integers(1, 80, orders), unit="h"
    )
    return {
        "orders": lines, "customers": customers, "products": products, "reps": reps,
        **_funnel(rng, days, reps, customers), **_after(rng, days, customers, lines),
        **_planning(rng, reps),
    }  # fmt: skip


def _funnel(rng, days, reps, customers) -> dict[str, pd.DataFrame]:
    many = 200

    def hours(low: int, high: int, count: int = many) -> pd.TimedeltaIndex:
        return pd.to_timedelta(rng.integers(low, high, count), unit="h")

    created = pd.DatetimeIndex(rng.choice(days, many)) + hours(8, 18)
    rep = rng.choice(reps["rep_id"], many)
    region = reps.set_index("rep_id")["region"].loc[rep].to_numpy()
    leads = pd.DataFrame(
        {
            "lead_id": [f"l{place}" for place in range(many)],
            "created": created,
            "region": region,
            "channel": rng.choice(["online", "expo"], many),
            "customer_id": rng.choice(customers["customer_id"], many),
            "rep_id": rep,
            "verdict": rng.choice(["valid", "invalid", "undecided"], many),
            "first_response": created + hours(1, 60),
            "converted_date": (created + hours(100, 3000))
            .where(rng.random(many) < 0.3)
            .normalize(),
        }
    )
    outcome = rng.choice(["won", "lost", "open"], many)
    close = (created + hours(200, 2500)).normalize()
    last = np.where(outcome == "open", "demo", "offer")
    opportunities = pd.DataFrame(
        {
            "opp_id": [f"d{place}" for place in range(many)],
            "created": created.normalize(),
            "region": region,
            "customer_id": rng.choice(customers["customer_id"], many),
            "rep_id": rep,
            "product_id": rng.choice(["p1", "p3"], many),
            "amount": rng.uniform(100, 900, many).round(),
            "stage": last,
            "close_date": close.where(outcome != "open"),
            "expected_close": close,
            "outcome": outcome,
            "loss_reason": np.where(outcome == "lost", rng.choice(["price", "fit"], many), None),
            "competitor": rng.choice(["X", "Y"], many),
            "probability": rng.uniform(0, 1, many),
        }
    )
    stages = ["contact", "demo", "offer"]
    history = pd.concat(
        [
            pd.DataFrame(
                {
                    "opp_id": opportunities["opp_id"],
                    "entered": created + pd.to_timedelta(40 * place, unit="h"),
                    "stage": stage,
                    "stage_order": place,
                    "region": region,
                }
            )[rng.random(many) < 1 - 0.3 * place]
            for place, stage in enumerate(stages)
        ]
    )
    ts = pd.DatetimeIndex(rng.choice(days, many)) + hours(8, 20)
    activities = pd.DataFrame(
        {
            "activity_id": [f"a{place}" for place in range(many)],
            "ts": ts,
            "region": region,
            "rep_id": rep,
            "customer_id": rng.choice(customers["customer_id"], many),
            "opp_id": rng.choice(opportunities["opp_id"], many),
            "type": rng.choice(["visit", "call", "contact-back"], many),
            "replied": rng.choice([True, False], many),
        }
    )
    months = [str(month) for month in pd.period_range("2022-01", "2024-06", freq="M")]
    channel_spend = pd.DataFrame(
        [
            {"period": month, "channel": channel, "region": region, "spend": spend}
            for month in months
            for channel, spend in (("online", 50.0), ("expo", 80.0), ("walk-in", 0.0))
            for region in REGIONS
        ]
    )
    return {
        "leads": leads, "opportunities": opportunities, "opp_stage_history": history,
        "activities": activities, "channel_spend": channel_spend,
    }  # fmt: skip


def _after(rng, days, customers, lines) -> dict[str, pd.DataFrame]:
    many = 150
    customer = rng.choice(customers["customer_id"], many)
    region = customers.set_index("customer_id")["region"].loc[customer].to_numpy()
    billed = pd.DatetimeIndex(rng.choice(days, many))
    amount = rng.uniform(10, 500, many).round(2)
    receivables = pd.DataFrame(
        {
            "invoice_id": [f"i{place}" for place in range(many)],
            "customer_id": customer,
            "region": region,
            "invoice_date": billed,
            "due_date": billed + pd.to_timedelta(30, unit="D"),
            "amount": amount,
        }
    )
    receipts = pd.DataFrame(
        {
            "receipt_id": [f"y{place}" for place in range(many)],
            "invoice_id": receivables["invoice_id"],
            "customer_id": customer,
            "region": region,
            "receipt_date": billed + pd.to_timedelta(rng.integers(5, 90, many), unit="D"),
            "amount": (amount * rng.choice([0.5, 1.0], many)).round(2),
        }
    )
    start = pd.DatetimeIndex(rng.choice(days, many))
    renewed = [f"k{place}" if rng.random() < 0.6 else None for place in range(many)]
    contracts = pd.DataFrame(
        {
            "contract_id": [f"k{place}" for place in range(many)],
            "customer_id": customer,
            "region": region,
            "start": start - pd.Timedelta(days=365),
            "end": start,
            "amount": amount,
            "renewed_by": renewed,
        }
    )
    kind = rng.choice(["csat", "nps", "theme"], many)
    feedback = pd.DataFrame(
        {
            "id": [f"f{place}" for place in range(many)],
            "ts": start,
            "customer_id": customer,
            "region": region,
            "product_id": rng.choice(["p1", "p2", "p3"], many),
            "kind": kind,
            "score": np.where(kind == "csat", rng.integers(1, 6, many), rng.integers(0, 11, many)),
            "theme": np.where(
                kind == "theme", rng.choice(["price", "price;speed", "quality"], many), None
            ),
        }
    )
    opened = start + pd.to_timedelta(rng.integers(8, 20, many), unit="h")
    tickets = pd.DataFrame(
        {
            "id": [f"t{place}" for place in range(many)],
            "opened": opened,
            "first_response": (opened + pd.to_timedelta(rng.integers(1, 60, many), unit="h")).where(
                rng.random(many) < 0.9
            ),
            "kind": rng.choice(["complaint", "service"], many),
            "department": rng.choice(["tech", "sales"], many),
            "customer_id": customer,
            "region": region,
            "sla_hours": rng.choice([24.0, np.nan], many),
            "cause": rng.choice(["late", "broken"], many),
        }
    )
    return {
        "receivables": receivables, "receipts": receipts, "contracts": contracts,
        "feedback": feedback, "tickets": tickets,
    }  # fmt: skip


def _planning(rng, reps) -> dict[str, pd.DataFrame]:
    months = [str(month) for month in pd.period_range("2024-01", "2024-12", freq="M")]
    targets = pd.DataFrame(
        [
            {"plan": "p", "version": 1, "metric": "net_sales", "scope": scope, "period": month,
             "value": value, "unit": "money"}
            for month in months
            for scope, value in (
                ("region=East", 2500.0), ("region=South", 2000.0),
                ("region=East;product_line=A", 900.0), ("region=South;product_line=A", 500.0),
            )
        ]
    )  # fmt: skip
    rep = np.repeat(reps["rep_id"].to_numpy(), 6)
    assessments = pd.DataFrame(
        {
            "rep_id": rep,
            "period": "2024Q2",
            "dimension": ["pitch", "care", "tool:crm"] * (len(rep) // 3),
            "rater_role": (["manager"] * 3 + ["peer"] * 3) * len(reps),
            "score": rng.uniform(1, 5, len(rep)),
        }
    )
    training = pd.DataFrame(
        {
            "session_id": ["s1"] * 5 + ["s2"] * 3,
            "rep_id": ["r0", "r1", "r2", "r3", "r4", "r0", "r1", "r5"],
            "date": pd.to_datetime(["2024-02-01"] * 5 + ["2024-06-12"] * 3),
            "topic": ["crm"] * 5 + ["pitch"] * 3,
            "passed": [True, True, False, True, None, True, True, False],
        }
    )
    market = pd.DataFrame(
        [
            {"period": "2024", "scope": scope, "market_size": size, "addressable_customers": many}
            for scope, size, many in (
                ("region=East", 1e6, 400), ("region=South", 5e5, 300), ("", 1.5e6, 700),
                ("industry=retail", 6e5, 200),
            )
        ]
        + [{"period": "2024-06", "scope": "", "market_size": 1e5, "addressable_customers": None}]
    )  # fmt: skip
    stock = pd.DataFrame(
        [
            {"date": day, "product_id": product, "region": region, "qty": qty}
            for day, qty in (("2023-12-31", 100.0), ("2024-05-31", 60.0), ("2024-06-30", 45.0))
            for product in ("p1", "p3")
            for region in REGIONS
        ]
    ).assign(date=lambda rows: pd.to_datetime(rows["date"]))
    actions = pd.DataFrame(
        {
            "action_id": ["x1", "x2", "x3", "x4"],
            "title": ["a", "b", "c", "d"],
            "owner": ["r0", "r1", "r4", "r5"],
            "region": ["East", "East", "South", "South"],
            "due": pd.to_datetime(["2024-06-05", "2024-06-12", "2024-06-20", "2024-07-20"]),
            "status": ["done", "open", "doing", "open"],
        }
    )
    incentives = pd.DataFrame(
        {
            "scope": ["product_line=A", "product_line=B", "product_line=B"],
            "tier": ["", "", ""],
            "threshold": [0.0, 0.0, 500.0],
            "rate": [0.01, 0.015, 0.02],
        }
    )
    return {
        "targets": targets, "assessments": assessments, "training": training, "market": market,
        "stock": stock, "actions": actions, "incentives": incentives,
    }  # fmt: skip


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """Give every table of the made-up company."""
    return random_tables()


@pytest.fixture(scope="session")
def store(tables, tmp_path_factory) -> Store:
    """Give the made-up company's store."""
    return write_tables(tmp_path_factory.mktemp("company"), tables, Company(regions=REGIONS))


@pytest.fixture(scope="session")
def company(store) -> Dataset:
    """Give all of the made-up company, as of the end of June 2024."""
    return Dataset.for_region(store, "all", as_of=date(2024, 6, 30))
