"""From symptom to what may lie behind it: hypotheses held to measured evidence.

A playbook lists, for each symptom, hypotheses; each names a kind of check, what to measure for
it, and how strict to be. The engine asks for the figures, checks them, and says for each
hypothesis whether the figures agree with it, and how much money they speak of. Agreement is no
proof of cause, and nothing here says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from pandas import DataFrame

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.explain.evidence import CHECKS, Evidence
from salesnb.explain.inputs import require_columns
from salesnb.language import Language

Verdict = Literal["supported", "directional", "not_supported", "not_testable"]
ORDER: tuple[Verdict, ...] = ("supported", "directional", "not_supported", "not_testable")


@dataclass(frozen=True)
class NotMeasured:
    """What a measure gives instead of a frame when it cannot measure.

    Attributes
    ----------
    lacks
        The tables or columns that are missing; empty when there are no rows for other reasons.
    """

    lacks: tuple[str, ...] = ()


Measure = Callable[[Mapping[str, Any]], DataFrame | NotMeasured]


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may lie behind a symptom.

    Attributes
    ----------
    id
        Its name, unique within the symptom.
    check
        Kind of check, a key of `CHECKS`.
    ask
        What is to be measured, in words of whoever measures.
    options
        Arguments of the check: `direction`, `least` …
    """

    id: str
    check: str
    ask: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Symptom:
    """Something wrong, and the hypotheses about it."""

    id: str
    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True)
class Diagnosis:
    """A hypothesis held to the figures.

    Attributes
    ----------
    symptom, hypothesis, check
        Which.
    verdict
        "supported": the figures moved as they would have, by enough to matter, and beyond chance
        where that can be told; "directional": they moved so, but too little or chance may do it;
        "not_supported": they did not; "not_testable": they could not be measured.
    size
        Money they speak of, signed (negative costs the company); None when they have no price.
    p_value
        Chance of such a move if nothing had changed, adjusted for the number of hypotheses of
        the symptom (Holm); NaN where it cannot be told.
    lacks
        The tables or columns missing, when not testable.
    values
        Numbers and names of the evidence, for a sentence.
    """

    symptom: str
    hypothesis: str
    check: str
    verdict: Verdict
    size: float | None = None
    p_value: float = float("nan")
    lacks: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def read_symptoms(
    entries: Sequence[Mapping[str, Any]], where: str = "playbook"
) -> tuple[Symptom, ...]:
    """Read symptoms and hypotheses from a playbook's records, reporting every flaw at once.

    Parameters
    ----------
    entries
        One mapping for each symptom: `symptom` (its id) and `hypotheses`, a list of mappings with
        `id`, `check`, and optional `ask` and `options`.
    where
        Name of the playbook for messages.

    Returns
    -------
    The symptoms in order.

    Raises
    ------
    ParameterError
        If a key is missing or unknown, an id repeats, or a check or option is unknown.

    Examples
    --------
    >>> found = read_symptoms([{"symptom": "sales_down", "hypotheses": [
    ...     {"id": "price", "check": "price_effect", "ask": {"by": "product"}}]}])
    >>> found[0].hypotheses[0].check
    'price_effect'
    """
    problems: list[Problem] = []
    symptoms = []
    for number, entry in enumerate(entries, 1):
        place = f"symptom {number}"
        _keys(entry, ("symptom", "hypotheses"), (), place, problems)
        name = str(entry.get("symptom", ""))
        hypotheses = []
        for count, record in enumerate(entry.get("hypotheses") or (), 1):
            spot = f"{place}, hypothesis {count}"
            _keys(record, ("id", "check"), ("ask", "options"), spot, problems)
            check = str(record.get("check", ""))
            options = dict(record.get("options") or {})
            if "check" in record and check not in CHECKS:
                problems.append(
                    Problem(f"check `{check}` is unknown", spot, fix=suggest(check, list(CHECKS)))
                )
            problems += [
                Problem(
                    f"`{option}` is no option of {check}",
                    spot,
                    fix=suggest(option, list(CHECKS[check].options)),
                )
                for option in options
                if check in CHECKS and option not in CHECKS[check].options
            ]
            ask = dict(record.get("ask") or {})
            hypotheses.append(Hypothesis(str(record.get("id", "")), check, ask, options))
        names = [hypothesis.id for hypothesis in hypotheses]
        problems += [
            Problem(f"hypothesis `{twice}` stands twice", place)
            for twice in sorted({each for each in names if names.count(each) > 1})
        ]
        symptoms.append(Symptom(name, tuple(hypotheses)))
    if problems:
        raise ParameterError(problems, where)
    return tuple(symptoms)


def diagnose(
    symptoms: Sequence[Symptom], measure: Measure, significance: float = 0.05
) -> list[Diagnosis]:
    """Hold every hypothesis of the given symptoms to the figures.

    Parameters
    ----------
    symptoms
        Those that were seen; `read_symptoms` makes them.
    measure
        Is called with the `ask` of a hypothesis and gives the frame its check wants (see the
        docstrings in `salesnb.explain.evidence`), or `NotMeasured(lacks)`.
    significance
        Largest adjusted p-value that is beyond chance.

    Returns
    -------
    One Diagnosis for each hypothesis: symptoms in order, within each the supported first, then by
    falling size. Every hypothesis gets a verdict; none is dropped.

    Raises
    ------
    MetricError
        If a measured frame lacks a column that the check needs.

    Notes
    -----
    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979),
    over the hypotheses of one symptom, since several are asked about one thing.

    Examples
    --------
    >>> symptoms = read_symptoms([{"symptom": "conversion_down", "hypotheses": [
    ...     {"id": "leads_bad", "check": "rate_difference", "options": {"direction": "down"}}]}])
    >>> frame = DataFrame({"numerator": [100], "denominator": [500],
    ...                    "prior_numerator": [150], "prior_denominator": [500]})
    >>> [(each.hypothesis, each.verdict) for each in diagnose(symptoms, lambda ask: frame)]
    [('leads_bad', 'supported')]
    """
    found: list[Diagnosis] = []
    for symptom in symptoms:
        pairs = [(each, _held(each, measure)) for each in symptom.hypotheses]
        tested = [evidence for _, evidence in pairs if isinstance(evidence, Evidence)]
        adjusted = iter(_holm([evidence.p_value for evidence in tested]))
        judged = []
        for hypothesis, evidence in pairs:
            known = Diagnosis(symptom.id, hypothesis.id, hypothesis.check, "not_testable")
            if isinstance(evidence, NotMeasured):
                judged.append(replace(known, lacks=evidence.lacks))
                continue
            p_value = next(adjusted)
            judged.append(
                replace(
                    known,
                    verdict=_verdict(evidence, p_value, significance),
                    size=evidence.size,
                    p_value=p_value,
                    values=evidence.values,
                )
            )
        judged.sort(key=lambda each: (ORDER.index(each.verdict), -abs(each.size or 0.0)))
        found += judged
    return found


def diagnosis_table(diagnoses: Sequence[Diagnosis]) -> DataFrame:
    """Give diagnoses as a frame.

    Parameters
    ----------
    diagnoses
        What `diagnose` gave.

    Returns
    -------
    One row for each hypothesis: `symptom`, `hypothesis`, `check`, `verdict`, `size`, `p_value`,
    `lacks` (joined by commas).
    """
    return DataFrame(
        {
            "symptom": [each.symptom for each in diagnoses],
            "hypothesis": [each.hypothesis for each in diagnoses],
            "check": [each.check for each in diagnoses],
            "verdict": [each.verdict for each in diagnoses],
            "size": [np.nan if each.size is None else each.size for each in diagnoses],
            "p_value": [each.p_value for each in diagnoses],
            "lacks": [", ".join(each.lacks) for each in diagnoses],
        }
    )


def evidence_text(diagnosis: Diagnosis, language: Language) -> str:
    """Say what the figures show about a hypothesis, without a word of cause.

    Parameters
    ----------
    diagnosis
        One of those `diagnose` gave.
    language
        The reader's.

    Returns
    -------
    One sentence; for what is not testable, what is missing.

    Examples
    --------
    >>> lost = Diagnosis("sales_down", "lost", "key_customer_lost", "not_testable",
    ...                  lacks=("customers",))
    >>> evidence_text(lost, Language.load("en"))
    'Not testable without customers.'
    """
    if diagnosis.verdict == "not_testable":
        if diagnosis.lacks:
            return language("explain.evidence.lacks", names=list(diagnosis.lacks))
        return language("explain.evidence.no_figures")
    values = diagnosis.values
    none = "_none" if values.get("count") == 0 else ""
    whole = "_whole" if diagnosis.check == "rate_difference" and not values["segment"] else ""
    return language(f"explain.evidence.{diagnosis.check}{none}{whole}", **values)


def _held(hypothesis: Hypothesis, measure: Measure) -> Evidence | NotMeasured:
    frame = measure(hypothesis.ask)
    if isinstance(frame, NotMeasured):
        return frame
    check = CHECKS.get(hypothesis.check)
    if check is None:
        raise MetricError(
            Problem(
                f"check `{hypothesis.check}` is unknown",
                fix=suggest(hypothesis.check, list(CHECKS)),
            )
        )
    if frame.empty:
        return NotMeasured()
    require_columns(frame, check.columns, f"{hypothesis.id}, check {hypothesis.check}")
    evidence = check.run(frame, **hypothesis.options)
    return NotMeasured() if evidence is None else evidence


def _verdict(evidence: Evidence, p_value: float, significance: float) -> Verdict:
    if not evidence.agrees:
        return "not_supported"
    beyond_chance = np.isnan(p_value) or p_value <= significance
    return "supported" if evidence.material and beyond_chance else "directional"


def _holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values for their number; NaN stay and do not count."""
    given = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = np.full(len(given), np.nan)
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    return adjusted


def _keys(
    record: Mapping[str, Any],
    needed: Sequence[str],
    allowed: Sequence[str],
    place: str,
    problems: list[Problem],
) -> None:
    known = [*needed, *allowed]
    problems += [Problem(f"`{key}` is missing", place) for key in needed if not record.get(key)]
    problems += [
        Problem(f"`{key}` is unknown", place, fix=suggest(str(key), known))
        for key in record
        if key not in known
    ]
