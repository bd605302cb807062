"""What the plan hangs on: drivers and break-even, risks, and where a unit of budget brings most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.errors import SalesnbError
from salesnb.explain.drivers import driver_tree, evaluate
from salesnb.figures.tornado import draw_tornado
from salesnb.findings.spans import inside, months, over
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.plan.process import solve_back
from salesnb.plan.reallocation import reallocate, response
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_plan import no_plan, person_name, plan_of, seen
from salesnb.report.sections.goals_split import own_target
from salesnb.report.sections.parts import (
    dimension_name,
    name_of,
    scope_name,
    shown_unit,
    value_name,
)
from salesnb.report.tables import Col, table

_TREE = {
    "sales": "existing_sales + new_sales",
    "new_sales": "new_customers * first_year_value",
    "new_customers": "leads * conversion",
}
# How far each assumption is moved.
_STEP = 0.1
_SPEND_MONTHS = 24


def base_case(review: Review) -> dict[str, float] | None:
    """Give the year's drivers where it is heading: what has come, at the usual pace of the year.

    None where the data cannot tell new customers from old ones or have no leads.
    """
    lens = review.lens
    if METRICS["new_customer_share"].lacks(lens.dataset) or not lens.has("leads"):
        return None
    landing, sales = lens.value("landing"), lens.value("net_sales")
    share, customers = lens.value("new_customer_share"), lens.value("new_customers")
    leads = lens.value("leads")
    if not (landing.value and sales.value and share.value and customers.value and leads.value):
        return None
    pace = landing.value / sales.value
    return {
        "existing_sales": landing.value * (1 - share.value),
        "leads": leads.value * pace,
        "conversion": customers.value / leads.value,
        "first_year_value": sales.value * share.value / customers.value,
    }


@section("goal_scenarios", "orders.customer_id")
def goal_scenarios(review: Review) -> Block:
    """Move each driver up and down, and find where the target would just be met."""
    language, total, base = review.language, own_target(review), base_case(review)
    if base is None:
        return note(language("goals.no_drivers"))
    tree = driver_tree(_TREE)
    heading = float(evaluate(tree, base))
    review.lens.keep("scenario_sales", heading, "money", {"case": "base"})
    rows = []
    for name in base:
        low = float(evaluate(tree, {**base, name: base[name] * (1 - _STEP)}))
        high = float(evaluate(tree, {**base, name: base[name] * (1 + _STEP)}))
        label = language(f"goals.driver_{name}")
        rows.append({"label": label, "low": low, "high": high, "driver": name})
        for case, value in (("low", low), ("high", high)):
            review.lens.keep("scenario_sales", value, "money", {"driver": name, "case": case})
    frame = pd.DataFrame(rows)
    frame = frame.assign(width=frame["high"] - frame["low"])
    frame = frame.sort_values(["width", "driver"], ascending=[False, True])
    top = frame.iloc[0]
    title = language("goals.tornado_title", name=top["label"], width=float(top["width"] / 2))
    subtitle = language("goals.tornado_subtitle", step=_STEP * 100, scope=scope_name(review))
    drawn = draw_tornado(
        frame[["label", "low", "high"]].reset_index(drop=True), language,
        title=title, base=heading, subtitle=subtitle,
    )  # fmt: skip
    blocks: list[Block | None] = []
    if total is not None:
        key = "heading_above" if heading >= total else "heading_below"
        blocks.append(
            lead(language(f"goals.{key}", heading=heading, target=total, gap=abs(heading - total)))
        )
    blocks += [chart(drawn, language), _cases(review, base, heading, total)]
    if total is not None:
        blocks.append(_break_even(review, base, total))
    return group(*blocks, note(language("goals.scenario_note")))


def _cases(review: Review, base: dict[str, float], heading: float, total: float | None) -> Block:
    """Show what becomes of the year when all drivers move together."""
    language = review.language
    records = []
    for name, factor in (("low", 1 - _STEP), ("base", 1.0), ("high", 1 + _STEP)):
        # Value a customer and existing sales move together with demand; leads and conversion too.
        moved = {driver: value * factor for driver, value in base.items()}
        sales = heading if name == "base" else float(evaluate(driver_tree(_TREE), moved))
        records.append(
            {
                "label": language(f"goals.scenario_{name}", step=_STEP * 100),
                "sales": sales,
                "reach": sales / total if total else np.nan,
                "gap": sales - total if total else np.nan,
            }
        )
        review.lens.keep("scenario_sales", sales, "money", {"case": f"all_{name}"})
    columns = [
        Col("label", language("goals.scenario")),
        Col("sales", name_of(review, "net_sales"), "money"),
        Col("reach", language("report.attainment"), "percent"),
        Col("gap", language("report.gap"), "delta", "money", "up"),
    ]
    caption = language("goals.scenario_caption", scope=scope_name(review))
    return table(pd.DataFrame(records), columns, language, caption)


def _break_even(review: Review, base: dict[str, float], total: float) -> Block:
    """Show for each driver the value at which the target is just met, the others as they are."""
    language = review.language
    units = {"conversion": "percent", "leads": "count"}
    rows = []
    for name in base:
        known = {driver: value for driver, value in base.items() if driver != name}
        try:
            found = solve_back(_TREE, total, known, rates=["conversion"]).set_index("driver")
        except SalesnbError:
            continue
        needed = float(found.loc[name, "value"])
        change = needed / base[name] - 1
        review.lens.keep(
            "break_even", needed, "ratio" if name == "conversion" else units.get(name, "money"),
            {"driver": name},
        )  # fmt: skip
        unit = units.get(name, "money")
        rows.append(
            {
                "label": language(f"goals.driver_{name}"),
                "now": language.show(base[name], unit),
                "needed": language.show(needed, unit),
                "change": change,
                "state": _room(review, change, bool(found.loc[name, "is_feasible"])),
            }
        )
    columns = [
        Col("label", language("goals.driver")),
        Col("now", language("goals.heading_for")),
        Col("needed", language("goals.just_enough")),
        Col("change", language("report.change"), "delta", "percent"),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("goals.break_even_caption", target=total)
    return table(pd.DataFrame(rows), columns, language, caption)


def _room(review: Review, change: float, feasible: bool) -> str:
    look, word = ("good", "room") if change <= 0 else ("warn", "short")
    if not feasible:
        look, word = "bad", "impossible"
    return f"{look}:{review.language(f'goals.driver_{word}')}"


# Risks ----------------------------------------------------------------------------------------


@section("goal_risks")
def goal_risks(review: Review) -> Block:
    """Show the plan's risks, and the register with the state of each trigger."""
    language, plan = review.language, plan_of(review)
    blocks: list[Block | None] = []
    if plan is not None:
        said = seen(review, plan.risks)
        bare = sum(1 for one in said if not one.trigger)
        review.lens.keep("risks_without_trigger", bare, "count", n=len(said))
        frame = pd.DataFrame(
            {
                "source": [one.source for one in said],
                "text": [one.text for one in said],
                "response": [one.response for one in said],
                "trigger": [
                    "good:" + one.trigger if one.trigger else "warn:" + language("goals.no_trigger")
                    for one in said
                ],
            }
        )
        columns = [
            Col("source", language("goals.line")),
            Col("text", language("report.risk")),
            Col("response", language("report.risk_response")),
            Col("trigger", language("report.risk_trigger"), "status"),
        ]
        if said:
            blocks.append(lead(language("goals.risks_lead", count=len(said), bare=bare)))
            caption = language("goals.risks_caption")
            blocks.append(table(frame, columns, language, caption, max_rows=20))
    else:
        blocks.append(no_plan(review))
    blocks.append(_register(review))
    return group(*blocks)


def _register(review: Review) -> Block | None:
    lens, language = review.lens, review.language
    if not lens.has("risks", "probability", "impact"):
        return None
    rows = lens.dataset.frame("risks")
    if rows.empty:
        return None
    for name in ("trigger_rule", "response", "owner", "trigger_metric"):
        if name not in rows.columns:
            rows = rows.assign(**{name: None})
    rows = rows.assign(
        level=rows["probability"].astype(float) * rows["impact"].astype(float),
        who=[person_name(review, who) for who in rows["owner"]],
        now=[_metric_now(review, metric) for metric in rows["trigger_metric"]],
    )
    columns = [
        Col("description", language("report.risk")),
        Col("level", language("report.risk_level"), "count"),
        Col("trigger_rule", language("report.risk_trigger")),
        Col("now", language("goals.trigger_now"), wide_only=True),
        Col("response", language("report.risk_response")),
        Col("who", language("page.action.owner"), wide_only=True),
    ]
    caption = language("goals.register_caption", scope=scope_name(review))
    ordered = rows.sort_values(["level", "risk_id"], ascending=[False, True])
    return table(ordered, columns, language, caption, max_rows=12)


def _metric_now(review: Review, metric: object) -> str:
    name = "" if is_missing(metric) else str(metric)
    if name not in METRICS or METRICS[name].lacks(review.lens.dataset):
        return review.language("base.none")
    found = review.lens.value(name)
    text = review.language.show(found.value, shown_unit(name))
    return review.language("goals.metric_now", name=name_of(review, name), value=text)


# Reallocation ---------------------------------------------------------------------------------


@section("goal_reallocation", "channel_spend", "orders.customer_id")
def goal_reallocation(review: Review) -> Block:
    """Rank where a further unit of spending has brought most, and move a fixed budget there."""
    language, lens = review.language, review.lens
    by = "region" if review.whole_company else "channel"
    history = _spending(review, by)
    if history.empty:
        return note(language("goals.no_spending"))
    responses = response(history, by)
    latest = history.sort_values("period").groupby(by, sort=False)["spend"]
    current = latest.apply(lambda each: float(each.tail(3).mean()))
    current.index = current.index.astype(str)
    responses[by] = responses[by].astype(str)
    known = responses[responses["reason"] == ""]
    for row in responses.to_dict("records"):
        lens.keep("marginal_return", row["marginal"], "number", {by: row[by]},
                  reason=row["reason"] or None)  # fmt: skip
    try:
        moved = reallocate(responses, min(float(current.sum()), _room_for(responses, current, by)),
                           current, by)  # fmt: skip
    except SalesnbError:
        return note(language("goals.no_reallocation"))
    frame = moved.merge(responses[[by, "marginal", "slope_low", "slope_high"]], on=by)
    frame = frame.sort_values("marginal", ascending=False)
    sure = frame["slope_low"] > 0
    frame = frame.assign(
        label=[value_name(review, by, name) for name in frame[by]],
        state=[
            ("good:" if sure_ else "none:") + language("goals.sure" if sure_ else "goals.unsure")
            for sure_ in sure
        ],
    )
    columns = [
        Col("label", dimension_name(review, by)),
        Col("marginal", language("goals.marginal"), "number", wide_only=True),
        Col("state", language("report.certainty"), "status", wide_only=True),
        Col("current", language("goals.spend_now"), "money"),
        Col("proposed", language("goals.spend_proposed"), "money"),
        Col("change", language("report.change"), "delta", "money", wide_only=True),
        Col("gain", language("goals.gain"), "money"),
    ]
    foot = {
        "label": language("report.total"), "current": float(frame["current"].sum()),
        "proposed": float(frame["proposed"].sum()), "gain": float(frame["gain"].sum()),
    }  # fmt: skip
    best = frame.iloc[0]
    rest = float(frame["current"].sum() - frame["proposed"].sum())
    pays = len(known) > 0 and best["marginal"] > 0
    key = "reallocation_lead" if pays else "reallocation_unknown"
    if pays and not sure.any():
        key = "reallocation_unsure"
    sentence = language(
        f"goals.{key}", name=best["label"], each=float(best["marginal"]), count=int(sure.sum())
    )
    caption = language("goals.reallocation_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption, total=foot),
        note(language("goals.unplaced", rest=rest)) if rest > 1 else None,
        note(language("goals.reallocation_note")),
    )


def _room_for(responses: pd.DataFrame, current: pd.Series, by: str) -> float:
    """Give the most that can be placed: up to what was tried where spending has helped."""
    now = responses[by].map(current).clip(responses["low"], responses["high"])
    least = np.where(responses["slope"] <= 0, responses["low"], responses["high"])
    return float(np.where(responses["slope"].isna(), now, least).sum())


def _spending(review: Review, by: str) -> pd.DataFrame:
    """Give monthly spending and sales to new customers, by region or channel."""
    lens, calendar = review.lens, review.calendar
    spend = lens.dataset.frame("channel_spend")
    wanted = [str(month) for month in months(lens, _SPEND_MONTHS)]
    spend = spend[spend["period"].astype(str).isin(wanted)]
    sums = spend.groupby([spend[by].astype(str), spend["period"].astype(str)])["spend"].sum()
    sales = inside(
        lens.dataset.frame("sales"), "order_date", over(lens, months(lens, _SPEND_MONTHS))
    )
    if "customer_type" not in sales or by not in sales:
        return pd.DataFrame(columns=[by, "period", "spend", "result"])
    sales = sales[sales["customer_type"].astype(str) == "new"]
    labels = calendar.labels(sales["order_date"], "month").astype(str)
    result = sales.groupby([sales[by].astype(str), labels])["amount"].sum()
    frame = sums.rename_axis([by, "period"]).reset_index()
    keys = pd.MultiIndex.from_frame(frame[[by, "period"]])
    frame["result"] = result.rename_axis([by, "period"]).reindex(keys).fillna(0.0).to_numpy()
    return frame[frame["spend"] > 0].reset_index(drop=True)
