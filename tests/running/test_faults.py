"""Real processes killed at random moments: nothing finished is lost, nothing is half-written."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import nbformat
import psutil
import pytest

from salesnb.running.engines.pool import is_safe_here
from salesnb.running.facts import read_reports
from salesnb.running.ledger import read_lines
from salesnb.running.outcome import FILES

pytestmark = pytest.mark.skipif(not is_safe_here(), reason="needs the warm process, so Linux")

REGIONS = [f"区{number:02d}" for number in range(1, 21)]
KILLS = 20


@pytest.fixture
def many(project, company, notebook):
    """Give a project with dozens of reports to make, each a moment long."""
    company(**{region: float(place) for place, region in enumerate(REGIONS, start=1)})
    notebook("tiny", "import time; time.sleep(0.05)")
    notebook("small", "import time; time.sleep(0.1)")
    return project


def start(project, *words):
    command = [sys.executable, "-m", "salesnb", "batch", "--period", "2024-06", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=project, **quiet)


def family(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(processes, seconds=20):
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def victims(batch, kind):
    """Give the processes of a kind: the batch itself, its warm process, that one's kernels."""
    if kind == "batch":
        return [psutil.Process(batch.pid)]
    warm = [each for each in family(batch.pid) if "zygote" in " ".join(command(each))]
    parents = {each.pid for each in warm if each.ppid() == batch.pid}
    if kind == "zygote":
        return [each for each in warm if each.pid in parents]
    return [each for each in warm if each.pid not in parents]


def command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def check_whole(project):
    """Check that no file in the folder is half-written; give the finished reports' regions."""
    for path in (project / "outputs").rglob("*.html"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    for path in (project / "outputs" / "2024-06").rglob("*.ipynb"):
        nbformat.read(path, 4)
    done = {}
    for path in (project / "outputs" / "2024-06").rglob("*.json"):
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["status"] == "ok":
            assert all(path.with_suffix(ending).is_file() for ending in FILES)
            assert said["region"] == path.stem
            done[path.parent.name, path.stem] = path.stat().st_mtime_ns
    return done


@pytest.mark.slow
def test_twenty_kills_cost_nothing_that_was_finished(many):
    draw = random.Random(6)
    kinds = ["kernel", "zygote", "batch"]
    killed = Counter()
    finished = {}
    for number in range(KILLS):
        batch = start(many, "--jobs", "2")
        time.sleep(draw.uniform(0.2, 4.0))
        kind = kinds[number % len(kinds)]
        for victim in draw.sample(found, 1) if (found := victims(batch, kind)) else []:
            victim.kill()
            killed[kind] += 1
        if kind != "batch":
            time.sleep(draw.uniform(0.0, 1.0))
        left = family(batch.pid)
        batch.kill()
        batch.wait()
        assert not gone(left), "what a batch started must not outlive it"
        now = check_whole(many)
        # What was finished before is there still, and was not made again.
        assert finished.items() <= now.items()
        finished = now
    assert killed["batch"] >= KILLS // 3 - 1
    last = start(many, "--jobs", "2")
    assert last.wait(300) == 0
    done = check_whole(many)
    assert finished.items() <= done.items()
    assert len(done) == 2 * (len(REGIONS) + 3)
    made = Counter(
        (line["notebook"], line["region"])
        for line in read_lines(many / "outputs")
        if line["status"] == "ok"
    )
    assert set(made.values()) == {1}
    assert not list((many / "outputs").rglob("*.part"))


def test_a_killed_warm_process_costs_time_only(many):
    batch = start(many, "--jobs", "2", "--notebook", "tiny", *regions(6))
    try:
        wait_for(lambda: check_whole(many))
        victims(batch, "zygote")[0].kill()
        assert batch.wait(120) == 0
    finally:
        batch.kill()
        batch.wait()
    assert len(check_whole(many)) == 6
    assert {line["engine"] for line in read_lines(many / "outputs")} >= {"fork", "kernel"}


def regions(count):
    return [word for region in REGIONS[:count] for word in ("--region", region)]


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come that far"
        time.sleep(0.05)


BAD = {
    "forever": ("while True: pass", "the cell took longer than a cell may"),
    "hungry": (
        "held = []\nwhile True: held.append(b'x' * 20_000_000)",
        "the report needed more memory than a report may",
    ),
    "leaves": ("import os; os._exit(0)", "the notebook ended its kernel with exit code 0"),
    "segfault": (
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "the kernel died of SIGSEGV",
    ),
    "exits": ("import sys; sys.exit(0)", "the notebook ended itself before its last cell"),
}

GLOBALS = """\
import os, pandas, numpy, random
pandas.DataFrame.sum = pandas.read_csv = None
numpy.random.seed(1); random.seed(1)
os.environ["SALESNB_PROJECT"] = "elsewhere"
os.chdir("/")
"""


def test_bad_notebooks_touch_no_other(project, notebook):
    for name, (cell, _) in BAD.items():
        notebook(name, "print('before')", cell)
    notebook("globals", GLOBALS)
    notebook("tiny", "import pandas, os; print(pandas.DataFrame({'a': [1]}).sum().a, os.getcwd())")
    names = [*BAD, "globals", "tiny"]
    words = [word for name in names for word in ("--notebook", name)]
    limits = ["--cell-seconds", "15", "--memory", "700M", "--retries", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "salesnb", "batch", "--period", "2024-06", "--region", "华东",
         "--jobs", "2", "--json", *words, *limits],
        cwd=project, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert {report["notebook"]: report["status"] for report in said["reports"]} == {
        **dict.fromkeys(BAD, "failed"),
        "globals": "ok",
        "tiny": "ok",
    }
    causes = {
        report["notebook"]: report["cause"]["text"] for report in said["reports"] if report["cause"]
    }
    assert causes == {name: cause for name, (_, cause) in BAD.items()}
    folder = project / "outputs" / "2024-06"
    for name in BAD:
        executed = nbformat.read(folder / name / "华东.ipynb", 4)
        cells = {cell.get("id"): cell for cell in executed.cells}
        assert cells["step-1"].outputs[0].text == "before\n"
        assert "error" in [output.output_type for output in cells["step-2"].outputs]
        assert not cells["publish"].outputs
    portal = (project / "outputs" / "index.html").read_text(encoding="utf-8")
    for _, cause in BAD.values():
        assert cause in portal


@contextmanager
def small_disk(folder, options):
    """Mount an empty disk on a folder, or skip."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(folder):
    """Make a folder that nobody may write to, root neither."""
    if os.geteuid() == 0:
        with small_disk(folder, "ro"):
            yield
    else:
        folder.mkdir(parents=True, mode=0o500)
        yield
        folder.chmod(0o700)


REFUSED = "(permission denied|read-only file system)"


def test_a_full_disk_fails_plainly_and_recovers(project, notebook):
    outputs = project / "outputs"
    with small_disk(outputs, "size=300k"):
        notebook("tiny", "print('x' * 150_000)")
        batch = run_batch_in(project)
        assert batch.returncode == 1
        assert "no space left on device" in batch.stdout + batch.stderr
        check_whole(project)
        assert not list(outputs.rglob("*.part"))
        subprocess.run(["mount", "-o", "remount,size=50m", str(outputs)], check=True)
        assert run_batch_in(project).returncode == 0
        assert len(check_whole(project)) == 3


def test_a_folder_that_may_not_be_written_to(project):
    with read_only(project / "outputs"):
        done = run_batch_in(project)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(f"outputs/ cannot be written to: {REFUSED}[.]\n", done.stderr)


def test_one_notebooks_folder_that_may_not_be_written_to(project, notebook):
    notebook("small")
    with read_only(project / "outputs" / "2024-06" / "tiny"):
        done = run_batch_in(project, "--retries", "0")
    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert said[0] == "3 made, 3 failed."
    assert re.fullmatch(f"3 failed, the report could not be written: {REFUSED}:", said[1])
    assert {name for name, _ in check_whole(project)} == {"small"}
    assert "the report could not be written" in (project / "outputs" / "index.html").read_text(
        "utf-8"
    )
    assert run_batch_in(project).returncode == 0
    assert len(check_whole(project)) == 6


def run_batch_in(project, *words):
    return subprocess.run(
        [sys.executable, "-m", "salesnb", "batch", "--period", "2024-06", "--jobs", "1", *words],
        cwd=project, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


READS = "import salesnb as s; s.open_report('monthly_review', region=region, period=period).title()"


def test_a_corrupt_table_costs_the_reports_that_read_it(project, company, notebook):
    company(华东=10.0, 华南=20.0, 西南=5.0)
    notebook(
        "tiny", f"{READS}", "s.open_report('monthly_review', region=region).lens.value('net_sales')"
    )
    part = next((project / "data" / "orders" / "region=%E5%8D%8E%E5%8D%97").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    done = run_batch_in(project)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "2 made, 2 failed."
    assert "table `orders` cannot be read: a part is missing or damaged" in lines[1]
    assert lines[2:4] == ["  tiny 华南 2024-06", "  tiny all 2024-06"]


def test_a_corrupt_table_is_said_where_only_parts_read_it(project, notebook):
    notebook("tiny", OPENS, "s.headline(review)", "s.methods(review)", publish="review.publish()")
    part = next((project / "data" / "orders" / "region=%E5%8D%8E%E5%8D%97").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    done = run_batch_in(project)
    lines = done.stdout.splitlines()
    assert lines[0] == "3 made (2 with parts missing)."
    assert lines[1].startswith("2 with parts that failed (headline, ")
    assert lines[1].endswith("; the notebook says why:")
    assert lines[2:4] == ["  tiny 华南 2024-06", "  tiny all 2024-06"]
    executed = (project / "outputs" / "2024-06" / "tiny" / "华南.ipynb").read_text(encoding="utf-8")
    assert "table `orders` cannot be read: a part is missing or damaged" in executed


def test_a_report_without_one_part_is_no_report(project, notebook):
    notebook("tiny", OPENS, "s.headline(review)", publish="review.publish()")
    part = next((project / "data" / "orders" / "region=%E5%8D%8E%E5%8D%97").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    done = run_batch_in(project)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0]) == (1, "1 made, 2 failed.")
    assert "not one of its parts could be made" in lines[1]
    assert (project / "outputs" / "2024-06" / "tiny" / "华南.ipynb").is_file()


OPENS = "import salesnb as s\nreview = s.open_report('tiny', region=region, period=period)"


@pytest.mark.slow
def test_one_region_of_31_without_data(project, company, notebook):
    amounts = {f"区{number:02d}": float(number) for number in range(1, 29)}
    company(**amounts, 区29=None)
    notebook("tiny", OPENS, "s.headline(review)", publish="review.publish()")
    done = run_batch_in(project, "--jobs", "2")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "32 made.",
            "The regions add up to the company in all 3 additive figures.",
            "outputs/index.html",
        ],
    )
    sold = {
        report["region"]: row["value"]
        for report in read_reports(project / "outputs")
        for row in report["facts"]
        if (row["metric"], row["scope"], row["period"]) == ("net_sales", {}, "2024-06")
    }
    amounts |= {"华东": 10.0, "华南": 20.0}
    assert sold == {**amounts, "区29": 0.0, "all": sum(amounts.values())}
    page = project / "outputs" / "2024-06" / "tiny" / "区29.html"
    assert "2024年6月没有任何订单。" in page.read_text(encoding="utf-8")
    portal = (project / "outputs" / "index.html").read_text(encoding="utf-8")
    assert "区29" in portal


def test_signals_end_a_batch_as_ctrl_c_does(many):
    batch = start(many, "--jobs", "1")
    wait_for(lambda: (many / "outputs" / "2024-06").is_dir() and check_whole(many))
    left = family(batch.pid)
    batch.send_signal(signal.SIGTERM)
    assert batch.wait(60) == 1
    assert not gone(left)
    assert (many / "outputs" / "index.html").is_file()
