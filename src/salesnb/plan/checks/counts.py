"""Counts, coverage and double counting: whole numbers, everyone's part, nobody's part twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book, merged
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding
from salesnb.plan.repairs import proportional
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Milestone, Record, Statement, StrategyItem
from salesnb.plan.wording import Cite, Names, Phrase, cite, num, pct


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
                formula=f"{stated.value.written}",
                size=book.size(stated.metric, stated.point % 1),
                metric=book.metric_name(stated.metric),
                what=book.scope_name(stated.scope),
                stated=stated.value.written,
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
    terms = " + ".join(str(num(part.point)) for part in parts)
    repairs = proportional(total.point, [part.point for part in parts])
    yield finding(
        "K14",
        case,
        "passed" if case == "passed" else "error",
        (total, *parts),
        subject=f"{metric}|{whole}|{dimension}",
        formula=f"{terms} = {num(result)}" + ("" if case == "passed" else f" ≠ {num(total.point)}"),
        size=None if case == "passed" else book.size(metric, result - total.point, total.point),
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        dimension=book.dimension_name(dimension),
        sum=num(result),
        total=num(total.point),
        gap=num(abs(result - total.point)),
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


# K23 -----------------------------------------------------------------------------------------


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
    yield finding(
        "K23",
        "members",
        "warning",
        merged((_stated(total),), *(stated[:1] for stated in having.values())),
        subject=subject,
        formula=f"{len(having)} / {len(children)}",
        **values,
    )


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


# K24 -----------------------------------------------------------------------------------------


def check_double_counting(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K24: where one result counts for several owners, the plan says how."""
    groups: dict[tuple[str, object], list[Statement]] = {}
    for stated in book.plan.targets:
        if stated.owner and stated.kind in ("count", "amount") and stated.value.known:
            if book.metric(stated.metric).additive:
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
                        "value": stated.value.written,
                    },
                )
                for stated in cluster
            ]
        ),
        sum=book.amount(metric, total),
        most=book.amount(metric, most),
    )


RULES = (
    Rule("K14", check_counts),
    Rule("K23", check_coverage),
    Rule("K24", check_double_counting),
)
