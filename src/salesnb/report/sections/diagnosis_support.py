"""What people work with: tools and records, and how fast other departments help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.explain.intervals import newcombe_interval
from salesnb.figures.quadrant import draw_quadrant
from salesnb.findings.spans import inside
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_ratings import asked_about, known_rounds
from salesnb.report.sections.diagnosis_spans import last_months, one, over_months
from salesnb.report.sections.parts import name_of, scope_name, value_name
from salesnb.report.tables import Col, table

TOOL = ("tool", "工具")
_EASE = ("ease", "easy", "易用", "易用性", "便捷")
_CRM = ("crm",)

# Record, column, and the outcome of deals it is asked of ("" for all).
_FIELDS = (
    ("leads", "channel", ""),
    ("leads", "rep_id", ""),
    ("opportunities", "product_id", ""),
    ("opportunities", "expected_close", ""),
    ("opportunities", "lead_id", ""),
    ("opportunities", "loss_reason", "lost"),
    ("opportunities", "competitor", "lost"),
    ("activities", "opp_id", ""),
    ("activities", "duration", ""),
    ("customers", "industry", ""),
    ("customers", "size", ""),
)
_DAYS = {"leads": "created", "opportunities": "created", "activities": "ts", "customers": ""}
_FULL = 0.9


@section("tools", "assessments.dimension", "assessments.score")
def tools(review: Review) -> Block:
    """List the tools with what people think of them, how much they are used, how well filled."""
    language = review.language
    rows = asked_about(review, TOOL)
    rounds = known_rounds(review, rows)
    filled = _filled(review)
    if not rounds:
        return group(note(language("improve.no_tools")), filled)
    return group(_inventory(review, rows, rounds), filled)


def _inventory(review: Review, rows: pd.DataFrame, rounds: list[str]) -> Block:
    language = review.language
    parts = rows["about"].str.split(":", n=1, expand=True).reindex(columns=[0, 1])
    aspect = parts[1].astype("str").where(parts[1].notna(), "").str.strip().str.casefold()
    rows = rows.assign(tool=parts[0].str.strip(), easy=aspect.isin(_EASE))
    last = rows[rows["period"] == rounds[-1]]
    before = rows[rows["period"] == rounds[-2]] if len(rounds) > 1 else rows[:0]
    used = one(over_months(review, "crm_adoption"))
    records: list[dict[str, Any]] = []
    for tool in dict.fromkeys(last["tool"]):
        now = last[(last["tool"] == tool) & ~last["easy"]]["score"]
        ease = last[(last["tool"] == tool) & last["easy"]]["score"]
        was = before[(before["tool"] == tool) & ~before["easy"]]["score"]
        gap = float(now.mean() - was.mean()) if len(was) else np.nan
        error = float(np.sqrt(now.var(ddof=1) / len(now) + was.var(ddof=1) / len(was))) if len(
            was) > 1 and len(now) > 1 else np.nan  # fmt: skip
        records.append(
            {
                "label": str(tool),
                "score": float(now.mean()) if len(now) else np.nan,
                "ease": float(ease.mean()) if len(ease) else np.nan,
                "gap": gap,
                "sure": abs(gap) > 1.96 * error,
                "n": float(last[last["tool"] == tool]["rep"].nunique()),
                "use": used["value"] if str(tool).casefold() in _CRM else np.nan,
            }
        )
        for metric, name in (("tool_score", "score"), ("tool_ease", "ease")):
            value = records[-1][name]
            review.lens.keep(metric, value, "score", {"tool": str(tool)}, n=records[-1]["n"],
                             reason=None if value == value else "no_rows")  # fmt: skip
    frame = pd.DataFrame(records).sort_values("score")
    worst = frame.iloc[0]
    moved = frame[frame["sure"]]
    lines = [
        language("improve.tools_lead", name=worst["label"], score=float(worst["score"]),
                 n=float(worst["n"]))
    ]  # fmt: skip
    lines += [
        language("improve.tool_moved", name=row["label"], gap=row["gap"])
        for row in moved.to_dict("records")
    ]
    if frame["ease"].notna().any():
        hard = frame.loc[frame["ease"].idxmin()]
        lines.append(
            language("improve.hardest_tool", name=hard["label"], score=float(hard["ease"]))
        )
    columns = [
        Col("label", language("improve.tool")),
        Col("score", language("improve.effect"), "number"),
        *([Col("ease", language("improve.ease"), "number")] if frame["ease"].notna().any() else []),
        Col("gap", language("improve.since_last_round"), "delta", "number", "up"),
        Col("use", language("improve.use"), "percent"),
        Col("n", language("improve.answers"), "count"),
    ]
    caption = language("improve.tools_caption", period=rounds[-1])
    shown = table(frame, columns, language, caption)
    if frame["ease"].isna().any():
        return group(lead(*lines), shown, note(language("improve.no_ease")))
    drawn = draw_quadrant(
        frame.rename(columns={"ease": "x", "score": "y"})[["label", "x", "y"]],
        language,
        title=language("improve.tools_title", name=worst["label"]),
        x_label=language("improve.ease"),
        y_label=language("improve.effect"),
        x_unit="number",
        y_unit="number",
        x_split=float(frame["ease"].mean()),
        y_split=float(frame["score"].mean()),
        subtitle=language("improve.tools_subtitle", scope=scope_name(review)),
    )
    return group(lead(*lines), shown, chart(drawn, language))


def _filled(review: Review) -> Block | None:
    """Show how completely the records people keep are filled in."""
    lens, language = review.lens, review.language
    rows = []
    for name, column, outcome in _FIELDS:
        if not lens.has(name) or column not in lens.dataset.store.columns(name):
            continue
        wanted = (_DAYS[name], "outcome" if outcome else "", column)
        frame = lens.dataset.frame(name)[list(dict.fromkeys(filter(None, wanted)))]
        if _DAYS[name]:
            frame = inside(frame, _DAYS[name], last_months(review))
        if outcome:
            frame = frame[frame["outcome"].astype(str) == outcome]
        if frame.empty:
            continue
        value = frame[column]
        there = int((value.notna() & (value.astype(object) != UNMAPPED)).sum())
        share = there / len(frame)
        lens.keep("field_completeness", share, "ratio", {"table": name, "column": column},
                  numerator=there, denominator=len(frame))  # fmt: skip
        rows.append(
            {
                "label": language(f"improve.record.{name}"),
                "field": language(f"improve.field.{column}"),
                "share": share,
                "n": float(len(frame)),
                "state": ("good:" if share >= _FULL else "warn:")
                + language("improve.full" if share >= _FULL else "improve.gaps_in_it"),
            }
        )
    if not rows:
        return None
    frame = pd.DataFrame(rows).sort_values("share", kind="stable")
    columns = [
        Col("label", language("improve.record_kind")),
        Col("field", language("improve.field_name")),
        Col("share", language("improve.filled"), "percent"),
        Col("n", language("improve.records"), "count"),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("improve.filled_caption", scope=scope_name(review))
    return table(frame, columns, language, caption, max_rows=12)


# Help from other departments --------------------------------------------------------------------


@section("support", "tickets.kind", "tickets.department", "tickets.first_response")
def support(review: Review) -> Block:
    """Show how fast each supporting department answers and closes, against the year before."""
    lens, language = review.lens, review.language
    tickets = lens.dataset.frame("tickets")
    recent, before = last_months(review, 6), last_months(review, 12, 6)
    rows = []
    for (kind, department), part in tickets.groupby(
        [tickets["kind"].astype(str), tickets["department"].astype(str)], sort=True
    ):
        now, then = (inside(part, "opened", span) for span in (recent, before))
        if now.empty:
            continue
        rows.append(_served(review, str(kind), str(department), now, then))
    if not rows:
        return note(language("improve.no_tickets"))
    frame = pd.DataFrame(rows)
    # What the departments owe each other comes first.
    frame = frame.sort_values(["internal", "rate"], ascending=[False, True])
    columns = [
        Col("label", language("report.dimension.department")),
        Col("kind", language("report.dimension.kind"), wide_only=True),
        Col("n", language("improve.requests"), "count", wide_only=True),
        Col("rate", name_of(review, "sla_rate"), "percent"),
        Col("gap", language("improve.versus_before"), "points", "points", "up"),
        Col("state", language("report.certainty"), "status"),
        Col("response", language("improve.hours_to_answer"), "number", wide_only=True),
        Col("closing", language("improve.hours_to_close"), "number", wide_only=True),
        Col("waiting", language("improve.open_late"), "count", wide_only=True),
    ]
    caption = language("improve.support_caption", scope=scope_name(review))
    return group(
        lead(*_support_lines(review, frame)),
        table(frame, columns, language, caption),
        note(language("improve.support_note")),
    )


def _served(
    review: Review, kind: str, department: str, now: pd.DataFrame, then: pd.DataFrame
) -> dict[str, Any]:
    language = review.language
    met, due = _in_time(review, now)
    met_before, due_before = _in_time(review, then)
    low, high = newcombe_interval(met, due, met_before, due_before)
    gap = met / due - met_before / due_before if due and due_before else np.nan
    sure = not low <= 0 <= high and gap == gap
    look = "none" if not sure else "good" if gap > 0 else "bad"
    word = "report.certain" if sure else "report.perhaps_chance"
    word = word if gap == gap else "report.reason.no_history"
    end = pd.Timestamp(review.as_of) + pd.Timedelta(days=1)
    late = now["first_response"].isna() & (now["opened"] + _limits(review, now) < end)
    scope = {"kind": kind, "department": department, "months": "6"}
    rate = met / due if due else None
    review.lens.keep("sla_rate", rate, "ratio", scope, numerator=met, denominator=due, n=due,
                     reason=None if due else "zero_denominator")  # fmt: skip
    hours = {name: _hours(review, now, name) for name in ("first_response", "closed")}
    for name, value in hours.items():
        review.lens.keep("hours_to_" + name, value, "number", scope, n=len(now),
                         reason=None if value == value else "no_rows")  # fmt: skip
    return {
        "label": value_name(review, "department", department),
        "kind": value_name(review, "kind", kind),
        "internal": kind == "internal",
        "n": float(len(now)),
        "rate": np.nan if rate is None else rate,
        "gap": gap,
        "sure": sure,
        "state": f"{look}:" + language(word),
        "response": hours["first_response"],
        "closing": hours["closed"],
        "waiting": float(late.sum()),
    }


def _limits(review: Review, rows: pd.DataFrame) -> pd.Series:
    usual = review.settings.sla_hours
    hours = rows["sla_hours"].fillna(usual) if "sla_hours" in rows else usual
    return pd.to_timedelta(pd.Series(hours, index=rows.index), unit="h")


def _in_time(review: Review, rows: pd.DataFrame) -> tuple[int, int]:
    """Count what was answered in time, and what should have been answered by now."""
    limit = rows["opened"] + _limits(review, rows)
    end = pd.Timestamp(review.as_of) + pd.Timedelta(days=1)
    met = (rows["first_response"] <= limit) & (rows["first_response"] < end)
    return int(met.sum()), int((met | (limit < end)).sum())


def _hours(review: Review, rows: pd.DataFrame, until: str) -> float:
    """Give the median hours from opening, days without work taken out."""
    if until not in rows:
        return float("nan")
    known = rows[rows[until].notna()]
    if known.empty:
        return float("nan")
    first, last = known["opened"].dt.normalize(), known[until].dt.normalize()
    days = pd.date_range(first.min(), last.max())
    off = np.cumsum([not review.calendar.is_workday(day.date()) for day in days])
    start = (first - days[0]).dt.days.to_numpy()
    stop = (last - days[0]).dt.days.to_numpy()
    idle = np.maximum(off[np.maximum(stop - 1, 0)] - off[start], 0) * (stop > start)
    hours = (known[until] - known["opened"]) / pd.Timedelta(hours=1)
    return float(np.median(hours - 24 * idle))


def _support_lines(review: Review, frame: pd.DataFrame) -> list[str]:
    language = review.language
    lines = []
    internal = frame[frame["internal"]]
    if len(internal):
        worst = internal.iloc[0]
        key = "support_slowest" if len(internal) > 1 else "support_internal"
        lines.append(
            language(f"improve.{key}", name=worst["label"], rate=float(worst["rate"]),
                     n=float(worst["n"]), hours=float(worst["response"]))
        )  # fmt: skip
    else:
        lines.append(language("improve.no_internal"))
    for row in frame[frame["sure"] & (frame["gap"] < 0)].to_dict("records"):
        lines.append(
            language("improve.support_down", name=row["label"], kind=row["kind"], rate=row["rate"],
                     gap=row["gap"])
        )  # fmt: skip
    return lines
