"""Strips of dots: where one stands among all, a row for each skill."""

from __future__ import annotations

from statistics import median

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.axes import value_range
from salesnb.figures.canvas import (
    NARROW,
    SIZE,
    SMALL,
    WIDE,
    blank,
    dot,
    drawing,
    fitted,
    label_room,
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import text_width
from salesnb.figures.frames import flags, numbers, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.theme import LIGHT
from salesnb.figures.values import delta_colour, delta_text, shown
from salesnb.language import Language

_MANY = 120


def draw_strips(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "score",
    better: str = "up",
) -> Chart:
    """Draw one row of dots for each skill: the team in grey, the median, and who is meant.

    Parameters
    ----------
    frame
        One row for each skill and person: `label` (the skill), `value`, `highlight` (bool: the
        person or group meant; at most one of each skill).
    better
        `up`, `down` or `none`: which side of the median is good.

    Notes
    -----
    Beside each row stand the value of who is meant and its distance from the median.
    """
    known = frame.dropna(subset=["value"])
    scale = scale_of(language, unit, known["value"])
    dots = list(
        zip(words(known, "label"), numbers(known, "value"), flags(known, "highlight"), strict=True)
    )
    labels = list(dict.fromkeys(label for label, _, _ in dots))
    values = {name: [value for label, value, _ in dots if label == name] for name in labels}
    medians = {name: median(values[name]) for name in labels}
    meant = {label: value for label, value, lit in dots if lit}
    team = [(label, value) for label, value, lit in dots if not lit]
    with drawing():
        wide, narrow = (
            _draw_strips(team, labels, medians, meant, scale, language, better, width)
            for width in (WIDE, NARROW)
        )
    facts = [
        f"{name} {shown(language, meant.get(name, medians[name]), unit)}"
        f" ({language('figures.median')} {shown(language, medians[name], unit)})"
        for name in labels
    ]
    data = DataFrame(
        {
            "label": labels,
            "value": [meant.get(name) for name in labels],
            "median": [medians[name] for name in labels],
            "count": [len(values[name]) for name in labels],
        }
    )
    fields = (
        Field("label", language("figures.field.name")),
        Field("value", language("figures.field.value"), unit),
        Field("median", language("figures.field.median"), unit),
        Field("count", language("figures.field.count"), "count"),
    )
    alt = alt_text(language, "strips", title, facts)
    return Chart("strips", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _draw_strips(
    team: list[tuple[str, float]],
    labels: list[str],
    medians: dict[str, float],
    meant: dict[str, float],
    scale: Scale,
    language: Language,
    better: str,
    width: int,
) -> Figure:
    row, head = 30.0, 6.0
    room = label_room(labels, width, 0.3)
    gaps = {name: meant[name] - medians[name] for name in labels if name in meant}
    numbers = [scale.text(meant.get(name, medians[name])) for name in labels]
    changes = [delta_text(gaps.get(name), scale) if name in gaps else "" for name in labels]
    change_room = max((text_width(text, SMALL) for text in changes), default=0.0)
    number_room = max(text_width(text, SIZE) for text in numbers)
    left = room + 16
    right = width - number_room - (change_room + 10 if change_room else 0) - 16
    low, high = value_range([*(value for _, value in team), *meant.values()])
    span = (high - low) or 1.0
    bottom = head + row * len(labels)
    figure, axes = blank(width, bottom + 24)

    def x(value: float) -> float:
        return left + (value - low) / span * (right - left)

    place_of = {name: head + row * place + row / 2 for place, name in enumerate(labels)}
    for name in labels:
        line(axes, [left - 4, right + 4], [place_of[name]] * 2, "grid", 1.0, zorder=0)
    _draw_team(axes, [(x(value), place_of[name]) for name, value in team])
    for place, name in enumerate(labels):
        y = place_of[name]
        at = x(medians[name])
        line(axes, [at, at], [y - 9, y + 9], "ink", 2.0, zorder=3)
        write(axes, 0, y, fitted(labels, room)[place], "ink")
        if name in meant:
            dot(axes, x(meant[name]), y, "accent", 9)
        edge = width - (change_room + 10 if change_room else 0)
        colour = "accent" if name in meant else "muted"
        write(axes, edge, y, numbers[place], colour, SIZE, "right")
        if changes[place]:
            merit = delta_colour(gaps.get(name), better)
            write(axes, width, y, changes[place], merit, SMALL, "right")
    write(axes, x(low), bottom + 12, scale.text(low), "muted", SMALL)
    write(axes, x(high), bottom + 12, scale.text(high), "muted", SMALL, "right")
    word = f"│ {language('figures.median')}"
    free = right - left - 2 * max(text_width(scale.text(value), SMALL) for value in (low, high))
    if free > text_width(word, SMALL) + 24:
        write(axes, (left + right) / 2, bottom + 12, word, "muted", SMALL, "center")
    return figure


def _draw_team(axes: Axes, spots: list[tuple[float, float]]) -> None:
    """Draw a dot for each person; of hundreds, one path of points, which takes far less room."""
    if len(spots) <= _MANY:
        sns.scatterplot(
            x=[across for across, _ in spots],
            y=[down for _, down in spots],
            s=42,
            color=LIGHT["ghost"],
            edgecolor=LIGHT["paper"],
            linewidth=0.8,
            legend=False,
            clip_on=False,
            ax=axes,
            zorder=2,
        )
        return
    gap = float("nan")
    apart = dict.fromkeys((round(across), down) for across, down in spots)
    xs = [end for across, _ in apart for end in (across, across + 0.1, gap)]
    ys = [end for _, down in apart for end in (down, down, gap)]
    line(axes, xs, ys, "ghost", 5.0, zorder=2)
