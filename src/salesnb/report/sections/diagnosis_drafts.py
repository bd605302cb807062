"""Goals drafted from targets and gaps, and what the plan checker says of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import yaml

from salesnb.findings.lens import Lens
from salesnb.findings.outlook import foreseen
from salesnb.findings.people import responsible
from salesnb.findings.spans import months
from salesnb.metrics.metric import IMMATURE, SMALL
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.plan.check import check_text
from salesnb.plan.facts import Facts, Interval
from salesnb.plan.findings import PlanReport
from salesnb.report.review import Review
from salesnb.report.sections.diagnosis_problems import troubles
from salesnb.report.sections.parts import (
    name_of,
    shown_unit,
)

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
LETTERS = {"K25": "S", "K26": "M", "K27": "A", "K28": "R", "K29": "T"}


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
        aim = _count_goal(review, metric, year) if is_sum(metric) else _rate_goal(review, metric)
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


def is_sum(metric: str) -> bool:
    """Whether a metric's months add up to its year."""
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
    """Give where the year's sales are heading: full months so far, and the forecast of the rest.

    The months' misses are taken as independent, so the interval of the sum is the root of the
    summed squares. None without a forecast that reaches the year's end.
    """
    calendar, lens = review.calendar, review.lens
    last = calendar.period_at(review.as_of)
    if not calendar.finished(last, review.as_of):
        last = last.previous
    # A quarter or an unfinished month is forecast from the last full month, as any report is.
    ahead = foreseen(Lens(lens.dataset, last, calendar.window(last).end))
    if ahead is None:
        return None
    parts = calendar.months_of(year)
    rows = ahead.table.iloc[
        [step for step in range(len(ahead.table)) if last.shift(step + 1) in parts]
    ]
    before = [month for month in parts if month <= last]
    if rows.empty or len(before) + len(rows) < len(parts):
        return None
    done = sum(lens.value("net_sales", month).value or 0.0 for month in before)
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
    period = level_period(review, metric)
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


def level_period(review: Review, metric: str) -> Period | None:
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
    if is_sum(goal.metric):
        year = goal_year(review)
        if not goal.now:
            return language("diagnosis.goal_new", period=year, **values)
        growth = goal.target / goal.now - 1
        return language("diagnosis.goal_sum", period=year, growth=growth, **values)
    up = METRICS[goal.metric].better == "up"
    return language(f"diagnosis.goal_{'raise' if up else 'lower'}", **values)
