"""Numbers as planners write them: `≥ 50%`, `+12%`, `1,200万元`, `$4.2M`, `2 个百分点`, `Y1`."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from salesnb.errors import Problem

Family = Literal["percent", "points", "plain"]
Sign = Literal["=", "≥", "≤", "range"]

CURRENCIES = {
    "¥": "CNY",
    "元": "CNY",
    "人民币": "CNY",
    "RMB": "CNY",
    "$": "USD",
    "US$": "USD",
    "美元": "USD",
    "€": "EUR",
    "欧元": "EUR",
    "£": "GBP",
    "英镑": "GBP",
    "HK$": "HKD",
    "港元": "HKD",
    "港币": "HKD",
    "日元": "JPY",
    "円": "JPY",
}
"""Signs and words of money, besides three-letter codes."""

SCALES = {
    "千": 1e3,
    "万": 1e4,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "k": 1e3,
    "K": 1e3,
    "m": 1e6,
    "M": 1e6,
    "mn": 1e6,
    "b": 1e9,
    "B": 1e9,
    "bn": 1e9,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
}
"""Words that multiply the number before them."""

POINT_WORDS = (
    "个百分点",
    "百分点",
    "percentage points",
    "percentage point",
    "points",
    "point",
    "pp",
    "pts",
    "pt",
)

_SIGNS: dict[str, Sign] = {
    "": "=",
    "=": "=",
    "==": "=",
    "≥": "≥",
    ">=": "≥",
    ">": "≥",
    "≧": "≥",
    "至少": "≥",
    "不低于": "≥",
    "不少于": "≥",
    "at least": "≥",
    "≤": "≤",
    "<=": "≤",
    "<": "≤",
    "≦": "≤",
    "至多": "≤",
    "不超过": "≤",
    "不高于": "≤",
    "at most": "≤",
    "range": "range",
}
_ENDINGS: dict[str, Sign] = {"以上": "≥", "以下": "≤", "以内": "≤", "or more": "≥", "or less": "≤"}
_SIGN = "|".join(sorted(map(re.escape, filter(None, _SIGNS)), key=len, reverse=True))
_CODES = r"[A-Z]{3}(?![A-Za-z])"
_MONEY = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_SCALE = "|".join(sorted(map(re.escape, SCALES), key=len, reverse=True))
_NUMBER = r"[+\-−]?\s*(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PART = re.compile(
    rf"(?P<plus>[+\-−]?)\s*(?P<before>{_MONEY}|{_CODES})?\s*(?P<number>{_NUMBER})\s*"
    rf"(?P<rest>.*)",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(
    r"[+\-−]?\s*(?P<name>[A-Z]{1,3}\d{0,2})\s*(?:%|[^\x00-\x7f]{0,6}| [a-z]{1,12})", re.DOTALL
)
_UNDECIDED = ("待定", "未定", "tbd", "tbc", "?", "??", "???")
_RANGE = re.compile(r"\s*(?:\.\.+|–|—|~|～|至| to )\s*")


@dataclass(frozen=True)
class Quantity:
    """A written number: what it may be, and how it was written.

    Parameters
    ----------
    low, high
        The least and the most it says, equal for a plain number, infinite where open. Percent and
        points are fractions: `50%` is 0.5. None is never used; a placeholder has an open range.
    sign
        `=`, `≥`, `≤` or `range`.
    family
        `percent`, `points`, or `plain` for money, counts, days and bare numbers.
    written
        The text in the plan.
    step
        The place of the last digit written, in the unit of `low`: `35%` has 0.01, `1.2万` 1,000.
    factor
        What the written number was multiplied by: 10,000 for 万, 1 for none.
    unit
        The words after the number, without the scale: `元`, `家`, `days`; "" for none.
    currency
        A three-letter code, "" when no money was named.
    placeholder
        The letter that stands for a number to come, such as `Y1`; "" for a number.
    understood
        The unit of a bare number, where the plan says once what bare numbers are in.

    Examples
    --------
    >>> share = read_quantity("≥ 50%")
    >>> share.low, share.high, share.sign
    (0.5, inf, '≥')
    >>> read_quantity("1,200万元").low, read_quantity("$4.2M").currency
    (12000000.0, 'USD')
    """

    low: float
    high: float
    sign: Sign = "="
    family: Family = "plain"
    written: str = ""
    step: float = 0.0
    factor: float = 1.0
    unit: str = ""
    currency: str = ""
    placeholder: str = ""
    understood: str = ""

    @property
    def shown(self) -> str:
        """The text of the plan, with the unit that goes without saying there."""
        if not self.understood:
            return self.written
        digits = re.sub(r"(?<![\d.,])\d{4,}", lambda found: f"{int(found[0]):,}", self.written)
        sign = re.match(r"[^\d]*", digits)
        start = len(sign[0]) if sign else 0
        return digits[:start] + with_unit(digits[start:], self.understood)

    @property
    def known(self) -> bool:
        """Whether there is a number at all."""
        return not self.placeholder

    @property
    def point(self) -> float:
        """The number as written: the bound of a bound, the middle of a range."""
        if self.sign == "range":
            return (self.low + self.high) / 2
        return self.low if math.isfinite(self.low) else self.high

    def scaled(self, factor: float) -> Quantity:
        """Give the quantity in another unit."""
        return replace(
            self,
            low=self.low * factor,
            high=self.high * factor,
            step=self.step * factor,
            factor=self.factor * factor,
        )


def read_quantity(text: str, bound: str = "") -> Quantity | Problem:
    """Read a number as a planner writes it.

    Parameters
    ----------
    text
        Such as `35%`, `≥ 2,500`, `+2 points`, `30%..40%`, `¥50,000`, `500万`, `Y1`.
    bound
        A sign written apart from the number, one of `=`, `≥`, `≤` (or `>=`, `<=`).

    Returns
    -------
    The quantity, or the problem when there is no number in the text.
    """
    clean = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    match = re.match(rf"(?P<sign>{_SIGN})?\s*(?P<body>.*)", clean, re.DOTALL | re.IGNORECASE)
    assert match is not None
    sign = _SIGNS[(match["sign"] or "").casefold()]
    body = match["body"].strip()
    for ending, means in _ENDINGS.items():
        if not match["sign"] and body.casefold().endswith(ending):
            sign, body = means, body[: -len(ending)].strip()
    if bound:
        if bound.strip() not in _SIGNS:
            return Problem(f"`{bound}` is not a bound", fix="Write =, ≥ or ≤.")
        apart = _SIGNS[bound.strip()]
        if match["sign"] and apart != sign:
            return Problem("the value and its `bound` disagree", got=f"`{text}` and `{bound}`")
        sign = apart
    if body.casefold() in _UNDECIDED or _PLACEHOLDER.fullmatch(body):
        found = _PLACEHOLDER.fullmatch(body)
        family: Family = "percent" if "%" in body else "plain"
        name = found["name"] if found else body
        return Quantity(-math.inf, math.inf, sign, family, text.strip(), placeholder=name)
    ends = _RANGE.split(body)
    if len(ends) == 2 and all(ends):
        return _read_range(text, ends)
    one = _read_part(body)
    if one is None:
        return Problem("the value cannot be read as a number", got=f"`{text}`", fix=_HOW)
    low = one.low if sign != "≤" else -math.inf
    high = one.high if sign != "≥" else math.inf
    return replace(one, low=low, high=high, sign=sign, written=text.strip())


_HOW = (
    "Write for example 35%, ≥ 2,500, +2 points, 1,200万元, $4.2M, 30%..40%, or a letter such as X."
)


def _read_range(text: str, ends: list[str]) -> Quantity | Problem:
    second = _read_part(ends[1])
    first = _read_part(ends[0])
    if first is None or second is None:
        return Problem("the value cannot be read as a range", got=f"`{text}`", fix=_HOW)
    if first.family == "plain" != second.family:  # "30..40%": the unit is said once
        first = _read_part(ends[0] + second.written.removeprefix(_digits(second.written)))
    elif first.factor == 1 != second.factor and not first.unit:
        first = first.scaled(second.factor)
    if first is None or first.family != second.family or first.low > second.low:
        return Problem("a range goes from the smaller to the larger", got=f"`{text}`")
    return replace(
        second,
        low=first.low,
        sign="range",
        written=text.strip(),
        step=max(first.step, second.step),
        currency=first.currency or second.currency,
    )


def _digits(text: str) -> str:
    found = re.match(_NUMBER, text.strip())
    return found[0] if found else ""


def _read_part(text: str) -> Quantity | None:
    """Read one number with what stands before and after it."""
    match = _PART.fullmatch(text.strip())
    if match is None:
        return None
    digits = re.sub(r"[,\s]", "", match["number"])
    if match["plus"] and digits[0] in "+-":
        return None
    value = float(digits) * (-1 if match["plus"] == "-" else 1)
    decimals = len(digits.partition(".")[2])
    step = 10.0**-decimals
    currency = _currency(match["before"] or "")
    rest = match["rest"].strip()
    if rest.startswith("%") and not rest.removeprefix("%").strip():
        return _number(value, step, 0.01, "percent", text)
    for word in POINT_WORDS:
        if rest.casefold() == word or rest.casefold() == f"% {word}":
            return _number(value, step, 0.01, "points", text)
    scale = re.match(rf"(?P<scale>{_SCALE})(?![A-Za-z])\s*(?P<unit>.*)", rest)
    factor, unit = 1.0, rest
    if scale:
        factor, unit = SCALES[scale["scale"]], scale["unit"].strip()
    if re.search(r"[\d%≥≤<>=/]", unit) or len(unit) > 24:
        return None
    currency = currency or _currency(unit)
    found = _number(value, step, factor, "plain", text)
    return replace(found, unit=unit, currency=currency)


def _number(value: float, step: float, factor: float, family: Family, text: str) -> Quantity:
    # Decimal places are kept exact: 0.143 is 14.3%, not 0.14300000000000002.
    exact = round(value * factor, 12)
    return Quantity(exact, exact, "=", family, text.strip(), round(step * factor, 12), factor)


def _currency(word: str) -> str:
    word = word.strip()
    if word in CURRENCIES:
        return CURRENCIES[word]
    return word if re.fullmatch(r"[A-Z]{3}", word) else ""


def with_unit(digits: str, unit: str) -> str:
    """Write a number in a unit of money as it is usual: `1,200万元`, `$4.2M`, `300 EUR`.

    Examples
    --------
    >>> with_unit("8,800", "K$"), with_unit("1,200", "万元"), with_unit("300", "EUR")
    ('$8,800K', '1,200万元', '300 EUR')
    """
    for sign in ("US$", "HK$", "JP¥", "$", "€", "£", "¥"):
        if unit.startswith(sign) or unit.endswith(sign):
            return f"{sign}{digits}{unit.replace(sign, '').strip()}"
    return f"{digits} {unit}" if unit.isascii() else f"{digits}{unit}"


def read_unit(text: str) -> tuple[float, str] | None:
    """Read a unit of money: its factor and its currency ("" when it names none).

    Examples
    --------
    >>> read_unit("万元"), read_unit("$K"), read_unit("亿"), read_unit("USD")
    ((10000.0, 'CNY'), (1000.0, 'USD'), (100000000.0, ''), (1.0, 'USD'))
    """
    clean = unicodedata.normalize("NFKC", text).strip()
    pattern = (
        rf"(?P<before>{_MONEY}|{_CODES})?\s*(?P<scale>{_SCALE})?\s*(?P<after>{_MONEY}|{_CODES})?"
    )
    match = re.fullmatch(pattern, clean)
    if not clean or match is None:
        return None
    return SCALES.get(match["scale"] or "", 1.0), _currency(match["before"] or match["after"] or "")
