"""What became of a report, and its files: kept whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from salesnb.errors import RunError
from salesnb.running.asked import Job
from salesnb.running.cause import Cause
from salesnb.running.files import write_whole

FILES = (".ipynb", ".html", ".json")
"""What a report consists of, in the order it is written: the facts say that it is whole."""

EXTRAS = (".pdf", ".xlsx")
"""What a report can have beside them; made of an earlier one they must not stay."""

FAILED = ".failed.ipynb"
"""Ending of a run that failed, where an earlier report of the same name stays."""


@dataclass(frozen=True)
class Outcome:
    """What became of one try to make a report.

    Attributes
    ----------
    status
        `ok`, `partial` or `failed`.
    started
        When, as ISO text in UTC.
    cause
        Why it failed.
    seconds, cpu, peak
        Wall time, processor time of the kernel, most bytes of memory of the kernel.
    engine
        How the kernel was started: `fork`, or `kernel` where that could not be.
    """

    job: Job
    status: str
    started: str
    cause: Cause | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    engine: str = ""

    @property
    def done(self) -> bool:
        """Whether there is a report."""
        return self.status != "failed"


def keep(outcome: Outcome, files: Mapping[str, str]) -> Outcome:
    """Write a report's files, and give the outcome as it is after that.

    The three files take the place of an earlier report only when all are there. Of a run that
    failed the notebook is left, beside an earlier report or in its place where there is none.
    """
    job = outcome.job
    if not outcome.done:
        # A disk that is full must not hide why the run failed.
        with suppress(RunError):
            _leave(job, files)
        return outcome
    try:
        for ending in EXTRAS:
            job.file(ending).unlink(missing_ok=True)
        for ending in FILES:
            write_whole(job.file(ending), files[ending])
    except (RunError, OSError) as error:
        return replace(outcome, status="failed", cause=_unwritten(error))
    with suppress(OSError):
        job.file(FAILED).unlink(missing_ok=True)
    return outcome


def _unwritten(error: Exception) -> Cause:
    """Say why a report could not be kept, in words that are the same for every report."""
    system = error.__cause__ or error
    why = getattr(system, "strerror", None) or str(system)
    return Cause("write", f"the report could not be written: {why.lower()}")


def _leave(job: Job, files: Mapping[str, str]) -> None:
    earlier = all(job.file(ending).is_file() for ending in FILES)
    if ".ipynb" in files:
        write_whole(job.file(FAILED if earlier else ".ipynb"), files[".ipynb"])
    if not earlier:
        write_whole(job.file(".json"), files[".json"])
