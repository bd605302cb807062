"""The tables of a report as an Excel file: a sheet for each part, numbers as numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from salesnb.figures.plain import plain
from salesnb.language import MINUS

_FORMATS = {
    "money": "#,##0.00",
    "percent": "0.0%",
    "rate": "0.0%",
    "share": "0.0%",
    "points": "0.0",
    "count": "#,##0",
    "ratio": "0.00",
    "number": "#,##0.0",
    "score": "0.0",
    "days": "0.0",
    "months": "0.0",
}
_FIGURE = re.compile(rf"[{MINUS}+-]?\d[\d,]*(?:\.\d+)?%?\Z")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
_LONGEST_TEXT = 32_000
_WIDEST = 48


@dataclass
class _Read:
    """One cell as the page has it: its words, its number, and what the number counts."""

    words: str = ""
    exact: str = ""
    unit: str = ""
    heading: bool = False
    across: int = 1


@dataclass
class _Table:
    """One table as the page has it."""

    part: str
    caption: str = ""
    rows: list[list[_Read]] = field(default_factory=list)
    is_map: bool = False


def workbook_of(page: str) -> bytes:
    """Give the tables of a report's page as an Excel file.

    A sheet for each part of the report that has tables. Numbers are those the page was made of,
    not rounded; money is in units of the currency. Text never runs: what begins like a formula
    is text.
    """
    reader = _Reader()
    reader.feed(page)
    book = Workbook()
    first = book.active
    parts: dict[str, list[_Table]] = {}
    for table in reader.tables:
        if table.rows:
            parts.setdefault(table.part, []).append(table)
    for place, (part, tables) in enumerate(parts.items(), start=1):
        sheet = book.create_sheet(_sheet_name(place, part or reader.title))
        _fill(sheet, reader.title, tables)
    if parts and first is not None:
        book.remove(first)
    elif isinstance(first, Worksheet):
        _write(_at(first, 1, 1), reader.title)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


class _Reader(HTMLParser):
    """Reads the title, the headings and the tables of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.tables: list[_Table] = []
        self._part = ""
        self._into = ""
        self._table: _Table | None = None
        self._cell: _Read | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("h1", "h2", "caption"):
            self._into = tag
            if tag == "h2":
                self._part = ""
        elif tag == "table":
            is_map = "heat" in given.get("class", "").split()
            self._table = _Table(self._part, is_map=is_map)
            self.tables.append(self._table)
        elif tag == "tr" and self._table is not None:
            self._table.rows.append([])
        elif tag in ("td", "th") and self._table is not None and self._table.rows:
            self._cell = _Read(
                exact=given.get("data-v", ""),
                unit=given.get("data-u", ""),
                heading=tag == "th" and given.get("scope") == "col",
                across=int(given.get("colspan", "1") or 1),
            )
            self._table.rows[-1].append(self._cell)
        elif tag == "data" and self._cell is not None:
            self._cell.exact = given.get("value", "")
        elif tag == "br" or "note" in given.get("class", "").split():
            self.handle_data(" · " if tag == "span" else " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "h2", "caption"):
            self._into = ""
        elif tag in ("td", "th"):
            self._cell = None
        elif tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.words += data
        elif self._into == "h1":
            self.title += data
        elif self._into == "h2":
            self._part += data
        elif self._into == "caption" and self._table is not None:
            self._table.caption += data


def _sheet_name(place: int, part: str) -> str:
    name = f"{place} {_FORBIDDEN.sub(' ', plain(part)).strip()}"
    return name[:_LONGEST_NAME].strip(" '")


def _fill(sheet: Worksheet, title: str, tables: Sequence[_Table]) -> None:
    _write(_at(sheet, 1, 1), title)
    row = 3
    for table in tables:
        _write(_at(sheet, row, 1), table.caption, bold=True)
        row += 1
        units: list[str] = []
        for cells in table.rows:
            column = 1
            for read in cells:
                unit = units[column - 1] if column <= len(units) else ""
                _put(_at(sheet, row, column), read, unit, table.is_map)
                column += read.across
            if any(read.heading for read in cells):
                units = [read.unit for read in cells for _ in range(read.across)]
            row += 1
        row += 1
    _widen(sheet)


def _at(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    return cell


def _put(cell: Cell, read: _Read, unit: str, is_map: bool) -> None:
    words = " ".join(read.words.split())
    if read.heading:
        # In the file money stands in the currency's own unit, not in thousands or 万.
        label = re.sub(r"\s*[（(][^（）()]*[）)]\Z", "", words) if read.unit == "money" else words
        _write(cell, label, bold=True)
    elif read.exact:
        value = float(read.exact) * (100 if unit == "points" else 1)
        cell.value = int(value) if value.is_integer() and unit == "count" else value
        usual = "0.0%" if words.endswith("%") else "General"
        cell.number_format = _FORMATS.get(unit, usual)
    elif is_map and _FIGURE.match(words):
        share = words.endswith("%")
        number = float(words.rstrip("%").replace(",", "").replace(MINUS, "-"))
        cell.value = number / 100 if share else number
        cell.number_format = "0.0%" if share else "General"
    else:
        _write(cell, words)


def _write(cell: Cell, text: str, bold: bool = False) -> None:
    """Write text that a spreadsheet program takes for nothing else."""
    cell.value = plain(text)[:_LONGEST_TEXT]
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")
    cell.alignment = Alignment(vertical="top")
    if bold:
        cell.font = Font(bold=True)


def _widen(sheet: Worksheet) -> None:
    for column, cells in enumerate(sheet.iter_cols(min_row=4, values_only=True), start=1):
        texts = [str(value) for value in cells if value is not None]
        longest = max((sum(1 + (ord(sign) > 255) for sign in text) for text in texts), default=8)
        width = min(max(longest + 2, 10), _WIDEST)
        sheet.column_dimensions[get_column_letter(column)].width = width
