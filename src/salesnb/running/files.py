"""Files that appear whole or not at all, and a lock on a folder."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from salesnb.errors import RunError

PART = ".part"
"""Ending of a file that is not whole yet; what is left of a crash has it."""

PRIVATE = "snb-"
"""Beginning of the name of a run's own folder; the process that made it comes next."""

_WINDOWS = os.name == "nt"
_OLD_SECONDS = 3600


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file beside its place and move it there when it is whole.

    Raises
    ------
    RunError
        If there is no room, no right to write, or another program holds the file open.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        why = error.strerror or str(error)
        raise RunError(f"{path.name} could not be written: {why.lower()}") from error


def _replace(beside: Path, path: Path) -> None:
    # On Windows a viewer or a virus scanner may hold the old file for a moment.
    for wait in (0.1, 0.3, 1.0) if _WINDOWS else ():
        try:
            beside.replace(path)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    beside.replace(path)


def append_line(path: Path, line: str) -> None:
    """Append one line in one write, so that it is there or not.

    A line that a crash left torn gets an end first, so that it takes no other with it.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            torn = size > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
            file.write(("\n" if torn else "").encode() + line.encode("utf-8") + b"\n")
            os.fsync(file.fileno())
    except OSError as error:
        why = error.strerror or str(error)
        raise RunError(f"{path.name} could not be written: {why.lower()}") from error


def sweep(folder: Path) -> None:
    """Remove what a crash left half-written."""
    for path in folder.rglob(f".*{PART}"):
        with contextlib.suppress(OSError):
            path.unlink()


def sweep_private() -> None:
    """Remove the folders of runs whose process is gone, and has been for an hour.

    Not at once: containers can share a folder for temporary files and not their processes.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*-*"):
        number = path.name.removeprefix(PRIVATE).partition("-")[0]
        with contextlib.suppress(OSError):
            old = time.time() - path.stat().st_mtime > _OLD_SECONDS
            if old and number.isdecimal() and not psutil.pid_exists(int(number)):
                shutil.rmtree(path)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one batch; the lock falls with its holder, however that ends.

    Raises
    ------
    RunError
        If another batch holds it, or the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a+b")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise RunError(f"{folder.name}/ cannot be written to: {why}") from error
    with file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise RunError(
                f"another batch is writing to {folder.name}/; wait for it, or name another folder "
                "with --out"
            ) from error
        yield


def _lock(number: int) -> None:
    if _WINDOWS:
        system = importlib.import_module("msvcrt")
        os.lseek(number, 0, os.SEEK_SET)
        system.locking(number, system.LK_NBLCK, 1)
    else:
        system = importlib.import_module("fcntl")
        system.flock(number, system.LOCK_EX | system.LOCK_NB)
