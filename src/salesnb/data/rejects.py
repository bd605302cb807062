"""Rows that could not be used: in a file beside the tables, with the reason of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from salesnb.data.flaws import Broken
from salesnb.data.shaping import Draft
from salesnb.language import Language

FOLDER = "rejected"


def write_rejects(
    folder: Path,
    drafts: Sequence[Draft],
    rejected: Sequence[Mapping[int, Sequence[Broken]]],
    language: Language,
) -> list[str]:
    """Write a CSV for each sheet with rejected rows, and remove those of an earlier import.

    Columns: the row's number in the file, the reasons, then the cells as they were.

    Returns
    -------
    For each draft the file's name inside the folder, "" when no row was rejected.
    """
    names: list[str] = []
    place = folder / FOLDER
    for draft, reasons in zip(drafts, rejected, strict=True):
        path = place / _name(draft, names)
        if not reasons:
            path.unlink(missing_ok=True)
            names.append("")
            continue
        place.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        table = _rejects(draft, reasons, language)
        # With a byte order mark, or Excel takes UTF-8 for the code page of the machine.
        table.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\n")
        beside.replace(path)
        names.append(path.relative_to(folder).as_posix())
    return names


def _name(draft: Draft, taken: Sequence[str]) -> str:
    """Name the file after table, file and sheet; a second source of one file is numbered."""
    stem = re.sub(r"[^\w.\-]+", "_", draft.where).strip("_").removesuffix(".csv")
    name, again = f"{draft.table.name}--{stem}", 1
    while f"{FOLDER}/{name}.csv" in taken:
        again += 1
        name = f"{draft.table.name}--{stem}-{again}"
    return f"{name}.csv"


def _rejects(
    draft: Draft, reasons: Mapping[int, Sequence[Broken]], language: Language
) -> pd.DataFrame:
    numbers = sorted(reasons)
    texts = [
        "; ".join(
            language(f"data.reason.{broken.rule}", column=broken.column, table=draft.table.name)
            for broken in reasons[number]
        )
        for number in numbers
    ]
    cells = draft.sheet.loc[numbers].astype("str").map(_harmless, na_action="ignore")
    cells.insert(0, language("data.reject.row"), numbers)
    cells.insert(1, language("data.reject.reason"), texts)
    return cells


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running what a cell says."""
    starts = text.lstrip()[:1]
    runs = starts in ("=", "@") or (starts in ("+", "-") and re.search(r"[A-Za-z(!|]", text))
    return f"'{text}" if runs else text
