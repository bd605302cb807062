"""Reports and meetings after the books close, on working days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import cast

from salesnb.period import Kind, Period, Window
from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding
from salesnb.plan.findings import PlanFinding, Size
from salesnb.plan.statements import Monitor
from salesnb.plan.wording import Names, Phrase, cite, num


def check_calendar(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K36: reports and meetings come after the books they report on are closed, on working days."""
    closing = next((m for m in book.plan.monitoring if m.type == "closing" and m.day), None)
    by_id = {monitor.id: monitor for monitor in book.plan.monitoring}
    for monitor in book.plan.monitoring:
        if monitor.type == "closing":
            continue
        if monitor.day is not None and monitor.every == "month" and monitor.covers == "month":
            yield from _monthly(book, monitor, closing)
        if monitor.on is not None and monitor.covers:
            yield _once(book, monitor, monitor.on, cast(Kind, monitor.covers))
        for name in monitor.needs:
            other = by_id.get(name)
            if other is not None and other.day is not None and monitor.day is not None:
                yield _after(monitor, other)


def _days_of(book: Book, day: int) -> list[tuple[Period, date]]:
    """Give the day of the month after each month of the year."""
    found = []
    for month in book.calendar.months_of(book.year):
        end = book.calendar.window(month).end
        found.append((month, end + timedelta(days=day)))
    return found


def _monthly(book: Book, monitor: Monitor, closing: Monitor | None) -> Iterator[PlanFinding]:
    day = monitor.day or 1
    dates = _days_of(book, day)
    off = [when for _, when in dates if not book.calendar.is_workday(when)]
    worked = [
        book.calendar.workdays(Window(book.calendar.window(month).end + timedelta(days=1), when))
        for month, when in dates
    ]
    values = {
        "what": monitor.text or monitor.type,
        "day": day,
        "least": min(worked),
        "most": max(worked),
        "off": len(off),
        "dates": Names([Phrase("words.date", {"date": when}) for when in off]),
    }
    formula = f"{min(worked)} … {max(worked)}"
    if monitor.type != "report" and monitor.needs:
        pass  # the report it needs is checked itself
    elif closing is None:
        yield finding(
            "K36",
            "no_closing",
            "warning",
            (monitor,),
            subject=monitor.id,
            formula=formula,
            **values,
        )
    else:
        early = day < (closing.day or 0)
        yield finding(
            "K36",
            "before_close" if early else "passed",
            "error" if early else "passed",
            (monitor, closing),
            subject=monitor.id,
            formula=f"{day} {'<' if early else '≥'} {closing.day}",
            size=Size((closing.day or 0) - day, "days") if early else None,
            **values,
            close=closing.day,
        )
    if off:
        yield finding(
            "K36",
            "days_off",
            "info",
            (monitor,),
            subject=f"{monitor.id}|off",
            formula=f"{len(off)} / {len(dates)}",
            **values,
        )


def _reported(book: Book, day: date, kind: Kind) -> Period:
    """Give the period something on a day reports on: the one about to end, or just ended."""
    if kind == "year":
        return book.year
    period = book.calendar.period_at(day, kind)
    window = book.calendar.window(period)
    return period if (window.end - day).days < window.days / 2 else period.previous


def _once(book: Book, monitor: Monitor, on: date, covers: Kind) -> PlanFinding:
    period = _reported(book, on, covers)
    end = book.calendar.window(period).end
    early = on <= end
    return finding(
        "K36",
        "before_end" if early else "once_passed",
        "warning" if early else "passed",
        (monitor,),
        subject=monitor.id,
        formula=f"{end} − {on} = {num((end - on).days)}",
        size=Size((end - on).days, "days") if early else None,
        what=monitor.text or monitor.type,
        on=on,
        end=end,
        days=(end - on).days,
        covers=period,
    )


def _after(monitor: Monitor, other: Monitor) -> PlanFinding:
    wrong = (other.day or 0) > (monitor.day or 0)
    return finding(
        "K36",
        "order" if wrong else "order_passed",
        "error" if wrong else "passed",
        (monitor, other),
        subject=f"{monitor.id}|{other.id}",
        formula=f"{other.day} {'>' if wrong else '≤'} {monitor.day}",
        size=Size((other.day or 0) - (monitor.day or 0), "days") if wrong else None,
        what=monitor.text or monitor.type,
        day=monitor.day,
        needs=cite([other]),
        needs_day=other.day,
    )


RULES = (Rule("K36", check_calendar),)
