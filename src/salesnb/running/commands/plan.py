"""`salesnb plan`: revise a plan as a new version, and list the versions there are."""

from __future__ import annotations

from argparse import Namespace
from datetime import date
from pathlib import Path

from salesnb.errors import ParameterError, Problem
from salesnb.plan.revisions import plan_versions, revise_plan
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import shown


def plan(words: Namespace) -> Answer:
    """Write a plan's next version, or list its versions."""
    path = Path(words.plan)
    if not path.is_file():
        fix = "Name the YAML file of its newest version."
        raise ParameterError(Problem(f"there is no plan {words.plan}", fix=fix))
    return _revise(path, words) if words.what == "revise" else _versions(path)


def _revise(path: Path, words: Namespace) -> Answer:
    """Write the next version beside the plan, which stays as it is."""
    written = revise_plan(
        path, dict(words.set), words.reason, words.approver, _day(words.effective)
    )
    return Answer([shown(written)], {"written": shown(written)})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        fix = "Write year-month-day, as 2024-07-01."
        raise ParameterError(Problem("`--effective` is no day", got=repr(text), fix=fix)) from error


def _versions(path: Path) -> Answer:
    chain = plan_versions(path)
    data = [
        {
            "version": each.version,
            "file": each.path.name,
            "effective": each.effective.isoformat() if each.effective else "",
            "approver": each.approver,
            "reason": each.reason,
            "values": dict(each.values or {}),
        }
        for each in chain
    ]
    lines = [
        "  ".join(str(part) for part in (row["version"], row["file"], row["effective"],
                                         row["approver"], row["reason"]) if part)
        for row in data
    ]  # fmt: skip
    return Answer(lines, data)
