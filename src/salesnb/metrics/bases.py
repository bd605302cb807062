"""What a period is compared with, and how the two are set against each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.buyers import grace
from salesnb.metrics.cells import Cells, Values, aligned, divided
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
    day = as_of or dataset.as_of
    # Counting working days of a year takes longer than adding its sales up.
    return dataset.kept(("spans", when, to, day), lambda: _spans(dataset.calendar, when, to, day))


def _spans(calendar: Calendar, when: Period | Window, to: str, day: date) -> Spans:
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
) -> Cells:
    """Compute a metric for two spans of days and set one against the other.

    Parameters
    ----------
    view
        What is asked; its window does not matter.
    workday_adjusted
        Whether growth of what adds up over days is that of the value a working day (E04).

    Returns
    -------
    One cell for each combination in either span: `by`, `current`, `base`, `change` (current less
    base), `growth`, `n`, `base_n`, `turn` (`to_positive` or `to_negative` where the sign changed,
    E02) and `reason`: `new_item` and `lost_item` for what is in one span only (E05, E06),
    `negative_base` for no growth over a base not above zero, `no_history`, or the reason of the
    side that has no value, or its mark.
    """
    current = evaluate(metric, view.during(between.current))
    if between.base.days == 0 or between.current.days == 0:
        return _only(current, "too_early")
    if metric.begins(view.dataset) > grace(between.base.start):
        return _only(current, NO_HISTORY)
    adjusted = workday_adjusted and metric.additive
    if adjusted and not (between.workdays and between.base_workdays):
        return _only(current, "too_early")
    base = evaluate(metric, view.during(between.base))
    factor = between.base_workdays / between.workdays if adjusted else 1.0
    return _grown(*_joined(current, base, metric), factor)


def _only(current: Cells, reason: str) -> Cells:
    """Give a comparison that has no base."""
    why = np.where(np.isnan(current["value"]), current["reason"], reason)
    return Cells(current.by, current.labels, {}).plus(
        current=current["value"],
        base=np.nan,
        change=np.nan,
        growth=np.nan,
        n=current["n"],
        base_n=0,
        turn="",
        reason=why,
    )


def _joined(current: Cells, base: Cells, metric: Metric) -> tuple[Cells, Values]:
    """Set both sides beside each other, and tell what is in one only.

    What adds up counts 0 where it has no rows.
    """
    left = current.renamed(value="current", reason="why").without("numerator", "denominator")
    right = base.renamed(value="base", n="base_n", reason="base_why")
    both, now, then = aligned(left, right.without("numerator", "denominator"))
    new, lost = now & ~then, then & ~now
    counts = metric.rollup in ("sum", "distinct")
    values = {
        name: np.where(there, both[name], 0.0 if counts else np.nan)
        for name, there in (("current", now), ("base", then))
    }
    if counts:
        # Nothing sold is a base of nothing, also when the whole has rows elsewhere.
        new |= (both["base_n"] == 0) & (both["n"] > 0) & (np.nan_to_num(values["base"]) == 0)
        lost |= (both["n"] == 0) & (both["base_n"] > 0) & (np.nan_to_num(values["current"]) == 0)
    why = np.where([reason is None for reason in both["why"]], both["base_why"], both["why"])
    why[new], why[lost] = NEW, LOST
    return both.plus(**values, reason=why).without("why", "base_why"), new | lost


def _grown(both: Cells, fresh: Values, factor: float) -> Cells:
    current, base = both["current"], both["base"]
    usable = (base > 0) & ~fresh
    growth = divided(current * factor, np.where(usable, base, 0.0)) - 1
    reason = both["reason"].copy()
    reason[~usable & ~fresh & ~np.isnan(current) & ~np.isnan(base)] = NEGATIVE
    turn = np.full(len(both), "", dtype=object)
    turn[(base < 0) & (current > 0)] = "to_positive"
    turn[(base > 0) & (current < 0)] = "to_negative"
    return both.plus(change=current - base, growth=growth, turn=turn, reason=reason)


COMPARED = ("current", "base", "change", "growth", "n", "base_n", "turn", "reason")
"""What a comparison has beside its dimensions."""
