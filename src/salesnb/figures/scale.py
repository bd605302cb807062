"""One unit for one axis or one column, decided after rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from salesnb.language import MINUS, Language, is_missing

# Kinds of number and the word of `figures.unit` that names them; money names its own.
_FACTORS = {"percent": 0.01, "rate": 0.01, "share": 0.01, "points": 0.01}
_MARKS = frozenset({"percent", "rate", "share"})


@dataclass(frozen=True)
class Scale:
    """How the figures of one axis or column are written: divided, with so many decimals."""

    unit: str
    factor: float
    name: str
    digits: int
    none: str

    def text(self, value: float | None, signed: bool = False) -> str:
        """Write a value without its unit; percent keeps its sign, as `12.5%`.

        Examples
        --------
        >>> Scale("money", 1e4, "万元", 1, "—").text(-1_234_567, signed=True)
        '−123.5'
        """
        if is_missing(value):
            return self.none
        number = float(value) / self.factor  # type: ignore[arg-type]
        figure = f"{abs(number):,.{self.digits}f}"
        seen = any(digit in figure for digit in "123456789")
        sign = "" if not seen else MINUS if number < 0 else "+" if signed else ""
        return f"{sign}{figure}{'%' if self.unit in _MARKS else ''}"


def scale_of(
    language: Language, unit: str, values: Iterable[float | None], digits: int | None = None
) -> Scale:
    """Choose the scale in which these values are read most easily, three digits where it can be.

    Parameters
    ----------
    unit
        `money`, `count`, `percent` (also `rate`, `share`: 0 to 1), `points`, `ratio`, `number`,
        `score`, `days` or `months`.
    values
        All values the axis or column will show; missing ones do not count.
    digits
        Decimals, when the caller knows better.

    Examples
    --------
    >>> scale = scale_of(Language.load("zh"), "money", [3_482_000, -12_000])
    >>> scale.name, scale.text(3_482_000), scale.text(-12_000)
    ('万元', '348', '−1')
    """
    known = [abs(float(value)) for value in values if not is_missing(value)]  # type: ignore[arg-type]
    largest = max(known, default=0.0)
    none = language("base.none")
    if unit == "money":
        factor, name = language.money_scale(largest)
        if digits is None:
            # Three figures at most; a whole number of yuan or dollars but for small prices.
            part = largest / factor
            digits = 0 if part >= 99.95 else 1 if factor > 1 or part >= 9.995 else 2
            digits = 0 if factor == 1 and all(value % 1 == 0 for value in known) else digits
        return Scale(unit, factor, name, digits, none)
    factor = _FACTORS.get(unit, 1.0)
    if digits is None:
        whole = all(value % 1 == 0 for value in known)
        digits = 0 if unit == "count" or (whole and factor == 1) else 2 if unit == "ratio" else 1
        if unit == "count" and not whole and largest < 10:
            digits = 1
    return Scale(unit, factor, language.label(f"figures.unit.{unit}", ""), digits, none)
