"""One sheet of a file becomes rows of one table: columns found, values read, flaws kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from salesnb.data.cleaning import to_numbers
from salesnb.data.contract import Table
from salesnb.data.flaws import Broken, Flaw
from salesnb.data.layout import (
    PERIOD,
    SUBTOTALS,
    VALUE,
    chosen_rows,
    first_words,
    total_rows,
    unpivoted,
)
from salesnb.data.lookups import Lookups
from salesnb.data.making import Maker
from salesnb.data.mapping import Rule, Said, Source
from salesnb.data.matching import (
    Matching,
    header_key,
    header_unit,
    match_columns,
    missing_column,
    period_headers,
    unit_scale,
)
from salesnb.data.sources import Sheet
from salesnb.data.tables import TABLES
from salesnb.errors import suggest

SCOPE_WORDS: Mapping[str, frozenset[str]] = {
    dimension: frozenset(
        header_key(word)
        for column in (TABLES[place.partition(".")[0]].column(place.partition(".")[2]),)
        for word in (dimension, *column.aliases, *column.stand_ins)
    )
    for dimension, place in {
        "scope": "targets.scope",
        "region": "orders.region",
        "province": "customers.province",
        "team": "reps.team",
        "rep": "orders.rep_id",
        "product_group": "products.group",
        "product_line": "products.line",
        "product": "orders.product_id",
        "channel": "orders.channel",
        "industry": "customers.industry",
        "customer_tier": "customers.tier",
    }.items()
}
"""Headers of a table of targets that say what a target is about."""


@dataclass(frozen=True)
class Draft:
    """What one sheet gave for one table.

    Attributes
    ----------
    table, where
        The table, and the file and sheet.
    sheet
        The cells as they were read, numbered as in the file.
    rows
        Typed columns of the table, numbered as in `sheet`; a number repeats where one row of the
        sheet gave several.
    matching
        How its columns were matched.
    broken
        Rules that rows break.
    totals, left_out
        Rows of `sheet` that held totals, and rows that the mapping leaves out.
    left_money
        Money of the rows left out.
    flaws
        What is to be said of the file as a whole.
    """

    table: Table
    where: str
    sheet: pd.DataFrame
    rows: pd.DataFrame
    matching: Matching
    broken: tuple[Broken, ...] = ()
    totals: pd.Index = field(default_factory=lambda: pd.Index([]))
    left_out: pd.Index = field(default_factory=lambda: pd.Index([]))
    left_money: float = 0.0
    flaws: tuple[Flaw, ...] = ()

    @property
    def tax(self) -> str:
        """The tax basis that the header of the orders' amount tells."""
        of_amount = (match.tax for match in self.matching.matches if match.column == "amount")
        return next(of_amount, "") if self.table.name == "orders" else ""


def shape(
    sheet: Sheet, table: Table, source: Source | None, said: Said, tax: str, lookups: Lookups
) -> Draft:
    """Read a sheet as rows of a table.

    Parameters
    ----------
    sheet
        The opened sheet.
    table
        What it is.
    source
        What the mapping file says of it, None when nothing.
    said
        What the mapping file says of all.
    tax
        The declared tax basis, "" when none is.
    lookups
        The lists that rules may ask.
    """
    source = source or Source(table.name, rest=True)
    headers, unpivot = sheet.columns, dict(source.unpivot)
    rules = dict(source.columns)
    if not unpivot and source.rest:
        unpivot = _period_headers(table, headers, rules)
    if unpivot:
        rules = {"period": Rule(column=PERIOD), "value": Rule(column=VALUE), **rules}
    if table.name == "targets" and source.rest and "scope" not in rules:
        rules |= _scope_rule([header for header in headers if header not in unpivot])
    settled = {name: rule.column for name, rule in rules.items()}
    matching = match_columns(
        table,
        [header for header in headers if header not in unpivot],
        settled,
        said.aliases.get(table.name),
        tax,
        source.rest,
    )
    matching = _explained(matching, rules, source, unpivot)
    wanted = _wanted(matching, rules, source, unpivot)
    flaws = [replace(flaw, where=sheet.where) for flaw in matching.unclear]
    flaws += [_no_header(sheet, table, name) for name in wanted if name not in headers]
    flaws += [
        replace(missing_column(table, name, headers), where=sheet.where)
        for name in matching.missing
    ]
    if flaws:
        nothing = pd.DataFrame()
        return Draft(table, sheet.where, nothing, nothing, matching, flaws=tuple(flaws))

    cells = sheet.read(headers if sheet.is_text else wanted)
    totals = total_rows(cells) if sheet.is_text else cells.index[:0]
    body = cells.drop(index=totals)
    kept = body[chosen_rows(body, source)]
    left_out = body.index.difference(kept.index)
    of_periods = {header_unit(header)[1] for header in unpivot} - {""}
    unit = of_periods.pop() if len(of_periods) == 1 else sheet.unit
    maker = Maker(table, source, said, lookups, unit)
    rows = maker.rows(unpivoted(kept, unpivot), matching, rules)
    notes = _notes(sheet, table, cells, totals, rows, matching, maker)
    return Draft(
        table=table,
        where=sheet.where,
        sheet=cells,
        rows=rows,
        matching=matching,
        broken=tuple(maker.broken),
        totals=totals,
        left_out=left_out,
        left_money=maker.money_of(body.loc[left_out], matching, rules),
        flaws=notes,
    )


# --- which headers ---------------------------------------------------------------------------


def _wanted(
    matching: Matching, rules: Mapping[str, Rule], source: Source, unpivot: Mapping[str, str]
) -> list[str]:
    asked = [match.source for match in matching.matches if match.column not in rules]
    asked += [header for rule in rules.values() for header in rule.headers]
    asked += [*source.keep, *source.drop, *source.form.fill_down, *unpivot]
    return [header for header in dict.fromkeys(asked) if header and header not in (PERIOD, VALUE)]


def _explained(
    matching: Matching, rules: Mapping[str, Rule], source: Source, unpivot: Mapping[str, str]
) -> Matching:
    """Name the headers that rules take, and take them off those that are not used."""
    used = {header for rule in rules.values() for header in rule.headers}
    used |= {*source.keep, *source.drop, *unpivot}
    matches = []
    for match in matching.matches:
        rule = rules.get(match.column)
        if rule is None:
            matches.append(match)
            continue
        headers = list(unpivot) if rule.column in (PERIOD, VALUE) else rule.headers
        why = "mapping" if match.column in source.columns else "headers"
        matches.append(replace(match, source=", ".join(headers), why=why))
    ignored = tuple(header for header in matching.ignored if header not in used)
    return replace(matching, matches=tuple(matches), ignored=ignored)


def _no_header(sheet: Sheet, table: Table, name: str) -> Flaw:
    near = suggest(name, sheet.columns)
    return Flaw(
        "no_header",
        "error",
        table.name,
        where=sheet.where,
        details={
            "value": name,
            "found": ", ".join(sheet.columns),
            "near": near.split("`")[1] if near.startswith("Did") else "—",
        },
    )


def _period_headers(
    table: Table, headers: Sequence[str], rules: Mapping[str, Rule]
) -> dict[str, str]:
    """Find columns that are periods, as in 区域 | 2024年1月 | 2024年2月, in a table of targets."""
    if table.name != "targets" or {"period", "value"} & set(rules):
        return {}
    found = period_headers(headers)
    return found if len(found) > 1 else {}


def _scope_rule(headers: Sequence[str]) -> dict[str, Rule]:
    """Make a target's scope of the columns that say what it is about: 区域, 销售员, 产品线."""
    keys = {header: header_key(header) for header in headers}
    if any(key in SCOPE_WORDS["scope"] for key in keys.values()):
        return {}
    parts: dict[str, Rule] = {}
    for dimension, words in SCOPE_WORDS.items():
        found = [header for header, key in keys.items() if key in words]
        if len(found) == 1:
            parts[dimension] = Rule(column=found[0])
    return {"scope": Rule(scope=parts)} if parts else {}


# --- what is said of the file ---------------------------------------------------------------


def _notes(
    sheet: Sheet,
    table: Table,
    cells: pd.DataFrame,
    totals: pd.Index,
    rows: pd.DataFrame,
    matching: Matching,
    maker: Maker,
) -> tuple[Flaw, ...]:
    def note(rule: str, column: str = "", count: int = 0, **details: object) -> Flaw:
        return Flaw(rule, "note", table.name, column, sheet.where, count, details=details)

    notes = []
    if sheet.title_rows:
        notes.append(note("title_rows", count=sheet.title_rows))
    notes += [note("unit", column, value=unit) for column, unit in sorted(maker.units.items())]
    if maker.spread:
        notes.append(note("spread", count=maker.spread, value=str(maker.months)))
    if len(totals):
        notes.append(note("total_rows", count=len(totals)))
        notes += _total_check(sheet, table, cells, totals, rows, matching)
    return tuple(notes)


def _total_check(
    sheet: Sheet,
    table: Table,
    cells: pd.DataFrame,
    totals: pd.Index,
    rows: pd.DataFrame,
    matching: Matching,
) -> list[Flaw]:
    """Hold the file's own last total against the sum of its rows."""
    match = next((m for m in matching.matches if m.column == table.money), None)
    if match is None or match.source not in cells.columns:
        return []
    whole = totals[~first_words(cells.loc[totals]).isin(SUBTOTALS)]
    if whole.empty:
        return []
    said = float(to_numbers(cells.loc[whole, match.source]).values.iloc[-1])
    scale = match.scale if match.unit else unit_scale(sheet.unit)
    summed = float(rows[table.money].sum())
    if np.isnan(said) or abs(said * scale - summed) <= max(0.01, abs(summed) * 1e-9) * len(rows):
        return []
    details = {"value": f"{said * scale:,.2f}", "other": f"{summed:,.2f}"}
    return [
        Flaw("total_differs", "warning", table.name, match.column, sheet.where, details=details)
    ]
