"""A report on paper: its page printed by a Chromium that is there already."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from salesnb.errors import Problem, RunError

CHROMIUM = "CHROMIUM"
"""Environment variable that names the browser, where it is not found by itself."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_NAMES += ("msedge", "microsoft-edge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
# Nothing is asked of the network, and nothing is kept of a person's own settings.
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-pdf-header-footer",
)
_SECONDS = 120


def find_chromium() -> Path:
    """Find a Chromium: Chrome and Edge are ones too.

    Raises
    ------
    RunError
        If there is none.
    """
    said = os.environ.get(CHROMIUM)
    places = [said] if said else [*(shutil.which(name) or "" for name in _NAMES), *_PLACES]
    for place in places:
        if place and Path(place).is_file():
            return Path(place)
    fix = f"Install Chromium, Chrome or Edge, or name its program in the variable {CHROMIUM}."
    if said:
        raise RunError(Problem(f"{CHROMIUM} names no file", got=Path(said).name, fix=fix))
    raise RunError(Problem("a PDF needs a Chromium, and there is none here", fix=fix))


def print_page(page: str, chromium: Path) -> bytes:
    """Print a page and give the PDF.

    Raises
    ------
    RunError
        If the browser fails or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="snb-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8", newline="\n")
        # As root a Chromium starts only without its own sandbox; the page runs nothing but ours.
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        words = [str(chromium), *_FLAGS, *(["--no-sandbox"] if root else [])]
        words += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        try:
            subprocess.run(words, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunError(f"the PDF could not be printed: {type(error).__name__}") from error
        if not target.is_file():
            raise RunError("the PDF could not be printed: the browser wrote none")
        return target.read_bytes()
