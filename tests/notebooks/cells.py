"""The cells of a delivered notebook, run on an open report without a kernel."""

import json
from pathlib import Path

import salesnb as s

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def code_cells(notebook):
    """Give the code of the cells that show something, by their names."""
    path = NOTEBOOKS / f"{notebook}.ipynb"
    skipped = ("parameters", "setup", "publish")
    return {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code" and cell["id"] not in skipped
    }


def run(review):
    """Run the notebook's cells on an open review; give the markup of each and the content."""
    shown = {
        name: eval(source, {"s": s, "review": review})._repr_html_()
        for name, source in code_cells(review.parameters.notebook).items()
    }
    return shown, review.content()
