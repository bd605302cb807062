"""What it takes and how it is followed: means, measures, meetings."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.findings.spans import months
from salesnb.language import is_missing
from salesnb.metrics.compare import target_value
from salesnb.metrics.registry import METRICS
from salesnb.period import Kind, Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_actions import registered
from salesnb.report.sections.diagnosis_peers import known, people
from salesnb.report.sections.diagnosis_spans import last_months, one, over_months
from salesnb.report.sections.diagnosis_standards import in_language, standards
from salesnb.report.sections.parts import (
    mature_period,
    name_of,
    names,
    scope_name,
    shown_unit,
    value_name,
)
from salesnb.report.sections.problems import watched
from salesnb.report.tables import Col, table

_AHEAD = 3


@section("means")
def means(review: Review) -> Block:
    """Show what actions may cost and have used, and whether the people there are enough."""
    blocks = [_budget(review), _capacity(review), _vacancies(review)]
    shown = [block for block in blocks if block is not None]
    return group(*shown) if shown else note(review.language("improve.no_means"))


def _budget(review: Review) -> Block | None:
    """Show the year's budget by strategy: released with what is done, under way, asked for."""
    lens, language = review.lens, review.language
    if not lens.has("actions", "budget"):
        return None
    rows = registered(review)
    year = review.calendar.window(review.calendar.enclosing(review.period, "year"))
    rows = rows[rows["due"].between(pd.Timestamp(year.start), pd.Timestamp(year.end))]
    rows = rows[(rows["budget"].astype(float) > 0) & (rows["state"] != "cancelled")]
    if rows.empty:
        return None
    part = rows["state"].map(
        {"done": "used", "running": "running", "overdue": "running", "planned": "asked"}
    )
    name = rows["strategy"].astype(object).fillna("").astype(str).replace("unmapped", "")
    sums = rows.assign(part=part, name=name).pivot_table(
        index="name", columns="part", values="budget", aggfunc="sum", fill_value=0.0
    )
    sums = sums.reindex(columns=["used", "running", "asked"], fill_value=0.0).astype(float)
    sums["whole"] = sums.sum(axis=1)
    sums = sums.sort_values("whole", ascending=False).reset_index()
    sums["label"] = [each or language("report.unmapped") for each in sums["name"]]
    total: dict[str, Any] = {"label": language("report.total")}
    total |= {name: float(sums[name].sum()) for name in ("used", "running", "asked", "whole")}
    for name in ("used", "running", "asked"):
        lens.keep("budget", total[name], "money", {"part": name})
    columns = [
        Col("label", language("improve.strategy")),
        Col("whole", language("improve.budget"), "bar"),
        Col("used", language("improve.budget_used"), "money"),
        Col("running", language("improve.budget_running"), "money"),
        Col("asked", language("improve.budget_asked"), "money"),
    ]
    sentence = language(
        "improve.budget_lead", whole=total["whole"], used=total["used"],
        running=total["running"], asked=total["asked"],
    )  # fmt: skip
    caption = language("improve.budget_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(sums, columns, language, caption, total=total, max_rows=12),
        note(language("improve.budget_note")),
    )


def _capacity(review: Review) -> Block | None:
    """Hold what the people there sell in a usual month against the targets of the next three."""
    lens, language = review.lens, review.language
    if not (lens.has("reps", "hire_date") and lens.has("orders", "rep_id") and lens.has("targets")):
        return None
    ahead = [review.calendar.period_at(review.lens.window.end).shift(step) for step in (1, 2, 3)]
    regions = list(review.store.regions) if review.whole_company else [review.region]
    by = ["region"] if review.whole_company else []
    team = people(review)
    rows = known(review)
    sold = rows[rows["indicator"] == "net_sales"].set_index("rep")
    goals: dict[str, float] = dict.fromkeys(regions, 0.0)
    for month in ahead:
        found = target_value(lens.dataset, "net_sales", month, by)
        for row in found.to_dict("records"):
            name = str(row["region"]) if by else review.region
            if name in goals:
                goals[name] += float(row["target"]) if not is_missing(row["target"]) else math.nan
    records = []
    for name in regions:
        mine = team[team["region"] == name]
        goal = goals[name]
        parts = sold.reindex(mine["rep"])
        full = float(parts["denominator"].sum())
        if mine.empty or not full or not goal > 0:
            continue
        pace = float(parts["numerator"].sum()) / full
        # What is sold without anybody, as in a shop online, needs no head.
        goal *= _through_people(review, name if by else "")
        load = goal / _AHEAD / pace
        season = _season(review, name if by else "", ahead)
        records.append(
            {
                "label": value_name(review, "region", name),
                "people": float(len(mine)),
                "pace": pace,
                "goal": goal,
                "brings": pace * len(mine) * _AHEAD * season,
                "needed": load / season,
                "gap": len(mine) - load / season,
            }
        )
        lens.keep("heads_needed", load / season, "count", {"region": name}, n=len(mine))
    if not records:
        return None
    frame = pd.DataFrame(records)
    # Less than a head is within what a pace can be known by.
    short = frame[frame["gap"] <= -1]
    key = "capacity_short" if len(short) else "capacity_enough"
    columns = [
        Col("label", language("report.dimension.region")),
        Col("people", language("improve.people"), "count"),
        Col("pace", language("improve.pace_each"), "money", wide_only=True),
        Col("goal", language("improve.goal_ahead"), "money"),
        Col("brings", language("improve.brings"), "money", wide_only=True),
        Col("needed", language("improve.needed_people"), "number"),
        Col("gap", language("improve.people_gap"), "delta", "number", "up"),
    ]
    sentence = language(
        f"improve.{key}", names=language.list(short["label"]), months=_AHEAD
    )  # fmt: skip
    caption = language("improve.capacity_caption", first=ahead[0], last=ahead[-1])
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        note(language("improve.capacity_note")),
    )


def _through_people(review: Review, region: str) -> float:
    """Give the share of the last year's sales that somebody made."""
    where = {"region": region} if region else None
    rows = over_months(review, "net_sales", ["rep"], where=where)
    whole = float(rows["value"].sum())
    nobody = float(rows.loc[rows["rep"].astype(str) == UNMAPPED, "value"].sum())
    return 1 - nobody / whole if whole > 0 else 1.0


def _season(review: Review, region: str, ahead: list[Period]) -> float:
    """Give how much more than a usual month the same months of last year brought."""
    lens = review.lens
    where = {"region": region} if region else {}
    year = one(over_months(review, "net_sales", (), where=where or None))
    past = [lens.value("net_sales", month.last_year, where or None).value for month in ahead]
    usual = float(year["value"] or 0) / 12  # type: ignore[arg-type]
    if usual <= 0 or any(value is None for value in past):
        return 1.0
    return max(float(np.mean([value for value in past if value is not None])) / usual, 0.1)


def _vacancies(review: Review) -> Block | None:
    """Name the posts left in the last six months that nobody of the same post has filled since."""
    lens, language = review.lens, review.language
    if not lens.has("reps", "leave_date", "role"):
        return None
    reps = lens.dataset.frame("reps")
    window = last_months(review, 6)
    left = reps[reps["leave_date"].between(pd.Timestamp(window.start), pd.Timestamp(window.end))]
    lines = []
    for row in left.sort_values("leave_date").to_dict("records"):
        same = (reps["role"].astype(str) == str(row["role"])) & (
            reps["region"].astype(str) == str(row["region"])
        )
        filled = (same & (reps["hire_date"] > row["leave_date"])).any()
        if not filled:
            lines.append(
                language(
                    "improve.vacancy", region=value_name(review, "region", row["region"]),
                    role=str(row["role"]), name=names(review, "rep").get(str(row["rep_id"]), ""),
                    day=row["leave_date"].date(),
                )
            )  # fmt: skip
    lens.keep("vacancies", len(lines), "count", {"months": "6"}, n=len(left))
    return note(*lines) if lines else None


# Measures ---------------------------------------------------------------------------------------

_CORE = (
    "net_sales", "growth_yoy", "gross_margin", "new_customers", "cac", "clv", "sales_per_head",
    "lead_conversion", "win_rate", "repurchase_rate", "overdue_ratio",
)  # fmt: skip
_MOST_KPIS = 18
_FREQUENCY: dict[int, Kind] = {7: "month", 6: "quarter", 4: "year"}


@section("kpi_sheet")
def kpi_sheet(review: Review) -> Block:
    """List what is followed: definition, owner, source, target, limits, how often."""
    lens, language = review.lens, review.language
    aims = _aims(review)
    wanted = [name for name in dict.fromkeys([*_CORE, *aims]) if name in METRICS]
    wanted = [name for name in wanted if not METRICS[name].lacks(lens.dataset)][:_MOST_KPIS]
    # The usual range is that of months, of no use for what is looked at once a year.
    monthly = [name for name in wanted if aims.get(name, {}).get("every", "month") == "month"]
    charts = watched(review, tuple(monthly))
    rows = [_kpi_row(review, name, aims.get(name, {}), charts) for name in wanted]
    frame = pd.DataFrame(rows)
    bare = frame[frame["target"] == language("base.none")]
    unowned = frame[frame["owner"] == language("base.none")]
    lens.keep("kpis_without_target", len(bare), "count", n=len(frame))
    lens.keep("kpis_without_owner", len(unowned), "count", n=len(frame))
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("report.now")),
        Col("target", language("report.target")),
        Col("warn", language("improve.limits"), wide_only=True),
        Col("state", language("report.state"), "status"),
        Col("owner", language("page.action.owner")),
        Col("every", language("improve.frequency"), wide_only=True),
    ]
    meant = [
        Col("label", language("report.metric")),
        Col("definition", language("improve.definition")),
        Col("source", language("improve.source"), wide_only=True),
    ]
    sentence = language(
        "improve.kpi_lead", count=len(frame), bare=len(bare), unowned=len(unowned)
    )  # fmt: skip
    caption = language("improve.kpi_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption, max_rows=_MOST_KPIS),
        note(language("improve.kpi_note")),
        table(frame, meant, language, language("improve.meaning_caption"), max_rows=_MOST_KPIS),
    )


def _aims(review: Review) -> dict[str, dict[str, Any]]:
    """Give each metric with a target of its own here: who owns it, and for how long it is set."""
    lens = review.lens
    if not lens.has("targets", "metric", "period"):
        return {}
    rows = lens.dataset.frame("targets")
    scope = rows["scope"].astype(object).fillna("").astype(str) if "scope" in rows else ""
    mine = scope == ("" if review.whole_company else f"region={review.region}")
    year = str(review.calendar.enclosing(review.period, "year"))
    rows = rows[mine & rows["period"].astype(str).str.startswith(year[:4])]
    found: dict[str, dict[str, Any]] = {}
    for row in rows.to_dict("records"):
        every = _FREQUENCY.get(len(str(row["period"])), "year")
        held = found.setdefault(str(row["metric"]), {"every": every, "owner": ""})
        rank = ("month", "quarter", "year")
        held["every"] = min(held["every"], every, key=rank.index)
        owner = row.get("owner")
        if not is_missing(owner) and str(owner) not in ("", "unmapped"):
            held["owner"] = str(owner)
    return found


def _kpi_row(
    review: Review, name: str, aim: dict[str, Any], charts: dict[str, Any]
) -> dict[str, Any]:
    language, lens = review.language, review.lens
    metric, unit = METRICS[name], shown_unit(name)
    unit = "number" if unit == "score" else unit
    every: Kind = aim.get("every", "month")
    period = review.calendar.enclosing(review.period, every) if every != "month" else review.period
    now = lens.value(name, mature_period(review, name) if every == "month" else period).value
    target = lens.target(name, period) if lens.has("targets") else None
    low = high = None
    if name in charts:
        limits = charts[name][1]
        most = 1.0 if metric.unit == "ratio" else math.inf
        low, high = max(float(limits.lower), 0.0), min(float(limits.upper), most)
    return {
        "label": name_of(review, name),
        "now": language.show(now, unit),
        "target": language("base.none") if target is None else _bound(review, name, target, unit),
        "warn": _limit_text(review, metric.better, low, high, unit),
        "state": _state(review, name, now, target, low, high),
        "owner": names(review, "rep").get(aim.get("owner", ""), aim.get("owner", ""))
        or language("base.none"),
        "every": language(f"improve.every_{every}"),
        "source": language.list(metric.needs),
        "definition": metric.definition(language, review.settings),
    }


def _bound(review: Review, name: str, target: float, unit: str) -> str:
    mark = {"down": "≤", "up": "≥"}.get(METRICS[name].better, "")
    return mark + review.language.show(target, unit)


def _limit_text(
    review: Review, better: str, low: float | None, high: float | None, unit: str
) -> str:
    """Write from where on a value has left what is usual, on the bad side."""
    language = review.language
    if low is None or high is None or low != low:
        return language("base.none")
    # A limit at the end of what is possible can never be passed.
    if better == "up":
        if low <= 0:
            return language("base.none")
        return language("report.alert_below", limit=language.show(low, unit))
    if better == "down":
        if unit == "percent" and high >= 1:
            return language("base.none")
        return language("report.alert_above", limit=language.show(high, unit))
    return language(
        "report.from_to", low=language.show(low, unit), high=language.show(high, unit)
    )  # fmt: skip


def _state(
    review: Review, name: str, now: float | None, target: float | None, low: float | None,
    high: float | None,
) -> str:  # fmt: skip
    """Say green, amber or red: target reached, missed within the usual, or outside it."""
    language, better = review.language, METRICS[name].better
    if now is None:
        return "none:" + language("improve.light_unknown")
    limit = low if better == "up" else high
    if limit is not None and limit == limit and better != "none":
        bad = now < limit if better == "up" else now > limit
        if bad:
            return "bad:" + language("improve.light_red")
    if target is None or better == "none":
        return "none:" + language("improve.light_none")
    met = now >= target if better == "up" else now <= target
    return ("good:" if met else "warn:") + language(
        "improve.light_green" if met else "improve.light_amber"
    )


# Meetings ---------------------------------------------------------------------------------------


@section("review_calendar")
def review_calendar(review: Review) -> Block:
    """List when what is looked at next, by whom, and the call that makes the report."""
    language = review.language
    rows = []
    for entry in standards(review, "reviews"):
        every: Kind = entry["every"]
        period = review.calendar.period_at(review.as_of, every)
        while review.calendar.window(period).end < review.as_of:
            period = period.next
        for _ in range(3 if every == "month" else 1):
            rows.append(_meeting(review, entry, period))
            period = period.next
    if not rows:
        return note(language("improve.no_reviews"))
    frame = pd.DataFrame(rows).sort_values(["day", "report"])
    due = _due(review)
    columns = [
        Col("day", language("report.day"), "date"),
        Col("what", language("improve.looked_at")),
        Col("who", language("improve.who_meets")),
        Col("call", language("improve.call"), wide_only=True),
    ]
    first = frame.iloc[0]
    sentence = language("improve.calendar_lead", day=first["day"], what=first["what"], due=due)
    caption = language("improve.calendar_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        note(language("improve.calendar_note")),
    )


def _meeting(review: Review, entry: Any, period: Period) -> dict[str, Any]:
    language = review.language
    closing = review.calendar.window(period).end
    day: date = review.calendar.add_workdays(closing, int(entry["workday"]))
    report = str(entry["report"])
    one_region = f"--region {review.region} --period {period}"
    call = f"batch --period {period}" if review.whole_company else f"run {report} {one_region}"
    return {
        "day": day,
        "report": report,
        "what": language(
            "improve.report_of", name=language.label(f"report.name.{report}", report), period=period
        ),
        "who": in_language(review, entry.get("who")),
        "call": f"salesnb {call}",
    }


def _due(review: Review) -> int:
    """Count the actions that fall due by the end of the next month."""
    if not review.lens.has("actions"):
        return 0
    rows = registered(review)
    last = review.calendar.window(months(review.lens, 1)[0].next).end
    open_ = ~rows["state"].isin(["done", "cancelled"])
    return int((open_ & (rows["due"] <= pd.Timestamp(last))).sum())
