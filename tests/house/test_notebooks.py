"""Every notebook keeps the rules, and each rule is seen when it is broken."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from salesnb.parameters import CELL
from salesnb.running.notebooks import clean_notebook
from salesnb.running.rules import check_notebook

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    assert [str(problem) for problem in check_notebook(path)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_as_clean_leaves_it(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    assert not clean_notebook(copy)


def a_notebook(*cells):
    """Give a notebook that keeps the rules, with more cells before the last."""
    parameters = "\n".join(f'{name}: str = ""  # What it is' for name in CELL)
    return new_notebook(
        cells=[
            new_markdown_cell("# Title", id="title"),
            new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
            new_code_cell("import salesnb as s", id="setup", metadata={"tags": ["setup"]}),
            *cells,
            new_code_cell("review.publish()", id="publish", metadata={"tags": ["publish"]}),
        ],
    )


def problems(tmp_path, notebook):
    path = tmp_path / "x.ipynb"
    nbformat.write(notebook, path)
    return [problem.what for problem in check_notebook(path)]


def test_a_notebook_that_keeps_the_rules(tmp_path):
    cells = new_markdown_cell("## Why?", id="ask"), new_code_cell("s.show(r)", id="show")
    assert problems(tmp_path, a_notebook(*cells)) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("for x in y: z", "the cell holds logic"),
        ("[x for x in y]", "the cell holds logic"),
        ("a if b else c", "the cell holds logic"),
        ("def f(): pass", "the cell holds logic"),
        ("import pandas", "the cell imports"),
        ("\n".join("abcdefghi"), "the cell is long"),
        ("x = '/home/" + "jane/data'", "the cell names a folder of one machine"),
        ("s.show(", "the cell is not Python"),
    ],
)
def test_a_cell_that_breaks_a_rule(tmp_path, source, problem):
    cells = new_markdown_cell("## Why?", id="ask"), new_code_cell(source, id="show")
    assert problem in problems(tmp_path, a_notebook(*cells))


def test_a_cell_without_text_before_it(tmp_path):
    cells = [new_markdown_cell("## Why?", id="ask")]
    cells += [new_code_cell("s.a(r)", id="one"), new_code_cell("s.b(r)", id="two")]
    assert problems(tmp_path, a_notebook(*cells)) == ["the cell follows no text"]


def test_results_and_bad_ids(tmp_path):
    notebook = a_notebook()
    notebook.cells[2].outputs = [new_output("stream", text="x")]
    notebook.cells[2].execution_count = 1
    notebook.cells[0].id = "9f86d081"
    assert problems(tmp_path, notebook) == [
        "cell 1 has no name as its id",
        "the cell holds results",
    ]


def test_parameters_that_miss_a_name_or_confuse_papermill(tmp_path):
    notebook = a_notebook()
    notebook.cells[1].source = 'region: str = ""  # a = b\nregions = f(x)'
    assert problems(tmp_path, notebook) == ["the default of `regions` is not a plain value"]
    notebook.cells[1].source = 'region: str = ""  # a = b'
    found = problems(tmp_path, notebook)
    assert "a parameter's line has two `=`" in found
    assert "the parameter `period` is missing" in found
