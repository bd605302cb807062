"""The plan checker: reads a plan's statements against each other, and against the data."""

from __future__ import annotations

from salesnb.errors import PlanError
from salesnb.period import Calendar
from salesnb.plan.book import Book
from salesnb.plan.checks.catalogue import RULES
from salesnb.plan.checks.joint import list_conflicts
from salesnb.plan.facts import Facts
from salesnb.plan.findings import SEVERITIES, PlanFinding, PlanReport
from salesnb.plan.reading import read_plan
from salesnb.plan.statements import Plan


def check_plan(
    plan: Plan, facts: Facts | None = None, calendar: Calendar | None = None
) -> PlanReport:
    """Say where a plan contradicts itself, what it leaves open, and what holds.

    Parameters
    ----------
    plan
        The plan, as `reading.read_plan` gives it.
    facts
        What the company's data say; without them the plan is held against itself only.
    calendar
        Working days; that of the plan's header by default.

    Returns
    -------
    Findings of all rule classes, gravest first, each with its statements, arithmetic, size and
    repair; passed checks last. The same plan gives the same report.

    Examples
    --------
    >>> text = '''
    ... plan: {year: 2024}
    ... dimensions: {region: [East, West]}
    ... history:
    ... - {metric: net_sales, kind: share, scope: East, value: 60%}
    ... - {metric: net_sales, kind: share, scope: West, value: 40%}
    ... targets:
    ... - {metric: net_sales, kind: growth, value: +10%}
    ... - {metric: net_sales, kind: growth, scope: East, value: +10%}
    ... - {metric: net_sales, kind: growth, scope: West, value: +20%}
    ... '''
    >>> report = check_plan(read_plan(text))
    >>> [(found.rule, found.formula) for found in report.errors]
    [('K03', '60%×10% + 40%×20% = 14% ≠ 10%; 1.14 X ÷ 1.1 X − 1 = +3.64%')]
    """
    book = Book(plan, facts or Facts(), calendar or plan.header.calendar)
    findings: list[PlanFinding] = []
    states: dict[str, str] = {}
    for rule in RULES:
        findings += rule.check(book, tuple(findings))
    for name in dict.fromkeys(rule.id for rule in RULES):
        found = {finding.severity for finding in findings if finding.rule == name}
        states[name] = "passed" if found == {"passed"} else "found" if found else "not_applicable"
    return PlanReport(
        plan=plan,
        findings=tuple(sorted(findings, key=_order)),
        conflicts=list_conflicts(book, findings),
        rules=dict(sorted(states.items())),
        with_facts=facts is not None,
        where=plan.where,
    )


def check_text(
    text: str, where: str = "", facts: Facts | None = None, calendar: Calendar | None = None
) -> PlanReport:
    """Read and check a plan's text; a text that is no plan gives a report of its problems.

    The plan's header says its calendar; what it leaves out is as in the `calendar` given.

    Examples
    --------
    >>> report = check_text("plan: {yaer: 2024}")
    >>> report.exit_code, len(report.problems)
    (1, 2)
    """
    try:
        plan = read_plan(text, where, calendar)
    except PlanError as error:
        return PlanReport.unreadable(error)
    return check_plan(plan, facts)


def _order(found: PlanFinding) -> tuple[int, str, int, str]:
    line = found.statements[0].line if found.statements else 0
    return SEVERITIES.index(found.severity), found.rule, line, found.key
