"""Figures over time: lines with their names at the end, and control charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame, Series

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
    drawing,
    fitted,
    label_room,
    line,
    spread,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.frames import flags, numbers, pick, rows, words
from salesnb.figures.periods import axis_names, period_name
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.theme import LIGHT
from salesnb.figures.values import shown
from salesnb.language import Language, is_missing

SCENARIOS = ("last_year", "target", "forecast", "actual")


@dataclass(frozen=True)
class _Line:
    label: str
    scenario: str
    values: tuple[float, ...]
    colour: str

    @property
    def end(self) -> int:
        """Place of the last known value."""
        known = np.flatnonzero(~np.isnan(self.values))
        return int(known[-1]) if known.size else -1


def draw_trend(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    highlight: Sequence[str] = (),
    events: Sequence[tuple[object, str]] = (),
    from_zero: bool = False,
) -> Chart:
    """Draw lines over periods, each named at its end.

    Parameters
    ----------
    frame
        One row for each series, scenario and period, in order of time: `period`, `value`; where
        there are several, `series` (text) and `scenario` (actual, last_year, target or forecast;
        actual when absent). `low` and `high` give a forecast's interval.
    unit
        Unit of `value`, as in `scale_of`.
    highlight
        Series in the accent colour; a single series is highlighted by itself.
    events
        (period, short name) of what happened, marked above the lines.
    """
    periods = list(dict.fromkeys(frame["period"].tolist()))
    scale = scale_of(language, unit, frame["value"])
    lines = _lines(frame, periods, language, highlight)
    band = _band(frame, periods)
    names = axis_names(language, periods)
    marks = [(periods.index(when), what) for when, what in events if when in periods]
    with drawing():
        wide, narrow = (
            _draw_trend(lines, band, names, marks, scale, width, from_zero)
            for width in (WIDE, NARROW)
        )
    facts = [
        f"{item.label} {shown(language, item.values[item.end], unit)}"
        for item in lines
        if item.end >= 0
    ]
    data, fields = _wide_table(lines, periods, language, unit)
    alt = alt_text(language, "trend", title, facts)
    return Chart("trend", title, wide, narrow, alt, subtitle, so_what, data, fields)


def _lines(
    frame: DataFrame, periods: list[object], language: Language, highlight: Sequence[str]
) -> list[_Line]:
    series = Series(words(frame, "series") if "series" in frame else "", index=frame.index)
    kinds = words(frame, "scenario") if "scenario" in frame else "actual"
    scenario = Series(kinds, index=frame.index)
    keys = list(dict.fromkeys(zip(series, scenario, strict=True)))
    alone = len({name for name, _ in keys}) == 1
    found = []
    for name, kind in keys:
        chosen = frame[(series == name) & (scenario == kind)]
        at = dict(zip(chosen["period"].tolist(), numbers(chosen, "value"), strict=True))
        values = [at.get(period, float("nan")) for period in periods]
        shown = language(f"figures.scenario.{kind}")
        label = shown if not name else name if kind == "actual" else f"{name} {shown}"
        if alone and name and len(keys) > 1:
            label = shown
        lit = alone or name in highlight
        colour = {"last_year": "last", "target": "target"}.get(kind, "accent" if lit else "last")
        found.append(_Line(label, kind, tuple(values), colour))
    # What matters most is drawn last and so lies on top.
    return sorted(found, key=lambda item: (item.colour == "accent", item.scenario == "actual"))


def _band(frame: DataFrame, periods: list[object]) -> list[tuple[int, float, float]] | None:
    """Give place, low and high wherever an interval is known."""
    if not {"low", "high"} <= set(frame.columns):
        return None
    known = frame.dropna(subset=["low", "high"])
    if known.empty:
        return None
    limits = {
        period: (low, high)
        for period, low, high in zip(
            known["period"].tolist(), numbers(known, "low"), numbers(known, "high"), strict=True
        )
    }
    return [(place, *limits[period]) for place, period in enumerate(periods) if period in limits]


def _draw_trend(
    lines: Sequence[_Line],
    band: list[tuple[int, float, float]] | None,
    names: Sequence[tuple[str, str]],
    marks: Sequence[tuple[int, str]],
    scale: Scale,
    width: int,
    from_zero: bool,
) -> Figure:
    narrow = width == NARROW
    known = [value for item in lines for value in item.values if not is_missing(value)]
    known += [value for _, low, high in band or () for value in (low, high)]
    ticks = value_ticks(*value_range(known, from_zero), scale)
    ends = [item for item in lines if item.end >= 0]
    labels = [f"{item.label} {scale.text(item.values[item.end])}" for item in ends]
    room = label_room(labels, width, 0.34 if narrow else 0.26)
    top = 10.0 + (LINE if marks else 0)
    height = max(250.0 if narrow else 300.0, len(ends) * LINE + top + PERIOD_ROOM)
    figure, axes = blank(width, height)
    left = tick_room(ticks, scale)
    plane = Plane(left, width - room - 10, top, height - PERIOD_ROOM, len(names), ticks)
    draw_values(axes, plane, scale)
    draw_periods(axes, plane, names)
    _draw_events(axes, plane, marks)
    if band:
        there = [(plane.x(place), plane.y(low)) for place, low, _ in band]
        back = [(plane.x(place), plane.y(high)) for place, _, high in reversed(band)]
        xs, ys = zip(*there, *back, strict=True)
        axes.fill(xs, ys, color=LIGHT["accent_soft"], linewidth=0, clip_on=False, zorder=1)
    for item in ends:
        draw_scenario(axes, plane, item.values, item.scenario, item.colour)
    heights = [plane.y(item.values[item.end]) for item in ends]
    places = spread(heights, LINE - 1, plane.top + 2, plane.bottom - 2)
    for item, at, text in zip(ends, places, fitted(labels, room), strict=True):
        colour = {"last": "muted"}.get(item.colour, item.colour)
        write(axes, plane.right + 8, at, text, colour)
    return figure


def draw_scenario(
    axes: Axes, plane: Plane, values: Sequence[float], scenario: str, colour: str
) -> None:
    """Draw one line as its scenario is drawn everywhere; the last known point carries a dot."""
    ys = [plane.y(value) if not is_missing(value) else float("nan") for value in values]
    xs = [plane.x(place) for place in range(len(values))]
    if scenario == "target":
        # A target is a short tick over each period, not a course that was run.
        for x, y in zip(xs, ys, strict=True):
            if not is_missing(y):
                half = max(min(plane.step * 0.32, 12), 3)
                line(axes, [x - half, x + half], [y, y], "target", 2.0, zorder=3)
        return
    style = {"forecast": (0, (3, 2))}.get(scenario, "solid")
    thick = {"last_year": 1.5}.get(scenario, 2.2 if colour == "accent" else 1.6)
    line(axes, xs, ys, colour, thick, linestyle=style, zorder=4 if colour == "accent" else 2)
    known = [place for place, y in enumerate(ys) if not is_missing(y)]
    if known and scenario != "last_year":
        hollow = scenario == "forecast"
        axes.plot(
            [xs[known[-1]]],
            [ys[known[-1]]],
            marker="o",
            markersize=5.5,
            markerfacecolor=LIGHT["paper"] if hollow else LIGHT[colour],
            markeredgecolor=LIGHT[colour],
            markeredgewidth=1.5 if hollow else 0,
            linestyle="none",
            clip_on=False,
            zorder=5,
        )


def _draw_events(axes: Axes, plane: Plane, marks: Sequence[tuple[int, str]]) -> None:
    free = -1e9
    for place, text in marks:
        at = plane.x(place)
        text = fit(text, SMALL, (plane.right - plane.left) * 0.3)
        line(axes, [at, at], [plane.top - 6, plane.bottom], "axis", linestyle=(0, (2, 3)), zorder=1)
        half = text_width(text, SMALL) / 2
        start = min(max(at - half, 0), plane.right - 2 * half)
        if start > free + 6:
            write(axes, start, plane.top - 14, text, "muted", SMALL)
            free = start + 2 * half


def _wide_table(
    lines: Sequence[_Line], periods: Sequence[object], language: Language, unit: str
) -> tuple[DataFrame, tuple[Field, ...]]:
    data = DataFrame({"period": [period_name(language, item) for item in periods]})
    fields = [Field("period", language("figures.field.period"))]
    for number, item in enumerate(reversed(lines)):
        data[f"value_{number}"] = item.values
        fields.append(Field(f"value_{number}", item.label, unit))
    return data, tuple(fields)


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
    return Chart("control", title, wide, narrow, alt, subtitle, so_what, data, fields)


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
        axes.plot(
            [x],
            [y],
            "o",
            markersize=7 if out else 3.5,
            color=LIGHT[colour],
            clip_on=False,
            zorder=4,
        )
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
        above = item > middle
        text = scale.text(item)
        half = text_width(text, SIZE) / 2
        x = min(max(plane.x(place), plane.left + half), plane.right - half)
        y = plane.y(item) + (-14 if above else 14)
        if y > plane.bottom - 6:
            y = plane.y(item) - 14
        if any(
            abs(x - other) < half + width + 4 and abs(y - level) < LINE
            for other, level, width in taken
        ):
            continue
        taken.append((x, y, half))
        bad = (item < middle) == (better != "down")
        write(axes, x, y, text, "bad" if bad else "good", SIZE, "center")
