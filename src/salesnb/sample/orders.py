"""The order lines: when, what, through which channel, at what price.

Dates come from the season, amounts are balanced so that customers, product lines, channels,
regions and months all add up to what the company is built to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Flags, Floats, Ints, apportion, balanced, raked, ranks, stream
from salesnb.sample.homes import EXPO, FIELD, Homes
from salesnb.sample.prices import SOLUTIONS, Orders, priced
from salesnb.sample.season import YEARS, days, year_days
from salesnb.sample.serving import Serving
from salesnb.sample.shape import (
    BIG_ORDERS,
    BY_YEAR,
    GROWTH_2024,
    REGIONS,
    SEGMENTS,
    Size,
)

_SOLUTION_ORDERS = {2021: 0.75, 2022: 1.0, 2023: 1.4, 2024: 0.8}
"""Orders of product line C, relative to 2022."""

_NATURAL = (0.25, 0.3, 0.4, 0.5)
"""How much of the chance in a segment's months is left in."""


@dataclass(frozen=True)
class _Year:
    """The orders and lines of one year, before prices."""

    customer: Ints
    day: Ints
    online: Flags
    order: Ints
    segment: Ints
    net: Floats


def make_orders(
    customers: Customers, homes: Homes, serving: Serving, size: Size, seed: int
) -> Orders:
    """Give the order lines of all years."""
    halves = np.zeros(len(REGIONS))
    parts: list[_Year] = []
    rng = stream(seed, "tastes")
    tastes = np.hstack(
        [rng.lognormal(0, 0.5, size=(len(customers), 4)), rng.random((len(customers), 2))]
    )
    for year in YEARS:
        rng = stream(seed, "orders", str(year))
        amounts = customers.amounts[year]
        if year == 2024:
            amounts = _grown(customers, amounts, halves)
        part = _year(rng, year, customers, homes, serving, size, tastes, amounts)
        parts.append(part)
        if year == 2023:
            early = part.day[part.order] <= year_days(2023)[0] + 180
            region = customers.region[part.customer[part.order]]
            halves = np.bincount(region, weights=part.net * early, minlength=len(REGIONS))
    shifts = np.cumsum([0, *(len(part.day) for part in parts[:-1])])
    customer = np.concatenate([part.customer for part in parts])
    day = np.concatenate([part.day for part in parts])
    online = np.concatenate([part.online for part in parts])
    order = np.concatenate([part.order + shift for part, shift in zip(parts, shifts, strict=True)])
    segment = np.concatenate([part.segment for part in parts])
    net = np.concatenate([part.net for part in parts])
    customer, day, online, order = _by_day(customer, day, online, order)
    first = day == customers.start[customer]
    channel = _channels(stream(seed, "channels"), customer, day, online, first, homes)
    rep = serving.at(customer, day)
    return priced(
        stream(seed, "prices"), customers, customer, day, channel, rep, order, segment, net
    )


def _by_day(
    customer: Ints, day: Ints, online: Flags, order: Ints
) -> tuple[Ints, Ints, Flags, Ints]:
    """Put orders in order of day, and let lines point to their new places."""
    sorting = np.lexsort((customer, day))
    place = np.empty(len(sorting), dtype=np.int64)
    place[sorting] = np.arange(len(sorting))
    return customer[sorting], day[sorting], online[sorting], place[order]


def _grown(customers: Customers, amounts: Floats, halves: Floats) -> Floats:
    """Scale rough amounts of 2024 to the growth of each region, with its share of new customers."""
    grown = np.zeros(len(amounts))
    new = customers.started == 2024
    # The largest customer keeps an amount of its own.
    grown[customers.big] = amounts[customers.big]
    free = np.arange(len(amounts)) != customers.big
    share = BY_YEAR[2024].new_share
    for place, half in enumerate(halves):
        own = customers.region == place
        total = half * GROWTH_2024[place]
        taken = grown[own].sum()
        for group, part in (
            (own & new, share * total),
            (own & ~new & free, (1 - share) * total - taken),
        ):
            grown[group] = amounts[group] * part / amounts[group].sum()
    return grown


def _year(
    rng: np.random.Generator,
    year: int,
    customers: Customers,
    homes: Homes,
    serving: Serving,
    size: Size,
    tastes: Floats,
    amounts: Floats,
) -> _Year:
    """Give the lines of a year with balanced amounts, net of returns."""
    who = np.flatnonzero(amounts > 0)
    start, end = (days_[who] for days_ in customers.window(year))
    counts = _order_counts(rng, year, size, amounts[who], start, end, who == customers.big)
    order_of = np.repeat(np.arange(len(who)), counts)
    day = _order_days(rng, year, customers, who, start, end, counts, order_of)
    _open(day, who[order_of], serving, year)
    cells = _by_segment(rng, year, customers, tastes, who, amounts[who])
    owner, segment = _lines(rng, year, size, cells, counts)
    order = _orders_of_lines(rng, owner, segment, counts)
    net = _first_amounts(rng, cells, owner, segment)
    first = day == customers.start[who[order_of]]
    online = _online(rng, year, who[order_of], day, first, net, order, homes)
    region = customers.region[who[owner]]
    months = _month_cells(rng, year, region, segment, day[order], net)
    total = amounts[who].sum()
    share = BY_YEAR[year].online
    margins = [
        months,
        (online[order].astype(np.int64), np.array([1 - share, share]) * total),
        (owner * len(SEGMENTS) + segment, cells.ravel()),
    ]
    return _Year(who[order_of], day, online, order, segment, raked(net, margins))


def _order_counts(
    rng: np.random.Generator,
    year: int,
    size: Size,
    amounts: Floats,
    start: Ints,
    end: Ints,
    big: Flags,
) -> Ints:
    """Give how often each customer orders: the larger the oftener, and never too rarely."""
    fraction = (end - start + 1) / 365
    yearly = amounts / np.maximum(fraction, 0.15)
    expected = size.orders * np.clip(yearly / 420_000, 0.2, 8) ** 0.5 * fraction
    drawn = np.floor(
        expected * rng.lognormal(0, 0.2, size=len(expected)) + rng.random(len(expected))
    )
    counts = np.maximum(drawn, 1 + np.floor(5 * fraction)).astype(np.int64)
    often = np.ceil(max(BIG_ORDERS, 2 * size.orders) * fraction).astype(np.int64)
    return np.where(big, often, counts)


def _order_days(
    rng: np.random.Generator,
    year: int,
    customers: Customers,
    who: Ints,
    start: Ints,
    end: Ints,
    counts: Ints,
    order_of: Ints,
) -> Ints:
    """Give the day of each order: one in each equal part of what is sold in the customer's time."""
    place = np.arange(len(order_of)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (place + rng.random(len(order_of))) / counts[order_of]
    day = days().at(start[order_of], end[order_of], share)
    begins = (customers.started[who] == year) | (
        (customers.returned[who] >= start) & (customers.returned[who] <= end)
    )
    return np.where(begins[order_of] & (place == 0), start[order_of], day)


def _open(day: Ints, customer: Ints, serving: Serving, year: int) -> None:
    """Put an order on the day of each newcomer's first deal."""
    first, last = year_days(year)
    for who, when in serving.openings.values():
        if first <= when <= last:
            own = np.flatnonzero(customer == who)
            day[own[np.argmin(np.abs(day[own] - when))]] = when


def _by_segment(
    rng: np.random.Generator,
    year: int,
    customers: Customers,
    tastes: Floats,
    who: Ints,
    amounts: Floats,
) -> Floats:
    """Split each customer's year over segments; both margins are exact.

    What a customer likes lasts over the years; `wants` decides who buys C and B other at all.
    """
    taste, wants = tastes[:, :4], tastes[:, 4:]
    share = np.array(BY_YEAR[year].segments)
    likes = taste[who] * share * rng.lognormal(0, 0.15, size=(len(who), 4))
    solutions = {2021: 0.30, 2022: 0.36, 2023: 0.50, 2024: 0.50}[year]
    likes[:, SOLUTIONS] *= wants[who, 0] < solutions + 0.14 * np.tanh(customers.score[who])
    likes[:, 2] *= wants[who, 1] < 0.75
    # The smallest buy nothing dear.
    likes[:, 1:] *= (amounts > 30_000)[:, None]
    return balanced(likes * amounts[:, None], amounts.tolist(), (share * amounts.sum()).tolist())


def _lines(
    rng: np.random.Generator, year: int, size: Size, cells: Floats, counts: Ints
) -> tuple[Ints, Ints]:
    """Give customer and segment of each line: one for each cell at least.

    Lines of C are exactly as many as the year has orders of it.
    """
    bought = cells > 0
    solutions = apportion(
        np.sqrt(cells[:, SOLUTIONS]),
        round(size.solutions * _SOLUTION_ORDERS[year]),
        low=bought[:, SOLUTIONS].astype(np.int64),
        high=np.where(bought[:, SOLUTIONS], counts, 0),
    )
    others = bought[:, :SOLUTIONS]
    more = counts + rng.poisson(size.more_lines * counts) - solutions - others.sum(axis=1)
    odds = np.where(others, cells[:, :SOLUTIONS] ** 0.8, 0)
    extra = rng.multinomial(np.maximum(more, 0), odds / odds.sum(axis=1, keepdims=True))
    lines = np.column_stack([others + extra, solutions])
    flat = lines.ravel()
    owner = np.repeat(np.repeat(np.arange(len(counts)), len(SEGMENTS)), flat)
    return owner, np.repeat(np.tile(np.arange(len(SEGMENTS)), len(counts)), flat)


def _orders_of_lines(rng: np.random.Generator, owner: Ints, segment: Ints, counts: Ints) -> Ints:
    """Give each line an order of its customer; no order without a line, none with two of C."""
    first = np.where(segment == SOLUTIONS, 0.0, 1.0) + rng.random(len(owner))
    rank = ranks(owner, first)
    inside = counts[owner]
    slot = np.where(rank < inside, rank, np.floor(rng.random(len(owner)) * inside)).astype(np.int64)
    offset = np.cumsum(counts) - counts
    holder = np.repeat(np.arange(len(counts)), counts)
    shuffled = offset[holder] + ranks(holder, rng.random(len(holder)))
    return shuffled[offset[owner] + slot]


def _first_amounts(rng: np.random.Generator, cells: Floats, owner: Ints, segment: Ints) -> Floats:
    """Give each line its part of its cell, with some spread."""
    cell = owner * len(SEGMENTS) + segment
    weight = rng.lognormal(0, 0.5, size=len(owner))
    return weight * (cells.ravel() / np.maximum(np.bincount(cell, weight, cells.size), 1e-9))[cell]


def _online(
    rng: np.random.Generator,
    year: int,
    customer: Ints,
    day: Ints,
    first: Flags,
    net: Floats,
    order: Ints,
    homes: Homes,
) -> Flags:
    """Choose the orders that come online: those of customers from there, at weekends, at 618.

    A first order comes by the channel that brought the customer.
    """
    totals = np.bincount(order, weights=net, minlength=len(day))
    from_online = homes.channel[customer] < 2
    pull = (
        2.6 * from_online
        + 2.2 * ~days().worked[day]
        + 0.7 * days().promoted[day]
        - 0.25 * np.log(totals / totals.mean())
        - 9.0 * homes.dealer[customer]
        + 99.0 * first * np.where(from_online, 1, -1)
        + rng.logistic(size=len(day))
    )
    sorting = np.argsort(-pull, kind="stable")
    chosen = np.zeros(len(day), dtype=bool)
    enough = np.cumsum(totals[sorting]) <= BY_YEAR[year].online * totals.sum()
    chosen[sorting[enough]] = True
    return chosen


def _month_cells(
    rng: np.random.Generator, year: int, region: Ints, segment: Ints, day: Ints, net: Floats
) -> tuple[Ints, Floats]:
    """Give region, segment and month of each line as one number, and what each cell shall sell."""
    every = days()
    first, last = year_days(year)
    months = int(every.month[last] - every.month[first]) + 1
    month = every.month[day] - every.month[first]
    season = np.bincount(
        every.month[first : last + 1] - every.month[first], weights=every.weight[first : last + 1]
    )
    if year == 2021:
        # The company was young: it sold twice as much in December as in January.
        season = season * np.linspace(0.65, 1.3, months)
    season = season / season.sum()
    cell = (region * len(SEGMENTS) + segment) * months + month
    shape = (len(REGIONS), len(SEGMENTS), months)
    drawn = np.bincount(cell, weights=net, minlength=int(np.prod(shape))).reshape(shape)
    sums = drawn.sum(axis=2)
    wanted = np.zeros(shape)
    for place in range(len(REGIONS)):
        noise = season * rng.lognormal(0, 0.02, size=months)
        own = drawn[place] / np.maximum(sums[place], 1e-9)[:, None]
        left_in = np.array(_NATURAL)[:, None]
        likely = np.where(own > 0, season * (own / season) ** left_in, 0)
        wanted[place] = balanced(
            likely * sums[place][:, None],
            sums[place].tolist(),
            (noise / noise.sum() * sums[place].sum()).tolist(),
        )
    return cell, wanted.ravel()


def _channels(
    rng: np.random.Generator,
    customer: Ints,
    day: Ints,
    online: Flags,
    first: Flags,
    homes: Homes,
) -> Ints:
    """Give the channel of each order: shop or live online, otherwise the customer's own."""
    home = homes.channel[customer]
    live = rng.random(len(customer)) < np.clip(0.25 + 0.12 * day / 365, 0, 0.6)
    offline = np.where(home < 2, FIELD, home)
    # An exhibition brings the first orders; later ones come by the rep.
    offline = np.where((home == EXPO) & (rng.random(len(customer)) < 0.35), FIELD, offline)
    return np.where(first, home, np.where(online, live.astype(np.int64), offline))
