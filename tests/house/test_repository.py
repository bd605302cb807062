"""What is committed: no path or host of a machine, nothing large, no output."""

import re
import subprocess

import pytest

# Written in pieces so that this file does not find itself.
PATHS = re.compile(r"(?<![\w.~-])/(?:work|farm|root|home|Users|mnt)/[A-Za-z0-9._-]|[A-Z]:\\Users\\")
HOSTS = re.compile(
    r"(?i)(?:extra-)?index" + r"-url|artifac" + r"tory|\bnex" + r"us\b|//[^/\s]*registry\."
)
LARGEST = 1024 * 1024


@pytest.fixture(scope="module")
def tracked(root):
    """Give the files that git holds."""
    found = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in found.stdout.split("\0") if name]
    return [root / name for name in names if (root / name).is_file()]


def texts(tracked):
    for path in tracked:
        raw = path.read_bytes()
        if b"\0" not in raw:
            yield path, raw.decode("utf-8")


def lines_with(pattern, tracked, root):
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"
        for path, text in texts(tracked)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine(tracked, root):
    assert lines_with(PATHS, tracked, root) == []


def test_no_address_of_a_package_host(tracked, root):
    assert lines_with(HOSTS, tracked, root) == []


def test_locks_hold_no_address(root):
    for name in ("requirements.lock", "constraints.txt"):
        assert "://" not in (root / name).read_text(encoding="utf-8"), name


def test_nothing_large(tracked, root):
    large = {path.relative_to(root).as_posix(): path.stat().st_size for path in tracked}
    assert {name: size for name, size in large.items() if size > LARGEST} == {}


def test_no_data_and_no_output(tracked, root):
    names = [path.relative_to(root).as_posix() for path in tracked]
    kept = [n for n in names if n.startswith(("data/", "outputs/")) and n != "outputs/.gitkeep"]
    assert kept == []


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("see /" + "home/jane/x", PATHS),
        ("see C:\\" + "Users\\jane", PATHS),
        ("--index" + "-url=x", HOSTS),
    ],
)
def test_the_patterns_find_what_they_are_for(line, pattern):
    assert pattern.search(line)
    assert not PATHS.search("/usr/bin/chromium and ../shared/data and a/home/x")
