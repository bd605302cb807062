"""A draft of next year's plan, as data: from what was sold and foreseen to a plan file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from salesnb.errors import MetricError, Problem
from salesnb.period import Period
from salesnb.plan.allocate import allocate

Ground = Literal["forecast", "best", "never", "floor", "mean", "flat"]

# How far a region's goal leans on the market it could sell to, and how far mix goes on moving.
_MARKET_WEIGHT, _MIX_PACE = 0.25, 0.5
# Targets are whole multiples of so small a part of the total.
_FINENESS = 2000


@dataclass(frozen=True)
class Total:
    """The year's goal and what it rests on.

    Attributes
    ----------
    value, growth
        The goal, a round figure, and its growth over the base.
    ground
        `forecast`; `best` (the forecast, cut to the best growth seen); `never` (no year
        grew: held at the base); `floor` (a falling forecast, held at the base); `mean` (the mean
        growth seen); `flat` (nothing known).
    unit
        What targets are whole multiples of.
    """

    value: float
    growth: float
    ground: Ground
    unit: float


def next_total(base: float, foreseen: float | None, growths: Sequence[float] = ()) -> Total:
    """Set a year's goal: what is foreseen, neither below the base nor above the best growth seen.

    Parameters
    ----------
    base
        The year before, or what it is heading for; above 0.
    foreseen
        The forecast of the year; None where there is none.
    growths
        Growth of the years known.

    Raises
    ------
    MetricError
        If the base is not above 0.

    Examples
    --------
    >>> goal = next_total(100.0, 130.0, [0.05, 0.25])
    >>> goal.value, goal.growth, goal.ground
    (125.0, 0.25, 'best')
    >>> next_total(100.0, None).ground
    'flat'
    """
    if not base > 0:
        raise MetricError(Problem("a plan needs a base above 0", got=str(base)))
    best = max([0.0, *growths])
    ground: Ground = "flat"
    growth = 0.0
    if foreseen is not None:
        growth, ground = foreseen / base - 1, "forecast"
        if growth < 0:
            growth, ground = 0.0, "floor"
        elif growths and growth > best:
            growth, ground = best, "best" if best > 0 else "never"
    elif growths:
        growth, ground = max(float(np.mean(growths)), 0.0), "mean"
    unit = round_unit(base)
    exact = base * (1 + growth) / unit
    # Rounding must not ask for more than the best there was.
    value = (math.floor(exact + 1e-9) if ground == "best" else round(exact)) * unit
    if value < base:
        value = math.ceil(base / unit) * unit
    return Total(float(value), float(value) / base - 1, ground, unit)


def round_unit(amount: float) -> float:
    """Give the unit targets of this size are written in: 1, 2 or 5 of a power of ten.

    Examples
    --------
    >>> round_unit(188_806_327), round_unit(5_000)
    (50000.0, 2.0)
    """
    rough = amount / _FINENESS
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(step * power for step in (5, 2, 1) if step * power <= rough * (1 + 1e-9)))


def next_parts(
    total: Total,
    now: pd.Series,
    before: pd.Series | None = None,
    market: pd.Series | None = None,
) -> pd.DataFrame:
    """Split a goal over regions or product lines.

    Regions lean by a quarter on the size of their market, where all are known; otherwise shares
    go on moving at half the pace of last year. Nobody is asked for less than he sold, unless the
    goal as a whole is below that.

    Parameters
    ----------
    now, before
        Sales of the base year and the year before, by part.
    market
        Size of the market, by part.

    Returns
    -------
    One row for each part, in the order of `now`: `base`, `target` (Σ = the goal), `growth`.

    Examples
    --------
    >>> parts = next_parts(next_total(100.0, 110.0), pd.Series({"A": 60.0, "B": 40.0}))
    >>> parts["target"].round(2).tolist()
    [66.0, 44.0]
    """
    base = now.clip(lower=0.0).astype(float)
    share = base / base.sum()
    basis = share
    if market is not None and market.reindex(base.index).gt(0).all():
        sizes = market.reindex(base.index).astype(float)
        basis = (1 - _MARKET_WEIGHT) * share + _MARKET_WEIGHT * sizes / sizes.sum()
    elif before is not None and before.sum() > 0:
        was = before.reindex(base.index).fillna(0.0).clip(lower=0.0)
        basis = (share + _MIX_PACE * (share - was / was.sum())).clip(lower=0.0)
    least = np.ceil(base / total.unit - 1e-9)
    rest = round(total.value / total.unit) - float(least.sum())
    if rest >= 0:
        # Counted in units: what each sold first, then the rest by what it lacks.
        lacks = (basis * total.value / total.unit - least).clip(lower=0.0)
        split = allocate(rest, lacks if lacks.sum() > 0 else basis, unit=1.0)
        target = (least + split["target"]).to_numpy(dtype=float) * total.unit
    else:
        # Whole units would ask for more than the goal: parts are as exact as their base.
        lower = base if float(base.sum()) <= total.value else None
        target = allocate(total.value, basis, lower=lower)["target"].to_numpy(dtype=float)
    return pd.DataFrame(
        {"base": base, "target": target, "growth": target / base.where(base > 0) - 1}
    )


def whole_percents(shares: pd.Series) -> pd.Series:
    """Round shares to tenths of a percent that sum to 100, as a plan writes them.

    Examples
    --------
    >>> whole_percents(pd.Series([1.0, 1.0, 1.0], index=[1, 2, 3])).tolist()
    [33.4, 33.3, 33.3]
    """
    split = allocate(1000.0, shares.clip(lower=0.0).astype(float), unit=1.0)
    return (split["target"] / 10).round(1)


def plan_text(
    name: str,
    year: Period,
    currency: str,
    dimensions: Mapping[str, Mapping[str, str]],
    people: Sequence[Mapping[str, Any]] = (),
    sections: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    header: Mapping[str, Any] | None = None,
) -> str:
    """Write a plan file: what `read_plan` reads and `salesnb check` checks.

    Parameters
    ----------
    dimensions
        Dimension → member → name for readers.
    people
        Who can be accountable: `name`, `role`, `scope`.
    sections
        Section (history, targets, capacity, …) → its records; empty fields are left out.
    header
        Further fields of the head, such as `fiscal_start`.
    """
    top = {"name": name, "year": str(year), "base": str(year.previous), "currency": currency}
    content: dict[str, Any] = {"plan": top | dict(header or {})}
    if dimensions:
        content["dimensions"] = {each: dict(members) for each, members in dimensions.items()}
    if people:
        content["people"] = [_filled(each) for each in people]
    for each, records in (sections or {}).items():
        if records:
            content[each] = [_filled(record) for record in records]
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)


def money_text(amount: float, currency: str) -> str:
    """Write an amount so that the plan's reader takes it back exactly.

    Examples
    --------
    >>> money_text(211_050_000, "CNY"), money_text(4_200_000, "USD")
    ('21,105万元', 'USD 4,200,000')
    """
    if currency == "CNY":
        figure = f"{amount / 1e4:,.6f}".rstrip("0").rstrip(".")
        return f"{figure}万元"
    figure = f"{amount:,.4f}".rstrip("0").rstrip(".")
    return f"{currency} {figure}"


def _filled(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in ("", None, [], ())}
