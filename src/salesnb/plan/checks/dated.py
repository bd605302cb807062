"""Is each target dated, and a figure of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from salesnb.plan.book import Book
from salesnb.plan.checks.common import level_of, target_text
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.scopes import COMPANY
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, Written, cite, pct

QUARTER = 100
"""Days between two looks at a target: a quarter, and some days to hold the meeting."""


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
                target=target_text(book, stated),
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
    far = [
        stated for stated in owned if stated.checkpoints and _longest_gap(book, stated) > QUARTER
    ]
    if far:
        yield finding(
            "K29",
            "far_apart",
            "info",
            far,
            subject="far_apart",
            formula=f"max {max(_longest_gap(book, stated) for stated in far)} > {QUARTER}",
            count=len(far),
            cites=cite(far),
        )


def _longest_gap(book: Book, stated: Statement) -> int:
    """Give the most days between two looks at a target, its start and its deadline counted."""
    year = book.calendar.window(book.year)
    days = [year.start, *stated.checkpoints, stated.deadline]
    known = sorted(day for day in days if day is not None)
    return max((later - earlier).days for earlier, later in itertools.pairwise(known))


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
    if stated.kind == "rate" and stated.role == "target":
        others = book.stated("target", metric, scope, "points", "lift", "growth")
        levels = [level for other in others if (level := level_of(book, other))]
        return f"= {pct(levels[0].point, 2)}" if levels else ""
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
    if goals:
        yield _of_itself(book, sorted(goals, key=lambda stated: len(stated.scope.parts)))
    yield from _soft(book)


def _of_itself(book: Book, goals: list[Statement]) -> PlanFinding:
    first = goals[0]
    growth = book.growth("net_sales", first.scope)
    formula, implied = first.value.shown, ""
    if growth is not None and first.point > 0:
        value = (1 + growth.point) / first.point - 1
        formula = f"{1 + growth.point:.4g} ÷ {first.point:.4g} − 1 = {pct(value, sign=True)}"
        implied = Phrase(
            "K35.implied",
            {"growth": pct(growth.point, sign=True), "target": pct(value, sign=True)},
        )
    told = [
        Phrase("words.at", {"what": book.scope_name(s.scope), "value": Written(s)}) for s in goals
    ]
    return finding(
        "K35",
        "of_itself",
        "error",
        merged(goals, growth.by if growth else ()),
        subject="attainment",
        formula=formula,
        size=Size(first.point - 1, "points"),
        goals=Names(told),
        implied=implied,
    )


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


RULES = (
    Rule("K29", check_dated),
    Rule("K30", check_placeholders),
    Rule("K35", check_attainment),
)
