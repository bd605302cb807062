"""Decomposition tree: a figure, what it is made of, and which part moved."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.errors import MetricError, Problem
from salesnb.figures.canvas import NARROW, SIZE, SMALL, WIDE, bar, blank, drawing, line, write
from salesnb.figures.chart import Chart, Field, alt_text
from salesnb.figures.fonts import fit, text_width
from salesnb.figures.scale import scale_of
from salesnb.figures.values import delta_colour, delta_text, shown
from salesnb.language import Language, is_missing

_HEIGHT, _GAP, _BETWEEN = 46.0, 10.0, 44.0


@dataclass(frozen=True)
class _Node:
    label: str
    value: str
    change: str
    colour: str
    lit: bool
    depth: int
    y: float
    parent: int


def draw_tree(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    change_unit: str = "percent",
    better: str = "up",
) -> Chart:
    """Draw a figure and its parts, level by level.

    Parameters
    ----------
    frame
        One row for each node: `node` (a name of its own), `parent` (the node above; empty for the
        root), `label`, `value`; optional `unit` (where nodes are of different kinds), `change`
        (in `change_unit`), `better` and `highlight` (bool).

    Raises
    ------
    MetricError
        If there is not exactly one root, or a parent is not among the nodes.
    """
    nodes = _placed(frame, language, unit, change_unit, better)
    with drawing():
        wide, narrow = _draw_wide(nodes), _draw_narrow(nodes)
    facts = [" ".join(part for part in (n.label, n.value, n.change) if part) for n in nodes]
    data = DataFrame(
        {
            "label": ["\u2003" * node.depth + node.label for node in nodes],
            "value": [node.value for node in nodes],
            "delta": [node.change for node in nodes],
        }
    )
    fields = (
        Field("label", language("figures.field.name")),
        Field("value", language("figures.field.value")),
        *([Field("delta", language("figures.field.delta"))] if "change" in frame else []),
    )
    alt = alt_text(language, "tree", title, facts)
    return Chart("tree", title, wide, narrow, alt, subtitle, so_what, data, fields)


def _placed(
    frame: DataFrame, language: Language, unit: str, change_unit: str, better: str
) -> list[_Node]:
    """Give nodes depth first, each with its depth, its place and its parent's place in the list."""
    rows = frame.to_dict("records")
    known = {str(row["node"]) for row in rows}
    parents = ["" if is_missing(row["parent"]) else str(row["parent"]) for row in rows]
    roots = [place for place, parent in enumerate(parents) if not parent]
    lost = sorted({parent for parent in parents if parent and parent not in known})
    if len(roots) != 1 or lost:
        got = f"{len(roots)} roots" + (f", unknown parents {', '.join(lost)}" if lost else "")
        raise MetricError(Problem("the tree must hang from one root", got=got))
    scale = scale_of(language, change_unit, [row.get("change") for row in rows])
    nodes: list[_Node] = []
    leaf = 0

    def add(place: int, depth: int, parent: int) -> float:
        nonlocal leaf
        row = rows[place]
        mine = len(nodes)
        change = row.get("change")
        nodes.append(
            _Node(
                str(row["label"]),
                shown(language, row["value"], str(row.get("unit") or unit)),
                "" if is_missing(change) else delta_text(change, scale),
                delta_colour(change, str(row.get("better") or better)),
                bool(row.get("highlight", False)),
                depth,
                0.0,
                parent,
            )
        )
        below = [child for child, name in enumerate(parents) if name == str(row["node"])]
        if below:
            places = [add(child, depth + 1, mine) for child in below]
            y = (places[0] + places[-1]) / 2
        else:
            y = leaf * (_HEIGHT + _GAP) + _HEIGHT / 2 + 1
            leaf += 1
        nodes[mine] = _Node(**{**vars(nodes[mine]), "y": y})
        return y

    add(roots[0], 0, -1)
    return nodes


def _draw_wide(nodes: list[_Node]) -> Figure:
    levels = max(node.depth for node in nodes) + 1
    across = min((WIDE - _BETWEEN * (levels - 1)) / levels, 250.0)
    height = max(node.y for node in nodes) + _HEIGHT / 2 + 1
    figure, axes = blank(WIDE, height)
    for node in nodes:
        left = node.depth * (across + _BETWEEN)
        if node.parent >= 0:
            start, half = left - _BETWEEN, left - _BETWEEN / 2
            above = nodes[node.parent].y
            line(axes, [start, half, half, left], [above, above, node.y, node.y], "axis", 1.0)
        _draw_node(axes, node, left, across)
    return figure


def _draw_node(axes: Axes, node: _Node, left: float, across: float) -> None:
    top = node.y - _HEIGHT / 2
    bar(axes, left, top, across, _HEIGHT, "accent_soft" if node.lit else "soft")
    bar(axes, left, top, 3, _HEIGHT, "accent" if node.lit else "axis")
    room = across - 22
    write(axes, left + 12, top + 14, fit(node.label, SMALL, room), "muted", SMALL)
    change = text_width(node.change, SMALL)
    write(axes, left + 12, top + 32, fit(node.value, SIZE + 1, room - change - 8), "ink", SIZE + 1)
    if node.change:
        write(axes, left + across - 10, top + 32, node.change, node.colour, SMALL, "right")


def _draw_narrow(nodes: list[_Node]) -> Figure:
    row = 30.0
    figure, axes = blank(NARROW, row * len(nodes) + 2)
    changes = max((text_width(node.change, SMALL) for node in nodes), default=0.0)
    values = max(text_width(node.value, SIZE) for node in nodes)
    change_room = changes + 10 if changes else 0.0
    for place, node in enumerate(nodes):
        y = place * row + row / 2
        left = node.depth * 18.0
        if node.lit:
            bar(axes, 0, y - row / 2 + 2, NARROW, row - 4, "accent_soft")
        if node.parent >= 0:
            above = node.parent * row + row / 2 + 9
            line(axes, [left - 11, left - 11, left - 3], [above, y, y], "axis", 1.0)
        room = NARROW - left - values - change_room - 12
        write(
            axes, left + (4 if node.lit and not left else 0), y, fit(node.label, SIZE, room), "ink"
        )
        write(axes, NARROW - change_room - 4, y, node.value, "ink", SIZE, "right")
        if node.change:
            write(axes, NARROW - 4, y, node.change, node.colour, SMALL, "right")
    return figure
