"""How far targets are reached, by any dimension, against every version of the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem

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
