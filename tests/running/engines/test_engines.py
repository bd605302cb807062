"""Whatever starts the kernel, a notebook and its reader see the same."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from salesnb.errors import ParameterError
from salesnb.running.engines.fork import Zygote, provisioner_of
from salesnb.running.engines.pool import LocalPool, Task, is_safe_here, open_pool
from salesnb.running.fingerprint import fingerprint
from salesnb.running.job import Bench, run_job
from salesnb.running.limits import Limits

needs_fork = pytest.mark.skipif(not is_safe_here(), reason="forking is for Linux only")

LONG = "import time; time.sleep(60)"

WIDGETS = """\
from ipywidgets import Output
for number in range(5):
    with Output() as out:
        print(number)
"""


@pytest.fixture
def task(desk, project):
    def make(name="tiny", region="华东"):
        job = desk.ask(name, region, "2024-06")
        return Task(job, fingerprint(job, desk.store(project / "data")))

    return make


@pytest.fixture(scope="module")
def zygote():
    if not is_safe_here():
        pytest.skip("forking is for Linux only")
    with Zygote() as warm:
        yield warm


def outputs_of(job):
    notebook = nbformat.read(job.file(".ipynb"), 4)
    return [cell.get("outputs") for cell in notebook.cells]


SEEN = """\
import os, sys, pandas, matplotlib, numpy, __main__
print(type(get_ipython()).__name__, pandas.get_option("display.max_columns"))
print(matplotlib.rcParams["backend"])
print([name for name in sys.path if "zygote" in name], sys.flags.optimize, __main__.__name__)
print(os.environ["PYTHONHASHSEED"], sorted(set("abcdef")), "SALESNB_PROJECT" in os.environ)
pandas.DataFrame({"a": [1]})
"""


def test_a_notebook_cannot_tell_which_engine_runs_it(task, notebook, zygote):
    notebook("seen", SEEN, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "undefined")
    one = task("seen")
    files = []
    for provisioner in (None, provisioner_of(zygote)):
        bench = Bench() if provisioner is None else Bench(provisioner)
        outcome = run_job(one.job, one.fingerprint, bench)
        assert str(outcome.cause).startswith("cell `step-3`: NameError")
        files.append(outputs_of(one.job))
    assert files[0] == files[1]


def test_both_engines_give_the_same_bytes(task, zygote):
    one = task()
    files = []
    for bench in (Bench(), Bench(provisioner_of(zygote))):
        assert run_job(one.job, one.fingerprint, bench).status == "ok"
        files.append([one.job.file(ending).read_bytes() for ending in (".html", ".json")])
    assert files[0] == files[1]


READS = """\
import salesnb
from salesnb.metrics import dataset
review = salesnb.open_report("monthly_review", region=region, period=period)
print(len(dataset.HELD), review.lens.dataset.frame("orders")["amount"].tolist())
"""


def test_what_several_reports_see_is_read_before_they_are_forked(desk, notebook, zygote):
    notebook("reads", READS)
    store = desk.store(desk.project / "data")
    seen = []
    for region in ("华东", "华南"):
        job = desk.ask("reads", region, "2024-06")
        bench = Bench(provisioner_of(zygote), ahead=job.data(store))
        assert run_job(job, {}, bench).status == "ok"
        seen.append(outputs_of(job)[3][0].text)
    assert seen == ["1 [10.0, 10.0]\n", "2 [20.0, 20.0]\n"]
    assert not zygote.trouble


def test_no_two_reports_draw_the_same_random_numbers(task, notebook, zygote):
    notebook("dice", "import numpy, random; print(numpy.random.rand(), random.random())")
    drawn = set()
    for _ in range(2):
        one = task("dice")
        run_job(one.job, one.fingerprint, Bench(provisioner_of(zygote)))
        drawn.add(outputs_of(one.job)[3][0].text)
    assert len(drawn) == 2


def test_widgets_stall_no_run(task, notebook, zygote):
    """nbclient loses replies of cells with Output widgets, see nbclient issue 312."""
    pytest.importorskip("ipywidgets")
    notebook("widgets", *[WIDGETS] * 20)
    one = task("widgets")
    outcome = run_job(
        one.job, one.fingerprint, Bench(provisioner_of(zygote), Limits(cell_seconds=20))
    )
    assert outcome.cause is None


def test_a_kernel_killed_in_the_middle_costs_no_other(task, notebook, zygote):
    notebook("victim", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    bench = Bench(provisioner_of(zygote))
    victim, other = task("victim"), task()
    outcome = run_job(victim.job, victim.fingerprint, bench)
    assert str(outcome.cause) == "cell `step-1`: the kernel died"
    assert run_job(other.job, other.fingerprint, bench).status == "ok"


@needs_fork
def test_without_the_warm_process_plain_kernels_do(task):
    one = task()
    with Zygote() as warm:
        os.kill(warm.pid, signal.SIGKILL)
        outcome = run_job(one.job, one.fingerprint, Bench(provisioner_of(warm)))
    assert (outcome.status, outcome.engine) == ("ok", "kernel")


@needs_fork
def test_kernels_die_with_the_warm_process(task, notebook, tmp_path):
    said = tmp_path / "pid"
    notebook("long", f"import os; open({str(said)!r}, 'w').write(str(os.getpid()))\n{LONG}")
    with LocalPool("fork", retries=0) as pool:
        for event in pool.run([task("long")]):
            if event.outcome is None:
                kernel = int(written(said))
                pool.zygote._process.kill()
            else:
                assert str(event.outcome.cause) == "cell `step-1`: the kernel died"
    assert not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == "zombie"


def written(path):
    """Wait for a file to be written, and give what stands in it."""
    for _ in range(300):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError("the notebook did not come that far")


def test_a_pool_tries_again_what_may_pass(task, notebook, tmp_path):
    flag = tmp_path / "flag"
    notebook(
        "flaky",
        f"import os, signal, pathlib; flag = pathlib.Path({str(flag)!r})",
        "(flag.exists() or (flag.touch(), os.kill(os.getpid(), signal.SIGKILL)));",
    )
    with LocalPool("kernel", retries=1, pause=0.01) as pool:
        events = list(pool.run([task("flaky")]))
    said = [(e.tried, e.last, e.outcome and e.outcome.status) for e in events]
    assert said == [(1, False, None), (1, False, "failed"), (2, False, None), (2, True, "ok")]


def test_a_pool_that_is_stopped_ends_what_runs(task, notebook):
    notebook("long", LONG)
    outcomes = []
    with LocalPool("kernel", workers=1) as pool:
        for event in pool.run([task("long", "华东"), task("long", "华南")]):
            if event.outcome is None:
                pool.stop()
            else:
                outcomes.append(event.outcome)
    assert [str(outcome.cause).rpartition(": ")[2] for outcome in outcomes] == [
        "the batch was stopped"
    ]


def test_an_unknown_engine():
    with pytest.raises(ParameterError) as caught:
        open_pool("frok", 1, Limits())
    assert str(caught.value) == "there is no engine `frok`. Did you mean `fork`?"


def test_plain_papermill_knows_the_engine(project, tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m papermill notebooks/tiny.ipynb done.ipynb --engine salesnb "
        "-p region 华南 -r period 2024-06".split(),
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(project / "done.ipynb", 4)
    assert 'region = "华南"' in executed.cells[2].source
