"""Every rule there is, in the order they look at a plan.

A rule is one entry in the `RULES` of its family's module. Later rules see what earlier ones found
and keep silent about what has been told more plainly.
"""

from __future__ import annotations

from collections.abc import Mapping

from salesnb.plan.checks import (
    counts,
    dates,
    drivers,
    incentives,
    joint,
    people,
    phasing,
    rates,
    shares,
    smart,
    totals,
    values,
)
from salesnb.plan.checks.rule import Rule

_LAST = ("K05", "K10")
_FAMILIES = (
    totals, shares, values, rates, drivers, counts, phasing, dates, incentives, people, smart, joint,
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (rule for family in _FAMILIES for rule in family.RULES),
        key=lambda rule: (rule.id in _LAST, rule.id),
    )
}
"""Rule id → rule."""
