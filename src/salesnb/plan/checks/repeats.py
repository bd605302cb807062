"""One figure, one target: targets said twice, in two ways, or by their parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesnb.plan.book import Book
from salesnb.plan.checks.common import FIGURES, level_of, show
from salesnb.plan.checks.rule import Rule, finding, rounding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Kind, Statement
from salesnb.plan.wording import Cite, Names, cite, pct

RATES: tuple[Kind, ...] = ("rate", "lift", "points")


def check_values(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K06: one metric of one scope and period has one target."""
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for stated in book.plan.targets:
        if stated.value.known and not stated.of:
            groups.setdefault(_quantity(stated), []).append(stated)
    for group in groups.values():
        if len(group) > 1:
            yield from _same(book, group)
    yield from _across_kinds(book)
    yield from _implied(book)


def _quantity(stated: Statement) -> tuple[object, ...]:
    return (
        stated.metric,
        stated.scope,
        stated.period,
        stated.kind,
        stated.whole,
        stated.whole_period,
        stated.cumulative,
        stated.per,
        stated.definition,
    )


def _same(book: Book, group: list[Statement]) -> Iterator[PlanFinding]:
    first = group[0]
    written = [f"{Cite(stated)} {stated.value.shown}" for stated in group]
    low, high = max(s.low for s in group), min(s.high for s in group)
    values = {
        "metric": book.figure_name(first),
        "what": book.scope_name(first.scope),
        "period": first.period,
        "written": Names(written),
        "count": len(group),
    }
    points = [stated.point for stated in group]
    slack = 1e-9 * max(1.0, *map(abs, points))
    if max(points) - min(points) <= slack and low <= high + slack:
        yield finding(
            "K06",
            "passed",
            "passed",
            group,
            subject="|".join(map(str, _quantity(first)[:4])),
            formula=" = ".join(stated.value.shown for stated in group),
            **values,
        )
        return
    clash = low > high + slack
    tightest = low if math.isfinite(low) else high
    fraction = first.kind in ("share", "rate", "growth", "lift", "points")
    yield finding(
        "K06",
        "differ" if clash else "nested",
        "error" if clash else "warning",
        group,
        subject="|".join(map(str, _quantity(first)[:4])),
        formula=f" {'≠' if clash else '~'} ".join(written),
        size=(
            Size(max(points) - min(points), "points")
            if fraction
            else book.size(first.metric, max(points) - min(points), max(points) or None)
        ),
        **values,
        tightest=show(book, first, tightest),
    )


def _across_kinds(book: Book) -> Iterator[PlanFinding]:
    """An amount beside a growth, a rate beside points: brought to one unit, then compared."""
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for stated in book.plan.targets:
        family = "figure" if stated.kind in FIGURES else "rate" if stated.kind in RATES else ""
        if stated.value.known and family and stated.period == book.year and not stated.of:
            groups.setdefault((stated.metric, stated.scope, family), []).append(stated)
    for (_, _, family), group in groups.items():
        if len({stated.kind for stated in group}) < 2:
            continue
        first = group[0]
        for other in group[1:]:
            if other.kind != first.kind:
                yield from _two(book, str(family), first, other)


def _two(book: Book, family: str, one: Statement, other: Statement) -> Iterator[PlanFinding]:
    first, second = level_of(book, one), level_of(book, other)
    if first is None or second is None:
        return
    unit = max(abs(first.point), abs(second.point), 1e-9)
    slack = book.tolerance * unit + _step(book, one) + _step(book, other)
    clash = max(first.low - second.high, second.low - first.high) > slack

    def shown(known: Known) -> object:
        return pct(known.point) if family == "rate" else book.amount(one.metric, known.point)

    # What is written as an amount in the plan's unit already needs no working out.
    start = "" if one.value.shown == str(shown(first)) else f"{one.value.shown} → "
    yield finding(
        "K06",
        "kinds" if clash else "passed",
        "error" if clash else "passed",
        merged((one, other), first.by, second.by),
        subject=f"{one.metric}|{one.scope}|{one.id}|{other.id}",
        formula=(
            f"{start}{shown(first)} {'≠' if clash else '='} {shown(second)} ← {other.value.shown}"
        ),
        size=(
            None
            if not clash
            else Size(first.point - second.point, "points")
            if family == "rate"
            else book.size(one.metric, first.point - second.point, unit)
        ),
        metric=book.metric_name(one.metric),
        what=book.scope_name(one.scope),
        period=one.period,
        written=Names([f"{Cite(s)} {s.value.shown}" for s in (one, other)]),
        count=2,
        first=shown(first),
        second=shown(second),
    )


def _step(book: Book, stated: Statement) -> float:
    if stated.kind == "growth":
        base = book.base(stated.metric, stated.scope)
        return rounding(stated) * (base.low if base else 0.0)
    if stated.kind == "lift":
        rate = book.rate(stated.metric, stated.scope)
        return rounding(stated) * (rate.low if rate else 0.0)
    return rounding(stated)


def _implied(book: Book) -> Iterator[PlanFinding]:
    """The share of several members together, against what their own shares come to."""
    for metric in book.metrics():
        for scope in book.scopes_of(metric):
            stated = [s for s in book.share_targets(metric, scope) if s.value.known]
            if not stated or scope.is_single or len(scope.parts) != 1:
                continue
            dimension = scope.dimensions[0]
            for name, low, high, by in _readings(book, metric, scope, dimension):
                yield from _against(book, metric, scope, stated, name, low, high, by)
                break  # the sum of the members says more than what the others leave


@dataclass(frozen=True)
class _Reading:
    """One way to the share of a scope: the members' sum, or what the others leave."""

    low: float
    high: float
    by: tuple[Statement, ...]
    formula: str


def _readings(
    book: Book, metric: str, scope: Scope, dimension: str
) -> Iterator[tuple[list[_Reading], float, float, tuple[Statement, ...]]]:
    inside = list(scope.singles())
    outside = [c for c in book.plan.scopes.children(Scope(), dimension) if c not in inside]
    readings = []
    left = _sum_of_shares(book, metric, outside) if book.is_exhaustive(dimension) else None
    if left is not None:
        low, high = 1 - left.high, 1 - left.low
        terms = " − ".join(str(pct(_bound(book, metric, one, low=False))) for one in outside)
        readings.append(_Reading(low, high, left.by, f"100% − {terms} = {pct(low)}"))
    own = _sum_of_shares(book, metric, inside)
    if own is not None:
        terms = " + ".join(str(pct(_bound(book, metric, one, low=True))) for one in inside)
        readings.append(_Reading(own.low, own.high, own.by, f"{terms} = {pct(own.low)}"))
    if readings:
        low, high = max(r.low for r in readings), min(r.high for r in readings)
        yield readings, low, high, merged(*(reading.by for reading in readings))


def _bound(book: Book, metric: str, scope: Scope, low: bool) -> float:
    known = _share_known(book, metric, scope)
    return (known.low if low else known.high) if known else 0.0


def _share_known(book: Book, metric: str, scope: Scope) -> Known | None:
    result: Known | None = None
    for stated in book.share_targets(metric, scope):
        share = book.share_target(stated)
        if share is not None and stated.whole.is_company:
            bounded = Known(max(share.low, 0.0), min(share.high, 1.0), share.by)
            result = bounded if result is None else result.meet(bounded)
    return result


def _sum_of_shares(book: Book, metric: str, scopes: Sequence[Scope]) -> Known | None:
    parts = [_share_known(book, metric, scope) for scope in scopes]
    return total_of(part for part in parts if part) if scopes and all(parts) else None


def _against(
    book: Book,
    metric: str,
    scope: Scope,
    stated: list[Statement],
    readings: list[_Reading],
    low: float,
    high: float,
    by: tuple[Statement, ...],
) -> Iterator[PlanFinding]:
    slack = book.tolerance + 1e-9
    known = _share_known(book, metric, scope)
    if known is None:
        return
    values = {
        "metric": book.metric_name(metric, True),
        "what": book.scope_name(scope),
        "stated": pct(known.low),
        "readings": Names([pct(reading.low) for reading in readings]),
        "implied": pct(low),
        "by": cite(by),
        "cites": cite(stated),
    }
    if max(known.low - high, low - known.high) > slack:
        return  # they cannot both hold: told by K10
    if low > known.low + slack and math.isinf(min(s.high for s in stated)):
        yield finding(
            "K06",
            "implied",
            "warning",
            merged(stated, by),
            subject=f"{metric}|{scope}|implied",
            formula="; ".join(
                [f"{Cite(s)} {s.value.shown}" for s in stated]
                + [reading.formula for reading in readings]
            ),
            size=Size(low - known.low, "points"),
            **values,
        )


RULES = (Rule("K06", check_values),)
