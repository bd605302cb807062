"""What is left for later fits into what is planned for later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.period import Period
from salesnb.plan.book import Book
from salesnb.plan.checks.phasing import phases, pieces
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, pct


def check_remainders(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K16: what a part of the company leaves for later fits into what is planned for later."""
    for stated in book.plan.targets:
        if not stated.is_phase or stated.scope.is_company or not stated.value.known:
            continue
        target = book.target(stated.metric, stated.scope)
        total = book.by_growth(stated.metric, COMPANY)
        shares = phases(book, stated.metric, COMPANY, stated.period.kind)
        all_pieces = pieces(book, stated.period.kind)
        if target is None or total is None or stated.period not in all_pieces:
            continue
        if stated.cumulative:
            yield from _left(book, stated, target, total, shares, all_pieces)
        elif stated.period in shares:
            yield from _piece(book, stated, target, total, shares[stated.period])


def _left(
    book: Book,
    stated: Statement,
    target: Known,
    total: Known,
    shares: dict[Period, Statement],
    all_pieces: list[Period],
) -> Iterator[PlanFinding]:
    later = [period for period in all_pieces if period > stated.period]
    if not later or any(period not in shares for period in later):
        return
    metric = stated.metric
    part = sum(shares[period].point for period in later)
    capacity, rest = part * total.point, (1 - stated.point) * target.point
    over = rest > capacity * (1 + book.tolerance)
    inside = stated.point * target.point
    yield finding(
        "K16",
        "over" if over else "passed",
        "error" if over else "passed",
        merged((stated,), target.by, [shares[period] for period in later], total.by),
        subject=stated.id,
        formula=(
            f"(1 − {pct(stated.point)})×{book.amount(metric, target.point)} = "
            f"{book.amount(metric, rest)} {'>' if over else '≤'} "
            f"{pct(part)}×{book.amount(metric, total.point)} = {book.amount(metric, capacity)}"
        ),
        size=book.size(metric, rest - capacity, capacity) if over else None,
        metric=book.metric_name(metric),
        what=book.scope_name(stated.scope),
        period=stated.period,
        share=pct(stated.point),
        left=pct(1 - stated.point),
        rest=book.amount(metric, rest),
        capacity=book.amount(metric, capacity),
        later=Names([Phrase("words.period", {"period": period}) for period in later]),
        least=pct(max(0.0, 1 - capacity / target.point) if target.point else 0.0),
        within=book.amount(metric, inside),
    )


def _piece(
    book: Book, stated: Statement, target: Known, total: Known, phase: Statement
) -> Iterator[PlanFinding]:
    metric = stated.metric
    own, whole = stated.point * target.point, phase.point * total.point
    over = own > whole * (1 + book.tolerance)
    yield finding(
        "K16",
        "piece" if over else "piece_passed",
        "error" if over else "passed",
        merged((stated, phase), target.by, total.by),
        subject=stated.id,
        formula=(
            f"{pct(stated.point)}×{book.amount(metric, target.point)} = {book.amount(metric, own)} "
            f"{'>' if over else '≤'} {pct(phase.point)}×{book.amount(metric, total.point)} = "
            f"{book.amount(metric, whole)}"
        ),
        size=book.size(metric, own - whole, whole) if over else None,
        metric=book.metric_name(metric),
        what=book.scope_name(stated.scope),
        period=stated.period,
        own=book.amount(metric, own),
        whole=book.amount(metric, whole),
        most=pct(min(1.0, whole / target.point) if target.point else 0.0),
    )


RULES = (Rule("K16", check_remainders),)
