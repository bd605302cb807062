"""Words, numbers and dates as a Chinese or an English reader expects them.

Words lie in `languages/<code>/<area>.toml`; a key is the area and the path in its file, as in
`metrics.net_sales.label`. Sentences are templates with named fields: `{gap:money}`.
"""

from __future__ import annotations

import math
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.period import Period

CODES = ("zh", "en")

MINUS = "−"
# Factor of each scale, and the digits shown below and from the limit.
_SCALES: dict[str, tuple[tuple[float, tuple[float, int, int]], ...]] = {
    "zh": ((1e4, (100, 1, 0)), (1e8, (math.inf, 2, 2))),
    "en": ((1e3, (100, 1, 0)), (1e6, (100, 1, 0)), (1e9, (100, 1, 0))),
}


@lru_cache(maxsize=8)
def words(code: str) -> Mapping[str, str]:
    """Give every word of a language: key → text or template."""
    found: dict[str, str] = {}

    def collect(prefix: str, table: Mapping[str, Any]) -> None:
        for name, value in table.items():
            key = f"{prefix}.{name}"
            if isinstance(value, Mapping):
                collect(key, value)
            else:
                found[key] = str(value)

    root = files("salesnb") / "languages" / code
    for entry in sorted(root.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            collect(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        elif entry.is_dir():
            for inner in sorted(entry.iterdir(), key=lambda item: item.name):
                collect(
                    f"{entry.name}.{inner.name.removesuffix('.toml')}",
                    tomllib.loads(inner.read_text("utf-8")),
                )
    return found


def is_missing(value: object) -> bool:
    """Whether a value is None or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or value != value


class _Sentence(string.Formatter):
    """Fills templates with the formats of a language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.language.show(value, format_spec or "text")


@dataclass(frozen=True)
class Language:
    """A reader's language, with the currency money is shown in.

    Examples
    --------
    >>> zh, en = Language.load("zh"), Language.load("en")
    >>> zh.money(-4_200_000), en.money(-4_200_000)
    ('−420万元', '−¥4.2M')
    >>> zh.money(99_996_000), zh.percent(0.053), en.points(-0.02)
    ('1.00亿元', '5.3%', '−2.0 pp')
    """

    code: str
    currency: str = "CNY"
    heard: list[tuple[str, Mapping[str, Any]]] = field(
        default_factory=list, compare=False, repr=False
    )
    """What was asked for so far, with its values: a report lists the numbers of its sentences."""

    @classmethod
    def load(cls, code: str, currency: str = "CNY") -> Language:
        """Give the language with a code.

        Raises
        ------
        ParameterError
            If there is no such language.
        """
        if code not in CODES:
            raise ParameterError(
                Problem("`language` is unknown", got=repr(code), fix=suggest(str(code), CODES))
            )
        return cls(code, currency)

    @property
    def html_lang(self) -> str:
        """The tag browsers choose fonts and hyphens by."""
        return {"zh": "zh-CN"}.get(self.code, self.code)

    # Words -------------------------------------------------------------------------------

    def __call__(self, key: str, /, **values: Any) -> str:
        """Give a word, or fill a sentence's fields.

        Raises
        ------
        KeyError
            If the key, or a field of the sentence, is missing: both are mistakes in the code.
        """
        text = words(self.code)[key]
        self.heard.append((key, values))
        return _Sentence(self).vformat(text, (), values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a word for a key."""
        return key in words(self.code)

    def label(self, key: str, otherwise: str = "") -> str:
        """Give a word, or what stands in for it when a key comes from data."""
        return words(self.code).get(key, otherwise or key)

    def show(self, value: Any, kind: str) -> str:
        """Show a value in one of the formats, such as money, percent, points or date.

        Raises
        ------
        KeyError
            If there is no such format.
        """
        return _FORMATS[kind](self, value)

    # Numbers -----------------------------------------------------------------------------

    def money(self, value: float | None, signed: bool = False) -> str:
        """Show money: 万 and 亿, or K, M and B, chosen after rounding."""
        if is_missing(value):
            return self("base.none")
        figure, scale = self.scaled(abs(float(value)))  # type: ignore[arg-type]
        unit = self.label(f"base.currency.{self.currency}", self.currency)
        template = "base.money" if scale or self.code == "en" else "base.money_unscaled"
        shown = self(template, value=figure, scale=scale, unit=unit)
        return _sign(float(value), figure, signed) + shown  # type: ignore[arg-type]

    def scaled(self, value: float) -> tuple[str, str]:
        """Give a positive figure and its scale word: `("123.4", "万")`."""
        steps = _SCALES[self.code]
        figure, scale = f"{value:,.0f}", ""
        for place, (factor, (limit, below, above)) in enumerate(steps, start=1):
            # Rounded at the scale before: 9,999.6 万 is 1.00 亿, never 10,000 万.
            if float(figure.replace(",", "")) * (steps[place - 2][0] if place > 1 else 1) < factor:
                break
            part = value / factor
            digits = below if round(part, below) < limit else above
            figure, scale = f"{part:,.{digits}f}", self(f"base.scale.{place}")
        return figure, scale

    def money_scale(self, largest: float) -> tuple[float, str]:
        """Give the factor and the unit one column of money is shown in, by its largest value.

        Examples
        --------
        >>> Language.load("zh").money_scale(3_482_000)
        (10000.0, '万元')
        """
        unit = self.label(f"base.currency.{self.currency}", self.currency)
        factor, scale = 1.0, ""
        for place, (step, _) in enumerate(_SCALES[self.code], start=1):
            if abs(largest) >= step * 10:
                factor, scale = step, self(f"base.scale.{place}")
        return factor, f"{scale}{unit}" if self.code == "zh" else f"{unit}{scale}"

    def percent(self, value: float | None, signed: bool = False) -> str:
        """Show a share or rate from 0 to 1 as percent, one decimal."""
        if is_missing(value):
            return self("base.none")
        figure = f"{abs(float(value)) * 100:,.{1 if abs(float(value)) < 10 else 0}f}"  # type: ignore[arg-type]
        return f"{_sign(float(value), figure, signed)}{figure}%"  # type: ignore[arg-type]

    def points(self, value: float | None) -> str:
        """Show a difference of two rates in percentage points, signed."""
        if is_missing(value):
            return self("base.none")
        figure = f"{abs(float(value)) * 100:,.1f}"  # type: ignore[arg-type]
        return self("base.points", value=_sign(float(value), figure, True) + figure)  # type: ignore[arg-type]

    def count(self, value: float | None, signed: bool = False) -> str:
        """Show a count: whole, with thousands marks."""
        return self.number(value, 0, signed)

    def number(self, value: float | None, digits: int = 1, signed: bool = False) -> str:
        """Show a plain number with a fixed count of decimals."""
        if is_missing(value):
            return self("base.none")
        figure = f"{abs(float(value)):,.{digits}f}"  # type: ignore[arg-type]
        return _sign(float(value), figure, signed) + figure  # type: ignore[arg-type]

    def days(self, value: float | None) -> str:
        """Show a length in days, one decimal below ten."""
        if is_missing(value):
            return self("base.none")
        digits = 1 if abs(float(value)) < 10 and float(value) % 1 else 0  # type: ignore[arg-type]
        return self("base.days", value=self.number(value, digits))

    def months(self, value: float | None) -> str:
        """Show a length in months, one decimal."""
        return self("base.none") if is_missing(value) else self("base.months", value=_short(value))

    # Dates -------------------------------------------------------------------------------

    def date(self, value: date | datetime | str | None, short: bool = False) -> str:
        """Show a day; `short` leaves the year out."""
        if is_missing(value) or value == "":
            return self("base.none")
        day = datetime.fromisoformat(value) if isinstance(value, str) else value
        fields = {"day": str(day.day), "year": str(day.year), "month": str(day.month)}  # type: ignore[union-attr]
        month = self(f"base.month.{fields['month']}")
        return self(f"base.date.{'short_day' if short else 'day'}", **fields, month_name=month)

    def period(self, value: Period | str, short: bool = False) -> str:
        """Show a month, quarter or year; `short` leaves a month's year out."""
        period = value if isinstance(value, Period) else Period.parse(value)
        if period.kind == "year":
            return self("base.date.year", year=str(period.year))
        if period.kind == "quarter":
            name = self(f"base.quarter.{period.index}")
            return self("base.date.quarter", year=str(period.year), quarter_name=name)
        key = "base.date.short_month" if short else "base.date.month"
        return self(key, year=str(period.year), month_name=self(f"base.month.{period.index}"))

    def list(self, values: Iterable[object]) -> str:
        """Join names as the language does."""
        return self("base.list_separator").join(str(value) for value in values)


def _short(value: Any) -> str:
    return f"{float(value):,.1f}"


def _sign(value: float, figure: str, signed: bool) -> str:
    """Give the sign of a shown figure; what rounds to zero has none."""
    if not any(digit in figure for digit in "123456789"):
        return ""
    return MINUS if value < 0 else "+" if signed else ""


_FORMATS = {
    "text": lambda language, value: language("base.none") if is_missing(value) else str(value),
    "lower": lambda language, value: str(value)[:1].lower() + str(value)[1:],
    "money": Language.money,
    "money_signed": lambda language, value: language.money(value, signed=True),
    "money_size": lambda language, value: language.money(abs(value)),
    "percent": Language.percent,
    "percent_signed": lambda language, value: language.percent(value, signed=True),
    "percent_size": lambda language, value: language.percent(abs(value)),
    "points": Language.points,
    "points_size": lambda language, value: language.points(abs(value)).replace("+", ""),
    "count": Language.count,
    "count_size": lambda language, value: language.count(abs(value)),
    "count_signed": lambda language, value: language.count(value, signed=True),
    "number": Language.number,
    "ratio": lambda language, value: language.number(value, 2),
    "days": Language.days,
    "months": Language.months,
    "date": Language.date,
    "short_date": lambda language, value: language.date(value, short=True),
    "period": Language.period,
    "short_period": lambda language, value: language.period(value, short=True),
    "list": Language.list,
}
