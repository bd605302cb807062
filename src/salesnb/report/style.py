"""The style sheet of blocks, for the page and for a notebook being edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from salesnb.figures.theme import DRAWN, LIGHT, css_variables, tokens
from salesnb.report.blocks import Block
from salesnb.report.html import Html

SANS = (
    '-apple-system,BlinkMacSystemFont,"Segoe UI","PingFang SC","Microsoft YaHei",'
    '"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","WenQuanYi Micro Hei",Roboto,'
    "Helvetica,Arial,sans-serif"
)
CHART_FONT = "snb"
MARK = '<style class="snb-style">'


@lru_cache(maxsize=8)
def part(name: str) -> str:
    """Give the text of a file of the template."""
    return (files("salesnb") / "report" / "template" / name).read_text("utf-8")


def theme_css(
    accent: str = "", palettes: Sequence[str] = (), page: str = ":root", dark: str = ""
) -> str:
    """Give the colours of both modes and how figures take them up.

    Parameters
    ----------
    page
        Selector that carries the colours.
    dark
        Selector of the dark mode; the reader's own setting, on screens only, when empty.
    """
    light_variables = css_variables(tokens("light", accent, tuple(palettes)))
    dark_variables = css_variables(tokens("dark", accent, tuple(palettes)))
    fonts = f"--sans:{SANS};--chart:{CHART_FONT},{SANS};"
    darkened = (
        f"{dark}{{{dark_variables}}}"
        if dark
        else f"@media screen and (prefers-color-scheme:dark){{{page}{{{dark_variables}}}}}"
    )
    rules = f"{page}{{{fonts}{light_variables}}}{darkened}{_figure_colours()}"
    if "cn" in palettes:
        rules += ".snb .d.up{color:var(--up)}.snb .d.down{color:var(--down)}"
    return rules


def _figure_colours() -> str:
    """Give the rules by which the fixed colours of a drawing follow the theme."""
    rules = []
    for name in DRAWN:
        colour = LIGHT[name]
        variable = f"var(--{name.replace('_', '-')})"
        rules.append(f'.fig [fill="{colour}"]{{fill:{variable}}}')
        if not name.endswith("soft"):
            rules.append(f'.fig [stroke="{colour}"]{{stroke:{variable}}}')
    return "".join(rules)


@dataclass(frozen=True, repr=False)
class Style(Block):
    """Shows nothing; gives the blocks of a notebook their look while it is edited.

    The exported page has the style sheet already and leaves this out.
    """

    accent: str = ""
    palettes: tuple[str, ...] = ()

    def html(self) -> Html:
        """Give a style element whose rules touch blocks only."""
        dark = '[data-jp-theme-light="false"] .snb'
        # JupyterLab has rules of its own for tables; ours must weigh more.
        blocks = part("blocks.css").replace(".snb ", ".snb.snb.snb ")
        rules = theme_css(self.accent, self.palettes, ".snb", dark) + blocks
        return Html(f"{MARK}.snb{{max-width:860px}}{rules}</style>")

    def text(self) -> str:
        """Give nothing."""
        return ""

    def _repr_html_(self) -> str:
        return str(self.html())
