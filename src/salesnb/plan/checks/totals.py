"""Do the parts add up to the whole: amounts, growth, several trees, declared over-assignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from salesnb.plan.book import Book
from salesnb.plan.checks.common import figure_of
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Severity
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.repairs import proportional
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Statement, Tree
from salesnb.plan.wording import Names, Phrase, pct


def check_amounts(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K01: the amounts of all members add up to that of the whole."""
    for metric in book.metrics("history"):
        for whole, dimension in book.trees(metric):
            if book.is_exhaustive(dimension):
                yield from _history(book, metric, whole, dimension)
    for metric in _additive(book):
        if book.metric(metric).unit == "count":
            continue  # told by K14
        for whole, dimension in book.trees(metric):
            branch = _branch(book, metric, whole, dimension)
            if branch and not branch.by_growth:
                yield from _compare("K01", book, branch)
    for tree in book.plan.trees:
        yield from _said_tree(book, tree)


def _history(book: Book, metric: str, whole: Scope, dimension: str) -> Iterator[PlanFinding]:
    """Last year's amounts of all members add up to that of the whole."""
    total = book.stated("history", metric, whole, "amount", "count")[:1]
    parts = [
        found
        for child in book.plan.scopes.children(whole, dimension)
        for found in book.stated("history", metric, child, "amount", "count")[:1]
    ]
    if not total or not parts:
        return
    result, goal = sum(part.point for part in parts), total[0].point
    slack = book.tolerance * abs(goal) + 1e-9
    everyone = len(parts) == len(book.plan.dimensions[dimension].members)
    wrong = abs(result - goal) > slack if everyone else result > goal + slack
    if not everyone and not wrong:
        return
    terms = " + ".join(str(book.amount(metric, part.point)) for part in parts)
    formula = f"{terms} = {book.amount(metric, result)}"
    yield finding(
        "K01",
        "history" if wrong else "history_passed",
        "error" if wrong else "passed",
        (*total, *parts),
        subject=f"{metric}|{whole}|{dimension}|{book.before}",
        formula=f"{formula} ≠ {book.amount(metric, goal)}" if wrong else formula,
        size=book.size(metric, result - goal, goal) if wrong else None,
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        dimension=book.dimension_name(dimension),
        period=book.before,
        sum=book.amount(metric, result),
        total=book.amount(metric, goal),
        gap=book.amount(metric, abs(result - goal)),
    )


def check_growth(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K03: growth of the members, weighted by last year's shares, is that of the whole."""
    for metric in _additive(book):
        for whole, dimension in book.trees(metric):
            branch = _branch(book, metric, whole, dimension)
            if branch and branch.by_growth and book.base_is_sound(metric, whole, dimension):
                yield from _compare("K03", book, branch)
        yield from _faster_parts(book, metric)


def check_trees(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K09: trees over one whole that has no target of its own come to one total."""
    for metric in _additive(book):
        sums: dict[Scope, list[_Branch]] = {}
        for whole, dimension in book.trees(metric):
            branch = _branch(book, metric, whole, dimension, needs_whole=False)
            if branch and not branch.missing:
                sums.setdefault(whole, []).append(branch)
        for whole, branches in sums.items():
            if len(branches) < 2:
                continue
            if book.by_growth(metric, whole) is None:
                yield from _one_total(book, metric, whole, branches)


def check_hedges(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K32: members assigned more than their whole stay within what the plan declares."""
    for metric in _additive(book):
        for whole, dimension in book.trees(metric):
            hedge = book.plan.header.hedge.get(dimension, 0.0)
            branch = _branch(book, metric, whole, dimension)
            if branch is None or branch.missing or branch.total.point <= 0 or not branch.over(book):
                continue
            over = branch.sum.low / branch.total.point - 1
            yield from _within_hedge(book, branch, over, hedge)


def _additive(book: Book) -> list[str]:
    return [name for name in book.metrics() if book.metric(name).additive]


class _Branch:
    """The members of one dimension under one whole, with their targets."""

    def __init__(self, book: Book, metric: str, whole: Scope, dimension: str, total: Known) -> None:
        self.metric, self.whole, self.dimension, self.total = metric, whole, dimension, total
        self.parts: dict[Scope, Known] = {}
        self.missing: list[Scope] = []
        for child in book.plan.scopes.children(whole, dimension):
            part = book.by_growth(metric, child)
            if part is None:
                self.missing.append(child)
            else:
                self.parts[child] = part
        self.sum = total_of(self.parts.values())

    @property
    def by_growth(self) -> bool:
        return any(found.kind == "growth" for part in self.parts.values() for found in part.by)

    @property
    def is_bound(self) -> bool:
        """Whether the whole only has a lower bound, which the parts may pass."""
        return self.total.high == float("inf")

    def slack(self, book: Book) -> float:
        return book.tolerance * abs(self.total.point)

    def over(self, book: Book) -> bool:
        most = self.total.point if self.is_bound else self.total.high
        return self.sum.low > most + self.slack(book) + 1e-9

    def under(self, book: Book) -> bool:
        return self.sum.high < self.total.low - self.slack(book) - 1e-9

    @property
    def records(self) -> tuple[Statement, ...]:
        targets = [found for part in self.parts.values() for found in part.by[:1]]
        return merged(self.total.by[:1], targets, self.sum.by, self.total.by)


def _branch(
    book: Book, metric: str, whole: Scope, dimension: str, needs_whole: bool = True
) -> _Branch | None:
    """Give a branch that can be held against its whole; None when there is nothing to hold."""
    if not book.is_exhaustive(dimension):
        return None
    total = book.by_growth(metric, whole) or (
        None if whole.is_company else book.by_share(metric, whole)
    )
    if total is None and needs_whole:
        return None
    branch = _Branch(book, metric, whole, dimension, total or Known(0.0, 0.0))
    return branch if branch.parts else None


def _compare(rule: str, book: Book, branch: _Branch) -> Iterator[PlanFinding]:
    if branch.missing:
        yield from _partial(rule, book, branch)
        return
    hedge = book.plan.header.hedge.get(branch.dimension, 0.0)
    if branch.over(book) and (hedge > 0 or branch.is_bound):
        return  # told by K32
    case, severity = "passed", "passed"
    if branch.over(book):
        case, severity = "over", "error"
    elif branch.under(book):
        case, severity = "under", "error"
    elif not branch.sum.exact:
        return  # bounds that leave room; nothing was added up
    yield _told(rule, case, severity, book, branch)  # type: ignore[arg-type]


def _told(rule: str, case: str, severity: Severity, book: Book, branch: _Branch) -> PlanFinding:
    metric, total = branch.metric, branch.total.point
    implied = branch.sum.high if case == "under" else branch.sum.low
    gap = implied - total
    base = book.base(metric, branch.whole)
    values: dict[str, Any] = {
        "metric": book.metric_name(metric),
        "whole": book.scope_name(branch.whole),
        "dimension": book.dimension_name(branch.dimension),
        "sum": book.amount(metric, implied),
        "total": book.amount(metric, total),
        "gap": book.amount(metric, abs(gap)),
        "over": pct(abs(gap) / total if total else 0.0, 2),
    }
    if base and base.low > 0:
        values["implied_growth"] = pct(implied / base.low - 1, 2)
        values["total_growth"] = pct(total / base.low - 1, 2)
    else:
        values["implied_growth"] = values["sum"]
        values["total_growth"] = values["total"]
    if severity != "passed":
        values["repairs"] = Names(_repairs(book, branch, total))
    return finding(
        rule,
        case,
        severity,
        branch.records,
        subject=f"{metric}|{branch.whole}|{branch.dimension}",
        formula=_formula(book, branch, case),
        size=book.size(metric, gap, total) if severity != "passed" else None,
        **values,
    )


def _formula(book: Book, branch: _Branch, case: str) -> str:
    """Write Σ share × growth where growth is said, else Σ amounts."""
    metric, base = branch.metric, book.base(branch.metric, branch.whole)
    figures = {
        child: part.high if case == "under" else part.low for child, part in branch.parts.items()
    }
    implied, total = sum(figures.values()), branch.total.point
    shares = {child: book.base(metric, child) for child in branch.parts}
    if branch.by_growth and base and base.low > 0 and all(shares.values()):
        terms = [
            f"{pct(own.low / base.low)}×{pct(figures[child] / own.low - 1)}"
            for child, own in shares.items()
            if own is not None and own.low > 0
        ]
        growth = f"{' + '.join(terms)} = {pct(implied / base.low - 1, 2)}"
        if case == "passed":
            return growth
        over = pct(implied / total - 1 if total else 0.0, 2, sign=True)
        return (
            f"{growth} ≠ {pct(total / base.low - 1, 2)}; {book.amount(metric, implied)} ÷ "
            f"{book.amount(metric, total)} − 1 = {over}"
        )
    terms = [
        f"{book.label(child)} {book.amount(metric, value)}" for child, value in figures.items()
    ]
    added = f"{' + '.join(terms)} = {book.amount(metric, implied)}"
    return added if case == "passed" else f"{added} ≠ {book.amount(metric, total)}"


def _repairs(book: Book, branch: _Branch, total: float) -> list[Phrase]:
    """Every member changed by one factor, told as growth where there is a base."""
    amounts = proportional(total, [part.point for part in branch.parts.values()])
    told = []
    for (child, part), amount in zip(branch.parts.items(), amounts, strict=True):
        base = book.base(branch.metric, child)
        name = book.scope_name(child)
        if base and base.low > 0 and any(found.kind == "growth" for found in part.by):
            new: object = pct(amount / base.low - 1, 2, sign=True)
        else:
            new = book.amount(branch.metric, amount)
        told.append(Phrase("words.set", {"what": name, "to": new}))
    return told


def _partial(rule: str, book: Book, branch: _Branch) -> Iterator[PlanFinding]:
    """Some members have no target: what the others leave must not be below zero."""
    left = branch.total.high - branch.sum.low
    if left >= -branch.slack(book):
        return
    metric = branch.metric
    yield finding(
        rule,
        "exceeds",
        "error",
        branch.records,
        subject=f"{metric}|{branch.whole}|{branch.dimension}",
        formula=(
            " + ".join(
                f"{book.label(c)} {book.amount(metric, p.low)}" for c, p in branch.parts.items()
            )
            + f" = {book.amount(metric, branch.sum.low)} > {book.amount(metric, branch.total.high)}"
        ),
        size=book.size(metric, -left, branch.total.point),
        metric=book.metric_name(metric),
        whole=book.scope_name(branch.whole),
        sum=book.amount(metric, branch.sum.low),
        total=book.amount(metric, branch.total.high),
        missing=Names([book.scope_name(child) for child in branch.missing]),
    )


def _said_tree(book: Book, tree: Tree) -> Iterator[PlanFinding]:
    """A tree the plan spells out: statements that are the parts of another."""
    by_id = {found.id: found for found in book.plan.statements}
    if tree.whole not in by_id or not all(part in by_id for part in tree.parts):
        return
    whole = figure_of(book, by_id[tree.whole])
    parts = [figure_of(book, by_id[part]) for part in tree.parts]
    if whole is None or not all(parts):
        return
    known = [part for part in parts if part is not None]
    total, target = total_of(known), whole.point
    slack = book.tolerance * abs(target)
    most = (target if whole.high == float("inf") else whole.high) * (1 + (tree.hedge or 0.0))
    metric = by_id[tree.whole].metric
    terms = " + ".join(str(book.amount(metric, part.point)) for part in known)
    over, under = total.low > most + slack, tree.exhaustive and total.high < whole.low - slack
    case = "over" if over else "under" if under else "passed"
    growth = book.amount(metric, total.point)
    yield finding(
        "K01",
        case,
        "passed" if case == "passed" else "error",
        (tree, *whole.by, *total.by),
        subject=tree.id,
        formula=f"{terms} = {growth}"
        + ("" if case == "passed" else f" ≠ {book.amount(metric, target)}"),
        size=None if case == "passed" else book.size(metric, total.point - target, target),
        metric=book.metric_name(metric),
        whole=book.scope_name(by_id[tree.whole].scope),
        dimension=tree.id,
        sum=growth,
        total=book.amount(metric, target),
        gap=book.amount(metric, abs(total.point - target)),
        over=pct(abs(total.point / target - 1) if target else 0.0, 2),
        implied_growth=growth,
        total_growth=book.amount(metric, target),
        repairs=Names(
            [
                Phrase("words.set", {"what": part, "to": book.amount(metric, amount)})
                for part, amount in zip(
                    tree.parts, proportional(target, [p.point for p in known]), strict=True
                )
            ]
        ),
    )


def _one_total(
    book: Book, metric: str, whole: Scope, branches: list[_Branch]
) -> Iterator[PlanFinding]:
    first = branches[0]
    for other in branches[1:]:
        gap = max(first.sum.low - other.sum.high, other.sum.low - first.sum.high)
        differ = gap > book.tolerance * abs(first.sum.point) + 1e-9
        yield finding(
            "K09",
            "differ" if differ else "passed",
            "error" if differ else "passed",
            merged(first.sum.by, other.sum.by),
            subject=f"{metric}|{whole}|{first.dimension}|{other.dimension}",
            formula=(
                f"Σ {first.dimension} = {book.amount(metric, first.sum.point)} "
                f"{'≠' if differ else '='} Σ {other.dimension} = "
                f"{book.amount(metric, other.sum.point)}"
            ),
            size=book.size(metric, gap, first.sum.point) if differ else None,
            metric=book.metric_name(metric),
            whole=book.scope_name(whole),
            first=book.dimension_name(first.dimension),
            other=book.dimension_name(other.dimension),
            first_sum=book.amount(metric, first.sum.point),
            other_sum=book.amount(metric, other.sum.point),
            gap=book.amount(metric, abs(gap)),
        )


def _within_hedge(book: Book, branch: _Branch, over: float, hedge: float) -> Iterator[PlanFinding]:
    if hedge <= 0 and not branch.is_bound:
        return  # told by K01 and K03
    within = over <= hedge + book.tolerance
    case = "passed" if within else "undeclared" if hedge <= 0 else "exceeded"
    severity: Severity = "passed" if within else "warning" if hedge <= 0 else "error"
    metric, total = branch.metric, branch.total.point
    yield finding(
        "K32",
        case,
        severity,
        branch.records,
        subject=f"{metric}|{branch.whole}|{branch.dimension}",
        formula=(
            f"{book.amount(metric, branch.sum.low)} ÷ {book.amount(metric, total)} − 1 = "
            f"{pct(over, 2)} {'≤' if within else '>'} {pct(hedge, 2)}"
        ),
        size=None if within else book.size(metric, branch.sum.low - total * (1 + hedge), total),
        metric=book.metric_name(metric),
        whole=book.scope_name(branch.whole),
        dimension=book.dimension_name(branch.dimension),
        over=pct(over, 2),
        hedge=pct(hedge, 2),
        repairs=Names(_repairs(book, branch, total * (1 + hedge))),
    )


def _faster_parts(book: Book, metric: str) -> Iterator[PlanFinding]:
    """A part that grows faster than its whole: above some share of it the rest must shrink."""
    growths = {
        scope: stated[0]
        for scope in book.scopes_of(metric)
        if (stated := book.stated("target", metric, scope, "growth"))
    }
    for part, fast in growths.items():
        for name in part.dimensions if len(part.parts) > 1 else ():
            slow = growths.get(part.without(name))
            if slow is not None:
                yield from _faster(book, metric, slow, fast)


def _faster(book: Book, metric: str, slow: Statement, fast: Statement) -> Iterator[PlanFinding]:
    g, own = slow.point, fast.point
    if own <= g or own <= 0:
        return
    part, whole = book.base(metric, fast.scope), book.base(metric, slow.scope)
    values = {
        "part": book.scope_name(fast.scope),
        "whole": book.scope_name(slow.scope),
        "part_growth": pct(own, sign=True),
        "whole_growth": pct(g, sign=True),
    }
    if part and whole and whole.low > 0 and part.low < whole.low:
        share = part.low / whole.low
        rest = (g - own * share) / (1 - share)
        falls = rest < -book.tolerance
        yield finding(
            "K03",
            "rest_shrinks" if falls else "rest_passed",
            "warning" if falls else "passed",
            merged((slow, fast), part.by, whole.by),
            subject=f"{metric}|{slow.scope}|{fast.scope}",
            formula=f"({pct(g)} − {pct(own)}×{pct(share)}) ÷ (1 − {pct(share)}) = {pct(rest)}",
            size=book.size(metric, -rest * (whole.low - part.low), whole.low) if falls else None,
            **values,
            share=pct(share),
            rest=pct(rest, sign=True),
        )
        return
    limit = g / own if g > 0 else 0.0
    shown = [share for share in (0.8, 0.9) if g > 0]
    cases = [(share, (g - own * share) / (1 - share)) for share in shown]
    yield finding(
        "K03",
        "rest_unknown",
        "warning",
        (slow, fast),
        subject=f"{metric}|{slow.scope}|{fast.scope}",
        formula=(
            f"({pct(g)} − {pct(own)}×d) ÷ (1 − d) = 0 → d = {pct(g)} ÷ {pct(own)} = "
            f"{pct(limit, fixed=True)}"
            + "".join(f"; d = {pct(share)} → {pct(rest, sign=True)}" for share, rest in cases)
        ),
        assumes=True,
        **values,
        limit=pct(limit, fixed=True),
        cases=Names(
            [
                Phrase("K03.at_share", {"share": pct(share), "rest": pct(rest, sign=True)})
                for share, rest in cases
            ]
        ),
    )


RULES = (
    Rule("K01", check_amounts),
    Rule("K03", check_growth),
    Rule("K09", check_trees),
    Rule("K32", check_hedges),
)
