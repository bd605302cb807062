"""What deserves a sentence: one finding, with the numbers its sentence is filled from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from salesnb.language import Language

Severity = Literal["bad", "warn", "good", "info"]
Verdict = Literal["supported", "not_supported", "not_testable", "directional"]

_RANK: dict[str, int] = {"bad": 0, "warn": 1, "good": 2, "info": 3}


@dataclass(frozen=True)
class Finding:
    """Something a reader should know, found by a rule.

    Parameters
    ----------
    rule
        Which rule found it; `findings.<rule>.text` is its sentence in each language.
    severity
        `bad` needs action, `warn` attention, `good` is worth keeping, `info` is worth knowing.
    scope
        About whom or what: dimension → value.
    impact
        Its size in money, signed: negative costs the company. None when it has no price.
    values
        The numbers and names of the sentence.
    section
        The section of the report that shows the evidence.
    verdict
        Whether the data support it, or only point that way.
    variant
        Chooses among several wordings of one rule (`findings.<rule>.<variant>`).
    """

    rule: str
    severity: Severity
    scope: Mapping[str, str] = field(default_factory=dict)
    impact: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""
    verdict: Verdict = "supported"
    variant: str = "text"

    def text(self, language: Language) -> str:
        """Say the finding as one sentence."""
        return language(f"findings.{self.rule}.{self.variant}", **self.values)

    def title(self, language: Language) -> str:
        """Name the kind of finding in a few words."""
        return language(f"findings.{self.rule}.title")

    @property
    def key(self) -> str:
        """What stays the same when the finding returns next month: rule and scope."""
        scope = ";".join(f"{name}={self.scope[name]}" for name in sorted(self.scope))
        return f"{self.rule}|{scope}"


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings: severity first, then size, then name, so that order never varies."""
    return sorted(
        findings, key=lambda found: (_RANK[found.severity], -abs(found.impact or 0.0), found.key)
    )


def leading(findings: Iterable[Finding], count: int = 3) -> list[Finding]:
    """Choose the findings of the first screen: the gravest, no rule twice while others wait."""
    order = ranked(findings)
    seen: set[str] = set()
    fresh = [found for found in order if not (found.rule in seen or seen.add(found.rule))]
    rest = [found for found in order if found not in fresh]
    return (fresh + rest)[:count]
