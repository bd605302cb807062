"""Files as people keep them, read as text: CSV, Excel, Parquet, folders of those.

Everything in CSV and Excel stays text until the contract says what it is, so that the order
000000000001 survives. Rows keep the number a spreadsheet shows for them. Nothing in a file is
ever run: no formula, no macro, no pickle.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from salesnb.data.matching import header_key
from salesnb.data.store import MANIFEST
from salesnb.errors import Problem, SourceError

CSV = (".csv", ".txt", ".tsv")
EXCEL = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et")
PARQUET = (".parquet", ".pq")
READABLE = (*CSV, *EXCEL, *PARQUET)

EXTRA = "(more cells than headers)"
"""Column of what a row holds behind its last header."""

_SEPARATORS = ",\t;|"
_LOOKED_AT = 30
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
"""Whole numbers stay whole where some are missing: they may be ids."""

_TITLE_UNIT = re.compile(r"单位\s*[:\uff1a]?\s*(?:人民币)?\s*((?:千万|百万|亿|万|千)?元)")


@dataclass(frozen=True)
class Form:
    """How a file is written, as far as it was said; what is not said is found out.

    `header` is the row of the headers as a spreadsheet numbers it, 0 when there are none and
    columns go by position: `0`, `1`, `2`. `fill_down` names columns where an empty cell means
    the one above.
    """

    sheet: str = ""
    header: int | None = None
    separator: str = ""
    encoding: str = ""
    fill_down: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One table of cells in a file.

    `title_rows` counts what stood above the headers, `unit` is the unit it named for all amounts.
    `is_text` tells cells of text from typed columns. `read` gives the columns asked for, the
    index being each row's number in the file.
    """

    path: Path
    name: str
    columns: tuple[str, ...]
    title_rows: int
    unit: str
    is_text: bool
    read: Callable[[Sequence[str]], pd.DataFrame] = field(repr=False)

    @property
    def where(self) -> str:
        """File and sheet as people name them."""
        return f"{self.path.name} [{self.name}]" if self.name else self.path.name


def find_files(places: Iterable[str | Path]) -> list[Path]:
    """List readable files: those named, and those in the folders named.

    Raises
    ------
    SourceError
        If something named does not exist, or is a file of a kind that cannot be read.
    """
    found: dict[Path, None] = {}
    problems = []
    for place in map(Path, places):
        if place.is_dir():
            found.update(dict.fromkeys(_inside(place)))
        elif not place.is_file():
            problems.append(Problem("no such file", where=str(place)))
        elif place.suffix.lower() not in READABLE:
            problems.append(
                Problem(
                    "cannot be read",
                    where=place.name,
                    got=place.suffix or "no ending",
                    fix=f"Save it as one of {', '.join(READABLE)}.",
                )
            )
        else:
            found[place] = None
    if problems:
        raise SourceError(problems)
    return list(found)


def _inside(folder: Path) -> Iterable[Path]:
    """List the readable files of a folder, but for those of data folders in it."""
    written = {path.parent for path in folder.rglob(MANIFEST)}
    for path in sorted(folder.rglob("*")):
        readable = path.suffix.lower() in READABLE and path.name[0] not in ".~" and path.is_file()
        if readable and written.isdisjoint(path.parents):
            yield path


def open_sheets(path: Path, known: Collection[str] = (), form: Form | None = None) -> list[Sheet]:
    """Open the sheets of a file that hold anything; a CSV or Parquet file is one sheet.

    Parameters
    ----------
    path
        The file.
    known
        Header keys that are known, to find the row of headers below titles.
    form
        How it is written.

    Raises
    ------
    SourceError
        If it cannot be opened, or does not hold the sheet that `form` names.
    """
    form = form or Form()
    kind = path.suffix.lower()
    try:
        if kind in PARQUET:
            return [_parquet(path)]
        if kind in EXCEL and not _is_text(path):
            return _excel(path, known, form)
        return [_csv(path, known, form)]
    except (OSError, CalamineError, pa.ArrowException) as error:
        raise SourceError(
            Problem(
                "cannot be read",
                where=path.name,
                got=str(error).splitlines()[0] if str(error) else type(error).__name__,
                fix="Open it where it came from and save it again, without a password.",
            )
        ) from error


# --- CSV ------------------------------------------------------------------------------------


def _is_text(path: Path) -> bool:
    """Whether an Excel file is none: programs give text tables the ending .xls."""
    with path.open("rb") as file:
        start = file.read(512)
    if start.lstrip()[:1] == b"<":
        raise SourceError(
            Problem(
                "is a web page named like an Excel file",
                where=path.name,
                fix="Open it in Excel and save it as .xlsx.",
            )
        )
    return not start.startswith((b"PK", b"\xd0\xcf\x11\xe0")) and b"\0" not in start.lstrip(
        b"\xff\xfe"
    )


def _csv(path: Path, known: Collection[str], form: Form) -> Sheet:
    text = _decoded(path, form.encoding)
    head = list(_lines(text, max(_LOOKED_AT, form.header or 0)))
    separator = form.separator or _separator(head)
    cells = list(csv.reader(head, delimiter=separator))
    header = _header_row(cells, known, form)
    columns = _names(cells, header)
    rows = partial(_csv_rows, text, separator, columns, header, form.fill_down)
    return _text_sheet(path, "", columns, cells[: max(header - 1, 0)], rows)


def _decoded(path: Path, encoding: str) -> str:
    raw = path.read_bytes()
    tried = [encoding] if encoding else ["utf-8-sig", "gb18030"]
    if not encoding and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tried = ["utf-16"]
    for name in tried:
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise SourceError(Problem(f"encoding `{name}` is unknown", where=path.name)) from error
    raise SourceError(
        Problem(
            "is not text that can be read",
            where=path.name,
            got=f"neither {' nor '.join(tried)}",
            fix="Save it as CSV UTF-8, or say its `encoding` in the mapping file.",
        )
    )


def _lines(text: str, count: int) -> Iterable[str]:
    return islice(io.StringIO(text, newline=""), count)


def _separator(head: Sequence[str]) -> str:
    """Give the sign that cuts the most lines into the most equal number of cells."""

    def fit(sign: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=sign) if len(row) > 1]
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        return widths.count(common), common

    return max(_SEPARATORS, key=fit)


def _csv_rows(
    text: str,
    separator: str,
    columns: Sequence[str],
    header: int,
    fill_down: Sequence[str],
    wanted: Sequence[str],
) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(
                io.StringIO(text, newline=""),
                sep=separator,
                names=list(columns),
                index_col=False,
                skiprows=header,
                dtype="str",
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
            )
    except pd.errors.EmptyDataError:
        rows = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        # Rows with too many cells: slower, and keeps all of them.
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))[header:]
        rows = _from_cells([[cell or None for cell in row] for row in cells], columns)
    rows.index = pd.RangeIndex(header + 1, header + 1 + len(rows))
    return _tidied(rows, wanted, fill_down)


# --- Excel ----------------------------------------------------------------------------------


def _excel(path: Path, known: Collection[str], form: Form) -> list[Sheet]:
    with CalamineWorkbook.from_path(str(path)) as book:
        shown = [
            sheet.name
            for sheet in book.sheets_metadata
            if form.sheet or sheet.visible is SheetVisibleEnum.Visible
        ]
        if form.sheet and form.sheet not in shown:
            raise SourceError(
                Problem(
                    f"sheet `{form.sheet}` is not in the file",
                    where=path.name,
                    fix=f"It holds: {', '.join(shown)}.",
                )
            )
        wanted = [form.sheet] if form.sheet else shown
        read = [(name, _cells(book.get_sheet_by_name(name))) for name in wanted]
    return [_excel_sheet(path, name, cells, known, form) for name, cells in read if cells]


def _excel_sheet(
    path: Path, name: str, cells: list[list[str | None]], known: Collection[str], form: Form
) -> Sheet:
    header = _header_row(cells, known, form)
    columns = _names(cells, header)
    rows = partial(_excel_rows, cells, columns, header, form.fill_down)
    return _text_sheet(path, name, columns, cells[: max(header - 1, 0)], rows)


def _excel_rows(
    cells: list[list[str | None]],
    columns: Sequence[str],
    header: int,
    fill_down: Sequence[str],
    wanted: Sequence[str],
) -> pd.DataFrame:
    rows = _from_cells(cells[header:], columns)
    rows.index = pd.RangeIndex(header + 1, header + 1 + len(rows))
    return _tidied(rows, wanted, fill_down)


def _cells(sheet: CalamineSheet) -> list[list[str | None]]:
    """Give all cells as text, what was merged downward repeated in each row."""
    cells = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in range(top + 1, min(bottom + 1, len(cells))):
            cells[row][left] = cells[top][left]
    return cells


def _cell(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time | timedelta | int):
        return str(value)
    return None


# --- Parquet --------------------------------------------------------------------------------


def _parquet(path: Path) -> Sheet:
    schema = pq.read_schema(path)
    columns = tuple(
        name
        for name, kind in zip(schema.names, schema.types, strict=True)
        if not pa.types.is_binary(kind) and not pa.types.is_nested(kind)
    )
    return Sheet(path, "", columns, 0, "", False, partial(_parquet_rows, path))


def _parquet_rows(path: Path, wanted: Sequence[str]) -> pd.DataFrame:
    data = pq.read_table(path, columns=list(wanted), partitioning=None)
    for place, column in enumerate(data.schema):
        if pa.types.is_decimal(column.type):
            # By way of text: cast at once, 1.2345 becomes 1.2345000000000002.
            text = data[column.name].cast(pa.string())
            data = data.set_column(place, column.name, text.cast(pa.float64()))
            continue
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        kind = pa.timestamp("us") if pa.types.is_date(kind) else kind
        if kind != column.type:
            data = data.set_column(place, column.name, data[column.name].cast(kind))
    rows = data.to_pandas(types_mapper=_NULLABLE.get)[list(wanted)]
    rows.index = pd.RangeIndex(1, 1 + len(rows))
    return rows


# --- what CSV and Excel share ---------------------------------------------------------------


def _header_row(cells: Sequence[Sequence[str | None]], known: Collection[str], form: Form) -> int:
    """Give the number of the row of headers: the one with most known ones, near the top."""
    if form.header is not None:
        return form.header
    rows = cells[:_LOOKED_AT]
    found = [len({header_key(cell) for cell in row if cell} & set(known)) for row in rows]
    filled = [sum(1 for cell in row if cell and cell.strip()) for row in rows]
    if max(found, default=0) > 1 or (found and max(filled) == max(found)):
        return found.index(max(found)) + 1
    widest = max(filled, default=0)
    # A title stands alone in its row; the first row that is about as full as any is the header.
    return next((place for place, n in enumerate(filled, start=1) if n * 2 > widest), 1)


def _text_sheet(
    path: Path,
    name: str,
    columns: tuple[str, ...],
    titles: Sequence[Sequence[str | None]],
    read: Callable[[Sequence[str]], pd.DataFrame],
) -> Sheet:
    return Sheet(path, name, columns, len(titles), _unit(titles), True, read)


def _unit(titles: Sequence[Sequence[str | None]]) -> str:
    """Give the unit that a title names, as in 单位：万元."""
    found = (_TITLE_UNIT.search(cell) for row in titles for cell in row if cell)
    return next((match[1] for match in found if match), "")


def _names(cells: Sequence[Sequence[str | None]], header: int) -> tuple[str, ...]:
    """Name columns: a second 金额 is 金额#2, one without a header is #5."""
    if not header:
        return tuple(str(place) for place in range(max(map(len, cells), default=0)))
    titles = cells[header - 1] if header <= len(cells) else []
    names: list[str] = []
    for place, title in enumerate(titles, start=1):
        name = " ".join((title or "").split()) or f"#{place}"
        again = sum(1 for other in names if other.partition("#")[0] == name)
        names.append(f"{name}#{again + 1}" if again else name)
    return tuple(names)


def _from_cells(cells: Sequence[Sequence[str | None]], columns: Sequence[str]) -> pd.DataFrame:
    width = len(columns)
    full = [(*row, *[None] * (width - len(row))) for row in cells]
    data = {
        name: pd.Series([row[place] for row in full], dtype="str")
        for place, name in enumerate(columns)
    }
    more = [" ".join(cell for cell in row[width:] if cell) or None for row in full]
    return pd.DataFrame({**data, EXTRA: pd.Series(more, dtype="str")})


def _tidied(rows: pd.DataFrame, wanted: Sequence[str], fill_down: Sequence[str]) -> pd.DataFrame:
    """Leave out empty rows, and the column of further cells when there are none."""
    more = [EXTRA] if EXTRA in rows.columns and rows[EXTRA].notna().any() else []
    rows = rows[[*wanted, *more]]
    blank = np.ones(len(rows), dtype=bool)
    for name in rows.columns:
        # Most rows are known to hold something after the first column.
        held = rows[name][blank]
        blank[blank] = (held.isna() | held.str.strip().eq("")).to_numpy()
    rows = rows[~blank]
    filled = {name: rows[name].ffill() for name in fill_down if name in rows.columns}
    return rows.assign(**filled) if filled else rows
