"""From a lead to a signed order: where more is lost than before, and how long each step takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg, newcombe_interval, two_proportion_test
from salesnb.figures.funnel import draw_funnel
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.metrics.funnel import stages
from salesnb.metrics.metric import View
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_spans import keep_range, last_months, one, over_months
from salesnb.report.sections.parts import name_of, scope_name, value_name
from salesnb.report.tables import Col, table

RECENT, BEFORE = 6, 12
_SURE = 0.05


@section("process", "opportunities.stage", "opportunities.outcome", "opportunities.close_date")
def process(review: Review) -> Block:
    """Show each step's conversion and days against the year before, and the costliest step."""
    language = review.language
    steps = stage_steps(review)
    if steps.empty:
        return note(language("improve.no_deals"))
    steps = _with_days(review, steps)
    return group(
        lead(_bottleneck(review, steps), *_adherence(review)),
        _drawn(review, steps),
        _table(review, steps),
        _around(review),
        _by_person(review),
        note(language("improve.process_note", recent=RECENT, before=BEFORE)),
    )


def stage_steps(review: Review) -> pd.DataFrame:
    """Hold the share of deals that leave each stage for the next against the year before.

    Returns
    -------
    One row for each stage in order: `stage`, `reached`, `went`, `rate`; `reached_before`,
    `rate_before`; `gap`, `low`, `high` (Newcombe), `p_value` (corrected for all stages); `lost`
    (deals more lost here than at the former rate) and `size` (what they would have brought, at
    the later stages' rates and the size of won deals; 0 where no more was lost).
    """
    lens = review.lens
    now = over_months(review, "stage_conversion", ["stage"], RECENT).set_index("stage")
    then = over_months(review, "stage_conversion", ["stage"], BEFORE, RECENT).set_index("stage")
    names = [name for name in stages(View(lens.dataset, lens.window)) if name in now.index]
    rows = []
    for name in names:
        hits, tries = (float(now.loc[name, part]) for part in ("numerator", "denominator"))  # type: ignore[arg-type]
        known = name in then.index and then.loc[name, "denominator"] > 0  # type: ignore[operator]
        was = [
            float(then.loc[name, part]) if known else np.nan  # type: ignore[arg-type]
            for part in ("numerator", "denominator")
        ]
        row: dict[str, Any] = {"stage": name, "reached": tries, "went": hits}
        row |= {"rate": hits / tries if tries else np.nan, "reached_before": was[1]}
        row |= {"rate_before": was[0] / was[1] if known else np.nan}
        row["gap"] = row["rate"] - row["rate_before"]
        row["low"], row["high"] = np.nan, np.nan
        row["p_value"] = np.nan
        if known and tries:
            row["low"], row["high"] = newcombe_interval(hits, tries, was[0], was[1])
            row["p_value"] = two_proportion_test(hits, tries, was[0], was[1]).p_value
        rows.append(row)
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    tested = frame["p_value"].notna()
    if tested.any():
        frame.loc[tested, "p_value"] = benjamini_hochberg(frame.loc[tested, "p_value"])
    frame["lost"] = (-(frame["gap"]) * frame["reached"]).fillna(0.0)
    later = frame["rate"].fillna(1.0)[::-1].cumprod()[::-1].shift(-1, fill_value=1.0)
    frame["size"] = (frame["lost"].clip(lower=0) * later * _won_amount(review)).fillna(0.0)
    for row in frame.to_dict("records"):
        ends = (row["gap"], row["low"], row["high"])
        about = {"stage": str(row["stage"])}
        keep_range(review, "stage_gap", ends, "points", about, row["reached"], "no_history")
        lens.keep("stage_loss", row["size"], "money", {"stage": str(row["stage"])})
    return frame


def _won_amount(review: Review) -> float:
    """Give the mean amount of the deals won lately."""
    deals = inside(
        review.lens.dataset.frame("opportunities"), "close_date", last_months(review, RECENT)
    )
    won = deals[deals["outcome"].astype(str) == "won"]
    return float(won["amount"].mean()) if len(won) else float("nan")


def _with_days(review: Review, steps: pd.DataFrame) -> pd.DataFrame:
    """Add the median days deals stayed in each stage, lately and in the year before."""
    lens = review.lens
    if not lens.has("opp_stage_history", "stage", "entered"):
        return steps.assign(days=np.nan, days_before=np.nan)
    history = lens.dataset.frame("opp_stage_history")
    deals = lens.dataset.frame("opportunities")
    closed = deals[deals["outcome"].astype(str).isin(["won", "lost"])]
    closed = closed.drop_duplicates("opp_id").set_index(closed["opp_id"].astype(str))["close_date"]
    wanted = [name for name in ("entered", "left") if name in history]
    order = history[wanted].assign(
        opp=history["opp_id"].astype(str), stage=history["stage"].astype(str)
    )
    order = order.sort_values(["opp", "entered"], kind="stable")
    following = order.groupby("opp")["entered"].shift(-1)
    left = order["left"].fillna(following) if "left" in order else following
    left = left.fillna(order["opp"].map(closed))
    order = order.assign(
        days=((left - order["entered"]) / np.timedelta64(1, "D")).clip(lower=0),
        closed=order["opp"].map(closed),
    )
    spans = {
        "days": last_months(review, RECENT),
        "days_before": last_months(review, BEFORE, RECENT),
    }
    found = {
        name: inside(order, "closed", span).groupby("stage")["days"].median()
        for name, span in spans.items()
    }
    for name, each in found.items():
        steps = steps.assign(**{name: steps["stage"].astype(str).map(each)})
    for row in steps.to_dict("records"):
        lens.keep("stage_days", row["days"], "days", {"stage": str(row["stage"])},
                  reason=None if row["days"] == row["days"] else "no_rows")  # fmt: skip
    return steps


def _bottleneck(review: Review, steps: pd.DataFrame) -> str:
    """Say which step loses most against the year before, and whether that may be chance."""
    language = review.language
    if steps["rate_before"].isna().all():
        return language("improve.no_benchmark")
    worst = steps.loc[steps["size"].idxmax()]
    if not worst["size"] > 0:
        return language("improve.no_bottleneck")
    key = "bottleneck" if worst["p_value"] < _SURE else "bottleneck_perhaps"
    return language(
        f"improve.{key}",
        stage=value_name(review, "stage", worst["stage"]),
        rate=float(worst["rate"]), before=float(worst["rate_before"]),
        lost=float(worst["lost"]), size=float(worst["size"]),
        low=float(worst["low"]), high=float(worst["high"]),
    )  # fmt: skip


def _adherence(review: Review) -> list[str]:
    """Say how many closed deals went through every stage they should have, in order."""
    language = review.language
    now = one(over_months(review, "process_adherence", (), RECENT))
    then = one(over_months(review, "process_adherence", (), BEFORE, RECENT))
    if is_missing(now["value"]):
        return []
    parts = [
        0.0 if is_missing(row[name]) else float(row[name])  # type: ignore[arg-type]
        for row in (now, then)
        for name in ("numerator", "denominator")
    ]
    said = {"rate": float(now["value"]), "n": parts[1]}  # type: ignore[arg-type]
    if not parts[3]:
        return [language("improve.adherence", **said)]
    low, high = newcombe_interval(parts[0], parts[1], parts[2], parts[3])
    key = "adherence_same" if low <= 0 <= high else "adherence_moved"
    return [language(f"improve.{key}", before=parts[2] / parts[3], **said)]


def _drawn(review: Review, steps: pd.DataFrame) -> Block | None:
    if len(steps) < 2:
        return None
    language = review.language
    frame = pd.DataFrame(
        {
            "label": [value_name(review, "stage", name) for name in steps["stage"]],
            "value": steps["reached"].astype(int),
        }
    )
    won = float(steps["went"].iloc[-1])
    title = language(
        "improve.funnel_title", start=float(steps["reached"].iloc[0]), won=won,
        rate=won / float(steps["reached"].iloc[0]) if steps["reached"].iloc[0] else None,
    )  # fmt: skip
    subtitle = language("improve.funnel_subtitle", scope=scope_name(review))
    return chart(draw_funnel(frame, language, title=title, subtitle=subtitle), language)


def _table(review: Review, steps: pd.DataFrame) -> Block:
    language = review.language
    # Who signed has won: the last stage passes everybody on.
    if len(steps) > 1 and steps["rate"].iloc[-1] == 1:
        steps = steps.iloc[:-1]
    shown = steps.assign(
        size=steps["size"].where(steps["size"] > 0),
        label=[value_name(review, "stage", name) for name in steps["stage"]],
        slower=steps["days"] - steps["days_before"],
        state=[_state(review, row) for row in steps.to_dict("records")],
    )
    columns = [
        Col("label", language("improve.stage")),
        Col("reached", language("report.deal_count"), "count", wide_only=True),
        Col("rate", language("improve.goes_on"), "percent"),
        Col("gap", language("improve.versus_before"), "points", "points", "up"),
        Col("state", language("report.certainty"), "status"),
        Col("size", language("improve.costs"), "money"),
        Col("days", language("improve.days_in_stage"), "days", wide_only=True),
        Col("slower", language("improve.days_more"), "delta", "number", "down", wide_only=True),
    ]
    caption = language("improve.process_caption", scope=scope_name(review))
    return table(shown, columns, language, caption)


def _state(review: Review, row: dict[str, Any]) -> str:
    language = review.language
    if is_missing(row["p_value"]):
        return "none:" + language("report.reason.no_history")
    if row["p_value"] >= _SURE:
        return "none:" + language("report.perhaps_chance")
    return ("good:" if row["gap"] > 0 else "bad:") + language("report.certain")


# Before and after the deal ----------------------------------------------------------------------

_AROUND = (
    "valid_lead_rate", "follow_up_rate", "lead_conversion", "sla_rate", "csat",
)  # fmt: skip


def _around(review: Review) -> Block | None:
    """Show the rates before a deal begins and after it is won, against the year before."""
    language = review.language
    rows = []
    for metric in _AROUND:
        now = one(over_months(review, metric, (), RECENT))
        then = one(over_months(review, metric, (), BEFORE, RECENT))
        if is_missing(now["value"]) or is_missing(then["value"]):
            continue
        parts = [float(row[name]) for row in (now, then) for name in ("numerator", "denominator")]  # type: ignore[arg-type]
        if parts[0] > parts[1] or parts[2] > parts[3]:
            continue
        low, high = newcombe_interval(parts[0], parts[1], parts[2], parts[3])
        gap = float(now["value"]) - float(then["value"])  # type: ignore[arg-type]
        sure = not low <= 0 <= high
        look = "none" if not sure else "good" if gap > 0 else "bad"
        rows.append(
            {
                "label": name_of(review, metric),
                "now": float(now["value"]),  # type: ignore[arg-type]
                "before": float(then["value"]),  # type: ignore[arg-type]
                "gap": gap,
                "n": parts[1],
                "state": f"{look}:"
                + language("report.certain" if sure else "report.perhaps_chance"),
            }
        )
    if not rows:
        return None
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("improve.lately"), "percent"),
        Col("before", language("improve.year_before"), "percent", wide_only=True),
        Col("gap", language("improve.difference"), "points", "points", "up"),
        Col("n", language("improve.cases"), "count", wide_only=True),
        Col("state", language("report.certainty"), "status"),
    ]
    caption = language("improve.around_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption)


def _by_person(review: Review) -> Block | None:
    """List the people who most often leave out or swap a step, where that is no chance."""
    language = review.language
    by = "region" if review.whole_company else "rep"
    rows = over_months(review, "process_adherence", [by])
    whole = one(over_months(review, "process_adherence"))
    if rows.empty or is_missing(whole["value"]):
        return None
    rows = rows[rows["denominator"] >= review.settings.n_trials]
    rest = [
        (float(whole["numerator"]) - hits, float(whole["denominator"]) - tries)  # type: ignore[arg-type]
        for hits, tries in zip(rows["numerator"], rows["denominator"], strict=True)
    ]
    chances = [
        two_proportion_test(hits, tries, *other).p_value if other[1] > 0 else 1.0
        for (hits, tries), other in zip(
            zip(rows["numerator"], rows["denominator"], strict=True), rest, strict=True
        )
    ]
    low = rows["value"].to_numpy(dtype=float) < float(whole["value"])  # type: ignore[arg-type]
    sure = (benjamini_hochberg(chances) < _SURE) & low if len(rows) else low
    if not len(rows):
        return None
    if not sure.any():
        return note(language("improve.adherence_even"))
    found = rows[sure].sort_values("value")
    names = [
        language("improve.adherence_of", name=value_name(review, by, row[by]),
                 rate=row["value"], n=row["denominator"])
        for row in found.to_dict("records")
    ]  # fmt: skip
    return note(language("improve.adherence_low", names=language.list(names)))
