"""A company of any size: many small companies side by side, written part by part.

A small company becomes one region, or its four regions become four; ids get a prefix, so nothing
is shared but products, days and rates. No more than one of them is in memory at a time. The
figures of 2023 belong to one company only and are not kept here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import pandas as pd

from salesnb.data.scope import parse_scope, scope_text
from salesnb.data.store import Company, Store, TableWriter
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError, Problem
from salesnb.sample.built import build
from salesnb.sample.causes import plant
from salesnb.sample.cut import cut
from salesnb.sample.season import FIRST, LAST
from salesnb.sample.shape import REGIONS, Size

PROVINCE_REGIONS = (
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江",
    "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南", "重庆", "四川",
    "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆",
)  # fmt: skip

PART_LINES = 250_000
"""Most order lines made at once."""

SHARED_BELOW = 45_000
"""Regions with fewer lines than this come four from one small company."""

_SHARED = ("products", "fx", "calendar", "incentives")
_ADDED_UP = ("targets", "market", "channel_spend", "stock")
_SUMS = ("market_size", "addressable_customers", "spend", "leads_reported", "qty", "value")
_ADDITIVE = ("net_sales", "new_customers")


def write_large(
    folder: str | Path,
    regions: int = 31,
    lines: int = 10_000_000,
    seed: int = 2024,
    causes: str | Collection[str] = "none",
) -> Store:
    """Write a company with many regions and order lines into a data folder.

    Parameters
    ----------
    folder
        Made when it is not there.
    regions
        How many; the four of the sample company up to four, else provinces.
    lines
        About how many order lines; no region has fewer than about 4,000.
    seed
        The same seed gives the same bytes.
    causes
        Planted into every one of the small companies.

    Raises
    ------
    ParameterError
        If there is to be less than one region or line.
    """
    problems = [
        Problem(f"`{name}` is below 1", got=str(value))
        for name, value in (("regions", regions), ("lines", lines))
        if value < 1
    ]
    if problems:
        raise ParameterError(problems)
    names = region_names(regions)
    company = Company(
        name="瑞辰智控（大型示例）",
        tax_basis="incl",
        regions=names,
        complete_until=LAST.isoformat(),
    )
    sums = _Sums()
    with TableWriter(folder, company) as writer:
        for number, (places, size) in enumerate(_plan(names, lines)):
            built = build(size, 1000 * seed + number)
            plant(built, causes, 1000 * seed + number)
            if not number:
                for name in _SHARED:
                    writer.add(name, built.tables[name])
                whole = built.tables["events"]
                writer.add("events", whole[whole["region"] == ""])
            prefix = f"{number + 1:03d}-"
            tables = built.tables
            if len(places) < len(REGIONS):
                tables = cut(tables, tuple(places), pd.Timestamp(FIRST))
            for name, frame in tables.items():
                if name in _SHARED or name == "events":
                    continue
                moved = _moved(name, frame, places, prefix)
                if name == "targets":
                    of_reps = moved["scope"].str.contains("rep=", regex=False)
                    writer.add(name, moved[of_reps])
                    sums.take(name, moved[~of_reps])
                elif name in _ADDED_UP:
                    sums.take(name, moved)
                else:
                    writer.add(name, moved)
        for name, frame in sums.frames():
            writer.add(name, frame)
        return writer.finish()


def region_names(count: int) -> tuple[str, ...]:
    """Name regions: the four known ones, provinces, then numbered ones.

    Examples
    --------
    >>> region_names(2), region_names(33)[-2:]
    (('华东', '华南'), ('北京2区', '天津2区'))
    """
    if count <= len(REGIONS):
        return REGIONS[:count]
    each = len(PROVINCE_REGIONS)
    return tuple(
        PROVINCE_REGIONS[place % each] + (f"{place // each + 1}区" if place >= each else "")
        for place in range(count)
    )


def _plan(names: tuple[str, ...], lines: int) -> Iterator[tuple[Mapping[str, str], Size]]:
    """Say for each small company where its regions lie, and how large it is."""
    each = lines / len(names)
    if each < SHARED_BELOW:
        for first in range(0, len(names), len(REGIONS)):
            own = names[first : first + len(REGIONS)]
            yield dict(zip(REGIONS, own, strict=False)), _size(each * len(REGIONS))
        return
    parts = ceil(each / PART_LINES)
    for name in names:
        for _ in range(parts):
            yield dict.fromkeys(REGIONS, name), _size(each / parts)


def _size(lines: float) -> Size:
    """Give the size that makes about so many lines."""
    more = 0.62 if lines < 40_000 else 1.7
    return Size(
        orders=lines / (1118 * (1 + more)),
        more_lines=more,
        solutions=460 + round(460 * min(lines / 187_000, 3.0)),
    )


def _moved(name: str, frame: pd.DataFrame, places: Mapping[str, str], prefix: str) -> pd.DataFrame:
    """Put a table of a small company into its regions, with ids of its own."""
    merged = len(set(places.values())) == 1
    if "scope" in frame.columns:
        frame = _moved_scopes(frame, places, prefix, merged)
    columns = {
        column.name: prefix + frame[column.name].astype("str")
        for column in TABLES[name].columns
        if column.kind == "id"
        and column.name in frame.columns
        and column.name not in ("product_id", "campaign_id")
    }
    if "region" in frame.columns and "scope" not in frame.columns:
        kept = frame["region"].isin([*places, ""])
        frame = frame[kept]
        columns = {column: values[kept] for column, values in columns.items()}
        columns["region"] = frame["region"].replace(dict(places))
    return frame.assign(**columns)


def _moved_scopes(
    frame: pd.DataFrame, places: Mapping[str, str], prefix: str, merged: bool
) -> pd.DataFrame:
    """Rename regions and reps in scopes; one merged region takes the place of the company."""

    def moved(text: str) -> str | None:
        scope = parse_scope(text)
        region = scope.get("region", "")
        if region and region not in places:
            return None
        if merged and region and "rep" not in scope:
            return None
        if "rep" in scope:
            scope["rep"] = prefix + scope["rep"]
        if region or merged:
            scope["region"] = places[region] if region else next(iter(places.values()))
        return scope_text(scope)

    texts = frame["scope"].map({text: moved(text) for text in frame["scope"].unique()})
    kept = texts.notna()
    frame = frame[kept].assign(scope=texts[kept])
    regions = {text: parse_scope(text).get("region", "") for text in frame["scope"].unique()}
    return frame.assign(region=frame["scope"].map(regions))


@dataclass
class _Sums:
    """Small tables that several companies share rows of, added up at the end."""

    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def take(self, name: str, frame: pd.DataFrame) -> None:
        self.parts.setdefault(name, []).append(frame)

    def frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        for name, parts in self.parts.items():
            rows = pd.concat(parts, ignore_index=True)
            if "scope" in rows.columns:
                rows = rows[rows["region"] != ""]
            rows = _added_up(name, rows)
            yield name, rows
            if "scope" in rows.columns:
                yield name, _added_up(name, _of_company(rows))


def _added_up(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Add up what rows of one key have in amounts and counts; of the rest the first stands."""
    keys = list(TABLES[name].keys)
    how = {
        column: "sum" if column in _SUMS else "first"
        for column in rows.columns
        if column not in keys
    }
    if name == "targets":
        rates = ~rows["metric"].isin(_ADDITIVE)
        rows = pd.concat([rows[~rates], rows[rates].drop_duplicates(keys)], ignore_index=True)
    added = rows.groupby(keys, sort=False, as_index=False, dropna=False).agg(how)
    return added[[column for column in rows.columns if column in added.columns]]


def _of_company(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the region out of scopes: what all regions say together."""
    scopes = {}
    for text in rows["scope"].unique():
        scope = parse_scope(text)
        scope.pop("region", None)
        scopes[text] = scope_text(scope)
    return rows.assign(scope=rows["scope"].map(scopes), region="")
