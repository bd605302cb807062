"""Incentives as a plan or a table states them, as the frames payouts are worked out with."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd

from salesnb.plan.statements import Incentive


def rates_by_scope(table: pd.DataFrame) -> pd.DataFrame:
    """Give commission rates with a column for each dimension their scopes name.

    Parameters
    ----------
    table
        One row for each rate: `scope` ("product_line=A|B;channel=online", "" for all sales) and
        `rate`; rows without a rate are left out.

    Returns
    -------
    Rates as `commission` takes them: the dimensions in order of first mention ("" where a rate
    does not name one) and `rate`. A scope with several members gives a row for each.

    Examples
    --------
    >>> table = pd.DataFrame({"scope": ["product_line=A|B", "region=E"], "rate": [0.01, 0.02]})
    >>> rates_by_scope(table).to_numpy().tolist()
    [['A', '', 0.01], ['B', '', 0.01], ['', 'E', 0.02]]
    """
    rows = []
    for scope, rate in zip(table["scope"].fillna(""), table["rate"], strict=True):
        if pd.isna(rate):
            continue
        parts = [part.split("=", 1) for part in str(scope).split(";") if "=" in part]
        names = [name for name, _ in parts]
        for members in product(*(values.split("|") for _, values in parts)):
            rows.append({**dict(zip(names, members, strict=True)), "rate": float(rate)})
    found = pd.DataFrame(rows, columns=None if rows else ["rate"])
    dimensions = [name for name in found.columns if name != "rate"]
    found[dimensions] = found[dimensions].fillna("")
    return found[[*dimensions, "rate"]]


def plan_rates(incentives: Iterable[Incentive]) -> pd.DataFrame:
    """Give the commission rates of a plan, as `commission` takes them."""
    stated = [
        (found.scope.text, found.rate.point)
        for found in incentives
        if found.type == "commission" and found.rate is not None
    ]
    return rates_by_scope(pd.DataFrame(stated, columns=["scope", "rate"]))


def plan_awards(incentives: Iterable[Incentive]) -> pd.DataFrame:
    """Give the awards of a plan, as `award_reach` takes them.

    Returns
    -------
    One row for each award of a known sum: `award` (its id), `each` (rep where the plan names no
    dimension), `measure` (growth, or the metric's id), `amount`, `threshold` (missing: none),
    `winners` (missing where a threshold alone decides), `per`, `scope`, `text`.
    """
    rows = [
        {
            "award": found.id,
            "each": found.each or "rep",
            "measure": "growth" if found.kind == "growth" else found.metric,
            "amount": found.award.point,
            "threshold": np.nan if found.threshold is None else found.threshold.point,
            "winners": np.nan if found.threshold is not None else float(found.winners),
            "per": found.per,
            "scope": found.scope.text,
            "text": found.text,
        }
        for found in incentives
        if found.type == "award" and found.award is not None
    ]
    columns = ["award", "each", "measure", "amount", "threshold", "winners", "per", "scope", "text"]
    return pd.DataFrame(rows, columns=columns)


def plan_promotions(incentives: Iterable[Incentive]) -> pd.DataFrame:
    """Give the promotion rules of a plan, as `promotion` takes them one by one.

    Returns
    -------
    One row for each rule: `promotion` (its id), `each`, `measure`, `threshold` (1 where the
    plan names none), `per`, `running`, `text`.
    """
    rows = [
        {
            "promotion": found.id,
            "each": found.each or "rep",
            "measure": found.metric,
            "threshold": 1.0 if found.threshold is None else found.threshold.point,
            "per": found.per,
            "running": found.running,
            "text": found.text,
        }
        for found in incentives
        if found.type == "promotion"
    ]
    columns = ["promotion", "each", "measure", "threshold", "per", "running", "text"]
    return pd.DataFrame(rows, columns=columns)
