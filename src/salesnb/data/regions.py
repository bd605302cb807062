"""Which region a row belongs to, when it does not say so itself."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from salesnb.data.contract import COMPANY, UNMAPPED, Table
from salesnb.data.scope import parse_scope
from salesnb.data.tables import TABLES


def with_region(
    table: Table, rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Give every row a region: its own, that of its scope, or that of what it points to.

    Rows with a scope that names no region belong to the company (region ""). Rows that point to
    nothing known are `unmapped`, and stay visible as such. Tables without regions come back
    as they are.

    Parameters
    ----------
    table
        What the rows are.
    rows
        Not changed.
    tables
        The tables that `table.region_from` points to, as far as they are there.
    """
    if not table.has_region:
        return rows
    region = _own(rows)
    if "scope" in table.names and "scope" in rows.columns:
        region = region.fillna(rows["scope"].astype("str").map(_scope_regions(rows["scope"])))
    for column, other in table.region_from:
        if column in rows.columns and other in tables and region.isna().any():
            known = _regions_of(TABLES[other], tables)
            region = region.fillna(rows[column].astype("str").map(known))
    alone = COMPANY if _belongs_to_company(table) else UNMAPPED
    return rows.assign(region=region.fillna(alone))


def _own(rows: pd.DataFrame) -> pd.Series:
    if "region" not in rows.columns:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    return rows["region"].astype("str")


def _scope_regions(scopes: pd.Series) -> dict[str, str]:
    texts = scopes.dropna().astype("str").unique()
    return {text: parse_scope(text).get("region", COMPANY) for text in texts}


def _belongs_to_company(table: Table) -> bool:
    """Whether a row without a region is the company's own and not one that lost its region."""
    return (
        "scope" in table.names
        or table.column("region").default == COMPANY
        or (table.name in ("actions", "risks"))
    )


def _regions_of(table: Table, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Region by key of a table that others point to."""
    rows = with_region(table, tables[table.name], tables)
    key = table.keys[0]
    known = rows.loc[rows["region"] != UNMAPPED, [key, "region"]].drop_duplicates(key)
    return known.set_index(key)["region"]
