"""Whether holds and bounds can meet a total, and if not, which few of them clash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem
from salesnb.plan.projection import tolerance

# More reasons than this are counted, not listed.
LISTED = 12


@dataclass(frozen=True)
class Tree:
    """Nodes of a decomposition as arrays, parents before children, the root first.

    `lower` and `upper` are each node's own limits (equal where it is held), infinite where it
    has none; `factors` holds, by depth of the parent, what the children sum to per unit of it.
    """

    parent: np.ndarray
    depth: np.ndarray
    labels: Sequence[str]
    basis: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_held: np.ndarray
    factors: Sequence[float]
    unit: float | None = None

    @classmethod
    def build(
        cls,
        *,
        parent: np.ndarray,
        depth: np.ndarray,
        labels: Sequence[str],
        nodes: pd.DataFrame,
        factors: Sequence[float],
        unit: float | None,
    ) -> Tree:
        """Read `basis`, `hold`, `lower` and `upper` (missing is none) of the nodes."""
        hold = nodes["hold"].to_numpy(dtype=float)
        held = ~np.isnan(hold)
        _refuse_clashing(nodes, held, labels)
        lower = np.nan_to_num(nodes["lower"].to_numpy(dtype=float), nan=-np.inf)
        upper = np.nan_to_num(nodes["upper"].to_numpy(dtype=float), nan=np.inf)
        if unit is not None and unit > 0:
            whole = _whole(lower, unit, np.ceil), _whole(upper, unit, np.floor)
            problems = [
                _no_multiple(labels[place], lower[place], upper[place], unit)
                for place in np.flatnonzero(~held & (whole[0] > whole[1]))
            ]
            if problems:
                raise ParameterError(problems)
            lower, upper = whole
        return cls(
            parent=parent,
            depth=depth,
            labels=labels,
            basis=nodes["basis"].to_numpy(dtype=float),
            lower=np.where(held, hold, lower),
            upper=np.where(held, hold, upper),
            is_held=held,
            factors=factors,
            unit=unit,
        )

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.parent)

    @cached_property
    def children(self) -> dict[int, np.ndarray]:
        """The places of each inner node's children."""
        order = np.argsort(self.parent[1:], kind="stable") + 1
        parents, starts = np.unique(self.parent[order], return_index=True)
        return dict(zip(parents.tolist(), np.split(order, starts[1:]), strict=True))

    def families(self) -> Iterable[tuple[int, np.ndarray]]:
        """Give each inner node with its children, parents first."""
        return self.children.items()


def check_limits(
    tree: Tree, total: float, rigid: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Give the least and most each node can be, given its own and its descendants' limits.

    Parameters
    ----------
    tree
        The nodes with their own limits.
    total
        What the root is to be.
    rigid
        Leaves that cannot take more than their lower limit, having no basis.

    Raises
    ------
    ParameterError
        If the limits clash, at each deepest node where they do the fewest that clash; or if
        they cannot meet the total.
    """
    lower, upper = np.maximum(tree.lower, 0.0), tree.upper.copy()
    lower[tree.is_held] = tree.lower[tree.is_held]
    if rigid is not None:
        upper = np.where(rigid & ~tree.is_held, lower, upper)
    levels: dict[int, list[int]] = {}
    for node in tree.children:
        levels.setdefault(int(tree.depth[node]), []).append(node)
    finder = _Finder(tree, lower, upper)
    for depth in sorted(levels, reverse=True):
        problems = [problem for node in levels[depth] if (problem := finder.settle(node, total))]
        if problems:
            raise ParameterError(problems)
    return lower, upper


class _Finder:
    """Settles nodes from the leaves up, and explains the first clash it meets.

    It fills in the two arrays it is given: what is below a node is settled before the node.
    """

    def __init__(self, tree: Tree, lower: np.ndarray, upper: np.ndarray) -> None:
        self.tree, self.lower, self.upper = tree, lower, upper

    def settle(self, node: int, total: float) -> Problem | None:
        """Narrow a node's limits to what its children allow; give the clash if there is one."""
        tree, factor = self.tree, self.tree.factors[self.tree.depth[node]]
        children = tree.children[node]
        least = float(self.lower[children].sum()) / factor
        most = float(self.upper[children].sum()) / factor
        low, high = (total, total) if node == 0 else (self.lower[node], self.upper[node])
        slack = tolerance(low, high, least, most)
        if least > high + slack:
            return self._too_much(node, high, factor)
        if most < low - slack:
            return self._too_little(node, low, factor)
        low, high = max(low, least), min(high, most)
        if tree.unit and high - low > slack:
            whole = (
                float(_whole(low, tree.unit, np.ceil)),
                float(_whole(high, tree.unit, np.floor)),
            )
            if whole[0] > whole[1]:
                return _no_multiple(tree.labels[node], low, high, tree.unit)
            low, high = whole
        self.lower[node], self.upper[node] = min(low, high), high
        return None

    def _too_much(self, node: int, limit: float, factor: float) -> Problem:
        handed = limit * factor
        reasons = self._asking(node, handed + tolerance(handed))
        # A branch may have been given more reasons than it needs; drop the smallest first.
        for reason in sorted(reasons, key=lambda place: self.tree.lower[place]):
            fewer = [place for place in reasons if place != reason]
            if self._asked(node, fewer) > handed + tolerance(handed):
                reasons = fewer
        asked = self._asked(node, reasons)
        ask = "asks" if len(reasons) == 1 else "ask"
        return Problem(
            f"{self._subject(node, limit, handed)}: {self._listed(reasons, least=True)} {ask} for "
            f"{_number(asked)}, {_number(asked - handed)} too much",
            fix="Raise the total, or loosen one of them.",
        )

    def _too_little(self, node: int, limit: float, factor: float) -> Problem:
        handed = limit * factor
        reasons = self._allowing(node)
        allowed = float(self.upper[self.tree.children[node]].sum())
        allow = "allows" if len(reasons) == 1 else "allow"
        limits = self._listed(reasons, least=False)
        return Problem(
            f"{self._subject(node, limit, handed)}: {limits} {allow} only "
            f"{_number(allowed)}, {_number(handed - allowed)} too little",
            fix="Lower the total, or loosen one of them.",
        )

    def _subject(self, node: int, limit: float, handed: float) -> str:
        name = "" if node == 0 else f" of `{self.tree.labels[node]}`"
        over = "" if handed == limit else f" (with over-assignment {_number(handed)})"
        return f"{_number(limit)}{name}{over} cannot be split"

    def _asking(self, node: int, need: float) -> list[int]:
        """List few nodes whose own lower limits make the children ask for more than `need`."""
        reasons: list[int] = []
        children = self.tree.children[node]
        for child in children[np.argsort(-self.lower[children], kind="stable")]:
            asked = float(self.lower[child])
            if asked <= 0:
                break
            reasons += self._source(int(child), min(asked, need))
            need -= asked
            if need <= 0:
                break
        return reasons

    def _source(self, node: int, need: float) -> list[int]:
        """List the nodes, this one or below it, that make it ask for `need`."""
        if self.tree.lower[node] >= need - tolerance(need) or node not in self.tree.children:
            return [node]
        factor = self.tree.factors[self.tree.depth[node]]
        return self._asking(node, need * factor - tolerance(need))

    def _asked(self, node: int, reasons: Sequence[int]) -> float:
        """Give what the children ask for when only the lower limits of `reasons` count."""
        tree = self.tree
        concerned = set(reasons)
        for reason in reasons:
            above = int(tree.parent[reason])
            while above != node:
                concerned.add(above)
                above = int(tree.parent[above])
        sums: dict[int, float] = defaultdict(float)
        for place in sorted(concerned, key=lambda place: -tree.depth[place]):
            own = max(float(tree.lower[place]), 0.0) if place in reasons else 0.0
            below = sums[place] / tree.factors[tree.depth[place]] if place in sums else 0.0
            sums[int(tree.parent[place])] += max(own, below)
        return sums[node]

    def _allowing(self, node: int) -> list[int]:
        """List the nodes whose upper limits cap the children; each of them is needed."""
        reasons: list[int] = []
        for child in self.tree.children[node]:
            capped_itself = self.tree.upper[child] <= self.upper[child]
            inner = child in self.tree.children and not capped_itself
            reasons += self._allowing(int(child)) if inner else [int(child)]
        return reasons

    def _listed(self, places: list[int], least: bool) -> str:
        """Say which limit of which node, the first few by name."""
        tree, words = self.tree, []
        for place in places[:LISTED]:
            own = float(tree.lower[place] if least else tree.upper[place])
            if tree.is_held[place]:
                word = f"held at {_number(own)}"
            elif own != self.upper[place] and not least:
                at = f"at {_number(float(self.upper[place]))} " if self.upper[place] else ""
                word = f"{at}without a basis"
            else:
                word = f"at {'least' if least else 'most'} {_number(own)}"
            words.append(f"`{tree.labels[place]}` {word}")
        if len(places) > LISTED:
            words.append(f"{len(places) - LISTED} more")
        return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _refuse_clashing(nodes: pd.DataFrame, held: np.ndarray, labels: Sequence[str]) -> None:
    """Refuse nodes whose own hold and bounds clash."""
    hold, lower, upper = (nodes[name].to_numpy(dtype=float) for name in ("hold", "lower", "upper"))
    problems = []
    for place in np.flatnonzero(lower > upper):
        low, high = _number(lower[place]), _number(upper[place])
        problems.append(Problem(f"`{labels[place]}` is at least {low} and at most {high}"))
    for place in np.flatnonzero(held & (hold < 0)):
        problems.append(Problem(f"`{labels[place]}` is held at {_number(hold[place])}, below 0"))
    for place in np.flatnonzero(held & (hold >= 0) & ((hold < lower) | (hold > upper))):
        bound = "at least " + _number(lower[place])
        if hold[place] > upper[place]:
            bound = "at most " + _number(upper[place])
        text = f"`{labels[place]}` is held at {_number(hold[place])} and {bound}"
        problems.append(Problem(text))
    for place in np.flatnonzero(upper < 0):
        problems.append(Problem(f"`{labels[place]}` is at most {_number(upper[place])}, below 0"))
    if problems:
        raise ParameterError(problems)


def _no_multiple(label: str, low: float, high: float, unit: float) -> Problem:
    return Problem(
        f"no whole multiple of {_number(unit)} lies between {_number(low)} and {_number(high)} "
        f"for `{label}`",
        fix="Use a smaller unit, or loosen its bounds.",
    )


def _whole(amount: np.ndarray | float, unit: float, rounding: np.ufunc) -> np.ndarray:
    """Round to a multiple of the unit; one that floating point missed by a hair stays."""
    parts = np.atleast_1d(np.asarray(amount, dtype=float)) / unit
    finite = np.isfinite(parts)
    nearest = np.round(parts[finite])
    close = np.abs(parts[finite] - nearest) <= 1e-9 * np.maximum(1, np.abs(nearest))
    parts[finite] = np.where(close, nearest, rounding(parts[finite]))
    return (parts * unit).reshape(np.shape(amount))


def _number(value: float) -> str:
    return f"{value:,.10g}"
