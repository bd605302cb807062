"""What may lie behind the symptoms: hypotheses held to the data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesnb.explain.causes import evidence_text
from salesnb.findings.hypotheses import Checked
from salesnb.report.blocks import Block, group, note
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import scope_name, written_block
from salesnb.report.tables import Col, table

VERDICT_LOOKS = {
    "supported": "bad",
    "directional": "none",
    "not_supported": "none",
    "not_testable": "none",
}


@section("hypotheses")
def hypotheses(review: Review) -> Block:
    """Show each hypothesis about a symptom, what the data show of it, and what it is worth."""
    written = written_block(review, "hypotheses")
    if not review.checked:
        return group(note(review.language("report.no_hypotheses")), written)
    return group(hypotheses_table(review, [("", each) for each in review.checked]), written)


def hypotheses_table(review: Review, entries: Sequence[tuple[str, Checked]]) -> Block:
    """List hypotheses with symptom, evidence, money and verdict.

    Parameters
    ----------
    entries
        The region a hypothesis was looked at in, "" for the report's own scope, and what came of
        it; those of a symptom one after another.
    """
    language = review.language
    rows = [_row(review, *entry) for entry in entries]
    for before, row in zip(rows[::-1][1:], rows[::-1], strict=False):
        # A symptom is named once, above all that may lie behind it.
        if row["symptom"] == before["symptom"]:
            row["symptom"] = ""
    columns = [
        Col("symptom", language("report.symptom"), wide_only=True),
        Col("name", language("report.hypothesis")),
        Col("evidence", language("report.evidence")),
        Col("size", language("report.size"), "money", wide_only=True),
        Col("verdict", language("report.verdict"), "status"),
    ]
    caption = language("report.hypotheses", scope=scope_name(review))
    notes = [language("explain.evidence.spans"), language("explain.evidence.no_proof")]
    return table(pd.DataFrame(rows), columns, language, caption, max_rows=40, notes=notes)


def _row(review: Review, region: str, checked: Checked) -> dict[str, object]:
    verdict = checked.diagnosis.verdict
    return {
        "symptom": checked.symptom_name(review.language.code),
        "name": hypothesis_name(review, region, checked),
        "evidence": evidence(review, checked),
        # What the data do not support costs nothing.
        "size": checked.size if verdict == "supported" else None,
        "verdict": f"{VERDICT_LOOKS[verdict]}:{verdict_text(review, verdict)}",
    }


def hypothesis_name(review: Review, region: str, checked: Checked) -> str:
    """Name a hypothesis, with the region it was looked at in."""
    name = checked.name(review.language.code)
    return review.language("report.in_region", region=region, text=name) if region else name


def evidence(review: Review, checked: Checked) -> str:
    """Say what the figures show, and of which metric."""
    language, ask = review.language, checked.hypothesis.ask
    text = evidence_text(checked.diagnosis, language)
    if checked.diagnosis.verdict == "not_testable":
        return text
    name = (
        f"metrics.{ask['metric']}.label" if "metric" in ask else f"explain.figures.{ask['figures']}"
    )
    if not language.has(name):
        return text
    key = "of_segment" if checked.diagnosis.values.get("segment") else "of_metric"
    return language(f"explain.evidence.{key}", metric=language(name), text=text)


def verdict_text(review: Review, verdict: str) -> str:
    """Name a verdict."""
    return review.language(f"report.verdicts.{verdict}")
