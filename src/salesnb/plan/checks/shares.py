"""Shares of a whole: they sum to 100 %, agree with growth, and their bounds can be met."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesnb.period import Period
from salesnb.plan.book import Book, Known, merged, total_of
from salesnb.plan.checks.rule import Rule, apart, finding, finite, rounding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.repairs import proportional
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, Shown, cite, pct


@dataclass(frozen=True)
class _Member:
    """One member's share of its whole: what all its statements together allow."""

    scope: Scope
    low: float
    high: float
    by: tuple[Statement, ...]

    @property
    def point(self) -> float:
        """The number stated, or the bound."""
        return self.by[0].point if self.by[0].kind == "share" else (self.low + self.high) / 2


def check_shares(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K02: shares of a whole sum to 100 %, and each bound among them can be reached."""
    for metric in dict.fromkeys([*book.metrics("history"), *book.metrics()]):
        for whole, dimension in book.trees(metric):
            if not book.is_exhaustive(dimension):
                continue
            yield from _base_sum(book, metric, whole, dimension)
            members = _members(book, metric, whole, dimension)
            if any(member.by for member in members):
                yield from _target_sum(book, metric, whole, dimension, members)


def _base_sum(book: Book, metric: str, whole: Scope, dimension: str) -> Iterator[PlanFinding]:
    for period in _history_years(book, metric):
        parts = []
        for child in book.plan.scopes.children(whole, dimension):
            typed = [
                found
                for found in book.shares_typed("history", metric, child, period)
                if found.whole == whole and found.value.sign == "="
            ]
            parts += typed[:1]
        total = sum(found.point for found in parts)
        complete = len(parts) == len(book.plan.dimensions[dimension].members)
        wrong = abs(total - 1) > book.tolerance + 1e-9 if complete else total > 1 + book.tolerance
        if not parts or (not complete and not wrong):
            continue
        formula = " + ".join(str(pct(found.point)) for found in parts)
        yield finding(
            "K02",
            "history_sum" if wrong else "history_passed",
            "error" if wrong else "passed",
            parts,
            subject=f"{metric}|{whole}|{dimension}|{period}",
            formula=f"{formula} = {pct(total)}{' ≠ 100%' if wrong else ''}",
            size=Size(total - 1, "points") if wrong else None,
            metric=book.metric_name(metric),
            whole=book.scope_name(whole),
            dimension=book.dimension_name(dimension),
            period=period,
            sum=pct(total),
            gap=total - 1,
        )


def _history_years(book: Book, metric: str) -> list[Period]:
    years = {
        found.period
        for found in book.plan.history
        if found.metric == metric and found.kind == "share" and not found.is_phase
    }
    return sorted(years, key=lambda period: (period.year, str(period)))


def _members(book: Book, metric: str, whole: Scope, dimension: str) -> list[_Member]:
    members = []
    for child in book.plan.scopes.children(whole, dimension):
        low, high, by = 0.0, 1.0, []
        for found in book.share_targets(metric, child):
            share = book.share_target(found)
            if found.whole == whole and share is not None:
                low, high = max(low, share.low), min(high, share.high)
                by.append(found)
        members.append(_Member(child, low, high, tuple(by)))
    return members


def _target_sum(
    book: Book, metric: str, whole: Scope, dimension: str, members: list[_Member]
) -> Iterator[PlanFinding]:
    if any(member.low > member.high + 1e-9 for member in members):
        return  # one member's own statements disagree: told by K06
    slack = book.tolerance
    least, most = sum(m.low for m in members), sum(m.high for m in members)
    stated = [member for member in members if member.by]
    everyone = len(stated) == len(members)
    values = {
        "metric": book.metric_name(metric),
        "whole": book.scope_name(whole),
        "dimension": book.dimension_name(dimension),
    }
    subject = f"{metric}|{whole}|{dimension}|{book.year}"
    records = merged(*(member.by for member in stated))
    if everyone and all(member.low == member.high for member in members):
        wrong = abs(least - 1) > slack + 1e-9
        yield finding(
            "K02",
            "sum" if wrong else "passed",
            "error" if wrong else "passed",
            records,
            subject=subject,
            formula=f"{_plus(members)} = {pct(least)}{' ≠ 100%' if wrong else ''}",
            size=Size(least - 1, "points") if wrong else None,
            **values,
            sum=pct(least),
            gap=least - 1,
            repairs=Names(_scaled(book, members)),
        )
    elif least > 1 + slack + 1e-9 or most < 1 - slack - 1e-9:
        above = least > 1
        reached = least if above else most
        yield finding(
            "K02",
            "too_much" if above else "too_little",
            "error",
            records,
            subject=subject,
            formula=f"{_plus(stated)} → {'≥' if above else '≤'} {pct(reached)} ≠ 100%",
            size=Size(reached - 1, "points"),
            **values,
            sum=pct(reached),
            gap=reached - 1,
            repairs=Names(_scaled(book, stated)),
        )
    else:
        loose = [member for member in stated if _reachable(member, members, slack)]
        if everyone and loose:
            yield _unreachable(book, metric, whole, members, loose, records, subject, values)
        elif everyone:
            yield finding(
                "K02",
                "bounds_passed",
                "passed",
                records,
                subject=subject,
                formula=f"{pct(least)} ≤ 100% ≤ {pct(min(most, len(members)))}",
                **values,
            )


def _reachable(member: _Member, members: list[_Member], slack: float) -> float | None:
    """Give the share a bound really has when the stated one cannot be reached."""
    others = [other for other in members if other is not member]
    ceiling = 1 - sum(other.low for other in others)
    floor = 1 - sum(other.high for other in others)
    if member.low < member.high < 1 and member.high > ceiling + slack + 1e-9:
        return ceiling
    if 0 < member.low < member.high and member.low < floor - slack - 1e-9:
        return floor
    return None


def _unreachable(
    book: Book,
    metric: str,
    whole: Scope,
    members: list[_Member],
    loose: list[_Member],
    records: tuple[Statement, ...],
    subject: str,
    values: dict[str, object],
) -> PlanFinding:
    stated = sum(member.point for member in members)
    told, lines, by = [], [], list(records)
    for member in loose:
        limit = _reachable(member, members, book.tolerance) or 0.0
        sign = "≤" if member.high < 1 and limit < member.high else "≥"
        others = " − ".join(
            str(pct(other.low if sign == "≤" else other.high))
            for other in members
            if other is not member
        )
        lines.append(f"{book.label(member.scope)} {sign} 100% − {others} = {pct(limit)}")
        base, total = book.base(metric, member.scope), book.target(metric, whole)
        fields = {
            "what": book.scope_name(member.scope),
            "stated": written_bound(member, sign),
            "limit": pct(limit),
            "sign": sign,
        }
        if base and total and base.low > 0 and total.exact:
            change = limit * total.low / base.low - 1
            start = _low(book, metric, whole)
            lines.append(
                f"{pct(limit)}×{total.low / start:.4g} ÷ {pct(base.low / start)} − 1 = "
                f"{pct(change, sign=True)}"
                if start > 0
                else f"{pct(limit)}×{book.amount(metric, total.low)} ÷ "
                f"{book.amount(metric, base.low)} − 1 = {pct(change, sign=True)}"
            )
            told.append(Phrase("K02.limit_growth", {**fields, "growth": pct(change, sign=True)}))
            by += [*base.by, *total.by]
        else:
            told.append(Phrase("K02.limit", fields))
    first = loose[0]
    reach = _reachable(first, members, book.tolerance) or 0.0
    stated_bound = first.high if first.high > reach and first.high < 1 else first.low
    return finding(
        "K02",
        "unreachable",
        "error",
        by,
        subject=subject,
        formula=f"{_plus(members)} = {pct(stated)} ≠ 100%; " + "; ".join(lines),
        size=Size(stated - 1, "points"),
        **values,
        sum=pct(stated),
        limits=Names(told),
        what=book.scope_name(first.scope),
        stated=pct(stated_bound),
        limit=pct(reach),
        repairs=Names(_scaled(book, members)),
    )


def written_bound(member: _Member, sign: str) -> Shown:
    """Show the bound of a member that is in question."""
    value = member.high if sign == "≤" else member.low
    return pct(value)


def _plus(members: Sequence[_Member]) -> str:
    return " + ".join(str(pct(member.point)) for member in members)


def _scaled(book: Book, members: Sequence[_Member]) -> list[Phrase]:
    shares = proportional(1.0, [member.point for member in members])
    return [
        Phrase("words.set", {"what": book.scope_name(member.scope), "to": pct(share)})
        for member, share in zip(members, shares, strict=True)
    ]


# K04: share against growth -------------------------------------------------------------------


def check_share_and_growth(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K04: the share asked of a scope and the growth asked of it come to one amount."""
    for metric in book.metrics():
        if not book.metric(metric).additive:
            continue
        implied: dict[str, list[tuple[Statement, Known]]] = {}
        for scope in book.scopes_of(metric):
            grown = book.by_growth(metric, scope)
            for stated in book.share_targets(metric, scope):
                whole = book.by_growth(metric, stated.whole) or book.target(metric, stated.whole)
                share = book.share_target(stated)
                if whole is None or share is None or whole.point <= 0:
                    continue
                if grown is not None:
                    yield from _agree(book, stated, share, grown, whole)
                elif stated.value.known:
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
        f"{pct(delivered)} ~ {stated.value.written}"
    )
    values: dict[str, object] = {
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
        share0 = base.low / whole_base if (whole_base := _low(book, metric, stated.whole)) else None
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
        subject=f"{metric}|{scope}|{stated.id}",
        formula=formula,
        size=book.size(metric, needed_amount - given_amount, whole.point) if gap else None,
        **values,
    )


def _low(book: Book, metric: str, scope: Scope) -> float:
    base = book.base(metric, scope)
    return base.low if base else 0.0


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
        whole.point / whole_base if (whole_base := _low(book, stated.metric, stated.whole)) else 0
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
    name = stated.scope.dimensions[-1]
    if not book.is_exhaustive(name):
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


RULES = (Rule("K02", check_shares), Rule("K04", check_share_and_growth))
