"""What the company holds itself to, from `parameters/standards.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salesnb.parameters import read_entries
from salesnb.report.review import Review

STANDARDS = "standards.yaml"


def standards(review: Review, part: str) -> list[Mapping[str, Any]]:
    """Give the entries of a part: `care`, `training` or `reviews`; none without the file."""
    path = review.parameters.folder / STANDARDS
    if not path.is_file():
        return []
    found = review.lens.dataset.kept(
        "standards", lambda: read_entries(path, review.parameters.project)
    )
    entries = found[part].value if part in found else None
    return entries if isinstance(entries, list) else []


def in_language(review: Review, words: object) -> str:
    """Give words that are said in several languages in the reader's; plain text as it is."""
    if isinstance(words, Mapping):
        return str(words.get(review.language.code, next(iter(words.values()), "")))
    return str(words or "")
