"""The fact table that closes the year: every number a sentence named, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.report.blocks import Block, fold, group, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import Cited, cited
from salesnb.report.sections.parts import value_name
from salesnb.report.tables import Col, table

_SHOWN = {"ratio": "percent", "multiple": "ratio", "index": "count"}
_SPANS = ("span", "metric")
_DERIVED = frozenset(
    {"growth_yoy", "change_yoy", "change_low", "change_high", "attainment", "target_gap", "share",
     "share_change", "growth_contribution"}
)  # fmt: skip


@section("annual_facts")
def annual_facts(review: Review) -> Block:
    """List every number of a sentence with its value, scope, period and count.

    Text and tables cannot disagree: both show the facts listed here.
    """
    language = review.language
    rows = _rows(review)
    if not rows:
        return note(language("annual.no_facts"))
    columns = [
        Col("section", language("annual.section")),
        Col("name", language("report.metric")),
        Col("scope", language("annual.scope")),
        Col("period", language("annual.period"), "period"),
        Col("value", language("annual.value"), "figure"),
        Col("n", language("annual.n"), "figure", wide_only=True),
    ]
    caption = language("annual.facts", count=len(rows))
    shown = table(pd.DataFrame(rows), columns, language, caption, max_rows=len(rows))
    return group(note(language("annual.facts_note")), fold(caption, shown))


def _rows(review: Review) -> list[dict[str, Any]]:
    """Give one row for each fact named, in the order of the report, none twice in a section."""
    known = {_key(fact): fact for fact in review.lens.facts}
    seen, rows = set(), []
    for one in cited(review):
        number = one.number
        key = (number.metric, tuple(sorted(number.scope.items())), number.period)
        if (one.section, key) in seen or key not in known:
            continue
        seen.add((one.section, key))
        rows.append(_row(review, one, known[key], known))
    return rows


def _key(fact: Mapping[str, Any]) -> tuple[object, ...]:
    return fact["metric"], tuple(sorted(fact["scope"].items())), fact["period"]


def _row(
    review: Review, one: Cited, fact: Mapping[str, Any], known: Mapping[Any, Mapping[str, Any]]
) -> dict[str, Any]:
    language = review.language
    unit = _SHOWN.get(str(fact["unit"]), str(fact["unit"]))
    return {
        "section": language.label(f"report.section.{one.section}", one.section),
        "name": fact_name(review, fact),
        "scope": _scope(review, fact["scope"]),
        "period": fact["period"],
        "value": language.show(fact["value"], unit if unit != "rank" else "count"),
        "n": language.count(_count(fact, known)),
    }


def _count(fact: Mapping[str, Any], known: Mapping[Any, Mapping[str, Any]]) -> float | None:
    """Give how many cases a fact rests on: of a growth or share, those of the metric behind it."""
    if fact["metric"] in _DERIVED:
        scope = {name: value for name, value in fact["scope"].items() if name not in _SPANS}
        of = fact["scope"].get("metric", "net_sales")
        behind = known.get((of, tuple(sorted(scope.items())), fact["period"]))
        return None if behind is None else _count(behind, known)
    whole = fact["denominator"]
    if fact["unit"] == "ratio" and not is_missing(whole) and whole == int(whole) and whole < 1e6:
        return whole
    return fact["n"]


def fact_name(review: Review, fact: Mapping[str, Any]) -> str:
    """Name a fact: its metric, and what a growth or target is of."""
    language, about = review.language, fact["scope"].get("metric")
    name = metric_name(review, fact["metric"])
    return language("annual.fact_of", name=name, of=metric_name(review, about)) if about else name


def metric_name(review: Review, metric: str) -> str:
    """Give a metric's name, of those no registry knows the one these words give."""
    otherwise = review.language.label(f"annual.fact.{metric}", metric)
    return review.language.label(f"metrics.{metric}.label", otherwise)


def _value(review: Review, dimension: str, value: str) -> str:
    if dimension in ("month", "quarter"):
        return review.language.period(Period.parse(value), short=True)
    return value_name(review, dimension, value)


def _scope(review: Review, scope: Mapping[str, str]) -> str:
    language = review.language
    parts = [
        language("annual.scope_part", name=language.label(f"report.dimension.{name}", name),
                 value=_value(review, name, value))
        for name, value in scope.items()
        if name not in _SPANS
    ]  # fmt: skip
    if "span" in scope:
        parts.append(language.label(f"annual.span.{scope['span']}", scope["span"]))
    return language.list(parts) if parts else review.region_name
