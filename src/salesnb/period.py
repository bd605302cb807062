"""Months, quarters and years as a company counts them, and its working days."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, TypeVar

import holidays
import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem

Kind = Literal["month", "quarter", "year"]
Months = TypeVar("Months", int, np.ndarray)

_PER_YEAR = {"month": 12, "quarter": 4, "year": 1}
_PATTERNS: dict[Kind, re.Pattern[str]] = {
    "month": re.compile(r"(\d{4})-(0[1-9]|1[0-2])"),
    "quarter": re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE),
    "year": re.compile(r"(\d{4})()"),
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """A month, a quarter or a year, written `2024-06`, `2024Q2` or `2024`.

    Quarters and years are those of the company's fiscal year; which days they hold is the
    calendar's to say. Periods of one kind are ordered and can be stepped.

    Examples
    --------
    >>> june = Period.parse("2024-06")
    >>> str(june.shift(-6)), str(june.last_year), june.kind
    ('2023-12', '2023-06', 'month')
    """

    kind: Kind
    ordinal: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2024-06`, `2024Q2` or `2024`.

        Raises
        ------
        ParameterError
            If the text is none of the three.
        """
        for kind, pattern in _PATTERNS.items():
            match = pattern.fullmatch(str(text).strip())
            if match:
                per_year = _PER_YEAR[kind]
                return cls(kind, int(match[1]) * per_year + int(match[2] or 1) - 1)
        raise ParameterError(
            Problem(
                "`period` is not a period", got=repr(text), fix="Write 2024-06, 2024Q2 or 2024."
            )
        )

    @property
    def year(self) -> int:
        """The year in its name."""
        return self.ordinal // _PER_YEAR[self.kind]

    @property
    def index(self) -> int:
        """1 to 12 for a month, 1 to 4 for a quarter, 1 for a year."""
        return self.ordinal % _PER_YEAR[self.kind] + 1

    def shift(self, steps: int) -> Period:
        """Give the period that many steps later (earlier when negative)."""
        return Period(self.kind, self.ordinal + steps)

    @property
    def previous(self) -> Period:
        """The period just before."""
        return self.shift(-1)

    @property
    def next(self) -> Period:
        """The period just after."""
        return self.shift(1)

    @property
    def last_year(self) -> Period:
        """The same period a year before."""
        return self.shift(-_PER_YEAR[self.kind])

    def __str__(self) -> str:
        if self.kind == "month":
            return f"{self.year}-{self.index:02d}"
        return f"{self.year}Q{self.index}" if self.kind == "quarter" else str(self.year)


@dataclass(frozen=True)
class Window:
    """Days from `start` to `end`, both counted.

    Examples
    --------
    >>> Window(date(2024, 2, 1), date(2024, 2, 29)).days
    29
    """

    start: date
    end: date

    @property
    def days(self) -> int:
        """Calendar days in the window; 0 when it is empty."""
        return max((self.end - self.start).days + 1, 0)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@lru_cache(maxsize=256)
def _days_off(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Public holidays, and weekend days worked to make up for them, of one year."""
    if not country:
        return frozenset(), frozenset()
    found = holidays.country_holidays(country, years=[year])
    return (
        frozenset(day for day in found if day.year == year),
        frozenset(day for day in found.weekend_workdays if day.year == year),
    )


@lru_cache(maxsize=64)
def _has_calendar(country: str) -> bool:
    """Whether a country's holidays are known; the list of all countries costs 250 imports."""
    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=64)
def _has_makeup_days(country: str) -> bool:
    """Whether the country moves working days to weekends, as China does."""
    return any(_days_off(country, year)[1] for year in range(2018, 2025))


@dataclass(frozen=True)
class Calendar:
    """How the company cuts time, and on which days it works.

    Parameters
    ----------
    fiscal_start
        First month of the fiscal year, 1 to 12.
    fiscal_named
        Whether the fiscal year is named after the calendar year it starts or ends in.
    close_day
        Last day of a month, 1 to 28; 0 for the month's own end. With 25, `2024-06` runs from
        26 May to 25 June.
    week_start
        0 for Monday to 6 for Sunday.
    country
        Country whose public holidays count, as in the `holidays` package; "" for none.
    overrides
        Days that are (True) or are not (False) worked, whatever the country says.
    months
        First day of each month where neither the calendar nor `close_day` says it (4-4-5 and
        the like): month → first day, without gaps; the last entry only closes the one before.

    Examples
    --------
    >>> calendar = Calendar(fiscal_start=4)
    >>> year = calendar.window(Period.parse("2024"))
    >>> year.start.isoformat(), year.end.isoformat()
    ('2024-04-01', '2025-03-31')
    >>> Calendar().workdays(Calendar().window(Period.parse("2024-02")))
    18
    """

    fiscal_start: int = 1
    fiscal_named: Literal["start", "end"] = "start"
    close_day: int = 0
    week_start: int = 0
    country: str = "CN"
    overrides: Mapping[date, bool] = field(default_factory=dict)
    months: Mapping[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [
            Problem(f"`{name}` is out of range", got=str(value), fix=f"Write {low} to {high}.")
            for name, value, low, high in (
                ("fiscal_start", self.fiscal_start, 1, 12),
                ("close_day", self.close_day, 0, 28),
                ("week_start", self.week_start, 0, 6),
            )
            if not low <= value <= high
        ]
        if self.country and not _has_calendar(self.country):
            problems.append(
                Problem(
                    "`country` has no holiday calendar",
                    got=repr(self.country),
                    fix="Write a two-letter code such as CN or US, or nothing.",
                )
            )
        if problems:
            raise ParameterError(problems)

    # Periods -----------------------------------------------------------------------------

    def window(self, period: Period) -> Window:
        """Give the days a period holds."""
        months = self.months_of(period)
        return Window(self._month_start(months[0]), self._month_start(months[-1].next) - _DAY)

    def months_of(self, period: Period) -> tuple[Period, ...]:
        """Give the months of a period, in order."""
        if period.kind == "month":
            return (period,)
        offset = self.fiscal_start - 1
        renamed = 1 if offset and self.fiscal_named == "end" else 0
        per = 12 // _PER_YEAR[period.kind]
        first = (
            (period.year - renamed) * 12
            + offset
            + (period.index - 1) * (per if period.kind == "quarter" else 0)
        )
        return tuple(Period("month", first + step) for step in range(per))

    def enclosing(self, period: Period, kind: Kind) -> Period:
        """Give the month, quarter or year that a period (of its first month) lies in."""
        return self._from_month(self.months_of(period)[0].ordinal, kind)

    def period_at(self, day: date, kind: Kind = "month") -> Period:
        """Give the period a day lies in."""
        if self.months:
            return self._from_month(int(self._month_ordinals(pd.DatetimeIndex([day]))[0]), kind)
        later = bool(self.close_day) and day.day > self.close_day
        return self._from_month(day.year * 12 + day.month - 1 + later, kind)

    def periods(self, window: Window, kind: Kind = "month") -> list[Period]:
        """Give every period that touches a window, in order."""
        if not window.days:
            return []
        first, last = self.period_at(window.start, kind), self.period_at(window.end, kind)
        return [Period(kind, ordinal) for ordinal in range(first.ordinal, last.ordinal + 1)]

    def labels(self, dates: pd.Series, kind: Kind = "month") -> pd.Series:
        """Name the period of each date; missing where the date is.

        Returns
        -------
        An ordered categorical series like `dates`, named like the kind.
        """
        index = pd.DatetimeIndex(dates)
        known = ~index.isna()
        ordinals = np.full(len(index), -1, dtype="int64")
        if known.any():
            ordinals[known] = self._ordinals_of(self._month_ordinals(index[known]), kind)
        # One name for each period there is, not one for each row.
        present = np.unique(ordinals[known])
        codes = np.where(known, np.searchsorted(present, ordinals), -1)
        names = [str(Period(kind, int(ordinal))) for ordinal in present]
        return pd.Series(
            pd.Categorical.from_codes(codes, names, ordered=True), index=dates.index, name=kind
        )

    def week_of(self, dates: pd.Series) -> pd.Series:
        """Give the first day of each date's week."""
        days = pd.to_datetime(dates).dt.normalize()
        return days - pd.to_timedelta((days.dt.day_of_week - self.week_start) % 7, unit="D")

    def _month_start(self, month: Period) -> date:
        if self.months and str(month) in self.months:
            return self.months[str(month)]
        if not self.close_day:
            return date(month.year, month.index, 1)
        before = month.previous
        return date(before.year, before.index, self.close_day) + _DAY

    def _month_ordinals(self, days: pd.DatetimeIndex) -> np.ndarray:
        ordinals = (days.year * 12 + days.month - 1).to_numpy().astype("int64")
        if self.close_day:
            ordinals = ordinals + (days.day > self.close_day)
        if self.months:
            starts = sorted((day, Period.parse(name).ordinal) for name, day in self.months.items())
            edges = pd.DatetimeIndex([day for day, _ in starts])
            place = edges.searchsorted(days.normalize(), side="right") - 1
            inside = (place >= 0) & (place < len(starts) - 1)
            named = np.array([ordinal for _, ordinal in starts])
            ordinals = np.where(inside, named[np.clip(place, 0, None)], ordinals)
        return ordinals

    def _ordinals_of(self, months: Months, kind: Kind) -> Months:
        if kind == "month":
            return months
        offset = self.fiscal_start - 1
        fiscal = months - offset + (12 if offset and self.fiscal_named == "end" else 0)
        return fiscal // (12 // _PER_YEAR[kind])

    def _from_month(self, month: int, kind: Kind) -> Period:
        return Period(kind, self._ordinals_of(month, kind))

    # Working days ------------------------------------------------------------------------

    def known(self, year: int) -> bool:
        """Whether the make-up working days of a year are published (or do not exist)."""
        if any(day.year == year for day in self.overrides):
            return True
        if not _has_makeup_days(self.country):
            return True
        return bool(_days_off(self.country, year)[1])

    def is_workday(self, day: date) -> bool:
        """Whether the company works on a day."""
        if day in self.overrides:
            return self.overrides[day]
        off, made_up = _days_off(self.country, day.year)
        return day in made_up or (day.weekday() < 5 and day not in off)

    def workday_dates(self, window: Window) -> list[date]:
        """List the working days of a window, in order."""
        days = (window.start + timedelta(days=step) for step in range(window.days))
        return [day for day in days if self.is_workday(day)]

    def workdays(self, window: Window) -> int:
        """Count the working days of a window."""
        return len(self.workday_dates(window))

    def workday_number(self, day: date, window: Window) -> int:
        """Count the working days of a window up to and with a day."""
        return self.workdays(Window(window.start, min(day, window.end)))

    def add_workdays(self, day: date, count: int) -> date:
        """Give the working day that many working days after a day.

        With 0 the day itself when it is worked, else the next working day.

        Examples
        --------
        >>> Calendar().add_workdays(date(2024, 9, 30), 1).isoformat()
        '2024-10-08'
        """
        while count > 0 or not self.is_workday(day):
            day += _DAY
            count -= self.is_workday(day)
        return day

    # Periods that are not over -----------------------------------------------------------

    def elapsed(self, period: Period, as_of: date) -> Window:
        """Cut a period at a day; the whole period when the day is past its end."""
        window = self.window(period)
        return Window(window.start, min(window.end, as_of))

    def finished(self, period: Period, as_of: date) -> bool:
        """Whether a period is over on a day."""
        return as_of >= self.window(period).end

    def same_elapsed(self, period: Period, as_of: date, base: Period) -> Window:
        """Give the first days of `base` that hold as many working days as `period` has had.

        The whole of `base` when the period is over, or when `base` has fewer working days than
        have passed; an empty window while no working day has passed.

        Examples
        --------
        >>> calendar, february = Calendar(), Period.parse("2024-02")
        >>> base = Period.parse("2023-02")
        >>> calendar.same_elapsed(february, date(2024, 2, 9), base).end.isoformat()
        '2023-02-10'
        """
        whole = self.window(base)
        if self.finished(period, as_of):
            return whole
        passed = self.elapsed(period, as_of)
        count = self.workdays(passed)
        days = self.workday_dates(whole)
        if count > len(days):
            return whole
        # Days off after the last working day passed count too, up to the next working day.
        trailing = passed.end - (self.workday_dates(passed) or [passed.start - _DAY])[-1]
        last = days[count - 1] if count else whole.start - _DAY
        limit = days[count] - _DAY if count < len(days) else whole.end
        return Window(whole.start, min(last + trailing, limit))


def four_four_five(first_day: date, first_month: Period, years: int = 1) -> dict[str, date]:
    """Give the first day of each month of a 4-4-5 year, for `Calendar(months=…)`.

    Parameters
    ----------
    first_day
        First day of the first week.
    first_month
        The month it opens.
    years
        How many years of 52 weeks to lay out.

    Examples
    --------
    >>> starts = four_four_five(date(2024, 1, 1), Period.parse("2024-01"))
    >>> starts["2024-02"].isoformat(), starts["2024-04"].isoformat()
    ('2024-01-29', '2024-04-01')
    """
    starts, day = {}, first_day
    weeks: Sequence[int] = (4, 4, 5)
    for step in range(12 * years):
        starts[str(first_month.shift(step))] = day
        day += timedelta(weeks=weeks[step % 3])
    starts[str(first_month.shift(12 * years))] = day
    return starts
