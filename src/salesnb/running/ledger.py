"""The ledger `outputs/runs.jsonl`: one line for each try to make a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salesnb import __version__
from salesnb.running.asked import Job
from salesnb.running.files import append_line
from salesnb.running.outcome import FILES, Outcome

NAME = "runs.jsonl"
SCHEMA = 1

Key = tuple[str, str, str]
"""Notebook, region and period: what makes a report that report."""


@dataclass
class Ledger:
    """What was tried in one outputs folder, the latest try of each report first at hand.

    `run` names the run that writes to it, by when it began: what it tried belongs together.
    """

    outputs: Path
    run: str = ""
    latest: dict[Key, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, outputs: Path) -> Ledger:
        """Read the ledger of a folder; a line that is torn or foreign counts as not written."""
        ledger = cls(outputs)
        for line in read_lines(outputs):
            ledger.latest[line["notebook"], line["region"], line["period"]] = line
        return ledger

    def is_current(self, job: Job, fingerprint: str) -> bool:
        """Whether a report is there, whole, and made of what it would be made of now."""
        if not all(job.file(ending).is_file() for ending in FILES):
            return False
        last = self.latest.get((job.notebook.name, job.region, str(job.period)), {})
        if last.get("fingerprint", {}).get("job") == fingerprint:
            return last["status"] != "failed"
        # A batch that was killed may have finished a report and not come to say so.
        try:
            facts = json.loads(job.file(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return facts["status"] != "failed" and facts["fingerprint"].get("job") == fingerprint

    def write(self, outcome: Outcome, fingerprint: Mapping[str, str], tried: int) -> None:
        """Append a try.

        Raises
        ------
        RunError
            If the ledger cannot be written.
        """
        job = outcome.job
        line = {
            "schema": SCHEMA,
            "run": self.run,
            "started": outcome.started,
            "notebook": job.notebook.name,
            "region": job.region,
            "period": str(job.period),
            "status": outcome.status,
            "cause": outcome.cause.to_json() if outcome.cause else None,
            "attempt": tried,
            "engine": outcome.engine,
            "seconds": outcome.seconds,
            "cpu_seconds": outcome.cpu,
            "peak_bytes": outcome.peak,
            "fingerprint": dict(fingerprint),
            "version": __version__,
        }
        append_line(self.outputs / NAME, json.dumps(line, ensure_ascii=False))
        self.latest[job.notebook.name, job.region, str(job.period)] = line


def read_lines(outputs: Path) -> Iterator[Mapping[str, Any]]:
    """Give every whole line of a folder's ledger, oldest first."""
    path = outputs / NAME
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict) and {"notebook", "region", "period", "status"} <= said.keys():
                yield said
