"""What a report can have beside its three files on request: a PDF, an Excel file of its tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from salesnb.errors import RunError
from salesnb.running.asked import Job
from salesnb.running.files import write_whole
from salesnb.running.notebooks import read_notebook
from salesnb.running.printing import find_chromium, print_page


@dataclass(frozen=True)
class Extras:
    """What is wanted beside a report: `chromium` prints PDFs, None for none."""

    chromium: Path | None = None
    excel: bool = False


def wanted(pdf: bool, excel: bool) -> Extras:
    """Give what is wanted, before anything runs.

    Raises
    ------
    RunError
        If PDFs are wanted and there is no Chromium.
    """
    return Extras(find_chromium() if pdf else None, excel)


def add_extras(jobs: Iterable[Job], extras: Extras) -> list[str]:
    """Write what is wanted beside each report that lacks it; give what went wrong, a line each."""
    troubles = []
    for job in jobs:
        try:
            _add(job, extras)
        # A report is whole without its extras, and one must not cost the others theirs.
        except (RunError, OSError) as error:
            troubles.append(f"{job.name}: {error}")
    return troubles


def _add(job: Job, extras: Extras) -> None:
    # Named, not imported: what makes pages and tables takes a second to load, and most batches
    # want neither.
    pdf, excel = job.file(".pdf"), job.file(".xlsx")
    if extras.chromium and not pdf.is_file():
        # A machine without Chinese fonts prints Chinese too: the page carries all it shows.
        notebook = read_notebook(job.file(".ipynb"))
        exporter = import_module("salesnb.running.export").SalesnbExporter(fonts="all")
        page, _ = exporter.from_notebook_node(notebook)
        write_whole(pdf, print_page(page, extras.chromium))
    if extras.excel and not excel.is_file():
        workbook_of = import_module("salesnb.running.workbook").workbook_of
        write_whole(excel, workbook_of(job.file(".html").read_text(encoding="utf-8")))
