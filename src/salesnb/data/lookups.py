"""Lists that say one value for another: the region of a territory's number, also over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from salesnb.data.cleaning import to_days, to_text
from salesnb.data.mapping import Lookup
from salesnb.data.sources import open_sheets
from salesnb.errors import Problem, SourceError, suggest


@dataclass(frozen=True)
class Lookups:
    """The lists of a mapping file, read: key, value and, for those over time, start and end."""

    lists: Mapping[str, pd.DataFrame]

    def look_up(self, name: str, keys: pd.Series, at: pd.Series | None = None) -> pd.Series:
        """Give the value of each key, missing where the list has none.

        Parameters
        ----------
        name
            The list.
        keys
            Compared as text.
        at
            Day asked for; needed by a list over time.
        """
        known = self.lists[name]
        text = to_text(keys).values
        if "start" not in known.columns or at is None:
            return text.map(known.drop_duplicates("key").set_index("key")["value"]).astype("str")
        asked = pd.DataFrame({"key": text.to_numpy(), "day": to_days(at).values.to_numpy()})
        asked["place"] = range(len(asked))
        if known["by_month"].any():
            asked["day"] = _month_start(asked["day"])
        usable = asked[asked["key"].notna() & asked["day"].notna()].sort_values("day")
        found = pd.merge_asof(
            usable,
            known.sort_values("start", kind="stable"),
            left_on="day",
            right_on="start",
            by="key",
        )
        found = found[found["end"].isna() | (found["end"] >= found["day"])]
        values = found.set_index("place")["value"].reindex(range(len(asked)))
        return values.astype("str").set_axis(keys.index)


def read_lookups(lookups: Mapping[str, Lookup], files: Iterable[Path]) -> Lookups:
    """Read the lists that a mapping file names.

    Raises
    ------
    SourceError
        If a list's file is not among those given, or lacks a column that is named.
    """
    paths = list(files)
    lists: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name, lookup in lookups.items():
        if lookup.values:
            lists[name] = pd.DataFrame(
                {"key": list(lookup.values), "value": list(lookup.values.values())}, dtype="str"
            )
            continue
        found = [path for path in paths if fnmatchcase(path.name, lookup.file)]
        if len(found) != 1:
            problems.append(
                Problem(
                    f"lookup `{name}` needs the file `{lookup.file}`",
                    got=", ".join(path.name for path in found) or "no such file",
                    fix="Name it, or the folder it is in, on the command line.",
                )
            )
            continue
        sheet = open_sheets(found[0], form=lookup.form)[0]
        named = [lookup.key, lookup.value, lookup.start, lookup.end]
        missing = [header for header in named if header and header not in sheet.columns]
        problems += [
            Problem(
                f"lookup `{name}` names column `{header}`",
                where=sheet.where,
                fix=suggest(header, sheet.columns),
            )
            for header in missing
        ]
        if not missing:
            lists[name] = _list(lookup, sheet.read(list(dict.fromkeys(filter(None, named)))))
    if problems:
        raise SourceError(problems)
    return Lookups(lists)


def _list(lookup: Lookup, cells: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "key": to_text(cells[lookup.key]).values,
            "value": to_text(cells[lookup.value], prose=True).values,
        }
    ).dropna()
    if not lookup.start:
        return frame
    shift = pd.DateOffset(months=lookup.shift_months)
    for name, header in (("start", lookup.start), ("end", lookup.end)):
        days = to_days(cells[header]).values.loc[frame.index] if header else pd.NaT
        shifted = days + shift if header else days
        # Moved days are known to the month only: months differ in length.
        frame[name] = _month_start(shifted) if header and lookup.shift_months else shifted
    return frame.assign(
        start=frame["start"].astype("datetime64[us]"),
        end=frame["end"].astype("datetime64[us]"),
        by_month=bool(lookup.shift_months),
    ).dropna(subset="start")


def _month_start(days: pd.Series) -> pd.Series:
    return days.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
