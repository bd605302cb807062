"""What a period is compared with, and how the two are set against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.buyers import grace
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import NEGATIVE, NO_HISTORY, Metric, View, evaluate
from salesnb.period import Calendar, Period, Window

To = Literal["year", "month", "quarter", "previous"]

NEW, LOST = "new_item", "lost_item"


@dataclass(frozen=True)
class Spans:
    """The days compared: those of the period so far, and those of its base.

    Attributes
    ----------
    workdays, base_workdays
        Working days in each.
    finished
        Whether the period is over; else both hold the same count of working days.
    festival_moved
        Whether a long break, such as the Spring Festival, takes other days from one than from
        the other (E04).
    """

    current: Window
    base: Window
    workdays: int
    base_workdays: int
    finished: bool
    festival_moved: bool


def spans(dataset: Dataset, when: Period | Window, to: str, as_of: date | None = None) -> Spans:
    """Give the days to compare; those of an unfinished period against as many working days (E03).

    Parameters
    ----------
    when
        A period; or a window, whose base is the same days a year, a quarter or a month before.
    to
        `year`, `quarter`, `month` or `previous`.
    as_of
        Last day known; by default the dataset's.

    Raises
    ------
    MetricError
        If the kind of period has no such base.
    """
    calendar, day = dataset.calendar, as_of or dataset.as_of
    if isinstance(when, Window):
        current, base, finished = _window_spans(calendar, when, to, day)
    else:
        before = base_period(when, to)
        finished = is_over(calendar, calendar.window(when), day)
        if finished:
            current, base = calendar.window(when), calendar.window(before)
        else:
            current = calendar.elapsed(when, day)
            base = calendar.same_elapsed(when, day, before)
    return Spans(
        current,
        base,
        calendar.workdays(current),
        calendar.workdays(base),
        finished,
        break_days(calendar, current) != break_days(calendar, base),
    )


def base_period(period: Period, to: str) -> Period:
    """Give the period that one is compared with.

    Examples
    --------
    >>> str(base_period(Period.parse("2024-06"), "quarter"))
    '2024-03'
    """
    steps = {
        ("month", "month"): 1,
        ("month", "quarter"): 3,
        ("month", "year"): 12,
        ("quarter", "quarter"): 1,
        ("quarter", "year"): 4,
        ("year", "year"): 1,
    }
    if to == "previous":
        return period.previous
    if (period.kind, to) not in steps:
        options = sorted(base for kind, base in steps if kind == period.kind)
        raise MetricError(
            Problem(f"a {period.kind} cannot be compared with a `{to}`", fix=suggest(to, options))
        )
    return period.shift(-steps[period.kind, to])


def is_over(calendar: Calendar, window: Window, day: date) -> bool:
    """Tell whether no working day of a window remains after a day."""
    if day >= window.end:
        return True
    rest = Window(max(day + timedelta(days=1), window.start), window.end)
    return day >= window.start and calendar.workdays(rest) == 0


def shifted(window: Window, months: int) -> Window:
    """Move a window back by months; a window that ends a month still does.

    Examples
    --------
    >>> moved = shifted(Window(date(2024, 2, 1), date(2024, 2, 29)), 12)
    >>> moved.start.isoformat(), moved.end.isoformat()
    ('2023-02-01', '2023-02-28')
    """
    back = pd.DateOffset(months=months)
    after = pd.Timestamp(window.end) + pd.Timedelta(days=1) - back
    start = (pd.Timestamp(window.start) - back).date()
    return Window(start, (after - pd.Timedelta(days=1)).date())


def _window_spans(
    calendar: Calendar, window: Window, to: str, day: date
) -> tuple[Window, Window, bool]:
    months = {"year": 12, "quarter": 3, "month": 1}
    if to not in months:
        raise MetricError(
            Problem(f"a window cannot be compared with `{to}`", fix=suggest(to, sorted(months)))
        )
    base = shifted(window, months[to])
    if is_over(calendar, window, day):
        return window, base, True
    current = Window(window.start, min(window.end, day))
    count = calendar.workdays(current)
    days = calendar.workday_dates(base)
    last = days[count - 1] if 0 < count <= len(days) else base.start - timedelta(days=1)
    return current, Window(base.start, base.end if count > len(days) else last), False


def break_days(calendar: Calendar, window: Window) -> int:
    """Count the days of a window that lie in a break of six days or more without work.

    Examples
    --------
    >>> break_days(Calendar(), Window(date(2024, 2, 1), date(2024, 2, 29)))
    8
    """
    wide = Window(window.start - timedelta(days=10), window.end + timedelta(days=10))
    found, run = 0, []
    for step in range(wide.days + 1):
        day = wide.start + timedelta(days=step)
        if step < wide.days and not calendar.is_workday(day):
            run.append(day)
            continue
        found += sum(day in window for day in run) if len(run) >= 6 else 0
        run = []
    return found


def set_against(
    metric: Metric, view: View, between: Spans, workday_adjusted: bool = False
) -> pd.DataFrame:
    """Compute a metric for two spans of days and set one against the other.

    Parameters
    ----------
    view
        What is asked; its window does not matter.
    workday_adjusted
        Whether growth of what adds up over days is that of the value a working day (E04).

    Returns
    -------
    One row for each combination in either span: `by`, `current`, `base`, `change` (current less
    base), `growth`, `n`, `base_n`, `turn` (`to_positive` or `to_negative` where the sign changed,
    E02) and `reason`: `new_item` and `lost_item` for what is in one span only (E05, E06),
    `negative_base` for no growth over a base not above zero, `no_history`, or the reason of the
    side that has no value, or its mark.
    """
    by = list(view.by)
    current = evaluate(metric, view.during(between.current))
    if between.base.days == 0 or between.current.days == 0:
        return _only(current, by, "too_early")
    if metric.begins(view.dataset) > grace(between.base.start):
        return _only(current, by, NO_HISTORY)
    base = evaluate(metric, view.during(between.base))
    both = _joined(current, base, by, metric)
    factor = 1.0
    if workday_adjusted and metric.additive:
        if not between.workdays or not between.base_workdays:
            return _only(current, by, "too_early")
        factor = between.base_workdays / between.workdays
    return _grown(both, by, factor)


def _only(current: pd.DataFrame, by: Sequence[str], reason: str) -> pd.DataFrame:
    """Give a comparison that has no base."""
    missing = current["value"].isna() & current["reason"].notna()
    return current[[*by]].assign(
        current=current["value"],
        base=np.nan,
        change=np.nan,
        growth=np.nan,
        n=current["n"],
        base_n=0,
        turn="",
        reason=current["reason"].where(missing, reason),
    )


def _joined(
    current: pd.DataFrame, base: pd.DataFrame, by: Sequence[str], metric: Metric
) -> pd.DataFrame:
    """Set both sides beside each other; what adds up counts 0 where it has no rows."""
    names = {"value": "current", "n": "n", "reason": "why"}
    left = current[[*by, *names]].rename(columns=names)
    names = {"value": "base", "n": "base_n", "reason": "base_why"}
    right = base[[*by, *names]].rename(columns=names)
    if by:
        both = left.merge(right, on=list(by), how="outer", validate="one_to_one", indicator="side")
        side = both["side"].astype("str")
    else:
        both = left.join(right)
        side = pd.Series("both", index=both.index)
    new, lost = (side == "left_only"), (side == "right_only")
    counts = both[["n", "base_n"]].fillna(0).astype("int64")
    if metric.rollup in ("sum", "distinct"):
        # Nothing sold is a base of nothing, also when the whole has rows elsewhere.
        new |= (counts["base_n"] == 0) & (counts["n"] > 0) & (both["base"].fillna(0) == 0)
        lost |= (counts["n"] == 0) & (counts["base_n"] > 0) & (both["current"].fillna(0) == 0)
        both = both.assign(
            current=both["current"].mask(lost, 0.0), base=both["base"].mask(new, 0.0)
        )
    why = both["why"].where(both["why"].notna(), both["base_why"]).astype(object)
    why = why.mask(new, NEW).mask(lost, LOST)
    return both.assign(n=counts["n"], base_n=counts["base_n"], reason=why)


def _grown(both: pd.DataFrame, by: Sequence[str], factor: float) -> pd.DataFrame:
    current, base = both["current"].astype(float), both["base"].astype(float)
    reason = both["reason"].where(both["reason"].notna(), None)
    fresh = reason.isin([NEW, LOST])
    usable = (base > 0) & ~fresh
    growth = (current * factor / base.where(usable)) - 1
    bad = ~usable & ~fresh & current.notna() & base.notna()
    turn = np.where(
        (base < 0) & (current > 0), "to_positive",
        np.where((base > 0) & (current < 0), "to_negative", ""),
    )  # fmt: skip
    return both.assign(
        change=current - base,
        growth=growth,
        turn=turn,
        reason=reason.mask(bad, NEGATIVE),
    )[[*by, "current", "base", "change", "growth", "n", "base_n", "turn", "reason"]]
