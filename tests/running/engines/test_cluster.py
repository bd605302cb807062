"""The same reports on a cluster of separate processes, one of which is killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from salesnb.errors import ParameterError
from salesnb.running.batch import plan_jobs, run_batch
from salesnb.running.engines.pool import LocalPool, open_pool
from salesnb.running.limits import Limits
from salesnb.running.notebooks import find_notebook

pytest.importorskip("distributed", reason="needs the extra `dask`")


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and two workers as programs of their own."""
    file = tmp_path / "scheduler.json"
    started = [start("scheduler", "--scheduler-file", str(file), "--port", "0", "--no-dashboard")]
    wait_for(file.exists)
    address = json.loads(file.read_text())["address"]
    worker = (address, "--nthreads", "1", "--no-dashboard")
    started += [
        start("worker", *worker, "--name", f"w{number}", "--local-directory", str(tmp_path))
        for number in range(2)
    ]
    yield started, address
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)


def start(kind, *words):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *words]
    return subprocess.Popen(command, **quiet)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_reports_though_a_worker_is_killed(cluster, desk, notebook):
    started, address = cluster
    notebook("tiny", "import time; time.sleep(1)")
    jobs = plan_jobs(desk, [find_notebook("tiny", desk.project)], period="2024-06")
    run_batch(desk, jobs, LocalPool("kernel", 2))
    before = pages(desk)
    module = pytest.importorskip("salesnb.running.engines.cluster")
    pool = module.ClusterPool(address, Limits())
    ended = []

    def tell(event):
        if event.outcome is not None:
            ended.append(event.outcome)
            if len(ended) == 1:
                started[1].send_signal(signal.SIGKILL)

    result = run_batch(desk, jobs, pool, force=True, tell=tell)
    assert [outcome.status for outcome in result.outcomes] == ["ok"] * 3
    assert pages(desk) == before


def pages(desk):
    found = sorted((desk.outputs / "2024-06").rglob("*.[hj]*"))
    return {path.name: path.read_bytes() for path in found}


def test_a_cluster_needs_an_address():
    with pytest.raises(ParameterError) as caught:
        open_pool("dask", 1, Limits())
    assert str(caught.value) == (
        "the engine `dask` needs a cluster. "
        "Give the scheduler's address: --cluster tcp://10.0.0.1:8786."
    )
