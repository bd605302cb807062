"""What the plan says, and where it contradicts itself: findings, strategy, targets, owners."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from salesnb.plan.findings import PlanFinding
from salesnb.plan.quantities import Quantity
from salesnb.plan.statements import Plan, Statement
from salesnb.report.blocks import Block, fold, group, lead, note
from salesnb.report.lists import FindingLine, findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_plan import (
    checked_plan,
    is_seen,
    no_plan,
    person_name,
    plan_of,
    scope_text,
    seen,
    seen_findings,
    statement_name,
)
from salesnb.report.tables import Col, table

_LOOKS = {"error": "bad", "warning": "warn", "info": "info", "passed": "good"}
_SMART = {"K25": "specific", "K26": "measurable", "K27": "achievable", "K28": "relevant"}
_SMART |= {"K29": "timely", "K30": "measurable"}
LETTERS = ("specific", "measurable", "achievable", "relevant", "timely")


@section("goal_check")
def goal_check(review: Review) -> Block:
    """Show where the plan contradicts itself, gravest first, then what was found in order."""
    report = checked_plan(review)
    if report is None or report.plan is None:
        return no_plan(review)
    language = review.language
    found = seen_findings(review)
    counts = Counter(one.severity for one in found)
    for severity in _LOOKS:
        review.lens.keep("plan_findings", counts[severity], "count", {"severity": severity})
    open_ = [one for one in found if one.severity != "passed"]
    shown = {
        severity: [plan_finding_line(review, one) for one in open_ if one.severity == severity]
        for severity in ("error", "warning", "info")
    }
    key = "check_counts" if review.whole_company else "check_counts_region"
    sentence = language(f"goals.{key}", **{name: counts[name] for name in _LOOKS})
    blocks: list[Block] = [lead(sentence)]
    for severity, lines in shown.items():
        if lines:
            said = language(f"goals.check_{severity}", count=len(lines))
            listed = findings_list(lines, language)
            blocks += [note(said), listed] if severity == "error" else [fold(said, listed)]
    return group(*blocks, _passed(review, [one for one in found if one.severity == "passed"]))


def plan_finding_line(review: Review, found: PlanFinding) -> FindingLine:
    """Give a finding as a line: its sentence, then statements, arithmetic, repair."""
    language = review.language
    sources = language.list(dict.fromkeys(one.source or one.id for one in found.statements))
    parts = [language("goals.from_statements", sources=sources)] if sources else []
    if found.assumes:
        parts.append(language("goals.assumes", text=found.assumption(language)))
    if found.formula:
        parts.append(language("goals.arithmetic", text=found.formula))
    if repair := found.repair(language):
        parts.append(language("goals.repair", text=repair))
    title = language("goals.titled", title=found.title(language), text=found.text(language))
    return FindingLine(_LOOKS[found.severity], title, detail=" ".join(parts))


def _passed(review: Review, found: list[PlanFinding]) -> Block | None:
    language = review.language
    if not found:
        return None
    frame = pd.DataFrame(
        {
            "rule": [one.title(language) for one in found],
            "text": [one.text(language) for one in found],
            "formula": [one.formula for one in found],
        }
    )
    columns = [
        Col("rule", language("goals.rule")),
        Col("text", language("goals.passed_text")),
        Col("formula", language("goals.formula"), wide_only=True),
    ]
    name = language("goals.passed", count=len(found))
    return fold(name, table(frame, columns, language, name, max_rows=100))


@section("goal_strategy")
def goal_strategy(review: Review) -> Block:
    """Bind each strategic sentence to the targets and milestones that serve it."""
    plan = plan_of(review)
    if plan is None:
        return no_plan(review)
    language = review.language
    records = []
    for item in seen(review, plan.strategy):
        serving = [one for one in plan.records if one.strategy == item.id]
        serving = seen(review, serving)
        bound = language.list(dict.fromkeys(one.source or one.id for one in serving))
        lacking = (item.count or 0) - len({one.item for one in serving if one.item})
        state = "good:" + language("goals.bound")
        if not serving:
            state = "bad:" + language("goals.unbound")
        elif lacking > 0:
            state = "warn:" + language("goals.partly_bound", missing=lacking, count=item.count)
        records.append({"source": item.source, "text": item.text, "bound": bound, "state": state})
    unbound = sum(1 for row in records if not row["state"].startswith("good"))
    review.lens.keep("strategy_unbound", unbound, "count")
    columns = [
        Col("source", language("goals.line")),
        Col("text", language("goals.strategy")),
        Col("bound", language("goals.served_by")),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("goals.strategy_caption")
    sentence = language("goals.strategy_lead", count=len(records), unbound=unbound)
    return group(
        lead(sentence), table(pd.DataFrame(records), columns, language, caption, max_rows=20)
    )


@section("goal_sheet")
def goal_sheet(review: Review) -> Block:
    """List every target with its bound, its start, the growth it needs, owner and deadline."""
    plan = plan_of(review)
    if plan is None:
        return no_plan(review)
    language = review.language
    targets = seen(review, plan.targets)
    starts = {
        (one.metric, one.kind, one.scope.text): one.value for one in plan.history if one.value.known
    }
    faults = _smart_faults(review)
    rows = []
    for found in targets:
        start = found.baseline or starts.get((found.metric, found.kind, found.scope.text))
        if found.is_phase or found.of:
            start = None
        marks = "".join(
            language(f"goals.letter.{name}")
            for name in LETTERS
            if name not in faults.get(found.id, set())
        )
        rows.append(
            {
                "source": found.source,
                "name": statement_name(review, plan, found),
                "value": written(found.value),
                "start": written(start) if start else language("base.none"),
                "needed": _needed(review, plan, found, start),
                "owner": language.list(person_name(review, one) for one in found.owner)
                or language("base.none"),
                "deadline": found.deadline,
                "smart": marks or language("base.none"),
            }
        )
    complete = sum(1 for found in targets if not faults.get(found.id))
    review.lens.keep("smart_targets", complete, "count", n=len(targets))
    columns = [
        Col("source", language("goals.line")),
        Col("name", language("report.target")),
        Col("value", language("goals.value")),
        Col("start", language("goals.start")),
        Col("needed", language("goals.needed"), "percent"),
        Col("owner", language("page.action.owner"), wide_only=True),
        Col("deadline", language("page.action.due"), "date", wide_only=True),
        Col("smart", "SMART", wide_only=True),
    ]
    caption = language("goals.sheet_caption", count=len(targets))
    sentence = language("goals.sheet_lead", count=len(targets), complete=complete)
    return group(
        lead(sentence),
        fold(caption, table(pd.DataFrame(rows), columns, language, caption, max_rows=80)),
        note(language("goals.smart_note")),
    )


def written(value: Quantity) -> str:
    """Give a quantity as the plan has it, its sign before it once."""
    sign = value.sign if value.sign in ("≥", "≤") else ""
    text = value.shown.strip()
    return text if text.startswith(sign) else f"{sign} {text}"


def _needed(review: Review, plan: Plan, found: Statement, start: Quantity | None) -> float | None:
    """Give the growth a target asks for: as written, or from its start."""
    if not found.value.known or found.is_phase or found.of:
        return None
    if found.kind == "growth":
        return found.point
    if start is None or not start.known or start.point <= 0:
        return None
    total = next(
        (one.point for one in plan.targets if one.kind == "growth" and one.scope.is_company), 0.0
    )
    grown = 1 + total if found.kind == "share" and found.metric == "net_sales" else 1.0
    return found.point / start.point * grown - 1


def _smart_faults(review: Review) -> dict[str, set[str]]:
    """Give which of the five SMART demands each target fails, by the checker's findings."""
    report = checked_plan(review)
    faults: dict[str, set[str]] = {}
    for found in report.findings if report else ():
        letter = _SMART.get(found.rule)
        if letter is None or found.severity == "passed":
            continue
        for one in found.statements:
            faults.setdefault(one.id, set()).add(letter)
    plan = plan_of(review)
    for one in plan.targets if plan else ():
        if one.deadline is None and one.period == plan.header.year:  # type: ignore[union-attr]
            faults.setdefault(one.id, set()).add("timely")
    return faults


@section("goal_owners")
def goal_owners(review: Review) -> Block:
    """Show who answers for what, and what nobody or only a team answers for."""
    plan = plan_of(review)
    if plan is None:
        return no_plan(review)
    language = review.language
    targets = seen(review, [*plan.targets, *plan.milestones])
    teams = {one.name for one in plan.people.values() if one.is_team}
    people = [one for one in plan.people.values() if is_seen(review, one.scope)]
    rows = []
    for person in people:
        mine = [one for one in targets if person.name in one.owner]
        if not mine and person.is_team and not person.is_new:
            continue
        dated = sum(1 for one in mine if getattr(one, "deadline", None) or getattr(one, "due", 0))
        state = "good:" + language("goals.one_person")
        if person.is_team or person.name in teams:
            state = "warn:" + language("goals.team")
        if not mine:
            state = "bad:" + language("goals.no_target")
        rows.append(
            {
                "name": person.name,
                "role": person.role or scope_text(review, person.scope, plan),
                "count": len(mine),
                "dated": dated,
                "what": language.list(dict.fromkeys(one.text for one in mine)),
                "state": state,
            }
        )
    unowned = _without_owner(review)
    by_team = [one for one in targets if set(one.owner) & teams]
    review.lens.keep("targets_without_owner", len(unowned), "count", n=len(targets))
    review.lens.keep("targets_owned_by_team", len(by_team), "count", n=len(targets))
    columns = [
        Col("name", language("page.action.owner")),
        Col("role", language("goals.role"), wide_only=True),
        Col("count", language("goals.task_count"), "count"),
        Col("dated", language("goals.dated_count"), "count", wide_only=True),
        Col("what", language("goals.tasks")),
        Col("state", language("report.state"), "status"),
    ]
    sentence = language(
        "goals.owners_lead", count=len(targets), unowned=len(unowned), team=len(by_team)
    )
    caption = language("goals.owners_caption")
    return group(
        lead(sentence),
        table(pd.DataFrame(rows), columns, language, caption, max_rows=40) if rows else None,
        _unowned(review, plan, unowned),
    )


def _without_owner(review: Review) -> list[Statement]:
    """Give the targets nobody answers for, anywhere in the plan, as the checker found them."""
    report = checked_plan(review)
    return [
        one
        for found in (report.findings if report is not None else ())
        if (found.rule, found.case) == ("K22", "unowned")
        for one in seen(review, found.statements)
        if isinstance(one, Statement)
    ]


def _unowned(review: Review, plan: Plan, unowned: list[Statement]) -> Block | None:
    if not unowned:
        return None
    language = review.language
    frame = pd.DataFrame(
        {
            "source": [one.source for one in unowned],
            "name": [statement_name(review, plan, one) for one in unowned],
            "value": [written(one.value) for one in unowned],
            "suggested": [_suggested(review, plan, one) for one in unowned],
        }
    )
    columns = [
        Col("source", language("goals.line")),
        Col("name", language("report.target")),
        Col("value", language("goals.value")),
        Col("suggested", language("goals.suggested_owner")),
    ]
    caption = language("goals.unowned_caption", count=len(unowned))
    return table(frame, columns, language, caption, max_rows=60)


def _suggested(review: Review, plan: Plan, found: Statement) -> str:
    """Name the person whose part of the company the target lies in; the director for the rest."""
    for person in plan.people.values():
        if not person.is_team and not person.scope.is_company and found.scope.within(person.scope):
            return person.name
    return review.language("goals.director")
