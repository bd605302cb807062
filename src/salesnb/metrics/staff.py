"""Who was there to sell, and for how much of the time."""

from __future__ import annotations

import numpy as np

from salesnb.metrics.cells import Cells, Values, days
from salesnb.metrics.metric import View
from salesnb.metrics.rows import Rows
from salesnb.period import Window

FAR = np.datetime64("9999-12-31")


def people(view: View, selling: bool = False) -> Rows:
    """Give the people of a view; only those in a selling role where the settings name some."""
    rows = view.rows("reps")
    roles = view.settings.selling_roles
    return rows.where("role", roles) if selling and roles else rows


def days_employed(rows: Rows, window: Window) -> Values:
    """Count each person's days on the payroll in a window; a leave date is the last day."""
    hired, left = spells(rows)
    first = np.maximum(hired, np.datetime64(window.start))
    last = np.minimum(left, np.datetime64(window.end))
    return np.clip(days(last, first) + 1, 0, None)


def spells(rows: Rows) -> tuple[Values, Values]:
    """Give each person's first and last day; who has none was always and is still there."""
    start = np.datetime64("0001-01-01")
    found = []
    for name, otherwise in (("hire_date", start), ("leave_date", FAR)):
        if name in rows.frame.columns:
            days = rows.values(name).astype("datetime64[D]")
        else:
            days = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
        found.append(np.where(np.isnat(days), otherwise, days))
    return found[0], found[1]


def employed(rows: Rows, day: object) -> Values:
    """Tell who was on the payroll on a day."""
    hired, left = spells(rows)
    return (hired <= np.datetime64(day)) & (left >= np.datetime64(day))  # type: ignore[call-overload]


def staff_months(view: View) -> Cells:
    """Count people on average over the window, each by days there and share of full time."""
    rows = people(view, selling=True)
    share = _share_of_window(view, rows)
    if "fte" in rows.frame.columns:
        fte = rows.values("fte")
        share = share * np.where(np.isnan(fte), 1.0, fte)
    return _averages(view, rows, share)


def heads(view: View) -> Cells:
    """Count heads on average over the window, each by days there."""
    rows = people(view)
    return _averages(view, rows, _share_of_window(view, rows))


def _share_of_window(view: View, rows: Rows) -> Values:
    window = Window(view.window.start, view.end)
    return days_employed(rows, window) / max(window.days, 1)


def _averages(view: View, rows: Rows, share: Values) -> Cells:
    there = share > 0
    return rows.keep(there).sums(view.by, value=share[there])
