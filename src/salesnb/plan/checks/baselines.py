"""Where a target starts: one baseline, the data's, and below what is aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesnb.plan.book import Book
from salesnb.plan.checks.common import FIGURES, figure_text, show
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Severity, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Amount, Cite, Names, Phrase, Shown, Written, cite, pct


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
            fraction = _is_fraction(book, metric, family)
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
        return _figure(book, metric, family, self.value)


def _figure(book: Book, metric: str, family: str, value: float) -> Shown | Amount:
    """Show a figure: shares in %, rates in the unit of their metric, amounts in theirs."""
    if family == "share":
        return pct(value)
    return figure_text(book, metric, value) if family == "rate" else book.amount(metric, value)


def _is_fraction(book: Book, metric: str, family: str) -> bool:
    return family == "share" or book.metric(metric).unit == "rate"


def _sayings(book: Book) -> dict[tuple[str, Scope, str], list[_Saying]]:
    found: dict[tuple[str, Scope, str], list[_Saying]] = {}

    def keep(stated: Statement, family: str, value: float, step: float) -> None:
        shown = _figure(book, stated.metric, family, value)
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
    """Shares follow from amounts, and those of several members together from those of each."""
    for (metric, scope, family), sayings in found.items():
        own = book.stated("history", metric, scope, "amount", "count")
        total = book.stated("history", metric, Scope(), "amount", "count")
        if family == "share" and own and total and total[0].point > 0:
            value = own[0].point / total[0].point
            terms = f"{book.amount(metric, own[0].point)} ÷ {book.amount(metric, total[0].point)}"
            by = (own[0], total[0])
            sayings.append(_Saying(value, 0.0, by, f"{terms} = {pct(value)}"))
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
    if not book.metric(metric).additive and not scope.is_single:
        return  # Rates of several members do not add up to that of all of them.
    value = book.facts.value(metric, scope, book.before)
    if family == "share":
        whole = book.facts.value(metric, Scope(), book.before)
        value = value / whole if value is not None and whole else None
    if value is None:
        return
    gap = saying.value - value
    fraction = _is_fraction(book, metric, family)
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


def check_directions(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K08: a figure that is to rise is set above where it stands, one that is to fall below."""
    groups: dict[tuple[str, Scope, str], list[tuple[Statement, Known, str]]] = {}
    for stated in book.plan.targets:
        if not stated.value.known or stated.period != book.year or stated.of or stated.is_phase:
            continue
        if stated.metric == "attainment":
            continue  # told by K35
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
        still = not above and stated.value.sign in ("=", "≤")
        return "error" if below else "warning" if still else "passed"
    if stated.direction == "reduce":
        still = not below and stated.value.sign in ("=", "≥")
        return "error" if above else "warning" if still else "passed"
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
    sign = ("<" if rises else ">") if severity == "error" or not stated.direction else "="
    terms = [
        f"{Cite(goal)} {show(book, goal, goal.point)} {sign} {_start_text(book, goal, where)}"
        for goal, where, _ in bad
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
        "still" if sign == "=" else "below" if rises else "above",
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
        formula=f"{show(book, stated, start.low)} → {stated.value.shown}",
        metric=book.figure_name(stated),
        what=book.scope_name(scope),
        stated=Written(stated),
        start=show(book, stated, start.low),
    )


RULES = (
    Rule("K07", check_baselines),
    Rule("K08", check_directions),
)
