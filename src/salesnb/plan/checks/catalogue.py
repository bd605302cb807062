"""Every rule there is, in the order they look at a plan.

A rule is one entry in the `RULES` of its family's module. Later rules see what earlier ones found
and keep silent about what has been told more plainly.
"""

from __future__ import annotations

from salesnb.plan.checks import (
    approval,
    baselines,
    capacity,
    counts,
    coverage,
    dated,
    funnels,
    identities,
    incentives,
    joint,
    market,
    milestones,
    mix,
    owners,
    phasing,
    pieces,
    process,
    rates,
    reach,
    remainders,
    repeats,
    shares,
    specific,
    tiers,
    totals,
    units,
)
from salesnb.plan.checks.rule import Rule

_FAMILIES = (
    totals,
    shares,
    mix,
    repeats,
    baselines,
    rates,
    market,
    identities,
    funnels,
    reach,
    counts,
    coverage,
    phasing,
    pieces,
    remainders,
    milestones,
    process,
    units,
    incentives,
    tiers,
    owners,
    capacity,
    specific,
    dated,
    approval,
    joint,
)
_LAST = ("K05", "K10")

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (rule for family in _FAMILIES for rule in family.RULES),
        key=lambda rule: (rule.id in _LAST, rule.id),
    )
)
"""Every rule; a class with two sides (K12) is two rules of one id."""
