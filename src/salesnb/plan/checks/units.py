"""No percentage of a rate, no percent for points, no 万元 for 元."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.phasing import phases
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Phrase, Written, num, pct

SLIPS = (1e3, 1e4, 1e6, 1e8)
"""Factors between units that are mistaken for each other: K, 万, M, 亿."""


def check_units(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K18: no percentage of a rate, no percent where points are meant."""
    by_id = {stated.id: stated for stated in book.plan.statements}
    for stated in book.plan.targets:
        whole = by_id.get(stated.of)
        unit = book.metric(stated.metric).unit
        if whole is not None and stated.value.known and book.metric(whole.metric).unit == "rate":
            yield _part_of_rate(book, stated, whole)
        elif stated.kind == "growth" and unit == "rate" and stated.value.known:
            yield _growth_of_rate(book, stated)
        elif stated.kind == "amount" and unit == "money" and stated.value.known:
            yield from _slip(book, stated)


def _slip(book: Book, stated: Statement) -> Iterator[PlanFinding]:
    """An amount a thousand or ten thousand times what it should be: 万元 for 元, K for units."""
    usual = _usual(book, stated)
    value = book.in_year(stated).point
    if usual is None or usual.point <= 0 or value <= 0:
        return
    ratio = value / usual.point
    for scale in SLIPS:
        if 0.4 < ratio / scale < 2.5 or 0.4 < ratio * scale < 2.5:
            times = scale if ratio > 1 else 1 / scale
            yield finding(
                "K18",
                "slip",
                "error",
                merged((stated,), usual.by),
                subject=stated.id,
                formula=f"{book.money(value)} ÷ {book.money(usual.point)} = {num(ratio, 4)}",
                size=Size(value - usual.point, "money", ratio - 1),
                metric=book.metric_name(stated.metric),
                what=book.scope_name(stated.scope),
                stated=Written(stated),
                usual=book.money(usual.point),
                times=num(scale),
                mended=book.money(value / times),
            )
            return


def _usual(book: Book, stated: Statement) -> Known | None:
    """Give what an amount should be of the order of: last year's, else that of its like."""
    if book.symbol(stated.metric):
        return None
    base = book.base(stated.metric, stated.scope)
    if base is not None:
        return base
    like = [
        other
        for name in stated.scope.dimensions
        for child in book.plan.scopes.children(stated.scope.without(name), name)
        for other in book.stated("target", stated.metric, child, "amount", period=stated.period)[:1]
        if child != stated.scope and other.per == stated.per
    ]
    if len(like) < 2:
        return None
    middle = sorted(like, key=lambda other: book.in_year(other).point)[len(like) // 2]
    return book.in_year(middle)


def _part_of_rate(book: Book, stated: Statement, whole: Statement) -> PlanFinding:
    value = stated.point * whole.point
    base = book.rate(whole.metric, whole.scope)
    formula = f"{pct(stated.point)}×{pct(whole.point)} = {pct(value)}"
    extra: object = ""
    if base is not None:
        formula += f" {'<' if value < base.low else '≥'} {pct(base.low)}"
    if base is not None and value < base.low:
        extra = Phrase("K18.start", {"start": pct(base.low), "period": book.before})
    shares = phases(book, "net_sales", COMPANY, stated.period.kind)
    until = sum(row.point for period, row in shares.items() if period <= stated.period)
    due: object = ""
    if until:
        formula += f"; Σ {pct(until)}"
        due = Phrase("K18.due", {"share": pct(until), "period": stated.period})
    return finding(
        "K18",
        "part_of_rate",
        "warning",
        merged((stated, whole), base.by if base else (), list(shares.values())),
        subject=stated.id,
        formula=formula,
        size=Size(value - whole.point, "points"),
        metric=book.metric_name(whole.metric),
        part=pct(stated.point),
        rate=pct(whole.point),
        value=pct(value),
        period=stated.period,
        extra=extra,
        due=due,
    )


def _growth_of_rate(book: Book, stated: Statement) -> PlanFinding:
    base = book.rate(stated.metric, stated.scope)
    formula = stated.value.shown
    if base is not None:
        formula = (
            f"{pct(base.low)}×{1 + stated.point:.4g} = {pct(base.low * (1 + stated.point), 2)}; "
            f"{pct(base.low)} + {pct(stated.point)} = {pct(base.low + stated.point, 2)}"
        )
    return finding(
        "K18",
        "growth_of_rate",
        "warning",
        merged((stated,), base.by if base else ()),
        subject=stated.id,
        formula=formula,
        metric=book.metric_name(stated.metric),
        what=book.scope_name(stated.scope),
        stated=stated.value.shown,
    )


RULES = (Rule("K18", check_units),)
