"""`salesnb demo`: the sample company with all its reports."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from salesnb.data.store import MANIFEST
from salesnb.parameters import PROJECT, project_folder
from salesnb.running.asked import Desk
from salesnb.running.batch import plan_jobs
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.batch import run_jobs
from salesnb.running.commands.new import make_project
from salesnb.running.notebooks import find_notebook, notebook_names
from salesnb.sample.ensure import ensure_sample

PERIODS = {"annual_summary": "2023", "goal_decomposition": "2024"}
"""The period each notebook is shown for; any other for the month `MONTH`."""

MONTH = "2024-06"
_TRUTH = "truth.json"


def demo(words: Namespace) -> Answer:
    """Make every report of the sample company, and give the portal's path last."""
    project = _project(words.folder)
    # Kernels, and files named in messages, go by the folder the demo is in.
    os.environ[PROJECT] = str(project)
    desk = Desk(project, project / "outputs", _data(project))
    jobs = [
        job
        for name in notebook_names(project, delivered=False)
        for job in plan_jobs(desk, [find_notebook(name, project)], period=PERIODS.get(name, MONTH))
    ]
    return run_jobs(words, desk, jobs)


def _project(said: str) -> Path:
    """Give the folder of the demo: this project, or one that is made."""
    folder = Path(said).resolve() if said else project_folder()
    if not (folder / "parameters").is_dir():
        folder = folder if said else folder / "salesnb-demo"
        if not (folder / "parameters").is_dir():
            make_project(folder, "zh")
    return folder


def _data(project: Path) -> str:
    """Name the folder of the sample company: not one that holds a company's own data."""
    data = project / "data"
    if not (data / MANIFEST).is_file() or (data / _TRUTH).is_file():
        return ""
    ensure_sample(project / "demo-data", project / "demo-data")
    return "demo-data"
