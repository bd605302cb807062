"""From what people write to values: text, numbers, days, periods, flags.

Each function takes a column as it was read, text or already typed, and gives the values with a
mask of those that could not be read. Empty is not unreadable. Nothing is guessed: 03/04/2024 and
1,5 have two meanings and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError
from salesnb.period import Period

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}
_FULL_WIDTH_WORDS = {c: half for c, half in _FULL_WIDTH.items() if chr(half).isalnum()}
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060")) | {0xA0: 0x20, 0x3000: 0x20}
_EMPTY_TEXT = {"", "null", "NULL", "\\N", "#N/A", "#REF!", "#VALUE!", "#NAME?"}
_EMPTY = _EMPTY_TEXT - {"#REF!", "#VALUE!", "#NAME?"} | {"-", "--", "—", "——", "/", "NaN", "nan"}

SCALES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
"""What a unit in a header or behind a number multiplies by (E20)."""

_MONEY_SIGNS = re.compile(
    r"^(?:人民币|RMB|CNY|USD|EUR|HKD|JPY|[¥$€£])\s*|\s*(?:元|CNY|RMB|USD|EUR)$", re.I
)
_SCALE = re.compile(r"(.*\d)\s*(千万|百万|亿|万|千)$")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_PLAIN = re.compile(r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.I)

_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?|分)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})")
_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?")
_MONTHS = {name: number for number, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
)}  # fmt: skip

_PERIOD_MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?(?:份)?")
_PERIOD_QUARTER = re.compile(r"(\d{4})\s*[-/年]?\s*(?:第?([一二三四1-4])季度?|Q([1-4]))", re.I)
_PERIOD_YEAR = re.compile(r"(\d{4})\s*年?度?")
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}

_YES = {"是", "y", "yes", "true", "t", "1", "有", "√", "✓", "✔", "对"}
_NO = {"否", "n", "no", "false", "f", "0", "无", "×", "✗", "✘", "错", "不是"}

EXCEL_EPOCH = pd.Timestamp("1899-12-30")


class Cleaned(NamedTuple):
    """Values of a column, and a mask of the cells that held something unreadable."""

    values: pd.Series
    unreadable: pd.Series


def half_width(text: str) -> str:
    """Give full-width letters, digits and signs their usual width, and trim.

    Examples
    --------
    >>> half_width("　ＳＯ－００１　")
    'SO-001'
    """
    return text.translate(_FULL_WIDTH).translate(_UNSEEN).strip()


def to_text(values: pd.Series, prose: bool = False) -> Cleaned:
    """Read text: trimmed, blanks inside made one, full-width letters and digits made usual.

    Parameters
    ----------
    values
        Text, or anything shown as text; whole numbers without a decimal point.
    prose
        Whether signs keep their width: a company's name is written （中国）.
    """
    wide = _FULL_WIDTH_WORDS if prose else _FULL_WIDTH

    def read(text: str) -> str | None:
        # Codes are many and plain; only what may hold odd signs is looked at sign by sign.
        plain = text if text.isascii() else text.translate(wide).translate(_UNSEEN)
        text = " ".join(plain.split())
        return None if text in _EMPTY_TEXT else text

    return _each(_as_text(values), read, "str")


def to_words(values: pd.Series, words: Mapping[str, Iterable[str]]) -> Cleaned:
    """Read the words of a list, each also in the ways people write it; other words stay.

    Examples
    --------
    >>> to_words(pd.Series(["退货 ", "RETURN", "sold"]), {"return": ("退货",)}).values.tolist()
    ['return', 'return', 'sold']
    """
    known = {
        half_width(written).casefold(): word
        for word, others in words.items()
        for written in (word, *others)
    }
    text = to_text(values).values
    return _each(text, lambda written: known.get(half_width(written).casefold(), written), "str")


def to_numbers(values: pd.Series) -> Cleaned:
    """Read numbers as people and programs write them: 1,234.50, ¥1.2万, (300), 12-, 15%.

    Examples
    --------
    >>> to_numbers(pd.Series(["1,234.50", "１２万", "15%", "(3)", "1,5", "-"])).values.tolist()
    [1234.5, 120000.0, 0.15, -3.0, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        endless = np.isinf(numbers)
        return Cleaned(
            pd.Series(np.where(endless, np.nan, numbers), index=values.index),
            pd.Series(endless, index=values.index),
        )
    text = _as_text(values)
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    # Most cells are plain; only what is left is looked at sign by sign.
    rest = ~np.isfinite(numbers) & text.notna()
    read = _each(text[rest], _number, "float64")
    numbers = numbers.where(~rest, np.nan)
    numbers[rest] = read.values
    unreadable = pd.Series(False, index=values.index)
    unreadable[rest] = read.unreadable
    return Cleaned(numbers, unreadable)


def _number(text: str) -> float | None:
    if text.strip() in _EMPTY:
        return None
    text = half_width(text).replace("−", "-").replace("，", ",").strip()
    sign = 1.0
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1.0, text[1:-1].strip()
    if text.endswith("-"):
        sign, text = -sign, text[:-1].strip()
    if text[:1] in ("-", "+"):
        sign, text = (-sign if text[0] == "-" else sign), text[1:].strip()
    text = _MONEY_SIGNS.sub("", _MONEY_SIGNS.sub("", text)).strip()
    if text[:1] == "-":
        sign, text = -sign, text[1:].strip()
    factor = 1.0
    if text.endswith("%"):
        factor, text = 0.01, text[:-1].strip()
    elif scaled := _SCALE.fullmatch(text):
        text, factor = scaled[1], SCALES[scaled[2]]
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise ValueError(text)
    # Dividing keeps 15% at 0.15, where multiplying would give 0.15000000000000002.
    value = float(text) / 100 if factor == 0.01 else float(text) * factor
    if not np.isfinite(value):
        raise ValueError(text)
    return sign * value


def to_days(values: pd.Series, pattern: str = "") -> Cleaned:
    """Read days: 2024-01-05, 2024/1/5, 20240105, 2024年1月5日, 5-Jan-2024, Excel's 45296.

    Parameters
    ----------
    pattern
        How days are written, as in `%d/%m/%Y`, when the usual ways do not hold.

    Examples
    --------
    >>> to_days(pd.Series(["2024年1月5日", "45296", "03/04/2024"])).unreadable.tolist()
    [False, False, True]
    """
    moments = to_times(values, pattern)
    return Cleaned(moments.values.dt.normalize(), moments.unreadable)


def to_times(values: pd.Series, pattern: str = "") -> Cleaned:
    """Read moments, written as days or with the time behind; a time zone is left out."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        local = values.dt.tz_localize(None) if getattr(values.dtype, "tz", None) else values
        return Cleaned(local.astype("datetime64[us]"), pd.Series(False, index=values.index))

    def read(text: str) -> datetime | None:
        text = half_width(text)
        if text in _EMPTY:
            return None
        return datetime.strptime(text, pattern) if pattern else _moment(text)

    return _each(_as_text(values), read, "datetime64[us]")


def _moment(text: str) -> datetime:
    if found := _DAY.fullmatch(text) or _DIGITS.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        moment = datetime(year, month, day, hour, minute, second)
    elif found := _MONTH_FIRST.fullmatch(text):
        moment = datetime(int(found[3]), _month(found[1]), int(found[2]))
    elif found := _DAY_FIRST.fullmatch(text):
        moment = datetime(int(found[3]), _month(found[2]), int(found[1]))
    elif _SERIAL.fullmatch(text):
        seconds = round(float(text) * 86_400)
        moment = (EXCEL_EPOCH + pd.Timedelta(seconds=seconds)).to_pydatetime()
    else:
        raise ValueError(text)
    if not 1900 <= moment.year <= 2200:
        raise ValueError(text)
    return moment


def _month(name: str) -> int:
    if name[:3].lower() not in _MONTHS:
        raise ValueError(name)
    return _MONTHS[name[:3].lower()]


def to_periods(values: pd.Series) -> Cleaned:
    """Read periods: 2024, 2024Q2, 2024-05, 2024年5月, 202405, 2024年第二季度, a first of month.

    Examples
    --------
    >>> to_periods(pd.Series(["2024年5月", "2024年二季度", "2024/5/1", "5月"])).values.tolist()
    ['2024-05', '2024Q2', '2024-05', nan]
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.dt.strftime("%Y-%m-%d")

    def read(text: str) -> str | None:
        text = half_width(text)
        return None if text in _EMPTY else period_text(text)

    return _each(_as_text(values), read, "str")


def period_text(text: str) -> str:
    """Give a period's canonical text; ValueError if it is none.

    Examples
    --------
    >>> period_text("2024年1月"), period_text("2024年一季度")
    ('2024-01', '2024Q1')
    """
    if found := _PERIOD_QUARTER.fullmatch(text):
        quarter = found[3] or _QUARTERS.get(found[2], found[2])
        said = f"{found[1]}Q{quarter}"
    elif found := _PERIOD_YEAR.fullmatch(text):
        said = found[1]
    elif found := _PERIOD_MONTH.fullmatch(text):
        said = f"{found[1]}-{int(found[2]):02d}"
    else:
        day = _moment(text)
        if day.day != 1:
            raise ValueError(text)
        said = f"{day:%Y-%m}"
    try:
        return str(Period.parse(said))
    except ParameterError as error:
        raise ValueError(text) from error


def to_flags(values: pd.Series) -> Cleaned:
    """Read yes and no in the ways people write them: 是, Y, true, 1, √."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return Cleaned(values.astype("boolean"), pd.Series(False, index=values.index))

    def read(text: str) -> bool | None:
        text = half_width(text).casefold().removesuffix(".0")
        if text in _YES or text in _NO:
            return text in _YES
        if text in _EMPTY:
            return None
        raise ValueError(text)

    return _each(_as_text(values), read, "boolean")


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna()
        if (whole == whole.round()).all():
            return values.astype("Int64").astype("str")
    return values.astype("str")


def _each(text: pd.Series, read: Callable[[str], object], dtype: str) -> Cleaned:
    """Read each different text once; `read` gives None for empty and raises for unreadable."""
    codes, different = pd.factorize(text)
    found, bad = [], []
    for one in different:
        try:
            found.append(read(str(one)))
            bad.append(False)
        except (ValueError, OverflowError):
            found.append(None)
            bad.append(True)
    # Code -1 is a missing cell and reads the entry added at the end.
    values = pd.Series([*found, None], dtype=dtype).take(codes)
    values.index = text.index
    return Cleaned(values, pd.Series(np.array([*bad, False])[codes], index=text.index, dtype=bool))
