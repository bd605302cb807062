"""The plan file of a report's year: read and checked once, cut to what a region may see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from salesnb.errors import PlanError
from salesnb.language import is_missing
from salesnb.metrics.compare import target_value
from salesnb.period import Period
from salesnb.plan.check import check_plan
from salesnb.plan.data_facts import plan_facts
from salesnb.plan.findings import PlanFinding, PlanReport
from salesnb.plan.problems import say_problem
from salesnb.plan.reading import read_plan
from salesnb.plan.revisions import plan_versions
from salesnb.plan.scopes import Scope
from salesnb.plan.statements import Plan, Record, Statement
from salesnb.report.blocks import Block, note
from salesnb.report.review import Review
from salesnb.report.sections.parts import name_of, names, value_name

AnyRecord = TypeVar("AnyRecord", bound=Record)


def plan_path(review: Review) -> Path | None:
    """Give the newest version of the plan of the report's year, None where there is none."""
    path = review.parameters.folder / f"plan_{review.period}.yaml"
    return plan_versions(path)[-1].path if path.is_file() else None


def checked_plan(review: Review) -> PlanReport | None:
    """Give what the checker says of the plan of the report's year, None where there is none.

    The company's is held against the data, as `salesnb check PLAN --data DIR` does; a region's
    report holds no figures of the others, so there the plan is held against itself.
    """

    def look() -> PlanReport | None:
        path = plan_path(review)
        if path is None:
            return None
        try:
            plan = read_plan(path, calendar=review.calendar)
        except PlanError as error:
            return PlanReport.unreadable(error)
        facts = plan_facts(plan, review.store, review.settings) if review.whole_company else None
        return check_plan(plan, facts)

    return review.lens.dataset.kept(("checked_plan", review.period), look)


def plan_of(review: Review) -> Plan | None:
    """Give the plan of the report's year, None where there is none that can be read."""
    report = checked_plan(review)
    return None if report is None else report.plan


def no_plan(review: Review) -> Block:
    """Say in a line that there is no plan file for the year, or that it cannot be read."""
    report = checked_plan(review)
    if report is not None and report.problems:
        lines = [say_problem(problem, review.language) for problem in report.problems]
        return note(review.language("goals.unreadable", file=report.where), *lines)
    return note(review.language("goals.no_plan", file=f"plan_{review.period}.yaml"))


# What a region may see ------------------------------------------------------------------------


def is_seen(review: Review, scope: Scope) -> bool:
    """Whether a scope is the company's or the region's own."""
    return review.whole_company or set(scope.members("region")) <= {review.region}


def seen(review: Review, records: Iterable[AnyRecord]) -> list[AnyRecord]:
    """Give the records of a plan a report may show."""
    return [record for record in records if is_seen(review, record.scope)]


def seen_findings(review: Review) -> list[PlanFinding]:
    """Give the checker's findings that rest on nothing but what a report may show.

    Empty where there is no plan, or none that can be read.
    """

    def look() -> list[PlanFinding]:
        report = checked_plan(review)
        if report is None or report.plan is None:
            return []
        if review.whole_company:
            return list(report.findings)
        people = report.plan.people.values()
        hidden = {person.name for person in people if not is_seen(review, person.scope)}
        hidden |= set(review.store.regions) - {review.region}
        mine = [one for one in report.findings if _rests_on_seen(review, one)]
        return [one for one in mine if not _names_any(hidden, one.text(review.language))]

    return review.lens.dataset.kept(("seen_findings", review.period), look)


def _rests_on_seen(review: Review, found: PlanFinding) -> bool:
    return all(is_seen(review, record.scope) for record in found.statements)


def _names_any(names: Iterable[str], text: str) -> bool:
    return any(name in text for name in names)


# Words ----------------------------------------------------------------------------------------


def scope_text(review: Review, scope: Scope, plan: Plan) -> str:
    """Name a plan's scope as readers do; the whole company has a name too."""

    def label(name: str, member: str) -> str:
        dimension = plan.dimensions.get(name)
        known = dimension.labels.get(member) if dimension is not None else None
        return known or value_name(review, name, member)

    if scope.is_company:
        return review.language("report.company")
    return " · ".join(
        "+".join(label(name, member) for member in members) for name, members in scope.parts
    )


def metric_text(review: Review, metric: str, plan: Plan) -> str:
    """Name a metric of the plan: the registry's name, or the plan's own label."""
    known = plan.metrics.get(metric)
    labels = known.labels if known is not None else {}
    label = labels.get(review.language.code) or labels.get("") or metric
    own = review.language.label(f"plan.metric.{metric}", label)
    return review.language.label(f"metrics.{metric}.label", own)


def statement_name(review: Review, plan: Plan, found: Statement) -> str:
    """Name what a statement is of: metric, scope and, within the year, its period."""
    parts = [metric_text(review, found.metric, plan)]
    if not found.scope.is_company:
        parts.append(scope_text(review, found.scope, plan))
    if found.period != plan.header.year:
        parts.append(review.language.period(found.period))
    kind = found.kind if found.kind in ("growth", "share") else ""
    return " · ".join(parts) + (review.language(f"goals.kind.{kind}") if kind else "")


def month_label(review: Review, month: object) -> str:
    """Name a month in a table of the year; with its year where the fiscal year has two of them."""
    short = review.calendar.fiscal_start == 1
    return review.language.period(Period.parse(str(month)), short=short)


def person_name(review: Review, owner: object) -> str:
    """Give an owner's name; a region reads no names of other regions."""
    text = "" if is_missing(owner) else str(owner)
    return names(review, "rep").get(text, text)


# Targets --------------------------------------------------------------------------------------


def sales_targets(
    review: Review, by: tuple[str, ...] = (), period: Period | None = None, version: int = 0
) -> pd.DataFrame:
    """Give the targets for net sales of a period: *by, target, owner; empty where there are none.

    Each is kept as a fact of the metric `target`.
    """
    lens = review.lens
    when = period or review.period
    if not lens.has("targets"):
        return pd.DataFrame(columns=[*by, "target", "owner"])

    def look() -> pd.DataFrame:
        rows = target_value(lens.dataset, "net_sales", when, by, version=version)
        rows = rows[rows["reason"].isna() & rows["target"].notna()].reset_index(drop=True)
        if not version:
            for row in rows.to_dict("records"):
                scope = {name: str(row[name]) for name in by}
                lens.keep("target", float(row["target"]), "money", scope, when)
        return rows

    return lens.dataset.kept(("sales_targets", when, by, version), look).copy(deep=False)


def sales_name(review: Review) -> str:
    """Give the name of net sales."""
    return name_of(review, "net_sales")
