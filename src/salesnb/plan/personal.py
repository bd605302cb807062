"""Personal targets: a region's target over its people, by potential, ramp and capacity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem
from salesnb.period import Calendar
from salesnb.plan.allocate import allocate, allocate_tree
from salesnb.plan.capacity import Ramp, person_months
from salesnb.plan.projection import tolerance

UNCOVERED = ""


def personal_targets(
    total: float,
    people: pd.DataFrame,
    months: Sequence[str],
    *,
    phasing: pd.Series | None = None,
    ramp: Ramp = 0,
    hedge: float = 0.0,
    unit: float | None = None,
    short: Literal["refuse", "show"] = "refuse",
    calendar: Calendar | None = None,
) -> pd.DataFrame:
    """Split a region's target over its people, vacancies included.

    Parameters
    ----------
    total
        The region's target for the months, 0 or more.
    people
        One row for each `rep_id` with `hire_date`, `potential` (0 or more, any unit) and
        optionally `leave_date`, `fte`, `is_vacant` (a post to be filled on `hire_date`),
        `hold` (a fixed target), `capacity` (the most a full head can carry over all the months)
        and `last_year` (what the person sold in the year before).
    months
        The months of the plan.
    phasing
        Share of the year by month (Σ = 1); default even. A person away in a strong month
        carries less than one away in a weak month.
    ramp, calendar
        As in `person_months`.
    hedge, unit
        As in `allocate`.
    short
        What to do when the people's capacity is below the target: `refuse`, or `show` the rest
        as a row of its own.

    Returns
    -------
    One row for each person in order, and with `short="show"` one more where needed:
    `rep_id` ("" for what nobody can carry); `effective`, the part of a full head over the
    months, phasing counted; `basis` = potential × effective; `target`, Σ = total × (1 + hedge);
    `share`; `upper` = capacity × effective; `required_growth` = target / last_year − 1, missing
    without a last year above zero; `status`: free, held, upper (at capacity), vacant, absent
    (not there in any month), uncovered; `residual` as in `allocate`.

    Raises
    ------
    MetricError
        If a potential is missing, or nobody has any.
    ParameterError
        If held targets and capacities cannot meet the total, with the fewest reasons.

    Examples
    --------
    >>> people = pd.DataFrame({"rep_id": ["a", "b"], "potential": [1.0, 1.0],
    ...     "hire_date": [pd.Timestamp("2020-01-01"), pd.Timestamp("2024-07-01")]})
    >>> months = [f"2024-{month:02d}" for month in range(1, 13)]
    >>> personal_targets(90, people, months)["target"].round(6).tolist()
    [60.0, 30.0]
    """
    _check(people)
    effort = person_months(people, months, ramp, calendar)
    shares = _month_shares(phasing, months)
    effort["weight"] = effort["effective"] * np.tile(shares, len(people))
    effective = effort.groupby("rep_id", sort=False)["weight"].sum()
    effective = effective.reindex(people["rep_id"])
    keyed = people.set_index("rep_id")
    basis = (keyed["potential"].astype(float) * effective).rename("basis")
    capacity = _column(keyed, "capacity") * effective
    hold = _column(keyed, "hold")
    handed = total * (1 + hedge)
    room = float(
        np.where(hold.notna(), hold, np.where(basis > 0, capacity.fillna(np.inf), 0)).sum()
    )
    missing = handed - room if short == "show" else 0.0
    if missing > tolerance(handed):
        split = pd.DataFrame(
            {
                "target": hold.where(hold.notna(), capacity).where(basis.gt(0) | hold.notna(), 0.0),
                "upper": capacity,
                "status": np.where(hold.notna(), "held", "upper"),
                "residual": 0.0,
            }
        )
    else:
        missing = 0.0
        split = allocate(handed, basis, holds=hold.dropna(), upper=capacity.dropna(), unit=unit)
    vacant = keyed["is_vacant"].fillna(False).astype(bool) if "is_vacant" in keyed else False
    last_year = _column(keyed, "last_year")
    result = pd.DataFrame(
        {
            "effective": effective,
            "basis": basis,
            "target": split["target"],
            "upper": capacity,
            "required_growth": split["target"] / last_year.where(last_year > 0) - 1,
            "status": np.select(
                [vacant & effective.gt(0), effective.eq(0) & hold.isna()],
                ["vacant", "absent"],
                split["status"],
            ),
            "residual": split["residual"],
        }
    )
    if missing:
        result.loc[UNCOVERED] = [0.0, 0.0, missing, np.nan, np.nan, "uncovered", 0.0]
    result.insert(3, "share", result["target"] / handed if handed else np.nan)
    return result.rename_axis("rep_id").reset_index()


def personal_months(
    targets: pd.DataFrame,
    people: pd.DataFrame,
    months: Sequence[str],
    *,
    phasing: pd.Series | None = None,
    ramp: Ramp = 0,
    unit: float | None = None,
    calendar: Calendar | None = None,
) -> pd.DataFrame:
    """Spread each person's target over the months the person is there, by phasing and ramp.

    Parameters
    ----------
    targets
        One row for each `rep_id` with `target`, as `personal_targets` gives them.
    people, months, phasing, ramp, unit, calendar
        As given to `personal_targets`.

    Returns
    -------
    One row for each person and month: `rep_id`, `month`, `target`, `residual`. Months sum to
    the person's target. What nobody can carry, and a target of someone never there, follows
    the phasing alone.

    Examples
    --------
    >>> people = pd.DataFrame({"rep_id": ["a"], "hire_date": [pd.Timestamp("2024-02-01")]})
    >>> months = ["2024-01", "2024-02", "2024-03"]
    >>> targets = pd.DataFrame({"rep_id": ["a"], "target": [30.0]})
    >>> personal_months(targets, people, months, ramp=[0.5])["target"].tolist()
    [0.0, 10.0, 20.0]
    """
    shares = _month_shares(phasing, months)
    effort = person_months(people, months, ramp, calendar)
    effort["basis"] = effort["effective"] * np.tile(shares, len(people))
    grid = targets[["rep_id"]].merge(
        pd.DataFrame({"month": list(months), "phase": shares}), how="cross"
    )
    leaves = grid.merge(
        effort[["rep_id", "month", "basis"]],
        on=["rep_id", "month"],
        how="left",
        validate="one_to_one",
    )
    there = leaves.groupby("rep_id")["basis"].transform("sum") > 0
    leaves["basis"] = leaves["basis"].where(there, leaves["phase"])
    # An empty name would read as "all people" in the tree.
    named = leaves["rep_id"].astype(str).replace(UNCOVERED, "uncovered")
    held = targets.assign(
        rep_id=targets["rep_id"].astype(str).replace(UNCOVERED, "uncovered"), hold=targets["target"]
    )
    tree = allocate_tree(
        float(targets["target"].sum()),
        leaves.assign(rep_id=named),
        ["rep_id", "month"],
        limits=held[["rep_id", "hold"]],
        unit=unit,
    )
    found = tree[tree["level"] == "month"].reset_index(drop=True)
    return leaves[["rep_id", "month"]].assign(target=found["target"], residual=found["residual"])


def _month_shares(phasing: pd.Series | None, months: Sequence[str]) -> np.ndarray:
    if phasing is None:
        return np.full(len(months), 1 / len(months))
    shares = phasing.reindex(list(months)).to_numpy(dtype=float)
    if not (np.isfinite(shares) & (shares >= 0)).all() or shares.sum() <= 0:
        raise MetricError(Problem("`phasing` gives each month a share of 0 or more"))
    return shares / shares.sum()


def _column(people: pd.DataFrame, name: str) -> pd.Series:
    if name not in people:
        return pd.Series(np.nan, index=people.index)
    return people[name].astype(float)


def _check(people: pd.DataFrame) -> None:
    if "potential" not in people.columns:
        raise MetricError(Problem("`people` has no `potential`"))
    bad = people[~(np.isfinite(people["potential"].astype(float)) & (people["potential"] >= 0))]
    if len(bad):
        raise MetricError(
            [Problem(f"the potential of `{name}` is a number, 0 or more") for name in bad["rep_id"]]
        )
