"""What people submit from below, held against what is handed down from above."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem

TOTAL = "total"


def compare_submissions(
    handed_down: pd.DataFrame,
    submitted: pd.DataFrame,
    by: Sequence[str],
    tolerance: float = 0.02,
) -> pd.DataFrame:
    """Compare bottom-up submissions with top-down targets, level by level.

    Parameters
    ----------
    handed_down
        One row for each of `by`, with `target` (money or count).
    submitted
        One row for each of `by` that has submitted, with `target` in the same unit.
    by
        Columns from the top down, such as ["region", "rep"].
    tolerance
        Part of the top-down target within which the two agree.

    Returns
    -------
    One row for the total, each value of the first column, and so on down to each of `by`:
    `level` ("total" or a column), the columns of `by` ("" below the row's own level),
    `top_down`, `bottom_up`, `gap` = bottom_up − top_down (negative: less is offered than
    asked), `gap_rate` = gap / top_down (missing at 0), `missing` (people below it without a
    submission) and `verdict`: agrees, below, above, not_submitted, not_asked.
    A missing submission adds nothing to `bottom_up`, and the top-down target of those missing
    stays in `gap`; `verdict` is not_submitted only where nobody below the row has submitted.

    Raises
    ------
    MetricError
        If a column is missing or a row repeats on one side.

    Examples
    --------
    >>> asked = pd.DataFrame({"rep": ["a", "b"], "target": [100, 100]})
    >>> offered = pd.DataFrame({"rep": ["a"], "target": [90]})
    >>> compare_submissions(asked, offered, ["rep"])[["rep", "gap", "verdict"]].values.tolist()
    [['', -110.0, 'below'], ['a', -10.0, 'below'], ['b', -100.0, 'not_submitted']]
    """
    by = list(by)
    _check(handed_down, submitted, by)
    sides = handed_down[[*by, "target"]].merge(
        submitted[[*by, "target"]],
        on=by,
        how="outer",
        suffixes=("_down", "_up"),
        validate="one_to_one",
        sort=False,
    )
    rows = pd.DataFrame(
        {
            **{name: sides[name].astype(str) for name in by},
            "top_down": sides["target_down"].fillna(0.0).astype(float),
            "bottom_up": sides["target_up"].fillna(0.0).astype(float),
            "asked": sides["target_down"].notna().astype(int),
            "offered": sides["target_up"].notna().astype(int),
            "missing": (sides["target_down"].notna() & sides["target_up"].isna()).astype(int),
        }
    )
    sums = ["top_down", "bottom_up", "asked", "offered", "missing"]
    levels = [rows[sums].sum().to_frame().T.assign(level=TOTAL)]
    for depth, name in enumerate(by, start=1):
        grouped = rows.groupby(by[:depth], sort=False, observed=True)[sums].sum().reset_index()
        levels.append(grouped.assign(level=name))
    table = pd.concat(levels, ignore_index=True)
    table[by] = table[by].fillna("")
    table["gap"] = table["bottom_up"] - table["top_down"]
    table["gap_rate"] = table["gap"] / table["top_down"].where(table["top_down"] != 0)
    allowed = tolerance * table["top_down"].abs() + 1e-9
    table["verdict"] = np.select(
        [
            table["offered"] == 0,
            table["asked"] == 0,
            table["gap"] < -allowed,
            table["gap"] > allowed,
        ],
        ["not_submitted", "not_asked", "below", "above"],
        "agrees",
    )
    table["missing"] = table["missing"].astype(int)
    order = ["level", *by, "top_down", "bottom_up", "gap", "gap_rate", "missing", "verdict"]
    return table[order]


def _check(handed_down: pd.DataFrame, submitted: pd.DataFrame, by: list[str]) -> None:
    problems = []
    for name, side in (("handed_down", handed_down), ("submitted", submitted)):
        absent = [column for column in [*by, "target"] if column not in side.columns]
        problems += [Problem(f"`{name}` has no `{column}`") for column in absent]
        if not absent and by and side.duplicated(by).any():
            twice = side.loc[side.duplicated(by), by].iloc[0].tolist()
            got = ", ".join(map(str, twice))
            problems.append(Problem(f"`{name}` has a row more than once", got=got))
    if not by:
        problems.append(Problem("`by` names no column"))
    if problems:
        raise MetricError(problems)
