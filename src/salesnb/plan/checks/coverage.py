"""Everyone's part, and nobody's part twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.known import merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Milestone, Record, Statement, StrategyItem
from salesnb.plan.wording import Cite, Names, Phrase, cite, pct


def check_coverage(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K23: every member has its part, every strategy a target, every new team a task."""
    for metric in book.metrics():
        if book.metric(metric).additive:
            for whole, dimension in book.trees(metric):
                yield from _unassigned(book, metric, whole, dimension)
    for item in book.plan.strategy:
        yield from _strategy(book, item)
    yield from _idle_teams(book)


def _unassigned(book: Book, metric: str, whole: Scope, dimension: str) -> Iterator[PlanFinding]:
    if not book.is_exhaustive(dimension):
        return
    children = book.plan.scopes.children(whole, dimension)
    given = {child: _any_target(book, metric, child) for child in children}
    having = {child: stated for child, stated in given.items() if stated}
    missing = [child for child, stated in given.items() if not stated]
    total = _figure(book, metric, whole)
    if not having or not missing or total is None:
        return
    values = {
        "metric": book.metric_name(metric),
        "whole": book.scope_name(whole),
        "dimension": book.dimension_name(dimension),
        "missing": Names([book.scope_name(child) for child in missing]),
        "having": Names([book.scope_name(child) for child in having]),
    }
    subject = f"{metric}|{whole}|{dimension}"
    figures = [_figure(book, metric, child) for child in having]
    if all(figure is not None for figure in figures):
        points = [figure.point for figure in figures if figure]
        left = total.point - sum(points)
        if left < -1e-9:
            return  # told by K14 or K01
        # In a formula amounts are shown as the plan counts them.
        terms = " − ".join(str(book.amount(metric, value)) for value in points)
        yield finding(
            "K23",
            "unassigned",
            "warning",
            merged((_stated(total),), *(stated[:1] for stated in having.values())),
            subject=subject,
            formula=f"{book.amount(metric, total.point)} − {terms} = {book.amount(metric, left)}",
            size=book.size(metric, left, total.point),
            **values,
            left=book.amount(metric, left),
            total=book.amount(metric, total.point),
        )
        return
    shares = [_share(stated) for stated in having.values()]
    formula, left = f"{len(having)} / {len(children)}", ""
    if all(share is not None for share in shares):
        rest = 1 - sum(share for share in shares if share is not None)
        formula = f"100% − {' − '.join(str(pct(share)) for share in shares if share is not None)}"
        formula += f" = {pct(rest)}"
        left = Phrase("K23.left", {"share": pct(rest)})
    yield finding(
        "K23",
        "members",
        "warning",
        merged((_stated(total),), *(stated[:1] for stated in having.values())),
        subject=subject,
        formula=formula,
        **values,
        left=left,
    )


def _share(stated: list[Statement]) -> float | None:
    shares = [found.point for found in stated if found.kind == "share"]
    return shares[0] if shares else None


def _stated(total) -> Statement:  # noqa: ANN001 - a Known with at least one statement
    return total.by[0]


def _any_target(book: Book, metric: str, scope: Scope) -> list[Statement]:
    return [
        stated
        for stated in book.stated("target", metric, scope)
        if not stated.is_phase and not stated.of
    ]


def _figure(book: Book, metric: str, scope: Scope):  # noqa: ANN202 - Known or None
    known = book.by_growth(metric, scope)
    return known if known is not None and known.by else None


def _strategy(book: Book, item: StrategyItem) -> Iterator[PlanFinding]:
    linked = [
        record for record in book.plan.records if record.strategy == item.id and record is not item
    ]
    real = [record for record in linked if _is_real(record)]
    values = {"strategy": item.text or item.id, "cite": Cite(item)}
    if item.count:
        named = list(dict.fromkeys(record.item or record.id for record in real))
        short = len(named) < item.count
        # The plan names a number and then contradicts it.
        yield finding(
            "K23",
            "items" if short else "items_passed",
            "error" if short else "passed",
            merged((item,), tuple(linked)),
            subject=item.id,
            formula=f"{len(named)} / {item.count}",
            size=None,
            **values,
            count=item.count,
            done=len(named),
            missing=item.count - len(named),
            named=Names(named),
        )
    elif not linked:
        yield finding("K23", "unbound", "warning", (item,), subject=item.id, **values)
    else:
        yield finding(
            "K23",
            "strategy_passed",
            "passed",
            merged((item,), tuple(linked)),
            subject=item.id,
            **values,
            linked=cite(linked),
        )


def _is_real(record: Record) -> bool:
    """Whether a record gives a strategy a date, an owner or a figure."""
    if isinstance(record, Milestone):
        return bool(record.due or record.owner)
    return isinstance(record, Statement) or bool(record.owner)


def _idle_teams(book: Book) -> Iterator[PlanFinding]:
    owners = {owner for record in book.plan.records for owner in record.owner}
    scoped = {record.scope for record in book.plan.statements if record.role == "target"}
    new = [who for who in book.plan.people.values() if who.is_team and who.is_new]
    idle = [
        who
        for who in new
        if who.name not in owners
        and (who.head not in owners or not who.head)
        and (who.scope.is_company or who.scope not in scoped)
    ]
    if idle:
        yield finding(
            "K23",
            "teams",
            "warning",
            [_as_record(who) for who in idle],
            subject="teams",
            teams=Names([who.name for who in idle]),
            count=len(idle),
        )
    elif new:
        yield finding(
            "K23",
            "teams_passed",
            "passed",
            [_as_record(who) for who in new],
            subject="teams",
            teams=Names([who.name for who in new]),
        )


def _as_record(who) -> Record:  # noqa: ANN001 - a Person
    return Record(
        id=f"teams.{who.name}", line=who.line, section="teams", source=who.source, text=who.text
    )


def check_double_counting(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K24: where one result counts for several owners, the plan says how."""
    groups: dict[tuple[str, object], list[Statement]] = {}
    for stated in book.plan.targets:
        figure = stated.kind in ("count", "amount") and stated.value.known
        if stated.owner and figure and book.metric(stated.metric).additive:
            groups.setdefault((stated.metric, stated.period), []).append(stated)
    for (metric, _), owned in groups.items():
        for cluster in _clusters(owned):
            yield from _overlap(book, metric, cluster)


def _crosses(one: Statement, other: Statement) -> bool:
    """Whether some results belong to both, though neither scope holds the other."""
    return (
        one.owner != other.owner
        and one.scope.meets(other.scope)
        and not one.scope.within(other.scope)
        and not other.scope.within(one.scope)
    )


def _clusters(owned: list[Statement]) -> Iterator[list[Statement]]:
    """Give groups of statements that overlap crosswise, with those that hold them."""
    crossing = [
        {one.id, other.id}
        for place, one in enumerate(owned)
        for other in owned[place + 1 :]
        if _crosses(one, other)
    ]
    while crossing:
        group = crossing.pop()
        grown = True
        while grown:
            near = [pair for pair in crossing if pair & group]
            grown = bool(near)
            for pair in near:
                group |= pair
                crossing.remove(pair)
        members = [stated for stated in owned if stated.id in group]
        around = [
            stated
            for stated in owned
            if stated.id not in group
            and all(member.scope.within(stated.scope) for member in members)
        ]
        yield [*members, *around]


def _overlap(book: Book, metric: str, cluster: list[Statement]) -> Iterator[PlanFinding]:
    total, most = sum(stated.point for stated in cluster), max(s.point for s in cluster)
    declared = all(stated.credit for stated in cluster[:2])
    goal = next(
        (
            stated
            for stated in book.plan.targets
            if stated.metric == metric
            and stated.kind in ("count", "amount")
            and stated.value.known
            and not stated.owner
            and stated.period == cluster[0].period
            and not stated.scope.is_company
            and all(part.scope.within(stated.scope) for part in cluster)
        ),
        None,
    )
    terms = " + ".join(str(book.amount(metric, stated.point)) for stated in cluster)
    yield finding(
        "K24",
        "passed" if declared else "overlap",
        "passed" if declared else "warning",
        (*cluster, *([goal] if goal else [])),
        subject=f"{metric}|{'|'.join(stated.id for stated in cluster)}",
        formula=f"{terms} = {book.amount(metric, total)}; max = {book.amount(metric, most)}",
        size=None if declared else book.size(metric, total - most, total),
        metric=book.metric_name(metric),
        owners=Names(
            [
                Phrase(
                    "words.owner_at",
                    {
                        "who": Names(stated.owner),
                        "what": book.scope_name(stated.scope),
                        "value": stated.value.shown,
                    },
                )
                for stated in cluster
            ]
        ),
        sum=book.amount(metric, total),
        most=book.amount(metric, most),
    )


RULES = (
    Rule("K23", check_coverage),
    Rule("K24", check_double_counting),
)
