"""What all tests share: the project's folder, no network, no parameters left from elsewhere."""

from pathlib import Path

import pytest


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


@pytest.fixture(autouse=True)
def _here_and_now(monkeypatch):
    """A project named in the environment would win over the one a test makes."""
    monkeypatch.delenv("SALESNB_PROJECT", raising=False)
