"""Small multiples: the same picture for each, on one scale, the others as ghosts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.figures.axes import Plane, value_range, value_ticks
from salesnb.figures.canvas import NARROW, SIZE, SMALL, WIDE, blank, drawing, line, write
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.periods import axis_names, period_name
from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.trend import draw_scenario
from salesnb.figures.values import with_unit
from salesnb.language import Language, is_missing

# With more panels, ghosts of all others in each would weigh more than they tell.
_GHOSTS = 12
_PANEL, _GAP = 92.0, 18.0


def draw_multiples(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    highlight: Sequence[str] = (),
) -> Chart:
    """Draw one small line for each panel over the same periods and values.

    Parameters
    ----------
    frame
        One row for each panel, scenario and period, panels in the order to show: `panel`,
        `period`, `value`; optional `scenario` (actual or target; actual when absent).
    highlight
        Panels in the accent colour; when empty, none stands out.
    """
    periods = list(dict.fromkeys(frame["period"].tolist()))
    if "scenario" not in frame:
        frame = frame.assign(scenario="actual")
    cells = frame.pivot_table(
        index=["panel", "scenario"], columns="period", values="value", sort=False, observed=True
    ).reindex(columns=periods)
    panels = list(dict.fromkeys(frame["panel"].astype(str)))
    scale = scale_of(language, unit, frame["value"])
    names = [period_name(language, period) for period in periods]
    ends = (names[0], axis_names(language, periods)[-1][0] if len(names) > 1 else "")
    rows = {
        panel: {
            kind: cells.loc[(panel, kind)].to_numpy(float)
            for kind in ("target", "actual")
            if (panel, kind) in cells.index
        }
        for panel in panels
    }
    with drawing():
        wide, narrow = (
            _draw(rows, len(names), ends, scale, width, tuple(highlight))
            for width in (WIDE, NARROW)
        )
    facts = [f"{panel} {with_unit(_last(rows[panel]['actual']), scale)}" for panel in panels]
    data = DataFrame({"label": panels})
    for place in range(len(names)):
        data[f"p{place}"] = [rows[panel]["actual"][place] for panel in panels]
    fields = (
        Field("label", language("figures.field.name")),
        *(Field(f"p{place}", name, unit) for place, name in enumerate(names)),
    )
    alt = alt_text(language, "multiples", title, facts)
    return Chart("multiples", title, wide, narrow, alt, subtitle, so_what, data, fields, scale.name)


def _last(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else None


def _draw(
    rows: dict[str, dict[str, np.ndarray]],
    places: int,
    ends: tuple[str, str],
    scale: Scale,
    width: int,
    highlight: tuple[str, ...],
) -> Figure:
    columns = 4 if width == WIDE else 2
    across = (width + _GAP) / columns - _GAP
    count = len(rows)
    lines = -(-count // columns)
    step = _PANEL + 58
    figure, axes = blank(width, lines * step + 4)
    known = np.concatenate([values for kinds in rows.values() for values in kinds.values()])
    known = known[~np.isnan(known)]
    ticks = value_ticks(*value_range(known.tolist()), scale, 3)
    actuals = [kinds["actual"] for kinds in rows.values()]
    for place, (panel, kinds) in enumerate(rows.items()):
        left = (place % columns) * (across + _GAP)
        top = (place // columns) * step + 26
        plane = Plane(left, left + across, top, top + _PANEL, places, ticks)
        for tick in (ticks[0], ticks[-1]):
            line(axes, [left, left + across], [plane.y(tick)] * 2, "grid", 1.0, zorder=0)
        if count <= _GHOSTS:
            _draw_ghosts(
                axes, plane, [values for values in actuals if values is not kinds["actual"]]
            )
        lit = panel in highlight
        for kind, values in kinds.items():
            colour = "target" if kind == "target" else "accent" if lit else "actual"
            draw_scenario(axes, plane, values.tolist(), kind, colour)
        _write_panel(axes, plane, panel, scale.text(_last(kinds["actual"])), ends, lit)
    return figure


def _draw_ghosts(axes: Axes, plane: Plane, others: Sequence[np.ndarray]) -> None:
    """Draw the other panels' lines as one pale path."""
    xs, ys = [], []
    for values in others:
        xs += [*(round(plane.x(place)) for place in range(len(values))), float("nan")]
        ys += [float("nan") if is_missing(v) else round(plane.y(v)) for v in values.tolist()]
        ys.append(float("nan"))
    line(axes, xs, ys, "ghost", 0.8, zorder=1)


def _write_panel(
    axes: Axes,
    plane: Plane,
    panel: str,
    value: str,
    ends: tuple[str, str],
    lit: bool,
) -> None:
    number = text_width(value, SIZE)
    colour = "accent" if lit else "ink"
    name = fit(panel, SIZE, plane.right - plane.left - number - 10)
    write(axes, plane.left, plane.top - 12, name, colour)
    write(axes, plane.right, plane.top - 12, value, colour, SIZE, "right")
    first, last = ends
    room = plane.right - plane.left - text_width(last, SMALL) - 8
    write(axes, plane.left, plane.bottom + 11, fit(first, SMALL, room), "muted", SMALL)
    if last:
        write(axes, plane.right, plane.bottom + 11, last, "muted", SMALL, "right")
