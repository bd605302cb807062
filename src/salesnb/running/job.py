"""One report made: its notebook run, checked to be the one asked for, its page written out."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode

from salesnb.errors import RunError
from salesnb.report.facts import SCHEMA
from salesnb.running.asked import Job
from salesnb.running.cause import Cause
from salesnb.running.engines.fork import Forked
from salesnb.running.engines.kernel import SAME_BYTES, Launch
from salesnb.running.export import SalesnbExporter, report_facts
from salesnb.running.failure import cause_of, last_cell
from salesnb.running.files import PRIVATE
from salesnb.running.limits import Limits
from salesnb.running.outcome import Outcome, keep
from salesnb.running.watch import Watch


@dataclass(frozen=True)
class Bench:
    """Where jobs are run: how kernels start, what they may use, where their own folders lie.

    `provisioner` starts kernels, `stop` ends the running ones when it is set; what `ahead` stands
    for is read by a warm process before it forks.
    """

    provisioner: Any = LocalProvisioner
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)
    exporter: SalesnbExporter = field(default_factory=SalesnbExporter)
    ahead: bytes = b""


def run_job(job: Job, fingerprint: Mapping[str, str], bench: Bench) -> Outcome:
    """Make one report and keep it."""
    return keep(*make_report(job, fingerprint, bench))


def make_report(
    job: Job, fingerprint: Mapping[str, str], bench: Bench
) -> tuple[Outcome, dict[str, str]]:
    """Make one report without keeping it.

    Returns
    -------
    What became of it, and its files by ending: all three, or of a run that failed the facts that
    say so and the notebook as far as it came.
    """
    started, before = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    outcome = Outcome(job, "failed", started)
    files: dict[str, str] = {}
    prefix = f"{PRIVATE}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        launch = _launch(job, Path(folder), bench)
        watch = Watch(launch, bench.limits, bench.stop)
        try:
            with watch:
                notebook = execute(job, launch, bench.limits)
            facts = checked_facts(job, launch, notebook)
            facts["fingerprint"] = {**facts.get("fingerprint", {}), **fingerprint}
            files[".html"] = page_of(notebook, bench.exporter)
            files[".json"] = as_json(facts)
            outcome = replace(outcome, status=str(facts["status"]))
        # Whatever one report runs into, the others go on, and the ledger says what it was.
        except Exception as error:
            cause = error.cause if isinstance(error, RefusedError) else None
            cause = cause or cause_of(error, launch, watch.broken)
            outcome = replace(outcome, cause=cause)
            files = {".json": as_json(failed_facts(job, cause, fingerprint))}
        finally:
            close_event_loop()
        if launch.nb is not None:
            files[".ipynb"] = without_paths(job, launch.nb)
    return replace(
        outcome,
        seconds=round(time.monotonic() - before, 3),
        cpu=round(watch.cpu, 3),
        peak=watch.peak,
        engine="fork" if isinstance(launch.process, Forked) else "kernel",
    ), files


def close_event_loop() -> None:
    """Close the loop that the kernel's client opened in this thread; nobody else would."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = ensure_event_loop()
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.close()


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
    states = {section["status"] for section in facts.get("sections", ())}
    if "failed" in states and not states & {"ok", "partial"}:
        raise RefusedError(Cause("no_facts", "not one of its parts could be made"))
    return facts


def page_of(notebook: NotebookNode, exporter: SalesnbExporter) -> str:
    """Give the page of an executed notebook.

    Raises
    ------
    RefusedError
        If it cannot be made.
    """
    try:
        page, _ = exporter.from_notebook_node(notebook)
    except Exception as error:
        said = f"the page could not be made: {type(error).__name__}: {error}"
        raise RefusedError(Cause("page", said)) from error
    return page


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
    """Give the text of a facts file: the same facts, the same bytes; a line for each fact."""

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def lines(value: object) -> str:
        if not isinstance(value, list) or not value:
            return text(value)
        return "[\n" + ",\n".join(map(text, value)) + "\n]"

    return "{" + ",\n".join(f"{text(key)}: {lines(content[key])}" for key in content) + "}\n"


def without_paths(job: Job, notebook: NotebookNode) -> str:
    """Give an executed notebook's text, without folders of this machine in papermill's notes."""
    if "papermill" in notebook.metadata:
        notebook.metadata.papermill["input_path"] = f"notebooks/{job.notebook.path.name}"
        notebook.metadata.papermill["output_path"] = job.file(".ipynb").name
    # Indented it would take ten times as long, and nobody reads it but a notebook program.
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n"


def _launch(job: Job, folder: Path, bench: Bench) -> Launch:
    # A person's own IPython start-up files must not change a report.
    private = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder)}
    return Launch(
        folder,
        {**os.environ, **SAME_BYTES, **private, **job.environment()},
        job.said,
        provisioner=bench.provisioner,
        ahead=bench.ahead,
    )
