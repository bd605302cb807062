"""Can the people there are carry it, and is it shared out fairly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from salesnb.plan.book import Book
from salesnb.plan.checks.common import show
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Capacity, Statement
from salesnb.plan.wording import Names, Phrase, num, pct

UNEVEN = 1.5
"""How many times the usual a quota may ask of its potential."""


def check_capacity(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K31: heads × productivity, new heads from the day they are up to speed, carry the target."""
    for staff in book.plan.capacity:
        yield from _load_of(book, staff)
        if staff.productivity is None or not staff.productivity.known or staff.heads is None:
            if staff.hires and staff.load is None:
                yield _unknown(book, staff)
            continue
        target = book.target(staff.metric, staff.scope)
        if target is None or book.symbol(staff.metric):
            continue
        yield _carried(book, staff, target.point, target.by)


def _unknown(book: Book, staff: Capacity) -> PlanFinding:
    lacking = [
        Phrase("K31.lacks", {"field": name})
        for name, value in (
            ("heads", staff.heads),
            ("productivity", staff.productivity),
            ("ramp_months", staff.ramp_months),
            ("hire_by", staff.hire_by),
        )
        if value is None
    ]
    return finding(
        "K31",
        "unknown",
        "info",
        (staff,),
        subject=staff.id,
        what=book.scope_name(staff.scope),
        role=staff.role,
        hires=num(staff.hires),
        lacking=Names([str(item.values["field"]) for item in lacking]),
    )


def _part_of_year(book: Book, staff: Capacity) -> float:
    """Give how much of a full head's year a new one brings, growing into it evenly."""
    year = book.calendar.window(book.year)
    start = staff.hire_by or year.start
    left = max(0.0, ((year.end - max(start, year.start)).days + 1) / year.days)
    ramp = (staff.ramp_months or 0.0) / 12
    return left - ramp / 2 if left >= ramp else left**2 / (2 * ramp)


def _carried(book: Book, staff: Capacity, target: float, by: tuple[Statement, ...]) -> PlanFinding:
    each = staff.productivity.point if staff.productivity else 0.0
    part = _part_of_year(book, staff)
    heads = (staff.heads or 0.0) + staff.hires * part
    capacity = heads * each
    short = capacity < target * (1 - book.tolerance)
    amount = book.amount
    return finding(
        "K31",
        "short" if short else "passed",
        "error" if short else "passed",
        merged((staff,), by),
        subject=staff.id,
        formula=(
            f"({num(staff.heads or 0, 1)} + {num(staff.hires, 1)}×{pct(part)})×"
            f"{amount(staff.metric, each)} = {amount(staff.metric, capacity)} "
            f"{'<' if short else '≥'} {amount(staff.metric, target)}"
        ),
        size=book.size(staff.metric, target - capacity, target) if short else None,
        metric=book.metric_name(staff.metric),
        what=book.scope_name(staff.scope),
        capacity=amount(staff.metric, capacity),
        target=amount(staff.metric, target),
        gap=amount(staff.metric, abs(target - capacity)),
        heads=num(heads, 1),
        needed=num(target / each if each else 0.0, 1),
    )


def _load_of(book: Book, staff: Capacity) -> Iterator[PlanFinding]:
    goal = next(iter(book.stated("target", "active_customers", staff.scope, "count")), None)
    if goal is None:
        goal = next(iter(book.stated("history", "active_customers", staff.scope, "count")), None)
    if staff.load is None or staff.heads is None or goal is None:
        return
    heads = staff.heads + staff.hires
    room = heads * staff.load
    over = goal.point > room
    yield finding(
        "K31",
        "load" if over else "load_passed",
        "error" if over else "passed",
        (staff, goal),
        subject=f"{staff.id}|load",
        formula=(
            f"{num(heads)}×{num(staff.load)} = {num(room)} {'<' if over else '≥'} {num(goal.point)}"
        ),
        size=Size(goal.point - room, "count", goal.point / room - 1) if over and room else None,
        what=book.scope_name(staff.scope),
        role=staff.role,
        room=num(room),
        customers=num(goal.point),
        needed=num(-(-goal.point // staff.load)),
    )


def check_equity(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K33: what is asked of each member, against its potential, is of one order."""
    for metric in book.metrics():
        for whole, dimension in book.trees(metric):
            asked = [
                stated
                for child in book.plan.scopes.children(whole, dimension)
                for stated in book.stated("target", metric, child, "growth", "amount", "count")[:1]
                if stated.potential is not None
                and stated.potential.known
                and stated.potential.point > 0
            ]
            if len(asked) > 2:
                yield _even(book, metric, whole, dimension, asked)


def _even(
    book: Book, metric: str, whole: Scope, dimension: str, asked: list[Statement]
) -> PlanFinding:
    ratios = [
        s.point / s.potential.point if s.potential and s.potential.point else 0.0 for s in asked
    ]
    usual = median(ratios)
    odd = [
        (stated, ratio)
        for stated, ratio in zip(asked, ratios, strict=True)
        if usual > 0 and (ratio > usual * UNEVEN or ratio < usual / UNEVEN)
    ]
    return finding(
        "K33",
        "uneven" if odd else "passed",
        "warning" if odd else "passed",
        [stated for stated, _ in odd] + [s for s in asked if s not in [o for o, _ in odd]],
        subject=f"{metric}|{whole}|{dimension}",
        formula="; ".join(
            f"{book.label(s.scope)} {show(book, s, s.point)} ÷ "
            f"{show(book, s, s.potential.point)} = {num(r, 2)}"
            for s, r in zip(asked, ratios, strict=True)
            if s.potential
        ),
        size=Size(max(ratios) / usual if usual else 0.0, "ratio") if odd else None,
        metric=book.metric_name(metric),
        odd=Names(
            [
                Phrase(
                    "K33.one",
                    {"what": book.scope_name(s.scope), "times": num(r / usual, 2)},
                )
                for s, r in odd
            ]
        ),
        usual=num(usual, 2),
    )


RULES = (
    Rule("K31", check_capacity),
    Rule("K33", check_equity),
)
