"""The targets of each year: company, regions, product lines, people; 2024 in two versions.

Sales targets add up exactly, in whole yuan, but for the first version of 2024: there the regions
are promised 2.05 % more than the company asks for, as in the plan (P10 against P18–P21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from salesnb.sample.draws import Floats, Ints, apportion, stream
from salesnb.sample.goals import Targets, other_targets
from salesnb.sample.people import LINE_MANAGERS, NEVER, REGION_MANAGERS, People
from salesnb.sample.season import day_number, days
from salesnb.sample.shape import REGIONS

LINES = ("A", "B", "C")

ATTAINED = {
    2022: (1.02, 1.00, 0.70, 0.98),
    2023: (1.20, None, 0.85, None),
}
"""Attainment of each region; what is left open follows from that of the company."""

COMPANY_ATTAINED_2023 = 1.15

GROWTH_2024 = 0.12
REGION_GROWTH_2024 = (0.08, 0.18, 0.25, 0.10)
QUARTERS_2024 = (0.20, 0.30, 0.35, 0.15)
LINE_MIX = {2022: (0.48, 0.36, 0.16), 2023: (0.45, 0.33, 0.22), 2024: (0.41, 0.31, 0.28)}

REASON_2 = "区域目标合计超出公司目标2.05%，按比例修正；季度节奏改按历史季节性与工作日"
"""Why there is a second version of 2024."""


def targets_table(orders: pd.DataFrame, people: People, seed: int) -> pd.DataFrame:
    """Give the table `targets`.

    Parameters
    ----------
    orders
        The table `orders` without any planted cause: what was planned knew nothing of them.
    """
    targets = Targets()
    sold = orders[orders["status"].isin(["counted", "return"])]
    year = sold["order_date"].dt.year
    actual = {
        each: sold[year == each].groupby("region")["amount"].sum().reindex(list(REGIONS)).to_numpy()
        for each in (2021, 2022, 2023)
    }
    for each in (2022, 2023):
        regions = _region_targets(each, actual[each])
        months = _months(regions, _season(each))
        _sales(targets, each, 1, months, actual[each - 1], people, seed)
    first = np.round(actual[2023] * (1 + np.array(REGION_GROWTH_2024)), -3)
    company = round(float(actual[2023].sum()) * (1 + GROWTH_2024), -3)
    _sales(
        targets, 2024, 1, _months(first, _season(2024, QUARTERS_2024)), actual[2023], people, seed,
        company=apportion(_season(2024, QUARTERS_2024), round(company)),
    )  # fmt: skip
    second = _whole(first * company / first.sum(), company)
    _sales(targets, 2024, 2, _months(second, _season(2024)), actual[2023], people, seed)
    for each in (2022, 2023, 2024):
        other_targets(targets, each, people)
    return pd.DataFrame(targets.rows)


def _region_targets(year: int, actual: Floats) -> Floats:
    """Give the yearly target of each region from what it attained."""
    known = ATTAINED[year]
    targets = np.array(
        [np.nan if rate is None else sold / rate for sold, rate in zip(actual, known, strict=True)]
    )
    left = np.isnan(targets)
    if left.any():
        # The company attained 115 %; what 华东 and 中西部 leave is shared by the other two.
        rest = actual.sum() / COMPANY_ATTAINED_2023 - np.nansum(targets)
        targets[left] = rest * actual[left] / actual[left].sum()
    return _whole(targets, targets.sum())


def _whole(values: Floats, total: float) -> Floats:
    """Round to whole yuan so that the parts still make the total."""
    return apportion(values, round(float(total))).astype(float)


def _season(year: int, quarters: Iterable[float] | None = None) -> Floats:
    """Give the share of each month in a usual year, within given shares of quarters if any."""
    every = days()
    own = every.year == year
    share = np.bincount(every.month[own] % 12, weights=every.weight[own], minlength=12)
    share = share / share.sum()
    if quarters is None:
        return share
    by_quarter = share.reshape(4, 3)
    return (
        by_quarter / by_quarter.sum(axis=1, keepdims=True) * np.array([*quarters])[:, None]
    ).ravel()


def _months(regions: Floats, season: Floats) -> Ints:
    """Give the target of each region and month in whole yuan."""
    return np.array([apportion(season, round(float(target))) for target in regions])


def _sales(
    targets: Targets,
    year: int,
    version: int,
    months: Ints,
    before: Floats,
    people: People,
    seed: int,
    company: Ints | None = None,
) -> None:
    """Add the sales targets of one version, from the company down to people."""
    more: dict[str, object] = {"version": version}
    if version > 1:
        more |= {"reason": REASON_2, "source": "2024年二季度目标修订", "status": "current"}
    elif year == 2024:
        more |= {"status": "replaced"}
    director = people.ids[0]
    managers = [people.leader(name) for name in REGION_MANAGERS]
    lines = [people.leader(name) for name in LINE_MANAGERS]
    top = months.sum(axis=0) if company is None else company
    _spans(targets, year, {}, top, more | {"owner": director}, baseline=float(before.sum()))
    by_line = np.zeros((3, 12), dtype=np.int64)
    for place, region in enumerate(REGIONS):
        own = months[place]
        scope = {"region": region}
        upper = {"parent": f"{year} net_sales"}
        _spans(
            targets, year, scope, own, more | upper | {"owner": managers[place]},
            baseline=float(before[place]),
        )  # fmt: skip
        split = np.array([apportion(LINE_MIX[year], int(value)) for value in own]).T
        by_line += split
        below = {"parent": f"{year} net_sales region={region}", "owner": managers[place]}
        for line, values in zip(LINES, split, strict=True):
            _spans(targets, year, scope | {"product_line": line}, values, more | below)
        for rep, values in _reps(people, place, year, own, seed):
            mine = below | {"owner": people.ids[rep]}
            _spans(targets, year, scope | {"rep": people.ids[rep]}, values, more | mine)
    for line, values, owner in zip(LINES, by_line, lines, strict=True):
        below = {"parent": f"{year} net_sales", "owner": owner}
        _spans(targets, year, {"product_line": line}, values, more | below)


def _spans(
    targets: Targets,
    year: int,
    scope: Mapping[str, str],
    months: Ints,
    more: Mapping[str, object],
    baseline: float | None = None,
) -> None:
    """Add the target of a year, its quarters and its months."""
    targets.add(year, "net_sales", scope, str(year), float(months.sum()), baseline=baseline, **more)  # type: ignore[arg-type]
    for quarter in range(4):
        value = float(months[3 * quarter : 3 * quarter + 3].sum())
        targets.add(year, "net_sales", scope, f"{year}Q{quarter + 1}", value, **more)  # type: ignore[arg-type]
    for month, value in enumerate(months):
        targets.add(year, "net_sales", scope, f"{year}-{month + 1:02d}", float(value), **more)  # type: ignore[arg-type]


def _reps(
    people: People, region: int, year: int, months: Ints, seed: int
) -> list[tuple[int, Ints]]:
    """Split a region's months over who is there, newcomers less until their first deal.

    The plan does not know who will leave: a target stays with who had it at the year's start.
    """
    rng = stream(seed, "quota", str(region), str(year))
    reps = np.flatnonzero(people.sells() & (people.region == region))
    potential = rng.uniform(0.85, 1.15, size=len(reps))
    starts = [day_number(date(year, month + 1, 1)) for month in range(12)]
    known = people.first_deal[reps] < NEVER
    weight = np.zeros((12, len(reps)))
    for month, start in enumerate(starts):
        there = (people.hired[reps] < start + 15) & (people.left[reps] > start + 15)
        ramped = known & (people.first_deal[reps] <= start)
        weight[month] = potential * there * np.where(ramped, 1.0, 0.25)
    values = np.array([apportion(weight[month], int(months[month])) for month in range(12)]).T
    return [(int(rep), own) for rep, own in zip(reps, values, strict=True) if own.sum() > 0]
