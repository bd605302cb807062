"""Kernels forked from a warm process: no import is paid twice, no report can touch another."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from salesnb.errors import RunError
from salesnb.running.engines.kernel import SAME_BYTES

_START_SECONDS = 120
_FORK_SECONDS = 30


class Forked:
    """A forked kernel's process, as `subprocess.Popen` would show it."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.cpu = 0.0
        self.peak = 0
        self._over = threading.Event()

    def end(self, code: int, cpu: float = 0.0, peak: int = 0) -> None:
        """Note that it ended, and what it used."""
        self.cpu, self.peak, self.returncode = cpu, peak, code
        self._over.set()

    def poll(self) -> int | None:
        """Give its exit code, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end."""
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send it a signal, if it still runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The warm process, and the kernels forked from it.

    It starts on entering the `with` block and takes its kernels with it on leaving.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._answers: dict[int, dict[str, Any]] = {}
        self._kernels: dict[int, Forked] = {}
        self._early: dict[int, dict[str, Any]] = {}
        self._last = 0
        self._ready: dict[str, Any] | None = None
        self._gone = False

    def __enter__(self) -> Zygote:
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        env = {
            **os.environ,
            **SAME_BYTES,
            # A warm process keeps no thread of its own: not one of arrow's allocator either.
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "salesnb.running.engines.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env=env,
            start_new_session=True,
        )
        theirs.close()
        self._channel = ours
        threading.Thread(target=self._listen, name="zygote", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._channel.close()
        self._said.close()

    @property
    def trouble(self) -> str:
        """Why nothing can be forked, "" as long as it can."""
        if not self._gone and (self._ready or {}).get("ready", True):
            return ""
        if self._ready and not self._ready["ready"]:
            return f"it has {self._ready['threads']} threads"
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with exit code {self._process.poll()}"

    @property
    def pid(self) -> int:
        """Process id of the warm process."""
        return self._process.pid

    def fork(
        self, argv: list[str], env: dict[str, str], cwd: str, log: str, ahead: bytes = b""
    ) -> Forked:
        """Fork a kernel, with the data `ahead` stands for at hand (`salesnb.metrics.ahead`).

        Raises
        ------
        RunError
            If the warm process is gone, never became ready, or must not fork.
        """
        with self._lock:
            if not self._news.wait_for(lambda: self._ready or self._gone, _START_SECONDS):
                raise RunError("the warm process did not become ready")
            if self._gone or not (self._ready or {}).get("ready"):
                raise RunError("the warm process cannot fork")
            self._last += 1
            number = self._last
            asked = {"fork": number, "argv": argv, "env": env, "cwd": cwd, "log": log}
            asked["ahead"] = base64.b64encode(ahead).decode("ascii")
            try:
                self._channel.sendall(json.dumps(asked).encode() + b"\n")
            except OSError as error:
                raise RunError("the warm process is gone") from error
            self._news.wait_for(lambda: number in self._answers or self._gone, _FORK_SECONDS)
            got = self._answers.pop(number, {})
            if "pid" not in got:
                raise RunError(f"the warm process did not fork: {got.get('why', 'it is gone')}")
            kernel = Forked(got["pid"])
            if kernel.pid in self._early:
                kernel.end(**self._early.pop(kernel.pid))
            else:
                self._kernels[kernel.pid] = kernel
            return kernel

    def _listen(self) -> None:
        with self._channel.makefile("rb") as lines, suppress(OSError, ValueError):
            for line in lines:
                word = json.loads(line)
                with self._news:
                    self._take(word)
                    self._news.notify_all()
        with self._news:
            self._gone = True
            for kernel in self._kernels.values():
                # Kernels die with the warm process.
                kernel.end(-signal.SIGKILL)
            self._news.notify_all()

    def _take(self, word: dict[str, Any]) -> None:
        if "ended" in word:
            used = {"code": word["code"], "cpu": word["cpu"], "peak": word["peak"]}
            kernel = self._kernels.pop(word["ended"], None)
            if kernel is None:
                self._early[word["ended"]] = used
            else:
                kernel.end(**used)
        elif "ready" in word:
            self._ready = word
        else:
            self._answers[word["forked"] if "forked" in word else word["refused"]] = word


class ForkProvisioner(LocalProvisioner):
    """Forks the kernel where that is possible, and starts a plain one where it is not."""

    zygote: Zygote

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel that a command describes."""
        if cmd[0] != sys.executable or cmd[1:3] != ["-m", "ipykernel_launcher"]:
            return await super().launch_kernel(cmd, **kwargs)
        try:
            log = kwargs["stdout"].name
            kernel = self.zygote.fork(cmd[3:], kwargs["env"], kwargs["cwd"], log, self._ahead())
        except RunError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info

    def _ahead(self) -> bytes:
        launch = getattr(self.parent, "launch", None)
        return launch.ahead if launch else b""


def provisioner_of(zygote: Zygote) -> type[ForkProvisioner]:
    """Give the provisioner that forks from one warm process."""
    return type("ForkProvisioner", (ForkProvisioner,), {"zygote": zygote})
