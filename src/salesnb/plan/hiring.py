"""When to hire how many, and how many accounts one manager can look after."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.period import Period
from salesnb.plan.capacity import Ramp, ramp_curve


def hiring_plan(
    shortfall: float,
    months: Sequence[str],
    productivity: float,
    *,
    ramp: Ramp = 0,
    season: pd.Series | None = None,
    heads: int | None = None,
    recruiting_months: int = 0,
) -> pd.DataFrame:
    """Give how many hires would close a shortfall, for each month they could start in.

    Parameters
    ----------
    shortfall
        What is missing over the months, 0 or more (the negative of a `gap`).
    months
        The months left, in order.
    productivity
        What a full head sells in an average month, above 0.
    ramp, season
        As in `capacity_by_month`.
    heads
        Hires there is money for; None for any number.
    recruiting_months
        Months from the decision to the first day.

    Returns
    -------
    One row for each month a hire could start in: `start`; `decide_by`, the month the search
    begins; `per_head`, what one hire brings until the last month; `heads_needed`, whole heads
    that close the shortfall, missing where a hire brings nothing any more; `brings`, what
    `heads` bring, missing when None; `is_enough`, whether they close it.
    The hiring deadline is the last month with `is_enough`; see `hiring_deadline`.

    Examples
    --------
    >>> plan = hiring_plan(300, ["2024-10", "2024-11", "2024-12"], 100, ramp=[0.5], heads=2)
    >>> plan[["start", "per_head", "heads_needed", "is_enough"]].to_numpy().tolist()
    [['2024-10', 250.0, 2, True], ['2024-11', 150.0, 2, True], ['2024-12', 50.0, 6, False]]
    """
    problems = []
    if not shortfall >= 0:
        problems.append(Problem("`shortfall` is 0 or more", got=f"{shortfall:,.10g}"))
    if not productivity > 0:
        problems.append(Problem("`productivity` is above 0", got=f"{productivity:,.10g}"))
    if problems:
        raise ParameterError(problems)
    curve = ramp_curve(ramp)
    factor = (
        np.ones(len(months)) if season is None else season.reindex(months).to_numpy(dtype=float)
    )
    rows = []
    for place, start in enumerate(months):
        left = len(months) - place
        parts = np.array([*curve, *[1.0] * left][:left])
        per_head = float(parts @ factor[place:]) * productivity
        needed = math.ceil(round(shortfall / per_head, 9)) if per_head > 0 else math.nan
        brings = math.nan if heads is None else heads * per_head
        enough = shortfall <= 0 or (
            per_head > 0 if heads is None else brings >= shortfall * (1 - 1e-12)
        )
        decide = str(Period.parse(start).shift(-recruiting_months))
        rows.append((start, decide, per_head, needed, brings, bool(enough)))
    columns = ["start", "decide_by", "per_head", "heads_needed", "brings", "is_enough"]
    return pd.DataFrame(rows, columns=columns)


def hiring_deadline(plan: pd.DataFrame) -> str:
    """Give the last month hires can start in and still close the shortfall; "" when none can.

    Examples
    --------
    >>> hiring_deadline(hiring_plan(300, ["2024-11", "2024-12"], 100, heads=2))
    '2024-11'
    """
    enough = plan.loc[plan["is_enough"], "start"]
    return "" if enough.empty else str(enough.iloc[-1])


def account_load(accounts: pd.DataFrame) -> pd.DataFrame:
    """Hold the accounts of each group against the managers who look after them.

    Parameters
    ----------
    accounts
        One row for each group (any columns, such as tier or region) with `accounts`,
        `managers` and `limit`, the most accounts one manager can look after.

    Returns
    -------
    The rows with `per_manager` = accounts / managers (missing without managers), `needed`
    managers (whole), `short` = needed − managers where positive, `is_over`, whether anyone
    looks after more than the limit.

    Raises
    ------
    MetricError
        If a count is below 0 or a limit is not above 0.

    Examples
    --------
    >>> account_load(pd.DataFrame({"accounts": [45], "managers": [2], "limit": [20]}))[
    ...     ["per_manager", "needed", "short", "is_over"]].to_numpy().tolist()
    [[22.5, 3, 1, True]]
    """
    low = accounts[
        (accounts["accounts"] < 0) | (accounts["managers"] < 0) | ~(accounts["limit"] > 0)
    ]
    if len(low):
        raise MetricError(
            Problem(
                "`accounts` and `managers` are 0 or more, `limit` is above 0",
                got=f"row {list(accounts.index).index(low.index[0]) + 1}",
            )
        )
    managers = accounts["managers"].astype(float)
    needed = np.ceil((accounts["accounts"] / accounts["limit"]).round(9)).astype(int)
    short = np.ceil((needed - managers).clip(lower=0)).astype(int)
    return accounts.assign(
        per_manager=accounts["accounts"] / managers.where(managers > 0),
        needed=needed,
        short=short,
        is_over=needed > managers,
    )
