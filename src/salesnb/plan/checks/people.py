"""Who answers for what, whether they can carry it, and whether it serves anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from salesnb.plan.book import Book, merged
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.checks.values import show
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Capacity, Person, Record, Statement
from salesnb.plan.wording import Cite, Names, Phrase, Written, cite, num, pct

HEAVY_LOAD = 10
"""More targets than this on one person are worth a word."""
UNEVEN = 1.5
"""How many times the usual a quota may ask of its potential."""


def check_owners(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K22: every target has one accountable person."""
    answers = _Answers(book)
    goals = [stated for stated in book.plan.targets if _is_goal(book, stated)]
    unowned = [stated for stated in goals if not answers.owned(stated)]
    distinct = _distinct(unowned)
    if distinct:
        yield finding(
            "K22",
            "unowned",
            "warning",
            unowned,
            subject="unowned",
            formula=f"{len(distinct)} / {len(_distinct(goals))}",
            count=len(distinct),
            targets=Names([_named(book, stated) for stated in distinct]),
        )
    elif goals:
        yield finding("K22", "passed", "passed", goals, subject="unowned", count=len(goals))
    yield from _headline(book, answers)
    yield from _teams(book)
    yield from _two_owners(book)
    yield from _loads(book)


def _is_goal(book: Book, stated: Statement) -> bool:
    """Whether a target is one somebody must answer for: of the year, with a figure."""
    return (
        stated.value.known and not stated.is_phase and not stated.of and stated.period == book.year
    )


def _distinct(statements: Sequence[Statement]) -> list[Statement]:
    seen: dict[tuple[object, ...], Statement] = {}
    for stated in statements:
        seen.setdefault((stated.metric, stated.scope), stated)
    return list(seen.values())


def _named(book: Book, stated: Statement) -> Phrase:
    return Phrase(
        "words.target",
        {
            "what": book.scope_name(stated.scope),
            "metric": book.figure_name(stated),
            "value": Written(stated),
            "by": Cite(stated),
        },
    )


class _Answers:
    """Who answers for a metric of a scope, outright or through its parts."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.direct = {
            (stated.metric, stated.scope) for stated in book.plan.targets if stated.owner
        }
        self.scopes = {
            person.scope
            for person in book.plan.people.values()
            if not person.scope.is_company and (not person.is_team or person.head)
        }

    def owned(self, stated: Statement) -> bool:
        return self._owned(stated.metric, stated.scope)

    def _owned(self, metric: str, scope: Scope) -> bool:
        if (metric, scope) in self.direct:
            return True
        if not scope.is_company and self._in_charge(scope):
            return True
        if not scope.is_single:
            return all(self._owned(metric, single) for single in scope.singles())
        return self.book.metric(metric).additive and self._by_parts(metric, scope)

    def _in_charge(self, scope: Scope) -> bool:
        """Whether somebody answers for a part of the company that holds the scope."""
        return any(scope.within(own) for own in self.scopes)

    def _by_parts(self, metric: str, scope: Scope) -> bool:
        """Whether each member of some dimension has its own target and owner."""
        book = self.book
        for name, dimension in book.plan.dimensions.items():
            if not dimension.exhaustive or scope.members(name):
                continue
            children = book.plan.scopes.children(scope, name)
            if all(
                book.stated("target", metric, child)
                and ((metric, child) in self.direct or self._in_charge(child))
                for child in children
            ):
                return True
        return False


def _headline(book: Book, answers: _Answers) -> Iterator[PlanFinding]:
    """People who answer for a part of the company without its sales target."""
    without: list[tuple[Person, Statement]] = []
    own_scopes: dict[str, set[Scope]] = {}
    for stated in book.plan.targets:
        for owner in stated.owner:
            if stated.metric == "net_sales" and not stated.is_phase:
                own_scopes.setdefault(owner, set()).add(stated.scope)
    busy = {owner for record in book.plan.records for owner in record.owner}
    for person in book.plan.people.values():
        if person.is_team or person.scope.is_company or person.name not in busy:
            continue
        goals = book.goals("net_sales", person.scope)
        if goals and person.scope not in own_scopes.get(person.name, set()):
            without.append((person, goals[0]))
    if without:
        tasks = [
            record
            for record in book.plan.statements
            if set(record.owner) & {person.name for person, _ in without}
        ]
        yield finding(
            "K22",
            "no_sales_target",
            "warning",
            merged([stated for _, stated in without], tasks),
            subject="headline",
            count=len(without),
            people=Names(
                [
                    Phrase(
                        "words.owner_at",
                        {
                            "who": person.name,
                            "what": book.scope_name(person.scope),
                            "value": f"{Cite(stated)} {stated.value.written}",
                        },
                    )
                    for person, stated in without
                ]
            ),
        )


def _teams(book: Book) -> Iterator[PlanFinding]:
    owned: dict[str, list[Record]] = {}
    for record in book.plan.records:
        for owner in record.owner:
            person = book.plan.people.get(owner)
            if person is not None and person.is_team and not person.head:
                owned.setdefault(owner, []).append(record)
    if owned:
        yield finding(
            "K22",
            "team",
            "warning",
            merged(*owned.values()),
            subject="teams",
            count=len(owned),
            teams=Names(list(owned)),
            cites=cite([record for records in owned.values() for record in records]),
        )


def _two_owners(book: Book) -> Iterator[PlanFinding]:
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for stated in book.plan.targets:
        if stated.owner and not stated.credit:
            key = (stated.metric, stated.scope, stated.period, stated.kind)
            groups.setdefault(key, []).append(stated)
    for group in groups.values():
        owners = list(dict.fromkeys(owner for stated in group for owner in stated.owner))
        if len(owners) > 1:
            first = group[0]
            yield finding(
                "K22",
                "two_owners",
                "warning",
                group,
                subject=f"{first.metric}|{first.scope}",
                formula=" + ".join(owners),
                target=_named(book, first),
                owners=Names(owners),
                count=len(owners),
            )


def _loads(book: Book) -> Iterator[PlanFinding]:
    loads: dict[str, list[Record]] = {}
    for record in book.plan.records:
        for owner in record.owner:
            loads.setdefault(owner, []).append(record)
    for owner, records in loads.items():
        if len(records) > HEAVY_LOAD:
            yield finding(
                "K22",
                "load",
                "info",
                records,
                subject=owner,
                formula=f"{len(records)} > {HEAVY_LOAD}",
                owner=owner,
                count=len(records),
            )


# K28 -----------------------------------------------------------------------------------------


def check_relevance(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K28: an operational target helps to reach another, or serves a strategy."""
    in_trees = {name for tree in book.plan.trees for name in tree.parts}
    headline = {s.metric for s in book.plan.targets if s.scope.is_company and not s.owner}
    loose = [
        stated
        for stated in book.plan.targets
        if stated.value.known
        and stated.owner
        and not stated.parent
        and not stated.strategy
        and stated.id not in in_trees
        and stated.metric not in headline
    ]
    linked = [stated for stated in book.plan.targets if stated.parent or stated.strategy]
    if loose:
        yield finding(
            "K28",
            "loose",
            "info",
            loose,
            subject="loose",
            count=len(loose),
            targets=Names([_named(book, stated) for stated in loose]),
        )
    elif linked:
        yield finding("K28", "passed", "passed", linked, subject="loose", count=len(linked))


# K31 -----------------------------------------------------------------------------------------


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
    """Give the part of the year a new head brings what others do."""
    year = book.calendar.window(book.year)
    start = staff.hire_by or year.start
    left = max(0.0, (year.end - max(start, year.start)).days / year.days)
    return max(0.0, left - (staff.ramp_months or 0.0) / 12)


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
    goal = next(iter(book.stated("target", "customers", staff.scope, "count")), None)
    if goal is None:
        goal = next(iter(book.stated("history", "customers", staff.scope, "count")), None)
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
        formula=f"{num(heads)}×{num(staff.load)} = {num(room)} {'<' if over else '≥'} {num(goal.point)}",
        size=Size(goal.point - room, "count", goal.point / room - 1) if over and room else None,
        what=book.scope_name(staff.scope),
        role=staff.role,
        room=num(room),
        customers=num(goal.point),
        needed=num(-(-goal.point // staff.load)),
    )


# K33 -----------------------------------------------------------------------------------------


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
    ratios = [s.point / s.potential.point if s.potential else 0.0 for s in asked]
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
            f"{book.label(s.scope)} {show(book, s, s.point)} ÷ {show(book, s, s.potential.point)} = {num(r, 2)}"
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
    Rule("K22", check_owners),
    Rule("K28", check_relevance),
    Rule("K31", check_capacity),
    Rule("K33", check_equity),
)
