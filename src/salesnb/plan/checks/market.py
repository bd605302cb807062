"""Market share in step with growth, and figures of the industry kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Cite, Phrase, Written, cite, pct

EXAMPLE_SHARE = 0.15
"""Market share the sentence of K19 works an example with when the plan states none."""


def check_market_share(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K19: a market share moves as own growth over the growth of the market."""
    market = _market_growth(book, COMPANY)
    if market is None or market.point <= -1:
        return
    gains = [
        stated
        for stated in book.plan.targets
        if stated.metric == "market_share" and stated.value.known and stated.period == book.year
    ]
    for stated in gains:
        growth = book.growth("net_sales", stated.scope)
        if growth is not None and growth.exact:
            yield from _gain(book, stated, growth, _market_growth(book, stated.scope) or market)
    wanted = [
        *gains,
        *(
            stated
            for stated in book.plan.targets
            if "market_share" in stated.readings and stated.value.known
        ),
    ]
    if wanted:
        yield from _no_gain(book, wanted, market)


def _market_growth(book: Book, scope: Scope) -> Statement | None:
    """Give how the market grows: this year's figure, else last year's."""
    for period in (book.year, book.before):
        for stated in book.stated("market", "market_size", scope, "growth", period=period):
            return stated
    return None


def _gain(book: Book, stated: Statement, growth: Known, market: Statement) -> Iterator[PlanFinding]:
    g, gm = growth.low, market.point
    ratio = (1 + g) / (1 + gm)
    assumed = market.period != book.year
    start = book.rate("market_share", stated.scope)
    values = {
        "what": book.scope_name(stated.scope),
        "growth": pct(g, sign=True),
        "market": pct(gm, sign=True),
        "market_year": market.period,
        "ratio": f"{ratio:.3f}",
        "stated": Written(stated),
    }
    records = merged((stated,), growth.by[:1], (market,))
    if start is not None and start.low > 0:
        level = start.low + stated.low if stated.kind == "points" else stated.point
        implied = start.low * ratio
        short = level - implied
        wrong = short > max(book.tolerance, stated.value.step / 2) + 1e-9
        severity: Severity = ("warning" if assumed else "error") if wrong else "passed"
        needed = level / start.low * (1 + gm) - 1
        yield finding(
            "K19",
            "short" if wrong else "passed",
            severity,
            merged(records, start.by),
            subject=f"market_share|{stated.scope}",
            formula=(
                f"{pct(start.low)}×{1 + g:.4g}÷{1 + gm:.4g} = {pct(implied, 2)} "
                f"{'<' if wrong else '≥'} {pct(level, 2)}"
            ),
            size=Size(short, "points") if wrong else None,
            assumes=assumed and wrong,
            **values,
            start=pct(start.low),
            implied=pct(implied, 2),
            level=pct(level, 2),
            needed=pct(needed, sign=True),
        )
        return
    if stated.kind != "points" or stated.point <= 0:
        return
    points = stated.point
    if ratio <= 1:
        yield finding(
            "K19",
            "falls",
            "warning",
            records,
            subject=f"market_share|{stated.scope}",
            formula=f"{1 + g:.4g} ÷ {1 + gm:.4g} = {ratio:.3f} ≤ 1",
            size=Size(points, "points"),
            assumes=True,
            **values,
        )
        return
    needed_share = points / (ratio - 1)
    flat = points / g
    example = EXAMPLE_SHARE
    sales = (example + points) / example * (1 + gm) - 1
    lift = f"{pct(example + points)} ÷ {pct(example)}"
    shrink = (1 + g) * example / (example + points) - 1
    yield finding(
        "K19",
        "needs_share",
        "warning",
        records,
        subject=f"market_share|{stated.scope}",
        formula=(
            f"{1 + g:.4g} ÷ {1 + gm:.4g} = {ratio:.3f}; {pct(points)} ÷ ({ratio:.3f} − 1) = "
            f"{pct(needed_share)}; {pct(points)} ÷ {pct(g)} = {pct(flat)}; "
            f"{lift} × {1 + gm:.4g} − 1 = {pct(sales, sign=True)}; "
            f"{1 + g:.4g} ÷ ({lift}) − 1 = {pct(shrink, sign=True)}"
        ),
        size=Size(points, "points"),
        assumes=True,
        **values,
        needed=pct(needed_share),
        flat=pct(flat),
        example=pct(example),
        sales=pct(sales, sign=True),
        shrink=pct(shrink, sign=True),
    )


def _no_gain(book: Book, wanted: list[Statement], market: Statement) -> Iterator[PlanFinding]:
    """Scopes that are to gain market share but grow no faster than the market."""
    told: dict[Scope, list[Statement]] = {}
    for goal in wanted:
        for scope in book.scopes_of("net_sales"):
            slow = book.stated("target", "net_sales", scope, "growth")
            own = _market_growth(book, scope) or market
            if slow and scope.within(goal.scope) and slow[0].point <= own.point + 1e-9:
                told.setdefault(scope, []).append(goal)
    for scope, goals in told.items():
        stated = book.stated("target", "net_sales", scope, "growth")[0]
        change = (1 + stated.point) / (1 + market.point) - 1
        group = next((goal.scope for goal in goals if not goal.scope.is_company), None)
        together = book.growth("net_sales", group) if group else None
        formula = f"{1 + stated.point:.4g} ÷ {1 + market.point:.4g} − 1 = {pct(change)}"
        extra: object = ""
        if group and together:
            formula += f"; {book.label(group)} {pct(together.point, sign=True)}"
            extra = Phrase(
                "K19.group",
                {"what": book.scope_name(group), "growth": pct(together.point, sign=True)},
            )
        yield finding(
            "K19",
            "no_gain",
            "warning",
            merged((stated,), goals, (market,)),
            subject=f"no_gain|{scope}",
            formula=formula,
            size=Size(0.0 - change, "growth"),
            assumes=True,
            what=book.scope_name(scope),
            growth=pct(stated.point, sign=True),
            market=pct(market.point, sign=True),
            market_year=market.period,
            change=pct(change),
            goals=cite(goals),
            extra=extra,
        )


def check_mix_ups(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K37: a target is set from the company's own figure, not copied from the industry's."""
    for market in book.plan.of_role("market"):
        if market.kind not in ("share", "rate") or not market.value.known:
            continue
        for stated in book.plan.targets:
            alike = (stated.metric, stated.scope, stated.kind, stated.period) == (
                market.metric,
                market.scope,
                market.kind,
                market.period,
            )
            if not alike or abs(stated.point - market.point) > 1e-9:
                continue
            own = (
                book.base_share(stated.metric, stated.scope, stated.whole)
                if stated.kind == "share"
                else book.rate(stated.metric, stated.scope)
            )
            yield finding(
                "K37",
                "passed" if own else "copied",
                "passed" if own else "warning",
                merged((stated, market), own.by if own else ()),
                subject=stated.id,
                formula=(
                    f"{Cite(stated)} {stated.value.shown} ~ {Cite(market)} {market.value.written}"
                ),
                metric=book.figure_name(stated),
                what=book.scope_name(stated.scope),
                stated=Written(stated),
                market=market.value.shown,
                own=pct(own.low) if own else "",
            )


RULES = (
    Rule("K19", check_market_share),
    Rule("K37", check_mix_ups),
)
