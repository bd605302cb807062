"""One report: three files or none, the right one, and a plain cause when it fails."""

import json
import re

import nbformat
import pytest

from salesnb.data.store import open_store
from salesnb.running.fingerprint import fingerprint
from salesnb.running.job import Bench, run_job
from salesnb.running.limits import Limits
from salesnb.running.outcome import FAILED, FILES


@pytest.fixture
def run(desk, project):
    """Give a function that runs a notebook for 华东 and gives job and outcome."""

    def run_one(name="tiny", limits=None):
        job = desk.ask(name, "华东", "2024-06")
        made_of = fingerprint(job, desk.store(project / "data"))
        return job, run_job(job, made_of, Bench(limits=limits or Limits()))

    return run_one


def test_a_report_is_three_files(run):
    job, outcome = run()
    assert (outcome.status, outcome.cause) == ("ok", None)
    assert sorted(path.name for path in job.file("").parent.iterdir()) == [
        "华东.html",
        "华东.ipynb",
        "华东.json",
    ]
    facts = json.loads(job.file(".json").read_text(encoding="utf-8"))
    assert (facts["region"], facts["period"], facts["status"]) == ("华东", "2024-06", "ok")
    assert facts["fingerprint"] == fingerprint(job, open_store(job.parameters.data))
    assert 'lang="zh' in job.file(".html").read_text(encoding="utf-8")


def test_the_executed_notebook_is_readable_and_names_no_folder_of_this_machine(run, project):
    job, _ = run()
    text = job.file(".ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, 4)
    assert notebook.cells[2].source == '# Parameters\nregion = "华东"\nperiod = "2024-06"\n'
    assert notebook.metadata.papermill.input_path == "notebooks/tiny.ipynb"
    assert str(project) not in text


def test_the_kernel_works_in_a_folder_of_its_own_and_finds_the_project(run, notebook, project):
    notebook(
        "where",
        "import os, salesnb.parameters as p; from pathlib import Path",
        "print(Path.cwd() != p.project_folder(), p.project_folder().name, os.listdir())",
    )
    job, _ = run("where")
    executed = nbformat.read(job.file(".ipynb"), 4)
    said = executed.cells[4].outputs[0].text
    assert said.startswith(f"True {project.name} ")


def test_the_same_report_is_the_same_bytes(run):
    job, _ = run()
    first = [job.file(ending).read_bytes() for ending in (".html", ".json")]
    run()
    assert [job.file(ending).read_bytes() for ending in (".html", ".json")] == first


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("1 / 0", "cell `step-1`: ZeroDivisionError: division by zero"),
        ("import os; os._exit(3)", "cell `step-1`: the notebook ended its kernel with exit code 3"),
        (
            "import sys; sys.exit(0)",
            "cell `step-1`: the notebook ended itself before its last cell",
        ),
        (
            "region = 'x'",
            '`region` was not at the end what was asked for ("x", asked was 华东)',
        ),
        (
            "import time; time.sleep(60)",
            "cell `step-1`: the cell took longer than a cell may",
        ),
        (
            "x = [b'x' * 50_000_000 for _ in range(100)]",
            "cell `step-1`: the report needed more memory than a report may",
        ),
    ],
    ids=["error", "exit", "sys-exit", "changed", "slow", "big"],
)
def test_a_failure_has_a_plain_cause_and_leaves_the_notebook(run, notebook, cell, cause):
    notebook("bad", cell)
    seconds = 3 if "sleep" in cell else 60
    job, outcome = run("bad", Limits(cell_seconds=seconds, memory=600 << 20))
    assert (outcome.status, str(outcome.cause)) == ("failed", cause)
    assert not job.file(".html").exists()
    left = nbformat.read(job.file(".ipynb"), 4)
    step = next(c for c in left.cells if c.get("id") == "step-1")
    if outcome.cause.kind != "identity":
        assert "error" in [output.output_type for output in step.outputs]
        assert step.metadata.papermill.exception
    facts = json.loads(job.file(".json").read_text(encoding="utf-8"))
    assert (facts["status"], facts["facts"]) == ("failed", [])
    assert facts["cause"]["kind"] == outcome.cause.kind


def test_a_report_that_takes_too_long_as_a_whole(run, notebook):
    notebook("slow", *["import time; time.sleep(2)"] * 3)
    _, outcome = run("slow", Limits(cell_seconds=60, report_seconds=3))
    assert re.fullmatch(
        r"cell `step-\d`: the report took longer than a report may", str(outcome.cause)
    )


def test_facts_of_another_region_are_refused(run, notebook):
    publish = (
        "from IPython.display import publish_display_data as p\n"
        "p({'application/vnd.salesnb.report+json': "
        "{'schema': 1, 'region': '华南', 'period': period, 'status': 'ok'}})"
    )
    notebook("other", publish=publish)
    notebook("silent", publish="pass")
    assert str(run("other")[1].cause) == (
        "the report is of another region than was asked for (华南, not 华东)"
    )
    assert str(run("silent")[1].cause) == "the notebook published no facts"


def test_a_failure_keeps_the_earlier_report(run, notebook):
    job, _ = run()
    before = [job.file(ending).read_bytes() for ending in FILES]
    notebook("tiny", "1 / 0")
    _, outcome = run()
    assert outcome.status == "failed"
    assert [job.file(ending).read_bytes() for ending in FILES] == before
    assert "ZeroDivisionError" in job.file(FAILED).read_text(encoding="utf-8")
    notebook("tiny")
    run()
    assert not job.file(FAILED).exists()


def test_a_folder_that_cannot_be_written_to_is_a_cause(run, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    job, outcome = run()
    assert outcome.cause.kind == "write"
    assert str(outcome.cause) == "the report could not be written: no space left on device"
    assert list(job.file("").parent.iterdir()) == []
