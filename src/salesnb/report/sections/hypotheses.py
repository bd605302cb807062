"""What may lie behind the symptoms: hypotheses held to the data."""

from __future__ import annotations

import pandas as pd

from salesnb.findings.hypotheses import Checked, check_hypotheses
from salesnb.report.blocks import Block, group, note
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import name_of, scope_name, shown_unit, written_block
from salesnb.report.tables import Col, table

_LOOKS = {
    "supported": "bad",
    "directional": "warn",
    "not_supported": "none",
    "not_testable": "none",
}


@section("hypotheses")
def hypotheses(review: Review) -> Block:
    """Show each hypothesis about a symptom, what the data should show, and what they do show."""
    written = written_block(review, "hypotheses")
    checked = check_hypotheses(review.lens, review.findings, review.hypotheses)
    if not checked:
        return group(note(review.language("report.no_hypotheses")), written)
    frame = pd.DataFrame([_row(review, each) for each in checked])
    columns = [
        Col("symptom", review.language("report.symptom")),
        Col("name", review.language("report.hypothesis")),
        Col("expected", review.language("report.expected")),
        Col("evidence", review.language("report.evidence")),
        Col("verdict", review.language("report.verdict"), "status"),
    ]
    caption = review.language("report.hypotheses", scope=scope_name(review))
    return group(table(frame, columns, review.language, caption), written)


def _row(review: Review, checked: Checked) -> dict[str, str]:
    language, metric = review.language, checked.hypothesis.metric
    unit = shown_unit(metric)
    if checked.lacks:
        evidence = language("report.lacks", names=language.list(checked.lacks))
    elif checked.current is None:
        evidence = language("report.reason.no_history")
    else:
        evidence = language(
            "report.now_and_then",
            now=language.show(checked.current, unit),
            then=language.show(checked.base, unit),
        )
    return {
        "symptom": checked.finding.title(language),
        "name": checked.hypothesis.name[language.code],
        "expected": language(
            f"report.expect_{checked.hypothesis.moves}", metric=name_of(review, metric)
        ),
        "evidence": evidence,
        "verdict": f"{_LOOKS[checked.verdict]}:{language(f'report.verdicts.{checked.verdict}')}",
    }
