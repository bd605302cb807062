"""One unit for one axis or one column, decided after rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from salesnb.language import MINUS, Language, is_missing

# Kinds of number and the word of `figures.unit` that names them; money names its own.
_FACTORS = {"percent": 0.01, "rate": 0.01, "share": 0.01, "points": 0.01}
# From here on a figure has two, or three, digits before the point once it is rounded.
_TWO, _THREE = 9.995, 99.95
_WAN = 1e4
_MARKS = frozenset({"percent", "rate", "share"})


@dataclass(frozen=True)
class Scale:
    """How the figures of one axis or column are written: divided, with so many decimals.

    `small` are the decimals of figures below a hundred, so that three digits are seen.
    """

    unit: str
    factor: float
    name: str
    digits: int
    none: str
    small: int = 0

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
        digits = max(self.digits, self.small) if 0 < abs(number) < _THREE else self.digits
        figure = f"{abs(number):,.{digits}f}"
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
    ('万元', '348', '−1.2')
    """
    known = [abs(float(value)) for value in values if not is_missing(value)]  # type: ignore[arg-type]
    largest = max(known, default=0.0)
    none = language("base.none")
    if unit == "money":
        factor, name = language.money_scale(largest)
        if digits is None:
            # As money is written in a sentence, so that both show one number.
            if factor == 1:
                whole = all(value % 1 == 0 for value in known) or largest >= _THREE
                digits = 0 if whole else 1 if largest >= _TWO else 2
                return Scale(unit, factor, name, digits, none)
            fine = 2 if language.code == "zh" and factor > _WAN else 1
            coarse = fine if fine == 2 else 0 if largest / factor >= _THREE else 1
            return Scale(unit, factor, name, coarse, none, fine)
        return Scale(unit, factor, name, digits, none)
    factor = _FACTORS.get(unit, 1.0)
    if digits is None:
        whole = all(value % 1 == 0 for value in known)
        digits = 0 if unit == "count" or (whole and factor == 1) else 2 if unit == "ratio" else 1
        if unit == "count" and not whole and largest < 10:
            digits = 1
    return Scale(unit, factor, language.label(f"figures.unit.{unit}", ""), digits, none)
