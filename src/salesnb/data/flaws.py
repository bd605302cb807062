"""What is wrong with data, or worth saying of it: found once, told in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from salesnb.errors import Problem
from salesnb.language import Language

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")

EXAMPLES = 5


@dataclass(frozen=True)
class Flaw:
    """One rule that rows of a table, or a whole file, do not keep.

    Attributes
    ----------
    rule
        Its name; `data.rule.<rule>` in the languages says what it means and what helps.
    level
        `error`: rows or files that cannot be used; `warning`: usable, but look; `note`: done.
    table, column, where
        What it is about; `where` is a file, or "" for tables in the store.
    count
        Rows concerned, 0 when it is not about rows.
    examples
        (row number, value) of the first few.
    details
        What else the sentence says.
    """

    rule: str
    level: Level
    table: str = ""
    column: str = ""
    where: str = ""
    count: int = 0
    examples: tuple[tuple[int, str], ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    def problem(self, language: Language) -> Problem:
        """Tell it as what, where, got and fix."""
        values = {
            "table": self.table,
            "column": self.column,
            "count": self.count,
            **dict.fromkeys(("found", "near", "value", "other"), ""),
            "kind": language.label(f"data.kind.{self.details.get('other', '')}"),
            **self.details,
        }
        shown = [
            language("data.example" if value else "data.example_row", row=str(row), value=value)
            for row, value in self.examples
        ]
        what = language(f"data.rule.{self.rule}.what", **values)
        if shown:
            what = language("data.with_examples", what=what, examples=language.list(shown))
        what = language("data.stop", what=what)
        place = (
            language("data.place", where=self.where, table=self.table)
            if (self.where and self.table)
            else self.where or self.table
        )
        return Problem(what, place, fix=language(f"data.rule.{self.rule}.fix", **values))

    def to_json(self) -> dict[str, object]:
        """Give it as plain values."""
        return {
            "rule": self.rule,
            "level": self.level,
            "table": self.table,
            "column": self.column,
            "where": self.where,
            "count": self.count,
            "examples": [{"row": row, "value": value} for row, value in self.examples],
            "details": dict(self.details),
        }


@dataclass(frozen=True)
class Broken:
    """A rule and the rows of one frame that break it, before it is told.

    `rejects` says whether such rows cannot be used at all.
    """

    rule: str
    column: str
    rows: pd.Series
    rejects: bool = False
    details: Mapping[str, object] = field(default_factory=dict)
    shown: pd.Series | None = None

    def told(self, table: str, frame: pd.DataFrame | None = None, where: str = "") -> Flaw:
        """Count the rows and pick examples; a row is numbered by its index.

        Parameters
        ----------
        table, where
            What the rows are, and the file they are from.
        frame
            Where values are taken from that `shown` does not hold; indexed like `rows`.
        """
        hit = self.rows.to_numpy(dtype=bool)
        values = self.shown if frame is None or self.shown is not None else frame.get(self.column)
        numbers = self.rows.index[hit]
        texts = pd.Series("", index=numbers, dtype="str")
        if values is not None:
            texts = values[hit].astype("str").fillna("").set_axis(numbers)
        # Five times the same value says less than five values.
        first = texts[~texts.duplicated()] if texts.nunique() > 1 else texts
        return Flaw(
            rule=self.rule,
            level="error" if self.rejects else "warning",
            table=table,
            column=self.column,
            where=where,
            count=int(hit.sum()),
            examples=tuple((int(str(row)), text) for row, text in first.head(EXAMPLES).items()),
            details=self.details,
        )


def sort_flaws(flaws: Iterable[Flaw]) -> tuple[Flaw, ...]:
    """Put the worst first, otherwise by table, column and rule."""
    return tuple(
        sorted(
            flaws,
            key=lambda f: (LEVELS.index(f.level), f.table, f.where, f.column, f.rule),
        )
    )
