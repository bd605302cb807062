"""Do the regions add up to the company? Every additive number, checked after a batch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from salesnb.data.contract import COMPANY, UNMAPPED
from salesnb.metrics.metric import Metric
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.running.facts import scope_text
from salesnb.running.files import write_whole

NAME = ".rollup.json"
"""What the last roll-up of a folder came to, for a batch after which nothing changed."""

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


def write_sums(path: Path, sums: Sequence[Sum]) -> None:
    """Keep what a roll-up came to.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    write_whole(path, json.dumps([asdict(each) for each in sums], ensure_ascii=False))


def read_sums(path: Path) -> list[Sum] | None:
    """Give a roll-up that was kept, None where there is none that can be read."""
    try:
        return [Sum(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None


def roll_up(reports: Iterable[Mapping[str, Any]]) -> list[Sum]:
    """Compare the company's additive facts with the sums of the regions' own.

    Only where the company and two regions or more were reported from the same period. A region
    without the fact may have nothing of it, or not show it: where some regions are without it
    and the others do not come to the company's number, nothing can be said, and it is left out.
    What belongs to no region counts where the company's report publishes it, else it is a
    difference.
    """
    groups: dict[tuple[str, str], _Group] = {}
    for report in reports:
        if report["status"] != "failed":
            key = (report["notebook"], report["period"])
            groups.setdefault(key, _Group()).take(report)
    sums = []
    for (notebook, period), group in sorted(groups.items()):
        if group.regions < 2:
            continue
        # What belongs to no region is published of whole periods, not of parts of them.
        nowhere = {metric for metric, _, _ in group.outside}
        for fact, company in sorted(group.company.items()):
            if fact[0] in nowhere and "span=" in fact[1]:
                continue
            count = group.counts[fact]
            outside = group.outside.get(fact, 0.0)
            difference = group.sums.get(fact, 0.0) + outside - company
            one = Sum(notebook, period, *fact, company, count, difference, outside)
            if count and (one.adds_up or count == group.regions):
                sums.append(one)
    return sums


@dataclass
class _Group:
    """The reports of one notebook and period: the company's figures, and the regions' so far."""

    company: dict[_Key, float] = field(default_factory=dict)
    outside: dict[_Key, float] = field(default_factory=dict)
    regions: int = 0
    sums: dict[_Key, float] = field(default_factory=dict)
    counts: Counter[_Key] = field(default_factory=Counter)

    def take(self, report: Mapping[str, Any]) -> None:
        """Add a report."""
        facts = _additive(report["facts"])
        if report["region"] == ALL:
            self.company, self.outside = facts, _outside(report["facts"])
            return
        self.regions += 1
        for fact, value in facts.items():
            self.sums[fact] = self.sums.get(fact, 0.0) + value
            self.counts[fact] += 1


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
