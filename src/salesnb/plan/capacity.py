"""Who is there to carry the plan: heads, ramp and season against the target of each month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.period import Calendar, Period

Ramp = int | Sequence[float]


def ramp_curve(ramp: Ramp) -> tuple[float, ...]:
    """Give what part of a full head a new one is in each month, 1 from the end of it on.

    Parameters
    ----------
    ramp
        Months until a new head is a full one (0 for at once), rising evenly and read in the
        middle of each month; or the parts themselves, the month of hiring first.

    Raises
    ------
    ParameterError
        If a part is below 0, or the months are.

    Examples
    --------
    >>> ramp_curve(4)
    (0.125, 0.375, 0.625, 0.875)
    >>> ramp_curve([0, 0.5])
    (0.0, 0.5)
    """
    if isinstance(ramp, int):
        if ramp < 0:
            raise ParameterError(Problem("`ramp` is 0 months or more", got=str(ramp)))
        return tuple((month + 0.5) / ramp for month in range(ramp))
    parts = tuple(float(part) for part in ramp)
    if any(not part >= 0 for part in parts):
        raise ParameterError(Problem("the parts of `ramp` are 0 or more", got=str(list(ramp))))
    return parts


def person_months(
    people: pd.DataFrame,
    months: Sequence[str],
    ramp: Ramp = 0,
    calendar: Calendar | None = None,
) -> pd.DataFrame:
    """Give how much of a full head each person is in each month.

    Parameters
    ----------
    people
        One row for each `rep_id` with `hire_date` (missing: not there; a vacancy has the day it
        is to be filled), and optionally `leave_date` (last day; missing: stays) and `fte`
        (1 is full time).
    months
        Months such as "2024-01".
    ramp
        As in `ramp_curve`; counted from the month of hiring.
    calendar
        What days a month has; default calendar months.

    Returns
    -------
    One row for each person and month, people in order: `rep_id`, `month`; `present`, the part
    of the month's days employed times fte; `ramp`, the part of a full head a person of that
    seniority is; `effective` = present × ramp.

    Raises
    ------
    MetricError
        If a person appears twice or leaves before being hired.

    Examples
    --------
    >>> people = pd.DataFrame({"rep_id": ["a"], "hire_date": [pd.Timestamp("2024-02-16")]})
    >>> person_months(people, ["2024-01", "2024-02", "2024-03"], ramp=[0.5])[
    ...     ["present", "ramp"]].to_numpy().round(2).tolist()
    [[0.0, 0.0], [0.48, 0.5], [1.0, 1.0]]
    """
    _check_people(people)
    days = calendar or Calendar()
    periods = [Period.parse(month) for month in months]
    windows = [days.window(period) for period in periods]
    first = np.array([window.start for window in windows], dtype="datetime64[D]")
    last = np.array([window.end for window in windows], dtype="datetime64[D]")
    hired, left = _dates(people, "hire_date"), _dates(people, "leave_date")
    there = ~np.isnat(hired)
    start = np.maximum(np.where(there, hired, last.max() + 1)[:, None], first)
    end = np.minimum(np.where(np.isnat(left), last.max(), left)[:, None], last)
    worked = np.clip((end - start).astype(int) + 1, 0, None) / ((last - first).astype(int) + 1)
    fte = people["fte"].fillna(1.0).to_numpy(dtype=float) if "fte" in people else 1.0
    present = worked * np.reshape(fte, (-1, 1))

    # Month of employment: 0 for the month of hiring, below 0 before it.
    hiring = [
        days.period_at(pd.Timestamp(day).date()).ordinal if known else 0
        for day, known in zip(hired, there, strict=True)
    ]
    age = np.array([period.ordinal for period in periods]) - np.array(hiring, dtype=int)[:, None]
    curve = np.array([*ramp_curve(ramp), 1.0])
    part = np.where(age < 0, 0.0, curve[np.clip(age, 0, len(curve) - 1)])
    return pd.DataFrame(
        {
            "rep_id": np.repeat(people["rep_id"].to_numpy(), len(months)),
            "month": np.tile(np.array(months, dtype=object), len(people)),
            "present": present.ravel(),
            "ramp": np.where(present > 0, part, 0.0).ravel(),
            "effective": (present * part).ravel(),
        }
    )


def capacity_by_month(
    people: pd.DataFrame,
    months: Sequence[str],
    productivity: float | pd.Series,
    *,
    ramp: Ramp = 0,
    season: pd.Series | None = None,
    target: pd.Series | None = None,
    calendar: Calendar | None = None,
) -> pd.DataFrame:
    """Hold what the people can sell against the target, month by month.

    Parameters
    ----------
    people
        As in `person_months`; vacancies and planned hires are rows like any other.
    months
        Months such as "2024-01".
    productivity
        What a full head sells in an average month (money or count): one number, or by rep_id.
    ramp, calendar
        As in `person_months`.
    season
        Factor of each month, by month, mean 1; default 1.
    target
        Target by month, in the unit of the productivity.

    Returns
    -------
    One row for each month: `month`; `heads` present (part-time and part of a month as parts);
    `full_heads` after ramp; `capacity`; and with a target: `target`, `gap` = capacity − target
    (negative: more is planned than the people can carry), `coverage` = capacity / target
    (missing at 0), `running_gap`, the gap summed since the first month.

    Examples
    --------
    >>> people = pd.DataFrame({"rep_id": ["a", "b"],
    ...     "hire_date": [pd.Timestamp("2020-01-01"), pd.Timestamp("2024-02-01")]})
    >>> goal = pd.Series({"2024-01": 100.0, "2024-02": 180.0})
    >>> capacity_by_month(people, list(goal.index), 100, ramp=[0.5], target=goal)[
    ...     ["heads", "full_heads", "capacity", "gap"]].to_numpy().tolist()
    [[1.0, 1.0, 100.0, 0.0], [2.0, 1.5, 150.0, -30.0]]
    """
    effort = person_months(people, months, ramp, calendar)
    each = (
        np.full(len(effort), float(productivity))
        if isinstance(productivity, int | float)
        else effort["rep_id"].map(productivity).to_numpy(dtype=float)
    )
    if np.isnan(each).any():
        names = sorted({str(name) for name in effort.loc[np.isnan(each), "rep_id"]})
        raise MetricError([Problem(f"`{name}` has no productivity") for name in names])
    factor = (
        np.ones(len(months)) if season is None else season.reindex(months).to_numpy(dtype=float)
    )
    effort = effort.assign(capacity=effort["effective"] * each * np.tile(factor, len(people)))
    table = (
        effort.groupby("month", sort=False)[["present", "effective", "capacity"]]
        .sum()
        .reindex(months)
        .rename(columns={"present": "heads", "effective": "full_heads"})
    )
    if target is not None:
        goal = target.reindex(months).astype(float)
        table["target"] = goal
        table["gap"] = table["capacity"] - goal
        table["coverage"] = table["capacity"] / goal.where(goal != 0)
        table["running_gap"] = table["gap"].cumsum()
    return table.rename_axis("month").reset_index()


def _dates(people: pd.DataFrame, name: str) -> np.ndarray:
    if name not in people:
        return np.full(len(people), np.datetime64("NaT", "D"))
    return pd.to_datetime(people[name]).to_numpy().astype("datetime64[D]")


def _check_people(people: pd.DataFrame) -> None:
    absent = [name for name in ("rep_id", "hire_date") if name not in people.columns]
    if absent:
        raise MetricError([Problem(f"`people` has no `{name}`") for name in absent])
    twice = people["rep_id"][people["rep_id"].duplicated()].unique()
    problems = [Problem(f"`{name}` has more than one row") for name in twice]
    if "leave_date" in people:
        wrong = people[pd.to_datetime(people["leave_date"]) < pd.to_datetime(people["hire_date"])]
        problems += [Problem(f"`{name}` leaves before being hired") for name in wrong["rep_id"]]
    if problems:
        raise MetricError(problems, where="people")
