"""Shares of a whole sum to 100 %, and their bounds can be met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from salesnb.period import Period
from salesnb.plan.book import Book
from salesnb.plan.checks.common import base_low
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import merged
from salesnb.plan.repairs import proportional
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, Shown, pct


@dataclass(frozen=True)
class _Member:
    """One member's share of its whole: what all its statements together allow."""

    scope: Scope
    low: float
    high: float
    by: tuple[Statement, ...]

    @property
    def point(self) -> float:
        """The number stated, or the bound; of a range the lower end."""
        first = self.by[0]
        return first.point if first.kind == "share" and first.value.sign != "range" else self.low


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
    values: dict[str, Any],
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
            start = base_low(book, metric, whole)
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


RULES = (Rule("K02", check_shares),)
