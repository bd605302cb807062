"""From lead to deal: leads, opportunities and the stages these go through.

Won deals are real orders of the company. How many leads convert is constructed, month by month
and channel by channel, so that rates hold for every seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Flags, Floats, Ints, apportion, every_so_often, if_any, stream
from salesnb.sample.homes import EXPO, EXPO_SPAN, Homes, expo_days
from salesnb.sample.people import People
from salesnb.sample.prices import Orders
from salesnb.sample.season import END, YEARS, as_dates, as_moments, days, year_days
from salesnb.sample.shape import CHANNELS, REGIONS

LEADS: Mapping[int, int] = {2021: 2200, 2022: 2600, 2023: 3000, 2024: 1800}
CONVERTED: Mapping[int, float] = {2021: 0.105, 2022: 0.11, 2023: 0.12, 2024: 0.12}
"""Leads of each year, those of exhibitions included, and the share that becomes a customer."""

EXPO_VALID: Mapping[int, int] = {2021: 180, 2022: 210, 2023: 300, 2024: 150}
EXPO_CONVERTED: Mapping[int, float] = {2021: 0.15, 2022: 0.16, 2023: 0.18, 2024: 0.17}
EXPO_INVALID = 5
"""Leads of exhibitions are screened at the booth: nearly all are valid."""

_SHARES = (0.33, 0.20, 0.0, 0.24, 0.11, 0.12)
_RATES = (0.095, 0.075, 0.0, 0.115, 0.13, 0.21)
_VALID = (0.66, 0.58, 0.98, 0.74, 0.80, 0.88)
"""Of each channel: share of leads, likelihood of conversion, share that is valid."""

HORIZON = 85
"""Most days from a lead to its first order; a cohort is judged after 90."""

REASONS = ("空号停机", "非目标行业", "重复线索", "需求不符")
MISSED = ("价格", "预算不足", "选择竞品", "暂无需求")


@dataclass(frozen=True)
class Leads:
    """Leads in order of creation.

    Attributes
    ----------
    day, hour
        When created.
    order
        Place of the order it became, -1 for none.
    expo
        Place of the exhibition, -1 for none.
    verdict
        1 valid, 0 invalid, -1 undecided.
    answered
        Hours until the first response, NaN for none yet.
    """

    day: Ints
    hour: Floats
    channel: Ints
    expo: Ints
    region: Ints
    rep: Ints
    order: Ints
    verdict: Ints
    score: Floats
    answered: Floats

    @property
    def ids(self) -> np.ndarray:
        """Numbers in order of creation."""
        return np.array([f"L{place + 1:06d}" for place in range(len(self.day))], dtype=object)


def make_leads(
    customers: Customers,
    homes: Homes,
    orders: Orders,
    people: People,
    seed: int,
) -> Leads:
    """Give all leads: those that became orders, and the others."""
    rng = stream(seed, "leads")
    won_day, won_channel, won_order, won_expo = _converted(rng, customers, homes, orders)
    day, channel, expo = _others(rng, won_day, won_channel, won_expo)
    order = np.r_[won_order, np.full(len(day), -1)]
    day, channel = np.r_[won_day, day], np.r_[won_channel, channel]
    expo = np.r_[won_expo, expo]
    sorting = np.argsort(day, kind="stable")
    day, channel, expo, order = day[sorting], channel[sorting], expo[sorting], order[sorting]
    came = order >= 0
    region = np.where(
        came,
        customers.region[orders.customer[order]],
        rng.choice(len(REGIONS), size=len(day), p=(0.35, 0.25, 0.20, 0.20)),
    )
    rep = np.where(came, orders.rep[order], who_is_there(rng, people, region, day))
    verdict = _verdicts(rng, day, channel, region, came)
    hour = rng.uniform(8.5, 20, size=len(day))
    late = rng.random(len(day)) < 0.08
    answered = np.where(late, rng.uniform(26, 90, size=len(day)), rng.lognormal(1.1, 0.8, len(day)))
    answered = np.where(day * 24 + hour + answered > (END + 1) * 24, np.nan, answered)
    score = 48 + 16 * came + 9 * (verdict == 1) + rng.normal(0, 13, size=len(day))
    return Leads(
        day,
        hour,
        channel,
        expo,
        region,
        rep,
        order,
        verdict,
        np.clip(score, 1, 99).round(),
        answered,
    )


def _converted(
    rng: np.random.Generator, customers: Customers, homes: Homes, orders: Orders
) -> tuple[Ints, Ints, Ints, Ints]:
    """Give day, channel, order and exhibition of each lead that became an order.

    Every new customer was a lead first. The others led existing customers to a new need.
    """
    fairs = expo_days()
    first = np.unique(orders.customer, return_index=True)[1]
    new = first[orders.day[first] > 95]
    channel = homes.channel[orders.customer[new]]
    lag = np.minimum(rng.integers(8, 75, size=len(new)), orders.day[new] - 1)
    day = orders.day[new] - lag
    expo = np.full(len(new), -1)
    for place in np.flatnonzero(channel == EXPO):
        since = orders.day[new[place]] - fairs
        eligible = np.flatnonzero((since >= EXPO_SPAN[0]) & (since <= EXPO_SPAN[1]))
        if not len(eligible):
            channel[place] = 3
            continue
        expo[place] = eligible[-1]
        day[place] = fairs[eligible[-1]] + rng.integers(0, 3)
    used = np.zeros(len(orders.day), dtype=bool)
    used[new] = True
    parts = [(day, channel, new, expo)]
    for year in YEARS:
        have = days().year[day] == year
        wanted = _quota(year)
        for each in range(len(CHANNELS)):
            own = day[have & (channel == each)]
            missing = wanted[each] - len(own)
            if missing > 0:
                parts.append(_existing(rng, orders, used, year, each, own, missing))
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))  # type: ignore[return-value]


def _quota(year: int) -> Ints:
    """Give how many leads of a year convert, by channel; those of 2024 as far as time allowed."""
    count = LEADS[year]
    expo = round(EXPO_VALID[year] * EXPO_CONVERTED[year])
    rest = round(count * CONVERTED[year]) - expo
    quota = apportion(np.array(_SHARES) * np.array(_RATES), rest)
    quota[EXPO] = expo
    if year == YEARS[-1]:
        # Leads of the last months have not had their time yet.
        quota = np.round(quota * 0.8).astype(np.int64)
    return quota


def _existing(
    rng: np.random.Generator,
    orders: Orders,
    used: Flags,
    year: int,
    channel: int,
    have: Ints,
    count: int,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Take orders of existing customers as what leads of a channel led to.

    They fill the months in which few new customers came, so that conversion is steady.
    """
    first, last = year_days(year)
    expo = np.full(count, -1)
    if channel == EXPO:
        # Every exhibition converts alike, so that a year cut short tells the same rate.
        own = np.flatnonzero(days().year[expo_days()] == year)
        there = np.bincount(
            np.searchsorted(expo_days()[own], have, "right") - 1, minlength=len(own)
        )
        wanted = apportion(np.ones(len(own)), int(there.sum()) + count, low=there)
        expo = np.repeat(own, wanted - there)
        day = expo_days()[expo] + rng.integers(0, 3, size=count)
    else:
        weights = _missing_weights(year, have, count)
        at = (np.arange(count) + rng.random(count)) / count * weights.sum()
        day = np.minimum(first + np.searchsorted(np.cumsum(weights), at), last - 8)
    order = np.empty(count, dtype=np.int64)
    for place in range(count):
        low = np.searchsorted(orders.day, day[place] + 6)
        high = np.searchsorted(orders.day, day[place] + HORIZON)
        free = np.flatnonzero(~used[low:high])
        order[place] = low + free[rng.integers(len(free))]
        used[order[place]] = True
    return day, np.full(count, channel), order, expo


def _lead_weights(year: int) -> Floats:
    """Give how many leads come on each day of a year, relatively."""
    first, last = year_days(year)
    when = np.arange(first, last + 1)
    return np.where(days().worked[when], 1.0, 0.35) * (1 + 0.15 * (when - first) / 365)


def _missing_weights(year: int, have: Ints, count: int) -> Floats:
    """Give where leads that convert are still missing; few convert late in an unfinished year."""
    first, last = year_days(year)
    when = np.arange(first, last + 1)
    weight = _lead_weights(year) * np.clip((END - when - 6) / (HORIZON - 6), 0, 1)
    month = days().month[when] - days().month[first]
    wanted = np.bincount(month, weights=weight)
    there = np.bincount(days().month[have] - days().month[first], minlength=len(wanted))
    target = wanted / wanted.sum() * (len(have) + count)
    factor = np.maximum(target - there, 0.1 * target) / np.maximum(wanted, 1e-9)
    return weight * factor[month]


def _others(
    rng: np.random.Generator, won_day: Ints, won_channel: Ints, won_expo: Ints
) -> tuple[Ints, Ints, Ints]:
    """Give the leads that did not convert: so many that every year and channel has its number."""
    fairs = expo_days()
    found: list[tuple[Ints, Ints, Ints]] = []
    for year in YEARS:
        first, last = year_days(year)
        weight = _lead_weights(year)
        have = np.bincount(won_channel[days().year[won_day] == year], minlength=len(CHANNELS))
        expo_leads = EXPO_VALID[year] + EXPO_INVALID
        wanted = apportion(np.array(_SHARES), LEADS[year] - expo_leads)
        wanted[EXPO] = expo_leads
        counts = np.maximum(wanted - have, 0)
        for channel, count in enumerate(counts):
            if channel == EXPO:
                own = np.flatnonzero(days().year[fairs] == year)
                there = np.bincount(won_expo[won_expo >= 0], minlength=len(fairs))[own]
                total = int(there.sum()) + int(count)
                expo = np.repeat(own, apportion(np.ones(len(own)), total, low=there) - there)
                day = fairs[expo] + rng.integers(0, 3, size=count)
            else:
                expo = np.full(count, -1)
                at = (np.arange(count) + rng.random(count)) / count * weight.sum()
                day = first + np.searchsorted(np.cumsum(weight), at)
            found.append((np.minimum(day, last), np.full(count, channel), expo))
    day, channel, expo = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return day, channel, expo


def _verdicts(
    rng: np.random.Generator, day: Ints, channel: Ints, region: Ints, came: Flags
) -> Ints:
    """Judge leads: who became a customer was valid; the latest ones are not judged yet.

    Valid ones are spread evenly over regions and months, so that no region's leads look bad by
    chance.
    """
    year, month = days().year[day], days().month[day]
    verdict = np.zeros(len(day), dtype=np.int64)
    for each in YEARS:
        for place in range(len(CHANNELS)):
            own = (year == each) & (channel == place)
            wanted = round(own.sum() * _VALID[place])
            if place == EXPO:
                wanted = int(own.sum()) - EXPO_INVALID
            others = np.flatnonzero(own & ~came)
            valid = max(wanted - int((own & came).sum()), 0)
            others = others[np.lexsort((rng.random(len(others)), month[others], region[others]))]
            verdict[others] = every_so_often(len(others), valid)
    verdict[came] = 1
    recent = (day > END - 12) & ~came & (channel != EXPO)
    open_still = recent & (rng.random(len(day)) < 0.6)
    forgotten = ~came & (channel != EXPO) & (rng.random(len(day)) < 0.02)
    verdict[open_still | forgotten] = -1
    return verdict


def who_is_there(
    rng: np.random.Generator, people: People, region: Ints, day: Ints, settled: int = 0
) -> Ints:
    """Give somebody who serves customers of a region on a day, hired so many days before."""
    found = np.empty(len(day), dtype=np.int64)
    draw = rng.random(len(day))
    for place in range(len(REGIONS)):
        reps = np.flatnonzero(people.sells() & (people.region == place))
        own = np.flatnonzero(region == place)
        when = day[own][:, None]
        there = (people.hired[reps] + settled <= when) & (people.left[reps] > when)
        target = np.floor(draw[own] * there.sum(axis=1)) + 1
        found[own] = reps[np.argmax(np.cumsum(there, axis=1) >= target[:, None], axis=1)]
    return found


def leads_table(
    leads: Leads,
    orders: Orders,
    people: People,
    customer_ids: np.ndarray,
    opp_ids: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Give the table `leads`; `opp_ids` of each lead, None where it has none."""
    rng = stream(seed, "lead words")
    came = leads.order >= 0
    converted = np.where(came, orders.day[leads.order], np.nan)
    reason = np.where(
        leads.verdict == 0,
        np.array(REASONS, dtype=object)[rng.integers(0, 4, size=len(came))],
        np.array(MISSED, dtype=object)[rng.integers(0, 4, size=len(came))],
    )
    young = leads.day > END - 60
    reason[came | (leads.verdict == -1) | ((leads.verdict == 1) & young)] = None
    answered_at = leads.hour + leads.answered
    return pd.DataFrame(
        {
            "lead_id": leads.ids,
            "created": as_moments(leads.day, leads.hour),
            "region": np.array(REGIONS, dtype=object)[leads.region],
            "channel": np.array(CHANNELS, dtype=object)[leads.channel],
            "campaign_id": if_any(leads.expo >= 0, campaign_ids()[leads.expo]),
            "customer_id": if_any(came, customer_ids[orders.customer[leads.order]]),
            "rep_id": np.array(people.ids, dtype=object)[leads.rep],
            "verdict": np.array(["undecided", "invalid", "valid"], dtype=object)[leads.verdict + 1],
            "score": leads.score,
            "first_response": as_moments(leads.day, answered_at),
            "converted_date": as_dates(converted),
            "opp_id": opp_ids,
            "lost_reason": reason,
        }
    )


def campaign_ids() -> np.ndarray:
    """Give the number of each exhibition."""
    year = days().year[expo_days()]
    return np.array(
        [f"EXPO-{each}-{(year[:place] == each).sum() + 1:02d}" for place, each in enumerate(year)],
        dtype=object,
    )
