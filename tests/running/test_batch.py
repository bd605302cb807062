"""A batch runs what changed, goes on after failures, and loses nothing that was finished."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from salesnb.cli import main
from salesnb.errors import ParameterError
from salesnb.running.asked import Desk
from salesnb.running.batch import plan_jobs, run_batch, waves
from salesnb.running.engines.pool import LocalPool
from salesnb.running.ledger import read_lines
from salesnb.running.notebooks import find_notebook
from salesnb.running.outcome import FILES

REGIONS = ["华东", "华南", "all"]


@pytest.fixture
def batch(project):
    """Give a function that runs a batch as a program started anew would."""

    def run(*names, force=False, workers=2):
        desk = Desk(project, project / "outputs")
        notebooks = [find_notebook(name, project) for name in names or ("tiny",)]
        jobs = plan_jobs(desk, notebooks, period="2024-06")
        return run_batch(desk, jobs, LocalPool("kernel", workers, retries=0), force)

    return run


def regions_of(outcomes):
    return sorted(outcome.job.region for outcome in outcomes)


def test_every_region_and_the_company_and_then_only_what_changed(batch, company):
    first = batch()
    assert regions_of(first.outcomes) == sorted(REGIONS)
    assert [outcome.status for outcome in first.outcomes] == ["ok"] * 3
    again = batch()
    assert (again.outcomes, len(again.unchanged)) == ([], 3)
    company(华南=99.0)
    assert regions_of(batch().outcomes) == ["all", "华南"]


def test_a_remark_runs_its_region_alone(batch, project):
    batch()
    remark = project / "parameters" / "remarks" / "华东" / "2024-06.yaml"
    remark.parent.mkdir(parents=True)
    remark.write_text("remarks: 好\n", encoding="utf-8")
    assert regions_of(batch().outcomes) == ["华东"]
    assert batch().outcomes == []


def test_force_runs_all(batch):
    batch()
    assert len(batch(force=True).outcomes) == 3


def test_a_failure_costs_no_other_and_is_tried_again(batch, notebook):
    notebook("picky", "assert region != '华南', '没有数据'")
    result = batch("picky")
    assert regions_of(result.failed) == ["华南"]
    assert result.by_cause == {"cell `step-1`: AssertionError: 没有数据": ["picky 华南 2024-06"]}
    assert regions_of(batch("picky").outcomes) == ["华南"]
    notebook("picky")
    assert len(batch("picky").outcomes) == 3


def test_one_process_or_many_give_the_same_bytes(batch, project):
    files = []
    for workers in (1, 3):
        batch(force=True, workers=workers)
        found = sorted((project / "outputs" / "2024-06").rglob("*.[hj]*"))
        files.append({path.name: path.read_bytes() for path in found})
    assert files[0] == files[1]


def test_all_mistakes_of_all_jobs_are_named_once(project):
    desk = Desk(project, project / "outputs")
    with pytest.raises(ParameterError) as caught:
        plan_jobs(desk, [find_notebook("tiny", project)], ["华东", "华东区", "all"], "2024-06")
    assert str(caught.value) == ('`region` is not in the data; got "华东区". Did you mean `华东`?')


def test_a_report_is_made_after_those_it_looks_back_on(project, notebook):
    notebook("annual_summary")
    notebook("monthly_review")
    desk = Desk(project, project / "outputs")
    asked = [("monthly_review", "2024-06"), ("annual_summary", "2024")]
    jobs = [
        job
        for name, period in asked
        for job in plan_jobs(desk, [find_notebook(name, project)], ["华东", "华南"], period)
    ]
    assert [[job.notebook.name for job in wave] for wave in waves(jobs)] == [
        ["monthly_review"] * 2,
        ["annual_summary"] * 2,
    ]
    first = run_batch(desk, jobs, LocalPool("kernel", 2, retries=0))
    assert [outcome.job.notebook.name for outcome in first.outcomes] == [
        "monthly_review", "monthly_review", "annual_summary", "annual_summary",
    ]  # fmt: skip
    again = run_batch(desk, jobs, LocalPool("kernel", 2, retries=0))
    assert (len(again.outcomes), len(again.unchanged)) == (0, 4)


def test_a_region_in_a_file_is_the_only_one(project):
    path = project / "mine.yaml"
    path.write_text("region: 华南\n", encoding="utf-8")
    desk = Desk(project, project / "outputs")
    jobs = plan_jobs(desk, [find_notebook("tiny", project)], period="2024-06", files=[path])
    assert [job.region for job in jobs] == ["华南"]


def test_regions_that_would_share_a_file_are_refused(project, company):
    company(**{"East": 1.0, "east": 2.0})
    desk = Desk(project, project / "outputs")
    with pytest.raises(ParameterError) as caught:
        plan_jobs(desk, [find_notebook("tiny", project)], period="2024-06")
    assert str(caught.value) == "East and east would share one file. Rename one of the regions."


AGAIN = """\
import sys
from salesnb.cli import main
main(["batch", "--period", "2024-06"])
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"papermill", "nbconvert", "jupyter_client", "matplotlib", "openpyxl"}))
"""


def test_an_unchanged_batch_reads_no_report_and_loads_nothing_that_makes_one(project):
    first, _ = start_batch(project).communicate()
    torn = project / "outputs" / "2024-06" / "tiny" / "all.json"
    torn.write_text("{", encoding="utf-8")
    command = [sys.executable, "-c", AGAIN]
    again = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=True)
    lines = first.splitlines()
    assert lines[:2] == ["3 made.", "1 of 1 additive figures of the regions do not add up:"]
    assert again.stdout.splitlines() == ["0 made, 3 unchanged.", *lines[1:], "[]"]


# --- with real processes --------------------------------------------------------------------

needs_signals = pytest.mark.skipif(os.name != "posix", reason="signals")


def start_batch(project, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "salesnb", "batch", "--period", "2024-06", *words],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come that far"
        time.sleep(0.05)


def whole(project):
    """Check that every report in the folder is whole, and count them."""
    found = 0
    for facts in (project / "outputs").rglob("*/*/*.json"):
        said = json.loads(facts.read_text(encoding="utf-8"))
        if said["status"] != "failed":
            assert all(facts.with_suffix(ending).is_file() for ending in FILES)
            nbformat.read(facts.with_suffix(".ipynb"), 4)
            assert (
                facts.with_suffix(".html").read_text(encoding="utf-8").rstrip().endswith("</html>")
            )
            found += 1
    return found


@needs_signals
def test_a_batch_that_is_killed_is_gone_on_with(project, notebook, batch):
    notebook("tiny", "import time; time.sleep(0.5)")
    for seconds in (2.5, 4.0):
        running = start_batch(project, "--engine", "kernel", "--jobs", "1")
        time.sleep(seconds)
        running.kill()
        running.communicate()
        whole(project)
    done_before = {line["region"] for line in read_lines(project / "outputs")}
    result = batch()
    assert not done_before & set(regions_of(result.outcomes))
    assert whole(project) == 3
    assert not list((project / "outputs").rglob("*.part"))


@needs_signals
def test_ctrl_c_stops_cleanly(project, notebook):
    begun = project / "begun"
    wait = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(60)"
    notebook("tiny", f"if region != '华东': {wait}")
    running = start_batch(project, "--jobs", "1")
    wait_for(begun.exists)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 1
    assert out.splitlines()[0] == "1 made, 1 failed, 1 not begun."
    assert whole(project) == 1


@needs_signals
def test_a_second_batch_on_the_same_folder_is_refused(project, notebook):
    notebook("tiny", "import time; time.sleep(60)")
    first = start_batch(project)
    try:
        wait_for(lambda: (project / "outputs" / ".lock").exists())
        second = start_batch(project)
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1
        assert said.startswith("another batch is writing to outputs/; wait for it, or ")
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("region: 01", "`region` is not text; got 01, read as 1"),
        ("region: NO", "`region` is not text; got NO, read as false"),
        ("region: 1.50", "`region` is not text; got 1.50, read as 1.5"),
        ("period: 2024-06-01", "`period` is not text; got 2024-06-01"),
        ("region: 华东区", "`region` is not in the data"),
        ("regoin: 华东", "`regoin` is unknown to tiny. Did you mean `region`?"),
    ],
)
def test_no_kernel_starts_for_what_is_written_wrong(project, capsys, said, message):
    (project / "mine.yaml").write_text(f"{said}\n", encoding="utf-8")
    assert main(["batch", "-f", "mine.yaml"]) == 2
    assert message in capsys.readouterr().err
    assert not (project / "outputs").exists()
