import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from salesnb.data.store import Company, open_store, write_tables
from salesnb.metrics.ahead import as_request, read_ahead
from salesnb.metrics.dataset import HELD, Dataset
from salesnb.metrics.settings import Settings
from salesnb.period import Calendar

COUNT_THREADS = """
import os, sys
from salesnb.metrics.ahead import read_ahead
from salesnb.metrics.dataset import HELD
read_ahead(bytes.fromhex(sys.argv[1]))
print(len(HELD[0]._kept) > 0, len(os.listdir("/proc/self/task")))
"""


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, 1.0)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    monkeypatch.setattr("salesnb.metrics.dataset.HELD", HELD[:0])
    monkeypatch.setattr("salesnb.metrics.ahead.HELD", sys.modules["salesnb.metrics.dataset"].HELD)


def write(folder, amount):
    days = pd.to_datetime(["2024-05-10", "2024-06-10", "2024-07-10"] * 2)
    orders = pd.DataFrame({
        "order_id": list("abcdef"), "order_date": days, "customer_id": "c1", "amount": amount,
        "region": ["East"] * 3 + ["South"] * 3, "status": "counted",
    })  # fmt: skip
    return write_tables(folder, {"orders": orders}, Company(regions=("East", "South", "West")))


def asked(folder, region, until="2024-06-30"):
    day = pd.Timestamp(until).date()
    return as_request(open_store(folder), region, Calendar(), Settings(), day)


def opened(folder, region, until="2024-06-30"):
    day = pd.Timestamp(until).date()
    return Dataset.for_region(open_store(folder), region, as_of=day)


def test_what_was_read_ahead_is_not_read_again(folder, monkeypatch):
    alone = opened(folder, "East").frame("sales")
    read_ahead(asked(folder, "East"))
    dataset = opened(folder, "East")
    monkeypatch.setattr("salesnb.data.store.read_parts", None)
    pd.testing.assert_frame_equal(dataset.frame("sales"), alone)
    assert dataset.frame("sales")["order_id"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("region", "until"), [("South", "2024-06-30"), ("East", "2024-05-31"), ("all", "2024-06-30")]
)
def test_other_rows_are_read_anew(folder, region, until):
    read_ahead(asked(folder, "East"))
    assert not opened(folder, region, until)._kept


def test_data_that_changed_meanwhile_are_read_anew(folder):
    read_ahead(asked(folder, "East"))
    write(folder, 2.0)
    assert opened(folder, "East").frame("sales")["amount"].tolist() == [2.0, 2.0]


def test_a_report_changes_nothing_for_the_next(folder):
    read_ahead(asked(folder, "East"))
    opened(folder, "East").kept("mine", dict)
    mine = opened(folder, "East").frame("sales")
    mine["more"] = 1
    again = opened(folder, "East")
    assert "mine" not in again._kept
    assert "more" not in again.frame("sales").columns


def test_no_more_than_two_are_held(folder):
    held = sys.modules["salesnb.metrics.dataset"].HELD
    for region in ("East", "East", "South", "all"):
        read_ahead(asked(folder, region))
    assert [dataset.region for dataset in held] == ["South", "all"]


def test_a_region_without_rows_can_be_held_too(folder):
    read_ahead(asked(folder, "West"))
    assert opened(folder, "West").frame("orders").empty


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted on Linux")
@pytest.mark.parametrize("until", ["2024-06-30", "2024-07-31"])
def test_reading_ahead_starts_no_thread(folder, until):
    request = asked(folder, "East", until).hex()
    done = subprocess.run(
        [sys.executable, "-c", COUNT_THREADS, request],
        env={"JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "1"]
