"""What could go wrong: likelihood by impact, and which triggers the data have already pulled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, names, scope_name, shown_unit
from salesnb.report.sections.problems import watched
from salesnb.report.tables import Col, table

_LEVELS = (5, 4, 3, 2, 1)
_HIGH = 12


@section("risk_map", "risks.probability", "risks.impact")
def risk_map(review: Review) -> Block:
    """Show risks by likelihood and impact, with the present state of what triggers each."""
    lens, language = review.lens, review.language
    rows = lens.dataset.frame("risks")
    rows = rows[rows["probability"].notna() & rows["impact"].notna()]
    if rows.empty:
        return note(language("improve.no_risks"))
    for name in ("trigger_metric", "trigger_rule", "response", "owner", "type"):
        if name not in rows.columns:
            rows = rows.assign(**{name: None})
    rows = rows.assign(
        level=rows["probability"].astype(float) * rows["impact"].astype(float)
    ).sort_values(["level", "risk_id"], ascending=[False, True])
    states = _signals(review, rows)
    rows = rows.assign(
        who=[names(review, "rep").get(str(each), str(each)) if not is_missing(each)
             else language("base.none") for each in rows["owner"]],
        now=[states[str(each)]["now"] for each in rows["trigger_metric"]],
        state=[states[str(each)]["state"] for each in rows["trigger_metric"]],
        pulled=[states[str(each)]["pulled"] for each in rows["trigger_metric"]],
    )  # fmt: skip
    pulled = rows[rows["pulled"]]
    high = int((rows["level"] >= _HIGH).sum())
    lens.keep("risks_high", high, "count", n=len(rows))
    lens.keep("risks_triggered", len(pulled), "count", n=len(rows))
    lines = [language("improve.risks_lead", count=len(rows), high=high)]
    lines += [
        language("improve.risk_pulled", name=row["description"], now=row["now"],
                 response=row["response"] if not is_missing(row["response"])
                 else language("base.none"))
        for row in pulled.to_dict("records")
    ]  # fmt: skip
    rows = rows.assign(
        label=[
            language("improve.numbered", place=place, text=text)
            for place, text in enumerate(rows["description"], start=1)
        ]
    )
    columns = [
        Col("label", language("report.risk")),
        Col("level", language("report.risk_level"), "count"),
        Col("trigger_rule", language("report.risk_trigger"), wide_only=True),
        Col("now", language("improve.trigger_now")),
        Col("state", language("improve.signal"), "status"),
        Col("response", language("report.risk_response")),
        Col("who", language("page.action.owner"), wide_only=True),
    ]
    shown = rows.assign(
        **{name: rows[name].astype(object) for name in ("trigger_rule", "response")}
    )
    caption = language("improve.risks_caption", scope=scope_name(review))
    return group(
        lead(*lines),
        _map(review, rows),
        table(shown, columns, language, caption, max_rows=15),
        note(language("improve.risks_note")),
    )


def _map(review: Review, rows: pd.DataFrame) -> Block:
    """Colour the grid of likelihood and impact by level, with the risks that lie in each cell."""
    language = review.language
    grid = pd.DataFrame(
        [[float(chance * impact) for impact in reversed(_LEVELS)] for chance in _LEVELS],
        index=[str(chance) for chance in _LEVELS],
        columns=[str(impact) for impact in reversed(_LEVELS)],
    )
    inside = pd.DataFrame("", index=grid.index, columns=grid.columns)
    for place, row in enumerate(rows.to_dict("records"), start=1):
        at = str(int(row["probability"])), str(int(row["impact"]))
        inside.loc[at] = f"{inside.loc[at]} {place}".strip()
    filled = inside != ""
    small = inside.map(
        lambda text: language("improve.numbers", text=text.replace(" ", ", ")) if text else ""
    )
    worst = rows.iloc[0]
    return heat_table(
        grid,
        language,
        title=language("improve.map_title", name=worst["description"], level=float(worst["level"])),
        unit="count",
        corner=language("improve.map_corner"),
        subtitle=language("improve.map_subtitle", scope=scope_name(review)),
        middle=1.0,
        better="down",
        small=small.where(filled),
    )


def _signals(review: Review, rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Say of each trigger's metric where it stands and whether it has left its usual range."""
    language = review.language
    wanted = {str(each) for each in rows["trigger_metric"]}
    charts = watched(review, tuple(sorted(wanted & set(METRICS))))
    found: dict[str, dict[str, Any]] = {}
    for name in wanted:
        found[name] = {
            "now": language("base.none"),
            "state": "none:" + language("improve.signal_unknown"),
            "pulled": False,
        }
        if name not in METRICS or METRICS[name].lacks(review.lens.dataset):
            continue
        unit = shown_unit(name)
        unit = "number" if unit == "score" else unit
        value = review.lens.value(name).value
        found[name]["now"] = language(
            "improve.metric_now", name=name_of(review, name), value=language.show(value, unit)
        )
        if name not in charts:
            continue
        last = charts[name][1].points.iloc[-1]
        better = METRICS[name].better
        outside = str(last["rule"]) != ""
        bad = last["value"] < last["centre"] if better == "up" else last["value"] > last["centre"]
        pulled = bool(outside and bad and better != "none" and np.isfinite(last["centre"]))
        word = "pulled" if pulled else "quiet"
        found[name]["state"] = f"{'bad' if pulled else 'good'}:{language(f'improve.signal_{word}')}"
        found[name]["pulled"] = pulled
    return found
