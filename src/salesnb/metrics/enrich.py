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
    labels = values.cat.categories
    ordered = labels if labels.is_monotonic_increasing else labels.sort_values()
    missing = not ids and bool(values.isna().any())
    if missing and UNMAPPED not in ordered:
        ordered = ordered.append(pd.Index([UNMAPPED], dtype=ordered.dtype)).sort_values()
    if ordered is not labels or values.cat.ordered:
        values = values.cat.set_categories(ordered, ordered=False)
    return values.fillna(UNMAPPED) if missing else values


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
    of_key = known.reindex(keys.cat.categories)
    codes = keys.cat.codes.to_numpy()
    # A missing key has code -1, which reads the one more entry at the end.
    if isinstance(known.dtype, pd.CategoricalDtype):
        taken = np.append(of_key.cat.codes.to_numpy(), -1)[codes]
        values = pd.Categorical.from_codes(taken, dtype=known.dtype)
        return as_category(pd.Series(values, index=keys.index))
    numbers = np.append(of_key.to_numpy(dtype=float, na_value=np.nan), np.nan)
    return pd.Series(numbers[codes], index=keys.index)


def enriched(frame: pd.DataFrame, references: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Give a table with categories in order and what its rows take over from other tables.

    Parameters
    ----------
    frame
        Rows as the store gives them; not changed.
    references
        The tables keys point to, as far as they are there.
    """
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name in KEYS:
            columns[name] = as_category(frame[name], ids=True)
        elif name == "order_id":
            # Only ever counted: many, and in no need of an order.
            codes, found = pd.factorize(frame[name])
            columns[name] = pd.Series(pd.Categorical.from_codes(codes, found), index=frame.index)
        elif isinstance(frame[name].dtype, pd.CategoricalDtype):
            columns[name] = as_category(frame[name])
    for key, (table, names) in KEYS.items():
        reference = references.get(table)
        if key not in frame.columns or reference is None:
            continue
        known = reference.drop_duplicates(key).set_index(key)
        for source, name in names.items():
            if source in known.columns and name not in frame.columns:
                columns[name] = look_up(columns[key], as_category(known[source]))
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
    orders, products
        Enriched; not changed.
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
    known = products.drop_duplicates("product_id").set_index("product_id")
    filled: dict[str, pd.Series] = {}
    for name, source, per_unit in (
        ("cost", "unit_cost", True),
        ("list_price", "list_price", False),
    ):
        if source in known.columns and (name not in orders.columns or orders[name].isna().any()):
            from_product = look_up(orders["product_id"], known[source])
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
    whole = credit.groupby("order_id")["share"].transform("sum")
    shares = credit.assign(share=credit["share"] / whole.where(whole > 0))
    shares = shares.loc[shares["share"] > 0, ["order_id", "rep_id", "share"]]
    shared = sales["order_id"].isin(shares["order_id"]).to_numpy()
    if not shared.any():
        return sales
    lines = sales[shared].drop(columns="rep_id", errors="ignore")
    orders = lines["order_id"].astype("str").reset_index(drop=True)
    places = orders.to_frame().assign(line=range(len(lines)))
    pairs = places.merge(shares.assign(order_id=shares["order_id"].astype("str")), on="order_id")
    split = lines.iloc[pairs["line"].to_numpy()].reset_index(drop=True)
    scaled = {
        name: split[name] * pairs["share"] for name in ("amount", "qty", "cost") if name in split
    }
    split = split.assign(**scaled, rep_id=pairs["rep_id"].astype("str"))
    rest = sales[~shared]
    rest = rest.assign(rep_id=rest["rep_id"].astype("str") if "rep_id" in rest else None)
    joined = pd.concat([rest, split[rest.columns]])
    joined = joined.sort_values("order_date", kind="stable", ignore_index=True)
    return _with_people(joined.assign(rep_id=as_category(joined["rep_id"], ids=True)), reps)


def _with_people(sales: pd.DataFrame, reps: pd.DataFrame | None) -> pd.DataFrame:
    """Take team and role over again, of the person now named."""
    if reps is None:
        return sales
    rest = sales.drop(columns=[name for name in ("team", "role") if name in sales.columns])
    return enriched(rest, {"reps": reps})
