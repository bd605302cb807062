"""The first screen: where the business stands, three things to fix, and what is not known."""

from __future__ import annotations

from salesnb.findings.hypotheses import Checked
from salesnb.findings.roots import Trouble
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, lead, note, written
from salesnb.report.cards import Card, cards
from salesnb.report.lists import FindingLine, findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_problems import (
    hypotheses_seen,
    symptom_names,
    trouble_text,
    troubles,
)
from salesnb.report.sections.headline import as_of_note
from salesnb.report.sections.hypotheses import evidence
from salesnb.report.sections.parts import card

# Headline figures in order of preference; the first the data can give are shown.
_FIGURES = (
    ("net_sales", ("year", "month")),
    ("gross_margin", ("year",)),
    ("new_customers", ("year",)),
    ("win_rate", ("year",)),
    ("overdue_ratio", ("year",)),
    ("complaint_rate", ("year",)),
    ("average_order_value", ("year",)),
    ("active_customers", ("year",)),
    ("units", ("year",)),
    ("orders", ("year",)),
)
_CARDS, _FIXES = 6, 3
_UNSURE = 0.7

# What each table would let the report tell, named where it is missing.
_TABLES = (
    "targets",
    "customers",
    "products",
    "leads",
    "opportunities",
    "reps",
    "receivables",
    "tickets",
    "feedback",
    "market",
)


@section("diagnosis")
def diagnosis_front(review: Review) -> Block:
    """Show the headline figures, the three things to fix with their worth, and what is open."""
    language, found = review.language, troubles(review)
    first = [_line(review, each) for each in found[:_FIXES]]
    key = "fix_three" if len(first) > 1 else "fix_one" if first else "fix_none"
    return group(
        cards(_cards(review), language),
        as_of_note(review),
        lead(language(f"diagnosis.{key}", count=len(first))),
        findings_list(first, language, empty=language("diagnosis.no_problems")) if first else None,
        note(language("diagnosis.size_note")) if first else None,
        _open_questions(review, found),
    )


def _cards(review: Review) -> list[Card]:
    shown: list[Card] = []
    for metric, against in _FIGURES:
        kind = review.period.kind
        fits = [to for to in against if to == "year" or kind == "month"]
        found = card(review, metric, *fits) if len(shown) < _CARDS else None
        if found is not None and (found.value is not None or metric == "net_sales"):
            shown.append(found)
    return shown


def _line(review: Review, trouble: Trouble) -> FindingLine:
    language = review.language
    parts = []
    if trouble.is_root:
        names = symptom_names(review, trouble)
        parts.append(language("diagnosis.lies_behind", names=names))
        if trouble.own:
            parts.append(evidence(review, trouble.checked[0]))
    else:
        parts.append(language("diagnosis.cause_open"))
    if trouble.exposed:
        parts.append(language("diagnosis.exposed_short", amount=trouble.exposed))
    severity = trouble.findings[0].severity if trouble.findings else "warn"
    return FindingLine(
        severity,
        trouble_text(review, trouble),
        trouble.size,
        section="problems",
        detail=" ".join(parts),
    )


def _may_be(checked: Checked) -> bool:
    """Whether figures point to a hypothesis, and chance would show as much less than usually."""
    found = checked.diagnosis
    return found.verdict == "directional" and found.p_value < _UNSURE


def _open_questions(review: Review, found: list[Trouble]) -> Block:
    """List what the data could not say: untested hypotheses, unexplained symptoms, gaps."""
    language = review.language
    lines = []
    untested = [
        each for _, each in hypotheses_seen(review) if each.diagnosis.verdict == "not_testable"
    ]
    lacking = {
        lack: [each.name(language.code) for each in untested if lack in each.diagnosis.lacks]
        for each in untested
        for lack in each.diagnosis.lacks
    }
    lines += [
        language("diagnosis.untested", table=lack, names=language.list(names))
        for lack, names in lacking.items()
    ]
    if is_missing(review.lens.against("net_sales", "year")["base"]):
        lines.append(language("diagnosis.no_last_year"))
    unsure = [each for _, each in hypotheses_seen(review) if _may_be(each)]
    if unsure:
        names = dict.fromkeys(each.name(language.code) for each in unsure)
        lines.append(language("diagnosis.unsure", names=language.list(names)))
    unexplained = [each for each in found if not each.is_root]
    if unexplained:
        names = dict.fromkeys(each.findings[0].title(language) for each in unexplained)
        lines.append(language("diagnosis.unexplained_names", names=language.list(names)))
    unpriced = [each for each in found if each.size is None and each.is_root]
    if unpriced:
        names = dict.fromkeys(each.checked[0].name(language.code) for each in unpriced)
        lines.append(language("diagnosis.unpriced", names=language.list(names)))
    lines += [
        language(f"diagnosis.lacks.{name}", table=name)
        for name in _TABLES
        if not review.lens.has(name) and name not in lacking
    ]
    if review.lens.has("orders") and not review.lens.has("orders", "cost"):
        lines.append(language("diagnosis.lacks.cost"))
    if not lines:
        lines = [language("diagnosis.nothing_open")]
    return written(language("diagnosis.open_heading"), lines)
