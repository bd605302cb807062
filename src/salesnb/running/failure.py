"""From the error a run ended in to its cause."""

from __future__ import annotations

import re
import signal
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from salesnb.errors import SalesnbError
from salesnb.running.cause import Cause
from salesnb.running.engines.kernel import Launch


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
