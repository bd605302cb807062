"""Files become canonical tables: `import_files` writes them, `prepare` only says how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from salesnb.data.contract import Table
from salesnb.data.database import read_database
from salesnb.data.flaws import EXAMPLES, Broken, Flaw
from salesnb.data.import_report import FileReport, ImportReport, Tally
from salesnb.data.lookups import read_lookups
from salesnb.data.mapping import Said, Source, read_mapping
from salesnb.data.matching import header_key, known_headers, match_table
from salesnb.data.orders import (
    in_own_currency,
    with_gifts,
    with_line_numbers,
    with_rates,
    with_returns,
)
from salesnb.data.regions import with_region
from salesnb.data.rejects import write_rejects
from salesnb.data.rules import Context, broken_references, broken_rules
from salesnb.data.shaping import Draft, shape
from salesnb.data.sources import Form, Sheet, find_files, open_sheets
from salesnb.data.store import MANIFEST, Company, Store, open_store, write_tables
from salesnb.data.tables import TABLES
from salesnb.errors import ContractError, SourceError
from salesnb.language import Language

BLOCKING = frozenset({"no_rate"})
"""Rules that concern the whole table: rows that break them stop the import."""


@dataclass(frozen=True)
class Prepared:
    """Tables ready to be written, and all that is to be said of them.

    `rejected` holds, for each draft, the reasons by row number of its sheet.
    """

    company: Company
    tables: Mapping[str, pd.DataFrame]
    drafts: tuple[Draft, ...]
    files: tuple[FileReport, ...]
    rejected: tuple[Mapping[int, list[Broken]], ...]
    ignored: tuple[str, ...]
    flaws: tuple[Flaw, ...]


def import_files(
    files: Iterable[str | Path],
    to: str | Path,
    mapping: str | Path | None = None,
    language: Language | None = None,
) -> ImportReport:
    """Turn files into canonical tables in a data folder.

    Tables that the files hold take the place of those in the folder, others there stay. Rows
    that cannot be used go into `<to>/rejected/`, a CSV for each file, with the reason and the
    row's number in the file. Nothing is written when an error is raised.

    Parameters
    ----------
    files
        CSV, Excel and Parquet files, and folders of them.
    to
        The data folder; made when it is not there.
    mapping
        A mapping file, for what names alone do not tell.
    language
        Of the errors; English by default.

    Raises
    ------
    SourceError
        If files cannot be read.
    ParameterError
        If the mapping file is wrong.
    ContractError
        With everything that keeps the files from being the tables: columns that are missing or
        could be two things, two tax bases, a currency without rates.
    """
    language = language or Language.load("en")
    folder = Path(to)
    store = open_store(folder) if (folder / MANIFEST).is_file() else None
    said = read_mapping(mapping) if mapping is not None else Said()
    prepared = prepare(files, said, store)
    stopping = [flaw for flaw in prepared.flaws if stops(flaw)]
    if stopping or not prepared.tables:
        raise ContractError(
            [flaw.problem(language) for flaw in stopping] or language("data.import.nothing")
        )
    written = write_tables(folder, prepared.tables, prepared.company)
    rejects = write_rejects(folder, prepared.drafts, prepared.rejected, language)
    return ImportReport(
        folder=str(folder),
        company=written.company,
        files=tuple(
            replace(file, rejects=name) for file, name in zip(prepared.files, rejects, strict=True)
        ),
        ignored=prepared.ignored,
        tables={name: written.rows(name) for name in written.tables},
        flaws=prepared.flaws,
    )


def stops(flaw: Flaw) -> bool:
    """Whether a flaw keeps files from being tables; errors of rows only cost those rows."""
    return flaw.level == "error" and (not flaw.count or flaw.rule in BLOCKING)


def prepare(
    files: Iterable[str | Path], said: Said | None = None, store: Store | None = None
) -> Prepared:
    """Read files as tables, without writing anything.

    Parameters
    ----------
    files
        Files and folders.
    said
        What a mapping file says.
    store
        The tables that are already there.

    Returns
    -------
    Flaws that `stops` is true of mean that the tables cannot be used.
    """
    said = said or Said()
    paths = find_files(files)
    company = replace(store.company if store else Company(), **said.company)
    declared = str(said.company.get("tax_basis", "")) or (store.company.tax_basis if store else "")
    lookups = read_lookups(said.lookups, paths)
    found = _Found(paths, said)
    drafts = [
        shape(sheet, TABLES[table], source, said, declared, lookups)
        for sheet, table, source in found.sheets
    ]
    flaws = [*found.flaws, *(flaw for draft in drafts for flaw in draft.flaws)]
    tax, tax_flaws = _tax_basis(drafts, declared)
    flaws += tax_flaws
    if any(flaw.level == "error" for flaw in flaws):
        none = tuple({} for _ in drafts)
        return Prepared(company, {}, tuple(drafts), (), none, found.ignored, tuple(flaws))
    company = replace(company, tax_basis=tax or company.tax_basis)
    return _Assembly(drafts, company, store, found.ignored, flaws).prepared()


class _Found:
    """Which sheet is which table, by the mapping file, by name or by columns."""

    def __init__(self, paths: list[Path], said: Said) -> None:
        self.sheets: list[tuple[Sheet, str, Source | None]] = []
        self.flaws: list[Flaw] = []
        ignored: list[str] = []
        known = known_headers() | {
            header_key(header) for source in said.sources for header in _headers(source)
        }
        lists = [lookup.file for lookup in said.lookups.values() if lookup.file]
        problems = []
        for source in said.sources:
            if source.database:
                sheet = read_database(source.database, source.query)
                self.sheets.append((sheet, source.table, source))
            elif not any(fnmatchcase(path.name, source.file) for path in paths):
                where = f"{said.where}:{source.line}"
                details = {"value": source.file}
                self.flaws.append(
                    Flaw("no_file", "error", source.table, where=where, details=details)
                )
        for path in paths:
            sources = [s for s in said.sources if s.file and fnmatchcase(path.name, s.file)]
            try:
                if sources:
                    for source in sources:
                        opened = open_sheets(path, known, source.form)
                        self.sheets += [(sheet, source.table, source) for sheet in opened]
                elif said.others and not any(fnmatchcase(path.name, name) for name in lists):
                    ignored += self.by_name(open_sheets(path, known, Form()), said)
                elif not any(fnmatchcase(path.name, name) for name in lists):
                    ignored.append(path.name)
            except SourceError as error:
                problems += error.problems
        if problems:
            raise SourceError(problems)
        self.ignored = tuple(ignored)

    def by_name(self, sheets: list[Sheet], said: Said) -> list[str]:
        """Find the tables of a file's sheets; gives the sheets that are none."""
        none = []
        for sheet in sheets:
            names = [name for name in (sheet.name, sheet.path.stem) if name]
            tables = match_table(names, sheet.columns, said.aliases)
            if len(tables) == 1:
                self.sheets.append((sheet, tables[0], None))
            elif tables:
                details = {"found": ", ".join(tables), "near": tables[0]}
                self.flaws.append(
                    Flaw("unclear_table", "error", where=sheet.where, details=details)
                )
            elif len(sheets) > 1:
                none.append(sheet.where)
            else:
                details = {"found": ", ".join(sheet.columns)}
                self.flaws.append(Flaw("no_table", "error", where=sheet.where, details=details))
        return none


def _headers(source: Source) -> list[str]:
    return [header for rule in source.columns.values() for header in rule.headers]


def _tax_basis(drafts: list[Draft], declared: str) -> tuple[str, list[Flaw]]:
    """Find the one tax basis of all amounts (E09)."""
    said = {draft.where: draft.tax for draft in drafts if draft.tax}
    if declared:
        other = [where for where, tax in said.items() if tax != declared]
        details = {"value": declared}
        flaws = [Flaw("other_tax", "error", "orders", "amount", w, details=details) for w in other]
        return declared, flaws
    if len(set(said.values())) > 1:
        found = ", ".join(f"{where}: {tax}" for where, tax in said.items())
        details = {"found": found}
        return "", [Flaw("mixed_tax", "error", "orders", "amount", details=details)]
    if not said and any(draft.table.name == "orders" for draft in drafts):
        return "", [Flaw("undeclared_tax", "warning", "orders", "amount")]
    return next(iter(said.values()), ""), []


@dataclass
class _Assembly:
    """Puts drafts together into tables, and keeps count of every row on the way."""

    drafts: list[Draft]
    company: Company
    store: Store | None
    ignored: tuple[str, ...]
    flaws: list[Flaw]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    marks: dict[str, pd.DataFrame] = field(default_factory=dict)

    def prepared(self) -> Prepared:
        self.rejected: list[dict[int, list[Broken]]] = [{} for _ in self.drafts]
        self.merged = [0] * len(self.drafts)
        self.merged_money = [0.0] * len(self.drafts)
        self.money = [_money(draft) for draft in self.drafts]
        self.turned = [0.0] * len(self.drafts)
        self._of_drafts()
        for name in dict.fromkeys(draft.table.name for draft in self.drafts):
            self._combine(TABLES[name])
        around = {**self._existing(), **self.tables}
        self._with_rates(around)
        self._reject_broken(around)
        self._regions(around)
        self._said_of_tables()
        return Prepared(
            company=self.company,
            tables=self.tables,
            drafts=tuple(self.drafts),
            files=tuple(self._file(place) for place in range(len(self.drafts))),
            rejected=tuple(self.rejected),
            ignored=self.ignored,
            flaws=tuple(self.flaws),
        )

    # Each step takes rows out of `tables` together with their `marks`: the draft a row came
    # from and its number there.

    def _of_drafts(self) -> None:
        for place, draft in enumerate(self.drafts):
            for broken in draft.broken:
                self.flaws.append(broken.told(draft.table.name, where=draft.where))
                if broken.rejects:
                    self._reject(place, broken, draft.rows.index[broken.rows.to_numpy(dtype=bool)])

    def _reject(self, place: int, broken: Broken, numbers: Iterable[int]) -> None:
        for number in numbers:
            reasons = self.rejected[place].setdefault(int(number), [])
            if all(broken.rule != r.rule or broken.column != r.column for r in reasons):
                reasons.append(broken)

    def _combine(self, table: Table) -> None:
        pieces, marks = [], []
        for place, draft in enumerate(self.drafts):
            if draft.table.name != table.name:
                continue
            good = ~draft.rows.index.isin(list(self.rejected[place]))
            rows = draft.rows[good]
            if table.name == "orders":
                before = float(rows["amount"].sum())
                rows = with_gifts(with_returns(rows))
                self.turned[place] = float(rows["amount"].sum()) - before
            pieces.append(rows)
            marks.append(pd.DataFrame({"draft": place, "row": rows.index}))
        frame = pd.concat(pieces, ignore_index=True)
        mark = pd.concat(marks, ignore_index=True)
        again = frame.duplicated(keep="first")
        self._count_merged(table, frame[again], mark[again])
        frame, mark = frame[~again], mark[~again]
        if table.name == "orders":
            frame = with_line_numbers(frame)
        self.tables[table.name] = frame.reset_index(drop=True)
        self.marks[table.name] = mark.reset_index(drop=True)

    def _count_merged(self, table: Table, rows: pd.DataFrame, marks: pd.DataFrame) -> None:
        """Count exact duplicates (E16): the same line in two exports, or twice in one."""
        for place, same in marks.groupby("draft"):
            self.merged[int(place)] = len(same)
            if table.money in rows.columns:
                self.merged_money[int(place)] = float(rows.loc[same.index, table.money].sum())
            first = rows.loc[same.index[:EXAMPLES], table.names[0]].astype("str")
            examples = tuple(zip(map(int, same["row"].head(EXAMPLES)), first, strict=True))
            self.flaws.append(
                Flaw(
                    "merged", "warning", table.name, where=self.drafts[int(place)].where,
                    count=len(same), examples=examples,
                )
            )  # fmt: skip

    def _existing(self) -> dict[str, pd.DataFrame]:
        """Read what rules ask of tables that are there and not imported now."""
        if self.store is None:
            return {}
        return {
            name: self.store.read(name, columns=_asked(self.store, TABLES[name]))
            for name in self.store.tables
            if name not in self.tables
        }

    def _with_rates(self, around: dict[str, pd.DataFrame]) -> None:
        if "orders" not in self.tables:
            return
        orders = with_rates(self.tables["orders"], around.get("fx"), self.company)
        self.tables["orders"] = around["orders"] = orders

    def _reject_broken(self, around: dict[str, pd.DataFrame]) -> None:
        context = Context(around, self.company)
        for name, frame in list(self.tables.items()):
            marks = self.marks[name]
            bad = np.zeros(len(frame), dtype=bool)
            for broken in broken_rules(TABLES[name], frame, context):
                hit = broken.rows.to_numpy(dtype=bool)
                for place, rows in marks[hit].groupby("draft"):
                    numbered = frame.loc[rows.index].set_axis(rows["row"])
                    shown = None if broken.shown is None else broken.shown.loc[rows.index]
                    only = replace(
                        broken,
                        rows=pd.Series(True, index=numbered.index),
                        shown=None if shown is None else shown.set_axis(numbered.index),
                    )
                    flaw = only.told(name, numbered, self.drafts[int(place)].where)
                    self.flaws.append(flaw)
                    if broken.rejects:
                        self._reject(int(place), only, rows["row"])
                        # All that a row of the file gave goes with it.
                        gone = (marks["draft"] == place) & marks["row"].isin(rows["row"])
                        bad |= gone.to_numpy()
            self.tables[name] = around[name] = frame[~bad].reset_index(drop=True)
            self.marks[name] = marks[~bad].reset_index(drop=True)
        for name, frame in self.tables.items():
            for broken in broken_references(TABLES[name], frame, context):
                numbered = frame.set_axis(self.marks[name]["row"])
                aligned = replace(broken, rows=broken.rows.set_axis(numbered.index))
                self.flaws.append(aligned.told(name, numbered))

    def _regions(self, around: dict[str, pd.DataFrame]) -> None:
        if "orders" in self.tables:
            self.tables["orders"] = around["orders"] = in_own_currency(self.tables["orders"])
        for name in self.tables:
            self.tables[name] = with_region(TABLES[name], self.tables[name], around)

    def _said_of_tables(self) -> None:
        for name, frame in self.tables.items():
            if TABLES[name].has_region:
                lost = int((frame["region"] == "unmapped").sum())
                if lost:
                    self.flaws.append(Flaw("no_region", "warning", name, "region", count=lost))
        orders = self.tables.get("orders")
        if orders is not None:
            self.flaws += _said_of_orders(orders, self.company)
        names = sorted(
            {str(r) for f in self.tables.values() if "region" in f for r in f["region"].unique()}
            | set(self.company.regions)
        )
        for one, other in combinations(filter(None, names), 2):
            if other.startswith(one) or one.casefold() == other.casefold():
                details = {"value": one, "other": other}
                self.flaws.append(
                    Flaw("alike_regions", "warning", column="region", details=details)
                )

    def _file(self, place: int) -> FileReport:
        draft = self.drafts[place]
        bad = draft.rows.index.isin(list(self.rejected[place]))
        derived = len(draft.rows)
        read = len(draft.sheet)
        name = draft.table.name
        mine = self.marks[name]["draft"] == place
        rows = Tally(
            read=read,
            added=derived - (read - len(draft.totals) - len(draft.left_out)),
            written=int(mine.sum()),
            rejected=int(bad.sum()),
            merged=self.merged[place],
            totals=len(draft.totals),
            left_out=len(draft.left_out),
        )
        money = None
        column = draft.table.money
        if column and column in draft.rows.columns:
            written = self.tables[name].loc[mine, column]
            if "fx_rate" in self.tables[name].columns:
                written = written / self.tables[name].loc[mine, "fx_rate"]
            money = Tally(
                read=self.money[place] + draft.left_money,
                added=self.turned[place],
                written=float(written.sum()),
                rejected=float(draft.rows.loc[bad, column].sum()),
                merged=self.merged_money[place],
                left_out=draft.left_money,
            )
        return FileReport(
            draft.where, name, draft.matching.matches, draft.matching.ignored, rows, money
        )


def _money(draft: Draft) -> float:
    column = draft.table.money
    return float(draft.rows[column].sum()) if column in draft.rows.columns else 0.0


def _asked(store: Store, table: Table) -> list[str]:
    """Columns of a table that other tables' rules and regions ask for."""
    asked = {*table.keys, "region", *(column for column, _ in table.region_from)}
    asked |= {column.name for column in table.columns if column.kind == "category"}
    asked |= set(table.names) if table.name == "fx" else set()
    return [name for name in store.columns(table.name) if name in asked]


def _said_of_orders(orders: pd.DataFrame, company: Company) -> list[Flaw]:
    def note(rule: str, rows: pd.Series, column: str = "amount", **details: object) -> list[Flaw]:
        count = int(rows.sum())
        return [Flaw(rule, "note", "orders", column, count=count, details=details)] if count else []

    notes = note("returns", orders["status"] == "return")
    notes += note("gifts", orders["is_gift"], "is_gift")
    if "is_internal" in orders.columns:
        notes += note("internal", orders["is_internal"], "is_internal")
    if "fx_rate" in orders.columns:
        foreign = orders["currency"] != company.currency
        notes += note("converted", foreign, "currency", value=company.currency)
    return notes
