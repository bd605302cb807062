"""Service: renewals, complaints, answers in time."""

from __future__ import annotations

import pandas as pd

from salesnb.figures.pareto import draw_pareto
from salesnb.findings.spans import inside, months, over
from salesnb.report.blocks import Block, group, note
from salesnb.report.cards import cards
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import card, compared, said, scope_name, value_name


@section("retention")
def retention_risk(review: Review) -> Block:
    """Show renewals against their target, complaints by cause, and late answers."""
    lens = review.lens
    wanted = ("renewal_rate", "complaint_rate", "sla_rate", "csat")
    shown = [card(review, metric, "year", "month") for metric in wanted]
    known = [item for item in shown if item]
    if not known:
        return note(review.language("report.no_service"))
    return group(
        said(review, "retention", review.language("report.retention_as_usual")),
        cards(known, review.language),
        complaint_causes(review) if lens.has("tickets", "cause") else None,
    )


def complaint_causes(review: Review) -> Block | None:
    """Draw the complaints of the last three months by cause, largest first."""
    lens = review.lens
    tickets = inside(lens.dataset.frame("tickets"), "opened", over(lens, months(lens, 3)))
    complaints = tickets[tickets["kind"].astype(object) == "complaint"]
    counts = complaints["cause"].astype(str).value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    if len(counts) < 2:
        return None
    frame = pd.DataFrame(
        {
            "label": [value_name(review, "cause", name) for name in counts.index],
            "value": counts.to_numpy(),
        }
    )
    title = review.language(
        "report.causes_title", name=frame["label"][0], share=counts.iloc[0] / counts.sum()
    )
    drawn = draw_pareto(
        frame,
        review.language,
        title=title,
        subtitle=review.language("report.causes_subtitle", scope=scope_name(review)),
        unit="count",
    )
    return chart(drawn, review.language, with_data=True)


@section("service", "tickets.first_response")
def service_levels(review: Review) -> Block:
    """Show tickets answered in time by kind and department, and leads followed up in time."""
    shown = [
        compared(review, "sla_rate", dimension)
        for dimension, column in (("kind", "kind"), ("department", "department"))
        if review.lens.has("tickets", column) and dimension in review.lens.dimensions("sla_rate")
    ]
    wanted = ("sla_rate", "follow_up_rate")
    top = [item for metric in wanted if (item := card(review, metric, "year", "month"))]
    return group(said(review, "service"), cards(top, review.language), *shown)
