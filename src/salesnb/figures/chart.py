"""What a drawing gives: the finding as title, two figures, words for those who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure
from pandas import DataFrame

from salesnb.language import Language

# Facts named in an alternative text; more would be a table read aloud, which follows anyway.
_FACTS = 8


@dataclass(frozen=True)
class Field:
    """A column of a chart's data table: its name in the frame, its label, its unit."""

    name: str
    label: str
    unit: str = "text"


@dataclass(frozen=True)
class Chart:
    """A finding drawn twice, for wide and for narrow pages, with its data."""

    kind: str
    title: str
    wide: Figure
    narrow: Figure
    alt: str
    subtitle: str = ""
    so_what: str = ""
    data: DataFrame = field(default_factory=DataFrame)
    fields: tuple[Field, ...] = ()
    unit_name: str = ""


def alt_text(language: Language, kind: str, title: str, facts: Sequence[str]) -> str:
    """Give the alternative text: the kind of chart, its finding, its main figures."""
    name = language(f"figures.kind.{kind}")
    shown = language("figures.list_separator").join(facts[:_FACTS])
    more = language("figures.more", count=len(facts) - _FACTS) if len(facts) > _FACTS else ""
    title = title.rstrip("。.")
    return language("figures.alt", kind=name, title=title, facts=shown + more)


def subtitle(language: Language, metric: str, unit_name: str, scope: str = "") -> str:
    """Give the grey line under a title: metric, unit, scope; what is empty is left out."""
    unit = language("figures.in_unit", unit=unit_name) if unit_name else ""
    parts = [f"{metric}{unit}" if metric else unit_name, scope]
    return language("figures.subtitle_separator").join(part for part in parts if part)
