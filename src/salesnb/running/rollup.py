"""Do the regions add up to the company? Every additive number, checked after a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from salesnb.metrics.metric import Metric
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.running.facts import scope_text

TOLERANCE = 0.01
"""Money and counts may differ by this much: reports hold unrounded numbers."""


@dataclass(frozen=True)
class Sum:
    """One additive number of the company beside the sum of its regions.

    `difference` is the regions' sum minus the company's number; `regions` counts those that
    published it.
    """

    notebook: str
    report_period: str
    metric: str
    scope: str
    period: str
    company: float
    regions: int
    difference: float

    @property
    def adds_up(self) -> bool:
        """Whether the regions come to the company's number."""
        return abs(self.difference) <= max(TOLERANCE, abs(self.company) * 1e-9)


def roll_up(reports: Iterable[Mapping[str, Any]]) -> list[Sum]:
    """Compare the company's additive facts with the sums of the regions' own.

    Only where the company and two regions or more were reported from the same period. A region
    without the fact may have nothing of it, or not show it: where some regions are without it
    and the others do not come to the company's number, nothing can be said, and it is left out.
    Money that belongs to no region makes the company's number larger: it is a difference.
    """
    groups: dict[tuple[str, str], dict[str, dict[tuple[str, str, str], float]]] = {}
    for report in reports:
        if report["status"] == "failed":
            continue
        key = (report["notebook"], report["period"])
        groups.setdefault(key, {})[report["region"]] = _additive(report["facts"])
    sums = []
    for (notebook, period), by_region in sorted(groups.items()):
        company = by_region.pop(ALL, None)
        if company is None or len(by_region) < 2:
            continue
        for fact in sorted(company):
            found = [facts[fact] for facts in by_region.values() if fact in facts]
            if not found:
                continue
            difference = sum(found) - company[fact]
            one = Sum(notebook, period, *fact, company[fact], len(found), difference)
            if one.adds_up or len(found) == len(by_region):
                sums.append(one)
    return sums


def _adds_up(metric: Metric) -> bool:
    # The effects of a bridge sum to its change, but not over regions: the company's mix of
    # products is not the sum of the regions' mixes.
    return metric.additive and metric.family != "explain"


def _additive(facts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], float]:
    """Give the facts that may be added up over regions: metric, scope, period → value."""
    return {
        (fact["metric"], scope_text(fact["scope"]), fact["period"]): fact["value"]
        for fact in facts
        if fact["value"] is not None
        and fact["metric"] in METRICS
        and _adds_up(METRICS[fact["metric"]])
        and "region" not in fact["scope"]
    }
