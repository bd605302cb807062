"""Is a target large enough to matter, and has anything like it been done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import figure_of, figure_text
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import merged
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, cite, num, pct


def check_contribution(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K21: the operational targets under a target are large enough to move it."""
    by_id = {stated.id: stated for stated in book.plan.statements}
    trees: dict[str, dict[tuple[str, ...], list[Statement]]] = {}
    for stated in book.plan.targets:
        parent = by_id.get(stated.parent)
        if parent is None or parent.metric != stated.metric or not stated.value.known:
            continue
        if stated.kind in ("amount", "count") and stated.period == parent.period:
            group = trees.setdefault(parent.id, {}).setdefault(stated.scope.dimensions, [])
            again = any(other.scope == stated.scope for other in group)
            if stated.scope != parent.scope and stated.scope.within(parent.scope) and not again:
                group.append(stated)
    for name, cuts in trees.items():
        # The whole broken down twice, by region and by product, is still one whole.
        children = max(cuts.values(), key=lambda group: sum(stated.point for stated in group))
        if not children:
            continue
        parent = by_id[name]
        others = [s for s in book.plan.targets if s.parent == name and s.metric == parent.metric]
        told = [stated for group in cuts.values() for stated in group]
        if any(other not in told and other.scope != parent.scope for other in others):
            continue  # parts in growth or shares carry the rest
        yield from _contributes(book, parent, children)


def _contributes(book: Book, parent: Statement, children: list[Statement]) -> Iterator[PlanFinding]:
    metric = parent.metric
    amounts = [book.in_year(child).point for child in children]
    total = sum(amounts)
    unit = book.money if book.metric(metric).unit == "money" else (lambda value: num(value))
    terms = " + ".join(
        f"{child.value.written}×{num(amount / child.point)}"
        if child.per and child.point
        else str(unit(amount))
        for child, amount in zip(children, amounts, strict=True)
    )
    values = {
        "metric": book.metric_name(metric),
        "parent": cite([parent]),
        "what": book.scope_name(parent.scope),
        "children": cite(children),
        "count": len(children),
        "sum": unit(total),
        "stated": parent.value.shown,
    }
    whole = figure_of(book, parent)
    if whole is not None and not book.symbol(metric) and whole.point > 0:
        part = total / whole.point
        small = part < book.plan.header.materiality
        yield finding(
            "K21",
            "small" if small else "passed",
            "warning" if small else "passed",
            merged([parent], children, whole.by),
            subject=parent.id,
            formula=f"{terms} = {unit(total)} ÷ {unit(whole.point)} = {pct(part)}",
            size=book.size(metric, whole.point - total, whole.point) if small else None,
            **values,
            part=pct(part),
            parent_amount=unit(whole.point),
        )
    elif parent.kind == "share" and parent.point > 0:
        enough = total / parent.point
        yield finding(
            "K21",
            "unknown",
            "warning",
            merged([parent], children),
            subject=parent.id,
            formula=(
                f"{terms} = {unit(total)}; {unit(total)} ÷ {pct(parent.point)} = {unit(enough)}"
            ),
            size=Size(total, "money" if book.metric(metric).unit == "money" else "count"),
            assumes=True,
            **values,
            enough=unit(enough),
        )


def check_achievable(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K27: what is asked has been done before, or is within what is likely."""
    yield from _survivors(book)
    told = set()
    for stated in book.plan.targets:
        if stated.kind not in ("growth", "amount", "count") or stated.period != book.year:
            continue
        # The same goal said again is looked at once.
        figure = (stated.metric, stated.scope, stated.kind, stated.point)
        if stated.value.known and not stated.per and figure not in told:
            told.add(figure)
            yield from _likely(book, stated)


def _survivors(book: Book) -> Iterator[PlanFinding]:
    """Fewer sellers and more sales: what those who stay have to grow."""
    for metric in ("dealers", "stores", "active_customers", "full_time_people", "headcount"):
        for scope in book.scopes_of(metric):
            dropped = [s for s in book.stated("target", metric, scope, "growth") if s.point < 0]
            if not dropped:
                continue
            inside = [
                s
                for other in book.scopes_of("net_sales")
                if other.within(scope)
                for s in book.stated("target", "net_sales", other, "growth")
            ]
            narrow = [
                s for s in inside if s.scope != scope and len(s.scope.parts) > len(scope.parts)
            ]
            sales = (narrow or inside)[:1]
            if sales and sales[0].point > dropped[0].point:
                yield _stay(book, metric, dropped, sales[0])


def _stay(book: Book, metric: str, dropped: list[Statement], sales: Statement) -> PlanFinding:
    part, growth = -dropped[0].point, sales.point
    held = [part / 4, part / 2, part]
    needed = [(1 + growth) / (1 - share) - 1 for share in held]
    return finding(
        "K27",
        "survivors",
        "warning",
        merged(dropped, (sales,)),
        subject=f"{metric}|{dropped[0].scope}",
        formula="; ".join(
            f"{1 + growth:.4g} ÷ (1 − {pct(share)}) − 1 = {pct(need, sign=True, fixed=True)}"
            for share, need in zip(held, needed, strict=True)
        ),
        size=Size(needed[-1] - growth, "growth"),
        assumes=True,
        metric=book.metric_name(metric),
        what=book.scope_name(dropped[0].scope),
        part=pct(part),
        growth=pct(growth, sign=True),
        held=Names([pct(share) for share in held]),
        needed=Names([pct(need, sign=True, fixed=True) for need in needed]),
    )


def _likely(book: Book, stated: Statement) -> Iterator[PlanFinding]:
    level = figure_of(book, stated)
    forecast = book.facts.forecast(stated.metric, stated.scope, book.year)
    base = book.facts.value(stated.metric, stated.scope, book.before)
    falls = book.metric(stated.metric).better == "down"
    best, year = book.facts.best_growth(stated.metric, stated.scope, least=falls)
    growth = stated.point if stated.kind == "growth" else None
    if level is not None and base and not book.symbol(stated.metric):
        growth = level.point / base - 1
    values = {
        "metric": book.metric_name(stated.metric),
        "what": book.scope_name(stated.scope),
        "stated": stated.value.shown,
    }
    amount = level.point if level and not book.symbol(stated.metric) else None
    if amount is None and growth is not None and base:
        amount = base * (1 + growth)
    if forecast is not None and amount is not None:
        above, below = amount > forecast.high, amount < forecast.low
        case = "above" if above else "below" if below else "passed"
        yield finding(
            "K27",
            case,
            "warning" if above else "info" if below else "passed",
            merged((stated,), level.by if level else ()),
            subject=f"{stated.metric}|{stated.scope}|forecast",
            formula=(
                f"{figure_text(book, stated.metric, forecast.low)} … "
                f"{figure_text(book, stated.metric, forecast.high)}; "
                f"{figure_text(book, stated.metric, amount)}"
            ),
            size=book.size(stated.metric, amount - forecast.middle, forecast.middle),
            **values,
            amount=figure_text(book, stated.metric, amount),
            low=figure_text(book, stated.metric, forecast.low),
            middle=figure_text(book, stated.metric, forecast.middle),
            high=figure_text(book, stated.metric, forecast.high),
        )
    if growth is not None and year is not None:
        record = growth < best - 1e-9 if falls else growth > best + 1e-9
        case = "least" if falls else "best"
        sign = ("<" if record else "≥") if falls else ">" if record else "≤"
        yield finding(
            "K27",
            case if record else f"{case}_passed",
            "warning" if record else "passed",
            (stated,),
            subject=f"{stated.metric}|{stated.scope}|best",
            formula=f"{pct(growth, sign=True)} {sign} {pct(best, sign=True)} ({year})",
            size=Size(growth - best, "growth") if record else None,
            **values,
            growth=pct(growth, sign=True),
            best=pct(best, sign=True),
            year=year,
            years=len(book.facts.growths(stated.metric, stated.scope)),
        )


RULES = (
    Rule("K21", check_contribution),
    Rule("K27", check_achievable),
)
