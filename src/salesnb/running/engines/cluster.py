"""The same jobs on a `distributed` cluster, for those who outgrow one machine.

Workers must see the project's folder and the data under the same paths. They share no output
folder: a report comes back as text, and whoever started the batch keeps it.
"""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from salesnb.running.cause import PASSING, Cause
from salesnb.running.engines.pool import Event, Task
from salesnb.running.job import Bench, make_report
from salesnb.running.limits import Limits
from salesnb.running.outcome import Outcome, keep

# On a worker: what stops the kernels of each batch that is running there.
_STOPS: dict[str, threading.Event] = defaultdict(threading.Event)


@dataclass
class ClusterPool:
    """Runs tasks on the workers of a cluster.

    Attributes
    ----------
    address
        Of the scheduler, as `tcp://10.0.0.1:8786`.
    """

    address: str
    limits: Limits = field(default_factory=Limits)
    retries: int = 1
    name: str = "dask"
    trouble: str = ""

    def __post_init__(self) -> None:
        self._batch = uuid.uuid4().hex

    def __enter__(self) -> ClusterPool:
        self._client = Client(self.address, set_as_default=False)
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def stop(self) -> None:
        """End what runs and start nothing more."""
        with suppress(OSError):
            self._client.run(_stop, self._batch, wait=False)

    def run(self, tasks: Sequence[Task]) -> Iterator[Event]:
        """Run tasks; give each start and each outcome as it comes."""
        tried = {task.job.name: 1 for task in tasks}
        waiting = as_completed(loop=self._client.loop)
        of: dict[Any, Task] = {}
        for task in tasks:
            yield Event(task, 1)
            self._submit(task, waiting, of)
        for future in waiting:
            task = of.pop(future.key)
            count = tried[task.job.name]
            outcome = _outcome(future, task)
            passes = outcome.cause is not None and outcome.cause.kind in PASSING
            last = not passes or count > self.retries
            yield Event(task, count, outcome, last)
            if not last:
                tried[task.job.name] = count + 1
                yield Event(task, count + 1)
                self._submit(task, waiting, of)

    def _submit(self, task: Task, waiting: Any, of: dict[Any, Task]) -> None:
        future = self._client.submit(_make, task, self.limits, self._batch, pure=False)
        of[future.key] = task
        waiting.add(future)


def _outcome(future: Any, task: Task) -> Outcome:
    """Keep what came back, or say why nothing did."""
    try:
        return keep(*future.result())
    except KilledWorker:
        cause = Cause("died", "the worker died, several times")
    # Whatever one task came back with, the others go on.
    except Exception as error:
        cause = Cause("error", f"{type(error).__name__}: {error}")
    return Outcome(task.job, "failed", "", cause, engine="dask")


def _make(task: Task, limits: Limits, batch: str) -> tuple[Outcome, dict[str, str]]:
    """Make a report on a worker."""
    return make_report(task.job, task.fingerprint, Bench(limits=limits, stop=_STOPS[batch]))


def _stop(batch: str) -> None:
    """Stop a batch on a worker."""
    _STOPS[batch].set()
