"""Quadrants: points by two metrics, cut into four fields."""

from __future__ import annotations

import math
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.axes import tick_names, value_range, value_ticks
from salesnb.figures.canvas import (
    NARROW,
    SMALL,
    WIDE,
    blank,
    drawing,
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.frames import flags, numbers, pick, rows, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.theme import LIGHT
from salesnb.figures.values import shown
from salesnb.language import Language

# Above so many points one picture of them weighs less than their shapes.
_MANY = 1500
# Left, top, right, bottom.
_Box = tuple[float, float, float, float]


def draw_quadrant(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    x_label: str,
    y_label: str,
    x_unit: str = "money",
    y_unit: str = "percent",
    x_split: float | None = None,
    y_split: float | None = None,
    subtitle: str = "",
    so_what: str = "",
) -> Chart:
    """Draw points by two metrics, cut into four fields; names where they fit.

    Parameters
    ----------
    frame
        One row for each point, the weightiest first: `label`, `x`, `y`; optional `size` (area) and
        `highlight` (bool: named first and in the accent).
    x_split, y_split
        Where the fields meet, as the median or the target; no line when None.
    """
    known = frame.dropna(subset=["x", "y"]).reset_index(drop=True)
    scales = scale_of(language, x_unit, known["x"]), scale_of(language, y_unit, known["y"])
    names = (_axis_name(language, x_label, scales[0]), _axis_name(language, y_label, scales[1]))
    with drawing():
        wide, narrow = (
            _draw_quadrant(known, scales, names, (x_split, y_split), width)
            for width in (WIDE, NARROW)
        )
    facts = [
        f"{row['label']} {shown(language, row['x'], x_unit)} / {shown(language, row['y'], y_unit)}"
        for row in rows(known)
    ]
    fields = (
        Field("label", language("figures.field.name")),
        Field("x", x_label, x_unit),
        Field("y", y_label, y_unit),
    )
    data = pick(frame, ["label", "x", "y"])
    alt = alt_text(language, "quadrant", title, facts)
    return Chart("quadrant", title, wide, narrow, alt, subtitle, so_what, data, fields)


def _axis_name(language: Language, label: str, scale: Scale) -> str:
    unit = scale.name if scale.name != "%" else ""
    return label + (language("figures.in_unit", unit=unit) if unit else "")


def _draw_quadrant(
    frame: DataFrame,
    scales: tuple[Scale, Scale],
    names: tuple[str, str],
    splits: tuple[float | None, float | None],
    width: int,
) -> Figure:
    across, up = scales
    x_split, y_split = splits
    xs, ys = numbers(frame, "x"), numbers(frame, "y")
    x_ticks = _ticks([*xs, *([x_split] if x_split is not None else [])], across)
    y_ticks = _ticks([*ys, *([y_split] if y_split is not None else [])], up)
    left = max(text_width(name, SMALL) for name in tick_names(y_ticks, up)) + 10
    top, height = 26.0, 380.0 if width == WIDE else 330.0
    right, bottom = width - 10.0, height - 42.0
    figure, axes = blank(width, height)

    def x(value: float) -> float:
        return left + (value - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (bottom - top)

    for tick, name in zip(y_ticks, tick_names(y_ticks, up), strict=True):
        line(axes, [left, right], [y(tick)] * 2, "grid", 1.0, zorder=0)
        write(axes, 0, y(tick), name, "muted", SMALL)
    free = -1e9
    for tick, name in zip(x_ticks, tick_names(x_ticks, across), strict=True):
        line(axes, [x(tick)] * 2, [top, bottom], "grid", 1.0, zorder=0)
        half = text_width(name, SMALL) / 2
        centre = min(x(tick), width - half)
        if centre - half > free + 8:
            write(axes, centre, bottom + 13, name, "muted", SMALL, "center")
            free = centre + half
    if x_split is not None:
        line(axes, [x(x_split)] * 2, [top, bottom], "muted", 1.0, linestyle=(0, (4, 3)))
    if y_split is not None:
        line(axes, [left, right], [y(y_split)] * 2, "muted", 1.0, linestyle=(0, (4, 3)))
    write(axes, 0, 9, fit(names[1], SMALL, width * 0.8), "muted", SMALL)
    write(axes, right, bottom + 30, fit(names[0], SMALL, width * 0.9), "muted", SMALL, "right")
    points = [
        {"label": label, "x": x(at), "y": y(level), "area": area, "lit": lit}
        for label, at, level, area, lit in zip(
            words(frame, "label"), xs, ys, _areas(frame), flags(frame, "highlight"), strict=True
        )
    ]
    lines = []
    if x_split is not None:
        lines.append((x(x_split), top, x(x_split), bottom))
    if y_split is not None:
        lines.append((left, y(y_split), right, y(y_split)))
    _draw_points(axes, points, (left, right, top, bottom), lines, 14 if width == WIDE else 8)
    return figure


def _ticks(values: list[float], scale: Scale) -> tuple[float, ...]:
    """Give ticks that leave some air around the outermost points."""
    low, high = value_range(values)
    air = 0.05 * (high - low)
    return value_ticks(low - air if low else low, high + air if high else high, scale, 5)


def _areas(frame: DataFrame) -> list[float]:
    """Give each point's area in square pixels, all alike where sizes are not given."""
    sizes = [max(size, 0.0) for size in numbers(frame, "size")]
    largest = max(sizes, default=0.0)
    return [60 + 540 * size / largest for size in sizes] if largest else [90.0] * len(frame)


def _draw_points(
    axes: Axes, points: list[dict[str, Any]], room: _Box, lines: list[_Box], most: int
) -> None:
    for lit, colour in ((False, "last"), (True, "accent")):
        chosen = [point for point in points if point["lit"] == lit]
        if not chosen:
            continue
        sns.scatterplot(
            x=[point["x"] for point in chosen],
            y=[point["y"] for point in chosen],
            s=[point["area"] for point in chosen],
            color=LIGHT[colour],
            edgecolor=LIGHT["paper"],
            linewidth=1.0,
            legend=False,
            clip_on=False,
            rasterized=len(points) > _MANY,
            ax=axes,
            zorder=3,
        )
    _write_names(axes, points, room, lines, most)


def _write_names(
    axes: Axes, points: list[dict[str, Any]], room: _Box, lines: list[_Box], most: int
) -> None:
    """Name points right, left, above or below, where no name or point lies already."""
    left, right, top, bottom = room
    taken = list(lines)
    for point in points:
        radius = point["radius"] = (point["area"] / math.pi) ** 0.5
        x, y = point["x"], point["y"]
        taken.append((x - radius, y - radius, x + radius, y + radius))
    written = 0
    # Those the title speaks of are named first.
    for point in sorted(points, key=lambda point: not point["lit"]):
        if written == most:
            break
        name = fit(point["label"], SMALL, (right - left) * 0.36)
        wide, r, x, y = text_width(name, SMALL), point["radius"], point["x"], point["y"]
        for from_x, y_at in (
            (x + r + 4, y),
            (x - r - 4 - wide, y),
            (x - wide / 2, y - r - 9),
            (x - wide / 2, y + r + 9),
        ):
            box = (from_x - 2, y_at - 8, from_x + wide + 2, y_at + 8)
            inside = box[0] >= left and box[2] <= right and box[1] >= top and box[3] <= bottom
            if inside and not any(_meet(box, other) for other in taken):
                write(axes, from_x, y_at, name, "accent" if point["lit"] else "ink", SMALL)
                taken.append(box)
                written += 1
                break


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
