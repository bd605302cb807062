"""What a batch and its reports may use of the machine."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Limits:
    """What one report may use; 0 for no limit.

    `cell_seconds` and `report_seconds` are wall time, `memory` bytes of the kernel with all it
    started.
    """

    cell_seconds: float = 600
    report_seconds: float = 1800
    memory: int = 0


def usual_workers() -> int:
    """Give how many reports run at once when nothing is said: one for each processor."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def usual_memory(workers: int) -> int:
    """Give the bytes a report may use when nothing is said: its share of four fifths."""
    total = psutil.virtual_memory().total
    with suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return max(int(total * 0.8 / workers), 1 << 30)
