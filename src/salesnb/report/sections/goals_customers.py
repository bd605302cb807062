"""Customers behind the target: new and old, tiers, leads worked out backwards, stock to clear."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.errors import SalesnbError
from salesnb.figures.trend import draw_trend
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.plan.hiring import account_load
from salesnb.plan.process import solve_back, supply_balance
from salesnb.plan.statements import Plan
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_check import written
from salesnb.report.sections.goals_plan import (
    month_label,
    no_plan,
    plan_of,
    seen,
    statement_name,
)
from salesnb.report.sections.goals_split import own_target
from salesnb.report.sections.parts import compared, name_of, scope_name, value_name
from salesnb.report.tables import Col, table

_CHAIN = {
    "sales": "existing_sales + new_sales",
    "new_sales": "new_customers * first_year_value",
    "new_customers": "leads * conversion",
}
# A customer manager can keep so many accounts in view; the plan may say otherwise.
_LOAD = 60


@section("goal_customers", "orders.customer_id")
def goal_customers(review: Review) -> Block:
    """Solve the sales target backwards: existing customers, new customers, leads."""
    lens, language = review.lens, review.language
    blocks: list[Block | None] = [_chain(review)]
    if lens.has("targets") and review.whole_company:
        blocks.append(compared(review, "new_customers", "region", target=True))
    elif lens.has("targets"):
        lens.against("new_customers", "target")
    blocks += [_mix(review), _said(review)]
    known = [block for block in blocks if block is not None]
    return group(*known) if known else note(language("goals.no_customers"))


def _mix(review: Review) -> Block | None:
    """Show last year's and this year's sales of new and existing customers."""
    if "customer_type" not in review.lens.dimensions("net_sales"):
        return None
    return compared(review, "net_sales", "customer_type", share=True)


def _point(plan: Plan | None, metric: str, kind: str, scope: str = "") -> float | None:
    """Give the figure the plan sets for a metric of a scope, None where it sets none."""
    set_for = _points(plan, metric, kind)
    return set_for.get(scope)


def _points(plan: Plan | None, metric: str, kind: str) -> dict[str, float]:
    """Give the figures the plan sets for a metric, by scope."""
    return {
        one.scope.text: one.point
        for one in reversed(plan.targets if plan is not None else ())
        if (one.metric, one.kind) == (metric, kind) and one.value.known
    }


def lead_yield(review: Review) -> float | None:
    """Give how many new customers a lead of last year brought, None where that is not known.

    Not the conversion of leads: those that existing customers bring make no new customer.
    """
    lens, base = review.lens, review.period.previous
    if not lens.has("leads", "created"):
        return None
    customers, leads = lens.value("new_customers", base), lens.value("leads", base)
    return customers.value / leads.value if customers.value and leads.value else None


def funnel_drivers(review: Review) -> dict[str, float] | None:
    """Give last year's drivers of sales: existing and new sales, new customers, conversion, leads.

    None where the data cannot tell new customers from old ones, or there were none.
    """
    lens, base = review.lens, review.period.previous
    share = lens.value("new_customer_share", base)
    customers = lens.value("new_customers", base)
    if not share or not customers or not customers.value or not share.numerator:
        return None
    found = {
        "existing_sales": float(share.denominator or 0) - float(share.numerator),
        "first_year_value": float(share.numerator) / customers.value,
        "new_customers": float(customers.value),
    }
    conversion = lead_yield(review)
    if conversion:
        found["conversion"] = conversion
    return found


def kept_existing(review: Review, drivers: dict[str, float]) -> tuple[float, float | None]:
    """Give what existing customers are planned to bring, and the growth the plan sets them.

    The plan's repurchase rate and purchase value multiply last year's sales to customers who are
    existing ones in the new year: everybody of last year, so the whole of last year's sales.
    """
    plan = plan_of(review)
    rate = _point(plan, "repurchase_rate", "rate")
    value = _point(plan, "revenue_per_customer", "growth", "customer_type=existing")
    before = review.lens.value("repurchase_rate", review.period.previous).value
    if rate is None or value is None or not before:
        return drivers["existing_sales"], None
    growth = rate / before * (1 + value) - 1
    return drivers["existing_sales"] * (1 + growth), growth


def _chain(review: Review) -> Block | None:
    language, total, drivers = review.language, own_target(review), funnel_drivers(review)
    if total is None or drivers is None:
        return note(language("goals.no_chain"))
    existing, growth = kept_existing(review, drivers)
    plan = plan_of(review)
    rates = _points(plan, "lead_conversion", "rate")
    # One for all leads, or the only one the plan has.
    planned = rates.get("", next(iter(rates.values())) if len(rates) == 1 else None)
    cases = [("last_year", drivers["existing_sales"], drivers.get("conversion"))]
    if growth is not None:
        cases.append(("plan", existing, planned or drivers.get("conversion")))
    columns = [Col("label", language("goals.driver"))]
    frames = {}
    for name, kept, conversion in cases:
        known = {"existing_sales": kept, "first_year_value": drivers["first_year_value"]}
        if conversion:
            known["conversion"] = conversion
            chain = _CHAIN
        else:
            chain = {key: _CHAIN[key] for key in ("sales", "new_sales")}
        counts = [one for one in ("new_customers", "leads") if one in " ".join(chain.values())]
        try:
            frames[name] = solve_back(chain, total, known, counts=counts)
        except SalesnbError:
            continue
        columns.append(Col(name, language(f"goals.case_{name}")))
    records = []
    units = {"conversion": "percent", "new_customers": "count", "leads": "count"}
    base = {"sales": review.lens.value("net_sales", review.period.previous).value, **drivers}
    if "conversion" in drivers:
        base["leads"] = review.lens.value("leads", review.period.previous).value
    base["new_sales"] = drivers["first_year_value"] * drivers["new_customers"]
    for driver in next(iter(frames.values()))["driver"] if frames else ():
        unit = units.get(driver, "money")
        row = {
            "label": language(f"goals.driver_{driver}"),
            "base": language.show(base.get(driver), unit),
        }
        for name, frame in frames.items():
            found = frame.set_index("driver").loc[driver]
            value = found["value"] if is_missing(found["whole"]) else found["whole"]
            row[name] = language.show(float(value), unit)
            review.lens.keep(
                f"needed_{driver}", float(value), {"percent": "ratio"}.get(unit, unit),
                {"case": name},
            )  # fmt: skip
        records.append(row)
    columns.insert(1, Col("base", language("goals.base_actual", base=review.period.previous)))
    last = next(iter(frames.values())).set_index("driver")
    sentence = language(
        "goals.chain_lead" if "leads" in last.index else "goals.chain_lead_customers",
        target=total,
        customers=float(last.loc["new_customers", "whole"]),
        leads=float(last.loc["leads", "whole"]) if "leads" in last.index else None,
        base=review.period.previous,
    )
    caption = language("goals.chain_caption", scope=scope_name(review))
    remark = note(language("goals.chain_note")) if "plan" in frames else None
    return group(lead(sentence), table(pd.DataFrame(records), columns, language, caption), remark)


def _said(review: Review) -> Block | None:
    """Show what the plan asks of customers, beside where the figure stands."""
    plan, lens, language = plan_of(review), review.lens, review.language
    if plan is None:
        return None
    wanted = ("new_customers", "repurchase_rate", "revenue_per_customer")
    rows = [
        {
            "source": one.source,
            "name": statement_name(review, plan, one),
            "value": written(one.value),
        }
        for one in seen(review, plan.targets)
        if one.metric in wanted
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows).drop_duplicates(["name", "value"])
    lens.value("repurchase_rate")
    lens.value("new_customers")
    columns = [
        Col("source", language("goals.line")),
        Col("name", language("report.target")),
        Col("value", language("goals.value")),
    ]
    return table(frame, columns, language, language("goals.customers_said"), max_rows=30)


# Tiers ----------------------------------------------------------------------------------------


@section("goal_tiers", "orders.customer_id")
def goal_tiers(review: Review) -> Block:
    """Count customers by tier, with what each buys, and the load on customer managers."""
    language, lens = review.language, review.lens
    base = review.period.previous
    sales = inside(lens.dataset.frame("sales"), "order_date", review.calendar.window(base))
    sums = sales.groupby("customer_id", observed=True)["amount"].sum()
    sums = sums[sums > 0]
    if sums.empty:
        return note(language("goals.no_customers"))
    plan = plan_of(review)
    scheme = plan.tiers[0] if plan is not None and plan.tiers else None
    if scheme is not None and scheme.metric:
        bounds = [(tier.name, tier.low, tier.written) for tier in scheme.tiers]
    else:
        high, low = float(sums.quantile(0.95)), float(sums.quantile(0.8))
        names = ("strategic", "major", "ordinary")
        said = ("≥ " + language.money(high), "≥ " + language.money(low), "< " + language.money(low))
        bounds = [
            (value_name(review, "value_tier", name), bound, text)
            for name, bound, text in zip(names, (high, low, -np.inf), said, strict=True)
        ]
    left, rows = sums, []
    for name, low, text in bounds:
        mine = left[left >= low]
        left = left[left < low]
        rows.append((name, text, float(len(mine)), float(mine.sum())))
        lens.keep("tier_customers", float(len(mine)), "count", {"tier": name}, base)
    frame = pd.DataFrame(rows, columns=["label", "bound", "count", "sales"])
    frame["share"] = frame["sales"] / frame["sales"].sum()
    columns = [
        Col("label", language("goals.tier")),
        Col("bound", language("goals.tier_bound")),
        Col("count", language("report.customer_count"), "count"),
        Col("sales", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent"),
    ]
    foot = {
        "label": language("report.total"), "count": float(frame["count"].sum()),
        "sales": float(frame["sales"].sum()), "share": 1.0,
    }  # fmt: skip
    caption = language("goals.tiers_caption", scope=review.region_name, base=base)
    return group(
        table(frame, columns, language, caption, total=foot),
        None if scheme is not None and scheme.metric else note(language("goals.tiers_by_rank")),
        _load(review, float(len(sums))),
    )


def _load(review: Review, accounts: float) -> Block | None:
    """Say how many accounts a customer-success manager looks after."""
    lens, language = review.lens, review.language
    if not lens.has("reps", "role"):
        return None
    reps = lens.dataset.frame("reps")
    there = reps["leave_date"].isna() if "leave_date" in reps else pd.Series(True, reps.index)
    managers = int(
        (reps["role"].astype(str).str.contains("成功|success", case=False) & there).sum()
    )
    if not managers:
        return note(language("goals.no_managers"))
    plan = plan_of(review)
    hires = 0.0
    load = float(_LOAD)
    for one in seen(review, plan.capacity) if plan is not None else ():
        if one.metric in ("customers", "active_customers"):
            hires, load = one.hires, one.load or load
    found = account_load(
        pd.DataFrame({"accounts": [accounts], "managers": [managers], "limit": [load]})
    ).iloc[0]
    lens.keep("accounts_per_manager", float(found["per_manager"]), "number")
    return note(
        language(
            "goals.load",
            accounts=accounts,
            managers=managers,
            each=float(found["per_manager"]),
            limit=load,
            needed=int(found["needed"]),
            hires=hires,
        )
    )


# Leads ----------------------------------------------------------------------------------------


@section("goal_leads", "leads")
def goal_leads(review: Review) -> Block:
    """Hold the leads new customers take against the leads there are, month by month."""
    lens, language = review.lens, review.language
    months = [str(month) for month in review.calendar.months_of(review.period)]
    conversion = lead_yield(review)
    needed = _new_customers_by_month(review, months)
    if needed is None or not conversion:
        return note(language("goals.no_lead_need"))
    plan = plan_of(review)
    promised = [
        one
        for one in (plan.of_role("supply") if plan is not None else ())
        if one.metric == "leads" and one.per == "month" and one.scope.is_company
    ]
    came = lens.measure("leads", ["month"]).set_index("month")["value"]
    came.index = came.index.astype(str)
    average = float(came.mean()) if len(came) else 0.0
    ahead = promised[0].point if promised and review.whole_company else average
    supply = pd.Series({month: float(came.get(month, ahead)) for month in months})
    balance = supply_balance(needed, supply, conversion)
    frame = balance.assign(
        label=[month_label(review, month) for month in balance["month"]],
        state=[
            language("goals.supply_actual" if month in came.index else "goals.supply_ahead")
            for month in balance["month"]
        ],
        customers=needed.to_numpy(),
    )
    for row in frame.to_dict("records"):
        lens.keep("lead_balance", row["gap"], "count", period=Period.parse(row["month"]),
                  numerator=row["supply"], denominator=row["demand"])  # fmt: skip
    columns = [
        Col("label", language("goals.month")),
        Col("customers", language("goals.new_customers_wanted"), "count"),
        Col("demand", language("goals.lead_demand"), "count"),
        Col("supply", language("goals.lead_supply"), "count"),
        Col("state", language("goals.supply_kind"), wide_only=True),
        Col("gap", language("report.gap"), "delta", "count", "up"),
        Col("carried", language("goals.carried"), "count", wide_only=True),
    ]
    foot = {
        "label": language("report.total"), "customers": float(frame["customers"].sum()),
        "demand": float(frame["demand"].sum()), "supply": float(frame["supply"].sum()),
        "gap": float(frame["gap"].sum()),
    }  # fmt: skip
    gap = float(frame["gap"].sum())
    sentence = language(
        "goals.leads_enough" if gap >= 0 else "goals.leads_short",
        demand=float(frame["demand"].sum()),
        supply=float(frame["supply"].sum()),
        gap=abs(gap),
        conversion=conversion,
        base=review.period.previous,
    )
    so_far = float(came.sum())
    promise = None
    if promised and review.whole_company and len(came):
        promise = note(
            language(
                "goals.leads_promised",
                provider=promised[0].provider,
                promised=promised[0].point,
                average=average,
                months=len(came),
                missing=max(promised[0].point * len(came) - so_far, 0.0),
            )
        )
    caption = language("goals.leads_caption", scope=scope_name(review))
    return group(lead(sentence), promise, table(frame, columns, language, caption, total=foot))


def _new_customers_by_month(review: Review, months: list[str]) -> pd.Series | None:
    """Give the new customers each month is to bring, by its targets or by last year's number."""
    lens = review.lens
    goals = {}
    if lens.has("targets"):
        for month in months:
            target = lens.target("new_customers", Period.parse(month))
            if target is not None:
                goals[month] = target
    if len(goals) == len(months):
        return pd.Series(goals)
    last = lens.value("new_customers", review.period.previous).value
    return None if not last else pd.Series(last / len(months), index=months)


# Stock ----------------------------------------------------------------------------------------


@section("goal_stock", "stock.qty")
def goal_stock(review: Review) -> Block:
    """Show how far the stock to be cleared has gone, and how many days it would last."""
    lens, language = review.lens, review.language
    stock = lens.dataset.frame("stock")
    products = lens.dataset.frame("products") if lens.has("products", "line") else None
    plan = plan_of(review)
    steps = [
        one
        for one in (seen(review, plan.milestones) if plan is not None else ())
        if one.progress < 1 and one.scope.members("product_line") and one.due is not None
    ]
    line = steps[0].scope.members("product_line")[0] if steps else ""
    if products is None or not line:
        return no_plan(review) if plan is None else note(language("goals.no_clearance"))
    keys = products.set_index(products["product_id"].astype(str))["line"].astype(str)
    mine = stock[stock["product_id"].astype(str).map(keys) == line]
    begin = pd.Timestamp(review.calendar.window(review.period).start)
    curve = mine.groupby("date", observed=True)["qty"].sum().sort_index()
    before, since = curve[curve.index < begin], curve[curve.index >= begin - pd.Timedelta(days=1)]
    if before.empty or since.empty or not before.iloc[-1]:
        return note(language("goals.no_clearance"))
    opening = float(before.iloc[-1])
    cleared = 1 - since / opening
    name = value_name(review, "product_line", line)
    for day, share in cleared.items():
        month = review.calendar.period_at(pd.Timestamp(str(day)).date(), "month")
        lens.keep("cleared_share", float(share), "ratio", {"product_line": line}, month,
                  numerator=opening - float(since.loc[day]), denominator=opening)  # fmt: skip
    last = float(since.iloc[-1])
    days = _days_of_stock(review, line, last)
    lens.keep("days_of_stock", days, "days", {"product_line": line},
              reason=None if days is not None else "no_sales")  # fmt: skip
    records = []
    for step in sorted(
        {(one.due, one.progress, one.source) for one in plan.milestones  # type: ignore[union-attr]
         if one.milestone == steps[0].milestone and one.due is not None}
    ):  # fmt: skip
        reached = cleared[cleared.index <= pd.Timestamp(step[0])]  # type: ignore[arg-type]
        over = step[0] is not None and step[0] <= review.as_of
        actual = float(reached.iloc[-1]) if over and len(reached) else None
        look = "none" if actual is None else "good" if actual >= step[1] - 1e-9 else "bad"
        word = {"none": "not_due", "good": "kept", "bad": "missed"}[look]
        records.append(
            {
                "source": step[2],
                "due": step[0],
                "planned": step[1],
                "actual": actual,
                "state": f"{look}:{language(f'goals.{word}')}",
            }
        )
    columns = [
        Col("source", language("goals.line")),
        Col("due", language("page.action.due"), "date"),
        Col("planned", language("goals.clear_planned"), "percent"),
        Col("actual", language("report.actual"), "percent"),
        Col("state", language("report.state"), "status"),
    ]
    cleared_now = float(cleared.iloc[-1])
    title = language("goals.stock_title", name=name, share=cleared_now, opening=opening, left=last)
    frame = pd.DataFrame(
        {
            "period": [
                str(review.calendar.period_at(pd.Timestamp(str(day)).date(), "month"))
                for day in curve.index[-13:]
            ],
            "value": curve.to_numpy(dtype=float)[-13:],
        }
    )
    drawn = draw_trend(
        frame, language, title=title,
        subtitle=language("goals.stock_subtitle", scope=scope_name(review)),
        unit="count", from_zero=True,
    )  # fmt: skip
    lasting = note(language("goals.stock_days", days=days)) if days is not None else None
    lens.value("clearance_rate")
    caption = language("goals.stock_caption", name=name)
    return group(
        chart(drawn, language), lasting, table(pd.DataFrame(records), columns, language, caption)
    )


def _days_of_stock(review: Review, line: str, left: float) -> float | None:
    """Give how long what is left lasts at the pace of the last 90 days; None without sales."""
    sales = review.lens.dataset.frame("sales")
    if "qty" not in sales or "product_line" not in sales:
        return None
    end = pd.Timestamp(review.as_of)
    recent = sales[
        (sales["order_date"] > end - pd.Timedelta(days=90)) & (sales["order_date"] <= end)
    ]
    sold = float(recent.loc[recent["product_line"].astype(str) == line, "qty"].sum())
    return left / (sold / 90) if sold > 0 else None
