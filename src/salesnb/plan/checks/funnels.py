"""Leads, conversion and customers, and what others provide for them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from salesnb.period import Period
from salesnb.plan.book import Book
from salesnb.plan.checks.common import level_of, show
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, cite, num, pct

SURPLUS = 0.25


def check_funnels(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K12: leads, conversion and new customers are one funnel."""
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
            if goal.point > 0
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
            count = book.in_year(stated).point
            if count > 0 and scope.within(stated.scope):
                found.append((stated, count, stated.period.kind == "year"))
    return found


def check_supply(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K13: what others provide covers what the targets need, period by period."""
    supplies = [s for s in book.plan.of_role("supply") if s.value.known and s.kind != "share"]
    for need in book.plan.targets:
        sources = [
            s
            for s in supplies
            if s.metric == need.metric and s.scope.within(need.scope) and need.value.known
        ]
        if sources and need.kind in ("count", "amount") and need.point > 0:
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
    missing, part = wanted - given, pct((wanted - given) / wanted)
    terms = " + ".join(
        f"{months}×{num(source.point)}"
        if source.per == "month"
        else str(show(book, source, _in_period(book, source, need.period)))
        for source in sources
    )
    formula = f"{terms} = {num(given)} {'<' if short else '≥'} {num(wanted)}"
    if short:
        formula += f"; {num(wanted)} − {num(given)} = {num(missing)} ({part})"
    yield finding(
        "K13",
        "short" if short else "passed",
        "warning" if short else "passed",
        (need, *sources),
        subject=f"{need.metric}|{need.scope}|{need.period}",
        formula=formula,
        size=Size(missing, "count", missing / wanted) if short else None,
        assumes=short,
        metric=book.metric_name(need.metric),
        period=need.period,
        need=num(wanted),
        given=num(given),
        gap=num(missing),
        part=part,
        providers=Names([source.provider or source.source or source.id for source in sources]),
    )


def _lead_demand(book: Book) -> Iterator[PlanFinding]:
    """New customers ÷ conversion = leads needed, against the leads of the year."""
    for stated, rate, outcomes in _conversions(book):
        leads = [item for item in _leads(book, stated.scope) if item[2]]
        # Leads that are asked for count; those supplied only where none are asked for.
        leads = [item for item in leads if item[0].role == "target"] or leads
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


RULES = (
    Rule("K12", check_funnels),
    Rule("K13", check_supply),
)
