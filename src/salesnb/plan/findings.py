"""What the checker reports: findings with their arithmetic, and the report that holds them.

The JSON of a report
--------------------
::

    {"schema": 1, "plan": "…", "file": "parameters/plan_2024.yaml", "year": "2024",
     "exit_code": 1, "counts": {"error": 15, "warning": 21, "info": 4, "passed": 20},
     "problems": [{"line": 12, "what": "…", "got": "…", "fix": "…", "text": {"zh": …, "en": …}}],
     "findings": [ … ], "conflicts": [ … ], "rules": [ … ], "facts": false}

`problems` are faults of the file that kept it from being read as a plan; with them there are no
findings. Each finding::

    {"rule": "K03",                  the rule class
     "case": "over",                 which of the rule's sentences
     "severity": "error",            error | warning | info | passed
     "subject": "region",            what it is about: a scope, a dimension, a milestone …
     "title": {"zh": "…", "en": "…"},
     "text": {"zh": "…", "en": "…"},
     "repair": {"zh": "…", "en": "…"},
     "assumption": {"zh": "…", "en": "…"} or null,
     "formula": "35%×8% + … = 14.3% ≠ 12%",
     "values": {"implied": 0.143, …},       the numbers of text and formula, unrounded
     "size": {"value": 0.023, "unit": "X", "share": 0.0205} or null,
     "statements": [{"id": "P10.sales", "source": "P10", "line": 152, "text": "…"}, …]}

Growth, shares, rates and points are fractions (0.02 is 2 %, or 2 percentage points). A size is in
`money` (the plan's currency), in the letter that stands for last year's total (`X`), in `points`,
`count`, `days` or `growth`; `share` is the size as a part of the whole it is missing from.
`conflicts` are minimal sets of statements that cannot all hold, with the rule that explains each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from salesnb.errors import PlanError, Problem
from salesnb.language import CODES, Language
from salesnb.plan.problems import say_problem
from salesnb.plan.statements import Milestone, Plan, Record, Statement
from salesnb.plan.wording import raw, said

Severity = Literal["error", "warning", "info", "passed"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info", "passed")


@dataclass(frozen=True)
class Size:
    """How much a finding is about, in a unit; `share` is that as a part of its whole."""

    value: float
    unit: str
    share: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it for programs."""
        return {"value": raw(self.value), "unit": self.unit, "share": raw(self.share)}


@dataclass(frozen=True)
class PlanFinding:
    """Something the checker found, or found in order.

    Parameters
    ----------
    rule, case
        The rule class (`K03`) and which of its sentences applies.
    severity
        `error`: the statements cannot all hold as written. `warning`: they can, but something is
        missing, unlikely, or holds only under a stated assumption. `info`: worth knowing.
        `passed`: looked at and in order.
    subject
        What it is about, for telling findings of one rule apart.
    statements
        Every record the arithmetic rests on, the accused first.
    formula
        The arithmetic with its numbers, without words.
    values
        The fields of the sentences.
    size
        How much it is about.
    assumes
        Whether it holds only under an assumption, which has a sentence of its own.
    """

    rule: str
    case: str
    severity: Severity
    subject: str = ""
    statements: tuple[Record, ...] = ()
    formula: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    size: Size | None = None
    assumes: bool = False

    @property
    def key(self) -> str:
        """What names it: rule, case and subject."""
        return f"{self.rule}.{self.case}|{self.subject}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its statements."""
        return tuple(record.id for record in self.statements)

    def title(self, language: Language) -> str:
        """Name the kind of finding."""
        return language(f"plan.{self.rule}.title")

    def text(self, language: Language) -> str:
        """Say what was found."""
        return self._say("says", language)

    def repair(self, language: Language) -> str:
        """Say what would put it in order; nothing for what is in order."""
        return "" if self.severity == "passed" else self._say("repair", language)

    def assumption(self, language: Language) -> str:
        """Say what the finding takes for granted; empty when nothing."""
        return self._say("assumes", language) if self.assumes else ""

    def _say(self, part: str, language: Language) -> str:
        text = language(f"plan.{self.rule}.{self.case}.{part}", **said(self.values, language))
        return text[:1].upper() + text[1:]

    def to_json(self, languages: Sequence[Language]) -> dict[str, Any]:
        """Give it for programs, with its words in several languages."""
        return {
            "rule": self.rule,
            "case": self.case,
            "severity": self.severity,
            "subject": self.subject,
            "title": {language.code: self.title(language) for language in languages},
            "text": {language.code: self.text(language) for language in languages},
            "repair": {language.code: self.repair(language) for language in languages},
            "assumption": (
                {language.code: self.assumption(language) for language in languages}
                if self.assumes
                else None
            ),
            "formula": self.formula,
            "values": {name: raw(value) for name, value in self.values.items()},
            "size": self.size.to_json() if self.size else None,
            "statements": [_statement(record) for record in self.statements],
        }


def _statement(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "source": record.source,
        "line": record.line,
        "text": record.text,
    }


@dataclass(frozen=True)
class Conflict:
    """A smallest set of statements that cannot all hold, and which finding explains it."""

    statements: tuple[Record, ...]
    explained_by: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give it for programs."""
        return {
            "statements": [_statement(record) for record in self.statements],
            "explained_by": self.explained_by,
        }


@dataclass(frozen=True)
class PlanReport:
    """Everything the checker has to say of a plan.

    Parameters
    ----------
    plan
        The plan; None when the file could not be read as one.
    findings
        Gravest first, then by rule, then in the order of the file.
    conflicts
        Minimal sets of statements that cannot all hold.
    rules
        Rule id → `found`, `passed` or `not_applicable`.
    problems
        Faults of the file, when it could not be read.
    with_facts
        Whether the company's data were at hand.
    """

    plan: Plan | None
    findings: tuple[PlanFinding, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    with_facts: bool = False
    where: str = ""

    @classmethod
    def unreadable(cls, error: PlanError) -> PlanReport:
        """Give the report of a file that could not be read as a plan."""
        return cls(None, problems=error.problems, where=error.where)

    def of(self, *severities: Severity) -> tuple[PlanFinding, ...]:
        """Give the findings of some severities."""
        return tuple(found for found in self.findings if found.severity in severities)

    @property
    def errors(self) -> tuple[PlanFinding, ...]:
        """What cannot hold as written."""
        return self.of("error")

    @property
    def passed(self) -> tuple[PlanFinding, ...]:
        """What was looked at and is in order."""
        return self.of("passed")

    @property
    def exit_code(self) -> int:
        """1 with an error-level finding or an unreadable file, else 0."""
        return 1 if self.problems or self.errors else 0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in SEVERITIES}

    def _currency(self) -> str:
        return self.plan.header.currency if self.plan else "CNY"

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs, its words in both languages (format: see the module)."""
        languages = [Language.load(code, self._currency()) for code in CODES]
        header = self.plan.header if self.plan else None
        return {
            "schema": 1,
            "plan": header.name if header else "",
            "file": self.where,
            "year": str(header.year) if header else "",
            "exit_code": self.exit_code,
            "counts": self.counts,
            "facts": self.with_facts,
            "problems": [_problem(problem, languages) for problem in self.problems],
            "findings": [found.to_json(languages) for found in self.findings],
            "conflicts": [conflict.to_json() for conflict in self.conflicts],
            "rules": [
                {
                    "rule": rule,
                    "state": state,
                    "title": {
                        language.code: language(f"plan.{rule}.title") for language in languages
                    },
                }
                for rule, state in self.rules.items()
            ],
        }

    def json(self) -> str:
        """Give the report as JSON text, the same bytes for the same plan."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False)

    def text(self, language: Language | str) -> str:
        """Give the report for a reader at a terminal: the gravest first, passed checks last."""
        code = language if isinstance(language, str) else language.code
        language = Language.load(code, self._currency())
        if self.problems:
            head = language("plan.report.unreadable", file=self.where, count=len(self.problems))
            said = [f"  · {say_problem(problem, language)}" for problem in self.problems]
            return "\n".join([head, *said])
        parts = [self._heading(language)]
        for severity in SEVERITIES[:3]:
            for found in self.of(severity):
                parts.append(_paragraph(found, language))
        if self.passed:
            parts.append(language("plan.report.passed", count=len(self.passed)))
            parts.append("\n".join(_passed_line(found, language) for found in self.passed))
        return "\n\n".join(parts)

    def _heading(self, language: Language) -> str:
        name = self.plan.header.name if self.plan and self.plan.header.name else self.where
        return language("plan.report.heading", plan=name, **self.counts)


def _problem(problem: Problem, languages: Sequence[Language]) -> dict[str, Any]:
    digits = problem.where.removeprefix("line ")
    return {
        "line": int(digits) if digits.isdigit() else None,
        "what": problem.what,
        "got": problem.got,
        "fix": problem.fix,
        "text": {language.code: say_problem(problem, language) for language in languages},
    }


def _paragraph(found: PlanFinding, language: Language) -> str:
    mark = language(f"plan.severity.{found.severity}")
    lines = [f"{mark} {found.rule} {found.title(language)}", f"  {found.text(language)}"]
    if found.assumes:
        lines.append("  " + language("plan.report.assumes", text=found.assumption(language)))
    if found.formula:
        lines.append("  " + language("plan.report.arithmetic", text=found.formula))
    lines.append("  " + language("plan.report.repair", text=found.repair(language)))
    for record in found.statements:
        text = record.text or _described(record)
        line = language("plan.report.statement", id=record.id, line=record.line, text=text)
        lines.append(f"  {line}")
    return "\n".join(lines)


def _described(record: Record) -> str:
    """Say a record that the plan gives no sentence for."""
    if isinstance(record, Statement):
        parts = (record.scope.text, record.metric, str(record.period), record.value.shown)
        return " ".join(part for part in parts if part)
    if isinstance(record, Milestone):
        return f"{record.milestone} {record.due_text}".strip()
    return record.section


def _passed_line(found: PlanFinding, language: Language) -> str:
    formula = f"  {found.formula}" if found.formula else ""
    return f"  {found.rule} {found.text(language)}{formula}"
