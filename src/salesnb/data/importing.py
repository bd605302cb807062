"""Files become canonical tables: `import_files` writes them, `prepare` only says how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from salesnb.data.assembly import Assembly, Prepared
from salesnb.data.finding import find_sheets
from salesnb.data.flaws import Flaw
from salesnb.data.import_report import ImportReport
from salesnb.data.lookups import read_lookups
from salesnb.data.mapping import Said, read_mapping
from salesnb.data.rejects import write_rejects
from salesnb.data.shaping import Draft, shape
from salesnb.data.sources import find_files
from salesnb.data.store import MANIFEST, Company, Store, open_store, write_tables
from salesnb.data.tables import TABLES
from salesnb.errors import ContractError
from salesnb.language import Language

BLOCKING = frozenset({"no_rate"})
"""Rules that concern the whole table: rows that break them stop the import."""


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
        could be two things, two tax bases, a currency without rates, a table of which every row
        would be rejected.
    """
    language = language or Language.load("en")
    folder = Path(to)
    store = open_store(folder) if (folder / MANIFEST).is_file() else None
    said = read_mapping(mapping) if mapping is not None else Said()
    prepared = prepare(files, said, store)
    lost = {name for name, rows in prepared.tables.items() if rows.empty}
    lost &= {file.table for file in prepared.files if file.rows.rejected}
    stopping = [
        flaw
        for flaw in prepared.flaws
        if stops(flaw) or (flaw.level == "error" and flaw.table in lost)
    ]
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
    declared = str(said.company.get("tax_basis", ""))
    lookups = read_lookups(said.lookups, paths)
    found, ignored, flaws = find_sheets(paths, said)
    drafts = [
        shape(one.sheet, TABLES[one.table], one.source, said, declared, lookups) for one in found
    ]
    flaws += [flaw for draft in drafts for flaw in draft.flaws]
    tax, tax_flaws = _tax_basis(drafts, declared)
    flaws += tax_flaws
    if any(flaw.level == "error" for flaw in flaws):
        return Prepared(company, ignored=tuple(ignored), flaws=tuple(flaws))
    company = replace(company, tax_basis=tax or company.tax_basis)
    return Assembly(drafts, company, store, tuple(ignored), flaws).prepared()


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
