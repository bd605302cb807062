"""Rates within bounds, and between those of the parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import level_of
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, Written, pct


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
    total0 = _rate_before(book, metric, whole)
    first0, second0 = _rate_before(book, metric, first), _rate_before(book, metric, second)
    if total0 is None or first0 is None or second0 is None:
        return
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
            f"{pct(weight0)}×{pct(rate1.point)} + {pct(1 - weight0)}×{pct(rate2.point)} = "
            f"{pct(kept)}"
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


RULES = (Rule("K11", check_rates),)
