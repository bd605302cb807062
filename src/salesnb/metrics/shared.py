"""Rows of the company itself that every report may read: its market and its calendar of events."""

from __future__ import annotations

import pandas as pd

from salesnb.data.contract import COMPANY
from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.dataset import ALL, Dataset

SHARED = ("events", "incentives", "market")
"""Tables that hold no customer, person or sale; their company rows name nobody's region."""


def with_company_rows(dataset: Dataset, table: str) -> pd.DataFrame:
    """Give a region's own rows of a table with those of the company as a whole.

    Raises
    ------
    MetricError
        If the table is one whose company rows a region may not read.
    """
    if table not in SHARED:
        raise MetricError(Problem(f"`{table}` is not shared", fix=suggest(table, SHARED)))
    own = dataset.frame(table)
    if dataset.region == ALL or not dataset.store.selected(table, COMPANY):
        return own
    return pd.concat([own, dataset.store.read(table, COMPANY)], ignore_index=True)
