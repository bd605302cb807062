"""The plan on its way: milestones, operational targets, service promised, monthly reports."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from salesnb.figures.gantt import draw_gantt
from salesnb.findings.spans import inside
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.plan.findings import PlanFinding
from salesnb.plan.statements import Milestone, Plan
from salesnb.report.blocks import Block, fold, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_check import written
from salesnb.report.sections.goals_context import computed
from salesnb.report.sections.goals_plan import (
    no_plan,
    person_name,
    plan_of,
    seen,
    seen_findings,
    statement_name,
)
from salesnb.report.sections.parts import compared, name_of, scope_name, value_name
from salesnb.report.tables import Col, table

_STATUS = {"done": "done", "doing": "running", "open": "planned", "cancelled": "cancelled"}
_MOST_BARS = 18
_DAYS_SHOWN = 8


@section("goal_milestones")
def goal_milestones(review: Review) -> Block:
    """Draw the year's actions as they stand, and hold the plan's milestones against each other."""
    language, plan = review.language, plan_of(review)
    drawn = _actions_gantt(review)
    if plan is None:
        return group(drawn, no_plan(review))
    clashes = [
        found
        for found in seen_findings(review)
        if found.rule == "K17" and found.severity != "passed"
    ]
    milestones = sorted(
        seen(review, plan.milestones), key=lambda one: (one.due or date.max, one.id)
    )
    rows = [_milestone_row(review, one, clashes) for one in milestones]
    bad = sum(1 for row in rows if str(row["state"]).startswith("bad"))
    unowned = sum(1 for one in milestones if not one.owner)
    review.lens.keep("milestones_in_conflict", bad, "count", n=len(rows))
    columns = [
        Col("due", language("page.action.due"), "date"),
        Col("name", language("goals.milestone")),
        Col("source", language("goals.line")),
        Col("text", language("goals.in_plan"), wide_only=True),
        Col("owner", language("page.action.owner"), wide_only=True),
        Col("state", language("report.state"), "status"),
    ]
    sentence = language("goals.milestones_lead", count=len(rows), bad=bad, unowned=unowned)
    caption = language("goals.milestones_caption")
    if drawn is None:
        drawn = _plan_gantt(review, milestones)
    return group(
        lead(sentence),
        drawn,
        table(pd.DataFrame(rows), columns, language, caption, max_rows=40) if rows else None,
    )


def _milestone_row(
    review: Review, found: Milestone, clashes: list[PlanFinding]
) -> dict[str, object]:
    language = review.language
    mine = [clash for clash in clashes if found.id in clash.ids]
    state = "good:" + language("goals.agreed")
    if mine:
        state = "bad:" + language(f"goals.clash_{_clash(mine[0].case)}")
    return {
        "due": found.due,
        "name": found.milestone,
        "source": found.source,
        "text": found.text,
        "owner": language.list(found.owner) or language("base.none"),
        "state": state,
    }


def _clash(case: str) -> str:
    return case if case in ("progress", "two_dates", "coverage", "order") else "other"


def _actions_gantt(review: Review) -> Block | None:
    """Draw the actions of the year from the register, with what has become of each."""
    lens, language = review.lens, review.language
    if not lens.has("actions", "title", "start", "due", "status"):
        return None
    actions = lens.dataset.frame("actions")
    window = review.calendar.window(review.period)
    mine = actions[(actions["due"] >= pd.Timestamp(window.start))
                   & (actions["start"] <= pd.Timestamp(window.end))]  # fmt: skip
    mine = mine.sort_values(["due", "title"]).tail(_MOST_BARS)
    if mine.empty:
        return None
    status = [_STATUS.get(str(each), "planned") for each in mine["status"]]
    late = mine["due"] < pd.Timestamp(review.as_of)
    frame = pd.DataFrame(
        {
            "label": mine["title"].astype(str),
            "start": mine["start"],
            "end": mine["due"],
            "owner": [person_name(review, owner) for owner in mine["owner"]],
            "status": [
                "overdue" if each in ("planned", "running") and is_late else each
                for each, is_late in zip(status, late, strict=True)
            ],
        }
    )
    done = int((frame["status"] == "done").sum())
    overdue = int((frame["status"] == "overdue").sum())
    lens.value("action_completion")
    lens.value("actions_overdue")
    title = language("goals.gantt_title", count=len(frame), done=done, overdue=overdue)
    subtitle = language("goals.gantt_subtitle", scope=scope_name(review))
    return chart(
        draw_gantt(frame, language, title=title, as_of=review.as_of, subtitle=subtitle), language
    )


def _plan_gantt(review: Review, milestones: list[Milestone]) -> Block | None:
    """Draw the plan's milestones where no register says how they stand."""
    dated = [one for one in milestones if one.due is not None]
    if not dated:
        return None
    frame = pd.DataFrame(
        {
            "label": [one.milestone for one in dated],
            "start": [one.start or _quarter_start(review, one.due) for one in dated],
            "end": [one.due for one in dated],
            "owner": [review.language.list(one.owner) for one in dated],
            "status": "planned",
        }
    )
    title = review.language("goals.plan_gantt_title", count=len(dated))
    return chart(
        draw_gantt(frame, review.language, title=title, as_of=review.as_of), review.language
    )


def _quarter_start(review: Review, day: date | None) -> date | None:
    if day is None:
        return None
    return review.calendar.window(review.calendar.period_at(day, "quarter")).start


# Operational targets --------------------------------------------------------------------------


@section("goal_operations")
def goal_operations(review: Review) -> Block:
    """Show the targets that are not sales: where they stand, and whether they move their parent."""
    plan, language = plan_of(review), review.language
    if plan is None:
        return no_plan(review)
    moves = {
        one.id: finding
        for finding in seen_findings(review)
        if finding.rule == "K21"
        for one in finding.statements
    }
    rows = []
    for target in seen(review, plan.targets):
        sold = target.metric == "net_sales" and target.scope.parts and target.owner
        if target.metric in ("net_sales", "market_share") and not sold:
            continue
        value, unit, _ = computed(review, target)
        state = "none:" + language("goals.contribution_unknown")
        if target.id in moves:
            passed = moves[target.id].severity == "passed"
            state = ("good:" if passed else "bad:") + language(
                "goals.contributes" if passed else "goals.hardly_contributes"
            )
        rows.append(
            {
                "source": target.source,
                "name": statement_name(review, plan, target),
                "value": written(target.value),
                "now": language("base.none") if value is None else language.show(value, unit),
                "owner": language.list(person_name(review, one) for one in target.owner)
                or language("base.none"),
                "due": target.deadline,
                "parent": _parent(plan, target.parent),
                "state": state,
            }
        )
    if not rows:
        return note(language("goals.no_operations"))
    known = sum(1 for row in rows if row["now"] != language("base.none"))
    review.lens.keep("operational_targets", len(rows), "count", n=known)
    columns = [
        Col("source", language("goals.line")),
        Col("name", language("report.target")),
        Col("value", language("goals.value")),
        Col("now", language("goals.now_at", day=language.date(review.as_of, short=True))),
        Col("owner", language("page.action.owner"), wide_only=True),
        Col("due", language("page.action.due"), "date", wide_only=True),
        Col("parent", language("goals.parent"), wide_only=True),
        Col("state", language("goals.contribution"), "status"),
    ]
    sentence = language("goals.operations_lead", count=len(rows), known=known)
    caption = language("goals.operations_caption")
    shown = table(pd.DataFrame(rows), columns, language, caption, max_rows=60)
    return group(lead(sentence), fold(caption, shown))


def _parent(plan: Plan, name: str) -> str:
    found = plan.find(name) if name else None
    return (found.source or found.id) if found is not None else ""


# Service levels -------------------------------------------------------------------------------


@section("goal_service")
def goal_service(review: Review) -> Block:
    """Show approval times and what other departments promised beside what they did."""
    language, plan = review.language, plan_of(review)
    blocks = [_approvals(review), _promises(review, plan), _departments(review)]
    known = [block for block in blocks if block is not None]
    return group(*known) if known else note(language("goals.no_service"))


def _approvals(review: Review) -> Block | None:
    """Show how orders spread over days to approval, this year and last."""
    lens, language = review.lens, review.language
    if METRICS["approval_days"].lacks(lens.dataset):
        return None
    plan = plan_of(review)
    goal = next(
        (
            one.point
            for one in (plan.targets if plan is not None else ())
            if one.metric == "approval_days" and one.value.known and one.scope.is_company
        ),
        1.0,
    )
    orders = lens.dataset.frame("sales").drop_duplicates("order_id")
    taken = (orders["approve_ts"] - orders["submit_ts"]).dt.total_seconds() / 86400
    records = []
    for period in (review.period.previous, *_quarters(review)):
        window = review.calendar.elapsed(period, review.as_of)
        days = taken[inside(orders, "order_date", window).index].dropna()
        if days.empty:
            continue
        within = int((days <= goal).sum())
        lens.value("approval_days", period)
        lens.keep("approval_within_goal", within / len(days), "ratio", period=period,
                  numerator=within, denominator=len(days))  # fmt: skip
        records.append(
            {
                "label": language.period(period),
                "orders": len(days),
                "median": float(days.median()),
                "p90": float(days.quantile(0.9)),
                "within": within / len(days),
            }
        )
    if not records:
        return None
    columns = [
        Col("label", language("goals.period")),
        Col("orders", name_of(review, "orders"), "count", wide_only=True),
        Col("median", language("goals.median_days"), "days"),
        Col("p90", language("goals.p90_days"), "days"),
        Col("within", language("goals.within", goal=goal), "percent"),
    ]
    last = records[-1]
    sentence = language("goals.approval_lead", goal=goal, **last)
    caption = language("goals.approval_caption", scope=scope_name(review))
    frame = pd.DataFrame(records)
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        note(language("goals.calendar_days")),
    )


def _quarters(review: Review) -> list[Period]:
    window = review.calendar.window(review.period)
    return [
        quarter
        for quarter in review.calendar.periods(window, "quarter")
        if review.calendar.window(quarter).start <= review.as_of
    ]


def _promises(review: Review, plan: Plan | None) -> Block | None:
    """Show the supply the plan promises beside what came, for the whole company."""
    if plan is None or not review.whole_company:
        return None
    language, lens = review.language, review.lens
    rows = []
    for one in plan.of_role("supply"):
        actual = language("base.none")
        if one.metric == "leads" and one.per == "month" and lens.has("leads"):
            came = lens.measure("leads", ["month"])["value"]
            actual = language("goals.a_month", value=float(came.mean()) if len(came) else None)
        elif one.metric == "stock_units" and lens.has("stock", "qty"):
            stock = _product_stock(review, one.scope.members("product"))
            if stock is not None:
                actual = language("goals.in_stock", value=stock)
        rows.append(
            {
                "source": one.source,
                "provider": one.provider,
                "text": one.text,
                "promised": written(one.value),
                "actual": actual,
            }
        )
    if not rows:
        return None
    columns = [
        Col("source", language("goals.line")),
        Col("provider", language("report.dimension.department")),
        Col("text", language("goals.promise")),
        Col("promised", language("goals.promised"), wide_only=True),
        Col("actual", language("report.actual")),
    ]
    caption = language("goals.promises_caption")
    return table(pd.DataFrame(rows), columns, language, caption)


def _product_stock(review: Review, names: tuple[str, ...]) -> float | None:
    """Give the latest stock of products whose name holds the plan's."""
    lens = review.lens
    if not names or not lens.has("products", "name"):
        return None
    products = lens.dataset.frame("products")
    mine = products[[any(name in str(each) for name in names) for each in products["name"]]]
    stock = lens.dataset.frame("stock")
    keys = set(mine["product_id"].astype(str))
    stock = stock[stock["product_id"].astype(str).isin(keys)]
    if stock.empty:
        return None
    value = float(stock.loc[stock["date"] == stock["date"].max(), "qty"].sum())
    lens.keep("stock_units", value, "count", {"product": names[0]})
    return value


def _departments(review: Review) -> Block | None:
    """Show how often each department answered in time."""
    lens, language = review.lens, review.language
    if METRICS["sla_rate"].lacks(lens.dataset, ["department"]):
        return None
    rows = lens.measure("sla_rate", ["department"]).sort_values("value")
    columns = [
        Col("label", language("report.dimension.department")),
        Col("n", language("goals.requests"), "count"),
        Col("value", name_of(review, "sla_rate"), "percent"),
    ]
    shown = rows.assign(
        label=[value_name(review, "department", each) for each in rows["department"]]
    )
    caption = language("goals.departments_caption", scope=scope_name(review))
    return table(shown, columns, language, caption)


# The three monthly reports ---------------------------------------------------------------------


@section("goal_reports")
def goal_reports(review: Review) -> Block:
    """Show the three reports the plan promises the team: regions, products, customer behaviour."""
    lens = review.lens
    cuts = lens.dimensions("net_sales")
    targeted = lens.has("targets")
    blocks: list[Block] = []
    if review.whole_company:
        blocks.append(compared(review, "net_sales", "region", share=True, target=targeted))
    elif "province" in cuts:
        blocks.append(compared(review, "net_sales", "province", share=True, top=8))
    if "product_line" in cuts:
        blocks.append(compared(review, "net_sales", "product_line", share=True, target=targeted))
    behaviour = _behaviour(review)
    return group(note(review.language("goals.reports_note")), *blocks, behaviour)


def _behaviour(review: Review) -> Block:
    """Show how customers bought: how many, how often, for how much, this year and last."""
    language, lens = review.language, review.lens
    wanted = (
        "active_customers", "orders", "average_order_value", "revenue_per_customer",
        "repurchase_rate", "churn_rate",
    )  # fmt: skip
    units = {"ratio": "percent"}
    rows = []
    for metric in wanted:
        if METRICS[metric].lacks(lens.dataset):
            continue
        found = lens.against(metric, "year")
        unit = units.get(METRICS[metric].unit, METRICS[metric].unit)
        rate = unit == "percent"
        change = found["change"] if rate else found["growth"]
        rows.append(
            {
                "label": name_of(review, metric),
                "now": language.show(found["current"], unit),
                "before": language.show(found["base"], unit),
                "change": language.points(change) if rate else language.percent(change, True),
            }
        )
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("goals.so_far")),
        Col("before", language("goals.same_days")),
        Col("change", language("report.change")),
    ]
    caption = language("goals.behaviour_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption)


def next_day(review: Review, first: date, day: int) -> date:
    """Give the day of the month after a month, moved on to a working day."""
    month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    due = month + timedelta(days=day - 1)
    while not review.calendar.is_workday(due):
        due += timedelta(days=1)
    return due
