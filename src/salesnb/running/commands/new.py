"""`salesnb new`: a folder of one's own, with everything a report needs."""

from __future__ import annotations

import re
import shutil
from argparse import Namespace
from pathlib import Path

import nbformat

from salesnb.errors import ParameterError, Problem
from salesnb.language import Language
from salesnb.parameters import kit
from salesnb.running.commands.answer import Answer
from salesnb.running.notebooks import read_notebook
from salesnb.running.translate import translate_cells
from salesnb.sample.ensure import ensure_sample

_LANGUAGE = re.compile(r"^language: .*$", re.MULTILINE)


def new(words: Namespace) -> Answer:
    """Make a folder with notebooks, parameters and sample data."""
    folder = Path(words.folder)
    make_project(folder, words.language)
    lines = [
        f"{folder}: notebooks, parameters and a sample company.",
        f"Next: cd {folder} && salesnb batch --period 2024-06",
    ]
    return Answer(lines, {"folder": str(folder.resolve()), "language": words.language})


def make_project(folder: Path, language: str) -> None:
    """Make a project folder for an analyst, everything in it in one language.

    Raises
    ------
    ParameterError
        If there is something in that place already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fix = "Name a folder that does not exist yet."
        raise ParameterError(Problem(f"{folder} is not empty", fix=fix))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(kit() / "parameters", folder / "parameters")
    common = folder / "parameters" / "common.yaml"
    said = common.read_text(encoding="utf-8")
    common.write_text(_LANGUAGE.sub(f"language: {language}", said), encoding="utf-8", newline="\n")
    (folder / "notebooks").mkdir()
    for path in sorted((kit() / "notebooks").glob("*.ipynb")):
        notebook = translate_cells(read_notebook(path), path.stem, language)
        text = nbformat.writes(notebook) + "\n"
        (folder / "notebooks" / path.name).write_text(text, encoding="utf-8", newline="\n")
    readme = Language.load(language)("folder.readme").lstrip("\n")
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    (folder / ".gitignore").write_text("/data/\n/outputs/\n", encoding="utf-8", newline="\n")
    ensure_sample(folder / "data", folder / "data")
