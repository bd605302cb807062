"""Is each target specific and measurable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import target_text
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.statements import Record, Statement
from salesnb.plan.wording import Names, Phrase, Written, cite


def check_specific(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K25: one metric is meant, in one of its meanings, of a part the company has."""
    for stated in book.plan.targets:
        if stated.readings:
            yield finding(
                "K25",
                "readings",
                "warning",
                (stated,),
                subject=stated.id,
                what=book.scope_name(stated.scope),
                metric=book.metric_name(stated.metric),
                stated=Written(stated),
                readings=Names([_reading(book, name) for name in stated.readings]),
                read_as=Phrase(
                    f"K25.{'share' if stated.kind == 'share' else 'figure'}",
                    {"metric": book.metric_name(stated.metric)},
                ),
            )
    yield from _definitions(book)
    for name, members in book.facts.members.items():
        dimension = book.plan.dimensions.get(name)
        unknown = [m for m in dimension.members if m not in members] if dimension else []
        if unknown and dimension:
            used = [s for s in book.plan.statements if set(s.scope.members(name)) & set(unknown)]
            yield finding(
                "K25",
                "not_in_data",
                "warning",
                used,
                subject=name,
                formula=f"{', '.join(unknown)} ∉ {', '.join(members[:12])}",
                dimension=book.dimension_name(name),
                members=Names(unknown),
                known=Names(members[:12]),
            )


def _reading(book: Book, name: str) -> object:
    return book.metric_name(name) if name in book.plan.metrics else name


def _definitions(book: Book) -> Iterator[PlanFinding]:
    groups: dict[str, list[Statement]] = {}
    for stated in book.plan.statements:
        if book.metric(stated.metric).choice and stated.role in ("history", "target"):
            groups.setdefault(stated.metric, []).append(stated)
    for metric, statements in groups.items():
        said = list(dict.fromkeys(s.definition for s in statements if s.definition))
        values = {"metric": book.metric_name(metric), "definitions": Names(said)}
        silent = [s for s in statements if not s.definition]
        if len(said) > 1:
            yield finding(
                "K25", "definitions", "warning", statements, subject=metric,
                formula=" ≠ ".join(said), **values,
            )  # fmt: skip
        elif silent and not said:
            yield finding("K25", "definition", "info", statements, subject=metric, **values)
        else:
            yield finding("K25", "passed", "passed", statements, subject=metric, **values)


def check_measurable(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K26: a target has a number, a place it starts from, and data to see it in."""
    if book.plan.qualitative:
        yield finding(
            "K26",
            "no_number",
            "warning",
            book.plan.qualitative,
            subject="no_number",
            count=len(book.plan.qualitative),
            targets=Names([record.text or record.id for record in book.plan.qualitative]),
        )
    no_start = [stated for stated in book.plan.targets if _lacks_start(book, stated)]
    distinct = list({(s.metric, s.scope): s for s in reversed(no_start)}.values())[::-1]
    if distinct:
        yield finding(
            "K26",
            "no_baseline",
            "warning",
            no_start,
            subject="no_baseline",
            count=len(distinct),
            targets=Names([target_text(book, stated) for stated in distinct]),
        )
    yield from _unmeasured(book)
    vague = [risk for risk in book.plan.risks if not risk.trigger and not risk.metric]
    if vague:
        yield finding(
            "K26",
            "no_trigger",
            "info",
            vague,
            subject="risks",
            formula=f"{len(vague)} / {len(book.plan.risks)}",
            count=len(vague),
            total=len(book.plan.risks),
            risks=Names([risk.text or risk.id for risk in vague]),
        )


def _lacks_start(book: Book, stated: Statement) -> bool:
    if not stated.value.known or stated.is_phase or stated.of or stated.period != book.year:
        return False
    if stated.kind not in ("growth", "points", "lift", "share"):
        return False
    if stated.baseline is not None and stated.baseline.known:
        return False
    if stated.kind == "share" or (stated.kind == "points" and book.metric(stated.metric).additive):
        return book.base_share(stated.metric, stated.scope, stated.whole) is None
    if book.metric(stated.metric).additive:
        return book.base(stated.metric, stated.scope) is None
    return book.rate(stated.metric, stated.scope) is None


def _unmeasured(book: Book) -> Iterator[PlanFinding]:
    """Payments that are said to depend on a figure nobody states."""
    measured = {stated.metric for stated in book.plan.statements}
    measured |= {metric for metric, _, _ in book.facts.values}
    groups: dict[str, list[Record]] = {}
    for incentive in book.plan.incentives:
        if incentive.linked_to and incentive.linked_to not in measured:
            groups.setdefault(incentive.linked_to, []).append(incentive)
    for metric, records in groups.items():
        yield finding(
            "K26",
            "linked",
            "warning",
            records,
            subject=metric,
            metric=book.metric_name(metric),
            cites=cite(records),
            count=len(records),
        )


RULES = (
    Rule("K25", check_specific),
    Rule("K26", check_measurable),
)
