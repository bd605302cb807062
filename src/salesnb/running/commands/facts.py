"""`salesnb facts`: the published numbers of all reports as one table."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.parameters import project_folder
from salesnb.running.commands.answer import Answer
from salesnb.running.facts import as_csv, read_reports, table_of_facts


def facts(words: Namespace) -> Answer:
    """Give one row for each fact, as CSV or JSON."""
    outputs = Path(words.outputs) if words.outputs else project_folder() / "outputs"
    rows = list(table_of_facts(read_reports(outputs)))
    known = sorted({row["metric"] for row in rows})
    unknown = [name for name in words.metric if name not in known]
    if unknown:
        raise ParameterError(
            [Problem(f"no report has the figure `{n}`", fix=suggest(n, known)) for n in unknown]
        )
    kept = [row for row in rows if not words.metric or row["metric"] in words.metric]
    return Answer(as_csv(iter(kept)).splitlines(), kept)
