"""What a report is made of, as short texts that change when it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from salesnb.data.store import Store
from salesnb.parameters import file_name
from salesnb.report.code import code_fingerprint
from salesnb.running.asked import Job


def fingerprint(job: Job, store: Store) -> dict[str, str]:
    """Tell what a report is made of.

    Returns
    -------
    `data`: the region's rows, not the company's; `notebook`; `code`; `parameters`: everything
    said in files and on the command line; `earlier`: the facts of periods before that it reads;
    `job`: all of these in one.
    """
    parts = {
        "data": store.fingerprint(job.region),
        "notebook": _digest([job.notebook.sources]),
        "code": code_fingerprint(),
        "parameters": _digest(_parameters(job)),
        "earlier": _digest(_contents(_earlier(job), job.outputs)),
    }
    return parts | {"job": _digest(f"{name} {value}" for name, value in sorted(parts.items()))}


def _parameters(job: Job) -> Iterable[str]:
    asked = job.parameters
    said = {name: value for name, value in job.said.items() if name not in ("data", "outputs")}
    yield json.dumps([said, dict(asked.settings), dict(asked.own)], default=str, sort_keys=True)
    yield f"{asked.language} {job.as_of}"
    region = file_name(asked.region)
    paths = [
        path
        for path in sorted(asked.folder.rglob("*"))
        if path.is_file() and _concerns(path.relative_to(asked.folder), region, job)
    ]
    yield from _contents(paths, asked.folder)


def _concerns(path: Path, region: str, job: Job) -> bool:
    """Whether a file of the parameters folder can reach this report.

    Plain parameters are there already, merged; of what people write, the region's own counts.
    """
    first = path.parts[0]
    if first == "regions" or path.name in ("common.yaml", f"{job.notebook.name}.yaml"):
        return False
    if first == "remarks":
        return len(path.parts) > 1 and path.parts[1] in (region, job.region)
    return not path.name.startswith(".")


def _earlier(job: Job) -> list[Path]:
    """List the facts it reads: its own of the period before, and those of the other reports."""
    paths = {
        job.outputs / str(period) / notebook / f"{file_name(job.region)}.json"
        for notebook, period in job.reads
    }
    return sorted(path for path in paths if path.is_file())


def _contents(paths: Iterable[Path], root: Path) -> Iterable[str]:
    for path in paths:
        stat = path.stat()
        digest = _digest_of(path, stat.st_mtime_ns, stat.st_size)
        yield f"{path.relative_to(root).as_posix()} {digest}"


@lru_cache(maxsize=4096)
def _digest_of(path: Path, changed: int, size: int) -> str:
    """Tell what is in a file; the jobs of a batch read many in common."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(lines: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line.encode("utf-8", "surrogatepass") + b"\0")
    return whole.hexdigest()[:16]
