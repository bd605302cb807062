"""The published numbers of many reports as one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from salesnb.errors import Problem, SourceError
from salesnb.parameters import file_name
from salesnb.report.facts import SCHEMA

COLUMNS: tuple[str, ...] = (
    "notebook",
    "region",
    "report_period",
    "status",
    "metric",
    "scope",
    "period",
    "value",
    "unit",
    "numerator",
    "denominator",
    "n",
    "reason",
)


def read_reports(outputs: Path) -> Iterator[dict[str, Any]]:
    """Give the facts file of every report in a folder, by period, notebook and region.

    One after the other: all at once can be gigabytes. A file that is no facts file of this version
    is passed over.

    Raises
    ------
    SourceError
        If there is no such folder.
    """
    if not outputs.is_dir():
        fix = "Name the folder that `salesnb batch` wrote."
        raise SourceError(Problem("there is no folder of reports", got=outputs.name, fix=fix))
    return _read(sorted(outputs.glob("*/*/*.json")))


def _read(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and content.get("schema") == SCHEMA and "facts" in content:
            yield content | {"path": path, "notebook": _notebook(content, path)}


def _notebook(content: Mapping[str, Any], path: Path) -> str:
    """Name the notebook a report was made from: a copy under another name may not know its own."""
    folder = path.parent.name
    return content["notebook"] if file_name(content["notebook"]) == folder else folder


def table_of_facts(reports: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give one row for each fact of each report, with the columns of `COLUMNS`.

    A scope is written as in targets: `product_line=C;channel=expo`, "" for the whole report.
    """
    for report in reports:
        for fact in report["facts"]:
            said = {
                "notebook": report["notebook"],
                "region": report["region"],
                "report_period": report["period"],
                "status": report["status"],
                "scope": scope_text(fact.get("scope") or {}),
            }
            row = {**fact, **said}
            yield {name: row.get(name) for name in COLUMNS}


def scope_text(scope: Mapping[str, object]) -> str:
    """Write a scope as text, its dimensions in order.

    Examples
    --------
    >>> scope_text({"channel": "expo", "product_line": "C"})
    'channel=expo;product_line=C'
    """
    return ";".join(f"{name}={scope[name]}" for name in sorted(scope))


def as_csv(rows: Iterator[dict[str, Any]]) -> str:
    """Give a table as CSV; a spreadsheet program runs nothing of what is in it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in row.items()})
    return text.getvalue()


def _plain(value: object) -> object:
    """Keep a text from being taken for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
