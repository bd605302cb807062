"""The company's days: which are worked, and how much is sold on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from salesnb.period import Calendar, Window
from salesnb.sample.draws import Flags, Floats, Ints

FIRST = date(2021, 1, 1)
LAST = date(2024, 6, 30)
"""First and last day of orders; 2024 is unfinished on purpose."""

END = (LAST - FIRST).days
"""Number of the last day; days are numbered from 0."""

YEARS = (2021, 2022, 2023, 2024)

FESTIVALS = (date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10))
"""New Year's Day of the lunar year: 春节 moves between January and February."""

_MONTHS = (1.0, 0.98, 1.04, 0.97, 0.97, 1.06, 0.94, 0.95, 1.04, 1.0, 1.02, 1.08)
"""How much is sold on a working day of each month when nothing else is going on."""

_TREND = 0.10
"""Growth from the first to the last day of a year, so that years join without a step."""


@dataclass(frozen=True)
class Days:
    """Every day from `FIRST` to the end of 2024, as arrays in order.

    Attributes
    ----------
    year, month, weekday
        Month counts from 0 over all years; weekday from 0 for Monday.
    worked
        Whether the company works.
    weight
        How much is sold, relative to other days of the same year.
    promoted
        How much more of it goes online: 618 and 双11.
    """

    year: Ints
    month: Ints
    weekday: Ints
    worked: Flags
    weight: Floats
    promoted: Floats
    cumulated: Floats

    def on_or_after(self, days: Ints) -> Ints:
        """Give the first working day from each day on."""
        worked = np.flatnonzero(self.worked)
        return worked[np.searchsorted(worked, np.clip(days, 0, worked[-1]))]

    def at(self, start: Ints, end: Ints, share: Floats) -> Ints:
        """Give the day by which a share of what is sold from `start` to `end` has been sold."""
        before = np.r_[0.0, self.cumulated]
        low, high = before[start], before[end + 1]
        found = np.searchsorted(self.cumulated, low + share * (high - low))
        return np.clip(found, start, end)


@lru_cache(maxsize=1)
def days() -> Days:
    """Give the days of the sample company."""
    calendar = Calendar()
    last = date(2024, 12, 31)
    every = [FIRST + timedelta(days=step) for step in range((last - FIRST).days + 1)]
    worked_dates = set(calendar.workday_dates(Window(FIRST, last)))
    worked = np.array([day in worked_dates for day in every])
    year = np.array([day.year for day in every], dtype=np.int64)
    of_year = np.array([day.month - 1 for day in every], dtype=np.int64)
    month = (year - FIRST.year) * 12 + of_year
    weekday = np.array([day.weekday() for day in every], dtype=np.int64)
    share = np.array([day.timetuple().tm_yday / 365 for day in every])
    promoted = np.array([_promotion(day) for day in every])
    weight = np.where(worked, 1.0, 0.08) * np.array(_MONTHS)[of_year]
    weight = weight * (1 + _TREND * share) * _push(month, worked) * _festival(every)
    weight = weight * (1 + 0.06 * promoted)
    weight.setflags(write=False)
    return Days(year, month, weekday, worked, weight, promoted, np.cumsum(weight))


def _promotion(day: date) -> float:
    return float((day.month == 6 and day.day <= 18) or (day.month == 11 and day.day <= 11))


def _push(month: Ints, worked: Flags) -> Floats:
    """Sell more in the last working days of a month, most of all of a quarter."""
    factor = np.ones(len(month))
    for each in np.unique(month):
        last = np.flatnonzero((month == each) & worked)
        if each % 3 == 2:
            factor[last[-8:]] = np.linspace(1.1, 1.55, 8)
        else:
            factor[last[-3:]] = 1.15
    return factor


def _festival(every: list[date]) -> Floats:
    """Sell little around the Spring Festival: a fortnight before it winds down."""
    factor = np.ones(len(every))
    for festival in FESTIVALS:
        away = np.array([(day - festival).days for day in every])
        factor[(away >= -12) & (away < 0)] = 0.62
        factor[(away >= 0) & (away <= 12)] = 0.55
    return factor


def day_number(day: date) -> int:
    """Give the number of a day.

    Examples
    --------
    >>> day_number(date(2021, 1, 31))
    30
    """
    return (day - FIRST).days


def year_days(year: int) -> tuple[int, int]:
    """Give first and last day of a year as numbers, the last not after `LAST`."""
    return day_number(date(year, 1, 1)), min(day_number(date(year, 12, 31)), END)


def as_dates(numbers: Ints | Floats) -> np.ndarray:
    """Give days as dates; what is not a number is no date."""
    known = ~np.isnan(numbers.astype(float))
    found = np.full(len(numbers), np.datetime64("NaT"), dtype="datetime64[us]")
    whole = np.asarray(numbers)[known].astype("int64").astype("timedelta64[D]")
    found[known] = np.datetime64(FIRST).astype("datetime64[D]") + whole
    return found


def as_moments(numbers: Ints | Floats, hours: Floats) -> np.ndarray:
    """Give days and hours as moments, to the minute."""
    minutes = np.round(np.nan_to_num(hours) * 60).astype("int64").astype("timedelta64[m]")
    found = as_dates(numbers) + minutes
    found[np.isnan(hours)] = np.datetime64("NaT")
    return found
