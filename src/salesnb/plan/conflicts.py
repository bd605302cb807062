"""Which stated figures cannot all hold: linear programmes, and the smallest sets in conflict.

What must add up is hard; what the plan states is soft. A conflict is a set of soft rows that no
amounts can meet together, from which no row can be left out: an irreducible infeasible subsystem,
Chinneck, "Feasibility and Infeasibility in Optimization", 2008, chapter 6 (deletion filter) and
8 (elastic programmes). All of them are found by Reiter's tree of hitting sets ("A theory of
diagnosis from first principles", 1987), up to a limit of work.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

Form = Mapping[int, float]
"""A linear form: variable → factor."""

# Amounts are scaled to about 1; what misses a row by less is met.
MET = 1e-7


@dataclass(frozen=True)
class Row:
    """low ≤ Σ factor × variable ≤ high."""

    form: Form
    low: float
    high: float


@dataclass
class System:
    """Amounts of 0 or more under hard rows, and soft rows to be tried.

    Examples
    --------
    >>> system = System(2, hard=[Row({0: 1, 1: 1}, 1, 1)])
    >>> system.soft = [Row({0: 1}, 0.7, 1), Row({1: 1}, 0.4, 1), Row({0: 1}, 0, 0.9)]
    >>> [sorted(found) for found in system.conflicts()]
    [[0, 1]]
    """

    size: int
    hard: list[Row] = field(default_factory=list)
    soft: list[Row] = field(default_factory=list)
    solved: int = 0

    def range_of(self, form: Form, rows: Iterable[int]) -> tuple[float, float] | None:
        """Give the least and most a form can be under hard rows and some soft ones.

        None when the rows cannot all hold; infinite where nothing bounds it.
        """
        matrix, limits = self._inequalities(sorted(rows))
        costs = np.zeros(self.size)
        for place, factor in form.items():
            costs[place] = factor
        ends = []
        for sign in (1, -1):
            self.solved += 1
            done = linprog(sign * costs, A_ub=matrix, b_ub=limits, method="highs")
            if done.status == 2:
                return None
            ends.append(-sign * math.inf if done.status == 3 else sign * float(done.fun))
        return ends[0], ends[1]

    def conflicts(self, sets: int = 40, work: int = 400) -> list[frozenset[int]]:
        """Find the smallest sets of soft rows that cannot hold together.

        Parameters
        ----------
        sets, work
            Stop after so many sets, or so many linear programmes.

        Returns
        -------
        Sets of places in `soft`, smallest first, then in order of place. Empty when all hold; also
        when the hard rows alone cannot hold, which no soft row is to blame for.
        """
        everything = frozenset(range(len(self.soft)))
        if self._core(frozenset()) is not None:
            return []
        found: list[frozenset[int]] = []
        queue, seen = deque([frozenset[int]()]), {frozenset[int]()}
        start = self.solved
        while queue and len(found) < sets and self.solved - start < work and len(seen) < 4000:
            removed = queue.popleft()
            known = next((one for one in found if not one & removed), None)
            if known is None:
                core = self._core(everything - removed)
                if core is None:
                    continue
                known = self._smallest(core)
                found.append(known)
            for row in sorted(known):
                child = removed | {row}
                if child not in seen:
                    seen.add(child)
                    queue.append(child)
        return sorted(found, key=lambda rows: (len(rows), sorted(rows)))

    def _core(self, rows: frozenset[int]) -> frozenset[int] | None:
        """Give rows that cannot hold together, among some; None when all of them can.

        The elastic programme lets each soft row be missed at a price of 1; where something has to
        be missed, rows with a multiplier are a proof of it, and so a set in conflict.
        """
        order = sorted(rows)
        matrix, limits = self._inequalities(order)
        hard = len(limits) - self._soft_count
        slack = np.zeros((len(limits), self._soft_count))
        slack[hard:] = -np.eye(self._soft_count)
        costs = np.concatenate([np.zeros(self.size), np.ones(self._soft_count)])
        self.solved += 1
        done = linprog(costs, A_ub=np.hstack([matrix, slack]), b_ub=limits, method="highs")
        if done.status == 2:
            return frozenset()
        if done.status != 0 or done.fun <= MET:
            return None
        multipliers = np.abs(done.ineqlin.marginals[hard:])
        blamed = {order[self._owners[place]] for place in np.flatnonzero(multipliers > 1e-9)}
        return frozenset(blamed) or rows

    def _smallest(self, rows: frozenset[int]) -> frozenset[int]:
        """Leave out rows one by one as long as the rest still cannot hold."""
        kept = rows
        for row in sorted(rows):
            core = self._core(kept - {row}) if row in kept else None
            if core is not None:
                kept = core
        return kept

    def _inequalities(self, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Write hard rows, then soft ones, as A·x ≤ b; remember which soft row each is."""
        lines, limits, owners = [], [], []
        for row in self.hard:
            for line, limit in self._sides(row):
                lines.append(line)
                limits.append(limit)
        hard = len(limits)
        for place, name in enumerate(rows):
            for line, limit in self._sides(self.soft[name]):
                lines.append(line)
                limits.append(limit)
                owners.append(place)
        self._soft_count, self._owners = len(limits) - hard, owners
        matrix = np.array(lines) if lines else np.zeros((0, self.size))
        return matrix, np.array(limits)

    def _sides(self, row: Row) -> list[tuple[np.ndarray, float]]:
        line = np.zeros(self.size)
        for place, factor in row.form.items():
            line[place] += factor
        sides = []
        if math.isfinite(row.high):
            sides.append((line, row.high))
        if math.isfinite(row.low):
            sides.append((-line, -row.low))
        return sides
