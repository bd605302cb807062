"""Every report: only what changed runs, one failure costs no other, nothing finished is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from salesnb.errors import ParameterError, Problem
from salesnb.parameters import ALL
from salesnb.period import Period
from salesnb.running.asked import Desk, Job
from salesnb.running.engines.pool import Event, Pool, Task
from salesnb.running.files import locked, sweep, sweep_private
from salesnb.running.fingerprint import fingerprint
from salesnb.running.ledger import Ledger
from salesnb.running.notebooks import Notebook
from salesnb.running.outcome import Outcome


@dataclass
class Result:
    """What became of a batch.

    Attributes
    ----------
    outcomes
        The last outcome of each job that ran, in the order they ended.
    unchanged
        Jobs that were not run: their reports are there and nothing they are made of changed.
    left
        Jobs that were not begun because the batch was stopped.
    trouble
        What kept the engine from working as it should, "" for nothing.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    unchanged: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    trouble: str = ""

    @property
    def failed(self) -> list[Outcome]:
        """The outcomes of jobs that failed."""
        return [outcome for outcome in self.outcomes if not outcome.done]

    @property
    def by_cause(self) -> dict[str, list[str]]:
        """Causes of failure, the commonest first, each with the jobs it cost."""
        groups: dict[str, list[str]] = {}
        for outcome in self.failed:
            cause = outcome.cause.group if outcome.cause else ""
            groups.setdefault(cause, []).append(outcome.job.name)
        return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def plan_jobs(
    desk: Desk,
    notebooks: Sequence[Notebook],
    regions: Sequence[str] = (),
    period: str = "",
    typed: Sequence[tuple[str, str]] = (),
    files: Sequence[Path] = (),
) -> list[Job]:
    """Give the jobs of a batch: each notebook for each region and the company.

    A region that is typed, or said in a file, is the only one.

    Raises
    ------
    ParameterError
        With every problem of every job, each said once; if two jobs would share their files.
    """
    problems: dict[str, Problem] = {}
    jobs: list[Job] = []
    for notebook in notebooks:
        said = desk.region_said(notebook, typed, files)
        for region in regions or said or every_region(desk, notebook):
            try:
                jobs.append(desk.ask(notebook, region, period, typed, files))
            except ParameterError as error:
                problems |= {str(problem): problem for problem in error.problems}
    seen: dict[str, Job] = {}
    for job in jobs:
        path = str(job.file("")).casefold()
        if path in seen and seen[path].region != job.region:
            said = f"{seen[path].region} and {job.region} would share one file"
            problems[said] = Problem(said, fix="Rename one of the regions.")
        seen[path] = job
    if problems:
        raise ParameterError(problems.values())
    return list(seen.values())


def every_region(desk: Desk, notebook: Notebook) -> list[str]:
    """List the regions of the data a notebook is run on, and the company."""
    company = desk.ask(notebook, ALL)
    return [*desk.store(company.parameters.data).regions, ALL]


def run_batch(
    desk: Desk,
    jobs: Sequence[Job],
    pool: Pool,
    force: bool = False,
    tell: Callable[[Event], None] = lambda event: None,
    begin: Callable[[int, int], None] = lambda unchanged, to_do: None,
    lock: bool = True,
) -> Result:
    """Run the jobs whose reports are not there or not of today's making.

    Parameters
    ----------
    force
        Run all of them.
    tell, begin
        Told of each wave how many are unchanged and how many to do, and then each start and
        outcome.
    lock
        Keep other batches off the folder meanwhile; a single report needs no such thing.

    Raises
    ------
    RunError
        If another batch is writing to the same folder, or it cannot be written to.
    """
    with locked(desk.outputs) if lock else nullcontext():
        if lock:
            sweep(desk.outputs)
            sweep_private()
        result = Result()
        ledger = Ledger.open(desk.outputs)
        ledger.run = datetime.now(UTC).isoformat(timespec="milliseconds")
        with ExitStack() as stack:
            begun = False
            for wave in waves(jobs):
                tasks = []
                unchanged = len(result.unchanged)
                for job in wave:
                    store = desk.store(job.parameters.data)
                    made_of = fingerprint(job, store)
                    if not force and ledger.is_current(job, made_of["job"]):
                        result.unchanged.append(job)
                    else:
                        tasks.append(Task(job, made_of, job.data(store)))
                begin(len(result.unchanged) - unchanged, len(tasks))
                if tasks and not begun:
                    begun = True
                    stack.enter_context(pool)
                    stack.enter_context(ended_by_signal(pool))
                _run(pool, tasks, ledger, result, tell)
        return result


def waves(jobs: Sequence[Job]) -> list[list[Job]]:
    """Put jobs that look back on the reports of others behind these.

    Jobs of one period make one wave; the sample company's, of several periods, three.
    """
    made = {(job.notebook.name, job.period, job.region): job for job in jobs}
    depth: dict[tuple[str, Period, str], int] = {}

    def deep(key: tuple[str, Period, str]) -> int:
        if key not in depth:
            before = [(name, period, key[2]) for name, period in made[key].reads]
            depth[key] = 1 + max((deep(each) for each in before if each in made), default=-1)
        return depth[key]

    found: list[list[Job]] = [[] for _ in range(1 + max(map(deep, made), default=-1))]
    for key, job in made.items():
        found[depth[key]].append(job)
    return found


def _run(
    pool: Pool,
    tasks: Sequence[Task],
    ledger: Ledger,
    result: Result,
    tell: Callable[[Event], None],
) -> None:
    if not tasks:
        return
    last: dict[str, Outcome] = {}
    try:
        for event in pool.run(tasks):
            if event.outcome is not None:
                last[event.task.job.name] = event.outcome
                ledger.write(event.outcome, event.task.fingerprint, event.tried)
            tell(event)
        result.trouble = pool.trouble
    finally:
        result.outcomes += last.values()
        result.left += [task.job for task in tasks if task.job.name not in last]


@contextmanager
def ended_by_signal(pool: Pool) -> Iterator[None]:
    """Let Ctrl-C, or the request to end, stop the pool; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: object) -> None:
        pool.stop()
        signal.signal(signum, before[signal.Signals(signum)] or signal.SIG_DFL)

    before = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler or signal.SIG_DFL)
