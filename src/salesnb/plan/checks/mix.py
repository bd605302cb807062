"""Shares against growth of the same scope."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from salesnb.plan.book import Book
from salesnb.plan.checks.common import base_low
from salesnb.plan.checks.rule import Rule, apart, finding, finite, rounding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.scopes import COMPANY
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, cite, pct


def check_share_and_growth(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K04: the share asked of a scope and the growth asked of it come to one amount."""
    for metric in book.metrics():
        if not book.metric(metric).additive:
            continue
        implied: dict[str, list[tuple[Statement, Known]]] = {}
        for scope in book.scopes_of(metric):
            figures = book.figures(metric, scope)
            for stated in book.share_targets(metric, scope):
                whole = book.by_growth(metric, stated.whole) or book.target(metric, stated.whole)
                share = book.share_target(stated)
                if whole is None or share is None or whole.point <= 0:
                    continue
                for grown in figures:
                    yield from _agree(book, stated, share, grown, whole)
                if not figures and stated.value.known:
                    base = book.base(metric, scope)
                    if base and base.low > 0 and whole.exact:
                        growth = _growth_of(share, whole, base)
                        dimension = "+".join(scope.dimensions)
                        implied.setdefault(dimension, []).append((stated, growth))
        for dimension, items in implied.items():
            yield _implied(book, metric, dimension, items)
    yield from _implied_history(book)


def _growth_of(share: Known, whole: Known, base: Known) -> Known:
    low = max(share.low, 0.0) * whole.low / base.low - 1
    high = share.high * whole.high / base.low - 1 if share.high <= 1 else math.inf
    return Known(low if share.low > 0 else -math.inf, high, merged(share.by, whole.by, base.by))


def _agree(
    book: Book, stated: Statement, share: Known, grown: Known, whole: Known
) -> Iterator[PlanFinding]:
    metric, scope = stated.metric, stated.scope
    amount = Known(max(share.low, 0.0), min(share.high, 1.0), share.by).times(whole)
    base = book.base(metric, scope)
    slack = rounding(stated) * whole.point + book.tolerance * whole.point
    slack += sum(
        rounding(part) * (own.low if (own := book.base(metric, part.scope)) else 0.0)
        for part in grown.by
        if part.kind == "growth"
    )
    gap = apart(amount, grown, slack)
    needed_amount = amount.low if amount.low > grown.high else amount.high
    given_amount = grown.high if amount.low > grown.high else grown.low
    if not gap:
        if not finite(grown.low, grown.high):
            return
        needed_amount, given_amount = share.point * whole.point, grown.point
    delivered = given_amount / whole.point
    asked = needed_amount / whole.point
    growths = [part for part in grown.by if part.kind == "growth" and part.role == "target"]
    records = merged((stated,), growths, grown.by, whole.by, base.by if base else ())
    formula = (
        f"{pct(asked)} × {book.amount(metric, whole.point)} = {book.amount(metric, needed_amount)} "
        f"≠ {book.amount(metric, given_amount)} = {pct(delivered)}"
        if gap
        else f"{book.amount(metric, given_amount)} ÷ {book.amount(metric, whole.point)} = "
        f"{pct(delivered)} ~ {stated.value.shown}"
    )
    values: dict[str, Any] = {
        "what": book.scope_name(scope),
        "metric": book.metric_name(metric),
        "share": pct(asked),
        "delivered": pct(delivered),
        "gap_points": abs(asked - delivered),
        "gap": book.amount(metric, abs(needed_amount - given_amount)),
        "by": cite(growths or list(grown.by)),
        "stated": cite([stated]),
    }
    bottom_up = _bottom_up(book, metric, stated)
    if bottom_up is not None and abs(bottom_up - whole.point) > book.tolerance * whole.point:
        formula += f" ({pct(given_amount / bottom_up)} of Σ {book.amount(metric, bottom_up)})"
    if base and base.low > 0:
        needed, given = needed_amount / base.low - 1, given_amount / base.low - 1
        share0 = (
            base.low / whole_base if (whole_base := base_low(book, metric, stated.whole)) else None
        )
        if gap:
            told = _growth_formula(book, stated, asked, whole, base, needed, given, share0)
            formula = f"{told}; {formula}"
        values |= {"needed": pct(needed, sign=True), "given": pct(given, sign=True)}
        case = "differ" if gap else "passed"
    else:
        case = "differ_amount" if gap else "passed_amount"
        values |= {
            "needed": book.amount(metric, needed_amount),
            "given": book.amount(metric, given_amount),
        }
    yield finding(
        "K04",
        case,
        "error" if gap else "passed",
        records,
        subject=f"{metric}|{scope}|{stated.id}|{grown.by[0].id}",
        formula=formula,
        size=book.size(metric, needed_amount - given_amount, whole.point) if gap else None,
        **values,
    )


def _growth_formula(
    book: Book,
    stated: Statement,
    asked: float,
    whole: Known,
    base: Known,
    needed: float,
    given: float,
    share0: float | None,
) -> str:
    ratio = (
        whole.point / whole_base
        if (whole_base := base_low(book, stated.metric, stated.whole))
        else 0
    )
    if not share0 or not ratio:
        return (
            f"{pct(asked)}×{book.amount(stated.metric, whole.point)} ÷ "
            f"{book.amount(stated.metric, base.low)} − 1 = {pct(needed, sign=True)}"
        )
    return (
        f"{pct(asked)}×{ratio:.4g} ÷ {pct(share0)} − 1 = {pct(needed, sign=True)}; "
        f"{pct(share0)}×{1 + given:.4g} ÷ {ratio:.4g} = {pct(share0 * (1 + given) / ratio)}"
    )


def _bottom_up(book: Book, metric: str, stated: Statement) -> float | None:
    """What the members of the scope's dimension add up to, when all have a growth target."""
    name = stated.scope.dimensions[-1] if stated.scope.dimensions else ""
    if not name or not book.is_exhaustive(name):
        return None
    parts = [book.by_growth(metric, c) for c in book.plan.scopes.children(stated.whole, name)]
    return total_of(p for p in parts if p).point if all(parts) else None


def _implied(
    book: Book, metric: str, dimension: str, items: list[tuple[Statement, Known]]
) -> PlanFinding:
    """Say what growth shares stand for where the plan does not."""
    told, terms, records = [], [], []
    seen = set()
    for stated, growth in items:
        if (stated.scope, growth.low, growth.high) in seen:
            continue
        seen.add((stated.scope, growth.low, growth.high))
        value = growth.low if math.isfinite(growth.low) else growth.high
        sign = "" if growth.exact else "≥ " if math.isfinite(growth.low) else "≤ "
        shown = pct(value, sign=True)
        told.append(
            Phrase(
                "K04.one",
                {"what": book.scope_name(stated.scope), "growth": f"{sign}{shown}"},
            )
        )
        terms.append(f"{book.label(stated.scope)} {sign}{shown}")
        records += [stated, *growth.by]
    return finding(
        "K04",
        "implied",
        "info",
        records,
        subject=f"{metric}|{dimension}",
        formula="; ".join(terms),
        metric=book.metric_name(metric),
        growths=Names(told),
    )


def _implied_history(book: Book) -> Iterator[PlanFinding]:
    """Growth of a scope last year, from its shares of two years and the growth of the whole."""
    for metric in book.metrics("history"):
        grown = book.stated("history", metric, COMPANY, "growth")
        if not grown:
            continue
        for scope in book.scopes_of(metric, "history"):
            now = book.shares_typed("history", metric, scope)
            then = book.shares_typed("history", metric, scope, book.before.previous)
            if not now or not then or then[0].point <= 0 or not now[0].whole.is_company:
                continue
            g, s1, s0 = grown[0].point, now[0].point, then[0].point
            growth = s1 * (1 + g) / s0 - 1
            rest = (1 - s1) * (1 + g) / (1 - s0) - 1 if s0 < 1 else 0.0
            yield finding(
                "K04",
                "history",
                "info",
                (now[0], then[0], grown[0]),
                subject=f"{metric}|{scope}|history",
                formula=(
                    f"{pct(s1)}×{1 + g:.4g} ÷ {pct(s0)} − 1 = {pct(growth, sign=True)}; "
                    f"{pct(1 - s1)}×{1 + g:.4g} ÷ {pct(1 - s0)} − 1 = {pct(rest, sign=True)}"
                ),
                what=book.scope_name(scope),
                metric=book.metric_name(metric),
                growth=pct(growth, sign=True),
                rest=pct(rest, sign=True),
            )


RULES = (Rule("K04", check_share_and_growth),)
