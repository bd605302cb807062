"""Lock, constraints, environment.yml and pyproject.toml say the same, and nothing is left out."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Import name → name on the package index, where they differ.
NAMES = {"yaml": "pyyaml", "PIL": "pillow", "fontTools": "fonttools", "dateutil": "python-dateutil"}
STANDARD = {*sys.stdlib_module_names, "salesnb"}


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def locked():
    """Give the requirements of the lock, without their hashes."""
    return [
        Requirement(line.rstrip(" \\"))
        for line in lines("requirements.lock")
        if not line.startswith("--hash")
    ]


def asked_for(project):
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


def test_constraints_are_the_lock_without_hashes(locked):
    assert [Requirement(line) for line in lines("constraints.txt")] == locked


def test_every_locked_package_has_hashes():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=\w)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_lock_holds_what_pyproject_asks_for(project, locked):
    for asked in asked_for(project):
        pins = [
            pin for pin in locked if canonicalize_name(pin.name) == canonicalize_name(asked.name)
        ]
        assert pins, f"{asked.name} is not in requirements.lock; CONTRIBUTING says how to renew it"
        for pin in pins:
            version = str(pin.specifier).removeprefix("==")
            assert asked.specifier.contains(version), f"{pin} does not fit {asked}"


def test_environment_is_python_pip_and_the_same_pins(project):
    said = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, inner = said["dependencies"]
    extras = ",".join(project["optional-dependencies"])
    assert (said["name"], pip) == ("salesnb", "pip")
    assert inner == {"pip": ["-c constraints.txt", f"-e .[{extras}]"]}
    version = python.removeprefix("python=")
    assert SpecifierSet(project["requires-python"]).contains(version)


def test_what_is_imported_is_asked_for(project):
    """Papermill and others bring much along, and may stop doing so."""
    declared = {canonicalize_name(asked.name) for asked in asked_for(project)}
    used = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found = [node.module]
            for name in found:
                top = name.partition(".")[0]
                if top not in STANDARD:
                    used.setdefault(canonicalize_name(NAMES.get(top, top)), path.name)
    assert {name: where for name, where in used.items() if name not in declared} == {}


@pytest.mark.slow
def test_the_pins_fit_together_here(locked):
    """What is installed is what the lock says, for this Python on this system."""
    here = default_environment()
    wanted = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in locked
        if pin.marker is None or pin.marker.evaluate(here)
    }
    found = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format", "freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        pytest.skip("pip is not installed here; uv set this environment up")
    have = dict(line.split("==") for line in found.stdout.splitlines() if "==" in line)
    have = {canonicalize_name(name): version for name, version in have.items()}
    if not (ROOT / ".venv" / "salesnb.stamp").is_file():
        pytest.skip("this environment was not made by run.py")
    assert {name: have.get(name) for name in wanted} == wanted
