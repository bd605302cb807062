"""The columns of a table, made one by one from the cells of a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

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
from salesnb.data.flaws import Broken
from salesnb.data.lookups import Lookups
from salesnb.data.mapping import DAY, Rule, Said, Source
from salesnb.data.matching import Match, Matching, unit_scale
from salesnb.data.scope import scope_text
from salesnb.data.sources import EXTRA


class Maker:
    """Makes the columns of a table one by one and collects what is wrong with their cells.

    Attributes
    ----------
    broken
        Rules that cells break.
    units
        Column → the unit its numbers were brought from.
    spread, months
        Rows that each stand for so many months.
    """

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
        self.unscaled: dict[str, pd.Series] = {}
        self.spread = self.months = 0

    def rows(
        self, cells: pd.DataFrame, matching: Matching, rules: Mapping[str, Rule]
    ) -> pd.DataFrame:
        """Make all columns of a table from the cells of a sheet."""
        made = {}
        for match in matching.matches:
            column = self.table.column(match.column)
            rule = rules.get(column.name, Rule(column=match.source))
            made[column.name] = self.typed(column, self.raw(cells, rule), rule, match)
        if "unit" in made and "value" in self.unscaled:
            # A target of 300 customers in a sheet of 万元 is 300 customers.
            made["value"] = made["value"].where(made["unit"] == "money", self.unscaled["value"])
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
        """Write scopes of the parts that rules say; parts without a value are left out."""
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
        """Read cells as the column's kind, with its words and its default."""
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
        """Read numbers, brought from the unit of their header or title to plain figures (E20)."""
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
        if unit != "%" and rule.scale == 1:
            self.unscaled[column.name] = read.values
        # A cell that names its own unit, as in 12万 or 15%, is already in plain figures.
        own = pd.Series(False, index=raw.index)
        if not pd.api.types.is_numeric_dtype(raw.dtype):
            own = raw.astype("str").str.contains(r"(?:[%万亿千]\s*元?|元)\s*$", na=False)
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
        bad = {
            n for broken in self.broken if broken.rejects for n in broken.rows.index[broken.rows]
        }
        rejected = rows.index.isin(list(bad))
        good = rows[~rejected]
        alike = [name for name in rows.columns if name != self.table.money]
        sums = good.groupby(alike, sort=False, dropna=False)[self.table.money].transform("sum")
        summed = good.assign(**{self.table.money: sums.round(4)})[~good.duplicated(alike)]
        return pd.concat([summed, rows[rejected]]).sort_index(kind="stable")

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
