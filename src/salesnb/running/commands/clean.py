"""`salesnb clean`: notebooks without what running them left there."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from salesnb.running.commands.answer import Answer
from salesnb.running.notebooks import clean_notebook


def clean(words: Namespace) -> Answer:
    """Take results, run counts and notes of other programs out of notebooks."""
    cleaned = {name: clean_notebook(Path(name)) for name in words.notebook}
    lines = [f"{name}: {'cleaned' if was else 'clean already'}" for name, was in cleaned.items()]
    return Answer(lines, cleaned)
