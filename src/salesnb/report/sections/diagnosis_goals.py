"""Draft goals from the gaps: SMART-checked, held against the forecast, handed down, solved back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import yaml

from salesnb.findings.outlook import foreseen
from salesnb.findings.people import responsible
from salesnb.findings.spans import inside, months, over
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.metrics.metric import IMMATURE, SMALL
from salesnb.metrics.registry import METRICS
from salesnb.period import Period, Window
from salesnb.plan.allocate import allocate
from salesnb.plan.check import check_text
from salesnb.plan.facts import Facts, Interval
from salesnb.plan.findings import PlanReport
from salesnb.plan.process import solve_back
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_problems import troubles
from salesnb.report.sections.parts import (
    dimension_name,
    labelled,
    name_of,
    shown_unit,
    written_block,
)
from salesnb.report.tables import Col, table

# Figures a goal may be drafted for, the role that answers for each.
_AIMS = {
    "new_customers": "marketing",
    "valid_lead_rate": "marketing",
    "lead_conversion": "region_manager",
    "win_rate": "region_manager",
    "gross_margin": "product",
    "repurchase_rate": "service",
    "renewal_rate": "service",
    "churn_rate": "service",
    "csat": "service",
    "sla_rate": "service",
    "overdue_ratio": "finance",
    "dso": "finance",
}
_MOST = 8
_LETTERS = {"K25": "S", "K26": "M", "K27": "A", "K28": "R", "K29": "T"}


@dataclass(frozen=True)
class Goal:
    """One drafted goal: what, from where, to where, by when, by whom."""

    metric: str
    now: float
    target: float
    owner: str
    source: str
    deadline: str
    checkpoints: tuple[str, ...]


def goal_year(review: Review) -> Period:
    """Give the fiscal year goals are drafted for: the running one, or the next when it is over."""
    year = review.calendar.enclosing(review.calendar.period_at(review.as_of), "year")
    return year.next if review.calendar.finished(year, review.as_of) else year


def drafts(review: Review) -> list[Goal]:
    """Draft the goals: sales for the year, then each figure that lags its target or its past.

    A goal is the plan's own target where the data hold one; else, for sales, what was sold so far
    and the forecast of the rest, and for other figures the level of a year ago.
    """
    return review.lens.dataset.kept(
        ("drafts", review.period, review.as_of), lambda: list(_drafts(review))
    )


def _drafts(review: Review) -> list[Goal]:
    year, lens = goal_year(review), review.lens
    people = responsible(lens)
    ends = _checkpoints(review, year)

    def goal(metric: str, now: float, target: float, role: str, source: str) -> Goal:
        owner = people.get(role, review.language.label(f"findings.role.{role}", role))
        return Goal(metric, now, target, owner, source, ends[-1], tuple(ends[:-1]))

    found = []
    sales = _sales_goal(review, year)
    if sales is not None:
        role = "sales_director" if review.whole_company else "region_manager"
        found.append(goal("net_sales", sales[0], sales[1], role, sales[2]))
    for metric in _in_order(review):
        role = _AIMS[metric]
        if METRICS[metric].lacks(lens.dataset) or len(found) >= _MOST:
            continue
        aim = _count_goal(review, metric, year) if _is_sum(metric) else _rate_goal(review, metric)
        if aim is not None:
            found.append(goal(metric, aim[0], aim[1], role, aim[2]))
    return found


def _in_order(review: Review) -> list[str]:
    """Order what a goal may be drafted for: what will tell whether the largest troubles go first.

    Which figure tells is what the playbook says of the actions that answer a trouble.
    """
    first = [
        play.kpi
        for trouble in troubles(review)
        for name in (trouble.id, *(found.rule for found in trouble.findings))
        for play in review.plays
        if name in play.rules and play.kpi in _AIMS
    ]
    return list(dict.fromkeys([*first, *_AIMS]))


def _is_sum(metric: str) -> bool:
    return METRICS[metric].unit in ("count", "money")


def _checkpoints(review: Review, year: Period) -> list[str]:
    """Give the days goals are looked at: ends of the quarters left, the year's own last."""
    window = review.calendar.window(year)
    ends = [review.calendar.window(each).end for each in review.calendar.periods(window, "quarter")]
    return [end.isoformat() for end in ends if end > review.as_of]


def _sales_goal(review: Review, year: Period) -> tuple[float, float, str] | None:
    """Give last year's sales and this year's goal: the plan's, or what is on the way."""
    lens = review.lens
    before = lens.value("net_sales", year.previous).value
    target = lens.target("net_sales", year)
    if target is not None:
        return before or 0.0, target, "plan"
    ahead = year_ahead(review, year)
    return None if ahead is None else (before or 0.0, ahead.middle, "forecast")


def year_ahead(review: Review, year: Period) -> Interval | None:
    """Give where the year's sales are heading: what was sold so far, and the forecast of the rest.

    The months' misses are taken as independent, so the interval of the sum is the root of the
    summed squares. None without a forecast that reaches the year's end.
    """
    ahead, lens = foreseen(review.lens), review.lens
    if ahead is None:
        return None
    window = review.calendar.window(year)
    last = months(lens, 1)[0]
    steps = [
        step
        for step in range(1, len(ahead.table) + 1)
        if review.calendar.window(last.shift(step)).start >= window.start
        and review.calendar.window(last.shift(step)).end <= window.end
    ]
    left = [
        month
        for month in review.calendar.months_of(year)
        if review.calendar.window(month).start > review.as_of
    ]
    rows = ahead.table.iloc[[step - 1 for step in steps]]
    if rows.empty or len(steps) < len(left):
        return None
    done = (lens.value("net_sales", year).value or 0.0) if len(left) < 12 else 0.0
    middle = done + float(rows["forecast"].sum())
    down, up = (
        math.sqrt(float(((rows[side] - rows["forecast"]) ** 2).sum())) for side in ("low", "high")
    )
    if math.isnan(down) or math.isnan(up):
        return None
    for name, value in (("", middle), ("_low", middle - down), ("_high", middle + up)):
        lens.keep(f"forecast{name}", value, "money", period=year)
    return Interval(middle - down, middle, middle + up)


def _count_goal(review: Review, metric: str, year: Period) -> tuple[float, float, str] | None:
    """Give last year's count and the year's goal, where the pace so far misses it."""
    lens = review.lens
    target, before = lens.target(metric, year), lens.value(metric, year.previous).value
    if target is None or not before:
        return None
    months_done = sum(
        review.calendar.finished(month, review.as_of) for month in review.calendar.months_of(year)
    )
    done = lens.value(metric, year).value or 0.0
    if months_done and done / months_done * 12 >= target:
        return None
    return before, target, "plan"


def _rate_goal(review: Review, metric: str) -> tuple[float, float, str] | None:
    """Give the latest quarter's level and the goal, where the level is worse."""
    lens = review.lens
    period = _level_period(review, metric)
    if period is None:
        return None
    now = float(lens.value(metric, period).value or 0.0)
    end = months(lens, 1)[0]
    target = lens.target(metric, end) or lens.target(metric, goal_year(review))
    source = "plan"
    if target is None:
        before = [lens.value(metric, period.shift(-back)).value for back in range(1, 5)]
        known = [value for value in before if value is not None]
        target, source = (sum(known) / len(known) if known else None), "past"
    if target is None:
        return None
    up = METRICS[metric].better == "up"
    # What is as good as its goal already needs none.
    short = target - now if up else now - target
    least = 0.005 if METRICS[metric].unit == "ratio" else 0.02 * abs(target)
    return (now, target, source) if short > least else None


def _level_period(review: Review, metric: str) -> Period | None:
    """Give the last period with a level to start from: a quarter, as a month has few cases.

    None where the last four have too few, or their cohorts have not had their time.
    """
    last = review.period
    if last.kind == "month":
        last = review.calendar.enclosing(last, "quarter")
    for back in range(4):
        found = review.lens.value(metric, last.shift(-back))
        if found.value is not None and found.reason not in (IMMATURE, SMALL):
            return last.shift(-back)
    return None


# The checker --------------------------------------------------------------------------------


def checked_drafts(review: Review) -> PlanReport:
    """Hold the drafted goals to the rules a plan is held to, and to the data."""
    year = goal_year(review)
    calendar = review.calendar
    header = {
        "year": year.year,
        "fiscal_start": calendar.fiscal_start,
        "fiscal_named": calendar.fiscal_named,
        "currency": review.store.company.currency,
    }
    targets = []
    for place, goal in enumerate(drafts(review), start=1):
        record: dict[str, object] = {
            "id": f"G{place}",
            "metric": goal.metric,
            "text": goal_text(review, goal),
            "value": _written(goal.metric, goal.target),
            "baseline": _written(goal.metric, goal.now),
            "definition": METRICS[goal.metric].definition(review.language, review.settings),
            "owner": goal.owner,
            "deadline": goal.deadline,
            "checkpoints": list(goal.checkpoints),
        }
        if place > 1:
            record["parent"] = "G1"
        targets.append(record)
    if targets and targets[0]["metric"] != "net_sales":
        for record in targets:
            record.pop("parent", None)
    text = yaml.safe_dump({"plan": header, "targets": targets}, allow_unicode=True, sort_keys=False)
    return check_text(text, "", _facts(review, year), calendar)


def _written(metric: str, value: float) -> str:
    """Write a figure as a plan does: exactly, a rate in percent."""
    if METRICS[metric].unit == "ratio":
        return f"{value * 100:.6g}%"
    return f"{value:.10g}"


def _facts(review: Review, year: Period) -> Facts:
    lens = review.lens
    first = lens.dataset.history_start
    values = {}
    for metric in ("net_sales", "new_customers"):
        if METRICS[metric].lacks(lens.dataset):
            continue
        for back in range(1, 5):
            past = year.shift(-back)
            # A first year that is cut off would make the next one's growth a record.
            if review.calendar.window(past).start < first - timedelta(days=15):
                continue
            found = lens.value(metric, past).value
            if found is not None:
                values[metric, "", str(past)] = found
    ahead = year_ahead(review, year)
    forecasts = {("net_sales", "", str(year)): ahead} if ahead else {}
    return Facts(values, forecasts)


def goal_text(review: Review, goal: Goal) -> str:
    """Say a goal in one sentence: what, from where, to where, by when."""
    language, unit = review.language, shown_unit(goal.metric)
    values = {
        "metric": name_of(review, goal.metric),
        "now": language.show(goal.now, unit),
        "target": language.show(goal.target, unit),
        "deadline": goal.deadline,
    }
    if _is_sum(goal.metric):
        year = goal_year(review)
        if not goal.now:
            return language("diagnosis.goal_new", period=year, **values)
        growth = goal.target / goal.now - 1
        return language("diagnosis.goal_sum", period=year, growth=growth, **values)
    up = METRICS[goal.metric].better == "up"
    return language(f"diagnosis.goal_{'raise' if up else 'lower'}", **values)


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
        letter = _LETTERS.get(each.rule)
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
    period = None if _is_sum(goal.metric) else _level_period(review, goal.metric)
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
    letters = "".join(letter for letter in _LETTERS.values() if letter in lacking)
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


# Handed down, and solved back ---------------------------------------------------------------------


@section("goal_breakdown")
def goal_breakdown(review: Review) -> Block:
    """Hand what is left of the year's goal down by last year's same months; every level adds up."""
    language, year, lens = review.language, goal_year(review), review.lens
    goal = next((each for each in drafts(review) if each.metric == "net_sales"), None)
    if goal is None:
        return note(language("diagnosis.no_goals"))
    window = review.calendar.window(year)
    left = Window(max(review.as_of + timedelta(days=1), window.start), window.end)
    done = lens.value("net_sales", year).value or 0.0 if left.start > window.start else 0.0
    rest = goal.target - done
    if rest <= 0:
        return note(language("report.year_met"))
    base = Window(_year_before(left.start), _year_before(left.end))
    tables = [
        block
        for dimension in _split_by(review)
        if (block := _split(review, dimension, rest, base)) is not None
    ]
    sentence = language("diagnosis.rest", period=year, target=goal.target, done=done, rest=rest)
    if not tables:
        return group(lead(sentence), note(language("diagnosis.no_split")))
    return group(lead(sentence), *tables, note(language("diagnosis.split_note")))


def _year_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()


def _split_by(review: Review) -> list[str]:
    known = review.lens.dimensions("net_sales")
    wanted = ("region", "product_line") if review.whole_company else ("product_line", "rep")
    return [name for name in wanted if name in known]


def _split(review: Review, dimension: str, rest: float, base: Window) -> Block | None:
    lens, language = review.lens, review.language
    if base.start < lens.dataset.history_start:
        return None
    rows = measure(lens.dataset, "net_sales", base, [dimension])[[dimension, "value"]]
    rows = rows[rows["value"] > 0]
    if dimension == "rep":
        rows = rows[rows["rep"].astype(str).isin(_at_work(review))]
    if len(rows) < 2:
        return None
    rows = rows.assign(**{dimension: rows[dimension].astype(str)}).sort_values(
        "value", ascending=False
    )
    handed = allocate(rest, rows.set_index(dimension)["value"], unit=1000 if rest > 1e6 else None)
    rows["target"] = handed["target"].to_numpy()
    rows["share"] = handed["share"].to_numpy()
    rows["needed"] = rows["target"] / rows["value"] - 1
    rows = rows.merge(_planned(review, dimension), on=dimension, how="left")
    for row in rows.to_dict("records"):
        lens.keep(
            "draft_goal",
            float(row["target"]),
            "money",
            {"metric": "net_sales", dimension: str(row[dimension]), "span": "rest_of_year"},
            goal_year(review),
        )
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("value", language("diagnosis.same_last_year"), "money"),
        Col("target", language("diagnosis.handed_down"), "bar"),
        Col("share", language("report.share"), "percent", wide_only=True),
        Col("needed", language("diagnosis.growth_needed"), "delta", "percent", "none"),
    ]
    total = {
        "label": language("report.total"),
        "value": float(rows["value"].sum()),
        "target": float(rows["target"].sum()),
        "share": 1.0,
        "needed": float(rows["target"].sum() / rows["value"].sum() - 1),
        "planned": None,
    }
    notes = []
    if rows["planned"].notna().all():
        planned = float(rows["planned"].sum())
        over = planned / rest - 1
        scope = {"dimension": dimension, "span": "rest_of_year"}
        parts = {"numerator": planned, "denominator": rest}
        lens.keep("over_assignment", over, "ratio", scope, goal_year(review), **parts)
        total["planned"] = planned
        columns.append(Col("planned", language("diagnosis.planned"), "money"))
        key = "over" if over > 0.005 else "under" if over < -0.005 else "even"
        notes.append(language(f"diagnosis.handed_{key}", over=over, gap=planned - rest))
    caption = language(
        "diagnosis.split_caption",
        dimension=dimension_name(review, dimension),
        scope=review.region_name,
    )
    return table(
        labelled(review, rows, dimension),
        columns,
        language,
        caption,
        total=total,
        max_rows=20,
        notes=notes,
    )


def _planned(review: Review, dimension: str) -> pd.DataFrame:
    """Give what each part's own target for the year leaves to do: dimension, planned."""
    lens, year = review.lens, goal_year(review)
    if not lens.has("targets"):
        return pd.DataFrame({dimension: pd.Series(dtype=str), "planned": pd.Series(dtype=float)})
    rows = lens.compare("net_sales", "target", [dimension], period=year)
    left = pd.DataFrame({dimension: rows[dimension].astype(str), "planned": -rows["change"]})
    return left.assign(planned=left["planned"].clip(lower=0.0))


def _at_work(review: Review) -> set[str]:
    """Give those who have not left."""
    if not review.lens.has("reps", "leave_date"):
        return set(measure_names(review))
    reps = review.lens.dataset.frame("reps")
    stays = reps["leave_date"].isna() | (reps["leave_date"] > pd.Timestamp(review.as_of))
    return set(reps.loc[stays, "rep_id"].astype(str))


def measure_names(review: Review) -> list[str]:
    """Give the ids of all who sold in the report's period."""
    return review.lens.measure("net_sales", ["rep"])["rep"].astype(str).tolist()


_LEADS = ("leads", "conversion")
_TREE = {
    "sales": "existing_sales + new_sales",
    "new_sales": "new_customers * first_value",
    "new_customers": "leads * conversion",
}


@section("process_goals", "orders.customer_id")
def process_goals(review: Review) -> Block:
    """Solve the year's goal back: what each driver must be, the others staying as they are."""
    language = review.language
    goal = next((each for each in drafts(review) if each.metric == "net_sales"), None)
    base = _drivers(review)
    if goal is None or base is None:
        return note(language("diagnosis.no_chain"))
    rows = []
    for name, value in base.items():
        tree = dict(_TREE)
        if name not in _LEADS:
            # How new customers come about is asked of leads and conversion only.
            del tree["new_customers"]
        above = ("new_customers",) if name in _LEADS else _LEADS
        known = {
            driver: each for driver, each in base.items() if driver != name and driver not in above
        }
        rates = ["conversion"] if name in _LEADS else []
        row = solve_back(tree, goal.target, known, rates=rates).set_index("driver").loc[name]
        feasible = bool(row["is_feasible"])
        rows.append(_driver_row(review, name, value, float(row["value"]), feasible))
    activity = _activity_row(review, rows)
    frame = pd.DataFrame([*rows, *([activity] if activity else [])])
    customers = next(row for row in rows if row["driver"] == "new_customers")
    sentence = language(
        "diagnosis.chain",
        target=goal.target,
        period=goal_year(review),
        customers=math.ceil(round(float(customers["needed"]), 6)),
        now=customers["now"],
    )
    unit_of = {"existing_sales": "money", "first_value": "money", "conversion": "percent"}
    for row in frame.to_dict("records"):
        unit = unit_of.get(str(row["driver"]), "count")
        review.lens.keep(
            "needed", float(row["needed"]), unit, {"driver": str(row["driver"])}, goal_year(review)
        )
    shown = frame.assign(
        now=[
            language.show(v, unit_of.get(d, "count"))
            for d, v in zip(frame["driver"], frame["now"], strict=True)
        ],
        needed=[
            language.show(_whole(d, v), unit_of.get(d, "count"))
            for d, v in zip(frame["driver"], frame["needed"], strict=True)
        ],
    )
    columns = [
        Col("label", language("diagnosis.driver_column")),
        Col("now", language("diagnosis.last_12_months")),
        Col("needed", language("diagnosis.needed_alone")),
        Col("change", language("diagnosis.to_gain"), "delta", "percent", "none"),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("diagnosis.chain_caption", scope=review.region_name)
    notes = [language("diagnosis.chain_note")]
    return group(lead(sentence), table(shown, columns, language, caption, notes=notes))


def _whole(driver: str, value: float) -> float:
    return (
        math.ceil(round(value, 6)) if driver in ("new_customers", "leads", "activities") else value
    )


def _driver_row(
    review: Review, name: str, now: float, needed: float, feasible: bool
) -> dict[str, object]:
    language = review.language
    change = needed / now - 1 if now else np.nan
    if not feasible or needed < 0:
        state = f"bad:{language('diagnosis.impossible')}"
    elif change > 0.3:
        state = f"warn:{language('diagnosis.hard')}"
    elif change <= 0:
        state = f"good:{language('diagnosis.enough')}"
    else:
        state = f"none:{language('diagnosis.possible')}"
    return {
        "driver": name,
        "label": language(f"diagnosis.needs.{name}"),
        "now": now,
        "needed": needed,
        "change": change,
        "state": state,
    }


def _activity_row(review: Review, rows: list[dict[str, object]]) -> dict[str, object] | None:
    """Give the visits and calls the customers needed take, at the usual number for each."""
    if METRICS["activities"].lacks(review.lens.dataset):
        return None
    done = measure(review.lens.dataset, "activities", _last_year(review))["value"].iloc[0]
    won = next(row for row in rows if row["driver"] == "new_customers")
    if is_missing(done) or not won["now"] or float(won["needed"]) <= 0:  # type: ignore[arg-type]
        return None
    needed = float(done) / float(won["now"]) * float(won["needed"])  # type: ignore[arg-type]
    return _driver_row(review, "activities", float(done), needed, feasible=True)


def _last_year(review: Review) -> Window:
    return over(review.lens, months(review.lens, 12))


def _drivers(review: Review) -> dict[str, float] | None:
    """Give the drivers of sales over the last twelve months."""
    lens, span = review.lens, _last_year(review)
    if span.start < lens.dataset.history_start:
        return None
    sales = inside(lens.dataset.frame("sales"), "order_date", span)
    if "customer_type" not in sales.columns:
        return None
    whole = float(sales["amount"].sum())
    new = float(sales.loc[sales["customer_type"].astype(object) == "new", "amount"].sum())
    won = measure(lens.dataset, "new_customers", span)["value"].iloc[0]
    if is_missing(won) or not won or new <= 0:
        return None
    base = {
        "existing_sales": whole - new,
        "first_value": new / float(won),
        "new_customers": float(won),
    }
    if lens.has("leads"):
        leads = measure(lens.dataset, "leads", span)["value"].iloc[0]
        if not is_missing(leads) and leads > 0:
            base |= {"leads": float(leads), "conversion": float(won) / float(leads)}
    return base
