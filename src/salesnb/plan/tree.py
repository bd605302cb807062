"""A decomposition as arrays: its nodes, their own limits, and who is below whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem, suggest

TOTAL = "total"

# More offenders or reasons than this are counted, not listed.
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
        lower = nodes["lower"].fillna(-np.inf).to_numpy(dtype=float)
        upper = nodes["upper"].fillna(np.inf).to_numpy(dtype=float)
        if unit is not None and unit > 0:
            whole = to_unit(lower, unit, np.ceil), to_unit(upper, unit, np.floor)
            problems = [
                no_multiple(labels[place], lower[place], upper[place], unit)
                for place in np.flatnonzero(~held & (whole[0] > whole[1])).tolist()
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


@dataclass(frozen=True)
class Nodes:
    """Every node of a tree over some levels: a table, its parents, depths and names.

    The table has `level`, the columns of the levels ("" below a node's own) and `basis`, the
    sum of the leaves below; a node is named by its scope, the root `total`.
    """

    table: pd.DataFrame
    parent: np.ndarray
    depth: np.ndarray
    labels: list[str]


def nodes_of(leaves: pd.DataFrame, levels: list[str]) -> Nodes:
    """Give the nodes above and at the leaves, level by level, in order of first appearance."""
    basis = pd.to_numeric(leaves["basis"]).tolist()
    parents, depths, sums = [-1], [0], [float(sum(basis))]
    keys: list[tuple[str, ...]] = [()]
    above = [0] * len(leaves)
    for depth, name in enumerate(levels, start=1):
        places: dict[tuple[int, str], int] = {}
        for row, key in enumerate(zip(above, leaves[name].astype(str).tolist(), strict=True)):
            place = places.get(key)
            if place is None:
                place = places[key] = len(parents)
                parents.append(key[0])
                depths.append(depth)
                keys.append((*keys[key[0]], key[1]))
                sums.append(0.0)
            sums[place] += basis[row]
            above[row] = place
    padded = [key + ("",) * (len(levels) - len(key)) for key in keys]
    table = pd.DataFrame(padded, columns=levels, dtype=object)
    table.insert(0, "level", [[TOTAL, *levels][depth] for depth in depths])
    table["basis"] = sums
    labels = [scope_text(dict(zip(levels, key, strict=True)), levels) for key in padded]
    return Nodes(table, np.array(parents), np.array(depths), labels)


def lay_limits(nodes: Nodes, levels: list[str], limits: pd.DataFrame | None) -> pd.DataFrame:
    """Give `hold`, `lower` and `upper` of each node, missing where there is none.

    Raises
    ------
    ParameterError
        If a limit has a column that is neither, names no node, or names one twice.
    """
    kinds = ["hold", "lower", "upper"]
    laid = np.full((len(nodes.labels), len(kinds)), np.nan)
    if limits is None:
        return pd.DataFrame(laid, columns=kinds)
    unknown = [str(name) for name in limits.columns if name not in [*levels, *kinds]]
    if unknown:
        raise ParameterError(
            [
                Problem(f"`limits` has a column `{name}`", fix=suggest(name, [*levels, *kinds]))
                for name in unknown
            ]
        )
    given = limits.reindex(columns=[*levels, *kinds])
    named = given[levels].astype(object).where(given[levels].notna(), "").astype(str)
    scopes = [scope_text(row, levels) for row in named.to_dict("records")]
    places = {label: place for place, label in enumerate(nodes.labels)}
    problems = [
        Problem(f"`limits` names `{scope}`", fix=suggest(scope, nodes.labels))
        for scope in scopes
        if scope not in places
    ]
    problems += [
        Problem(f"`limits` names `{scope}` more than once")
        for scope, count in Counter(scopes).items()
        if count > 1
    ]
    if problems:
        raise ParameterError(problems)
    laid[[places[scope] for scope in scopes]] = given[kinds].to_numpy(dtype=float)
    return pd.DataFrame(laid, columns=kinds)


def scope_text(row: Mapping, levels: Sequence[str]) -> str:
    """Name a node as scopes are written: `region=East;rep=a`, or the total."""
    return ";".join(f"{name}={row[name]}" for name in levels if row[name] != "") or TOTAL


def _refuse_clashing(nodes: pd.DataFrame, held: np.ndarray, labels: Sequence[str]) -> None:
    """Refuse nodes whose own hold and bounds clash."""
    hold, lower, upper = (nodes[name].to_numpy(dtype=float) for name in ("hold", "lower", "upper"))
    problems = []
    for place in np.flatnonzero(lower > upper).tolist():
        low, high = number(lower[place]), number(upper[place])
        problems.append(Problem(f"`{labels[place]}` is at least {low} and at most {high}"))
    for place in np.flatnonzero(held & (hold < 0)).tolist():
        problems.append(Problem(f"`{labels[place]}` is held at {number(hold[place])}, below 0"))
    outside = held & (hold >= 0) & ((hold < lower) | (hold > upper))
    for place in np.flatnonzero(outside).tolist():
        bound = "at least " + number(lower[place])
        if hold[place] > upper[place]:
            bound = "at most " + number(upper[place])
        text = f"`{labels[place]}` is held at {number(hold[place])} and {bound}"
        problems.append(Problem(text))
    for place in np.flatnonzero(upper < 0).tolist():
        problems.append(Problem(f"`{labels[place]}` is at most {number(upper[place])}, below 0"))
    if problems:
        raise ParameterError(problems)


def no_multiple(label: str, low: float, high: float, unit: float) -> Problem:
    """Say that rounding leaves nothing between two bounds."""
    return Problem(
        f"no whole multiple of {number(unit)} lies between {number(low)} and {number(high)} "
        f"for `{label}`",
        fix="Use a smaller unit, or loosen its bounds.",
    )


def to_unit(amount: np.ndarray | float, unit: float, rounding: np.ufunc) -> np.ndarray:
    """Round to a multiple of the unit; one that floating point missed by a hair stays."""
    parts = np.atleast_1d(np.asarray(amount, dtype=float)) / unit
    finite = np.isfinite(parts)
    nearest = np.round(parts[finite])
    close = np.abs(parts[finite] - nearest) <= 1e-9 * np.maximum(1, np.abs(nearest))
    parts[finite] = np.where(close, nearest, rounding(parts[finite]))
    return (parts * unit).reshape(np.shape(amount))


def number(value: float) -> str:
    """Write an amount for a message."""
    return f"{value:,.10g}"
