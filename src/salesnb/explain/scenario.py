"""What if: swings of drivers, the value each would have to take, and the chance of a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.explain.drivers import DriverTree, driver_tree, evaluate
from salesnb.explain.inputs import numbers


def tornado(
    tree: DriverTree | str,
    base: Mapping[str, float],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    swing: float = 0.1,
) -> DataFrame:
    """Move one driver at a time from low to high and say how far the KPI moves.

    Parameters
    ----------
    tree
        A driver tree, or its formula.
    base
        Driver → value that the others keep.
    ranges
        Driver → (low, high); by default base ∓ `swing`, relative.
    swing
        For drivers without a range: 0.1 is 10 %.

    Returns
    -------
    One row for each driver, widest swing first, equal ones in the order of the tree: `driver`,
    `base`, `low`, `high` (the driver's values), `kpi_base`, `kpi_low`, `kpi_high` (the KPI at
    them), `swing` = |kpi_high − kpi_low|.

    Raises
    ------
    MetricError
        If a driver has no base value.

    Examples
    --------
    >>> table = tornado("leads * rate", {"leads": 100, "rate": 0.1}, {"rate": (0.05, 0.2)})
    >>> table[["driver", "kpi_low", "kpi_high", "swing"]].round(6).to_numpy().tolist()
    [['rate', 5.0, 20.0, 15.0], ['leads', 9.0, 11.0, 2.0]]
    """
    tree = driver_tree(tree) if isinstance(tree, str) else tree
    centre = _number(evaluate(tree, base))
    rows = []
    for driver in tree.drivers:
        value = float(base[driver])
        reach = abs(value) * swing
        low, high = (ranges or {}).get(driver, (value - reach, value + reach))
        ends = [_number(evaluate(tree, {**base, driver: end})) for end in (low, high)]
        rows.append(
            {
                "driver": driver,
                "base": value,
                "low": float(low),
                "high": float(high),
                "kpi_base": centre,
                "kpi_low": ends[0],
                "kpi_high": ends[1],
                "swing": abs(ends[1] - ends[0]),
            }
        )
    return DataFrame(rows).sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def break_even(tree: DriverTree | str, base: Mapping[str, float], target: float) -> DataFrame:
    """Give the value that each driver alone would need for the KPI to reach a target.

    Parameters
    ----------
    tree
        A driver tree, or its formula.
    base
        Driver → value that the others keep.
    target
        Value the KPI should have.

    Returns
    -------
    One row for each driver, in the order of the tree: `driver`, `base`, `needed`, `change` =
    needed − base, `growth` = needed / base − 1 (NaN at base 0 or below), `reason`: "" or why
    `needed` is NaN: "no_effect" (the others make this driver count for nothing), "unreachable"
    (no finite value would do).

    Examples
    --------
    >>> base = {"leads": 1000, "conversion": 0.12, "deal": 50}
    >>> break_even("leads * conversion * deal", base, 6700)[["driver", "needed"]].round(4)
           driver     needed
    0       leads  1116.6667
    1  conversion     0.1340
    2        deal    55.8333
    """
    tree = driver_tree(tree) if isinstance(tree, str) else tree
    evaluate(tree, base)
    rows = []
    for driver in tree.drivers:
        value = float(base[driver])
        needed, reason = _needed(tree, base, driver, target)
        rows.append(
            {
                "driver": driver,
                "base": value,
                "needed": needed,
                "change": needed - value,
                "growth": needed / value - 1 if value > 0 else np.nan,
                "reason": reason,
            }
        )
    return DataFrame(rows)


def _needed(
    tree: DriverTree, base: Mapping[str, float], driver: str, target: float
) -> tuple[float, str]:
    """Solve KPI = rest + above × x + below / x for one driver x."""
    rest = above = below = 0.0
    for term in tree.terms:
        others = term.coefficient
        for name in term.above:
            others *= 1.0 if name == driver else float(base[name])
        for name in term.below:
            others /= 1.0 if name == driver else float(base[name])
        if driver in term.above:
            above += others
        elif driver in term.below:
            below += others
        else:
            rest += others
    if above == 0 and below == 0:
        return float("nan"), "no_effect"
    if below == 0:
        return (target - rest) / above, ""
    gap = rest - target
    if above == 0:
        return (-below / gap, "") if gap else (float("nan"), "unreachable")
    inside = gap * gap - 4 * above * below
    if inside < 0:
        return float("nan"), "unreachable"
    roots = [(-gap + sign * inside**0.5) / (2 * above) for sign in (1, -1)]
    # Of two values that would do, the one nearer to today's.
    return min(roots, key=lambda root: abs(root - float(base[driver]))), ""


@dataclass(frozen=True)
class LogNormal:
    """A driver that is positive and skewed: log-normal by its mean and standard deviation.

    Examples
    --------
    >>> LogNormal(mean=100, spread=0).draw(np.random.default_rng(0), 2).tolist()
    [100.0, 100.0]
    """

    mean: float
    spread: float

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Draw so many values."""
        if self.mean <= 0 or self.spread < 0:
            raise ParameterError(
                Problem("a LogNormal needs mean > 0 and spread ≥ 0", got=repr(self))
            )
        variance = np.log1p((self.spread / self.mean) ** 2)
        noise = random.standard_normal(count)
        return self.mean * np.exp(np.sqrt(variance) * noise - variance / 2)


@dataclass(frozen=True)
class Simulation:
    """Many possible values of a KPI.

    Attributes
    ----------
    values
        One KPI for each draw, in the order drawn.
    mean, spread
        Their mean and standard deviation.
    quantiles
        One row for each: `quantile`, `value`.
    chance
        Share of draws at or above the target; NaN without one.
    """

    values: np.ndarray
    mean: float
    spread: float
    quantiles: DataFrame
    chance: float


def simulate(
    tree: DriverTree | str,
    drivers: Mapping[str, float | LogNormal | ArrayLike],
    target: float | None = None,
    together: DataFrame | None = None,
    draws: int = 10_000,
    seed: int = 0,
    quantiles: Sequence[float] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
) -> Simulation:
    """Draw drivers at random and say what the KPI may come to (Monte Carlo).

    Parameters
    ----------
    tree
        A driver tree, or its formula.
    drivers
        Driver → a number (certain), a `LogNormal`, or observed values to draw from with equal
        chances. Drivers here are independent of each other.
    target
        The value whose chance is asked for.
    together
        Drivers observed together: one row for each period, one column for each driver. Rows are
        drawn whole, so that drivers that go together stay together. A driver stands here or in
        `drivers`.
    draws, seed
        How many; same seed, same answer.
    quantiles
        Between 0 and 1.

    Returns
    -------
    A Simulation.

    Raises
    ------
    MetricError
        If a driver is missing or its observed values are empty.

    Notes
    -----
    A product of independent log-normals with means mᵢ and squared relative spreads cᵢ has mean
    Π mᵢ and variance Π mᵢ² (Π (1 + cᵢ) − 1), against which this is tested.

    Examples
    --------
    >>> result = simulate("units * price", {"units": [90, 110], "price": 2}, target=200)
    >>> round(result.chance, 1), sorted(set(result.values.tolist()))
    (0.5, [180.0, 220.0])
    """
    tree = driver_tree(tree) if isinstance(tree, str) else tree
    random = np.random.default_rng(seed)
    drawn: dict[str, Any] = {}
    if together is not None:
        if together.empty:
            raise MetricError(Problem("`together` has no rows"))
        picked = random.integers(0, len(together), draws)
        drawn = {
            str(name): numbers(together[name], f"driver `{name}`")[picked] for name in together
        }
    for name in tree.drivers:
        if name in drivers:
            drawn[name] = _draw(drivers[name], random, draws, name)
    values = np.broadcast_to(np.asarray(evaluate(tree, drawn), dtype=float), (draws,))
    found = np.quantile(values, list(quantiles))
    return Simulation(
        values=values,
        mean=float(values.mean()),
        spread=float(values.std()),
        quantiles=DataFrame({"quantile": list(quantiles), "value": found}),
        chance=float("nan") if target is None else float((values >= target).mean()),
    )


def _draw(
    driver: float | LogNormal | ArrayLike, random: np.random.Generator, draws: int, name: str
) -> np.ndarray:
    if isinstance(driver, LogNormal):
        return driver.draw(random, draws)
    observed = numbers(driver, f"driver `{name}`").ravel()
    if not len(observed):
        raise MetricError(Problem(f"driver `{name}` has no observed values"))
    return observed[random.integers(0, len(observed), draws)]


def _number(value: float | np.ndarray) -> float:
    return float(value)
