"""Leads and deals: from a lead to an order, where it gets stuck, what was lost."""

from __future__ import annotations

import pandas as pd

from salesnb.figures.funnel import draw_funnel
from salesnb.findings.rules_funnel import is_internal_reason
from salesnb.findings.spans import inside, months, over
from salesnb.report.blocks import Block, group, note
from salesnb.report.cards import cards
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import (
    card,
    compared,
    labelled,
    said,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table


@section("funnel", "leads")
def funnel(review: Review) -> Block:
    """Show conversion and cycle, the stages of deals, and the stage that loses most."""
    wanted = ("leads", "valid_lead_rate", "lead_conversion", "win_rate", "sales_cycle_days")
    shown = [card(review, metric, "year", "month") for metric in wanted]
    return group(
        said(review, "funnel"),
        cards([item for item in shown if item], review.language),
        _stages(review),
        _loss_reasons(review),
    )


def _stages(review: Review) -> Block | None:
    """Draw how many deals of the last six months reached each stage."""
    lens = review.lens
    if not lens.has("opp_stage_history", "stage", "stage_order"):
        return None
    history = lens.dataset.frame("opp_stage_history")
    closed = _closed(review)
    rows = history[history["opp_id"].astype(object).isin(closed["opp_id"].astype(object))]
    if rows.empty:
        return None
    order = rows.groupby("stage", observed=True)["stage_order"].min().sort_values()
    reached = rows.groupby(rows["opp_id"].astype(object))["stage_order"].max()
    frame = pd.DataFrame(
        {
            "label": [value_name(review, "stage", stage) for stage in order.index],
            "value": [int((reached >= place).sum()) for place in order],
        }
    )
    if len(frame) < 2:
        return None
    steps = (frame["value"] / frame["value"].shift(1)).iloc[1:]
    worst = int(steps.idxmin())
    lens.measure("stage_conversion", ["stage"])
    title = review.language(
        "report.funnel_title",
        start=frame["label"][worst - 1],
        end=frame["label"][worst],
        rate=steps[worst],
    )
    drawn = draw_funnel(
        frame,
        review.language,
        title=title,
        subtitle=review.language("report.funnel_subtitle", scope=scope_name(review)),
    )
    return chart(drawn, review.language, with_data=True)


def _closed(review: Review) -> pd.DataFrame:
    """Give the deals won or lost in the last six months."""
    deals = review.lens.dataset.frame("opportunities")
    closed = deals[deals["outcome"].astype(object).isin(["won", "lost"])]
    return inside(closed, "close_date", over(review.lens, months(review.lens, 6)))


def _loss_reasons(review: Review) -> Block | None:
    if not review.lens.has("opportunities", "loss_reason", "close_date"):
        return None
    closed = _closed(review)
    lost = closed[closed["outcome"].astype(object) == "lost"]
    if lost.empty:
        return None
    sums = lost.groupby(lost["loss_reason"].astype(str))["amount"].agg(["size", "sum"])
    sums = sums.sort_values("sum", ascending=False).reset_index()
    sums["share"] = sums["sum"] / lost["amount"].sum()
    review.lens.measure("loss_share", ["loss_reason"])
    columns = [
        Col("label", review.language("report.loss_reason")),
        Col("size", review.language("report.deal_count"), "count"),
        Col("sum", review.language("report.lost_amount"), "bar"),
        Col("share", review.language("report.share"), "percent"),
    ]
    total = {
        "label": review.language("report.total"),
        "size": len(lost),
        "sum": lost["amount"].sum(),
        "share": 1.0,
    }
    named = sums.assign(label=[value_name(review, "loss_reason", v) for v in sums["loss_reason"]])
    caption = review.language("report.loss_reasons", scope=scope_name(review))
    return table(named, columns, review.language, caption, total=total, max_rows=8)


@section("leads", "leads.verdict")
def lead_pool(review: Review) -> Block:
    """Show valid leads by source and by person."""
    by = [
        compared(review, "valid_lead_rate", dimension)
        for dimension, column in (("channel", "channel"), ("rep", "rep_id"))
        if review.lens.has("leads", column)
    ]
    return group(said(review, "leads", review.language("report.leads_as_usual")), *by)


@section("lost", "opportunities.loss_reason", "opportunities.close_date")
def lost_deals(review: Review) -> Block:
    """List the largest deals lost in the period, with reason and competitor."""
    deals = review.lens.dataset.frame("opportunities")
    lost = deals[deals["outcome"].astype(object) == "lost"]
    lost = inside(lost, "close_date", review.lens.window).sort_values("amount", ascending=False)
    if lost.empty:
        return note(review.language("report.none_lost"))
    shown = labelled(review, lost.head(10).assign(customer=lost["customer_id"]), "customer")
    shown = shown.assign(
        reason=[value_name(review, "loss_reason", value) for value in shown["loss_reason"]],
        who=[value_name(review, "rep", value) for value in shown["rep_id"]],
        highlight=[is_internal_reason(value) for value in shown["loss_reason"]],
    )
    columns = [
        Col("label", review.language("report.dimension.customer")),
        Col("amount", review.language("report.deal_amount"), "bar"),
        Col("reason", review.language("report.loss_reason")),
        Col("who", review.language("report.dimension.rep")),
        Col("close_date", review.language("report.day"), "date", wide_only=True),
    ]
    return group(
        said(review, "lost"),
        table(
            shown,
            columns,
            review.language,
            review.language("report.lost_deals", scope=scope_name(review)),
            notes=[review.language("report.internal_marked")],
        ),
    )
