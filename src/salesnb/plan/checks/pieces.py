"""Parts of the year against parts of the company: each month and quarter adds up too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.period import Period
from salesnb.plan.book import Book
from salesnb.plan.checks.phasing import phases, pieces
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.scopes import Scope

KINDS = ("quarter", "month")


def check_regions_in_time(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K09: in every month and quarter the members add up to the whole."""
    for metric in _phased(book):
        for whole, dimension in book.trees(metric):
            if not book.is_exhaustive(dimension):
                continue
            for kind in KINDS:
                for piece in pieces(book, kind):
                    yield from _in_piece(book, metric, whole, dimension, piece)


def check_months(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K15: the months of a quarter add up to it."""
    for metric in _phased(book):
        for scope in book.scopes_of(metric):
            for quarter in pieces(book, "quarter"):
                whole = figure_in(book, metric, scope, quarter)
                months = [
                    figure_in(book, metric, scope, month)
                    for month in book.calendar.months_of(quarter)
                ]
                if whole is not None and all(months):
                    parts = [month for month in months if month is not None]
                    yield _added(book, "K15", "months", metric, scope, quarter, parts, whole)


def _phased(book: Book) -> list[str]:
    """Give the metrics that are planned in parts of the year."""
    return [
        name
        for name in book.metrics()
        if book.metric(name).additive
        and any(s.metric == name and s.period.kind != "year" for s in book.plan.targets)
    ]


def figure_in(book: Book, metric: str, scope: Scope, piece: Period) -> Known | None:
    """Give what a scope is to bring in a month or quarter: as typed, or its share of the year."""
    if not book.symbol(metric):
        for stated in book.stated("target", metric, scope, "amount", "count", period=piece):
            return book.in_year(stated)
    share = phases(book, metric, scope, piece.kind).get(piece)
    year = book.target(metric, scope)
    if share is None or share.value.sign != "=" or year is None or not year.exact:
        return None
    return Known(share.point, share.point, (share,)).times(year)


def _in_piece(
    book: Book, metric: str, whole: Scope, dimension: str, piece: Period
) -> Iterator[PlanFinding]:
    parts = [
        figure_in(book, metric, child, piece)
        for child in book.plan.scopes.children(whole, dimension)
    ]
    if not all(parts):
        return
    total = figure_in(book, metric, whole, piece)
    if total is not None:
        known = [part for part in parts if part is not None]
        yield _added(book, "K09", "piece", metric, whole, piece, known, total)


def _added(
    book: Book,
    rule: str,
    case: str,
    metric: str,
    scope: Scope,
    piece: Period,
    parts: list[Known],
    total: Known,
) -> PlanFinding:
    result = total_of(parts)
    gap = max(result.low - total.high, total.low - result.high, 0.0)
    wrong = gap > book.tolerance * abs(total.point) + 1e-9
    terms = " + ".join(str(book.amount(metric, part.point)) for part in parts)
    formula = f"{terms} = {book.amount(metric, result.point)}"
    return finding(
        rule,
        case if wrong else f"{case}_passed",
        "error" if wrong else "passed",
        merged(total.by, result.by),
        subject=f"{metric}|{scope}|{piece}",
        formula=f"{formula} ≠ {book.amount(metric, total.point)}" if wrong else formula,
        size=book.size(metric, result.point - total.point, total.point) if wrong else None,
        metric=book.metric_name(metric),
        what=book.scope_name(scope),
        period=piece,
        sum=book.amount(metric, result.point),
        total=book.amount(metric, total.point),
        gap=book.amount(metric, gap),
    )


RULES = (Rule("K09", check_regions_in_time), Rule("K15", check_months))
