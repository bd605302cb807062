"""Classes that hold everyone once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.statements import Tier, TierScheme
from salesnb.plan.wording import Names, Phrase, num


def check_tiers(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K34: classes hold every value once: no gap, no overlap, no cell without a class."""
    for scheme in book.plan.tiers:
        if scheme.grid:
            yield _cells(scheme)
        elif len(scheme.tiers) > 1:
            yield _bounds(book, scheme)


def _cells(scheme: TierScheme) -> PlanFinding:
    everything = ["".join(levels) for levels in itertools.product(*scheme.grid.values())]
    named = [cell for tier in scheme.tiers for cell in tier.cells]
    missing = [cell for cell in everything if cell not in named]
    twice = sorted({cell for cell in named if named.count(cell) > 1})
    strange = [cell for cell in named if cell not in everything]
    case, severity = "passed", "passed"
    if twice or strange:
        case, severity = "cells_twice", "error"
    elif missing:
        case, severity = "cells", "warning"
    return finding(
        "K34",
        case,
        severity,  # type: ignore[arg-type]
        (scheme,),
        subject=scheme.id,
        formula=f"{len(everything)} − {len(set(named) & set(everything))} = {len(missing)}",
        size=Size(len(missing), "count", len(missing) / len(everything)) if missing else None,
        what=scheme.name,
        count=len(everything),
        named=len(set(named)),
        missing=len(missing),
        some=Names(missing[:5]),
        twice=Names([*twice, *strange]),
        reading="",
    )


def _bounds(book: Book, scheme: TierScheme) -> PlanFinding:
    ordered = sorted(scheme.tiers, key=lambda tier: (tier.low, tier.high))
    gaps, overlaps = [], []
    for one, other in itertools.pairwise(ordered):
        high = _top(one, other, scheme)
        if high < other.low - 1e-9:
            gaps.append((high, other.low))
        elif high > other.low + 1e-9:
            overlaps.append((one, other))
    if math.isfinite(ordered[-1].high):
        gaps.append((ordered[-1].high, math.inf))
    if ordered[0].low > 1e-9:
        gaps.insert(0, (0.0, ordered[0].low))
    case: str = "gap" if gaps else "overlap" if overlaps else "passed"
    severity: Severity = "error" if case != "passed" else "passed"
    metric = scheme.metric or "net_sales"
    told = [
        Phrase("words.range", {"low": _edge(book, metric, low), "high": _edge(book, metric, high)})
        for low, high in gaps
    ]
    return finding(
        "K34",
        case,
        severity,
        (scheme,),
        subject=scheme.id,
        formula="; ".join(f"{tier.name} {tier.written}" for tier in scheme.tiers),
        size=None,
        what=scheme.name,
        gaps=Names(told),
        pairs=Names([f"{one.name}/{other.name}" for one, other in overlaps]),
        reading=Phrase("K34.first_match", {})
        if scheme.order == "first_match" and case == "passed"
        else "",
    )


def _top(one: Tier, other: Tier, scheme: TierScheme) -> float:
    """Give where a class ends: open upwards it ends where the next begins, if the first counts."""
    if math.isinf(one.high) and scheme.order == "first_match":
        return other.low
    return one.high


def _edge(book: Book, metric: str, value: float) -> object:
    if math.isinf(value):
        return "∞"
    return book.money(value) if book.metric(metric).unit == "money" else num(value, 2)


RULES = (Rule("K34", check_tiers),)
