"""Figures that are products of others, in amounts and in growth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import figure_text, level_of
from salesnb.plan.checks.funnels import SURPLUS
from salesnb.plan.checks.rule import Rule, finding, rounding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.vocabulary import Identity
from salesnb.plan.wording import Amount, Names, Phrase, num, pct

EXISTING = ("existing", "old", "老客户", "老客", "existing customers")
NEW = ("new", "新客户", "新客")
"""What plans call the two kinds of customers."""


def check_identities(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K12: the product of the drivers' targets is the target of the outcome."""
    stated = {*book.metrics(), *book.metrics("history")}
    for identity in book.plan.identities:
        if len(stated & set(identity.metrics)) < 2:
            continue
        for scope in _scopes_with(book, identity):
            yield from _product(book, identity, scope)
            yield from _ratios(book, identity, scope, "target")
        for scope in dict.fromkeys(book.scopes_of(identity.outcome, "history")):
            yield from _ratios(book, identity, scope, "history")
    yield from _old_and_new(book)
    yield from _lifetime(book)


def _scopes_with(book: Book, identity: Identity) -> list[Scope]:
    return list(dict.fromkeys(scope for name in identity.metrics for scope in book.scopes_of(name)))


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
    over = " × ".join(str(figure_text(book, name, known[name].point)) for name in identity.over)
    under = "".join(f" ÷ {figure_text(book, name, known[name].point)}" for name in identity.under)
    yield finding(
        "K12",
        "product" if wrong else "passed",
        "error" if wrong else "passed",
        merged(outcome.by, stated),
        subject=f"{identity}|{scope}",
        formula=(
            f"{over}{under} = {figure_text(book, identity.outcome, middle)} "
            f"{'≠' if wrong else '~' if gap > slack else '='} "
            f"{figure_text(book, identity.outcome, outcome.point)}"
        ),
        size=book.size(identity.outcome, middle - outcome.point, outcome.point) if wrong else None,
        outcome=book.metric_name(identity.outcome),
        what=book.scope_name(scope),
        product=figure_text(book, identity.outcome, middle),
        stated=figure_text(book, identity.outcome, outcome.point),
        factors=Names([book.metric_name(name) for name in (*identity.over, *identity.under)]),
        gap=pct(gap),
    )


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
    if role == "target" and book.stated("target", name, scope):
        return  # the plan says it; only where it starts is not known
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


def _old_customers(book: Book) -> Scope | None:
    """Find the scope of existing customers, where the plan cuts customers into old and new."""
    for name, dimension in book.plan.dimensions.items():
        words = {
            member: {member.casefold(), dimension.labels.get(member, "").casefold()}
            for member in dimension.members
        }
        old = [member for member in dimension.members if words[member] & set(EXISTING)]
        new = [member for member in dimension.members if words[member] & set(NEW)]
        if old and new and len(dimension.members) == 2:
            return book.plan.scopes.cut(COMPANY, name, old[0])
    return None


def _old_and_new(book: Book) -> Iterator[PlanFinding]:
    """What old customers bring by repurchase and value leaves the rest to new ones."""
    old, total = _old_customers(book), book.by_growth("net_sales", COMPANY)
    if old is None or total is None or not total.exact:
        return
    start, all_of_it = book.base("net_sales", old), book.base("net_sales", COMPANY)
    ratios = _customer_ratios(book, old)
    if start is None or all_of_it is None or len(ratios) < 2:
        return
    amount = start.low
    for ratio in ratios:
        amount *= ratio.point
    rest, rest0 = total.low - amount, all_of_it.low - start.low
    growth = rest / rest0 - 1 if rest0 > 0 else math.nan
    impossible = rest < 0

    def shown(value: float) -> Amount:
        return book.amount("net_sales", value)

    terms = " × ".join([str(shown(start.low)), *(f"{ratio.point:.4g}" for ratio in ratios)])
    yield finding(
        "K12",
        "old_exceed" if impossible else "old_new",
        "error" if impossible else "passed",
        merged(total.by, start.by, *(ratio.by for ratio in ratios)),
        subject="old and new customers",
        formula=(
            f"{terms} = {shown(amount)}; {shown(total.low)} − {shown(amount)} = {shown(rest)}"
            + ("" if impossible else f" → {pct(growth, sign=True)}")
        ),
        size=book.size("net_sales", rest, total.low) if impossible else None,
        old=shown(amount),
        total=shown(total.low),
        new=shown(rest),
        growth=pct(growth, sign=True),
    )


def _customer_ratios(book: Book, old: Scope) -> list[Known]:
    """Give the growth of old customers' repurchase and of what each of them buys."""
    ratios: list[Known] = []
    for metric in ("repurchase_rate", "revenue_per_customer", "average_order_value"):
        if len(ratios) == 2:
            break
        found = [ratio for scope in (old, COMPANY) if (ratio := _ratio(book, metric, scope))]
        ratios += found[:1]
    return ratios


def _lifetime(book: Book) -> Iterator[PlanFinding]:
    """A renewal rate says how long customers stay; an average tenure is another figure."""
    renewal = book.stated("history", "renewal_rate", COMPANY, "rate")
    tenure = book.stated("history", "relationship_months", COMPANY, "amount")
    if not renewal or not tenure or renewal[0].point >= 1 or tenure[0].point <= 0:
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


RULES = (Rule("K12", check_identities),)
