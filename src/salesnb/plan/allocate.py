"""Hand a total down: to one list of items, or level by level through a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.plan.limits import check_limits
from salesnb.plan.projection import METHODS, Method, project, tolerance
from salesnb.plan.rounding import round_to_sum
from salesnb.plan.tree import LISTED, TOTAL, Tree, lay_limits, nodes_of, scope_text

Amounts = Mapping[str, float] | pd.Series | float | None


def allocate(
    total: float,
    basis: pd.Series,
    *,
    holds: Amounts = None,
    lower: Amounts = None,
    upper: Amounts = None,
    hedge: float = 0.0,
    unit: float | None = None,
    method: Method = "proportional",
) -> pd.DataFrame:
    """Split a total over items in proportion to a basis, keeping holds and bounds.

    Parameters
    ----------
    total
        What is handed down, 0 or more, in any unit.
    basis
        One number for each item (the index), 0 or more; `salesnb.plan.basis` gives the usual
        ones. Only its proportions matter, but for the methods that measure change from it.
    holds
        Items whose target is fixed, by item.
    lower, upper
        Least and most an item may get, by item or one number for all; missing is none.
    hedge
        Part assigned over the total on purpose: 0.02 hands down 2 % more than the total.
    unit
        Targets become whole multiples of it: 1 for counts, 1000 for thousands. What the total
        or a held target leaves over goes to the largest free item, shown in `residual`.
    method
        How free items share what holds and bounds leave; see `projection.project`.

    Returns
    -------
    One row for each item, in the order of `basis`: `basis`; `target`, Σ = total·(1+hedge);
    `share` of Σ target, missing when that is 0; `lower`, `upper`; `status`, one of free, held,
    lower, upper (at a bound); `residual`, the part of the target off the unit.
    An item with basis 0 gets 0, or its lower bound.

    Raises
    ------
    ParameterError
        If holds and bounds cannot meet the total, naming the fewest of them that cannot; if a
        basis is missing or below 0, an item repeats, or a hold names no item.

    Notes
    -----
    Without a unit, a larger total never lowers a free item. With one, fractions are settled by
    largest remainder, where that can fail by one unit.

    Examples
    --------
    >>> sales = pd.Series({"East": 35, "South": 25, "Midwest": 20, "North": 20})
    >>> allocate(112, sales, holds={"East": 40})["target"].round(1).tolist()
    [40.0, 27.7, 22.2, 22.2]
    >>> allocate(100, sales, holds={"East": 70}, lower={"South": 40})
    Traceback (most recent call last):
    salesnb.errors.ParameterError: 100 cannot be split: `East` held at 70 and `South` at least \
40 ask for 110, 10 too much. Raise the total, or loosen one of them.
    """
    _check_basis(basis)
    names = [_label(item) for item in basis.index]
    nodes = pd.DataFrame({"basis": basis.to_numpy(dtype=float)})
    nodes["hold"] = _aligned(holds, basis.index, "holds")
    nodes["lower"] = _aligned(lower, basis.index, "lower")
    nodes["upper"] = _aligned(upper, basis.index, "upper")
    root = {"basis": nodes["basis"].sum(), "hold": np.nan, "lower": np.nan, "upper": np.nan}
    tree = Tree.build(
        parent=np.array([-1] + [0] * len(nodes)),
        depth=np.array([0] + [1] * len(nodes)),
        labels=[TOTAL, *names],
        nodes=pd.concat([pd.DataFrame([root]), nodes], ignore_index=True),
        factors=[1.0 + hedge],
        unit=unit,
    )
    filled = _fill(tree, total, method)
    result = filled.iloc[1:].set_axis(basis.index)
    return result[["basis", "target", "share", "lower", "upper", "status", "residual"]]


def allocate_tree(
    total: float,
    leaves: pd.DataFrame,
    levels: Sequence[str],
    *,
    limits: pd.DataFrame | None = None,
    hedge: Mapping[str, float] | None = None,
    unit: float | None = None,
    method: Method = "proportional",
) -> pd.DataFrame:
    """Split a total level by level: company to region to person to month, or any other order.

    Parameters
    ----------
    total
        What the root hands down, 0 or more.
    leaves
        One row for each lowest cell: the columns of `levels` and `basis` (0 or more).
    levels
        Columns from the top down, such as ["region", "rep", "month"]; their values are read as
        text.
    limits
        Fixed and bounded cells at any level: columns of `levels` (empty or missing below the
        cell's own level) and any of `hold`, `lower`, `upper`.
    hedge
        Part assigned over the parent on purpose, by level: {"rep": 0.05} lets the people of a
        region carry 5 % more than the region.
    unit, method
        As in `allocate`; a parent is rounded before its children share it.

    Returns
    -------
    One row for each node, the total first, then level by level in order of first appearance:
    `level` ("total" or a name of `levels`), the columns of `levels` ("" below the node's own),
    `basis`, `target`, `share` of the siblings' sum, `lower`, `upper` (what the node's own and
    its descendants' limits leave), `status`, `residual`, and `over_assigned`, Σ of the
    children minus the node's own target (0 at the leaves).
    Children sum to their parent times (1 + hedge of their level), at every node.

    Raises
    ------
    ParameterError
        If limits cannot be met, for each node where they cannot the fewest of them that
        clash; if a leaf repeats, a basis is missing or below 0, or a limit names no cell.

    Examples
    --------
    >>> people = pd.DataFrame({"region": ["E", "E", "S"], "rep": ["a", "b", "c"],
    ...                        "basis": [1, 2, 3]})
    >>> tree = allocate_tree(60, people, ["region", "rep"], hedge={"rep": 0.1})
    >>> tree[["level", "target", "over_assigned"]].round(1).to_numpy().tolist()[:3]
    [['total', 60.0, 0.0], ['region', 30.0, 3.0], ['region', 30.0, 3.0]]
    """
    levels = list(levels)
    _check_leaves(leaves, levels)
    hedges = dict(hedge or {})
    unknown = [name for name in hedges if name not in levels]
    if unknown:
        raise ParameterError(
            [Problem(f"`hedge` names `{name}`", fix=suggest(name, levels)) for name in unknown]
        )
    nodes = nodes_of(leaves, levels)
    tree = Tree.build(
        parent=nodes.parent,
        depth=nodes.depth,
        labels=nodes.labels,
        nodes=lay_limits(nodes, levels, limits).assign(basis=nodes.table["basis"]),
        factors=[1.0 + hedges.get(name, 0.0) for name in levels],
        unit=unit,
    )
    filled = _fill(tree, total, method)
    result = pd.concat([nodes.table[["level", *levels]], filled], axis=1)
    below = np.zeros(tree.size)
    np.add.at(below, nodes.parent[1:], result["target"].to_numpy()[1:])
    is_leaf = nodes.depth == len(levels)
    result["over_assigned"] = np.where(is_leaf, 0.0, below - result["target"].to_numpy())
    return result


def _fill(tree: Tree, total: float, method: Method) -> pd.DataFrame:
    """Check the limits, then hand the total down from the root."""
    problems = []
    if not (np.isfinite(total) and total >= 0):
        problems.append(Problem("`total` is 0 or more", got=f"{total:,.10g}"))
    if method not in METHODS:
        problems.append(Problem(f"`method` is `{method}`", fix=suggest(method, METHODS)))
    if tree.unit is not None and not tree.unit > 0:
        problems.append(Problem("`unit` is above 0", got=f"{tree.unit:,.10g}"))
    if any(not factor > 0 for factor in tree.factors):
        problems.append(Problem("`hedge` is above −1", got=str([f - 1 for f in tree.factors])))
    if problems:
        raise ParameterError(problems)
    rigid = (tree.basis == 0) & (method != "equal")
    rigid[list(tree.children)] = False
    lower, upper = check_limits(tree, total, rigid)

    targets, residuals = np.zeros(tree.size), np.zeros(tree.size)
    targets[0] = total
    shares = np.full(tree.size, np.nan)
    for node, children in tree.families():
        handed = targets[node] * tree.factors[tree.depth[node]]
        targets[children], residuals[children] = _share_out(
            tree, handed, children, lower[children], upper[children], method
        )
        if handed:
            shares[children] = targets[children] / handed
    shares[0] = 1.0 if total else np.nan
    # Without a basis nothing more is possible, but no limit says so.
    upper = np.where((tree.basis == 0) & np.isinf(tree.upper), np.inf, upper)
    return pd.DataFrame(
        {
            "basis": tree.basis,
            "target": targets,
            "share": shares,
            "lower": np.where(lower > 0, lower, np.nan),
            "upper": np.where(np.isfinite(upper), upper, np.nan),
            "status": _status(tree, targets, lower, upper),
            "residual": residuals,
        }
    )


def _share_out(
    tree: Tree,
    handed: float,
    children: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    method: Method,
) -> tuple[np.ndarray, np.ndarray]:
    """Share what one node hands down; gives targets and residuals of its children."""
    basis = tree.basis[children]
    targets = project(handed, basis, lower, upper, method)
    residuals = np.zeros(len(children))
    free = np.flatnonzero(upper > lower)
    if tree.unit is None or not len(free):
        return targets, residuals
    held = float(np.delete(targets, free).sum())
    units = (handed - held) / tree.unit
    slack = tolerance(handed) / tree.unit
    whole = int(np.floor(units + slack))
    labels = [tree.labels[int(child)] for child in children]
    names = [labels[cell] for cell in free.tolist()]
    counts = round_to_sum(targets[free] / tree.unit, whole, basis[free], names)
    targets[free] = counts * tree.unit
    left = handed - held - whole * tree.unit
    if abs(left) > tolerance(handed):
        # The bounds are whole multiples here, so a cell below its own has room for the rest.
        room = free[targets[free] + left <= upper[free]].tolist()
        place = min(room, key=lambda cell: (-targets[cell], -basis[cell], labels[cell]))
        targets[place] += left
        residuals[place] = left
    return targets, residuals


def _status(tree: Tree, targets: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> list[str]:
    near = np.array([tolerance(target) for target in targets])
    fixed = tree.is_held | (np.arange(tree.size) == 0)
    return np.select(
        [fixed, (lower > 0) & (targets <= lower + near), targets >= upper - near],
        ["held", "lower", "upper"],
        "free",
    ).tolist()


# Reading what was asked ------------------------------------------------------------------


def _check_basis(basis: pd.Series) -> None:
    problems = _basis_problems(basis, lambda place: _label(basis.index[place]))
    repeated = basis.index[basis.index.duplicated()].unique()
    problems += [Problem(f"`{_label(item)}` has more than one row") for item in repeated]
    if not len(basis):
        problems.append(Problem("`basis` has no items"))
    if problems:
        raise ParameterError(problems, where="basis")


def _check_leaves(leaves: pd.DataFrame, levels: list[str]) -> None:
    absent = [name for name in [*levels, "basis"] if name not in leaves.columns]
    if absent or not levels:
        fix = f"Give {', '.join([*levels, 'basis']) if levels else 'at least one level'}."
        raise ParameterError(Problem(f"`leaves` lacks {absent or 'levels'}", fix=fix))
    problems = [
        Problem(f"row {place + 1} has no `{name}`")
        for name in levels
        for place in np.flatnonzero(leaves[name].isna() | (leaves[name].astype(str) == ""))[:3]
    ]
    repeated = leaves.duplicated(levels)
    problems += [
        Problem(f"`{scope_text(row, levels)}` has more than one row")
        for row in leaves.loc[repeated, levels].head(LISTED).to_dict("records")
    ]
    if leaves.empty:
        problems.append(Problem("`leaves` has no rows"))
    problems += _basis_problems(
        leaves["basis"], lambda place: scope_text(leaves.iloc[place].to_dict(), levels)
    )
    if problems:
        raise ParameterError(problems, where="leaves")


def _basis_problems(basis: pd.Series, name: Callable[[int], str]) -> list[Problem]:
    values = pd.to_numeric(basis, errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    return [
        Problem(
            f"the basis of `{name(place)}` is a number, 0 or more",
            got=str(basis.iloc[place]),
            fix="Hold it at a target, or give it a weight of its own.",
        )
        for place in wrong[:LISTED].tolist()
    ]


def _aligned(amounts: Amounts, items: pd.Index, name: str) -> np.ndarray:
    """Give one amount for each item; missing where none was given."""
    if amounts is None:
        return np.full(len(items), np.nan)
    if isinstance(amounts, int | float):
        return np.full(len(items), float(amounts))
    given = pd.Series(amounts, dtype=float)
    known = set(items)
    unknown = [item for item in given.index if item not in known]
    if unknown:
        labels = [_label(item) for item in items]
        raise ParameterError(
            [
                Problem(f"`{name}` names `{_label(item)}`", fix=suggest(_label(item), labels))
                for item in unknown
            ]
        )
    return np.array([given.get(item, np.nan) for item in items], dtype=float)


def _label(item: object) -> str:
    return " / ".join(str(part) for part in item) if isinstance(item, tuple) else str(item)
