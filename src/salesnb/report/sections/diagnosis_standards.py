"""What the company holds itself to, from `parameters/standards.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salesnb.errors import ParameterError, Problem
from salesnb.parameters import read_entries
from salesnb.report.review import Review

STANDARDS = "standards.yaml"
_KEYS = {
    "care": ("tier", "days"),
    "training": ("skills", "topics"),
    "reviews": ("every", "workday", "report"),
}


def standards(review: Review, part: str) -> list[Mapping[str, Any]]:
    """Give the entries of a part: `care`, `training` or `reviews`; none without the file.

    Raises
    ------
    ParameterError
        With every entry that lacks a key.
    """
    path = review.parameters.folder / STANDARDS
    if not path.is_file():
        return []
    found = review.lens.dataset.kept(
        "standards", lambda: read_entries(path, review.parameters.project)
    )
    entries = found[part].value if part in found else None
    entries = entries if isinstance(entries, list) else []
    problems = [
        Problem(f"{part}[{place}] lacks `{key}`", STANDARDS, fix="Add it, as in the others.")
        for place, entry in enumerate(entries, start=1)
        for key in _KEYS[part]
        if not isinstance(entry, Mapping) or key not in entry
    ]
    if problems:
        raise ParameterError(problems)
    return entries


def in_language(review: Review, words: object) -> str:
    """Give words that are said in several languages in the reader's; plain text as it is."""
    if isinstance(words, Mapping):
        return str(words.get(review.language.code, next(iter(words.values()), "")))
    return str(words or "")
