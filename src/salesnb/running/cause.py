"""Why a report was not made, in words and in one of a few kinds."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from salesnb.errors import SalesnbError
from salesnb.running.engines.kernel import Launch

PASSING = frozenset({"died", "start", "write"})
"""Kinds of cause that may be gone at the next try."""


@dataclass(frozen=True)
class Cause:
    """Why a report was not made.

    Attributes
    ----------
    kind
        `cell`: a cell failed. `cell_time`, `report_time`, `memory`: a limit was reached.
        `died`: the kernel was ended from outside or crashed. `ended`: the notebook ended it.
        `start`: it never answered. `stopped`: by the person
        who started the batch. `identity`: the report is not the one asked for. `no_facts`: it
        published none. `page`: its page could not be made. `write`: a file could not be written.
        `error`: anything else.
    text
        What happened, in one sentence.
    cell
        Name of the cell it happened in, "" when in none.
    detail
        What differs from report to report though the cause is one.
    """

    kind: str
    text: str
    cell: str = ""
    detail: str = ""

    @property
    def group(self) -> str:
        """What reports that failed of the same cause have in common."""
        return f"cell `{self.cell}`: {self.text}" if self.cell else self.text

    def __str__(self) -> str:
        return f"{self.group} ({self.detail})" if self.detail else self.group

    def to_json(self) -> dict[str, str]:
        """Give the cause as the ledger keeps it."""
        return {
            "kind": self.kind,
            "text": self.text,
            "cell": self.cell,
            "detail": self.detail,
        }


def cause_of(error: BaseException, launch: Launch, broken: str = "") -> Cause:
    """Give the cause of a run that ended in an error.

    Parameters
    ----------
    error
        What was raised.
    launch
        The run, as far as it came.
    broken
        Which limit was reached, as the watch says; "" for none.
    """
    cell = last_cell(launch.nb)
    if broken:
        return Cause(broken, _BROKEN[broken], cell)
    if isinstance(error, PapermillExecutionError):
        said: Any = error
        return Cause("cell", _first_line(said.ename, said.evalue), cell)
    if isinstance(error, CellTimeoutError):
        return Cause("cell_time", "the cell took longer than a cell may", cell)
    if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
        code = launch.process.poll() if launch.process is not None else None
        if not cell:
            return Cause("start", f"the kernel did not start: {error}")
        if code is not None and code >= 0:
            return Cause("ended", f"the notebook ended its kernel with exit code {code}", cell)
        return Cause("died", f"the kernel died{_signal(code)}", cell)
    if isinstance(error, SalesnbError):
        return Cause("write", str(error))
    if not cell and isinstance(error, RuntimeError | OSError):
        return Cause("start", f"the kernel did not start: {error}")
    return Cause("error", _first_line(type(error).__name__, str(error)), cell)


_BROKEN = {
    "memory": "the report needed more memory than a report may",
    "report_time": "the report took longer than a report may",
    "stopped": "the batch was stopped",
}


def _first_line(name: str, said: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said).strip()
    first = plain.splitlines()[0] if plain else ""
    return f"{name}: {first}"[:300] if first else name


def _signal(code: int | None) -> str:
    """Name the signal a kernel died of, as in `SIGSEGV`; SIGKILL tells nothing."""
    return "" if code is None or code == -9 else f" of {signal.Signals(-code).name}"


def last_cell(nb: NotebookNode | None) -> str:
    """Name the cell that failed or was running."""
    for cell in nb.cells if nb is not None else ():
        said = cell.metadata.get("papermill", {})
        if said.get("exception") or said.get("status") in ("failed", "running"):
            return str(cell.get("id", ""))
    return ""
