"""A fingerprint changes with everything a report is made of, and with nothing else."""

import json

import nbformat
import pytest

from salesnb.data.store import open_store
from salesnb.running.asked import Desk
from salesnb.running.fingerprint import fingerprint


def made_of(project, region="华东", **words):
    desk = Desk(project, project / "outputs")
    job = desk.ask("tiny", region, "2024-06", **words)
    return fingerprint(job, open_store(project / "data"))


def test_it_covers_the_regions_own_rows(project, company):
    before = {region: made_of(project, region)["job"] for region in ("华东", "华南", "all")}
    company(华南=21.0)
    after = {region: made_of(project, region)["job"] for region in before}
    assert {region for region in before if before[region] != after[region]} == {"华南", "all"}


def test_a_run_changes_nothing_but_an_edit_does(project):
    before = made_of(project)
    path = project / "notebooks" / "tiny.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[2].execution_count = 7
    notebook.metadata["papermill"] = {"duration": 1.0}
    nbformat.write(notebook, path)
    assert made_of(project) == before
    notebook.cells[0].source += "!"
    nbformat.write(notebook, path)
    assert {name for name in before if before[name] != made_of(project)[name]} == {
        "notebook",
        "job",
    }


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("common.yaml", "# a comment\n", False),
        ("common.yaml", "n_trials: 10\n", True),
        ("tiny.yaml", "language: en\n", True),
        ("regions/华东.yaml", "region: 华东\nn_trials: 10\n", True),
        ("regions/华南.yaml", "region: 华南\nn_trials: 10\n", False),
        ("remarks/华东/2024-06.yaml", "remarks: 好\n", True),
        ("remarks/华南/2024-06.yaml", "remarks: 好\n", False),
        ("playbook.yaml", "actions: []\n", True),
    ],
)
def test_what_is_written_beside_it(project, name, text, changes):
    before = made_of(project)["job"]
    path = project / "parameters" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert (made_of(project)["job"] != before) is changes


def test_earlier_facts_of_its_own_region(project):
    before = made_of(project)["job"]
    folder = project / "outputs" / "2024-05" / "tiny"
    folder.mkdir(parents=True)
    (folder / "华南.json").write_text(json.dumps({}))
    assert made_of(project)["job"] == before
    (folder / "华东.json").write_text(json.dumps({}))
    assert made_of(project)["job"] != before


def left(project, period, notebook, region="华东"):
    path = project / "outputs" / period / notebook / f"{region}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({}))


def review_of(project):
    (project / "notebooks" / "tiny.ipynb").rename(project / "notebooks" / "monthly_review.ipynb")
    job = Desk(project, project / "outputs").ask("monthly_review", "华东", "2024-06")
    return lambda: fingerprint(job, open_store(project / "data"))["earlier"]


@pytest.mark.parametrize(
    ("period", "notebook", "reads"),
    [
        ("2024-05", "diagnosis", True),
        ("2024", "goal_decomposition", True),
        ("2023", "annual_summary", True),
        ("2024-04", "diagnosis", False),
        ("2024-06", "diagnosis", False),
        ("2024", "annual_summary", False),
    ],
)
def test_facts_of_other_reports_it_reads(project, period, notebook, reads):
    earlier = review_of(project)
    before = earlier()
    left(project, period, notebook, "华南")
    assert earlier() == before
    left(project, period, notebook)
    assert (earlier() != before) is reads


def test_parameters_typed(project):
    assert made_of(project)["job"] != made_of(project, typed=[("as_of", "2024-06-10")])["job"]


def test_what_holds_for_all_regions_reaches_all(project, company):
    before = made_of(project)["job"]
    company(华南=21.0)
    assert made_of(project)["job"] == before
    # Days of the company that no region has yet: the month is not over for anybody.
    path = project / "data" / "company.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["company"]["complete_until"] = "2024-06-20"
    path.write_text(json.dumps(said), encoding="utf-8")
    assert made_of(project)["job"] != before
