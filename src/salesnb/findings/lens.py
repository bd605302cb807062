"""One report's questions to its data: asked once, remembered, and kept as facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from salesnb.metrics.compare import compare, target_value
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.metrics.trend import trend
from salesnb.period import Period, Window

# The fact a comparison is published as: change and growth of one metric.
_GROWTH = {"year": "growth_yoy", "month": "growth_mom", "quarter": "growth_qoq"}


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
    _answers: dict[Any, pd.DataFrame] = field(default_factory=dict, repr=False)
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
        period = period or self.period
        key = ("measure", metric, tuple(by), period, _frozen(where))
        if key not in self._answers:
            window = self.dataset.calendar.elapsed(period, self.as_of)
            rows = measure(self.dataset, metric, window, by, where)
            self._answers[key] = rows
            for row in _records(rows):
                self._keep(metric, _scope(row, by, where), period, row)
        return self._answers[key]

    def value(
        self, metric: str, period: Period | None = None, where: Mapping[str, str] | None = None
    ) -> Value:
        """Give one number of a metric."""
        return _value(self.measure(metric, (), period, where), "value")

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
        period = period or self.period
        key = ("compare", metric, to, tuple(by), period, _frozen(where), workday_adjusted)
        if key not in self._answers:
            rows = compare(
                self.dataset,
                metric,
                period,
                to=to,
                by=by,
                where=where,
                workday_adjusted=workday_adjusted,
                as_of=self.as_of,
            )
            self._answers[key] = rows
            self._keep_comparison(rows, metric, to, by, where, workday_adjusted, period)
            self.measure(metric, by, period, where)
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
        rows = self.compare(metric, to, (), where, workday_adjusted, period)
        if rows.empty:
            missing = {"current": None, "base": None, "change": None, "growth": None}
            return pd.Series(missing | {"reason": "no_rows"}, dtype=object)
        return rows.iloc[0]

    def target(self, metric: str, period: Period) -> float | None:
        """Give the company's or region's own target of a metric, None where there is none.

        A year whose months have targets only in part has none.
        """
        found = target_value(self.dataset, metric, period).iloc[0]
        return None if _text(found["reason"]) else _number(found["target"])

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
            self._answers[key] = trend(
                self.dataset, metric, periods, by, where=where, as_of=self.as_of
            )
            for row in _records(self._answers[key]):
                self._keep(metric, _scope(row, by, where), Period.parse(str(row["period"])), row)
        return self._answers[key]

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
        rows: pd.DataFrame,
        metric: str,
        to: str,
        by: Sequence[str],
        where: Mapping[str, str] | None,
        workday_adjusted: bool,
        period: Period,
    ) -> None:
        about = {} if metric == "net_sales" else {"metric": metric}
        for row in _records(rows):
            scope = _scope(row, by, where) | about
            reason = _text(row.get("reason"))
            current, base = _number(row["current"]), _number(row["base"])
            parts = {"numerator": current, "denominator": base, "n": None, "reason": reason}
            if to == "target":
                # Against a limit there is no attainment, only the gap that is left.
                if reason or not pd.isna(row["attainment"]):
                    value = {"value": _number(row["attainment"]), "unit": "ratio"}
                    self._keep("attainment", scope, period, value | parts)
                gap = {"value": _number(row["change"]), "unit": METRICS[metric].unit}
                self._keep("target_gap", scope, period, gap | parts)
                continue
            name = _GROWTH[to] + ("_workday_adjusted" if workday_adjusted else "")
            parts["numerator"] = _number(row["change"])
            growth = {"value": _number(row["growth"]), "unit": "ratio"}
            self._keep(name, scope, period, growth | parts)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give each row as plain values by name; pandas' own way takes several times as long."""
    columns = [rows[name].tolist() for name in rows.columns]
    return [dict(zip(rows.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def _frozen(where: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((where or {}).items()))


def _scope(
    row: Mapping[Any, Any], by: Sequence[str], where: Mapping[str, str] | None
) -> dict[str, str]:
    return dict(where or {}) | {name: str(row[name]) for name in by}


def _number(value: object) -> float | int | None:
    if value is None or isinstance(value, str) or pd.isna(value):  # type: ignore[arg-type]
        return None
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _value(rows: pd.DataFrame, name: str) -> Value:
    if rows.empty:
        return Value(None, reason="no_rows")
    row = rows.iloc[0]
    return Value(
        _number(row[name]),
        _number(row.get("numerator")),
        _number(row.get("denominator")),
        _number(row.get("n")),
        _text(row.get("reason")),
    )
