"""Short names of periods along an axis, the year said once."""

from __future__ import annotations

from collections.abc import Sequence

from salesnb.errors import SalesnbError
from salesnb.figures.fonts import text_width
from salesnb.language import Language
from salesnb.period import Period


def axis_names(language: Language, periods: Sequence[object]) -> list[tuple[str, str]]:
    """Give a short name and, where a year begins on the axis, the year, for each period.

    What is not a period is shown as it is.
    """
    named: list[tuple[str, str]] = []
    year_before: int | None = None
    for item in periods:
        try:
            period = item if isinstance(item, Period) else Period.parse(str(item))
        except SalesnbError:
            named.append((str(item), ""))
            continue
        year = language("figures.year", year=str(period.year))
        if period.kind == "year":
            named.append((year, ""))
            continue
        short = (
            language("figures.quarter", index=period.index)
            if period.kind == "quarter"
            else language.period(period, short=True)
        )
        named.append((short, year if period.year != year_before else ""))
        year_before = period.year
    return named


def period_name(language: Language, period: object) -> str:
    """Give a period's short name with its year."""
    name, year = axis_names(language, [period])[0]
    return language("figures.with_year", name=name, year=year) if year else name


def every(names: Sequence[str], room: float, size: float) -> int:
    """Give how many steps apart names must stand to fit, counted back from the last one."""
    widest = max((text_width(name, size) for name in names), default=0.0) + 8
    step = 1
    while widest > room * step and step < len(names):
        step += 1
    return step
