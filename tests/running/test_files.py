"""Files are there whole or not at all, whatever happens."""

import multiprocessing
import os
import signal

import pytest

from salesnb.errors import RunError
from salesnb.running.files import PART, append_line, locked, sweep, write_whole


def test_a_file_is_written_with_its_folder(tmp_path):
    path = tmp_path / "a" / "华东.html"
    write_whole(path, "一")
    write_whole(path, "二")
    assert path.read_text(encoding="utf-8") == "二"
    assert [other.name for other in path.parent.iterdir()] == ["华东.html"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.html"
    write_whole(path, "old")

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError) as caught:
        write_whole(path, "new")
    assert str(caught.value) == "x.html could not be written: no space left on device."
    assert path.read_text() == "old"
    assert [other.name for other in tmp_path.iterdir()] == ["x.html"]


def test_a_torn_line_takes_no_other_with_it(tmp_path):
    path = tmp_path / "runs.jsonl"
    append_line(path, "one")
    with path.open("a") as file:
        file.write("to")
    append_line(path, "three")
    assert path.read_text().split("\n") == ["one", "to", "three", ""]


def test_what_a_crash_left_is_swept(tmp_path):
    half = tmp_path / "2024-06" / f".x.html.1{PART}"
    half.parent.mkdir()
    half.write_text("half")
    (tmp_path / "x.html").write_text("whole")
    sweep(tmp_path)
    assert not half.exists()
    assert (tmp_path / "x.html").exists()


def hold(folder, ready):
    with locked(folder):
        ready.set()
        signal.pause()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_lock_keeps_a_second_batch_off_and_falls_with_its_holder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=hold, args=(tmp_path / "outputs", ready))
    holder.start()
    assert ready.wait(30)
    with pytest.raises(RunError) as caught, locked(tmp_path / "outputs"):
        pass
    assert str(caught.value) == (
        "another batch is writing to outputs/; wait for it, or name another folder with --out."
    )
    holder.kill()
    holder.join()
    with locked(tmp_path / "outputs"):
        pass
