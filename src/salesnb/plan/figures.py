"""Whether a written number suits what it is said of: percent beside points, 万 beside 元."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from salesnb.errors import Problem, suggest
from salesnb.plan.quantities import POINT_WORDS, Quantity, read_quantity, read_unit
from salesnb.plan.statements import Header, Kind, Statement
from salesnb.plan.vocabulary import PlanMetric
from salesnb.plan.yaml_lines import at

_FRACTIONS: tuple[Kind, ...] = ("growth", "share", "rate", "lift")
_TIME_WORDS = {
    "days": ("", "天", "日", "工作日", "个工作日", "day", "days", "d", "workdays", "working days"),
    "months": ("", "月", "个月", "month", "months", "mo"),
}


def default_kind(metric: PlanMetric, quantity: Quantity) -> Kind | None:
    """Give the kind a figure has when the plan does not say; None when it could be several."""
    if quantity.family == "points":
        return "points"
    if quantity.family == "percent" and metric.unit != "rate":
        return None
    return {"rate": "rate", "count": "count"}.get(metric.unit, "amount")  # type: ignore[return-value]


@dataclass(frozen=True)
class Fitter:
    """Brings written numbers into the plan's own units, or says why they do not fit."""

    header: Header

    def read(
        self, text: str, kind: Kind, metric: PlanMetric, unit: str = "", bound: str = ""
    ) -> Quantity | Problem:
        """Read a figure of a metric.

        Returns
        -------
        The quantity: money in the plan's currency unit, percent and points as fractions.
        """
        found = read_quantity(text, bound)
        if isinstance(found, Problem) or not found.known:
            return found
        found = self._with_unit(found, unit.strip()) if unit.strip() else found
        if isinstance(found, Problem):
            return found
        if kind == "points":
            return found if found.family == "points" else _not_points(found)
        if kind in _FRACTIONS:
            return _fraction(found, kind)
        if found.family != "plain":
            fix = "Say `kind: growth` or `kind: share`, or write a plain number."
            return Problem(f"kind `{kind}` of `{metric.id}` is not in %", got=_said(found), fix=fix)
        if metric.unit == "money":
            return self._money(found)
        return _plain(found, metric)

    def money(self, text: str) -> Quantity | Problem:
        """Read an amount of money."""
        return self.read(text, "amount", PlanMetric("money", "money"))

    def _with_unit(self, found: Quantity, unit: str) -> Quantity | Problem:
        """Apply a unit written apart from the number."""
        word = unit.casefold()
        if word == "%":
            return found if found.family == "percent" else _as(found, "percent", unit)
        if word in POINT_WORDS:
            return found if found.family == "points" else _as(found, "points", unit)
        clash = Problem("the value and its `unit` disagree", got=f"{_said(found)} and `{unit}`")
        if found.family != "plain":
            return clash
        money = read_unit(unit)
        if money is None:
            return found if found.unit in ("", unit) else clash
        factor, currency = money
        bare = found.factor == 1 and not found.currency and not found.unit
        if bare:
            return replace(found.scaled(factor), currency=currency)
        if (factor, currency or found.currency) != (found.factor, found.currency or currency):
            return clash
        return replace(found, currency=currency or found.currency)

    def _money(self, found: Quantity) -> Quantity | Problem:
        if found.unit and not found.currency and read_unit(found.unit) is None:
            fix = f"Write it in {self.header.currency}, or choose another metric."
            return Problem("an amount of money has another unit", got=_said(found), fix=fix)
        currency = found.currency
        if not currency and not found.unit and found.factor == 1:
            unit = self.header.unit or self.header.currency
            found = replace(found.scaled(self.header.factor), understood=unit)
        if currency and currency != self.header.currency:
            rate = self.header.rates.get(currency)
            if rate is None:
                fix = (
                    f"Say under `plan`: `rates: {{{currency}: …}}` or write {self.header.currency}."
                )
                return Problem(f"there is no rate for {currency}", got=_said(found), fix=fix)
            found = replace(found.scaled(rate), factor=found.factor)
        return found


def _said(found: Quantity) -> str:
    return f"`{found.written}`"


def _as(found: Quantity, family: str, unit: str) -> Quantity | Problem:
    if found.family != "plain" or found.factor != 1 or found.unit or found.currency:
        return Problem("the value and its `unit` disagree", got=f"{_said(found)} and `{unit}`")
    return replace(found.scaled(0.01), family=family)  # type: ignore[arg-type]


def _not_points(found: Quantity) -> Problem:
    if found.family == "percent":
        return Problem(
            "kind `points` is written in percentage points, not percent",
            got=_said(found),
            fix="Write `+2 points` (个百分点), or `kind: growth` or `lift` for a percentage.",
        )
    return Problem("kind `points` has no unit", got=_said(found), fix="Write `+2 points`.")


def _fraction(found: Quantity, kind: Kind) -> Quantity | Problem:
    if found.family == "points":
        return Problem(
            f"kind `{kind}` is written in percent, not percentage points",
            got=_said(found),
            fix="Write `2%`, or `kind: points`.",
        )
    if found.family == "percent":
        return found
    bare = found.factor == 1 and not found.unit and not found.currency
    if bare and "." in found.written and -1.5 <= found.point <= 1.5:
        return found
    return Problem(
        f"kind `{kind}` is written in percent",
        got=_said(found),
        fix=f"Write `{found.written}%`." if bare else "Write for example `12%`.",
    )


def _plain(found: Quantity, metric: PlanMetric) -> Quantity | Problem:
    if found.currency:
        return Problem(f"`{metric.id}` is not money", got=_said(found), fix="Leave the unit out.")
    allowed = _TIME_WORDS.get(metric.unit)
    if allowed and found.unit not in allowed:
        fix = suggest(found.unit, allowed[1:])
        return Problem(f"`{metric.id}` is in {metric.unit}", got=_said(found), fix=fix)
    return found


def unlike_units(
    statements: Iterable[Statement], metrics: Mapping[str, PlanMetric]
) -> Iterator[Problem]:
    """Find amounts of one table that are written in unlike units: 万元 beside 元.

    A table is what shares metric, role, year and pace; the unit most of it has is taken as right.
    """
    tables: dict[tuple[object, ...], list[Statement]] = {}
    for found in statements:
        if found.kind == "amount" and found.value.known and metrics[found.metric].unit == "money":
            key = (found.metric, found.role, found.period.year, found.period.kind, found.per)
            tables.setdefault(key, []).append(found)
    for rows in tables.values():
        large = [row for row in rows if _words(row) == "scaled"]
        small = [row for row in rows if row not in large]
        if not large or not small:
            continue
        chinese = any(re.search("[万亿元]", row.value.written) for row in rows)
        odd, usual = (small, large) if len(small) <= len(large) else (large, small)
        for row in odd:
            if chinese or _words(row) == "bare":
                first = usual[0]
                yield Problem(
                    f"`value` is in another unit than `{first.id}` on line {first.line}",
                    where=at(row.lines.get("value", row.line)),
                    got=f"`{row.value.written}` beside `{first.value.written}`",
                    fix="Write one unit within a table.",
                )


def _words(row: Statement) -> str:
    """Whether an amount is written bare, with a scale, or with a currency only."""
    if row.value.factor != 1:
        return "scaled"
    return "unscaled" if row.value.unit or row.value.currency else "bare"
