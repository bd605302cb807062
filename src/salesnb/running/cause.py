"""Why a report was not made, in words and in one of a few kinds."""

from __future__ import annotations

from dataclasses import dataclass

PASSING = frozenset({"died", "start", "write"})
"""Kinds of cause that may be gone at the next try."""


@dataclass(frozen=True)
class Cause:
    """Why a report was not made.

    Attributes
    ----------
    kind
        `cell`: a cell failed. `cell_time`, `report_time`, `memory`: a limit was reached.
        `died`: the kernel was ended from outside or crashed. `ended`: the notebook ended it.
        `start`: it never answered. `stopped`: by the person
        who started the batch. `identity`: the report is not the one asked for. `no_facts`: it
        published none. `page`: its page could not be made. `write`: a file could not be written.
        `error`: anything else.
    text
        What happened, in one sentence.
    cell
        Name of the cell it happened in, "" when in none.
    detail
        What differs from report to report though the cause is one.
    """

    kind: str
    text: str
    cell: str = ""
    detail: str = ""

    @property
    def group(self) -> str:
        """What reports that failed of the same cause have in common."""
        return f"cell `{self.cell}`: {self.text}" if self.cell else self.text

    def __str__(self) -> str:
        return f"{self.group} ({self.detail})" if self.detail else self.group

    def to_json(self) -> dict[str, str]:
        """Give the cause as the ledger keeps it."""
        return {
            "kind": self.kind,
            "text": self.text,
            "cell": self.cell,
            "detail": self.detail,
        }
