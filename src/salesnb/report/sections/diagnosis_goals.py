"""Draft goals: whether each is SMART, and whether the year's sales are within reach."""

from __future__ import annotations

import pandas as pd

from salesnb.metrics.registry import METRICS
from salesnb.plan.findings import PlanReport
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_drafts import (
    LETTERS,
    Goal,
    checked_drafts,
    drafts,
    goal_text,
    goal_year,
    is_sum,
    level_period,
    year_ahead,
)
from salesnb.report.sections.parts import (
    shown_unit,
    written_block,
)
from salesnb.report.tables import Col, table


@section("draft_goals")
def draft_goals(review: Review) -> Block:
    """Show the drafted goals, whether each is SMART, and whether sales are within reach."""
    language, goals = review.language, drafts(review)
    if not goals:
        return group(
            note(language("diagnosis.no_goals")), written_block(review, "qualitative_goals")
        )
    report = checked_drafts(review)
    faults = _faults(review, report)
    rows = []
    for place, goal in enumerate(goals, start=1):
        lacking = faults.get(f"G{place}", {})
        scope = {"metric": goal.metric}
        unit = METRICS[goal.metric].unit
        review.lens.keep("draft_goal", goal.target, unit, scope, goal_year(review))
        rows.append(
            {
                "text": goal_text(review, goal),
                "owner": goal.owner,
                "source": language(f"diagnosis.goal_source.{goal.source}"),
                "smart": _smart(review, set(lacking)),
                "fix": " ".join(dict.fromkeys(lacking.values())) or language("base.none"),
            }
        )
    columns = [
        Col("text", language("diagnosis.goal")),
        Col("owner", language("page.action.owner")),
        Col("source", language("diagnosis.goal_origin"), wide_only=True),
        Col("smart", "SMART", "status"),
        Col("fix", language("diagnosis.to_mind")),
    ]
    caption = language(
        "diagnosis.goals_caption", period=goal_year(review), scope=review.region_name
    )
    return group(
        _reach(review),
        table(pd.DataFrame(rows), columns, language, caption),
        note(language("diagnosis.smart_note")),
        written_block(review, "qualitative_goals"),
    )


def _faults(review: Review, report: PlanReport) -> dict[str, dict[str, str]]:
    """Give, for each goal, the SMART letters the checker minds, with what it says."""
    found: dict[str, dict[str, str]] = {}
    for each in report.findings:
        letter = LETTERS.get(each.rule)
        if letter is None or each.severity not in ("error", "warning"):
            continue
        for name in each.ids:
            found.setdefault(name, {})[letter] = each.text(review.language)
    for place, goal in enumerate(drafts(review), start=1):
        best = _best(review, goal)
        if best is not None:
            text = review.language(
                "diagnosis.beyond_best", best=review.language.show(best, shown_unit(goal.metric))
            )
            found.setdefault(f"G{place}", {})["A"] = text
    return found


def _best(review: Review, goal: Goal) -> float | None:
    """Give the best level of eight quarters where a goal for a level lies beyond it."""
    period = None if is_sum(goal.metric) else level_period(review, goal.metric)
    if period is None:
        return None
    past = [review.lens.value(goal.metric, period.shift(-back)).value for back in range(8)]
    known = [value for value in past if value is not None]
    up = METRICS[goal.metric].better == "up"
    best = max(known) if up else min(known)
    return best if (goal.target > best if up else goal.target < best) else None


def _smart(review: Review, lacking: set[str]) -> str:
    if not lacking:
        return f"good:{review.language('diagnosis.smart_all')}"
    letters = "".join(letter for letter in LETTERS.values() if letter in lacking)
    return f"warn:{review.language('diagnosis.smart_but', letters=letters)}"


def _reach(review: Review) -> Block:
    """Say whether the year's goal for sales lies inside what the forecast says is likely."""
    language, year = review.language, goal_year(review)
    goal = next((each for each in drafts(review) if each.metric == "net_sales"), None)
    ahead = year_ahead(review, year)
    if goal is None or ahead is None:
        return note(language("report.no_forecast"))
    values = {
        "period": year,
        "target": goal.target,
        "forecast": ahead.middle,
        "low": ahead.low,
        "high": ahead.high,
    }
    if goal.source == "forecast":
        return lead(language("diagnosis.year_foreseen", **values))
    key = "inside"
    if goal.target > ahead.high:
        key = "above"
    elif goal.target < ahead.low:
        key = "below"
    growth = goal.target / goal.now - 1 if goal.now else None
    sentence = language(f"diagnosis.year_{key}", **values)
    if growth is not None:
        cagr = review.lens.value("cagr", year.previous)
        sentence += language("diagnosis.year_growth", growth=growth)
        if cagr.value is not None:
            sentence += language("diagnosis.year_cagr", cagr=cagr.value)
    return lead(sentence)
