"""`salesnb import`: files into tables."""

from __future__ import annotations

from argparse import Namespace

from salesnb.data.importing import import_files
from salesnb.language import Language
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import project_language


def import_data(words: Namespace) -> Answer:
    """Turn files into the tables of a data folder, and account for every row."""
    language = Language.load(project_language())
    report = import_files(words.file, words.to, words.mapping or None, language)
    return Answer(report.text(language).splitlines(), report.to_json(), 0 if report.ok else 1)
