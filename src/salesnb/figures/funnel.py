"""Funnels: how much is left after each step."""

from __future__ import annotations

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
    fitted,
    label_room,
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import text_width
from salesnb.figures.frames import flags, numbers, pick, rows, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import delta_colour, delta_text, with_unit
from salesnb.language import Language, is_missing

_STEP = 46.0


def draw_funnel(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "count",
) -> Chart:
    """Draw stages as plain bars with the rate from each to the next between them.

    Parameters
    ----------
    frame
        One row for each stage in order: `label`, `value`; optional `rate` (from the stage before,
        0 to 1, where it is not just the ratio of the two values), `base_rate` (the same of the
        period compared with) and `highlight` (bool: the step the title speaks of).
    """
    if "rate" not in frame:
        before = frame["value"].shift().where(lambda values: values > 0)
        frame = frame.assign(rate=frame["value"] / before)
    scale = scale_of(language, unit, frame["value"])
    with drawing():
        wide, narrow = (_draw_funnel(frame, language, scale, width) for width in (WIDE, NARROW))
    facts = []
    for row in rows(frame):
        rate = "" if is_missing(row["rate"]) else f" {language.percent(row['rate'])}"
        facts.append(f"{row['label']} {with_unit(row['value'], scale)}{rate}")
    rates = [name for name in ("rate", "base_rate") if name in frame]
    fields = (
        Field("label", language("figures.field.step")),
        Field("value", language("figures.field.value"), unit),
        *(Field(name, language(f"figures.field.{name}"), "percent") for name in rates),
    )
    data = pick(frame, ["label", "value", *rates])
    alt = alt_text(language, "funnel", title, facts)
    return Chart("funnel", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _draw_funnel(frame: DataFrame, language: Language, scale: Scale, width: int) -> Figure:
    values, labels = numbers(frame, "value"), words(frame, "label")
    rates, before = numbers(frame, "rate"), numbers(frame, "base_rate")
    lit = flags(frame, "highlight")
    points = [
        rate - old if not (is_missing(rate) or is_missing(old)) else float("nan")
        for rate, old in zip(rates, before, strict=False)
    ]
    point_scale = scale_of(language, "points", points)
    notes = []
    for place, rate in enumerate(rates):
        text = "" if is_missing(rate) else language.percent(rate)
        change = delta_text(points[place], point_scale) if before and text else ""
        notes.append((text, "" if change == point_scale.none else change))
    room = label_room(labels, width, 0.3)
    number = max(text_width(scale.text(value), SIZE) for value in values) + 8
    first = max(text_width(text, SIZE) for text, _ in notes)
    second = max(text_width(change, SMALL) for _, change in notes)
    rate_room = first + (second + 8 if second else 0) + 22
    left, right = room + 12, width - rate_room - number
    unit = (right - left) / (max([0.0, *(v for v in values if not is_missing(v))]) or 1.0)
    figure, axes = blank(width, _STEP * len(values) - 12)
    for place, value in enumerate(values):
        top = place * _STEP + 4
        colour = "accent" if lit[place] else "actual"
        write(axes, 0, top + 13, fitted(labels, room)[place], "accent" if lit[place] else "ink")
        if not is_missing(value):
            bar(axes, left, top, max(value * unit, 1.0), 26, colour)
        reach = left + (0.0 if is_missing(value) else value) * unit
        write(axes, reach + 6, top + 13, scale.text(value), "ink")
        text, change = notes[place]
        if text:
            middle = top - (_STEP - 26) / 2
            hook = width - rate_room + 8
            line(
                axes,
                [hook, hook + 6, hook + 6, hook],
                [top - 28, top - 28, top + 8, top + 8],
                "axis",
            )
            write(axes, hook + 12, middle, text, "accent" if lit[place] else "ink")
            if change:
                merit = delta_colour(points[place], "up")
                write(axes, width, middle, change, merit, SMALL, "right")
    line(axes, [left, left], [0, _STEP * len(values) - 12], "axis", 1.0)
    return figure
