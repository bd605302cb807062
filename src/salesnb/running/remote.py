"""Reports kept elsewhere: a folder here that follows one on any file system fsspec knows.

A batch works in the folder here, so that its ledger, its lock and its whole files are as always;
what is finished is sent, and what another machine sent is fetched before a batch begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from salesnb.errors import ParameterError, Problem, RunError
from salesnb.running.files import PART, write_whole

_SEEN = ".remote.json"


def is_remote(said: str) -> bool:
    """Whether a folder is named by an address, as `s3://bucket/reports`."""
    return "://" in said


def open_remote(address: str, folder: Path) -> Remote:
    """Give the folder at an address, and the one here that follows it.

    Raises
    ------
    ParameterError
        If fsspec is not installed, or knows no such kind of address.
    """
    try:
        files, root = import_module("fsspec.core").url_to_fs(address)
    except ImportError as error:
        fix = "Install it: pip install 'salesnb[dask]', and what the address needs."
        raise ParameterError(
            Problem("the address cannot be used here", got=address, fix=fix)
        ) from (error)
    except ValueError as error:
        raise ParameterError(
            Problem("the address is none", got=address, fix=f"{error}.")
        ) from error
    return Remote(files, root, folder)


@dataclass
class Remote:
    """A folder elsewhere, and the one here that follows it.

    Attributes
    ----------
    files, root
        The file system, and the folder's path on it.
    folder
        The folder here.
    """

    files: Any
    root: str
    folder: Path
    _seen: dict[str, list[Any]] = field(default_factory=dict)

    def fetch(self) -> None:
        """Bring here what is new or another there.

        Raises
        ------
        RunError
            If it cannot be reached.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._seen = json.loads((self.folder / _SEEN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._seen = {}
        try:
            found = self.files.find(self.root) if self.files.exists(self.root) else []
            there = {path[len(self.root) :].lstrip("/"): path for path in found}
            for name in self._seen.keys() - there.keys():
                (self.folder / name).unlink(missing_ok=True)
                del self._seen[name]
            for name, path in there.items():
                if PART in name:
                    continue
                mark = self.files.checksum(path)
                if self._seen.get(name, [None])[0] != mark or not (self.folder / name).is_file():
                    write_whole(self.folder / name, self.files.cat_file(path))
                    self._note(name, mark)
        except OSError as error:
            raise RunError(f"the folder of reports cannot be fetched: {error}") from error
        self._keep()

    def send(self) -> None:
        """Bring there what is new, another or gone here; facts after the pages they speak of.

        Raises
        ------
        RunError
            If it cannot be written to.
        """
        try:
            for name in sorted(self._changed(), key=_order):
                there = f"{self.root}/{name}"
                beside = f"{there}{PART}"
                self.files.makedirs(there.rpartition("/")[0], exist_ok=True)
                self.files.pipe_file(beside, (self.folder / name).read_bytes())
                if self.files.exists(there):
                    self.files.rm_file(there)
                self.files.mv(beside, there)
                self._note(name, self.files.checksum(there))
            for name in [name for name in self._seen if not (self.folder / name).is_file()]:
                if self.files.exists(f"{self.root}/{name}"):
                    self.files.rm_file(f"{self.root}/{name}")
                del self._seen[name]
        except OSError as error:
            raise RunError(f"the reports cannot be sent: {error}") from error
        self._keep()

    def _changed(self) -> Iterator[str]:
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not path.name.startswith(".") and PART not in name:
                stat = path.stat()
                if self._seen.get(name, [None])[1:] != [stat.st_mtime_ns, stat.st_size]:
                    yield name

    def _note(self, name: str, mark: object) -> None:
        stat = (self.folder / name).stat()
        self._seen[name] = [mark, stat.st_mtime_ns, stat.st_size]

    def _keep(self) -> None:
        write_whole(self.folder / _SEEN, json.dumps(self._seen))


def _order(name: str) -> tuple[bool, bool, str]:
    return "/" not in name, name.endswith(".json"), name
