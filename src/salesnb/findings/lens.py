"""One report's questions to its data: asked once, remembered, and kept as facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from salesnb.metrics.bases import COMPARED
from salesnb.metrics.cells import Cells
from salesnb.metrics.compare import compared, targeted
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measured
from salesnb.metrics.metric import COLUMNS
from salesnb.metrics.registry import METRICS
from salesnb.metrics.targets import JUDGED
from salesnb.metrics.trend import trended
from salesnb.period import Period, Window

# The fact a comparison is published as: change and growth of one metric.
_GROWTH = {"year": "growth_yoy", "month": "growth_mom", "quarter": "growth_qoq"}


_ROW: dict[tuple[str, ...], pd.Index] = {names: pd.Index(names) for names in (COMPARED, JUDGED)}


@dataclass(frozen=True)
class Value:
    """One number with what it was computed from; `value` is None where there is no answer."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    n: float | None = None
    reason: str | None = None

    def __bool__(self) -> bool:
        return self.value is not None


@dataclass(frozen=True)
class Answer:
    """What a question to the data gave; most are read as numbers and never shown as a frame."""

    cells: Cells
    columns: tuple[str, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The dimensions, then the columns."""
        return self.cells.frame(self.columns)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Each row as plain values by name."""
        names = (*self.cells.by, *self.columns)
        columns = [self.cells[name].tolist() for name in names]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


@dataclass
class Lens:
    """Measures one dataset for one period, and keeps every answer as a fact.

    Parameters
    ----------
    dataset
        What the report may see.
    period
        The period the report is about.
    as_of
        Last day whose data count; before the period's end, comparisons are like for like.
    """

    dataset: Dataset
    period: Period
    as_of: date
    _answers: dict[Any, Answer] = field(default_factory=dict, repr=False)
    _facts: dict[Any, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def window(self) -> Window:
        """The days of the period up to `as_of`."""
        return self.dataset.calendar.elapsed(self.period, self.as_of)

    @property
    def finished(self) -> bool:
        """Whether the period is over."""
        return self.dataset.calendar.finished(self.period, self.as_of)

    def measure(
        self,
        metric: str,
        by: Sequence[str] = (),
        period: Period | None = None,
        where: Mapping[str, str] | None = None,
    ) -> pd.DataFrame:
        """Give a metric for a period, by some dimensions, and keep it as facts.

        Returns
        -------
        As `salesnb.measure`: one row for each combination of `by`.
        """
        return self._measured(metric, by, period or self.period, where).frame

    def _measured(
        self,
        metric: str,
        by: Sequence[str],
        period: Period,
        where: Mapping[str, str] | None,
    ) -> Answer:
        key = ("measure", metric, tuple(by), period, _frozen(where))
        if key not in self._answers:
            window = self.dataset.calendar.elapsed(period, self.as_of)
            found = Answer(measured(self.dataset, metric, window, by, where), COLUMNS)
            self._answers[key] = found
            for row in found.records:
                self._keep(metric, _scope(row, by, where), period, row)
        return self._answers[key]

    def value(
        self, metric: str, period: Period | None = None, where: Mapping[str, str] | None = None
    ) -> Value:
        """Give one number of a metric."""
        row = self._measured(metric, (), period or self.period, where).records[0]
        return Value(
            _number(row["value"]),
            _number(row["numerator"]),
            _number(row["denominator"]),
            _number(row["n"]),
            _text(row["reason"]),
        )

    def compare(
        self,
        metric: str,
        to: str = "year",
        by: Sequence[str] = (),
        where: Mapping[str, str] | None = None,
        workday_adjusted: bool = False,
        period: Period | None = None,
    ) -> pd.DataFrame:
        """Compare a metric with the year, quarter or month before, or with its target.

        Returns
        -------
        As `salesnb.compare`: *by, current, base, change, growth, reason.
        """
        return self._compared(metric, to, by, where, workday_adjusted, period or self.period).frame

    def _compared(
        self,
        metric: str,
        to: str,
        by: Sequence[str],
        where: Mapping[str, str] | None,
        workday_adjusted: bool,
        period: Period,
    ) -> Answer:
        key = ("compare", metric, to, tuple(by), period, _frozen(where), workday_adjusted)
        if key not in self._answers:
            rows = compared(
                self.dataset,
                metric,
                period,
                to=to,
                by=by,
                where=where,
                workday_adjusted=workday_adjusted,
                as_of=self.as_of,
            )
            found = Answer(rows, JUDGED if to == "target" else COMPARED)
            self._answers[key] = found
            self._keep_comparison(found, metric, to, by, where, workday_adjusted, period)
            self._measured(metric, by, period, where)
        return self._answers[key]

    def against(
        self,
        metric: str,
        to: str = "year",
        where: Mapping[str, str] | None = None,
        workday_adjusted: bool = False,
        period: Period | None = None,
    ) -> pd.Series:
        """Give one comparison as a series: current, base, change, growth, reason."""
        period = period or self.period
        found = self._compared(metric, to, (), where, workday_adjusted, period)
        row = [found.cells[name][0] for name in found.columns]
        return pd.Series(row, _ROW[found.columns], dtype=object)

    def target(self, metric: str, period: Period) -> float | None:
        """Give the company's or region's own target of a metric, None where there is none.

        A year whose months have targets only in part has none.
        """
        found = targeted(self.dataset, metric, period)
        return None if _text(found["reason"][0]) else _number(found["target"][0])

    def dimensions(self, metric: str) -> tuple[str, ...]:
        """Give the dimensions the data let a metric be cut by."""
        found = METRICS[metric]
        return tuple(name for name in found.dims if not found.lacks(self.dataset, [name]))

    def trend(
        self,
        metric: str,
        count: int = 13,
        by: Sequence[str] = (),
        where: Mapping[str, str] | None = None,
    ) -> pd.DataFrame:
        """Give a metric for the last periods, the report's own last.

        Returns
        -------
        period, *by, value, numerator, denominator, n, reason; periods before the data are left out.
        """
        key = ("trend", metric, count, tuple(by), _frozen(where))
        if key not in self._answers:
            first = self.dataset.history_start
            periods = [
                period
                for period in (self.period.shift(-step) for step in range(count - 1, -1, -1))
                if self.dataset.calendar.window(period).end >= first
            ]
            rows = trended(self.dataset, metric, periods, by, where=where, as_of=self.as_of)
            self._answers[key] = Answer(rows, COLUMNS)
            for row in self._answers[key].records:
                self._keep(metric, _scope(row, by, where), Period.parse(row["period"]), row)
        return self._answers[key].frame

    def has(self, table: str, *columns: str) -> bool:
        """Whether the data hold a table with these columns."""
        return self.dataset.has(table, *columns)

    # Facts -------------------------------------------------------------------------------

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Every answer so far as facts, in a fixed order."""
        return [self._facts[key] for key in sorted(self._facts)]

    def keep(
        self,
        metric: str,
        value: float | None,
        unit: str,
        scope: Mapping[str, str] | None = None,
        period: Period | None = None,
        **more: float | str | None,
    ) -> None:
        """Keep a number that no metric gave (a bar of a bridge, a forecast) as a fact."""
        row = {"value": value, "unit": unit} | more
        self._keep(metric, dict(scope or {}), period or self.period, row)

    def _keep(
        self, metric: str, scope: Mapping[str, str], period: Period, row: Mapping[str, Any]
    ) -> None:
        unit = row.get("unit") or (METRICS[metric].unit if metric in METRICS else "number")
        key = (metric, tuple(sorted(scope.items())), str(period))
        self._facts[key] = {
            "metric": metric,
            "scope": dict(scope),
            "period": str(period),
            "value": _number(row.get("value")),
            "unit": unit,
            "numerator": _number(row.get("numerator")),
            "denominator": _number(row.get("denominator")),
            "n": _number(row.get("n")),
            "reason": _text(row.get("reason")),
        }

    def _keep_comparison(
        self,
        found: Answer,
        metric: str,
        to: str,
        by: Sequence[str],
        where: Mapping[str, str] | None,
        workday_adjusted: bool,
        period: Period,
    ) -> None:
        about = {} if metric == "net_sales" else {"metric": metric}
        for row in found.records:
            scope = _scope(row, by, where) | about
            reason = _text(row.get("reason"))
            current, base = _number(row["current"]), _number(row["base"])
            parts = {"numerator": current, "denominator": base, "n": None, "reason": reason}
            if to == "target":
                # Against a limit there is no attainment, only the gap that is left.
                if reason or not math.isnan(row["attainment"]):
                    value = {"value": _number(row["attainment"]), "unit": "ratio"}
                    self._keep("attainment", scope, period, value | parts)
                gap = {"value": _number(row["change"]), "unit": METRICS[metric].unit}
                self._keep("target_gap", scope, period, gap | parts)
                continue
            name = _GROWTH[to] + ("_workday_adjusted" if workday_adjusted else "")
            parts["numerator"] = _number(row["change"])
            growth = {"value": _number(row["growth"]), "unit": "ratio"}
            self._keep(name, scope, period, growth | parts)


def _frozen(where: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((where or {}).items()))


def _scope(
    row: Mapping[Any, Any], by: Sequence[str], where: Mapping[str, str] | None
) -> dict[str, str]:
    return dict(where or {}) | {name: str(row[name]) for name in by}


def _number(value: object) -> float | int | None:
    if value is None or isinstance(value, str):
        return None
    if not isinstance(value, float) and pd.isna(value):  # type: ignore[arg-type]
        return None
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
