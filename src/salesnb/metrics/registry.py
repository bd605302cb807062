"""All metrics, by id: the one list that reports, plans and facts speak of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics import (
    cash,
    channels,
    customers,
    explained,
    funnel,
    growth,
    market,
    plans,
    sales,
    service,
    team,
    tiers,
)
from salesnb.metrics.metric import Metric

__all__ = ["METRICS", "Metric", "metric_of"]

_FAMILIES = (
    sales, growth, plans, customers, tiers, funnel, cash, channels, service, team, market,
    explained,
)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.id: metric
        for metric in sorted(
            (metric for family in _FAMILIES for metric in family.METRICS),
            key=lambda metric: metric.code,
        )
    }
)
"""Metric by id, in order of codes."""


def metric_of(name: str) -> Metric:
    """Give the metric with an id.

    Raises
    ------
    MetricError
        If there is none, with the nearest id.

    Examples
    --------
    >>> metric_of("net_sales").unit
    'money'
    """
    if name not in METRICS:
        raise MetricError(Problem(f"metric `{name}` is unknown", fix=suggest(name, tuple(METRICS))))
    return METRICS[name]
