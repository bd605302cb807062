"""How sales become money: collected, outstanding, overdue."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from salesnb.metrics.cells import Cells, Values, beside, days, divided
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import Metric, View, ratio
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import net_sales
from salesnb.period import Window

CASH_CUTS = ("region", "province", "industry", "size", "customer", "customer_tier")
"""What invoices and payments can be cut by."""

EVER = date(1700, 1, 1)
CENT = 0.005

MONTHS_BACK = 24
"""How many months the countback looks back before it gives up."""


def _amount(view: View, table: str, dates: str, window: Window | None = None) -> Cells:
    rows = view.rows(table, dates, window)
    return rows.sums(view.by, value=rows.values("amount"))


def _until(view: View, table: str, dates: str, day: date) -> Cells:
    """Add up a table's amounts from the beginning to a day."""
    return _amount(view, table, dates, Window(EVER, day))


def _as(found: Cells, name: str) -> Cells:
    """Give a result's value another name, and leave out its count."""
    return found.renamed(value=name).without("n")


def receivable(view: View, day: date) -> Cells:
    """Give what customers owed at the end of a day: invoices less payments, applied or not."""
    billed = _until(view, "receivables", "invoice_date", day)
    paid = _until(view, "receipts", "receipt_date", day)
    both = beside(billed, _as(paid, "paid"))
    return both.plus(value=both["value"] - both["paid"]).without("paid")


def open_invoices(view: View, day: date) -> tuple[Rows, Values]:
    """Give the invoices of a view with what is still open of each at the end of a day.

    Payments that name no invoice are in `receivable` but in no invoice here.
    """
    rows = view.rows("receivables", "invoice_date", Window(EVER, day))
    paid = view.dataset.rows("receipts", "receipt_date", Window(EVER, day))
    billed, settling, none = view.dataset.kept("invoices", lambda: _invoices(view.dataset))
    amounts = np.nan_to_num(paid.values("amount"))
    settled = np.bincount(settling[paid.at], weights=amounts, minlength=none + 1)
    settled[none] = 0.0
    return rows, rows.values("amount") - settled[billed[rows.at]]


def _invoices(dataset: Dataset) -> tuple[Values, Values, int]:
    """Number the invoice of each row of receivables and of receipts, and what names none."""
    codes, ids = pd.factorize(dataset.frame("receivables")["invoice_id"])
    found = pd.Index(ids).get_indexer(pd.Index(dataset.frame("receipts")["invoice_id"]))
    none = len(ids)
    return np.where(codes < 0, none, codes), np.where(found < 0, none, found), none


def _collection_rate(view: View) -> Cells:
    chosen = view.settings.collection
    paid = _as(_amount(view, "receipts", "receipt_date"), "numerator")
    if chosen == "balance":
        start = _as(receivable(view, _day_before(view)), "start")
        both = beside(start, _as(_amount(view, "receivables", "invoice_date"), "billed"))
        due = both.plus(denominator=both["start"] + both["billed"])
        return beside(due, _amount(view, "receipts", "receipt_date").renamed(value="numerator"))
    due = _amount(view, "receivables", "due_date") if chosen == "due" else net_sales(view)
    return beside(paid, due.renamed(value="denominator"))


def _day_before(view: View) -> date:
    return view.window.start - timedelta(days=1)


def _dso(view: View) -> Cells:
    if view.settings.dso == "invoice":
        return _invoice_dso(view)
    balance = receivable(view, view.end)
    if view.settings.dso == "simple":
        window = Window(view.window.start, view.end)
        billed = _amount(view, "receivables", "invoice_date", window)
        both = beside(_as(balance, "balance"), billed)
        return both.plus(value=divided(both["balance"] * window.days, both["value"]))
    return _countback(view, _as(balance, "left"))


def _countback(view: View, left: Cells) -> Cells:
    """Take whole months' invoices off the balance, latest first, until it is used up."""
    calendar = view.dataset.calendar
    month = calendar.period_at(view.end, "month")
    found = left.plus(value=0.0, n=0)
    for step in range(MONTHS_BACK):
        window = calendar.window(month.shift(-step))
        window = Window(window.start, min(window.end, view.end))
        billed = _amount(view, "receivables", "invoice_date", window)
        found = beside(found, billed.renamed(value="billed", n="invoices"))
        open_, size = found["left"], found["billed"]
        part = np.where(size > 0, np.clip(open_ / np.where(size > 0, size, 1), 0, 1), 1.0)
        found = found.plus(
            value=found["value"] + np.where(open_ > 0, part * window.days, 0.0),
            n=found["n"] + np.where(open_ > 0, found["invoices"], 0),
            left=np.where(open_ > 0, open_ - size, open_),
        ).without("billed", "invoices")
        if not (found["left"] > 0).any() or window.start <= view.dataset.starts("receivables"):
            break
    # A balance older than all invoices looked at has no number of days.
    return found.plus(value=np.where(found["left"] <= CENT, found["value"], np.nan))


def _invoice_dso(view: View) -> Cells:
    """Give days from invoice to payment, weighted by amount; unpaid invoices are not in it."""
    rows = view.rows("receipts", "receipt_date")
    invoices = view.dataset.frame("receivables").drop_duplicates("invoice_id")
    on = rows.texts("invoice_id").map(invoices.set_index("invoice_id")["invoice_date"])
    waited = days(rows.values("receipt_date"), on.to_numpy())
    rows, waited = rows.keep(~np.isnan(waited)), waited[~np.isnan(waited)]
    amount = rows.values("amount")
    return ratio(view, rows, amount * waited, amount)


def _collection_effectiveness(view: View) -> Cells:
    """Set what was collected against what could have been: all but what is not yet due."""
    start = _as(receivable(view, _day_before(view)), "start")
    end = _as(receivable(view, view.end), "end")
    billed = _as(_amount(view, "receivables", "invoice_date"), "billed")
    rows, left = open_invoices(view, view.end)
    current = rows.values("due_date") >= np.datetime64(view.end)
    due_later = rows.sums(view.by, current=np.where(current, left, 0.0))
    both = beside(beside(beside(start, end), billed), due_later)
    could = both["start"] + both["billed"]
    return both.plus(numerator=could - both["end"], denominator=could - both["current"])


def _overdue(view: View) -> Cells:
    rows, left = open_invoices(view, view.end)
    rows, left = rows.keep(left > CENT), left[left > CENT]
    late = np.datetime64(view.end) - rows.values("due_date")
    hit = late > np.timedelta64(view.settings.overdue_grace_days, "D")
    return ratio(view, rows, np.where(hit, left, 0.0), left)


def ageing(view: View) -> pd.DataFrame:
    """Split what is open at the window's end by how long it is overdue.

    Returns
    -------
    One row for each of `view.by` and bucket: `bucket` (its number, 0 is not yet due), `low` and
    `high` (days overdue, from above `low` to `high`), `value` (money), `n` (invoices). Limits are
    `ageing_days` of the settings; the last bucket has no upper limit.
    """
    rows, left = open_invoices(view, view.end)
    kept = np.abs(left) > CENT
    rows, left = rows.keep(kept), left[kept]
    late = days(np.datetime64(view.end), rows.values("due_date"))
    limits = np.array(view.settings.ageing_days, dtype=float)
    names = [f"{place:02d}" for place in range(len(limits) + 1)]
    bucket = pd.Categorical.from_codes(np.searchsorted(limits, late), names)
    frame = rows.taken(rows.frame.columns).assign(bucket=bucket)
    found = Rows(frame, slice(None), rows.names).sums([*view.by, "bucket"], value=left).frame()
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
