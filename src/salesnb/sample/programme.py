"""What was agreed, feared and noted: actions, risks, events, incentives.

The words lie in `programme.toml`. Actions and events that answer a planted cause are there only
when it is planted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd

from salesnb.sample.people import REGION_MANAGERS, People
from salesnb.sample.season import LAST
from salesnb.sample.shape import REGIONS

DIRECTOR = "director"


@lru_cache(maxsize=1)
def _programme() -> dict[str, list[dict[str, Any]]]:
    text = files("salesnb.sample").joinpath("programme.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _known(kind: str, causes: Collection[str]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Give the entries of a kind with their numbers, those of causes only where planted."""
    for number, entry in enumerate(_programme()[kind], start=1):
        if entry.get("cause", "") in ("", *causes):
            yield number, entry


def actions_table(people: People, causes: Collection[str] = ()) -> pd.DataFrame:
    """Give the table `actions`: of 2023, of 2024, those of last month and of the next."""
    rows = [
        {
            "action_id": f"XD{number:03d}",
            "title": entry["title"],
            "strategy": entry["strategy"],
            "owner": _id(people, entry["owner"]),
            "start": entry["start"],
            "due": entry["due"],
            "status": _status(entry),
            "done_date": entry.get("done"),
            "phase": entry["phase"],
            "kpi": entry["kpi"],
            "baseline": entry.get("baseline"),
            "target": entry.get("target"),
            "actual": entry.get("actual"),
            "budget": entry["budget"],
            "kind": entry["kind"],
            "depends_on": entry.get("depends_on"),
            "region": _region(entry["owner"]),
        }
        for number, entry in _known("action", causes)
    ]
    table = pd.DataFrame(rows)
    dates = {name: _dates(table[name]) for name in ("start", "due", "done_date")}
    numbers = {
        name: table[name].astype(float) for name in ("baseline", "target", "actual", "budget")
    }
    return table.assign(**dates, **numbers)


def _id(people: People, owner: str) -> str:
    return people.ids[0] if owner == DIRECTOR else people.leader(owner)


def _region(owner: str) -> str:
    return REGIONS[REGION_MANAGERS.index(owner)] if owner in REGION_MANAGERS else ""


def _status(entry: dict[str, Any]) -> str:
    if "done" in entry:
        return "done"
    return "open" if entry["start"] > LAST else "doing"


def _dates(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).astype("datetime64[us]")


def risks_table(people: People) -> pd.DataFrame:
    """Give the table `risks`."""
    rows = [
        {
            "risk_id": f"FX{number:02d}",
            **{name: value for name, value in entry.items() if name != "owner"},
            "owner": _id(people, entry["owner"]),
            "status": "watched",
        }
        for number, entry in _known("risk", ())
    ]
    return pd.DataFrame(rows)


def events_table(causes: Collection[str] = ()) -> pd.DataFrame:
    """Give the table `events`; an event without a region is everybody's."""
    entries = [entry for _, entry in _known("event", causes)]
    table = pd.DataFrame(entries)[["date", "region", "kind", "description"]]
    scope = ["" if not region else f"region={region}" for region in table["region"]]
    return table.assign(date=_dates(table["date"]), scope=scope)


def incentives_table() -> pd.DataFrame:
    """Give the table `incentives`: commission by line and the prizes of the year, as in P40."""
    rows = [
        ("product_line=A", "", 0.0, 0.010, 0.0),
        ("product_line=B", "", 0.0, 0.015, 0.0),
        ("product_line=C", "", 0.0, 0.020, 0.0),
        ("", "季度销售冠军", 0.0, 0.0, 5_000.0),
        ("", "年度客户成功奖", 0.0, 0.0, 8_000.0),
        ("", "区域增长奖", 0.20, 0.0, 10_000.0),
    ]
    table = pd.DataFrame(rows, columns=["scope", "tier", "threshold", "rate", "bonus"])
    return table.assign(valid_from=_dates(pd.Series([date(2021, 1, 1)] * len(table))))
