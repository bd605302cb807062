"""The register of problems: what was found, gathered by what the data say lies behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from salesnb.findings.finding import Finding, ranked
from salesnb.findings.hypotheses import Checked
from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside, months, over, spans

_EXPOSED = ("complaints_up",)


@dataclass(frozen=True)
class Trouble:
    """One thing to fix: a supported hypothesis with its symptoms, or a finding none explains.

    Attributes
    ----------
    id
        The hypothesis, or the rule of the finding.
    region
        Where it was found by looking at a region on its own; "" for the report's own scope.
    checked
        The supported hypotheses; none for a finding nothing explains.
    findings
        What was found, the finding of the same name first.
    size
        Money it speaks of, signed; None where it has no price.
    exposed
        Sales of a year that hang on it where it has no price; None where that is not known.
    """

    id: str
    region: str = ""
    checked: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    size: float | None = None
    exposed: float | None = None

    @property
    def is_root(self) -> bool:
        """Whether the data support that this lies behind something."""
        return bool(self.checked)

    @property
    def own(self) -> tuple[Finding, ...]:
        """The findings of the same name: its own evidence."""
        return tuple(found for found in self.findings if found.rule == self.id)

    @property
    def symptoms(self) -> tuple[Finding, ...]:
        """The findings it may lie behind."""
        return tuple(found for found in self.findings if found.rule != self.id)


def gather(
    lens: Lens, findings: Iterable[Finding], checked: Sequence[Checked], region: str = ""
) -> list[Trouble]:
    """Gather findings under the supported hypotheses; what none explains stands by itself.

    One hypothesis supported for several symptoms is one trouble. A finding that is a cause for
    one symptom and has none itself is not listed twice.

    Returns
    -------
    Largest money first, then those without a price, gravest first.
    """
    grave = [found for found in ranked(findings) if found.severity in ("bad", "warn")]
    held = [each for each in checked if each.diagnosis.verdict == "supported"]
    troubles = []
    for name in dict.fromkeys(each.hypothesis.id for each in held):
        own = [each for each in held if each.hypothesis.id == name]
        rules = {found.rule for each in own for found in each.findings}
        # What is a cause of its own is no symptom of another.
        causes = {each.hypothesis.id for each in held} - {name}
        seen = [found for found in grave if found.rule in rules and found.rule not in causes]
        seen.sort(key=lambda found: found.rule != name)
        sizes = [each.size for each in own if each.size]
        size = max(sizes, key=abs) if sizes else None
        exposed = _exposed(lens) if size is None and name in _EXPOSED else None
        troubles.append(Trouble(name, region, tuple(own), tuple(seen), size, exposed))
    explained = {found.key for trouble in troubles for found in trouble.findings}
    troubles += [
        Trouble(found.rule, region, (), (found,), found.impact or None)
        for found in grave
        if found.key not in explained
    ]
    return in_order(troubles)


def in_order(troubles: Iterable[Trouble]) -> list[Trouble]:
    """Order troubles: those with a price by its size, then the others, roots before symptoms."""
    return sorted(
        troubles,
        key=lambda each: (-abs(each.size or 0.0), not each.is_root, each.id, each.region),
    )


def _exposed(lens: Lens) -> float | None:
    """Give a year's sales to the customers who complained in the last three months."""
    if not lens.has("tickets", "customer_id", "kind") or not lens.has("orders", "customer_id"):
        return None
    tickets = inside(lens.dataset.frame("tickets"), "opened", spans(lens).recent)
    upset = tickets.loc[tickets["kind"].astype(object) == "complaint", "customer_id"].dropna()
    sales = inside(lens.dataset.frame("sales"), "order_date", over(lens, months(lens, 12)))
    return float(sales.loc[sales["customer_id"].isin(set(upset)), "amount"].sum()) or None
