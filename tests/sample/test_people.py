"""People: the same numbers come and go for every seed, and somebody always serves."""

from datetime import date

import numpy as np

from salesnb.sample.customers import make_customers
from salesnb.sample.people import LINE_MANAGERS, NEVER, REGION_MANAGERS, make_people
from salesnb.sample.season import day_number, days
from salesnb.sample.serving import TAKEN_OVER, serve


def test_the_plan_knows_its_people():
    people = make_people(3)
    assert {*LINE_MANAGERS, *REGION_MANAGERS} <= set(people.names)
    assert [people.region[people.manager_of(place)] for place in range(4)] == [0, 1, 2, 3]


def test_heads_are_the_same_for_every_seed(seed):
    people = make_people(seed)
    ends = (date(2021, 12, 31), date(2022, 12, 31), date(2023, 12, 31), date(2024, 6, 30))
    heads = [int((people.there(day_number(day)) & people.sells()).sum()) for day in ends]
    assert heads == [32, 36, 40, 44]


def test_first_deals_fall_on_working_days_while_there(seed):
    people = make_people(seed)
    later = (people.first_deal > 0) & (people.first_deal < NEVER)
    assert later.sum() == 20
    assert days().worked[people.first_deal[later]].all()
    assert days().worked[people.hired[later]].all()
    assert (people.left[later] == NEVER).all()


def test_every_customer_has_a_rep_of_the_region_at_any_time(seed):
    people, customers = make_people(seed), make_customers(seed)
    serving = serve(customers, people, seed)
    every = np.arange(len(customers))
    for day in (customers.start, np.maximum(customers.start, 1000)):
        rep = serving.at(every, day)
        assert (people.region[rep] == customers.region).all()
        assert ((people.hired[rep] <= day) & (people.left[rep] > day)).all()


def test_a_newcomer_sells_nothing_before_the_first_deal(seed):
    people, customers = make_people(seed), make_customers(seed)
    serving = serve(customers, people, seed)
    assert len(serving.openings) >= 19
    for rep, (customer, day) in serving.openings.items():
        own = serving.rep == rep
        assert serving.since[own].min() == day == people.first_deal[rep]
        assert own.sum() >= TAKEN_OVER
        assert serving.at(np.array([customer]), np.array([day]))[0] == rep
