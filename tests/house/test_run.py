"""run.py sets up and starts, and says what stands in the way where it cannot."""

import ast
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "run.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give run.py as a module, in a folder of its own, with a record of what it starts."""
    (tmp_path / "requirements.lock").write_text("x==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "run.py").write_bytes(SOURCE.read_bytes())
    spec = importlib.util.spec_from_file_location("run_py", tmp_path / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.started = []

    def started(words, **options):
        module.started.append([str(word) for word in words])
        if "venv" in words:
            module.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            module.PYTHON.write_text("")
        return subprocess.CompletedProcess(
            words, module.codes.pop(0) if module.codes else 0, "", ""
        )

    module.codes = []
    monkeypatch.setattr(module.subprocess, "run", started)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module, "start", lambda *words: module.started.append(list(words)) or 0)
    monkeypatch.chdir(tmp_path)
    return module


def test_it_needs_nothing_but_python():
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names


def test_an_old_python_can_still_read_it():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_it_installs_the_lock_by_hash_and_then_this_project(run):
    run.main(["batch", "--period", "2024-06"])
    kinds = [words[1:4] for words in run.started]
    assert kinds[0] == ["-m", "venv", "--clear"]
    assert run.started[1][-3:] == ["--require-hashes", "-r", str(run.LOCK)]
    assert run.started[2][-4:] == ["--no-deps", "--no-build-isolation", "-e", str(run.ROOT)]
    assert run.started[3] == ["-m", "salesnb", "batch", "--period", "2024-06"]


def test_a_second_start_installs_nothing(run):
    run.main(["report"])
    run.started.clear()
    run.main(["report"])
    assert run.started == [["-m", "salesnb", "demo"]]


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_installs_again(run, tmp_path, name):
    run.main(["report"])
    (tmp_path / name).write_text("x==2\n")
    run.started.clear()
    run.main(["report"])
    assert len(run.started) > 1


def test_an_interrupted_install_is_gone_on_with(run, capsys):
    run.codes = [0, 1]
    assert run.main(["report"]) == 1
    assert "The packages could not be installed" in capsys.readouterr().err
    assert not run.STAMP.exists()
    run.started.clear()
    assert run.main(["report"]) == 0
    assert ["-m", "venv"] not in [words[1:3] for words in run.started]


def test_without_ensurepip_the_pip_outside_is_used(run):
    run.codes = [1]
    assert run.main(["report"]) == 0
    installs = [words for words in run.started if "install" in words]
    assert all(
        words[:5] == [sys.executable, "-m", "pip", "--python", str(run.PYTHON)]
        for words in installs
    )


def test_without_any_pip_the_package_is_named(run, capsys):
    run.codes = [1, 1]
    assert run.main(["report"]) == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_an_old_python_is_told_so(run, capsys, monkeypatch):
    monkeypatch.setattr(run, "OLDEST", (9, 9))
    assert run.main(["report"]) == 1
    assert capsys.readouterr().err.startswith("salesnb needs Python 9.9 or newer; this is 3.")


def test_uv_is_used_where_it_is_and_pip_where_it_fails(run, monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: "uv")
    run.main(["report"])
    assert {words[0] for words in run.started[:-1]} == {"uv"}
    run.STAMP.unlink()
    run.started.clear()
    run.codes = [1]
    assert run.main(["report"]) == 0
    assert run.started[-2][1:4] == ["-m", "pip", "install"]


def test_two_starts_at_once_install_once(run):
    threads = [threading.Thread(target=run.main, args=(["report"],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("venv" in words for words in run.started) == 1


def test_tests_take_words_and_run_lint_and_types_without(run):
    run.main(["test", "tests/house", "-k", "x"])
    assert run.started[-1] == ["-m", "pytest", "tests/house", "-k", "x"]
    run.main(["test"])
    assert [words[1] for words in run.started[-4:]] == ["ruff", "ruff", "pyright", "pytest"]


@pytest.mark.skipif(os.name != "posix", reason="a file's right to run")
def test_ci_calls_the_readmes_test_command():
    ci = ROOT / ".ci" / "run"
    assert os.access(ci, os.X_OK)
    command = ci.read_text(encoding="utf-8").splitlines()[-1].removeprefix("exec ")
    assert command == "python3 run.py test"
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
