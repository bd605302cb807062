"""Process behaviour charts: which points are a signal and which are noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.axes import (
    PERIOD_ROOM,
    Plane,
    draw_periods,
    draw_values,
    tick_room,
    value_range,
    value_ticks,
)
from salesnb.figures.canvas import (
    LINE,
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
    spread,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import text_width
from salesnb.figures.frames import flags, numbers, pick, rows
from salesnb.figures.periods import axis_names, period_name
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import shown
from salesnb.language import Language, is_missing


def draw_control(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    better: str = "up",
) -> Chart:
    """Draw a process behaviour chart: values, their mean and natural limits; outsiders named.

    Parameters
    ----------
    frame
        One row for each period: `period`, `value`, `mean`, `low`, `high` (the limits in force)
        and `outside` (bool: a signal, by whichever rule).
    better
        `up` or `down`: outsiders on the wrong side are drawn as bad, others as good.
    """
    periods = frame["period"].tolist()
    columns = ["value", "mean", "low", "high"]
    scale = scale_of(language, unit, frame[columns].to_numpy(float).ravel())
    names = axis_names(language, periods)
    with drawing():
        wide, narrow = (
            _draw_control(frame, names, scale, width, better, language) for width in (WIDE, NARROW)
        )
    outside = frame[frame["outside"].astype(bool)]
    facts = [
        f"{period_name(language, row['period'])} {shown(language, row['value'], unit)}"
        for row in rows(outside)
    ] or [language("figures.none_outside")]
    data = pick(frame, ["period", *columns]).assign(
        period=[period_name(language, item) for item in periods]
    )
    fields = (
        Field("period", language("figures.field.period")),
        *(Field(name, language(f"figures.field.{name}"), unit) for name in columns),
    )
    alt = alt_text(language, "control", title, facts)
    return Chart("control", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _draw_control(
    frame: DataFrame,
    names: Sequence[tuple[str, str]],
    scale: Scale,
    width: int,
    better: str,
    language: Language,
) -> Figure:
    narrow = width == NARROW
    value, mean, low, high = (
        frame[name].to_numpy(float) for name in ("value", "mean", "low", "high")
    )
    outside = frame["outside"].to_numpy(bool)
    known = np.concatenate([value, mean, low, high])
    bottom, top = value_range(known[~np.isnan(known)].tolist())
    room_below = 0.09 * (top - bottom) if bottom else 0.0
    ticks = value_ticks(bottom - room_below, top + 0.06 * (top - bottom), scale)
    ends = [
        (language(f"figures.field.{name}"), line_values[-1])
        for name, line_values in (("high", high), ("mean", mean), ("low", low))
        if not is_missing(line_values[-1])
    ]
    labels = [f"{name} {scale.text(number)}" for name, number in ends]
    room = label_room(labels, width, 0.34 if narrow else 0.26)
    height = 240.0 if narrow else 280.0
    figure, axes = blank(width, height)
    left = tick_room(ticks, scale)
    plane = Plane(left, width - room - 10, 20, height - PERIOD_ROOM, len(names), ticks)
    draw_values(axes, plane, scale)
    draw_periods(axes, plane, names)
    xs = np.array([plane.x(place) for place in range(len(names))])
    half = plane.step / 2
    for limits, style in ((high, (0, (4, 3))), (low, (0, (4, 3))), (mean, "solid")):
        edges = np.column_stack([xs - half, xs + half]).ravel()
        heights = np.repeat([plane.y(item) for item in limits], 2)
        line(axes, edges, heights, "muted", 1.0, linestyle=style, zorder=2)
    ys = np.array([plane.y(item) for item in value])
    line(axes, xs, ys, "actual", 1.8, zorder=3)
    for x, y, item, middle, out in zip(xs, ys, value, mean, outside, strict=True):
        if is_missing(item):
            continue
        bad = (item < middle) == (better != "down")
        colour = ("bad" if bad else "good") if out else "actual"
        dot(axes, x, y, colour, 7 if out else 3.5)
    _name_outsiders(axes, plane, frame, scale, better, 1 if narrow else 4)
    places = spread([plane.y(number) for _, number in ends], LINE - 1, plane.top, plane.bottom)
    for at, text in zip(places, fitted(labels, room, SMALL), strict=True):
        write(axes, plane.right + 8, at, text, "muted", SMALL)
    return figure


def _name_outsiders(
    axes: Axes, plane: Plane, frame: DataFrame, scale: Scale, better: str, most: int
) -> None:
    """Write values beside outsiders, the farthest first, where there is still room."""
    values, means = numbers(frame, "value"), numbers(frame, "mean")
    outside = [place for place, out in enumerate(flags(frame, "outside")) if out]
    taken: list[tuple[float, float, float]] = []
    for place in sorted(outside, key=lambda place: -abs(values[place] - means[place])):
        if len(taken) == most:
            break
        item, middle = values[place], means[place]
        text = scale.text(item)
        half = text_width(text, SIZE) / 2
        way = 1 if (item > middle and plane.y(item) - 26 > plane.top) or _floor(plane, item) else -1
        x = plane.x(place) + _aside(values, place, way) * (half + 5)
        x = min(max(x, plane.left + half), plane.right - half)
        y = plane.y(item) - 14 * way
        near = (
            abs(x - at) < half + wide + 4 and abs(y - level) < LINE for at, level, wide in taken
        )
        if any(near):
            continue
        taken.append((x, y, half))
        bad = (item < middle) == (better != "down")
        write(axes, x, y, text, "bad" if bad else "good", SIZE, "center")


def _floor(plane: Plane, value: float) -> bool:
    """Whether there is no room for a name below a value."""
    return plane.y(value) + 20 > plane.bottom


def _aside(values: Sequence[float], place: int, way: int) -> int:
    """Give −1, 0 or 1: to which side a name above (1) or below (−1) a point avoids the line."""
    left = place > 0 and (values[place - 1] - values[place]) * way > 0
    right = place + 1 < len(values) and (values[place + 1] - values[place]) * way > 0
    return int(left) - int(right)
