"""Whether holds and bounds can meet a total, and if not, which few of them clash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from salesnb.errors import ParameterError, Problem
from salesnb.plan.projection import RELATIVE_TOLERANCE, tolerance
from salesnb.plan.tree import LISTED, Tree, no_multiple, number, to_unit


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
                float(to_unit(low, tree.unit, np.ceil)),
                float(to_unit(high, tree.unit, np.floor)),
            )
            if whole[0] > whole[1]:
                return no_multiple(tree.labels[node], low, high, tree.unit)
            low, high = whole
        self.lower[node], self.upper[node] = min(low, high), high
        return None

    def _too_much(self, node: int, limit: float, factor: float) -> Problem:
        handed = limit * factor
        # Beyond what counts as equal, so that the reasons found clash for certain.
        enough = handed + tolerance(handed)
        reasons = self._asking(node, enough * (1 + RELATIVE_TOLERANCE))
        # A branch may have been given more reasons than it needs; drop the smallest first.
        for reason in sorted(reasons, key=lambda place: self.tree.lower[place]):
            fewer = [place for place in reasons if place != reason]
            if self._asked(node, fewer) > enough:
                reasons = fewer
        asked = self._asked(node, reasons)
        ask = "asks" if len(reasons) == 1 else "ask"
        return Problem(
            f"{self._subject(node, limit, handed)}: {self._listed(reasons, least=True)} {ask} for "
            f"{number(asked)}, {number(asked - handed)} too much",
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
            f"{number(allowed)}, {number(handed - allowed)} too little",
            fix="Lower the total, or loosen one of them.",
        )

    def _subject(self, node: int, limit: float, handed: float) -> str:
        name = "" if node == 0 else f" of `{self.tree.labels[node]}`"
        over = "" if handed == limit else f" (with over-assignment {number(handed)})"
        return f"{number(limit)}{name}{over} cannot be split"

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
        if self.tree.lower[node] >= need or node not in self.tree.children:
            return [node]
        factor = self.tree.factors[self.tree.depth[node]]
        # A hair less, for what rounding in the sums took away.
        return self._asking(node, need * factor * (1 - 1e-14))

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
                word = f"held at {number(own)}"
            elif own != self.upper[place] and not least:
                at = f"at {number(float(self.upper[place]))} " if self.upper[place] else ""
                word = f"{at}without a basis"
            else:
                word = f"at {'least' if least else 'most'} {number(own)}"
            words.append(f"`{tree.labels[place]}` {word}")
        if len(places) > LISTED:
            words.append(f"{len(places) - LISTED} more")
        return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
