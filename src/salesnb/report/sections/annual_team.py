"""The team of the year: heads, training, how soon new people sell, CRM, satisfaction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.explain.survival import kaplan_meier
from salesnb.figures.bridge import draw_bridge
from salesnb.figures.trend import draw_trend
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.metrics.metric import View
from salesnb.metrics.registry import METRICS
from salesnb.metrics.team import ramp
from salesnb.period import Period, Window
from salesnb.report.blocks import Block, definitions, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_customers import certain
from salesnb.report.sections.annual_parts import (
    Figure,
    Kept,
    figure,
    kept,
    known,
    moved,
    scorecard,
    target_of,
    told,
)
from salesnb.report.sections.parts import (
    beside,
    dimension_name,
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_COHORTS = 3
_LEAST = 3
_AFTER = (1, 2, 3, 4, 6, 9, 12)


# Heads ----------------------------------------------------------------------------------------


@section("annual_headcount", "reps.hire_date")
def annual_headcount(review: Review) -> Block:
    """Show who came and left, turnover, seniority, and who covers which industry where."""
    names = known(review, "full_time_people", "staff_turnover", "senior_share", "sales_per_head")
    figures = [figure(review, name) for name in names]
    # Sales of a year over a few days of one person say nothing of anybody.
    people = review.lens.value("full_time_people", review.period.last_year).value or 0.0
    figures = [one for one in figures if one.metric != "sales_per_head" or people >= 1]
    caption = review.language("annual.team_caption", scope=scope_name(review))
    return group(
        told(review, *_head_words(review, figures)),
        _head_bridge(review),
        scorecard(review, figures, caption),
        _coverage(review),
    )


def heads(review: Review) -> dict[str, Kept]:
    """Count the people there before the year, hired, left and there at its end, kept as facts.

    `experienced` are those hired with as many years in the industry as make a person senior.
    """
    rows = review.lens.dataset.frame("reps")
    window = review.lens.window
    start, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
    hired = rows["hire_date"]
    left = rows["leave_date"] if "leave_date" in rows else pd.Series(pd.NaT, rows.index)
    came = hired.between(start, end)
    there = hired.isna() | (hired <= end)
    counts = {
        "heads_before": int((~(hired >= start) & ~(left < start)).sum()),
        "hires": int(came.sum()),
        "leavers": int((left.between(start, end) & there).sum()),
        "heads": int((there & ~(left <= end)).sum()),
    }
    if "industry_years" in rows:
        senior = rows["industry_years"] >= review.settings.senior_years
        counts["experienced_hires"] = int((came & senior).sum())
    found = {name: kept(review, name, count, "count") for name, count in counts.items()}
    return {name: number for name, number in found.items() if number is not None}


def _head_words(review: Review, figures: list[Figure]) -> list[str]:
    """Say how many people came and left, what turnover that is, and how many are senior."""
    count = heads(review)
    said = [
        review.language(
            "annual.heads" if count["hires"] or count["leavers"] else "annual.heads_same",
            before=count["heads_before"],
            hires=count["hires"],
            leavers=count["leavers"],
            heads=count["heads"],
        )
    ]
    found = {one.metric: one for one in figures}
    turnover = found.get("staff_turnover")
    if turnover is not None and turnover.now is not None:
        experienced = count.get("experienced_hires")
        key = (
            "turnover_only"
            if experienced is None
            else "turnover"
            if experienced
            else "turnover_new"
        )
        said.append(review.language(f"annual.{key}", rate=turnover.now, hired=experienced))
    senior = found.get("senior_share")
    if senior is not None and senior.now is not None:
        goal = target_of(review, "senior_share")
        key = "annual.senior" if goal is None else "annual.senior_goal"
        if goal is not None and senior.now >= goal:
            key = "annual.senior_met"
        said.append(review.language(key, share=senior.now, goal=goal))
    return said


def _head_bridge(review: Review) -> Block | None:
    count, language = heads(review), review.language
    ends = count["heads_before"] + count["hires"] - count["leavers"]
    # Who left before being hired, as the data may have it, is in no step.
    if ends != count["heads"] or not (count["hires"] or count["leavers"]):
        return None
    bars = [
        {"label": language("annual.heads_start"), "value": count["heads_before"], "kind": "total"},
        {"label": language("annual.hires"), "value": count["hires"], "kind": "change"},
        {"label": language("annual.leavers"), "value": -count["leavers"], "kind": "change"},
        {"label": language("annual.heads_end"), "value": count["heads"], "kind": "total"},
    ]
    net = kept(review, "heads_change", count["heads"] - count["heads_before"], "count")
    title = review.language("annual.heads_title", heads=count["heads"], net=net)
    drawn = draw_bridge(
        pd.DataFrame(bars), language, title=title, subtitle=scope_name(review), unit="count"
    )
    return chart(drawn, language)


def _coverage(review: Review) -> Block | None:
    """Show how many people sell to each industry in each region (or province of a region)."""
    lens, language = review.lens, review.language
    place = "region" if review.whole_company else "province"
    needs = ["industry"] if review.whole_company else ["industry", "province"]
    if not (lens.has("customers", *needs) and lens.has("orders", "rep_id", "customer_id")):
        return None
    sales = inside(lens.dataset.frame("sales"), "order_date", lens.window)
    sales = sales[sales["rep_id"].notna() & sales["is_purchase"]]
    if sales["rep_id"].nunique() < _LEAST:
        return None
    keys = ["industry", place]
    people = sales.groupby(keys, observed=True)["rep_id"].nunique().unstack()
    places = sales.groupby(place, observed=True)["amount"].sum().sort_values(ascending=False)
    order = sales.groupby("industry", observed=True)["amount"].sum().sort_values(ascending=False)
    order = order[order.index.astype(str) != UNMAPPED]
    people = people.reindex(index=order.index, columns=places.index[:8])
    if people.shape[1] < 1 or people.shape[0] < 2:
        return None
    gaps = int((people.isna() | (people < 2)).sum().sum())
    people.index = [value_name(review, "industry", name) for name in people.index]
    people.columns = [value_name(review, place, name) for name in people.columns]
    key = "annual.coverage_thin" if gaps else "annual.coverage_full"
    return heat_table(
        people.astype(float),
        language,
        title=language(key, count=gaps),
        unit="count",
        corner=dimension_name(review, "industry"),
        subtitle=language("annual.coverage", scope=scope_name(review)),
        notes=[language("annual.coverage_note")],
    )


# Training -------------------------------------------------------------------------------------


@section("annual_training", "training")
def annual_training(review: Review) -> Block:
    """Show sessions held, who was reached, who passed, and mentors."""
    names = known(review, "training_sessions", "training_coverage", "training_pass_rate",
                  "mentoring_pairs")  # fmt: skip
    figures = [figure(review, name) for name in names]
    found = {one.metric: one.now for one in figures}
    sessions = found.get("training_sessions")
    if not sessions:
        return note(review.language("annual.no_training", period=review.period))
    said = [review.language("annual.training", sessions=sessions)]
    for metric in ("training_coverage", "training_pass_rate", "mentoring_pairs"):
        if found.get(metric):
            said.append(review.language(f"annual.{metric}", value=found[metric]))
    sentence = review.language("annual.clauses").join(said) + review.language("annual.stop")
    caption = review.language("annual.training_caption", scope=scope_name(review))
    return group(lead(sentence), scorecard(review, figures, caption), _topics(review))


def _topics(review: Review) -> Block | None:
    """Show sessions and pass rate by topic, weakest first."""
    lens, language = review.lens, review.language
    if "topic" not in lens.dimensions("training_sessions"):
        return None
    rows = lens.measure("training_sessions", ["topic"])[["topic", "value"]]
    rows = rows.rename(columns={"value": "sessions"})
    columns = [
        Col("topic", language("annual.topic")),
        Col("sessions", name_of(review, "training_sessions"), "count"),
    ]
    total: dict[str, object] = {"topic": language("report.total"),
                                "sessions": lens.value("training_sessions").value}  # fmt: skip
    if "topic" in lens.dimensions("training_pass_rate"):
        passed = lens.compare("training_pass_rate", "year", ["topic"])
        examined = lens.measure("training_pass_rate", ["topic"])
        rows = beside(rows, passed, "topic", current="current", change="change")
        rows = beside(rows, examined, "topic", denominator="denominator")
        whole = lens.against("training_pass_rate", "year")
        total |= {"current": whole["current"], "change": whole["change"],
                  "denominator": lens.value("training_pass_rate").denominator}  # fmt: skip
        columns += [
            Col("denominator", language("annual.examined"), "count", wide_only=True),
            Col("current", name_of(review, "training_pass_rate"), "percent"),
            Col("change", language("report.versus.year"), "points"),
        ]
        rows = rows.sort_values(["current", "topic"])
    caption = language("annual.topics", scope=scope_name(review))
    return table(rows.astype({"topic": str}), columns, language, caption, total=total)


# Ramp -----------------------------------------------------------------------------------------


@section("annual_ramp", "reps.hire_date", "orders.rep_id")
def annual_ramp(review: Review) -> Block:
    """Show how soon the people hired in each year made their first deal."""
    language, found = review.language, figure(review, "ramp_months")
    curves = _curves(review)
    many = review.lens.value("ramp_months").n or 0
    if not many:
        said = language("annual.no_hires", period=review.period)
    elif found.now is None:
        said = language(
            "annual.ramp_open", count=str(int(many)), span=str(review.settings.ramp_months)
        )
    else:
        said = _ramp_words(review, found, int(many))
    few = note(language("annual.ramp_few")) if many and many < 10 else None
    return group(lead(said), _ramp_heat(review, curves), few)


def _ramp_words(review: Review, found: Figure, many: int) -> str:
    """Say the median wait for a first deal, and whether it was shorter than last year's."""
    span = str(review.settings.ramp_months)
    words = {"now": found.now, "before": found.before, "count": str(many), "span": span}
    if found.now is None or found.before is None or many < _LEAST:
        key = "ramp_few_only" if many < _LEAST else "ramp_only"
    elif abs(found.now - found.before) < 0.05:
        key = "ramp_same"
    else:
        key = "ramp_faster" if found.now < found.before else "ramp_slower"
    return review.language(f"annual.{key}", **words)


def _curves(review: Review) -> list[tuple[Period, int, object]]:
    """Give each hire cohort's Kaplan–Meier curve of the wait for a first deal."""
    found = []
    for back in range(_COHORTS):
        year = review.period.shift(-back)
        window = review.calendar.elapsed(year, review.as_of)
        _, waits, done = ramp(View(review.lens.dataset, window))
        if len(waits):
            review.lens.value("ramp_months", year)
            found.append((year, len(waits), kaplan_meier(waits, done)))
    return found


def _ramp_heat(review: Review, curves: list) -> Block | None:
    """Show the share of each cohort with a first deal after so many months."""
    language = review.language
    if not curves or (len(curves) == 1 and curves[0][0] != review.period):
        return None
    rows = {}
    for year, many, curve in curves:
        last = float(curve.table["time"].max())
        ended = 1 - float(curve.table["survival"].iloc[-1])
        row = []
        for after in _AFTER:
            # Beyond the longest wait seen the curve says something only when all have sold.
            share = 1 - curve.at(after) if after <= last or ended >= 1 - 1e-9 else None
            row.append(share)
            if share is not None:
                kept(review, "ramp_share", share, "ratio", {"months": str(after)}, year, n=many)
        rows[language.period(year)] = row
    frame = pd.DataFrame(rows, index=[language.months(after) for after in _AFTER], dtype=float).T
    return heat_table(
        frame,
        language,
        title=language("annual.ramp_title"),
        unit="percent",
        corner=language("annual.hired_in"),
        subtitle=language("annual.ramp_subtitle", scope=review.region_name),
        totals={language("annual.hires"): [float(many) for _, many, _ in curves],
                language("annual.median"): [round(float(curve.median), 1) for *_, curve in curves]},
        notes=[language("annual.ramp_note")],
    )  # fmt: skip


# CRM ------------------------------------------------------------------------------------------


@section("annual_crm", "activities")
def annual_crm(review: Review) -> Block:
    """Show who uses the CRM, how often deals are followed up, and how soon leads are answered."""
    names = known(review, "crm_adoption", "follow_ups_per_deal", "follow_up_rate", "activities")
    figures = [figure(review, name) for name in names]
    found = {one.metric: one for one in figures}
    said = []
    for metric in ("crm_adoption", "follow_ups_per_deal", "follow_up_rate"):
        one = found.get(metric)
        if one is None or one.now is None:
            continue
        words = {"value": one.now, "moved": moved(review, one)}
        said.append(review.language(f"annual.{metric}", **words))
    weekly = _weekly(review)
    if weekly is not None:
        said.append(review.language("annual.weekly", value=weekly))
    said += _answers(review)
    if not said:
        return note(review.language("annual.no_crm"))
    caption = review.language("annual.crm_caption", scope=scope_name(review))
    terms = [
        (name_of(review, name), METRICS[name].definition(review.language, review.settings))
        for name in names
        if name != "activities"
    ]
    return group(
        told(review, *said),
        scorecard(review, figures, caption),
        definitions(review.language, terms),
    )


def _answers(review: Review) -> list[str]:
    """Say how many hours half of the leads waited for a first answer, this year and last."""
    if not review.lens.has("leads", "first_response"):
        return []
    leads, last = review.lens.dataset.frame("leads"), review.period.last_year
    hours = (leads["first_response"] - leads["created"]) / pd.Timedelta(hours=1)
    sides = {}
    for name, window in (("now", review.lens.window), ("before", _base_window(review))):
        waited = hours[inside(leads, "created", window).index].dropna()
        period = review.period if name == "now" else last
        value = None if waited.empty else float(waited.median())
        sides[name] = kept(review, "lead_answer_hours", value, "number", None, period,
                           n=len(waited))  # fmt: skip
    if sides["now"] is None:
        return []
    key = "annual.answered_only" if sides["before"] is None else "annual.answered"
    return [review.language(key, **sides)]


def _base_window(review: Review) -> Window:
    """Give the days of last year that this year is compared with."""
    last = review.period.last_year
    if review.lens.finished:
        return review.calendar.window(last)
    return review.calendar.same_elapsed(review.period, review.as_of, last)


def _weekly(review: Review) -> Kept | None:
    """Give follow-ups over the weeks that deals were open in the year so far."""
    dated = review.lens.has("opportunities", "created", "close_date")
    if not dated or not known(review, "follow_ups_per_deal"):
        return None
    done = review.lens.value("follow_ups_per_deal").numerator
    deals, window = review.lens.dataset.frame("opportunities"), review.lens.window
    start, after = pd.Timestamp(window.start), pd.Timestamp(window.end) + pd.Timedelta(days=1)
    opened = deals["created"].clip(lower=start)
    closed = deals["close_date"].fillna(after).clip(upper=after)
    weeks = float((closed - opened).dt.days.clip(lower=0).sum()) / 7
    if not weeks or done is None:
        return None
    return kept(
        review, "follow_ups_per_week", done / weeks, "number", None, None,
        numerator=done, denominator=weeks,
    )  # fmt: skip


# Satisfaction ---------------------------------------------------------------------------------


@section("annual_satisfaction", "feedback")
def annual_satisfaction(review: Review) -> Block:
    """Show satisfaction with its interval, answers in time, and how long requests take."""
    names = known(review, "csat", "nps", "sla_rate", "complaint_rate")
    figures = [figure(review, name) for name in names]
    found = {one.metric: one for one in figures}
    csat = found.get("csat")
    if csat is None or csat.now is None:
        return note(review.language("annual.no_csat", period=review.period))
    said = [
        review.language(
            "annual.csat",
            rate=csat.now,
            moved=moved(review, csat),
            basis=csat.basis,
        ),
        *certain(review, "csat"),
    ]
    caption = review.language("annual.service_caption", scope=scope_name(review))
    return group(
        told(review, *said),
        scorecard(review, figures, caption),
        _quarters(review),
        _lead_times(review),
    )


def _quarters(review: Review) -> Block | None:
    """Draw satisfaction by quarter of this year and last, beside the year's target."""
    lens, language = review.lens, review.language
    if "quarter" not in lens.dimensions("csat"):
        return None
    rows = pd.concat(
        [
            lens.measure("csat", ["quarter"], year).assign(year=str(year))
            for year in (review.period.last_year, review.period)
        ]
    )
    rows = rows[rows["value"].notna()]
    if len(rows) < 3:
        return None
    shown = rows[["quarter", "value"]].rename(columns={"quarter": "period"})
    shown = shown.astype({"period": str, "value": float}).assign(scenario="actual")
    goal = target_of(review, "csat")
    if goal is not None:
        own = {str(review.calendar.enclosing(month, "quarter"))
               for month in review.calendar.months_of(review.period)}  # fmt: skip
        held = shown[shown["period"].isin(own)].assign(value=float(goal), scenario="target")
        shown = pd.concat([shown, held], ignore_index=True)
    ends = {"low": rows["value"].argmin(), "high": rows["value"].argmax()}
    named = {name: _quarter_csat(rows.iloc[int(at)]) for name, at in ends.items()}
    title = review.language("annual.csat_title", **named)
    subtitle = language("annual.csat_quarters", scope=scope_name(review))
    drawn = draw_trend(shown, language, title=title, subtitle=subtitle, unit="percent")
    return chart(drawn, language, with_data=True)


def _quarter_csat(row: pd.Series) -> Kept:
    quarter = str(row["quarter"])
    return Kept(float(row["value"]), "csat", {"quarter": quarter}, row["year"])


def _lead_times(review: Review) -> Block | None:
    """Show how long tickets took from opening to close, by kind, this year and last."""
    lens, language = review.lens, review.language
    if not lens.has("tickets", "opened", "closed", "kind"):
        return None
    tickets = lens.dataset.frame("tickets")
    parts = {}
    for name, window in (("now", lens.window), ("before", _base_window(review))):
        rows = inside(tickets, "opened", window)
        days = (rows["closed"] - rows["opened"]) / pd.Timedelta(days=1)
        done = rows["closed"] <= pd.Timestamp(review.as_of) + pd.Timedelta(days=1)
        days = days.where(done)
        parts[name] = days.groupby(rows["kind"].astype(str)).median()
        parts[f"{name}_n"] = days.groupby(rows["kind"].astype(str)).count()
    frame = pd.DataFrame(parts).rename_axis("kind").reset_index()
    frame = frame[frame["now"].notna()]
    if frame.empty:
        return None
    for row in frame.to_dict("records"):
        kept(review, "days_to_close", row["now"], "days", {"kind": row["kind"]}, n=row["now_n"])
        if not is_missing(row["before"]):
            kept(review, "days_to_close", row["before"], "days", {"kind": row["kind"]},
                 review.period.last_year, n=row["before_n"])  # fmt: skip
    frame["change"] = frame["now"] - frame["before"].to_numpy(np.float64)
    frame["label"] = [value_name(review, "kind", name) for name in frame["kind"]]
    columns = [
        Col("label", dimension_name(review, "kind")),
        Col("now_n", language("annual.tickets"), "count"),
        Col("now", language("annual.this_year"), "days", digits=1),
        Col("before", language("annual.before"), "days", digits=1),
        Col("change", language("report.change"), "delta", "days", "down", digits=1),
    ]
    caption = language("annual.lead_times", scope=scope_name(review))
    return table(frame, columns, language, caption)
