"""Do the regions add up to the company? Every additive number, checked after a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from salesnb.data.contract import COMPANY, UNMAPPED
from salesnb.metrics.metric import Metric
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.running.facts import scope_text

_Key = tuple[str, str, str]

TOLERANCE = 0.01
"""Money and counts may differ by this much: reports hold unrounded numbers."""


@dataclass(frozen=True)
class Sum:
    """One additive number of the company beside the sum of its regions.

    `outside` belongs to no region, such as people of the head office; `difference` is the regions'
    sum and that, minus the company's number; `regions` counts those that published it.
    """

    notebook: str
    report_period: str
    metric: str
    scope: str
    period: str
    company: float
    regions: int
    difference: float
    outside: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether the regions come to the company's number."""
        return abs(self.difference) <= max(TOLERANCE, abs(self.company) * 1e-9)


def roll_up(reports: Iterable[Mapping[str, Any]]) -> list[Sum]:
    """Compare the company's additive facts with the sums of the regions' own.

    Only where the company and two regions or more were reported from the same period. A region
    without the fact may have nothing of it, or not show it: where some regions are without it
    and the others do not come to the company's number, nothing can be said, and it is left out.
    What belongs to no region counts where the company's report publishes it, else it is a
    difference.
    """
    groups: dict[tuple[str, str], dict[str, dict[_Key, float]]] = {}
    without: dict[tuple[str, str], dict[_Key, float]] = {}
    for report in reports:
        if report["status"] == "failed":
            continue
        key = (report["notebook"], report["period"])
        groups.setdefault(key, {})[report["region"]] = _additive(report["facts"])
        if report["region"] == ALL:
            without[key] = _outside(report["facts"])
    sums = []
    for (notebook, period), by_region in sorted(groups.items()):
        company = by_region.pop(ALL, None)
        if company is None or len(by_region) < 2:
            continue
        for fact in sorted(company):
            found = [facts[fact] for facts in by_region.values() if fact in facts]
            if not found:
                continue
            outside = without[notebook, period].get(fact, 0.0)
            difference = sum(found) + outside - company[fact]
            one = Sum(notebook, period, *fact, company[fact], len(found), difference, outside)
            if one.adds_up or len(found) == len(by_region):
                sums.append(one)
    return sums


def _adds_up(metric: Metric) -> bool:
    # The effects of a bridge sum to its change, but not over regions: the company's mix of
    # products is not the sum of the regions' mixes.
    return metric.additive and metric.family != "explain"


def _outside(facts: Iterable[Mapping[str, Any]]) -> dict[_Key, float]:
    """Give what the company's facts say of no region, by metric, scope without it, and period."""
    found: dict[_Key, float] = {}
    for fact in facts:
        if fact["scope"].get("region") not in (COMPANY, UNMAPPED):
            continue
        scope = {name: value for name, value in fact["scope"].items() if name != "region"}
        for key, value in _additive([{**fact, "scope": scope}]).items():
            found[key] = found.get(key, 0.0) + value
    return found


def _additive(facts: Iterable[Mapping[str, Any]]) -> dict[_Key, float]:
    """Give the facts that may be added up over regions: metric, scope, period → value."""
    return {
        (fact["metric"], scope_text(fact["scope"]), fact["period"]): fact["value"]
        for fact in facts
        if fact["value"] is not None
        and fact["metric"] in METRICS
        and _adds_up(METRICS[fact["metric"]])
        and "region" not in fact["scope"]
    }
