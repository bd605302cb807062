"""Word-sized pictures: sparklines and the bars inside cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from salesnb.report.html import Html, tag


def sparkline(values: Sequence[float | None], width: int = 72, height: int = 20) -> Html:
    """Draw a line through values without axis, its last point marked.

    It is hidden from screen readers, so the figures must stand beside it. A missing value leaves
    a gap; fewer than two values draw nothing.
    """
    known = [
        (place, float(value))
        for place, value in enumerate(values)
        if value is not None and math.isfinite(value)
    ]
    if len(known) < 2:
        return Html("")
    low = min(value for _, value in known)
    high = max(value for _, value in known)
    across = (width - 6) / max(len(values) - 1, 1)
    down = (height - 6) / (high - low) if high > low else 0.0

    def at(place: int, value: float) -> tuple[float, float]:
        return 3 + place * across, (height - 3 - (value - low) * down) if down else height / 2

    path, before = "", -2
    for place, value in known:
        x, y = at(place, value)
        path += f"{'L' if place == before + 1 else 'M'}{x:.4g} {y:.4g}"
        before = place
    x, y = at(*known[-1])
    line = tag("path", d=path)
    dot = tag("circle", cx=f"{x:.4g}", cy=f"{y:.4g}", r="2.2")
    return tag(
        "svg",
        line,
        dot,
        class_="spark",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        aria_hidden="true",
    )


def small_multiple(
    values: Sequence[float | None], ghost: Sequence[float | None], low: float, high: float
) -> Html:
    """Draw a line on a scale it shares with others, a paler one behind it for comparison.

    Parameters
    ----------
    low, high
        The ends of the scale all pictures share.
    """
    span = high - low or 1.0

    def path(line: Sequence[float | None]) -> str:
        across, drawn, pen = 100 / max(len(line) - 1, 1), "", "M"
        for place, value in enumerate(line):
            if value is None:
                pen = "M"
                continue
            drawn += f"{pen}{place * across:.3g} {40 - 38 * (value - low) / span:.3g}"
            pen = "L"
        return drawn

    return tag(
        "svg",
        tag("path", d=path(ghost), class_="g") if any(v is not None for v in ghost) else None,
        tag("path", d=path(values)),
        viewBox="0 0 100 42",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
