"""How far targets are reached, against every version, and what to propose when they are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.plan.allocate import allocate

NO_TARGET = "no_target"
ZERO_TARGET = "zero_denominator"


def attainment(
    actuals: pd.DataFrame,
    targets: pd.DataFrame,
    keys: Sequence[str],
    by: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Give attainment of targets by any columns.

    Parameters
    ----------
    actuals
        One row for each of `keys`, with `actual` (signed).
    targets
        One row for each of `keys` that has a target, with `target`, same unit.
    keys
        Columns at which targets are set, such as ["region", "product_line", "period"].
    by
        Columns of the answer, some or all of the keys; default all.

    Returns
    -------
    One row for each of `by`: `actual` and `target`, summed over what has a target; `attainment`
    = actual / target; `gap` = actual − target (negative: short); `untargeted`, actuals without
    a target, which count on neither side; `reason`: "" or no_target, zero_denominator where
    attainment is missing. A target without actuals has actual 0.

    Raises
    ------
    MetricError
        If a column is missing or a key repeats on one side.

    Examples
    --------
    >>> actuals = pd.DataFrame({"region": ["E", "S"], "period": "2024Q1", "actual": [80, 50]})
    >>> targets = pd.DataFrame({"region": ["E"], "period": ["2024Q1"], "target": [100]})
    >>> attainment(actuals, targets, ["region", "period"], by=["period"])[
    ...     ["attainment", "gap", "untargeted"]].to_numpy().tolist()
    [[0.8, -20.0, 50.0]]
    """
    keys, by = list(keys), list(keys if by is None else by)
    _check_sides(actuals, targets, keys, by)
    both = actuals[[*keys, "actual"]].merge(
        targets[[*keys, "target"]], on=keys, how="outer", validate="one_to_one", sort=False
    )
    has_target = both["target"].notna()
    actual = both["actual"].fillna(0.0).astype(float)
    sums = both[by].assign(
        actual=actual.where(has_target, 0.0),
        target=both["target"].fillna(0.0).astype(float),
        untargeted=actual.where(~has_target, 0.0),
        targets=has_target.astype(int),
    )
    figures = ["actual", "target", "untargeted", "targets"]
    if by:
        table = sums.groupby(by, sort=False, observed=True)[figures].sum().reset_index()
    else:
        table = sums[figures].sum().to_frame().T
    known = table["targets"] > 0
    table["attainment"] = table["actual"] / table["target"].where(known & (table["target"] != 0))
    table["gap"] = (table["actual"] - table["target"]).where(known)
    table["reason"] = np.select([~known, table["target"] == 0], [NO_TARGET, ZERO_TARGET], "")
    table["target"] = table["target"].where(known)
    table["actual"] = table["actual"].where(known)
    return table[[*by, "actual", "target", "attainment", "gap", "untargeted", "reason"]]


def attainment_by_version(
    actuals: pd.DataFrame,
    targets: pd.DataFrame,
    keys: Sequence[str],
    by: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Give attainment against the original targets and against those now in force.

    Parameters
    ----------
    actuals, keys, by
        As in `attainment`.
    targets
        As in `attainment`, with `version` (1 is the original) and one row for each key and
        version that sets it. A later version need only hold what it changed; a key it adds has
        no original target.

    Returns
    -------
    One row for each of `by`: `actual`; `original`, `attainment_original`, `gap_original`;
    `current`, `attainment_current`, `gap_current`; `revised` = current − original; `version`,
    the highest that changed anything in the row. `actual` is summed over what has a current
    target; the original attainment sums over what has an original one.

    Raises
    ------
    MetricError
        As in `attainment`, or if a version repeats a key.

    Examples
    --------
    >>> actuals = pd.DataFrame({"region": ["E"], "actual": [90]})
    >>> targets = pd.DataFrame({"region": ["E", "E"], "version": [1, 2], "target": [120, 100]})
    >>> attainment_by_version(actuals, targets, ["region"])[
    ...     ["attainment_original", "attainment_current", "revised"]].to_numpy().tolist()
    [[0.75, 0.9, -20.0]]
    """
    keys, by = list(keys), list(keys if by is None else by)
    if "version" not in targets.columns:
        raise MetricError(Problem("`targets` has no `version`"))
    if targets.duplicated([*keys, "version"]).any():
        raise MetricError(Problem("`targets` has a key of a version more than once"))
    ordered = targets.sort_values("version", kind="stable")
    latest = ordered.drop_duplicates(keys, keep="last")
    first_version = ordered["version"].min()
    original = ordered[ordered["version"] == first_version]
    now = attainment(actuals, latest, keys, by)
    then = attainment(actuals, original, keys, by)
    names = ["target", "attainment", "gap"]
    if by:
        table = now.merge(then[[*by, *names]], on=by, how="left", suffixes=("", "_then"))
        changed = latest.groupby(by, sort=False, observed=True)["version"].max().reset_index()
        table = table.merge(changed, on=by, how="left", validate="one_to_one")
    else:
        table = now.join(then[names].add_suffix("_then"))
        table["version"] = latest["version"].max()
    table = table.rename(
        columns={
            "target": "current",
            "attainment": "attainment_current",
            "gap": "gap_current",
            "target_then": "original",
            "attainment_then": "attainment_original",
            "gap_then": "gap_original",
        }
    )
    table["revised"] = table["current"] - table["original"].fillna(0.0)
    return table[
        [
            *by,
            "actual",
            "original",
            "attainment_original",
            "gap_original",
            "current",
            "attainment_current",
            "gap_current",
            "revised",
            "version",
        ]
    ]


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


def _fitting(strategies: pd.DataFrame | None, labels: dict[str, object]) -> tuple[str, ...]:
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


def _check_sides(
    actuals: pd.DataFrame, targets: pd.DataFrame, keys: list[str], by: list[str]
) -> None:
    stray = [name for name in by if name not in keys]
    if stray:
        raise ParameterError([Problem(f"`by` names `{name}`, which is no key") for name in stray])
    problems = []
    sides = (("actuals", actuals, "actual"), ("targets", targets, "target"))
    for word, side, figure in sides:
        absent = [name for name in [*keys, figure] if name not in side.columns]
        problems += [Problem(f"`{word}` has no `{name}`") for name in absent]
        if not absent and side.duplicated(keys).any():
            row = side.loc[side.duplicated(keys), keys].iloc[0].tolist()
            got = ", ".join(map(str, row))
            problems.append(Problem(f"`{word}` has a key more than once", got=got))
    if problems:
        raise MetricError(problems)
