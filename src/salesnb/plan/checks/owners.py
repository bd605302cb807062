"""Who answers for what, and whether it serves anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import target_text
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.known import merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Person, Record, Statement
from salesnb.plan.wording import Cite, Names, Phrase, cite

HEAVY_LOAD = 10
"""More targets than this on one person are worth a word."""


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
            targets=Names([target_text(book, stated) for stated in distinct]),
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
        return self._owned(stated.metric, stated.scope) or self._by_parent(stated)

    def _by_parent(self, stated: Statement) -> bool:
        """Whether it is a part, in one unit, of a figure that somebody answers for."""
        parent = self.book.plan.find(stated.parent)
        if not isinstance(parent, Statement) or stated.kind not in ("amount", "count"):
            return False
        alike = (parent.metric, parent.kind) == (stated.metric, stated.kind)
        return alike and self.owned(parent)

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
        for name in book.cuts(metric, scope):
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
                            "value": f"{Cite(stated)} {stated.value.shown}",
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
                target=target_text(book, first),
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


def check_relevance(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K28: an operational target helps to reach another, or serves a strategy."""
    in_trees = {name for tree in book.plan.trees for name in tree.parts}
    # A figure of the whole company that every company has is an aim of its own.
    loose = [
        stated
        for stated in book.plan.targets
        if stated.value.known
        and stated.owner
        and not stated.parent
        and not stated.strategy
        and stated.id not in in_trees
        and (not stated.scope.is_company or book.metric(stated.metric).line)
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
            targets=Names([target_text(book, stated) for stated in loose]),
        )
    elif linked:
        yield finding("K28", "passed", "passed", linked, subject="loose", count=len(linked))


RULES = (
    Rule("K22", check_owners),
    Rule("K28", check_relevance),
)
