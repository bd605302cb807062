"""The front door: flat, sorted, complete, and every name documented."""

import ast
from pathlib import Path

import pytest

import salesnb

HOUSE = Path(salesnb.__file__).parent
ALL = getattr(salesnb, "__all__", [])
MODULES = sorted(path for path in HOUSE.rglob("*.py") if "_kit" not in path.parts)


def test_names_are_sorted_and_said_once():
    assert list(ALL) == sorted(set(ALL), key=str.casefold) or list(ALL) == sorted(set(ALL))


@pytest.mark.parametrize("name", ALL)
def test_every_name_opens_and_is_documented(name):
    thing = getattr(salesnb, name)
    if callable(thing):
        assert (thing.__doc__ or "").strip(), f"{name} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_public_things_say_what_they_give(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert path.name == "__init__.py" or ast.get_docstring(tree), "the module has no docstring"
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent
