"""What an import did, told so that every row and every yuan can be found again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from salesnb.data.flaws import Flaw, sort_flaws
from salesnb.data.matching import Match
from salesnb.data.store import Company
from salesnb.language import Language


@dataclass(frozen=True)
class Tally:
    """Rows or money of one file: what came in, and where each part of it went.

    read + added = written + rejected + merged + totals + left_out. `added` is what rows for
    several periods make more, in money what returns that changed sign make less.
    """

    read: float = 0
    added: float = 0
    written: float = 0
    rejected: float = 0
    merged: float = 0
    totals: float = 0
    left_out: float = 0

    @property
    def reconciles(self) -> bool:
        """Whether the parts make up what was read."""
        parts = self.written + self.rejected + self.merged + self.totals + self.left_out
        return math.isclose(self.read + self.added, parts, rel_tol=1e-9, abs_tol=0.005)


@dataclass(frozen=True)
class FileReport:
    """What became of one sheet of a file."""

    where: str
    table: str
    matches: tuple[Match, ...]
    ignored: tuple[str, ...]
    rows: Tally
    money: Tally | None
    rejects: str = ""


@dataclass(frozen=True)
class ImportReport:
    """What became of everything that was imported.

    Attributes
    ----------
    folder
        Where the tables are.
    company
        As written with them.
    files
        One for each sheet that gave rows.
    ignored
        Files and sheets that no table was found for, or that the mapping leaves out.
    tables
        Table → rows in the folder.
    flaws
        What is wrong or worth knowing, the worst first. Errors are rows that were rejected.
    """

    folder: str
    company: Company
    files: tuple[FileReport, ...]
    ignored: tuple[str, ...]
    tables: Mapping[str, int]
    flaws: tuple[Flaw, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every row and all money that was read is accounted for."""
        return self.reconciles

    @property
    def reconciles(self) -> bool:
        """Whether rows and money of every file reconcile."""
        return all(
            file.rows.reconciles and (file.money is None or file.money.reconciles)
            for file in self.files
        )

    def to_json(self) -> dict[str, object]:
        """Give it as plain values."""
        return {
            "ok": self.ok,
            "reconciles": self.reconciles,
            "folder": self.folder,
            "company": asdict(self.company),
            "tables": dict(self.tables),
            "files": [
                {
                    "file": file.where,
                    "table": file.table,
                    "matches": [asdict(match) for match in file.matches],
                    "ignored": list(file.ignored),
                    "rows": asdict(file.rows),
                    "money": asdict(file.money) if file.money else None,
                    "rejects": file.rejects,
                }
                for file in self.files
            ],
            "ignored": list(self.ignored),
            "flaws": [flaw.to_json() for flaw in sort_flaws(self.flaws)],
        }

    def text(self, language: Language) -> str:
        """Tell it to a person."""
        lines: list[str] = []
        for file in self.files:
            lines.append(language("data.import.file", where=file.where, table=file.table))
            lines += [f"  {_match_text(match, language)}" for match in file.matches]
            if file.ignored:
                lines.append("  " + language("data.import.ignored", names=", ".join(file.ignored)))
            lines.append("  " + _tally_text(file.rows, "rows", language))
            if file.money:
                lines.append("  " + _tally_text(file.money, "money", language))
            if file.rejects:
                lines.append("  " + language("data.import.rejects", file=file.rejects))
        if self.ignored:
            lines.append(language("data.import.not_used", names=language.list(self.ignored)))
        lines += flaw_lines(self.flaws, language)
        counts = [f"{name} {language.count(rows)}" for name, rows in self.tables.items()]
        lines.append(language("data.import.tables", folder=self.folder, tables=", ".join(counts)))
        key = "reconciles" if self.reconciles else "does_not_reconcile"
        lines.append(language(f"data.import.{key}"))
        return "\n".join(lines)


@dataclass(frozen=True)
class DataReport:
    """What a check found: every broken rule of every table.

    Attributes
    ----------
    problems
        The worst first.
    tables
        Table → rows looked at.
    """

    problems: tuple[Flaw, ...]
    tables: Mapping[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Flaw, ...]:
        """What makes rows or tables unusable."""
        return tuple(flaw for flaw in self.problems if flaw.level == "error")

    @property
    def warnings(self) -> tuple[Flaw, ...]:
        """What can be used and should be looked at."""
        return tuple(flaw for flaw in self.problems if flaw.level == "warning")

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def to_json(self) -> dict[str, object]:
        """Give it as plain values."""
        return {
            "ok": self.ok,
            "tables": dict(self.tables),
            "problems": [flaw.to_json() for flaw in self.problems],
        }

    def text(self, language: Language) -> str:
        """Tell it to a person."""
        lines = flaw_lines(self.problems, language)
        counts = [f"{name} {language.count(rows)}" for name, rows in self.tables.items()]
        lines.append(language("data.check.tables", tables=", ".join(counts)))
        if self.ok and not self.warnings:
            lines.append(language("data.check.ok"))
        else:
            values = {"errors": len(self.errors), "warnings": len(self.warnings)}
            lines.append(language("data.check.found", **values))
        return "\n".join(lines)


def flaw_lines(flaws: tuple[Flaw, ...], language: Language) -> list[str]:
    """Tell flaws, one line each, the worst first."""
    return [
        language(
            "data.flaw", level=language(f"data.level.{flaw.level}"), text=flaw.problem(language)
        )
        for flaw in sort_flaws(flaws)
    ]


def _match_text(match: Match, language: Language) -> str:
    why = language(f"data.why.{match.why}")
    if not match.source:
        return language("data.import.made", column=match.column, why=why)
    text = language("data.import.match", column=match.column, source=match.source, why=why)
    if match.unit:
        text += language("data.import.unit", unit=match.unit)
    return text


def _tally_text(tally: Tally, what: str, language: Language) -> str:
    """Write out read = written + …, leaving out what is zero."""
    show = language.count if what == "rows" else lambda value: language.number(value, 2)
    parts = [
        language(f"data.tally.{name}", value=show(value))
        for name, value in asdict(tally).items()
        if name not in ("read", "added") and (value or name == "written")
    ]
    added = language("data.tally.added", value=show(tally.added)) if tally.added else ""
    return language(
        f"data.tally.{what}", read=show(tally.read), added=added, parts=" + ".join(parts)
    )
