"""What a metric is, and how one is computed for a window, cut by dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np

from salesnb.errors import MetricError, Problem, suggest
from salesnb.language import Language
from salesnb.metrics.cells import Cells, Values, beside, cells, divided
from salesnb.metrics.dataset import DIMENSIONS, PERIODS, Dataset
from salesnb.metrics.rows import Rows
from salesnb.metrics.settings import Settings
from salesnb.period import Period, Window

Unit = Literal["money", "count", "ratio", "multiple", "points", "days", "months", "score", "index"]
Better = Literal["up", "down", "none"]
Rollup = Literal["sum", "ratio", "distinct", "recompute"]
Family = Literal[
    "sales", "customers", "funnel", "cash", "channels", "service", "team", "market", "plan",
    "explain",
]  # fmt: skip

Where = Mapping[str, "str | Sequence[str]"]
"""Dimension → the value, or values, that are kept."""

COLUMNS = ("value", "numerator", "denominator", "n", "reason")
"""What a result has beside the dimensions it is cut by."""

ZERO, NEGATIVE = "zero_denominator", "negative_base"
NO_HISTORY, MISSING, IMMATURE = "no_history", "missing_table", "immature"
NO_TARGET, SMALL = "no_target", "small_n"
PARTIAL_TARGET, PARTIAL_COST = "partial_target", "partial_cost"
PROVISIONAL = "provisional"

REASONS = (
    ZERO, NEGATIVE, NO_HISTORY, MISSING, IMMATURE, NO_TARGET, "already_met", "too_early",
    "new_item", "lost_item", "no_spend", "no_market",
)  # fmt: skip
"""Why a value is not there."""

MARKS = (SMALL, PARTIAL_TARGET, PARTIAL_COST, PROVISIONAL)
"""What stands beside a value that is there: few trials, a part unknown, or not yet final."""


@dataclass(frozen=True)
class View:
    """A question to a metric: whose data, which days, cut by what, of what only.

    Attributes
    ----------
    by
        Dimensions of the answer: one row for each combination that has rows.
    where
        Dimension → the values kept.
    """

    dataset: Dataset
    window: Window
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The definitions that hold."""
        return self.dataset.settings

    @property
    def end(self) -> date:
        """Last day of the window that is known."""
        return min(self.window.end, self.dataset.as_of)

    def during(self, window: Window) -> View:
        """Ask the same of other days."""
        return replace(self, window=window)

    def rows(self, table: str, dates: str = "", window: Window | None = None) -> Rows:
        """Give the rows asked for: of the window as far as it is known (or another), of `where`.

        Without `dates` rows of all time.
        """
        if table == "sales" and {"rep", "team", "role"} & {*self.by, *self.where}:
            table = "credited"
        known = window or Window(self.window.start, self.end)
        rows = self.dataset.rows(table, dates, known if dates else None)
        if dates:
            cuts = {
                kind: self.dataset.cut(table, dates, kind)
                for kind in PERIODS
                if kind in self.by or kind in self.where
            }
            rows = rows.plus(**cuts) if cuts else rows
        for dimension, wanted in self.where.items():
            rows = rows.where(dimension, wanted)
        return rows

    def sales(self, window: Window | None = None) -> Rows:
        """Give the order lines that make up sales."""
        return self.rows("sales", "order_date", window)

    def purchases(self, window: Window | None = None) -> Rows:
        """Give the order lines that make orders: no returns, no gifts (E07)."""
        rows = self.sales(window)
        return rows.keep(rows.values("is_purchase"))

    def blank(self, reason: str) -> Cells:
        """Give the answer that there is none: one cell, or none when cut by dimensions."""
        return cells(self.by, value=np.nan, n=0, reason=reason)


@dataclass(frozen=True)
class Metric:
    """One metric, said in one place.

    Attributes
    ----------
    id, code
        Its name everywhere, and its code in the list of metrics (M01 …).
    unit
        `money` in the company's currency, `count`, `ratio` (a rate or share, 0 to 1),
        `multiple` (2.5 times), `points` (a difference of two ratios), `days`, `months`,
        `score`, `index`.
    better
        Which direction is good.
    numerator, denominator
        What is added up, as a short formula; no denominator, no ratio.
    rollup
        How values of parts make that of the whole: by `sum`; as a `ratio` of two sums; as a
        `distinct` count, never summed; or only by a new computation (`recompute`).
    needs
        Table → columns it cannot do without. The first is the one that is cut by dimensions.
    dims
        Dimensions it can be cut by.
    compute
        Gives `value`, or `numerator` and `denominator`, and `n` for each group of a view.
    few
        What `n` counts, for marking small numbers: `trials`, `events`, or nothing.
    choice
        The setting that chooses among its definitions.
    starts
        Table that must have begun for the metric to be known; the first needed by default.
    also_cut
        Further tables that must have the dimensions it is cut by.
    own_cuts
        Dimensions that no table has because the metric makes them.
    """

    id: str
    code: str
    family: Family
    unit: Unit
    better: Better
    rollup: Rollup
    numerator: str
    denominator: str = ""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dims: tuple[str, ...] = ()
    compute: Callable[[View], Cells] | None = None
    few: Literal["", "trials", "events"] = ""
    choice: str = ""
    starts: str | None = None
    also_cut: tuple[str, ...] = ()
    own_cuts: tuple[str, ...] = ()

    @property
    def additive(self) -> bool:
        """Whether values of parts sum to that of the whole."""
        return self.rollup == "sum"

    @property
    def is_ratio(self) -> bool:
        """Whether it is one sum over another at every level."""
        return self.rollup == "ratio"

    def min_n(self, settings: Settings) -> int:
        """Give how many trials or events it takes not to be marked as few; 0: never marked."""
        return {"": 0, "trials": settings.n_trials, "events": settings.n_events}[self.few]

    def label(self, language: Language) -> str:
        """Name it in a reader's language."""
        return language(f"metrics.{self.id}.label")

    def definition(self, language: Language, settings: Settings) -> str:
        """Say what it means with the definitions chosen."""
        key = f"metrics.{self.id}.definition"
        if self.choice:
            key = f"{key}_{getattr(settings, self.choice)}"
        return language(key, **{name: getattr(settings, name) for name in Settings.names()})

    def begins(self, dataset: Dataset) -> date:
        """Give the first day on which it can be known; `date.min` when that has no beginning."""
        table = next(iter(self.needs), "") if self.starts is None else self.starts
        first = dataset.starts(table) if table else date.max
        return date.min if first == date.max else first

    def lacks(self, dataset: Dataset, by: Sequence[str] = ()) -> tuple[str, ...]:
        """Name the tables and columns that would have to be there: `table` or `table.column`."""
        missing = [
            lack for table, columns in self.needs.items() for lack in dataset.lacks(table, *columns)
        ]
        for table in (*list(self.needs)[:1], *self.also_cut):
            columns = [DIMENSIONS.get(name, name) for name in by if name not in self.own_cuts]
            missing += dataset.lacks(table, *columns)
        return tuple(dict.fromkeys(missing))


def evaluate(metric: Metric, view: View) -> Cells:
    """Compute a metric for a view.

    Returns
    -------
    One cell for each combination of `view.by` that has rows (without `by` always one), in order
    of its labels, with `value`, `numerator` and `denominator` (of ratios), `n` and `reason`:
    why the value is missing (`REASONS`), or what to know of it (`MARKS`); else None.

    Raises
    ------
    MetricError
        If the metric cannot be cut so, or is not computed here.
    """
    asked = ("evaluated", metric.id, view.window, view.by, tuple(sorted(view.where.items())))
    return view.dataset.kept(asked, lambda: _evaluated(metric, view))


def _evaluated(metric: Metric, view: View) -> Cells:
    _check(metric, view)
    compute = metric.compute
    if compute is None:
        raise MetricError(
            Problem(f"`{metric.id}` is not measured", fix="Call its function in salesnb.explain.")
        )
    if metric.lacks(view.dataset, (*view.by, *view.where)):
        return _finished(metric, view, view.blank(MISSING))
    if metric.begins(view.dataset) > view.window.end:
        return _finished(metric, view, view.blank(NO_HISTORY))
    return _finished(metric, view, compute(view))


def _check(metric: Metric, view: View) -> None:
    problems = [
        Problem(f"`{name}` is no dimension of `{metric.id}`", fix=suggest(name, metric.dims))
        for name in dict.fromkeys((*view.by, *view.where))
        if name not in metric.dims
    ]
    if problems:
        raise MetricError(problems)


def _finished(metric: Metric, view: View, found: Cells) -> Cells:
    """Divide, and say why where that cannot be done."""
    many = len(found)
    reason = found["reason"].copy() if "reason" in found else np.full(many, None, dtype=object)
    nothing = np.full(many, np.nan)
    top = found["numerator"].astype(float) if "numerator" in found else nothing
    bottom = found["denominator"].astype(float) if "denominator" in found else nothing
    n = found["n"].astype("int64") if "n" in found else np.zeros(many, dtype="int64")
    if "value" in found:
        value = found["value"].astype(float)
    else:
        value = divided(top, bottom)
        silent = np.array([why is None for why in reason], dtype=bool) & ~(bottom > 0)
        reason[silent] = np.where(bottom < 0, NEGATIVE, ZERO)[silent]
    unknown = np.array([why in _UNKNOWN for why in reason], dtype=bool)
    value = np.where(unknown, np.nan, value)
    least = metric.min_n(view.settings)
    silent = np.array([why is None for why in reason], dtype=bool)
    if least:
        count = value if metric.unit == "count" else n
        reason[silent & (count < least) & ~np.isnan(value)] = SMALL
    reason[np.isnan(value) & ~unknown] = ZERO
    columns = {"value": value, "numerator": top, "denominator": bottom, "n": n, "reason": reason}
    return Cells(found.by, found.labels, columns)


_UNKNOWN = frozenset(REASONS)


# Building blocks -----------------------------------------------------------------------------


def total(view: View, rows: Rows, values: Values) -> Cells:
    """Add up a value of rows."""
    return rows.sums(view.by, value=values)


def count(view: View, rows: Rows) -> Cells:
    """Count rows."""
    groups = rows.grouped(view.by)
    found = groups.count()
    return groups.table(value=found.astype(float), n=found)


def ratio(view: View, rows: Rows, top: Values, bottom: Values) -> Cells:
    """Set one sum over rows against another; `n` is the count of rows that are in it."""
    return rows.sums(view.by, numerator=top, denominator=bottom)


def rate(view: View, rows: Rows, hit: Values) -> Cells:
    """Give the share of rows that are hits."""
    groups = rows.grouped(view.by)
    many = groups.count()
    return groups.table(numerator=groups.add(hit), denominator=many.astype(float), n=many)


def over(top: Cells, bottom: Cells) -> Cells:
    """Set the values of one result over those of another, whose `n` is that of the ratio."""
    return beside(top.renamed(value="numerator").without("n"), bottom.renamed(value="denominator"))


def when(period: Period | Window, dataset: Dataset) -> Window:
    """Give the days of a period, or the window itself."""
    return period if isinstance(period, Window) else dataset.calendar.window(period)


def plain(where: Where | None) -> dict[str, tuple[str, ...]]:
    """Give a filter with a tuple of texts for each dimension."""
    return {
        name: (value,) if isinstance(value, str) else tuple(str(each) for each in value)
        for name, value in (where or {}).items()
    }
