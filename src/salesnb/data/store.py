"""The store: a company's tables in a folder, read by region, column and time.

A data folder holds `<table>/region=<name>/part-<content>.parquet` and one `company.json` that
says which parts make up each table. A part is never changed; a new `company.json` is written
beside and takes the place of the old one, so tables change all at once or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path

import pandas as pd
import pyarrow as pa

from salesnb.data.contract import COMPANY, UNMAPPED, Table
from salesnb.data.parts import Part, arrow_table, read_parts, write_part
from salesnb.data.regions import with_region
from salesnb.data.tables import TABLES
from salesnb.errors import ContractError, ParameterError, Problem, SourceError, suggest

MANIFEST = "company.json"
SCHEMA = 1


@dataclass(frozen=True)
class Company:
    """What holds for all tables of a company.

    Attributes
    ----------
    name
        As readers see it.
    currency
        ISO code; every amount of money is in it.
    tax_basis
        `excl` or `incl`: whether amounts hold value added tax (E09).
    country
        Whose public holidays its calendar follows.
    regions
        Their names, in the order readers expect.
    complete_until
        Last day, as ISO text, up to which the tables are complete; "" when not declared.
    notes
        What a reader of the numbers must know about the data, a sentence each.
    """

    name: str = ""
    currency: str = "CNY"
    tax_basis: str = "excl"
    country: str = "CN"
    regions: tuple[str, ...] = ()
    complete_until: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Store:
    """A company's canonical tables.

    `engine` names the module that adds up whole tables; a warehouse is another module with the
    same function.
    """

    folder: Path
    company: Company
    parts: Mapping[str, tuple[Part, ...]]
    engine: str = "salesnb.data.aggregate"

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that hold rows."""
        return tuple(name for name in TABLES if self.has(name))

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions in the company's order, then those only the data know, by name.

        The company itself and what is not mapped are no regions.
        """
        return self.company.regions

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether a table holds rows, and each of these columns a value somewhere."""
        _declared(table, columns)
        return self._filled[table] and set(columns) <= set(self._columns[table])

    def columns(self, table: str) -> tuple[str, ...]:
        """Give the columns of a table that hold a value somewhere, in the declared order."""
        _declared(table)
        return self._columns[table]

    # A report asks for these thousands of times.

    @cached_property
    def _filled(self) -> Mapping[str, bool]:
        return {name: any(part.rows for part in self.parts.get(name, ())) for name in TABLES}

    @cached_property
    def _columns(self) -> Mapping[str, tuple[str, ...]]:
        found = {}
        for name, table in TABLES.items():
            parts = self.parts.get(name, ())
            there = {column for part in parts for column in part.columns}
            if any(part.region is not None for part in parts):
                there.add("region")
            found[name] = tuple(column for column in table.names if column in there)
        return found

    @cached_property
    def _known(self) -> frozenset[str | None]:
        """Names of the regions that have rows in any table."""
        return frozenset(part.region for every in self.parts.values() for part in every)

    def rows(self, table: str, region: str = "all") -> int:
        """Count a table's rows without reading them."""
        return sum(part.rows for part in self.selected(table, region))

    def dates(self, table: str = "orders", region: str = "all") -> tuple[str, str]:
        """Give first and last day of a table as ISO text, ("", "") when it has none."""
        spans = [part for part in self.selected(table, region) if part.first]
        if not spans:
            return "", ""
        return min(part.first for part in spans), max(part.last for part in spans)

    def read(
        self,
        table: str,
        region: str = "all",
        columns: Sequence[str] | None = None,
        start: object = None,
        end: object = None,
        coded: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Read rows of one region, or of `all`, and only the columns asked for.

        Rows lie in order of date inside a region. Text columns are pandas categories, ids text,
        days and moments datetime64, a flag with a default bool and otherwise nullable boolean.

        Parameters
        ----------
        table, region
            A region's rows never hold those of another, nor the company's own (region "").
            A table without regions is read whole whatever the region.
        columns
            By default every column that holds a value.
        start, end
            First and last day, both inclusive, of the table's own date.
        coded
            Ids wanted as categories, which is faster where each stands in many rows.

        Raises
        ------
        ParameterError
            If the table, a column or the region is unknown.
        ContractError
            If the table has no rows, or none of them a value in a column asked for.
        SourceError
            If a part is missing or damaged.
        """
        declared = _declared(table, columns or ())
        if not self.has(table):
            raise ContractError(Problem(f"table `{table}` is not in the data"), str(self.folder))
        there = self.columns(table)
        missing = [name for name in columns or () if name not in there]
        if missing:
            raise ContractError(
                (
                    Problem(f"column `{name}` holds no value", fix=suggest(name, there))
                    for name in missing
                ),
                where=f"table `{table}`",
            )
        if (start is not None or end is not None) and not declared.date:
            raise ParameterError(Problem(f"table `{table}` has no date to cut by"))
        try:
            return read_parts(
                self.folder,
                declared,
                self.selected(table, region),
                list(columns or there),
                None if start is None else pd.Timestamp(start),
                None if end is None else pd.Timestamp(end),
                coded,
            )
        except (OSError, pa.ArrowException) as error:
            raise SourceError(
                Problem(
                    f"table `{table}` cannot be read: a part is missing or damaged",
                    fix="Write it again with `salesnb import`.",
                ),
                where=str(self.folder),
            ) from error

    def aggregate(
        self,
        table: str,
        by: Sequence[str],
        sums: Mapping[str, str],
        region: str = "all",
        start: object = None,
        end: object = None,
    ) -> pd.DataFrame:
        """Add up columns without bringing the rows here.

        Parameters
        ----------
        table, region, start, end
            As in `read`.
        by
            Columns to group by; `month`, `quarter` or `year` stand for the calendar ones of the
            table's date.
        sums
            New column → `sum:<column>`, `count`, `distinct:<column>`, `min:<column>` or
            `max:<column>`; a bare column is its sum.

        Returns
        -------
        One row for each combination of `by`, sorted by it; one row without `by`.
        """
        # The engine is named, not imported: it is heavy, and most reports never need it.
        return import_module(self.engine).aggregate(self, table, by, sums, region, start, end)

    def fingerprint(self, region: str = "all") -> str:
        """Tell what a region's report is made of: same rows, same text.

        Covers the region's own rows, those of the company as a whole, the tables without regions
        and what holds for the company: its regions, what is there in each table and since when.
        For `all` every row. Another region's rows do not count, because no report of a region is
        computed from them.
        """
        for_all, by_region = self._marks
        seen = sorted(by_region) if region == "all" else [COMPANY, region]
        lines = for_all + [line for each in seen for line in by_region.get(each, ())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    @cached_property
    def _marks(self) -> tuple[list[str], dict[str, list[str]]]:
        """Give a line for each thing that holds for all, and for each part of a region."""
        for_all = [json.dumps(asdict(self.company), ensure_ascii=False, sort_keys=True)]
        by_region: dict[str, list[str]] = {}
        for name in sorted(self.parts):
            for_all.append(f"{name} {self.dates(name)[0]} {' '.join(self.columns(name))}")
            for part in self.parts[name]:
                lines = for_all if part.region is None else by_region.setdefault(part.region, [])
                lines.append(f"{name} {part.region} {part.fingerprint}")
        return for_all, by_region

    def selected(self, table: str, region: str = "all") -> tuple[Part, ...]:
        """Give the parts that hold a region's rows of a table."""
        parts = self.parts.get(table, ())
        if region == "all" or not _declared(table).has_region:
            return parts
        if region not in self._known and region not in self.company.regions:
            raise ParameterError(
                Problem(f"region `{region}` is unknown", fix=suggest(region, self.regions)),
            )
        return tuple(part for part in parts if part.region == region)


def open_store(folder: str | Path) -> Store:
    """Open a data folder.

    Raises
    ------
    SourceError
        If there is no such folder, nothing was imported into it, or it is of another version.
    """
    path = Path(folder)
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise SourceError(
            Problem(
                f"`{MANIFEST}` is missing, so this is no data folder",
                fix="Make one with `salesnb import FILE… --to DIR`.",
            ),
            where=str(path),
        )
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        company = Company(
            **{
                **said["company"],
                "regions": tuple(said["company"]["regions"]),
                "notes": tuple(said["company"]["notes"]),
            }
        )
        parts = {
            name: tuple(Part(**{**part, "columns": tuple(part["columns"])}) for part in listed)
            for name, listed in said["tables"].items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            Problem(f"`{MANIFEST}` cannot be read", got=repr(error), fix="Import the data again."),
            where=str(path),
        ) from error
    if said.get("schema") != SCHEMA:
        raise SourceError(
            Problem(
                "the folder was written by another version of salesnb",
                got=f"schema {said.get('schema')}, expected {SCHEMA}",
                fix="Import the data again.",
            ),
            where=str(path),
        )
    return Store(path, company, parts)


def write_tables(folder: str | Path, tables: Mapping[str, pd.DataFrame], company: Company) -> Store:
    """Write tables into a data folder, all at once; tables already there and not given stay.

    A table without a `region` column gets one where the contract says how. Regions that the
    company does not list are added behind those it does.

    Raises
    ------
    ContractError
        If a table or column is unknown, or values do not have the declared type.
    """
    with TableWriter(folder, company) as writer:
        for name, frame in tables.items():
            writer.add(name, with_region(_declared(name), frame, tables))
        return writer.finish()


class TableWriter:
    """Writes tables in batches, so that they never need to be in memory as a whole.

    Each batch becomes one part for each region in it, sorted by date inside. Nothing is seen by
    readers before `finish`; leaving the `with` block without it leaves the tables as they were.

    Examples
    --------
    >>> import tempfile
    >>> batch = pd.DataFrame({"order_id": ["1"], "order_date": pd.to_datetime(["2024-01-05"]),
    ...                       "region": ["East"], "amount": [10.0]})
    >>> with tempfile.TemporaryDirectory() as folder, TableWriter(folder, Company()) as writer:
    ...     writer.add("orders", batch)
    ...     writer.add("orders", batch.assign(order_id="2", region="West"))
    ...     writer.finish().regions
    ('East', 'West')
    """

    def __init__(self, folder: str | Path, company: Company) -> None:
        self._folder = Path(folder)
        self._company = company
        self._parts: dict[str, list[Part]] = {}
        self._touched: set[str] = set()

    def __enter__(self) -> TableWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        """Remove the parts of this writer, and those it replaced, that no table is made of."""
        needed = _files(_parts_in(self._folder))
        for name in self._touched - needed:
            (self._folder / name).unlink(missing_ok=True)

    def add(self, table: str, batch: pd.DataFrame) -> None:
        """Add rows to a table; its former rows go when the writer finishes."""
        declared = _declared(table)
        data = arrow_table(declared, batch)
        written = self._parts.setdefault(table, [])
        if not declared.has_region:
            written.append(self._write(declared, None, data))
            return
        regions = _regions_of(declared, data)
        start = 0
        for region, rows in regions.items():
            own = data.slice(start, rows).drop_columns(["region"])
            written.append(self._write(declared, region, own))
            start += rows

    def finish(self) -> Store:
        """Let readers see what was written."""
        # What is there now, not what was there when this writer began: another may have written.
        before = _parts_in(self._folder)
        parts = {**before, **{name: tuple(parts) for name, parts in self._parts.items()}}
        parts = {name: parts[name] for name in TABLES if name in parts}
        company = _with_regions(self._company, parts)
        said = {
            "schema": SCHEMA,
            "company": asdict(company),
            "tables": {name: [asdict(part) for part in listed] for name, listed in parts.items()},
        }
        beside = self._folder / f".{MANIFEST}-{os.getpid()}"
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            json.dump(said, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._folder / MANIFEST)
        self._touched |= _files(before)
        return Store(self._folder, company, parts)

    def _write(self, table: Table, region: str | None, rows: pa.Table) -> Part:
        part = write_part(self._folder, table, region, rows)
        self._touched.add(part.file)
        return part


def _declared(table: str, columns: Sequence[str] = ()) -> Table:
    if table not in TABLES:
        raise ParameterError(
            Problem(f"table `{table}` is unknown", fix=suggest(table, tuple(TABLES)))
        )
    unknown = [name for name in columns if name not in TABLES[table].names]
    if unknown:
        raise ParameterError(
            (
                Problem(f"column `{name}` is unknown", fix=suggest(name, TABLES[table].names))
                for name in unknown
            ),
            where=f"table `{table}`",
        )
    return TABLES[table]


def _regions_of(table: Table, data: pa.Table) -> dict[str, int]:
    """Count the rows of each region, in the order they lie in."""
    if "region" not in data.schema.names or data["region"].null_count:
        empty = data["region"].null_count if "region" in data.schema.names else data.num_rows
        raise ContractError(
            Problem(
                "column `region` is missing or empty",
                got=f"{empty} rows without",
                fix="Derive it before writing in batches.",
            ),
            where=f"table `{table.name}`",
        )
    counted = data["region"].value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in counted}


def _parts_in(folder: Path) -> Mapping[str, tuple[Part, ...]]:
    return open_store(folder).parts if (folder / MANIFEST).is_file() else {}


def _files(parts: Mapping[str, Sequence[Part]]) -> set[str]:
    return {part.file for listed in parts.values() for part in listed}


def _with_regions(company: Company, parts: Mapping[str, Sequence[Part]]) -> Company:
    """Add regions that orders, people or targets have and the company does not list."""
    known = {part.region for listed in parts.values() for part in listed}
    more = sorted(r for r in known if r and r != UNMAPPED and r not in company.regions)
    return replace(company, regions=(*company.regions, *more))
