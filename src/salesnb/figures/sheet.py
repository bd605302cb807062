"""What figures are drawn on: an axes of pixels without ticks, and lines of text for it.

Making and drawing both costs a fraction of what matplotlib's own cost, which must be ready for
ticks, rotation and several lines.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from salesnb.figures.fonts import ascent, families, text_width

Align = Literal["left", "center", "right"]
_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0}


class _Bare:
    """An axis nobody sees: whatever asks about its ticks makes none."""

    def set_clip_path(self, *_: Any, **__: Any) -> None:
        """Leave out the ticks."""

    def set_tick_params(self, *_: Any, **__: Any) -> None:
        """Leave out the ticks."""

    def get_major_ticks(self, *_: Any, **__: Any) -> list[Any]:
        """Give no ticks."""
        return []

    def get_minor_ticks(self, *_: Any, **__: Any) -> list[Any]:
        """Give no ticks."""
        return []


class _Across(_Bare, XAxis):
    pass


class _Down(_Bare, YAxis):
    pass


class Sheet(Axes):
    """An axes that is a plane to draw on and nothing else."""

    def _init_axis(self) -> None:
        self.xaxis = _Across(self, clear=False)
        self.yaxis = _Down(self, clear=False)

    def _gen_axes_spines(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def _gen_axes_patch(self) -> Patch:
        return PathPatch(Path.unit_rectangle())


class Words(Text):
    """One level line of text, the middle of its height at its place."""

    def __init__(
        self, x: float, y: float, text: str, colour: str, size: float, align: Align
    ) -> None:
        super().__init__(
            x,
            y,
            text,
            color=colour,
            fontproperties=_font(size),
            horizontalalignment=align,
            verticalalignment="center_baseline",
            clip_on=False,
        )

    def draw(self, renderer: RendererBase) -> None:
        """Write the text; where its baseline is follows from the font, without a layout."""
        text, size = self.get_text(), self.get_fontproperties().get_size_in_points()
        x, y = self.get_transform().transform(self.get_position())
        if not (text and math.isfinite(x) and math.isfinite(y)):
            return
        x -= text_width(text, size) * _BEFORE[self.get_horizontalalignment()]
        y -= ascent(text, size) / 2
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        pen = renderer.new_gc()
        pen.set_foreground(self.get_color())
        renderer.draw_text(pen, x, y, text, self.get_fontproperties(), 0.0, mtext=self)
        pen.restore()


@lru_cache(maxsize=16)
def _font(size: float) -> FontProperties:
    return FontProperties(
        family=families(),
        style="normal",
        variant="normal",
        weight="normal",
        stretch="normal",
        size=size,
    )
