"""Why a report was not made, in words and in one of a few kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
        `died`: the kernel ended by itself. `start`: it never answered. `stopped`: by the person
        who started the batch. `identity`: the report is not the one asked for. `no_facts`: it
        published none. `page`: its page could not be made. `write`: a file could not be written.
    text
        What happened, in one sentence.
    cell
        Name of the cell it happened in, "" when in none.
    """

    kind: str
    text: str
    cell: str = ""

    def __str__(self) -> str:
        return f"cell `{self.cell}`: {self.text}" if self.cell else self.text

    def to_json(self) -> dict[str, str]:
        """Give the cause as the ledger keeps it."""
        return {"kind": self.kind, "text": self.text, "cell": self.cell}


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
    cell = _last_cell(launch.nb)
    if broken:
        return Cause(broken, _BROKEN[broken], cell)
    if isinstance(error, PapermillExecutionError):
        return Cause("cell", _first_line(error.ename, error.evalue), cell)
    if isinstance(error, CellTimeoutError):
        return Cause("cell_time", "the cell took longer than a cell may", cell)
    if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
        code = launch.process.poll() if launch.process is not None else None
        if not cell:
            return Cause("start", f"the kernel did not start: {error}")
        return Cause("died", f"the kernel died{_exit(code)}", cell)
    if isinstance(error, SalesnbError):
        return Cause("write", str(error))
    return Cause("start", _first_line(type(error).__name__, str(error)), cell)


_BROKEN = {
    "memory": "the report needed more memory than a report may",
    "report_time": "the report took longer than a report may",
    "stopped": "the batch was stopped",
}


def _first_line(name: str, said: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said).strip()
    first = plain.splitlines()[0] if plain else ""
    return f"{name}: {first}"[:300] if first else name


def _exit(code: int | None) -> str:
    if code is None or code == -9:
        return ""
    return f" with signal {-code}" if code < 0 else f" with exit code {code}"


def _last_cell(nb: NotebookNode | None) -> str:
    """Name the cell that failed or was running."""
    for cell in nb.cells if nb is not None else ():
        said = cell.metadata.get("papermill", {})
        if said.get("exception") or said.get("status") in ("failed", "running"):
            return str(cell.get("id", ""))
    return ""
