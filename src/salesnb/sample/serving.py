"""Who serves which customer when: newcomers take over customers, leavers hand theirs on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from salesnb.sample.customers import Customers
from salesnb.sample.draws import Ints, stream
from salesnb.sample.people import NEVER, People
from salesnb.sample.season import END
from salesnb.sample.shape import REGIONS

TAKEN_OVER = 5
"""Customers that a newcomer gets from colleagues with the first deal."""


@dataclass(frozen=True)
class Serving:
    """Which rep a customer has from which day on.

    Attributes
    ----------
    customer, since, rep
        One entry for each stretch, sorted by customer and day.
    openings
        The first deal of each newcomer: rep → (customer, day).
    """

    customer: Ints
    since: Ints
    rep: Ints
    openings: dict[int, tuple[int, int]]

    def at(self, customer: Ints, day: Ints) -> Ints:
        """Give who serves each customer on a day."""
        width = 2 * NEVER
        keys = self.customer * width + self.since
        return self.rep[np.searchsorted(keys, customer * width + day, side="right") - 1]

    def now(self) -> Ints:
        """Give who serves each customer at the end."""
        every = np.arange(self.customer.max() + 1)
        return self.at(every, np.full(len(every), END))


@dataclass
class _Region:
    """The customers and reps of one region while time goes by."""

    customers: Customers
    served: dict[int, list[int]] = field(default_factory=dict)
    stretches: list[tuple[int, int, int]] = field(default_factory=list)

    def give(self, customer: int, day: int, rep: int) -> None:
        for own in self.served.values():
            if customer in own:
                own.remove(customer)
        self.served[rep].append(customer)
        self.stretches.append((customer, day, rep))

    def buying(self, rep: int, day: int) -> list[int]:
        """Give a rep's customers who have not left by a day."""
        return [each for each in self.served[rep] if self.customers.end[each] > day]

    def least_busy(self, day: int) -> int:
        return min(self.served, key=lambda rep: (len(self.buying(rep, day)), rep))


def serve(customers: Customers, people: People, seed: int) -> Serving:
    """Give who serves whom, going through every arrival and departure in order of time."""
    rng = stream(seed, "serving")
    stretches: list[tuple[int, int, int]] = []
    openings: dict[int, tuple[int, int]] = {}
    for place in range(len(REGIONS)):
        region = _Region(customers)
        reps = np.flatnonzero(people.sells() & (people.region == place))
        own = np.flatnonzero(customers.region == place)
        # At one moment people come before customers, and leave after them.
        happenings = sorted(
            [(int(people.first_deal[rep]), 0, int(rep)) for rep in reps]
            + [(int(customers.start[customer]), 1, int(customer)) for customer in own]
            + [(int(people.left[rep]), 2, int(rep)) for rep in reps if people.left[rep] < NEVER]
        )
        for day, kind, who in happenings:
            if kind == 1:
                region.give(who, day, region.least_busy(day))
            elif kind == 0:
                region.served[who] = []
                if 0 < day <= END:
                    openings[who] = _take_over(rng, region, who, day)
            else:
                for customer in region.served.pop(who):
                    region.give(customer, day, region.least_busy(day))
        stretches += region.stretches
    found = np.array(stretches, dtype=np.int64)
    # Of two on one day the later one holds, so their order is kept.
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    return Serving(found[:, 0], found[:, 1], found[:, 2], openings)


def _take_over(
    rng: np.random.Generator, region: _Region, newcomer: int, day: int
) -> tuple[int, int]:
    """Give a newcomer some lasting customers of the busiest colleagues, and the first order."""
    customers = region.customers
    opening = (-1, day)
    for taken in range(TAKEN_OVER):
        lasting = {
            rep: [
                each
                for each in region.buying(rep, min(day + 60, END - 1))
                if customers.start[each] < day - 40
                and customers.returned[each] < 0
                and each != customers.big
            ]
            for rep in region.served
            if rep != newcomer
        }
        busiest = max(lasting, key=lambda rep: (len(lasting[rep]), rep))
        customer = lasting[busiest][int(rng.integers(len(lasting[busiest])))]
        region.give(customer, day, newcomer)
        if not taken:
            opening = (customer, day)
    return opening
