"""Whether data keep the contract: every broken rule of every table, all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from salesnb.data.cleaning import (
    Cleaned,
    to_flags,
    to_numbers,
    to_periods,
    to_text,
    to_times,
)
from salesnb.data.contract import Column, Table
from salesnb.data.flaws import Broken, Flaw, sort_flaws
from salesnb.data.import_report import DataReport
from salesnb.data.importing import prepare
from salesnb.data.mapping import Said, read_mapping
from salesnb.data.matching import missing_column
from salesnb.data.rules import Context, broken_references, broken_rules
from salesnb.data.store import MANIFEST, Company, open_store
from salesnb.data.tables import TABLES
from salesnb.errors import suggest


def check_data(
    folder: str | Path, metrics: Collection[str] = (), mapping: str | Path | None = None
) -> DataReport:
    r"""Check a data folder, or a folder of files as an import would take them.

    Parameters
    ----------
    folder
        With canonical tables, or with CSV, Excel and Parquet files; nothing is written.
    metrics
        Ids that targets may be about; any when empty.
    mapping
        A mapping file, for a folder of files.

    Raises
    ------
    SourceError
        If files cannot be read at all.
    ParameterError
        If the mapping file is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "orders.csv").write_text("order_id,order_date\nA,2024-01-05\n")
    ...     [flaw.rule for flaw in check_data(folder).errors]
    ['missing_column']
    """
    path = Path(folder)
    if (path / MANIFEST).is_file():
        store = open_store(path)
        frames = {name: store.read(name) for name in store.tables}
        return check_tables(frames, store.company, metrics)
    said = read_mapping(mapping) if mapping is not None else Said()
    prepared = prepare([path], said)
    found = [flaw for flaw in prepared.flaws if flaw.level != "note"]
    if prepared.tables:
        found += _whole(prepared.tables)
        context = Context(prepared.tables, prepared.company, metrics)
        targets = prepared.tables.get("targets")
        if targets is not None:
            found += [
                broken.told("targets", targets)
                for broken in broken_rules(TABLES["targets"], targets, context)
                if broken.rule == "unknown_metric"
            ]
    counts = {name: len(frame) for name, frame in prepared.tables.items()}
    return DataReport(sort_flaws(found), counts)


def check_tables(
    tables: Mapping[str, pd.DataFrame], company: Company, metrics: Collection[str] = ()
) -> DataReport:
    """Check frames against the contract.

    Parameters
    ----------
    tables
        Name → rows, with the contract's column names; not changed. The index numbers the rows.
    company
        Its regions and its currency.
    metrics
        Ids that targets may be about; any when empty.

    Examples
    --------
    >>> orders = pd.DataFrame({"order_id": ["A", "A"], "order_date": ["2024-01-05", "05/01/2024"],
    ...                        "amount": [1.0, 2.0]})
    >>> [(flaw.rule, flaw.count) for flaw in check_tables({"orders": orders}, Company()).errors]
    [('unreadable_day', 1), ('duplicate', 1)]
    """
    found = _whole(tables)
    typed: dict[str, pd.DataFrame] = {}
    unread: dict[str, dict[str, pd.Series]] = {}
    for name, frame in tables.items():
        if name in TABLES:
            typed[name], unread[name], flaws = _typed(TABLES[name], frame)
            found += flaws
    context = Context(typed, company, metrics)
    for name, frame in typed.items():
        table = TABLES[name]
        broken = broken_rules(table, frame, context) if not _lacks(table, frame) else []
        for one in broken:
            # A cell that cannot be read is not also an empty one.
            told = (
                one.rows & ~unread[name].get(one.column, False) if one.rule == "empty" else one.rows
            )
            if told.any():
                found.append(replace(one, rows=told).told(name, frame))
        found += [one.told(name, frame) for one in broken_references(table, frame, context)]
    return DataReport(sort_flaws(found), {name: len(frame) for name, frame in tables.items()})


def _whole(tables: Mapping[str, pd.DataFrame]) -> list[Flaw]:
    """Say which tables are missing, and which nobody knows."""
    found = []
    if "orders" not in tables:
        found.append(Flaw("missing_table", "error", "orders"))
    if "targets" not in tables:
        found.append(Flaw("no_targets", "warning", "targets"))
    for name in tables:
        if name not in TABLES:
            near = suggest(name, tuple(TABLES))
            found.append(Flaw("unknown_table", "error", name, details={"near": near}))
    return found


def _lacks(table: Table, frame: pd.DataFrame) -> bool:
    return any(column.required and column.name not in frame for column in table.columns)


def _typed(
    table: Table, frame: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, pd.Series], list[Flaw]]:
    """Give columns their declared types, the cells that cannot be read, and the flaws."""
    headers = [str(name) for name in frame.columns]
    found = [
        missing_column(table, column.name, headers)
        for column in table.columns
        if column.required and column.name not in frame.columns
    ]
    found += [
        Flaw("unknown_column", "warning", table.name, name, details={"near": _near(name, table)})
        for name in headers
        if name not in table.names
    ]
    columns: dict[str, pd.Series] = {}
    unread: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        read = _read(column, frame[column.name])
        columns[column.name] = read.values
        if read.unreadable.any():
            unread[column.name] = read.unreadable
            details = {"other": column.kind}
            rule = "unreadable_day" if column.is_date else "unreadable"
            broken = Broken(rule, column.name, read.unreadable, True, details, frame[column.name])
            found.append(broken.told(table.name, frame))
    return pd.DataFrame(columns, index=frame.index), unread, found


def _near(name: str, table: Table) -> str:
    return suggest(name, table.names)


def _read(column: Column, values: pd.Series) -> Cleaned:
    if column.is_number:
        return to_numbers(values)
    if column.is_date:
        return to_times(values)
    if column.kind == "flag":
        return to_flags(values)
    if column.kind == "period":
        return to_periods(values)
    return to_text(values, prose=True)
