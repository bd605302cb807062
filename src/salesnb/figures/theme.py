"""Colours with meaning, the same in every figure and block.

A figure is drawn in the light colours; the page replaces each by a CSS variable of its name, so
one drawing serves light, dark and print. No two names share a colour, or the way back were lost.

Scenarios look the same everywhere: actual solid, last year pale, target a dark tick or outline,
forecast dashed or in outline.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#ffffff",
        "soft": "#f4f6f8",
        "grid": "#e4e8ed",
        "ghost": "#cbd2da",
        "axis": "#a7b1bd",
        "last": "#8b97a6",
        "muted": "#5a6675",
        "actual": "#43586f",
        "ink": "#18212c",
        "target": "#18212d",
        "accent": "#1f5fa8",
        "accent_soft": "#d8e5f4",
        "good": "#1f5fa7",
        "good_soft": "#d8e5f3",
        "bad": "#b84e14",
        "bad_soft": "#fef2ea",
        "warn": "#8a6100",
        "warn_soft": "#faedc8",
        "up": "#1f5ea8",
        "down": "#b74e14",
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#13171d",
        "soft": "#1b2129",
        "grid": "#2b333d",
        "ghost": "#3f4a56",
        "axis": "#66727f",
        "last": "#7c8a99",
        "muted": "#a5b0bd",
        "actual": "#a9bbcf",
        "ink": "#e9eef4",
        "target": "#e9eef4",
        "accent": "#74b2f3",
        "accent_soft": "#1f3b58",
        "good": "#74b2f3",
        "good_soft": "#1f3b58",
        "bad": "#f19a62",
        "bad_soft": "#4b2b18",
        "warn": "#e3b54f",
        "warn_soft": "#43350f",
        "up": "#74b2f3",
        "down": "#f19a62",
    }
)

# Colours that pictures never use; blocks alone know them.
_BLOCKS_ONLY = frozenset({"good_soft", "warn", "warn_soft", "up", "down"})
DRAWN = tuple(name for name in LIGHT if name not in _BLOCKS_ONLY)

# What a palette changes: `cn` shows the direction of a change as Chinese markets do (red up, green
# down) and leaves good and bad alone; `rag` shows status as red, amber, green.
PALETTES: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "blue_orange": {"light": {}, "dark": {}},
        "cn": {
            "light": {"up": "#c22f36", "down": "#12764f"},
            "dark": {"up": "#f58a8a", "down": "#5cc795"},
        },
        "rag": {
            "light": {
                "good": "#12764f",
                "good_soft": "#d9efe3",
                "bad": "#c22f36",
                "bad_soft": "#fdeaea",
            },
            "dark": {
                "good": "#5cc795",
                "good_soft": "#173c2b",
                "bad": "#f58a8a",
                "bad_soft": "#4c2224",
            },
        },
    }
)


def channels(colour: str) -> tuple[float, float, float]:
    """Give red, green and blue of `#rrggbb`, each from 0 to 1."""
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))  # type: ignore[return-value]


def luminance(colour: str) -> float:
    """Give the relative luminance of a colour (WCAG 2.2, relative luminance)."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in channels(colour)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio).

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Give the colour `share` of the way from one colour to another.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    parts = (
        round((a + (b - a) * share) * 255)
        for a, b in zip(channels(one), channels(other), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def readable(colour: str, paper: str, least: float = 4.6) -> str:
    """Move a colour away from the paper until text in it can be read.

    Examples
    --------
    >>> readable("#1f5fa8", "#ffffff")
    '#1f5fa8'
    >>> contrast(readable("#ffcc00", "#ffffff"), "#ffffff") >= 4.6
    True
    """
    end = "#000000" if luminance(paper) > 0.5 else "#ffffff"
    for step in range(21):
        moved = mix(colour, end, step / 20)
        if contrast(moved, paper) >= least:
            return moved
    return end


def tokens(
    mode: str = "light", accent: str = "", palettes: tuple[str, ...] = ()
) -> Mapping[str, str]:
    """Give every colour by name for a mode, with a brand's accent and chosen palettes."""
    chosen = dict(LIGHT if mode == "light" else DARK)
    for palette in palettes:
        chosen.update(PALETTES[palette][mode])
    if accent:
        chosen["accent"] = readable(accent, chosen["paper"])
        chosen["accent_soft"] = mix(chosen["accent"], chosen["paper"], 0.82)
    return MappingProxyType(chosen)


def css_variables(chosen: Mapping[str, str]) -> str:
    """Give colours as CSS variables: `--ink:#18212c;…`."""
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in chosen.items())
