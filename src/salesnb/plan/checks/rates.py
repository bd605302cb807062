"""Rates and market share: within bounds, between those of the parts, in step with the market."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book, Known, merged
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.checks.values import level_of
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Cite, Names, Phrase, Written, cite, pct

EXAMPLE_SHARE = 0.15
"""Market share the sentence of K19 works an example with when the plan states none."""


def check_rates(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K11: rates lie between 0 and 1, and that of a whole between those of its parts."""
    yield from _out_of_range(book)
    for metric in book.metrics():
        if book.metric(metric).unit != "rate":
            continue
        for whole in book.scopes_of(metric):
            total = _rate(book, metric, whole)
            if total is None:
                continue
            for name, dimension in book.plan.dimensions.items():
                if dimension.exhaustive and not whole.members(name):
                    yield from _between(book, metric, whole, name, total)


def _out_of_range(book: Book) -> Iterator[PlanFinding]:
    for stated in book.plan.statements:
        if not stated.value.known or stated.of:
            continue
        is_share = stated.kind == "share" or (
            stated.kind == "rate" and book.metric(stated.metric).bounded
        )
        ends = [end for end in (stated.low, stated.high) if abs(end) != float("inf")]
        too_high = is_share and any(end > 1 for end in ends)
        below = (stated.kind in ("share", "rate") and any(end < 0 for end in ends)) or (
            stated.kind in ("growth", "lift") and any(end < -1 for end in ends)
        )
        if too_high or below:
            limit = 1.0 if too_high else 0.0 if stated.kind in ("share", "rate") else -1.0
            yield finding(
                "K11",
                "range",
                "error",
                (stated,),
                subject=stated.id,
                formula=f"{stated.value.written} {'>' if too_high else '<'} {pct(limit)}",
                size=Size(stated.point - limit, "points"),
                metric=book.figure_name(stated),
                what=book.scope_name(stated.scope),
                stated=Written(stated),
                limit=pct(limit),
            )


def _rate(book: Book, metric: str, scope: Scope) -> Known | None:
    for stated in book.stated("target", metric, scope, "rate", "points", "lift"):
        level = level_of(book, stated)
        if level is not None:
            return level
    return None


def _between(
    book: Book, metric: str, whole: Scope, dimension: str, total: Known
) -> Iterator[PlanFinding]:
    children = book.plan.scopes.children(whole, dimension)
    known = {child: rate for child in children if (rate := _rate(book, metric, child))}
    if not known:
        return
    if len(known) == len(children):
        yield from _bracket(book, metric, whole, dimension, total, known)
        if len(children) == 2:
            yield from _weights(book, metric, whole, total, known)
    elif book.metric(metric).bounded:
        yield from _rest(book, metric, whole, dimension, total, known)


def _bracket(
    book: Book,
    metric: str,
    whole: Scope,
    dimension: str,
    total: Known,
    known: dict[Scope, Known],
) -> Iterator[PlanFinding]:
    rates = [rate.point for rate in known.values()]
    low, high, middle = min(rates), max(rates), total.point
    slack = book.tolerance
    case, severity = "passed", "passed"
    if middle > high + slack:
        case, severity = "above", "error"
    elif middle < low - slack:
        case, severity = "below", "error" if total.exact else "warning"
    yield finding(
        "K11",
        case,
        severity,  # type: ignore[arg-type]
        merged(total.by, *(rate.by for rate in known.values())),
        subject=f"{metric}|{whole}|{dimension}",
        formula=(
            f"min {pct(low)} ≤ {pct(middle)} ≤ max {pct(high)}"
            if case == "passed"
            else f"{pct(middle)} {'>' if case == 'above' else '<'} "
            f"{'max' if case == 'above' else 'min'}({', '.join(str(pct(r)) for r in rates)})"
        ),
        size=None
        if case == "passed"
        else Size(middle - (high if case == "above" else low), "points"),
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        dimension=book.dimension_name(dimension),
        total=pct(middle),
        low=pct(low),
        high=pct(high),
    )


def _weights(
    book: Book, metric: str, whole: Scope, total: Known, known: dict[Scope, Known]
) -> Iterator[PlanFinding]:
    """Two parts and their whole say how heavy each part is; last year's weights are compared."""
    (first, rate1), (second, rate2) = known.items()
    before = [_rate_before(book, metric, scope) for scope in (whole, first, second)]
    if before[0] is None or before[1] is None or before[2] is None:
        return
    total0, first0, second0 = before
    spread0, spread1 = first0.low - second0.low, rate1.point - rate2.point
    if abs(spread0) < 1e-9 or abs(spread1) < 1e-9:
        return
    weight0 = (total0.low - second0.low) / spread0
    weight1 = (total.point - rate2.point) / spread1
    kept = weight0 * rate1.point + (1 - weight0) * rate2.point
    moved = abs(weight1 - weight0) > 0.05 and 0 <= weight1 <= 1
    yield finding(
        "K11",
        "weights" if moved else "weights_passed",
        "warning" if moved else "passed",
        merged(total.by, rate1.by, rate2.by, total0.by, first0.by, second0.by),
        subject=f"{metric}|{whole}|weights",
        formula=(
            f"({pct(total0.low)}−{pct(second0.low)})÷({pct(first0.low)}−{pct(second0.low)}) = "
            f"{pct(weight0)}; ({pct(total.point)}−{pct(rate2.point)})÷"
            f"({pct(rate1.point)}−{pct(rate2.point)}) = {pct(weight1)}; "
            f"{pct(weight0)}×{pct(rate1.point)} + {pct(1 - weight0)}×{pct(rate2.point)} = {pct(kept)}"
        ),
        size=Size(kept - total.point, "points") if moved else None,
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        first=book.scope_name(first),
        before=pct(weight0),
        now=pct(weight1),
        kept=pct(kept),
        total=pct(total.point),
    )


def _rate_before(book: Book, metric: str, scope: Scope) -> Known | None:
    for stated in book.stated("history", metric, scope, "rate"):
        return Known(stated.point, stated.point, (stated,))
    return None


def _rest(
    book: Book,
    metric: str,
    whole: Scope,
    dimension: str,
    total: Known,
    known: dict[Scope, Known],
) -> Iterator[PlanFinding]:
    """Some parts have a rate: what the others need, weighted by sales, must be possible."""
    weights = {child: _weight(book, child, whole, dimension) for child in known}
    if not all(weights.values()):
        return
    ends, lines = [], []
    for end in (0, 1):
        weight = sum(pair[0][end] for pair in weights.values() if pair)
        if weight >= 1:
            return
        given = sum(pair[0][end] * known[child].point for child, pair in weights.items() if pair)
        rest = (total.point - given) / (1 - weight)
        if not ends or abs(rest - ends[-1]) > 1e-6:
            ends.append(rest)
            terms = " − ".join(
                f"{pct(pair[0][end])}×{pct(known[child].point)}"
                for child, pair in weights.items()
                if pair
            )
            lines.append(f"({pct(total.point)} − {terms}) ÷ {pct(1 - weight)} = {pct(rest)}")
    impossible = min(ends) > 1 + book.tolerance or max(ends) < -book.tolerance
    sources = [stated for pair in weights.values() if pair for stated in pair[1]]
    shown = [pct(end) for end in sorted(ends)]
    yield finding(
        "K11",
        "rest" if impossible else "rest_passed",
        "warning" if impossible else "passed",
        merged(total.by, *(rate.by for rate in known.values()), tuple(sources)),
        subject=f"{metric}|{whole}|{dimension}",
        formula="; ".join(lines),
        size=Size(min(ends) - 1, "points") if impossible else None,
        assumes=impossible,
        metric=book.metric_name(metric),
        whole=book.scope_name(whole),
        parts=Names([_part(book, child, rate) for child, rate in known.items()]),
        total=pct(total.point),
        rest=Names(shown),
    )


def _part(book: Book, child: Scope, rate: Known) -> Phrase:
    return Phrase("words.at", {"what": book.scope_name(child), "value": pct(rate.point)})


def _weight(
    book: Book, child: Scope, whole: Scope, dimension: str
) -> tuple[tuple[float, float], tuple[Statement, ...]] | None:
    """Give a part's weight in sales: as its share target allows, else as it was last year."""
    shares = [s for s in book.share_targets("net_sales", child) if s.value.known]
    if shares:
        stated = shares[0]
        others = [
            low
            for other in book.plan.scopes.children(whole, dimension)
            if other != child
            for low in [max([s.low for s in book.share_targets("net_sales", other)] + [0.0])]
        ]
        ceiling = max(0.0, min(stated.point, 1 - sum(max(low, 0.0) for low in others)))
        return (ceiling, stated.point), (stated,)
    base = book.base_share("net_sales", child, whole)
    return ((base.low, base.low), base.by) if base else None


# K19: market share ---------------------------------------------------------------------------


def check_market_share(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K19: a market share moves as own growth over the growth of the market."""
    market = _market_growth(book, COMPANY)
    if market is None:
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
            f"{pct(example + points)} ÷ {pct(example)} × {1 + gm:.4g} − 1 = {pct(sales, sign=True)}"
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


# K37: the industry's figure as the company's target ------------------------------------------


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
                formula=f"{Cite(stated)} {stated.value.written} ~ {Cite(market)} {market.value.written}",
                metric=book.figure_name(stated),
                what=book.scope_name(stated.scope),
                stated=Written(stated),
                market=market.value.written,
                own=pct(own.low) if own else "",
            )


RULES = (
    Rule("K11", check_rates),
    Rule("K19", check_market_share),
    Rule("K37", check_mix_ups),
)
