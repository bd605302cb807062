"""How the figures were made: definitions, calendar, and what the data could not say."""

from __future__ import annotations

import pandas as pd

from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, definitions, group, note, paragraphs
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, said
from salesnb.report.tables import Col, table


@section("methods")
def methods(review: Review) -> Block:
    """Show the definitions behind the figures, the calendar used, and notes on the data."""
    language, company = review.language, review.store.company
    used = sorted({fact["metric"] for fact in review.lens.facts} & set(METRICS), key=_code)
    terms = [
        (name_of(review, metric), METRICS[metric].definition(language, review.settings))
        for metric in used
    ]
    basis = language(
        "report.basis",
        currency=language.label(f"report.currency.{company.currency}", company.currency),
        tax=language(f"report.tax.{company.tax_basis}"),
        as_of=review.as_of,
    )
    return group(
        said(review, "methods"),
        paragraphs(basis, *_calendar(review)),
        note(*company.notes) if company.notes else None,
        _gaps(review),
        definitions(language, terms),
    )


def _code(metric: str) -> tuple[str, str]:
    return METRICS[metric].code, metric


def _calendar(review: Review) -> list[str]:
    """Say how many working days the period has, and whether its make-up days are known."""
    language, calendar = review.language, review.calendar
    window = calendar.window(review.period)
    base = calendar.window(review.period.last_year)
    lines = [
        language(
            "report.workdays",
            period=review.period,
            days=calendar.workdays(window),
            before=calendar.workdays(base),
        )
    ]
    unknown = [str(day.year) for day in (window.end,) if not calendar.known(day.year)]
    if unknown:
        lines.append(language("report.unknown_makeup_days", years=language.list(unknown)))
    return lines


def _gaps(review: Review) -> Block | None:
    """List the sections that had nothing to show, and what would fill them."""
    rows = [
        {
            "name": review.language.label(f"report.section.{name}", name),
            "needs": review.language.list(state["needs"]) or review.language("report.failed"),
        }
        for name, state in review.sections.items()
        if state["status"] != "ok"
    ]
    if not rows:
        return None
    columns = [
        Col("name", review.language("report.empty_section")),
        Col("needs", review.language("report.needs")),
    ]
    caption = review.language("report.gaps")
    return table(pd.DataFrame(rows), columns, review.language, caption)
