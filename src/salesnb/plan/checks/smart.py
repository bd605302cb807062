"""Is each target specific, measurable, dated, a number at all, and one that can be missed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from salesnb.errors import suggest
from salesnb.plan.book import Book, Known, merged
from salesnb.plan.checks.phasing import phases
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.scopes import COMPANY
from salesnb.plan.statements import Record, Statement
from salesnb.plan.wording import Cite, Names, Phrase, Written, cite, pct


def _target(book: Book, stated: Statement) -> Phrase:
    return Phrase(
        "words.target",
        {
            "what": book.scope_name(stated.scope),
            "metric": book.figure_name(stated),
            "value": Written(stated),
            "by": Cite(stated),
        },
    )


# K18 -----------------------------------------------------------------------------------------


def check_units(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K18: no percentage of a rate, no percent where points are meant."""
    by_id = {stated.id: stated for stated in book.plan.statements}
    for stated in book.plan.targets:
        whole = by_id.get(stated.of)
        unit = book.metric(stated.metric).unit
        if whole is not None and stated.value.known and book.metric(whole.metric).unit == "rate":
            yield _part_of_rate(book, stated, whole)
        elif stated.kind == "growth" and unit == "rate" and stated.value.known:
            yield _growth_of_rate(book, stated)


def _part_of_rate(book: Book, stated: Statement, whole: Statement) -> PlanFinding:
    value = stated.point * whole.point
    base = book.rate(whole.metric, whole.scope)
    formula = f"{pct(stated.point)}×{pct(whole.point)} = {pct(value)}"
    extra: object = ""
    if base is not None:
        formula += f" {'<' if value < base.low else '≥'} {pct(base.low)}"
    if base is not None and value < base.low:
        extra = Phrase("K18.start", {"start": pct(base.low), "period": book.before})
    shares = phases(book, "net_sales", COMPANY, stated.period.kind)
    until = sum(row.point for period, row in shares.items() if period <= stated.period)
    due: object = ""
    if until:
        formula += f"; Σ {pct(until)}"
        due = Phrase("K18.due", {"share": pct(until), "period": stated.period})
    return finding(
        "K18",
        "part_of_rate",
        "warning",
        merged((stated, whole), base.by if base else (), list(shares.values())),
        subject=stated.id,
        formula=formula,
        size=Size(value - whole.point, "points"),
        metric=book.metric_name(whole.metric),
        part=pct(stated.point),
        rate=pct(whole.point),
        value=pct(value),
        period=stated.period,
        extra=extra,
        due=due,
    )


def _growth_of_rate(book: Book, stated: Statement) -> PlanFinding:
    base = book.rate(stated.metric, stated.scope)
    formula = stated.value.written
    if base is not None:
        formula = (
            f"{pct(base.low)}×{1 + stated.point:.4g} = {pct(base.low * (1 + stated.point), 2)}; "
            f"{pct(base.low)} + {pct(stated.point)} = {pct(base.low + stated.point, 2)}"
        )
    return finding(
        "K18",
        "growth_of_rate",
        "warning",
        merged((stated,), base.by if base else ()),
        subject=stated.id,
        formula=formula,
        metric=book.metric_name(stated.metric),
        what=book.scope_name(stated.scope),
        stated=stated.value.written,
    )


# K25, K26 ------------------------------------------------------------------------------------


def check_specific(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K25: one metric is meant, in one of its meanings, of a part the company has."""
    for stated in book.plan.targets:
        if stated.readings:
            yield finding(
                "K25",
                "readings",
                "warning",
                (stated,),
                subject=stated.id,
                what=book.scope_name(stated.scope),
                metric=book.metric_name(stated.metric),
                stated=Written(stated),
                readings=Names([_reading(book, name) for name in stated.readings]),
                read_as=Phrase(
                    f"K25.{'share' if stated.kind == 'share' else 'figure'}",
                    {"metric": book.metric_name(stated.metric)},
                ),
            )
    yield from _definitions(book)
    for name, members in book.facts.members.items():
        dimension = book.plan.dimensions.get(name)
        unknown = [m for m in dimension.members if m not in members] if dimension else []
        if unknown and dimension:
            used = [s for s in book.plan.statements if set(s.scope.members(name)) & set(unknown)]
            yield finding(
                "K25",
                "not_in_data",
                "warning",
                used,
                subject=name,
                formula=f"{', '.join(unknown)} ∉ {', '.join(members[:12])}",
                dimension=book.dimension_name(name),
                members=Names(unknown),
                near=" ".join(suggest(member, members) for member in unknown[:3]),
            )


def _reading(book: Book, name: str) -> object:
    return book.metric_name(name) if name in book.plan.metrics else name


def _definitions(book: Book) -> Iterator[PlanFinding]:
    groups: dict[str, list[Statement]] = {}
    for stated in book.plan.statements:
        if book.metric(stated.metric).choice and stated.role in ("history", "target"):
            groups.setdefault(stated.metric, []).append(stated)
    for metric, statements in groups.items():
        said = list(dict.fromkeys(s.definition for s in statements if s.definition))
        values = {"metric": book.metric_name(metric), "definitions": Names(said)}
        silent = [s for s in statements if not s.definition]
        if len(said) > 1:
            yield finding(
                "K25", "definitions", "warning", statements, subject=metric,
                formula=" ≠ ".join(said), **values,
            )  # fmt: skip
        elif silent and not said:
            yield finding("K25", "definition", "info", statements, subject=metric, **values)
        else:
            yield finding("K25", "passed", "passed", statements, subject=metric, **values)


def check_measurable(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K26: a target has a number, a place it starts from, and data to see it in."""
    if book.plan.qualitative:
        yield finding(
            "K26",
            "no_number",
            "warning",
            book.plan.qualitative,
            subject="no_number",
            count=len(book.plan.qualitative),
            targets=Names([record.text or record.id for record in book.plan.qualitative]),
        )
    no_start = [stated for stated in book.plan.targets if _lacks_start(book, stated)]
    distinct = list({(s.metric, s.scope): s for s in reversed(no_start)}.values())[::-1]
    if distinct:
        yield finding(
            "K26",
            "no_baseline",
            "warning",
            no_start,
            subject="no_baseline",
            count=len(distinct),
            targets=Names([_target(book, stated) for stated in distinct]),
        )
    yield from _unmeasured(book)
    vague = [risk for risk in book.plan.risks if not risk.trigger and not risk.metric]
    if vague:
        yield finding(
            "K26",
            "no_trigger",
            "info",
            vague,
            subject="risks",
            formula=f"{len(vague)} / {len(book.plan.risks)}",
            count=len(vague),
            total=len(book.plan.risks),
            risks=Names([risk.text or risk.id for risk in vague]),
        )


def _lacks_start(book: Book, stated: Statement) -> bool:
    if not stated.value.known or stated.is_phase or stated.of or stated.period != book.year:
        return False
    if stated.kind not in ("growth", "points", "lift", "share"):
        return False
    if stated.baseline is not None and stated.baseline.known:
        return False
    if stated.kind == "share" or (stated.kind == "points" and book.metric(stated.metric).additive):
        return book.base_share(stated.metric, stated.scope, stated.whole) is None
    if book.metric(stated.metric).additive:
        return book.base(stated.metric, stated.scope) is None
    return book.rate(stated.metric, stated.scope) is None


def _unmeasured(book: Book) -> Iterator[PlanFinding]:
    """Payments that are said to depend on a figure nobody states."""
    measured = {stated.metric for stated in book.plan.statements}
    measured |= {metric for metric, _, _ in book.facts.values}
    groups: dict[str, list[Record]] = {}
    for incentive in book.plan.incentives:
        if incentive.linked_to and incentive.linked_to not in measured:
            groups.setdefault(incentive.linked_to, []).append(incentive)
    for metric, records in groups.items():
        yield finding(
            "K26",
            "linked",
            "warning",
            records,
            subject=metric,
            metric=book.metric_name(metric),
            cites=cite(records),
            count=len(records),
        )


# K29, K30, K35 -------------------------------------------------------------------------------


def check_dated(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K29: a deadline inside the year, and a look at it at least every quarter."""
    year = book.calendar.window(book.year)
    for stated in book.plan.targets:
        late = stated.deadline is not None and stated.deadline not in year
        elsewhere = book.calendar.enclosing(stated.period, "year") != book.year
        if late or elsewhere:
            yield finding(
                "K29",
                "outside",
                "error" if late else "warning",
                (stated,),
                subject=stated.id,
                formula=(f"{stated.deadline or stated.period} ∉ {year.start} … {year.end}"),
                target=_target(book, stated),
                when=stated.deadline_text if late else str(stated.period),
                year=book.year,
            )
    undated = [
        record
        for record in (*book.plan.milestones, *[s for s in book.plan.targets if s.owner])
        if not (record.due if hasattr(record, "due") else record.deadline)  # type: ignore[union-attr]
    ]
    if undated:
        yield finding(
            "K29",
            "undated",
            "warning",
            undated,
            subject="undated",
            count=len(undated),
            cites=cite(undated),
        )
    yield from _checkpoints(book)


def _checkpoints(book: Book) -> Iterator[PlanFinding]:
    end = book.calendar.window(book.year).end
    owned = [s for s in book.plan.targets if s.owner and s.deadline is not None]
    at_end = [s for s in owned if s.deadline == end]
    looked_at = {(s.metric, s.scope) for s in book.plan.targets if s.period.kind != "year"}
    blind = [s for s in at_end if not s.checkpoints and (s.metric, s.scope) not in looked_at]
    if blind:
        yield finding(
            "K29",
            "checkpoints",
            "warning",
            blind,
            subject="checkpoints",
            formula=f"{len(blind)} / {len(owned)}",
            size=Size(len(blind), "count", len(blind) / len(owned)),
            count=len(blind),
            total=len(owned),
            end=end,
            cites=cite(blind),
        )
    elif owned:
        yield finding("K29", "passed", "passed", owned, subject="checkpoints", count=len(owned))


def check_placeholders(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K30: every number is one; letters are listed, with what they come to where that follows."""
    letters = [stated for stated in book.plan.statements if not stated.value.known]
    if not letters:
        return
    lines, open_ = [], []
    for stated in letters:
        letter = stated.value.placeholder
        worth = _worth(book, stated)
        if worth:
            lines.append(f"{letter} {worth}")
        else:
            open_.append(letter)
    filled = not open_
    yield finding(
        "K30",
        "filled" if filled else "letters",
        "info" if filled else "warning",
        letters,
        subject="letters",
        formula="; ".join(lines),
        size=Size(len(letters), "count"),
        letters=Names(list(dict.fromkeys(s.value.placeholder for s in letters))),
        count=len(letters),
        open=Names(list(dict.fromkeys(open_))),
        worth=Names(lines),
    )


def _worth(book: Book, stated: Statement) -> str:
    """Say what a letter comes to, from growth and shares; "" when nothing says it."""
    metric, scope = stated.metric, stated.scope
    if stated.kind not in ("amount", "count"):
        return ""
    if stated.role == "history":
        base = book.base(metric, scope)
        return f"= {book.amount(metric, base.low)}" if base and not book.symbol(metric) else ""
    if stated.role != "target" or stated.period != book.year:
        return ""
    ways = [book.by_growth(metric, scope), book.by_share(metric, scope)]
    said = [_bounded(book, metric, way) for way in ways if way is not None and way.by]
    return " / ".join(dict.fromkeys(said))


def _bounded(book: Book, metric: str, known: Known) -> str:
    whole = book.target(metric, COMPANY)
    if known.exact:
        return f"= {book.amount(metric, known.low)}"
    if math.isinf(known.high) or (whole is not None and known.high >= whole.high - 1e-9):
        return f"≥ {book.amount(metric, known.low)}"
    if known.low <= 0:
        return f"≤ {book.amount(metric, known.high)}"
    return f"= {book.amount(metric, known.low)} … {book.amount(metric, known.high)}"


def check_attainment(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K35: a target is a figure, not a percentage of itself; last year's was worth the name."""
    goals = [
        s for s in book.plan.targets
        if s.metric == "attainment" and s.value.known and abs(s.point - 1) > 1e-9
        and s.period == book.year
    ]  # fmt: skip
    growth = book.growth("net_sales", COMPANY)
    for stated in goals:
        formula = f"{stated.value.written}"
        implied: object = ""
        if stated.scope.is_company and growth is not None:
            value = (1 + growth.point) / stated.point - 1
            formula = f"{1 + growth.point:.4g} ÷ {stated.point:.4g} − 1 = {pct(value, sign=True)}"
            implied = Phrase(
                "K35.implied",
                {"growth": pct(growth.point, sign=True), "target": pct(value, sign=True)},
            )
        yield finding(
            "K35",
            "of_itself",
            "error",
            merged((stated,), growth.by if growth and stated.scope.is_company else ()),
            subject=stated.id,
            formula=formula,
            size=Size(stated.point - 1, "points"),
            what=book.scope_name(stated.scope),
            stated=stated.value.written,
            implied=implied,
        )
    yield from _soft(book)


def _soft(book: Book) -> Iterator[PlanFinding]:
    attained = book.stated("history", "attainment", COMPANY, "rate")
    grown = book.stated("history", "net_sales", COMPANY, "growth")
    if not attained or not grown or attained[0].point <= 0:
        return
    a, g = attained[0].point, grown[0].point
    target = (1 + g) / a - 1
    soft = a > 1.05 and target < g / 2
    yield finding(
        "K35",
        "soft" if soft else "passed",
        "warning" if soft else "passed",
        (attained[0], grown[0]),
        subject="soft",
        formula=f"{1 + g:.4g} ÷ {a:.4g} − 1 = {pct(target, sign=True)}",
        size=Size(g - target, "growth") if soft else None,
        attained=pct(a),
        growth=pct(g, sign=True),
        target=pct(target, sign=True),
        period=book.before,
    )


# K38 -----------------------------------------------------------------------------------------


def check_versions(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K38: the figures are those last approved, and every approval has its reason."""
    versions = sorted(book.plan.versions, key=lambda version: version.version)
    if not versions:
        return
    numbers = [version.version for version in versions]
    if numbers != list(range(1, len(numbers) + 1)):
        yield finding(
            "K38",
            "numbers",
            "error",
            versions,
            subject="numbers",
            formula=", ".join(map(str, numbers)),
            numbers=Names(numbers),
        )
    for version in versions:
        lacking = [
            name
            for name, value in (
                ("approver", version.approver),
                ("approved", version.approved),
                ("reason", version.reason if version.version > 1 else "-"),
            )
            if not value
        ]
        if lacking:
            yield finding(
                "K38",
                "unapproved",
                "error",
                (version,),
                subject=version.id,
                formula=f"v{version.version}: {', '.join(lacking)}",
                version=version.version,
                lacking=Names(lacking),
            )
    yield from _drift(book)


def _drift(book: Book) -> Iterator[PlanFinding]:
    by_id = {stated.id: stated for stated in book.plan.statements}
    approved = {
        name: (version, value)
        for version in sorted(book.plan.versions, key=lambda version: version.version)
        for name, value in version.values.items()
    }
    drifted = False
    for name, (version, value) in approved.items():
        stated = by_id.get(name)
        if stated is None or _same_value(book, stated, value):
            continue
        drifted = True
        yield finding(
            "K38",
            "drift",
            "error",
            (stated, version),
            subject=name,
            formula=f"{stated.value.written} ≠ {value} (v{version.version})",
            target=_target(book, stated),
            now=stated.value.written,
            approved=value,
            version=version.version,
        )
    if approved and not drifted:
        yield finding(
            "K38",
            "passed",
            "passed",
            book.plan.versions,
            subject="versions",
            formula=f"{len(approved)}",
            count=len(approved),
        )


def _same_value(book: Book, stated: Statement, text: str) -> bool:
    """Whether two texts say the same figure."""
    found = book.reader.read(text, stated.kind, book.metric(stated.metric))
    if not hasattr(found, "low"):
        return stated.value.written == text
    ends = (found.low, found.high, found.sign, found.placeholder)  # type: ignore[union-attr]
    return ends == (stated.low, stated.high, stated.value.sign, stated.value.placeholder)


RULES = (
    Rule("K18", check_units),
    Rule("K25", check_specific),
    Rule("K26", check_measurable),
    Rule("K29", check_dated),
    Rule("K30", check_placeholders),
    Rule("K35", check_attainment),
    Rule("K38", check_versions),
)
