"""The ledger survives torn lines and knows what is current."""

import json

import pytest

from salesnb.running.ledger import NAME, Ledger
from salesnb.running.outcome import FILES, Outcome

MADE_OF = {"job": "abc"}


@pytest.fixture
def job(desk):
    return desk.ask("tiny", "华东", "2024-06")


def finish(report, **fingerprint):
    for ending in FILES:
        report.file(ending).parent.mkdir(parents=True, exist_ok=True)
        report.file(ending).write_text(json.dumps({"status": "ok", "fingerprint": fingerprint}))


def test_a_line_for_each_try_and_the_last_one_counts(job, desk):
    ledger = Ledger(desk.outputs)
    ledger.write(Outcome(job, "failed", "t"), MADE_OF, 1)
    ledger.write(Outcome(job, "ok", "t", seconds=1.5, cpu=0.5, peak=7), MADE_OF, 2)
    again = Ledger.open(desk.outputs)
    assert len((desk.outputs / NAME).read_text(encoding="utf-8").splitlines()) == 2
    line = again.latest["tiny", "华东", "2024-06"]
    assert (line["status"], line["attempt"], line["cpu_seconds"]) == ("ok", 2, 0.5)


def test_torn_and_foreign_lines_are_passed_over(job, desk):
    Ledger(desk.outputs).write(Outcome(job, "ok", "t"), MADE_OF, 1)
    with (desk.outputs / NAME).open("a", encoding="utf-8") as file:
        file.write('{"notebook": "tin\n[1]\n\n{"notebook": "tiny", "reg')
    assert list(Ledger.open(desk.outputs).latest) == [("tiny", "华东", "2024-06")]


def test_a_report_is_current_when_it_is_whole_and_nothing_changed(job, desk):
    ledger = Ledger(desk.outputs)
    finish(job)
    assert not ledger.is_current(job, "abc")
    ledger.write(Outcome(job, "ok", "t"), MADE_OF, 1)
    assert ledger.is_current(job, "abc")
    assert not ledger.is_current(job, "other")
    job.file(".html").unlink()
    assert not ledger.is_current(job, "abc")


def test_a_failed_try_is_not_current_though_the_earlier_report_is_there(job, desk):
    ledger = Ledger(desk.outputs)
    finish(job, job="abc")
    ledger.write(Outcome(job, "failed", "t"), MADE_OF, 1)
    assert not ledger.is_current(job, "abc")


def test_a_report_finished_just_before_the_batch_was_killed_is_current(job, desk):
    finish(job, job="abc")
    assert Ledger(desk.outputs).is_current(job, "abc")
