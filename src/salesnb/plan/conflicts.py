"""Which stated figures cannot all hold: linear programmes, and the smallest sets in conflict.

What must add up is hard; what the plan states is soft. A conflict is a set of soft rows that no
amounts can meet together, from which no row can be left out: an irreducible infeasible subsystem.
Where a system cannot hold, the multipliers of "miss every soft row by as little as possible" are a
proof of it, and at a vertex the rows in the proof are few (Gleeson and Ryan, "Identifying minimally
infeasible subsystems of inequalities", 1990); a deletion filter takes out what is left over
(Chinneck, "Feasibility and Infeasibility in Optimization", 2008, chapter 6). All conflicts are
found by Reiter's tree of hitting sets ("A theory of diagnosis from first principles", 1987), up to
a limit of work.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

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


@dataclass(frozen=True)
class _Sides:
    """Rows as A·x ≤ b, one or two for each, and which soft row each came from: −1 for hard ones."""

    matrix: coo_array
    limits: np.ndarray
    owners: np.ndarray

    @classmethod
    def of(cls, hard: list[Row], soft: list[Row], size: int, missed: bool) -> _Sides:
        """Give the sides of all rows.

        With `missed` there is one unknown more: by how much each side of a soft row is missed.
        """
        factors, places, columns, limits, owners = [], [], [], [], []
        for owner, row in [*((-1, row) for row in hard), *enumerate(soft)]:
            for sign, limit in ((1.0, row.high), (-1.0, -row.low)):
                if math.isfinite(limit):
                    form = {column: sign * factor for column, factor in row.form.items()}
                    if missed and owner >= 0:
                        form[size] = -1.0
                    places += [len(limits)] * len(form)
                    columns += form.keys()
                    factors += form.values()
                    limits.append(limit)
                    owners.append(owner)
        shape = (len(limits), size + missed)
        matrix = coo_array((np.array(factors, dtype=float), (places, columns)), shape=shape)
        return cls(matrix, np.array(limits, dtype=float), np.array(owners, dtype=int))

    def only(self, rows: Iterable[int]) -> _Sides:
        """Give the sides of the hard rows and some soft ones."""
        kept = (self.owners < 0) | np.isin(self.owners, list(rows))
        inside = kept[self.matrix.row]
        places = (np.cumsum(kept) - 1)[self.matrix.row[inside]]
        shape = (int(kept.sum()), self.matrix.shape[1])
        entries = (self.matrix.data[inside], (places, self.matrix.col[inside]))
        return _Sides(coo_array(entries, shape=shape), self.limits[kept], self.owners[kept])


@dataclass
class System:
    """Amounts of 0 or more under hard rows, and soft rows to be tried.

    Examples
    --------
    >>> soft = [Row({0: 1}, 0.7, 1), Row({1: 1}, 0.4, 1), Row({0: 1}, 0, 0.9)]
    >>> system = System(2, hard=[Row({0: 1, 1: 1}, 1, 1)], soft=soft)
    >>> [sorted(found) for found in system.conflicts()]
    [[0, 1]]
    """

    size: int
    hard: list[Row] = field(default_factory=list)
    soft: list[Row] = field(default_factory=list)
    solved: int = 0

    @cached_property
    def _sides(self) -> _Sides:
        return _Sides.of(self.hard, self.soft, self.size, missed=False)

    @cached_property
    def _elastic(self) -> _Sides:
        return _Sides.of(self.hard, self.soft, self.size, missed=True)

    def least(self, form: Form, rows: Iterable[int]) -> float | None:
        """Give the least a form can be under hard rows and some soft ones.

        None when the rows cannot all hold; −∞ where nothing bounds it.
        """
        costs = np.zeros(self.size)
        for place, factor in form.items():
            costs[place] = factor
        sides = self._sides.only(rows)
        self.solved += 1
        done = linprog(costs, A_ub=sides.matrix, b_ub=sides.limits, method="highs-ds")
        if done.status == 2:
            return None
        return -math.inf if done.status == 3 else float(done.fun)

    def most(self, form: Form, rows: Iterable[int]) -> float | None:
        """Give the most a form can be, likewise."""
        found = self.least({place: -factor for place, factor in form.items()}, rows)
        return None if found is None else -found

    def conflicts(self, sets: int = 40, work: int = 250) -> list[frozenset[int]]:
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
        """Give rows that cannot hold together, among some; None when all of them can."""
        sides = self._elastic.only(rows)
        costs = np.zeros(self.size + 1)
        costs[-1] = 1.0
        self.solved += 1
        done = linprog(costs, A_ub=sides.matrix, b_ub=sides.limits, method="highs-ds")
        if done.status == 2:
            return frozenset()
        if done.status != 0 or done.fun <= MET:
            return None
        proof = sides.owners[(sides.owners >= 0) & (np.abs(done.ineqlin.marginals) > 1e-9)]
        return frozenset(proof.tolist()) or rows

    def _smallest(self, rows: frozenset[int]) -> frozenset[int]:
        """Leave out rows one by one as long as the rest still cannot hold."""
        kept = rows
        for row in sorted(rows):
            core = self._core(kept - {row}) if row in kept else None
            if core is not None:
                kept = core
        return kept
