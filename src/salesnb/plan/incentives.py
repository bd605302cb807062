"""What a plan pays: commission, awards and promotion, at plan, at forecast, in scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.period import Period

ANY = ""


def commission(sales: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Give the commission of each row of sales.

    Parameters
    ----------
    sales
        One row for each combination of the columns that rates tell apart (and any others, such
        as rep_id or quarter), with `amount` (money, signed; what is paid on: orders, invoices
        or collections) and, where rates say so, `gross_profit`.
    rates
        One row for each rate: columns to match ("" or missing matches all), `rate` (0.015 for
        1.5 %), and optionally `base`: amount (default) or gross_profit. Of several that match,
        the one that names most columns counts.

    Returns
    -------
    The sales with `rate` (missing where none matches) and `commission` (money; 0 there).
    Returns below zero take commission back.

    Raises
    ------
    ParameterError
        If two rates match a row equally well, or a rate names a column sales do not have.

    Examples
    --------
    >>> rates = pd.DataFrame({"product_line": ["A", "B", "C"], "rate": [0.01, 0.015, 0.02]})
    >>> plan = pd.DataFrame({"product_line": ["A", "B", "C"], "amount": [35.0, 35.0, 30.0]})
    >>> commission(plan, rates)["commission"].round(6).tolist()
    [0.35, 0.525, 0.6]
    """
    dimensions = [name for name in rates.columns if name not in ("rate", "base")]
    absent = [name for name in [*dimensions, "amount"] if name not in sales.columns]
    if absent or "rate" not in rates.columns:
        missing = absent or ["rate"]
        raise ParameterError([Problem(f"there is no column `{name}`") for name in missing])
    base = rates["base"].fillna("amount") if "base" in rates else pd.Series("amount", rates.index)
    unknown = sorted(set(base) - {"amount", "gross_profit"})
    if unknown:
        fix = suggest(unknown[0], ["amount", "gross_profit"])
        raise ParameterError(Problem(f"a rate is of `{unknown[0]}`", fix=fix))
    wanted = rates[dimensions].astype(object).where(rates[dimensions].notna(), ANY).astype(str)
    named = (wanted != ANY).sum(axis=1).to_numpy()
    cells = {name: sales[name].astype(str).to_numpy(dtype=object) for name in dimensions}
    best = np.full(len(sales), -1)
    depth = np.full(len(sales), -1)
    tied = np.zeros(len(sales), dtype=bool)
    for place in range(len(rates)):
        matches = np.ones(len(sales), dtype=bool)
        for name in dimensions:
            value = wanted[name].iloc[place]
            if value != ANY:
                matches &= cells[name] == value
        better = matches & (named[place] > depth)
        tied = (tied & ~better) | (matches & (named[place] == depth))
        best[better], depth[better] = place, named[place]
    if tied.any():
        row = sales.loc[tied, dimensions].iloc[0].to_dict()
        got = ", ".join(f"{name} {value}" for name, value in row.items())
        raise ParameterError(Problem("two rates match equally well", got=got))
    rate = np.where(best >= 0, rates["rate"].to_numpy(dtype=float)[best], np.nan)
    paid_on = sales["amount"].to_numpy(dtype=float)
    if (base == "gross_profit").any():
        if "gross_profit" not in sales.columns:
            raise ParameterError(Problem("there is no column `gross_profit`"))
        on_profit = (base == "gross_profit").to_numpy()[best] & (best >= 0)
        paid_on = np.where(on_profit, sales["gross_profit"].to_numpy(dtype=float), paid_on)
    return sales.assign(rate=rate, commission=np.nan_to_num(rate) * paid_on)


def accelerator(
    attainment: pd.Series,
    steps: Mapping[float, float],
    method: Literal["marginal", "whole"] = "marginal",
) -> pd.Series:
    """Give the factor on commission that attainment brings.

    Parameters
    ----------
    attainment
        1 is target met; missing gives a missing factor.
    steps
        Attainment from which on → factor, such as {0: 0.5, 0.8: 1, 1.2: 1.5}; below the first
        step the factor is 0.
    method
        `marginal`: each step pays for sales above it only; `whole`: the highest step reached
        pays for all sales.

    Returns
    -------
    A factor for each, to multiply commission at the plain rate with. At attainment 0 or below
    the marginal factor is that of the first step at 0, or 0.

    Examples
    --------
    >>> reached = pd.Series([0.5, 1.0, 1.5])
    >>> accelerator(reached, {0: 1, 1: 2}).round(4).tolist()
    [1.0, 1.0, 1.3333]
    >>> accelerator(reached, {0: 1, 1: 2}, "whole").tolist()
    [1.0, 2.0, 2.0]
    """
    if not steps or any(start < 0 for start in steps):
        raise ParameterError(Problem("`steps` begin at 0 or more", got=str(dict(steps))))
    starts = np.array(sorted(steps), dtype=float)
    factors = np.array([steps[start] for start in sorted(steps)], dtype=float)
    reached = attainment.to_numpy(dtype=float)
    place = np.searchsorted(starts, reached + 1e-12, side="right") - 1
    whole = np.where(place >= 0, factors[np.maximum(place, 0)], 0.0)
    if method == "whole":
        return pd.Series(np.where(np.isnan(reached), np.nan, whole), index=attainment.index)
    ends = np.append(starts[1:], np.inf)
    within = np.clip(reached[:, None], starts, ends) - starts
    paid = (within * factors).sum(axis=1)
    first = factors[0] if starts[0] == 0 else 0.0
    factor = np.divide(paid, reached, out=np.full(len(reached), first), where=reached > 0)
    return pd.Series(np.where(np.isnan(reached), np.nan, factor), index=attainment.index)


def award_reach(awards: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Give who reaches each award, how far the others are from it, and what it pays.

    Parameters
    ----------
    awards
        One row for each award: `award` (its name), `each` (who competes: the dimension, such as
        region or rep), `measure` (a column of the results, such as growth), `amount` (money);
        `threshold` (missing: none); `winners` (missing: everyone who reaches the threshold;
        else the best so many of them each period).
    results
        One row for each `each`, `name` (of the one who competes) and `period`, with the
        measures, in a plan, a forecast or as they came.

    Returns
    -------
    One row for each award, competitor and period: `award`, `each`, `name`, `period`, `measure`,
    `value`, `threshold`; `gap` = value − threshold (negative: not reached; missing without a
    threshold); `times` = threshold / value, how many times the value it takes, missing where
    the value is not above 0; `is_reached`; `rank` among those who reach it (1 is best, ties
    share a rank; missing with no winners stated); `pays` (money). Those tied for the last place
    share what it pays, so an award costs the same with ties.
    A missing value reaches nothing.

    Raises
    ------
    ParameterError
        If an award's measure or competitors are not in the results.

    Examples
    --------
    >>> award = pd.DataFrame({"award": ["growth"], "each": ["region"], "measure": ["growth"],
    ...                       "amount": [10_000], "threshold": [0.2], "winners": [None]})
    >>> plan = pd.DataFrame({"each": "region", "name": ["East", "Midwest"], "period": "2024",
    ...                      "growth": [0.08, 0.25]})
    >>> award_reach(award, plan)[["name", "is_reached", "times", "pays"]].to_numpy().tolist()
    [['East', False, 2.5, 0.0], ['Midwest', True, 0.8, 10000.0]]
    """
    parts, problems = [], []
    for award in awards.to_dict("records"):
        who = results[results["each"] == award["each"]]
        if award["measure"] not in results.columns:
            options = [name for name in results.columns if name not in ("each", "name", "period")]
            fix = suggest(str(award["measure"]), options)
            problems.append(Problem(f"`{award['award']}` measures `{award['measure']}`", fix=fix))
        elif who.empty:
            fix = suggest(str(award["each"]), sorted(set(results["each"].astype(str))))
            problems.append(Problem(f"`{award['award']}` is for each `{award['each']}`", fix=fix))
        else:
            parts.append(_one_award(award, who))
    if problems:
        raise ParameterError(problems, where="awards")
    columns = ["award", "each", "name", "period", "measure", "value", "threshold", "gap", "times"]
    columns += ["is_reached", "rank", "pays"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _one_award(award: Mapping, who: pd.DataFrame) -> pd.DataFrame:
    value = who[award["measure"]].astype(float)
    threshold = float(award["threshold"]) if not pd.isna(award.get("threshold")) else np.nan
    table = who[["each", "name", "period"]].assign(
        award=award["award"],
        measure=award["measure"],
        value=value,
        threshold=threshold,
        gap=value - threshold,
        times=threshold / value.where(value > 0),
        is_reached=value.notna() if np.isnan(threshold) else value >= threshold - 1e-12,
        rank=np.nan,
    )
    amount = float(award["amount"])
    if pd.isna(award.get("winners")):
        return table.assign(pays=np.where(table["is_reached"], amount, 0.0))
    winners = int(award["winners"])
    in_race = value.where(table["is_reached"]).groupby(table["period"])
    table["rank"] = in_race.rank(ascending=False, method="min")
    tied = table.groupby(["period", "rank"])["name"].transform("size")
    places = (winners - table["rank"] + 1).clip(lower=0)
    table["pays"] = (amount * np.minimum(places, tied) / tied).fillna(0.0)
    return table


def incentive_cost(
    scenarios: Mapping[str, pd.DataFrame],
    rates: pd.DataFrame,
    *,
    awards: pd.DataFrame | None = None,
    results: Mapping[str, pd.DataFrame] | None = None,
    factors: Mapping[str, pd.Series] | None = None,
    budget: float | None = None,
) -> pd.DataFrame:
    """Give what incentives cost at plan, at forecast and in other scenarios.

    Parameters
    ----------
    scenarios
        Name → sales as in `commission`.
    rates
        As in `commission`.
    awards, results
        As in `award_reach`, the results by scenario; a scenario without results pays none.
    factors
        Scenario → factor of each row of its sales; see `accelerator`. Default 1.
    budget
        The most that is to be paid.

    Returns
    -------
    One row for each scenario: `scenario`, `sales`, `commission`, `awards`, `cost` (their sum),
    `commission_share` and `cost_share` of sales (missing where sales are not above 0),
    `unrated` (sales no rate matches), `over_budget` (cost − budget where positive, 0 otherwise,
    missing without a budget).

    Examples
    --------
    >>> rates = pd.DataFrame({"product_line": ["A", "B", "C"], "rate": [0.01, 0.015, 0.02]})
    >>> mix = lambda *shares: pd.DataFrame({"product_line": list("ABC"), "amount": shares})
    >>> incentive_cost({"2023": mix(45, 30, 25), "plan": mix(35, 35, 30)}, rates)[
    ...     "commission_share"].round(6).tolist()
    [0.014, 0.01475]
    """
    rows = []
    for name, sales in scenarios.items():
        paid = commission(sales, rates)
        factor = (factors or {}).get(name)
        earned = paid["commission"] if factor is None else paid["commission"] * factor
        amount, earned_sum = float(paid["amount"].sum()), float(earned.sum())
        outcome = (results or {}).get(name)
        given = (
            0.0
            if awards is None or outcome is None
            else float(award_reach(awards, outcome)["pays"].sum())
        )
        cost = earned_sum + given
        share = 1 / amount if amount > 0 else np.nan
        over = np.nan if budget is None else max(cost - budget, 0.0)
        unrated = float(paid.loc[paid["rate"].isna(), "amount"].sum())
        rows.append(
            (name, amount, earned_sum, given, cost, earned_sum * share, cost * share, unrated, over)
        )
    columns = ["scenario", "sales", "commission", "awards", "cost", "commission_share"]
    return pd.DataFrame(rows, columns=[*columns, "cost_share", "unrated", "over_budget"])


def promotion(attainment: pd.DataFrame, running: int, threshold: float = 1.0) -> pd.DataFrame:
    """Give who met the goal so many periods running.

    Parameters
    ----------
    attainment
        One row for each `name` and `period` ("2024Q2", all of one kind) with `attainment`;
        missing where there was no target.
    running
        Periods in a row that are asked for, 1 or more.
    threshold
        Attainment that counts as met.

    Returns
    -------
    One row for each name: `name`; `longest`, the longest run of periods met; `current`, the run
    up to the last period of all; `is_eligible`, whether a run was long enough; `since`, the
    period in which it first was ("" when never); `unknown`, periods without attainment. A
    period missing or unknown ends a run: it cannot be shown that the goal was met.

    Raises
    ------
    ParameterError
        If `running` is below 1 or periods are of several kinds.
    MetricError
        If a name has a period twice.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": "a", "period": ["2024Q1", "2024Q2", "2024Q3"],
    ...                       "attainment": [1.1, 1.0, 0.9]})
    >>> promotion(frame, running=2)[["longest", "current", "since"]].to_numpy().tolist()
    [[2, 0, '2024Q2']]
    """
    if running < 1:
        raise ParameterError(Problem("`running` is 1 or more", got=str(running)))
    if attainment.duplicated(["name", "period"]).any():
        row = attainment.loc[attainment.duplicated(["name", "period"])].iloc[0]
        got = f"{row['name']}, {row['period']}"
        raise MetricError(Problem("a name has a period twice", got=got))
    periods = {str(period): Period.parse(str(period)) for period in attainment["period"].unique()}
    if len({period.kind for period in periods.values()}) > 1:
        got = ", ".join(sorted(periods))
        raise ParameterError(Problem("periods are of several kinds", got=got))
    wide = attainment.assign(period=attainment["period"].astype(str)).pivot(
        index="name", columns="period", values="attainment"
    )
    names = list(dict.fromkeys(attainment["name"]))
    first, last = min(periods.values()), max(periods.values())
    order = [str(first.shift(step)) for step in range(last.ordinal - first.ordinal + 1)]
    wide = wide.reindex(index=names, columns=order).astype(float)
    met = (wide >= threshold - 1e-12).to_numpy()
    runs = np.zeros(met.shape, dtype=int)
    for place in range(met.shape[1]):
        before = runs[:, place - 1] if place else 0
        runs[:, place] = np.where(met[:, place], before + 1, 0)
    enough = runs >= running
    since = [order[row.argmax()] if row.any() else "" for row in enough]
    return pd.DataFrame(
        {
            "name": names,
            "longest": runs.max(axis=1),
            "current": runs[:, -1],
            "is_eligible": enough.any(axis=1),
            "since": since,
            "unknown": wide.isna().sum(axis=1).to_numpy(),
        }
    )
