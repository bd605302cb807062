"""Which column of a file is which column of the contract, and why. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from salesnb.data.cleaning import SCALES, half_width, period_text
from salesnb.data.contract import Column, Table
from salesnb.data.flaws import Flaw
from salesnb.data.tables import TABLES
from salesnb.errors import suggest

_TRADITIONAL = str.maketrans(
    "訂單編號銷簽約價稅計額數實發幣種匯區門業務員責歸屬進應賬開標務預劃線狀態產貨規渠來購簡稱"
    "戶層級檔職離導師團隊場風險獎勵曆財競爭對類評訓課過檢審創間時關閉輸贏終獻贈內聯絡錄條間"
    "廣告費點倉庫絕續後採運營經銷長處組織",
    "订单编号销签约价税计额数实发币种汇区门业务员责归属进应账开标务预划线状态产货规渠来购简称"
    "户层级档职离导师团队场风险奖励历财竞争对类评训课过检审创间时关闭输赢终献赠内联络录条间"
    "广告费点仓库绝续后采运营经销长处组织",
)
_UNIT = re.compile(
    r"[(\[【/_]\s*(?:单位[::])?\s*((?:千万|百万|亿|万|千)?(?:元|美元|人民币|rmb|cny|usd|eur))\s*[)\]】]?$",
    re.I,
)
_SCALE_ONLY = re.compile(r"[(\[【]\s*(千万|百万|亿|万|千)\s*[)\]】]$")
_PERCENT = re.compile(r"[(\[【]\s*(%)\s*[)\]】]$")
_COUNT_UNIT = re.compile(r"[(\[【]\s*(件|个|台|套|箱|吨|kg|天|小时|分钟)\s*[)\]】]$", re.I)

TAXES: Mapping[str, tuple[str, ...]] = {
    "incl": (
        "价税合计", "含税金额", "本币含税金额", "金额(含税)", "FAllAmount", "natSum", "oriSum",
    ),
    "excl": (
        "不含税金额", "无税金额", "本币无税金额", "金额(不含税)", "FAmount", "natMoney",
    ),
}  # fmt: skip
"""Headers that say whether an amount holds value added tax (E09)."""


@dataclass(frozen=True)
class Match:
    """A column of a file and the contract's column it is.

    `why` is `mapping`, `name`, `alias` or `stand_in`; `scale` what its numbers are multiplied by,
    from the unit `unit` in its header; `tax` is `incl` or `excl` when the header says so.
    """

    column: str
    source: str
    why: str
    unit: str = ""
    scale: float = 1.0
    tax: str = ""


@dataclass(frozen=True)
class Matching:
    """All matches of a file with a table, what is not used, and what cannot be decided."""

    table: str
    matches: tuple[Match, ...]
    ignored: tuple[str, ...]
    unclear: tuple[Flaw, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that nothing was found for."""
        found = {match.column for match in self.matches} | {flaw.column for flaw in self.unclear}
        return tuple(
            column.name
            for column in TABLES[self.table].columns
            if column.required and column.name not in found
        )


def header_key(header: str) -> str:
    """Give what two headers share when they say the same: no case, width, unit or separators.

    Examples
    --------
    >>> header_key("訂單 編號"), header_key("Order_Date "), header_key("金额（万元）")
    ('订单编号', 'orderdate', '金额')
    """
    text = header_unit(header)[0].translate(_TRADITIONAL)
    text = re.sub(r"#\d+$", "", text)
    return re.sub(r"[\s_\-.:*'\"]+", "", text).casefold()


def header_unit(header: str) -> tuple[str, str, float]:
    """Take the unit off a header: what is left, the unit, and what it multiplies by.

    Examples
    --------
    >>> header_unit("销售额(万元)"), header_unit("数量（件）"), header_unit("金额(含税)")
    (('销售额', '万元', 10000.0), ('数量', '件', 1.0), ('金额(含税)', '', 1.0))
    """
    text = half_width(header).replace("：", ":")
    for pattern in (_UNIT, _SCALE_ONLY, _PERCENT, _COUNT_UNIT):
        if found := pattern.search(text):
            unit = found[1]
            return text[: found.start()].strip() or text, unit, unit_scale(unit)
    return text, "", 1.0


_BY_LENGTH = sorted(SCALES.items(), key=lambda item: -len(item[0]))


def unit_scale(unit: str) -> float:
    """Give what numbers in a unit are multiplied by: 10,000 for 万元, 0.01 for %, else 1."""
    if unit == "%":
        return 0.01
    return next((factor for word, factor in _BY_LENGTH if unit.startswith(word)), 1.0)


@cache
def known_headers() -> frozenset[str]:
    """Give the keys of all headers that any table knows."""
    return frozenset(
        header_key(written)
        for table in TABLES.values()
        for column in table.columns
        for written in (column.name, *column.aliases, *column.stand_ins)
    )


@cache
def _taxes() -> dict[str, str]:
    return {header_key(header): tax for tax, headers in TAXES.items() for header in headers}


def match_columns(
    table: Table,
    headers: Sequence[str],
    settled: Mapping[str, str] | None = None,
    more: Mapping[str, Sequence[str]] | None = None,
    tax: str = "",
    rest: bool = True,
) -> Matching:
    """Match a file's headers with a table's columns.

    A column takes, in this order, the header that a mapping file settles, the one of its own
    name, one of its aliases, one of its stand-ins. Two headers at one of these steps are a
    problem that only a mapping file can settle.

    Parameters
    ----------
    table
        The table the file is.
    headers
        As written in the file.
    settled
        Column → header, from a mapping file.
    more
        Column → further aliases, from a mapping file.
    tax
        The company's tax basis when it is declared: settles between amounts with and without.
    rest
        Whether columns that are not settled are looked for.

    Examples
    --------
    >>> found = match_columns(TABLES["orders"], ["单据编号", "日期", "客户名称", "价税合计(万元)"])
    >>> [(match.column, match.source, match.why) for match in found.matches][-1]
    ('amount', '价税合计(万元)', 'alias')
    """
    keys = {header: header_key(header) for header in headers}
    matches: list[Match] = []
    unclear: list[Flaw] = []
    settled = settled or {}
    for column in table.columns:
        if column.name in settled:
            matches.append(_match(column, settled[column.name], "mapping"))
            continue
        free = [header for header in headers if header not in settled.values()] if rest else []
        for why, words in _steps(column, (more or {}).get(column.name, ())):
            found = [header for header in free if keys[header] in words]
            found = _of_tax(column, found, keys, tax)
            if len(found) > 1:
                unclear.append(_unclear(table, column, found))
            elif found:
                matches.append(_match(column, found[0], why))
            if found:
                break
    used = {match.source for match in matches}
    return Matching(
        table.name,
        tuple(matches),
        tuple(header for header in headers if header not in used),
        tuple(unclear),
    )


def _steps(column: Column, more: Collection[str]) -> list[tuple[str, frozenset[str]]]:
    return [
        ("name", _keys((column.name,))),
        ("mapping", _keys(tuple(more))),
        ("alias", _keys(column.aliases)),
        ("stand_in", _keys(column.stand_ins)),
    ]


@cache
def _keys(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(header_key, words))


def _of_tax(column: Column, found: list[str], keys: Mapping[str, str], tax: str) -> list[str]:
    """Of several amounts keep the one of the declared tax basis, if it is there."""
    if len(found) < 2 or column.kind != "money" or not tax:
        return found
    declared = [header for header in found if _taxes().get(keys[header]) == tax]
    return declared or found


def _match(column: Column, header: str, why: str) -> Match:
    _, unit, scale = header_unit(header)
    tax = _taxes().get(header_key(header), "") if column.kind == "money" else ""
    return Match(column.name, header, why, unit, scale if column.is_number else 1.0, tax)


def _unclear(table: Table, column: Column, found: Sequence[str]) -> Flaw:
    return Flaw(
        "unclear_column",
        "error",
        table.name,
        column.name,
        details={"found": ", ".join(found), "near": found[0]},
    )


def missing_column(table: Table, name: str, headers: Sequence[str]) -> Flaw:
    """Say that a required column is missing, and what was found instead."""
    column = table.column(name)
    near = suggest(name, headers)
    known = (*column.aliases, *column.stand_ins)[:5]
    return Flaw(
        "missing_column",
        "error",
        table.name,
        name,
        details={
            "found": ", ".join(headers) or "—",
            "near": near.split("`")[1]
            if near.startswith("Did")
            else headers[0]
            if headers
            else "—",
            "other": ", ".join((name, *known)),
        },
    )


def match_table(
    names: Sequence[str], headers: Sequence[str], more: Mapping[str, Mapping[str, Sequence[str]]]
) -> tuple[str, ...]:
    """Say which table a sheet is: one name, none, or all those between which it is unclear.

    Parameters
    ----------
    names
        What may name the table, the nearest first: the sheet's name, the file's.
    headers
        As written in the sheet.
    more
        Table → column → further aliases.

    Examples
    --------
    >>> match_table(["Sheet1", "2024年订单"], ["单据编号", "日期", "金额"], {})
    ('orders',)
    """
    found = {
        name: match_columns(table, headers, more=more.get(name)) for name, table in TABLES.items()
    }
    spread = {"period", "value"} if len(period_headers(headers)) > 1 else set()
    whole = [
        name
        for name, matching in found.items()
        if len(matching.matches) + len(matching.unclear) + len(spread) > 1
        and not set(matching.missing) - (spread if name == "targets" else set())
    ]
    for name in names:
        named = _named(name)
        both = [table for table in named if table in whole]
        if len(both) == 1:
            return tuple(both)
        if len(named) == 1:
            return tuple(named)
    # The more of a sheet's columns a table knows, the better it fits.
    best = max((_fit(found[name]) for name in whole), default=0)
    return tuple(name for name in whole if _fit(found[name]) == best)


def _fit(matching: Matching) -> int:
    return len(matching.matches) + len(matching.unclear)


def period_headers(headers: Sequence[str]) -> dict[str, str]:
    """Find headers that are periods, as in 区域 | 2024年1月 | 2024年2月: header → period.

    Examples
    --------
    >>> period_headers(["区域", "2024年1月(万元)", "2024-02"])
    {'2024年1月(万元)': '2024-01', '2024-02': '2024-02'}
    """
    found = {}
    for header in headers:
        try:
            found[header] = period_text(header_unit(header)[0])
        except ValueError:
            continue
    return found


def _named(name: str) -> list[str]:
    """Give the tables a name speaks of; the longest word wins over words inside it."""
    key = header_key(name)
    hits = {
        (word, table.name)
        for table in TABLES.values()
        for word in map(header_key, (table.name, *table.aliases))
        if word in key
    }
    return sorted(
        {table for word, table in hits if not any(word != w and word in w for w, _ in hits)}
    )
