"""What may lie behind the symptoms (placeholder until the engine of causes is in)."""

from __future__ import annotations

from salesnb.report.blocks import Block, note
from salesnb.report.review import Review, section


@section("hypotheses")
def hypotheses(review: Review) -> Block:
    """Hold each hypothesis about a symptom against the data."""
    return note(review.language("report.no_hypotheses"))
