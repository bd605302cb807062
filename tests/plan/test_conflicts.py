"""The conflicts found are the smallest there are, and all of them."""

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.plan.conflicts import Row, System


def feasible(system, rows):
    return system.least({0: 1.0}, rows) is not None


def by_trying_all(system):
    """Find minimal conflicts by looking at every set of rows."""
    found = []
    for size in range(1, len(system.soft) + 1):
        for rows in combinations(range(len(system.soft)), size):
            if any(set(small) <= set(rows) for small in found):
                continue
            if not feasible(system, rows):
                found.append(rows)
    return [sorted(rows) for rows in found]


def shares(*rows):
    """Make a system of three shares that sum to 1."""
    return System(3, hard=[Row({0: 1, 1: 1, 2: 1}, 1, 1)], soft=[Row(*row) for row in rows])


def test_no_conflict_where_all_holds():
    assert shares(({0: 1}, 0.5, 0.5), ({1: 1}, 0.2, 0.4)).conflicts() == []


def test_two_values_for_one_share():
    system = shares(({0: 1}, 0.5, 0.5), ({0: 1}, 0.6, 0.6), ({1: 1}, 0, 0.9))
    assert [sorted(rows) for rows in system.conflicts()] == [[0, 1]]


def test_hard_rows_are_never_blamed():
    system = System(1, hard=[Row({0: 1}, 2, 2), Row({0: 1}, 3, 3)], soft=[Row({0: 1}, 2, 2)])
    assert system.conflicts() == []


def test_several_conflicts_that_share_a_row_are_all_found():
    system = shares(({0: 1}, 0.5, 0.5), ({0: 1}, 0.6, 0.6), ({0: 1}, 0.7, 0.7))
    assert [sorted(rows) for rows in system.conflicts()] == [[0, 1], [0, 2], [1, 2]]


def test_the_room_of_a_share():
    system = shares(({0: 1}, 0.2, 0.4), ({1: 1}, 0.3, 0.3))
    assert system.least({2: 1.0}, [0, 1]) == pytest.approx(0.3)
    assert system.most({2: 1.0}, [0, 1]) == pytest.approx(0.5)


tenths = st.integers(0, 10).map(lambda number: number / 10)
forms = st.sampled_from([{0: 1.0}, {1: 1.0}, {2: 1.0}, {0: 1.0, 1: 1.0}, {1: 1.0, 2: 1.0}])


@st.composite
def rows(draw):
    low, high = sorted((draw(tenths), draw(tenths)))
    return draw(forms), low, high


@given(st.lists(rows(), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_the_conflicts_are_those_found_by_trying_every_set(soft):
    system = shares(*soft)
    wanted = sorted(by_trying_all(shares(*soft)))
    assert sorted(sorted(found) for found in system.conflicts(work=2000)) == wanted


def test_what_nothing_bounds_reaches_without_end():
    system = System(2, hard=[Row({0: 1}, 1, 2)], soft=[Row({0: 1}, 3, 3)])
    assert (system.least({1: 1.0}, []), system.most({1: 1.0}, [])) == (0, math.inf)
    assert system.least({1: -1.0}, []) == -math.inf
    assert system.most({1: 1.0}, [0]) is None


def test_the_limits_of_work_are_kept():
    soft = [({0: 1.0}, place / 20, place / 20) for place in range(12)]
    system = shares(*soft)
    assert 0 < len(system.conflicts(sets=5)) <= 5
