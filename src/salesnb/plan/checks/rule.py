"""What a rule is, and the small things all rules share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from salesnb.plan.book import Book
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Record, Statement

Check = Callable[[Book, Sequence[PlanFinding]], Iterable[PlanFinding]]


@dataclass(frozen=True)
class Rule:
    """One rule class of the checker.

    Parameters
    ----------
    id
        `K01` to `K38`; its title is `plan.<id>.title`.
    check
        Gives its findings; called with what earlier rules found, so that one contradiction is
        told once.
    """

    id: str
    check: Check


def finding(
    rule: str,
    case: str,
    severity: Severity,
    records: Iterable[Record],
    *,
    subject: str = "",
    formula: str = "",
    size: Size | None = None,
    assumes: bool = False,
    **values: Any,
) -> PlanFinding:
    """Make a finding; every record is kept once, in the order given."""
    return PlanFinding(
        rule,
        case,
        severity,
        subject,
        merged(tuple(records)),
        formula,
        values,
        size,
        assumes,
    )


def near(one: float, other: float, tolerance: float) -> bool:
    """Whether two figures are equal up to a tolerance (and floating point)."""
    return abs(one - other) <= tolerance + 1e-9 * max(1.0, abs(one), abs(other))


def apart(one: Known, other: Known, slack: float) -> float:
    """Give the gap between two figures that cannot both hold, 0 when they can."""
    gap = max(one.low - other.high, other.low - one.high)
    return gap if gap > slack + 1e-9 else 0.0


def written(found: Statement) -> str:
    """Give a figure as the plan writes it, with the sign of growth."""
    return found.value.shown


def lines_of(known: Known) -> tuple[Statement, ...]:
    """Give the statements a figure rests on."""
    return known.by


def rounding(found: Statement) -> float:
    """Give half the place of the last digit of a percentage: what rounding may have hidden.

    Amounts and counts are taken as written: `$22M` in a table is 22 million.
    """
    return 0.0 if found.kind in ("amount", "count") else found.value.step / 2


def parts_of_parent(scopes: Iterable[Scope]) -> Iterator[tuple[Scope, Scope]]:
    """Give each pair of a scope and a narrower one."""
    known = list(dict.fromkeys(scopes))
    for whole in known:
        for part in known:
            if part != whole and part.within(whole):
                yield whole, part


def finite(*values: float) -> bool:
    """Whether all are numbers."""
    return all(math.isfinite(value) for value in values)
