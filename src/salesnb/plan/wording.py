"""Values that know how to be said: numbers in formulas, names of scopes and metrics, phrases.

A finding keeps these instead of finished words, so that one finding can be said in every
language. `raw` is what a program gets, `say` what a reader gets; `str` is the form without a
language, for formulas.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from salesnb.language import MINUS, Language
from salesnb.period import Period
from salesnb.plan.quantities import with_unit
from salesnb.plan.scopes import Scope, Scopes
from salesnb.plan.statements import Record, Statement
from salesnb.plan.vocabulary import PlanMetric


@dataclass(frozen=True)
class Shown:
    """A number with the digits it is shown with, the same in every language."""

    raw: float
    text: str

    def __str__(self) -> str:
        return self.text

    def say(self, language: Language) -> str:
        """Say it: numbers with % and bare numbers need no language."""
        return self.text


@dataclass(frozen=True)
class Lasting(Shown):
    """A number of days or months."""

    unit: str = "days"

    def say(self, language: Language) -> str:
        """Say it with its unit."""
        return language(f"plan.words.{self.unit}", value=self.text)


def _digits(value: float, places: int, trim: bool) -> str:
    figure = f"{abs(value):,.{places}f}"
    if trim and "." in figure:
        figure = figure.rstrip("0").rstrip(".")
    return figure


def pct(value: float, places: int = 1, *, sign: bool = False, fixed: bool = False) -> Shown:
    """Show a fraction as percent; zeros at the end are dropped unless `fixed`.

    Examples
    --------
    >>> str(pct(0.143)), str(pct(0.12)), str(pct(-0.1289)), str(pct(0.058321, 2, sign=True))
    ('14.3%', '12%', '−12.9%', '+5.83%')
    """
    figure = _digits(value * 100, places, not fixed)
    return Shown(value, f"{_mark(value, figure, sign)}{figure}%")


def num(value: float, places: int = 0, *, sign: bool = False) -> Shown:
    """Show a plain number; zeros after the point are dropped.

    Examples
    --------
    >>> str(num(2500)), str(num(633.33, 1)), str(num(-3, sign=True))
    ('2,500', '633.3', '−3')
    """
    figure = _digits(value, places, True)
    return Shown(value, f"{_mark(value, figure, sign)}{figure}")


def _mark(value: float, figure: str, sign: bool) -> str:
    if not any(digit in figure for digit in "123456789"):
        return ""
    return MINUS if value < 0 else "+" if sign else ""


@dataclass(frozen=True)
class Amount:
    """An amount of money in the plan's unit, which says all digits a repair needs.

    Where the plan has no unit of its own, or one the reader cannot read (万元 in English), it is
    said in the reader's words.
    """

    raw: float
    text: str
    in_money: bool = True
    has_unit: bool = True

    def __str__(self) -> str:
        return self.text

    def say(self, language: Language) -> str:
        """Say it, or in units of the letter that stands for it."""
        if not self.in_money:
            return self.text
        if language.code == "zh":
            return self.text if self.has_unit else language.money(self.raw)
        if self.has_unit and all(character < "\u3000" for character in self.text):
            return self.text
        value, scale = abs(self.raw), ""
        for factor, letter in ((1e6, "M"), (1e3, "K")):
            if value >= factor:
                value, scale = value / factor, letter
                break
        unit = language.label(f"base.currency.{language.currency}", language.currency)
        figure = with_unit(_digits(value, 3, True), unit + scale)
        return (MINUS if self.raw < 0 else "") + figure


@dataclass(frozen=True)
class ScopeName:
    """A scope as readers know it: `华东 + 华南`, or the company."""

    scope: Scope
    scopes: Scopes = field(repr=False, compare=False)

    @property
    def raw(self) -> str:
        """The scope as written in a plan."""
        return self.scope.text

    def __str__(self) -> str:
        return " · ".join(
            "+".join(self.scopes.dimensions[name].labels.get(member, member) for member in members)
            for name, members in self.scope.parts
        )

    def say(self, language: Language) -> str:
        """Say it; the empty scope is the company."""
        return str(self) or language("plan.words.company")


@dataclass(frozen=True)
class MetricName:
    """A metric as readers know it; its share, where that is meant."""

    metric: PlanMetric
    is_share: bool = False

    @property
    def raw(self) -> str:
        """The metric's id."""
        return self.metric.id

    def __str__(self) -> str:
        return self.metric.id

    def say(self, language: Language) -> str:
        """Say it: the plan's own name, else the name in the list of metrics."""
        name = self._name(language)
        return language("plan.words.share_of", metric=name) if self.is_share else name

    def _name(self, language: Language) -> str:
        own = self.metric.labels.get(language.code) or self.metric.labels.get("")
        if own:
            return own
        for key in (f"plan.metric.{self.metric.id}", f"metrics.{self.metric.id}.label"):
            if language.has(key):
                return _within(language(key))
        return self.metric.id


def _within(label: str) -> str:
    """Write a label as it stands inside a sentence: `Net sales` → `net sales`, not `cAC`."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


@dataclass(frozen=True)
class Written:
    """A figure as the plan writes it; points in the reader's words."""

    stated: Statement

    @property
    def raw(self) -> str:
        """The text of the plan."""
        return self.stated.value.written

    def __str__(self) -> str:
        return self.stated.value.shown

    def say(self, language: Language) -> str:
        """Say it."""
        value = self.stated.value
        if self.stated.kind != "points" or not value.known or value.sign == "range":
            return value.shown
        sign = value.sign if value.sign != "=" else ""
        return f"{sign} {language.points(value.point)}".strip()


@dataclass(frozen=True)
class DimensionName:
    """A dimension as readers know it."""

    name: str
    label: str = ""

    @property
    def raw(self) -> str:
        """The dimension as written in scopes."""
        return self.name

    def __str__(self) -> str:
        return self.name

    def say(self, language: Language) -> str:
        """Say it: the plan's own name, else ours, else as it is written."""
        return self.label or language.label(f"plan.dimension.{self.name}", self.name)


@dataclass(frozen=True)
class Phrase:
    """A part of a sentence with fields of its own."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def raw(self) -> dict[str, Any]:
        """Its fields."""
        return dict(self.values)

    def say(self, language: Language) -> str:
        """Say it."""
        return language(f"plan.{self.key}", **said(self.values, language))


@dataclass(frozen=True)
class Names:
    """Several things in a row, joined as the language does."""

    items: Sequence[Any]

    @property
    def raw(self) -> list[Any]:
        """The things."""
        return list(self.items)

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self.items)

    def say(self, language: Language) -> str:
        """Say them all."""
        return language.list(say(item, language) for item in self.items)


@dataclass(frozen=True)
class Cite:
    """A record as a sentence mentions it: its line of the source document, or its id."""

    record: Record
    by_id: bool = False

    @property
    def raw(self) -> str:
        """The record's id."""
        return self.record.id

    def __str__(self) -> str:
        return self.record.id if self.by_id else self.record.source or self.record.id

    def say(self, language: Language) -> str:
        """Say it."""
        return str(self)


Sayable = Shown | Amount | ScopeName | MetricName | Written | DimensionName | Phrase | Names | Cite
"""What has a form for readers, `say`, and a form for programs, `raw`."""


def cite(records: Sequence[Record]) -> Names:
    """Mention records, each source line once."""
    seen: dict[str, Record] = {}
    for record in records:
        seen.setdefault(record.source or record.id, record)
    return Names([Cite(record) for record in seen.values()])


def cite_each(records: Sequence[Record]) -> list[Cite]:
    """Mention each record apart: by its id where another one has the same source line."""
    lines = Counter(record.source for record in records)
    return [Cite(record, by_id=lines[record.source] > 1) for record in records]


def say(value: Any, language: Language) -> Any:
    """Give the form for readers of a value that has one; others stay as they are."""
    return value.say(language) if isinstance(value, Sayable) else value


def said(values: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Give the forms for readers of all values."""
    return {name: say(value, language) for name, value in values.items()}


def raw(value: Any) -> Any:
    """Give the form for programs: numbers, texts, lists."""
    if isinstance(value, Sayable):
        return raw(value.raw)
    if isinstance(value, Mapping):
        return {name: raw(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [raw(item) for item in value]
    if isinstance(value, Period | date):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
