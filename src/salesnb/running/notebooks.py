"""Notebooks as files: where they are, what they declare, without what a run left in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.parameters import kit
from salesnb.running.cell import Declared, read_cell


@dataclass(frozen=True)
class Notebook:
    """A notebook to run: its name, its file, its content."""

    name: str
    path: Path
    content: NotebookNode

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """What its parameters cell declares.

        Raises
        ------
        ParameterError
            If it has no such cell, or one that cannot be read.
        """
        cells = [cell for cell in self.content.cells if "parameters" in tags(cell)]
        if not cells:
            fix = "Give the cell with the parameters the tag `parameters`."
            raise ParameterError(
                Problem("no cell has the tag `parameters`", self.path.name, fix=fix)
            )
        try:
            return read_cell(cells[0].source)
        except ParameterError as error:
            raise ParameterError(error.problems, where=self.path.name) from error

    @cached_property
    def sources(self) -> str:
        """What it does: type, tags and text of each cell, without what a run left in it."""
        cells = [[cell.cell_type, sorted(tags(cell)), cell.source] for cell in self.content.cells]
        return json.dumps(cells, ensure_ascii=False)


def tags(cell: NotebookNode) -> set[str]:
    """Give the tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def notebook_folders(project: Path) -> list[Path]:
    """Give the folders notebooks are looked for in: the project's, then the delivered ones."""
    folders = [project / "notebooks", kit() / "notebooks"]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def notebook_names(project: Path, delivered: bool = True) -> list[str]:
    """Give the names of the notebooks there are, sorted.

    Without `delivered` those of the project only, if it has any: what a batch runs.
    """
    folders = notebook_folders(project)
    found = {path.stem for folder in folders for path in folder.glob("*.ipynb")}
    if not delivered and folders:
        own = {path.stem for path in folders[0].glob("*.ipynb")}
        found = own or found
    return sorted(found)


def find_notebook(said: str, project: Path) -> Notebook:
    """Open a notebook by its name or its path.

    Raises
    ------
    ParameterError
        If there is none, with the nearest name; if the file is no notebook.
    """
    direct = Path(said)
    candidates = [direct, direct.with_name(f"{direct.name}.ipynb")] if said else []
    candidates += [folder / f"{said}.ipynb" for folder in notebook_folders(project)]
    for path in candidates:
        if path.is_file():
            return Notebook(path.stem, path, read_notebook(path))
    fix = suggest(said, notebook_names(project))
    raise ParameterError(Problem(f"there is no notebook `{said}`", fix=fix))


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook file.

    Raises
    ------
    ParameterError
        If it is no notebook.
    """
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ParameterError(Problem("the file is no notebook", path.name, said)) from error


def clean_notebook(path: Path) -> bool:
    """Take out of a notebook what running it left there; tell whether there was anything.

    Cell ids, tags and text stay as they are.
    """
    notebook = read_notebook(path)
    before = nbformat.writes(notebook)
    for cell in notebook.cells:
        cell.metadata = {
            key: cell.metadata[key] for key in ("tags", "name") if key in cell.metadata
        }
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": spec, "language_info": {"name": "python"}}
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in tags(cell)]
    after = nbformat.writes(nbformat.from_dict(notebook))
    if after == before:
        return False
    path.write_text(after + "\n", encoding="utf-8", newline="\n")
    return True
