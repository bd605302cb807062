"""Reports on another file system: sent when finished, fetched before a batch, unchanged skipped."""

import json
import shutil

import pytest

from salesnb.cli import main
from salesnb.running.remote import open_remote

fsspec = pytest.importorskip("fsspec", reason="needs the extra `dask`")

ADDRESS = "memory://bucket/reports"
BATCH = ["batch", "--period", "2024-06", "--engine", "kernel", "--out", ADDRESS]


@pytest.fixture
def elsewhere():
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/bucket", recursive=True)


def names(files):
    return sorted(path.removeprefix("/bucket/reports/") for path in files.find("/bucket/reports"))


def test_a_batch_sends_what_it_made_and_a_fresh_machine_knows_it(project, elsewhere, capsys):
    assert main([*BATCH, "--region", "华东"]) == 0
    expected = ["2024-06/tiny/华东.html", "2024-06/tiny/华东.ipynb", "2024-06/tiny/华东.json"]
    assert names(elsewhere) == [*expected, "index.html", "runs.jsonl"]
    shutil.rmtree(project / "outputs")
    capsys.readouterr()
    assert main([*BATCH, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["unchanged"] == ["tiny 华东 2024-06"]
    assert len(said["reports"]) == 2
    assert len(names(elsewhere)) == 3 * 3 + 2


def test_what_another_machine_changed_is_fetched_and_what_is_gone_here_goes_there(
    tmp_path, elsewhere
):
    one, two = (open_remote(ADDRESS, tmp_path / name) for name in "ab")
    for remote in (one, two):
        remote.fetch()
    (one.folder / "a.json").write_text("1")
    (one.folder / "b.json").write_text("1")
    one.send()
    two.fetch()
    assert (two.folder / "a.json").read_text() == "1"
    (two.folder / "a.json").write_text("2")
    (two.folder / "b.json").unlink()
    two.send()
    one.fetch()
    assert (one.folder / "a.json").read_text() == "2"
    assert not (one.folder / "b.json").exists()
    assert names(elsewhere) == ["a.json"]


def test_an_address_of_no_known_kind(project, capsys):
    assert main(["batch", "--out", "nosuch://x"]) == 2
    assert capsys.readouterr().err.startswith("the address is none; got nosuch://x.")
