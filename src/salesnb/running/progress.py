"""Shows a batch as it goes: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import unicodedata
from typing import TextIO

from salesnb.running.engines.pool import Event, Task

_BAR = 20
_EVERY = 0.5


class Progress:
    """Tells what runs, what is done, what failed and how long it will take.

    Used in a `with` block; `begin` and `tell` are what `run_batch` calls.
    """

    def __init__(self, stream: TextIO, workers: int = 1) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._workers = workers
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._running: dict[str, tuple[Task, float]] = {}
        self._all = self._done = self._failed = 0
        self._spent: list[float] = []

    def __enter__(self) -> Progress:
        if self._live:
            threading.Thread(target=self._tick, name="progress", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        with self._lock:
            self._erase()

    def begin(self, unchanged: int, to_do: int) -> None:
        """Say how much there is more."""
        self._all += to_do
        if unchanged:
            self._line(f"{unchanged} unchanged, {to_do} to do")

    def tell(self, event: Event) -> None:
        """Take in a start or an outcome."""
        name = event.task.job.name
        if event.outcome is None:
            self._running[name] = (event.task, time.monotonic())
            return
        self._running.pop(name, None)
        self._spent.append(event.outcome.seconds)
        if not event.last:
            self._line(f"again   {name}: {event.outcome.cause}")
            return
        self._done += 1
        if not event.outcome.done:
            self._failed += 1
            self._line(f"failed  {name}: {event.outcome.cause}")
        elif not self._live:
            mark = event.outcome.status.ljust(7)
            self._line(f"{mark} {name} ({event.outcome.seconds:.1f} s) {self._done}/{self._all}")

    def _line(self, text: str) -> None:
        with self._lock:
            self._erase()
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def _tick(self) -> None:
        while not self._over.wait(_EVERY):
            with self._lock:
                if self._all and not self._over.is_set():
                    self._erase()
                    self._stream.write(fit(self._state(), shutil.get_terminal_size().columns - 1))
                    self._stream.flush()

    def _erase(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")

    def _state(self) -> str:
        filled = _BAR * self._done // self._all
        parts = [f"[{'#' * filled}{'.' * (_BAR - filled)}] {self._done}/{self._all}"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self._spent:
            mean = sum(self._spent) / len(self._spent)
            parts.append(f"{clock(mean * (self._all - self._done) / self._workers)} left")
        now = time.monotonic()
        running = sorted(self._running.values(), key=lambda item: item[1])
        parts += [f"{task.job.name} {now - since:.0f} s" for task, since in running]
        return " · ".join(parts)


def clock(seconds: float) -> str:
    """Write a length of time: `45 s`, `3:05`, `1:02:00`.

    Examples
    --------
    >>> clock(45), clock(185), clock(3720)
    ('45 s', '3:05', '1:02:00')
    """
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def fit(text: str, width: int) -> str:
    """Cut a line to a terminal's width; a Chinese character takes two places.

    Examples
    --------
    >>> fit("华东 monthly", 6)
    '华东 …'
    """
    used = 0
    for place, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > width:
            kept = text[:place]
            while kept and sum(2 if _is_wide(c) else 1 for c in kept) > width - 1:
                kept = kept[:-1]
            return kept + "…"
    return text


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def standard_error() -> TextIO:
    """Give the stream progress is written to."""
    return sys.stderr
