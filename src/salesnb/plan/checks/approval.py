"""The figures are those last approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import target_text
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names


def check_versions(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K38: the figures are those last approved, and every approval has its reason."""
    versions = sorted(book.plan.versions, key=lambda version: version.version)
    if not versions:
        return
    numbers = [version.version for version in versions]
    # What was first written is version 1, whether it says so or not.
    if numbers[0] not in (1, 2) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield finding(
            "K38",
            "numbers",
            "error",
            versions,
            subject="numbers",
            formula=", ".join(map(str, numbers)),
            numbers=Names(numbers),
        )
    for version in versions:
        lacking = [
            name
            for name, value in (
                ("approver", version.approver),
                ("approved", version.approved or version.effective),
                ("reason", version.reason if version.version > 1 else "-"),
            )
            if not value
        ]
        if lacking:
            yield finding(
                "K38",
                "unapproved",
                "error",
                (version,),
                subject=version.id,
                formula=f"v{version.version}: {', '.join(lacking)}",
                version=version.version,
                lacking=Names(lacking),
            )
    yield from _drift(book)


def _drift(book: Book) -> Iterator[PlanFinding]:
    by_id = {stated.id: stated for stated in book.plan.statements}
    approved = {
        name: (version, value)
        for version in sorted(book.plan.versions, key=lambda version: version.version)
        for name, value in version.values.items()
    }
    drifted = False
    for name, (version, value) in approved.items():
        stated = by_id.get(name)
        if stated is None or _same_value(book, stated, value):
            continue
        drifted = True
        yield finding(
            "K38",
            "drift",
            "error",
            (stated, version),
            subject=name,
            formula=f"{stated.value.shown} ≠ {value} (v{version.version})",
            target=target_text(book, stated),
            now=stated.value.shown,
            approved=value,
            version=version.version,
        )
    if approved and not drifted:
        yield finding(
            "K38",
            "passed",
            "passed",
            book.plan.versions,
            subject="versions",
            formula=f"{len(approved)}",
            count=len(approved),
        )


def _same_value(book: Book, stated: Statement, text: str) -> bool:
    """Whether two texts say the same figure."""
    found = book.reader.read(text, stated.kind, book.metric(stated.metric))
    if not hasattr(found, "low"):
        return stated.value.written == text
    ends = (found.low, found.high, found.sign, found.placeholder)  # type: ignore[union-attr]
    return ends == (stated.low, stated.high, stated.value.sign, stated.value.placeholder)


RULES = (Rule("K38", check_versions),)
