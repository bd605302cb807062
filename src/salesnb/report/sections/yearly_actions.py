"""The year's actions and what came of them, beside regions where nothing of the kind was done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from salesnb.explain.effects import (
    NOTHING,
    Counts,
    Effect,
    mean_difference,
    rate_difference_of_differences,
)
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Period, Window
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.lists import ActionLine
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import names, scope_name, shown_unit, value_name
from salesnb.report.tables import Col, table

_STATUS = {"done": "done", "doing": "running", "open": "planned", "cancelled": "cancelled"}
_LOOKS = {"done": "good", "running": "none", "planned": "none", "overdue": "bad"}
_SALES = ("net_sales", "attainment")
# Rates of things that happen in a month; windows of a year say nothing about a month.
_RATES = ("lead_conversion", "valid_lead_rate", "win_rate", "follow_up_rate", "reply_rate",
          "csat", "sla_rate", "training_pass_rate")  # fmt: skip
_MONTHS = 6


def year_actions(review: Review) -> pd.DataFrame:
    """Give the actions of the register that were due, or under way, in the period."""
    lens = review.lens
    actions = lens.dataset.frame("actions")
    for name in ("start", "done_date", "kpi", "baseline", "target", "actual", "region", "kind",
                 "status"):  # fmt: skip
        if name not in actions:
            actions = actions.assign(**{name: None})
    begun = pd.to_datetime(actions["start"]).fillna(actions["due"])
    window = lens.window
    inside = (actions["due"] >= pd.Timestamp(window.start)) & (begun <= pd.Timestamp(window.end))
    kept = actions[inside & (actions["kind"].astype(object) != "practice")]
    ended = pd.to_datetime(kept["done_date"])
    # What was done only after the report's day was not yet done.
    known = ended.isna() | (ended <= pd.Timestamp(window.end))
    status = [
        _STATUS.get(str(each), "planned") if seen else "running"
        for each, seen in zip(kept["status"], known, strict=True)
    ]
    late = (kept["due"] < pd.Timestamp(window.end)) & ~np.isin(status, ["done", "cancelled"])
    return kept.assign(
        state=np.where(late, "overdue", status), ended=ended.where(known), begun=begun[kept.index]
    ).sort_values(["due", "action_id"], ignore_index=True)


def register_lines(
    review: Review, metrics: Iterable[str] = (), region: str = ""
) -> list[ActionLine]:
    """Give the year's actions on some metrics, of one region where one is named, as lines."""
    if not review.lens.has("actions"):
        return []
    wanted = set(metrics)
    lines = []
    for row in year_actions(review).to_dict("records"):
        if str(row["kpi"]) not in wanted or (region and _region(row) not in (region, "")):
            continue
        if region and _region(row) == "" and review.whole_company:
            continue
        lines.append(
            ActionLine(
                title=str(row["title"]),
                owner=_owner(review, row["owner"]),
                due=pd.Timestamp(row["due"]).date().isoformat(),
                kpi=review.language.label(f"metrics.{row['kpi']}.label", str(row["kpi"])),
                status=str(row["state"]),
            )
        )
    return lines


def _owner(review: Review, owner: object) -> str:
    return names(review, "rep").get(str(owner), str(owner))


def _region(row: dict) -> str:
    return "" if is_missing(row["region"]) else str(row["region"])


@section("yearly_actions", "actions")
def yearly_actions(review: Review) -> Block:
    """Show the year's actions, and how what they were to move has gone since.

    Nothing here proves that an action caused a change: others happened at the same time.
    """
    language = review.language
    actions = year_actions(review)
    if actions.empty:
        return note(language("yearly.no_actions"))
    counts = actions["state"].value_counts()
    done, overdue = int(counts.get("done", 0)), int(counts.get("overdue", 0))
    late = int((actions["ended"] > actions["due"]).sum())
    rows = [_shown(review, row) for row in actions.to_dict("records")]
    clear = sum(1 for row in rows if row["clear"])
    judged = sum(1 for row in rows if row["judged"])
    frame = pd.DataFrame(rows)
    columns = [
        Col("title", language("page.action.action")),
        Col("region", language("report.dimension.region"), wide_only=True),
        Col("state", language("report.state"), "status"),
        Col("kpi", language("page.action.kpi")),
        Col("register", language("yearly.register"), wide_only=True),
        Col("effect", language("yearly.effect")),
        Col("verdict", language("yearly.verdict"), "status"),
    ]
    many = len(actions)
    sentence = review.language("yearly.actions_lead",
        count=kept(review, "actions_of_year", many, "count"),
        done=kept(review, "actions_done", done, "count", n=many),
        late=kept(review, "actions_done_late", late, "count", n=many),
        overdue=kept(review, "actions_of_year_overdue", overdue, "count", n=many),
    )  # fmt: skip
    key = "actions_judged" if judged else "actions_unjudged"
    caption = language("yearly.actions_caption", scope=scope_name(review))
    how = "peers" if review.whole_company else "own"
    return group(
        lead(sentence, language(f"yearly.{key}", judged=judged, clear=clear)),
        table(frame, columns, language, caption, max_rows=40),
        note(language(f"yearly.effect_{how}"), language("yearly.effect_note")),
    )


def _shown(review: Review, row: dict) -> dict[str, object]:
    language = review.language
    kpi, region = str(row["kpi"]), _region(row)
    effect, kind = _effect(review, row)
    scope = {"action": str(row["action_id"])}
    judged = not np.isnan(effect.difference)
    review.lens.keep("action_effect", effect.difference if judged else None, "ratio", scope,
                     reason=None if judged else "not_comparable")  # fmt: skip
    text, verdict = language("base.none"), "none:" + language("yearly.not_judged")
    if judged:
        fields = {"gap": effect.difference, "low": effect.low, "high": effect.high}
        text = language(f"yearly.effect_{kind}", **fields)
        better = METRICS[kpi].better if kpi in METRICS else "up"
        good = (effect.difference > 0) == (better != "down")
        word = ("better" if good else "worse") if effect.is_clear else "open"
        look = {"better": "good", "worse": "bad", "open": "none"}[word]
        verdict = f"{look}:{language(f'yearly.effect_is_{word}')}"
    state = str(row["state"])
    return {
        "title": row["title"],
        "region": value_name(review, "region", region) if region else language("report.company"),
        "state": f"{_LOOKS.get(state, 'none')}:{language(f'figures.status.{state}')}",
        "kpi": language.label(f"metrics.{kpi}.label", language("base.none"))
        if kpi in METRICS
        else language("base.none"),
        "register": _registered(review, row, kpi),
        "effect": text,
        "verdict": verdict,
        "judged": judged,
        "clear": judged and effect.is_clear,
    }


def _registered(review: Review, row: dict, kpi: str) -> str:
    """Give start, goal and result as the register has them."""
    language = review.language
    if kpi not in METRICS:
        return language("base.none")
    unit = shown_unit(kpi)
    start, goal, came = (
        language.show(None if is_missing(row[name]) else float(row[name]), unit)
        for name in ("baseline", "target", "actual")
    )
    if start == goal == came:
        return language("base.none")
    return language("yearly.registered", start=start, goal=goal, came=came)


# Before and after -----------------------------------------------------------------------------


def _effect(review: Review, row: dict) -> tuple[Effect, str]:
    """Give the difference since an action was done, and what it is: `sales` or `rate`."""
    kpi, region = str(row["kpi"]), _region(row)
    if row["state"] != "done" or pd.isna(row["ended"]):
        return NOTHING, ""
    after, before = _months_around(review, row["begun"].date(), row["ended"].date())
    if kpi in _SALES and (region or not review.whole_company):
        return _sales_effect(review, region or review.region, after, before), "sales"
    if kpi in _RATES and not METRICS[kpi].lacks(review.lens.dataset):
        return _rate_effect(review, kpi, region, after, before), "rate"
    return NOTHING, ""


def _months_around(review: Review, begun: date, ended: date) -> tuple[list[Period], list[Period]]:
    """Give up to six whole months after an action was done, and as many before it began."""
    calendar, window = review.calendar, review.lens.window
    first = calendar.period_at(ended).next
    after = [first.shift(step) for step in range(_MONTHS)]
    after = [month for month in after if calendar.window(month).end <= window.end]
    start = calendar.period_at(begun)
    before = [start.shift(-step) for step in range(len(after), 0, -1)]
    history = review.lens.dataset.history_start
    return after, [month for month in before if calendar.window(month).start >= history]


def _monthly(review: Review, metric: str) -> pd.DataFrame:
    """Give a metric by month, and region where there are several: all months there are."""
    dataset = review.lens.dataset
    by = ["month", "region"] if review.whole_company and "region" in METRICS[metric].dims else []
    by = by or ["month"]
    window = Window(dataset.history_start, review.lens.window.end)

    def look() -> pd.DataFrame:
        rows = measure(dataset, metric, window, by)
        if "region" not in rows:
            rows = rows.assign(region=review.region)
        return rows.astype({"month": str, "region": str})

    return dataset.kept(("by_month", metric, window), look)


def _sales_effect(review: Review, region: str, after: list[Period], before: list[Period]) -> Effect:
    """Give the change of a region's sales against the others', or against its own last year."""
    rows = _monthly(review, "net_sales")
    own = rows[rows["region"] == region].set_index("month")["value"].astype(float)
    rest = rows[rows["region"] != region].groupby("month")["value"].sum().astype(float)

    def level(months: list[Period]) -> list[float]:
        found = []
        for month in months:
            base = rest if review.whole_company else own
            key = str(month) if review.whole_company else str(month.last_year)
            now, other = own.get(str(month), 0.0), base.get(key, 0.0)
            if now > 0 and other > 0:
                found.append(float(np.log(now / other)))
        return found

    effect = mean_difference(level(after), level(before))
    return Effect(*(float(np.expm1(each)) for each in effect))


def _rate_effect(
    review: Review, metric: str, region: str, after: list[Period], before: list[Period]
) -> Effect:
    """Give the change of a rate after an action, less that of the other regions where they are."""
    rows = _monthly(review, metric)
    mine = rows["region"] == region if region else pd.Series(True, index=rows.index)

    def counts(months: list[Period], chosen: pd.Series) -> Counts:
        part = rows[chosen & rows["month"].isin([str(month) for month in months])]
        return Counts(float(part["numerator"].sum()), float(part["denominator"].sum()))

    least = review.settings.n_trials
    sides = counts(after, mine), counts(before, mine)
    if min(side.n for side in sides) < least:
        return NOTHING
    if not region or not review.whole_company:
        return rate_difference_of_differences(*sides, None, None)
    return rate_difference_of_differences(*sides, counts(after, ~mine), counts(before, ~mine))
