"""What files gave is put together into tables, and every row is accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED, Table
from salesnb.data.flaws import EXAMPLES, Broken, Flaw
from salesnb.data.import_report import FileReport, Tally
from salesnb.data.orders import (
    in_own_currency,
    with_gifts,
    with_line_numbers,
    with_rates,
    with_returns,
)
from salesnb.data.regions import with_region
from salesnb.data.rules import Context, broken_references, broken_rules
from salesnb.data.shaping import Draft
from salesnb.data.store import Company, Store
from salesnb.data.tables import TABLES


@dataclass(frozen=True)
class Prepared:
    """Tables ready to be written, and all that is to be said of them.

    `rejected` holds, for each draft, the reasons by row number of its sheet.
    """

    company: Company
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()
    files: tuple[FileReport, ...] = ()
    rejected: tuple[Mapping[int, list[Broken]], ...] = ()
    ignored: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass
class Assembly:
    """Puts drafts together into tables, and keeps count of every row on the way."""

    drafts: list[Draft]
    company: Company
    store: Store | None
    ignored: tuple[str, ...]
    flaws: list[Flaw]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    marks: dict[str, pd.DataFrame] = field(default_factory=dict)

    def prepared(self) -> Prepared:
        """Go through all steps and give what came of them."""
        self.rejected: list[dict[int, list[Broken]]] = [{} for _ in self.drafts]
        self.merged = [0] * len(self.drafts)
        self.merged_money = [0.0] * len(self.drafts)
        self.money = [_money(draft) for draft in self.drafts]
        self.turned = [0.0] * len(self.drafts)
        self._of_drafts()
        for name in dict.fromkeys(draft.table.name for draft in self.drafts):
            self._combine(TABLES[name])
        around = {**self._existing(), **self.tables}
        self._with_rates(around)
        self._reject_broken(around)
        self._regions(around)
        self._said_of_tables()
        return Prepared(
            company=self.company,
            tables=self.tables,
            drafts=tuple(self.drafts),
            files=tuple(self._file(place) for place in range(len(self.drafts))),
            rejected=tuple(self.rejected),
            ignored=self.ignored,
            flaws=tuple(self.flaws),
        )

    # Each step takes rows out of `tables` together with their `marks`: the draft a row came
    # from and its number there.

    def _of_drafts(self) -> None:
        for place, draft in enumerate(self.drafts):
            for broken in draft.broken:
                self.flaws.append(broken.told(draft.table.name, where=draft.where))
                if broken.rejects:
                    self._reject(place, broken, broken.rows.index[broken.rows])

    def _reject(self, place: int, broken: Broken, numbers: Iterable[int]) -> None:
        for number in numbers:
            reasons = self.rejected[place].setdefault(int(number), [])
            if all(broken.rule != r.rule or broken.column != r.column for r in reasons):
                reasons.append(broken)

    def _combine(self, table: Table) -> None:
        pieces, marks = [], []
        for place, draft in enumerate(self.drafts):
            if draft.table.name != table.name:
                continue
            good = ~draft.rows.index.isin(list(self.rejected[place]))
            rows = draft.rows[good]
            if table.name == "orders":
                before = float(rows["amount"].sum())
                rows = with_gifts(with_returns(rows))
                self.turned[place] = float(rows["amount"].sum()) - before
            pieces.append(rows)
            marks.append(pd.DataFrame({"draft": place, "row": rows.index}))
        frame = pd.concat(pieces, ignore_index=True)
        mark = pd.concat(marks, ignore_index=True)
        again = frame.duplicated(keep="first")
        self._count_merged(table, frame[again], mark[again])
        frame, mark = frame[~again], mark[~again]
        if table.name == "orders":
            frame = with_line_numbers(frame)
        self.tables[table.name] = frame.reset_index(drop=True)
        self.marks[table.name] = mark.reset_index(drop=True)

    def _count_merged(self, table: Table, rows: pd.DataFrame, marks: pd.DataFrame) -> None:
        """Count exact duplicates (E16): the same line in two exports, or twice in one."""
        for place, same in marks.groupby("draft"):
            self.merged[int(place)] = len(same)
            if table.money in rows.columns:
                self.merged_money[int(place)] = float(rows.loc[same.index, table.money].sum())
            first = rows.loc[same.index[:EXAMPLES], table.names[0]].astype("str")
            examples = tuple(zip(map(int, same["row"].head(EXAMPLES)), first, strict=True))
            self.flaws.append(
                Flaw(
                    "merged", "warning", table.name, where=self.drafts[int(place)].where,
                    count=len(same), examples=examples,
                )
            )  # fmt: skip

    def _existing(self) -> dict[str, pd.DataFrame]:
        """Read what rules ask of tables that are there and not imported now."""
        if self.store is None:
            return {}
        return {
            name: self.store.read(name, columns=_asked(self.store, TABLES[name]))
            for name in self.store.tables
            if name not in self.tables
        }

    def _with_rates(self, around: dict[str, pd.DataFrame]) -> None:
        if "orders" not in self.tables:
            return
        orders = with_rates(self.tables["orders"], around.get("fx"), self.company)
        self.tables["orders"] = around["orders"] = orders

    def _reject_broken(self, around: dict[str, pd.DataFrame]) -> None:
        context = Context(around, self.company)
        for name, frame in list(self.tables.items()):
            marks = self.marks[name]
            bad = np.zeros(len(frame), dtype=bool)
            for broken in broken_rules(TABLES[name], frame, context):
                hit = broken.rows.to_numpy(dtype=bool)
                for place, rows in marks[hit].groupby("draft"):
                    numbered = frame.loc[rows.index].set_axis(rows["row"])
                    shown = None if broken.shown is None else broken.shown.loc[rows.index]
                    only = replace(
                        broken,
                        rows=pd.Series(True, index=numbered.index),
                        shown=None if shown is None else shown.set_axis(numbered.index),
                    )
                    flaw = only.told(name, numbered, self.drafts[int(place)].where)
                    self.flaws.append(flaw)
                    if broken.rejects:
                        self._reject(int(place), only, rows["row"])
                        # All that a row of the file gave goes with it.
                        gone = (marks["draft"] == place) & marks["row"].isin(rows["row"])
                        bad |= gone.to_numpy()
            self.tables[name] = around[name] = frame[~bad].reset_index(drop=True)
            self.marks[name] = marks[~bad].reset_index(drop=True)
        for name, frame in self.tables.items():
            for broken in broken_references(TABLES[name], frame, context):
                numbered = frame.set_axis(self.marks[name]["row"])
                aligned = replace(broken, rows=broken.rows.set_axis(numbered.index))
                self.flaws.append(aligned.told(name, numbered))

    def _regions(self, around: dict[str, pd.DataFrame]) -> None:
        if "orders" in self.tables:
            self.tables["orders"] = around["orders"] = in_own_currency(self.tables["orders"])
        for name in self.tables:
            self.tables[name] = with_region(TABLES[name], self.tables[name], around)

    def _said_of_tables(self) -> None:
        for name, frame in self.tables.items():
            if TABLES[name].has_region:
                lost = int((frame["region"] == UNMAPPED).sum())
                if lost:
                    self.flaws.append(Flaw("no_region", "warning", name, "region", count=lost))
        orders = self.tables.get("orders")
        if orders is not None:
            self.flaws += _said_of_orders(orders, self.company)
        names = sorted(
            {str(r) for f in self.tables.values() if "region" in f for r in f["region"].unique()}
            | set(self.company.regions)
        )
        for one, other in combinations(filter(None, names), 2):
            if other.startswith(one) or one.casefold() == other.casefold():
                details = {"value": one, "other": other}
                self.flaws.append(
                    Flaw("alike_regions", "warning", column="region", details=details)
                )

    def _file(self, place: int) -> FileReport:
        draft = self.drafts[place]
        bad = draft.rows.index.isin(list(self.rejected[place]))
        derived = len(draft.rows)
        read = len(draft.sheet)
        name = draft.table.name
        mine = self.marks[name]["draft"] == place
        rows = Tally(
            read=read,
            added=derived - (read - len(draft.totals) - len(draft.left_out)),
            written=int(mine.sum()),
            rejected=int(bad.sum()),
            merged=self.merged[place],
            totals=len(draft.totals),
            left_out=len(draft.left_out),
        )
        money = None
        column = draft.table.money
        if column and column in draft.rows.columns:
            written = self.tables[name].loc[mine, column]
            if "fx_rate" in self.tables[name].columns:
                written = written / self.tables[name].loc[mine, "fx_rate"]
            money = Tally(
                read=self.money[place] + draft.left_money,
                added=self.turned[place],
                written=float(written.sum()),
                rejected=float(draft.rows.loc[bad, column].sum()),
                merged=self.merged_money[place],
                left_out=draft.left_money,
            )
        return FileReport(
            draft.where, name, draft.matching.matches, draft.matching.ignored, rows, money
        )


def _money(draft: Draft) -> float:
    column = draft.table.money
    return float(draft.rows[column].sum()) if column in draft.rows.columns else 0.0


def _asked(store: Store, table: Table) -> list[str]:
    """Columns of a table that other tables' rules and regions ask for."""
    asked = {*table.keys, "region", *(column for column, _ in table.region_from)}
    asked |= {column.name for column in table.columns if column.kind == "category"}
    asked |= set(table.names) if table.name == "fx" else set()
    return [name for name in store.columns(table.name) if name in asked]


def _said_of_orders(orders: pd.DataFrame, company: Company) -> list[Flaw]:
    def note(rule: str, rows: pd.Series, column: str = "amount", **details: object) -> list[Flaw]:
        count = int(rows.sum())
        return [Flaw(rule, "note", "orders", column, count=count, details=details)] if count else []

    notes = note("returns", orders["status"] == "return")
    notes += note("gifts", orders["is_gift"], "is_gift")
    if "is_internal" in orders.columns:
        notes += note("internal", orders["is_internal"], "is_internal")
    if "fx_rate" in orders.columns:
        foreign = orders["currency"] != company.currency
        notes += note("converted", foreign, "currency", value=company.currency)
    return notes
