"""The bridge from one figure to another: what took it up, what took it down."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.errors import MetricError, Problem
from salesnb.figures.canvas import (
    LINE,
    NARROW,
    SIZE,
    WIDE,
    area,
    bar,
    blank,
    drawing,
    fitted,
    label_room,
    line,
    write,
)
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import text_width, wrap
from salesnb.figures.frames import numbers, pick, words
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.values import with_unit
from salesnb.language import Language

# A total of more digits than this has no room over its bar.
_MOST_SHOWN = 100_000


def draw_bridge(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    better: str = "up",
) -> Chart:
    """Draw a waterfall from a first total over changes to a last one.

    Totals stand on a cut base, with a mark where they are cut, when the changes would be too small
    to see beside them; their values are printed.

    Parameters
    ----------
    frame
        One row for each bar, in order: `label`, `value` and `kind`, which is `total` for a level
        (the first row, the last row, and any between) and `change` for a step.
    better
        `up` or `down`: which direction is good.

    Raises
    ------
    MetricError
        If the steps do not sum to the next total.
    """
    kinds = words(frame, "kind")
    values = numbers(frame, "value")
    _check(words(frame, "label"), kinds, values)
    scale = _scale(language, unit, kinds, values)
    with drawing():
        wide = _draw_columns(frame, scale, better)
        narrow = _draw_rows(frame, scale, better)
    steps = zip(words(frame, "label"), kinds, values, strict=True)
    facts = [f"{label} {with_unit(value, scale, kind == 'change')}" for label, kind, value in steps]
    fields = (
        Field("label", language("figures.field.step")),
        Field("value", language("figures.field.value"), unit),
    )
    alt = alt_text(language, "bridge", title, facts)
    data = pick(frame, ["label", "value"])
    return Chart("bridge", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _scale(language: Language, unit: str, kinds: list[str], values: Sequence[float]) -> Scale:
    """Choose the scale by the changes, which are what is read, where the totals still fit."""
    whole = scale_of(language, unit, values)
    steps = zip(kinds, values, strict=True)
    fine = scale_of(language, unit, [value for kind, value in steps if kind != "total"])
    fits = max(map(abs, values), default=0.0) / fine.factor < _MOST_SHOWN
    return fine if fits and fine.factor < whole.factor else whole


def _check(labels: Sequence[str], kinds: Sequence[str], values: Sequence[float]) -> None:
    level = 0.0
    largest = max((abs(value) for value in values), default=0.0)
    for place, (label, kind, value) in enumerate(zip(labels, kinds, values, strict=True)):
        if kind == "change":
            level += value
        elif place and abs(level - value) > 1e-6 * max(largest, 1.0):
            what = f"the steps of the bridge do not sum to `{label}`"
            fix = "Steps before a total must add up to it."
            raise MetricError(Problem(what, got=f"{level:,.2f} against {value:,.2f}", fix=fix))
        else:
            level = value


def _levels(kinds: Sequence[str], values: Sequence[float]) -> list[tuple[float, float]]:
    """Give the start and end of each bar."""
    spans, level = [], 0.0
    for kind, value in zip(kinds, values, strict=True):
        start = 0.0 if kind == "total" else level
        level = value if kind == "total" else level + value
        spans.append((start, level))
    return spans


def _base(kinds: Sequence[str], spans: Sequence[tuple[float, float]]) -> float:
    """Give the level the totals are cut at, zero when they need not be."""
    ends = [end for _, end in spans] + [
        s for (s, _), k in zip(spans, kinds, strict=True) if k != "total"
    ]
    low, high = min(ends), max(ends)
    if low <= 0 or high - low > 0.45 * high:
        return 0.0
    return low - 0.35 * (high - low) if high > low else low * 0.6


def _colour(kind: str, value: float, better: str) -> str:
    if kind == "total":
        return "actual"
    return "good" if (value >= 0) == (better != "down") else "bad"


def _draw_columns(frame: DataFrame, scale: Scale, better: str) -> Figure:
    kinds, values = words(frame, "kind"), numbers(frame, "value")
    spans = _levels(kinds, values)
    base = _base(kinds, spans)
    count, height = len(kinds), 320.0
    figure, axes = blank(WIDE, height)
    step = WIDE / count
    wide = min(step * 0.62, 86.0)
    labels = [wrap(str(label), SIZE, step - 8, 2) for label in frame["label"]]
    floor = height - 14 - LINE * max(len(lines) for lines in labels)
    top = 24.0
    ends = [end for span in spans for end in span]
    low, high = min([base, *(end for end in ends if end < base and base == 0)]), max(ends)
    span = (high - low) or 1.0
    room = floor - top - (20 if low < 0 else 0)

    def y(value: float) -> float:
        return top + (high - max(value, base if base else low)) / span * room

    for place, (kind, value, (start, end)) in enumerate(zip(kinds, values, spans, strict=True)):
        left = step * place + (step - wide) / 2
        upper, lower = y(max(start, end)), y(min(start, end))
        bar(axes, left, upper, wide, max(lower - upper, 1.2), _colour(kind, value, better))
        if kind == "total" and base:
            _cut(axes, left, lower - 15, wide)
        if place + 1 < count:
            line(axes, [left + wide, left + step], [y(end), y(end)], "axis", 1.0)
        colour = "ink" if kind == "total" else _colour(kind, value, better)
        below = kind == "change" and value < 0
        at = lower + 11 if below else upper - 10
        write(
            axes, left + wide / 2, at, scale.text(value, kind == "change"), colour, SIZE, "center"
        )
        for row, text in enumerate(labels[place]):
            middle = left + wide / 2
            write(axes, middle, floor + 14 + row * LINE, text, "muted", SIZE, "center")
    line(axes, [0, WIDE], [y(max(base, 0) if low >= 0 else 0)] * 2, "axis", 1.0)
    return figure


def _cut(axes: Axes, left: float, y: float, wide: float) -> None:
    """Mark that a bar does not start at zero."""
    xs = [left - 2, left + wide + 2, left + wide + 2, left - 2]
    area(axes, xs, [y + 4, y - 4, y, y + 8], "paper")


def _draw_rows(frame: DataFrame, scale: Scale, better: str) -> Figure:
    kinds, values = words(frame, "kind"), numbers(frame, "value")
    spans = _levels(kinds, values)
    base = _base(kinds, spans)
    shown = [scale.text(v, k == "change") for v, k in zip(values, kinds, strict=True)]
    figures = max(text_width(text, SIZE) for text in shown) + 8
    names = words(frame, "label")
    room = label_room(names, NARROW, 0.32)
    row = 30.0
    figure, axes = blank(NARROW, row * len(kinds) + 6)
    left, right = room + 10, NARROW - figures
    ends = [end for span in spans for end in span]
    low = base if base else min(0.0, *ends)
    span = (max(ends) - low) or 1.0

    def x(value: float) -> float:
        return left + (max(value, low) - low) / span * (right - left)

    for place, (kind, value, (start, end)) in enumerate(zip(kinds, values, spans, strict=True)):
        top = place * row + 8
        from_, to = x(min(start, end)), x(max(start, end))
        bar(axes, from_, top, max(to - from_, 1.2), 18, _colour(kind, value, better))
        if kind == "total" and base:
            _cut_row(axes, left + 14, top)
        if place + 1 < len(kinds):
            line(axes, [x(end), x(end)], [top + 18, top + row], "axis", 1.0)
        colour = "ink" if kind == "total" else _colour(kind, value, better)
        write(axes, NARROW, top + 9, shown[place], colour, SIZE, "right")
        write(axes, 0, top + 9, fitted(names, room)[place], "ink")
    return figure


def _cut_row(axes: Axes, x: float, top: float) -> None:
    ys = [top - 2, top + 20, top + 20, top - 2]
    area(axes, [x + 4, x - 4, x, x + 8], ys, "paper")
