"""The people who sell: who joins and leaves when, who teaches whom, who leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from salesnb.sample.draws import Flags, Floats, Ints, stream
from salesnb.sample.season import as_dates, day_number, days
from salesnb.sample.shape import REGIONS
from salesnb.sample.words import people as names_of_people

DIRECTOR, LINE_MANAGER, REGION_MANAGER = "销售总监", "产品线经理", "区域经理"
ACCOUNT_MANAGER, SUCCESS_MANAGER = "客户经理", "客户成功经理"

COMPANY = -1
"""Region of people who work for the company as a whole."""

NEVER = 10**6
"""Day that does not come."""

LINE_MANAGERS = ("张三", "李四", "王五")
REGION_MANAGERS = ("赵六", "周七", "吴八", "郑九")
"""As the plan of 2024 names its owners."""

_AT_START = (11, 8, 6, 7)
_SUCCESS_AT_START = (2, 1, 1, 1)

_HIRES: Mapping[int, tuple[int, ...]] = {
    2021: (1, 0, 1, 1),
    2022: (2, 1, 2, 1),
    2023: (3, 2, 1, 1),
    2024: (1, 0, 3, 0),
}
_LEAVERS: Mapping[int, tuple[int, ...]] = {
    2021: (1, 1, 0, 1),
    2022: (1, 0, 0, 1),
    2023: (1, 0, 2, 0),
}
_HIRING: Mapping[int, tuple[date, date]] = {
    2021: (date(2021, 3, 1), date(2021, 6, 1)),
    2022: (date(2022, 1, 10), date(2022, 5, 9)),
    2023: (date(2023, 2, 6), date(2023, 7, 10)),
    2024: (date(2024, 2, 19), date(2024, 3, 11)),
}
_LEAVING: Mapping[int, tuple[date, date]] = {
    2021: (date(2021, 8, 2), date(2021, 11, 30)),
    2022: (date(2022, 8, 1), date(2022, 11, 30)),
    2023: (date(2023, 9, 1), date(2023, 12, 8)),
}
_RAMPS: Mapping[int, tuple[int, ...]] = {
    2021: (175, 191, 205),
    2022: (151, 168, 182, 182, 196, 213),
    2023: (93, 107, 115, 121, 127, 135, 149),
    2024: (84, 92, 101, 117),
}
"""Days from hire to first deal: the medians are 6 months in 2022 and 4 in 2023."""

_JUNIOR_REGIONS = ("华东", "中西部")
"""Where 2023 hired one junior each; its five other new people were experienced."""


@dataclass(frozen=True)
class People:
    """Everybody in sales, as arrays in one order.

    Attributes
    ----------
    hired, left
        Day numbers, below 0 before the first order; `NEVER` for who is still there.
    first_deal
        Day of the first order of who was hired after the start; 0 for the others; `NEVER` for
        who does not sell.
    """

    ids: list[str]
    names: list[str]
    roles: list[str]
    region: Ints
    hired: Ints
    left: Ints
    first_deal: Ints
    industry_years: Floats
    mentor: Ints

    def sells(self) -> Flags:
        """Tell who serves customers."""
        return np.array([role == ACCOUNT_MANAGER for role in self.roles])

    def there(self, day: int) -> Flags:
        """Tell who works for the company on a day."""
        return (self.hired <= day) & (self.left > day)

    def manager_of(self, region: int) -> int:
        """Give the place of a region's manager."""
        return self.names.index(REGION_MANAGERS[region])

    def leader(self, name: str) -> str:
        """Give the id of somebody the plan names."""
        return self.ids[self.names.index(name)]


@dataclass
class _Person:
    role: str
    region: int
    hired: int
    name: str = ""
    left: int = NEVER
    first_deal: int = NEVER
    years: float = 0.0
    mentor: int = -1
    year: int = 0


def make_people(seed: int) -> People:
    """Give the people of the company; how many come and go is the same for every seed."""
    rng = stream(seed, "people")
    staff = _leaders(rng)
    for region, count in enumerate(_AT_START):
        for _ in range(count):
            hired = int(rng.integers(-300, -10))
            years = float(rng.uniform(1.0, 4.6))
            staff.append(_Person(ACCOUNT_MANAGER, region, hired, first_deal=0, years=years))
    for region, count in enumerate(_SUCCESS_AT_START):
        for _ in range(count):
            hired, years = int(rng.integers(-260, -10)), float(rng.uniform(1.0, 4.5))
            staff.append(_Person(SUCCESS_MANAGER, region, hired, years=years))
    # One veteran was there from the start; the others of the 15 % came in 2023.
    staff[8].years = 6.5
    for year in _HIRES:
        _hire(rng, staff, year)
        _leave(rng, staff, year)
    hired = int(days().on_or_after(np.array([day_number(date(2024, 3, 4))]))[0])
    staff.append(_Person(SUCCESS_MANAGER, 0, hired, years=2.5, year=2024))
    _pair(rng, staff)
    invented = iter(names_of_people(rng, len(staff)))
    return People(
        ids=[f"R{place + 1:03d}" for place in range(len(staff))],
        names=[person.name or next(invented) for person in staff],
        roles=[person.role for person in staff],
        region=np.array([person.region for person in staff], dtype=np.int64),
        hired=np.array([person.hired for person in staff], dtype=np.int64),
        left=np.array([person.left for person in staff], dtype=np.int64),
        first_deal=np.array([person.first_deal for person in staff], dtype=np.int64),
        industry_years=np.round([person.years for person in staff], 1),
        mentor=np.array([person.mentor for person in staff], dtype=np.int64),
    )


def _leaders(rng: np.random.Generator) -> list[_Person]:
    director = _Person(DIRECTOR, COMPANY, -320, years=12.0)
    lines = [_Person(LINE_MANAGER, COMPANY, -300, name=name, years=4.2) for name in LINE_MANAGERS]
    lines[-1].years = 9.0
    regions = [
        _Person(REGION_MANAGER, place, -310 + 7 * place, name=name, years=3.8 + 0.2 * place)
        for place, name in enumerate(REGION_MANAGERS)
    ]
    return [director, *lines, *regions]


def _hire(rng: np.random.Generator, staff: list[_Person], year: int) -> None:
    first, last = (day_number(day) for day in _HIRING[year])
    ramps = [int(ramp) for ramp in rng.permutation(_RAMPS[year])]
    juniors = {REGIONS.index(name) for name in _JUNIOR_REGIONS}
    for region, count in enumerate(_HIRES[year]):
        for place in range(count):
            ramp = ramps.pop()
            experienced = year == 2023 and not (place == 0 and region in juniors)
            years = rng.uniform(5.2, 8.0) if experienced else rng.uniform(0.3, 2.5)
            hired = _workday_with_ramp(int(rng.integers(first, last + 1)), ramp)
            staff.append(
                _Person(
                    ACCOUNT_MANAGER,
                    region,
                    hired,
                    first_deal=hired + ramp,
                    years=float(years),
                    year=year,
                )
            )


def _workday_with_ramp(day: int, ramp: int) -> int:
    """Give the next working day whose first deal falls on a working day, too."""
    worked = days().worked
    while not (worked[day] and worked[day + ramp]):
        day += 1
    return day


def _leave(rng: np.random.Generator, staff: list[_Person], year: int) -> None:
    """Let people of the first hour leave; those hired later stay, as do the veteran."""
    if year not in _LEAVERS:
        return
    first, last = (day_number(day) for day in _LEAVING[year])
    for region, count in enumerate(_LEAVERS[year]):
        might = [
            person
            for person in staff
            if person.role == ACCOUNT_MANAGER
            and person.region == region
            and person.left == NEVER
            and person.year == 0
            and person.years < 5
        ]
        for place in rng.permutation(len(might))[:count]:
            might[place].left = int(
                days().on_or_after(np.array([rng.integers(first, last + 1)]))[0]
            )


def _pair(rng: np.random.Generator, staff: list[_Person]) -> None:
    """Give newcomers a mentor of their region: ten pairs by the end of 2023."""
    taught_2021 = [person for person in staff if person.year == 2021][:2]
    later = [p for p in staff if p.role == ACCOUNT_MANAGER and p.year >= 2022 and p.years < 5]
    for person in (*taught_2021, *later):
        might = [
            place
            for place, other in enumerate(staff)
            if other.role == ACCOUNT_MANAGER
            and other.region == person.region
            and other.year == 0
            and other.left == NEVER
        ]
        person.mentor = int(might[int(rng.integers(len(might)))])


def reps_table(people: People, regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Give the table `reps`; people of the company as a whole have region ""."""
    region = [regions[place] if place != COMPANY else "" for place in people.region]
    left = np.where(people.left == NEVER, np.nan, people.left.astype(float))
    leads = {place: people.ids[people.manager_of(place)] for place in range(len(REGIONS))}
    director = people.ids[0]
    managers = [
        None
        if role == DIRECTOR
        else director
        if role in (LINE_MANAGER, REGION_MANAGER)
        else leads[int(place)]
        for role, place in zip(people.roles, people.region, strict=True)
    ]
    return pd.DataFrame(
        {
            "rep_id": people.ids,
            "name": people.names,
            "team": [f"{name}销售部" if name else "销售管理部" for name in region],
            "region": region,
            "role": people.roles,
            "hire_date": as_dates(people.hired),
            "leave_date": as_dates(left),
            "industry_years": people.industry_years,
            "mentor_id": [people.ids[place] if place >= 0 else None for place in people.mentor],
            "manager_id": managers,
            "fte": np.ones(len(people.ids)),
        }
    )
