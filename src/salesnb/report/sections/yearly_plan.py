"""Next year's plan: its goals, and what the plan checker says of them."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.plan.findings import PlanReport
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.lists import findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.goals_check import plan_finding_line
from salesnb.report.sections.parts import (
    dimension_name,
    name_of,
    shown_unit,
    value_name,
)
from salesnb.report.sections.yearly_draft import MOST_PARTS, Draft, checked_draft, drafted
from salesnb.report.tables import Col, table

_FLAT = 0.0005


@section("yearly_plan")
def yearly_plan(review: Review) -> Block:
    """Show the drafted goals of next year, and what the plan checker says of them."""
    language, lens = review.language, review.lens
    draft = drafted(review)
    if draft is None:
        return note(language("yearly.no_draft"))
    checked = checked_draft(review, draft)
    of = "" if lens.finished else "_landing"
    base = language(f"yearly.draft_base{of}", year=review.period, base=draft.base)
    key = "draft_lead" if draft.total.growth > _FLAT else "draft_flat"
    sentence = review.language(f"yearly.{key}", year=draft.year, base=base,
        total=kept(review, "target_draft", draft.total.value, "money", period=draft.year),
        growth=kept(review, "target_draft_growth", draft.total.growth, "ratio", {}, draft.year,
                    numerator=draft.total.value - draft.base, denominator=draft.base),
    )  # fmt: skip
    blocks: list[Block | None] = [
        lead(sentence, language(f"yearly.draft_ground_{draft.total.ground}"))
    ]
    blocks += [_part_table(review, draft, name) for name in draft.parts]
    blocks += [_quarter_table(review, draft), _other_table(review, draft)]
    how = [language(f"yearly.draft_how_{name}") for name in draft.parts]
    return group(*blocks, _findings(review, checked), note(*how, language("yearly.draft_note")))


def _part_table(review: Review, draft: Draft, dimension: str) -> Block:
    language, lens = review.language, review.lens
    rows = draft.parts[dimension]
    frame = rows.reset_index(names="name")
    frame = frame.assign(
        label=[value_name(review, dimension, name) for name in frame["name"]],
        share=frame["base"] / frame["base"].sum(),
        next_share=frame["target"] / frame["target"].sum(),
    )
    for row in frame.to_dict("records"):
        lens.keep("target_draft", row["target"], "money", {dimension: row["name"]}, draft.year)
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("base", language("yearly.base"), "money"),
        Col("share", language("yearly.base_share"), "percent", wide_only=True),
        Col("target", language("yearly.draft_goal"), "money"),
        Col("next_share", language("yearly.goal_share"), "percent", wide_only=True),
        Col("growth", language("yearly.growth"), "delta", "percent"),
        Col("owner", language("page.action.owner"), wide_only=True),
    ]
    foot = {"label": language("report.total"), "base": float(frame["base"].sum()),
            "target": float(frame["target"].sum()), "share": 1.0, "next_share": 1.0,
            "growth": draft.total.growth, "owner": ""}  # fmt: skip
    caption = language("yearly.draft_parts", year=draft.year,
                       dimension=dimension_name(review, dimension))  # fmt: skip
    return table(frame, columns, language, caption, total=foot, max_rows=MOST_PARTS)


def _quarter_table(review: Review, draft: Draft) -> Block | None:
    language = review.language
    if draft.quarters.empty:
        return None
    rows = [
        {
            "label": language.period(_quarter(review, draft.year, int(place))),
            "share": percent / 100,
            "target": draft.total.value * percent / 100,
        }
        for place, percent in draft.quarters.items()
    ]
    columns = [
        Col("label", language("yearly.quarter")),
        Col("share", language("report.share"), "percent"),
        Col("target", language("yearly.draft_goal"), "money"),
    ]
    total = {"label": language("report.total"), "share": 1.0, "target": draft.total.value}
    caption = language("yearly.draft_quarters", year=draft.year)
    return table(pd.DataFrame(rows), columns, language, caption, total=total)


def _quarter(review: Review, year: Period, place: int) -> Period:
    window = review.calendar.window(year)
    return review.calendar.periods(window, "quarter")[place - 1]


def _other_table(review: Review, draft: Draft) -> Block | None:
    language = review.language
    if not draft.others:
        return None
    rows = [
        {
            "label": name_of(review, one["metric"]),
            "base": language.show(one["baseline"], shown_unit(one["metric"])),
            "goal": "≥ " + language.show(one["value"], shown_unit(one["metric"])),
        }
        for one in draft.others
    ]
    for one in draft.others:
        review.lens.keep("target_draft", one["value"], METRICS[one["metric"]].unit,
                         {"metric": one["metric"]}, draft.year)  # fmt: skip
    columns = [
        Col("label", language("report.metric")),
        Col("base", language("report.this_period")),
        Col("goal", language("yearly.draft_goal")),
    ]
    return table(
        pd.DataFrame(rows), columns, language, language("yearly.draft_others", year=draft.year)
    )


def _findings(review: Review, checked: PlanReport) -> Block:
    """Show what the checker found, gravest first."""
    language = review.language
    if checked.problems:
        return note(*(str(problem) for problem in checked.problems))
    counts = Counter(found.severity for found in checked.findings)
    for severity in ("error", "warning", "info", "passed"):
        review.lens.keep("draft_findings", counts[severity], "count", {"severity": severity})
    open_ = [found for found in checked.findings if found.severity != "passed"]
    sentence = language(
        "yearly.draft_checked", error=counts["error"], warning=counts["warning"],
        info=counts["info"], passed=counts["passed"],
    )  # fmt: skip
    lines = [plan_finding_line(review, found) for found in open_[:12]]
    return group(lead(sentence), findings_list(lines, language) if lines else None)
