"""The customers: where they are, when they come and go, how much each buys in a year.

Counts are constructed; amounts follow from scores between bounds, so that shares of regions, of
key accounts and of new customers come out exactly for every seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from salesnb.sample.draws import Flags, Floats, Ints, apportion, balanced, spread, stream
from salesnb.sample.season import END, days, year_days
from salesnb.sample.shape import (
    BIG_SALES,
    BY_YEAR,
    FADING_2024,
    FATES,
    LEFT_2023,
    MONTH,
    REGIONS,
    RELATIONSHIP,
    RETURNED_2024,
)

KEY_FLOOR, LARGE_FLOOR = 508_000.0, 1_030_000.0
KEY_ROOF, ORDINARY_ROOF, ORDINARY_FLOOR = 960_000.0, 490_000.0, 60_000.0
"""Amounts keep clear of 500,000 and 1,000,000, so that rounding makes no key account."""

LARGE = 7
"""Existing accounts of a million or more, the largest included; the same in 2022 and 2023."""


@dataclass(frozen=True)
class Customers:
    """Every customer who ever buys, as arrays in one order.

    Attributes
    ----------
    region
        Place in `REGIONS`.
    start
        Day number of the first order.
    first
        The same, or the (negative) day of creation of who was on the books before.
    end
        Day after which nothing is bought; `END` for who goes on.
    years
        For each year, who buys in it.
    returned
        Day from which a customer who had left buys again, -1 for the others.
    amounts
        For each year, what each customer buys in it; 0 for who does not.
    score
        How large a customer is, roughly normal.
    big
        The largest customer of 华南.
    """

    region: Ints
    started: Ints
    start: Ints
    first: Ints
    end: Ints
    years: Mapping[int, Flags]
    returned: Ints
    amounts: Mapping[int, Floats]
    score: Floats
    big: int

    def __len__(self) -> int:
        return len(self.region)

    def window(self, year: int) -> tuple[Ints, Ints]:
        """Give first and last day on which each customer buys in a year."""
        first, last = year_days(year)
        start = np.clip(self.start, first, last)
        back = (self.returned >= first) & (self.returned <= last)
        start = np.where(back, self.returned, start)
        end = np.where((self.end >= first) & (self.end < last) & ~back, self.end, last)
        return start, np.maximum(end, start)


def make_customers(seed: int) -> Customers:
    """Give the customers of the company."""
    rng = stream(seed, "customers")
    fate = np.repeat(np.arange(len(FATES)), [each.count for each in FATES])
    started = np.array([FATES[place].start for place in fate], dtype=np.int64)
    region = np.concatenate(
        [
            np.repeat(np.arange(len(REGIONS)), apportion(BY_YEAR[each.start].regions, each.count))
            for each in FATES
        ]
    )
    score = rng.normal(size=len(fate))
    years = {
        year: np.array([year in FATES[place].years for place in fate])
        for year in (2021, 2022, 2023)
    }
    # Who stays is larger, who leaves smaller.
    score = score + 0.5 * (years[2022] & years[2023]) - 0.4 * (started == 2021) * ~years[2022]
    before = _before(rng, fate)
    big = int(np.flatnonzero((fate == 0) & before & (region == REGIONS.index("华南")))[0])
    score[big] = 4.0
    start, first = _starts(rng, started, before, years)
    score = np.where(started >= 2023, score - 1.6 * (start - _january(started)) / 365, score)
    large = _large(score, fate)
    amounts = {
        year: _amounts(rng, year, region, started, years[year], score, large, big)
        for year in (2021, 2022, 2023)
    }
    years[2024] = _buyers_2024(rng, fate, started, years[2023], amounts[2023])
    end, returned = _leaving(rng, fate, years, amounts[2023], start)
    amounts[2024] = _amounts_2024(rng, region, started, years, amounts[2023], score, end, start)
    amounts[2024][big] = BIG_SALES[2024] * 0.48
    return Customers(region, started, start, first, end, years, returned, amounts, score, big)


def _before(rng: np.random.Generator, fate: Ints) -> Flags:
    """Mark who was on the books before the first order known."""
    marked = np.zeros(len(fate), dtype=bool)
    for place, each in enumerate(FATES):
        own = np.flatnonzero(fate == place)
        marked[own[rng.permutation(len(own))[: each.before]]] = True
    return marked


def _january(started: Ints) -> Ints:
    return np.array([year_days(year)[0] for year in range(2021, 2025)])[started - 2021]


def _starts(
    rng: np.random.Generator,
    started: Ints,
    before: Flags,
    years: Mapping[int, Flags],
) -> tuple[Ints, Ints]:
    """Give the day of the first order of each customer, and that of the first acquaintance.

    Means are set so that relationships last 18 months at the end of 2022 and 24 at that of 2023:
    by when the first customers were created, and by when in 2023 new ones came.
    """
    spans = {
        2021: (1.0, 1.6, 345),
        2022: (1.2, 1.8, 350),
        2023: (1.2, 1.9, 352),
        2024: (1.1, 1.2, 174),
    }
    place = np.zeros(len(started))
    for year, (a, b, width) in spans.items():
        own = started == year
        # Evenly over the curve, so that no month of any seed is empty.
        count = int(own.sum())
        drawn = np.sort(rng.beta(a, b, size=40 * count)).reshape(count, 40)[:, 20]
        place[own] = drawn[rng.permutation(count)] * width
    place[before] = rng.uniform(3, 50, size=int(before.sum()))
    start = days().on_or_after(_january(started) + 3 + place.astype(np.int64))
    created = -rng.uniform(20, 330, size=len(started))
    first = np.where(before, np.minimum(created, -1), start).astype(float)
    end_2022, end_2023 = year_days(2022)[1] + 1, year_days(2023)[1] + 1
    # 2022: move the creation of the first customers.
    buys = years[2022]
    wanted = end_2022 * buys.sum() - RELATIONSHIP[2022] * MONTH * buys.sum()
    rest = first[buys & ~before].sum()
    factor = (wanted - rest) / first[buys & before].sum()
    first = np.where(before, np.minimum(np.round(first * factor), -1), first)
    # 2023: move the start of that year's new customers.
    buys, new = years[2023], started == 2023
    wanted = (end_2023 - RELATIONSHIP[2023] * MONTH) * buys.sum()
    mean = (wanted - first[buys & ~new].sum()) / new.sum() - year_days(2023)[0]
    moved, fresh = place[new] * (mean - 3) / place[new].mean(), start[new]
    for _ in range(6):
        fresh = days().on_or_after(year_days(2023)[0] + 3 + np.clip(moved, 0, 345).astype(np.int64))
        moved = moved * mean / (fresh - year_days(2023)[0]).mean()
    start[new] = fresh
    first[new] = fresh
    return start, first.astype(np.int64)


def _large(score: Floats, fate: Ints) -> Flags:
    """Mark the existing accounts of a million or more: the best of those who stay."""
    might = np.where(fate == 0, score, -np.inf)
    chosen = np.zeros(len(score), dtype=bool)
    chosen[np.argsort(-might)[:LARGE]] = True
    return chosen


def _amounts(
    rng: np.random.Generator,
    year: int,
    region: Ints,
    started: Ints,
    buys: Flags,
    score: Floats,
    large: Flags,
    big: int,
) -> Floats:
    """Give what each customer buys in a year with exact shares.

    Customers fall into groups (large, key or ordinary, new or existing); the sum of each group
    in each region is balanced to the shares of regions and groups, then spread by score.
    """
    want = BY_YEAR[year]
    new = buys & (started == year) & (year > 2021)
    old = buys & ~new
    noisy = score + 0.35 * rng.normal(size=len(score))
    group = np.full(len(score), -1)
    group[old & large] = 0
    group[_best(old & ~large, noisy, region, want.key_existing - int(large.sum()))] = 1
    group[old & (group < 0)] = 2
    if new.any():
        group[_best(new, noisy, region, want.large_new)] = 3
        group[_best(new & (group < 0), noisy, region, want.key_new - want.large_new)] = 4
        group[new & (group < 0)] = 5
    # Large, key and ordinary accounts: first the existing ones, then the new ones.
    bounds = 2 * (
        (LARGE_FLOOR, np.inf),
        (KEY_FLOOR, KEY_ROOF),
        (ORDINARY_FLOOR, ORDINARY_ROOF),
    )
    counts = np.zeros((len(REGIONS), len(bounds)))
    np.add.at(counts, (region[buys], group[buys]), 1)
    # The largest customer has an amount of its own.
    fixed = np.zeros(len(REGIONS))
    fixed[region[big]] = BIG_SALES[year]
    counts[region[big], 0] -= 1
    large_sum = counts[:, 0].sum() * 1_200_000.0
    new_sum = want.sales * want.new_share
    new_large = want.large_new * 1_140_000.0
    new_key = (want.key_new - want.large_new) * 610_000.0
    key_sum = want.sales * want.key_share
    sums = np.array(
        [
            large_sum,
            key_sum - large_sum - BIG_SALES[year] - new_large - new_key,
            want.sales * (1 - want.key_share) - (new_sum - new_large - new_key),
            new_large,
            new_key,
            new_sum - new_large - new_key,
        ]
    )
    means = np.divide(sums, counts.sum(axis=0), out=np.zeros(6), where=counts.sum(axis=0) > 0)
    cells = _cells(counts, means, bounds, np.array(want.regions) * want.sales - fixed, sums)
    amounts = np.zeros(len(score))
    amounts[big] = BIG_SALES[year]
    for place in range(len(REGIONS)):
        for kind, (low, high) in enumerate(bounds):
            own = np.flatnonzero((region == place) & (group == kind) & buys)
            own = own[own != big]
            scale = 1.6 if np.isinf(high) else 1.1
            amounts[own] = spread(scale * noisy[own], cells[place, kind], low, high)
    return amounts


def _best(among: Flags, score: Floats, region: Ints, count: int) -> Ints:
    """Give the best of each region, as many as its share of all of them."""
    inside = [np.flatnonzero(among & (region == place)) for place in range(len(REGIONS))]
    sizes = apportion([len(own) for own in inside], count)
    return np.concatenate(
        [own[np.argsort(-score[own])[:size]] for own, size in zip(inside, sizes, strict=True)]
    )


def _cells(
    counts: Floats,
    means: Floats,
    bounds: tuple[tuple[float, float], ...],
    regions: Floats,
    sums: Floats,
) -> Floats:
    """Give the sum of each region and group: both margins exact, each mean between its bounds.

    The excess over a group's lower bound is balanced, so that no mean falls below it.
    """
    low = np.array([bound[0] for bound in bounds])
    excess = counts * np.maximum(means - low, 0)
    rows = regions - counts @ low
    columns = sums - counts.sum(axis=0) * low
    return balanced(excess, rows.tolist(), np.maximum(columns, 0).tolist()) + counts * low


def _buyers_2024(
    rng: np.random.Generator, fate: Ints, started: Ints, before: Flags, amounts: Floats
) -> Flags:
    """Tell who buys in 2024: no account of any weight leaves by itself."""
    buys = before.copy()
    small = before & (amounts < 480_000)
    leave = rng.permutation(np.flatnonzero(small))[:LEFT_2023]
    buys[leave] = False
    lost = np.flatnonzero(fate == 5)
    buys[rng.permutation(lost)[:RETURNED_2024]] = True
    buys[started == 2024] = True
    return buys


def _leaving(
    rng: np.random.Generator,
    fate: Ints,
    years: Mapping[int, Flags],
    amounts: Floats,
    start: Ints,
) -> tuple[Ints, Ints]:
    """Give the last day of who leaves, and the day of coming back of who returns."""
    end = np.full(len(fate), END)
    returned = np.full(len(fate), -1)
    for year in (2021, 2022, 2023):
        first, last = year_days(year)
        bought = years[year]
        leaves = bought & ~years[year + 1]
        width = last - first
        drawn = first + width * rng.beta(3.0, 1.3, size=len(fate))
        end = np.where(leaves, np.clip(drawn, start + 20, last - 1), end)
        back = ~bought & years[year + 1] & (start < first)
        first, last = year_days(year + 1)
        day = first + rng.uniform(45, 300 if year < 2023 else 140, size=len(fate))
        returned = np.where(back, days().on_or_after(day.astype(np.int64)), returned)
    stays = np.flatnonzero(years[2023] & years[2024] & (amounts < 450_000))
    fading = rng.permutation(stays)[:FADING_2024]
    first, last = year_days(2024)
    end[fading] = first + rng.integers(20, last - first - 25, size=len(fading))
    return end.astype(np.int64), returned.astype(np.int64)


def _amounts_2024(
    rng: np.random.Generator,
    region: Ints,
    started: Ints,
    years: Mapping[int, Flags],
    amounts: Floats,
    score: Floats,
    end: Ints,
    start: Ints,
) -> Floats:
    """Give rough amounts of January to June; orders are balanced to the growth of each region."""
    first, last = year_days(2024)
    share = np.clip(np.minimum(end, last) - np.maximum(start, first), 5, None) / (last - first)
    usual = np.where(amounts > 0, amounts, 250_000.0) * 0.48
    old = usual * rng.lognormal(0, 0.16, size=len(region)) * share
    new = 260_000.0 * np.exp(0.45 * score) * share
    return np.where(years[2024], np.where(started == 2024, new, old), 0.0)
