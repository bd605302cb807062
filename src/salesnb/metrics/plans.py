"""Actuals against plans: attainment, pace, coverage, commission, actions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from salesnb.data.scope import parse_scope
from salesnb.metrics.buyers import stamp
from salesnb.metrics.cells import Cells, Values, aligned, cells, marked
from salesnb.metrics.funnel import open_deals
from salesnb.metrics.growth import NET_SALES
from salesnb.metrics.metric import NO_TARGET, Metric, View, count, rate, total
from salesnb.metrics.pace import paced
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import SALES_CUTS
from salesnb.metrics.scopes import fixed_scope
from salesnb.metrics.targets import against_goals, find_goals
from salesnb.period import Period, Window

TARGET_CUTS = (
    "region", "province", "team", "rep", "product_group", "product_line", "tier", "product",
    "channel", "industry", "size", "customer_type", "customer_tier",
)  # fmt: skip
"""What scopes of targets, and sales, can both be cut by."""


def period_of(view: View) -> Period | Window:
    """Give the period a view's window is, or the window itself when it is none."""
    calendar = view.dataset.calendar
    for kind in ("month", "quarter", "year"):
        period = calendar.period_at(view.window.start, kind)
        if calendar.window(period) == view.window:
            return period
    return view.window


def running_period(view: View) -> Period | Window:
    """Give the period that a view's window is, or is the first days of, up to what is known."""
    found = period_of(view)
    calendar = view.dataset.calendar
    for kind in ("month", "quarter", "year"):
        period = calendar.period_at(view.window.start, kind)
        whole = calendar.window(period)
        so_far = Window(whole.start, min(whole.end, view.dataset.as_of))
        if isinstance(found, Window) and so_far == view.window:
            return period
    return found


def _against_target(view: View) -> Cells:
    found = find_goals(view, NET_SALES, running_period(view))
    return view.blank(NO_TARGET) if found is None else against_goals(view, NET_SALES, found)


def _attainment(view: View) -> Cells:
    rows = _against_target(view)
    return rows.renamed(current="numerator", base="denominator")


def _target_gap(view: View) -> Cells:
    rows = _against_target(view)
    return rows.plus(value=rows["current"] - rows["base"]) if "base" in rows else rows


def _enclosing(view: View) -> Period:
    """Give the period that a view's window is, or begins."""
    found = running_period(view)
    if isinstance(found, Period):
        return found
    calendar = view.dataset.calendar
    for kind in ("month", "quarter"):
        period = calendar.period_at(view.window.start, kind)
        if view.window.end <= calendar.window(period).end:
            return period
    return calendar.period_at(view.window.start, "year")


def _pace(view: View) -> Cells:
    rows = paced(view, _enclosing(view), view.end)
    should = rows["target"] * rows["expected_share"]
    return rows.plus(value=rows["pace"], numerator=rows["pace"] * should, denominator=should)


def _landing(view: View) -> Cells:
    rows = paced(view, _enclosing(view), view.end)
    # A landing needs no target.
    early = rows["reason"] == "too_early"
    return rows.plus(value=rows["landing"], reason=marked(early, "too_early"))


def _pipeline_coverage(view: View) -> Cells:
    """Set deals due in the window against what is still missing of its target."""
    rows = _against_target(view)
    if "base" not in rows:
        return rows
    deals = open_deals(view, view.end)
    due = deals.values("expected_close")
    inside = (due >= stamp(view.window.start)) & (due <= stamp(view.window.end))
    deals = deals.keep(inside)
    open_ = deals.sums(view.by, numerator=deals.values("amount"))
    left = np.maximum(rows["base"] - rows["current"], 0.0)
    both, has, _ = aligned(rows.plus(denominator=left).without("n", "reason"), open_)
    met = both["denominator"] <= 0
    return both.plus(reason=marked(met, "already_met")).keep(has)


def _over_assignment(view: View) -> Cells:
    """Set the sum of the next finer targets against the target itself, level by level."""
    when = running_period(view)
    whole = find_goals(replace(view, by=(), where={}), NET_SALES, when)
    if whole is None or whole.finer:
        return view.blank(NO_TARGET)
    parent = whole.goals[0].target
    fixed = fixed_scope(view.dataset)
    found: dict[str, tuple[float, int]] = {}
    for level in view.where.get("level", TARGET_CUTS):
        parts = find_goals(replace(view, by=(level,), where={}), NET_SALES, when)
        if level not in fixed and parts is not None and not parts.finer:
            found[level] = (sum(goal.target for goal in parts.goals), len(parts.goals))
    if not found:
        return view.blank(NO_TARGET)
    # As a whole the first level speaks: of the company its regions.
    keys = sorted(found) if view.by else [next(iter(found))]
    children = np.array([found[level][0] for level in keys])
    return cells(
        view.by,
        [(level,) for level in keys] if view.by else [],
        numerator=children - parent,
        denominator=np.full(len(keys), parent),
        n=np.array([found[level][1] for level in keys]),
    )


# Commission ------------------------------------------------------------------------------------


def commission(view: View, rows: Rows) -> Values:
    """Give the commission of each order line, by the rates of its scope and threshold.

    The most specific scope that holds a line pays for it. Where rates have thresholds, that of
    the highest threshold which the seller's sales in the scope and window reach holds for all.
    """
    rates = view.dataset.frame("incentives")
    rates = rates[rates["rate"].notna() & (rates["rate"] > 0)]
    rates = _in_force(rates, view)
    paid = np.zeros(len(rows))
    settled = np.zeros(len(rows), dtype=bool)
    amount = rows.values("amount")
    own = rates["scope"].astype("str").replace("unmapped", "")
    scopes = {text: parse_scope(text) for text in own.unique()}
    for text, scope in sorted(scopes.items(), key=lambda item: (-len(item[1]), item[0])):
        inside = ~settled
        for dimension, value in scope.items():
            inside &= rows.among(dimension, [value])
        steps = rates[own == text]
        threshold = np.zeros(len(steps))
        if "threshold" in steps.columns:
            threshold = steps["threshold"].fillna(0.0).to_numpy()
        order = np.argsort(threshold, kind="stable")
        limits, levels = threshold[order], steps["rate"].to_numpy()[order]
        reached = _reached(view, rows, inside, amount)
        place = np.searchsorted(limits, reached, side="right") - 1
        rate = np.where(place >= 0, levels[np.clip(place, 0, None)], 0.0)
        paid = np.where(inside, amount * rate, paid)
        settled |= inside
    return paid


def _in_force(rates: pd.DataFrame, view: View) -> pd.DataFrame:
    if "valid_from" in rates.columns:
        rates = rates[~(rates["valid_from"] > stamp(view.end))]
    if "valid_to" in rates.columns:
        rates = rates[~(rates["valid_to"] < stamp(view.window.start))]
    return rates


def _reached(view: View, rows: Rows, inside: Values, amount: Values) -> Values:
    """Give for each line what its seller sold in the scope; without sellers, what all did."""
    if "rep_id" not in rows.frame.columns:
        return np.full(len(rows), float(amount[inside].sum()))
    codes, labels = rows.codes("rep")
    sold = np.bincount(codes[inside], weights=amount[inside], minlength=len(labels))
    return sold[codes]


def _incentive_cost(view: View) -> Cells:
    # Thresholds are about all that a person sold, so lines are paid before they are cut.
    everything = View(view.dataset, view.window, ("rep",) if "rep" in view.by else ())
    rows = everything.sales(Window(view.window.start, view.end))
    paid = commission(view, rows)
    kept = np.ones(len(rows), dtype=bool)
    for dimension, wanted in view.where.items():
        kept &= rows.among(dimension, wanted)
    return total(view, rows.keep(kept), paid[kept])


# Actions ---------------------------------------------------------------------------------------

ACTION_CUTS = ("region", "owner", "strategy", "phase", "kind")


def _due_actions(view: View, since: bool) -> tuple[Rows, Values]:
    """Give the actions due (in the window, or by its end) and which of them were done by then."""
    window = view.window if since else Window(view.window.start.replace(year=1700), view.end)
    rows = view.rows("actions", "due", Window(window.start, view.end))
    if "kind" in rows.frame.columns:
        rows = rows.keep(~rows.among("kind", ["practice"]))
    rows = rows.keep(~rows.among("status", ["cancelled"]))
    done = rows.among("status", ["done"])
    if "done_date" in rows.frame.columns:
        done &= ~(rows.values("done_date") > stamp(view.end))
    return rows, done


def _action_completion(view: View) -> Cells:
    rows, done = _due_actions(view, since=True)
    return rate(view, rows, done)


def _actions_overdue(view: View) -> Cells:
    rows, done = _due_actions(view, since=False)
    late = rows.values("due") < stamp(view.end)
    return count(view, rows.keep(~done & late))


_TARGET = {"orders": ("amount",), "targets": ("value", "period")}

METRICS = (
    Metric("attainment", "M03", "plan", "ratio", "up", "ratio", "Σ actual", "Σ target",
           needs=_TARGET, dims=TARGET_CUTS, compute=_attainment),
    Metric("target_gap", "M04", "plan", "money", "up", "recompute", "Σ actual − Σ target",
           needs=_TARGET, dims=TARGET_CUTS, compute=_target_gap),
    Metric("pace", "M09", "plan", "ratio", "up", "ratio", "Σ actual so far",
           "Σ target · share expected", needs=_TARGET, dims=TARGET_CUTS, compute=_pace),
    Metric("landing", "M09", "plan", "money", "up", "recompute", "Σ actual so far",
           "share expected", needs={"orders": ("amount",)}, dims=SALES_CUTS, compute=_landing),
    Metric("pipeline_coverage", "M45", "funnel", "multiple", "up", "recompute",
           "Σ open deals due", "Σ target − Σ won to date",
           needs={"opportunities": ("amount", "outcome", "expected_close"),
                  "targets": ("value", "period"), "orders": ("amount",)},
           dims=("region", "rep", "team", "product_line"), compute=_pipeline_coverage,
           also_cut=("orders",), starts="orders"),
    Metric("over_assignment", "M76", "plan", "ratio", "none", "ratio", "Σ parts − whole", "whole",
           needs={"targets": ("value", "period")}, dims=("level",), compute=_over_assignment,
           own_cuts=("level",), starts=""),
    Metric("incentive_cost", "M77", "plan", "money", "down", "recompute", "Σ amount · rate",
           needs={"orders": ("amount",), "incentives": ("rate",)}, dims=SALES_CUTS[:-3],
           compute=_incentive_cost, starts="orders"),
    Metric("action_completion", "M79", "plan", "ratio", "up", "ratio", "# done", "# due",
           needs={"actions": ("due",)}, dims=ACTION_CUTS, compute=_action_completion, starts=""),
    Metric("actions_overdue", "M79", "plan", "count", "down", "sum", "# due and not done",
           needs={"actions": ("due",)}, dims=ACTION_CUTS, compute=_actions_overdue, starts=""),
)  # fmt: skip
