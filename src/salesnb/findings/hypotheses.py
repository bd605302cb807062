"""What may lie behind a finding: hypotheses that say what the data would show, held to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.explain.intervals import two_proportion_test
from salesnb.findings.finding import Finding, Verdict
from salesnb.findings.lens import Lens
from salesnb.language import CODES, is_missing
from salesnb.metrics.registry import METRICS

_KEYS = {"rules", "name", "metric", "moves"}
SURE = 0.05
"""Chance below which a change of a rate is taken for one."""
MATERIAL = 0.05
"""Growth or fall of an amount from which it speaks for a hypothesis."""


@dataclass(frozen=True)
class Hypothesis:
    """A possible reason, with the figure that would have moved if it were one."""

    rules: tuple[str, ...]
    name: Mapping[str, str]
    metric: str
    moves: str


@dataclass(frozen=True)
class Checked:
    """A hypothesis held to the data.

    Attributes
    ----------
    finding
        The symptom it was asked for.
    verdict
        `supported`: the figure moved as it would have, beyond chance where that can be told;
        `directional`: it moved so, but chance may explain it; `not_supported`; `not_testable`.
    current, base
        The figure now and a year ago, None where there is none.
    lacks
        What would have to be there to test it.
    """

    hypothesis: Hypothesis
    finding: Finding
    verdict: Verdict
    current: float | None = None
    base: float | None = None
    lacks: tuple[str, ...] = ()


def read_hypotheses(
    entries: Sequence[Mapping[str, Any]], where: str = "playbook.yaml"
) -> list[Hypothesis]:
    """Read the `hypotheses` of a playbook.

    Raises
    ------
    ParameterError
        With every entry that lacks a key, has one too many, or names an unknown metric.
    """
    read, problems = [], []
    for place, entry in enumerate(entries, start=1):
        name = f"hypotheses[{place}]"
        found = [Problem(f"{name} lacks `{key}`") for key in sorted(_KEYS - set(entry))]
        found += [
            Problem(f"{name} has an unknown key", got=f"`{key}`", fix=suggest(key, sorted(_KEYS)))
            for key in sorted(set(entry) - _KEYS)
        ]
        metric = str(entry.get("metric", ""))
        if metric and metric not in METRICS:
            fix = suggest(metric, tuple(METRICS))
            found.append(Problem(f"{name}.metric is no metric", got=f"`{metric}`", fix=fix))
        if entry.get("moves", "up") not in ("up", "down"):
            fix = "Write up or down."
            found.append(Problem(f"{name}.moves is neither", got=str(entry["moves"]), fix=fix))
        if found:
            problems += found
            continue
        text = entry["name"]
        names: Mapping[str, str] = dict.fromkeys(CODES, text) if isinstance(text, str) else text
        rules = tuple(str(rule) for rule in entry["rules"])
        read.append(Hypothesis(rules, names, metric, str(entry["moves"])))
    if problems:
        raise ParameterError(problems, where)
    return read


def check_hypotheses(
    lens: Lens, findings: Iterable[Finding], hypotheses: Sequence[Hypothesis]
) -> list[Checked]:
    """Hold the hypotheses of each grave finding to the data, each hypothesis once.

    The figure is compared with the same period of last year. A rate speaks only when the
    difference is beyond chance (two-proportion test), an amount when it moved by 5 % or more.
    Agreement is no proof of cause.
    """
    done: dict[int, Checked] = {}
    for finding in findings:
        if finding.severity not in ("bad", "warn"):
            continue
        for place, hypothesis in enumerate(hypotheses):
            if finding.rule in hypothesis.rules and place not in done:
                done[place] = _checked(lens, finding, hypothesis)
    return list(done.values())


def _checked(lens: Lens, finding: Finding, hypothesis: Hypothesis) -> Checked:
    metric = METRICS[hypothesis.metric]
    lacks = metric.lacks(lens.dataset)
    if lacks:
        return Checked(hypothesis, finding, "not_testable", lacks=lacks)
    row = lens.against(hypothesis.metric, "year")
    if is_missing(row["current"]) or is_missing(row["base"]):
        return Checked(hypothesis, finding, "not_testable")
    current, base = float(row["current"]), float(row["base"])
    moved = current > base if hypothesis.moves == "up" else current < base
    verdict: Verdict = "not_supported"
    if moved and metric.is_ratio:
        now = lens.value(hypothesis.metric)
        then = lens.value(hypothesis.metric, lens.period.last_year)
        verdict = "supported" if _beyond_chance(now, then) else "directional"
    elif moved and base and abs(current / base - 1) >= MATERIAL:
        verdict = "directional"
    return Checked(hypothesis, finding, verdict, current, base)


def _beyond_chance(now: Any, then: Any) -> bool:
    """Test two rates that count cases; rates of money are never more than a direction."""
    parts = (now.numerator, now.denominator, then.numerator, then.denominator)
    if any(part is None or part < 0 or part != int(part) for part in parts):
        return False
    if now.numerator > now.denominator or then.numerator > then.denominator:
        return False
    return two_proportion_test(*parts).p_value < SURE
