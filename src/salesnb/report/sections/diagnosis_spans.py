"""Questions over several months: a month holds too little to judge a person or a process by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from salesnb.findings.spans import months, over
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Window
from salesnb.report.review import Review

YEAR_MONTHS = 12

_ANSWER = ("value", "numerator", "denominator", "n", "reason")


def last_months(review: Review, count: int = YEAR_MONTHS, skip: int = 0) -> Window:
    """Give the days of the last `count` months, leaving the last `skip` out."""
    return over(review.lens, months(review.lens, count, skip))


def over_months(
    review: Review,
    metric: str,
    by: Sequence[str] = (),
    count: int = YEAR_MONTHS,
    skip: int = 0,
    where: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Measure over the last `count` months, leaving the last `skip` out, and keep it as facts.

    Returns
    -------
    As `salesnb.measure`; empty where the data lack what the metric needs.
    """
    lens = review.lens
    if METRICS[metric].lacks(lens.dataset, list(by)):
        return pd.DataFrame(columns=[*by, *_ANSWER])
    asked = tuple(sorted((where or {}).items()))
    key = ("over_months", metric, tuple(by), count, skip, asked, review.period)

    def ask() -> pd.DataFrame:
        rows = measure(lens.dataset, metric, last_months(review, count, skip), by, where)
        span = {"months": str(count)} | ({"skipped": str(skip)} if skip else {})
        labels = zip(*(rows[name].tolist() for name in by), strict=True) if by else [()]
        answers = zip(*(rows[name].tolist() for name in _ANSWER), strict=True)
        for label, (value, *parts) in zip(labels, answers, strict=True):
            scope = dict(zip(by, map(str, label), strict=True)) | dict(where or {}) | span
            more = dict(zip(_ANSWER[1:], parts, strict=True))
            lens.keep(metric, value, METRICS[metric].unit, scope, **more)
        return rows

    return lens.dataset.kept(key, ask)


def one(rows: pd.DataFrame) -> dict[str, object]:
    """Give the only row of an answer; a missing one says so."""
    if rows.empty:
        return {"value": None, "numerator": None, "denominator": None, "n": 0, "reason": "no_rows"}
    return {str(name): value for name, value in rows.iloc[0].to_dict().items()}


def keep_range(
    review: Review,
    metric: str,
    ends: tuple[float, float, float],
    unit: str,
    scope: Mapping[str, str],
    n: float,
    reason: str | None = None,
) -> None:
    """Keep a difference with the ends of its interval: value, low and high, NaN where unknown."""
    for name, value in zip(("", "_low", "_high"), ends, strict=True):
        lacks = None if value == value else reason or "small_n"
        review.lens.keep(metric + name, value, unit, scope, n=n, reason=lacks)
