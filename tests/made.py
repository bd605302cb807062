"""Reports made from the notebooks in this process: what a kernel would leave, without one."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_output

import salesnb as s
from salesnb.running.export import SalesnbExporter

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
PERIOD = "2024-06"


def review_of(name, **cell):
    """Open a report as its notebook's setup cell does."""
    return s.open_report(name, **{"region": "all", "period": PERIOD} | cell)


def notebook_of(name, **cell):
    """Run a notebook's cells on an open report and give it with its outputs."""
    review = review_of(name, **cell)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    for part in notebook.cells:
        tags = part.metadata.get("tags", [])
        if part.cell_type != "code" or "parameters" in tags or "setup" in tags:
            continue
        block = eval(part.source, {"s": s, "review": review})
        if hasattr(block, "_repr_mimebundle_"):
            data = block._repr_mimebundle_()
        else:
            data = {"text/html": block._repr_html_(), "text/plain": repr(block)}
        part.outputs = [new_output("execute_result", data=data, execution_count=1)]
    return notebook


def page_of(notebook, name, **settings):
    """Write a notebook's page."""
    resources = {"metadata": {"name": name}}
    return SalesnbExporter(**settings).from_notebook_node(notebook, resources)[0]
