"""The one-way rule: a room imports only rooms built before it, and a kernel loads no runner."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "src" / "salesnb"
FLOORS = [
    "errors",
    "period",
    "language",
    "parameters",
    "data",
    "sample",
    "metrics",
    "explain",
    "plan",
    "findings",
    "figures",
    "report",
    "running",
    "delivery",
    "cli",
    "__main__",
]
IN_KERNEL = FLOORS[: FLOORS.index("running")]
RUNNERS = {"papermill", "nbconvert", "nbformat", "nbclient", "jupyter_client"}
MODULES = sorted(path for path in HOUSE.rglob("*.py") if "_kit" not in path.parts)


def room_of(path):
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def problems_of(source, room):
    """List what breaks the rule in a module's source."""
    tree = ast.parse(source)
    outside = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if id(node) not in outside:
            yield f"line {node.lineno} imports inside a function or a condition"
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno} imports relatively; write salesnb.<room>"
            continue
        for name in modules_of(node):
            first, _, rest = name.partition(".")
            used = rest.partition(".")[0]
            if first == "salesnb" and used not in FLOORS:
                if used != "__version__":
                    yield f"line {node.lineno} uses the front door; write salesnb.<room>"
            elif first == "salesnb" and room in FLOORS and FLOORS.index(used) > FLOORS.index(room):
                yield f"line {node.lineno}: {room} imports {used}, built above it"
            elif first in RUNNERS and room in IN_KERNEL:
                yield f"line {node.lineno}: {room} runs in the kernel and may not load {first}"


def modules_of(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module == "salesnb":
        return [f"salesnb.{alias.name}" for alias in node.names]
    return [node.module]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_imports_only_go_down(path):
    room = "front door" if path == HOUSE / "__init__.py" else room_of(path)
    assert not list(problems_of(path.read_text(encoding="utf-8"), room))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_every_room_is_on_a_floor(path):
    assert path == HOUSE / "__init__.py" or room_of(path) in FLOORS


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("from salesnb.report.page import Page", "line 1: metrics imports report, built above it"),
        ("from .other import x", "line 1 imports relatively; write salesnb.<room>"),
        ("from salesnb import open_report", "line 1 uses the front door; write salesnb.<room>"),
        ("import salesnb", "line 1 uses the front door; write salesnb.<room>"),
        ("import papermill", "line 1: metrics runs in the kernel and may not load papermill"),
        ("def f():\n    import json", "line 2 imports inside a function or a condition"),
        ("if TYPE_CHECKING:\n    import json", "line 2 imports inside a function or a condition"),
    ],
)
def test_the_rule_sees_each_way_to_break_it(source, problem):
    assert problem in list(problems_of(source, "metrics"))


def test_a_kernel_loads_no_runner():
    names = "[getattr(salesnb, name) for name in getattr(salesnb, '__all__', [])]"
    code = f"import sys, salesnb; {names}; print(*sorted({RUNNERS} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(HOUSE.parent)},
    )
    assert done.stdout.split() == []
