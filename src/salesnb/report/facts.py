"""The facts file: what a report leaves for everything after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salesnb.parameters import file_name
from salesnb.period import Period

MIME = "application/vnd.salesnb.report+json"
"""Type of the hidden output by which the facts leave the notebook."""

SCHEMA = 1


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
