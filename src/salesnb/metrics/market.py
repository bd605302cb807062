"""The company against its market, its dealers and its stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from salesnb.metrics.bases import shifted
from salesnb.metrics.buyers import buyers, grace
from salesnb.metrics.cells import Cells, aligned, beside, cells
from salesnb.metrics.metric import NO_HISTORY, Metric, View
from salesnb.metrics.plans import period_of
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import active_customers, net_sales
from salesnb.metrics.scopes import fixed_scope, matching, tiled, with_scopes
from salesnb.period import Calendar, Period, Window

MARKET_CUTS = ("region", "province", "industry", "product_line", "channel", "size")
STOCK_CUTS = ("region", "product", "product_line", "tier", "product_group")


def _market_rows(view: View, column: str) -> pd.DataFrame:
    """Give the market's own rows (not those about a competitor) that answer a view's scope."""
    frame = view.dataset.frame("market")
    rows = with_scopes(frame.assign(scope=frame["scope"].astype("str").replace("unmapped", "")))
    if "competitor" in rows.columns:
        alone = rows["competitor"].astype("str").isin(["", "unmapped"])
        # A size written beside each competitor is still one size.
        rows = rows[alone] if alone.any() else rows
    asked = {**{k: (v,) for k, v in fixed_scope(view.dataset).items()}, **view.where}
    dimensions = [*asked, *(name for name in view.by if name not in asked)]
    found = matching(rows[rows[column].notna()], dimensions, asked)
    return found.assign(period=found["period"].astype("str")).drop_duplicates(["scope", "period"])


def _market_share(view: View) -> Cells:
    """Set own sales over the market's size, over periods of which the size is known."""
    rows = _market_rows(view, "market_size")
    sizes: dict[tuple[str, ...], float] = {}
    for _, own in rows.groupby("scope", sort=True):
        names, whole = tiled(view.dataset, period_of(view), frozenset(own["period"]))
        if whole:
            key = tuple(str(own[name].iloc[0]) for name in view.by)
            sizes[key] = float(own.set_index("period").loc[names, "market_size"].sum())
    return _over_market(view, net_sales(view), sizes)


def _penetration(view: View) -> Cells:
    """Set buyers over the customers there could be, as last counted by the window's end."""
    rows = _market_rows(view, "addressable_customers")
    calendar = view.dataset.calendar
    known = np.array([_start(calendar, name) <= view.end for name in rows["period"]], dtype=bool)
    rows = rows[known].sort_values("period", kind="stable").drop_duplicates("scope", keep="last")
    sizes = {
        tuple(str(row[name]) for name in view.by): float(row["addressable_customers"])
        for _, row in rows.iterrows()
    }
    return _over_market(view, active_customers(view), sizes)


def _over_market(view: View, own: Cells, sizes: Mapping[tuple[str, ...], float]) -> Cells:
    """Set own figures over sizes; only parts whose market is known are there."""
    if not sizes:
        return view.blank("no_market")
    market = cells(view.by, sorted(sizes), denominator=np.array([sizes[k] for k in sorted(sizes)]))
    both, known, _ = aligned(market, own.renamed(value="numerator"))
    return both.keep(known)


def _start(calendar: Calendar, name: str) -> date:
    return calendar.window(Period.parse(name)).start


def _clearance_rate(view: View) -> Cells:
    """Give the share of the stock at the window's start that was gone by its end."""
    before = Window(date(1700, 1, 1), view.window.start)
    opening = _counted(view, before)
    if not len(opening):
        opening = _counted(view, Window(view.window.start, view.end), last=False)
    closing = _counted(view, Window(date(1700, 1, 1), view.end))
    both = beside(
        _summed(opening, view.by).renamed(value="denominator").without("n"),
        _summed(closing, view.by).renamed(value="closing"),
    )
    return both.plus(numerator=both["denominator"] - both["closing"])


def _counted(view: View, window: Window, last: bool = True) -> pd.DataFrame:
    """Give the last (or first) count of each product and region in a window."""
    rows = view.rows("stock", "date", window)
    cuts = [name for name in STOCK_CUTS if rows.names.get(name, name) in rows.frame.columns]
    columns = {rows.names.get(name, name): name for name in cuts}
    frame = rows.taken([*columns, "date", "qty"]).sort_values("date", kind="stable")
    keys = [name for name in ("product_id", "region") if name in frame.columns]
    frame = frame.drop_duplicates(keys, keep="last" if last else "first")
    return frame.rename(columns=columns)


def _summed(frame: pd.DataFrame, by: Sequence[str]) -> Cells:
    rows = Rows(frame, slice(None), {})
    return rows.sums(by, value=rows.values("qty"))


def _dealer_growth(view: View) -> Cells:
    """Give growth over last year of the dealers who bought in both (E05, E06)."""
    window = Window(view.window.start, view.end)
    base = shifted(window, 12)
    if view.dataset.history_start > grace(base.start):
        return view.blank(NO_HISTORY)
    customers = view.dataset.frame("customers").drop_duplicates("customer_id")
    is_dealer = customers.set_index("customer_id")["is_dealer"].astype("boolean").fillna(False)
    known = view.dataset.frame("sales")["customer_id"].cat.categories
    dealer = np.append(is_dealer.reindex(known).fillna(False).to_numpy(dtype=bool), False)
    rows = view.sales(Window(base.start, window.end))
    rows = rows.keep(dealer[rows.frame["customer_id"].cat.codes.to_numpy()[rows.at]])
    day = rows.values("order_date")
    now = (day >= np.datetime64(window.start)) & (day <= np.datetime64(window.end))
    then = day <= np.datetime64(base.end)
    rows, now, then = rows.keep(now | then), now[now | then], then[now | then]
    found = buyers(rows, view.by)
    amount = found.rows.values("amount")
    both = found.any(now) & found.any(then)
    current = found.total(np.where(now, amount, 0.0))
    before = found.total(np.where(then, amount, 0.0))
    return found.groups.table(
        numerator=found.add(np.where(both, current - before, 0.0)),
        denominator=found.add(np.where(both, before, 0.0)),
        n=found.count(both),
    )


METRICS = (
    Metric("market_share", "M72", "market", "ratio", "up", "ratio", "Σ own amount", "Σ market size",
           needs={"market": ("market_size",), "orders": ("amount",)}, dims=MARKET_CUTS,
           compute=_market_share, starts="orders", also_cut=("orders",), own_cuts=MARKET_CUTS),
    Metric("penetration", "M73", "market", "ratio", "up", "ratio", "# active customers",
           "# addressable customers",
           needs={"market": ("addressable_customers",), "orders": ("customer_id",)},
           dims=MARKET_CUTS, compute=_penetration, starts="orders", also_cut=("orders",),
           own_cuts=MARKET_CUTS),
    Metric("clearance_rate", "M74", "market", "ratio", "up", "ratio", "opening − closing stock",
           "opening stock", needs={"stock": ("qty",)}, dims=STOCK_CUTS, compute=_clearance_rate),
    Metric("dealer_growth", "M75", "market", "ratio", "up", "ratio",
           "change in Σ amount of dealers in both years", "Σ amount of the same a year before",
           needs={"orders": ("amount", "customer_id"), "customers": ("is_dealer",)},
           dims=("region", "province", "customer", "product_line", "customer_tier"),
           compute=_dealer_growth, starts="orders"),
)  # fmt: skip
