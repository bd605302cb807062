"""What a channel costs and what it brings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import buyers
from salesnb.metrics.cells import Cells, beside, divided, marked
from salesnb.metrics.customers import clv, knows_new
from salesnb.metrics.enrich import as_category, look_up
from salesnb.metrics.funnel import leads
from salesnb.metrics.metric import NO_HISTORY, Metric, View, over, total
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import net_sales
from salesnb.period import Period, Window

SPEND_CUTS = ("region", "channel", "month", "quarter", "year")
"""What spend can be cut by."""


def in_window(view: View, table: str, ends: bool = False) -> Rows:
    """Give the rows of a table whose period lies in the window.

    Parameters
    ----------
    ends
        Whether a period is in the window in which it ends; else it must begin in it and not
        reach beyond the window's last month, which may still be running.
    """
    plain = replace(view, where={k: v for k, v in view.where.items() if k not in _CUTS})
    rows = plain.rows(table)
    codes, labels = rows.codes("period")
    calendar, window = view.dataset.calendar, view.window
    last = calendar.window(calendar.period_at(window.end, "month")).end
    inside, names = [], {kind: [] for kind in _CUTS}
    for label in labels:
        period = Period.parse(str(label))
        days = calendar.window(period)
        inside.append(days.end in window if ends else days.start in window and days.end <= last)
        for kind in _CUTS:
            names[kind].append(str(calendar.enclosing(period, kind)))
    cuts = {kind: np.array(names[kind], dtype=object) for kind in _CUTS if _cut(view, kind)}
    if cuts:
        period_codes = rows.frame["period"].cat.codes.to_numpy()
        rows = rows.plus(
            **{kind: pd.Categorical(text[period_codes]) for kind, text in cuts.items()}
        )
    rows = rows.keep(np.array(inside, dtype=bool)[codes])
    for kind in _CUTS:
        rows = rows.where(kind, view.where[kind]) if kind in view.where else rows
    return rows


_CUTS = ("month", "quarter", "year")


def _cut(view: View, kind: str) -> bool:
    return kind in view.by or kind in view.where


def spend(view: View) -> Cells:
    """Add up the spend of a view, earlier by the months it takes to become customers."""
    lag = view.settings.acquisition_lag_months
    if lag:
        back = pd.DateOffset(months=lag)
        after = pd.Timestamp(view.window.end) + pd.Timedelta(days=1) - back
        start = pd.Timestamp(view.window.start) - back
        view = view.during(Window(start.date(), (after - pd.Timedelta(days=1)).date()))
    rows = in_window(view, "channel_spend")
    return total(view, rows, rows.values("spend"))


def acquired(view: View) -> Cells:
    """Count new customers by where they came from."""
    if view.settings.acquisition_channel == "order" or not view.dataset.has(
        "customers", "source_channel"
    ):
        plain, wanted, frame = view, (), None
    else:
        wanted = view.where.get("channel", ())
        plain = replace(view, where={k: v for k, v in view.where.items() if k != "channel"})
        customers = view.dataset.frame("customers").drop_duplicates("customer_id")
        source = as_category(customers.set_index("customer_id")["source_channel"])
        frame = source
    rows = plain.purchases()
    if frame is not None:
        came = look_up(rows.frame["customer_id"], frame)
        rows = rows.plus(channel=came)
        rows = rows.where("channel", wanted) if wanted else rows
    rows = rows.keep(rows.values("first_order") == rows.values("order_date"))
    found = buyers(rows, view.by)
    return found.groups.table(value=found.count(), n=found.count())


def _cac(view: View) -> Cells:
    if not knows_new(view, view.window.start):
        return view.blank(NO_HISTORY)
    both = over(spend(view), acquired(view))
    # A channel that costs nothing has no cost of a customer; it is not the cheapest one.
    return both.plus(reason=marked(both["numerator"] == 0, "no_spend"))


def _paid_channels(view: View, result: Cells) -> Cells:
    """Set what came from channels that cost something over their cost.

    Parameters
    ----------
    result
        Cut by channel, too.
    """
    finer = _by_channel(view)
    cost = spend(finer).renamed(value="denominator").without("n")
    both = beside(cost, result.renamed(value="numerator"))
    return both.keep(both["denominator"] > 0).rolled(view.by)


def _by_channel(view: View) -> View:
    return view if "channel" in view.by else replace(view, by=(*view.by, "channel"))


def _roas(view: View) -> Cells:
    return _paid_channels(view, net_sales(_by_channel(view)))


def _channel_roi(view: View) -> Cells:
    finer = _by_channel(view)
    rows = finer.sales()
    profit = total(finer, rows, np.nan_to_num(rows.values("amount") - rows.values("cost")))
    found = _paid_channels(view, profit)
    return found.plus(numerator=found["numerator"] - found["denominator"])


def _cost_per_lead(view: View) -> Cells:
    finer = _by_channel(view)
    if view.dataset.has("leads", "channel"):
        many = leads(finer)
    else:
        rows = in_window(finer, "channel_spend")
        many = total(finer, rows, np.nan_to_num(rows.values("leads_reported")))
    found = _paid_channels(view, many)
    return found.plus(
        numerator=found["denominator"], denominator=found["numerator"], n=found["numerator"]
    )


def _ltv_cac(view: View) -> Cells:
    cost = _cac(view)
    if "numerator" not in cost:
        return view.blank(NO_HISTORY)
    paid = cost.plus(cac=divided(cost["numerator"], cost["denominator"]))
    both = beside(paid.without("numerator", "denominator", "reason"), clv(view).without("n"))
    return both.plus(value=divided(both["value"], np.nan_to_num(both["cac"])))


_SPEND = {"channel_spend": ("spend",), "orders": ("amount", "channel")}

METRICS = (
    Metric("acquisition_spend", "M55", "channels", "money", "none", "sum", "Σ spend",
           needs={"channel_spend": ("spend",)}, dims=SPEND_CUTS, compute=spend,
           own_cuts=("month", "quarter", "year"), starts=""),
    Metric("cac", "M55", "channels", "money", "down", "ratio", "Σ spend", "# new customers",
           needs={"channel_spend": ("spend",), "orders": ("customer_id", "channel")},
           dims=SPEND_CUTS, compute=_cac, few="events", starts="orders", also_cut=("orders",),
           choice="acquisition_channel", own_cuts=("month", "quarter", "year")),
    Metric("channel_roi", "M56", "channels", "ratio", "up", "ratio",
           "Σ gross profit − Σ spend", "Σ spend",
           needs={"channel_spend": ("spend",), "orders": ("amount", "channel", "cost")},
           dims=SPEND_CUTS, compute=_channel_roi, starts="orders", also_cut=("orders",),
           own_cuts=("month", "quarter", "year")),
    Metric("roas", "M56", "channels", "multiple", "up", "ratio", "Σ amount", "Σ spend",
           needs=_SPEND, dims=SPEND_CUTS, compute=_roas, starts="orders", also_cut=("orders",),
           own_cuts=("month", "quarter", "year")),
    Metric("cost_per_lead", "M57", "channels", "money", "down", "ratio", "Σ spend", "# leads",
           needs={"channel_spend": ("spend",)}, dims=SPEND_CUTS, compute=_cost_per_lead,
           few="events", starts="", own_cuts=("month", "quarter", "year")),
    Metric("ltv_cac", "M58", "channels", "multiple", "up", "recompute", "clv", "cac",
           needs={"channel_spend": ("spend",),
                  "orders": ("amount", "cost", "customer_id", "channel")},
           dims=("region",), compute=_ltv_cac, starts="orders", also_cut=("orders",)),
)  # fmt: skip
