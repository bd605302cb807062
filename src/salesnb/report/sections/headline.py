"""The first screen: how did it go, what stands out, what to do first."""

from __future__ import annotations

from salesnb.findings.finding import leading
from salesnb.findings.spans import months
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, note
from salesnb.report.cards import Card, cards
from salesnb.report.lists import actions_table, findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.actions import action_lines
from salesnb.report.sections.changes import finding_state
from salesnb.report.sections.parts import card, finding_line, versus

# Headline figures in order of preference; the first the data can give are shown.
_HEADLINES = (
    ("new_customers", ("year", "month")),
    ("gross_margin", ("year",)),
    ("lead_conversion", ("year",)),
    ("dso", ("year",)),
    ("repurchase_rate", ("year",)),
    ("churn_rate", ("year",)),
    ("average_order_value", ("year",)),
    ("units", ("year",)),
)
_CARDS = 6


@section("headline")
def headline(review: Review) -> Block:
    """Show the headline figures, the three findings that matter most and what to do first."""
    shown = [card(review, "net_sales", "year", "month"), _year_to_date(review)]
    for metric, against in _HEADLINES:
        if len([item for item in shown if item]) < _CARDS:
            shown.append(card(review, metric, *against))
    findings = [
        finding_line(review, found, finding_state(review, found))
        for found in leading(review.findings)
    ]
    first = review.language("report.first_actions")
    return group(
        cards([item for item in shown if item], review.language),
        as_of_note(review),
        findings_list(findings, review.language),
        actions_table(action_lines(review)[:3], review.language, first),
    )


def as_of_note(review: Review) -> Block | None:
    """Say up to which day an unfinished period counts, and what it is compared with."""
    if review.lens.finished:
        return None
    return note(review.language("report.unfinished", as_of=review.as_of))


def _year_to_date(review: Review) -> Card | None:
    """Give sales of the year so far beside the targets of the same months."""
    lens = review.lens
    year = review.calendar.enclosing(review.period, "year")
    if year == review.period or not lens.finished:
        return None
    sales, last = lens.value("net_sales", year), months(lens, 1)[0]
    so_far = [month for month in review.calendar.months_of(year) if month <= last]
    held = [lens.against("net_sales", "target", period=month) for month in so_far]
    known = [row for row in held if not is_missing(row["base"])]
    # Only sales that have a target count, so that both sides speak of the same.
    reached, target = (sum(float(row[side]) for row in known) for side in ("current", "base"))
    attainment = None
    if len(known) == len(so_far) and target > 0:
        attainment = reached / target
        parts = {"numerator": reached, "denominator": target}
        lens.keep("attainment", attainment, "ratio", {"span": "year_to_date"}, year, **parts)
    return Card(
        label=review.language("report.year_to_date"),
        value=sales.value,
        versus=(versus(review, "net_sales", "year", year),),
        attainment=attainment,
    )
