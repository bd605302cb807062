"""What is to be minded: reports that failed, by cause, and whether the regions add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from salesnb.language import Language
from salesnb.metrics.registry import METRICS
from salesnb.report.html import Html, join, tag
from salesnb.report.tables import Col, table
from salesnb.running.portal.entry import Entry, job_name, links, notebook_name
from salesnb.running.rollup import Sum

_LISTED = 40
# Shown as proof beside those that do not add up.
_SHOWN = ("net_sales", "gross_profit", "units", "new_customers", "leads", "headcount")


def failures(
    lines: Iterable[Mapping[str, Any]], entries: Sequence[Entry], language: Language
) -> Html | None:
    """List what was not made, one row for each cause, the commonest first."""
    found = {entry.key: entry for entry in entries}
    by_cause: dict[tuple[str, str, str], list[Html]] = {}
    for line in lines:
        if line["status"] != "failed":
            continue
        said = line.get("cause") or {}
        cause = (said.get("kind", ""), said.get("text", ""), said.get("cell", ""))
        key = line["notebook"], line["region"], line["period"]
        opened = found[key].notebook_link(language) if key in found else None
        by_cause.setdefault(cause, []).append(links([tag("span", job_name(key, language)), opened]))
    if not by_cause:
        return None
    rows = []
    for (kind, text, cell), jobs in sorted(by_cause.items(), key=lambda item: -len(item[1])):
        why = language.label(f"running.cause.{kind}", kind)
        detail = f"{cell}: {text}" if cell else text
        rows.append(
            {
                "cause": join([tag("b", why), tag("br"), detail]),
                "count": len(jobs),
                "reports": join(jobs, tag("br")),
            }
        )
    columns = [
        Col("cause", language("running.column.cause")),
        Col("count", language("running.column.count"), "count"),
        Col("reports", language("running.column.reports")),
    ]
    count = sum(row["count"] for row in rows)
    caption = language("running.by_cause")
    sentence = language("running.failed_said", count=count, causes=len(rows))
    shown = table(pd.DataFrame(rows, dtype=object), columns, language, caption, max_rows=len(rows))
    return join([tag("p", sentence, class_="lead"), shown.html()])


def add_up(sums: Sequence[Sum], language: Language) -> Html | None:
    """Say whether the regions add up to the company, and show where they do not."""
    if not sums:
        return None
    wrong = [each for each in sums if not each.adds_up]
    key = "running.differs" if wrong else "running.adds_up"
    said = [tag("p", language(key, count=len(wrong) or len(sums), all=len(sums)), class_="lead")]
    wrong.sort(key=lambda each: -abs(each.difference / each.company if each.company else 1.0))
    if wrong:
        said.append(_sums(wrong, "running.rollup_wrong", language))
    newest = max(each.report_period for each in sums)
    proof = [
        each
        for each in sums
        if each.adds_up
        and not each.scope
        and each.metric in _SHOWN
        and each.report_period == newest
        and each.period == newest
    ]
    if proof:
        proof.sort(key=lambda each: (each.notebook, _SHOWN.index(each.metric)))
        said.append(_sums(proof, "running.rollup_right", language))
    return join(said)


def _sums(sums: Sequence[Sum], caption: str, language: Language) -> Html:
    rows = [
        {
            "metric": join(
                [
                    language.label(f"metrics.{each.metric}.label", each.metric),
                    tag("br"),
                    tag("small", _about(each, language)),
                ]
            ),
            "company": _figure(each, each.company, language),
            "regions": _figure(each, each.company + each.difference - each.outside, language),
            "outside": _figure(each, each.outside, language),
            "difference": _figure(each, each.difference, language, signed=True),
            "count": each.regions,
        }
        for each in sums[:_LISTED]
    ]
    outside = Col("outside", language("running.column.outside"), "figure")
    columns = [
        Col("metric", language("running.column.metric")),
        Col("company", language("running.column.company"), "figure"),
        Col("regions", language("running.column.regions"), "figure"),
        *[outside] * any(each.outside for each in sums),
        Col("difference", language("running.column.difference"), "figure"),
        Col("count", language("running.column.region_count"), "count", wide_only=True),
    ]
    left = len(sums) - _LISTED
    notes = [language("page.rows_left", count=left)] if left > 0 else []
    shown = table(
        pd.DataFrame(rows, dtype=object),
        columns,
        language,
        language(caption),
        max_rows=_LISTED,
        notes=notes,
    )
    return shown.html()


def _about(each: Sum, language: Language) -> str:
    parts = (notebook_name(each.notebook, language), each.scope, language.period(each.period))
    return language("figures.subtitle_separator").join(part for part in parts if part)


def _figure(each: Sum, value: float, language: Language, signed: bool = False) -> str:
    """Write a number to the last digit that matters: a difference is not to be rounded away."""
    digits = 2 if METRICS[each.metric].unit == "money" else 0
    if not float(value).is_integer() or digits:
        digits = 2
    return language.number(value, digits, signed=signed)
