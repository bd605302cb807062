"""Actions over time: planned, done, running, overdue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.canvas import (
    NARROW,
    SIZE,
    SMALL,
    WIDE,
    bar,
    blank,
    drawing,
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.frames import pick, rows, words
from salesnb.language import Language, is_missing

_COLOURS = {
    "done": "actual",
    "running": "accent",
    "planned": "ghost",
    "overdue": "bad",
    "cancelled": "grid",
}
# Gives the pixel of a day.
Across = Callable[[Any], float]
_STEPS = (1, 2, 7, 14, 30, 61, 91, 182, 365)


def draw_gantt(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    as_of: date,
    subtitle: str = "",
    so_what: str = "",
) -> Chart:
    """Draw one bar for each action from its start to its due day, with owner and progress.

    Parameters
    ----------
    frame
        One row for each action: `label`, `start`, `end` (dates), `owner`, `status` (done, running,
        planned, overdue or cancelled); optional `progress` (0 to 1).
    as_of
        The day the report speaks of; a line marks it.
    """
    dated = frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))
    items = rows(dated)
    with drawing():
        wide, narrow = (_draw(items, language, as_of, width) for width in (WIDE, NARROW))
    facts = [
        f"{item['label']} {_state(language, item)} {language.date(item['end'])}" for item in items
    ]
    names = ["label", "owner", "start", "end", "status"]
    data = pick(dated, names).assign(
        status=[language(f"figures.status.{status}") for status in words(dated, "status")]
    )
    kinds = {"start": "date", "end": "date"}
    fields = tuple(
        Field(
            name,
            language(f"figures.field.{'name' if name == 'label' else name}"),
            kinds.get(name, "text"),
        )
        for name in names
    )
    alt = alt_text(language, "gantt", title, facts)
    return Chart("gantt", title, wide, narrow, alt, subtitle, so_what, data, fields)


def _state(language: Language, item: dict[str, Any]) -> str:
    status = language(f"figures.status.{item['status']}")
    progress = item.get("progress")
    running = item["status"] in {"running", "overdue"}
    return f"{status} {progress:.0%}" if running and not is_missing(progress) else status


def _draw(items: list[dict[str, Any]], language: Language, as_of: date, width: int) -> Figure:
    narrow = width == NARROW
    labels = [str(item["label"]) for item in items]
    notes = [
        " · ".join(part for part in (str(item["owner"]), _state(language, item)) if part)
        for item in items
    ]
    known = [
        item[name] for item in items for name in ("start", "end") if not is_missing(item[name])
    ]
    today = pd.Timestamp(as_of)
    first, last = min([today, *known]), max([today, *known])
    days = max((last - first).days, 1)
    room = 0.0 if narrow else min(max(text_width(text, SIZE) for text in labels), width * 0.32) + 14
    note_room = 0.0 if narrow else min(max(text_width(t, SMALL) for t in notes), width * 0.22) + 12
    left, right = room, width - note_room
    row, head = (48.0, 24.0) if narrow else (30.0, 24.0)
    figure, axes = blank(width, head + row * len(labels) + 2)

    def x(day: Any) -> float:
        return left + (day - first).days / days * (right - left)

    bottom = head + row * len(labels)
    _draw_days(axes, language, first, last, x, bottom, today)
    for place, item in enumerate(items):
        top = head + place * row
        if narrow:
            note = fit(notes[place], SMALL, width * 0.5)
            free = width - text_width(note, SMALL) - 10
            write(axes, 0, top + 14, fit(labels[place], SIZE, free), "ink")
            colour = "bad" if item["status"] == "overdue" else "muted"
            write(axes, width, top + 14, note, colour, SMALL, "right")
            top += 26
        else:
            write(axes, 0, top + 15, fit(labels[place], SIZE, room - 14), "ink")
            colour = "bad" if item["status"] == "overdue" else "muted"
            note = fit(notes[place], SMALL, note_room - 10)
            write(axes, width, top + 15, note, colour, SMALL, "right")
            top += 8
        _draw_bar(axes, item, x, top)
    return figure


def _draw_bar(axes: Axes, item: dict[str, Any], x: Across, top: float) -> None:
    start, end, status = item["start"], item["end"], item["status"]
    if is_missing(start) and is_missing(end):
        return
    from_ = x(end if is_missing(start) else start)
    span = max(x(start if is_missing(end) else end) - from_, 4.0)
    progress = item.get("progress")
    if status in {"running", "overdue"} and not is_missing(progress):
        bar(axes, from_, top, span, 14, "bad_soft" if status == "overdue" else "accent_soft")
        span = max(span * min(float(progress or 0.0), 1.0), 2.0)
    bar(axes, from_, top, span, 14, _COLOURS[status])


def _draw_days(
    axes: Axes,
    language: Language,
    first: Any,
    last: Any,
    x: Across,
    bottom: float,
    today: Any,
) -> None:
    """Draw the days along the top, as many as fit, and the line of today."""
    word = language("figures.today")
    at = x(today)
    half = text_width(word, SMALL) / 2
    left, right = x(first), x(last)
    centre = min(max(at, left + half), right - half)
    line(axes, [at, at], [18, bottom], "accent", 1.0, zorder=3)
    write(axes, centre, 9, word, "accent", SMALL, "center")
    taken = [(centre - half, centre + half)]
    widest = text_width(language.date(date(2024, 12, 30), short=True), SMALL) + 14
    days = max((last - first).days, 1)
    step = next((s for s in _STEPS if (right - left) / days * s >= widest), _STEPS[-1])
    day = first
    while day <= last:
        name = language.date(day.date(), short=True)
        half = text_width(name, SMALL) / 2
        middle = x(day)
        centre = min(max(middle, left + half), right - half)
        line(axes, [middle, middle], [18, bottom], "grid", 1.0, zorder=0)
        if all(centre + half + 6 < low or centre - half - 6 > high for low, high in taken):
            write(axes, centre, 9, name, "muted", SMALL, "center")
            taken.append((centre - half, centre + half))
        day += timedelta(days=step)
