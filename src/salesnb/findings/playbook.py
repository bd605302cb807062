"""The playbook: which action answers which finding, read from `parameters/playbook.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.findings.finding import Finding, ranked
from salesnb.language import CODES, Language
from salesnb.metrics.registry import METRICS
from salesnb.period import Calendar

ROLES = (
    "region_manager",
    "rep",
    "marketing",
    "service",
    "finance",
    "product",
    "sales_director",
)
_KEYS = {"rules", "title", "strategy", "owner", "due", "kpi"}


@dataclass(frozen=True)
class Play:
    """One entry of the playbook: the action that answers some findings."""

    rules: tuple[str, ...]
    title: Mapping[str, str]
    strategy: Mapping[str, str]
    owner: str
    due: int
    kpi: str


@dataclass(frozen=True)
class Action:
    """What someone is to do by a day, and how it will be judged."""

    title: str
    strategy: str
    owner: str
    due: date
    kpi: str
    source: str
    finding: str

    def to_json(self) -> dict[str, str]:
        """Give the action as the facts file keeps it."""
        return {
            "title": self.title,
            "strategy": self.strategy,
            "owner": self.owner,
            "due": self.due.isoformat(),
            "kpi": self.kpi,
            "source": self.source,
            "finding": self.finding,
        }


def read_plays(entries: Sequence[Mapping[str, Any]], where: str = "playbook.yaml") -> list[Play]:
    """Read the `actions` of a playbook.

    Raises
    ------
    ParameterError
        With every entry that lacks a key, names an unknown metric or has no whole count of days.
    """
    plays, problems = [], []
    for place, entry in enumerate(entries, start=1):
        name = f"actions[{place}]"
        for key in sorted(_KEYS - set(entry)):
            problems.append(Problem(f"{name} lacks `{key}`", fix="Add it, as in the others."))
        for key in sorted(set(entry) - _KEYS):
            fix = suggest(key, sorted(_KEYS))
            problems.append(Problem(f"{name} has an unknown key", got=f"`{key}`", fix=fix))
        kpi = str(entry.get("kpi", ""))
        if kpi and kpi not in METRICS:
            fix = suggest(kpi, list(METRICS))
            problems.append(Problem(f"{name}.kpi is no metric", got=f"`{kpi}`", fix=fix))
        problems += [
            Problem(f"{name}.{key} has no text in `{code}`", fix="Write one for each language.")
            for key in ("title", "strategy")
            for code in CODES
            if not isinstance(entry.get(key, ""), str) and not entry[key].get(code)
        ]
        due = entry.get("due", 0)
        if not isinstance(due, int) or isinstance(due, bool) or due < 0:
            problems.append(Problem(f"{name}.due is no count of working days", got=repr(due)))
        if problems:
            continue
        plays.append(
            Play(
                tuple(str(rule) for rule in entry["rules"]),
                _both(entry["title"]),
                _both(entry["strategy"]),
                str(entry["owner"]),
                due,
                kpi,
            )
        )
    if problems:
        raise ParameterError(problems, where)
    return plays


def _both(text: Mapping[str, str] | str) -> Mapping[str, str]:
    """Take one text for every language, or a text for each."""
    return {"zh": text, "en": text} if isinstance(text, str) else text


def plan_actions(
    findings: Iterable[Finding],
    plays: Sequence[Play],
    people: Mapping[str, str],
    closing: date,
    calendar: Calendar,
    language: Language,
) -> list[Action]:
    """Turn findings that need something done into actions, gravest first.

    Parameters
    ----------
    findings
        Those `bad` or `warn` get the actions of the plays that name their rule.
    people
        Role → person of this region; a role without a person is named as the role.
    closing
        Day the working days of `due` are counted from.

    Returns
    -------
    One action for each play that answers a finding, in the order of the findings; its source
    names the play, and the gravest finding it answers.
    """
    chosen: dict[int, Action] = {}
    for found in ranked(findings):
        if found.severity not in ("bad", "warn"):
            continue
        for place, play in enumerate(plays):
            if found.rule not in play.rules or place in chosen:
                continue
            role = language.label(f"findings.role.{play.owner}", play.owner)
            chosen[place] = Action(
                title=play.title.get(language.code, next(iter(play.title.values()))),
                strategy=play.strategy.get(language.code, next(iter(play.strategy.values()))),
                owner=people.get(play.owner, role),
                due=calendar.add_workdays(closing, play.due),
                kpi=play.kpi,
                source=f"playbook:{play.rules[0]}",
                finding=found.key,
            )
    return list(chosen.values())
