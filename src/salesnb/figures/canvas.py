"""A blank figure in pixels, and the marks that mean the same in every figure.

One unit is one CSS pixel at the figure's own width, y runs down, and text is placed by its
measured width, so nothing overlaps whatever the names are.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from numpy import ndarray

from salesnb.figures.fonts import families, fit, fit_middle, text_width
from salesnb.figures.plain import one_line
from salesnb.figures.sheet import Align, Sheet, Words
from salesnb.figures.theme import LIGHT

WIDE, NARROW = 800, 358
SIZE = 12.0
SMALL = 11.0
LINE = 17.0
_DPI = 72


def _settings() -> dict[str, Any]:
    return {
        "font.family": families(),
        "font.size": SIZE,
        "svg.fonttype": "none",
        "svg.hashsalt": "salesnb",
        "svg.id": None,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": False,
        "axes.edgecolor": LIGHT["axis"],
        "axes.linewidth": 1.0,
        "axes.labelcolor": LIGHT["muted"],
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.xmargin": 0.0,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "figure.dpi": _DPI,
        "grid.color": LIGHT["grid"],
        "grid.linewidth": 1.0,
        "hatch.linewidth": 1.0,
        "lines.linewidth": 2.0,
        "lines.solid_capstyle": "round",
        "lines.dash_capstyle": "butt",
        "patch.linewidth": 0.0,
        "patch.edgecolor": "none",
        "text.color": LIGHT["ink"],
        "xtick.color": LIGHT["axis"],
        "xtick.labelcolor": LIGHT["muted"],
        "ytick.color": LIGHT["axis"],
        "ytick.labelcolor": LIGHT["muted"],
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "path.simplify": True,
    }


@lru_cache(maxsize=1)
def _ours() -> dict[Any, Any]:
    """Give every setting of matplotlib as we draw with it."""
    # The backend is a person's choice for the session, and a context does not give it back.
    chosen: Any = {
        name: value
        for name, value in {**mpl.rcParamsDefault, **_settings()}.items()
        if not name.startswith(("backend", "interactive", "toolbar"))
    }
    return dict(mpl.RcParams(chosen))


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with our settings and font, and leave matplotlib as it was found.

    A character no font holds (an emoji in a name) is left to the reader's own fonts; it is not a
    reason to warn.
    """
    # To set is to check, which takes long: only what differs, and nothing where all is ours.
    other = {name: value for name, value in _ours().items() if mpl.rcParams[name] != value}
    with (
        mpl.rc_context(other) if other else nullcontext(),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def blank(width: float, height: float) -> tuple[Figure, Axes]:
    """Give a figure of that many pixels with one axes over all of it, y running down."""
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0, 0, 1, 1), axes_class=Sheet)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return figure, axes


def write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    colour: str = "ink",
    size: float = SIZE,
    align: Align = "left",
) -> None:
    """Write text in a colour of the theme; x and y are data coordinates of the axes."""
    axes.add_artist(Words(x, y, one_line(text), LIGHT[colour], size, align))


def bar(axes: Axes, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Draw a bar in a colour of the theme; a negative width runs to the left."""
    left, across = (x, width) if width >= 0 else (x + width, -width)
    # Not `add_patch`: the limits are fixed, there is nothing to work out from what is drawn.
    axes.add_artist(Rectangle((left, y), across, height, facecolor=LIGHT[colour], clip_on=False))


def line(
    axes: Axes,
    xs: Sequence[float] | ndarray,
    ys: Sequence[float] | ndarray,
    colour: str,
    width: float = 1.0,
    **more: Any,
) -> None:
    """Draw a line in a colour of the theme."""
    axes.add_artist(Line2D(xs, ys, color=LIGHT[colour], linewidth=width, clip_on=False, **more))


def area(axes: Axes, xs: Sequence[float], ys: Sequence[float], colour: str, **more: Any) -> None:
    """Fill what lies within these corners with a colour of the theme."""
    corners = list(zip(xs, ys, strict=True))
    axes.add_artist(Polygon(corners, color=LIGHT[colour], linewidth=0, clip_on=False, **more))


def dot(axes: Axes, x: float, y: float, colour: str, size: float, **more: Any) -> None:
    """Draw a dot in a colour of the theme, over what is drawn before."""
    look = {"color": LIGHT[colour], "marker": "o", "markersize": size, "linestyle": "none"}
    axes.add_artist(Line2D([x], [y], clip_on=False, **{**look, "zorder": 4, **more}))


def label_room(labels: Sequence[str], width: float, most: float, size: float = SIZE) -> float:
    """Give the room a column of labels gets: what the longest needs, at most a share of width."""
    return min(max((text_width(label, size) for label in labels), default=0.0), width * most)


def fitted(labels: Sequence[str], room: float, size: float = SIZE) -> list[str]:
    """Cut labels to the room they have; in the middle where their beginnings are all alike."""
    cut = [fit(label, size, room + 0.5) for label in labels]
    return [
        fit_middle(label, size, room + 0.5) if cut.count(short) > 1 else short
        for label, short in zip(labels, cut, strict=True)
    ]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Push places apart until neighbours stand at least a gap away, each moved as little as can be.

    Runs of places that touch move as one block around their mean and stay between low and high.

    Examples
    --------
    >>> spread([10, 12, 40], 10, 0, 100)
    [6.0, 16.0, 40.0]
    """
    order = sorted(range(len(places)), key=lambda place: places[place])
    blocks: list[tuple[float, list[int]]] = []
    for item in order:
        blocks.append((float(places[item]), [item]))
        while True:
            blocks[-1] = (_inside(*blocks[-1], gap, low, high), blocks[-1][1])
            if len(blocks) < 2:
                break
            (upper, above), (lower, below) = blocks[-2], blocks[-1]
            reach = upper + gap * (len(above) + len(below)) / 2
            if lower >= reach - 1e-9:
                break
            together = above + below
            centre = sum(
                places[index] - gap * (rank - (len(together) - 1) / 2)
                for rank, index in enumerate(together)
            ) / len(together)
            blocks[-2:] = [(centre, together)]
    result = [0.0] * len(places)
    for centre, members in blocks:
        for rank, index in enumerate(members):
            result[index] = round(centre + gap * (rank - (len(members) - 1) / 2), 3)
    return result


def _inside(centre: float, members: list[int], gap: float, low: float, high: float) -> float:
    half = gap * (len(members) - 1) / 2
    return max(low + half, min(high - half, centre))
