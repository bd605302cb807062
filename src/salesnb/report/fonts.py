"""The part of the font a page carries with it: just the characters its figures show."""

from __future__ import annotations

import base64
import io
import itertools
import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from salesnb.figures.fonts import font_file
from salesnb.report.style import CHART_FONT

_TEXTS = re.compile(r"<text\b[^>]*>([^<]*)</text>")
# Latin letters and digits stay in the reader's own font; only these come from ours.
_RANGE = "U+2190-2BFF,U+2E80-9FFF,U+F900-FAFF,U+FE30-FE4F,U+FF00-FFEF,U+20000-2FA1F"
_RANGES = tuple(
    (int(low, 16), int(high, 16))
    for low, _, high in (part.removeprefix("U+").partition("-") for part in _RANGE.split(","))
)
# Small tables a browser needs; layout features, hinting and vertical metrics stay out.
_DROPPED = ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG", "STAT", "kern", "morx"]


def figure_characters(page: str) -> frozenset[str]:
    """Give the characters of all texts inside the pictures of a page."""
    texts = "".join(_TEXTS.findall(page))
    return frozenset(character for character in unescape(texts) if _ours(character))


def text_characters(page: str) -> frozenset[str]:
    """Give the characters of a whole page, for where no font of the machine is to be used.

    Letters and digits are among them: on paper, words of two fonts are not found as one.
    """
    shown = re.sub(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", "", page, flags=re.S)
    return frozenset(character for character in unescape(shown) if character.isprintable())


def _ours(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in _RANGES)


class _Stock:
    """The layout font cut to the usual characters and all others asked for so far.

    What a page needs is cut from it in a tenth of the time that the whole font would take.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: frozenset[str] = frozenset()
        self._font = b""

    def holding(self, characters: frozenset[str]) -> bytes:
        """Give a font that holds these characters, as far as the whole font does."""
        with self._lock:
            if not (self._font and characters <= self._held):
                self._held = self._held.union(characters, _usual())
                self._font = _cut(font_file(), self._held, "")
            return self._font


_STOCK = _Stock()


def _usual() -> str:
    """Give the characters of GB 2312, nearly all that companies use, and our signs it lacks."""
    pairs = itertools.product(range(0xA1, 0xF8), range(0xA1, 0xFF))
    return "▼−" + "".join(bytes(pair).decode("gb2312", "ignore") for pair in pairs)


@lru_cache(maxsize=32)
def subset_woff(characters: frozenset[str]) -> bytes:
    """Cut the layout font to these characters, as WOFF; the same characters give the same bytes.

    Characters the font does not hold are left to the reader's own fonts.
    """
    return _cut(io.BytesIO(_STOCK.holding(characters)), characters, "woff")


def _cut(whole: Path | io.BytesIO, characters: Iterable[str], flavor: str) -> bytes:
    """Cut a font; the bytes are the same whether or not it was cut to more characters before."""
    options = subset.Options()
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 13]
    options.drop_tables = [*options.drop_tables, *_DROPPED]
    with TTFont(whole, lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=sorted(map(ord, characters)))
        cutter.subset(font)
        written = io.BytesIO()
        font.flavor = flavor or None
        font.save(written, reorderTables=True)
    return written.getvalue()


def font_face(characters: frozenset[str], for_all: bool = False) -> str:
    """Give the `@font-face` rule that carries these characters, or nothing for none.

    Latin letters are left to the reader's own fonts unless it is `for_all`.
    """
    if not characters:
        return ""
    data = base64.b64encode(subset_woff(characters)).decode("ascii")
    only = "" if for_all else f"unicode-range:{_RANGE};"
    return (
        f"@font-face{{font-family:{CHART_FONT};font-display:block;{only}"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )
