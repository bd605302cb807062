"""Which target holds for a metric, a scope and a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from salesnb.data.scope import DIMENSIONS, parse_scope
from salesnb.errors import MetricError, Problem
from salesnb.metrics.cells import Cells, Values, cells, divided, marked
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
from salesnb.metrics.scopes import fixed_scope, tiled
from salesnb.period import Period, Window

_READ = (
    "scope", "period", "metric", "unit", "value", "value_hi", "bound", "baseline", "owner",
    "plan", "version",
)  # fmt: skip
"""What is read of a target."""

RELATIVE = ("growth", "points")
"""Units of targets that say how much above last year, not how much."""

JUDGED = (
    "current", "base", "change", "growth", "attainment", "met", "bound", "high", "owner", "n",
    "reason",
)  # fmt: skip
"""What a comparison with a target has beside its dimensions."""


@dataclass(frozen=True)
class Target:
    """One row of the table of targets."""

    scope: Mapping[str, str]
    period: str
    value: float
    high: float
    bound: str
    unit: str
    baseline: float
    owner: str
    plan: str
    version: int


@dataclass(frozen=True)
class Goal:
    """What a part is to reach: targets of its scope, added up over periods.

    `labels` are its values of the dimensions asked for and of those it was added up over; `whole`
    tells whether `periods` are all of the one asked for.
    """

    labels: tuple[str, ...]
    target: float
    high: float
    bound: str
    owner: str
    periods: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class Goals:
    """The targets that answer a question: cut by what was asked, and by what is only finer."""

    goals: tuple[Goal, ...]
    by: tuple[str, ...]
    finer: tuple[str, ...]


Scoped = Mapping[tuple[str, ...], Mapping[tuple[str, ...], Mapping[str, Target]]]
"""Dimensions of a scope → their values → period → target."""


def targets_of(dataset: Dataset, metric: str, plan: str = "", version: int = 0) -> Scoped:
    """Give the targets of a metric in one version of one plan.

    Parameters
    ----------
    plan, version
        By default as the settings say. Of each scope and period the latest version up to the one
        asked for holds: a revision need not repeat what it leaves alone.

    Raises
    ------
    MetricError
        If several plans have a target for one scope and period, and none is chosen.
    """
    plan = plan or dataset.settings.plan
    version = version or dataset.settings.target_version
    return dataset.kept(
        ("targets", metric, plan, version), lambda: _scoped(dataset, metric, plan, version)
    )


def _scoped(dataset: Dataset, metric: str, plan: str, version: int) -> Scoped:
    found: dict[tuple[str, ...], dict[tuple[str, ...], dict[str, Target]]] = {}
    clashing: set[str] = set()
    for target in dataset.kept("targets", lambda: _by_metric(dataset)).get(metric, ()):
        if (plan and target.plan != plan) or (version and target.version > version):
            continue
        scopes = found.setdefault(tuple(target.scope), {})
        periods = scopes.setdefault(tuple(target.scope.values()), {})
        other = periods.get(target.period)
        if other is not None and other.plan != target.plan:
            clashing |= {other.plan, target.plan}
        if other is None or target.version >= other.version:
            periods[target.period] = target
    if clashing:
        raise MetricError(
            Problem(
                f"several plans have targets for `{metric}`",
                got=", ".join(f"`{name}`" for name in sorted(clashing)),
                fix="Write `plan:` and the one that holds.",
            )
        )
    return found


def _by_metric(dataset: Dataset) -> dict[str, list[Target]]:
    """Read the table of targets; what is empty means what the contract says."""
    if not dataset.has("targets", "value", "period"):
        return {}
    rows = dataset.frame("targets")
    names = [name for name in _READ if name in rows.columns]
    rows = rows[names]
    rows = rows[rows["value"].notna()].sort_values(["scope", "period"], kind="stable")
    scopes: dict[str, dict[str, str]] = {}
    found: dict[str, list[Target]] = {}
    for values in zip(*(rows[name].tolist() for name in names), strict=True):
        row = dict(zip(names, values, strict=True))
        unit = _text(row, "unit", "money")
        # A target for a share is about `share`, whatever amount it is a share of.
        metric = "share" if unit == "share" else _text(row, "metric", "net_sales")
        scope = _text(row, "scope", "")
        if scope not in scopes:
            scopes[scope] = parse_scope(scope)
        target = Target(
            scopes[scope],
            str(row["period"]),
            float(row["value"]),
            _number(row, "value_hi"),
            _text(row, "bound", "="),
            unit,
            _number(row, "baseline"),
            _text(row, "owner", ""),
            _text(row, "plan", "plan"),
            int(row["version"]) if _number(row, "version") > 0 else 1,
        )
        found.setdefault(metric, []).append(target)
    return found


def _text(row: Mapping[str, object], name: str, otherwise: str) -> str:
    value = row.get(name)
    return otherwise if value is None or value != value or value == "unmapped" else str(value)


def _number(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]


def find_goals(
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
    scoped = targets_of(view.dataset, metric.id, plan, version)
    fixed = fixed_scope(view.dataset)
    asked = {**{name: (value,) for name, value in fixed.items()}, **view.where}
    base = [*asked, *(name for name in view.by if name not in asked)]
    # Several values of one dimension are several scopes to add up.
    several = tuple(n for n, values in view.where.items() if len(values) > 1 and n not in view.by)
    if several and not metric.additive:
        return None
    for finer in _candidates(scoped, base, metric):
        dimensions = (*view.by, *several, *finer)
        names = tuple(name for name in DIMENSIONS if name in {*base, *finer})
        found = [
            goal
            for values, periods in sorted(scoped.get(names, {}).items())
            if (scope := _answering(dict(zip(names, values, strict=True)), asked)) is not None
            and (goal := _goal(view, metric, scope, dimensions, periods, when)) is not None
        ]
        if found:
            return Goals(tuple(found), view.by, (*several, *finer))
    return None


def _answering(scope: dict[str, str], asked: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    return scope if all(scope[name] in wanted for name, wanted in asked.items()) else None


def _candidates(scoped: Scoped, base: Sequence[str], metric: Metric) -> list[tuple[str, ...]]:
    """List the further dimensions that scopes have, fewest first: none, one, several."""
    wanted = set(base)
    sets = {
        tuple(name for name in names if name not in wanted)
        for names in scoped
        if wanted <= set(names)
    }
    usable = [
        names
        for names in sets
        if not names or (metric.additive and all(name in metric.dims for name in names))
    ]
    return sorted(usable, key=lambda names: (len(names), [DIMENSIONS.index(n) for n in names]))


def _goal(
    view: View,
    metric: Metric,
    scope: Mapping[str, str],
    dimensions: Sequence[str],
    periods: Mapping[str, Target],
    when: Period | Window,
) -> Goal | None:
    """Add a scope's targets up over the periods that cover the one asked for."""
    names, whole = tiled(view.dataset, when, frozenset(periods))
    if not names or (len(names) > 1 and not metric.additive):
        return None
    parts = [periods[name] for name in names]
    target = sum(_level(view, metric, part) for part in parts)
    if target != target:
        return None
    return Goal(
        tuple(scope[name] for name in dimensions),
        target,
        sum(part.high for part in parts),
        parts[0].bound,
        parts[0].owner,
        tuple(names),
        whole,
    )


def _level(view: View, metric: Metric, target: Target) -> float:
    """Give a target as a level: a growth or a lift is on top of its baseline, or of last year."""
    if target.unit not in RELATIVE:
        return target.value
    before = target.baseline
    if before != before:
        where = {name: (value,) for name, value in target.scope.items() if name in metric.dims}
        last = view.dataset.calendar.window(Period.parse(target.period).last_year)
        before = float(evaluate(metric, View(view.dataset, last, (), where))["value"][0])
    return before * (1 + target.value) if target.unit == "growth" else before + target.value


def against_goals(view: View, metric: Metric, found: Goals) -> Cells:
    """Set actuals against targets; both sides hold only what has a target (E11).

    Returns
    -------
    One cell for each combination of `found.by` with a target: `current`, `base` (the target),
    `high`, `bound`, `owner`, `n` and `reason` (`partial_target` where some parts or periods have
    no target).
    """
    dimensions = (*found.by, *found.finer)
    actuals: dict[tuple[str, ...], dict[tuple[str, ...], tuple[float, int]]] = {}
    rows: dict[tuple[str, ...], list[tuple[Goal, float, int]]] = {}
    for goal in found.goals:
        windows = (view.window,) if goal.whole else tuple(_windows(view, goal.periods))
        key = () if goal.whole else goal.periods
        if key not in actuals:
            actuals[key] = _actual(view, metric, windows, dimensions)
        # No rows is an actual of nothing; a rate without rows has no actual.
        nothing = 0.0 if metric.rollup in ("sum", "distinct") else float("nan")
        current, n = actuals[key].get(goal.labels, (nothing, 0))
        rows.setdefault(goal.labels[: len(found.by)], []).append((goal, current, n))
    keys = sorted(rows)
    first = [rows[key][0][0] for key in keys]
    alone = not found.finer
    current = np.array([sum(row[1] for row in rows[key]) for key in keys], dtype=float)
    partial = [not all(row[0].whole for row in rows[key]) for key in keys]
    if not alone and not any(partial):
        partial = _beyond(view, metric, found, keys, current)
    reason = marked(np.isnan(current), ZERO, marked(np.array(partial, bool), PARTIAL_TARGET))
    return cells(
        found.by,
        keys,
        current=current,
        base=np.array([sum(row[0].target for row in rows[key]) for key in keys], dtype=float),
        high=np.array([goal.high if alone else np.nan for goal in first], dtype=float),
        bound=np.array([goal.bound for goal in first], dtype=object),
        owner=np.array([goal.owner if alone else "" for goal in first], dtype=object),
        n=np.array([sum(row[2] for row in rows[key]) for key in keys], dtype="int64"),
        reason=reason,
    )


def _windows(view: View, periods: Sequence[str]) -> Iterator[Window]:
    for name in periods:
        window = view.dataset.calendar.window(Period.parse(name))
        if window.start <= view.window.end:
            yield Window(window.start, min(window.end, view.window.end))


def _actual(
    view: View, metric: Metric, windows: Sequence[Window], dimensions: tuple[str, ...]
) -> dict[tuple[str, ...], tuple[float, int]]:
    """Give value and count of each part, added up over windows."""
    found: dict[tuple[str, ...], tuple[float, int]] = {}
    for window in windows:
        part = evaluate(metric, View(view.dataset, window, dimensions, view.where))
        for key, value, n in zip(part.combinations(), part["value"], part["n"], strict=True):
            before = found.get(key, (0.0, 0))
            found[key] = (before[0] + float(value), before[1] + int(n))
    return found


def _beyond(
    view: View, metric: Metric, found: Goals, keys: Sequence[tuple[str, ...]], current: Values
) -> list[bool]:
    """Tell in which parts something was sold that none of the added targets is about."""
    everything = _actual(view, metric, (view.window,), found.by)
    return [
        not np.isclose(everything.get(key, (0.0, 0))[0], value, rtol=1e-9, atol=0.005)
        for key, value in zip(keys, current, strict=True)
    ]


def judged(rows: Cells, better: Better) -> Cells:
    """Add gap, attainment and whether the target is met.

    Parameters
    ----------
    better
        Direction of the metric: a target `=` of what should be low is one not to exceed (E21).

    Returns
    -------
    With `change` (actual less target), `growth` (attainment − 1; for a target not to exceed the
    headroom, target less actual over target), `attainment` (none for these, where less is more)
    and `met` (None where one side is missing).
    """
    current, base, bound = rows["current"], rows["base"], rows["bound"]
    ceiling = (bound == "≤") | ((bound == "=") & (better == "down"))
    share = divided(current, np.nan_to_num(base))
    met = np.where(ceiling, current <= base, current >= base)
    met &= ~((bound == "range") & (current > np.nan_to_num(rows["high"], nan=np.inf)))
    known = ~np.isnan(current) & ~np.isnan(base)
    reason = rows["reason"].copy()
    reason[known & ~(base > 0) & (reason == None)] = ZERO  # noqa: E711
    return rows.plus(
        change=current - base,
        growth=np.where(ceiling, 1 - share, share - 1),
        attainment=np.where(ceiling, np.nan, share),
        met=np.where(known, met.astype(object), np.full(len(met), None)),
        reason=reason,
    )


def without_goal(actual: Cells) -> Cells:
    """Give actuals that have no target."""
    return Cells(actual.by, actual.labels, {}).plus(
        current=actual["value"], base=np.nan, high=np.nan, bound="", owner="", n=actual["n"],
        reason=NO_TARGET,
    )  # fmt: skip


def goal_cells(found: Goals | None, by: Sequence[str]) -> Cells:
    """Give the targets found as cells; see `salesnb.metrics.compare.target_value`."""
    if found is None:
        return cells(by, target=np.nan, bound="", high=np.nan, owner="", cells=0, reason=NO_TARGET)
    groups: dict[tuple[str, ...], list[Goal]] = {}
    for goal in found.goals:
        groups.setdefault(goal.labels[: len(found.by)], []).append(goal)
    keys = sorted(groups)
    alone = not found.finer
    return cells(
        by,
        keys,
        target=np.array([sum(goal.target for goal in groups[key]) for key in keys], dtype=float),
        bound=np.array([groups[key][0].bound for key in keys], dtype=object),
        high=np.array([groups[key][0].high if alone else np.nan for key in keys], dtype=float),
        owner=np.array([groups[key][0].owner if alone else "" for key in keys], dtype=object),
        cells=np.array([sum(len(g.periods) for g in groups[key]) for key in keys]),
        reason=marked(
            np.array([not all(goal.whole for goal in groups[key]) for key in keys]), PARTIAL_TARGET
        ),
    )
