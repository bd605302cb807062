"""Targets under several linear rules at once: totals, mixes, floors, shares of each other.

Uses scipy's solvers, so the modules a notebook loads first do not import this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import linprog, nnls

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.plan.projection import Method, tolerance

Sense = Literal["=", ">=", "<="]
Where = Mapping[str, str | Sequence[str]]

_METHODS = ("proportional", "relative")


@dataclass(frozen=True)
class Rule:
    """One linear rule on the cells of a plan.

    Attributes
    ----------
    name
        How messages call it, such as "P10 B+C at least half".
    where
        The cells it sums: column → value or values; {} for all.
    sense
        "=", ">=" or "<=".
    value
        What the sum is held against, in the unit of the cells; a share when `share_of` is given.
    share_of
        The cells whose sum the value is a share of, such as {} for a share of everything.

    Examples
    --------
    >>> Rule("B and C at least half", {"product_line": ["B", "C"]}, ">=", 0.5, share_of={}).value
    0.5
    """

    name: str
    where: Where
    sense: Sense
    value: float
    share_of: Where | None = None


@dataclass(frozen=True)
class Solution:
    """Targets that keep every rule.

    Attributes
    ----------
    cells
        The cells as given with `target`, `change` (target − reference, same unit) and `growth`
        (target ÷ reference − 1, missing where the reference is 0).
    rules
        One row for each rule: `rule`, `sense`, `wanted`, `reached` (sum, or share where the
        rule is one) and `is_binding`, whether loosening it could bring targets nearer to the
        reference.
    """

    cells: pd.DataFrame
    rules: pd.DataFrame


def solve_rules(
    cells: pd.DataFrame,
    rules: Sequence[Rule],
    *,
    method: Method = "proportional",
    least: Literal["squares", "largest"] = "squares",
) -> Solution:
    """Move the cells of a plan as little as possible so that all rules hold.

    Parameters
    ----------
    cells
        One row for each cell: the columns the rules name, `reference` (0 or more), and
        `lower` and `upper` where a cell is bounded (missing is none; the least is 0).
    rules
        What must hold, each a sum or share over some cells.
    method
        How a cell's change from r to x is weighed: `proportional` (x−r)²/r, or `relative`
        ((x−r)/r)².
    least
        `squares` minimises the sum of those; `largest` first makes the largest relative change
        of any cell as small as possible, then the sum.

    Returns
    -------
    A `Solution`. A cell with reference 0 stays at 0, or at its lower bound.

    Raises
    ------
    ParameterError
        If no targets keep all rules and bounds, naming a smallest set of them that clash (any
        one dropped, the others can be kept); or if a rule names no cell.

    Notes
    -----
    A quadratic programme with a diagonal cost. It is brought to the least distance to a
    polyhedron and solved by non-negative least squares: Lawson and Hanson, "Solving Least
    Squares Problems", 1974, chapter 23. Feasibility and the largest change are linear
    programmes (HiGHS).

    Examples
    --------
    >>> lines = pd.DataFrame({"product_line": ["A", "B", "C"], "reference": [45.0, 30, 25]})
    >>> rules = [Rule("total", {}, "=", 112), Rule("C", {"product_line": "C"}, ">=", 0.3, {})]
    >>> solve_rules(lines, rules).cells["target"].round(2).tolist()
    [47.04, 31.36, 33.6]
    """
    _check(cells, rules, method, least)
    table = _Table.of(cells, rules)
    if not table.is_possible(range(table.count)):
        clash = table.smallest_clash()
        raise ParameterError(
            Problem(
                "these cannot hold together" if len(clash) > 1 else "this cannot hold",
                got="; ".join(_names(cells, rules, table)[place] for place in clash),
                fix="Change or drop one of them.",
            )
        )
    reference, lower, upper = table.reference, table.lower, table.upper
    if least == "largest":
        widest = table.smallest_change()
        lower = np.maximum(lower, reference * (1 - widest))
        upper = np.minimum(upper, reference * (1 + widest))
    weight = reference if method == "proportional" else reference**2
    target = table.nearest(weight, lower, np.maximum(lower, upper))
    growth = np.divide(target, reference, out=np.full(len(cells), np.nan), where=reference > 0)
    moved = cells.assign(target=target, change=target - reference, growth=growth - 1)
    return Solution(moved, _report(cells, rules, target))


@dataclass(frozen=True)
class _Table:
    """The rules as rows of coefficients, all written as at least, and the bounds of cells."""

    reference: np.ndarray
    rows: np.ndarray
    values: np.ndarray
    is_equal: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def of(cls, cells: pd.DataFrame, rules: Sequence[Rule]) -> _Table:
        rows, values = np.zeros((len(rules), len(cells))), np.zeros(len(rules))
        for place, rule in enumerate(rules):
            rows[place] = _mask(cells, rule.where)
            values[place] = rule.value
            if rule.share_of is not None:
                rows[place] -= rule.value * _mask(cells, rule.share_of)
                values[place] = 0.0
            if rule.sense == "<=":
                rows[place], values[place] = -rows[place], -values[place]
        return cls(
            reference=cells["reference"].to_numpy(dtype=float),
            rows=rows,
            values=values,
            is_equal=np.array([rule.sense == "=" for rule in rules], dtype=bool),
            lower=np.maximum(_bound(cells, "lower", 0.0), 0.0),
            upper=_bound(cells, "upper", np.inf),
        )

    @property
    def rigid(self) -> np.ndarray:
        """Cells without a reference: they move only as far as their own lower bound asks."""
        return self.reference == 0

    @property
    def bounded(self) -> tuple[np.ndarray, np.ndarray]:
        """The cells with a lower bound, and those with an upper one."""
        return np.flatnonzero(self.lower > 0), np.flatnonzero(np.isfinite(self.upper))

    @property
    def count(self) -> int:
        """How many rules and bounds there are."""
        below, above = self.bounded
        return len(self.values) + len(below) + len(above)

    def is_possible(self, places: Sequence[int] | range) -> bool:
        """Whether some cells of 0 or more keep the rules, then bounds, at these places."""
        chosen = np.array(list(places), dtype=int)
        rules, below, above = self._parted(chosen)
        equal, atleast = rules[self.is_equal[rules]], rules[~self.is_equal[rules]]
        low, high = np.zeros(len(self.reference)), np.full(len(self.reference), np.inf)
        low[below] = self.lower[below]
        high[above] = self.upper[above]
        if (low > high).any():
            return False
        high = np.where(self.rigid, low, high)
        # Without a cost any answer will do; scaling by the sums keeps HiGHS' tolerance relative.
        scale = max(1.0, float(self.reference.max(initial=0.0)))
        result = linprog(
            np.zeros(len(low)),
            A_ub=-self.rows[atleast],
            b_ub=-self.values[atleast] / scale,
            A_eq=self.rows[equal],
            b_eq=self.values[equal] / scale,
            bounds=np.column_stack([low, high]) / scale,
            method="highs",
        )
        return result.status == 0

    def _parted(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Part places into rules, cells with a lower bound, cells with an upper bound."""
        below, above = self.bounded
        rules = chosen[chosen < len(self.values)]
        bounds = chosen[chosen >= len(self.values)] - len(self.values)
        lows, highs = bounds[bounds < len(below)], bounds[bounds >= len(below)] - len(below)
        return rules, below[lows], above[highs]

    def smallest_clash(self) -> list[int]:
        """Drop rules and bounds one by one as long as the rest still clash.

        Bounds are tried first, so that what remains speaks of rules where it can.
        """
        kept = list(range(self.count))
        for place in reversed(range(self.count)):
            fewer = [other for other in kept if other != place]
            if not self.is_possible(fewer):
                kept = fewer
        return kept

    def smallest_change(self) -> float:
        """Give the smallest limit on relative changes that lets all rules be kept."""
        free = ~self.rigid
        scale = float(self.reference.max())
        base = self.reference[free, None] / scale
        moving = np.eye(len(self.reference))[free]
        rows = np.hstack([self.rows, np.zeros((len(self.rows), 1))])
        limits = np.vstack([np.hstack([moving, -base]), np.hstack([-moving, -base])])
        low = self.lower / scale
        high = np.where(self.rigid, self.lower, self.upper) / scale
        equal = self.is_equal
        result = linprog(
            np.append(np.zeros(len(low)), 1.0),
            A_ub=np.vstack([-rows[~equal], limits]),
            b_ub=np.concatenate([-self.values[~equal] / scale, base[:, 0], -base[:, 0]]),
            A_eq=rows[equal],
            b_eq=self.values[equal] / scale,
            bounds=[*zip(low, high, strict=True), (0, None)],
            method="highs",
        )
        # A hair wider than the solver's own accuracy, so that the second step has room.
        return float(result.x[-1]) + 1e-7

    def nearest(self, weight: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Solve min Σ(x−r)²/w under the rules and bounds."""
        target = lower.copy()
        free = ~self.rigid
        left = self.values - self.rows[:, self.rigid] @ target[self.rigid]
        rows, equal = self.rows[:, free], self.is_equal
        eye, capped = np.eye(int(free.sum())), np.isfinite(upper[free])
        target[free] = _least_distance(
            np.vstack([rows, -rows[equal], eye, -eye[capped]]),
            np.concatenate([left, -left[equal], lower[free], -upper[free][capped]]),
            self.reference[free],
            np.sqrt(weight[free]),
        )
        return np.clip(target, lower, upper)


def _least_distance(
    rows: np.ndarray, values: np.ndarray, reference: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Give the x nearest to the reference with rows·x ≥ values, distances over `scale`."""
    # In z = (x − r)/scale the cost is |z|²; each rule is brought to length 1.
    turned = rows * scale
    missing = values - rows @ reference
    length = np.maximum(np.linalg.norm(turned, axis=1), 1e-300)
    turned, missing = turned / length[:, None], missing / length
    size = max(float(np.abs(missing).max(initial=0.0)), 1e-300)
    stacked = np.vstack([turned.T, missing / size])
    aim = np.append(np.zeros(len(reference)), 1.0)
    pressures, _ = nnls(stacked, aim)
    active = turned[pressures > 0]
    if not len(active):
        return reference
    # The rules that press hold exactly; solving them again removes the solver's rounding.
    step, *_ = np.linalg.lstsq(active, missing[pressures > 0], rcond=None)
    return reference + scale * step


def _report(cells: pd.DataFrame, rules: Sequence[Rule], target: np.ndarray) -> pd.DataFrame:
    """Give what each rule wanted and what it reached."""
    lines = []
    for rule in rules:
        reached = float(target[_mask(cells, rule.where)].sum())
        if rule.share_of is not None:
            whole = float(target[_mask(cells, rule.share_of)].sum())
            reached = reached / whole if whole else np.nan
        binding = bool(abs(reached - rule.value) <= 1e3 * tolerance(rule.value, reached))
        lines.append((rule.name, rule.sense, rule.value, reached, binding))
    return pd.DataFrame(lines, columns=["rule", "sense", "wanted", "reached", "is_binding"])


def _names(cells: pd.DataFrame, rules: Sequence[Rule], table: _Table) -> list[str]:
    """Name every rule and bound, in the order of their places."""
    dimensions = [name for name in cells.columns if name not in ("reference", "lower", "upper")]
    labels = [
        ";".join(f"{name}={row[name]}" for name in dimensions)
        for row in cells[dimensions].to_dict("records")
    ]
    below, above = table.bounded
    return [
        *(rule.name for rule in rules),
        *(f"{labels[cell]} at least {table.lower[cell]:,.10g}" for cell in below),
        *(f"{labels[cell]} at most {table.upper[cell]:,.10g}" for cell in above),
    ]


def _bound(cells: pd.DataFrame, name: str, none: float) -> np.ndarray:
    if name not in cells:
        return np.full(len(cells), none)
    return cells[name].fillna(none).to_numpy(dtype=float)


def _mask(cells: pd.DataFrame, where: Where) -> np.ndarray:
    chosen = np.ones(len(cells), dtype=bool)
    for name, wanted in where.items():
        values = [wanted] if isinstance(wanted, str) else list(wanted)
        chosen &= cells[name].astype(str).isin(values).to_numpy()
    return chosen


def _check(cells: pd.DataFrame, rules: Sequence[Rule], method: str, least: str) -> None:
    problems = []
    for name, value, options in (
        ("method", method, _METHODS),
        ("least", least, ("squares", "largest")),
    ):
        if value not in options:
            problems.append(Problem(f"`{name}` is `{value}`", fix=suggest(value, options)))
    if "reference" not in cells.columns:
        raise ParameterError([*problems, Problem("`cells` lacks `reference`")])
    values = cells["reference"].astype(float)
    if not (np.isfinite(values) & (values >= 0)).all():
        problems.append(Problem("`reference` is a number, 0 or more, in every cell"))
    for rule in rules:
        for where in (rule.where, rule.share_of or {}):
            unknown = [name for name in where if name not in cells.columns]
            problems += [
                Problem(f"rule `{rule.name}` names column `{name}`", fix=suggest(name, list(cells)))
                for name in unknown
            ]
            if not unknown and not _mask(cells, where).any():
                problems.append(Problem(f"rule `{rule.name}` names no cell", got=str(dict(where))))
        if rule.sense not in ("=", ">=", "<="):
            problems.append(Problem(f"rule `{rule.name}` has no sense", got=repr(rule.sense)))
    if problems:
        raise ParameterError(problems)
