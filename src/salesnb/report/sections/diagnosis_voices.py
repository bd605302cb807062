"""What customers say: satisfaction, complaints and the themes they bring up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg, two_proportion_test
from salesnb.figures.trend import draw_trend
from salesnb.findings.spans import inside, spans
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_market import is_named
from salesnb.report.sections.parts import (
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.sections.service import complaint_causes
from salesnb.report.tables import Col, table

_SURE = 0.05


@section("satisfaction")
def satisfaction(review: Review) -> Block:
    """Show satisfaction over time, what is complained of, and which themes grew."""
    lens, language = review.lens, review.language
    blocks: list[Block | None] = [_course(review)]
    if lens.has("tickets", "cause"):
        blocks += [complaint_causes(review), _improve(review)]
    if lens.has("feedback", "theme"):
        blocks.append(_themes(review))
    known = [block for block in blocks if block is not None]
    if not known:
        return note(language("diagnosis.no_voices"))
    return group(*known)


def _course(review: Review) -> Block | None:
    """Draw satisfaction by quarter, where a month has too few answers to tell."""
    lens, language = review.lens, review.language
    if METRICS["csat"].lacks(lens.dataset):
        return None
    last = (
        review.calendar.enclosing(review.period, "quarter")
        if review.period.kind != "year"
        else None
    )
    kind = "quarter" if last is not None else "year"
    end = last or review.period
    periods = [end.shift(-back) for back in range(8 if kind == "quarter" else 4, -1, -1)]
    first = lens.dataset.history_start
    rows = []
    for period in periods:
        if review.calendar.window(period).end < first:
            continue
        for metric in ("csat", "nps"):
            found = lens.value(metric, period)
            if found.value is not None:
                rows.append(
                    {
                        "series": name_of(review, metric),
                        "period": str(period),
                        "value": float(found.value),
                        "n": found.denominator,
                    }
                )
    frame = pd.DataFrame(rows)
    if frame.empty or frame["period"].nunique() < 2:
        return None
    name = name_of(review, "csat")
    csat = frame[frame["series"] == name]
    if len(csat) < 2:
        return None
    now, then = csat.iloc[-1], csat.iloc[max(len(csat) - 5, 0)]
    title = language(
        "diagnosis.csat_title",
        value=now["value"],
        change=now["value"] - then["value"],
        then=then["period"],
        n=int(now["n"] or 0),
    )
    drawn = draw_trend(
        frame[["series", "period", "value"]],
        language,
        title=title,
        subtitle=language("diagnosis.csat_subtitle", scope=review.region_name),
        unit="percent",
        highlight=[name],
    )
    return chart(drawn, language, with_data=True)


def _improve(review: Review) -> Block | None:
    """Say how much of the complaints the largest causes would take away, were they put right."""
    lens = review.lens
    tickets = inside(lens.dataset.frame("tickets"), "opened", spans(lens).recent)
    complaints = tickets[tickets["kind"].astype(object) == "complaint"]
    causes = complaints["cause"].astype(object)
    counts = causes[causes.map(is_named).astype(bool)].astype(str).value_counts()
    if len(counts) < 3:
        return None
    share = float(counts.iloc[:2].sum() / counts.sum())
    parts = {"numerator": float(counts.iloc[:2].sum()), "denominator": float(counts.sum())}
    lens.keep("complaint_causes", share, "ratio", {"of": "largest_two"}, None, **parts)
    names = review.language.list(value_name(review, "cause", name) for name in counts.index[:2])
    return note(review.language("diagnosis.improve", names=names, share=share))


def _themes(review: Review) -> Block | None:
    """Show what customers bring up, now against the year before, and whether that is chance."""
    lens, language = review.lens, review.language
    part = spans(lens)
    rows = lens.dataset.frame("feedback")
    rows = rows[rows["theme"].astype(object).map(is_named).astype(bool)]
    now, before = (
        inside(rows, "ts", span)["theme"].astype(str).value_counts()
        for span in (part.recent, part.before)
    )
    if now.sum() < review.settings.n_trials or not before.sum():
        return note(language("diagnosis.few_themes", count=int(now.sum())))
    counts = pd.DataFrame({"now": now, "before": before}).fillna(0).sort_index()
    counts["share"] = counts["now"] / counts["now"].sum()
    counts["shift"] = counts["share"] - counts["before"] / counts["before"].sum()
    chances = [
        two_proportion_test(row.now, now.sum(), row.before, before.sum()).p_value
        for row in counts.itertuples()
    ]
    counts["is_sure"] = benjamini_hochberg(np.array(chances)) < _SURE
    counts["state"] = [
        language("report.certain" if sure else "report.perhaps_chance")
        for sure in counts["is_sure"]
    ]
    for name, row in counts.iterrows():
        scope = {"theme": str(name), "span": "3_months"}
        parts = {"numerator": float(row["now"]), "denominator": float(now.sum())}
        lens.keep("theme_share", float(row["share"]), "ratio", scope, None, **parts)
    counts = counts.sort_values("share", ascending=False)
    counts["label"] = [value_name(review, "theme", name) for name in counts.index]
    surely = counts[counts["is_sure"] & (counts["shift"] > 0)]
    top = counts.iloc[0]
    if len(surely):
        sentence = language(
            "diagnosis.theme_up", name=surely["label"].iloc[0], shift=surely["shift"].iloc[0]
        )
    else:
        sentence = language("diagnosis.themes_as_usual", name=top["label"], share=top["share"])
    columns = [
        Col("label", language("diagnosis.theme")),
        Col("now", language("diagnosis.mentions"), "count"),
        Col("share", language("report.share"), "percent"),
        Col("shift", language("diagnosis.shift_before"), "delta", "points", "none"),
        Col("state", language("report.certainty")),
    ]
    caption = language("diagnosis.themes_caption", scope=scope_name(review))
    return group(note(sentence), table(counts.reset_index(drop=True), columns, language, caption))
