"""One metric against last year, last month, last quarter or its target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.bases import set_against, spans
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import Where, plain
from salesnb.metrics.metric import NO_TARGET, Metric, View, evaluate
from salesnb.metrics.registry import metric_of
from salesnb.metrics.targets import against_goals, goals, judged, without_goal
from salesnb.period import Period, Window

BASES = ("year", "quarter", "month", "previous", "target")


def compare(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    to: str = "year",
    by: Sequence[str] = (),
    where: Where | None = None,
    workday_adjusted: bool = False,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Set a metric against the same of another time, or against its target.

    A period that is not over is compared with the first days of its base that hold as many
    working days (E03); `salesnb.metrics.bases.spans` tells which days these are.

    Parameters
    ----------
    dataset, metric, period, by, where
        As in `measure`.
    to
        `year`, `quarter`, `month` or `previous` (the period before, of the same kind); or `target`.
    workday_adjusted
        Whether growth is that of the value a working day, for metrics that add up over days.
    as_of
        Last day known; by default the dataset's.

    Returns
    -------
    One row for each combination of `by` on either side: `by`, `current`, `base`, `change`
    (current less base; of a rate in points), `growth` (change over base), `n`, `base_n`, `turn`
    and `reason`, see `salesnb.metrics.bases.set_against`.

    Against a target `base` is the target, `change` the gap (below target is negative), `growth`
    the over-achievement (for targets not to exceed, the headroom); further columns are
    `attainment`, `met`, `bound`, `high` (of a range) and `owner`. What has no target is there
    with the reason `no_target`, and in no sum.

    Raises
    ------
    MetricError
        If there is no such metric or base, or the metric cannot be cut so.
    """
    if to not in BASES:
        raise MetricError(Problem(f"`{to}` is no base of a comparison", fix=suggest(to, BASES)))
    found, filters = metric_of(metric), plain(where)
    day = as_of or dataset.as_of
    if to == "target":
        return _to_target(dataset, found, period, tuple(by), filters, day)
    between = spans(dataset, period, to, day)
    view = View(dataset, between.current, tuple(by), filters)
    return set_against(found, view, between, workday_adjusted)


def _to_target(
    dataset: Dataset,
    metric: Metric,
    period: Period | Window,
    by: tuple[str, ...],
    where: dict[str, tuple[str, ...]],
    day: date,
) -> pd.DataFrame:
    window = period if isinstance(period, Window) else dataset.calendar.window(period)
    view = View(dataset, Window(window.start, max(min(window.end, day), window.start)), by, where)
    actual = evaluate(metric, view)
    rows = without_goal(actual, by)
    found = goals(view, metric, period)
    if found is not None:
        held = against_goals(view, metric, period, found)
        if by:
            # Text of both sides is alike, so that what has no target is what is left.
            left = rows.merge(held[list(by)], on=list(by), how="left", indicator="side")
            alone = left["side"].astype("str").eq("left_only").to_numpy()
            pieces = [piece for piece in (held, rows[alone]) if len(piece)]
            rows = pd.concat(pieces, ignore_index=True).sort_values(list(by), ignore_index=True)
        else:
            rows = held
    why = actual["reason"].iloc[0] if not by and len(actual) else None
    if found is None and why is not None and actual["value"].isna().all():
        rows = rows.assign(reason=why)
    return judged(rows, by, metric.better)


def target_value(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    by: Sequence[str] = (),
    where: Where | None = None,
    plan: str = "",
    version: int = 0,
) -> pd.DataFrame:
    """Give the target that holds for a metric, a scope and a period.

    Parameters
    ----------
    plan, version
        Which plan and which version of it; by default as the settings say, the latest.

    Returns
    -------
    One row for each combination of `by` with a target (always one without `by`): `by`, `target`,
    `bound`, `high` (of a range), `owner`, `cells` (how many targets were added up) and `reason`:
    `no_target`, or `partial_target` where finer periods do not cover the one asked for.
    """
    view = View(dataset, _window(dataset, period), tuple(by), plain(where))
    found = goals(view, metric_of(metric), period, plan, version)
    if found is None:
        labels = pd.DataFrame({name: pd.Series(dtype="str") for name in by})
        if not by:
            labels = pd.DataFrame(index=pd.RangeIndex(1))
        return labels.assign(
            target=np.nan, bound="", high=np.nan, owner="", cells=0, reason=NO_TARGET
        )
    cells = found.cells.assign(cells=found.cells["periods"].map(len))
    if found.finer:
        parts = {"target": ("target", "sum"), "bound": ("bound", "first"),
                 "cells": ("cells", "sum"), "whole": ("whole", "all")}  # fmt: skip
        grouped = cells.assign(_all=0).groupby(list(by) or "_all", as_index=False)
        cells = grouped.agg(**parts).assign(high=np.nan, owner="")
    reason = cells["whole"].map({True: None, False: "partial_target"}).astype(object)
    reason = reason.where(reason.notna(), None)
    return cells.assign(reason=reason)[
        [*by, "target", "bound", "high", "owner", "cells", "reason"]
    ].reset_index(drop=True)


def _window(dataset: Dataset, period: Period | Window) -> Window:
    return period if isinstance(period, Window) else dataset.calendar.window(period)
