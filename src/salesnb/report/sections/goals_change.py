"""Following the plan: what is looked at when, what falls short, how targets were changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.plan.adjustment import propose_adjustments
from salesnb.plan.revisions import version_table
from salesnb.plan.tracking import attainment_by_version
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_course import next_day
from salesnb.report.sections.goals_plan import (
    no_plan,
    plan_of,
    plan_path,
    sales_targets,
    seen,
)
from salesnb.report.sections.goals_rewards import finished_quarters
from salesnb.report.sections.parts import dimension_name, scope_name, value_name
from salesnb.report.tables import Col, table

_THRESHOLD = 0.9
_REMARKS = "remarks"


@section("goal_monitoring")
def goal_monitoring(review: Review) -> Block:
    """List what the plan looks at and when, with the next dates, and what has not come in."""
    plan, language = plan_of(review), review.language
    if plan is None:
        return group(no_plan(review), _missing_remarks(review))
    rows = []
    for one in seen(review, plan.monitoring):
        if one.type in ("training", "service"):
            continue
        every = one.every or "year"
        rows.append(
            {
                "source": one.source,
                "text": one.text,
                "every": language(f"goals.every_{every}") if one.type != "approval"
                else language("goals.when_asked"),
                "next": _next(review, one.day, one.on, one.covers),
                "approver": one.approver,
            }
        )  # fmt: skip
    review.lens.keep("monitoring_rules", len(rows), "count")
    columns = [
        Col("source", language("goals.line")),
        Col("text", language("goals.monitor")),
        Col("every", language("goals.every")),
        Col("next", language("goals.next_date"), "date"),
        Col("approver", language("goals.approver"), wide_only=True),
    ]
    caption = language("goals.monitoring_caption")
    return group(
        table(pd.DataFrame(rows), columns, language, caption, max_rows=30) if rows else None,
        note(language("goals.monitoring_note")),
        _missing_remarks(review),
        _year_end(review),
    )


def _next(review: Review, day: int | None, on: date | None, covers: str) -> date | None:
    """Give the next day something happens, moved on to a working day."""
    if on is not None:
        return on
    if day is not None:
        first = review.as_of
        return next_day(review, first, day)
    if covers == "quarter":
        left = [
            review.calendar.window(quarter).end
            for quarter in review.calendar.periods(review.calendar.window(review.period), "quarter")
            if review.calendar.window(quarter).end >= review.as_of
        ]
        return left[0] if left else None
    return None


def _missing_remarks(review: Review) -> Block:
    """Count the months over for which a region handed in no remarks."""
    language = review.language
    over = [
        str(month)
        for month in review.calendar.months_of(review.period)
        if review.calendar.window(month).end <= review.as_of
    ]
    regions = list(review.store.regions) if review.whole_company else [review.region]
    lines, missing = [], 0
    for region in regions:
        folder = review.parameters.folder / _REMARKS / region
        absent = [month for month in over if not (folder / f"{month}.yaml").is_file()]
        missing += len(absent)
        if absent:
            name = value_name(review, "region", region)
            spelt = language.list(language.period(Period.parse(month)) for month in absent)
            lines.append(language("goals.not_handed_in", name=name, months=spelt))
    review.lens.keep("remarks_missing", missing, "count", n=len(over) * len(regions))
    return note(*(lines or [language("goals.all_handed_in")]))


def _year_end(review: Review) -> Block:
    """Say what the year-end meeting takes from this report, and that the year is not closed."""
    closed = review.calendar.window(review.period).end <= review.as_of
    key = "year_closed" if closed else "year_open"
    return note(review.language(f"goals.{key}", period=review.period, as_of=review.as_of))


# Adjustment -----------------------------------------------------------------------------------


def _phases(review: Review, dimension: str) -> pd.DataFrame:
    """Give target and actual of each quarter by a dimension, as adjustments are proposed from."""
    lens, window = review.lens, review.calendar.window(review.period)
    over = {str(quarter) for quarter in finished_quarters(review)}
    by = (dimension,) if dimension else ()
    parts = []
    for quarter in review.calendar.periods(window, "quarter"):
        rows = sales_targets(review, by, quarter)
        if rows.empty:
            continue
        frame = pd.DataFrame({"target": rows["target"].astype(float)})
        frame["part"] = rows[dimension].astype(str) if dimension else ""
        frame["period"] = str(quarter)
        frame["actual"] = float("nan")
        if str(quarter) in over:
            sold = lens.compare("net_sales", "target", by, period=quarter)
            keys = sold[dimension].astype(str) if dimension else pd.Series("", sold.index)
            known = dict(zip(keys, sold["current"], strict=True))
            frame["actual"] = [float(known.get(part) or 0.0) for part in frame["part"]]
        frame["workdays"] = float(review.calendar.workdays(review.calendar.window(quarter)))
        parts.append(frame)
    if not parts:
        return pd.DataFrame(columns=["part", "period", "target", "actual", "workdays"])
    phases = pd.concat(parts, ignore_index=True)
    whole = phases.groupby("part")["period"].transform("nunique") == phases["period"].nunique()
    return phases[whole].reset_index(drop=True)


@section("goal_adjustment", "targets")
def goal_adjustment(review: Review) -> Block:
    """Hold each finished quarter against its target; below the threshold, propose what to do."""
    language, plan = review.language, plan_of(review)
    threshold = next(
        (
            one.threshold.point
            for one in (plan.monitoring if plan is not None else ())
            if one.type == "review" and one.threshold is not None
        ),
        _THRESHOLD,
    )
    if not finished_quarters(review):
        return note(language("goals.no_quarter_over"))
    strategies = None
    if plan is not None:
        scoped = [one for one in seen(review, plan.targets) if one.metric == "net_sales"]
        strategies = pd.DataFrame(
            {"id": [one.source for one in scoped], "scope": [one.scope.text for one in scoped]}
        ).drop_duplicates()
    cuts = ["", *(["region"] if review.whole_company else []), "product_line"]
    cuts += [] if review.whole_company else ["rep"]
    reached, proposals, rephased = [], [], []
    for dimension in cuts:
        if dimension and dimension not in review.lens.dimensions("net_sales"):
            continue
        phases = _phases(review, dimension)
        if phases.empty:
            continue
        found, new = propose_adjustments(
            phases.rename(columns={"part": dimension}) if dimension else
            phases.drop(columns="part"),
            [dimension] if dimension else [], threshold=threshold,
            strategies=strategies if dimension else None,
        )  # fmt: skip
        reached += _reached(review, phases, dimension)
        for row in found.to_dict("records"):
            label = (
                value_name(review, dimension, row[dimension]) if dimension else review.region_name
            )
            scope = {dimension: str(row[dimension])} if dimension else {}
            quarter = Period.parse(str(row["period"]))
            rate = row["needed_run_rate"]
            reason = "no_period_left" if is_missing(rate) else None
            review.lens.keep("needed_run_rate", rate, "money", scope, quarter, reason=reason)
            proposals.append(
                row
                | {
                    "label": label,
                    "cut": dimension_name(review, dimension) if dimension else "",
                    "what": language(f"goals.verdict_{row['verdict']}"),
                    "lines": language.list(dict.fromkeys(row["strategies"] or [])),
                }
            )
        for row in new.to_dict("records"):
            label = (
                value_name(review, dimension, row[dimension]) if dimension else review.region_name
            )
            quarter = language.period(Period.parse(str(row["period"])))
            rephased.append(row | {"label": label, "quarter": quarter})
    below = len(proposals)
    review.lens.keep("below_threshold", below, "count", n=len(reached))
    key = "adjust_some" if below else "adjust_none"
    sentence = language(f"goals.{key}", threshold=threshold * 100, below=below, count=len(reached))
    return group(
        lead(sentence),
        _reached_table(review, reached, threshold),
        _proposals(review, proposals),
        _rephased(review, rephased),
    )


def _part_name(review: Review, dimension: str, row: Mapping[str, Any]) -> str:
    return value_name(review, dimension, row[dimension]) if dimension else review.region_name


def _reached(review: Review, phases: pd.DataFrame, dimension: str) -> list[dict]:
    """Give one row for each part, with the attainment of each quarter that is over."""
    rows = []
    for part, group_ in phases.groupby("part", sort=False):
        done = group_[group_["actual"].notna()]
        label = value_name(review, dimension, part) if dimension else review.region_name
        row: dict = {
            "label": label,
            "cut": dimension_name(review, dimension) if dimension else "",
            "year": float(done["actual"].sum() / group_["target"].sum()),
        }
        for each in done.to_dict("records"):
            row[each["period"]] = each["actual"] / each["target"] if each["target"] else None
        rows.append(row)
    return rows


def _reached_table(review: Review, reached: list[dict], threshold: float) -> Block | None:
    if not reached:
        return None
    language = review.language
    quarters = [str(quarter) for quarter in finished_quarters(review)]
    frame = pd.DataFrame(reached)
    last = quarters[-1]
    frame["state"] = [
        ""
        if is_missing(value)
        else ("good:" + language("goals.on_course"))
        if value >= threshold
        else "bad:" + language("goals.below", threshold=threshold * 100)
        for value in frame[last]
    ]
    columns = [
        Col("label", language("goals.part")),
        Col("cut", language("goals.cut"), wide_only=True),
        *(Col(name, language.period(Period.parse(name)), "percent") for name in quarters),
        Col("year", language("goals.of_year"), "percent", wide_only=True),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("goals.reached_caption", scope=scope_name(review))
    return table(frame, columns, language, caption, max_rows=40)


def _proposals(review: Review, proposals: list[dict]) -> Block | None:
    if not proposals:
        return None
    language = review.language
    columns = [
        Col("label", language("goals.part")),
        Col("attainment", language("report.attainment"), "percent"),
        Col("gap", language("report.gap"), "delta", "money", "up"),
        Col("remaining", language("goals.remaining"), "money", wide_only=True),
        Col("lift", language("goals.lift"), "delta", "percent"),
        Col("run_rate", language("goals.run_rate"), "money", wide_only=True),
        Col("needed_run_rate", language("goals.needed_run_rate"), "money", wide_only=True),
        Col("what", language("goals.proposal")),
        Col("lines", language("goals.strategy_lines"), wide_only=True),
    ]
    caption = language("goals.proposals_caption", scope=scope_name(review))
    return table(pd.DataFrame(proposals), columns, language, caption, max_rows=40)


def _rephased(review: Review, rephased: list[dict]) -> Block | None:
    if not rephased:
        return None
    language = review.language
    columns = [
        Col("label", language("goals.part")),
        Col("quarter", language("goals.quarter")),
        Col("planned", language("goals.target_in_force"), "money"),
        Col("target", language("goals.rephased"), "money"),
        Col("change", language("report.change"), "delta", "money"),
    ]
    caption = language("goals.rephased_caption")
    return table(pd.DataFrame(rephased), columns, language, caption, max_rows=60)


# Versions -------------------------------------------------------------------------------------


@section("goal_versions", "targets")
def goal_versions(review: Review) -> Block:
    """Show attainment against the original and the current targets, and why they were changed."""
    language = review.language
    dimension = "region" if review.whole_company else "product_line"
    quarters = finished_quarters(review) or [review.period]
    history = _log(review)
    actuals, targets = [], []
    for quarter in quarters:
        sold = review.lens.compare("net_sales", "target", [dimension], period=quarter)
        actuals.append(
            pd.DataFrame(
                {
                    "part": sold[dimension].astype(str),
                    "period": str(quarter),
                    "actual": sold["current"].astype(float).fillna(0.0),
                }
            )
        )
        for version in (1, 0):
            rows = sales_targets(review, (dimension,), quarter, version)
            targets.append(
                pd.DataFrame(
                    {
                        "part": rows[dimension].astype(str),
                        "period": str(quarter),
                        "target": rows["target"].astype(float),
                        "version": 2 - version,
                    }
                )
            )
    both = pd.concat(targets, ignore_index=True)
    if both.empty:
        return group(note(language("goals.no_year_target", period=review.period)), history)
    keys = ["part", "period"]
    found = attainment_by_version(pd.concat(actuals, ignore_index=True), both, keys, ["part"])
    whole = attainment_by_version(pd.concat(actuals, ignore_index=True), both, keys, []).iloc[0]
    for row in [*found.to_dict("records"), {"part": "", **whole.to_dict()}]:
        scope = {dimension: row["part"]} if row["part"] else {}
        for name in ("original", "current"):
            review.lens.keep(
                "attainment", row[f"attainment_{name}"], "ratio", {**scope, "version": name},
                numerator=row["actual"], denominator=row[name],
            )  # fmt: skip
    frame = found.assign(label=[value_name(review, dimension, part) for part in found["part"]])
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("actual", language("report.actual"), "money"),
        Col("original", language("goals.original"), "money", wide_only=True),
        Col("attainment_original", language("goals.attainment_original"), "percent"),
        Col("current", language("goals.current"), "money", wide_only=True),
        Col("attainment_current", language("goals.attainment_current"), "percent"),
        Col("revised", language("goals.revised"), "delta", "money", wide_only=True),
    ]
    foot = {"label": language("report.total"), **whole.to_dict()}
    sentence = language(
        "goals.versions_lead",
        quarters=language.list(language.period(quarter) for quarter in quarters),
        original=float(whole["attainment_original"]),
        current=float(whole["attainment_current"]),
    )
    caption = language("goals.versions_caption", scope=scope_name(review))
    return group(lead(sentence), table(frame, columns, language, caption, total=foot), history)


def _log(review: Review) -> Block | None:
    """List the versions of targets in the data and of the plan file, with reason and approver."""
    language, rows = review.language, []
    held = review.lens.dataset.frame("targets")
    year = str(review.period)
    mine = held[held["period"].astype(str).str.startswith(year)]
    for number, group_ in mine.groupby(mine["version"].astype(int)):
        rows.append(
            {
                "where": language("goals.in_data_version"),
                "version": int(number),  # type: ignore[call-overload]
                "reason": _first(group_, "reason"),
                "approver": _first(group_, "approved_by"),
                "changes": len(group_),
            }
        )
    path = plan_path(review)
    if path is not None:
        for row in version_table(path).to_dict("records"):
            rows.append(
                {
                    "where": row["file"], "version": row["version"], "reason": row["reason"],
                    "approver": row["approver"], "changes": row["changes"],
                }
            )  # fmt: skip
    if not rows:
        return None
    columns = [
        Col("where", language("goals.kept_in")),
        Col("version", language("goals.version"), "count"),
        Col("reason", language("goals.reason")),
        Col("approver", language("goals.approver")),
        Col("changes", language("goals.values_set"), "count", wide_only=True),
    ]
    caption = language("goals.log_caption")
    return table(pd.DataFrame(rows), columns, language, caption)


def _first(rows: pd.DataFrame, column: str) -> str:
    if column not in rows:
        return ""
    known = [
        str(value)
        for value in rows[column]
        if not is_missing(value) and str(value) not in ("", UNMAPPED)
    ]
    return known[0] if known else ""
