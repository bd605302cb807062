"""What is to be done: the action plan, and what became of last month's."""

from __future__ import annotations

import pandas as pd

from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, note
from salesnb.report.lists import ActionLine, actions_table
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import names, written_block
from salesnb.report.tables import Col, table

_STATUS = {"done": "done", "doing": "running", "open": "planned", "cancelled": "cancelled"}


def action_lines(review: Review) -> list[ActionLine]:
    """Give the actions the playbook calls for as lines of a table."""
    sentences = {found.key: found.title(review.language) for found in review.findings}
    return [
        ActionLine(
            title=action.title,
            owner=action.owner,
            due=action.due.isoformat(),
            kpi=review.language(f"metrics.{action.kpi}.label"),
            detail=review.language("report.because", reason=sentences[action.finding]),
        )
        for action in review.actions
    ]


@section("actions")
def action_plan(review: Review) -> Block:
    """Show new actions from the findings, and open ones carried over, with owner and due day."""
    lines = sorted(action_lines(review), key=lambda line: (line.due, line.title))
    new = actions_table(lines, review.language, review.language("report.new_actions"))
    return group(new, _carried_over(review))


def _carried_over(review: Review) -> Block | None:
    if not review.lens.has("actions"):
        return None
    actions = review.lens.dataset.frame("actions")
    closed = actions["status"].astype(object).isin(["done", "cancelled"])
    begun = actions["due"] <= pd.Timestamp(review.as_of) + pd.Timedelta(days=62)
    still = actions[~closed & begun & _of_kind(actions, "action")]
    lines = [
        _line(review, row) for row in still.sort_values(["due", "action_id"]).to_dict("records")
    ]
    return actions_table(
        lines,
        review.language,
        review.language("report.carried_over"),
        empty=review.language("report.none_carried_over"),
    )


def _of_kind(actions: pd.DataFrame, *kinds: str) -> pd.Series:
    if "kind" not in actions.columns:
        return pd.Series("action" in kinds, index=actions.index)
    return actions["kind"].astype(object).isin(kinds)


def _line(review: Review, row: dict[str, object]) -> ActionLine:
    owner = str(row["owner"])
    status = _STATUS.get(str(row.get("status")), "planned")
    late = status in ("planned", "running") and row["due"] < pd.Timestamp(review.as_of)  # type: ignore[operator]
    kpi = row.get("kpi")
    return ActionLine(
        title=str(row["title"]),
        owner=names(review, "rep").get(owner, owner),
        due=pd.Timestamp(row["due"]).date().isoformat(),  # type: ignore[arg-type]
        kpi="" if is_missing(kpi) else review.language.label(f"metrics.{kpi}.label", str(kpi)),
        status="overdue" if late else status,
    )


@section("last_month")
def last_month(review: Review) -> Block:
    """Hold last period's actions and forecast against what happened."""
    return group(_actions_due(review), _forecast_held(review))


def _actions_due(review: Review) -> Block:
    """List the actions that fell due in the period, done or not."""
    if not review.lens.has("actions"):
        return note(review.language("report.no_actions_table"))
    actions = review.lens.dataset.frame("actions")
    window = review.lens.window
    due = actions[
        actions["due"].between(pd.Timestamp(window.start), pd.Timestamp(window.end))
        & _of_kind(actions, "action", "milestone", "initiative")
    ]
    review.lens.value("action_completion")
    review.lens.value("actions_overdue")
    lines = [_line(review, row) for row in due.sort_values(["due", "action_id"]).to_dict("records")]
    return actions_table(
        lines,
        review.language,
        review.language("report.actions_due"),
        empty=review.language("report.none_due"),
    )


def _forecast_held(review: Review) -> Block:
    """Hold the sales foreseen one period ago against what came."""
    language = review.language
    foreseen = review.earlier.value("forecast", review.period) if review.earlier else None
    came = review.lens.value("net_sales")
    if foreseen is None or came.value is None:
        return note(language("report.no_forecast_then", period=review.period))
    low = review.earlier.value("forecast_low", review.period)
    high = review.earlier.value("forecast_high", review.period)
    inside = low is not None and high is not None and low <= came.value <= high
    return note(
        language(
            "report.forecast_held_inside" if inside else "report.forecast_held_outside",
            foreseen=foreseen,
            low=low,
            high=high,
            came=came.value,
            off=came.value / foreseen - 1 if foreseen else None,
        )
    )


@section("practices")
def practices(review: Review) -> Block:
    """Show the practices kept, from the register and from what people wrote."""
    written = written_block(review, "practices")
    if not review.lens.has("actions"):
        return group(written or note(review.language("report.no_practices")))
    actions = review.lens.dataset.frame("actions")
    kept = actions[_of_kind(actions, "practice") & (actions["due"] <= pd.Timestamp(review.as_of))]
    if kept.empty:
        return group(written or note(review.language("report.no_practices")))
    shown = kept.sort_values("due", ascending=False)
    shown = shown.assign(
        owner=[names(review, "rep").get(str(who), str(who)) for who in shown["owner"]]
    )
    columns = [
        Col("title", review.language("report.practice")),
        Col("owner", review.language("page.action.owner")),
        Col("due", review.language("report.since"), "date"),
    ]
    caption = review.language("report.practices")
    return group(
        written, table(shown[["title", "owner", "due"]], columns, review.language, caption)
    )
