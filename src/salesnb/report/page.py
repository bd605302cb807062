"""One offline page: the shell around a report's sections."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from jinja2 import Environment, Template

from salesnb.language import Language
from salesnb.report.fonts import figure_characters, font_face, text_characters
from salesnb.report.html import Html, join, tag
from salesnb.report.stamp import Stamp
from salesnb.report.style import SANS, part, theme_css

# Which characters the page carries a font for.
FONTS = ("charts", "all", "none")


@dataclass(frozen=True)
class Page:
    """A page to write: its stamp, its sections, its contents as (id, name)."""

    stamp: Stamp
    language: Language
    body: Html
    contents: Sequence[tuple[str, str]] = ()
    style: str = ""
    script: str = ""
    fonts: str = "charts"

    def html(self) -> str:
        """Write the page: nothing is fetched, and only its own script may run."""
        language = self.language
        script = part("page.js").strip() + self.script
        digest = base64.b64encode(sha256(script.encode("utf-8")).digest()).decode("ascii")
        return _template().render(
            html_lang=language.html_lang,
            script_hash=f"sha256-{digest}",
            title=self.stamp.title,
            style=Html(self._style()),
            skip=language("page.skip"),
            brand=self._brand(),
            facts=self.stamp.head(language),
            contents=self.contents,
            contents_label=language("page.contents"),
            body=self.body,
            stamp=self.stamp.foot(language),
            script=Html(script),
        )

    def _brand(self) -> Html | None:
        brand = self.stamp.brand
        logo = tag("img", src=brand.logo, alt="" if brand.name else "logo") if brand.logo else None
        if not (logo or brand.name):
            return None
        return join([logo, tag("span", brand.name) if brand.name else None])

    def _style(self) -> str:
        brand = self.stamp.brand
        foot = css_text(self.stamp.title)
        numbers = self.language("page.page_of")
        paper = (
            f"@page{{size:A4;margin:15mm 14mm 17mm;@bottom-left{{content:{foot};"
            f"font:9px sans-serif;color:#5a6675}}@bottom-right{{content:{numbers};"
            f"font:9px sans-serif;color:#5a6675}}}}"
        )
        # All of the page is ours, so its rules need not name the blocks they are for.
        blocks = part("blocks.css").replace(".snb ", "")
        sheet = [theme_css(brand.accent, brand.palettes), blocks, part("page.css")]
        return "".join([self._font(), *sheet, paper, self.style]).replace("\n", "")

    def _font(self) -> str:
        if self.fonts == "none":
            return ""
        if self.fonts == "charts":
            return font_face(figure_characters(self.body))
        names = "".join(name for _, name in self.contents)
        stamped = "".join(a + b for a, b in self.stamp.foot(self.language))
        named = "".join([self.stamp.title, *self.stamp.head(self.language), self.stamp.brand.name])
        rest = named + names + stamped + self.language("page.page_of") + "0123456789"
        face = font_face(text_characters(self.body + Html(rest)), for_all=True)
        return face + ":root{--sans:" + f"snb,{SANS} !important}}"


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(part("page.html.j2"))


def css_text(text: str) -> str:
    r"""Give text as a CSS string that cannot leave its quotes or the style element.

    Examples
    --------
    >>> print(css_text('a"</style>'))
    "a\22 \3c \2f style\3e "
    """
    kept = (
        character
        if character.isalnum() or character in " -_.,()·年月"
        else f"\\{ord(character):x} "
        for character in text
    )
    return f'"{"".join(kept)}"'
