"""How sales become money: collected, outstanding, overdue."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from salesnb.metrics.metric import Metric, View, beside
from salesnb.metrics.rows import Rows, Values
from salesnb.metrics.sales import net_sales
from salesnb.period import Window

CASH_CUTS = ("region", "province", "industry", "size", "customer", "customer_tier")
"""What invoices and payments can be cut by."""

MONTHS_BACK = 24
"""How many months the countback looks back before it gives up."""


def _named(frame: pd.DataFrame, **names: str) -> pd.DataFrame:
    return frame.rename(columns=names).drop(columns="n")


def _amount(view: View, table: str, dates: str, window: Window | None = None) -> pd.DataFrame:
    rows = view.rows(table, dates, window)
    return rows.sums(view.by, {"value": rows.values("amount")})


def _until(view: View, table: str, dates: str, day: date) -> pd.DataFrame:
    """Add up a table's amounts from the beginning to a day."""
    return _amount(view, table, dates, Window(date(1700, 1, 1), day))


def receivable(view: View, day: date) -> pd.DataFrame:
    """Give what customers owed at the end of a day: invoices less payments, applied or not."""
    billed = _until(view, "receivables", "invoice_date", day)
    paid = _until(view, "receipts", "receipt_date", day)
    both = beside(view.by, _named_n(billed, "billed"), _named(paid, value="paid"))
    return both.assign(value=both["billed"] - both["paid"]).drop(columns=["billed", "paid"])


def open_invoices(view: View, day: date) -> tuple[Rows, Values]:
    """Give the invoices of a view with what is still open of each at the end of a day.

    Payments that name no invoice are in `receivable` but in no invoice here.
    """
    rows = view.rows("receivables", "invoice_date", Window(date(1700, 1, 1), day))
    paid = view.dataset.rows("receipts", "receipt_date", Window(date(1700, 1, 1), day))
    settled = pd.Series(paid.values("amount")).groupby(
        paid.frame["invoice_id"].iloc[paid.at].to_numpy()
    )
    known = settled.sum()
    ids = rows.frame["invoice_id"].iloc[rows.at]
    return rows, rows.values("amount") - ids.map(known).fillna(0.0).to_numpy(dtype=float)


def _collection_rate(view: View) -> pd.DataFrame:
    chosen = view.settings.collection
    paid = _amount(view, "receipts", "receipt_date")
    if chosen == "balance":
        start = receivable(view, _day_before(view))
        billed = _amount(view, "receivables", "invoice_date")
        both = beside(view.by, _named(start, value="start"), _named(billed, value="billed"))
        both = beside(view.by, both.assign(denominator=both["start"] + both["billed"]), paid)
        return both.rename(columns={"value": "numerator"})
    due = _amount(view, "receivables", "due_date") if chosen == "due" else net_sales(view)
    both = beside(view.by, _named(paid, value="numerator"), due)
    return both.rename(columns={"value": "denominator"})


def _day_before(view: View) -> date:
    return date.fromordinal(view.window.start.toordinal() - 1)


def _dso(view: View) -> pd.DataFrame:
    if view.settings.dso == "invoice":
        return _invoice_dso(view)
    balance = receivable(view, view.end)
    if view.settings.dso == "simple":
        window = Window(view.window.start, view.end)
        billed = _amount(view, "receivables", "invoice_date", window)
        both = beside(view.by, _named(balance, value="balance"), billed)
        days = np.where(both["value"] > 0, both["balance"] * window.days / both["value"], np.nan)
        return both.assign(value=days)
    return _countback(view, _named(balance, value="left"))


def _named_n(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.rename(columns={"value": name})


def _countback(view: View, left: pd.DataFrame) -> pd.DataFrame:
    """Take whole months' invoices off the balance, latest first, until it is used up."""
    month = view.dataset.calendar.period_at(view.end, "month")
    found = left.assign(value=0.0, n=0)
    for step in range(MONTHS_BACK):
        window = view.dataset.calendar.window(month.shift(-step))
        window = Window(window.start, min(window.end, view.end))
        billed = _amount(view, "receivables", "invoice_date", window)
        billed = billed.rename(columns={"value": "billed", "n": "invoices"})
        found = beside(view.by, found, billed)
        open_, size = found["left"].to_numpy(), found["billed"].to_numpy()
        part = np.where(size > 0, np.clip(open_ / np.where(size > 0, size, 1), 0, 1), 1.0)
        used = np.where(open_ > 0, part * window.days, 0.0)
        found = found.assign(
            value=found["value"] + used,
            n=found["n"] + found["invoices"],
            left=np.where(open_ > 0, open_ - size, open_),
        ).drop(columns=["billed", "invoices"])
        if not (found["left"] > 0).any() or window.start <= view.dataset.starts("receivables"):
            break
    # A balance older than all invoices looked at has no number of days.
    return found.assign(value=found["value"].where(found["left"] <= 0.005))


def _invoice_dso(view: View) -> pd.DataFrame:
    """Give days from invoice to payment, weighted by amount; unpaid invoices are not in it."""
    rows = view.rows("receipts", "receipt_date")
    invoices = view.dataset.frame("receivables").drop_duplicates("invoice_id")
    billed = invoices.set_index("invoice_id")["invoice_date"]
    on = rows.frame["invoice_id"].iloc[rows.at].map(billed)
    waited = (rows.values("receipt_date") - on.to_numpy()) / np.timedelta64(1, "D")
    rows = rows.keep(~np.isnan(waited))
    amount = rows.values("amount")
    waited = waited[~np.isnan(waited)]
    return rows.sums(view.by, {"numerator": amount * waited, "denominator": amount})


def _collection_effectiveness(view: View) -> pd.DataFrame:
    """Set what was collected against what could have been: all but what is not yet due."""
    start = receivable(view, _day_before(view))
    end = receivable(view, view.end)
    billed = _amount(view, "receivables", "invoice_date")
    rows, left = open_invoices(view, view.end)
    current = rows.values("due_date") >= np.datetime64(view.end)
    due_later = rows.sums(view.by, {"current": np.where(current, left, 0.0)})
    both = beside(view.by, _named(start, value="start"), _named(end, value="end"))
    both = beside(view.by, both, _named(billed, value="billed"))
    both = beside(view.by, both, due_later)
    could = both["start"] + both["billed"]
    return both.assign(numerator=could - both["end"], denominator=could - both["current"])


def _overdue(view: View) -> pd.DataFrame:
    rows, left = open_invoices(view, view.end)
    rows, left = rows.keep(left > 0.005), left[left > 0.005]
    late = np.datetime64(view.end) - rows.values("due_date")
    hit = late > np.timedelta64(view.settings.overdue_grace_days, "D")
    return rows.sums(view.by, {"numerator": np.where(hit, left, 0.0), "denominator": left})


def ageing(view: View) -> pd.DataFrame:
    """Split what is open at the window's end by how long it is overdue.

    Returns
    -------
    One row for each of `view.by` and bucket: `bucket` (its number, 0 is not yet due), `low` and
    `high` (days overdue, from above `low` to `high`), `value` (money), `n` (invoices). Limits are
    `ageing_days` of the settings; the last bucket has no upper limit.
    """
    rows, left = open_invoices(view, view.end)
    rows, left = rows.keep(np.abs(left) > 0.005), left[np.abs(left) > 0.005]
    late = (np.datetime64(view.end) - rows.values("due_date")) / np.timedelta64(1, "D")
    limits = np.array(view.settings.ageing_days, dtype=float)
    bucket = np.searchsorted(limits, late)
    names = pd.Categorical.from_codes(bucket, [f"{place:02d}" for place in range(len(limits) + 1)])
    frame = rows.taken(rows.frame.columns).assign(bucket=names)
    found = Rows(frame, slice(None), rows.names).sums([*view.by, "bucket"], {"value": left})
    number = found["bucket"].astype(int)
    edges = np.concatenate([[-np.inf], limits, [np.inf]])
    return found.assign(bucket=number, low=edges[number], high=edges[number + 1])


_BOTH = {"receivables": ("amount", "due_date"), "receipts": ("amount",)}
_ALSO = ("receipts",)

METRICS = (
    Metric("receivable_balance", "M18", "cash", "money", "down", "sum", "Σ invoices − Σ payments",
           needs=_BOTH, dims=CASH_CUTS, also_cut=_ALSO,
           compute=lambda view: receivable(view, view.end)),
    Metric("collection_rate", "M15", "cash", "ratio", "up", "ratio", "Σ collected", "Σ due",
           needs=_BOTH, dims=CASH_CUTS, also_cut=_ALSO, compute=_collection_rate,
           choice="collection"),
    Metric("dso", "M16", "cash", "days", "down", "recompute", "receivables", "sales a day",
           needs=_BOTH, dims=CASH_CUTS, also_cut=_ALSO, compute=_dso, choice="dso"),
    Metric("collection_effectiveness", "M17", "cash", "ratio", "up", "ratio",
           "start + billed − end", "start + billed − end not due", needs=_BOTH, dims=CASH_CUTS,
           also_cut=_ALSO, compute=_collection_effectiveness),
    Metric("overdue_ratio", "M18", "cash", "ratio", "down", "ratio", "Σ overdue", "Σ open",
           needs={"receivables": ("amount", "due_date"), "receipts": ("amount", "invoice_id")},
           dims=CASH_CUTS, compute=_overdue),
)  # fmt: skip
