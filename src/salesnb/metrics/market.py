"""The company against its market, its dealers and its stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from salesnb.metrics.bases import shifted
from salesnb.metrics.buyers import buyers, grace
from salesnb.metrics.metric import NO_HISTORY, Metric, View, beside
from salesnb.metrics.plans import period_of
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


def _market_share(view: View) -> pd.DataFrame:
    """Set own sales over the market's size, over periods of which the size is known."""
    rows = _market_rows(view, "market_size")
    pieces = []
    for _, own in rows.groupby("scope", sort=True):
        names, whole = tiled(view.dataset, period_of(view), frozenset(own["period"]))
        if not whole:
            continue
        first = own.iloc[0]
        size = own.set_index("period").loc[names, "market_size"].sum()
        pieces.append({**{name: str(first[name]) for name in view.by}, "denominator": float(size)})
    if not pieces:
        return view.blank("no_market")
    sales = net_sales(view).rename(columns={"value": "numerator"})
    return _known_only(view, sales, pd.DataFrame(pieces))


def _penetration(view: View) -> pd.DataFrame:
    """Set buyers over the customers there could be, as last counted by the window's end."""
    rows = _market_rows(view, "addressable_customers")
    calendar = view.dataset.calendar
    known = np.array([_start(calendar, n) <= view.end for n in rows["period"]], dtype=bool)
    rows = rows[known].sort_values("period", kind="stable").drop_duplicates("scope", keep="last")
    if not len(rows):
        return view.blank("no_market")
    sizes = (
        rows[list(view.by)]
        .astype("str")
        .assign(denominator=rows["addressable_customers"].astype(float))
    )
    found = active_customers(view).rename(columns={"value": "numerator"})
    return _known_only(view, found, sizes.reset_index(drop=True))


def _start(calendar: Calendar, name: str) -> date:
    return calendar.window(Period.parse(name)).start


def _known_only(view: View, own: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Keep the parts whose market is known; of these, without own rows, own is 0."""
    if not view.by:
        return own.assign(denominator=float(sizes["denominator"].iloc[0]))
    both = sizes.merge(own, on=list(view.by), how="left", validate="one_to_one")
    return both.assign(numerator=both["numerator"].fillna(0.0), n=both["n"].fillna(0))


def _clearance_rate(view: View) -> pd.DataFrame:
    """Give the share of the stock at the window's start that was gone by its end."""
    before = Window(date(1700, 1, 1), view.window.start)
    opening = _counted(view, before)
    if not len(opening):
        opening = _counted(view, Window(view.window.start, view.end), last=False)
    closing = _counted(view, Window(date(1700, 1, 1), view.end))
    left = _summed(opening, view.by).rename(columns={"qty": "denominator"})
    right = _summed(closing, view.by).rename(columns={"qty": "closing"})
    both = beside(view.by, left, right.drop(columns="n"))
    return both.assign(numerator=both["denominator"] - both["closing"])


def _counted(view: View, window: Window, last: bool = True) -> pd.DataFrame:
    """Give the last (or first) count of each product and region in a window."""
    rows = view.rows("stock", "date", window)
    cuts = [name for name in STOCK_CUTS if rows.names.get(name, name) in rows.frame.columns]
    columns = {rows.names.get(name, name): name for name in cuts}
    frame = rows.taken([*columns, "date", "qty"]).sort_values("date", kind="stable")
    keys = [name for name in ("product_id", "region") if name in frame.columns]
    frame = frame.drop_duplicates(keys, keep="last" if last else "first")
    return frame.rename(columns=columns)


def _summed(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    if not by:
        return pd.DataFrame({"qty": [frame["qty"].sum()], "n": [len(frame)]})
    named = frame.assign(**{name: frame[name].astype("str") for name in by})
    found = named.groupby(list(by))["qty"].agg(["sum", "size"]).reset_index()
    return found.rename(columns={"sum": "qty", "size": "n"})


def _dealer_growth(view: View) -> pd.DataFrame:
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
