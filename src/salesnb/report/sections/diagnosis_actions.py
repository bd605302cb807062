"""What is to be done and what is under way: the register with its holes, and the year in phases."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from salesnb.figures.gantt import draw_gantt
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, names, scope_name, shown_unit
from salesnb.report.tables import Col, table

STATUS = {"done": "done", "doing": "running", "open": "planned", "cancelled": "cancelled"}
_LOOK = {
    "done": "good",
    "running": "none",
    "planned": "none",
    "overdue": "bad",
    "cancelled": "none",
}
_KINDS = ("action", "milestone", "initiative")
_MOST_BARS = 16
# Days ahead of an action's start from which it is shown.
_SOON = 62


@section("action_register")
def action_register(review: Review) -> Block:
    """List what the findings ask for and what is open, with baseline, aim, and what is missing."""
    language = review.language
    drafts, open_ = _drafts(review), _open(review)
    holes = int((open_["holes"] != "").sum()) if len(open_) else 0
    review.lens.keep("actions_with_gaps", holes, "count", n=len(open_))
    key = "register_lead" if holes else "register_whole"
    sentence = language(f"improve.{key}", drafts=len(drafts), open=len(open_), holes=holes)
    return group(
        lead(sentence),
        _draft_table(review, drafts),
        _open_table(review, open_),
        _gantt(review, drafts, open_),
    )


def _drafts(review: Review) -> pd.DataFrame:
    """Give the actions the playbook answers to the findings, with baseline and what is at stake."""
    stake = {found.key: found.impact for found in review.findings}
    rows = []
    for action in review.actions:
        now = None
        if not METRICS[action.kpi].lacks(review.lens.dataset):
            now = review.lens.value(action.kpi).value
        impact = stake.get(action.finding)
        rows.append(
            {
                "title": action.title,
                "strategy": action.strategy,
                "owner": action.owner,
                "start": review.calendar.add_workdays(review.as_of, 1),
                "due": action.due,
                "kpi": name_of(review, action.kpi),
                "baseline": review.language.show(now, shown_unit(action.kpi))
                if shown_unit(action.kpi) != "score"
                else review.language.number(now),
                "stake": abs(impact) if impact is not None else np.nan,
            }
        )
    columns = ["title", "strategy", "owner", "start", "due", "kpi", "baseline", "stake"]
    return pd.DataFrame(rows, columns=columns)


def _draft_table(review: Review, drafts: pd.DataFrame) -> Block:
    language = review.language
    if drafts.empty:
        return note(language("improve.no_drafts"))
    columns = [
        Col("title", language("page.action.action")),
        Col("strategy", language("improve.strategy"), wide_only=True),
        Col("owner", language("page.action.owner")),
        Col("due", language("page.action.due"), "date"),
        Col("kpi", language("page.action.kpi"), wide_only=True),
        Col("baseline", language("improve.baseline"), wide_only=True),
        Col("stake", language("improve.at_stake"), "money"),
    ]
    caption = language("improve.drafts_caption", scope=scope_name(review))
    shown = drafts.sort_values(["due", "title"])
    return table(shown, columns, language, caption, notes=[language("improve.stake_note")])


def registered(review: Review) -> pd.DataFrame:
    """Give the register's actions with every column, those of practices left out.

    Returns
    -------
    One row for each action: as the table `actions`, absent columns empty, `state` (done, running,
    planned, overdue, cancelled) and `who` (the owner's name).
    """
    return review.lens.dataset.kept(("registered", review.as_of), lambda: _registered(review))


def _registered(review: Review) -> pd.DataFrame:
    rows = review.lens.dataset.frame("actions")
    wanted = ("strategy", "start", "status", "done_date", "phase", "kpi", "baseline", "target",
              "actual", "budget", "kind", "depends_on", "region")  # fmt: skip
    rows = rows.assign(**{name: None for name in wanted if name not in rows.columns})
    kind = rows["kind"].astype(object).fillna("action").astype(str)
    rows = rows[kind.isin(_KINDS)]
    today = pd.Timestamp(review.as_of)
    state = [STATUS.get(str(each), "planned") for each in rows["status"]]
    # What was finished later was under way on the report's day.
    later = (pd.to_datetime(rows["done_date"]) > today).tolist()
    state = [
        "running" if each == "done" and open_ else each
        for each, open_ in zip(state, later, strict=True)
    ]
    late = (rows["due"] < pd.Timestamp(review.as_of)).tolist()
    return rows.assign(
        start=pd.to_datetime(rows["start"]),
        state=[
            "overdue" if is_late and each in ("planned", "running") else each
            for each, is_late in zip(state, late, strict=True)
        ],
        who=[names(review, "rep").get(str(who), str(who)) for who in rows["owner"]],
    )


def _open(review: Review) -> pd.DataFrame:
    """Give the open actions with what each lacks to be followed."""
    if not review.lens.has("actions"):
        return pd.DataFrame(columns=["holes"])
    rows = registered(review)
    begun = ~(rows["start"] > pd.Timestamp(review.as_of) + pd.Timedelta(days=_SOON))
    open_ = ~rows["state"].isin(["done", "cancelled"])
    rows = rows[open_ & begun].sort_values(["due", "action_id"])
    return rows.assign(holes=[_holes(review, row) for row in rows.to_dict("records")])


def _holes(review: Review, row: dict[str, Any]) -> str:
    """Name what an action lacks: owner, start, measure, where it begins and is to end."""
    language = review.language
    people = names(review, "rep")
    lacking = [
        name
        for name in ("start", "kpi", "baseline", "target")
        if is_missing(row[name]) or str(row[name]) in ("", "unmapped", "NaT")
    ]
    if people and str(row["owner"]) not in people and review.whole_company:
        lacking.insert(0, "owner")
    return language.list(language(f"improve.lacks.{name}") for name in lacking)


def _open_table(review: Review, rows: pd.DataFrame) -> Block:
    language = review.language
    if not review.lens.has("actions"):
        return note(language("report.no_actions_table"))
    if rows.empty:
        return note(language("report.none_carried_over"))
    shown = rows.assign(
        aim=[_aim(review, row) for row in rows.to_dict("records")],
        kpi_name=[_kpi(review, each) for each in rows["kpi"]],
        shown_state=[
            f"{_LOOK[each]}:{language(f'figures.status.{each}')}" for each in rows["state"]
        ],
    )
    shown["holes"] = shown["holes"].replace("", language("improve.complete"))
    columns = [
        Col("title", language("page.action.action")),
        Col("who", language("page.action.owner")),
        Col("start", language("improve.start"), "date", wide_only=True),
        Col("due", language("page.action.due"), "date"),
        Col("kpi_name", language("page.action.kpi"), wide_only=True),
        Col("aim", language("improve.from_to"), wide_only=True),
        Col("shown_state", language("report.state"), "status"),
        Col("holes", language("improve.lacking_parts")),
    ]
    caption = language("improve.open_caption", scope=scope_name(review))
    return table(shown, columns, language, caption, max_rows=20)


def _kpi(review: Review, kpi: object) -> str:
    language = review.language
    if is_missing(kpi) or str(kpi) in ("", "unmapped"):
        return language("base.none")
    return language.label(f"metrics.{kpi}.label", str(kpi))


def _aim(review: Review, row: dict[str, Any]) -> str:
    """Write where a measure begins and is to end."""
    language, kpi = review.language, str(row["kpi"])
    unit = shown_unit(kpi) if kpi in METRICS else "number"
    unit = "number" if unit == "score" else unit
    ends = [
        language("base.none") if is_missing(row[name]) else language.show(float(row[name]), unit)
        for name in ("baseline", "target")
    ]
    return language("improve.aim", start=ends[0], end=ends[1])


def _gantt(review: Review, drafts: pd.DataFrame, open_: pd.DataFrame) -> Block | None:
    """Draw what is new and what is open from start to due day."""
    language = review.language
    bars = [
        {
            "label": row["title"], "start": row["start"], "end": row["due"],
            "owner": row["owner"], "status": "planned",
        }
        for row in drafts.to_dict("records")
    ]  # fmt: skip
    bars += [
        {
            "label": str(row["title"]), "start": row["start"], "end": row["due"],
            "owner": row["who"], "status": row["state"],
        }
        for row in open_.to_dict("records")
    ]  # fmt: skip
    if not bars:
        return None
    frame = pd.DataFrame(bars)
    frame["start"], frame["end"] = pd.to_datetime(frame["start"]), pd.to_datetime(frame["end"])
    frame = frame.sort_values(["end", "label"]).head(_MOST_BARS)
    late = int((frame["status"] == "overdue").sum())
    title = language("improve.gantt_late" if late else "improve.gantt", count=len(frame), late=late)
    subtitle = language("improve.gantt_subtitle", scope=scope_name(review))
    return chart(
        draw_gantt(frame, language, title=title, as_of=review.as_of, subtitle=subtitle), language
    )


# The year in phases -----------------------------------------------------------------------------


@section("phases", "actions.phase")
def phases(review: Review) -> Block:
    """Show the year's phases with what must hold to enter and leave each, and dates that clash."""
    language = review.language
    rows = _of_year(review)
    if rows.empty:
        return note(language("improve.no_phases"))
    found = [_phase(review, int(number), part) for number, part in rows.groupby("phase")]
    frame = pd.DataFrame(found)
    problems = _clashes(review, rows, frame)
    review.lens.keep("phase_problems", len(problems), "count", n=len(rows))
    frame["entry"] = [
        language("improve.entry_first") if at == 0 else language(
            "improve.entry_after", phase=frame["label"].iloc[at - 1])
        for at in range(len(frame))
    ]  # fmt: skip
    columns = [
        Col("label", language("improve.phase")),
        Col("start", language("improve.start"), "date", wide_only=True),
        Col("end", language("improve.end"), "date"),
        Col("done", language("improve.done_of"), wide_only=True),
        Col("entry", language("improve.entry"), wide_only=True),
        Col("exit", language("improve.exit")),
        Col("state", language("report.state"), "status"),
    ]
    key = "phases_lead" if problems else "phases_agree"
    now = [row["label"] for row in found if row["current"]]
    sentence = language(
        f"improve.{key}", count=len(frame), now=language.list(now) or language("base.none"),
        problems=len(problems),
    )  # fmt: skip
    caption = language("improve.phases_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        _drawn(review, frame),
        table(frame, columns, language, caption),
        note(*problems) if problems else None,
    )


def _of_year(review: Review) -> pd.DataFrame:
    """Give the actions of the fiscal year that have a phase."""
    rows = registered(review)
    year = review.calendar.window(review.calendar.enclosing(review.period, "year"))
    rows = rows[rows["due"].between(pd.Timestamp(year.start), pd.Timestamp(year.end))]
    rows = rows[rows["phase"].notna() & (rows["state"] != "cancelled")]
    return rows.assign(phase=rows["phase"].astype(float)).sort_values(["phase", "due", "title"])


def _phase(review: Review, number: int, rows: pd.DataFrame) -> dict[str, Any]:
    language = review.language
    done = int((rows["state"] == "done").sum())
    start, end = rows["start"].min(), rows["due"].max()
    today = pd.Timestamp(review.as_of)
    over = done == len(rows)
    state = "done" if over else "overdue" if end < today else "running"
    if not over and start > today:
        state = "planned"
    aims = [
        language("improve.exit_aim", name=_kpi(review, row["kpi"]), aim=_end(review, row))
        for row in rows.to_dict("records")
        if not is_missing(row["target"]) and str(row["kpi"]) in METRICS
    ]
    aims = list(dict.fromkeys(aims))
    return {
        "number": number,
        "label": language("improve.phase_number", number=number),
        "start": start,
        "end": end,
        "done": language("improve.of", done=done, count=len(rows)),
        "progress": done / len(rows),
        "exit": language.list(aims) or language("improve.exit_none"),
        "state": f"{_LOOK[state]}:{language(f'figures.status.{state}')}",
        "status": state,
        "current": state in ("running", "overdue"),
    }


def _end(review: Review, row: dict[str, Any]) -> str:
    unit = shown_unit(str(row["kpi"]))
    unit = "number" if unit == "score" else unit
    mark = {"down": "≤", "up": "≥"}.get(METRICS[str(row["kpi"])].better, "=")
    return mark + review.language.show(float(row["target"]), unit)


def _clashes(review: Review, rows: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """Say which dates are missing, run over each other, or come before what they wait for."""
    language = review.language
    problems = [
        language("improve.no_start", title=row["title"])
        for row in rows[rows["start"].isna()].to_dict("records")
    ]
    problems += [
        language("improve.backwards", title=row["title"])
        for row in rows[rows["start"] > rows["due"]].to_dict("records")
    ]
    for at in range(1, len(frame)):
        before, after = frame.iloc[at - 1], frame.iloc[at]
        if after["start"] <= before["end"]:
            problems.append(
                language(
                    "improve.overlap", one=before["label"], end=before["end"].date(),
                    two=after["label"], start=after["start"].date(),
                )
            )  # fmt: skip
    for row in frame.to_dict("records"):
        if row["exit"] == language("improve.exit_none"):
            problems.append(language("improve.no_exit", phase=row["label"]))
    by_id = rows.set_index(rows["action_id"].astype(str))
    for row in rows.to_dict("records"):
        other = str(row["depends_on"])
        if other in by_id.index and row["start"] < by_id.loc[other, "due"]:
            problems.append(
                language("improve.too_soon", title=row["title"], other=by_id.loc[other, "title"])
            )
    return problems


def _drawn(review: Review, frame: pd.DataFrame) -> Block:
    language = review.language
    bars = pd.DataFrame(
        {
            "label": frame["label"],
            "start": frame["start"],
            "end": frame["end"],
            "owner": frame["done"],
            "status": frame["status"],
            "progress": frame["progress"],
        }
    )
    late = [str(name) for name in frame.loc[frame["status"] == "overdue", "label"]]
    key = "phases_late" if late else "phases_title"
    title = language(f"improve.{key}", names=language.list(late), count=len(frame))
    subtitle = language("improve.phases_subtitle", scope=scope_name(review))
    as_of: date = review.as_of
    return chart(draw_gantt(bars, language, title=title, as_of=as_of, subtitle=subtitle), language)
