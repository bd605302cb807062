"""The font figures are laid out with, and how wide text is in it.

Noto Sans SC (SIL Open Font License) comes with the package `zhplot`. The file is found without
importing that package, which would change settings of matplotlib for everyone.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font, LoadFlags

from salesnb.errors import SourceError
from salesnb.figures.plain import one_line

# A name of our own: no other figure of the session asks for it, so registering it changes nothing.
FAMILY = "salesnb sans"
_CARRIER, _FILE = "zhplot", "zhplot/fonts/NotoSansSC-Regular.ttf"
_EM = 1000


@lru_cache(maxsize=1)
def font_file() -> Path:
    """Give the path of the font that holds Latin, Chinese (all of GBK) and symbols.

    Raises
    ------
    SourceError
        If the package that carries it, or the file in it, is not there.
    """
    try:
        path = Path(str(distribution(_CARRIER).locate_file(_FILE)))
    except PackageNotFoundError as error:
        raise SourceError(f"the font package `{_CARRIER}` is not installed") from error
    if not path.is_file():
        raise SourceError(f"the font package `{_CARRIER}` does not hold {_FILE}")
    return path


@lru_cache(maxsize=1)
def families() -> list[str]:
    """Give the font families to draw with, registering ours with matplotlib when first asked."""
    path = str(font_file())
    entry = font_manager.FontEntry(fname=path, name=FAMILY, weight=400, size="scalable")
    font_manager.fontManager.ttflist.append(entry)
    return [FAMILY, "DejaVu Sans"]


@lru_cache(maxsize=1)
def _faces() -> tuple[FT2Font, ...]:
    return tuple(FT2Font(font_manager.findfont(family)) for family in families())


@lru_cache(maxsize=1)
def _last_resort() -> FT2Font:
    """Give the font matplotlib draws boxes from for what no other font holds."""
    return FT2Font(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "LastResortHE-Regular.ttf"))


@lru_cache(maxsize=65536)
def _extent(character: str) -> tuple[float, float]:
    """Give width and ascent of a character in ems; what no font holds is as wide as a box."""
    for face in (*_faces(), _last_resort()):
        if face.get_char_index(ord(character)):
            face.set_size(_EM, 72)
            glyph = face.load_char(ord(character), flags=LoadFlags.NO_HINTING)
            return glyph.linearHoriAdvance / 65536 / _EM, glyph.bbox[3] / 64 / _EM
    return 1.15, 0.0


def _advance(character: str) -> float:
    return _extent(character)[0]


@lru_cache(maxsize=1)
def _ascent() -> float:
    """Give the ascent of a line in ems as the font states it."""
    face = _faces()[0]
    stated, units = face.get_sfnt_table("OS/2"), face.units_per_EM
    return stated["sTypoAscender"] / units if stated else face.ascender / units


def covered(character: str) -> bool:
    """Whether the layout fonts hold a character."""
    return any(face.get_char_index(ord(character)) for face in _faces())


def text_width(text: str, size: float) -> float:
    """Give the width of one line of text at a size, in the unit of the size."""
    return size * sum(_advance(character) for character in one_line(text))


def ascent(text: str, size: float) -> float:
    """Give how far one line of text rises above its baseline, at least as far as any usual one."""
    return size * max((_ascent(), *(_extent(character)[1] for character in text)))


def fit(text: str, size: float, width: float) -> str:
    """Cut text to a width, with an ellipsis where it was cut.

    Examples
    --------
    >>> fit("华东大区", 10, 31)
    '华东…'
    """
    text = one_line(text)
    if text_width(text, size) <= width:
        return text
    room, kept = width - text_width("…", size), ""
    for character in text:
        room -= size * _advance(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + "…"


def fit_middle(text: str, size: float, width: float) -> str:
    """Cut text to a width, leaving out its middle.

    Examples
    --------
    >>> fit_middle("华东大区第一事业部", 10, 52)
    '华东…业部'
    """
    text = one_line(text)
    if text_width(text, size) <= width:
        return text
    half = (width - text_width("…", size)) / 2
    start = fit(text, size, half + text_width("…", size)).removesuffix("…")
    end = fit(text[::-1], size, half + text_width("…", size)).removesuffix("…")[::-1]
    return f"{start}…{end}"


def wrap(text: str, size: float, width: float, lines: int = 2) -> list[str]:
    """Break text into at most so many lines of a width; the last one is cut to fit.

    Chinese breaks anywhere, other scripts at spaces where there is one.
    """
    rest, broken = one_line(text), []
    while rest and len(broken) < lines - 1 and text_width(rest, size) > width:
        room, end = width, 0
        while end < len(rest) and room >= size * _advance(rest[end]):
            room -= size * _advance(rest[end])
            end += 1
        end = max(end, 1)
        space = rest.rfind(" ", 0, end + 1)
        if space > end // 2 and rest[end - 1].isascii() and rest[end : end + 1].isascii():
            end = space
        broken.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*broken, fit(rest, size, width)] if rest else broken or [""]
