"""Ranked bars: who carries it, one row each, largest first."""

from __future__ import annotations

from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.canvas import (
    NARROW,
    SIZE,
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
from salesnb.figures.frames import flags, numbers, pick, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import delta_colour, delta_text, with_unit
from salesnb.language import Language, is_missing

_ROW = 30.0


def draw_bars(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    delta_unit: str = "percent",
    better: str = "up",
) -> Chart:
    """Draw one bar a row, in the order given, with its value and, where given, its change.

    Parameters
    ----------
    frame
        One row for each bar: `label`, `value`; optional `last_year` (drawn pale behind the bar),
        `target` (a dark tick), `delta` (a number at the end, with arrow and colour) and
        `highlight` (bool: the accent; without the column all bars are plain).
    delta_unit
        Unit of `delta`: percent (a growth) or points or that of the values.
    better
        `up`, `down` or `none`: which direction of `delta` is good.
    """
    columns = [name for name in ("value", "last_year", "target") if name in frame]
    scale = scale_of(language, unit, [value for name in columns for value in numbers(frame, name)])
    with drawing():
        wide, narrow = (
            _draw(frame, scale, language, delta_unit, better, width) for width in (WIDE, NARROW)
        )
    named = zip(words(frame, "label"), numbers(frame, "value"), strict=True)
    facts = [f"{label} {with_unit(value, scale)}" for label, value in named]
    shown = [*columns, *(["delta"] if "delta" in frame else [])]
    fields = (
        Field("label", language("figures.field.name")),
        *(
            Field(name, language(f"figures.field.{name}"), delta_unit if name == "delta" else unit)
            for name in shown
        ),
    )
    data = pick(frame, ["label", *shown])
    alt = alt_text(language, "bars", title, facts)
    return Chart("bars", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _draw(
    frame: DataFrame,
    scale: Scale,
    language: Language,
    delta_unit: str,
    better: str,
    width: int,
) -> Figure:
    values, labels = numbers(frame, "value"), words(frame, "label")
    lit = flags(frame, "highlight")
    before, targets = numbers(frame, "last_year"), numbers(frame, "target")
    deltas = numbers(frame, "delta")
    change_scale = scale_of(language, delta_unit, deltas)
    changes = [delta_text(value, change_scale) for value in deltas]
    change_room = max((text_width(text, SIZE) for text in changes), default=-12.0) + 12
    shown = [scale.text(value) for value in values]
    room = label_room(labels, width, 0.34 if width == NARROW else 0.28)
    number = max((text_width(text, SIZE) for text in shown), default=0.0)
    figure, axes = blank(width, _ROW * len(values) + 4)
    known = [value for value in [*values, *before, *targets] if not is_missing(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    left = room + 10 + (number + 6 if low < 0 and not (before or targets) else 0)
    right = width - change_room - number - 10
    column = bool(before or targets)
    unit = (right - left) / ((high - low) or 1.0)
    zero = left - low * unit
    for place, (value, label) in enumerate(zip(values, fitted(labels, room), strict=True)):
        top = place * _ROW + 4
        middle = top + 11
        write(axes, 0, middle, label, "accent" if lit[place] else "ink")
        if before and not is_missing(before[place]):
            bar(axes, zero, top + 13, before[place] * unit, 7, "last")
        if not is_missing(value):
            colour = "accent" if lit[place] else "actual"
            bar(axes, zero, top + 2, value * unit, 11 if before else 18, colour)
        if targets and not is_missing(targets[place]):
            at = zero + targets[place] * unit
            line(axes, [at, at], [top - 1, top + 23], "target", 2.0, zorder=4)
        colour = "accent" if lit[place] else "ink"
        end = 0.0 if is_missing(value) else value * unit
        if column:
            write(axes, width - change_room, middle, shown[place], colour, SIZE, "right")
        elif end < 0:
            write(axes, zero + end - 6, middle, shown[place], colour, SIZE, "right")
        else:
            write(axes, zero + end + 6, middle, shown[place], colour)
        if changes:
            colour = delta_colour(deltas[place], better)
            write(axes, width, middle, changes[place], colour, SIZE, "right")
    line(axes, [zero, zero], [2, _ROW * len(values) + 2], "axis", 1.0)
    return figure
