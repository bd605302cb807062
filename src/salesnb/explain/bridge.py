"""From one period's sales or margin to the next: volume, mix, price, cost, currency, new, lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from pandas import DataFrame, Series, concat, factorize

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.explain.inputs import check_sum, names, numbers, require_columns, shared_items
from salesnb.explain.products import sequential_effects, shapley_effects

Method = Literal["shapley", "classical"]
Measure = Literal["sales", "margin"]
EFFECTS = ("volume", "mix", "price", "cost", "fx", "contribution", "new", "lost")


@dataclass(frozen=True)
class Bridge:
    """A change, item by item and effect by effect, with nothing left over.

    Attributes
    ----------
    items
        One row for each item: the key columns, `status` (kept | new | lost), `prior`,
        `current`, `change`, and one column for each effect. The effects of a row sum to its
        change. Money (or the unit of the measure); positive raised it.
    effects
        The effects summed over all items, in the order in which a waterfall shows them.
    prior, current
        The whole before and after; prior + Σ effects = current.
    """

    items: DataFrame
    effects: Series
    prior: float
    current: float

    @property
    def change(self) -> float:
        """Current minus prior of the whole."""
        return self.current - self.prior

    def tidy(self) -> DataFrame:
        """Give one row for each item and effect: the key columns, `effect`, `value`."""
        kept = {"status", "prior", "current", "change", *self.effects.index}
        keys = [column for column in self.items.columns if column not in kept]
        return self.items.melt(
            id_vars=keys, value_vars=list(self.effects.index), var_name="effect", value_name="value"
        )


def bridge(
    current: DataFrame,
    prior: DataFrame,
    by: str | Sequence[str] = "item",
    measure: Measure = "sales",
    method: Method = "shapley",
) -> Bridge:
    """Split a change of sales or margin into volume, mix, price, cost, currency, new and lost.

    Parameters
    ----------
    current, prior
        Rows of the two periods; several rows of one item are added up. Columns:

        - the key columns `by`, which say what an item is;
        - `quantity`, or `qty` as in the tables, in one unit of measure;
        - `amount`, or `price` for one unit; in the currency of the item;
        - `rate`, optional: reporting currency for one unit of the item's currency (default 1);
        - for margin: `cost`, or `unit_cost`, in the reporting currency, or in another with
          `cost_rate`, optional;
        - `family`, optional: volume and mix are measured inside each family (default: all items
          are one family);
        - `unit`, optional: the unit of measure; a family with more than one has no mix, so its
          items show their whole change as `contribution`.
    by
        Key columns.
    measure
        "sales" (amount in reporting currency) or "margin" (sales minus cost).
    method
        "shapley": the same forwards and backwards, each effect measured at the average of the
        possible states of the others. "classical": one after another, as in variance analysis:
        volume at old mix and price, mix at old price, price at new quantity, fx at new price,
        cost at new quantity; forwards and backwards differ.

    Returns
    -------
    A Bridge with the effects

    - `volume`: more or fewer units in all, at unchanged shares of the items;
    - `mix`: units shifting between items dearer and cheaper (or richer and poorer in margin);
    - `price`: the item's price in its own currency;
    - `cost`: the item's unit cost (margin only; a fall of cost is positive);
    - `fx`: exchange rates (only where `rate` or `cost_rate` is given);
    - `contribution`: the change of items kept that have no quantity to measure it by (only
      where there are such items);
    - `new`, `lost`: items without quantity and amount on the other side. Lost is negative.

    Raises
    ------
    MetricError
        If a column is missing, an amount or price is empty, a cost is empty in a margin bridge,
        or an item stands in two families.

    Notes
    -----
    Sales of an item = Q · s · p · e: units in all, share of them, price, rate; margin takes
    Q · s · c · e off. `shapley` is the Shapley value of these factors (Shorrocks 2013; Stephan &
    Patel, "How to do the price-volume-mix waterfall right"); splitting an item into identical
    parts, swapping periods (which negates every bar, new and lost changing places) and the order
    of rows change nothing. Where the units of a family do not add up to more than zero on both
    sides (returns outweigh sales) shares mean nothing, and `volume` holds the quantity effect of
    each item. A price at zero quantity does not exist: an item with amount but no quantity
    counts as `contribution`.

    Examples
    --------
    >>> before = DataFrame({"item": ["x", "y"], "quantity": [7000, 3000], "price": [9, 12]})
    >>> now = DataFrame({"item": ["x", "y"], "quantity": [8000, 7000], "price": [9, 12]})
    >>> bridge(now, before, method="classical").effects.to_dict()
    {'volume': 49500.0, 'mix': 7500.0, 'price': 0.0, 'new': 0.0, 'lost': 0.0}
    """
    _check_choice("method", method, ("shapley", "classical"))
    _check_choice("measure", measure, ("sales", "margin"))
    current, prior = _with_quantity(current), _with_quantity(prior)
    _check_rates(current, prior)
    keys = names(by)
    for side, where in ((current, "current"), (prior, "prior")):
        _check_columns(side, keys, measure, where)
    items, here, there = shared_items(current, prior, keys)
    now = _side(current, here, len(items), measure, "current")
    before = _side(prior, there, len(items), measure, "prior")
    family, comparable = _families(current, prior, items, here, there)

    status = np.select(
        [now.present & ~before.present, before.present & ~now.present], ["new", "lost"], "kept"
    )
    kept = status == "kept"
    measured = kept & comparable & now.measured & before.measured
    change = now.value - before.value
    effects = {effect: np.zeros(len(items)) for effect in EFFECTS}
    effects["new"] = np.where(status == "new", change, 0.0)
    effects["lost"] = np.where(status == "lost", change, 0.0)
    effects["contribution"] = np.where(kept & ~measured, change, 0.0)
    if measured.any():
        split = _split(now.of(measured), before.of(measured), family[measured], method)
        for effect, values in split.items():
            effects[effect][measured] = values
    shown = {
        "cost": measure == "margin",
        "fx": bool({"rate", "cost_rate"} & {*current.columns}),
        "contribution": bool((effects["contribution"] != 0).any()),
    }
    chosen = [effect for effect in EFFECTS if shown.get(effect, True)]
    table = DataFrame({effect: effects[effect] for effect in chosen})
    return _bridge(items, now.value, before.value, status, table)


def contribution_bridge(
    current: DataFrame,
    prior: DataFrame,
    by: str | Sequence[str] = "item",
    value: str = "amount",
) -> Bridge:
    """Split the change of any additive metric into what each item added, new and lost apart.

    For regions, product lines, channels, reps, or customers (new, lost, existing).

    Parameters
    ----------
    current, prior
        Rows with the key columns `by` and the metric; rows of one item are added up.
    by
        Key columns: region, product line, customer …
    value
        The column of the metric; it must be one that may be summed, not a rate.

    Returns
    -------
    A Bridge with the effects `existing` (items on both sides), `new` and `lost` (items that are
    absent or zero on the other side).

    Raises
    ------
    MetricError
        If a column is missing or a value is empty.

    Examples
    --------
    >>> before = DataFrame({"customer": ["a", "b"], "amount": [10, 20]})
    >>> now = DataFrame({"customer": ["b", "c"], "amount": [25, 7]})
    >>> contribution_bridge(now, before, "customer").effects.to_dict()
    {'existing': 5.0, 'new': 7.0, 'lost': -10.0}
    """
    keys = names(by)
    for side, where in ((current, "current"), (prior, "prior")):
        require_columns(side, [*keys, value], where)
    items, here, there = shared_items(current, prior, keys)
    now, before = (
        np.bincount(places, numbers(side[value], f"`{value}` of {where}"), len(items))
        for side, places, where in ((current, here, "current"), (prior, there, "prior"))
    )
    status = np.select(
        [(before == 0) & (now != 0), (before != 0) & (now == 0)], ["new", "lost"], "kept"
    )
    effects = {
        effect: np.where(status == kind, now - before, 0.0)
        for effect, kind in (("existing", "kept"), ("new", "new"), ("lost", "lost"))
    }
    return _bridge(items, now, before, status, DataFrame(effects))


def _check_choice(name: str, got: str, options: Sequence[str]) -> None:
    if got not in options:
        raise ParameterError(Problem(f"`{name}` is unknown", got=got, fix=suggest(got, options)))


def _check_rates(current: DataFrame, prior: DataFrame) -> None:
    problems = [
        Problem(
            f"`{rate}` is given on one side only", fix="Give it on both, 1 where nothing is due."
        )
        for rate in ("rate", "cost_rate")
        if (rate in current.columns) != (rate in prior.columns)
    ]
    if problems:
        raise MetricError(problems, "bridge")


def _with_quantity(side: DataFrame) -> DataFrame:
    known = "quantity" in side.columns or "qty" not in side.columns
    return side if known else side.rename(columns={"qty": "quantity"})


def _check_columns(side: DataFrame, keys: list[str], measure: Measure, where: str) -> None:
    needed = [*keys]
    needed += ["amount"] if "amount" in side.columns else ["price", "quantity"]
    if measure == "margin":
        needed.append("cost" if "cost" in side.columns else "unit_cost")
    require_columns(side, needed, where)


@dataclass(frozen=True)
class _Side:
    """One period: one value for each item."""

    quantity: np.ndarray
    amount: np.ndarray
    reported: np.ndarray
    cost: np.ndarray
    cost_reported: np.ndarray
    rate: np.ndarray
    cost_rate: np.ndarray
    known: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """Sales or margin in the reporting currency."""
        return self.reported - self.cost_reported

    @property
    def present(self) -> np.ndarray:
        """Whether there is anything of the item."""
        return (self.quantity != 0) | (self.amount != 0) | (self.cost != 0)

    @property
    def measured(self) -> np.ndarray:
        """Whether quantity × price × rate says what was reported.

        Not without a quantity, nor where amounts cancel in their own currency only.
        """
        sales = (self.amount != 0) | (self.reported == 0)
        costs = (self.cost != 0) | (self.cost_reported == 0)
        return self.known & (self.quantity != 0) & sales & costs

    def of(self, chosen: np.ndarray) -> _Side:
        """Give some of the items."""
        return _Side(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


def _side(side: DataFrame, places: np.ndarray, size: int, measure: Measure, where: str) -> _Side:
    """Add the rows of one period up to items."""

    def column(name: str) -> np.ndarray:
        return numbers(side[name], f"`{name}` of {where}")

    def added(values: np.ndarray) -> np.ndarray:
        return np.bincount(places, values, size)

    known = np.zeros(len(side), dtype=bool)
    quantity = np.zeros(len(side))
    if "quantity" in side.columns:
        given = np.asarray(side["quantity"], dtype=float)
        known = ~np.isnan(given)
        quantity = np.where(known, given, 0.0)
    priced = "amount" not in side.columns
    amount = column("price") * column("quantity") if priced else column("amount")
    cost = np.zeros(len(side))
    if measure == "margin":
        cost = column("cost") if "cost" in side.columns else column("unit_cost") * quantity
    rows = added(np.ones(len(side)))
    sums: dict[str, np.ndarray] = {}
    for local, values, name, total in (
        ("amount", amount, "rate", "reported"),
        ("cost", cost, "cost_rate", "cost_reported"),
    ):
        rate = column(name) if name in side.columns else np.ones(len(side))
        sums[local], sums[total] = added(values), added(values * rate)
        # The rate that turns the item's amount into what was reported, whatever its rows had.
        mean = added(rate) / np.maximum(rows, 1)
        sums[name] = np.divide(sums[total], sums[local], out=mean, where=sums[local] != 0)
    unknown = added((~known).astype(float)) > 0
    return _Side(quantity=added(quantity), known=~unknown, **sums)


def _families(
    current: DataFrame, prior: DataFrame, items: DataFrame, here: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the family of each item, and whether its family has one unit of measure."""
    family, torn = _label(current, prior, items, here, there, "family")
    if torn.any():
        item = ", ".join(str(key) for key in items.iloc[int(np.argmax(torn))])
        raise MetricError(
            Problem(
                f"item `{item}` stands in two families",
                fix="Give each item one `family`, the same on both sides.",
            )
        )
    unit, torn = _label(current, prior, items, here, there, "unit")
    units = DataFrame({"family": family, "unit": unit, "torn": torn}).groupby("family")
    several = units["unit"].transform("nunique").to_numpy() > 1
    return family, ~several & ~torn


def _label(
    current: DataFrame,
    prior: DataFrame,
    items: DataFrame,
    here: np.ndarray,
    there: np.ndarray,
    name: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Give a code for each item's label, and whether the item has more than one of them."""
    values, places = [], []
    for side, place in ((current, here), (prior, there)):
        if name in side.columns:
            values.append(side[name].astype(object))
            places.append(place)
    if not values:
        return np.zeros(len(items), dtype=int), np.zeros(len(items), dtype=bool)
    codes = factorize(concat(values), use_na_sentinel=False)[0]
    place = np.concatenate(places)
    least = np.full(len(items), len(codes))
    most = np.full(len(items), -1)
    np.minimum.at(least, place, codes)
    np.maximum.at(most, place, codes)
    return most, (least < most) & (most >= 0)


def _split(now: _Side, before: _Side, family: np.ndarray, method: Method) -> dict[str, np.ndarray]:
    """Split the change of items with quantities on both sides into the effects."""
    codes = factorize(family)[0]
    total, other = (np.bincount(codes, side.quantity)[codes] for side in (now, before))
    # Without a positive whole there are no shares: all of the quantity effect is volume.
    shares = (total > 0) & (other > 0)
    sizes = [
        np.where(shares, whole, side.quantity) for side, whole in ((now, total), (before, other))
    ]
    split = shapley_effects if method == "shapley" else sequential_effects

    def effects(local: str, rate: str) -> np.ndarray:
        factors = [
            np.column_stack(
                [
                    size,
                    side.quantity / size,
                    getattr(side, local) / side.quantity,
                    getattr(side, rate),
                ]
            )
            for side, size in zip((now, before), sizes, strict=True)
        ]
        return split(factors[0], factors[1])

    sales, costs = effects("amount", "rate"), effects("cost", "cost_rate")
    return {
        "volume": sales[:, 0] - costs[:, 0],
        "mix": sales[:, 1] - costs[:, 1],
        "price": sales[:, 2],
        "cost": -costs[:, 2],
        "fx": sales[:, 3] - costs[:, 3],
    }


def _bridge(
    items: DataFrame,
    current: np.ndarray,
    prior: np.ndarray,
    status: np.ndarray,
    effects: DataFrame,
) -> Bridge:
    # Adding zero turns a minus zero into a plain one.
    effects = effects + 0.0
    sums = effects.sum()
    before, now = float(prior.sum()), float(current.sum())
    scale = float(np.abs(prior).sum() + np.abs(current).sum())
    check_sum(float(sums.sum()), now - before, scale, "bridge")
    table = items.assign(status=status, prior=prior, current=current, change=current - prior)
    return Bridge(table.join(effects), sums.rename("value").rename_axis("effect"), before, now)
