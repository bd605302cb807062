"""Looks after a running kernel: ends it when it takes too long or too much."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from salesnb.running.engines.kernel import Launch
from salesnb.running.limits import Limits

_EVERY = 0.2
_FAMILY_EVERY = 10
"""What the kernel started is looked for at each so many-th look: it means reading all processes."""


class Watch:
    """Watches one run until the `with` block is left.

    Attributes
    ----------
    broken
        The limit that was reached and for which the kernel was ended, "" for none.
    cpu, peak
        Seconds of processor and most bytes of memory the kernel used.
    """

    def __init__(self, launch: Launch, limits: Limits, stop: threading.Event | None = None) -> None:
        self.broken = ""
        self.cpu = 0.0
        self.peak = 0
        self._launch, self._limits = launch, limits
        self._stop = stop or threading.Event()
        self._over = threading.Event()
        self._children: list[psutil.Process] = []
        launch.at_end = self._last_look
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        process = self._launch.process
        # A forked kernel is measured exactly, when it is reaped.
        self.cpu = getattr(process, "cpu", 0.0) or self.cpu
        self.peak = max(getattr(process, "peak", 0), self.peak)

    def _look(self) -> None:
        looks = 0
        while not self._over.wait(_EVERY):
            process = self._launch.process
            if process is None or process.poll() is not None:
                continue
            used = self._measure(process.pid, family=looks % _FAMILY_EVERY == 0)
            looks += 1
            taken = time.monotonic() - self._started
            if self._stop.is_set():
                self._end(process.pid, "stopped")
            elif self._limits.memory and used > self._limits.memory:
                self._end(process.pid, "memory")
            elif self._limits.report_seconds and taken > self._limits.report_seconds:
                self._end(process.pid, "report_time")

    def _last_look(self) -> None:
        if self._launch.process is not None and not self.broken:
            self._measure(self._launch.process.pid, family=False)

    def _measure(self, pid: int, family: bool) -> int:
        with suppress(psutil.Error):
            kernel = psutil.Process(pid)
            if family:
                self._children = kernel.children(recursive=True)
            used = _memory(kernel) + sum(_memory(child) for child in self._children)
            self.peak = max(self.peak, used)
            self.cpu = sum(kernel.cpu_times()[:4])
            return used
        return 0

    def _end(self, pid: int, why: str) -> None:
        self.broken = self.broken or why
        with suppress(OSError, psutil.Error):
            if os.name == "posix":
                os.killpg(pid, signal.SIGKILL)
            else:
                for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
                    process.kill()


def _memory(process: psutil.Process) -> int:
    """Give the bytes a process holds, the pages of files and libraries apart."""
    try:
        fields = Path(f"/proc/{process.pid}/statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        with suppress(psutil.Error):
            return process.memory_info().rss
        return 0
