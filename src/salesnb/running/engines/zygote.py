"""The warm process kernels are forked from; started by `fork.py`, never imported by it.

It has imported what reports need, holds one thread and no connection, and obeys lines of JSON on
the socket it was given: `{"fork": id, "argv": …, "env": …, "cwd": …, "log": …, "ahead": …}`. It
answers with the process id, and again when that process ends. When the socket closes, or this
process dies, all its kernels die.
"""

from __future__ import annotations

import atexit
import base64
import builtins
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import random
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_DIE_WITH_PARENT = 1
_WARM = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completer",
    "IPython.core.display",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "matplotlib.pyplot",
    "seaborn",
)


def main(number: int) -> None:
    """Warm up, say so on the socket with this number, and serve until it closes."""
    channel = socket.socket(fileno=number)
    os.set_inheritable(number, False)
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    warm_up()
    say(channel, {"ready": threads() == 1, "threads": threads()})
    gc.collect()
    # A collection in a child would otherwise copy every page it looks at.
    gc.freeze()
    serve(channel)


def warm_up() -> None:
    """Import what kernels import, without leaving a trace a notebook could see."""
    # `python -m` puts the working folder first; a kernel's path does not hold it.
    sys.path[:1] = []
    with looking_like_a_kernel():
        for name in _WARM:
            importlib.import_module(name)
        door = importlib.import_module("salesnb")
        for name in getattr(door, "__all__", ()):
            # What cannot be loaded here cannot be loaded there: the notebook will say so.
            with contextlib.suppress(ImportError, AttributeError):
                getattr(door, name)
        remember(door)
        draw(importlib.import_module("salesnb.language").Language.load("zh"))


def remember(door: Any) -> None:
    """Read once what every report reads: words, the calendar's days, which code this is."""
    language = importlib.import_module("salesnb.language")
    for code in language.CODES:
        language.words(code)
    calendar = door.Calendar()
    for year in range(2020, 2027):
        calendar.workdays(door.Window(date(year, 1, 1), date(year, 1, 31)))
    importlib.import_module("salesnb.report.code").code_fingerprint()


@contextlib.contextmanager
def looking_like_a_kernel() -> Any:
    """Answer as IPython does while modules are imported: pandas and others ask once, then."""
    kernel = SimpleNamespace(kernel=True, config={"IPKernelApp": {}}, events=None)
    builtins.get_ipython = lambda: kernel  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]


def draw(language: Any) -> None:
    """Draw once, so that fonts and what is imported at a first figure are there."""
    figure = importlib.import_module("matplotlib.figure").Figure(figsize=(1, 1))
    axes = figure.subplots()
    axes.plot([0, 1])
    axes.set_title("A")
    for kind in ("svg", "png"):
        with contextlib.suppress(Warning):
            figure.savefig(io.BytesIO(), format=kind)
    trend = importlib.import_module("salesnb.figures.trend")
    charts = importlib.import_module("salesnb.report.charts")
    frame = sys.modules["pandas"].DataFrame({"period": ["2024-01", "2024-02"], "value": [1.0, 2.0]})
    charts.chart(trend.draw_trend(frame, language, title="一"), language).html()


def threads() -> int:
    """Count this process's threads; a fork of more than one may never wake up."""
    return len(list(Path("/proc/self/task").iterdir()))


def say(channel: socket.socket, word: dict[str, Any]) -> None:
    """Send one line."""
    channel.sendall(json.dumps(word).encode() + b"\n")


# --- serving --------------------------------------------------------------------------------


def serve(channel: socket.socket) -> None:
    """Fork on request, and report every end, until the socket closes."""
    awake_read, awake_write = os.pipe()
    os.set_blocking(awake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(awake_write, warn_on_full_buffer=False)
    alive: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(awake_read, selectors.EVENT_READ)
        rest = b""
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if awake_read in ready:
                os.read(awake_read, 4096)
                for word in ended(alive):
                    say(channel, word)
            if channel.fileno() in ready:
                got = channel.recv(1 << 16)
                if not got:
                    break
                *lines, rest = (rest + got).split(b"\n")
                for line in lines:
                    answer(channel, json.loads(line), alive)
    for pid in alive:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def ended(alive: set[int]) -> list[dict[str, Any]]:
    """Reap what has ended, and kill what it left behind."""
    words = []
    while alive:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            break
        if found is None:
            break
        # As long as its leader is not reaped, the group's number belongs to nobody else.
        with contextlib.suppress(OSError):
            os.killpg(found.si_pid, signal.SIGKILL)
        pid, status, used = os.wait4(found.si_pid, 0)
        alive.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        cpu = used.ru_utime + used.ru_stime
        words.append({"ended": pid, "code": code, "cpu": cpu, "peak": used.ru_maxrss * 1024})
    return words


def answer(channel: socket.socket, asked: dict[str, Any], alive: set[int]) -> None:
    """Fork a kernel as asked for, or say why not."""
    if threads() != 1:
        say(channel, {"refused": asked["fork"], "why": f"{threads()} threads"})
        return
    read_ahead(asked["ahead"])
    pid = os.fork()
    if pid == 0:
        be_a_kernel(asked, channel)
    alive.add(pid)
    say(channel, {"forked": asked["fork"], "pid": pid})


def read_ahead(data: str) -> None:
    """Read what several reports will see, once for all of them."""
    if data:
        # What cannot be read here cannot be read there: the report will say so.
        with contextlib.suppress(Exception):
            importlib.import_module("salesnb.metrics.ahead").read_ahead(base64.b64decode(data))
        gc.freeze()


def be_a_kernel(asked: dict[str, Any], channel: socket.socket) -> None:
    """Become the kernel that was asked for; never returns."""
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(signum, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        channel.close()
        redirect(asked["log"])
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"])
        sys.argv = ["ipykernel_launcher.py", *asked["argv"]]
        # Every report would otherwise draw the same "random" numbers.
        random.seed()
        sys.modules["numpy"].random.seed()
        launch: Callable[..., None] = sys.modules["ipykernel.kernelapp"].IPKernelApp.launch_instance
        launch(asked["argv"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        # No destructor of the frozen heap runs: they are slow, and not this process's to run.
        os._exit(code)


def redirect(log: str) -> None:
    """Point the three streams at nothing and at the run's log."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(nothing)
    os.close(written)


if __name__ == "__main__":
    main(int(sys.argv[1]))
