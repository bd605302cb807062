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
from salesnb.sample.products import catalogue, choose
from salesnb.sample.season import YEARS, days, year_days
from salesnb.sample.serving import Serving
from salesnb.sample.shape import (
    BIG_ORDERS,
    BY_YEAR,
    GROWTH_2024,
    LIFETIME_GROWTH,
    MAIN_UNITS_GROWTH,
    REGIONS,
    RELATIONSHIP,
    SEGMENTS,
    Size,
)

_SOLUTIONS = SEGMENTS.index("C")
_SOLUTION_ORDERS = {2021: 0.75, 2022: 1.0, 2023: 1.4, 2024: 0.8}
"""Orders of product line C, relative to 2022."""

_NATURAL = (0.25, 0.3, 0.4, 0.5)
"""How much of the chance in a segment's months is left in."""


@dataclass(frozen=True)
class Orders:
    """Orders and their lines, in order of day.

    Attributes
    ----------
    customer, day, channel, rep
        One entry for each order.
    order, segment, product, qty, amount, cost
        One entry for each line; `order` is the place of its order. Amounts are before returns.
    returned
        Units of the line that came back, with the day in `returned_on`.
    """

    customer: Ints
    day: Ints
    channel: Ints
    rep: Ints
    order: Ints
    segment: Ints
    product: Ints
    qty: Ints
    amount: Floats
    cost: Floats
    returned: Ints
    returned_on: Ints

    @property
    def totals(self) -> Floats:
        """Amount of each order."""
        return np.bincount(self.order, weights=self.amount, minlength=len(self.day))


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
    return _priced(
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
    fixed = np.arange(len(amounts)) == customers.big
    grown[fixed] = amounts[fixed]
    for place, half in enumerate(halves):
        total = half * GROWTH_2024[place]
        own = customers.region == place
        for group, share in ((own & new, BY_YEAR[2024].new_share), (own & ~new & ~fixed, None)):
            part = total * (BY_YEAR[2024].new_share if share else 1 - BY_YEAR[2024].new_share)
            part -= 0.0 if share else grown[own & fixed].sum()
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
    months = _month_cells(rng, year, customers.region[who[owner]], segment, day[order], net, cells,
                          customers.region[who])
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
    drawn = np.floor(expected * rng.lognormal(0, 0.2, size=len(expected)) + rng.random(len(expected)))
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
    likes[:, _SOLUTIONS] *= wants[who, 0] < solutions + 0.14 * np.tanh(customers.score[who])
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
        np.sqrt(cells[:, _SOLUTIONS]),
        round(size.solutions * _SOLUTION_ORDERS[year]),
        low=bought[:, _SOLUTIONS].astype(np.int64),
        high=np.where(bought[:, _SOLUTIONS], counts, 0),
    )
    others = bought[:, :_SOLUTIONS]
    more = counts + rng.poisson(size.more_lines * counts) - solutions - others.sum(axis=1)
    odds = np.where(others, cells[:, :_SOLUTIONS] ** 0.8, 0)
    extra = rng.multinomial(np.maximum(more, 0), odds / odds.sum(axis=1, keepdims=True))
    lines = np.column_stack([others + extra, solutions])
    flat = lines.ravel()
    owner = np.repeat(np.repeat(np.arange(len(counts)), len(SEGMENTS)), flat)
    return owner, np.repeat(np.tile(np.arange(len(SEGMENTS)), len(counts)), flat)


def _orders_of_lines(rng: np.random.Generator, owner: Ints, segment: Ints, counts: Ints) -> Ints:
    """Give each line an order of its customer; no order without a line, none with two of C."""
    first = np.where(segment == _SOLUTIONS, 0.0, 1.0) + rng.random(len(owner))
    rank = ranks(owner, first)
    inside = counts[owner]
    slot = np.where(rank < inside, rank, np.floor(rng.random(len(owner)) * inside)).astype(np.int64)
    offset = np.cumsum(counts) - counts
    holder = np.repeat(np.arange(len(counts)), counts)
    shuffled = offset[holder] + ranks(holder, rng.random(len(holder)))
    return shuffled[offset[owner] + slot]


def _first_amounts(
    rng: np.random.Generator, cells: Floats, owner: Ints, segment: Ints
) -> Floats:
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
    rng: np.random.Generator,
    year: int,
    region: Ints,
    segment: Ints,
    day: Ints,
    net: Floats,
    cells: Floats,
    region_of: Ints,
) -> tuple[Ints, Floats]:
    """Give region, segment and month of each line as one number, and what each cell shall sell."""
    every = days()
    first, last = year_days(year)
    months = int(every.month[last] - every.month[first]) + 1
    month = every.month[day] - every.month[first]
    season = np.bincount(every.month[first : last + 1] - every.month[first],
                         weights=every.weight[first : last + 1])
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


def _priced(
    rng: np.random.Generator,
    customers: Customers,
    customer: Ints,
    day: Ints,
    channel: Ints,
    rep: Ints,
    order: Ints,
    segment: Ints,
    net: Floats,
) -> Orders:
    """Turn net amounts into units at a price, with returns and costs."""
    goods = catalogue()
    when = day[order]
    year = days().year[when]
    product = choose(rng, segment, when, net)
    listed = goods.list_price[product]
    habit = rng.normal(0.065, 0.022, size=len(customers))[customer[order]]
    discount = np.clip(habit + rng.normal(0, 0.012, size=len(net)), 0.0, 0.22)
    price = listed * (1 - discount)
    main = segment < 2
    units = {each: (net / price)[main & (year == each)].sum() for each in (2022, 2023)}
    # From 2023 on main products sell at the level that makes their units grow as they did.
    level = units[2023] / (units[2022] * MAIN_UNITS_GROWTH)
    price = price * np.where(main & (year >= 2023), level, 1.0)
    returned = _returned(rng, segment, when, net / price)
    kept = np.maximum(np.round(net / price), 1).astype(np.int64)
    qty = kept + returned
    # Whole units moved the amounts a little; prices move them back.
    owner = (year - YEARS[0]) * len(customers) + customer[order]
    part = (year - YEARS[0]) * len(SEGMENTS) + segment
    margins = [(group, np.bincount(group, weights=net)) for group in (part, owner)]
    net = raked(kept * price, margins, rounds=8)
    amount = np.round(net / kept * qty, 2)
    wait = rng.integers(6, 30, size=len(net))
    returned_on = np.where(returned > 0, np.minimum(when + wait, _last_day(year)), -1)
    cost = np.round(_costs(rng, customers, goods.unit_cost[product], kept, net, year, when) * qty, 2)
    return Orders(
        customer, day, channel, rep, order, segment, product, qty, amount, cost, returned, returned_on
    )


def _last_day(year: Ints) -> Ints:
    return np.array([year_days(each)[1] for each in YEARS])[year - YEARS[0]]


def _returned(
    rng: np.random.Generator, segment: Ints, when: Ints, units: Floats
) -> Ints:
    """Give the units that came back of 1.3 % of the lines of A and B, within the same year."""
    year = days().year[when]
    might = (segment < _SOLUTIONS) & (units > 3) & (when < _last_day(year) - 32)
    chosen = might & (rng.random(len(units)) < 0.013)
    share = rng.uniform(0.1, 0.6, size=len(units))
    return np.where(chosen, np.maximum(np.round(units * share), 1), 0).astype(np.int64)


def _costs(
    rng: np.random.Generator,
    customers: Customers,
    unit_cost: Floats,
    kept: Ints,
    net: Floats,
    year: Ints,
    when: Ints,
) -> Floats:
    """Give the cost of a unit on each line, at the level that gives each year its margin.

    That of 2023 follows from the growth of the lifetime value: margin a month and customer times
    months of relationship.
    """
    within = (when - np.array([year_days(each)[0] for each in YEARS])[year - YEARS[0]]) / 365
    cost = unit_cost * (1 + 0.012 * (within - 0.5)) * rng.normal(1, 0.012, size=len(net))
    buyers = {each: int(customers.years[each].sum()) for each in (2022, 2023)}
    sales = {each: net[year == each].sum() for each in YEARS}
    margin = {each: BY_YEAR[each].margin for each in YEARS}
    a_month = sales[2022] * margin[2022] / buyers[2022] * LIFETIME_GROWTH
    a_month = a_month * RELATIONSHIP[2022] / RELATIONSHIP[2023]
    margin[2023] = a_month * buyers[2023] / sales[2023]
    for each in YEARS:
        own = year == each
        wanted = sales[each] * (1 - margin[each])
        cost[own] *= wanted / (cost[own] * kept[own]).sum()
    return cost
