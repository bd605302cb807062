"""A notebook's prose in the reader's language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from nbformat import NotebookNode

from salesnb.language import CODES


@lru_cache(maxsize=32)
def shipped_texts(code: str, notebook: str) -> Mapping[str, str]:
    """Give the shipped markdown of a notebook by cell id, empty when there is none."""
    path = files("salesnb") / "languages" / code / "notebooks" / f"{notebook}.toml"
    if not path.is_file():
        return {}
    return {
        name: str(text).strip() for name, text in tomllib.loads(path.read_text("utf-8")).items()
    }


def translate_cells(notebook: NotebookNode, name: str, code: str) -> NotebookNode:
    """Put a notebook's prose into a language, cell by cell, in place.

    A cell is put over only when its text is one we shipped, in any language: what an analyst
    wrote stays as it was written.
    """
    wanted = shipped_texts(code, name)
    known = [shipped_texts(other, name) for other in CODES]
    for cell in notebook.cells:
        key = cell.get("id", "")
        ours = any(texts.get(key) == cell.source.strip() for texts in known)
        if cell.cell_type == "markdown" and key in wanted and ours:
            cell.source = wanted[key]
    return notebook
