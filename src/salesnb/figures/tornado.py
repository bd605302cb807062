"""Tornado: which assumption moves the result most."""

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
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.frames import numbers, pick, rows, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import delta_colour, with_unit
from salesnb.language import Language


def draw_tornado(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    base: float,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    better: str = "up",
) -> Chart:
    """Draw for each assumption the results at its low and its high value around the base result.

    Parameters
    ----------
    frame
        One row for each assumption, the widest first: `label`, `low`, `high` (results).
    base
        The result with every assumption as planned.
    better
        `up`, `down` or `none`: which side of the base is good.
    """
    scale = scale_of(language, unit, [base, *numbers(frame, "low"), *numbers(frame, "high")])
    with drawing():
        wide, narrow = (_draw(frame, scale, base, better, width) for width in (WIDE, NARROW))
    facts = [
        f"{row['label']} {with_unit(row['low'], scale)} – {with_unit(row['high'], scale)}"
        for row in rows(frame)
    ]
    fields = (
        Field("label", language("figures.field.name")),
        Field("low", language("figures.field.low_result"), unit),
        Field("high", language("figures.field.high_result"), unit),
    )
    data = pick(frame, ["label", "low", "high"])
    alt = alt_text(language, "tornado", title, facts)
    return Chart("tornado", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _draw(frame: DataFrame, scale: Scale, base: float, better: str, width: int) -> Figure:
    narrow = width == NARROW
    labels = words(frame, "label")
    lows, highs = numbers(frame, "low"), numbers(frame, "high")
    results = [*lows, *highs]
    number = max(text_width(scale.text(value), SIZE) for value in results) + 8
    room = 0.0 if narrow else min(max(text_width(t, SIZE) for t in labels), width * 0.3) + 14
    left, right = room + number, width - number
    low, high = min(base, *results), max(base, *results)
    unit = (right - left) / ((high - low) or 1.0)
    row, head = (46.0, 24.0) if narrow else (32.0, 24.0)
    figure, axes = blank(width, head + row * len(labels))
    middle = left + (base - low) * unit
    word = scale.text(base)
    half = text_width(word, SMALL) / 2
    write(axes, min(max(middle, half), width - half), 9, word, "muted", SMALL, "center")
    for place in range(len(labels)):
        top = head + place * row
        if narrow:
            write(axes, 0, top + 9, fit(labels[place], SIZE, width - 6), "ink")
            top += 18
        else:
            write(axes, 0, top + 14, fit(labels[place], SIZE, room - 14), "ink")
            top += 4
        ends = sorted([lows[place], highs[place]])
        for value in ends:
            colour = {"muted": "actual"}.get(*[delta_colour(value - base, better)] * 2)
            bar(axes, middle, top, (value - base) * unit, 20, colour)
        shown = sorted([base, *ends])
        write(
            axes,
            left + (shown[0] - low) * unit - 6,
            top + 10,
            scale.text(ends[0]),
            "ink",
            SIZE,
            "right",
        )
        write(axes, left + (shown[-1] - low) * unit + 6, top + 10, scale.text(ends[1]), "ink")
    line(axes, [middle, middle], [18, head + row * len(labels)], "ink", 1.0, zorder=3)
    return figure
