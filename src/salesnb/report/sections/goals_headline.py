"""The first screen of the goal decomposition: how far the year is, where its plan breaks."""

from __future__ import annotations

from dataclasses import replace

from salesnb.findings.finding import leading
from salesnb.report.blocks import Block, group, note
from salesnb.report.cards import Card, Versus, cards
from salesnb.report.lists import FindingLine, actions_table, findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.actions import action_lines
from salesnb.report.sections.changes import finding_state
from salesnb.report.sections.goals_plan import plan_of, seen_findings
from salesnb.report.sections.parts import card, finding_line

_LEADING = 3
_ACTIONS = 3


@section("goal_headline")
def goal_headline(review: Review) -> Block:
    """Show how far the year's targets are, the gravest contradictions and what to do first."""
    language = review.language
    shown = [
        _sales(review),
        _target(review),
        _landing(review),
        card(review, "new_customers", "year", history=False),
        card(review, "repurchase_rate", "year", history=False),
        _contradictions(review),
    ]
    unfinished = None
    if not review.lens.finished:
        unfinished = note(language("report.unfinished", as_of=review.as_of))
    return group(
        cards([item for item in shown if item], language),
        unfinished,
        findings_list(_findings(review), language),
        actions_table(action_lines(review)[:_ACTIONS], language, language("report.first_actions")),
    )


def _sales(review: Review) -> Card | None:
    """Give sales so far beside the year's target and what was due by now."""
    found = card(review, "net_sales", "year", history=False)
    pace = review.lens.value("pace").value
    if found is None or found.attainment is None or not pace:
        return found
    return replace(found, pace=found.attainment / pace)


def _target(review: Review) -> Card | None:
    """Give the year's target and the growth it asks for."""
    lens, language = review.lens, review.language
    target = lens.target("net_sales", review.period)
    if target is None:
        return None
    lens.keep("target", target, "money")
    base = lens.value("net_sales", review.period.previous).value
    grown = target / base - 1 if base and base > 0 else None
    compared = (Versus(language("report.versus.year"), grown),) if grown is not None else ()
    return Card(language("goals.year_target"), target, versus=compared, better="none")


def _landing(review: Review) -> Card | None:
    """Give where the year ends at the pace so far."""
    if review.lens.finished:
        return None
    lens, language = review.lens, review.language
    landing, target = lens.value("landing").value, lens.target("net_sales", review.period)
    if landing is None:
        return None
    compared = ()
    if target:
        compared = (Versus(language("report.versus.target"), landing / target - 1),)
    return Card(language("metrics.landing.label"), landing, versus=compared)


def _contradictions(review: Review) -> Card | None:
    if plan_of(review) is None:
        return None
    found = seen_findings(review)
    count = {name: sum(one.severity == name for one in found) for name in ("error", "warning")}
    return Card(
        review.language("goals.contradictions"),
        count["error"],
        "count",
        note=review.language("goals.and_open", count=count["warning"]),
    )


def _findings(review: Review) -> list[FindingLine]:
    """Give the gravest contradiction of the plan, then what the data say."""
    language = review.language
    wrong = [one for one in seen_findings(review) if one.severity == "error"][:1]
    lines = [
        FindingLine(
            "bad",
            language("goals.titled", title=one.title(language), text=one.text(language)),
            section="goal_check",
        )
        for one in wrong
    ]
    found = leading(review.findings, _LEADING - len(lines))
    return lines + [finding_line(review, one, finding_state(review, one)) for one in found]
