"""Driver trees: a KPI as a formula of its drivers, and which driver moved it by how much."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pandas import DataFrame, Series

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.explain.inputs import check_sum, names, numbers, require_columns, shared_items
from salesnb.explain.products import lmdi_effects, shapley_effects

Method = Literal["shapley", "lmdi"]
Values = Mapping[str, float] | DataFrame


@dataclass(frozen=True)
class Term:
    """One product of a formula: coefficient × drivers above the line / drivers below it."""

    coefficient: float
    above: tuple[str, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class DriverTree:
    """A KPI as sums and products of drivers, written as data.

    Make one with `driver_tree`. A driver is a name that has no formula of its own.

    Attributes
    ----------
    name
        The KPI at the top.
    formulas
        Each node with the formula it was given.
    drivers
        The leaves, in the order in which the formulas name them.
    terms
        The KPI multiplied out.
    """

    name: str
    formulas: dict[str, str]
    drivers: tuple[str, ...]
    terms: tuple[Term, ...]


def driver_tree(formulas: str | Mapping[str, str]) -> DriverTree:
    """Read a driver tree from a formula, or from one formula for each node.

    Formulas may use names, numbers, + − * / and brackets. Every driver may occur in many terms
    but only once in each, so that the KPI is linear in each driver; a driver below the line
    counts as the factor 1 / driver.

    Parameters
    ----------
    formulas
        Either text, `"leads * conversion * average_deal"`, optionally with the name of the KPI
        in front, `"sales = leads * …"`; or a mapping of node to formula, the KPI first.

    Returns
    -------
    A DriverTree.

    Raises
    ------
    ParameterError
        If a formula cannot be read, is not linear in a driver, refers to itself, divides by a
        sum, or if a node is not reached from the first.

    Examples
    --------
    >>> driver_tree("sales = leads * conversion * average_deal").drivers
    ('leads', 'conversion', 'average_deal')
    >>> tree = driver_tree({"sales": "new + existing", "new": "leads * conversion * deal",
    ...                     "existing": "customers * orders_each * order_value"})
    >>> len(tree.drivers), len(tree.terms)
    (6, 2)
    """
    given = _named(formulas)
    name = next(iter(given))
    used: dict[str, None] = {}
    terms = _expand(name, given, (), used)
    unreached = [node for node in given if node != name and node not in used]
    if unreached:
        raise ParameterError(
            [
                Problem(f"node `{node}` is not used", fix=suggest(node, list(used)))
                for node in unreached
            ],
            f"driver tree `{name}`",
        )
    drivers = tuple(node for node in used if node not in given)
    return DriverTree(name, given, drivers, tuple(terms))


def evaluate(tree: DriverTree | str, values: Values) -> float | np.ndarray:
    """Give the value of the KPI for given drivers.

    Parameters
    ----------
    tree
        A driver tree, or its formula.
    values
        Driver → number, or driver → array of numbers (one for each scenario), or a frame with
        one column for each driver.

    Returns
    -------
    A number, or an array where arrays or a frame came in.

    Raises
    ------
    MetricError
        If a driver is missing, not a number, or zero below the line.

    Examples
    --------
    >>> evaluate("leads * conversion * deal", {"leads": 200, "conversion": 0.1, "deal": 50})
    1000.0
    """
    tree = _as_tree(tree)
    _require_drivers(tree, values, "values")
    columns = {name: numbers(values[name], f"driver `{name}`") for name in tree.drivers}
    total: np.ndarray = np.zeros(())
    for term in tree.terms:
        total = total + term.coefficient * _factors(term, columns).prod(axis=0)
    return float(total) if total.ndim == 0 else total


def attribute(
    tree: DriverTree | str,
    current: Values,
    prior: Values,
    by: str | Sequence[str] = (),
    method: Method = "shapley",
) -> DataFrame:
    """Say how much each driver of a KPI added to its change; the effects sum to the change.

    Parameters
    ----------
    tree
        A driver tree, or its formula such as `"leads * conversion * average_deal"`.
    current, prior
        Driver → number; or frames with one row for each item (say, each product line), the key
        columns `by` and one column for each driver. An item absent on one side has all its
        drivers at zero there.
    by
        Key columns of the frames; not needed for mappings.
    method
        "shapley" (any sign, any zero) or "lmdi" (all values and coefficients zero or more; see
        `salesnb.explain.products.lmdi` for its limits at zero).

    Returns
    -------
    One row for each item and driver: `*by`, `driver`, `prior`, `current` (the driver's values),
    `effect` (what it added to the KPI, in the KPI's unit; positive raised it). The effects sum
    to KPI(current) − KPI(prior), for each item and in total, to 1e-9 of the KPI's size.

    Raises
    ------
    MetricError
        If drivers are missing, keys repeat, a driver below the line is zero, or LMDI meets a
        negative value.

    Notes
    -----
    Shapley is the Aumann–Shapley–Shubik attribution, for functions linear in each driver the
    only one with dummy, additivity, conditional nonnegativity, affine scale invariance and
    anonymity (Sun & Sundararajan 2011). A driver below the line is shared out as 1 / driver.

    Examples
    --------
    >>> attribute("units * price", {"units": 1700, "price": 225}, {"units": 1500, "price": 220})
      driver   prior  current   effect
    0  units  1500.0   1700.0  44500.0
    1  price   220.0    225.0   8000.0
    """
    if method not in ("shapley", "lmdi"):
        raise ParameterError(
            Problem(
                "`method` is unknown", got=str(method), fix=suggest(method, ["shapley", "lmdi"])
            )
        )
    tree = _as_tree(tree)
    keys, after, before = _aligned(tree, current, prior, names(by))
    effects = _effects(tree, after, before, method)
    wholes = [np.asarray(evaluate(tree, side)) for side in (after, before)]
    check_sum(
        float(effects.sum()),
        float(wholes[0].sum() - wholes[1].sum()),
        float(np.abs(wholes[0]).sum() + np.abs(wholes[1]).sum()),
        f"attribution of `{tree.name}`",
    )
    count = len(tree.drivers)
    rows = {key: np.repeat(keys[key].to_numpy(), count) for key in keys.columns}
    drivers = np.tile(np.array(tree.drivers, dtype=object), len(effects))
    return DataFrame(
        {
            **rows,
            "driver": drivers,
            "prior": before[list(tree.drivers)].to_numpy(dtype=float).ravel(),
            "current": after[list(tree.drivers)].to_numpy(dtype=float).ravel(),
            "effect": effects.ravel(),
        }
    )


def attribute_levels(
    tree: DriverTree | str, current: Mapping[str, float], prior: Mapping[str, float]
) -> DataFrame:
    """Give the whole tree, node by node, with each node's change and its part of the KPI's.

    Parameters
    ----------
    tree
        A driver tree in which every driver and node stands in one place.
    current, prior
        Driver → number.

    Returns
    -------
    One row for each node and driver, top down: `node`, `parent` ("" at the top), `depth`,
    `formula` ("" for a driver), `prior`, `current`, `change` (in the node's unit), `effect` (in
    the KPI's unit). The effects of the children sum to the effect of their parent.

    Raises
    ------
    ParameterError
        If a driver or node stands in two places, so that its effect has no one parent.

    Examples
    --------
    >>> tree = driver_tree({"sales": "orders * value", "orders": "shop + dealer"})
    >>> now, before = {"shop": 3, "dealer": 2, "value": 10}, {"shop": 2, "dealer": 2, "value": 10}
    >>> attribute_levels(tree, now, before)[["node", "parent", "change", "effect"]]
         node  parent  change  effect
    0   sales            10.0    10.0
    1  orders   sales     1.0    10.0
    2    shop  orders     1.0    10.0
    3  dealer  orders     0.0     0.0
    4   value   sales     0.0     0.0
    """
    tree = _as_tree(tree)
    effects = attribute(tree, current, prior).set_index("driver")["effect"]
    rows: list[dict[str, object]] = []
    below: dict[str, list[str]] = {}

    def visit(node: str, parent: str, depth: int) -> list[str]:
        formula = tree.formulas.get(node, "")
        if node in below:
            raise ParameterError(
                Problem(
                    f"`{node}` stands in two places of the tree `{tree.name}`",
                    fix="Use `attribute`, which gives its effect as a whole.",
                )
            )
        below[node] = []
        part = driver_tree({node: formula, **_reached(tree, formula)}) if formula else None
        values = [evaluate(part, side) if part else float(side[node]) for side in (prior, current)]
        rows.append(
            {
                "node": node,
                "parent": parent,
                "depth": depth,
                "formula": formula,
                "prior": values[0],
                "current": values[1],
                "change": values[1] - values[0],
            }
        )
        for child in _names_in(formula):
            below[node] += visit(child, node, depth + 1)
        below[node] = below[node] or [node]
        return below[node]

    visit(tree.name, "", 0)
    table = DataFrame(rows)
    table["effect"] = [float(effects[below[node]].sum()) for node in table["node"]]
    return table


def ratio_change(current: DataFrame, prior: DataFrame, by: str | Sequence[str]) -> DataFrame:
    """Split the change of a ratio into changes within groups and the shift between them.

    For rates such as conversion, margin or win rate, whose whole is Σ numerator / Σ denominator.

    Parameters
    ----------
    current, prior
        Rows with the key columns `by`, `numerator` and `denominator`; rows of one group are
        added up. A group absent on one side counts as zero there.
    by
        Key columns: the groups.

    Returns
    -------
    One row for each group: `*by`, `prior`, `current` (its ratio; empty where its denominator is
    zero), `prior_weight`, `current_weight` (its share of the denominator), `within`, `mix`,
    `effect` = within + mix. All in the unit of the ratio; positive raised it. The effects sum
    to the change of the whole ratio. A group without denominator on one side has no change
    within: all of its effect is mix.

    Raises
    ------
    MetricError
        If a column is missing, a value is empty, or a whole denominator is zero.

    Notes
    -----
    within = Δr (w₀ + w₁) / 2 and mix = Δw ((r₀ + r₁) / 2 − (R₀ + R₁) / 2), the symmetric form: it
    is exact and swapping the periods negates both.

    Examples
    --------
    Both channels convert as before, but the better one shrank from half to a quarter:

    >>> before = DataFrame({"channel": ["a", "b"], "numerator": [20, 10], "denominator": [50, 50]})
    >>> now = DataFrame({"channel": ["a", "b"], "numerator": [10, 15], "denominator": [25, 75]})
    >>> ratio_change(now, before, "channel")[["within", "mix"]].sum().round(3).tolist()
    [0.0, -0.05]
    """
    keys = names(by)
    for side, where in ((current, "current"), (prior, "prior")):
        require_columns(side, [*keys, "numerator", "denominator"], where)
    items, here, there = shared_items(current, prior, keys)
    part, weight, ratio, whole = {}, {}, {}, {}
    for name, side, places in (("current", current, here), ("prior", prior, there)):
        above, below = (
            np.bincount(places, numbers(side[column], f"`{column}` of {name}"), len(items))
            for column in ("numerator", "denominator")
        )
        if below.sum() == 0:
            raise MetricError(Problem("the denominators sum to zero: there is no ratio", name))
        part[name], weight[name] = above / below.sum(), below / below.sum()
        whole[name] = part[name].sum()
        ratio[name] = np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)
    effect = (part["current"] - part["prior"]) - (weight["current"] - weight["prior"]) * (
        whole["current"] + whole["prior"]
    ) / 2
    within = (ratio["current"] - ratio["prior"]) * (weight["current"] + weight["prior"]) / 2
    within = np.nan_to_num(within, nan=0.0)
    check_sum(effect.sum(), whole["current"] - whole["prior"], 1.0, "change of a ratio")
    return items.assign(
        prior=ratio["prior"],
        current=ratio["current"],
        prior_weight=weight["prior"],
        current_weight=weight["current"],
        within=within,
        mix=effect - within,
        effect=effect,
    )


def _as_tree(tree: DriverTree | str) -> DriverTree:
    return driver_tree(tree) if isinstance(tree, str) else tree


def _named(formulas: str | Mapping[str, str]) -> dict[str, str]:
    if isinstance(formulas, str):
        left, equals, right = formulas.rpartition("=")
        return {left.strip() if equals else "kpi": right.strip()}
    if not formulas:
        raise ParameterError(Problem("the driver tree has no formula"))
    return {name.strip(): str(formula).strip() for name, formula in formulas.items()}


def _parse(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise ParameterError(
            Problem(
                "the formula cannot be read", got=formula, fix="Use names, numbers, + - * / ( )."
            )
        ) from error


def _names_in(formula: str) -> list[str]:
    if not formula:
        return []
    found = [node for node in ast.walk(_parse(formula)) if isinstance(node, ast.Name)]
    found.sort(key=lambda node: node.col_offset)
    return list(dict.fromkeys(node.id for node in found))


def _reached(tree: DriverTree, formula: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _names_in(formula):
        if name in tree.formulas:
            found |= {name: tree.formulas[name], **_reached(tree, tree.formulas[name])}
    return found


def _expand(
    name: str, formulas: Mapping[str, str], path: tuple[str, ...], used: dict[str, None]
) -> list[Term]:
    """Multiply a node out into terms; `used` gathers every name on the way."""
    if name in path:
        raise ParameterError(Problem(f"`{name}` refers to itself", got=" → ".join((*path, name))))
    if path:
        used.setdefault(name)
    if name not in formulas:
        return [Term(1.0, (name,))]
    return _terms(_parse(formulas[name]), formulas[name], formulas, (*path, name), used)


def _terms(
    node: ast.expr,
    formula: str,
    formulas: Mapping[str, str],
    path: tuple[str, ...],
    used: dict[str, None],
) -> list[Term]:
    def below(part: ast.expr) -> list[Term]:
        return _terms(part, formula, formulas, path, used)

    match node:
        case ast.Name(id=name):
            return _expand(name, formulas, path, used)
        case ast.Constant(value=int() | float() as number):
            return [Term(float(number), ())]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [_times(Term(-1.0, ()), term, formula) for term in below(operand)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return below(left) + below(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return below(left) + [_times(Term(-1.0, ()), term, formula) for term in below(right)]
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            firsts, seconds = below(left), below(right)
            return [_times(first, second, formula) for first in firsts for second in seconds]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            firsts, divisors = below(left), below(right)
            if len(divisors) != 1 or divisors[0].coefficient == 0:
                raise ParameterError(
                    Problem(
                        "a formula may divide by a product only",
                        got=formula,
                        fix="Make the sum a driver of its own.",
                    )
                )
            over = Term(1 / divisors[0].coefficient, divisors[0].below, divisors[0].above)
            return [_times(first, over, formula) for first in firsts]
        case _:
            raise ParameterError(
                Problem(
                    f"`{ast.unparse(node)}` is not allowed in a formula",
                    got=formula,
                    fix="Use names, numbers, + - * / ( ).",
                )
            )


def _times(first: Term, second: Term, formula: str) -> Term:
    factors = (*first.above, *second.above, *first.below, *second.below)
    twice = sorted({name for name in factors if factors.count(name) > 1})
    if twice:
        raise ParameterError(
            Problem(
                f"`{twice[0]}` occurs twice in one product, so the KPI is not linear in it",
                got=formula,
                fix="Give the second one a name of its own.",
            )
        )
    return Term(
        first.coefficient * second.coefficient,
        (*first.above, *second.above),
        (*first.below, *second.below),
    )


def _require_drivers(tree: DriverTree, values: Values, where: str) -> None:
    missing = [name for name in tree.drivers if name not in values]
    if missing:
        got = ", ".join(str(name) for name in values) or "nothing"
        raise MetricError(
            [Problem(f"driver `{name}` is missing", got=got) for name in missing], where
        )


def _factors(term: Term, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Give the factors of a term, those below the line turned over; factors × items."""
    rows = [columns[name] for name in term.above]
    for name in term.below:
        if np.any(columns[name] == 0):
            raise MetricError(Problem(f"driver `{name}` is zero below the line"))
        rows.append(1 / columns[name])
    return np.stack(np.broadcast_arrays(*rows)) if rows else np.ones(1)


def _aligned(
    tree: DriverTree, current: Values, prior: Values, by: list[str]
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Give keys, current and prior with the same items in the same order."""
    for side, where in ((current, "current"), (prior, "prior")):
        _require_drivers(tree, side, where)
    drivers = list(tree.drivers)
    if not isinstance(current, DataFrame) and not isinstance(prior, DataFrame) and not by:
        after = DataFrame({name: [float(current[name])] for name in drivers})
        before = DataFrame({name: [float(prior[name])] for name in drivers})
        return DataFrame(index=after.index), after, before
    if not isinstance(current, DataFrame) or not isinstance(prior, DataFrame):
        raise MetricError(
            Problem(
                "`by` and frames go together",
                fix="Give two frames with the columns of `by`, or two mappings without `by`.",
            )
        )
    if not by:
        if len(current) != 1 or len(prior) != 1:
            raise MetricError(
                Problem(
                    "frames of several items need `by`",
                    got=f"{len(current)} and {len(prior)} rows",
                )
            )
        after, before = (_only(side, drivers) for side in (current, prior))
        return DataFrame(index=after.index), after, before
    after, before = _keyed(current, by, drivers, "current").align(
        _keyed(prior, by, drivers, "prior"), join="outer", fill_value=0.0
    )
    keys = after.index.to_frame(index=False)
    return keys, after.reset_index(drop=True), before.reset_index(drop=True)


def _only(side: DataFrame, drivers: list[str]) -> DataFrame:
    return side[drivers].reset_index(drop=True)


def _keyed(side: DataFrame, by: list[str], drivers: list[str], where: str) -> DataFrame:
    require_columns(side, by, where)
    repeated = int(side.duplicated(by).sum())
    if repeated:
        raise MetricError(
            Problem(
                f"{repeated} rows repeat a key of {', '.join(by)}",
                where=where,
                fix="Add rows up, or recompute their rates, before attributing.",
            )
        )
    return side.set_index(by)[drivers].astype(float)


def _effects(tree: DriverTree, current: DataFrame, prior: DataFrame, method: Method) -> np.ndarray:
    """Give items × drivers effects: each term shared out, then added up by driver."""
    place = {name: number for number, name in enumerate(tree.drivers)}
    effects = np.zeros((len(current), len(tree.drivers)))
    columns = [
        {name: numbers(side[name], f"driver `{name}`") for name in tree.drivers}
        for side in (current, prior)
    ]
    for term in tree.terms:
        if not (term.above or term.below):
            continue
        after, before = (_factors(term, side).T for side in columns)
        if method == "lmdi" and (term.coefficient < 0 or (after < 0).any() or (before < 0).any()):
            raise MetricError(
                Problem(
                    f"`{tree.name}` has negative values or terms, which LMDI cannot split",
                    fix='Use method="shapley", which allows any sign.',
                )
            )
        split = shapley_effects if method == "shapley" else lmdi_effects
        shares = term.coefficient * split(after, before)
        for number, name in enumerate((*term.above, *term.below)):
            effects[:, place[name]] += shares[:, number]
    return effects


def driver_effects(attribution: DataFrame) -> Series:
    """Give the effect of each driver over all items, in the order of the tree.

    Parameters
    ----------
    attribution
        What `attribute` gave.

    Examples
    --------
    >>> driver_effects(attribute("a * b", {"a": 2, "b": 3}, {"a": 1, "b": 3})).to_dict()
    {'a': 3.0, 'b': 0.0}
    """
    return attribution.groupby("driver", sort=False)["effect"].sum()
