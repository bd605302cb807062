"""The rules a notebook keeps, so that it reads as a report and runs anywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from salesnb.errors import ParameterError, Problem
from salesnb.parameters import CELL
from salesnb.running.cell import read_cell
from salesnb.running.notebooks import read_notebook, tags

LINES, LINES_OF_LISTS = 8, 14
_LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.With,
    ast.Try,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|Users|mnt|tmp)/\w|[A-Za-z]:\\\\?\w")
_LISTS = {"parameters", "setup"}


def check_notebook(path: Path) -> list[Problem]:
    """List what in a notebook breaks the rules.

    Raises
    ------
    ParameterError
        If the file is no notebook.
    """
    notebook = read_notebook(path)
    found = [*_form(notebook), *_ids(notebook), *_tagged(notebook)]
    asked = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            asked = True
        elif cell.cell_type == "code":
            found += _code(cell, asked)
            asked = asked and bool(tags(cell) & {"parameters", "setup", "publish"})
    return [Problem(p.what, f"{path.name}{p.where}", p.got, p.fix) for p in found]


def _form(notebook: NotebookNode) -> Iterator[Problem]:
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield Problem("not a valid notebook", got=str(error).splitlines()[0])


def _ids(notebook: NotebookNode) -> Iterator[Problem]:
    seen = set()
    for place, cell in enumerate(notebook.cells, start=1):
        name = str(cell.get("id", ""))
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or re.fullmatch(
            r"(?=.*\d)[0-9a-f]{8}(-[0-9a-f-]+)?", name
        ):
            fix = "Give it one such as `show-goal`: translations and tests point to it."
            yield Problem(f"cell {place} has no name as its id", got=name, fix=fix)
        if name in seen:
            yield Problem(f"two cells have the id `{name}`")
        seen.add(name)


def _tagged(notebook: NotebookNode) -> Iterator[Problem]:
    for tag in ("parameters", "publish"):
        count = sum(tag in tags(cell) for cell in notebook.cells)
        if count != 1:
            fix = f"Give exactly one cell the tag `{tag}`."
            yield Problem(f"{count} cells have the tag `{tag}`", fix=fix)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if code and "parameters" not in tags(code[0]):
        yield Problem("the first code cell is not the one with the parameters")
    for cell in notebook.cells:
        if "parameters" in tags(cell):
            yield from _parameters(cell)


def _parameters(cell: NotebookNode) -> Iterator[Problem]:
    try:
        declared = read_cell(cell.source)
    except ParameterError as error:
        yield from (Problem(p.what, f" {p.where}", p.got, p.fix) for p in error.problems)
        return
    for name in CELL:
        if name not in declared:
            fix = f'Add `{name}: str = ""  # …`, and pass it to open_report.'
            yield Problem(f"the parameter `{name}` is missing", fix=fix)
    for line in cell.source.splitlines():
        # Papermill reads these lines with a pattern that a second `=` leads astray.
        if line.count("=") > 1:
            yield Problem("a parameter's line has two `=`", got=line.strip()[:60])
    for parameter in declared.values():
        if not parameter.help:
            yield Problem(
                f"the parameter `{parameter.name}` has no help", fix="Add `# …` behind it."
            )


def _code(cell: NotebookNode, asked: bool) -> Iterator[Problem]:
    where = f" cell `{cell.get('id', '')}`"
    if cell.outputs or cell.execution_count is not None:
        yield Problem("the cell holds results", where, fix="Run `salesnb clean` on the notebook.")
    lines = [line for line in cell.source.splitlines() if line.strip()]
    most = LINES_OF_LISTS if tags(cell) & _LISTS else LINES
    if len(lines) > most:
        fix = f"At most {most}; a longer one wants a function in the package."
        yield Problem("the cell is long", where, f"{len(lines)} lines", fix)
    if not asked and not tags(cell) & {*_LISTS, "publish"}:
        fix = "Say before it what it answers."
        yield Problem("the cell follows no text", where, fix=fix)
    if _PATH.search(cell.source):
        yield Problem("the cell names a folder of one machine", where)
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        yield Problem("the cell is not Python", where, str(error.msg))
        return
    yield from _logic(tree, where, "setup" in tags(cell))


def _logic(tree: ast.Module, where: str, is_setup: bool) -> Iterator[Problem]:
    for node in ast.walk(tree):
        if isinstance(node, _LOGIC):
            fix = "If a cell wants a loop or a condition, the package wants a function."
            yield Problem(
                "the cell holds logic", where, ast.unparse(node).splitlines()[0][:60], fix
            )
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            said = ast.unparse(node)
            if said != "import salesnb as s" or not is_setup:
                fix = "Only `import salesnb as s`, in the cell `setup`."
                yield Problem("the cell imports", where, said, fix)
