"""The year in pieces: phases sum to it and follow history."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from statistics import mean, stdev

from salesnb.period import Period
from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.known import merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Milestone, Statement
from salesnb.plan.wording import Names, Phrase, pct

SIGMAS = 2.0
"""How far from the mean of past years a phase may lie."""


FEW_YEARS = 0.05
"""How far it may lie where there are too few years for a spread."""
LEAST_ROOM = 0.02
"""How far it may always lie: years that happen to be alike are no law."""


def pieces(book: Book, kind: str) -> list[Period]:
    """Give the months or quarters of the plan's year."""

    def cut() -> list[Period]:
        return book.calendar.periods(book.calendar.window(book.year), kind)  # type: ignore[arg-type]

    return book.kept(("pieces", kind), cut)


def phases(book: Book, metric: str, scope: Scope, kind: str) -> dict[Period, Statement]:
    """Give the share of the year each month or quarter is to bring."""
    return book.kept(("phases", metric, scope, kind), lambda: _phases(book, metric, scope, kind))


def _phases(book: Book, metric: str, scope: Scope, kind: str) -> dict[Period, Statement]:
    found: dict[Period, Statement] = {}
    for stated in book.plan.targets:
        if (
            stated.metric == metric
            and stated.scope == scope
            and stated.is_phase
            and not stated.cumulative
            and stated.period.kind == kind
            and stated.value.known
        ):
            found.setdefault(stated.period, stated)
    inside = set(pieces(book, kind))
    return {period: stated for period, stated in sorted(found.items()) if period in inside}


def _phased(book: Book) -> list[tuple[str, Scope]]:
    return list(
        dict.fromkeys(
            (stated.metric, stated.scope)
            for stated in book.plan.targets
            if stated.period.kind != "year" and stated.value.known
        )
    )


def check_phasing(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K15: phases sum to the year, do not fall when cumulative, and are what past years were."""
    for metric, scope in _phased(book):
        for kind in ("quarter", "month"):
            shares = phases(book, metric, scope, kind)
            if shares:
                yield from _sums(book, metric, scope, kind, shares)
                if len(shares) == len(pieces(book, kind)):
                    yield from _plausible(book, metric, scope, shares)
            elif book.metric(metric).additive:
                yield from _amounts(book, metric, scope, kind)
        yield from _cumulative(book, metric, scope)


def _sums(
    book: Book, metric: str, scope: Scope, kind: str, shares: dict[Period, Statement]
) -> Iterator[PlanFinding]:
    total = sum(stated.point for stated in shares.values())
    wanted = len(pieces(book, kind))
    complete = len(shares) == wanted
    exact = all(stated.value.sign == "=" for stated in shares.values())
    wrong = total > 1 + book.tolerance if not complete else abs(total - 1) > book.tolerance + 1e-9
    wrong = wrong and exact
    terms = " + ".join(str(pct(stated.point)) for stated in shares.values())
    values = {
        "metric": book.metric_name(metric),
        "what": book.scope_name(scope),
        "sum": pct(total),
        "gap": total - 1,
    }
    subject = f"{metric}|{scope}|{kind}"
    if wrong or complete:
        yield finding(
            "K15",
            "sum" if wrong else "passed",
            "error" if wrong else "passed",
            shares.values(),
            subject=subject,
            formula=f"{terms} = {pct(total)}{' ≠ 100%' if wrong else ''}",
            size=Size(total - 1, "points") if wrong else None,
            **values,
        )
    else:
        yield from _incomplete(book, metric, scope, kind, shares, total)


def _is_phased(book: Book, metric: str, scope: Scope, kind: str) -> bool:
    """Whether every month, or every quarter, has its part of the year."""
    shares = phases(book, metric, scope, kind)
    return all(
        period in shares or book.stated("target", metric, scope, "amount", "count", period=period)
        for period in pieces(book, kind)
    )


def _incomplete(
    book: Book,
    metric: str,
    scope: Scope,
    kind: str,
    stated: dict[Period, Statement],
    share: float,
) -> Iterator[PlanFinding]:
    other = "month" if kind == "quarter" else "quarter"
    if _is_phased(book, metric, scope, other):
        return
    target = book.by_growth(metric, scope)
    missing = [period for period in pieces(book, kind) if period not in stated]
    values = {
        "metric": book.metric_name(metric),
        "what": book.scope_name(scope),
        "missing": Names([Phrase("words.period", {"period": period}) for period in missing]),
        "share": pct(share),
        "rest": pct(1 - share),
    }
    formula = f"100% − {pct(share)} = {pct(1 - share)}"
    size, left = None, pct(1 - share)
    if target is not None:
        rest = target.point * (1 - share)
        size, left = book.size(metric, rest, target.point), book.amount(metric, rest)
        done = book.amount(metric, target.point * share)
        formula = f"{book.amount(metric, target.point)} − {done} = {left}"
    yield finding(
        "K15",
        "incomplete",
        "warning",
        merged(list(stated.values()), target.by if target else ()),
        subject=f"{metric}|{scope}|{kind}",
        formula=formula,
        size=size,
        **values,
        left=left,
    )


def _amounts(book: Book, metric: str, scope: Scope, kind: str) -> Iterator[PlanFinding]:
    """Phases in amounts: all of them add up to the year; some leave the rest open."""
    stated = {
        period: rows[0]
        for period in pieces(book, kind)
        if (rows := book.stated("target", metric, scope, "amount", "count", period=period))
    }
    target = book.by_growth(metric, scope)
    if not stated or target is None or not target.by or book.symbol(metric):
        return
    total = sum(book.in_year(row).point for row in stated.values())
    share = total / target.point if target.point else 0.0
    complete = len(stated) == len(pieces(book, kind))
    wrong = abs(share - 1) > book.tolerance if complete else share > 1 + book.tolerance
    if not wrong and not complete:
        yield from _incomplete(book, metric, scope, kind, stated, share)
        return
    terms = " + ".join(str(book.amount(metric, row.point)) for row in stated.values())
    yield finding(
        "K15",
        "amounts" if wrong else "amounts_passed",
        "error" if wrong else "passed",
        merged(list(stated.values()), target.by),
        subject=f"{metric}|{scope}|{kind}",
        formula=(
            f"{terms} = {book.amount(metric, total)} {'≠' if wrong else '='} "
            f"{book.amount(metric, target.point)}"
        ),
        size=book.size(metric, total - target.point, target.point) if wrong else None,
        metric=book.metric_name(metric),
        what=book.scope_name(scope),
        sum=book.amount(metric, total),
        total=book.amount(metric, target.point),
        gap=book.amount(metric, abs(total - target.point)),
    )


def _cumulative(book: Book, metric: str, scope: Scope) -> Iterator[PlanFinding]:
    """What is reached by a date never falls, and is what the phases up to it add up to."""
    reached = sorted(
        (
            stated
            for stated in book.plan.targets
            if (stated.metric, stated.scope) == (metric, scope)
            and stated.cumulative
            and stated.is_phase
            and stated.value.known
        ),
        key=lambda stated: book.calendar.window(stated.period).end,
    )
    for first, second in itertools.pairwise(reached):
        if second.high < first.low - 1e-9:
            yield finding(
                "K15",
                "falls",
                "error",
                (first, second),
                subject=f"{metric}|{scope}|cumulative",
                formula=f"{pct(first.point)} > {pct(second.point)}",
                size=Size(first.point - second.point, "points"),
                metric=book.metric_name(metric),
                what=book.scope_name(scope),
                first=first.period,
                second=second.period,
                first_share=pct(first.point),
                second_share=pct(second.point),
            )
    for stated in reached:
        shares = phases(book, metric, scope, stated.period.kind)
        until = [row for period, row in shares.items() if period <= stated.period]
        places = [p for p in pieces(book, stated.period.kind) if p <= stated.period]
        total = sum(row.point for row in until)
        if len(until) == len(places) and abs(total - stated.point) > book.tolerance + 1e-9:
            yield finding(
                "K15",
                "reached",
                "error",
                (stated, *until),
                subject=f"{metric}|{scope}|{stated.id}",
                formula=(
                    f"{' + '.join(str(pct(row.point)) for row in until)} = {pct(total)} ≠ "
                    f"{pct(stated.point)}"
                ),
                size=Size(total - stated.point, "points"),
                metric=book.metric_name(metric),
                what=book.scope_name(scope),
                period=stated.period,
                sum=pct(total),
                stated=pct(stated.point),
            )


def _plausible(
    book: Book, metric: str, scope: Scope, shares: dict[Period, Statement]
) -> Iterator[PlanFinding]:
    lowest = min(shares, key=lambda period: shares[period].point)
    pushes = [m for m in book.plan.milestones if m.lifts == metric and _lies_in(book, m, lowest)]
    equal = max(s.point for s in shares.values()) - shares[lowest].point < 1e-9
    if pushes and not equal:
        yield finding(
            "K15",
            "push",
            "warning",
            (shares[lowest], *pushes, *shares.values()),
            subject=f"{metric}|{scope}|push",
            formula=(
                f"min({', '.join(str(pct(row.point)) for row in shares.values())}) = "
                f"{pct(shares[lowest].point)}"
            ),
            size=Size(mean(s.point for s in shares.values()) - shares[lowest].point, "points"),
            metric=book.metric_name(metric),
            period=lowest,
            share=pct(shares[lowest].point),
            push=Names([m.milestone for m in pushes]),
        )
    yield from _history(book, metric, scope, shares)


def _lies_in(book: Book, milestone: Milestone, period: Period) -> bool:
    window = book.calendar.window(period)
    return milestone.due is not None and milestone.due in window


def _history(
    book: Book, metric: str, scope: Scope, shares: dict[Period, Statement]
) -> Iterator[PlanFinding]:
    past = {period: _past_shares(book, metric, scope, period) for period in shares}
    stated = list(shares.values())
    written = " / ".join(str(pct(s.point)) for s in stated)
    values = {
        "metric": book.metric_name(metric),
        "what": book.scope_name(scope),
        "plan": written,
    }
    if not all(past.values()):
        days = [book.calendar.workdays(book.calendar.window(period)) for period in shares]
        worked = " / ".join(str(pct(day / sum(days))) for day in days)
        yield finding(
            "K15",
            "no_history",
            "info",
            stated,
            subject=f"{metric}|{scope}|history",
            formula=f"{written}; {' : '.join(map(str, days))} → {worked}",
            **values,
            days=worked,
        )
        return
    odd, lines = [], []
    for period, row in shares.items():
        usual = mean(past[period])
        room = SIGMAS * stdev(past[period]) if len(past[period]) > 2 else FEW_YEARS
        room = max(room, LEAST_ROOM)
        lines.append(f"{period} {pct(row.point)} : {pct(usual)} ± {pct(room)}")
        if abs(row.point - usual) > room + 1e-9:
            odd.append(
                Phrase(
                    "K15.odd",
                    {"period": period, "share": pct(row.point), "usual": pct(usual)},
                )
            )
    severity: Severity = "warning" if odd else "passed"
    yield finding(
        "K15",
        "history" if odd else "history_passed",
        severity,
        stated,
        subject=f"{metric}|{scope}|history",
        formula="; ".join(lines),
        **values,
        odd=Names(odd),
        years=len(next(iter(past.values()))),
    )


def _past_shares(book: Book, metric: str, scope: Scope, period: Period) -> list[float]:
    """Give the share of the year the same period had, for every past year the data hold."""
    found, year, piece = [], book.year, period
    for _ in range(10):
        year, piece = year.previous, piece.last_year
        whole = book.facts.value(metric, scope, year)
        part = book.facts.value(metric, scope, piece)
        if whole and part is not None:
            found.append(part / whole)
    return found


RULES = (Rule("K15", check_phasing),)
