"""What may lie behind the symptoms: hypotheses held to the data."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.causes import evidence_text
from salesnb.findings.hypotheses import Checked
from salesnb.report.blocks import Block, group, note
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import scope_name, written_block
from salesnb.report.tables import Col, table

VERDICT_LOOKS = {
    "supported": "bad",
    "directional": "warn",
    "not_supported": "none",
    "not_testable": "none",
}


@section("hypotheses")
def hypotheses(review: Review) -> Block:
    """Show each hypothesis about a symptom, what the data show of it, and what it is worth."""
    written = written_block(review, "hypotheses")
    if not review.checked:
        return group(note(review.language("report.no_hypotheses")), written)
    return group(
        hypotheses_table(review), note(review.language("explain.evidence.no_proof")), written
    )


def hypotheses_table(review: Review) -> Block:
    """List every hypothesis with its symptom, evidence, money and verdict."""
    language = review.language
    frame = pd.DataFrame([_row(review, each) for each in review.checked])
    columns = [
        Col("symptom", language("report.symptom")),
        Col("name", language("report.hypothesis")),
        Col("evidence", language("report.evidence")),
        Col("size", language("report.size"), "money"),
        Col("verdict", language("report.verdict"), "status"),
    ]
    caption = language("report.hypotheses", scope=scope_name(review))
    return table(frame, columns, language, caption, max_rows=40)


def _row(review: Review, checked: Checked) -> dict[str, object]:
    language, verdict = review.language, checked.diagnosis.verdict
    held = verdict in ("supported", "directional")
    return {
        "symptom": checked.symptom_name(language.code),
        "name": checked.name(language.code),
        "evidence": evidence_text(checked.diagnosis, language),
        # What the data do not point to costs nothing.
        "size": checked.size if held else None,
        "verdict": f"{VERDICT_LOOKS[verdict]}:{verdict_text(review, verdict)}",
    }


def verdict_text(review: Review, verdict: str) -> str:
    """Name a verdict."""
    return review.language(f"report.verdicts.{verdict}")
