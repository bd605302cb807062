"""Kinds of dirt: what makes a company's files hard to read, each to be switched on by itself.

Some lie in the data, so that the clean edition has them, too, in canonical form: lines without a
customer or with a channel nobody knows. The others lie in how files are written, and an import
has to undo them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.sample.causes import chosen
from salesnb.sample.draws import stream
from salesnb.sample.shape import ONLINE

KINDS: Mapping[str, str] = {
    "duplicate_lines": "order lines that stand in the file twice",
    "trailing_blanks": "blanks before or behind numbers and names",
    "full_width": "numbers written with full-width digits",
    "region_names": "a region written as 华东, 华东区 or East",
    "blank_customers": "order lines without a customer",
    "returns": "returns written above zero, known by their state only",
    "gifts": "gifts without a mark, known by their amount of zero",
    "internal_orders": "orders between own companies, marked in several ways",
    "unmapped_channel": "order lines of a channel that is on no list",
    "wan_yuan": "amounts in 万元 beside amounts in 元",
    "gbk": "CSV files in GBK instead of UTF-8",
    "title_rows": "titles above the headers in Excel",
    "total_rows": "rows of totals below the data",
}
"""Kind → what it is."""

STRANGE_CHANNEL = "社群团购"
"""The channel that is on no list, as files write it."""

_LINES = 24
"""Lines that each kind of dirt in the data touches."""


def kinds_of(asked: str | Collection[str]) -> frozenset[str]:
    """Read `all`, `none` or a list of kinds.

    Raises
    ------
    ParameterError
        With every unknown kind.
    """
    return frozenset(chosen(asked, KINDS, "kinds of dirt"))


def soil(
    tables: Mapping[str, pd.DataFrame], kinds: Collection[str], seed: int
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, float]]]:
    """Put the dirt that lies in the data into a company.

    Only small lines of online orders are touched, so that no figure of the company moves.

    Returns
    -------
    The tables, orders replaced by a copy; for each kind how many lines, and what they sum to.
    """
    orders = tables["orders"].copy()
    counts: dict[str, dict[str, float]] = {}
    rng = stream(seed, "dirt in the data")
    small = orders["channel"].isin(ONLINE) & (orders["status"] == "counted")
    small &= (orders["amount"] > 0) & (orders["amount"] < orders["amount"].quantile(0.25))
    small &= orders["customer_id"].notna() & orders["lead_id"].isna()
    # Neither a customer's first line nor one that was returned: who is new stays who is new.
    small &= orders.duplicated("customer_id")
    places = rng.permutation(np.flatnonzero(small))
    for kind, column, value in (
        ("blank_customers", "customer_id", None),
        ("unmapped_channel", "channel", UNMAPPED),
    ):
        taken, places = places[:_LINES], places[_LINES:]
        if kind in kinds:
            orders.loc[taken, column] = value
            counts[kind] = {
                "rows": float(len(taken)),
                "amount": round(float(orders.loc[taken, "amount"].sum()), 2),
            }
    return {**tables, "orders": orders}, counts
