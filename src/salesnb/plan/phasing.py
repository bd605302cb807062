"""A year's target over quarters and months, and whether a plan's phasing looks like its history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.period import Calendar, Period
from salesnb.plan.allocate import allocate_tree

# Fewer years say nothing about how much a share varies.
YEARS_FOR_SPREAD = 3
# Fewer years cannot tell a season from an accident.
YEARS_FOR_SEASON = 2


def workdays_of(calendar: Calendar, year: Period) -> pd.Series:
    """Count the working days of each month of a year.

    Returns
    -------
    Working days by month ("2024-01"), in the order of the year.

    Examples
    --------
    >>> workdays_of(Calendar(), Period.parse("2024")).tolist()
    [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22]
    """
    months = calendar.months_of(year)
    counts = [calendar.workdays(calendar.window(month)) for month in months]
    return pd.Series(counts, index=pd.Index([str(month) for month in months], name="month"))


def phase_shares(history: pd.DataFrame) -> pd.DataFrame:
    """Give which share of a year each phase has had, over the years.

    Parameters
    ----------
    history
        One row for each `year` and `phase` (quarter 1 to 4, month 1 to 12, or any labels) with
        `value`. Only years that have every phase and a sum above zero count.

    Returns
    -------
    One row for each phase: `phase`; `share`, the mean over the years (Σ = 1); `low`, `high`,
    the smallest and largest share seen; `spread`, the standard deviation over the years
    (missing with one year); `years`, how many counted.

    Raises
    ------
    MetricError
        If a phase of a year appears twice, or no year is complete.

    Examples
    --------
    >>> history = pd.DataFrame({"year": [2022] * 2 + [2023] * 2, "phase": [1, 2] * 2,
    ...                         "value": [40, 60, 100, 100]})
    >>> phase_shares(history)[["phase", "share", "low", "high"]].to_numpy().tolist()
    [[1.0, 0.45, 0.4, 0.5], [2.0, 0.55, 0.5, 0.6]]
    """
    if history.duplicated(["year", "phase"]).any():
        raise MetricError(Problem("`history` has a phase of a year more than once"))
    wide = history.pivot(index="year", columns="phase", values="value").dropna()
    wide = wide[wide.sum(axis=1) > 0]
    if wide.empty:
        raise MetricError(Problem("no year of the history has every phase and a sum above zero"))
    shares = wide.div(wide.sum(axis=1), axis=0)
    result = pd.DataFrame(
        {
            "share": shares.mean(),
            "low": shares.min(),
            "high": shares.max(),
            "spread": shares.std(ddof=1) if len(shares) > 1 else np.nan,
            "years": len(shares),
        }
    )
    return result.rename_axis("phase").reset_index()


def check_phasing(
    planned: pd.Series,
    history: pd.DataFrame,
    workdays: pd.Series | None = None,
    limit: float = 2.0,
) -> pd.DataFrame:
    """Hold a plan's phasing against its history and its working days.

    Parameters
    ----------
    planned
        Share of the year by phase, 0 to 1, such as 0.20, 0.30, 0.35, 0.15 by quarter.
    history
        As for `phase_shares`, with the phases of `planned`.
    workdays
        Working days of the plan's phases, by phase.
    limit
        How many standard deviations from the mean are unusual.

    Returns
    -------
    One row for each phase: `phase`, `planned`; `share`, `low`, `high`, `spread`, `years` as in
    `phase_shares`; `z` = (planned − share) / spread, missing below three years or without
    spread; `workday_share`, missing without working days; `gap` = planned − share, in parts of
    the year; `verdict`: plausible, unusual (|z| above the limit), never_seen (outside low to
    high, and also unusual or of unknown spread), too_few_years.

    Raises
    ------
    ParameterError
        If the planned shares do not sum to 1, or a phase has no history.

    Examples
    --------
    >>> years = [0.22, 0.26, 0.24, 0.28], [0.21, 0.25, 0.25, 0.29], [0.23, 0.25, 0.24, 0.28]
    >>> history = pd.DataFrame([{"year": 2021 + y, "phase": q + 1, "value": value}
    ...     for y, shares in enumerate(years) for q, value in enumerate(shares)])
    >>> plan = pd.Series([0.20, 0.30, 0.35, 0.15], index=[1, 2, 3, 4])
    >>> check_phasing(plan, history)["verdict"].tolist()
    ['plausible', 'never_seen', 'never_seen', 'never_seen']
    """
    seen = phase_shares(history).set_index("phase")
    problems = [
        Problem(f"phase `{phase}` has no history") for phase in planned.index.difference(seen.index)
    ]
    if abs(float(planned.sum()) - 1) > 1e-6:
        problems.append(Problem("the shares sum to 1", got=f"{planned.sum():.10g}"))
    if problems:
        raise ParameterError(problems, where="planned")
    table = seen.reindex(planned.index)
    table.insert(0, "planned", planned.astype(float))
    enough = (table["years"] >= YEARS_FOR_SPREAD) & (table["spread"] > 1e-12)
    table["z"] = ((table["planned"] - table["share"]) / table["spread"]).where(enough)
    table["workday_share"] = (
        np.nan if workdays is None else workdays.reindex(planned.index) / workdays.sum()
    )
    table["gap"] = table["planned"] - table["share"]
    outside = (table["planned"] < table["low"] - 1e-12) | (table["planned"] > table["high"] + 1e-12)
    unusual = table["z"].abs() > limit
    table["verdict"] = np.select(
        [
            table["years"] < YEARS_FOR_SPREAD,
            outside & (unusual | table["z"].isna()),
            unusual,
        ],
        ["too_few_years", "never_seen", "unusual"],
        "plausible",
    )
    return table.rename_axis("phase").reset_index()


def phase_months(
    total: float,
    workdays: pd.Series,
    *,
    history: pd.DataFrame | None = None,
    quarters: Sequence[float] | pd.Series | None = None,
    limits: pd.DataFrame | None = None,
    unit: float | None = None,
) -> pd.DataFrame:
    """Spread a year's target over its months by season and working days.

    Parameters
    ----------
    total
        The year's target, 0 or more.
    workdays
        Working days of each month of the plan's year, in order; see `workdays_of`.
    history
        One row for each `month` ("2022-01") with `value` and `workdays`. Seasons are taken from
        whole years of the plan's shape; with fewer than two, months follow working days alone.
    quarters
        Share of each quarter, in order (Σ = 1), such as (0.20, 0.30, 0.35, 0.15). Without it
        quarters follow from the months.
    limits
        Months that are held or bounded: `month` and any of `hold`, `lower`, `upper`.
    unit
        Targets become whole multiples of it, as in `allocate`.

    Returns
    -------
    One row for each month: `quarter` (1, 2, …), `month`, `workdays`; `season`, sales a working
    day against the year's average working day (mean 1; 1 without history); `share`, `target`
    (Σ = total, and Σ of a quarter = its share of the total to the unit), `status`, `residual`.

    Raises
    ------
    ParameterError
        If the quarters do not fit the months or do not sum to 1, a count of working days is
        below 0, or limits cannot be met.

    Notes
    -----
    Sales a working day, averaged over years, times the plan's own working days: a year with
    more working days in a month gets more of its target there. Festivals that move between
    months (Spring Festival) move the working days with them; the rush before them they do not.

    Examples
    --------
    >>> days = pd.Series([22, 18, 21, 22], index=["2024-01", "2024-02", "2024-03", "2024-04"])
    >>> phase_months(830, days)["target"].tolist()
    [220.0, 180.0, 210.0, 220.0]
    """
    months = [str(month) for month in workdays.index]
    days = workdays.to_numpy(dtype=float)
    _check_days(months, days, quarters)
    season = _season(months, history)
    weights = days * season
    per_quarter = 3 if quarters is None else len(months) // len(quarters)
    quarter = np.arange(len(months)) // per_quarter + 1
    if quarters is not None:
        shares = np.asarray(quarters, dtype=float)
        sums = np.bincount(quarter, weights=weights)[1:]
        weights = (
            weights
            * np.divide(shares, sums, out=np.zeros_like(shares), where=sums > 0)[quarter - 1]
        )
    leaves = pd.DataFrame({"quarter": quarter.astype(str), "month": months, "basis": weights})
    levels = ["month"] if quarters is None else ["quarter", "month"]
    if limits is not None and quarters is not None:
        limits = limits.merge(leaves[["quarter", "month"]], on="month", validate="one_to_one")
    tree = allocate_tree(total, leaves, levels, limits=limits, unit=unit)
    found = tree[tree["level"] == "month"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "quarter": quarter,
            "month": months,
            "workdays": days,
            "season": season,
            "share": found["target"] / total if total else np.nan,
            "target": found["target"],
            "status": found["status"],
            "residual": found["residual"],
        }
    )


def _season(months: list[str], history: pd.DataFrame | None) -> np.ndarray:
    """Give sales a working day of each month against the year's, averaged over whole years."""
    even = np.ones(len(months))
    if history is None or history.empty:
        return even
    if history["month"].duplicated().any():
        raise MetricError(Problem("`history` has a month more than once"))
    known = history.set_index(history["month"].astype(str))
    periods = [Period.parse(month) for month in months]
    years = []
    for back in range(1, len(known) // len(months) + 2):
        names = [str(period.shift(-12 * back)) for period in periods]
        if not set(names) <= set(known.index):
            continue
        values = known.loc[names, "value"].to_numpy(dtype=float)
        days = known.loc[names, "workdays"].to_numpy(dtype=float)
        if values.sum() > 0 and (values >= 0).all() and (days > 0).all():
            years.append(values / days * days.sum() / values.sum())
    if len(years) < YEARS_FOR_SEASON:
        return even
    season = np.mean(years, axis=0)
    return season / season.mean()


def _check_days(
    months: list[str], days: np.ndarray, quarters: Sequence[float] | pd.Series | None
) -> None:
    problems = [
        Problem(f"the working days of {month} are 0 or more", got=f"{count:.10g}")
        for month, count in zip(months, days, strict=True)
        if not count >= 0
    ]
    if quarters is not None:
        if not len(quarters) or len(months) % len(quarters):
            got = f"{len(quarters)} for {len(months)} months"
            problems.append(Problem("`quarters` part the months evenly", got=got))
        if abs(sum(quarters) - 1) > 1e-6:
            problems.append(Problem("`quarters` sum to 1", got=f"{sum(quarters):.10g}"))
    if problems:
        raise ParameterError(problems)
