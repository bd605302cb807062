"""One figure, one value: targets said twice, baselines said twice, targets below baselines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesnb.plan.book import Book, Known, merged, total_of
from salesnb.plan.checks.rule import Rule, finding, rounding
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Kind, Statement
from salesnb.plan.wording import Amount, Cite, Names, Phrase, Shown, Written, cite, num, pct

FIGURES: tuple[Kind, ...] = ("amount", "count", "growth")
RATES: tuple[Kind, ...] = ("rate", "lift", "points")


def show(book: Book, stated: Statement, value: float) -> Shown | Amount:
    """Show a value in the unit of a statement."""
    if stated.kind in ("growth", "lift"):
        return pct(value, sign=True)
    if stated.kind in ("share", "rate", "points"):
        return pct(value)
    if book.metric(stated.metric).unit == "money":
        return book.money(value)
    return num(value, 2)


# K06 -----------------------------------------------------------------------------------------


def check_values(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K06: one metric of one scope and period has one target."""
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for stated in book.plan.targets:
        if stated.value.known and not stated.of:
            groups.setdefault(_quantity(stated), []).append(stated)
    for group in groups.values():
        if len(group) > 1:
            yield from _same(book, group)
    yield from _across_kinds(book)
    yield from _implied(book)


def _quantity(stated: Statement) -> tuple[object, ...]:
    return (
        stated.metric,
        stated.scope,
        stated.period,
        stated.kind,
        stated.whole,
        stated.whole_period,
        stated.cumulative,
        stated.per,
        stated.definition,
    )


def _same(book: Book, group: list[Statement]) -> Iterator[PlanFinding]:
    first = group[0]
    written = [f"{Cite(stated)} {stated.value.written}" for stated in group]
    low, high = max(s.low for s in group), min(s.high for s in group)
    values = {
        "metric": book.figure_name(first),
        "what": book.scope_name(first.scope),
        "period": first.period,
        "written": Names(written),
        "count": len(group),
    }
    points = [stated.point for stated in group]
    slack = 1e-9 * max(1.0, *map(abs, points))
    if max(points) - min(points) <= slack and low <= high + slack:
        yield finding(
            "K06",
            "passed",
            "passed",
            group,
            subject="|".join(map(str, _quantity(first)[:4])),
            formula=" = ".join(stated.value.written for stated in group),
            **values,
        )
        return
    clash = low > high + slack
    tightest = low if math.isfinite(low) else high
    fraction = first.kind in ("share", "rate", "growth", "lift", "points")
    yield finding(
        "K06",
        "differ" if clash else "nested",
        "error" if clash else "warning",
        group,
        subject="|".join(map(str, _quantity(first)[:4])),
        formula=f" {'≠' if clash else '~'} ".join(written),
        size=(
            Size(max(points) - min(points), "points")
            if fraction
            else book.size(first.metric, max(points) - min(points), max(points) or None)
        ),
        **values,
        tightest=show(book, first, tightest),
    )


def _across_kinds(book: Book) -> Iterator[PlanFinding]:
    """An amount beside a growth, a rate beside points: brought to one unit, then compared."""
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for stated in book.plan.targets:
        family = "figure" if stated.kind in FIGURES else "rate" if stated.kind in RATES else ""
        if stated.value.known and family and stated.period == book.year and not stated.of:
            groups.setdefault((stated.metric, stated.scope, family), []).append(stated)
    for (_, _, family), group in groups.items():
        if len({stated.kind for stated in group}) < 2:
            continue
        first = group[0]
        for other in group[1:]:
            if other.kind != first.kind:
                yield from _two(book, str(family), first, other)


def _two(book: Book, family: str, one: Statement, other: Statement) -> Iterator[PlanFinding]:
    levels = [level_of(book, stated) for stated in (one, other)]
    if levels[0] is None or levels[1] is None:
        return
    first, second = levels
    unit = max(abs(first.point), abs(second.point), 1e-9)
    slack = book.tolerance * unit + _step(book, one) + _step(book, other)
    clash = max(first.low - second.high, second.low - first.high) > slack

    def shown(known: Known) -> object:
        return pct(known.point) if family == "rate" else book.amount(one.metric, known.point)

    yield finding(
        "K06",
        "kinds" if clash else "passed",
        "error" if clash else "passed",
        merged((one, other), first.by, second.by),
        subject=f"{one.metric}|{one.scope}|{one.id}|{other.id}",
        formula=(
            f"{one.value.written} → {shown(first)} {'≠' if clash else '='} "
            f"{shown(second)} ← {other.value.written}"
        ),
        size=(
            None
            if not clash
            else Size(first.point - second.point, "points")
            if family == "rate"
            else book.size(one.metric, first.point - second.point, unit)
        ),
        metric=book.metric_name(one.metric),
        what=book.scope_name(one.scope),
        period=one.period,
        written=Names([f"{Cite(s)} {s.value.written}" for s in (one, other)]),
        count=2,
        first=shown(first),
        second=shown(second),
    )


def _step(book: Book, stated: Statement) -> float:
    if stated.kind == "growth":
        base = book.base(stated.metric, stated.scope)
        return rounding(stated) * (base.low if base else 0.0)
    return rounding(stated)


def level_of(book: Book, stated: Statement) -> Known | None:
    """Give the amount or rate a target comes to, whatever its kind."""
    if stated.kind in ("amount", "count"):
        return None if book.symbol(stated.metric) else book.in_year(stated)
    if stated.kind == "rate":
        return Known(stated.low, stated.high, (stated,))
    additive = book.metric(stated.metric).additive
    base = (book.base if additive else book.rate)(stated.metric, stated.scope)
    if base is None:
        return None
    if stated.kind in ("growth", "lift"):
        return Known(1 + stated.low, 1 + stated.high, (stated,)).times(base)
    if stated.kind == "points":
        return Known(base.low + stated.low, base.low + stated.high, merged((stated,), base.by))
    return None


def _implied(book: Book) -> Iterator[PlanFinding]:
    """The share of several members together, against what their own shares come to."""
    for metric in book.metrics():
        for scope in book.scopes_of(metric):
            stated = [s for s in book.share_targets(metric, scope) if s.value.known]
            if not stated or scope.is_single or len(scope.parts) != 1:
                continue
            dimension = scope.dimensions[0]
            for name, low, high, by in _readings(book, metric, scope, dimension):
                yield from _against(book, metric, scope, stated, name, low, high, by)
                break  # the sum of the members says more than what the others leave


@dataclass(frozen=True)
class _Reading:
    """One way to the share of a scope: the members' sum, or what the others leave."""

    low: float
    high: float
    by: tuple[Statement, ...]
    formula: str


def _readings(
    book: Book, metric: str, scope: Scope, dimension: str
) -> Iterator[tuple[list[_Reading], float, float, tuple[Statement, ...]]]:
    inside = list(scope.singles())
    outside = [c for c in book.plan.scopes.children(Scope(), dimension) if c not in inside]
    readings = []
    left = _sum_of_shares(book, metric, outside) if book.is_exhaustive(dimension) else None
    if left is not None:
        low, high = 1 - left.high, 1 - left.low
        terms = " − ".join(str(pct(_bound(book, metric, one, low=False))) for one in outside)
        readings.append(_Reading(low, high, left.by, f"100% − {terms} = {pct(low)}"))
    own = _sum_of_shares(book, metric, inside)
    if own is not None:
        terms = " + ".join(str(pct(_bound(book, metric, one, low=True))) for one in inside)
        readings.append(_Reading(own.low, own.high, own.by, f"{terms} = {pct(own.low)}"))
    if readings:
        low, high = max(r.low for r in readings), min(r.high for r in readings)
        yield readings, low, high, merged(*(reading.by for reading in readings))


def _bound(book: Book, metric: str, scope: Scope, low: bool) -> float:
    known = _share_known(book, metric, scope)
    return (known.low if low else known.high) if known else 0.0


def _share_known(book: Book, metric: str, scope: Scope) -> Known | None:
    result: Known | None = None
    for stated in book.share_targets(metric, scope):
        share = book.share_target(stated)
        if share is not None and stated.whole.is_company:
            bounded = Known(max(share.low, 0.0), min(share.high, 1.0), share.by)
            result = bounded if result is None else result.meet(bounded)
    return result


def _sum_of_shares(book: Book, metric: str, scopes: Sequence[Scope]) -> Known | None:
    parts = [_share_known(book, metric, scope) for scope in scopes]
    return total_of(part for part in parts if part) if scopes and all(parts) else None


def _against(
    book: Book,
    metric: str,
    scope: Scope,
    stated: list[Statement],
    readings: list[_Reading],
    low: float,
    high: float,
    by: tuple[Statement, ...],
) -> Iterator[PlanFinding]:
    slack = book.tolerance + 1e-9
    known = _share_known(book, metric, scope)
    if known is None:
        return
    values = {
        "metric": book.metric_name(metric, True),
        "what": book.scope_name(scope),
        "stated": pct(known.low),
        "readings": Names([pct(reading.low) for reading in readings]),
        "implied": pct(low),
        "by": cite(by),
        "cites": cite(stated),
    }
    if max(known.low - high, low - known.high) > slack:
        return  # they cannot both hold: told by K10
    if low > known.low + slack and math.isinf(min(s.high for s in stated)):
        yield finding(
            "K06",
            "implied",
            "warning",
            merged(stated, by),
            subject=f"{metric}|{scope}|implied",
            formula="; ".join(
                [f"{Cite(s)} {s.value.written}" for s in stated]
                + [reading.formula for reading in readings]
            ),
            size=Size(low - known.low, "points"),
            **values,
        )


# K07 -----------------------------------------------------------------------------------------


def check_baselines(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K07: last year's figure is the same wherever the plan says it, and in the data."""
    for quantity, sayings in _sayings(book).items():
        metric, scope, family = quantity
        first = sayings[0]
        differ = [
            other
            for other in sayings[1:]
            if abs(other.value - first.value) > max(first.step, other.step) / 2 + 1e-9
        ]
        shown = [saying.shown(book, metric, family) for saying in sayings]
        records = merged(*(saying.by for saying in sayings))
        values = {
            "metric": book.metric_name(metric, family == "share"),
            "what": book.scope_name(scope),
            "period": book.before,
            "values": Names(
                [
                    f"{cite(saying.by[:3])} {text}"
                    for saying, text in zip(sayings, shown, strict=True)
                ]
            ),
        }
        if len(sayings) > 1:
            other = differ[0] if differ else sayings[1]
            fraction = family in ("share", "rate")
            yield finding(
                "K07",
                "differ" if differ else "passed",
                "error" if differ else "passed",
                records,
                subject=f"{metric}|{scope}|{family}",
                formula=f"{first.formula} {'≠' if differ else '='} {other.formula}",
                size=(
                    None
                    if not differ
                    else Size(other.value - first.value, "points")
                    if fraction
                    else book.size(metric, other.value - first.value, first.value)
                ),
                **values,
                first=first.shown(book, metric, family),
                other=other.shown(book, metric, family),
            )
        yield from _with_data(book, metric, scope, family, first)


@dataclass(frozen=True)
class _Saying:
    """Last year's figure, as one place of the plan has it."""

    value: float
    step: float
    by: tuple[Statement, ...]
    formula: str

    def shown(self, book: Book, metric: str, family: str) -> Shown | Amount:
        return pct(self.value) if family != "figure" else book.amount(metric, self.value)


def _sayings(book: Book) -> dict[tuple[str, Scope, str], list[_Saying]]:
    found: dict[tuple[str, Scope, str], list[_Saying]] = {}

    def keep(stated: Statement, family: str, value: float, step: float) -> None:
        shown = pct(value) if family != "figure" else book.amount(stated.metric, value)
        saying = _Saying(value, step, (stated,), str(shown))
        found.setdefault((stated.metric, stated.scope, family), []).append(saying)

    for stated in book.plan.history:
        if stated.period != book.before or not stated.value.known or stated.value.sign != "=":
            continue
        if stated.kind in ("amount", "count", "rate"):
            additive = book.metric(stated.metric).additive
            keep(stated, "figure" if additive else "rate", stated.point, stated.value.step)
        elif stated.kind == "share" and not stated.is_phase and stated.whole.is_company:
            keep(stated, "share", stated.point, stated.value.step)
    for stated in book.plan.targets:
        start = stated.baseline
        if start is None or not start.known or stated.of:
            continue
        if stated.kind == "share" or (
            stated.kind == "points" and book.metric(stated.metric).additive
        ):
            if stated.whole.is_company and not stated.is_phase:
                keep(stated, "share", start.point, start.step)
        elif stated.kind in FIGURES and book.metric(stated.metric).additive:
            keep(stated, "figure", start.point, start.step)
        else:
            keep(stated, "rate", start.point, start.step)
    _derive(book, found)
    return found


def _derive(book: Book, found: dict[tuple[str, Scope, str], list[_Saying]]) -> None:
    """Shares of several members together follow from those of each."""
    for (metric, scope, family), sayings in found.items():
        if family != "share" or scope.is_single or len(scope.parts) != 1:
            continue
        dimension = scope.dimensions[0]
        if not book.base_is_sound(metric, scope.without(dimension), dimension):
            continue
        parts = [
            typed
            for single in scope.singles()
            for typed in book.shares_typed("history", metric, single)[:1]
            if typed.whole.is_company
        ]
        if len(parts) == len(list(scope.singles())):
            value = sum(part.point for part in parts)
            terms = " + ".join(str(pct(part.point)) for part in parts)
            step = max(part.value.step for part in parts)
            sayings.append(_Saying(value, step, tuple(parts), f"{terms} = {pct(value)}"))


def _with_data(
    book: Book, metric: str, scope: Scope, family: str, saying: _Saying
) -> Iterator[PlanFinding]:
    value = book.facts.value(metric, scope, book.before)
    if family == "share":
        whole = book.facts.value(metric, Scope(), book.before)
        value = value / whole if value is not None and whole else None
    if value is None:
        return
    gap = saying.value - value
    fraction = family in ("share", "rate")
    small = 0.005 if fraction else 0.005 * abs(value)
    large = 0.02 if fraction else 0.05 * abs(value)
    severity: Severity = "passed"
    if abs(gap) > max(small, saying.step / 2) + 1e-9:
        severity = "error" if abs(gap) > large else "warning"
    shown = _Saying(value, 0.0, (), "").shown(book, metric, family)
    yield finding(
        "K07",
        "data_passed" if severity == "passed" else "data",
        severity,
        saying.by,
        subject=f"{metric}|{scope}|{family}|data",
        formula=f"{saying.formula} {'=' if severity == 'passed' else '≠'} {shown}",
        size=None
        if severity == "passed"
        else (Size(gap, "points") if fraction else book.size(metric, gap, value)),
        metric=book.metric_name(metric, family == "share"),
        what=book.scope_name(scope),
        period=book.before,
        typed=saying.shown(book, metric, family),
        data=shown,
    )


# K08 -----------------------------------------------------------------------------------------


def check_directions(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K08: a figure that is to rise is set above where it stands, one that is to fall below."""
    groups: dict[tuple[str, Scope, str], list[tuple[Statement, Known, str]]] = {}
    for stated in book.plan.targets:
        if not stated.value.known or stated.period != book.year or stated.of or stated.is_phase:
            continue
        start = _start(book, stated)
        verdict = _verdict(book, stated, start) if start is not None else ""
        if start is not None and verdict:
            family = "share" if stated.kind == "share" else "figure"
            groups.setdefault((stated.metric, stated.scope, family), []).append(
                (stated, start, verdict)
            )
    for (metric, scope, _), group in groups.items():
        bad = [item for item in group if item[2] != "passed"]
        moves = [item for item in group if item[0].kind not in ("growth", "points", "lift")]
        if bad:
            yield _wrong_way(book, metric, scope, bad)
        elif moves:
            yield _right_way(book, metric, scope, moves)


def _start(book: Book, stated: Statement) -> Known | None:
    """Give where the figure of a target stands, in the target's own unit."""
    if stated.kind in ("growth", "points", "lift"):
        return Known(0.0, 0.0)
    if stated.kind == "share":
        found = book.base_share(stated.metric, stated.scope, stated.whole)
        sound = all(
            book.base_is_sound(stated.metric, stated.scope.without(name), name)
            for name in stated.scope.dimensions
        )
        return found if sound else None
    if book.metric(stated.metric).additive:
        return book.base(stated.metric, stated.scope) if not book.symbol(stated.metric) else None
    return book.rate(stated.metric, stated.scope)


def _verdict(book: Book, stated: Statement, start: Known) -> str:
    """Say `error`, `warning` or `passed`; nothing where no direction is meant."""
    value = book.in_year(stated).point if stated.per else stated.point
    slack = 1e-9 + book.tolerance * (abs(start.low) if stated.kind in ("amount", "count") else 1.0)
    below, above = value < start.low - slack, value > start.low + slack
    if stated.direction == "raise":
        return "error" if below else "passed"
    if stated.direction == "reduce":
        return "error" if above else "passed"
    if stated.kind == "share" or stated.direction == "keep":
        return ""
    better = book.metric(stated.metric).better
    if better == "up" and stated.value.sign != "≤":
        return "warning" if below else "passed"
    if better == "down" and stated.value.sign != "≥":
        return "warning" if above else "passed"
    return ""


def _wrong_way(
    book: Book, metric: str, scope: Scope, bad: list[tuple[Statement, Known, str]]
) -> PlanFinding:
    stated, start, _ = bad[0]
    severity: Severity = "error" if any(item[2] == "error" for item in bad) else "warning"
    meant = [item for item in bad if item[2] == severity]
    stated, start, _ = meant[0]
    rises = stated.direction == "raise" or (
        not stated.direction and book.metric(metric).better == "up"
    )
    value = book.in_year(stated).point if stated.per else stated.point
    sign = "<" if rises else ">"
    terms = [
        f"{Cite(item[0])} {show(book, item[0], item[0].point)} {sign} {_start_text(book, *item[:2])}"
        for item in bad
    ]
    grown = book.by_growth(metric, scope) if stated.kind == "share" else None
    whole = book.target(metric, stated.whole) if grown else None
    records = merged([item[0] for item in bad], start.by)
    extra: object = ""
    repair: object = show(book, stated, start.low)
    if grown and whole and grown.exact and whole.exact and whole.low > 0:
        share = grown.low / whole.low
        terms.append(
            f"{book.amount(metric, grown.low)} ÷ {book.amount(metric, whole.low)} = {pct(share)}"
        )
        extra = Phrase(
            "K08.by_growth",
            {"share": pct(share), "by": cite([s for s in grown.by if s.role == "target"])},
        )
        if (share >= start.low) == rises:
            repair = pct(share)
    fraction = stated.kind not in ("amount", "count")
    gap = start.low - value
    return finding(
        "K08",
        "below" if rises else "above",
        severity,
        records,
        subject=f"{metric}|{scope}|{stated.kind}",
        formula="; ".join(terms),
        size=Size(gap, "points") if fraction else book.size(metric, gap, start.low),
        metric=book.figure_name(stated),
        what=book.scope_name(scope),
        cites=cite([item[0] for item in bad]),
        stated=show(book, stated, value),
        start=show(book, stated, start.low),
        period=book.before,
        extra=extra,
        to=repair,
    )


def _start_text(book: Book, stated: Statement, start: Known) -> str:
    shown = show(book, stated, start.low)
    parts = [found for found in start.by if found.role == "history" and found.kind == "share"]
    if stated.kind == "share" and len(parts) > 1 and not stated.scope.is_single:
        return f"{'+'.join(str(pct(part.point)) for part in parts)} = {shown}"
    return str(shown)


def _right_way(
    book: Book, metric: str, scope: Scope, group: list[tuple[Statement, Known, str]]
) -> PlanFinding:
    stated, start, _ = group[0]
    return finding(
        "K08",
        "passed",
        "passed",
        merged([item[0] for item in group], start.by),
        subject=f"{metric}|{scope}|{stated.kind}",
        formula=f"{show(book, stated, start.low)} → {stated.value.written}",
        metric=book.figure_name(stated),
        what=book.scope_name(scope),
        stated=Written(stated),
        start=show(book, stated, start.low),
    )


RULES = (
    Rule("K06", check_values),
    Rule("K07", check_baselines),
    Rule("K08", check_directions),
)
