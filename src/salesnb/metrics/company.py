"""What a region's report may know of the company: sums without names, and its own rank.

Everything here is added up where the tables lie; no row of another region is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.dataset import ALL, Dataset
from salesnb.metrics.metric import when
from salesnb.period import Period, Window

TOTALS = {"net_sales": "amount", "units": "qty", "leads": "", "orders": ""}
"""Metrics with a company total, and the column of orders that is added up."""

CUTS = ("product_line", "tier", "product_group", "channel")
"""Dimensions of company totals: none of them names a region, a person or a customer."""

_OF_PRODUCT = {"product_line": "line", "tier": "tier", "product_group": "group"}


@dataclass(frozen=True)
class Place:
    """Where a region stands among all, without naming another.

    Attributes
    ----------
    value, total
        The region's own, and the company's.
    share
        Own over total; NaN when the total is not above zero.
    rank
        1 for the largest; 0 for a region without a value.
    count
        How many regions there are.
    """

    value: float
    total: float
    share: float
    rank: int
    count: int


def company_total(
    dataset: Dataset, metric: str, period: Period | Window, by: Sequence[str] = ()
) -> pd.DataFrame:
    """Add up a metric over the whole company.

    Parameters
    ----------
    metric
        `net_sales` or `units`.
    by
        Dimensions of products, or `channel`.

    Returns
    -------
    One row for each combination of `by` (always one without): `by`, `value`.

    Raises
    ------
    MetricError
        If the metric has no company total, or a dimension could name somebody.
    """
    problems = []
    if metric not in ("net_sales", "units"):
        fix = suggest(metric, ("net_sales", "units"))
        problems.append(Problem(f"`{metric}` has no company total", fix=fix))
    problems += [
        Problem(f"`{name}` is not shown of the company", fix=suggest(name, CUTS))
        for name in by
        if name not in CUTS
    ]
    if problems:
        raise MetricError(problems)
    columns = ["product_id" if name in _OF_PRODUCT else name for name in by]
    added = _added(dataset, metric, when(period, dataset), list(dict.fromkeys(columns)))
    if not by:
        return pd.DataFrame({"value": [float(added["value"].sum())]})
    labels = {name: _labels(dataset, added, name) for name in by}
    found = added[["value"]].assign(**labels).groupby(list(by), as_index=False)["value"].sum()
    return found[[*by, "value"]]


def region_rank(dataset: Dataset, metric: str, period: Period | Window) -> Place:
    """Say where the region of a report stands among all regions.

    Raises
    ------
    MetricError
        If the metric has no company total, or the report is that of the company.
    """
    if dataset.region == ALL:
        raise MetricError(Problem("the company has no rank among regions"))
    company_total(dataset, metric, period)
    added = _added(dataset, metric, when(period, dataset), ["region"])
    values = added.groupby("region")["value"].sum()
    total = float(values.sum())
    among = values[values.index.isin([*dataset.store.regions, dataset.region])]
    own = float(among.get(dataset.region, np.nan))
    return Place(
        value=own,
        total=total,
        share=own / total if total > 0 else float("nan"),
        rank=int((among > own).sum()) + 1 if own == own else 0,
        count=len(dataset.store.regions),
    )


def _added(dataset: Dataset, metric: str, window: Window, by: list[str]) -> pd.DataFrame:
    """Add up over counted statuses and orders that count."""
    store, settings = dataset.store, dataset.settings
    flags = [name for name in ("status", "is_internal", "is_gift") if store.has("orders", name)]
    end = min(window.end, dataset.as_of)
    column = TOTALS[metric]
    known = [name for name in by if name == "region" or store.has("orders", name)]
    added = store.aggregate(
        "orders", [*known, *flags], {"value": f"sum:{column}"}, start=window.start, end=end
    )
    added = added.assign(**{name: UNMAPPED for name in by if name not in known})
    keep = pd.Series(True, index=added.index)
    if "status" in flags:
        keep &= added["status"].isin(settings.counted_statuses) | added["status"].isna()
    if "is_internal" in flags and settings.internal_orders == "exclude":
        keep &= ~added["is_internal"].fillna(False).astype(bool)
    if "is_gift" in flags and metric == "units" and not settings.gift_units:
        keep &= ~added["is_gift"].fillna(False).astype(bool)
    return added[keep].assign(value=added["value"].fillna(0.0).astype(float))


def _labels(dataset: Dataset, added: pd.DataFrame, name: str) -> pd.Series:
    if name not in _OF_PRODUCT:
        return added[name].astype("str").fillna(UNMAPPED)
    if not dataset.has("products", _OF_PRODUCT[name]):
        return pd.Series(UNMAPPED, index=added.index, dtype="str")
    products = dataset.frame("products").drop_duplicates("product_id")
    known = products.set_index(products["product_id"].astype("str"))[_OF_PRODUCT[name]]
    return added["product_id"].astype("str").map(known.astype("str")).fillna(UNMAPPED)
