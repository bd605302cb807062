"""Units, prices, returns and costs of order lines whose net amounts are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Floats, Ints, raked
from salesnb.sample.products import catalogue, choose
from salesnb.sample.season import YEARS, days, year_days
from salesnb.sample.shape import (
    BY_YEAR,
    LIFETIME_GROWTH,
    MAIN_UNITS_GROWTH,
    RELATIONSHIP,
    SEGMENTS,
)

SOLUTIONS = SEGMENTS.index("C")


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


def priced(
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
    cost = np.round(
        _costs(rng, customers, goods.unit_cost[product], kept, net, year, when) * qty, 2
    )
    return Orders(
        customer,
        day,
        channel,
        rep,
        order,
        segment,
        product,
        qty,
        amount,
        cost,
        returned,
        returned_on,
    )


def _last_day(year: Ints) -> Ints:
    return np.array([year_days(each)[1] for each in YEARS])[year - YEARS[0]]


def _returned(rng: np.random.Generator, segment: Ints, when: Ints, units: Floats) -> Ints:
    """Give the units that came back of 1.3 % of the lines of A and B, within the same year."""
    year = days().year[when]
    might = (segment < SOLUTIONS) & (units > 3) & (when < _last_day(year) - 32)
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
