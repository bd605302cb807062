"""A plane for values over places: few faint lines, round numbers, periods named once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from salesnb.figures.canvas import SMALL, line, write
from salesnb.figures.fonts import text_width
from salesnb.figures.periods import every
from salesnb.figures.scale import Scale

PERIOD_ROOM = 34.0


@dataclass(frozen=True)
class Plane:
    """A rectangle of pixels in which `count` places run across and values run up."""

    left: float
    right: float
    top: float
    bottom: float
    count: int
    ticks: tuple[float, ...]

    def x(self, place: float) -> float:
        """Give the pixel of a place, 0 to count − 1; each stands in the middle of its share."""
        return self.left + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        """Give the pixel of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    @property
    def step(self) -> float:
        """Pixels from one place to the next."""
        return (self.right - self.left) / max(self.count, 1)


def value_ticks(low: float, high: float, scale: Scale, most: int = 4) -> tuple[float, ...]:
    """Give round values from at or below the lowest to at or above the highest."""
    if high <= low:
        high = low + (abs(low) or scale.factor)
    steps = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(
        low / scale.factor, high / scale.factor
    )
    return tuple(float(step) * scale.factor for step in steps)


def value_range(values: Sequence[float], from_zero: bool = False) -> tuple[float, float]:
    """Give the range an axis covers; it starts at zero when the lowest value is near enough."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low >= 0 and (from_zero or low <= 0.45 * high):
        low = 0.0
    if high <= 0 and (from_zero or high >= 0.45 * low):
        high = 0.0
    return low, high


def tick_names(ticks: Sequence[float], scale: Scale) -> list[str]:
    """Write ticks with just the decimals they need."""
    digits = 0
    while digits < 3 and any(
        abs(round(tick / scale.factor, digits) - tick / scale.factor) > 1e-9 for tick in ticks
    ):
        digits += 1
    return [replace(scale, digits=digits, small=0).text(tick) for tick in ticks]


def tick_room(ticks: Sequence[float], scale: Scale) -> float:
    """Give the pixels the values at the left of a plane need."""
    return max(text_width(name, SMALL) for name in tick_names(ticks, scale)) + 8


def draw_values(axes: Axes, plane: Plane, scale: Scale, start: float = 0.0) -> None:
    """Draw a faint line at each tick and its value at pixel `start`, left of the plane."""
    for tick, name in zip(plane.ticks, tick_names(plane.ticks, scale), strict=True):
        at = plane.y(tick)
        line(axes, [plane.left, plane.right], [at, at], "axis" if tick == 0 else "grid", zorder=0)
        write(axes, start, at, name, "muted", SMALL)


def draw_periods(axes: Axes, plane: Plane, names: Sequence[tuple[str, str]]) -> None:
    """Write period names under a plane, as many as fit and always the last; years below them."""
    step = every([name for name, _ in names], plane.step, SMALL)
    last, free = len(names) - 1, -1e9
    for place, (name, year) in enumerate(names):
        at = plane.x(place)
        if (last - place) % step == 0:
            write(axes, at, plane.bottom + 12, name, "muted", SMALL, "center")
        half = text_width(year, SMALL) / 2
        if year and at - half > free + 6:
            write(axes, at, plane.bottom + 26, year, "muted", SMALL, "center")
            free = at + half
