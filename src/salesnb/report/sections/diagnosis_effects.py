"""Did what was done help: the measure before and after, beside regions where it was not done."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_actions import registered
from salesnb.report.sections.diagnosis_spans import keep_range
from salesnb.report.sections.parts import name_of, scope_name
from salesnb.report.tables import Col, table

# Months looked at before an action began and after it was done, and the fewest that will do.
BEFORE, AFTER, LEAST = 6, 6, 3
_MOST = 12
_SETTLED = ("keep", "adjust", "stop")
# Metrics over a past longer than a month answer too late for months to be set side by side.
_SLOW = ("repurchase_rate", "key_account_revenue_share", "ramp_months", "win_back_rate")


@section("action_effects", "actions.kpi", "actions.done_date")
def action_effects(review: Review) -> Block:
    """Hold each finished action's measure before and after against regions without the action."""
    language = review.language
    done = _finished(review)
    if done.empty:
        return note(language("improve.none_finished"))
    rows = [_effect(review, row, done) for row in done.to_dict("records")]
    frame = pd.DataFrame(rows)
    for row in rows:
        unit = "points" if row["unit"] == "ratio" else row["unit"]
        ends = (row["effect"], row["low"], row["high"])
        if row["relative"]:
            # Kept as so many times what it would have been.
            unit, ends = "multiple", (math.exp(ends[0]), math.exp(ends[1]), math.exp(ends[2]))
        about = {"action": row["id"]}
        keep_range(review, "action_effect", ends, unit, about, row["months"], row["reason"])
    shown = frame.assign(
        before=[_write(review, row, "before") for row in rows],
        after=[_write(review, row, "after") for row in rows],
        effect=[_write(review, row, "effect") for row in rows],
        range=[_range(review, row) for row in rows],
        state=[f"{row['look']}:{language('improve.verdict.' + row['verdict'])}" for row in rows],
    )
    columns = [
        Col("title", language("page.action.action")),
        Col("kpi", language("page.action.kpi")),
        Col("before", language("improve.before"), wide_only=True),
        Col("after", language("improve.after"), wide_only=True),
        Col("effect", language("improve.effect_shown")),
        Col("range", language("improve.interval"), wide_only=True),
        Col("state", language("improve.verdict_head"), "status"),
        Col("beside", language("improve.beside"), "count", wide_only=True),
    ]
    counts = frame["verdict"].value_counts()
    sentence = language(
        "improve.effects_lead", count=len(frame),
        **{name: int(counts.get(name, 0)) for name in _SETTLED},
        open=len(frame) - int(sum(counts.get(name, 0) for name in _SETTLED)),
    )  # fmt: skip
    key = "effects_caption" if review.whole_company else "effects_caption_region"
    caption = language(f"improve.{key}", scope=scope_name(review))
    return group(
        lead(sentence),
        table(shown, columns, language, caption, max_rows=_MOST),
        note(language("improve.effects_note", before=BEFORE, after=AFTER)),
        None if review.whole_company else note(language("improve.effects_region")),
    )


def _finished(review: Review) -> pd.DataFrame:
    """Give the actions done over the last year and a half that name a metric."""
    rows = registered(review)
    day = pd.to_datetime(rows["done_date"])
    since = pd.Timestamp(review.as_of) - pd.DateOffset(months=18)
    known = (rows["state"] == "done") & (day > since) & (day <= pd.Timestamp(review.as_of))
    known &= rows["start"].notna() & rows["kpi"].astype(object).isin(list(METRICS))
    rows = rows.assign(done=day)[known]
    return rows.sort_values(["done", "action_id"], ascending=[False, True]).head(_MOST)


def _effect(review: Review, row: dict[str, Any], done: pd.DataFrame) -> dict[str, Any]:
    metric = str(row["kpi"])
    where = str(row.get("region") or "")
    where = "" if where in ("unmapped", "nan", "None") else where
    found: dict[str, Any] = {
        "id": str(row["action_id"]), "title": str(row["title"]), "kpi": name_of(review, metric),
        "metric": metric, "before": math.nan, "after": math.nan, "effect": math.nan,
        "low": math.nan, "high": math.nan, "months": 0.0, "reason": "", "look": "none",
        "unit": METRICS[metric].unit, "beside": float(_beside(row, done)), "relative": False,
    }  # fmt: skip
    if metric in _SLOW:
        return found | {"verdict": "slow", "reason": "too_early"}
    first = review.calendar.period_at(row["start"].date())
    last = review.calendar.period_at(row["done"].date())
    now = review.calendar.period_at(review.lens.window.end)
    if now < last.shift(LEAST):
        return found | {"verdict": "unclear", "reason": "too_early"}
    since = review.calendar.period_at(review.lens.dataset.history_start)
    months = [first.shift(-step) for step in range(BEFORE, 0, -1)]
    months += [last.shift(step) for step in range(1, AFTER + 1)]
    series = _series(review, metric, where, [each for each in months if since <= each <= now])
    if series is None:
        return found | {"verdict": "unknown", "reason": "missing_table"}
    own, others = series
    relative = METRICS[metric].unit in ("money", "count")
    before, after = ([str(each) for each in part] for part in (months[:BEFORE], months[BEFORE:]))
    levels = [own.reindex(span).dropna() for span in (before, after)]
    found |= {
        name: float(level.mean()) if len(level) else math.nan
        for name, level in zip(("before", "after"), levels, strict=True)
    }
    found |= {"months": float(min(len(level) for level in levels)), "relative": relative}
    if min(len(level) for level in levels) < LEAST:
        return found | {"verdict": "unclear", "reason": "too_early"}
    path = _path(own, others, relative)
    low, effect, high = _shift(path.reindex(before).dropna(), path.reindex(after).dropna())
    better = METRICS[metric].better
    good = effect > 0 if better == "up" else effect < 0
    sure = not (low <= 0 <= high) and low == low
    found |= {"effect": effect, "low": low, "high": high, "unit": "ratio" if relative
              else METRICS[metric].unit}  # fmt: skip
    if others is None:
        return found | {"verdict": "alone"}
    verdict = "unclear" if not sure or better == "none" else "keep" if good else "stop"
    if verdict == "unclear" and found["months"] >= AFTER:
        verdict = "adjust"
    if verdict in ("keep", "stop") and found["beside"]:
        verdict = "mixed"
    looks = {"keep": "good", "stop": "bad", "adjust": "warn"}
    return found | {"verdict": verdict, "look": looks.get(verdict, "none")}


def _beside(row: dict[str, Any], done: pd.DataFrame) -> int:
    """Count the other actions on the same measure that ran at the same time."""
    same = done[
        (done["kpi"].astype(str) == str(row["kpi"])) & (done["action_id"] != row["action_id"])
    ]
    until = row["done"] + pd.DateOffset(months=AFTER)
    return int(((same["start"] <= until) & (same["done"] >= row["start"])).sum())


def _series(
    review: Review, metric: str, where: str, months: list[Period]
) -> tuple[pd.Series, pd.Series | None] | None:
    """Give a metric month by month where the action was, and in the other regions together.

    None where the data cannot give it. Without another region to compare with, one series only.
    """
    lens = review.lens
    if METRICS[metric].lacks(lens.dataset):
        return None
    # A region's report holds no row of another: it has nothing to compare with.
    alone = not where or where not in review.store.regions or not review.whole_company
    if (
        alone
        or METRICS[metric].lacks(lens.dataset, ["region"])
        or ("region" not in METRICS[metric].dims)
    ):
        values = [lens.value(metric, month).value for month in months]
        return pd.Series(values, index=[str(month) for month in months], dtype=float), None
    parts = [lens.measure(metric, ["region"], month).assign(month=str(month)) for month in months]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    wide = rows.pivot_table(index="month", columns="region", values="value", observed=True)
    if where not in wide:
        return None
    rest = wide.drop(columns=[where, "unmapped"], errors="ignore")
    together = rest.sum(axis=1) if METRICS[metric].unit == "money" else rest.mean(axis=1)
    return wide[where], together if rest.shape[1] else None


def _path(own: pd.Series, others: pd.Series | None, relative: bool) -> pd.Series:
    """Give what sets a place apart from the others month by month: season falls out."""
    if others is None:
        return np.log(own.where(own > 0)) if relative else own
    if relative:
        both = own.where(own > 0) / others.where(others > 0)
        return np.log(both)
    return own - others


def _shift(before: pd.Series, after: pd.Series) -> tuple[float, float, float]:
    """Give a change of level with its limits, from the scatter of single months."""
    if min(len(before), len(after)) < LEAST:
        return math.nan, math.nan, math.nan
    free = len(before) + len(after) - 2
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in (before, after))
    error = math.sqrt(squares / free * (1 / len(before) + 1 / len(after)))
    change = float(after.mean() - before.mean())
    reach = student(free) * error
    return change - reach, change, change + reach


def student(free: int, confidence: float = 0.95) -> float:
    """Give the quantile of Student's distribution that holds the middle share.

    Notes
    -----
    Cornish–Fisher expansion, Abramowitz & Stegun, Handbook of Mathematical Functions (1964),
    26.7.5; good to 1 % from four degrees of freedom.

    Examples
    --------
    >>> round(student(10), 3)
    2.228
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    )


def _write(review: Review, row: dict[str, Any], name: str) -> str:
    language, value = review.language, row[name]
    if value != value:
        return language("base.none")
    if name == "effect":
        if row["relative"]:
            return language.percent(math.expm1(value), signed=True)
        if row["unit"] == "ratio":
            return language.points(value)
        return language.number(value, 1, signed=True)
    unit = METRICS[row["metric"]].unit
    shown = {"ratio": "percent", "score": "number", "multiple": "ratio", "index": "count"}
    return language.show(value, shown.get(unit, unit))


def _range(review: Review, row: dict[str, Any]) -> str:
    if row["low"] != row["low"]:
        return review.language("base.none")
    ends = [_write(review, row | {"effect": row[name]}, "effect") for name in ("low", "high")]
    return review.language("report.from_to", low=ends[0], high=ends[1])
