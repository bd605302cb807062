"""One date a thing, in order, inside the year, everywhere it claims to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from salesnb.errors import ParameterError
from salesnb.period import Period, Window
from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.known import merged
from salesnb.plan.statements import Milestone
from salesnb.plan.wording import Cite, Names, Phrase, pct


@dataclass(frozen=True)
class _When:
    """When a milestone is due: a day, or the days of the period that was written."""

    milestone: Milestone
    window: Window
    exact: bool

    @property
    def text(self) -> str:
        return self.milestone.due_text


def _when(book: Book, milestone: Milestone) -> _When | None:
    if milestone.due is None:
        return None
    try:
        window = book.calendar.window(Period.parse(milestone.due_text))
    except ParameterError:
        return _When(milestone, Window(milestone.due, milestone.due), True)
    start = milestone.start or window.start
    return _When(milestone, Window(min(start, window.end), window.end), False)


def check_milestones(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K17: a milestone has one date, comes after what it needs, inside the year, everywhere."""
    groups: dict[str, list[_When]] = {}
    whens: dict[str, _When] = {}
    for milestone in book.plan.milestones:
        when = _when(book, milestone)
        if when is not None:
            whens[milestone.id] = when
            groups.setdefault("".join(milestone.milestone.split()).casefold(), []).append(when)
    for group in groups.values():
        if len(group) > 1:
            yield _one_date(group)
    for milestone in book.plan.milestones:
        for name in milestone.after:
            if name in whens and milestone.id in whens:
                yield _order(whens[name], whens[milestone.id])
        if milestone.start and milestone.due and milestone.start > milestone.due:
            yield finding(
                "K17",
                "reversed",
                "error",
                (milestone,),
                subject=milestone.id,
                formula=f"{milestone.start} > {milestone.due}",
                size=Size((milestone.start - milestone.due).days, "days"),
                what=milestone.milestone,
                start=milestone.start,
                due=milestone.due,
            )
        if milestone.coverage and milestone.places is not None:
            yield _coverage(book, milestone, whens)
        if milestone.id in whens:
            yield from _in_year(book, whens[milestone.id])


def _one_date(group: list[_When]) -> PlanFinding:
    """Compare what several records say of one thing: done when, and how far."""
    first = group[0].milestone
    clash, progress = False, False
    for place, one in enumerate(group):
        for other in group[place + 1 :]:
            together = _overlap(one.window, other.window)
            same = abs(one.milestone.progress - other.milestone.progress) < 1e-9
            if together and not same and not (one.exact ^ other.exact):
                clash = progress = True
            elif not together and same:
                clash = True
            elif not together and not same:
                early, late = sorted((one, other), key=lambda when: when.window.end)
                clash = clash or early.milestone.progress > late.milestone.progress
    told = [
        Phrase(
            "K17.dated",
            {
                "by": Cite(when.milestone),
                "due": when.text,
                "progress": pct(when.milestone.progress),
            },
        )
        for when in group
    ]
    ends = [when.window.end for when in group]
    case = "progress" if progress else "two_dates" if clash else "passed"
    return finding(
        "K17",
        case,
        "error" if clash else "passed",
        [when.milestone for when in group],
        subject=first.milestone,
        formula=(" ≠ " if clash else " ~ ").join(
            f"{when.text} {pct(when.milestone.progress)}" for when in group
        ),
        size=Size((max(ends) - min(ends)).days, "days") if clash else None,
        what=first.milestone,
        dated=Names(told),
        first=min(group, key=lambda when: when.window.end).text,
        last=max(group, key=lambda when: when.window.end).text,
    )


def _overlap(one: Window, other: Window) -> bool:
    return one.start <= other.end and other.start <= one.end


def _order(before: _When, after: _When) -> PlanFinding:
    start = after.milestone.start
    if start is not None:
        wrong = before.window.end > start
    elif before.exact and after.exact:
        wrong = before.window.end >= after.window.end
    else:
        wrong = before.window.end > after.window.end
    records = merged((after.milestone, before.milestone))
    return finding(
        "K17",
        "order" if wrong else "order_passed",
        "error" if wrong else "passed",
        records,
        subject=f"{before.milestone.id}|{after.milestone.id}",
        formula=f"{before.text} {'≥' if wrong else '<'} {after.text}",
        size=Size((before.window.end - after.window.end).days, "days") if wrong else None,
        first=before.milestone.milestone,
        second=after.milestone.milestone,
        first_due=before.text,
        second_due=after.text,
    )


def _coverage(book: Book, milestone: Milestone, whens: dict[str, _When]) -> PlanFinding:
    places = milestone.places
    everyone = book.plan.dimensions[milestone.coverage].members
    reached = (places.members(milestone.coverage) if places else ()) or everyone
    missing = [member for member in everyone if member not in reached]
    related = [
        other
        for other in book.plan.milestones
        if other is not milestone
        and other.coverage == milestone.coverage
        and other.scope == milestone.scope
        and not other.scope.is_company
        and (milestone.id in other.after or other.due_text == milestone.due_text)
    ]
    return finding(
        "K17",
        "coverage" if missing else "coverage_passed",
        "error" if missing else "passed",
        (milestone, *related),
        subject=milestone.id,
        formula=f"{len(reached)} / {len(everyone)}",
        size=Size(len(missing), "count", len(missing) / len(everyone)) if missing else None,
        what=milestone.milestone,
        dimension=book.dimension_name(milestone.coverage),
        reached=Names(reached),
        missing=Names(missing),
        count=len(everyone),
        done=len(reached),
        due=milestone.due_text or "—",
        related=Phrase("K17.related", {"what": Names([r.milestone for r in related])})
        if related
        else "",
    )


def _in_year(book: Book, when: _When) -> Iterator[PlanFinding]:
    year = book.calendar.window(book.year)
    due = when.window.end
    if due not in year:
        yield finding(
            "K17",
            "outside",
            "error",
            (when.milestone,),
            subject=when.milestone.id,
            formula=f"{due} ∉ {year.start} … {year.end}",
            size=Size((due - year.end).days if due > year.end else (year.start - due).days, "days"),
            what=when.milestone.milestone,
            due=when.text,
            start=year.start,
            end=year.end,
        )
    elif when.exact and not book.calendar.is_workday(due):
        yield finding(
            "K17",
            "day_off",
            "info",
            (when.milestone,),
            subject=when.milestone.id,
            formula=f"{due} → {book.calendar.add_workdays(due, 0)}",
            what=when.milestone.milestone,
            due=due,
            next=book.calendar.add_workdays(due, 0),
        )


RULES = (Rule("K17", check_milestones),)
