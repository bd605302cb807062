"""Figures that are products of others: funnels, supply, driver trees, what children contribute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from salesnb.period import Period
from salesnb.plan.book import Book, Known, merged
from salesnb.plan.checks.rule import Rule, finding, rounding
from salesnb.plan.checks.totals import figure_of
from salesnb.plan.checks.values import level_of, show
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.vocabulary import Identity
from salesnb.plan.wording import Names, Phrase, cite, num, pct

# More customers than this over what the plan asks for, and the three figures are not one funnel.
SURPLUS = 0.25
EXISTING, NEW = (
    ("existing", "old", "老客户", "老客", "existing customers"),
    ("new", "新客户", "新客"),
)


def check_identities(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K12: the product of the drivers' targets is the target of the outcome."""
    yield from _funnels(book)
    for identity in book.plan.identities:
        for scope in _scopes_with(book, identity):
            yield from _product(book, identity, scope)
            yield from _ratios(book, identity, scope, "target")
        for scope in dict.fromkeys(book.scopes_of(identity.outcome, "history")):
            yield from _ratios(book, identity, scope, "history")
    yield from _old_and_new(book)
    yield from _lifetime(book)


def _scopes_with(book: Book, identity: Identity) -> list[Scope]:
    return list(dict.fromkeys(scope for name in identity.metrics for scope in book.scopes_of(name)))


# Funnels -------------------------------------------------------------------------------------


def _conversions(book: Book) -> Iterator[tuple[Statement, Known, list[Statement]]]:
    """Give each conversion target with the new customers it is to make, narrowest scope first."""
    for stated in book.plan.targets:
        if stated.metric != "lead_conversion" or stated.period != book.year:
            continue
        rate = level_of(book, stated) if stated.value.known else None
        if rate is None or rate.point <= 0:
            continue
        outcomes = [
            goal
            for scope in dict.fromkeys((stated.scope, COMPANY))
            for goal in book.stated("target", "new_customers", scope, "count")[:1]
        ]
        if outcomes:
            yield stated, rate, outcomes


def _leads(book: Book, scope: Scope) -> list[tuple[Statement, float, bool]]:
    """Give each statement about leads: its count, and whether that is for the whole year."""
    found = []
    for stated in book.plan.statements:
        if stated.metric != "leads" or stated.kind != "count" or not stated.value.known:
            continue
        enclosing = book.calendar.enclosing(stated.period, "year")
        if stated.role in ("target", "supply") and enclosing == book.year:
            if stated.scope == scope or scope.within(stated.scope):
                count = book.in_year(stated).point
                found.append((stated, count, stated.period.kind == "year"))
    return found


def _funnels(book: Book) -> Iterator[PlanFinding]:
    for stated, rate, outcomes in _conversions(book):
        leads = _leads(book, stated.scope)
        if not leads:
            continue
        c = rate.point
        own, widest = outcomes[0], outcomes[-1]
        goal = widest.point
        # Leads of the company make the company's customers; those of a scope its own.
        if any(lead.scope == stated.scope for lead, _, _ in leads):
            goal = own.point
        too_many = [item for item in leads if item[1] * c > goal * (1 + SURPLUS)]
        yearly = [count for _, count, whole in leads if whole]
        terms = [f"{num(count)}×{pct(c)} = {num(count * c)}" for _, count, _ in leads]
        need = math.ceil(own.point / c - 1e-9)
        terms.append(f"{num(own.point)} ÷ {pct(c)} = {num(need)}")
        implied = goal / max(yearly) if yearly else goal / max(count for _, count, _ in leads)
        base = max(yearly) if yearly else max(count for _, count, _ in leads)
        terms.append(f"{num(goal)} ÷ {num(base)} = {pct(implied, fixed=True)}")
        values = {
            "conversion": pct(c),
            "goal": num(goal),
            "own": num(own.point),
            "what": book.scope_name(own.scope),
            "need": num(need),
            "implied": pct(implied, fixed=True),
        }
        records = merged((stated,), [item[0] for item in leads], outcomes)
        if too_many:
            products = [count * c for _, count, _ in too_many]
            told = [
                Phrase(
                    "K12.leads",
                    {
                        "by": cite([lead]),
                        "leads": num(count),
                        "period": lead.period,
                        "customers": num(count * c),
                    },
                )
                for lead, count, _ in too_many
            ]
            ratios = sorted({round(product / goal, 1) for product in products})
            yield finding(
                "K12",
                "funnel",
                "error",
                records,
                subject=f"funnel|{stated.scope}",
                formula="; ".join(terms),
                size=Size(max(products) - goal, "count", max(products) / goal - 1),
                **values,
                products=Names(told),
                times=Names([num(ratio, 1) for ratio in ratios]),
            )
        elif yearly and max(yearly) * c >= goal * (1 - book.tolerance):
            yield finding(
                "K12",
                "funnel_passed",
                "passed",
                records,
                subject=f"funnel|{stated.scope}",
                formula="; ".join(terms),
                **values,
            )


# Products ------------------------------------------------------------------------------------


def _level(book: Book, metric: str, scope: Scope) -> Known | None:
    for stated in book.stated("target", metric, scope, "amount", "count", "rate", "points", "lift"):
        level = level_of(book, stated)
        if level is not None:
            return level
    if book.metric(metric).additive and not book.symbol(metric):
        return book.target(metric, scope)
    return None


def _product(book: Book, identity: Identity, scope: Scope) -> Iterator[PlanFinding]:
    """All figures are known: the product must be the outcome."""
    levels = {name: _level(book, name, scope) for name in identity.metrics}
    known = {name: level for name, level in levels.items() if level is not None}
    if len(known) < len(levels) or any(level.point <= 0 for level in known.values()):
        return
    low = high = middle = 1.0
    for name in identity.over:
        low, high = low * known[name].low, high * known[name].high
        middle *= known[name].point
    for name in identity.under:
        low, high = low / known[name].high, high / known[name].low
        middle /= known[name].point
    outcome = known[identity.outcome]
    stated = [found for level in known.values() for found in level.by]
    slack = 0.01 + sum(rounding(found) / abs(found.point) for found in stated if found.point)
    # Bounds are read as the figures they name: ≥ 100 leads at ≥ 20 % are to make 20 customers.
    gap = abs(middle - outcome.point) / outcome.point
    can = low <= outcome.high * (1 + slack) and high >= outcome.low * (1 - slack)
    wrong = gap > slack and (not can or middle < outcome.point or gap > SURPLUS)
    over = " × ".join(str(_figure(book, name, known[name].point)) for name in identity.over)
    under = "".join(f" ÷ {_figure(book, name, known[name].point)}" for name in identity.under)
    yield finding(
        "K12",
        "product" if wrong else "passed",
        "error" if wrong else "passed",
        merged(outcome.by, stated),
        subject=f"{identity}|{scope}",
        formula=(
            f"{over}{under} = {_figure(book, identity.outcome, middle)} "
            f"{'≠' if wrong else '~' if gap > slack else '='} "
            f"{_figure(book, identity.outcome, outcome.point)}"
        ),
        size=book.size(identity.outcome, middle - outcome.point, outcome.point) if wrong else None,
        outcome=book.metric_name(identity.outcome),
        what=book.scope_name(scope),
        product=_figure(book, identity.outcome, middle),
        stated=_figure(book, identity.outcome, outcome.point),
        factors=Names([book.metric_name(name) for name in (*identity.over, *identity.under)]),
        gap=pct(gap),
    )


def _figure(book: Book, metric: str, value: float) -> object:
    unit = book.metric(metric).unit
    if unit == "money":
        return book.money(value)
    return pct(value) if unit == "rate" else num(value, 2)


def _ratios(book: Book, identity: Identity, scope: Scope, role: str) -> Iterator[PlanFinding]:
    """All growths but one are known: the last follows, and may be one nobody would ask for."""
    ratios = {
        name: _ratio(book, name, scope) if role == "target" else _ratio_before(book, name, scope)
        for name in identity.metrics
    }
    known = {name: ratio for name, ratio in ratios.items() if ratio is not None}
    missing = [name for name in identity.metrics if name not in known]
    if identity.outcome not in known and len(known) < 2:
        return
    if len(missing) > 1 or len(known) < 2 or any(r.point <= 0 for r in known.values()):
        return
    records = merged(*(ratio.by for ratio in known.values()))
    if not missing:
        yield from _growths_agree(book, identity, scope, known, records)
        return
    name = missing[0]
    others = {other: known[other].point for other in known if other != identity.outcome}
    value = known[identity.outcome].point if identity.outcome in known else 1.0
    for other, ratio in others.items():
        value = value / ratio if other in identity.over else value * ratio
    if name == identity.outcome or name in identity.under:
        value = 1 / value
    change = value - 1
    better = book.metric(name).better
    falls = (better == "up" and change < -0.005) or (better == "down" and change > 0.005)
    terms = " ; ".join(f"{other} ×{ratio.point:.4g}" for other, ratio in known.items())
    yield finding(
        "K12",
        "hidden_fall" if falls else "hidden",
        "warning" if falls else "info",
        records,
        subject=f"{identity}|{scope}|{role}",
        formula=f"{identity}; {terms} → {name} ×{value:.4g} = {pct(change, 2, sign=True)}",
        size=Size(change, "growth"),
        hidden=book.metric_name(name),
        what=book.scope_name(scope),
        change=pct(change, 2 if abs(change) < 0.1 else 1, sign=True),
        known=Names(
            [
                Phrase(
                    "words.at",
                    {
                        "what": book.metric_name(other),
                        "value": pct(ratio.point - 1, sign=True),
                    },
                )
                for other, ratio in known.items()
            ]
        ),
    )


def _growths_agree(
    book: Book,
    identity: Identity,
    scope: Scope,
    known: dict[str, Known],
    records: tuple[Statement, ...],
) -> Iterator[PlanFinding]:
    if all(_level(book, name, scope) for name in identity.metrics):
        return  # told in figures
    value = 1.0
    for name in identity.over:
        value *= known[name].point
    for name in identity.under:
        value /= known[name].point
    stated = known[identity.outcome].point
    slack = 0.01 + sum(rounding(found) for found in records if found.kind in ("growth", "lift"))
    wrong = abs(value - stated) > slack
    product = " × ".join(f"{known[name].point:.4g}" for name in identity.over)
    under = "".join(f" ÷ {known[name].point:.4g}" for name in identity.under)
    yield finding(
        "K12",
        "growths" if wrong else "passed",
        "error" if wrong else "passed",
        records,
        subject=f"{identity}|{scope}",
        formula=f"{product}{under} = {value:.4g} {'≠' if wrong else '='} {stated:.4g}",
        size=Size(value - stated, "growth") if wrong else None,
        outcome=book.metric_name(identity.outcome),
        what=book.scope_name(scope),
        product=pct(value - 1, sign=True),
        stated=pct(stated - 1, sign=True),
        factors=Names([book.metric_name(name) for name in (*identity.over, *identity.under)]),
        gap=pct(abs(value - stated)),
    )


def _ratio(book: Book, metric: str, scope: Scope) -> Known | None:
    """Give this year's target over last year's figure."""
    for stated in book.stated("target", metric, scope, "growth", "lift"):
        return Known(1 + stated.low, 1 + stated.high, (stated,))
    additive = book.metric(metric).additive
    base = (book.base if additive else book.rate)(metric, scope)
    level = book.target(metric, scope) if additive else _level(book, metric, scope)
    if base is None or level is None or base.low <= 0 or not level.by:
        return None
    by = merged(level.by, base.by)
    return Known(level.low / base.low, level.high / base.low, by)


def _ratio_before(book: Book, metric: str, scope: Scope) -> Known | None:
    """Give last year's figure over that of the year before, as the plan tells its history."""
    for stated in book.stated("history", metric, scope, "growth", "lift"):
        return Known(1 + stated.low, 1 + stated.high, (stated,))
    before = book.before.previous
    kinds = ("amount", "count", "rate")
    now = book.stated("history", metric, scope, *kinds)
    then = book.stated("history", metric, scope, *kinds, period=before)
    if now and then and then[0].point > 0:
        value = now[0].point / then[0].point
        return Known(value, value, (now[0], then[0]))
    shares = [book.shares_typed("history", metric, scope, p) for p in (book.before, before)]
    total = book.stated("history", metric, COMPANY, "growth")
    if all(shares) and total and shares[1][0].point > 0:
        value = shares[0][0].point / shares[1][0].point * (1 + total[0].point)
        return Known(value, value, (shares[0][0], shares[1][0], total[0]))
    return None


# Old and new customers -----------------------------------------------------------------------


def _customer_scopes(book: Book) -> tuple[Scope, Scope] | None:
    for name, dimension in book.plan.dimensions.items():
        words = {
            member: {member.casefold(), dimension.labels.get(member, "").casefold()}
            for member in dimension.members
        }
        old = [member for member in dimension.members if words[member] & set(EXISTING)]
        new = [member for member in dimension.members if words[member] & set(NEW)]
        if old and new and len(dimension.members) == 2:
            cut = book.plan.scopes.cut
            return cut(COMPANY, name, old[0]), cut(COMPANY, name, new[0])
    return None


def _old_and_new(book: Book) -> Iterator[PlanFinding]:
    """What old customers bring by repurchase and value leaves the rest to new ones."""
    scopes = _customer_scopes(book)
    total = book.by_growth("net_sales", COMPANY)
    if scopes is None or total is None or not total.exact:
        return
    old, new = scopes
    start, all_of_it = book.base("net_sales", old), book.base("net_sales", COMPANY)
    if start is None or all_of_it is None:
        return
    ratios: list[Known] = []
    for metric in ("repurchase_rate", "revenue_per_customer", "average_order_value"):
        for scope in (old, COMPANY):
            ratio = _ratio(book, metric, scope)
            if ratio is not None and not (metric == "average_order_value" and len(ratios) > 1):
                ratios.append(ratio)
                break
    if len(ratios) < 2:
        return
    amount = start.low
    for ratio in ratios:
        amount *= ratio.point
    rest, rest0 = total.low - amount, all_of_it.low - start.low
    growth = rest / rest0 - 1 if rest0 > 0 else math.nan
    impossible = rest < 0
    terms = " × ".join(
        [f"{book.amount('net_sales', start.low)}", *(f"{r.point:.4g}" for r in ratios)]
    )
    yield finding(
        "K12",
        "old_exceed" if impossible else "old_new",
        "error" if impossible else "passed",
        merged(total.by, start.by, *(ratio.by for ratio in ratios)),
        subject="old and new customers",
        formula=(
            f"{terms} = {book.amount('net_sales', amount)}; {book.amount('net_sales', total.low)} − "
            f"{book.amount('net_sales', amount)} = {book.amount('net_sales', rest)}"
            + ("" if impossible else f" → {pct(growth, sign=True)}")
        ),
        size=book.size("net_sales", rest, total.low) if impossible else None,
        old=book.amount("net_sales", amount),
        total=book.amount("net_sales", total.low),
        new=book.amount("net_sales", rest),
        growth=pct(growth, sign=True),
    )


def _lifetime(book: Book) -> Iterator[PlanFinding]:
    """A renewal rate says how long customers stay; an average tenure is another figure."""
    renewal = book.stated("history", "renewal_rate", COMPANY, "rate")
    tenure = book.stated("history", "relationship_months", COMPANY, "amount")
    if not renewal or not tenure or renewal[0].point >= 1:
        return
    life = 12 / (1 - renewal[0].point)
    if abs(life / tenure[0].point - 1) <= SURPLUS:
        return
    yield finding(
        "K12",
        "lifetime",
        "info",
        (renewal[0], tenure[0]),
        subject="lifetime",
        formula=f"12 ÷ (1 − {pct(renewal[0].point)}) = {num(life, 1)} ≠ {num(tenure[0].point, 1)}",
        size=Size(life - tenure[0].point, "months"),
        renewal=pct(renewal[0].point),
        life=life,
        years=num(life / 12, 2),
        tenure=tenure[0].point,
    )


# K13: supply ---------------------------------------------------------------------------------


def check_supply(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K13: what others provide covers what the targets need, period by period."""
    supplies = [s for s in book.plan.of_role("supply") if s.value.known and s.kind != "share"]
    for need in book.plan.targets:
        sources = [
            s
            for s in supplies
            if s.metric == need.metric and s.scope.within(need.scope) and need.value.known
        ]
        if sources and need.kind in ("count", "amount"):
            yield from _covered(book, need, sources)
    yield from _lead_demand(book)


def _in_period(book: Book, supply: Statement, period: Period) -> float:
    """Give how much of a supply falls into a period."""
    months = len(book.calendar.months_of(period))
    if supply.per:
        each = {"month": 1, "quarter": 3, "year": 12}[supply.per]
        return supply.point * months / each
    own = set(book.calendar.months_of(supply.period))
    inside = own & set(book.calendar.months_of(period))
    return supply.point * len(inside) / len(own)


def _covered(book: Book, need: Statement, sources: list[Statement]) -> Iterator[PlanFinding]:
    given = sum(_in_period(book, source, need.period) for source in sources)
    wanted = book.in_year(need).point if need.per else need.point
    short = wanted - given > book.tolerance * wanted
    months = len(book.calendar.months_of(need.period))
    terms = " + ".join(
        f"{months}×{num(source.point)}"
        if source.per == "month"
        else str(show(book, source, _in_period(book, source, need.period)))
        for source in sources
    )
    yield finding(
        "K13",
        "short" if short else "passed",
        "warning" if short else "passed",
        (need, *sources),
        subject=f"{need.metric}|{need.scope}|{need.period}",
        formula=f"{terms} = {num(given)} {'<' if short else '≥'} {num(wanted)}"
        + (
            f"; {num(wanted)} − {num(given)} = {num(wanted - given)} ({pct((wanted - given) / wanted)})"
            if short
            else ""
        ),
        size=Size(wanted - given, "count", (wanted - given) / wanted) if short else None,
        assumes=short,
        metric=book.metric_name(need.metric),
        period=need.period,
        need=num(wanted),
        given=num(given),
        gap=num(wanted - given),
        part=pct((wanted - given) / wanted),
        providers=Names([source.provider or source.source or source.id for source in sources]),
    )


def _lead_demand(book: Book) -> Iterator[PlanFinding]:
    """New customers ÷ conversion = leads needed, against the leads of the year."""
    for stated, rate, outcomes in _conversions(book):
        leads = [item for item in _leads(book, stated.scope) if item[2]]
        if not leads:
            continue
        goal, available = outcomes[0], max(count for _, count, _ in leads)
        need = math.ceil(goal.point / rate.point - 1e-9)
        short = need > available * (1 + book.tolerance)
        yield finding(
            "K13",
            "demand" if short else "demand_passed",
            "error" if short else "passed",
            merged((stated,), [goal], [item[0] for item in leads]),
            subject=f"leads|{stated.scope}",
            formula=(
                f"{num(goal.point)} ÷ {pct(rate.point)} = {num(need)} "
                f"{'>' if short else '≤'} {num(available)}"
            ),
            size=Size(need - available, "count", need / available - 1) if short else None,
            goal=num(goal.point),
            conversion=pct(rate.point),
            need=num(need),
            available=num(available),
            gap=num(need - available),
            reachable=num(math.floor(available * rate.point + 1e-9)),
            rate=pct(goal.point / available),
        )


# K21 and K27 ---------------------------------------------------------------------------------


def check_contribution(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K21: the operational targets under a target are large enough to move it."""
    by_id = {stated.id: stated for stated in book.plan.statements}
    groups: dict[str, list[Statement]] = {}
    for stated in book.plan.targets:
        parent = by_id.get(stated.parent)
        if parent is None or parent.metric != stated.metric or not stated.value.known:
            continue
        if stated.kind in ("amount", "count") and stated.period == parent.period:
            group = groups.setdefault(parent.id, [])
            again = any(other.scope == stated.scope for other in group)
            if stated.scope != parent.scope and stated.scope.within(parent.scope) and not again:
                group.append(stated)
    for name, children in groups.items():
        if not children:
            continue
        parent = by_id[name]
        others = [s for s in book.plan.targets if s.parent == name and s.metric == parent.metric]
        if any(other not in children and other.scope != parent.scope for other in others):
            continue  # parts in growth or shares carry the rest
        yield from _contributes(book, parent, children)


def _contributes(book: Book, parent: Statement, children: list[Statement]) -> Iterator[PlanFinding]:
    metric = parent.metric
    amounts = [book.in_year(child).point for child in children]
    total = sum(amounts)
    unit = book.money if book.metric(metric).unit == "money" else (lambda value: num(value))
    terms = " + ".join(
        f"{child.value.written}×{num(amount / child.point)}" if child.per else str(unit(amount))
        for child, amount in zip(children, amounts, strict=True)
    )
    values = {
        "metric": book.metric_name(metric),
        "parent": cite([parent]),
        "what": book.scope_name(parent.scope),
        "children": cite(children),
        "count": len(children),
        "sum": unit(total),
        "stated": parent.value.written,
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
    for stated in book.plan.targets:
        if stated.kind not in ("growth", "amount", "count") or stated.period != book.year:
            continue
        if stated.value.known and not stated.per:
            yield from _likely(book, stated)


def _survivors(book: Book) -> Iterator[PlanFinding]:
    """Fewer sellers and more sales: what those who stay have to grow."""
    for metric in ("dealers", "stores", "customers", "heads"):
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
    best, year = book.facts.best_growth(stated.metric, stated.scope)
    growth = stated.point if stated.kind == "growth" else None
    if level is not None and base and not book.symbol(stated.metric):
        growth = level.point / base - 1
    values = {
        "metric": book.metric_name(stated.metric),
        "what": book.scope_name(stated.scope),
        "stated": stated.value.written,
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
                f"{_figure(book, stated.metric, forecast.low)} … "
                f"{_figure(book, stated.metric, forecast.high)}; "
                f"{_figure(book, stated.metric, amount)}"
            ),
            size=book.size(stated.metric, amount - forecast.middle, forecast.middle),
            **values,
            amount=_figure(book, stated.metric, amount),
            low=_figure(book, stated.metric, forecast.low),
            middle=_figure(book, stated.metric, forecast.middle),
            high=_figure(book, stated.metric, forecast.high),
        )
    if growth is not None and year is not None:
        record = growth > best + 1e-9
        yield finding(
            "K27",
            "best" if record else "best_passed",
            "warning" if record else "passed",
            (stated,),
            subject=f"{stated.metric}|{stated.scope}|best",
            formula=f"{pct(growth, sign=True)} {'>' if record else '≤'} {pct(best, sign=True)} ({year})",
            size=Size(growth - best, "growth") if record else None,
            **values,
            growth=pct(growth, sign=True),
            best=pct(best, sign=True),
            year=year,
        )


RULES = (
    Rule("K12", check_identities),
    Rule("K13", check_supply),
    Rule("K21", check_contribution),
    Rule("K27", check_achievable),
)
