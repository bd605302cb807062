"""Which target holds for a metric, a scope and a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.data.scope import DIMENSIONS
from salesnb.errors import MetricError, Problem
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import (
    NO_TARGET,
    PARTIAL_TARGET,
    ZERO,
    Better,
    Metric,
    View,
    evaluate,
)
from salesnb.metrics.scopes import fixed_scope, matching, tiled, with_scopes
from salesnb.period import Period, Window

RELATIVE = ("growth", "points")
"""Units of targets that say how much above last year, not how much."""


@dataclass(frozen=True)
class Goals:
    """The targets that answer a question, and what they are about.

    Attributes
    ----------
    cells
        One row for each scope with a target: the dimensions asked for, further ones where only
        finer targets exist, `target`, `high` (of a range), `bound`, `unit`, `owner`, `periods` (a
        tuple of the periods added up) and `whole` (whether these are all of the period).
    by
        The dimensions asked for.
    finer
        The dimensions that targets were added up over.
    """

    cells: pd.DataFrame
    by: tuple[str, ...]
    finer: tuple[str, ...]

    @property
    def dimensions(self) -> list[str]:
        """All dimensions of the cells."""
        return [*self.by, *self.finer]


def target_rows(
    dataset: Dataset, metric: str, plan: str = "", version: int = 0
) -> pd.DataFrame | None:
    """Give the targets of a metric in one version of one plan, with their scopes.

    Parameters
    ----------
    plan, version
        By default as the settings say. Of each scope and period the latest version up to the one
        asked for holds: a revision need not repeat what it leaves alone.

    Returns
    -------
    None when there is no target of the metric.

    Raises
    ------
    MetricError
        If several plans have a target for one scope and period, and none is chosen.
    """
    if not dataset.has("targets", "value", "period"):
        return None
    rows = dataset.kept("targets", lambda: with_scopes(_filled(dataset.frame("targets"))))
    # A target for a share is about `share`, whatever amount it is a share of.
    about = rows["metric"].where(rows["unit"] != "share", "share")
    rows = rows[about == metric]
    plan = plan or dataset.settings.plan
    if plan:
        rows = rows[rows["plan"] == plan]
    version = version or dataset.settings.target_version
    if version:
        rows = rows[rows["version"] <= version]
    if not len(rows):
        return None
    keys = ["scope", "period"]
    several = rows.groupby(keys)["plan"].nunique()
    if (several > 1).any():
        names = ", ".join(f"`{name}`" for name in sorted(rows["plan"].unique()))
        raise MetricError(
            Problem(
                f"several plans have targets for `{metric}`",
                got=names,
                fix="Write `plan:` and the one that holds.",
            )
        )
    rows = rows.sort_values(["version", *keys], kind="stable")
    return rows.drop_duplicates(keys, keep="last").reset_index(drop=True)


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Write out what columns mean when they are empty, as text where they are categories."""
    defaults: dict[str, object] = {
        "plan": "plan", "version": 1, "metric": "net_sales", "scope": "", "bound": "=",
        "unit": "money", "owner": "",
    }  # fmt: skip
    columns = {}
    for name, default in defaults.items():
        if name not in rows.columns:
            columns[name] = default
        elif isinstance(default, str):
            text = rows[name].astype("str").replace("unmapped", default)
            columns[name] = text.fillna(default)
        else:
            columns[name] = rows[name].fillna(default)
    for name in ("value_hi", "baseline"):
        columns[name] = rows[name] if name in rows.columns else np.nan
    return rows.assign(**columns, period=rows["period"].astype("str"))


def goals(
    view: View, metric: Metric, when: Period | Window, plan: str = "", version: int = 0
) -> Goals | None:
    """Find the targets that answer a question.

    A target answers when its scope names the region of the data, the dimensions of `view.where`
    and those of `view.by`, and nothing else. Where there is none, targets of finer scopes
    are added up, those with the fewest further dimensions; so are finer periods. Targets of rates
    are never added up, coarser targets never cut.

    Returns
    -------
    None when no target answers.
    """
    rows = target_rows(view.dataset, metric.id, plan, version)
    if rows is None:
        return None
    fixed = fixed_scope(view.dataset)
    asked = {**{name: (value,) for name, value in fixed.items()}, **view.where}
    base = [*asked, *(name for name in view.by if name not in asked)]
    # Several values of one dimension are several scopes to add up.
    several = tuple(n for n, values in view.where.items() if len(values) > 1 and n not in view.by)
    if several and not metric.additive:
        return None
    for finer in _candidates(rows, base, metric):
        found = matching(rows, [*base, *finer], asked)
        cells = _covered(view, metric, found, [*base, *finer], when)
        if len(cells):
            return Goals(cells, view.by, (*several, *finer))
    return None


def _candidates(rows: pd.DataFrame, base: Sequence[str], metric: Metric) -> list[tuple[str, ...]]:
    """List the further dimensions that scopes have, fewest first: none, one, several."""
    if not metric.additive and metric.rollup != "distinct":
        return [()]
    wanted = set(base)
    sets = {
        tuple(name for name in keys.split(",") if name and name not in wanted)
        for keys in rows["keys"].unique()
        if wanted <= set(filter(None, keys.split(",")))
    }
    usable = [
        names
        for names in sets
        if not names or (metric.additive and all(name in metric.dims for name in names))
    ]
    return sorted(usable, key=lambda names: (len(names), [DIMENSIONS.index(n) for n in names]))


def _covered(
    view: View,
    metric: Metric,
    rows: pd.DataFrame,
    dimensions: Sequence[str],
    when: Period | Window,
) -> pd.DataFrame:
    """Add targets up over the periods that cover the one asked for, one row for each scope."""
    cells = []
    for _, own in rows.groupby("scope", sort=True):
        by_period = own.set_index("period")
        there = frozenset(by_period.index)
        names, whole = tiled(view.dataset, when, there)
        if not names or (len(names) > 1 and not metric.additive):
            continue
        parts = by_period.loc[names]
        first = parts.iloc[0]
        values = [_level(view, metric, dimensions, row) for _, row in parts.iterrows()]
        cells.append(
            {
                **{name: first[name] for name in dimensions},
                "target": float(np.sum(values)),
                "high": float(parts["value_hi"].sum(min_count=len(parts))),
                "bound": str(first["bound"]),
                "unit": str(first["unit"]),
                "owner": str(first["owner"]),
                "periods": tuple(names),
                "whole": whole,
            }
        )
    found = pd.DataFrame(cells)
    return found[found["target"].notna()].reset_index(drop=True) if len(found) else found


def _level(view: View, metric: Metric, dimensions: Sequence[str], row: pd.Series) -> float:
    """Give a target as a level: a growth or a lift is on top of its baseline, or of last year."""
    if row["unit"] not in RELATIVE:
        return float(row["value"])
    before = float(row["baseline"])
    if np.isnan(before):
        where = {name: (str(row[name]),) for name in dimensions if name in metric.dims}
        last = view.dataset.calendar.window(Period.parse(row["period"]).last_year)
        before = float(evaluate(metric, View(view.dataset, last, (), where))["value"].iloc[0])
    return before * (1 + row["value"]) if row["unit"] == "growth" else before + row["value"]


def against_goals(view: View, metric: Metric, when: Period | Window, found: Goals) -> pd.DataFrame:
    """Set actuals against targets; both sides hold only what has a target (E11).

    Returns
    -------
    One row for each combination of `found.by` with a target: `current`, `base` (the target),
    `high`, `bound`, `owner`, `n` and `reason` (`partial_target` where some parts or periods have
    no target).
    """
    cells = found.cells.assign(
        current=np.nan, n=0, **{name: found.cells[name].astype("str") for name in found.dimensions}
    )
    for periods in cells["periods"].drop_duplicates():
        own = cells["periods"] == periods
        same = (len(periods) == 1 and periods[0] == str(when)) or cells.loc[own, "whole"].all()
        windows = [view.window] if same else _windows(view, periods)
        parts = [
            evaluate(metric, View(view.dataset, window, tuple(found.dimensions), view.where))
            for window in windows
        ]
        actual = _added(parts, found.dimensions)
        filled = _looked_up(cells[own], actual, found.dimensions)
        cells.loc[own, "current"] = filled["value"].to_numpy()
        cells.loc[own, "n"] = filled["n"].to_numpy()
    if metric.additive or metric.rollup == "distinct":
        # No rows is an actual of nothing; a rate without rows has no actual.
        cells["current"] = cells["current"].fillna(0.0)
    return _rolled_up(view, metric, cells, found)


def _windows(view: View, periods: Sequence[str]) -> list[Window]:
    calendar, end = view.dataset.calendar, view.window.end
    windows = [calendar.window(Period.parse(name)) for name in periods]
    return [Window(w.start, min(w.end, end)) for w in windows if w.start <= end]


def _added(parts: Sequence[pd.DataFrame], dimensions: Sequence[str]) -> pd.DataFrame:
    columns = ["value", "n"]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in dimensions}).assign(
            value=0.0, n=0
        )
    if len(parts) == 1:
        return parts[0][[*dimensions, *columns]]
    everything = pd.concat(list(parts), ignore_index=True)
    if not dimensions:
        return everything[columns].sum().to_frame().T
    return everything.groupby(list(dimensions), as_index=False)[columns].sum()


def _looked_up(
    cells: pd.DataFrame, actual: pd.DataFrame, dimensions: Sequence[str]
) -> pd.DataFrame:
    if not dimensions:
        return actual.loc[np.zeros(len(cells), dtype=int)]
    merged = cells[list(dimensions)].merge(
        actual, on=list(dimensions), how="left", validate="many_to_one"
    )
    return merged.assign(n=merged["n"].fillna(0).astype("int64"))


def _rolled_up(view: View, metric: Metric, cells: pd.DataFrame, found: Goals) -> pd.DataFrame:
    """Add cells up to the dimensions asked for."""
    by = list(found.by)
    columns = ["current", "base", "high", "bound", "owner", "n", "reason"]
    cells = cells.rename(columns={"target": "base"})
    if not found.finer:
        reason = cells["whole"].map({True: None, False: PARTIAL_TARGET}).astype(object)
        reason = reason.where(cells["current"].notna(), ZERO)
        return cells.assign(reason=reason)[[*by, *columns]]
    partial = _is_partial(view, metric, cells, found)
    sums = {name: (name, "sum") for name in ("current", "base", "n")}
    if by:
        rolled = cells.groupby(by, as_index=False).agg(**sums, bound=("bound", "first"))
    else:
        rolled = pd.DataFrame([{name: cells[name].sum() for name in sums}]).assign(
            bound=cells["bound"].iloc[0]
        )
    return rolled.assign(high=np.nan, owner="", reason=PARTIAL_TARGET if partial else None)[
        [*by, *columns]
    ]


def _is_partial(view: View, metric: Metric, cells: pd.DataFrame, found: Goals) -> bool:
    """Tell whether something was sold, or some time passed, that no added target is about."""
    if not cells["whole"].all():
        return True
    everything = evaluate(metric, View(view.dataset, view.window, found.by, view.where))
    return not np.isclose(everything["value"].sum(), cells["current"].sum(), rtol=1e-9, atol=0.005)


def judged(rows: pd.DataFrame, by: Sequence[str], better: Better) -> pd.DataFrame:
    """Add gap, attainment and whether the target is met.

    Parameters
    ----------
    better
        Direction of the metric: a target `=` of what should be low is one not to exceed (E21).

    Returns
    -------
    With `change` (actual less target), `growth` (attainment − 1; for a target not to exceed the
    headroom, target less actual over target), `attainment` (none for these, where less is more)
    and `met`.
    """
    current, base = rows["current"].astype(float), rows["base"].astype(float)
    ceiling = (rows["bound"] == "≤") | ((rows["bound"] == "=") & (better == "down"))
    usable = base > 0
    share = current / base.where(usable)
    met = (current >= base).where(~ceiling, current <= base)
    met &= ~((rows["bound"] == "range") & (current > rows["high"].astype(float)))
    known = current.notna() & base.notna()
    reason = rows["reason"].astype(object).where(rows["reason"].notna(), None)
    reason = reason.mask(known & ~usable & reason.isna(), ZERO)
    return rows.assign(
        change=current - base,
        growth=(share - 1).where(~ceiling, 1 - share),
        attainment=share.where(~ceiling),
        met=met.astype("boolean").where(known),
        reason=reason,
    )[
        [*by, "current", "base", "change", "growth", "attainment", "met", "bound", "high", "owner",
         "n", "reason"]
    ]  # fmt: skip


def without_goal(actual: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Give rows of actuals that have no target."""
    return actual[[*by]].assign(
        current=actual["value"], base=np.nan, high=np.nan, bound="", owner="", n=actual["n"],
        reason=NO_TARGET,
    )  # fmt: skip
