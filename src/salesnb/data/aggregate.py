"""Sums over whole tables, done by DuckDB where the rows lie.

Another engine, such as a warehouse, is a module with an `aggregate` of the same arguments and
the same result, named by `Store.engine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from salesnb.data.contract import Table
from salesnb.data.store import Store
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError, Problem, suggest

_CALENDAR = {
    "month": "strftime({date}, '%Y-%m')",
    "quarter": "strftime({date}, '%Y') || 'Q' || quarter({date})",
    "year": "strftime({date}, '%Y')",
}
_FUNCTIONS = {
    "sum": "sum({column})",
    "count": "count({column})",
    "distinct": "count(DISTINCT {column})",
    "min": "min({column})",
    "max": "max({column})",
}


def aggregate(
    store: Store,
    table: str,
    by: Sequence[str],
    sums: Mapping[str, str],
    region: str = "all",
    start: object = None,
    end: object = None,
) -> pd.DataFrame:
    """Add up a table; see `Store.aggregate`, which is the way to call it.

    Examples
    --------
    >>> import tempfile
    >>> from salesnb.data.store import Company, write_tables
    >>> orders = pd.DataFrame({"order_id": ["1", "2", "2"], "line_no": [1, 1, 2],
    ...     "order_date": pd.to_datetime(["2024-01-05", "2024-02-01", "2024-02-01"]),
    ...     "region": ["East", "East", "West"], "amount": [10.0, 20.0, 5.0]})
    >>> sums = {"amount": "amount", "orders": "distinct:order_id"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = write_tables(folder, {"orders": orders}, Company())
    ...     print(store.aggregate("orders", ["month"], sums))
         month  amount  orders
    0  2024-01    10.0       1
    1  2024-02    25.0       1
    """
    declared = TABLES[table]
    groups = [_group(declared, name) for name in by]
    measures = [_measure(store, declared, new, asked) for new, asked in sums.items()]
    parts = [part for part in store.selected(table, region) if part.rows]
    if not parts:
        return pd.DataFrame(columns=[*by, *sums])
    where, values = _window(declared, start, end)
    places = [(str(store.folder / part.file), part.region) for part in parts]
    query = f"""
        SELECT {", ".join([*groups, *measures])}
        FROM read_parquet(
            ?, filename = true, union_by_name = true, hive_partitioning = false
        ) AS rows
        {"JOIN places USING (filename)" if "region" in by else ""}
        {where}
        {"GROUP BY ALL ORDER BY ALL" if by else ""}
    """
    # One thread, so that sums of floats come out the same on every run and machine.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        if "region" in by:
            connection.register("places", pd.DataFrame(places, columns=["filename", "region"]))
        return connection.execute(query, [[place for place, _ in places], *values]).df()


def _group(table: Table, name: str) -> str:
    if name in _CALENDAR and table.date and name not in table.names:
        return f"{_CALENDAR[name].format(date=_quoted(table.date))} AS {name}"
    if name not in table.names:
        raise ParameterError(
            Problem(f"column `{name}` is unknown", fix=suggest(name, (*table.names, *_CALENDAR))),
            where=f"table `{table.name}`",
        )
    return _quoted(name)


def _measure(store: Store, table: Table, new: str, asked: str) -> str:
    function, _, column = asked.partition(":") if ":" in asked else ("sum", ":", asked)
    if asked == "count":
        return f"count(*) AS {_quoted(new)}"
    if function not in _FUNCTIONS:
        raise ParameterError(
            Problem(f"`{function}` is no way to add up", fix=suggest(function, tuple(_FUNCTIONS)))
        )
    if column not in store.columns(table.name):
        raise ParameterError(
            Problem(f"column `{column}` holds no value", fix=suggest(column, table.names)),
            where=f"table `{table.name}`",
        )
    return f"{_FUNCTIONS[function].format(column=_quoted(column))} AS {_quoted(new)}"


def _window(table: Table, start: object, end: object) -> tuple[str, list[pd.Timestamp]]:
    conditions: list[str] = []
    values: list[pd.Timestamp] = []
    if start is not None:
        conditions.append(f"{_quoted(table.date)} >= ?")
        values.append(pd.Timestamp(start))
    if end is not None:
        conditions.append(f"{_quoted(table.date)} < ?")
        values.append(pd.Timestamp(end).normalize() + pd.Timedelta(days=1))
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
