"""Figures over time: lines with their names at the end."""

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
    SMALL,
    WIDE,
    area,
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
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.frames import numbers, words
from salesnb.figures.periods import axis_names, period_name
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.theme import LIGHT
from salesnb.figures.values import shown
from salesnb.language import Language, is_missing

SCENARIOS = ("last_year", "target", "forecast", "actual")


@dataclass(frozen=True)
class _Line:
    name: str
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
    return Chart("trend", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


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
        found.append(_Line(name, label, kind, tuple(values), colour))
    # What matters most is drawn last and so lies on top.
    return sorted(found, key=lambda item: (item.colour == "accent", item.scenario == "actual"))


def _led(item: _Line, lines: Sequence[_Line]) -> tuple[float, ...]:
    """Give a line's values; a forecast starts from the last actual point when it follows it."""
    if item.scenario != "forecast":
        return item.values
    first = next((place for place, value in enumerate(item.values) if not is_missing(value)), -1)
    for actual in lines:
        if (
            actual.scenario == "actual"
            and actual.name == item.name
            and actual.end == first - 1 >= 0
        ):
            return (*item.values[: first - 1], actual.values[actual.end], *item.values[first:])
    return item.values


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
        actual = [item for item in lines if item.scenario == "actual"]
        if len(actual) == 1 and actual[0].end == band[0][0] - 1 >= 0:
            last = actual[0].values[actual[0].end]
            band = [(actual[0].end, last, last), *band]
        there = [(plane.x(place), plane.y(low)) for place, low, _ in band]
        back = [(plane.x(place), plane.y(high)) for place, _, high in reversed(band)]
        xs, ys = zip(*there, *back, strict=True)
        area(axes, xs, ys, "accent_soft", zorder=1)
    for item in ends:
        draw_scenario(axes, plane, _led(item, lines), item.scenario, item.colour)
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
        dot(
            axes,
            xs[known[-1]],
            ys[known[-1]],
            colour,
            5.5,
            markerfacecolor=LIGHT["paper" if hollow else colour],
            markeredgewidth=1.5 if hollow else 0,
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
