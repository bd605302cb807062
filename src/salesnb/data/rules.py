"""What rows of a table must keep, beyond the type of each value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from salesnb.data.contract import COMPANY, UNMAPPED, Column, Table
from salesnb.data.flaws import Broken
from salesnb.data.scope import parse_scope
from salesnb.data.store import Company
from salesnb.data.tables import TABLES
from salesnb.errors import ContractError, ParameterError
from salesnb.period import Period

_KNOWN_IN: Mapping[str, tuple[str, ...]] = {
    "region": ("orders.region", "reps.region", "customers.region"),
    "province": ("customers.province",),
    "team": ("reps.team",),
    "role": ("reps.role",),
    "rep": ("reps.rep_id", "orders.rep_id"),
    "product_group": ("products.group",),
    "product_line": ("products.line",),
    "tier": ("products.tier",),
    "product": ("products.product_id", "orders.product_id"),
    "channel": ("orders.channel", "leads.channel", "channel_spend.channel"),
    "industry": ("customers.industry",),
    "size": ("customers.size",),
    "customer": ("customers.customer_id", "orders.customer_id"),
    "customer_tier": ("customers.tier",),
    "competitor": ("opportunities.competitor", "market.competitor"),
    "stage": ("opportunities.stage", "opp_stage_history.stage"),
}
"""Dimension of a scope → where its values are known from; other dimensions are not looked up."""

_CUSTOMER_TYPES = frozenset({"new", "existing"})

_IN_ORDER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "contracts": (("start", "end"),),
    "receivables": (("invoice_date", "due_date"),),
    "opp_stage_history": (("entered", "left"),),
    "tickets": (("opened", "closed"),),
    "reps": (("hire_date", "leave_date"),),
    "actions": (("start", "due"),),
}
"""Days of which the first cannot be after the second."""


@dataclass(frozen=True)
class Context:
    """What rows are held against: the other tables, the company, the metrics there are."""

    tables: Mapping[str, pd.DataFrame]
    company: Company
    metrics: Collection[str] = ()


def broken_rules(table: Table, frame: pd.DataFrame, context: Context) -> list[Broken]:
    """Find the rules that rows break on their own, and where rows cannot stand beside others.

    Parameters
    ----------
    table
        What the rows are.
    frame
        Typed rows; the index numbers them.
    context
        What scopes, metrics and currencies are known.
    """
    found = [broken for column in table.columns for broken in _of_column(column, frame)]
    found += _duplicates(table, frame)
    found += _days_in_order(table, frame)
    if "scope" in frame.columns:
        found += _scopes(frame, context)
    if table.name == "targets":
        found += _targets(frame, context)
    elif table.name == "order_credit":
        found += _shares(frame)
    elif table.name == "orders":
        found += _orders(frame, context)
    return [broken for broken in found if broken.rows.any()]


def broken_references(table: Table, frame: pd.DataFrame, context: Context) -> list[Broken]:
    """Find keys of other tables that those tables do not have; rows stay, as unmapped (E19)."""
    found = []
    for column in table.columns:
        other = context.tables.get(column.refers)
        if other is None or column.name not in frame.columns:
            continue
        key = TABLES[column.refers].keys[0]
        if key not in other.columns:
            continue
        values = frame[column.name]
        unknown = values.notna() & ~values.isin(other[key])
        if unknown.any():
            found.append(
                Broken("reference", column.name, unknown, details={"other": column.refers})
            )
    return found


def _of_column(column: Column, frame: pd.DataFrame) -> Iterator[Broken]:
    if column.name not in frame.columns:
        return
    values = frame[column.name]
    needed = column.required or column.default is not None
    if column.required:
        yield Broken("empty", column.name, values.isna(), rejects=True)
    if column.is_number:
        low = values < column.low if column.low is not None else values != values
        high = values > column.high if column.high is not None else values != values
        limits = {"found": _limits(column)}
        yield Broken("range", column.name, (low | high) & values.notna(), column.required, limits)
    if column.values:
        unknown = values.notna() & ~values.isin([*column.values, UNMAPPED])
        yield Broken("word", column.name, unknown, needed, {"found": ", ".join(column.values)})
    if column.kind == "period":
        bad = values.notna() & ~values.isin([text for text in values.unique() if _is_period(text)])
        yield Broken("period", column.name, bad, rejects=True)


def _limits(column: Column) -> str:
    if column.low is not None and column.high is not None:
        return f"{column.low:g} … {column.high:g}"
    return f"≥ {column.low:g}" if column.low is not None else f"≤ {column.high or 0:g}"


def _is_period(text: object) -> bool:
    try:
        Period.parse(str(text))
    except ParameterError:
        return False
    return True


def _duplicates(table: Table, frame: pd.DataFrame) -> list[Broken]:
    keys = [key for key in table.keys if key in frame.columns]
    if not keys:
        return []
    again = frame.duplicated(keys, keep="first")
    shown = None
    if again.any():
        shown = frame[keys].astype("str").fillna("").agg(" / ".join, axis=1)
    return [Broken("duplicate", " + ".join(keys), again, rejects=True, shown=shown)]


def _days_in_order(table: Table, frame: pd.DataFrame) -> list[Broken]:
    return [
        Broken("days_in_order", second, frame[first] > frame[second], details={"other": first})
        for first, second in _IN_ORDER.get(table.name, ())
        if {first, second} <= set(frame.columns)
    ]


# --- scopes and targets ---------------------------------------------------------------------


def _scopes(frame: pd.DataFrame, context: Context) -> list[Broken]:
    """Hold each different scope against the values its dimensions are known to have."""
    known: dict[str, frozenset[str] | None] = {}
    wrong: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for text in frame["scope"].dropna().unique():
        try:
            scope = parse_scope(str(text))
        except ContractError as error:
            wrong[text] = str(error.problems[0])
            continue
        for dimension, value in scope.items():
            if dimension not in known:
                known[dimension] = known_values(dimension, context)
            values = known[dimension]
            if values is not None and value not in values:
                unknown[text] = f"{dimension}={value}"
    scopes = frame["scope"].astype("str")
    return [
        Broken("scope", "scope", scopes.isin(wrong), True, shown=scopes.map(wrong)),
        Broken("unknown_scope", "scope", scopes.isin(unknown), True, shown=scopes.map(unknown)),
    ]


def known_values(dimension: str, context: Context) -> frozenset[str] | None:
    """Give the values a dimension of a scope may have, None when nothing says so."""
    if dimension == "customer_type":
        return _CUSTOMER_TYPES
    found: set[str] = set(context.company.regions) if dimension == "region" else set()
    anywhere = bool(found)
    for place in _KNOWN_IN.get(dimension, ()):
        table, _, column = place.partition(".")
        frame = context.tables.get(table)
        if frame is not None and column in frame.columns:
            anywhere = True
            found.update(map(str, frame[column].dropna().unique()))
    return frozenset(found - {COMPANY}) if anywhere else None


def _targets(frame: pd.DataFrame, context: Context) -> list[Broken]:
    found = []
    if context.metrics and "metric" in frame.columns:
        unknown = frame["metric"].notna() & ~frame["metric"].isin(list(context.metrics))
        found.append(Broken("unknown_metric", "metric", unknown, rejects=True))
    if "bound" in frame.columns:
        high = frame.get("value_hi", pd.Series(float("nan"), index=frame.index))
        open_range = (frame["bound"] == "range") & ~(high >= frame["value"])
        found.append(Broken("no_upper", "value_hi", open_range, rejects=True))
    if "unit" in frame.columns:
        percent = frame["unit"].isin(["ratio", "share"]) & (frame["value"].abs() > 1.5)
        found.append(Broken("percent", "value", percent))
    return found


def _shares(frame: pd.DataFrame) -> list[Broken]:
    """Find orders whose credit is not given out exactly once (E15, E16)."""
    total = frame.groupby("order_id")["share"].transform("sum")
    shown = frame["order_id"].astype("str") + " = " + total.round(6).astype("str")
    return [Broken("shares", "share", (total - 1).abs() > 1e-6, rejects=True, shown=shown)]


def _orders(frame: pd.DataFrame, context: Context) -> list[Broken]:
    found = []
    if "status" in frame.columns:
        wrong_sign = (frame["status"] == "return") & (frame["amount"] > 0)
        found.append(Broken("return_sign", "amount", wrong_sign, rejects=True))
    if "currency" in frame.columns:
        foreign = frame["currency"].notna() & (frame["currency"] != context.company.currency)
        rate = frame.get("fx_rate", pd.Series(float("nan"), index=frame.index))
        details = {"found": context.company.currency}
        found.append(Broken("no_rate", "currency", foreign & rate.isna(), True, details))
    return found
