"""A tiny company, and tiny notebooks that publish facts without computing anything."""

from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from salesnb.data.store import Company, write_tables
from salesnb.parameters import CELL
from salesnb.running.asked import Desk

PUBLISH = """\
from IPython.display import publish_display_data
publish_display_data({"application/vnd.salesnb.report+json": {
    "schema": 1, "notebook": "tiny", "region": region, "period": period, "as_of": period + "-30",
    "language": "zh", "currency": "CNY", "status": "ok", "title": region, "parameters": {},
    "fingerprint": {}, "findings": [], "actions": [], "sections": [],
    "facts": [{"metric": "net_sales", "scope": {}, "period": period, "value": 1.5,
               "unit": "money", "numerator": None, "denominator": None, "n": 1, "reason": None}]}})
"""


def write_company(folder, **amounts):
    """Write a company with an order in May and June for each region; of None there is no row."""
    amounts = {"华东": 10.0, "华南": 20.0} | amounts
    regions = tuple(amounts)
    amounts = {region: amount for region, amount in amounts.items() if amount is not None}
    orders = pd.DataFrame(
        {
            "order_id": [f"{region}-{month}" for region in amounts for month in (5, 6)],
            "order_date": pd.to_datetime(["2024-05-10", "2024-06-28"] * len(amounts)),
            "region": [region for region in amounts for _ in (5, 6)],
            "customer_id": "c1",
            "amount": [amount for amount in amounts.values() for _ in (5, 6)],
            "status": "counted",
        }
    )
    return write_tables(folder, {"orders": orders}, Company(regions=regions))


def write_notebook(path: Path, *cells: str, publish: str = PUBLISH, **parameters: str) -> Path:
    """Write a notebook with the usual parameters, some cells, and facts at the end."""
    lines = [f'{name}: str = ""  # What it is' for name in CELL]
    lines += [f"{name}: {said}" for name, said in parameters.items()]
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 标题", id="title"),
            new_code_cell("\n".join(lines), id="parameters", metadata={"tags": ["parameters"]}),
            *(new_code_cell(cell, id=f"step-{n}") for n, cell in enumerate(cells, start=1)),
            new_code_cell(publish, id="publish", metadata={"tags": ["publish"]}),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a project with a tiny company and one notebook, and work in it."""
    (tmp_path / "parameters" / "regions").mkdir(parents=True)
    write_company(tmp_path / "data")
    write_notebook(tmp_path / "notebooks" / "tiny.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def desk(project):
    """Give the desk of the tiny project."""
    return Desk(project, project / "outputs")


@pytest.fixture
def company(project):
    """Give a function that writes the tiny company again with other amounts."""
    return lambda **amounts: write_company(project / "data", **amounts)


@pytest.fixture
def notebook(project):
    """Give a function that writes one more notebook from the text of its cells."""

    def write(name, *cells, **more):
        return write_notebook(project / "notebooks" / f"{name}.ipynb", *cells, **more)

    return write
