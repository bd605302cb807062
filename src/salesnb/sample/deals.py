"""Opportunities: won ones are orders, lost and open ones are invented; each with its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Floats, Ints, if_any, ranks, stream
from salesnb.sample.funnel import Leads, who_is_there
from salesnb.sample.people import People
from salesnb.sample.prices import Orders
from salesnb.sample.products import catalogue
from salesnb.sample.season import END, YEARS, as_dates, as_moments, days, year_days
from salesnb.sample.serving import Serving
from salesnb.sample.shape import REGIONS
from salesnb.sample.words import COMPETITORS

STAGES = ("初步接触", "需求确认", "方案报价", "商务谈判", "签约")

WON_BESIDES: Mapping[int, int] = {2021: 170, 2022: 200, 2023: 240, 2024: 130}
LOST: Mapping[int, int] = {2021: 560, 2022: 610, 2023: 680, 2024: 370}
OPEN = 240
"""Deals won without a lead and deals lost in a year, roughly; deals open at the end."""

REASONS = (
    "价格偏高",
    "竞品方案更优",
    "需求变化",
    "预算取消",
    "产品不匹配",
    "响应慢",
    "内部协作延误",
)
_REASON_ODDS = (0.31, 0.24, 0.18, 0.13, 0.10, 0.02, 0.02)

WON, LOST_, OPEN_ = 1, 0, -1


@dataclass(frozen=True)
class Deals:
    """Opportunities in order of creation.

    Attributes
    ----------
    created, closed
        Day numbers; `closed` is beyond `END` for open ones.
    stage
        Last stage reached, from 0.
    outcome
        1 won, 0 lost, -1 open.
    order, lead
        What it became and where it came from, -1 for none.
    """

    created: Ints
    closed: Ints
    customer: Ints
    rep: Ints
    product: Ints
    amount: Floats
    stage: Ints
    outcome: Ints
    order: Ints
    lead: Ints

    @property
    def ids(self) -> np.ndarray:
        """Numbers in order of creation."""
        return np.array([f"OP{place + 1:05d}" for place in range(len(self.created))], dtype=object)


def make_deals(
    customers: Customers,
    serving: Serving,
    orders: Orders,
    leads: Leads,
    people: People,
    seed: int,
) -> Deals:
    """Give all opportunities."""
    rng = stream(seed, "deals")
    parts = [
        _won(rng, serving, orders, leads),
        _lost(rng, customers, orders, leads, people),
        _open(rng, customers, orders, people),
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    created, closed, rep = columns[0], columns[1], columns[3]
    # Nobody opens a deal before he is hired, nor on a Sunday.
    created = np.minimum(np.maximum(created, people.hired[rep] + 1), closed - 2)
    # What began before the first day known began some days before it closed.
    created = np.where(created < 0, (closed * rng.uniform(0.1, 0.8, size=len(closed))), created)
    created = np.maximum(created.astype(np.int64), 0)
    sorting = np.argsort(created, kind="stable")
    columns[0] = created
    return Deals(*(column[sorting] for column in columns))


def _cycles(rng: np.random.Generator, count: int) -> Ints:
    return np.clip(rng.lognormal(np.log(38), 0.55, size=count), 7, 170).astype(np.int64)


def _main_product(orders: Orders) -> Ints:
    """Give the product of the largest line of each order."""
    largest = np.lexsort((-orders.amount, orders.order))
    first = np.unique(orders.order[largest], return_index=True)[1]
    return orders.product[largest][first]


def _won(
    rng: np.random.Generator, serving: Serving, orders: Orders, leads: Leads
) -> tuple[np.ndarray, ...]:
    """Give the deals behind orders: those that came from leads, first deals, some large ones."""
    lead = np.flatnonzero(leads.order >= 0)
    from_lead = leads.order[lead]
    taken = np.zeros(len(orders.day), dtype=bool)
    taken[from_lead] = True
    openings = [
        np.flatnonzero((orders.customer == customer) & (orders.day == day))[0]
        for customer, day in serving.openings.values()
    ]
    others = [np.array([each for each in openings if not taken[each]], dtype=np.int64)]
    taken[others[0]] = True
    totals = orders.totals
    year = days().year[orders.day]
    for each in YEARS:
        free = np.flatnonzero((year == each) & ~taken & (orders.day > 20))
        pull = np.log(totals[free]) + rng.gumbel(0, 0.8, size=len(free))
        others.append(free[np.argsort(-pull)[: WON_BESIDES[each]]])
    besides = np.concatenate(others)
    order = np.r_[from_lead, besides]
    from_lead_day = leads.day[lead] + rng.integers(0, 3, size=len(lead))
    created = np.r_[from_lead_day, orders.day[besides] - _cycles(rng, len(besides))]
    closed = orders.day[order]
    count = len(order)
    return (
        created,
        closed,
        orders.customer[order],
        orders.rep[order],
        _main_product(orders)[order],
        totals[order],
        np.full(count, len(STAGES) - 1),
        np.full(count, WON),
        order,
        np.r_[lead, np.full(len(besides), -1)],
    )


def _customers_of(rng: np.random.Generator, customers: Customers, region: Ints, day: Ints) -> Ints:
    """Give some customer of a region, known by a day or soon after, for each deal that failed."""
    found = np.empty(len(region), dtype=np.int64)
    for place in range(len(REGIONS)):
        own = np.flatnonzero(customers.region == place)
        own = own[np.argsort(customers.start[own], kind="stable")]
        wanted = np.flatnonzero(region == place)
        known = np.searchsorted(customers.start[own], day[wanted] + 60)
        known = np.clip(known, 30, len(own))
        found[wanted] = own[np.floor(rng.random(len(wanted)) * known).astype(np.int64)]
    return found


def _sizes(rng: np.random.Generator, orders: Orders, count: int) -> Floats:
    """Give what a deal that was not won was worth: as won ones, some larger."""
    usual = float(np.median(orders.totals))
    return np.round(usual * rng.lognormal(0.45, 0.75, size=count), 0)


def _lost(
    rng: np.random.Generator, customers: Customers, orders: Orders, leads: Leads, people: People
) -> tuple[np.ndarray, ...]:
    """Give the lost deals; about every second one came from a valid lead."""
    year = days().year[leads.day]
    might = (leads.order < 0) & (leads.verdict == 1)
    odds = np.zeros(len(might))
    for each in YEARS:
        own = might & (year == each)
        odds[own] = LOST[each] / 2 / own.sum()
    lead = np.flatnonzero(rng.random(len(odds)) < odds)
    opened = leads.day[lead] + rng.integers(0, 5, size=len(lead))
    closed = opened + _cycles(rng, len(lead))
    # A lead too young for its deal to be decided has none yet.
    decided = closed <= END
    lead, opened, closed = lead[decided], opened[decided], closed[decided]
    others = [_lost_days(rng, each) for each in YEARS]
    later = np.concatenate(others)
    region = np.r_[
        leads.region[lead], rng.choice(len(REGIONS), size=len(later), p=(0.35, 0.25, 0.20, 0.20))
    ]
    created = np.r_[opened, np.maximum(later - _cycles(rng, len(later)), 0)]
    closed = np.r_[closed, later]
    count = len(closed)
    return (
        created,
        closed,
        _customers_of(rng, customers, region, created),
        who_is_there(rng, people, region, closed, settled=14),
        rng.choice(len(catalogue().ids), size=count, p=_odds(0)),
        _sizes(rng, orders, count),
        rng.choice(4, size=count, p=(0.18, 0.30, 0.32, 0.20)),
        np.full(count, LOST_),
        np.full(count, -1),
        np.r_[lead, np.full(len(later), -1)],
    )


def _lost_days(rng: np.random.Generator, year: int) -> Ints:
    """Give days of a year on which deals without a lead were lost, as sales have their season."""
    first, last = year_days(year)
    count = LOST[year] // 2
    start, end = np.full(count, max(first, 12)), np.full(count, last)
    return days().at(start, end, (np.arange(count) + rng.random(count)) / count)


def _odds(day: int) -> Floats:
    """Give how often each product out on a day is asked for."""
    goods = catalogue()
    odds = goods.weight * np.array([0.3, 0.2, 0.15, 0.35])[goods.segment] * (goods.launched <= day)
    return odds / odds.sum()


def _open(
    rng: np.random.Generator, customers: Customers, orders: Orders, people: People
) -> tuple[np.ndarray, ...]:
    """Give the deals still open: the older the further on."""
    age = np.clip(rng.exponential(40, size=OPEN), 1, 140).astype(np.int64)
    region = rng.choice(len(REGIONS), size=OPEN, p=(0.35, 0.25, 0.20, 0.20))
    created = END - age
    return (
        created,
        np.full(OPEN, END + 1) + rng.integers(0, 100, size=OPEN),
        _customers_of(rng, customers, region, created),
        who_is_there(rng, people, region, np.full(OPEN, END), settled=14),
        rng.choice(len(catalogue().ids), size=OPEN, p=_odds(END)),
        _sizes(rng, orders, OPEN),
        np.clip(np.floor(age / 26 + rng.normal(0, 0.7, size=OPEN)), 0, 3).astype(np.int64),
        np.full(OPEN, OPEN_),
        np.full(OPEN, -1),
        np.full(OPEN, -1),
    )


def opportunities_table(
    deals: Deals, customers: Customers, people: People, leads: Leads, ids: np.ndarray, seed: int
) -> pd.DataFrame:
    """Give the table `opportunities`; `ids` of customers."""
    rng = stream(seed, "deal words")
    count = len(deals.created)
    open_, lost = deals.outcome == OPEN_, deals.outcome == LOST_
    reason = rng.choice(np.array(REASONS, dtype=object), size=count, p=_REASON_ODDS)
    rival = rng.choice(np.array(COMPETITORS, dtype=object), size=count, p=(0.45, 0.33, 0.22))
    facing = rng.random(count) < np.where(lost, 0.46, 0.28)
    facing |= lost & (reason == REASONS[1])
    expected = np.where(open_, deals.closed, deals.closed + rng.integers(-14, 15, size=count))
    chance = np.where(open_, np.array([0.1, 0.25, 0.5, 0.75, 1.0])[deals.stage], deals.outcome)
    return pd.DataFrame(
        {
            "opp_id": deals.ids,
            "created": as_dates(deals.created),
            "region": np.array(REGIONS, dtype=object)[customers.region[deals.customer]],
            "customer_id": ids[deals.customer],
            "rep_id": np.array(people.ids, dtype=object)[deals.rep],
            "product_id": catalogue().ids[deals.product].astype(object),
            "amount": np.round(deals.amount, 2),
            "stage": np.array(STAGES, dtype=object)[deals.stage],
            "stage_order": deals.stage + 1,
            "close_date": as_dates(np.where(open_, np.nan, deals.closed)),
            "expected_close": as_dates(np.maximum(expected, deals.created + 1)),
            "outcome": np.array(["lost", "won", "open"], dtype=object)[deals.outcome],
            "loss_reason": if_any(lost, reason),
            "competitor": if_any(facing, rival),
            "probability": chance.astype(float),
            "lead_id": if_any(deals.lead >= 0, leads.ids[deals.lead]),
        }
    )


def stages_table(deals: Deals, customers: Customers, seed: int) -> pd.DataFrame:
    """Give the table `opp_stage_history`: the stages each deal entered, in order.

    A few deals skip a stage, a few are set back one stage and enter it again.
    """
    rng = stream(seed, "stages")
    count = len(deals.created)
    reached = deals.stage + 1
    deal = np.repeat(np.arange(count), reached)
    stage = np.arange(len(deal)) - np.repeat(np.cumsum(reached) - reached, reached)
    skips = (rng.random(count) < 0.06) & (deals.stage >= 2)
    skipped = skips[deal] & (stage == 1 + deals.created[deal] % 2) & (stage < deals.stage[deal])
    deal, stage = deal[~skipped], stage[~skipped]
    back = np.flatnonzero((rng.random(count) < 0.03) & (deals.stage >= 3))
    # Set back: the offer comes a second time after negotiation, then negotiation again.
    place = np.r_[stage, np.full(len(back), 3.3), np.full(len(back), 3.6)]
    deal = np.r_[deal, back, back]
    stage = np.r_[stage, np.full(len(back), 2), np.full(len(back), 3)]
    sorting = np.lexsort((place, deal))
    deal, stage = deal[sorting], stage[sorting]
    won = deals.outcome[deal] == WON
    step = ranks(deal, np.arange(len(deal), dtype=float))
    last = np.r_[deal[1:] != deal[:-1], True]
    ends = np.minimum(deals.closed, END)
    # The last stage of a won deal is entered as it closes; the others divide the time.
    weight = np.where(last & won, 0.0, rng.gamma(2.0, 1.0, size=len(deal)))
    done = np.cumsum(weight) - weight
    start = done[np.flatnonzero(step == 0)][deal]
    sums = np.bincount(deal, weights=weight, minlength=count)
    share = np.where(sums[deal] > 0, (done - start) / np.where(sums > 0, sums, 1)[deal], 0)
    length = (ends - deals.created)[deal].astype(float)
    entered = deals.created[deal] + np.minimum(share, 1) * length + 0.38 + 0.002 * step
    entered = np.where(last & won, deals.closed[deal] + 0.66, entered)
    left = np.r_[entered[1:], np.nan]
    is_open = deals.outcome[deal] == OPEN_
    left = np.where(last, np.where(is_open | won, np.nan, deals.closed[deal] + 0.66), left)
    left = np.where(last & ~is_open & ~won, np.maximum(left, entered + 0.01), left)
    return pd.DataFrame(
        {
            "opp_id": deals.ids[deal],
            "entered": as_moments(np.floor(entered), 9 + (entered % 1) * 9),
            "stage": np.array(STAGES, dtype=object)[stage],
            "stage_order": stage + 1,
            "left": as_moments(np.floor(left), 9 + (left % 1) * 9),
            "region": np.array(REGIONS, dtype=object)[customers.region[deals.customer[deal]]],
        }
    )
