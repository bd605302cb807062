"""Targets besides sales: rates, counts, days; and the rows that all targets are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from salesnb.data.scope import scope_text
from salesnb.sample.draws import apportion
from salesnb.sample.people import REGION_MANAGERS, People
from salesnb.sample.shape import REGIONS

PLAN = "annual"
GENERAL_MANAGER = "总经理 顾怀瑾"


@dataclass
class Targets:
    """Rows of the table as they come."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        year: int,
        metric: str,
        scope: Mapping[str, str],
        period: str,
        value: float,
        unit: str = "money",
        bound: str = "≥",
        version: int = 1,
        **more: object,
    ) -> None:
        """Add a row; its region is that of its scope."""
        self.rows.append(
            {
                "plan": PLAN,
                "version": version,
                "metric": metric,
                "scope": scope_text(scope),
                "period": period,
                "region": scope.get("region", ""),
                "value": float(value),
                "bound": bound,
                "unit": unit,
                "deadline": _last_day(period),
                "status": "approved",
                "approved_by": GENERAL_MANAGER,
                "source": f"{year}年度目标分解",
                **more,
            }
        )


@cache
def _last_day(period: str) -> pd.Timestamp:
    frequency = "Q" if "Q" in period else "M" if "-" in period else "Y"
    return pd.Period(period, freq=frequency).end_time.normalize().as_unit("us")


_YEARLY: Mapping[int, Mapping[str, tuple[float, str, str]]] = {
    2022: {
        "renewal_rate": (0.70, "≥", "ratio"),
        "repurchase_rate": (0.68, "≥", "ratio"),
        "lead_conversion": (0.14, "≥", "ratio"),
        "csat": (0.82, "≥", "ratio"),
        "senior_share": (0.15, "≥", "ratio"),
        "staff_turnover": (0.12, "≤", "ratio"),
    },
    2023: {
        "renewal_rate": (0.72, "≥", "ratio"),
        "repurchase_rate": (0.68, "≥", "ratio"),
        "lead_conversion": (0.15, "≥", "ratio"),
        "csat": (0.85, "≥", "ratio"),
        "senior_share": (0.20, "≥", "ratio"),
        "staff_turnover": (0.10, "≤", "ratio"),
        "training_coverage": (1.0, "≥", "ratio"),
        "training_pass_rate": (0.90, "≥", "ratio"),
        "crm_adoption": (1.0, "≥", "ratio"),
        "key_account_revenue_share": (0.50, "≥", "ratio"),
    },
    2024: {
        "renewal_rate": (0.78, "≥", "ratio"),
        "repurchase_rate": (0.75, "≥", "ratio"),
        "lead_conversion": (0.15, "≥", "ratio"),
        "csat": (0.90, "≥", "ratio"),
        "senior_share": (0.20, "≥", "ratio"),
        "staff_turnover": (0.08, "≤", "ratio"),
        "training_coverage": (1.0, "≥", "ratio"),
        "training_pass_rate": (0.95, "≥", "ratio"),
        "crm_adoption": (1.0, "≥", "ratio"),
        "key_account_revenue_share": (0.55, "≥", "ratio"),
    },
}
"""Targets of the company for a year besides sales: value, bound, unit."""

_MONTHLY: Mapping[str, tuple[float, str, str]] = {
    "lead_conversion": (0.15, "≥", "ratio"),
    "renewal_rate": (0.75, "≥", "ratio"),
    "churn_rate": (0.035, "≤", "ratio"),
    "dso": (60.0, "≤", "days"),
    "overdue_ratio": (0.15, "≤", "ratio"),
    "sla_rate": (0.90, "≥", "ratio"),
    "valid_lead_rate": (0.68, "≥", "ratio"),
    "csat": (0.88, "≥", "ratio"),
}
"""Targets that every region has for every month and quarter."""

NEW_CUSTOMERS = {2022: 110, 2023: 120, 2024: 120}


def other_targets(targets: Targets, year: int, people: People) -> None:
    """Add the targets for rates and counts."""
    director = people.ids[0]
    managers = [people.leader(name) for name in REGION_MANAGERS]
    for metric, (value, bound, unit) in _YEARLY[year].items():
        targets.add(year, metric, {}, str(year), value, unit, bound, owner=director)
    if year == 2023:
        targets.add(
            year, "attainment", {"region": "中西部"}, "2023", 0.90, "ratio",
            owner=people.leader("吴八"),
        )  # fmt: skip
    if year == 2024:
        targets.add(
            year, "repurchase_rate", {"region": "华东"}, "2024", 0.80, "ratio",
            owner=people.leader("赵六"),
        )  # fmt: skip
    spans = [f"{year}Q{quarter}" for quarter in range(1, 5)]
    spans += [f"{year}-{month:02d}" for month in range(1, 13)]
    scopes: list[tuple[Mapping[str, str], str]] = [({}, director)]
    scopes += [({"region": region}, owner) for region, owner in zip(REGIONS, managers, strict=True)]
    for metric, (value, bound, unit) in _MONTHLY.items():
        for scope, owner in scopes:
            for span in spans:
                targets.add(year, metric, scope, span, value, unit, bound, owner=owner)
    _new_customers(targets, year, scopes)


def _new_customers(
    targets: Targets, year: int, scopes: list[tuple[Mapping[str, str], str]]
) -> None:
    """Add whole numbers of new customers: months and regions add up to the year."""
    pace = np.linspace(1.45, 0.55, 12)
    months = apportion(pace, NEW_CUSTOMERS[year])
    regions = np.zeros((len(REGIONS), 12), dtype=np.int64)
    shares = np.array([0.35, 0.25, 0.20, 0.20])
    given = np.zeros(len(REGIONS))
    for month, count in enumerate(months):
        # What rounding took from a region in one month it gets in the next.
        owed = shares * months[: month + 1].sum() - given
        regions[:, month] = apportion(np.maximum(owed, 0), int(count))
        given += regions[:, month]
    for (scope, owner), own in zip(scopes, [months, *regions], strict=True):
        targets.add(year, "new_customers", scope, str(year), float(own.sum()), "count", owner=owner)
        for quarter in range(4):
            value = float(own[3 * quarter : 3 * quarter + 3].sum())
            span = f"{year}Q{quarter + 1}"
            targets.add(year, "new_customers", scope, span, value, "count", owner=owner)
        for month, value in enumerate(own):
            span = f"{year}-{month + 1:02d}"
            targets.add(year, "new_customers", scope, span, float(value), "count", owner=owner)
