"""The year's goal handed down, and solved back to what it takes."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd

from salesnb.findings.spans import inside, months, over
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Window
from salesnb.plan.allocate import allocate
from salesnb.plan.process import solve_back
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_drafts import (
    drafts,
    goal_year,
)
from salesnb.report.sections.parts import (
    dimension_name,
    labelled,
)
from salesnb.report.tables import Col, table


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
    key = "rest" if done else "rest_whole"
    sentence = language(f"diagnosis.{key}", period=year, target=goal.target, done=done, rest=rest)
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
