"""Pareto charts: how few make up most."""

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
from salesnb.figures.frames import numbers, pick, rows, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import with_unit
from salesnb.language import Language


def draw_pareto(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    cut: float = 0.8,
) -> Chart:
    """Draw parts from largest to smallest with their cumulative share up to a cut.

    Parameters
    ----------
    frame
        One row for each part, largest first, a row of all others last: `label`, `value` (not
        negative); optional `cumulative` (share of the whole up to and with this row, 0 to 1, when
        the rows are not the whole).
    cut
        The share named as most; parts needed to reach it are drawn strong.
    """
    if "cumulative" not in frame:
        frame = frame.assign(cumulative=frame["value"].cumsum() / (frame["value"].sum() or 1.0))
    scale = scale_of(language, unit, frame["value"])
    with drawing():
        wide, narrow = (_draw_rows(frame, language, scale, cut, width) for width in (WIDE, NARROW))
    facts = [
        f"{row['label']} {with_unit(row['value'], scale)} ({language.percent(row['cumulative'])})"
        for row in rows(frame)
    ]
    fields = (
        Field("label", language("figures.field.name")),
        Field("value", language("figures.field.value"), unit),
        Field("cumulative", language("figures.field.cumulative"), "percent"),
    )
    data = pick(frame, ["label", "value", "cumulative"])
    alt = alt_text(language, "pareto", title, facts)
    return Chart("pareto", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _strong(frame: DataFrame, cut: float) -> list[bool]:
    """Give which parts are needed to reach the cut."""
    before = frame["cumulative"].shift(fill_value=0.0)
    return (before < cut - 1e-9).tolist()


def _draw_rows(
    frame: DataFrame, language: Language, scale: Scale, cut: float, width: int
) -> Figure:
    values, labels = numbers(frame, "value"), words(frame, "label")
    shares = [language.percent(value) for value in numbers(frame, "cumulative")]
    head = language("figures.cumulative")
    room = label_room(labels, width, 0.34)
    share_room = max(text_width(text, SIZE) for text in [*shares, head]) + 12
    number = max(text_width(scale.text(value), SIZE) for value in values) + 6
    left, right = room + 10, width - share_room - number
    unit = (right - left) / (max(values, default=0.0) or 1.0)
    row = 27.0
    figure, axes = blank(width, row * len(values) + 24)
    write(axes, width, 9, head, "muted", SMALL, "right")
    strong = _strong(frame, cut)
    for place, value in enumerate(values):
        top = place * row + 22
        write(axes, 0, top + 9, fitted(labels, room)[place], "ink" if strong[place] else "muted")
        bar(axes, left, top, max(value * unit, 1.0), 18, "actual" if strong[place] else "last")
        write(axes, left + value * unit + 6, top + 9, scale.text(value), "ink")
        write(
            axes, width, top + 9, shares[place], "ink" if strong[place] else "muted", SIZE, "right"
        )
        if strong[place] and place + 1 < len(values) and not strong[place + 1]:
            line(axes, [0, width], [top + 22.5, top + 22.5], "accent", 1.0, linestyle=(0, (3, 3)))
    return figure
