"""The fact table that closes the year: every number a sentence named, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from salesnb.language import is_missing, words
from salesnb.period import Period
from salesnb.report.blocks import Block, fold, group, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import Kept
from salesnb.report.sections.parts import value_name
from salesnb.report.tables import Col, table

_SHOWN = {"ratio": "percent", "multiple": "ratio", "index": "count"}
_SECTION = "report.section."
_TEXTS = ("annual", "yearly", "findings")
_SPANS = ("span", "metric")
_DERIVED = frozenset(
    {"growth_yoy", "change_yoy", "change_low", "change_high", "attainment", "target_gap", "share",
     "share_change", "growth_contribution"}
)  # fmt: skip


Key = tuple[str, tuple[tuple[str, str], ...], str]
"""What tells a fact from every other: metric, scope and period."""


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
        Col("scope", language("annual.scope"), wide_only=True),
        Col("period", language("annual.period"), "period"),
        Col("value", language("annual.value"), "figure"),
        Col("n", language("annual.n"), "figure", wide_only=True),
    ]
    caption = language("annual.facts", count=len(rows))
    shown = table(pd.DataFrame(rows), columns, language, caption, max_rows=len(rows))
    return group(note(language("annual.facts_note")), fold(caption, shown))


def _rows(review: Review) -> list[dict[str, Any]]:
    """Give one row for each fact named, in the order of the report, none twice in a section."""
    named = list(dict.fromkeys(_named(review)))
    known = {_key(fact): fact for fact in review.lens.facts}
    return [_row(review, one, known[key], known) for one, key in named if key in known]


def _named(review: Review) -> Iterator[tuple[str, Key]]:
    """Give each number of a sentence so far as the section it stands in and the fact it is.

    A number of a section knows its fact. One of a finding is the fact of the same value, and where
    there is none it is kept as one under the finding's name.
    """
    values = _by_value(review)
    for one, heard in _by_section(review).items():
        for key, fields in heard:
            for name, value in fields.items():
                if isinstance(value, Kept):
                    yield one, (value.metric, tuple(sorted(value.scope.items())), value.period)
                elif key.startswith("findings.") and _known(value):
                    same = _same(review, values.get(_rounded(value), ()), value)
                    yield one, same or _kept_as(review, key, name, value)


def _by_section(review: Review) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Give the sentences filled so far, by the section they were filled in."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    current = ""
    for key, values in review.language.heard:
        if key.startswith(_SECTION):
            current = key.removeprefix(_SECTION)
        elif values and key.partition(".")[0] in _TEXTS and current:
            found.setdefault(current, []).append((key, values))
    return found


def _by_value(review: Review) -> dict[float, list[Mapping[str, Any]]]:
    found: dict[float, list[Mapping[str, Any]]] = {}
    for fact in review.lens.facts:
        if fact["value"] is not None:
            found.setdefault(_rounded(fact["value"]), []).append(fact)
    return found


def _known(value: object) -> bool:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number and math.isfinite(float(value))  # type: ignore[arg-type]


def _rounded(value: float) -> float:
    return round(abs(float(value)), 9)


def _same(review: Review, facts: Sequence[Mapping[str, Any]], value: float) -> Key | None:
    """Choose the fact a number is; a round one may be any, so that there must be but one."""
    alike = len({fact["metric"] for fact in facts}) == 1
    if not facts or (not alike and round(float(value), 3) == float(value)):
        return None
    year = str(review.period)
    best = min(facts, key=lambda fact: (fact["period"] != year, len(fact["scope"]), _key(fact)))
    return _key(best)


def _kept_as(review: Review, key: str, name: str, value: float) -> Key:
    """Keep a number of a sentence as a fact of its own, in the unit the sentence shows it in."""
    shown = {field: spec for _, field, spec, _ in Formatter().parse(words("en")[key]) if field}
    unit = str(shown.get(name) or "number").partition("_")[0]
    unit = {"percent": "ratio", "ratio": "multiple"}.get(unit, unit)
    metric = f"{key.split('.')[1]}_{name}"
    review.lens.keep(metric, float(value), unit)
    return metric, (), str(review.period)


def _key(fact: Mapping[str, Any]) -> Key:
    return fact["metric"], tuple(sorted(fact["scope"].items())), fact["period"]


def _row(
    review: Review, one: str, fact: Mapping[str, Any], known: Mapping[Key, Mapping[str, Any]]
) -> dict[str, Any]:
    language = review.language
    unit = _SHOWN.get(str(fact["unit"]), str(fact["unit"]))
    return {
        "section": language.label(f"report.section.{one}", one),
        "name": fact_name(review, fact),
        "scope": _scope(review, fact["scope"]),
        "period": fact["period"],
        "value": language.show(fact["value"], unit if unit != "rank" else "count"),
        "n": language.count(_count(fact, known)),
    }


def _count(fact: Mapping[str, Any], known: Mapping[Key, Mapping[str, Any]]) -> float | None:
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
    """Give a metric's name: the registry's, that of a section's own figure, or its finding's."""
    language = review.language
    places = (f"metrics.{metric}.label", f"annual.fact.{metric}", f"yearly.fact.{metric}",
              f"findings.{metric.rpartition('_')[0]}.title")  # fmt: skip
    return next(
        (language.label(key) for key in places if language.has(key)), language("annual.in_text")
    )


def _scope(review: Review, scope: Mapping[str, str]) -> str:
    """Say what a fact is about, as `region: East`; where it says nothing, the report's region."""
    language = review.language
    parts = [_part(review, name, value) for name, value in scope.items() if name not in _SPANS]
    if "span" in scope:
        parts.append(language.label(f"annual.span.{scope['span']}", scope["span"]))
    return language.list(parts) if parts else review.region_name


def _part(review: Review, dimension: str, value: str) -> str:
    """Name one part of a scope: in the words of this report, else in those of all reports."""
    language, own = review.language, f"annual.part.{dimension}.{value}"
    if dimension == "customer" and review.settings.anonymise_cases:
        return language("annual.case_hidden")
    if language.has(own):
        return language(own)
    if dimension in ("month", "quarter"):
        shown = language.period(Period.parse(value), short=True)
    else:
        shown = value_name(review, dimension, value)
    otherwise = language.label(f"annual.dimension.{dimension}", dimension)
    name = language.label(f"report.dimension.{dimension}", otherwise)
    return language("annual.scope_part", name=name, value=shown)
