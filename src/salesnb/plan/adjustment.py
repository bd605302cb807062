"""What to propose where a target fell short: the rest re-phased, the run rate it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem
from salesnb.plan.allocate import allocate


def propose_adjustments(
    phases: pd.DataFrame,
    by: Sequence[str],
    *,
    threshold: float = 0.9,
    most: float | None = None,
    strategies: pd.DataFrame | None = None,
    unit: float | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Propose what to do for targets that fell short in the period just ended.

    Parameters
    ----------
    phases
        One row for each of `by` and `period` of the year, in order of time, with `target` and
        `actual` (missing: not over yet). With `workdays` of each period run rates are a working
        day's, else a period's.
    by
        Columns that tell targets apart, such as ["region"]; [] for one target.
    threshold
        Attainment below which a proposal is made.
    most
        The most a period can carry, as a multiple of its planned target (1.3 for 30 % more
        than planned); None for any amount.
    strategies
        Strategy lines that may be named: `id` and `scope` ("region=East|South;channel=online").
    unit
        Re-phased targets become whole multiples of it.

    Returns
    -------
    First one row for each of `by` whose last finished period is below the threshold:
    `period`, `attainment` and `gap` of that period; `to_date` (actual so far), `year_target`,
    `remaining` = year_target − to_date, `planned` (targets of the periods left), `lift` =
    remaining / planned − 1, how much more than planned they need (missing with none left);
    `run_rate` so far and `needed_run_rate`; `uncovered`, what the periods left cannot carry;
    `verdict`: catch_up (they can), out_of_reach (some is uncovered), no_period_left, met (the
    year's target is reached already); `strategies`, ids of the lines whose scope fits.
    Then one row for each of those and each period left: `period`, `planned`, `target` (new),
    `change`. New targets sum to remaining − uncovered, in proportion to the planned ones; where
    the year is met they stay.

    Raises
    ------
    MetricError
        If a column is missing, a row repeats, or a finished period follows an open one.

    Examples
    --------
    >>> phases = pd.DataFrame({"region": "E", "period": ["Q1", "Q2", "Q3", "Q4"],
    ...     "target": [20.0, 30, 35, 15], "actual": [20.0, 20, None, None]})
    >>> short, new = propose_adjustments(phases, ["region"])
    >>> short[["attainment", "remaining", "planned", "lift", "verdict"]].round(3).values.tolist()
    [[0.667, 60.0, 50.0, 0.2, 'catch_up']]
    >>> new["target"].tolist()
    [42.0, 18.0]
    """
    by = list(by)
    _check_phases(phases, by)
    groups = phases.groupby(by, sort=False, observed=True) if by else [((), phases)]
    proposals, rephased = [], []
    for key, group in groups:
        labels = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        found = _one_proposal(group, threshold, most, unit)
        if found is None:
            continue
        row, new = found
        row["strategies"] = _fitting(strategies, labels)
        proposals.append({**labels, **row})
        rephased.append(new.assign(**labels))
    columns = ["period", "attainment", "gap", "to_date", "year_target", "remaining", "planned"]
    columns += ["lift", "run_rate", "needed_run_rate", "uncovered", "verdict", "strategies"]
    new_columns = [*by, "period", "planned", "target", "change"]
    table = pd.DataFrame(proposals, columns=[*by, *columns])
    if not rephased:
        return table, pd.DataFrame(columns=new_columns)
    return table, pd.concat(rephased, ignore_index=True)[new_columns]


def _one_proposal(
    group: pd.DataFrame, threshold: float, most: float | None, unit: float | None
) -> tuple[dict, pd.DataFrame] | None:
    """Give the proposal for one target, or nothing when it is not needed."""
    done = group[group["actual"].notna()]
    left = group[group["actual"].isna()]
    if done.empty:
        return None
    last = done.iloc[-1]
    reached = last["actual"] / last["target"] if last["target"] else np.nan
    if not reached < threshold - 1e-12:
        return None
    to_date, year = float(done["actual"].sum()), float(group["target"].sum())
    remaining, planned = year - to_date, float(left["target"].sum())
    weight = "workdays" if "workdays" in group else "periods"
    lengths = group.assign(periods=1.0)[weight].astype(float)
    passed, to_come = float(lengths[done.index].sum()), float(lengths[left.index].sum())
    new, uncovered = left["target"].astype(float), 0.0
    verdict = "met"
    if remaining > 0:
        verdict = "no_period_left"
        uncovered = remaining
        if not left.empty:
            new, uncovered = _rephase(new, remaining, most, unit)
            verdict = "out_of_reach" if uncovered > 0 else "catch_up"
    row = {
        "period": last["period"],
        "attainment": reached,
        "gap": last["actual"] - last["target"],
        "to_date": to_date,
        "year_target": year,
        "remaining": remaining,
        "planned": planned,
        "lift": remaining / planned - 1 if planned else np.nan,
        "run_rate": to_date / passed if passed else np.nan,
        "needed_run_rate": max(remaining, 0.0) / to_come if to_come else np.nan,
        "uncovered": uncovered,
        "verdict": verdict,
    }
    table = pd.DataFrame(
        {
            "period": left["period"],
            "planned": left["target"].astype(float),
            "target": new,
            "change": new - left["target"],
        }
    )
    return row, table


def _rephase(
    planned: pd.Series, remaining: float, most: float | None, unit: float | None
) -> tuple[pd.Series, float]:
    """Spread what remains over the periods left, up to what they can carry."""
    basis = planned if planned.sum() > 0 else pd.Series(1.0, index=planned.index)
    limit = np.inf if most is None or not planned.sum() else float(planned.sum()) * most
    if limit <= remaining:
        return planned * (limit / planned.sum()), remaining - limit
    upper = None if most is None else planned * most
    if unit is not None and upper is not None:
        # The caps need not be whole; the period with most room takes what rounding leaves.
        upper = np.ceil(upper / unit) * unit
    return allocate(remaining, basis, upper=upper, unit=unit)["target"], 0.0


def _fitting(strategies: pd.DataFrame | None, labels: Mapping[str, object]) -> tuple[str, ...]:
    """Name the strategy lines that speak of these labels; those of all when none does."""
    if strategies is None:
        return ()
    own, general = [], []
    for name, scope in zip(strategies["id"], strategies["scope"].fillna(""), strict=True):
        parts = dict(part.split("=", 1) for part in str(scope).split(";") if "=" in part)
        shared = [dimension for dimension in parts if dimension in labels]
        if not parts:
            general.append(str(name))
        elif shared and all(str(labels[part]) in parts[part].split("|") for part in shared):
            own.append(str(name))
    return tuple(own or general)


def _check_phases(phases: pd.DataFrame, by: list[str]) -> None:
    absent = [name for name in [*by, "period", "target", "actual"] if name not in phases.columns]
    if absent:
        raise MetricError([Problem(f"`phases` has no `{name}`") for name in absent])
    problems = []
    if phases.duplicated([*by, "period"]).any():
        problems.append(Problem("`phases` has a period of a target more than once"))
    if phases["target"].isna().any():
        problems.append(Problem("`phases` has a period without a target"))
    groups = phases.groupby(by, sort=False, observed=True) if by else [((), phases)]
    for key, group in groups:
        is_open = group["actual"].isna().to_numpy()
        if (is_open[:-1] & ~is_open[1:]).any():
            got = ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
            problems.append(Problem("a finished period follows an open one", got=got))
    if problems:
        raise MetricError(problems)
