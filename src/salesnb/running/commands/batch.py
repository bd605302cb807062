"""`salesnb batch` and `salesnb run`: many reports, and one."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from salesnb.errors import ParameterError, Problem
from salesnb.language import Language
from salesnb.running.asked import Desk, Job
from salesnb.running.batch import Result, plan_jobs, run_batch
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import desk_of, project_parameters, shown
from salesnb.running.engines.pool import Event, Pool, open_pool
from salesnb.running.extras import add_extras, wanted
from salesnb.running.ledger import NAME as LEDGER
from salesnb.running.limits import Limits, usual_memory, usual_workers
from salesnb.running.notebooks import find_notebook, notebook_names
from salesnb.running.outcome import EXTRAS, FAILED, FILES, Outcome
from salesnb.running.portal import NAME as PORTAL
from salesnb.running.progress import Progress, standard_error
from salesnb.running.remote import open_remote
from salesnb.running.rollup import NAME as SUMS
from salesnb.running.rollup import Sum, read_sums

_PARTS = 3
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def run(words: Namespace) -> Answer:
    """Make one report."""
    extras = wanted(words.pdf, words.excel)
    desk = desk_of(words)
    job = desk.ask(words.notebook, words.region, words.period, words.parameter, words.file)
    pool = pool_of(words, workers=1)
    with Progress(standard_error()) as progress:
        tell, begin = progress.tell, progress.begin
        result = run_batch(desk, [job], pool, force=True, tell=tell, begin=begin, lock=False)
    outcome = result.outcomes[0]
    if not outcome.done:
        lines = [f"{job.name} failed: {outcome.cause}", *_left(job)]
        return Answer(lines, outcome_as_data(outcome), 1)
    troubles = add_extras([job], extras)
    endings = (".html", ".ipynb", ".json", *EXTRAS)
    lines = [shown(job.file(ending)) for ending in endings if job.file(ending).is_file()]
    said = outcome_as_data(outcome)
    return Answer([f"{job.name}: {outcome.status}", *lines, *troubles], said, 1 if troubles else 0)


def batch(words: Namespace) -> Answer:
    """Make every report that is not there or not of today's making."""
    desk = desk_of(words)
    notebooks = words.notebook or notebook_names(desk.project, delivered=False)
    opened = [find_notebook(name, desk.project) for name in notebooks]
    jobs = plan_jobs(desk, opened, words.region, words.period, words.parameter, words.file)
    return run_jobs(words, desk, jobs)


def run_jobs(words: Namespace, desk: Desk, jobs: Sequence[Job]) -> Answer:
    """Run jobs, write the portal, check the roll-up, and say what became of it all."""
    if not jobs:
        raise ParameterError(
            Problem("there is nothing to run", fix="Add a notebook to notebooks/.")
        )
    extras = wanted(words.pdf, words.excel)
    pool = pool_of(words, words.jobs or usual_workers())
    remote = open_remote(desk.address, desk.outputs) if desk.address else None
    if remote:
        remote.fetch()
    with Progress(standard_error(), words.jobs or usual_workers()) as progress:

        def tell(event: Event) -> None:
            progress.tell(event)
            if remote and event.outcome:
                remote.send()

        result = run_batch(desk, jobs, pool, words.force, tell, progress.begin)
    made = [outcome.job for outcome in result.outcomes if outcome.done]
    troubles = add_extras([*made, *result.unchanged], extras)
    portal, sums = _concluded(desk)
    if remote:
        remote.send()
    wrong = [each for each in sums if not each.adds_up]
    lines = [
        *summary(result),
        *failed_parts(outcome.job for outcome in result.outcomes if outcome.status == "partial"),
        *troubles,
        *differences(wrong, len(sums)),
        shown(portal),
    ]
    data = {
        "reports": [outcome_as_data(outcome) for outcome in result.outcomes],
        "unchanged": [job.name for job in result.unchanged],
        "left": [job.name for job in result.left],
        "rollup": {"checked": len(sums), "differences": [vars(each) for each in wrong]},
        "portal": str(portal),
    }
    return Answer(lines, data, 1 if result.failed or result.left or troubles else 0)


def _concluded(desk: Desk) -> tuple[Path, list[Sum]]:
    """Give the portal's path and the roll-up, made anew unless nothing came or went since."""
    portal = desk.outputs / PORTAL
    folders = [path for depth in ("*", "*/*") for path in desk.outputs.glob(depth) if path.is_dir()]
    changes = [path.stat().st_mtime for path in (desk.outputs / LEDGER, *folders) if path.exists()]
    if portal.is_file() and portal.stat().st_mtime >= max(changes, default=0.0):
        kept = read_sums(desk.outputs / SUMS)
        if kept is not None:
            return portal, kept
    # Named, not imported: a batch that has nothing to do draws nothing.
    page = import_module("salesnb.running.portal.page")
    page.write_portal(desk.outputs, Language.load(project_parameters(desk.project).language))
    return portal, read_sums(desk.outputs / SUMS) or []


def pool_of(words: Namespace, workers: int) -> Pool:
    """Give the pool of the engine that was named, with its limits."""
    memory = read_bytes(words.memory) if words.memory else usual_memory(workers)
    limits = Limits(words.cell_seconds, words.report_seconds, memory)
    return open_pool(words.engine, workers, limits, words.retries, words.cluster)


def read_bytes(text: str) -> int:
    """Read an amount of memory: `800M`, `2GB`; 0 for no limit.

    Raises
    ------
    ParameterError
        If it is none.

    Examples
    --------
    >>> read_bytes("2GB") == 2 * 1024**3
    True
    """
    plain = text.strip().lower().removesuffix("b")
    number, unit = (plain[:-1], plain[-1]) if plain[-1:] in "kmgt" else (plain, "")
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, KeyError) as error:
        fix = "Write 800M or 2GB."
        raise ParameterError(
            Problem("`--memory` is no amount of memory", got=text, fix=fix)
        ) from error


def summary(result: Result) -> list[str]:
    """Say what became of a batch, failures grouped by cause."""
    made = sum(outcome.done for outcome in result.outcomes)
    partial = sum(outcome.status == "partial" for outcome in result.outcomes)
    parts = [f"{made} made" + (f" ({partial} with parts missing)" if partial else "")]
    parts += [f"{len(result.unchanged)} unchanged"] if result.unchanged else []
    parts += [f"{len(result.failed)} failed"] if result.failed else []
    parts += [f"{len(result.left)} not begun"] if result.left else []
    lines = [", ".join(parts) + "."]
    if result.trouble:
        lines.append(f"Each report started a Python of its own; forking failed: {result.trouble}.")
    for cause, jobs in result.by_cause.items():
        lines.append(f"{len(jobs)} failed, {cause}:")
        lines += [f"  {job}" for job in jobs]
    return lines


def failed_parts(jobs: Iterable[Job]) -> list[str]:
    """Name the parts that failed in reports that were made, reports of the same parts together."""
    groups: dict[str, list[str]] = {}
    for job in jobs:
        content = json.loads(job.file(".json").read_text(encoding="utf-8"))
        parts = [part["id"] for part in content.get("sections", ()) if part["status"] == "failed"]
        if parts:
            more = f" and {len(parts) - _PARTS} more" if len(parts) > _PARTS else ""
            groups.setdefault(", ".join(parts[:_PARTS]) + more, []).append(job.name)
    lines = []
    for parts, names in groups.items():
        lines.append(f"{len(names)} with parts that failed ({parts}); the notebook says why:")
        lines += [f"  {name}" for name in names]
    return lines


def differences(wrong: Sequence[Sum], checked: int) -> list[str]:
    """Say whether the regions add up to the company."""
    if not checked:
        return []
    if not wrong:
        return [f"The regions add up to the company in all {checked} additive figures."]
    lines = [f"{len(wrong)} of {checked} additive figures of the regions do not add up:"]
    lines += [
        f"  {each.notebook} {each.metric} {each.scope} {each.period}: "
        f"{each.difference:+,.2f} beside {each.company:,.2f}"
        for each in wrong[:10]
    ]
    return lines + ([f"  … {len(wrong) - 10} more"] if len(wrong) > 10 else [])


def outcome_as_data(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as JSON values, with the report's files."""
    job = outcome.job
    return {
        "notebook": job.notebook.name,
        "region": job.region,
        "period": str(job.period),
        "status": outcome.status,
        "cause": outcome.cause.to_json() if outcome.cause else None,
        "seconds": outcome.seconds,
        "cpu_seconds": outcome.cpu,
        "peak_bytes": outcome.peak,
        "files": {
            ending.lstrip("."): str(job.file(ending))
            for ending in (*FILES, *EXTRAS, FAILED)
            if job.file(ending).is_file()
        },
    }


def _left(job: Job) -> list[str]:
    left = [job.file(ending) for ending in (FAILED, ".ipynb") if job.file(ending).is_file()]
    return [f"as far as it came: {shown(left[0])}"] if left else []
