"""What each row also knows: the line of its product, the industry of its customer, its state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.metrics.settings import Settings
from salesnb.period import Calendar, Kind, Period

KEYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "customer_id": (
        "customers",
        {"industry": "industry", "size": "size", "province": "province", "tier": "customer_tier"},
    ),
    "product_id": (
        "products",
        {"line": "product_line", "tier": "product_tier", "group": "product_group"},
    ),
    "rep_id": ("reps", {"team": "team", "role": "role"}),
}
"""Key column → the table it points to, and what rows take over from there: column → name."""


def taken_over(column: str) -> tuple[str, str, str] | None:
    """Say where a column that rows take over comes from: key, table, column there."""
    for key, (table, names) in KEYS.items():
        for source, name in names.items():
            if name == column:
                return key, table, source
    return None


def as_category(values: pd.Series, ids: bool = False) -> pd.Series:
    """Give text as a category in order of its values.

    What is missing becomes `unmapped` (E19), but for ids: an unknown customer is no customer.
    """
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    held: pd.Categorical = values.array  # type: ignore[assignment]
    codes, labels = held.codes, held.categories
    missing = not ids and bool((codes < 0).any())
    if missing and UNMAPPED not in labels:
        labels = labels.append(pd.Index([UNMAPPED], dtype=labels.dtype))
    order = labels.argsort()
    in_order = bool((order[1:] > order[:-1]).all())
    if in_order and not missing and not held.ordered:
        return values
    if not in_order:
        labels = labels.take(order)
    # A missing value has code -1, which reads the one more entry at the end.
    place = np.full(len(labels) + 1, -1)
    place[order] = np.arange(len(labels))
    if missing:
        place[-1] = labels.get_loc(UNMAPPED)
    return _coded(place[codes], pd.CategoricalDtype(labels), values.index)


def used(values: pd.Series) -> pd.Series:
    """Give a category without the values that no row has."""
    held: pd.Categorical = values.array  # type: ignore[assignment]
    # A missing value has code -1, which marks the one more entry at the end.
    there = np.zeros(len(held.categories) + 1, dtype=bool)
    there[held.codes] = True
    if there[:-1].all():
        return values
    place = np.append(np.cumsum(there[:-1]) - 1, -1)
    return _coded(place[held.codes], pd.CategoricalDtype(held.categories[there[:-1]]), values.index)


def _coded(codes: np.ndarray, dtype: pd.CategoricalDtype, index: pd.Index) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), index=index, copy=False)


def known_by(key: str, reference: pd.DataFrame) -> pd.DataFrame:
    """Give the table a key points to with one row for each key, its index.

    What rows take over from there are categories in order.
    """
    first = reference.drop_duplicates(key)
    taken = {name: as_category(first[name]) for name in KEYS[key][1] if name in first.columns}
    return first.assign(**taken).set_index(pd.Index(first[key].astype("str"))).drop(columns=key)


def look_up(keys: pd.Series, known: pd.Series) -> pd.Series:
    """Give each row what is known of its key, by way of the keys' categories.

    Parameters
    ----------
    keys
        A category.
    known
        Value by key, unique in its index.

    Returns
    -------
    A category with `unmapped` where nothing is known, or numbers with NaN.
    """
    return _looked_up(keys, known.index.get_indexer(keys.cat.categories), known)


def _looked_up(keys: pd.Series, places: np.ndarray, known: pd.Series) -> pd.Series:
    """Give what `look_up` gives, from the place of each category of the keys in `known`."""
    codes = keys.cat.codes.to_numpy()
    # A missing key has code -1, which reads the one more entry at the end; so does an unknown one.
    places = np.append(places, -1)
    if isinstance(known.dtype, pd.CategoricalDtype):
        of_key = np.append(known.cat.codes.to_numpy(), -1)[places]
        return as_category(_coded(of_key[codes], known.dtype, keys.index))
    numbers = np.append(known.to_numpy(dtype=float, na_value=np.nan), np.nan)[places]
    return pd.Series(numbers[codes], index=keys.index)


def enriched(frame: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Give a table with categories in order and what its rows take over from other tables.

    Parameters
    ----------
    frame
        Rows as the store gives them; not changed.
    references
        What is known by the tables that keys point to, as far as they are there; see `known_by`.
    """
    columns: dict[str, pd.Series] = {}
    for name, values in frame.items():
        # Orders are only ever counted: many, and in no need of an order.
        if isinstance(values.dtype, pd.CategoricalDtype) and name != "order_id":
            columns[str(name)] = as_category(values, ids=name in KEYS)
    for key, (table, names) in KEYS.items():
        known = references.get(table)
        if key not in frame.columns or known is None:
            continue
        places = known.index.get_indexer(columns[key].cat.categories)
        for source, name in names.items():
            if source in known.columns and name not in frame.columns:
                columns[name] = _looked_up(columns[key], places, known[source])
    return frame.assign(**columns)


def order_states(
    orders: pd.DataFrame,
    products: pd.DataFrame | None,
    created: pd.Series | None,
    history: date,
    calendar: Calendar,
    settings: Settings,
) -> pd.DataFrame:
    """Add to enriched order lines what each one counts as.

    Parameters
    ----------
    orders
        Enriched; not changed.
    products
        What is known by product; see `known_by`.
    created
        Day each customer was put on the books, by `customer_id`.
    history
        First day of the company's orders.
    calendar, settings
        What a fiscal year is, and which definitions hold.

    Returns
    -------
    The lines, sorted by `order_date`, with
    `is_counted` (is part of sales), `is_purchase` (makes its order an order: no return, no gift,
    E07), `is_priced` (its price says something: no gift, zero price or internal order, E22),
    `cost` and `list_price` filled from the product where the line has none,
    `first_order` (day of the customer's first purchase in the whole history), and
    `customer_type` (`new` or `existing` on the day of the line).
    """
    if not orders["order_date"].is_monotonic_increasing:
        orders = orders.sort_values("order_date", kind="stable", ignore_index=True)
    amount = orders["amount"].to_numpy()
    flags = {name: _flag(orders, name) for name in ("is_gift", "is_internal")}
    counted = _one_of(orders, "status", settings.counted_statuses)
    if settings.internal_orders == "exclude":
        counted &= ~flags["is_internal"]
    returned = _one_of(orders, "status", ("return",), otherwise=False)
    purchase = counted & ~returned & ~flags["is_gift"] & (amount > 0)
    priced = counted & ~flags["is_gift"] & ~flags["is_internal"] & (amount != 0)
    if "qty" in orders.columns:
        priced &= orders["qty"].to_numpy() != 0
    orders = orders.assign(is_counted=counted, is_purchase=purchase, is_priced=priced, **flags)
    orders = _with_prices(orders, products)
    if "customer_id" not in orders.columns:
        return orders
    first = _first_order(orders, purchase, created, history)
    return orders.assign(
        first_order=first, customer_type=_customer_type(orders, first, calendar, settings)
    )


def _flag(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].astype("boolean").fillna(False).to_numpy(dtype=bool)


def _one_of(
    frame: pd.DataFrame, column: str, wanted: tuple[str, ...], otherwise: bool = True
) -> np.ndarray:
    if column not in frame.columns:
        return np.full(len(frame), otherwise)
    values = frame[column]
    return np.append(values.cat.categories.isin(wanted), otherwise)[values.cat.codes.to_numpy()]


def _with_prices(orders: pd.DataFrame, products: pd.DataFrame | None) -> pd.DataFrame:
    """Fill cost and list price of a line from its product; what nobody knows stays missing."""
    if products is None or not {"product_id", "qty"} <= set(orders.columns):
        return orders
    filled: dict[str, pd.Series] = {}
    for name, source, per_unit in (
        ("cost", "unit_cost", True),
        ("list_price", "list_price", False),
    ):
        if source in products.columns and (name not in orders.columns or orders[name].isna().any()):
            from_product = look_up(orders["product_id"], products[source])
            if per_unit:
                from_product = from_product * orders["qty"]
            own = orders[name] if name in orders.columns else from_product
            filled[name] = own.fillna(from_product)
    return orders.assign(**filled)


def _first_order(
    orders: pd.DataFrame, purchase: np.ndarray, created: pd.Series | None, history: date
) -> pd.Series:
    """Give the day of each line's customer's first purchase; NaT where there is none.

    A customer on the books before the history begins bought before it, as far as we know (E14):
    his first order is the day he was created.
    """
    customers = orders["customer_id"].cat
    codes, days = customers.codes.to_numpy(), orders["order_date"].to_numpy()
    first = np.full(len(customers.categories) + 1, np.datetime64("NaT"), dtype=days.dtype)
    chosen = np.flatnonzero(purchase)[::-1]
    # Of several assignments to one place the last holds, here the earliest day.
    first[codes[chosen]] = days[chosen]
    first[-1] = np.datetime64("NaT")
    if created is not None:
        on_books = created.reindex(customers.categories).to_numpy().astype(days.dtype)
        first[:-1] = np.where(on_books < np.datetime64(history), on_books, first[:-1])
    return pd.Series(first[codes], index=orders.index)


def _customer_type(
    orders: pd.DataFrame, first: pd.Series, calendar: Calendar, settings: Settings
) -> pd.Series:
    day = orders["order_date"]
    if settings.new_customer_state == "12_months":
        new = ((day - first).dt.days < 365).to_numpy()
    else:
        kind = "month" if settings.new_customer_state == "month" else "year"
        new = _period_number(day, calendar, kind) == _period_number(first, calendar, kind)
    codes = np.where(first.isna(), -1, np.where(new & (day >= first).to_numpy(), 1, 0))
    types = pd.Categorical.from_codes(codes, ["existing", "new"])
    return as_category(pd.Series(types, index=orders.index))


def _period_number(days: pd.Series, calendar: Calendar, kind: Kind) -> np.ndarray:
    """Number the period of each day; equal numbers are equal periods, missing days are -1."""
    # Days are few, rows many: name the days.
    codes, found = pd.factorize(days)
    labels = calendar.labels(pd.Series(found), kind).cat
    ordinals = np.array([Period.parse(name).ordinal for name in labels.categories], dtype=int)
    return np.append(ordinals[labels.codes.to_numpy()], -1)[codes]


def owned(sales: pd.DataFrame, owner: pd.Series, reps: pd.DataFrame | None) -> pd.DataFrame:
    """Give order lines to the person who owns their customer now.

    Parameters
    ----------
    sales
        Order lines with states.
    owner
        Person by customer.
    """
    taken = look_up(sales["customer_id"], owner.astype("category"))
    # Nobody is no person.
    people = taken.cat.categories.drop(UNMAPPED, errors="ignore")
    return _with_people(sales.assign(rep_id=taken.cat.set_categories(people)), reps)


def credited(sales: pd.DataFrame, credit: pd.DataFrame, reps: pd.DataFrame | None) -> pd.DataFrame:
    """Split the lines of orders that several people share.

    Returns
    -------
    The lines in order of day; one of an order in `credit` stands there once for each person, with
    that person's share of `amount`, `qty` and `cost`. Shares that do not sum to 1 are scaled, so
    that the whole stays what it was.
    """
    of_order = credit["order_id"].astype("str")
    whole = credit["share"].groupby(of_order).transform("sum")
    shares = pd.DataFrame(
        {
            "order_id": of_order,
            "rep_id": credit["rep_id"].astype("str"),
            "share": credit["share"] / whole.where(whole > 0),
        }
    )
    shares = shares[shares["share"] > 0]
    shared = sales["order_id"].isin(shares["order_id"]).to_numpy()
    if not shared.any():
        return sales
    orders = sales["order_id"][shared].astype("str")
    lines = pd.DataFrame({"order_id": orders, "line": np.flatnonzero(shared)})
    pairs = lines.merge(shares, on="order_id")
    # Lines of one person first, then those of several; then all by day.
    rest = np.flatnonzero(~shared)
    at = np.concatenate([rest, pairs["line"]])
    order = np.argsort(sales["order_date"].to_numpy()[at], kind="stable")
    share = np.concatenate([np.ones(len(rest)), pairs["share"]])[order]
    own = sales["rep_id"] if "rep_id" in sales.columns else pd.Series(None, sales.index)
    people = pd.concat([own.astype("str").iloc[rest], pairs["rep_id"]]).iloc[order]
    split = sales.iloc[at[order]].reset_index(drop=True)
    scaled = {name: split[name] * share for name in ("amount", "qty", "cost") if name in split}
    rep_id = as_category(people.reset_index(drop=True), ids=True)
    return _with_people(split.assign(**scaled, rep_id=rep_id), reps)


def _with_people(sales: pd.DataFrame, reps: pd.DataFrame | None) -> pd.DataFrame:
    """Take team and role over again, of the person now named."""
    if reps is None:
        return sales
    rest = sales.drop(columns=[name for name in ("team", "role") if name in sales.columns])
    return enriched(rest, {"reps": reps})
