"""Metrics that salesnb.explain computes; here they have their names and units for facts."""

from __future__ import annotations

from salesnb.metrics.metric import Metric

METRICS = (
    Metric("bridge", "M81", "explain", "money", "none", "sum", "one effect on the change"),
    Metric("forecast", "M85", "explain", "money", "none", "recompute", "expected value"),
    Metric("forecast_low", "M85", "explain", "money", "none", "recompute",
           "lower end of the interval"),
    Metric("forecast_high", "M85", "explain", "money", "none", "recompute",
           "upper end of the interval"),
)  # fmt: skip
