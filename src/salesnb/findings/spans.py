"""The stretches of time rules compare: the last three months with the twelve before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.findings.lens import Lens
from salesnb.period import Period, Window

RECENT_MONTHS = 3
BEFORE_MONTHS = 12


@dataclass(frozen=True)
class Spans:
    """Recent months and those before, with what the same recent months were a year ago."""

    recent: Window
    before: Window
    last_year: Window

    @property
    def scale(self) -> float:
        """Length of the recent span over that of the one before."""
        return self.recent.days / max(self.before.days, 1)


def months(lens: Lens, count: int, skip: int = 0) -> list[Period]:
    """Give the last `count` months up to the report's, leaving the last `skip` out."""
    last = lens.dataset.calendar.period_at(lens.window.end)
    return [last.shift(-step) for step in range(count + skip - 1, skip - 1, -1)]


def over(lens: Lens, periods: Iterable[Period]) -> Window:
    """Give the days from the first to the last of some months, none after the report's day."""
    windows = [lens.dataset.calendar.window(period) for period in periods]
    return Window(windows[0].start, min(windows[-1].end, lens.as_of))


def spans(lens: Lens) -> Spans:
    """Give the spans of a report."""
    recent = months(lens, RECENT_MONTHS)
    calendar = lens.dataset.calendar
    last_year = [calendar.same_elapsed(month, lens.as_of, month.last_year) for month in recent]
    return Spans(
        over(lens, recent),
        over(lens, months(lens, BEFORE_MONTHS, RECENT_MONTHS)),
        Window(last_year[0].start, last_year[-1].end),
    )


def inside(frame: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    """Give the rows whose day lies in a window."""
    days = frame[column].to_numpy()
    chosen = (days >= np.datetime64(window.start)) & (days < np.datetime64(window.end) + 1)
    first, many = int(chosen.argmax()) if len(chosen) else 0, int(chosen.sum())
    # Most tables lie in order of day: a slice copies no row.
    together = bool(chosen[first : first + many].all())
    return frame.iloc[first : first + many] if together else frame[chosen]
