"""Set up salesnb in `.venv` and start it; needs nothing but Python.

python3 run.py report      the sample company's reports, with the path of their portal at the end
python3 run.py test        lint, types and tests; with words after it, pytest with those words
python3 run.py lab         JupyterLab in the folder of the notebooks
python3 run.py <words>     salesnb <words>, such as: batch --period 2024-06

On Windows: py run.py report
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "salesnb.stamp"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")


class InstallError(Exception):
    """What stands in the way, in words for whoever typed the command."""


def main(words: Sequence[str]) -> int:
    """Set up when needed, then start what was asked for."""
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    os.chdir(ROOT)
    try:
        if not is_set_up():
            with only_one():
                set_up()
    except InstallError as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"salesnb cannot be set up in {ROOT}: {problem}.", file=sys.stderr)
        return 1
    command, rest = words[0], list(words[1:])
    if command == "test":
        return test(rest)
    if command == "lab":
        return start("-m", "jupyterlab", "--notebook-dir", str(ROOT), *rest)
    return start("-m", "salesnb", *(["demo"] if command == "report" else [command]), *rest)


def test(words: Sequence[str]) -> int:
    """Run lint, types and tests, all of them even when one fails; tests last."""
    if words:
        return start("-m", "pytest", *words)
    steps = [
        ("-m", "ruff", "check", "--no-cache"),
        ("-m", "ruff", "format", "--check", "--no-cache"),
        ("-m", "pyright"),
        ("-m", "pytest", "-q", "-n", str(min(os.cpu_count() or 1, 8)), "--dist", "worksteal"),
    ]
    codes = []
    for step in steps:
        print(f"\n$ python {' '.join(step)}", flush=True)
        codes.append(start(*step))
    failed = [step[1] for step, code in zip(steps, codes, strict=True) if code]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def start(*words: str) -> int:
    """Start the Python of `.venv` and give its exit code."""
    with subprocess.Popen([str(PYTHON), *words]) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                # The child has had it too, and says what it leaves behind.
                continue


# --- setting up -----------------------------------------------------------------------------


def set_up() -> None:
    """Install what the lock names into `.venv`, unless that is already so."""
    if sys.version_info < OLDEST and not shutil.which("uv"):
        have, need = (".".join(map(str, v)) for v in (sys.version_info[:2], OLDEST))
        raise InstallError(
            f"salesnb needs Python {need} or newer; this is {have} ({sys.executable}).\n"
            "Install a newer one, from python.org or your system's packages, and start run.py\n"
            "with it."
        )
    if is_set_up():
        # Another start did it while this one waited.
        return
    # An interrupted install leaves no stamp; the next start goes on in the same folder.
    STAMP.unlink(missing_ok=True)
    print("Setting up salesnb in .venv. This happens once and takes a minute or two.", flush=True)
    uv = shutil.which("uv")
    if not (uv and with_uv(uv)):
        with_pip()
    STAMP.write_text(stamp(), encoding="utf-8")


def is_set_up() -> bool:
    """Whether `.venv` holds what the lock names."""
    stamped = STAMP.is_file() and STAMP.read_text(encoding="utf-8") == stamp()
    return stamped and PYTHON.is_file()


def stamp() -> str:
    """Describe what belongs into `.venv`: the lock, the project's metadata, this Python."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def with_uv(uv: str) -> bool:
    """Install with uv; give False when it cannot, so that pip is tried."""
    version = sys.executable if sys.version_info >= OLDEST else ".".join(map(str, OLDEST))
    install = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    steps = [
        [uv, "venv", "--quiet", "--allow-existing", "--python", version, str(VENV)],
        [*install, "--compile-bytecode", "--require-hashes", "-r", str(LOCK)],
        [*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ]
    if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
        return True
    print("uv could not do it; trying pip.", flush=True)
    return False


def with_pip() -> None:
    """Install with the standard library's venv, and pip."""
    if sys.version_info < OLDEST:
        raise InstallError("uv could not set up a newer Python; see its message above.")
    pip = [str(PYTHON), "-m", "pip"]
    if not (PYTHON.is_file() and works([*pip, "--version"])):
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
        )
        if made.returncode:
            pip = pip_from_outside(made.stdout + made.stderr)
    # A user's own settings for other places must not lead pip out of .venv.
    env = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input"]
    for what in (
        ["--require-hashes", "-r", str(LOCK)],
        ["--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if subprocess.run([*pip, *quiet, *what], env=env, check=False).returncode:
            raise InstallError(
                "The packages could not be installed; pip says why above. Start run.py again when\n"
                "that is mended: it goes on where it stopped."
            )


def pip_from_outside(said: str) -> list[str]:
    """Give the pip of this Python, working on `.venv`, where ensurepip is missing."""
    bare = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]
    if works([sys.executable, "-m", "pip", "--version"]) and works(bare):
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    raise InstallError(
        f"Python could not make .venv:\n{said.strip()}\n"
        "On Debian and Ubuntu, `sudo apt install python3-venv` brings what is missing;\n"
        "start run.py again after it."
    )


def works(command: Sequence[str]) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one start at a time set up; the lock falls with its holder, however that ends."""
    with (ROOT / ".run.lock").open("a+b") as held:
        if WINDOWS:
            import msvcrt

            held.seek(0)
            while True:
                try:
                    msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
                    break
                except OSError:
                    continue
            try:
                yield
            finally:
                held.seek(0)
                msvcrt.locking(held.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(held, fcntl.LOCK_EX)
            yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
