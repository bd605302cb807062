"""What several families of rules ask of a statement: its amount, its level, how it is shown."""

from __future__ import annotations

from salesnb.plan.book import Book
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Kind, Statement
from salesnb.plan.wording import Amount, Cite, Lasting, Phrase, Shown, Written, num, pct

FIGURES: tuple[Kind, ...] = ("amount", "count", "growth")


def figure_of(book: Book, found: Statement) -> Known | None:
    """Give the amount one statement says, whatever its kind."""
    if not found.value.known:
        return None
    if found.kind in ("amount", "count"):
        return book.in_year(found) if not book.symbol(found.metric) else None
    if found.kind == "growth":
        base = book.base(found.metric, found.scope)
        return Known(1 + found.low, 1 + found.high, (found,)).times(base) if base else None
    if found.kind == "share" and not found.of:
        whole = book.target(found.metric, found.whole)
        return (
            Known(max(found.low, 0), min(found.high, 1), (found,)).times(whole) if whole else None
        )
    return None


def level_of(book: Book, stated: Statement) -> Known | None:
    """Give the amount or rate a target comes to, whatever its kind."""
    if stated.kind in ("amount", "count"):
        return None if book.symbol(stated.metric) else book.in_year(stated)
    if stated.kind == "rate":
        return Known(stated.low, stated.high, (stated,))
    additive = book.metric(stated.metric).additive
    base = (book.base if additive else book.rate)(stated.metric, stated.scope)
    if base is None:
        return None
    if stated.kind in ("growth", "lift"):
        return Known(1 + stated.low, 1 + stated.high, (stated,)).times(base)
    if stated.kind == "points":
        return Known(base.low + stated.low, base.low + stated.high, merged((stated,), base.by))
    return None


def base_low(book: Book, metric: str, scope: Scope) -> float:
    """Give last year's amount of a scope, 0 when it is not known."""
    base = book.base(metric, scope)
    return base.low if base else 0.0


def show(book: Book, stated: Statement, value: float) -> Shown | Amount:
    """Show a value in the unit of a statement."""
    if stated.kind in ("growth", "lift"):
        return pct(value, sign=True)
    if stated.kind in ("share", "rate", "points"):
        return pct(value)
    return figure_text(book, stated.metric, value)


def figure_text(book: Book, metric: str, value: float) -> Shown | Amount:
    """Show a value of a metric."""
    unit = book.metric(metric).unit
    if unit == "money":
        return book.money(value)
    if unit in ("days", "months"):
        return Lasting(value, str(num(value, 1)), unit)
    return pct(value) if unit == "rate" else num(value, 2)


def target_text(book: Book, stated: Statement) -> Phrase:
    """Name a target with its metric, its figure and its line of the source."""
    return Phrase(
        "words.target",
        {
            "what": book.scope_name(stated.scope),
            "metric": book.figure_name(stated),
            "value": Written(stated),
            "by": Cite(stated),
        },
    )
