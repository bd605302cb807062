"""One sheet of a file becomes rows of one table: columns found, values read, flaws kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter

import numpy as np
import pandas as pd

from salesnb.data.cleaning import (
    Cleaned,
    to_days,
    to_flags,
    to_numbers,
    to_periods,
    to_text,
    to_times,
    to_words,
)
from salesnb.data.contract import COMPANY, UNMAPPED, Column, Table
from salesnb.data.flaws import Broken, Flaw
from salesnb.data.lookups import Lookups
from salesnb.data.mapping import DAY, Rule, Said, Source
from salesnb.data.matching import (
    Match,
    Matching,
    header_key,
    header_unit,
    match_columns,
    missing_column,
    period_headers,
    unit_scale,
)
from salesnb.data.scope import scope_text
from salesnb.data.sources import EXTRA, Sheet
from salesnb.data.tables import TABLES
from salesnb.errors import suggest

TOTALS = frozenset(
    (
        "合计",
        "总计",
        "小计",
        "汇总",
        "本页合计",
        "本页小计",
        "累计",
        "total",
        "grandtotal",
        "subtotal",
        "sum",
    )
)
"""Words that begin a row of sums and no row of data."""

SUBTOTALS = frozenset(("小计", "本页合计", "本页小计", "subtotal"))
"""Those of them that do not sum the whole sheet."""

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

PERIOD, VALUE = "(period)", "(value)"
"""Headers of what was spread over several columns, one for each period."""


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
        """The tax basis that the header of the amount tells."""
        of_amount = (match.tax for match in self.matching.matches if match.column == "amount")
        return next(of_amount, "")


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
    totals = _totals(cells) if sheet.is_text else cells.index[:0]
    body = cells.drop(index=totals)
    kept = body[_chosen(body, source)]
    left_out = body.index.difference(kept.index)
    of_periods = {header_unit(header)[1] for header in unpivot} - {""}
    unit = of_periods.pop() if len(of_periods) == 1 else sheet.unit
    shaper = _Shaper(table, source, said, lookups, unit)
    rows = shaper.rows(_unpivoted(kept, unpivot), matching, rules)
    notes = _notes(sheet, table, cells, totals, rows, matching, shaper)
    return Draft(
        table=table,
        where=sheet.where,
        sheet=cells,
        rows=rows,
        matching=matching,
        broken=tuple(shaper.broken),
        totals=totals,
        left_out=left_out,
        left_money=shaper.money_of(body.loc[left_out], matching, rules),
        flaws=notes,
    )


# --- which headers, which rows --------------------------------------------------------------


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


def _totals(cells: pd.DataFrame) -> pd.Index:
    """Find rows whose first filled cell says that they are a total."""
    return cells.index[_first_words(cells).isin(TOTALS)]


def _first_words(cells: pd.DataFrame) -> pd.Series:
    first = cells.iloc[:, 0].astype("str")
    for name in cells.columns[1:]:
        if not first.isna().any():
            break
        first = first.fillna(cells[name].astype("str"))
    return first.str.replace(r"[\s:：]", "", regex=True).str.casefold()


def _chosen(cells: pd.DataFrame, source: Source) -> np.ndarray:
    chosen = np.ones(len(cells), dtype=bool)
    for wanted, choice in ((True, source.keep), (False, source.drop)):
        for header, values in choice.items():
            held = to_text(cells[header]).values.isin(values).to_numpy()
            chosen &= held if wanted else ~held
    return chosen


def _unpivoted(cells: pd.DataFrame, unpivot: Mapping[str, str]) -> pd.DataFrame:
    """Give one row for each period in the headers; empty cells are no target."""
    if not unpivot:
        return cells
    others = [name for name in cells.columns if name not in unpivot]
    pieces = [
        cells[others].assign(**{PERIOD: period, VALUE: cells[header].astype("str")})
        for header, period in unpivot.items()
    ]
    tall = pd.concat(pieces).sort_index(kind="stable")
    return tall[tall[VALUE].notna() & tall[VALUE].str.strip().ne("")]


# --- values ---------------------------------------------------------------------------------


class _Shaper:
    """Makes the columns of a table one by one and collects what is wrong with their cells."""

    def __init__(
        self, table: Table, source: Source, said: Said, lookups: Lookups, unit: str
    ) -> None:
        self.table = table
        self.source = source
        self.said = said
        self.lookups = lookups
        self.unit = unit
        self.broken: list[Broken] = []
        self.units: dict[str, str] = {}
        self.spread = self.months = 0

    def rows(
        self, cells: pd.DataFrame, matching: Matching, rules: Mapping[str, Rule]
    ) -> pd.DataFrame:
        made = {}
        for match in matching.matches:
            column = self.table.column(match.column)
            rule = rules.get(column.name, Rule(column=match.source))
            made[column.name] = self.typed(column, self.raw(cells, rule), rule, match)
        if EXTRA in cells.columns:
            more = cells[EXTRA].notna()
            self.broken.append(Broken("more_cells", EXTRA, more, True, shown=cells[EXTRA]))
        rows = pd.DataFrame(made, index=cells.index)
        rows = rows[[name for name in self.table.names if name in rows.columns]]
        rows = self.spread_over_months(rows, rules)
        return self.added_up(rows) if self.source.add_up else rows

    def raw(self, cells: pd.DataFrame, rule: Rule) -> pd.Series:
        """Give what a rule says, before it is read as the column's kind."""
        if rule.constant is not None:
            values = pd.Series(rule.constant, index=cells.index)
        elif rule.template:
            values = _filled(rule, cells)
        elif rule.scope:
            values = self.scopes(cells, rule.scope)
        else:
            values = cells[rule.column]
        for name in rule.lookup:
            values = self.lookups.look_up(name, values, _asked_day(rule, cells))
        if rule.otherwise is not None:
            other = self.raw(cells, rule.otherwise)
            values = values.astype("str").where(values.notna(), other.astype("str"))
        if rule.period:
            days = to_days(values, self.source.date_format).values
            values = _period_of(days, rule.period, rule.year_starts)
        return values

    def scopes(self, cells: pd.DataFrame, parts: Mapping[str, Rule]) -> pd.Series:
        said = {name: to_text(self.raw(cells, rule)).values for name, rule in parts.items()}
        if "region" in said:
            said["region"] = self.regions(said["region"])
        frame = pd.DataFrame(said, index=cells.index)
        codes, different = pd.factorize(pd.MultiIndex.from_frame(frame))
        texts = [
            scope_text({k: str(v) for k, v in zip(said, one, strict=True) if v and v == v})
            for one in different
        ]
        return pd.Series(texts, dtype="str").take(codes).set_axis(cells.index)

    def regions(self, values: pd.Series) -> pd.Series:
        """Give regions their one name; those of the head office are the company's (region "")."""
        named = values.replace(dict(self.said.regions))
        return named.mask(named.isin(self.said.head_office), COMPANY)

    def typed(self, column: Column, raw: pd.Series, rule: Rule, match: Match) -> pd.Series:
        more = self.said.values.get(self.table.name, {}).get(column.name, {})
        if rule.spread:
            raw = raw.astype("str")
            read = Cleaned(raw, pd.Series(False, index=raw.index))
        elif column.kind == "date":
            read = to_days(raw, self.source.date_format)
        elif column.kind == "time":
            read = to_times(raw, self.source.date_format)
        elif column.kind == "flag":
            read = to_flags(to_words(raw, more).values if more else raw)
        elif column.kind == "period":
            read = to_periods(raw)
        elif column.is_number:
            read = self.scaled(column, raw, rule, match)
        elif column.values:
            words = dict(column.values)
            read = to_words(raw, {**words, **{w: (*words.get(w, ()), *o) for w, o in more.items()}})
        elif column.kind == "category":
            read = to_words(raw, more)
        else:
            read = to_text(raw, prose=column.kind == "text")
        values = self.regions(read.values) if column.name == "region" else read.values
        if read.unreadable.any():
            self.broken.append(
                Broken(
                    "unreadable_day" if column.is_date else "unreadable",
                    column.name,
                    read.unreadable,
                    rejects=column.required,
                    details={"found": match.source, "other": column.kind},
                    shown=raw.astype("str"),
                )
            )
        values = self.known_word(column, values)
        return values if column.default is None else _defaulted(column, values)

    def scaled(self, column: Column, raw: pd.Series, rule: Rule, match: Match) -> Cleaned:
        read = to_numbers(raw)
        is_money = column.kind == "money" or column.name == self.table.money
        unit = match.unit or (self.unit if is_money else "")
        factor = rule.scale * (match.scale if match.unit else unit_scale(unit))
        if column.kind == "integer":
            part = read.values.notna() & (read.values % 1 != 0)
            read = Cleaned(read.values.mask(part), read.unreadable | part)
        if factor == 1:
            return read
        self.units[column.name] = unit or f"× {rule.scale:g}"
        # A cell that names its own unit, as in 12万 or 15%, is already in plain figures.
        own = pd.Series(False, index=raw.index)
        if not pd.api.types.is_numeric_dtype(raw.dtype):
            own = raw.astype("str").str.contains(r"[%万亿千]\s*元?\s*$", na=False)
        return Cleaned(read.values.where(own, _times(read.values, factor)), read.unreadable)

    def known_word(self, column: Column, values: pd.Series) -> pd.Series:
        """Show a word that an optional list does not know as unmapped (E19), and say so."""
        if not column.values or column.required or column.default is not None:
            return values
        unknown = values.notna() & ~values.isin(list(column.values))
        if not unknown.any():
            return values
        details = {"found": ", ".join(column.values)}
        self.broken.append(Broken("word", column.name, unknown, False, details, values))
        return values.mask(unknown, UNMAPPED)

    def money_of(self, cells: pd.DataFrame, matching: Matching, rules: Mapping[str, Rule]) -> float:
        """Sum the money of rows that are left out."""
        match = next((m for m in matching.matches if m.column == self.table.money), None)
        if match is None or match.source not in cells.columns or cells.empty:
            return 0.0
        column = self.table.column(match.column)
        rule = rules.get(column.name, Rule(column=match.source))
        return float(self.scaled(column, self.raw(cells, rule), rule, match).values.sum())

    def added_up(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Make one row of those that are alike but for their money; it has the first's number."""
        alike = [name for name in rows.columns if name != self.table.money]
        groups = rows.groupby(alike, sort=False, dropna=False)[self.table.money]
        sums = groups.transform("sum").round(4)
        return rows.assign(**{self.table.money: sums})[~rows.duplicated(alike)]

    def spread_over_months(self, rows: pd.DataFrame, rules: Mapping[str, Rule]) -> pd.DataFrame:
        """Let a row that stands for a quarter or year stand for each of its months."""
        spread = [(name, rule) for name, rule in rules.items() if rule.spread]
        if not spread:
            return rows
        name, rule = spread[0]
        days = to_days(rows[name], self.source.date_format)
        if days.unreadable.any():
            self.broken.append(
                Broken("unreadable_day", name, days.unreadable, True, {"other": "date"}, rows[name])
            )
        months = 3 if rule.spread == "quarter" else 12
        first = _first_months(days.values, rule.year_starts, months)
        pieces = []
        money = rows[self.table.money] if self.table.money else None
        given = 0.0
        for step in range(months):
            month = (first + step).astype("str").where(days.values.notna())
            piece = rows.assign(**{name: month})
            if money is not None:
                # The last month takes what rounding to cents left over, so that parts add up.
                part = (money / months).round(2) if step < months - 1 else money - given
                given = given + part
                piece[self.table.money] = part.round(4)
            pieces.append(piece)
        self.spread, self.months = len(rows), months
        return pd.concat(pieces).sort_index(kind="stable")


def _asked_day(rule: Rule, cells: pd.DataFrame) -> pd.Series | None:
    if DAY.fullmatch(rule.at):
        return pd.Series(rule.at, index=cells.index)
    return cells[rule.at] if rule.at else None


def _filled(rule: Rule, cells: pd.DataFrame) -> pd.Series:
    text = pd.Series("", index=cells.index, dtype="str")
    for literal, name, _, _ in Formatter().parse(rule.template):
        text = text + literal
        if name:
            text = text + to_text(cells[name], prose=True).values.fillna("")
    return text


def _period_of(days: pd.Series, kind: str, year_starts: int) -> pd.Series:
    if kind == "month":
        return days.dt.strftime("%Y-%m").astype("str")
    first = _first_months(days, year_starts, 3 if kind == "quarter" else 12)
    # The name of a fiscal quarter counts from the month its year begins with.
    since = (first.dt.month - year_starts) % 12
    year = (first.dt.year - (first.dt.month < year_starts)).astype("Int64").astype("str")
    if kind == "year":
        return year
    return year + "Q" + (since // 3 + 1).astype("Int64").astype("str")


def _first_months(days: pd.Series, year_starts: int, months: int) -> pd.Series:
    """Give the first month of the quarter or year that each day lies in."""
    month = days.dt.to_period("M")
    return month - ((days.dt.month - year_starts) % months).fillna(0).astype(int)


def _defaulted(column: Column, values: pd.Series) -> pd.Series:
    filled = values.fillna(column.default)
    return filled.astype(bool) if column.kind == "flag" else filled


def _times(values: pd.Series, factor: float) -> pd.Series:
    # 1.23 万 × 10,000 is 12,300 and not 12,300.000000000002.
    return values / round(1 / factor) if factor < 1 else (values * factor).round(6)


# --- what is said of the file ---------------------------------------------------------------


def _notes(
    sheet: Sheet,
    table: Table,
    cells: pd.DataFrame,
    totals: pd.Index,
    rows: pd.DataFrame,
    matching: Matching,
    shaper: _Shaper,
) -> tuple[Flaw, ...]:
    def note(rule: str, column: str = "", count: int = 0, **details: object) -> Flaw:
        return Flaw(rule, "note", table.name, column, sheet.where, count, details=details)

    notes = []
    if sheet.title_rows:
        notes.append(note("title_rows", count=sheet.title_rows))
    notes += [note("unit", column, value=unit) for column, unit in sorted(shaper.units.items())]
    if shaper.spread:
        notes.append(note("spread", count=shaper.spread, value=str(shaper.months)))
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
    whole = totals[~_first_words(cells.loc[totals]).isin(SUBTOTALS)]
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
