"""What changed since the last report: figures, findings, actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesnb.figures.values import shown
from salesnb.findings.finding import Finding
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.html import Html, tag
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, names, number, shown_unit, value_name
from salesnb.report.tables import Col, table

# The first of them that the data can give are shown, in this order.
_FIGURES = (
    "net_sales",
    "attainment",
    "gross_margin",
    "new_customers",
    "average_order_value",
    "valid_lead_rate",
    "win_rate",
    "repurchase_rate",
    "churn_rate",
    "dso",
    "overdue_ratio",
    "complaint_rate",
)
_MOST_FIGURES, _MOST_FINDINGS, _MOST_ACTIONS = 8, 8, 3
# Of so few, a percentage says more than there is.
_FEW = 30
_STATES = ("new", "gone", "still")
_LOOKS = {"bad": "bad", "warn": "warn", "good": "good", "info": "none"}


@section("changes")
def changes(review: Review) -> Block:
    """Show what changed since the last period: figures, findings, actions closed and overdue."""
    return group(_figures(review), *_findings(review), *_actions(review))


def finding_state(review: Review, found: Finding) -> str:
    """Tell whether a finding is `new` or `still` there; "" where there is no earlier report."""
    if not review.earlier:
        return ""
    return "still" if found.key in _before(review) else "new"


def _figures(review: Review) -> Block | None:
    rows = [row for metric in _FIGURES if (row := _figure(review, metric))][:_MOST_FIGURES]
    if not rows:
        return None
    language = review.language
    count = {look: sum(row["look"] == look for row in rows) for look in ("good", "bad")}
    for look, number_of in count.items():
        review.lens.keep("changed_figures", number_of, "count", {"look": look})
    columns = [
        Col("name", language("changes.figure")),
        Col("now", language("changes.now"), "figure"),
        Col("before", language("changes.before"), "figure"),
        Col("change", language("changes.change"), "status"),
    ]
    since = language("changes.since_report" if _within_year(review) else "changes.since_period")
    caption = language("changes.figures", region=review.region_name, since=since)
    sentence = language("changes.figures_said", good=count["good"], bad=count["bad"])
    # As objects: a column of texts would forget that some are markup.
    frame = pd.DataFrame(rows, dtype=object)
    return group(lead(sentence), table(frame, columns, language, caption))


def _within_year(review: Review) -> bool:
    """Whether the last report was of the same year, as known a month or quarter before."""
    return review.asked != review.period and bool(review.earlier)


def _figure(review: Review, metric: str) -> dict[str, Any] | None:
    """Give one figure now and before as words, None where either is not known."""
    if METRICS[metric].lacks(review.lens.dataset):
        return None
    if metric == "attainment" and not review.lens.finished:
        # Part of a period against the whole target is no change for the worse.
        return None
    if _within_year(review):
        now = review.lens.value(metric).value
        before = review.earlier.value(metric, review.period)
    else:
        held = review.lens.against(metric, review.period.kind)
        now, before = number(held["current"]), number(held["base"])
    if now is None or before is None:
        return None
    unit, language = shown_unit(metric), review.language
    said = change_text(review, now, before, unit)
    way = {"+": "up", "−": "down"}.get(said[:1], "")
    better = METRICS[metric].better
    look = "none" if not way or better == "none" else "good" if way == better else "bad"
    arrow = {"up": "▲ ", "down": "▼ "}.get(way, "")
    return {
        "name": name_of(review, metric),
        "now": _exact(now, shown(language, now, unit)),
        "before": _exact(before, shown(language, before, unit)),
        "change": f"{look}:{arrow}{said}",
        "look": look,
    }


def _exact(value: float, words: str) -> Html:
    """Show a figure in words, with what it is unrounded for whatever reads the page."""
    return tag("data", words, value=f"{value:.10g}")


def change_text(review: Review, now: float, before: float, unit: str) -> str:
    """Write a change: of a rate in points, of few things in things, of others in percent."""
    language = review.language
    if unit == "percent":
        return language.points(now - before)
    if unit == "days":
        return language("base.days", value=language.number(now - before, 1, signed=True))
    if before <= 0 or (unit == "count" and before < _FEW):
        return language.show(now - before, "count_signed" if unit == "count" else "money_signed")
    return language.percent(now / before - 1, signed=True)


# Findings ---------------------------------------------------------------------------------------


def _findings(review: Review) -> list[Block | None]:
    language, period = review.language, review.earlier.period
    if not review.earlier:
        return [note(language("report.no_earlier", period=period))]
    before = _before(review)
    now = {found.key: found for found in review.findings}
    # A problem that is gone is good news; of a strength that is gone nothing is said.
    fresh = {key: now[key] for key in now if key not in before}
    gone = {key: before[key] for key in before if key not in now}
    rows = [
        *(("new", _LOOKS[found.severity], found.text(language)) for found in fresh.values()),
        *(
            (
                "gone",
                "good" if found["severity"] in ("bad", "warn") else "none",
                _gone(review, found),
            )
            for found in gone.values()
        ),
        *(("still", "none", now[key].text(language)) for key in now if key in before),
    ]
    if not rows:
        return [note(language("report.no_findings_either"))]
    counts = {state: sum(row[0] == state for row in rows) for state in _STATES}
    for state, count in counts.items():
        review.lens.keep("findings", count, "count", {"state": state})
    frame = pd.DataFrame(
        [
            {"state": f"{look}:{language(f'page.state.{state}')}", "sentence": sentence}
            for state, look, sentence in rows
        ]
    )
    columns = [
        Col("sentence", language("report.finding")),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("report.findings_since", period=period)
    return [
        lead(language("changes.findings_said", **counts)),
        table(frame, columns, language, caption, max_rows=_MOST_FINDINGS),
    ]


def _before(review: Review) -> dict[str, Mapping[str, Any]]:
    return {_key(found): found for found in review.earlier.findings}


def _key(found: Mapping[str, Any]) -> str:
    scope = found["scope"]
    return f"{found['rule']}|" + ";".join(f"{name}={scope[name]}" for name in sorted(scope))


def _gone(review: Review, found: Mapping[str, Any]) -> str:
    """Say a finding of the last report; one written in another language by its name."""
    language = review.language
    if review.earlier.content.get("language") == language.code:
        return str(found["text"])
    title = language.label(f"findings.{found['rule']}.title", str(found["rule"]))
    about = [value_name(review, name, value) for name, value in sorted(found["scope"].items())]
    return language("changes.about", title=title, names=about) if about else title


# Actions ----------------------------------------------------------------------------------------


def _actions(review: Review) -> list[Block | None]:
    """Say what was closed in the period, and what is late on its last day."""
    if not review.lens.has("actions"):
        return []
    language, lens = review.language, review.lens
    due, late = lens.value("action_completion"), lens.value("actions_overdue")
    values = {"due": due.denominator or 0, "done": due.numerator or 0, "late": late.value or 0}
    said = lead(language("changes.actions_said", as_of=review.as_of, **values))
    closed, open_late = _closed_and_late(review)
    lines = [
        language(f"changes.{key}", names=language("changes.separator").join(_named(review, rows)))
        for key, rows in (("closed", closed), ("late", open_late))
        if len(rows)
    ]
    return [said, note(*lines) if lines else None]


def _closed_and_late(review: Review) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the actions done in the period, and those late at its end, the longest first."""
    actions = review.lens.dataset.frame("actions").sort_values(["due", "action_id"])
    end, start = pd.Timestamp(review.as_of), pd.Timestamp(review.lens.window.start)
    if "kind" in actions.columns:
        actions = actions[actions["kind"].astype(object) != "practice"]
    status = actions["status"].astype(object)
    on = actions["done_date"] if "done_date" in actions.columns else actions["due"]
    done = (status == "done") & ~(on > end)
    late = ~done & (status != "cancelled") & (actions["due"] < end)
    return actions[done & (on >= start)], actions[late]


def _named(review: Review, actions: pd.DataFrame) -> list[str]:
    """Name the first actions with owner and due day, and count the rest."""
    language, people = review.language, names(review, "rep")
    named = [
        language(
            "changes.action",
            title=row["title"],
            owner=people.get(str(row["owner"]), str(row["owner"])),
            due=row["due"],
        )
        for row in actions.head(_MOST_ACTIONS).to_dict("records")
    ]
    rest = len(actions) - _MOST_ACTIONS
    return [*named, language("changes.more", count=rest)] if rest > 0 else named
