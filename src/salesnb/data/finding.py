"""Which sheet of which file is which table: as the mapping says, by name, or by columns."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from salesnb.data.database import read_database
from salesnb.data.flaws import Flaw
from salesnb.data.mapping import Said, Source
from salesnb.data.matching import header_key, known_headers, match_table
from salesnb.data.sources import Sheet, open_sheets
from salesnb.errors import Problem, SourceError


@dataclass(frozen=True)
class Found:
    """A sheet, the table it is, and what the mapping file says of it."""

    sheet: Sheet
    table: str
    source: Source | None = None


def find_sheets(paths: list[Path], said: Said) -> tuple[list[Found], list[str], list[Flaw]]:
    """Find the tables in files.

    Returns
    -------
    The sheets that are tables; the files and sheets that are none; what is unclear or missing.

    Raises
    ------
    SourceError
        With every file that cannot be read.
    """
    flaws = [_no_file(source, said) for source in said.sources if not _is_there(source, paths)]
    found = [
        Found(read_database(source.database, source.query), source.table, source)
        for source in said.sources
        if source.database
    ]
    known = known_headers() | {header_key(h) for source in said.sources for h in _headers(source)}
    lists = [lookup.file for lookup in said.lookups.values() if lookup.file]
    ignored: list[str] = []
    problems: list[Problem] = []
    for path in paths:
        sources = [source for source in said.sources if _is_of(path, source.file)]
        try:
            for source in sources:
                sheets = open_sheets(path, known, source.form)
                found += [Found(sheet, source.table, source) for sheet in sheets]
            if sources or any(_is_of(path, name) for name in lists):
                continue
            if said.others:
                for sheet in (sheets := open_sheets(path, known)):
                    one, flaw = _by_name(sheet, said, alone=len(sheets) == 1)
                    found += [one] if one else []
                    flaws += [flaw] if flaw else []
                    ignored += [] if one or flaw else [sheet.where]
            else:
                ignored.append(path.name)
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    return found, ignored, flaws


def _by_name(sheet: Sheet, said: Said, alone: bool) -> tuple[Found | None, Flaw | None]:
    """Find the table a sheet is; one of several sheets may be none, such as a note."""
    names = [name for name in (sheet.name, sheet.path.stem) if name]
    tables = match_table(names, sheet.columns, said.aliases)
    if len(tables) == 1:
        return Found(sheet, tables[0]), None
    if tables:
        details = {"found": ", ".join(tables), "near": tables[0]}
        return None, Flaw("unclear_table", "error", where=sheet.where, details=details)
    if not alone:
        return None, None
    details = {"found": ", ".join(sheet.columns)}
    return None, Flaw("no_table", "error", where=sheet.where, details=details)


def _is_of(path: Path, pattern: str) -> bool:
    return bool(pattern) and fnmatchcase(path.name, pattern)


def _is_there(source: Source, paths: list[Path]) -> bool:
    return bool(source.database) or any(_is_of(path, source.file) for path in paths)


def _no_file(source: Source, said: Said) -> Flaw:
    where = f"{said.where}:{source.line}"
    return Flaw("no_file", "error", source.table, "", where, details={"value": source.file})


def _headers(source: Source) -> list[str]:
    return [header for rule in source.columns.values() for header in rule.headers]
