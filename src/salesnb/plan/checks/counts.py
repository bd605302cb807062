"""Counts are whole numbers that add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.repairs import whole_parts
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, num, pct


def check_counts(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K14: counts are whole numbers, their parts add up, percentages of them are whole too."""
    for stated in book.plan.statements:
        if stated.kind == "count" and stated.value.known and stated.point % 1:
            yield finding(
                "K14",
                "not_whole",
                "error",
                (stated,),
                subject=stated.id,
                formula=f"{stated.value.shown}",
                size=book.size(stated.metric, stated.point % 1),
                metric=book.metric_name(stated.metric),
                what=book.scope_name(stated.scope),
                stated=stated.value.shown,
                near=num(round(stated.point)),
            )
    for metric in book.metrics():
        if book.metric(metric).additive and book.metric(metric).unit == "count":
            for whole, dimension in book.trees(metric):
                yield from _parts(book, metric, whole, dimension)
            yield from _percentages(book, metric)


def _goal(book: Book, metric: str, scope: Scope) -> Statement | None:
    return next(iter(book.stated("target", metric, scope, "count")), None)


def _parts(book: Book, metric: str, whole: Scope, dimension: str) -> Iterator[PlanFinding]:
    total = _goal(book, metric, whole)
    children = book.plan.scopes.children(whole, dimension)
    parts = [goal for child in children if (goal := _goal(book, metric, child))]
    if total is None or not parts:
        return
    everyone = len(parts) == len(children) and book.is_exhaustive(dimension)
    result = sum(part.point for part in parts)
    hedge = book.plan.header.hedge.get(dimension, 0.0)
    over = result > total.point * (1 + hedge) + 1e-9
    under = everyone and result < total.point - 1e-9
    if not everyone and not over:
        return  # told by K23
    case = "over" if over else "under" if under else "passed"
    terms = " + ".join(str(num(part.point, 2)) for part in parts)
    formula = f"{terms} = {num(result, 2)}"
    repairs = whole_parts(total.point, [part.point for part in parts])
    yield finding(
        "K14",
        case,
        "passed" if case == "passed" else "error",
        (total, *parts),
        subject=f"{metric}|{whole}|{dimension}",
        formula=formula if case == "passed" else f"{formula} ≠ {num(total.point, 2)}",
        size=None if case == "passed" else book.size(metric, result - total.point, total.point),
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        dimension=book.dimension_name(dimension),
        sum=num(result, 2),
        total=num(total.point, 2),
        gap=num(abs(result - total.point), 2),
        repairs=Names(
            [
                Phrase("words.set", {"what": book.scope_name(part.scope), "to": num(value)})
                for part, value in zip(parts, repairs, strict=True)
            ]
        ),
    )


def _percentages(book: Book, metric: str) -> Iterator[PlanFinding]:
    """A percentage of a count is a whole number, and the one the plan names beside it."""
    for stated in book.plan.targets:
        if stated.metric != metric or stated.kind != "share" or stated.of or not stated.value.known:
            continue
        total = _goal(book, metric, stated.scope if stated.is_phase else stated.whole)
        if total is None or stated.value.sign != "=":
            continue
        value = stated.point * total.point
        named = [
            other
            for other in book.stated("target", metric, stated.scope, "count", period=stated.period)
            if stated.is_phase or stated.period == book.year
        ]
        whole = abs(value - round(value)) < 1e-6
        values = {
            "metric": book.metric_name(metric),
            "share": pct(stated.point),
            "total": num(total.point),
            "result": num(value, 1),
            "period": stated.period,
        }
        formula = f"{pct(stated.point)}×{num(total.point)} = {num(value, 1)}"
        if named:
            wrong = abs(named[0].point - value) > 0.5 - 1e-9
            yield finding(
                "K14",
                "percent" if wrong else "percent_passed",
                "error" if wrong else "passed",
                (stated, named[0], total),
                subject=stated.id,
                formula=formula + (f" ≠ {num(named[0].point)}" if wrong else ""),
                size=book.size(metric, named[0].point - value, total.point) if wrong else None,
                **values,
                named=num(named[0].point),
                near=num(round(value)),
            )
        elif not whole:
            yield finding(
                "K14",
                "fraction",
                "info",
                (stated, total),
                subject=stated.id,
                formula=formula,
                **values,
                near=num(round(value)),
            )


RULES = (Rule("K14", check_counts),)
