"""One metric over several periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from salesnb.metrics.cells import Cells, cells, stacked
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import COLUMNS, View, Where, evaluate, plain
from salesnb.metrics.registry import metric_of
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
    return trended(dataset, metric, periods, by, where, as_of).frame(COLUMNS)


def trended(
    dataset: Dataset,
    metric: str,
    periods: Iterable[Period],
    by: Sequence[str] = (),
    where: Where | None = None,
    as_of: date | None = None,
) -> Cells:
    """Compute what `trend` gives, as cells."""
    day = as_of or dataset.as_of
    found, filters = metric_of(metric), plain(where)
    known = [each for each in periods if dataset.calendar.window(each).start <= day]
    if not known:
        return cells(("period", *by), **dict.fromkeys(COLUMNS, np.array([])))
    windows = {str(period): dataset.calendar.elapsed(period, day) for period in known}
    pieces = {
        period: evaluate(found, View(dataset, window, tuple(by), filters))
        for period, window in windows.items()
    }
    return stacked("period", pieces)
