"""The papermill engine `salesnb`: one kernel a report, private and quiet, no stalls."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from ast import literal_eval
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager

# One thread for sums and one order of sets, so that every run of a report gives the same bytes.
SAME_BYTES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}

_GRACE_SECONDS = 1.0

# A path to a socket may be that long at most; the kernel adds `-1` to `-5`.
_LONGEST_SOCKET = 100


@dataclass
class Launch:
    """How one notebook is to be run, and what came of it.

    Attributes
    ----------
    folder
        The run's own folder: working folder of the kernel, its sockets, its log.
    env
        Environment of the kernel.
    asked
        Names and values the kernel must hold at the end.
    own_python
        Whether to run this Python whatever kernel of that name is registered for the user.
    provisioner
        Class that starts the kernel's process.
    ahead
        What a warm process is to read before it forks the kernel, b"" for nothing.
    nb
        The notebook as far as it was run.
    seen
        What the kernel held at the end under each name that was asked for.
    process
        The kernel's process, once it was started.
    at_end
        Called when all cells are done and the kernel still stands.
    """

    folder: Path
    env: Mapping[str, str]
    asked: Mapping[str, object] = field(default_factory=dict)
    own_python: bool = True
    provisioner: Any = LocalProvisioner
    ahead: bytes = b""
    nb: NotebookNode | None = None
    seen: dict[str, object] | None = None
    process: Any = None
    at_end: Callable[[], None] = lambda: None


class SalesKernelClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel says so."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait for the kernel's welcome; a kernel that has none is waited for as usual."""
        deadline = time.monotonic() + (timeout or 60)
        self.kernel_info()
        while time.monotonic() < deadline:
            with suppress(Empty):
                message = await self.iopub_channel.get_msg(timeout=0.5)
                if message["msg_type"] == "iopub_welcome":
                    break
                if message["msg_type"] == "status":
                    await self._async_wait_for_ready(timeout=deadline - time.monotonic())
                    return
            if not await self._async_is_alive():
                raise DeadKernelError("Kernel died before it was ready")
        while time.monotonic() < deadline:
            with suppress(Empty):
                message = await self.shell_channel.get_msg(timeout=0.5)
                if message["msg_type"] == "kernel_info_reply":
                    self._handle_kernel_info_reply(message)
                    return
            if not await self._async_is_alive():
                raise DeadKernelError("Kernel died before it was ready")
        raise DeadKernelError(f"Kernel was not ready within {timeout} seconds")


class SalesKernelManager(AsyncKernelManager):
    """Starts a kernel on sockets of its own, and does not dawdle when it ends."""

    launch: Launch

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        self.provisioner = self.launch.provisioner(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )
        return await super()._async_pre_start_kernel(**options)

    async def _async_post_start_kernel(self, **options: Any) -> None:
        await super()._async_post_start_kernel(**options)
        self.launch.process = self.provisioner.process  # type: ignore[union-attr]

    async def _async_interrupt_kernel(self) -> None:
        # An interrupt just before the request to shut down makes the kernel, now and then, lose
        # that request and be waited for in vain. A kernel that is busy is killed instead.
        if not self.shutting_down:
            await super()._async_interrupt_kernel()

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = 0.1, restart: bool = False
    ) -> None:
        # One kernel in twenty or so loses the request to shut down; its cells are done, and the
        # folder it works in goes with it, so there is little to wait for.
        await super()._async_finish_shutdown(
            waittime or _GRACE_SECONDS, min(pollinterval, 0.01), restart
        )

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        # What a notebook started and left behind goes with it; the kernel led their group.
        if self.launch.process is not None and hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self.launch.process.pid, signal.SIGKILL)


class SalesClient(PapermillNotebookClient):
    """Papermill's client, cured of stalls and of the word "completed" where nothing was."""

    def __init__(self, nb_man: NotebookExecutionManager, launch: Launch, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self.launch = launch
        # nbclient would play the front end of an Output widget, and lose the cell's reply doing
        # so (nbclient 312): the run then waits for ever.
        self.widget_registry = {}

    def create_kernel_manager(self) -> SalesKernelManager:
        """Make the manager of this run's kernel."""
        private = self.launch.folder / "k"
        config: dict[str, Any] = {
            "kernel_name": self.kernel_name,
            "connection_file": str(self.launch.folder / "kernel.json"),
            "client_class": f"{__name__}.SalesKernelClient",
            "client_factory": SalesKernelClient,
        }
        if os.name == "posix" and len(str(private)) < _LONGEST_SOCKET:
            config |= {"transport": "ipc", "ip": str(private)}
        manager = SalesKernelManager(**config)
        manager.launch = self.launch
        if self.launch.own_python:
            manager._kernel_spec = KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3",
                language="python",
            )
        self.km = manager
        return manager

    def papermill_execute_cells(self) -> None:
        """Run cell by cell; what a cell did not come to is said where it stands."""
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                self.execute_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                return
            except BaseException as error:
                self.shutdown_kernel = "immediate"
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                cell.outputs = [*cell.get("outputs", []), _last_words(error)]
                raise
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)
        self.launch.seen = self._ask(list(self.launch.asked))
        self.launch.at_end()

    def _ask(self, names: list[str]) -> dict[str, object]:
        """Ask the kernel what it holds under some names."""
        asked = {name: f"__import__('json').dumps({name}, default=str)" for name in names}
        assert self.kc is not None
        reply = self.wait_for_reply(
            self.kc.execute("", silent=True, store_history=False, user_expressions=asked)
        )
        answers = reply["content"].get("user_expressions", {}) if reply else {}
        return {
            name: json.loads(literal_eval(answer["data"]["text/plain"]))
            for name, answer in answers.items()
            if answer["status"] == "ok"
        }


class KernelEngine(Engine):
    """Runs a notebook in a kernel of its own, on private sockets, without widgets that stall."""

    @classmethod
    def execute_managed_notebook(  # type: ignore[override]
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        launch: Launch | None = None,
        start_timeout: float = 60,
        execution_timeout: float | None = None,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        **_: Any,
    ) -> None:
        """Run the notebook that papermill prepared.

        Parameters
        ----------
        launch
            How to run it; by default as plain papermill would, in a folder for its sockets only.
        """
        with ExitStack() as stack:
            options: dict[str, Any] = {}
            if launch is None:
                private = stack.enter_context(tempfile.TemporaryDirectory(prefix="salesnb-"))
                launch = Launch(Path(private), {**os.environ, **SAME_BYTES}, own_python=False)
            else:
                options["cwd"] = str(launch.folder)
                log = stack.enter_context((launch.folder / "kernel.log").open("ab"))
                options |= {"stdout": log, "stderr": log}
            launch.nb = nb_man.nb
            SalesClient(
                nb_man,
                launch,
                kernel_name=kernel_name,
                timeout=execution_timeout,
                startup_timeout=start_timeout,
                log_output=log_output,
                stdout_file=stdout_file,
                stderr_file=stderr_file,
                extra_arguments=["--IPKernelApp.log_level=40"],
            ).execute(env=dict(launch.env), **options)


def _last_words(error: BaseException) -> NotebookNode:
    """Give the output of a cell whose kernel did not answer any more."""
    if isinstance(error, CellTimeoutError):
        said = "The cell took longer than a cell may."
    elif isinstance(error, DeadKernelError):
        said = "The kernel died while this cell ran."
    else:
        said = "The run was stopped while this cell ran."
    return new_output("error", ename=type(error).__name__, evalue=said, traceback=[said])
