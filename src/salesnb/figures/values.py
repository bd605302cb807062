"""Values in words: with their unit, and changes with arrow and colour."""

from __future__ import annotations

from salesnb.figures.scale import Scale
from salesnb.language import Language, is_missing

_FORMATS = {"rate": "percent", "share": "percent", "score": "number"}


def shown(language: Language, value: float | None, unit: str) -> str:
    """Write one value with its unit, as a sentence would."""
    return language.show(value, _FORMATS.get(unit, unit))


def with_unit(value: float | None, scale: Scale, signed: bool = False) -> str:
    """Write a value in its scale and name the unit of money."""
    text = scale.text(value, signed)
    return text if is_missing(value) or scale.unit != "money" else text + scale.name


def delta_text(value: float | None, scale: Scale) -> str:
    """Write a change with its arrow; what rounds to nothing has none."""
    if is_missing(value):
        return scale.none
    text = scale.text(value, signed=True)
    arrow = {"+": "▲", "−": "▼"}.get(text[:1], "")
    return f"{arrow} {text}".strip()


def delta_colour(value: float | None, better: str) -> str:
    """Give the colour of a change: good, bad, or grey where direction has no merit.

    Examples
    --------
    >>> delta_colour(-0.1, "up"), delta_colour(-0.1, "down"), delta_colour(0.1, "none")
    ('bad', 'good', 'muted')
    """
    if value is None or is_missing(value) or not value or better == "none":
        return "muted"
    return "good" if (value > 0) == (better == "up") else "bad"
