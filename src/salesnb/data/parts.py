"""Parts of tables on disk: Parquet files named by what is in them.

A part never changes once it has its name, and nothing points to it before it is whole. So a
crash, a full disk or a second writer leaves the tables as they were.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from salesnb.data.contract import Column, Table
from salesnb.errors import ContractError, Problem, suggest

ROWS_IN_GROUP = 131_072
FEW_ROWS = 1_000_000
"""Rows of a part that are read by one thread."""
_COMPARE = {">=": pc.greater_equal, "<": pc.less}

_ARROW = {
    "id": pa.string(),
    "text": pa.string(),
    "category": pa.string(),
    "period": pa.string(),
    "date": pa.timestamp("us"),
    "time": pa.timestamp("us"),
    "money": pa.float64(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}


_CODED = ("category", "text", "period")
"""Kinds of columns that are read as categories."""


@dataclass(frozen=True)
class Part:
    """One file of a table: where it is and what it holds.

    `region` is None in a table without regions. `first` and `last` are ISO days, "" when the
    table has no date. `columns` are those with at least one value.
    """

    file: str
    region: str | None
    rows: int
    fingerprint: str
    first: str
    last: str
    columns: tuple[str, ...]


def arrow_table(table: Table, frame: pd.DataFrame) -> pa.Table:
    """Give a frame the declared types and defaults, sorted by region, date and key.

    Raises
    ------
    ContractError
        If a column is unknown to the table, or its values do not have the declared type.
    """
    problems = [
        Problem(f"column `{name}` is unknown", fix=suggest(str(name), table.names))
        for name in frame.columns
        if name not in table.names
    ]
    problems += [
        Problem(f"column `{column.name}` is missing", fix=f"There are: {', '.join(frame.columns)}.")
        for column in table.columns
        if column.required and column.name not in frame.columns
    ]
    frame = _with_defaults(table, frame)
    columns = [c for c in table.columns if c.name in frame.columns]
    arrays = {}
    for column in columns:
        try:
            arrays[column.name] = _array(frame[column.name], column)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as e:
            problems.append(
                Problem(
                    f"column `{column.name}` cannot be stored as {column.kind}",
                    got=str(frame[column.name].dtype),
                    fix=str(e).splitlines()[0].rstrip(".") + ".",
                )
            )
    if problems:
        raise ContractError(problems, where=f"table `{table.name}`")
    data = pa.table(arrays)
    order = [name for name in dict.fromkeys(("region", table.date, *table.keys)) if name in arrays]
    if order and data.num_rows > 1:
        data = data.sort_by([(name, "ascending") for name in order])
    return data.combine_chunks()


def _with_defaults(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    filled = {}
    for column in table.columns:
        if column.default is None:
            continue
        if column.name not in frame.columns:
            filled[column.name] = column.default
        elif frame[column.name].isna().any():
            values = frame[column.name]
            coded = isinstance(values.dtype, pd.CategoricalDtype)
            filled[column.name] = (values.astype("str") if coded else values).fillna(column.default)
    return frame.assign(**filled)


def _array(values: pd.Series, column: Column) -> pa.ChunkedArray | pa.Array:
    if column.kind == "date":
        values = pd.to_datetime(values).dt.normalize()
    elif isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    return pa.Array.from_pandas(values, type=_ARROW[column.kind])


def write_part(folder: Path, table: Table, region: str | None, data: pa.Table) -> Part:
    """Write one part beside, then give it its name; the same data give the same file."""
    place = folder / table.name
    if region is not None:
        place = place / f"region={quote(region, safe='') or '__company__'}"
    place.mkdir(parents=True, exist_ok=True)
    beside = place / f".writing-{os.getpid()}"
    try:
        pq.write_table(
            data,
            beside,
            compression="zstd",
            row_group_size=ROWS_IN_GROUP,
            use_dictionary=[
                c.name for c in table.columns if c.is_text and c.name in data.schema.names
            ],
        )
        with beside.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        final = place / f"part-{digest[:16]}.parquet"
        beside.replace(final)
    finally:
        beside.unlink(missing_ok=True)
    first, last = _span(table, data)
    return Part(
        file=final.relative_to(folder).as_posix(),
        region=region,
        rows=data.num_rows,
        fingerprint=digest,
        first=first,
        last=last,
        columns=tuple(name for name in data.schema.names if data[name].null_count < data.num_rows),
    )


def _span(table: Table, data: pa.Table) -> tuple[str, str]:
    if table.date not in data.schema.names or data[table.date].null_count == data.num_rows:
        return "", ""
    days = data[table.date].to_pandas()
    return str(days.min().date()), str(days.max().date())


def read_parts(
    folder: Path,
    table: Table,
    parts: Sequence[Part],
    columns: Sequence[str],
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    coded: Sequence[str] = (),
) -> pd.DataFrame:
    """Read parts as one frame: only these columns, only days from start to end inclusive.

    Text becomes categories, and so do the ids named in `coded`.
    """
    wanted = [table.column(name) for name in columns]
    categories = {each.name for each in wanted if each.kind in _CODED or each.name in coded}
    filters = []
    if start is not None:
        filters.append((table.date, ">=", start))
    if end is not None:
        filters.append((table.date, "<", end.normalize() + pd.Timedelta(days=1)))
    pieces = [_piece(folder, part, wanted, filters, categories) for part in parts]
    data = (
        pa.concat_tables(pieces, promote_options="default").unify_dictionaries()
        if pieces
        else _nothing(wanted, categories)
    )
    frame = data.select(list(columns)).to_pandas(
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get,
        strings_to_categorical=False,
        use_threads=data.num_rows > FEW_ROWS,
    )
    for column in wanted:
        if column.kind == "flag" and column.default is not None:
            frame[column.name] = frame[column.name].fillna(column.default).astype(bool)
    return frame


def _piece(
    folder: Path, part: Part, wanted: Sequence[Column], filters: list, categories: set[str]
) -> pa.Table:
    path = folder / part.file
    stored = [c.name for c in wanted if c.name in part.columns]
    coded = [name for name in stored if name in categories]
    if part.rows > FEW_ROWS:
        data = pq.read_table(
            path, columns=stored, filters=filters or None, read_dictionary=coded, partitioning=None
        )
    else:
        # Threads would cost more than they save, and keep a process from being forked.
        dates = [name for name, _, _ in filters if name not in stored]
        with pq.ParquetFile(path, read_dictionary=coded, pre_buffer=False) as file:
            data = file.read(columns=stored + dates, use_threads=False)
        for name, which, day in filters:
            days = data[name]
            data = data.filter(_COMPARE[which](days, pa.scalar(day, days.type)))
        data = data.select(stored)
    for column in wanted:
        if column.name == "region" and part.region is not None:
            region = pa.DictionaryArray.from_arrays(
                pa.array([0] * data.num_rows, type=pa.int32()), pa.array([part.region])
            )
            data = data.append_column("region", region)
        elif column.name not in part.columns:
            empty = pa.nulls(data.num_rows, _read_type(column, categories))
            data = data.append_column(column.name, empty)
    return data


def _read_type(column: Column, categories: set[str]) -> pa.DataType:
    coded = column.name in categories
    return pa.dictionary(pa.int32(), pa.string()) if coded else _ARROW[column.kind]


def _nothing(wanted: Sequence[Column], categories: set[str]) -> pa.Table:
    return pa.schema([(c.name, _read_type(c, categories)) for c in wanted]).empty_table()
