"""The table `customers`: names, trades, tiers, and companies that never bought."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Floats, Ints, if_any, stream
from salesnb.sample.homes import Homes
from salesnb.sample.people import People
from salesnb.sample.season import END, as_dates
from salesnb.sample.serving import Serving
from salesnb.sample.shape import CHANNELS, PROSPECTS, PROVINCES, REGIONS
from salesnb.sample.words import DEALER_TRADES, INDUSTRIES, INDUSTRY_WEIGHTS, companies

TIERS = ("普通", "重点", "战略")
SIZES = ("小型", "中型", "大型")
SUBSIDIARIES = 12


def customer_ids(customers: Customers) -> np.ndarray:
    """Give the number of each customer."""
    return np.array([f"C{place + 1:05d}" for place in range(len(customers))], dtype=object)


def customers_table(
    customers: Customers, homes: Homes, serving: Serving, people: People, seed: int
) -> pd.DataFrame:
    """Give the table `customers`, those who never bought at its end.

    A tier follows from the best year: 战略 from a million, 重点 from half a million.
    """
    rng = stream(seed, "accounts")
    count, every = len(customers), len(customers) + PROSPECTS
    region = np.r_[customers.region, rng.integers(0, len(REGIONS), size=PROSPECTS)]
    best = np.max(
        [customers.amounts[2022], customers.amounts[2023], 2 * customers.amounts[2024]], axis=0
    )
    best = np.r_[best, np.zeros(PROSPECTS)]
    dealer = np.r_[homes.dealer, np.zeros(PROSPECTS, dtype=bool)]
    industry, trade = _trades(rng, dealer)
    province = _provinces(rng, region)
    created = _created(rng, customers)
    size = np.digitize(best * rng.lognormal(0, 0.35, size=every), [330_000, 620_000])
    parent = np.full(every, -1)
    for child in rng.permutation(count)[:SUBSIDIARIES]:
        same = np.flatnonzero((region[:count] == region[child]) & (best[:count] > 2 * best[child]))
        parent[child] = same[0] if len(same) else -1
    ids = [f"C{place + 1:05d}" for place in range(every)]
    named = np.array(ids, dtype=object)
    owner = np.r_[serving.now(), [people.manager_of(int(each)) for each in region[count:]]]
    channel = np.r_[homes.channel, rng.integers(0, 4, size=PROSPECTS)]
    leader = np.r_[homes.leader, np.zeros(PROSPECTS, dtype=bool)]
    referrer = np.r_[homes.referrer, np.full(PROSPECTS, -1)]
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": companies(rng, province, trade),
            "industry": industry,
            "size": np.array(SIZES, dtype=object)[size],
            "province": province,
            "region": np.array(REGIONS, dtype=object)[region],
            "tier": np.array(TIERS, dtype=object)[np.digitize(best, [500_000, 1_000_000])],
            "source_channel": np.array(CHANNELS, dtype=object)[channel],
            "referrer_id": if_any(referrer >= 0, named[referrer]),
            "is_leader": leader,
            "is_dealer": dealer,
            "created": as_dates(created),
            "owner_rep_id": np.array(people.ids, dtype=object)[owner],
            "parent_id": if_any(parent >= 0, named[parent]),
        }
    )


def _created(rng: np.random.Generator, customers: Customers) -> Floats:
    """Give the day each company came on the books: never between the first order known and then.

    Who was on the books before the first order of all counts from that day; the others came
    after it, or their relationship would seem longer than it is.
    """
    opened = int(customers.start.min()) + 6
    earlier = np.maximum(customers.start - rng.integers(4, 60, size=len(customers)), opened)
    created = np.where(customers.first < 0, customers.first, np.minimum(earlier, customers.start))
    return np.r_[created, rng.integers(200, END - 20, size=PROSPECTS)].astype(float)


def _trades(rng: np.random.Generator, dealer: np.ndarray) -> tuple[list[str], list[str]]:
    names = list(INDUSTRIES)
    drawn = rng.choice(len(names), size=len(dealer), p=INDUSTRY_WEIGHTS)
    industry = [names[place] for place in drawn]
    trade = [INDUSTRIES[each][rng.integers(len(INDUSTRIES[each]))] for each in industry]
    for place in np.flatnonzero(dealer):
        industry[place] = "零售"
        trade[place] = DEALER_TRADES[rng.integers(len(DEALER_TRADES))]
    return industry, trade


def _provinces(rng: np.random.Generator, region: Ints) -> list[str]:
    """Give a province of each region, the first ones oftener."""
    found = []
    for place in region:
        names = PROVINCES[REGIONS[place]]
        odds = 1 / np.arange(1, len(names) + 1) ** 0.6
        found.append(names[rng.choice(len(names), p=odds / odds.sum())])
    return found
