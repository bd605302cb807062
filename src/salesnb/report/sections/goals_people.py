"""Who carries the target: personal targets, capacity and hiring, training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.period import Period, Window
from salesnb.plan.capacity import capacity_by_month
from salesnb.plan.hiring import hiring_deadline, hiring_plan
from salesnb.plan.personal import personal_targets
from salesnb.plan.phasing import phase_months, workdays_of
from salesnb.plan.reach import reach_probability
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_plan import plan_of, sales_targets, seen
from salesnb.report.sections.goals_split import monthly_history
from salesnb.report.sections.parts import name_of, scope_name, value_name
from salesnb.report.tables import Col, table

# How far a person's own pace counts against the region's: full trust at two years.
_TRUST_MONTHS = 24
_LEAST_MONTHS = 3
# Months a new head needs where the data cannot tell, and spread of people's years without one.
_RAMP, _SPREAD = 4, 0.25
# The most a full head carries: so much more than the region's average head sold last year.
_STRETCH = 1.6
_RECRUITING = 2


def ramp_of(review: Review) -> int:
    """Give the months a new head needs to reach full pace."""
    if METRICS["ramp_months"].lacks(review.lens.dataset):
        return _RAMP
    found = review.lens.value("ramp_months", review.period.previous).value
    return _RAMP if found is None else max(round(found), 0)


def sellers(review: Review, region: str) -> pd.DataFrame:
    """Give the people who sell in a region this year, with pace and potential.

    Returns
    -------
    One row for each person: rep_id, hire_date, leave_date (where known), `pace` (sales a month of
    the year before, on the months there), `months` of it, `last_year`, `potential` (the pace,
    drawn towards the region's for a short past), `capacity` of a full head over the year.
    """
    found = review.lens.dataset.kept(("sellers", region), lambda: _sellers(review, region))
    return found.copy(deep=False)


def _sellers(review: Review, region: str) -> pd.DataFrame:
    lens = review.lens
    reps, sales = lens.dataset.frame("reps"), lens.dataset.frame("sales")
    window = review.calendar.window(review.period)
    base = review.calendar.window(review.period.previous)
    reps = reps[reps["region"].astype(str) == region].copy()
    reps["rep_id"] = reps["rep_id"].astype(str)
    if "leave_date" in reps:
        reps = reps[~(reps["leave_date"] < pd.Timestamp(window.start))]
    reps = reps[~(reps["hire_date"] > pd.Timestamp(window.end)) & reps["hire_date"].notna()]
    named = sales_targets(review, ("rep",))
    recent = inside(sales, "order_date", Window(base.start, review.as_of))
    wanted = set(named["rep"].astype(str)) or set(recent["rep_id"].astype(str))
    reps = reps[reps["rep_id"].isin(wanted)].reset_index(drop=True)
    before = inside(sales, "order_date", base)
    sums = before.groupby("rep_id", observed=True)["amount"].sum()
    sums.index = sums.index.astype(str)
    start = reps["hire_date"].clip(lower=pd.Timestamp(base.start))
    months = ((pd.Timestamp(base.end) - start).dt.days / 30.4).clip(lower=0.0)
    last_year = sums.reindex(reps["rep_id"]).set_axis(reps.index).fillna(0.0).clip(lower=0.0)
    enough = months >= _LEAST_MONTHS
    regional = float(last_year[enough].sum() / months[enough].sum()) if enough.any() else 0.0
    pace = (last_year / months.where(enough)).fillna(regional)
    tenure = ((pd.Timestamp(base.end) - reps["hire_date"]).dt.days / 30.4).clip(lower=0.0)
    trust = (tenure / _TRUST_MONTHS).clip(upper=1.0)
    keep = ["rep_id", "hire_date", *(name for name in ("leave_date", "fte") if name in reps)]
    return reps[keep].assign(
        pace=pace,
        months=months,
        last_year=last_year,
        potential=(trust * pace + (1 - trust) * regional).clip(lower=0.0),
        capacity=max(regional * 12 * _STRETCH, float(pace.max() * 12) if len(pace) else 0.0),
    )


def _year_phasing(review: Review) -> pd.Series:
    def look() -> pd.Series:
        days = workdays_of(review.calendar, review.period)
        history = monthly_history(review)
        phased = phase_months(1.0, days, history=history if len(history) else None)
        return phased.set_index("month")["target"]

    return review.lens.dataset.kept(("year_phasing", review.period), look)


def split_region(review: Review, region: str, total: float) -> pd.DataFrame:
    """Split a region's target over its people by potential, ramp and capacity; kept as facts."""
    people = sellers(review, region)
    phasing = _year_phasing(review)
    if people.empty or not people["potential"].sum() > 0:
        return pd.DataFrame(columns=["rep_id", "effective", "target"])
    split = personal_targets(
        total, people, list(phasing.index), phasing=phasing, ramp=ramp_of(review),
        unit=1.0 if float(total).is_integer() else None, short="show", calendar=review.calendar,
    )  # fmt: skip
    found = split.merge(
        people[["rep_id", "pace", "last_year"]], on="rep_id", how="left", validate="one_to_one"
    )
    for row in found.to_dict("records"):
        scope = {"region": region, "rep": row["rep_id"] or "uncovered"}
        review.lens.keep("personal_target", float(row["target"]), "money", scope)
    return found


@section("goal_people", "targets", "reps.hire_date", "orders.rep_id")
def goal_people(review: Review) -> Block:
    """Give each person a target by potential, ramp and capacity, and the odds of reaching it."""
    language, lens = review.language, review.lens
    goals = sales_targets(review, ("region",))
    if not review.whole_company:
        own = sales_targets(review)
        goals = own.assign(region=review.region) if len(own) else goals
    if goals.empty:
        return note(language("goals.no_year_target", period=review.period))
    lens.compare("net_sales", "target", ["region"] if review.whole_company else ["rep"])
    splits = {
        str(row["region"]): split_region(review, str(row["region"]), float(row["target"]))
        for row in goals.to_dict("records")
    }
    remark = note(language("goals.people_note", ramp=ramp_of(review)))
    if all(split.empty for split in splits.values()):
        return note(language("goals.nobody"))
    if review.whole_company:
        return group(_by_region(review, goals, splits), remark)
    return group(_one_region(review, splits[review.region], float(goals["target"].iloc[0])), remark)


def _by_region(review: Review, goals: pd.DataFrame, splits: dict[str, pd.DataFrame]) -> Block:
    language = review.language
    set_now = sales_targets(review, ("region", "rep"))
    rows = []
    for goal in goals.to_dict("records"):
        split = splits[str(goal["region"])]
        mine = set_now[set_now["region"].astype(str) == str(goal["region"])]
        targets = split["target"]
        whole = float(targets.sum())
        holds = abs(whole - goal["target"]) < 1
        word = language("goals.holds" if holds else "goals.broken")
        rows.append(
            {
                "label": value_name(review, "region", goal["region"]),
                "heads": float((split["rep_id"] != "").sum()),
                "effective": float(split["effective"].sum()),
                "target": float(goal["target"]),
                "people": whole,
                "set_now": float(mine["target"].sum()) if len(mine) else None,
                "largest": float(targets.max()),
                "state": f"{'good' if holds else 'bad'}:{word}",
            }
        )
    frame = pd.DataFrame(rows)
    columns = [
        Col("label", language("report.dimension.region")),
        Col("heads", language("goals.heads"), "count"),
        Col("effective", language("goals.effective_heads"), "number"),
        Col("target", language("goals.region_target"), "money"),
        Col("people", language("goals.people_sum"), "money"),
        Col("set_now", language("goals.set_sum"), "money", wide_only=True),
        Col("largest", language("goals.largest"), "money", wide_only=True),
        Col("state", language("report.state"), "status"),
    ]
    foot = {"label": language("report.total")} | {
        name: float(frame[name].sum())
        for name in ("heads", "effective", "target", "people", "set_now")
    }
    key = "people_lead_part" if any(split.empty for split in splits.values()) else "people_lead"
    sentence = language(f"goals.{key}", people=float(foot["heads"]), target=float(foot["people"]))
    caption = language("goals.people_regions", scope=scope_name(review))
    return group(lead(sentence), table(frame, columns, language, caption, total=foot))


def _one_region(review: Review, split: pd.DataFrame, total: float) -> Block:
    language = review.language
    set_now = sales_targets(review, ("rep",))
    table_now = dict(zip(set_now["rep"].astype(str), set_now["target"], strict=True))
    so_far = review.lens.measure("net_sales", ["rep"])
    done = dict(zip(so_far["rep"].astype(str), so_far["value"], strict=True))
    growth = review.lens.against("net_sales", "year")["growth"]
    lift = 0.0 if is_missing(growth) else float(growth)
    expected = split["pace"] * 12 * split["effective"] * (1 + lift)
    chance = reach_probability(split["target"], expected, pd.Series(_spread(review), split.index))
    bands = [_band(review, each) for each in chance]  # type: ignore[union-attr]
    frame = split.assign(
        label=[
            value_name(review, "rep", rep) if rep else language("goals.uncovered")
            for rep in split["rep_id"]
        ],
        set_now=[table_now.get(rep, np.nan) for rep in split["rep_id"]],
        current=[done.get(rep, np.nan) for rep in split["rep_id"]],
        chance=chance,
        state=bands,
    ).sort_values("target", ascending=False)
    for row in frame.to_dict("records"):
        known = not is_missing(row["chance"])
        review.lens.keep(
            "reach_probability", row["chance"], "ratio", {"rep": row["rep_id"] or "uncovered"},
            reason=None if known else "no_forecast",
        )  # fmt: skip
    columns = [
        Col("label", language("report.dimension.rep")),
        Col("effective", language("goals.effective"), "percent", wide_only=True),
        Col("last_year", language("report.last_year"), "money"),
        Col("target", language("goals.proposed"), "money"),
        Col("required_growth", language("goals.needed"), "delta", "percent"),
        Col("set_now", language("goals.target_in_force"), "money", wide_only=True),
        Col("current", language("goals.so_far"), "money", wide_only=True),
        Col("chance", language("goals.chance"), "percent"),
        Col("state", language("goals.band"), "status"),
    ]
    foot = {
        "label": language("report.total"), "target": float(frame["target"].sum()),
        "last_year": float(frame["last_year"].sum()), "set_now": float(frame["set_now"].sum()),
        "current": float(frame["current"].sum()),
    }  # fmt: skip
    sentence = language(
        "goals.people_lead_region", people=int((split["rep_id"] != "").sum()),
        target=float(frame["target"].sum()), whole=total,
    )  # fmt: skip
    caption = language("goals.people_caption", scope=scope_name(review))
    return group(lead(sentence), table(frame, columns, language, caption, total=foot, max_rows=40))


def _spread(review: Review) -> float:
    """Give how far people's years have been from the year before, as a part of it."""
    base = review.period.previous
    if review.calendar.window(base.previous).start < review.lens.dataset.history_start:
        return _SPREAD
    rows = review.lens.compare("net_sales", "year", ["rep"], period=base)
    # A person there for a small part of either year says nothing about a usual year.
    rows = rows[(rows["base"] > 0) & (rows["current"] > 0)]
    ratio = np.log((rows["current"] / rows["base"]).to_numpy(dtype=float))
    ratio = ratio[np.abs(ratio) < np.log(2)]
    return float(np.std(ratio, ddof=1)) if len(ratio) >= 5 else _SPREAD


def _band(review: Review, chance: float) -> str:
    if is_missing(chance):
        return ""
    look, word = ("good", "fair")
    if chance > 0.9:
        look, word = "warn", "easy"
    elif chance < 0.2:
        look, word = "bad", "hard"
    return f"{look}:{review.language(f'goals.band_{word}')}"


# Capacity -------------------------------------------------------------------------------------


@section("goal_capacity", "reps.hire_date", "orders.rep_id")
def goal_capacity(review: Review) -> Block:
    """Hold what the people can sell against the target, and say when hires must be there."""
    regions = list(review.store.regions) if review.whole_company else [review.region]
    goals = sales_targets(review, ("region",)) if review.whole_company else sales_targets(review)
    language, phasing = review.language, _year_phasing(review)
    season = phasing * len(phasing)
    growth = review.lens.against("net_sales", "year")["growth"]
    lift = 1.0 + (0.0 if is_missing(growth) else float(growth))
    rows, asked = [], []
    for region in regions:
        mine = goals if not review.whole_company else goals[goals["region"].astype(str) == region]
        people = sellers(review, region)
        if mine.empty or people.empty or not people["pace"].sum() > 0:
            continue
        total = float(mine["target"].iloc[0])
        pace = people.set_index("rep_id")["pace"] * lift
        months = capacity_by_month(
            people, list(phasing.index), pace, ramp=ramp_of(review), season=season,
            target=phasing * total, calendar=review.calendar,
        )  # fmt: skip
        gap = float(months["capacity"].sum() - total)
        each = float(pace.mean())
        wanted = _hires(review, region)
        row = {
            "label": value_name(review, "region", region),
            "heads": float(months["heads"].iloc[-1]),
            "full": float(months["full_heads"].mean()),
            "target": total,
            "capacity": float(months["capacity"].sum()),
            "gap": gap,
            "coverage": float(months["capacity"].sum()) / total,
        }
        review.lens.keep("sales_capacity", row["capacity"], "money", {"region": region})
        rows.append(row)
        asked += _hiring(review, region, gap, each, wanted, months, season)
    if not rows:
        return note(language("goals.no_capacity"))
    frame = pd.DataFrame(rows)
    columns = [
        Col("label", language("report.dimension.region")),
        Col("heads", language("goals.heads_end"), "count", wide_only=True),
        Col("full", language("goals.full_heads"), "number", wide_only=True),
        Col("target", language("report.target"), "money"),
        Col("capacity", language("goals.capacity"), "money"),
        Col("gap", language("goals.capacity_gap"), "delta", "money", "up"),
        Col("coverage", language("goals.coverage"), "percent"),
    ]
    caption = language("goals.capacity_caption", scope=scope_name(review))
    short = frame[frame["gap"] < 0]
    key = "capacity_short" if len(short) else "capacity_enough"
    sentence = language(
        f"goals.{key}", names=language.list(short["label"]), gap=float(-short["gap"].sum())
    )
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        note(*asked) if asked else None,
        note(language("goals.capacity_note", ramp=ramp_of(review), lift=lift - 1)),
    )


def _hires(review: Review, region: str) -> int:
    """Give the hires of salespeople the plan names for a region."""
    plan = plan_of(review)
    found = [
        one.hires
        for one in (seen(review, plan.capacity) if plan is not None else ())
        if one.scope.members("region") == (region,) and one.metric == "net_sales"
    ]
    return int(sum(found))


def _hiring(
    review: Review,
    region: str,
    gap: float,
    each: float,
    wanted: int,
    months: pd.DataFrame,
    season: pd.Series,
) -> list[str]:
    """Say how many hires close a region's gap, and by when they must be there."""
    language = review.language
    # The search for somebody takes its time, whoever decides on it today.
    last = str(review.calendar.period_at(review.as_of, "month").shift(_RECRUITING))
    ahead = [str(month) for month in months["month"] if str(month) > last]
    if not ahead:
        return []
    name = value_name(review, "region", region)
    plan = hiring_plan(
        max(-gap, 0.0), ahead, each, ramp=ramp_of(review), season=season,
        heads=wanted or None, recruiting_months=_RECRUITING,
    )  # fmt: skip
    first = plan.iloc[0]
    lines = []
    if gap < 0 and not is_missing(first["heads_needed"]):
        review.lens.keep("hires_needed", float(first["heads_needed"]), "count", {"region": region})
        lines.append(
            language(
                "goals.hires_needed", name=name, heads=float(first["heads_needed"]),
                start=Period.parse(first["start"]), decide=Period.parse(first["decide_by"]),
            )
        )  # fmt: skip
    if wanted:
        deadline = hiring_deadline(plan)
        key = "hires_planned_by" if deadline and gap < 0 else "hires_planned_short"
        if gap >= 0:
            key = "hires_planned"
        lines.append(
            language(
                f"goals.{key}", name=name, heads=wanted, brings=float(first["brings"]),
                start=Period.parse(first["start"]),
                deadline=Period.parse(deadline) if deadline else first["start"],
            )
        )  # fmt: skip
    return lines


# Training -------------------------------------------------------------------------------------


@section("goal_training", "training")
def goal_training(review: Review) -> Block:
    """Hold the training held against the plan's rhythm: sessions, coverage, pass rate."""
    lens, language = review.lens, review.language
    held = lens.measure("training_sessions", ["topic"])
    covered = {
        metric: lens.value(metric)
        for metric in ("training_coverage", "training_pass_rate")
        if not METRICS[metric].lacks(lens.dataset)
    }
    columns = [
        Col("topic", language("goals.topic")),
        Col("value", name_of(review, "training_sessions"), "count"),
    ]
    total = {
        "topic": language("report.total"), "value": lens.value("training_sessions").value
    }  # fmt: skip
    figures = language.list(
        language("goals.figure", name=name_of(review, metric), value=found.value)
        for metric, found in covered.items()
        if found.value is not None
    )
    caption = language("goals.training_caption", scope=scope_name(review))
    return group(
        lead(language("goals.training_lead", figures=figures)) if figures else None,
        table(held.astype({"topic": str}), columns, language, caption, total=total),
        _rhythm(review),
    )


def _rhythm(review: Review) -> Block | None:
    """Count the sessions due by now for each training the plan promises."""
    plan, language = plan_of(review), review.language
    if plan is None:
        return None
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}
    over = sum(
        1
        for month in review.calendar.months_of(review.period)
        if review.calendar.window(month).end <= review.as_of
    )
    rows = [
        {
            "source": one.source,
            "text": one.text,
            "every": language(f"goals.every_{one.every}"),
            "due": float(over // months[one.every]),
            "year": 12.0 / months[one.every],
        }
        for one in seen(review, plan.monitoring)
        if one.type == "training" and one.every in months
    ]
    if not rows:
        return None
    due = sum(row["due"] for row in rows)
    review.lens.keep("training_due", due, "count")
    columns = [
        Col("source", language("goals.line")),
        Col("text", language("goals.promise")),
        Col("every", language("goals.every"), wide_only=True),
        Col("year", language("goals.times_a_year"), "count"),
        Col("due", language("goals.due_by_now"), "count"),
    ]
    total = {
        "source": language("report.total"), "year": sum(row["year"] for row in rows), "due": due
    }  # fmt: skip
    caption = language("goals.rhythm_caption")
    return table(pd.DataFrame(rows), columns, language, caption, total=total)
