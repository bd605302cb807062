"""One metric against last year, last month, last quarter or its target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem, suggest
from salesnb.metrics.bases import COMPARED, set_against, spans
from salesnb.metrics.cells import Cells, aligned
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.growth import growth_contribution
from salesnb.metrics.metric import NO_TARGET, Metric, View, Where, evaluate, plain, when
from salesnb.metrics.registry import metric_of
from salesnb.metrics.targets import (
    JUDGED,
    against_goals,
    find_goals,
    goal_cells,
    judged,
    without_goal,
)
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
    found = compared(dataset, metric, period, to, by, where, workday_adjusted, as_of)
    return found.frame(JUDGED if to == "target" else COMPARED)


def compared(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    to: str = "year",
    by: Sequence[str] = (),
    where: Where | None = None,
    workday_adjusted: bool = False,
    as_of: date | None = None,
) -> Cells:
    """Compute what `compare` gives, as cells."""
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
) -> Cells:
    window = when(period, dataset)
    view = View(dataset, Window(window.start, max(min(window.end, day), window.start)), by, where)
    actual = evaluate(metric, view)
    rows = without_goal(actual)
    found = find_goals(view, metric, period)
    if found is None:
        known = ~np.isnan(actual["value"])
        rows = rows.plus(reason=np.where(known, NO_TARGET, actual["reason"]))
    else:
        held = against_goals(view, metric, found)
        rest, _, has = aligned(rows.renamed(**_other(rows)), held)
        rows = rest.plus(
            **{name: np.where(has, rest[name], rest[f"_{name}"]) for name in rows.columns}
        )
    return judged(rows, metric.better)


def _other(rows: Cells) -> dict[str, str]:
    """Give the columns of what has no target names of their own."""
    return {name: f"_{name}" for name in rows.columns}


def contribution(
    dataset: Dataset, period: Period | Window, by: Sequence[str], where: Where | None = None
) -> pd.DataFrame:
    """Say how much each part contributes to the growth of net sales on last year (M08).

    Returns
    -------
    One row for each combination of `by`: `by`, `value` (its change over the whole's base; parts
    sum to the whole's growth), `rate` (its share of the whole's change; NaN where that is below
    `growth_floor` of the base), `change`, `current`, `base` and `reason`.
    """
    view = View(dataset, when(period, dataset), tuple(by), plain(where))
    found = growth_contribution(view)
    columns = ("value", "rate", "change", "current", "base", "reason")
    missing = {name: np.nan for name in columns if name not in found}
    found = found.plus(**missing)
    if "numerator" in found:
        found = found.plus(change=found["numerator"])
    return found.frame(columns)


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
    return targeted(dataset, metric, period, by, where, plan, version).frame()


def targeted(
    dataset: Dataset,
    metric: str,
    period: Period | Window,
    by: Sequence[str] = (),
    where: Where | None = None,
    plan: str = "",
    version: int = 0,
) -> Cells:
    """Compute what `target_value` gives, as cells."""
    view = View(dataset, when(period, dataset), tuple(by), plain(where))
    return goal_cells(find_goals(view, metric_of(metric), period, plan, version), by)
