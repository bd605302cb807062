"""One metric, one window, any dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesnb.metrics.cells import Cells
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import COLUMNS, View, Where, evaluate, plain, when
from salesnb.metrics.registry import metric_of
from salesnb.period import Period, Window


def measure(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    by: Sequence[str] = (),
    where: Where | None = None,
) -> pd.DataFrame:
    """Compute a metric for the data of one report.

    Every row is computed from the rows of the table itself, the one without dimensions, too: a
    rate of a whole is one sum over another, never a mean of the parts' rates, and a customer of two
    parts is one customer of the whole (E12, E18).

    Parameters
    ----------
    dataset
        What the report may see.
    metric
        Its id.
    period
        A period or a window. What is not known by `dataset.as_of` is not in it.
    by
        Dimensions to cut by.
    where
        Dimension → the value, or values, that are kept.

    Returns
    -------
    One row for each combination of `by` that has rows, in order of its labels (always one
    without `by`): `by`, `value`, `numerator` and `denominator` (for ratios, else NaN), `n` (rows,
    trials or events behind it) and `reason`. A value that cannot be computed is NaN, never 0 or
    infinite, with the reason why (`salesnb.metrics.metric.REASONS`); a value with a mark
    (`MARKS`: `small_n`, `partial_target`, `partial_cost`) is there, with something to know of it.
    A missing table gives the reason `missing_table`, and no rows when cut.

    Raises
    ------
    MetricError
        If there is no such metric, or it cannot be cut so.
    """
    return measured(dataset, metric, period, by, where).frame(COLUMNS)


def measured(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    by: Sequence[str] = (),
    where: Where | None = None,
) -> Cells:
    """Compute what `measure` gives, as cells."""
    view = View(dataset, when(period, dataset), tuple(by), plain(where))
    return evaluate(metric_of(metric), view)
