"""Measure a command with everything it starts: wall time, processor time, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.25


@dataclass(frozen=True)
class Cost:
    """What a command cost: seconds of wall and processor time, most bytes of memory at once.

    Memory is the sum over its processes of what each holds, pages shared by several counted in
    parts (PSS); 0 where the system does not tell.
    """

    wall: float
    cpu: float
    memory: int


def measured(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and give its cost.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    with (cwd / "benchmark.log").open("ab") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command), cwd=cwd, env={**os.environ, **(env or {})}, stdout=log, stderr=log
        )
        peak = [0]
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, over, peak))
        watch.start()
        # Unlike Popen.wait this gives the time of all descendants that were waited for.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        over.set()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed; see {cwd / 'benchmark.log'}")
    return Cost(wall, used.ru_utime + used.ru_stime, peak[0])


def _watch(pid: int, over: threading.Event, peak: list[int]) -> None:
    while not over.wait(_EVERY):
        with suppress(psutil.Error):
            top = psutil.Process(pid)
            peak[0] = max(peak[0], sum(map(_pss, [top, *top.children(recursive=True)])))


def _pss(process: psutil.Process) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def interleaved(
    ways: Mapping[str, Callable[[], Cost]], rounds: int, say: Callable[[str], None]
) -> dict[str, Cost]:
    """Run all ways in turn, several times over, and give the median cost of each.

    Interleaved, because a machine's speed changes with what else it does.
    """
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            cost = way()
            found[name].append(cost)
            say(f"round {number + 1}: {name}: {cost.wall:.1f} s wall, {cost.cpu:.1f} s processor")
    return {
        name: Cost(
            statistics.median(cost.wall for cost in costs),
            statistics.median(cost.cpu for cost in costs),
            int(statistics.median(cost.memory for cost in costs)),
        )
        for name, costs in found.items()
    }


def python(*words: str) -> list[str]:
    """Give a command that starts this Python."""
    return [sys.executable, *words]
