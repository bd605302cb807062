"""What all tests share: the project's folder, no network, no parameters left from elsewhere."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Nothing asked of the network by the browser itself, and no graphics card needed.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the project's folder."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared(root: Path) -> Path:
    """Give the folder of public data sets beside the project, or skip."""
    folder = root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data with public data sets is not here")
    return folder


@pytest.fixture(scope="session")
def browser():
    """Give a real Chromium, or skip."""
    if not CHROMIUM:
        pytest.skip("no Chromium here: apt-get install chromium, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _here_and_now(monkeypatch):
    """A project named in the environment would win over the one a test makes."""
    monkeypatch.delenv("SALESNB_PROJECT", raising=False)
