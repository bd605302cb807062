"""What an order line means: returns, gifts, line numbers, foreign currency."""

from __future__ import annotations

import pandas as pd

from salesnb.data.store import Company

SIGNED = ("amount", "qty", "cost")


def with_line_numbers(orders: pd.DataFrame) -> pd.DataFrame:
    """Number the lines of each order in the order they stand, where the source did not.

    Examples
    --------
    >>> with_line_numbers(pd.DataFrame({"order_id": ["a", "b", "a"]}))["line_no"].tolist()
    [1, 1, 2]
    """
    counted = orders.groupby("order_id", sort=False).cumcount() + 1
    given = orders["line_no"] if "line_no" in orders.columns else counted
    return orders.assign(line_no=given.fillna(counted))


def with_returns(orders: pd.DataFrame) -> pd.DataFrame:
    """Make returns lines below zero, and lines below zero returns (E07).

    Where a source writes every return above zero, its returns change sign; where it writes some
    above and some below, nobody can tell what is meant, and they stay as they are.

    Examples
    --------
    >>> lines = pd.DataFrame({"amount": [9.0, -2.0], "status": ["counted", "counted"]})
    >>> with_returns(lines)["status"].tolist()
    ['counted', 'return']
    """
    status = orders["status"] if "status" in orders.columns else None
    if status is None:
        status = pd.Series("counted", index=orders.index, dtype="str")
    returned = status == "return"
    positive = returned & (orders["amount"] > 0)
    turned = positive.any() and not (returned & (orders["amount"] < 0)).any()
    new = {
        name: orders[name].mask(positive, -orders[name].abs())
        for name in SIGNED
        if turned and name in orders.columns
    }
    below = (new.get("amount", orders["amount"]) < 0) & (status == "counted")
    return orders.assign(**new, status=status.mask(below, "return"))


def with_gifts(orders: pd.DataFrame) -> pd.DataFrame:
    """Flag lines with goods and no price as gifts (E22), which say nothing of prices.

    Examples
    --------
    >>> with_gifts(pd.DataFrame({"amount": [0.0, 9.0], "qty": [1.0, 1.0]}))["is_gift"].tolist()
    [True, False]
    """
    free = orders["amount"] == 0
    if "qty" in orders.columns:
        free &= orders["qty"] > 0
    flagged = orders["is_gift"] if "is_gift" in orders.columns else False
    return orders.assign(is_gift=free | flagged)


def with_rates(orders: pd.DataFrame, rates: pd.DataFrame | None, company: Company) -> pd.DataFrame:
    """Give lines in foreign currency the actual rate of their day (E08).

    Parameters
    ----------
    orders
        A rate that the source gave is kept.
    rates
        Table `fx`: the rate of a currency holds from its day until the next one.
    company
        Whose currency needs no rate.

    Returns
    -------
    The lines with `fx_rate`, when any is foreign; it is missing where no rate is known.
    """
    if "currency" not in orders.columns:
        return orders
    currency = orders["currency"].fillna(company.currency)
    foreign = currency != company.currency
    orders = orders.assign(currency=currency)
    if not foreign.any():
        return orders.drop(columns=["currency", "fx_rate"], errors="ignore")
    given = orders["fx_rate"] if "fx_rate" in orders.columns else None
    rate = pd.Series(float("nan"), index=orders.index) if given is None else given
    if rates is not None:
        actual = rates if "kind" not in rates.columns else rates[rates["kind"] == "actual"]
        rate = rate.fillna(_rate_of_day(orders, actual))
    return orders.assign(fx_rate=rate.mask(~foreign, 1.0))


def in_own_currency(orders: pd.DataFrame) -> pd.DataFrame:
    """Convert money to the company's currency; original amount = amount / fx_rate.

    Examples
    --------
    >>> lines = pd.DataFrame({"amount": [100.0], "currency": ["USD"], "fx_rate": [7.1]})
    >>> in_own_currency(lines)["amount"].tolist()
    [710.0]
    """
    if "fx_rate" not in orders.columns:
        return orders
    money = [name for name in ("amount", "cost", "list_price") if name in orders.columns]
    return orders.assign(**{name: orders[name] * orders["fx_rate"] for name in money})


def _rate_of_day(orders: pd.DataFrame, rates: pd.DataFrame) -> pd.Series:
    days = pd.DataFrame(
        {
            "date": orders["order_date"].to_numpy(),
            "currency": orders["currency"].astype("str").to_numpy(),
            "place": range(len(orders)),
        }
    ).sort_values("date", kind="stable")
    known = rates[["date", "currency", "rate"]].sort_values("date", kind="stable")
    known = known.assign(
        currency=known["currency"].astype("str"), date=known["date"].astype("datetime64[us]")
    )
    days = days.assign(date=days["date"].astype("datetime64[us]")).dropna(subset="date")
    found = pd.merge_asof(days, known, on="date", by="currency").set_index("place")["rate"]
    return found.reindex(range(len(orders))).set_axis(orders.index)
