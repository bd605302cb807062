"""From the outcome back to the work: customers, leads and visits a target needs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import pandas as pd

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.explain.drivers import DriverTree, driver_tree, evaluate
from salesnb.period import Period


def solve_back(
    tree: DriverTree | str | Mapping[str, str],
    target: float,
    known: Mapping[str, float],
    *,
    rates: Collection[str] = (),
    counts: Collection[str] = (),
) -> pd.DataFrame:
    """Solve a driver tree backwards: which value the one driver not known must take.

    Parameters
    ----------
    tree
        A driver tree, one formula, or a formula for each node, the outcome first:
        {"sales": "customers * average_deal", "customers": "leads * conversion"}.
    target
        What the outcome is to be.
    known
        Value of every driver but those to be solved for; a node with a formula may be given
        too, and then nothing below it is looked at. Each formula on the way down leaves
        exactly one name to solve for.
    rates
        Drivers that cannot be below 0 or above 1.
    counts
        Drivers that are whole things: what is needed is rounded up in `whole`.

    Returns
    -------
    One row for each node and driver, from the outcome down: `driver`; `value`, needed or given;
    `whole`, the value rounded up for counts, else missing; `role`: target, needed, given;
    `is_feasible` and `reason`: "" or above_one, below_zero, zero_denominator (nothing it could
    be reaches the target; the value is missing then).

    Raises
    ------
    ParameterError
        If a formula leaves several names to solve for, or none while it does not give the
        target; if a known name is not in the tree.

    Examples
    --------
    >>> chain = {"new_customers": "leads * conversion"}
    >>> solve_back(chain, 95, {"conversion": 0.15}, counts=["leads"])["whole"].tolist()[1]
    634.0
    """
    found = tree if isinstance(tree, DriverTree) else driver_tree(tree)
    names = [*found.formulas, *found.drivers]
    problems = [
        Problem(f"`{name}` is not in the tree", fix=suggest(name, names))
        for name in [*known, *rates, *counts]
        if name not in names
    ]
    if problems:
        raise ParameterError(problems, where=f"driver tree `{found.name}`")
    values: dict[str, float] = {}
    roles: dict[str, str] = {}
    _solve(found, found.name, float(target), known, values, roles)
    roles[found.name] = "target"
    rows = []
    for name in (name for name in [found.name, *_in_order(found)] if name in values):
        value, reason = values[name], ""
        if math.isnan(value):
            reason = "zero_denominator"
        elif value < 0:
            reason = "below_zero"
        elif name in rates and value > 1 + 1e-12:
            reason = "above_one"
        whole = math.ceil(round(value, 9)) if name in counts and not math.isnan(value) else math.nan
        rows.append((name, value, whole, roles[name], not reason, reason))
    columns = ["driver", "value", "whole", "role", "is_feasible", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _in_order(tree: DriverTree) -> list[str]:
    """List what is below the outcome, each node before what it is made of."""
    order: dict[str, None] = {}

    def visit(node: str) -> None:
        for name in _names(tree, node):
            order.setdefault(name)
        for name in _names(tree, node):
            if name in tree.formulas:
                visit(name)

    visit(tree.name)
    return list(order)


def _names(tree: DriverTree, node: str) -> tuple[str, ...]:
    """List the names in a node's own formula."""
    return driver_tree({node: tree.formulas[node]}).drivers


def _solve(
    tree: DriverTree,
    node: str,
    value: float,
    known: Mapping[str, float],
    values: dict[str, float],
    roles: dict[str, str],
) -> None:
    """Set a node to a value and solve its formula for the one name that is open."""
    values[node], roles[node] = value, "needed"
    if node not in tree.formulas:
        return
    names = _names(tree, node)
    settled = {name: found for name in names if (found := _settled(tree, name, known)) is not None}
    for name, given in settled.items():
        values[name], roles[name] = given, "given"
    still_open = [name for name in names if name not in settled]
    formula = f"{node} = {tree.formulas[node]}"
    if not still_open:
        reached = float(evaluate(formula, settled))
        if math.isclose(reached, value, rel_tol=1e-9, abs_tol=1e-12):
            return
        raise ParameterError(
            Problem(
                f"`{node}` has nothing left to solve for",
                got=f"{formula} gives {reached:,.10g}, not {value:,.10g}",
                fix="Leave one driver out of `known`.",
            )
        )
    if len(still_open) > 1:
        got = " and ".join(f"`{name}`" for name in still_open)
        raise ParameterError(
            Problem(f"`{node}` leaves more than one driver open", got=got, fix="Give all but one.")
        )
    (name,) = still_open
    _solve(tree, name, _needed(formula, name, settled, value), known, values, roles)


def _settled(tree: DriverTree, name: str, known: Mapping[str, float]) -> float | None:
    """Give the value of a name that is known, itself or through all below it."""
    if name in known:
        return float(known[name])
    if name not in tree.formulas:
        return None
    below = {part: _settled(tree, part, known) for part in _names(tree, name)}
    if any(value is None for value in below.values()):
        return None
    return float(evaluate(f"{name} = {tree.formulas[name]}", dict(below)))  # type: ignore[arg-type]


def _needed(formula: str, name: str, settled: Mapping[str, float], value: float) -> float:
    """Solve a formula for one name; missing when no value reaches the target.

    A name enters either above or below the line, never both, so the formula is linear in the
    name or in one over it, and two points give the line.
    """
    tree = driver_tree(formula)
    is_below = any(name in term.below for term in tree.terms)
    if is_below and any(name in term.above for term in tree.terms):
        raise ParameterError(Problem(f"`{name}` stands above and below the line", got=formula))
    one = float(evaluate(tree, {**settled, name: 1.0}))
    half = float(evaluate(tree, {**settled, name: 2.0 if is_below else 0.5}))
    slope = 2 * (one - half)
    constant = one - slope
    if slope == 0 or (is_below and value == constant):
        return math.nan
    solved = (value - constant) / slope
    return 1 / solved if is_below else solved


def supply_balance(
    needed: pd.Series, supplied: pd.Series | float, rate: float = 1.0, lag: int = 0
) -> pd.DataFrame:
    """Hold what each month's outcome needs against what is supplied, such as leads.

    Parameters
    ----------
    needed
        Outcomes by month ("2024-01"), such as new customers.
    supplied
        Supply by month, or one number for every month it is needed in.
    rate
        Outcomes for one unit of supply, such as the conversion of leads; above 0.
    lag
        Months between the supply and its outcome.

    Returns
    -------
    One row for each month with demand or supply: `month`; `demand` = outcomes ÷ rate, in the
    month it has to be supplied; `supply`; `gap` = supply − demand (negative: too little);
    `carried`, the running sum of gaps, as unused supply is kept.

    Raises
    ------
    ParameterError
        If the rate is not above 0, or is above 1.

    Examples
    --------
    >>> balance = supply_balance(pd.Series({"2024-01": 30.0, "2024-02": 60.0}), 400, 0.15)
    >>> balance[["demand", "gap", "carried"]].to_numpy().round(6).tolist()
    [[200.0, 200.0, 200.0], [400.0, 0.0, 200.0]]
    """
    if not 0 < rate <= 1:
        raise ParameterError(Problem("`rate` is above 0 and at most 1", got=f"{rate:.10g}"))
    months = [str(Period.parse(str(month)).shift(-lag)) for month in needed.index]
    demand = pd.Series(needed.to_numpy(dtype=float) / rate, index=months)
    if isinstance(supplied, int | float):
        supply = pd.Series(float(supplied), index=months)
    else:
        supply = pd.Series(supplied.to_numpy(dtype=float), index=supplied.index.astype(str))
    both = pd.DataFrame({"demand": demand, "supply": supply}).fillna(0.0).sort_index()
    both["gap"] = both["supply"] - both["demand"]
    both["carried"] = both["gap"].cumsum()
    return both.rename_axis("month").reset_index()
