"""From one period's sales or margin to the next: volume, mix, price, cost, currency, new, lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pandas import DataFrame, Index, Series

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.explain.inputs import check_sum, names, numbers, require_columns
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
        - `quantity`, in one unit of measure;
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
    _check_rates(current, prior)
    keys = names(by)
    margin = measure == "margin"
    now, before = (
        _by_item(side, keys, margin, where)
        for side, where in ((current, "current"), (prior, "prior"))
    )
    now, before = now.align(before, join="outer", fill_value=np.nan)
    family = _families(now, before)
    now, before = (side.drop(columns=["family", "unit"]).fillna(0.0) for side in (now, before))
    unquantified = _unquantified(current, prior, keys, now.index)

    values = {"current": _value(now), "prior": _value(before)}
    status = _status(now, before)
    measured = (
        (status == "kept")
        & ~unquantified
        & (now["quantity"] != 0).to_numpy()
        & (before["quantity"] != 0).to_numpy()
        & family.notna().to_numpy()
        & _has_rates(now)
        & _has_rates(before)
    )
    effects = DataFrame(0.0, index=now.index, columns=list(EFFECTS))
    change = values["current"] - values["prior"]
    effects["new"] = np.where(status == "new", change, 0.0)
    effects["lost"] = np.where(status == "lost", change, 0.0)
    effects["contribution"] = np.where((status == "kept") & ~measured, change, 0.0)
    if measured.any():
        split = _split(now[measured], before[measured], family[measured], method)
        effects.loc[measured, split.columns] = split.to_numpy()

    shown = {
        "cost": margin,
        "fx": bool({"rate", "cost_rate"} & {*current.columns}),
        "contribution": bool(((status == "kept") & ~measured & (change != 0)).any()),
    }
    effects = effects[[effect for effect in EFFECTS if shown.get(effect, True)]]
    return _bridge(values["current"], values["prior"], status, effects)


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
    sums = []
    for side, where in ((current, "current"), (prior, "prior")):
        require_columns(side, [*keys, value], where)
        checked = side[keys].assign(value=numbers(side[value], f"`{value}` of {where}"))
        sums.append(checked.groupby(keys, observed=True, dropna=False)["value"].sum())
    now, before = sums[0].align(sums[1], join="outer", fill_value=0.0)
    present, past = now.to_numpy(dtype=float), before.to_numpy(dtype=float)
    status = np.select(
        [(past == 0) & (present != 0), (past != 0) & (present == 0)], ["new", "lost"], "kept"
    )
    effects = DataFrame(
        {
            effect: np.where(status == kind, present - past, 0.0)
            for effect, kind in (("existing", "kept"), ("new", "new"), ("lost", "lost"))
        },
        index=now.index,
    )
    return _bridge(present, past, status, effects)


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


def _by_item(side: DataFrame, keys: list[str], margin: bool, where: str) -> DataFrame:
    """Add rows up to one row for each item: quantity, amounts and costs, local and reported."""
    price = "amount" if "amount" in side.columns else "price"
    needed = [*keys, price] + (["quantity"] if price == "price" else [])
    cost = "cost" if "cost" in side.columns else "unit_cost"
    require_columns(side, needed + ([cost] if margin else []), where)

    def column(name: str) -> np.ndarray:
        return numbers(side[name], f"`{name}` of {where}")

    quantity = np.zeros(len(side))
    if "quantity" in side.columns:
        quantity = np.nan_to_num(np.asarray(side["quantity"], dtype=float), nan=0.0)
    amount = column("amount") if price == "amount" else column("price") * column("quantity")
    spent = np.zeros(len(side))
    if margin:
        spent = column("cost") if cost == "cost" else column("unit_cost") * quantity
    rate = column("rate") if "rate" in side.columns else np.ones(len(side))
    cost_rate = column("cost_rate") if "cost_rate" in side.columns else np.ones(len(side))
    rows = side[keys].assign(
        quantity=quantity,
        amount=amount,
        reported=amount * rate,
        cost=spent,
        cost_reported=spent * cost_rate,
        rate=rate,
        cost_rate=cost_rate,
        family=side["family"] if "family" in side.columns else "",
        unit=side["unit"] if "unit" in side.columns else "",
    )
    groups = rows.groupby(keys, observed=True, dropna=False)
    items = groups[["quantity", "amount", "reported", "cost", "cost_reported"]].sum()
    items[["rate", "cost_rate"]] = groups[["rate", "cost_rate"]].mean()
    for name in ("family", "unit"):
        counts = groups[name].nunique(dropna=False)
        if name == "family" and (counts > 1).any():
            _two_families(counts.index[counts > 1][0], where)
        items[name] = groups[name].first().where(counts == 1, other="\0several")
    # The rate that turns the item's amount into what was reported, whatever its rows had.
    for local, reported, each in (
        ("amount", "reported", "rate"),
        ("cost", "cost_reported", "cost_rate"),
    ):
        known = items[local] != 0
        items[each] = (items[reported] / items[local].where(known)).where(known, items[each])
    return items


def _two_families(item: object, where: str) -> None:
    raise MetricError(
        Problem(
            f"item {item!r} stands in two families",
            where=where,
            fix="Give each item one `family`, the same on both sides.",
        )
    )


def _families(now: DataFrame, before: DataFrame) -> Series:
    """Give the family of each item; empty where its family has more than one unit of measure."""
    both = now["family"].notna() & before["family"].notna()
    moved = both & (now["family"] != before["family"])
    if moved.any():
        _two_families(now.index[moved][0], "current and prior")
    family = now["family"].where(now["family"].notna(), before["family"])
    unit = now["unit"].where(now["unit"].notna(), before["unit"])
    changed = now["unit"].notna() & before["unit"].notna() & (now["unit"] != before["unit"])
    unit = unit.mask(changed, "\0several")
    units = unit.groupby(family, dropna=False).transform("nunique")
    return family.astype(object).fillna("").where((units <= 1) & (unit != "\0several"))


def _unquantified(
    current: DataFrame, prior: DataFrame, keys: list[str], index: Index
) -> np.ndarray:
    """Say which items have a row without quantity on either side."""
    found = Series(False, index=index)
    for side in (current, prior):
        if "quantity" not in side.columns:
            return np.ones(len(index), dtype=bool)
        empty = side[keys].assign(empty=side["quantity"].isna())
        by_item = empty.groupby(keys, observed=True, dropna=False)["empty"].any()
        found |= by_item.reindex(index, fill_value=False)
    return found.to_numpy(dtype=bool)


def _has_rates(side: DataFrame) -> np.ndarray:
    """Say where reported = amount × rate can hold: not where amounts cancel and reports do not."""
    sales = (side["amount"] != 0) | (side["reported"] == 0)
    costs = (side["cost"] != 0) | (side["cost_reported"] == 0)
    return (sales & costs).to_numpy()


def _value(side: DataFrame) -> np.ndarray:
    return (side["reported"] - side["cost_reported"]).to_numpy(dtype=float)


def _status(now: DataFrame, before: DataFrame) -> np.ndarray:
    here, there = (
        (side[["quantity", "amount", "cost"]] != 0).any(axis=1).to_numpy() for side in (now, before)
    )
    return np.select([here & ~there, there & ~here], ["new", "lost"], "kept")


def _split(now: DataFrame, before: DataFrame, family: Series, method: Method) -> DataFrame:
    """Split the change of items with quantities on both sides into the effects."""
    total, other = (
        side["quantity"].groupby(family.to_numpy()).transform("sum").to_numpy()
        for side in (now, before)
    )
    # Without a positive whole there are no shares: all of the quantity effect is volume.
    shares = (total > 0) & (other > 0)
    quantities = []
    for side, whole in ((now, total), (before, other)):
        quantity = side["quantity"].to_numpy(dtype=float)
        size = np.where(shares, whole, quantity)
        quantities.append((size, quantity / size))
    split = shapley_effects if method == "shapley" else sequential_effects

    def effects(local: str, rate: str) -> np.ndarray:
        factors = []
        for side, (size, share) in zip((now, before), quantities, strict=True):
            each = (side[local] / side["quantity"]).to_numpy(dtype=float)
            factors.append(np.column_stack([size, share, each, side[rate].to_numpy(dtype=float)]))
        return split(factors[0], factors[1])

    sales, costs = effects("amount", "rate"), effects("cost", "cost_rate")
    return DataFrame(
        {
            "volume": sales[:, 0] - costs[:, 0],
            "mix": sales[:, 1] - costs[:, 1],
            "price": sales[:, 2],
            "cost": -costs[:, 2],
            "fx": sales[:, 3] - costs[:, 3],
        },
        index=now.index,
    )


def _bridge(
    current: np.ndarray, prior: np.ndarray, status: np.ndarray, effects: DataFrame
) -> Bridge:
    # Adding zero turns a minus zero into a plain one.
    effects = effects + 0.0
    sums = effects.sum()
    before, now = float(prior.sum()), float(current.sum())
    scale = float(np.abs(prior).sum() + np.abs(current).sum())
    check_sum(float(sums.sum()), now - before, scale, "bridge")
    items = effects.index.to_frame(index=False).assign(
        status=status, prior=prior, current=current, change=current - prior
    )
    items = items.join(effects.reset_index(drop=True))
    return Bridge(items, sums.rename("value").rename_axis("effect"), before, now)
