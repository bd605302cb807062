"""What people did: follow-ups of deals, care of customers, calls to win silent ones back.

Replies come most often on Mondays from ten to twelve.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.deals import Deals
from salesnb.sample.draws import Floats, Ints, if_any, stream
from salesnb.sample.people import ACCOUNT_MANAGER, COMPANY, DIRECTOR, People
from salesnb.sample.prices import Orders
from salesnb.sample.season import END, as_moments, days, year_days
from salesnb.sample.shape import REGIONS, TREATED

TYPES = ("call", "mail", "visit", "demo", "contact-back")
BACK = TYPES.index("contact-back")

FOLLOW_UPS: Mapping[int, float] = {2021: 3.6, 2022: 4.0, 2023: 5.2, 2024: 5.3}
FOLLOW_UP_GROWTH = 1.30
"""Follow-ups of a deal by year, and how much more of them 2023 has for each deal in hand."""

_HOURS = (0.08, 0.15, 0.14, 0.04, 0.07, 0.14, 0.14, 0.12, 0.08, 0.04)
"""From nine o'clock on."""

_HOUR_REPLIES = (0.34, 0.38, 0.37, 0.26, 0.30, 0.34, 0.35, 0.33, 0.30, 0.24)
_WEEKDAY_REPLIES = (1.04, 1.04, 1.02, 1.0, 0.92, 0.7, 0.7)
_BEST_REPLY = 0.60


def make_activities(
    customers: Customers,
    orders: Orders,
    deals: Deals,
    people: People,
    ids: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Give the table `activities`; `ids` of customers."""
    rng = stream(seed, "activities")
    parts = [
        _follow_ups(rng, deals),
        _care(rng, customers, people),
        _called_back(rng, customers, orders, people),
    ]
    day, rep, customer, deal, kind = (np.concatenate(part) for part in zip(*parts, strict=True))
    hour = rng.choice(len(_HOURS), size=len(day), p=_HOURS) + 9
    moment = as_moments(day, hour + rng.random(len(day)) * 0.98)
    sorting = np.argsort(moment, kind="stable")
    replied = _replies(rng, days().weekday[day], hour)
    minutes = np.array([12, 5, 75, 95, 10])[kind] * rng.lognormal(0, 0.35, size=len(day))
    region = people.region[rep]
    names = np.array([*REGIONS, ""], dtype=object)
    frame = pd.DataFrame(
        {
            "ts": moment,
            "region": names[np.where(region == COMPANY, len(REGIONS), region)],
            "rep_id": np.array(people.ids, dtype=object)[rep],
            "customer_id": ids[customer],
            "opp_id": if_any(deal >= 0, deals.ids[deal]),
            "type": np.array(TYPES, dtype=object)[kind],
            "replied": replied,
            "duration": np.maximum(np.round(minutes), 1),
        }
    ).iloc[sorting]
    frame.insert(0, "activity_id", [f"V{place + 1:06d}" for place in range(len(frame))])
    return frame.reset_index(drop=True)


def _follow_ups(rng: np.random.Generator, deals: Deals) -> tuple[Ints, ...]:
    """Give the follow-ups of deals: 2023 has 30 % more for each deal in hand than 2022."""
    year = days().year[deals.created]
    mean = np.array([FOLLOW_UPS[each] for each in FOLLOW_UPS])[year - 2021]
    # Somewhat more than wanted where the exact ratio will take some away.
    count = 1 + rng.poisson(mean * np.where(year == 2023, 1.08, 1.0) - 1)
    deal = np.repeat(np.arange(len(count)), count)
    first, last = deals.created, np.minimum(deals.closed, END)
    worked = np.flatnonzero(days().worked)
    low, high = np.searchsorted(worked, first), np.searchsorted(worked, last, side="right")
    drawn = low[deal] + np.floor(rng.random(len(deal)) * (high - low)[deal]).astype(np.int64)
    day = np.where((high > low)[deal], worked[drawn], first[deal])
    done = days().year[day]
    followed = {each: np.flatnonzero(done == each) for each in (2022, 2023)}
    rate = len(followed[2022]) / _open_in(deals, 2022)
    wanted = round(rate * FOLLOW_UP_GROWTH * _open_in(deals, 2023))
    keep = np.ones(len(deal), dtype=bool)
    surplus = len(followed[2023]) - wanted
    keep[rng.permutation(followed[2023])[: max(surplus, 0)]] = False
    deal, day = deal[keep], day[keep]
    kind = rng.choice(4, size=len(deal), p=(0.42, 0.18, 0.27, 0.13))
    return day, deals.rep[deal], deals.customer[deal], deal, kind


def _open_in(deals: Deals, year: int) -> int:
    """Count the deals that were open at some time in a year."""
    first, last = year_days(year)
    return int(((deals.created <= last) & (deals.closed >= first)).sum())


def _care(rng: np.random.Generator, customers: Customers, people: People) -> tuple[Ints, ...]:
    """Give everybody some contacts in every month of work, so that all use the CRM."""
    every = days()
    found: list[tuple[Ints, Ints]] = []
    for rep, role in enumerate(people.roles):
        usual = 7 if role == ACCOUNT_MANAGER else 3 if role == DIRECTOR else 5
        for month in range(int(every.month[END]) + 1):
            inside = np.flatnonzero((every.month == month) & every.worked)
            inside = inside[(inside >= people.hired[rep]) & (inside < people.left[rep])]
            inside = inside[inside <= END]
            if len(inside):
                drawn = inside[rng.integers(0, len(inside), size=2 + rng.poisson(usual - 2))]
                found.append((drawn, np.full(len(drawn), rep)))
    day = np.concatenate([part for part, _ in found])
    rep = np.concatenate([part for _, part in found])
    customer = np.empty(len(day), dtype=np.int64)
    for place in range(COMPANY, len(REGIONS)):
        own = np.flatnonzero((customers.region == place) | (place == COMPANY))
        own = own[np.argsort(customers.start[own], kind="stable")]
        wanted = np.flatnonzero(people.region[rep] == place)
        known = np.clip(np.searchsorted(customers.start[own], day[wanted], "right"), 1, None)
        customer[wanted] = own[np.floor(rng.random(len(wanted)) * known).astype(np.int64)]
    kind = rng.choice(4, size=len(day), p=(0.40, 0.22, 0.33, 0.05))
    return day, rep, customer, np.full(len(day), -1), kind


def _called_back(
    rng: np.random.Generator, customers: Customers, orders: Orders, people: People
) -> tuple[Ints, ...]:
    """Give the calls to customers long silent: exactly so many bought again soon after.

    Nobody else is called back, so these are all that a rate of winning back is made of.
    """
    found: list[tuple[int, int]] = []
    called: set[int] = set()
    for year, (treated, won) in TREATED.items():
        first, last = year_days(year)
        back = np.flatnonzero((customers.returned >= first + 45) & (customers.returned <= last))
        for customer in rng.permutation(back)[:won]:
            called.add(int(customer))
            found.append((int(customers.returned[customer] - rng.integers(12, 40)), int(customer)))
        # Called early enough that the year itself tells who came back.
        latest = last - 93
        gone = np.flatnonzero((customers.end < latest - 190) & (customers.returned < 0))
        gone = np.array([each for each in rng.permutation(gone) if int(each) not in called])
        for customer in gone[: treated - min(won, len(back))]:
            called.add(int(customer))
            begin = max(first + 20, int(customers.end[customer]) + 180)
            found.append((int(rng.integers(begin, latest)), int(customer)))
    day = days().on_or_after(np.array([each for each, _ in found]))
    customer = np.array([each for _, each in found])
    rep = np.empty(len(day), dtype=np.int64)
    for place, (when, who) in enumerate(zip(day, customer, strict=True)):
        might = np.flatnonzero(
            people.sells()
            & (people.region == customers.region[who])
            & (people.hired <= when)
            & (people.left > when)
        )
        rep[place] = might[rng.integers(len(might))]
    return day, rep, customer, np.full(len(day), -1), np.full(len(day), BACK)


def _replies(rng: np.random.Generator, weekday: Ints, hour: Ints) -> np.ndarray:
    """Give who replied: in each hour of the week the share it is built to, not left to chance."""
    cell = weekday * 24 + hour
    rate: Floats = np.array(_HOUR_REPLIES)[hour - 9] * np.array(_WEEKDAY_REPLIES)[weekday]
    rate = np.where((weekday == 0) & ((hour == 10) | (hour == 11)), _BEST_REPLY, rate)
    sorting = np.lexsort((rng.random(len(cell)), cell))
    # Within a cell of the week every reply that is due falls as soon as it is due.
    due = np.cumsum(rate[sorting])
    hit = np.floor(due) > np.floor(np.r_[0.0, due[:-1]])
    replied = np.zeros(len(cell), dtype=bool)
    replied[sorting] = hit
    return replied
