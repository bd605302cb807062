"""What is paid for: can it be earned, paid, and does it pay for what is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from salesnb.plan.book import PER_YEAR, Book
from salesnb.plan.checks.common import level_of
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import merged
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Incentive, Statement
from salesnb.plan.wording import Names, Phrase, num, pct


def check_incentives(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K20: who meets the plan can earn it, it stays in its budget, it pays for what is wanted."""
    for incentive in book.plan.incentives:
        if incentive.threshold is not None and incentive.threshold.known and incentive.each:
            yield from _reach(book, incentive)
        yield from _budget(book, incentive)
    yield from _commissions(book)


def _at_plan(
    book: Book, incentive: Incentive, scope: Scope
) -> tuple[float, list[Statement]] | None:
    """Give what a member reaches by meeting its target."""
    if incentive.metric == "attainment":
        goals = book.goals("net_sales", scope)
        return (1.0, goals[:1]) if goals else None
    if incentive.kind == "growth":
        growth = book.growth(incentive.metric, scope)
        return (growth.point, list(growth.by)) if growth else None
    if book.metric(incentive.metric).additive:
        target = book.by_growth(incentive.metric, scope)
        usable = target is not None and not book.symbol(incentive.metric)
        return (target.point, list(target.by)) if usable and target else None
    for stated in book.stated("target", incentive.metric, scope):
        level = level_of(book, stated)
        if level is not None:
            return level.point, list(level.by)
    return None


def _reach(book: Book, incentive: Incentive) -> Iterator[PlanFinding]:
    threshold = incentive.threshold
    if threshold is None:
        return
    children = book.plan.scopes.children(incentive.scope, incentive.each)
    plans = {child: plan for child in children if (plan := _at_plan(book, incentive, child))}
    if len(plans) < 2:
        return
    limit = threshold.point
    fraction = incentive.kind in ("growth", "rate", "share", "points", "lift")

    def shown(value: float) -> object:
        return pct(value) if fraction else book.amount(incentive.metric, value)

    reach = [child for child, (value, _) in plans.items() if value >= limit - 1e-9]
    fail = [child for child in plans if child not in reach]
    case, severity = "reach_passed", "passed"
    if not reach:
        case, severity = "none", "error"
    elif fail:
        case, severity = "some", "warning"
    worst = min(plans.items(), key=lambda item: item[1][0])
    times = limit / worst[1][0] if worst[1][0] > 0 else math.nan
    told = ", ".join(f"{book.label(child)} {shown(value)}" for child, (value, _) in plans.items())
    yield finding(
        "K20",
        case,
        severity,  # type: ignore[arg-type]
        merged((incentive,), *(by[:1] for _, by in plans.values())),
        subject=incentive.id,
        formula=(
            f"{told}; ≥ {shown(limit)}: {len(reach)} / {len(plans)}"
            + (
                f"; {shown(limit)} ÷ {shown(worst[1][0])} = {num(times, 2)}"
                if fail and times == times
                else ""
            )
        ),
        size=Size(len(fail), "count", len(fail) / len(plans)) if fail else None,
        metric=book.metric_name(incentive.metric),
        threshold=shown(limit),
        award=incentive.text or incentive.id,
        reach=len(reach),
        count=len(plans),
        winners=Names([book.scope_name(child) for child in reach]),
        losers=Names(
            [
                Phrase(
                    "words.at", {"what": book.scope_name(child), "value": shown(plans[child][0])}
                )
                for child in fail
            ]
        ),
        worst=book.scope_name(worst[0]),
        times=num(times, 2),
        lowest=shown(min(value for value, _ in plans.values())),
    )


def _budget(book: Book, incentive: Incentive) -> Iterator[PlanFinding]:
    budget = incentive.budget
    cost = _cost(book, incentive)
    if budget is None or not budget.known or cost is None:
        return
    amount, formula, by = cost
    over = amount > budget.point * (1 + book.tolerance)
    share = amount / budget.point - 1 if budget.point > 0 else None
    yield finding(
        "K20",
        "budget" if over else "budget_passed",
        "error" if over else "passed",
        merged((incentive,), by),
        subject=f"{incentive.id}|budget",
        formula=(
            f"{formula} = {book.money(amount)} {'>' if over else '≤'} {book.money(budget.point)}"
        ),
        size=Size(amount - budget.point, "money", share) if over else None,
        award=incentive.text or incentive.id,
        cost=book.money(amount),
        budget=book.money(budget.point),
        gap=book.money(abs(amount - budget.point)),
    )


def _cost(book: Book, incentive: Incentive) -> tuple[float, str, Sequence[Statement]] | None:
    if incentive.award is not None and incentive.award.known:
        times = PER_YEAR[incentive.per]
        amount = incentive.award.point * incentive.winners * times
        formula = f"{book.money(incentive.award.point)}×{incentive.winners}×{times}"
        return amount, formula, ()
    target = book.target(incentive.metric, incentive.scope)
    rate = incentive.rate
    if rate is None or not rate.known or target is None or book.symbol(incentive.metric):
        return None
    formula = f"{pct(rate.point, 2)}×{book.money(target.point)}"
    return rate.point * target.point, formula, target.by


def _commissions(book: Book) -> Iterator[PlanFinding]:
    """What commission costs at the plan's mix, and whether it pays for the mix that is wanted."""
    by_dimension: dict[str, dict[Scope, Incentive]] = {}
    for incentive in book.plan.incentives:
        scope = incentive.scope
        paid = incentive.type == "commission" and incentive.rate and incentive.rate.known
        if paid and len(scope.parts) == 1 and scope.is_single:
            by_dimension.setdefault(scope.dimensions[0], {}).setdefault(scope, incentive)
    for dimension, paid in by_dimension.items():
        if len(paid) > 1:
            yield from _aligned(book, dimension, paid)


def _aligned(book: Book, dimension: str, paid: dict[Scope, Incentive]) -> Iterator[PlanFinding]:
    goals = {
        scope: stated
        for scope in paid
        for stated in book.share_targets("net_sales", scope)
        if stated.direction in ("raise", "reduce")
    }
    wrong = [
        (up, down)
        for up, one in goals.items()
        for down, other in goals.items()
        if one.direction == "raise"
        and other.direction == "reduce"
        and _rate(paid[up]) < _rate(paid[down])
    ]
    records = [*paid.values(), *goals.values()]
    if wrong:
        up, down = wrong[0]
        yield finding(
            "K20",
            "misaligned",
            "warning",
            records,
            subject=f"{dimension}|direction",
            formula=(
                f"{book.label(up)} {pct(_rate(paid[up]), 2)} < "
                f"{book.label(down)} {pct(_rate(paid[down]), 2)}"
            ),
            size=Size(_rate(paid[down]) - _rate(paid[up]), "points"),
            up=book.scope_name(up),
            down=book.scope_name(down),
            up_rate=pct(_rate(paid[up]), 2),
            down_rate=pct(_rate(paid[down]), 2),
        )
    mixes = [_mix(book, list(paid), dimension, planned) for planned in (True, False)]
    if not book.is_exhaustive(dimension) or mixes[0] is None or mixes[1] is None:
        return
    costs = [
        sum(_rate(paid[scope]) * share for scope, share in mix.items()) for mix in mixes if mix
    ]
    terms = [
        " + ".join(f"{pct(share)}×{pct(_rate(paid[scope]), 2)}" for scope, share in mix.items())
        for mix in mixes
        if mix
    ]
    yield finding(
        "K20",
        "commission",
        "passed",
        merged(records, *(tuple(book.share_targets("net_sales", scope)) for scope in paid)),
        subject=f"{dimension}|cost",
        formula=f"{terms[0]} = {pct(costs[0], 3)}; {terms[1]} = {pct(costs[1], 3, fixed=True)}",
        at_plan=pct(costs[0], 3, fixed=True),
        before=pct(costs[1], 3, fixed=True),
    )


def _rate(incentive: Incentive) -> float:
    return incentive.rate.point if incentive.rate else 0.0


def _mix(
    book: Book, scopes: list[Scope], dimension: str, planned: bool
) -> dict[Scope, float] | None:
    """Give the shares of the plan (a bound that cannot be reached at what can) or of last year."""
    children = book.plan.scopes.children(COMPANY, dimension)
    if set(children) != set(scopes):
        return None
    if not planned:
        bases = {scope: book.base_share("net_sales", scope) for scope in scopes}
        return {s: base.low for s, base in bases.items() if base} if all(bases.values()) else None
    shares, lows = {}, {}
    for scope in scopes:
        stated = [s for s in book.share_targets("net_sales", scope) if s.kind == "share"]
        known = [s for s in stated if s.value.known]
        if not known:
            return None
        shares[scope] = known[0].point
        lows[scope] = max(max(s.low for s in known), 0.0)
    for scope in scopes:
        ceiling = 1 - sum(low for other, low in lows.items() if other != scope)
        shares[scope] = min(shares[scope], max(ceiling, lows[scope]))
    total = sum(shares.values())
    return {scope: share / total for scope, share in shares.items()}


RULES = (Rule("K20", check_incentives),)
