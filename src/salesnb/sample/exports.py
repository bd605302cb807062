"""The sample company as files an analyst would be handed: Chinese headers, Excel, GBK, dirt.

Orders come as one CSV a year and an Excel file for the unfinished one, every other table as one
CSV. `mapping.yaml` beside them says what names alone do not: other names of regions, the head
office, the channel that is on no list. Imported with it, the files are the company again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from salesnb.data.contract import COMPANY, UNMAPPED, Column, Table
from salesnb.data.matching import header_key
from salesnb.data.tables import TABLES
from salesnb.sample.company import SampleCompany, make_company, write_truth
from salesnb.sample.dirt import STRANGE_CHANNEL, kinds_of
from salesnb.sample.draws import stream
from salesnb.sample.season import YEARS
from salesnb.sample.shape import ENGLISH

MAPPING = "mapping.yaml"
HEAD_OFFICE = "总部"

FILES: Mapping[str, str] = {
    "targets": "目标",
    "customers": "客户档案",
    "products": "产品",
    "order_credit": "业绩分成",
    "leads": "销售线索",
    "opportunities": "销售机会",
    "opp_stage_history": "阶段历史",
    "activities": "跟进记录",
    "channel_spend": "渠道费用",
    "receivables": "应收单",
    "receipts": "收款单",
    "contracts": "合同",
    "feedback": "客户反馈",
    "tickets": "工单",
    "reps": "花名册",
    "assessments": "能力评估",
    "training": "培训",
    "market": "市场",
    "stock": "库存",
    "actions": "行动计划",
    "risks": "风险",
    "events": "大事记",
    "incentives": "激励",
    "fx": "汇率",
    "calendar": "工作日历",
}
"""Table → name of its file."""

_HAN = re.compile("[\u4e00-\u9fff]")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_INTERNAL = ("是", "Y", "√", "true")


def write_exports(
    folder: str | Path,
    size: str = "quick",
    seed: int = 2024,
    causes: str | Collection[str] = "all",
    dirt: str | Collection[str] = "all",
) -> SampleCompany:
    """Write the raw edition of the sample company into a folder.

    Parameters
    ----------
    folder
        Made when it is not there.
    size, seed, causes
        As for `make_company`.
    dirt
        `all`, `none`, or kinds of `salesnb.sample.dirt.KINDS`.

    Returns
    -------
    The clean edition of the same company; its `truth["dirt"]` counts each kind, as does the
    `truth.json` that is written, too.

    Raises
    ------
    ParameterError
        If a size, cause or kind of dirt is unknown.
    """
    kinds = kinds_of(dirt)
    made = make_company(size, seed, causes, kinds)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    encoding = "gbk" if "gbk" in kinds else "utf-8-sig"
    counts = dict(made.truth["dirt"])
    for name, file in FILES.items():
        cells = _cells(TABLES[name], made.tables[name])
        cells.to_csv(place / f"{file}.csv", index=False, encoding=encoding, lineterminator="\r\n")
    orders, dirty = _orders(made.tables["orders"], kinds, seed)
    counts |= dirty
    for year, part in orders.items():
        if year < YEARS[-1]:
            path = place / f"销售订单_{year}.csv"
            part.to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")
        else:
            _write_excel(place / f"销售订单_{year}.xlsx", part, kinds)
    if "gbk" in kinds:
        counts["gbk"] = {"files": float(len(FILES) + len(orders) - 1)}
    for kind in ("title_rows", "total_rows"):
        if kind in kinds:
            counts[kind] = {"rows": {"title_rows": 2.0, "total_rows": 1.0}[kind]}
    (place / MAPPING).write_text(_mapping(made), encoding="utf-8", newline="\n")
    truth = made.truth | {"dirt": counts}
    write_truth(place, truth)
    return replace(made, truth=truth)


# Tables as text ----------------------------------------------------------------------------------


def headers(table: Table) -> dict[str, str]:
    """Give a Chinese header for each column, one that no other column of the table goes by."""
    taken = [
        header_key(word)
        for column in table.columns
        for word in (column.name, *column.aliases, *column.stand_ins)
    ]
    found = {}
    for column in table.columns:
        own = [
            word
            for word in column.aliases
            if _HAN.search(word) and taken.count(header_key(word)) == 1
        ]
        found[column.name] = own[0] if own else column.name
    return found


def _cells(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table as text under Chinese headers; a region that a scope tells is left out."""
    names = headers(table)
    said_by_scope = "scope" in frame.columns
    columns = {
        names[column.name]: _text(column, frame[column.name])
        for column in table.columns
        if column.name in frame.columns and not (column.name == "region" and said_by_scope)
    }
    return pd.DataFrame(columns)


def _text(column: Column, values: pd.Series) -> pd.Series:
    if column.kind == "date":
        return values.dt.strftime("%Y/%m/%d").astype("str")
    if column.kind == "time":
        return values.dt.strftime("%Y-%m-%d %H:%M").astype("str")
    if column.kind == "flag":
        return values.astype("boolean").map({True: "是", False: "否"}).astype("str")
    if column.name == "region":
        return values.replace(COMPANY, HEAD_OFFICE)
    if column.is_number:
        # The shortest text that reads back as the same number.
        return values.map(repr, na_action="ignore").astype("str").str.removesuffix(".0")
    words = {
        word: next((other for other in others if _HAN.search(other)), word)
        for word, others in column.values.items()
    }
    return values.replace(words) if words else values


# Orders ------------------------------------------------------------------------------------------


def _orders(
    orders: pd.DataFrame, kinds: Collection[str], seed: int
) -> tuple[dict[int, pd.DataFrame], dict[str, dict[str, float]]]:
    """Give the order lines of each year as dirty text, and how much dirt there is."""
    rng = stream(seed, "dirt in the files")
    names = headers(TABLES["orders"])
    counts: dict[str, dict[str, float]] = {}
    plain = orders.copy()
    returned = (plain["status"] == "return").to_numpy()
    gifts, internal = plain["is_gift"].to_numpy(), plain["is_internal"].to_numpy()
    if "returns" in kinds:
        for column in ("amount", "qty", "cost"):
            plain[column] = plain[column].abs()
        counts["returns"] = _counted(orders, returned)
    cells = _cells(TABLES["orders"], plain)
    year = orders["order_date"].dt.year.to_numpy()
    if "wan_yuan" in kinds:
        last = year == YEARS[-1]
        cells.loc[last, names["amount"]] = (plain.loc[last, "amount"] / 10_000).map("{:.6f}".format)
        counts["wan_yuan"] = _counted(orders, last)
    if "gifts" in kinds:
        cells.loc[gifts, names["is_gift"]] = None
        counts["gifts"] = _counted(orders, gifts)
    if "internal_orders" in kinds:
        cells.loc[internal, names["is_internal"]] = np.resize(
            np.array(_INTERNAL, dtype=object), int(internal.sum())
        )
        counts["internal_orders"] = _counted(orders, internal)
    strange = cells[names["channel"]] == UNMAPPED
    cells.loc[strange, names["channel"]] = STRANGE_CHANNEL
    counts |= _respelled(rng, cells, names, kinds)
    parts = {}
    for each in np.unique(year):
        part = cells[year == each]
        if "duplicate_lines" in kinds:
            again = np.sort(rng.permutation(len(part))[:10])
            place = np.sort(np.r_[np.arange(len(part)), again])
            part = part.iloc[place]
            had = counts.setdefault("duplicate_lines", {"rows": 0.0})
            had["rows"] += float(len(again))
        if "wan_yuan" in kinds and each == YEARS[-1]:
            part = part.rename(columns={names["amount"]: f"{names['amount']}(万元)"})
        parts[int(each)] = part
    return parts, counts


def _counted(orders: pd.DataFrame, rows: np.ndarray) -> dict[str, float]:
    return {"rows": float(rows.sum()), "amount": round(float(orders.loc[rows, "amount"].sum()), 2)}


def _respelled(
    rng: np.random.Generator,
    cells: pd.DataFrame,
    names: Mapping[str, str],
    kinds: Collection[str],
) -> dict[str, dict[str, float]]:
    """Write some cells in another way that means the same."""
    counts: dict[str, dict[str, float]] = {}
    region = names["region"]
    if "region_names" in kinds:
        draw = rng.random(len(cells))
        for low, high, other in (
            (0.0, 0.03, {name: f"{name}区" for name in ENGLISH}),
            (0.03, 0.05, ENGLISH),
        ):
            own = (draw >= low) & (draw < high) & cells[region].isin(list(ENGLISH))
            cells.loc[own, region] = cells.loc[own, region].map(other)
        counts["region_names"] = {"rows": float((draw < 0.05).sum())}
    if "trailing_blanks" in kinds:
        own = rng.random(len(cells)) < 0.03
        for column, blank in (("order_id", " "), ("customer_id", "\u3000"), ("region", "  ")):
            cells.loc[own, names[column]] = cells.loc[own, names[column]] + blank
        counts["trailing_blanks"] = {"rows": float(own.sum())}
    if "full_width" in kinds:
        own = rng.random(len(cells)) < 0.02
        for column in ("order_id", "amount", "qty"):
            header = names[column]
            cells.loc[own, header] = cells.loc[own, header].str.translate(_FULL_WIDTH)
        counts["full_width"] = {"rows": float(own.sum())}
    return counts


def _write_excel(path: Path, cells: pd.DataFrame, kinds: Collection[str]) -> None:
    """Write lines as one sheet, with titles above and a total below if asked."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("销售明细")
    if "title_rows" in kinds:
        sheet.append(["瑞辰智控 2024年销售明细"])
        sheet.append(["导出时间：2024-07-01 08:30"])
    sheet.append(list(cells.columns))
    for row in cells.astype(object).where(cells.notna(), None).itertuples(index=False, name=None):
        sheet.append(list(row))
    if "total_rows" in kinds:
        amount = next(name for name in cells.columns if name.startswith("价税合计"))
        numbers = pd.to_numeric(cells[amount].map(_half_width))
        total = ["合计", *[None] * (len(cells.columns) - 1)]
        total[list(cells.columns).index(amount)] = f"{numbers.sum():.6f}"
        sheet.append(total)
    book.save(path)


def _half_width(text: str) -> str:
    return text.translate({wide: chr(narrow) for narrow, wide in _FULL_WIDTH.items()})


def _mapping(made: SampleCompany) -> str:
    """Say what names alone do not tell."""
    lines = [
        "# What the files' own names do not tell: what holds for the company, other names of its",
        "# regions, and the channel that is on no list.",
        "company:",
        f"  name: {made.company.name}",
        f"  currency: {made.company.currency}",
        f"  tax_basis: {made.company.tax_basis}",
        f"  country: {made.company.country}",
        f"  complete_until: {made.company.complete_until}",
        "  regions:",
        *(
            f"    - {{name: {name}, also: [{name}区, {ENGLISH[name]}]}}"
            for name in made.company.regions
        ),
        f"  head_office: [{HEAD_OFFICE}]",
        "values:",
        "  orders.channel:",
        f"    {UNMAPPED}: [{STRANGE_CHANNEL}]",
    ]
    return "\n".join(lines) + "\n"
