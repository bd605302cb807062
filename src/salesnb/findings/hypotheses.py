"""What may lie behind findings: the playbook's symptoms, their hypotheses held to the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.explain.causes import Diagnosis, Hypothesis, Symptom, diagnose, read_symptoms
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.measured import ask_problems, measurer
from salesnb.language import CODES
from salesnb.metrics.registry import METRICS

_KEYS = ("symptom", "name", "rules", "hypotheses")


@dataclass(frozen=True)
class Case:
    """A symptom of the playbook: what readers call it, and the rules by which it is seen.

    Attributes
    ----------
    symptom
        With its hypotheses, as the engine takes it.
    name
        Language → what is wrong, in a few words.
    rules
        Findings by which it is seen.
    hypothesis_names
        Hypothesis → language → what may lie behind it.
    """

    symptom: Symptom
    name: Mapping[str, str]
    rules: tuple[str, ...]
    hypothesis_names: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Checked:
    """A hypothesis held to the data, with the findings it was asked for.

    Attributes
    ----------
    size
        Money the finding of the same name speaks of, else what the check itself says; None where
        neither has a price.
    """

    case: Case
    hypothesis: Hypothesis
    diagnosis: Diagnosis
    findings: tuple[Finding, ...]
    size: float | None

    def name(self, code: str) -> str:
        """Give what may lie behind the symptom, in a language."""
        return self.case.hypothesis_names[self.hypothesis.id][code]

    def symptom_name(self, code: str) -> str:
        """Give what is wrong, in a language."""
        return self.case.name[code]


def read_cases(
    entries: Sequence[Mapping[str, Any]], where: str = "playbook.yaml"
) -> tuple[Case, ...]:
    """Read the `symptoms` of a playbook.

    Raises
    ------
    ParameterError
        With every entry that lacks a key or has one too many, asks for a metric, dimension or check
        that is unknown, or has no name in a language.
    """
    problems: list[Problem] = []
    bare: list[Mapping[str, Any]] = []
    names: list[Mapping[str, str]] = []
    known_by: list[Mapping[str, Mapping[str, str]]] = []
    for number, entry in enumerate(entries, start=1):
        place = f"symptom {number}"
        problems += [
            Problem(f"`{key}` is unknown", place, fix=suggest(str(key), list(_KEYS)))
            for key in entry
            if key not in _KEYS
        ]
        problems += [Problem(f"`{key}` is missing", place) for key in _KEYS if not entry.get(key)]
        names.append(_named(entry.get("name", ""), place, problems))
        inner: dict[str, Mapping[str, str]] = {}
        records: list[Mapping[str, Any]] = []
        for count, record in enumerate(list(entry.get("hypotheses") or []), start=1):
            spot = f"{place}, hypothesis {count}"
            if not record.get("name"):
                problems.append(Problem("`name` is missing", spot))
            inner[str(record.get("id", ""))] = _named(record.get("name", ""), spot, problems)
            problems += ask_problems(dict(record.get("ask") or {}), spot)
            records.append({key: value for key, value in record.items() if key != "name"})
        known_by.append(inner)
        bare.append({"symptom": entry.get("symptom"), "hypotheses": records})
    try:
        symptoms = read_symptoms(bare, where)
    except ParameterError as error:
        raise ParameterError([*problems, *error.problems], where) from error
    if problems:
        raise ParameterError(problems, where)
    return tuple(
        Case(symptom, name, tuple(str(rule) for rule in entry["rules"]), inner)
        for symptom, name, entry, inner in zip(symptoms, names, entries, known_by, strict=True)
    )


def _named(text: Any, place: str, problems: list[Problem]) -> Mapping[str, str]:
    """Take one text for every language, or a text for each."""
    if not isinstance(text, Mapping):
        return dict.fromkeys(CODES, str(text))
    problems += [
        Problem(f"`name` has no text in `{code}`", place, fix="Write one for each language.")
        for code in CODES
        if not text.get(code)
    ]
    return {code: str(text.get(code, "")) for code in CODES}


def check_cases(lens: Lens, findings: Iterable[Finding], cases: Sequence[Case]) -> list[Checked]:
    """Hold the hypotheses of every symptom that was seen to the data.

    A symptom is seen when one of its rules found something that needs action or attention. What
    is held against what, and how strictly, is in the playbook; every verdict and its size is kept
    as a fact. Agreement is no proof of cause.

    Returns
    -------
    Symptoms in the playbook's order, within each the supported first.
    """
    grave = [found for found in findings if found.severity in ("bad", "warn")]
    checked: list[Checked] = []
    ask = measurer(lens)
    for case in cases:
        seen = tuple(found for found in grave if found.rule in case.rules)
        if not seen:
            continue
        by_id = {each.id: each for each in case.symptom.hypotheses}
        for diagnosis in diagnose([case.symptom], ask):
            same = [found.impact for found in seen if found.rule == diagnosis.hypothesis]
            priced = [impact for impact in same if impact]
            size = sum(priced) if priced else _cost(by_id[diagnosis.hypothesis], diagnosis)
            _keep(lens, diagnosis, size)
            checked.append(Checked(case, by_id[diagnosis.hypothesis], diagnosis, seen, size))
    return checked


def _cost(hypothesis: Hypothesis, diagnosis: Diagnosis) -> float | None:
    """Give the money of a check; more of what is better low costs the company."""
    metric = METRICS.get(str(hypothesis.ask.get("metric", "")))
    if diagnosis.size is None or metric is None or metric.better != "down":
        return diagnosis.size
    return -diagnosis.size


def _keep(lens: Lens, diagnosis: Diagnosis, size: float | None) -> None:
    scope = {
        "symptom": diagnosis.symptom,
        "hypothesis": diagnosis.hypothesis,
        "verdict": diagnosis.verdict,
    }
    reason = None if size is not None else "no_price"
    lens.keep("hypothesis", size, "money", scope, reason=reason)
    for name, value in diagnosis.values.items():
        if isinstance(value, int | float):
            about = {"hypothesis": diagnosis.hypothesis, "symptom": diagnosis.symptom}
            lens.keep("evidence", float(value), "number", about | {"figure": name})
