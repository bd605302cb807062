"""Many jobs at once: each in a thread that drives a kernel process of its own."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.running.asked import Job
from salesnb.running.cause import PASSING
from salesnb.running.limits import Limits
from salesnb.running.outcome import Outcome


@dataclass(frozen=True)
class Task:
    """A job with what it is made of; tasks of the same `data` read the same."""

    job: Job
    fingerprint: dict[str, str]
    data: bytes = b""


@dataclass(frozen=True)
class Event:
    """Something that happened to a task: it was started, or it has an outcome.

    `tried` counts its tries; `last` tells that there will be none after this one.
    """

    task: Task
    tried: int
    outcome: Outcome | None = None
    last: bool = False


class Pool(Protocol):
    """Runs tasks and tells what happens; used in a `with` block."""

    name: str

    @property
    def trouble(self) -> str:
        """What kept it from working as it should, "" for nothing."""
        ...

    def __enter__(self) -> Pool: ...
    def __exit__(self, *error: object) -> None: ...

    def run(self, tasks: Sequence[Task]) -> Iterator[Event]:
        """Run tasks; give each start and each outcome as it comes."""
        ...

    def stop(self) -> None:
        """End what runs and start nothing more."""
        ...


@dataclass
class LocalPool:
    """Runs tasks on this machine, several at once.

    Attributes
    ----------
    name
        `fork`: kernels are forked from a warm process. `kernel`: each is started anew.
    workers
        How many run at once.
    limits
        What one report may use.
    retries
        How often a task is tried again when the cause may pass.
    """

    name: str
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    retries: int = 1
    pause: float = 1.0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._stack = ExitStack()
        self.zygote: Any = None

    def __enter__(self) -> LocalPool:
        # Named, not imported: what runs notebooks takes a second to load, and a batch that has
        # nothing to do needs none of it.
        self._bench = {"limits": self.limits, "stop": self._stop}
        if self.name == "fork":
            fork = import_module("salesnb.running.engines.fork")
            self.zygote = self._stack.enter_context(fork.Zygote())
            self._bench["provisioner"] = fork.provisioner_of(self.zygote)
        # While the warm process loads what it needs.
        self._jobs = import_module("salesnb.running.job")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def stop(self) -> None:
        """End what runs and start nothing more."""
        self._stop.set()

    @property
    def trouble(self) -> str:
        """Why each report starts a Python of its own though it was to be forked, "" when not."""
        return self.zygote.trouble if self.zygote else ""

    def run(self, tasks: Sequence[Task]) -> Iterator[Event]:
        """Run tasks; give each start and each outcome as it comes."""
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        # Reports of one region follow one another: their data are read once.
        self._shared = Counter(task.data for task in tasks if task.data)
        place = {data: number for number, data in enumerate(self._shared)}
        for task in sorted(tasks, key=lambda task: place.get(task.data, -1)):
            waiting.put(task)
        news: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._work, args=(waiting, news.put), daemon=True)
            for _ in range(min(self.workers, len(tasks)))
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            # The wait is cut in pieces so that Ctrl-C is heard on Windows too.
            while True:
                try:
                    event = news.get(timeout=0.5)
                except queue.Empty:
                    continue
                if event is None:
                    break
                yield event
        for thread in threads:
            thread.join()

    def _work(self, waiting: queue.SimpleQueue[Task], tell: Callable[[Event | None], None]) -> None:
        bench = self._jobs.Bench(**self._bench)
        try:
            while not self._stop.is_set():
                try:
                    task = waiting.get_nowait()
                except queue.Empty:
                    return
                self._try(task, bench, tell)
        finally:
            tell(None)

    def _try(self, task: Task, bench: Any, tell: Callable[[Event | None], None]) -> None:
        ahead = task.data if self._shared[task.data] > 1 else b""
        for tried in range(1, self.retries + 2):
            tell(Event(task, tried))
            outcome = self._jobs.run_job(task.job, task.fingerprint, replace(bench, ahead=ahead))
            passes = outcome.cause is not None and outcome.cause.kind in PASSING
            last = not passes or self._stop.is_set() or tried > self.retries
            tell(Event(task, tried, outcome, last))
            if last:
                return
            time.sleep(self.pause * tried)


def is_safe_here() -> bool:
    """Whether kernels can be forked: Linux only, where a lone thread can be proved."""
    return sys.platform == "linux" and Path("/proc/self/task").is_dir()


def open_pool(
    engine: str, workers: int, limits: Limits, retries: int = 1, cluster: str = ""
) -> Pool:
    """Give the pool of an engine; `auto` forks where that is safe.

    Parameters
    ----------
    engine
        `auto`, `fork`, `kernel` or `dask`.
    cluster
        Address of the cluster's scheduler, for `dask`.

    Raises
    ------
    ParameterError
        If there is no such engine, or it cannot be used here.
    """
    known = ("auto", "fork", "kernel", "dask")
    if engine not in known:
        fix = suggest(engine, known)
        raise ParameterError(Problem(f"there is no engine `{engine}`", fix=fix))
    if engine == "fork" and not is_safe_here():
        fix = "Use --engine kernel."
        raise ParameterError(Problem("the engine `fork` needs Linux", fix=fix))
    if engine == "dask":
        return _cluster_pool(cluster, limits, retries)
    name = ("fork" if is_safe_here() else "kernel") if engine == "auto" else engine
    return LocalPool(name, workers, limits, retries)


def _cluster_pool(address: str, limits: Limits, retries: int) -> Pool:
    """Give the pool of a cluster, whose packages are an extra."""
    if not address:
        fix = "Give the scheduler's address: --cluster tcp://10.0.0.1:8786."
        raise ParameterError(Problem("the engine `dask` needs a cluster", fix=fix))
    try:
        module = import_module("salesnb.running.engines.cluster")
    except ImportError as error:
        fix = "Install it: pip install 'salesnb[dask]'."
        raise ParameterError(Problem("the engine `dask` is not installed", fix=fix)) from error
    return module.ClusterPool(address, limits, retries)
