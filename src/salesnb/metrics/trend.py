"""One metric over several periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.metric import COLUMNS, Where
from salesnb.period import Period


def trend(
    dataset: Dataset,
    metric: str,
    periods: Iterable[Period],
    by: Sequence[str] = (),
    where: Where | None = None,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Compute a metric for each of several periods; one that is not over up to `as_of`.

    Returns
    -------
    One row for each period and combination of `by`: `period` (as text), `by` and the columns of
    `measure`, in the order of the periods.

    Raises
    ------
    MetricError
        As `measure`.
    """
    day = as_of or dataset.as_of
    pieces = [
        measure(dataset, metric, dataset.calendar.elapsed(period, day), by, where).assign(
            period=str(period)
        )
        for period in periods
        if dataset.calendar.window(period).start <= day
    ]
    columns = ["period", *by, *COLUMNS]
    kept = [piece for piece in pieces if len(piece)] or pieces[:1]
    if not kept:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    return pd.concat(kept, ignore_index=True)[columns]
