"""Where each customer came from: its channel, who brought it, which exhibition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Flags, Ints, apportion, stream
from salesnb.sample.season import day_number
from salesnb.sample.shape import BY_YEAR, CHANNELS

EXPO, FIELD = CHANNELS.index("展会"), CHANNELS.index("地推")
DEALER, REFERRAL = CHANNELS.index("经销商"), CHANNELS.index("转介绍")

EXPOS: Mapping[int, tuple[tuple[int, int], ...]] = {
    2021: ((4, 14), (5, 19), (6, 16), (9, 8), (10, 20), (11, 24)),
    2022: ((3, 9), (4, 20), (6, 15), (9, 7), (10, 19), (11, 23)),
    2023: ((3, 8), (4, 12), (5, 17), (6, 14), (8, 16), (9, 13), (10, 18), (11, 22)),
    2024: ((3, 6), (4, 10), (5, 15), (6, 12)),
}
"""Exhibitions of each year: month and first day."""

EXPO_SPAN = (6, 85)
"""Days from an exhibition to a first order that came from it."""


@dataclass(frozen=True)
class Homes:
    """Where each customer came from, and what it is.

    Attributes
    ----------
    channel
        Place in `CHANNELS` of the channel it came through.
    dealer, leader
        Whether it resells, and whether it leads its industry.
    referrer
        The customer who brought it, -1 for none.
    """

    channel: Ints
    dealer: Flags
    leader: Flags
    referrer: Ints


def expo_days() -> Ints:
    """Give the first day of every exhibition, as day numbers in order."""
    return np.array(
        [day_number(date(year, month, day)) for year, when in EXPOS.items() for month, day in when],
        dtype=np.int64,
    )


def make_homes(customers: Customers, seed: int) -> Homes:
    """Give where customers came from; how many were referred or lead is the same for all seeds."""
    rng = stream(seed, "homes")
    count = len(customers)
    channel = rng.choice(len(CHANNELS), size=count, p=(0.16, 0.08, 0.10, 0.45, 0.13, 0.08))
    leader = rng.random(count) < 0.06
    referrer = np.full(count, -1)
    for year in (2022, 2023, 2024):
        own = rng.permutation(np.flatnonzero(customers.started == year))
        channel[own] = _new_channels(rng, customers.start[own], BY_YEAR[year].referred)
        likely = np.argsort(-(customers.score[own] + rng.normal(size=len(own))))
        leader[own] = False
        leader[own[likely[: BY_YEAR[year].leaders]]] = True
        for customer in own[channel[own] == REFERRAL]:
            known = np.flatnonzero(
                (customers.region == customers.region[customer])
                & (customers.start < customers.start[customer] - 60)
                & (customers.end > customers.start[customer])
            )
            referrer[customer] = known[rng.integers(len(known))]
    channel[customers.big] = FIELD
    return Homes(channel, channel == DEALER, leader, referrer)


def _new_channels(rng: np.random.Generator, start: Ints, referred: int) -> Ints:
    """Give the channels of a year's new customers: exactly so many referred.

    From an exhibition come only those who started soon enough after one.
    """
    sizes = apportion([0.27, 0.14, 0.19, 0.30, 0.10], len(start) - referred)
    since = start[:, None] - expo_days()
    near = ((since >= EXPO_SPAN[0]) & (since <= EXPO_SPAN[1])).any(axis=1)
    from_expo = np.flatnonzero(near)[: sizes[EXPO]]
    rest = np.setdiff1d(np.arange(len(start)), from_expo)
    sizes[FIELD] += sizes[EXPO] - len(from_expo)
    sizes[EXPO] = 0
    others = np.repeat([*range(REFERRAL), REFERRAL], [*sizes, referred])
    channel = np.full(len(start), EXPO)
    channel[rest] = others[rng.permutation(len(others))]
    return channel
