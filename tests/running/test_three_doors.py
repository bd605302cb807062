"""JupyterLab's way, plain papermill and `salesnb run` come to one report."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from salesnb.cli import main
from salesnb.running.export import report_facts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """Give a folder as `salesnb new` makes it."""
    folder = tmp_path_factory.mktemp("analyst") / "mine"
    assert main(["new", str(folder)]) == 0
    return folder


def run(folder, *words):
    env = {name: value for name, value in os.environ.items() if name != "SALESNB_PROJECT"}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_papermill_and_nbconvert_give_the_same_report(mine, monkeypatch):
    monkeypatch.chdir(mine)
    assert main(["run", "monthly_review", "--region", "华东", "--period", "2024-06"]) == 0
    ours = mine / "outputs" / "2024-06" / "monthly_review" / "华东.json"
    facts = json.loads(ours.read_text(encoding="utf-8"))

    plain = "notebooks/monthly_review.ipynb executed.ipynb -f parameters/regions/华东.yaml"
    run(mine, "papermill", *plain.split())
    theirs = dict(report_facts(nbformat.read(mine / "executed.ipynb", 4)))
    stamps = facts.pop("fingerprint"), theirs.pop("fingerprint")
    assert theirs == facts
    assert stamps[1].items() <= stamps[0].items()

    run(mine, "nbconvert", "--to", "salesnb", "executed.ipynb")
    page = (mine / "executed.html").read_text(encoding="utf-8")
    assert page == ours.with_suffix(".html").read_text(encoding="utf-8")
