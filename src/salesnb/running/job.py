"""One report: its notebook run, its page and its facts written, whole or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode

from salesnb.errors import RunError
from salesnb.report.facts import SCHEMA
from salesnb.running.asked import Job
from salesnb.running.cause import Cause, cause_of, last_cell
from salesnb.running.engines.fork import Forked
from salesnb.running.engines.kernel import SAME_BYTES, Launch
from salesnb.running.export import SalesnbExporter, report_facts
from salesnb.running.files import write_whole
from salesnb.running.watch import Limits, Watch

FILES = (".ipynb", ".html", ".json")
"""What a report consists of, in the order it is written: the facts say that it is whole."""

PRIVATE = "snb-"
"""Beginning of the name of a run's own folder; the process that made it comes next."""

FAILED = ".failed.ipynb"
"""Ending of a run that failed, where an earlier report of the same name stays."""


@dataclass(frozen=True)
class Outcome:
    """What became of one try to make a report.

    Attributes
    ----------
    status
        `ok`, `partial` or `failed`.
    cause
        Why it failed.
    seconds, cpu, peak
        Wall time, processor time of the kernel, most bytes of memory of the kernel.
    facts
        The facts file's content, empty when it failed.
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
    facts: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""

    @property
    def done(self) -> bool:
        """Whether there is a report."""
        return self.status != "failed"


@dataclass(frozen=True)
class Bench:
    """Where jobs are run: how kernels start, what they may use, where their own folders lie.

    `provisioner` starts kernels, `stop` ends the running ones when it is set.
    """

    provisioner: Any = LocalProvisioner
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)
    exporter: SalesnbExporter = field(default_factory=SalesnbExporter)


def run_job(job: Job, fingerprint: Mapping[str, str], bench: Bench) -> Outcome:
    """Make one report.

    The executed notebook, the page and the facts replace an earlier report only when all three
    are there. Of a run that failed the notebook as far as it came is left.
    """
    started, before = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    prefix = f"{PRIVATE}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        launch = _launch(job, Path(folder), bench)
        watch = Watch(launch, bench.limits, bench.stop)
        facts: dict[str, Any] = {}
        cause: Cause | None = None
        try:
            with watch:
                notebook = execute(job, launch, bench.limits)
            facts = checked_facts(job, launch, notebook)
            facts["fingerprint"] = {**facts.get("fingerprint", {}), **fingerprint}
            publish(job, notebook, facts, bench.exporter)
        # Whatever one report runs into, the others go on, and the ledger says what it was.
        except Exception as error:
            cause = error.cause if isinstance(error, RefusedError) else None
            cause = cause or cause_of(error, launch, watch.broken)
            leave_what_there_is(job, launch, cause, fingerprint)
        finally:
            close_event_loop()
    return Outcome(
        job,
        "failed" if cause else str(facts["status"]),
        started,
        cause,
        round(time.monotonic() - before, 3),
        round(watch.cpu, 3),
        watch.peak,
        {} if cause else facts,
        "fork" if isinstance(launch.process, Forked) else "kernel",
    )


def close_event_loop() -> None:
    """Close the loop that the kernel's client opened in this thread; nobody else would."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        ensure_event_loop().close()


class RefusedError(RunError):
    """A report that ran, but must not be published."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.text)
        self.cause = cause


def execute(job: Job, launch: Launch, limits: Limits) -> NotebookNode:
    """Run a job's notebook through papermill and give it with its results."""
    return papermill.execute_notebook(
        job.notebook.content,
        None,
        parameters=dict(job.said),
        engine_name="salesnb",
        kernel_name="python3",
        language="python",
        progress_bar=False,
        autosave_cell_every=0,
        execution_timeout=limits.cell_seconds or None,
        launch=launch,
    )


def checked_facts(job: Job, launch: Launch, notebook: NotebookNode) -> dict[str, Any]:
    """Give the facts of a notebook that ran, if it is the report that was asked for.

    Raises
    ------
    RefusedError
        If the kernel held other parameters at the end, if the report says it is of another region
        or period, or if it published no facts.
    """
    if launch.seen is None:
        said = "the notebook ended itself before its last cell"
        raise RefusedError(Cause("cell", said, last_cell(launch.nb)))
    for name, value in job.said.items():
        if name not in launch.seen or launch.seen[name] != value:
            held = json.dumps(launch.seen.get(name), ensure_ascii=False)
            said = f"`{name}` was not at the end what was asked for"
            raise RefusedError(Cause("identity", said, detail=f"{held}, asked was {value}"))
    facts = dict(report_facts(notebook))
    if not facts:
        raise RefusedError(Cause("no_facts", "the notebook published no facts"))
    for name, asked in (("region", job.region), ("period", str(job.period))):
        if facts.get(name) != asked:
            said = f"the report is of another {name} than was asked for"
            raise RefusedError(Cause("identity", said, detail=f"{facts.get(name)}, not {asked}"))
    if facts.get("schema") != SCHEMA or facts.get("status") not in ("ok", "partial"):
        raise RefusedError(Cause("no_facts", "the facts are not of a form this version knows"))
    return facts


def publish(
    job: Job, notebook: NotebookNode, facts: Mapping[str, Any], exporter: SalesnbExporter
) -> None:
    """Write the three files of a report.

    Raises
    ------
    RefusedError
        If the page cannot be made of the notebook.
    RunError
        If a file cannot be written.
    """
    try:
        page, _ = exporter.from_notebook_node(notebook)
    except Exception as error:
        said = f"the page could not be made: {type(error).__name__}: {error}"
        raise RefusedError(Cause("page", said)) from error
    write_whole(job.file(".ipynb"), without_paths(job, notebook))
    write_whole(job.file(".html"), page)
    write_whole(job.file(".json"), as_json(facts))
    with suppress(OSError):
        job.file(FAILED).unlink(missing_ok=True)


def leave_what_there_is(
    job: Job, launch: Launch, cause: Cause, fingerprint: Mapping[str, str]
) -> None:
    """Leave a failed run's notebook, beside an earlier report or in its place where there is none.

    A disk that is full must not hide why the run failed, so nothing is raised.
    """
    earlier = all(job.file(ending).is_file() for ending in FILES)
    with suppress(RunError):
        if launch.nb is not None:
            ending = FAILED if earlier else ".ipynb"
            write_whole(job.file(ending), without_paths(job, launch.nb))
        if not earlier:
            write_whole(job.file(".json"), as_json(failed_facts(job, cause, fingerprint)))


def failed_facts(job: Job, cause: Cause, fingerprint: Mapping[str, str]) -> dict[str, Any]:
    """Give the facts file of a report that was not made."""
    return {
        "schema": SCHEMA,
        "notebook": job.notebook.name,
        "region": job.region,
        "period": str(job.period),
        "as_of": None,
        "language": job.parameters.language,
        "currency": None,
        "status": "failed",
        "cause": cause.to_json(),
        "parameters": job.parameters.stamp(),
        "fingerprint": dict(fingerprint),
        "facts": [],
        "findings": [],
        "actions": [],
        "sections": [],
    }


def as_json(content: Mapping[str, Any]) -> str:
    """Give the text of a facts file: the same facts, the same bytes."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def without_paths(job: Job, notebook: NotebookNode) -> str:
    """Give an executed notebook's text, without folders of this machine in papermill's notes."""
    if "papermill" in notebook.metadata:
        notebook.metadata.papermill["input_path"] = f"notebooks/{job.notebook.path.name}"
        notebook.metadata.papermill["output_path"] = job.file(".ipynb").name
    return nbformat.writes(notebook) + "\n"


def _launch(job: Job, folder: Path, bench: Bench) -> Launch:
    # A person's own IPython start-up files must not change a report.
    private = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder)}
    return Launch(
        folder,
        {**os.environ, **SAME_BYTES, **private, **job.environment()},
        job.said,
        provisioner=bench.provisioner,
    )
