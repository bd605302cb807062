"""What has left its usual range, what may lie behind it, what sets off an alert."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from salesnb.explain.signal import Chart, xmr
from salesnb.figures.control import draw_control
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, said, scope_name, shown_unit
from salesnb.report.tables import Col, table

WATCHED = (
    "average_order_value",
    "gross_margin",
    "new_customers",
    "valid_lead_rate",
    "lead_conversion",
    "win_rate",
    "complaint_rate",
    "sla_rate",
    "overdue_ratio",
)
"""Metrics whose monthly values are held against their usual range."""

_ALERTS = ("lead_conversion", "valid_lead_rate", "complaint_rate", "sla_rate")
_LEAST = 12


def watched(review: Review, metrics: tuple[str, ...]) -> dict[str, tuple[pd.DataFrame, Chart]]:
    """Give the control chart of each metric that has a year of months.

    Limits are frozen three months before the report's, so that a new level is seen as new.
    """
    found = {}
    for metric in metrics:
        if METRICS[metric].lacks(review.lens.dataset):
            continue
        rows = review.lens.trend(metric, 24)
        rows = rows[rows["value"].notna()]
        if len(rows) < _LEAST or str(rows["period"].iloc[-1]) != str(review.period):
            continue
        limits = xmr(rows["value"].to_numpy(dtype=float), baseline=max(len(rows) - 3, 8))
        found[metric] = (rows, limits)
    return found


@section("signals")
def signals(review: Review) -> Block:
    """Show each watched figure with its usual range, and draw those that left it."""
    charts = watched(review, WATCHED)
    if not charts:
        return note(review.language("report.no_signals"))
    language = review.language
    records = []
    for metric, (rows, limits) in charts.items():
        last = limits.points.iloc[-1]
        records.append(_record(review, metric, rows, limits, last))
    frame = pd.DataFrame(records).sort_values("order", kind="stable")
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("report.now")),
        Col("usual", language("report.usual_range")),
        Col("state", language("report.state"), "status"),
        Col("history", language("report.two_years"), "spark"),
    ]
    shown = table(frame, columns, language, language("report.signals", scope=scope_name(review)))
    worst = frame["metric"][frame["order"] == 0].head(2)
    drawn = [_drawn(review, metric, *charts[metric]) for metric in worst]
    return group(said(review, "signals"), shown, *drawn)


def _record(
    review: Review, metric: str, rows: pd.DataFrame, limits: Chart, last: pd.Series
) -> dict[str, object]:
    language, unit = review.language, shown_unit(metric)
    # A rate cannot leave 0 to 1, so neither can its limits.
    most = 1.0 if METRICS[metric].unit == "ratio" else math.inf
    outside = last["rule"] != ""
    high = last["value"] > last["centre"]
    better = METRICS[metric].better
    good = (better == "up") == bool(high)
    look = "none" if not outside or better == "none" else "good" if good else "bad"
    word = "report.usual" if not outside else "report.too_high" if high else "report.too_low"
    return {
        "metric": metric,
        "label": name_of(review, metric),
        "now": language.show(float(last["value"]), unit),
        "usual": language(
            "report.from_to",
            low=language.show(max(float(last["lower"]), 0.0), unit),
            high=language.show(min(float(last["upper"]), most), unit),
        ),
        "state": f"{look}:{language(word)}",
        "history": rows["value"].tolist(),
        "order": 0 if outside and look == "bad" else 1 if outside else 2,
    }


def _drawn(review: Review, metric: str, rows: pd.DataFrame, limits: Chart) -> Block:
    points = limits.points
    frame = pd.DataFrame(
        {
            "period": rows["period"].to_numpy(),
            "value": points["value"],
            "mean": points["centre"],
            "low": np.maximum(points["lower"], 0.0),
            "high": np.minimum(points["upper"], 1.0 if METRICS[metric].unit == "ratio" else np.inf),
            "outside": points["rule"] != "",
        }
    )
    last = frame.iloc[-1]
    key = "report.signal_high" if last["value"] > last["mean"] else "report.signal_low"
    unit = shown_unit(metric)
    title = review.language(
        key,
        name=name_of(review, metric),
        value=review.language.show(float(last["value"]), unit),
        mean=review.language.show(float(last["mean"]), unit),
    )
    drawn = draw_control(
        frame,
        review.language,
        title=title,
        subtitle=f"{name_of(review, metric)} · {scope_name(review)}",
        unit=unit,
        better=METRICS[metric].better,
    )
    return chart(drawn, review.language)


@section("alerts")
def alerts(review: Review) -> Block:
    """Show the limits that set off an alert, and which have."""
    charts = watched(review, _ALERTS)
    if not charts:
        return note(review.language("report.no_alerts"))
    language = review.language
    records = []
    for metric, (_, limits) in charts.items():
        last, unit = limits.points.iloc[-1], shown_unit(metric)
        down = METRICS[metric].better == "up"
        limit = max(float(limits.lower), 0.0) if down else float(limits.upper)
        fired = last["value"] < limit if down else last["value"] > limit
        word = language("report.alert_on" if fired else "report.alert_off")
        records.append(
            {
                "label": name_of(review, metric),
                "when": language(
                    "report.alert_below" if down else "report.alert_above",
                    limit=language.show(limit, unit),
                ),
                "now": language.show(float(last["value"]), unit),
                "state": f"{'bad' if fired else 'good'}:{word}",
            }
        )
    columns = [
        Col("label", language("report.metric")),
        Col("when", language("report.alert_when")),
        Col("now", language("report.now")),
        Col("state", language("report.state"), "status"),
    ]
    return table(
        pd.DataFrame(records),
        columns,
        language,
        language("report.alerts", scope=scope_name(review)),
        notes=[language("report.false_alarms")],
    )
