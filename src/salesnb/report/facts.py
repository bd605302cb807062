"""The facts file: what a report leaves for everything after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salesnb.parameters import file_name
from salesnb.period import Calendar, Period

MIME = "application/vnd.salesnb.report+json"
"""Type of the hidden output by which the facts leave the notebook."""

SCHEMA = 1

# Reports of a month, and of a year; each reads what the others left before it.
_MONTHLY, _YEARLY = ("monthly_review", "diagnosis"), ("goal_decomposition", "annual_summary")


@dataclass(frozen=True)
class Earlier:
    """The facts of an earlier report, empty where it was never made.

    Attributes
    ----------
    period
        The period it is of.
    content
        The facts file as it was read.
    """

    period: Period
    content: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.content)

    @property
    def as_of(self) -> str:
        """The last day it knew, as an ISO date; "" where it was never made."""
        return str(self.content.get("as_of", ""))

    @property
    def actions(self) -> list[Mapping[str, Any]]:
        """The actions it asked for."""
        return list(self.content.get("actions", ()))

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """What it found."""
        return list(self.content.get("findings", ()))

    def value(self, metric: str, period: Period, **scope: str) -> float | None:
        """Give one number it published, None where it did not."""
        for fact in self.content.get("facts", ()):
            if (fact["metric"], fact["scope"], fact["period"]) == (metric, scope, str(period)):
                return fact["value"]
        return None


def read_earlier(outputs: Path, notebook: str, region: str, period: Period) -> Earlier:
    """Read the facts of an earlier report; one that is missing or damaged counts as not made."""
    path = outputs / str(period) / notebook / f"{file_name(region)}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Earlier(period)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        return Earlier(period)
    return Earlier(period, content)


def others_before(
    notebook: str, asked: Period, calendar: Calendar
) -> tuple[tuple[str, Period], ...]:
    """List the other reports one may have to reckon with, of the same region.

    Those of the year before; the year's plan; and of the months before it, the last one for a
    report of a month and all of the year for one of a year, but for the year's plan, on which
    these look back. A notebook's own report of the period before is not among them: that is
    `Review.earlier`.

    Returns
    -------
    Notebook and period of each, oldest first; empty for a notebook that is none of the four.

    Examples
    --------
    >>> [f"{name} {period}" for name, period in
    ...  others_before("diagnosis", Period.parse("2024-06"), Calendar())]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['annual_summary 2023', 'goal_decomposition 2024', 'monthly_review 2024-05',
     'goal_decomposition 2024-05']
    """
    if notebook not in (*_MONTHLY, *_YEARLY):
        return ()
    year = calendar.enclosing(asked, "year")
    months = list(calendar.months_of(year))
    if asked.kind == "month":
        months = [month for month in months if month < asked]
        if notebook in _MONTHLY or not months:
            months = [asked.previous]
    if (notebook, asked.kind) == ("goal_decomposition", "year"):
        # The months look back on the year's plan, so the plan cannot look back on them.
        months = []
    found = [("annual_summary", year.previous), ("goal_decomposition", year)]
    found += [(name, month) for month in months for name in _MONTHLY]
    found += [("goal_decomposition", month) for month in months[-1:]]
    own = {(notebook, asked), (notebook, asked.previous)}
    return tuple(each for each in dict.fromkeys(found) if each not in own)
