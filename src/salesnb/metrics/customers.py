"""Who buys: new, again, no longer, and how much hangs on few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import (
    Buyers,
    back,
    buyers,
    churn_windows,
    customer_amounts,
    grace,
    next_day,
    stamp,
)
from salesnb.metrics.cells import Cells, Values, aligned, beside, days, divided, marked
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import (
    IMMATURE,
    NO_HISTORY,
    PROVISIONAL,
    Metric,
    View,
    ratio,
)
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import SALES_CUTS
from salesnb.period import Window

DAYS_A_MONTH = 365.25 / 12


# New -----------------------------------------------------------------------------------------


def knows_new(view: View, start: date) -> bool:
    """Tell whether the history says who is new from a day on (E14).

    It does when it begins long enough before, or when the customers' own days of creation tell
    who was there before it.
    """
    months = view.settings.new_customer_history_months
    begins = back(start - timedelta(days=1), months).start if months else start
    return view.dataset.history_start <= grace(begins) or view.dataset.has("customers", "created")


def new_buyers(view: View) -> Buyers:
    """Give the customers whose first order ever falls in the window.

    They belong to the line, channel and rep of that first day.
    """
    rows = view.purchases()
    first = rows.values("first_order")
    return buyers(rows.keep(first == rows.values("order_date")), view.by)


def new_customers(view: View) -> Cells:
    """Count the customers whose first order ever falls in the window."""
    if not knows_new(view, view.window.start):
        return view.blank(NO_HISTORY)
    found = new_buyers(view)
    return found.groups.table(value=found.count(), n=found.count())


def _share_of_new(wanted: str, view: View) -> Cells:
    """Give the share of new customers who have something, by the table of customers."""
    if not knows_new(view, view.window.start):
        return view.blank(NO_HISTORY)
    found = new_buyers(view)
    return _share(found, _attribute(view, wanted)[found.customer])


def _share(found: Buyers, hit: Values, of: Values | None = None) -> Cells:
    """Give the share of customers (or of some) who are hits."""
    many = found.count(of)
    return found.groups.table(numerator=found.count(hit), denominator=many, n=many)


def _attribute(view: View, name: str) -> Values:
    """Tell for each customer, by code in `sales`, whether a column of customers says yes."""
    customers = view.dataset.frame("customers").drop_duplicates("customer_id")
    known = customers.set_index("customer_id")[name]
    codes = view.dataset.frame("sales")["customer_id"].cat.categories
    if name == "referrer_id":
        return known.reindex(codes).notna().to_numpy()
    return known.astype("boolean").reindex(codes).fillna(False).to_numpy(dtype=bool)


def _referral_rate(view: View) -> Cells:
    if view.settings.referral == "new":
        return _share_of_new("referrer_id", view)
    found = buyers(view.purchases(), view.by)
    customers = view.dataset.frame("customers")
    referrers = set(customers["referrer_id"].dropna())
    codes = view.dataset.frame("sales")["customer_id"].cat.categories
    return _share(found, np.asarray(codes.isin(referrers))[found.customer])


# Again ---------------------------------------------------------------------------------------


def _repurchase_rate(view: View) -> Cells:
    months = view.settings.repurchase_months
    later = back(view.end, months) if months else Window(view.window.start, view.end)
    if view.settings.repurchase == "within":
        return _repurchase_within(view, later)
    days = later.days
    before = later.start - timedelta(days=1)
    earlier = back(before, months) if months else Window(later.start - timedelta(days), before)
    if view.dataset.history_start > grace(earlier.start):
        return view.blank(NO_HISTORY)
    found = buyers(view.purchases(Window(earlier.start, later.end)), view.by)
    second = found.rows.values("order_date") >= stamp(later.start)
    had, has = found.any(~second), found.any(second)
    return _share(found, had & has, had)


def _repurchase_within(view: View, window: Window) -> Cells:
    found = buyers(view.purchases(window), view.by)
    return _share(found, found.orders() >= 2)


def _contracts_due(view: View) -> tuple[Rows, Values, Values]:
    """Give the contracts that end in the window, what each was worth a year, and its renewal.

    The worth of the renewal is that of a year, too; 0 without one.
    """
    rows = view.rows("contracts", "end")
    own = rows.values("amount") / _years(rows.values("start"), rows.values("end"))
    return rows, own, _renewals(view, rows, own)


def _renewals(view: View, rows: Rows, own: Values) -> Values:
    if "renewed_by" not in rows.frame.columns:
        return np.zeros(len(rows))
    renewed, worth = view.dataset.kept("renewals", lambda: _renewed(view.dataset))
    renewed, worth = renewed[rows.at], worth[rows.at]
    # Renewed by a contract that is not in the data: worth as much as before.
    worth = np.where(np.isnan(worth), np.where(renewed, own, 0.0), worth)
    if "renewal_decision_date" in rows.frame.columns:
        decided = rows.values("renewal_decision_date")
        limit = rows.values("end") + np.timedelta64(view.settings.renewal_grace_days, "D")
        late = (decided > stamp(view.dataset.as_of)) | (decided > limit)
        worth = np.where(late, 0.0, worth)
    return worth


def _renewed(dataset: Dataset) -> tuple[Values, Values]:
    """Tell of each contract whether it was renewed, and what the renewal is worth a year.

    NaN where the contract that renewed it is not in the data.
    """
    contracts = dataset.frame("contracts")
    first = contracts.drop_duplicates("contract_id")
    yearly = first["amount"] / _years(first["start"].to_numpy(), first["end"].to_numpy())
    renewed = contracts["renewed_by"]
    worth = renewed.astype(object).map(yearly.set_axis(first["contract_id"])).astype(float)
    return renewed.notna().to_numpy(), worth.to_numpy()


def _years(start: Values, end: Values) -> Values:
    return np.maximum(np.floor(days(end, start)) + 1, 1) / 365.25


def _renewal_rate(view: View) -> Cells:
    rows, own, following = _contracts_due(view)
    weight = own if view.settings.renewal_by == "amount" else np.ones(len(rows))
    return _of_due(view, rows, np.where(following > 0, weight, 0.0), weight, following)


def _of_due(view: View, rows: Rows, top: Values, bottom: Values, following: Values) -> Cells:
    """Set one sum over contracts against another; provisional while some may yet be renewed."""
    grace_days = np.timedelta64(view.settings.renewal_grace_days, "D")
    open_still = (following == 0) & (rows.values("end") + grace_days > stamp(view.dataset.as_of))
    found = rows.sums(view.by, numerator=top, denominator=bottom, open=open_still)
    return found.plus(reason=marked(found["open"] > 0, PROVISIONAL))


def _retained(gross: bool, view: View) -> Cells:
    rows, own, following = _contracts_due(view)
    kept = np.minimum(own, following) if gross else following
    return _of_due(view, rows, kept, own, following)


# No longer -----------------------------------------------------------------------------------


def _churn_rate(view: View) -> Cells:
    if view.settings.churn_by == "contract":
        rows, _, following = _contracts_due(view)
        return _of_due(view, rows, following == 0, np.ones(len(rows)), following)
    windows = churn_windows(view.dataset)
    longest = int(windows.max(initial=1))
    start, end = view.window.start, view.end
    look = Window(start - timedelta(days=longest), end)
    if view.dataset.history_start > grace(look.start):
        return view.blank(NO_HISTORY)
    found = buyers(view.purchases(look), view.by)
    day = found.rows.values("order_date")
    before = found.latest(day, day < stamp(start))
    silence = windows[found.customer].astype("timedelta64[D]")
    # Active on the eve of the window: still within the time in which customers of the tier buy.
    active = ~np.isnat(before) & (before + silence >= stamp(start))
    last = found.latest(day)
    return _share(found, active & (last + silence < stamp(end)), active)


def _win_back_rate(view: View) -> Cells:
    """Give the share of customers who were at risk when contacted and bought soon after."""
    activities = view.dataset.rows("activities", "ts", Window(view.window.start, view.end))
    if view.settings.win_back_types and "type" in activities.frame.columns:
        activities = activities.where("type", view.settings.win_back_types)
    touched = pd.DataFrame(
        {
            "customer_id": activities.frame["customer_id"].iloc[activities.at].astype("str"),
            "day": activities.values("ts").astype("datetime64[D]"),
        }
    ).dropna()
    first = touched.groupby("customer_id", sort=False)["day"].min()
    sales = view.dataset.frame("sales")["customer_id"].cat.categories
    contact = first.reindex(sales).to_numpy().astype("datetime64[D]")
    treated = ~np.isnat(contact)
    wait = np.timedelta64(view.settings.win_back_days, "D")
    found = buyers(view.purchases(Window(date(1700, 1, 1), view.dataset.as_of)), view.by)
    day = found.rows.values("order_date").astype("datetime64[D]")
    of_row = contact[found.customer[found.pair]]
    last = found.latest(day, day <= of_row)
    risky = at_risk_days(view)[found.customer].astype("timedelta64[D]")
    at_risk = treated[found.customer] & (contact[found.customer] - last >= risky)
    back_again = found.any((day > of_row) & (day <= of_row + wait))
    known = at_risk & (back_again | (contact[found.customer] + wait <= stamp(view.dataset.as_of)))
    answer = _share(found, known & back_again, known)
    waiting = (answer["n"] == 0) & (found.count(at_risk) > 0)
    return answer.plus(reason=marked(waiting, IMMATURE))


def at_risk_days(view: View) -> Values:
    """Give the days of silence after which each customer, by code in `sales`, is at risk."""
    windows = churn_windows(view.dataset)
    days = view.settings.at_risk_days
    return np.full(len(windows), float(days)) if days else np.ceil(windows / 2)


# How much hangs on few -----------------------------------------------------------------------


def year_window(view: View) -> Window:
    """Give the months up to the window's end over which accounts are sized."""
    return back(view.end, view.settings.key_account_months)


def _key_account_share(view: View) -> Cells:
    window = year_window(view)
    key = customer_amounts(view.dataset, window) >= view.settings.key_account_amount
    found = buyers(view.purchases(window), view.by)
    return _share(found, key[found.customer])


def _key_account_revenue_share(view: View) -> Cells:
    window = year_window(view)
    key = customer_amounts(view.dataset, window) >= view.settings.key_account_amount
    rows = view.sales(window)
    code, _ = rows.ids("customer_id")
    amount = rows.values("amount")
    is_key = np.append(key, False)[code]
    return ratio(view, rows, np.where(is_key, amount, 0.0), amount)


def _large_accounts(view: View) -> Cells:
    """Count the accounts that are large by the window's end and were not a year before."""
    window = year_window(view)
    before = back(window.start - timedelta(days=1), view.settings.key_account_months)
    if view.dataset.history_start > grace(before.start):
        return view.blank(NO_HISTORY)
    least = view.settings.large_account_amount
    large = customer_amounts(view.dataset, window) >= least
    was = customer_amounts(view.dataset, before) >= least
    found = buyers(view.purchases(window), view.by)
    new = (large & ~was)[found.customer]
    return found.groups.table(value=found.count(new), n=found.count(new))


def _spread(view: View, figure: Callable[[Values], float]) -> Cells:
    """Give a figure of how sales spread over customers; those not above zero are left out."""
    found = buyers(view.sales(), view.by)
    amount = found.total(found.rows.values("amount"))
    above = amount > 0
    order = np.argsort(found.group[above], kind="stable")
    group, amount = found.group[above][order], amount[above][order]
    edges = (
        np.searchsorted(group, found.groups.there),
        np.searchsorted(group, found.groups.there, side="right"),
    )
    value = [
        figure(amount[start:stop]) if stop > start else np.nan
        for start, stop in zip(*edges, strict=True)
    ]
    return found.groups.table(value=np.array(value, dtype=float), n=edges[1] - edges[0])


def _top_share(view: View) -> Cells:
    top = view.settings.concentration_top
    return _spread(view, lambda amounts: float(np.sort(amounts)[::-1][:top].sum() / amounts.sum()))


def hhi(amounts: Values) -> float:
    """Give the Herfindahl–Hirschman index, 0 to 10,000; amounts must be above 0.

    Examples
    --------
    >>> hhi(np.array([30.0, 30, 20, 20]))
    2600.0
    """
    shares = amounts / amounts.sum()
    return round(float((shares**2).sum() * 10_000), 9)


def gini(amounts: Values) -> float:
    """Give the Gini coefficient: 0 when all are equal; amounts must be above 0.

    Examples
    --------
    >>> gini(np.array([5.0, 5, 5])), gini(np.array([1.0, 3]))
    (0.0, 0.25)
    """
    ordered = np.sort(amounts)
    rank = np.arange(1, len(ordered) + 1)
    spread = (2 * rank - len(ordered) - 1) @ ordered
    return float(spread / (len(ordered) * ordered.sum()))


# For how long, for how much ------------------------------------------------------------------


def relationship(view: View) -> Buyers:
    """Give the customers with a purchase in the months that relationships are looked at."""
    window = back(view.end, view.settings.relationship_months)
    return buyers(view.purchases(window), view.by)


def months_known(view: View, found: Buyers) -> Values:
    """Give the months each customer has been one."""
    first = found.latest(found.rows.values("first_order"))
    if view.settings.relationship == "to_date":
        last = stamp(next_day(view.end)).astype(first.dtype)
    else:
        last = found.latest(found.rows.values("order_date"))
    return days(last, first) / DAYS_A_MONTH


def _relationship_months(view: View) -> Cells:
    found = relationship(view)
    months = months_known(view, found)
    many = found.count()
    return found.groups.table(numerator=found.add(months), denominator=many, n=many)


def clv(view: View) -> Cells:
    """Give the margin a month and customer times the months a relationship lasts."""
    months = view.settings.relationship_months
    year = view.during(back(view.end, months))
    rows = year.sales()
    cost, amount = rows.values("cost"), rows.values("amount")
    known = ~np.isnan(cost)
    margin = rows.sums(
        view.by,
        margin=np.where(known, amount - np.where(known, cost, 0.0), 0.0),
        with_cost=np.where(known, amount, 0.0),
        sales=amount,
    ).without("n")
    found = buyers(year.purchases(), view.by)
    many = found.count()
    length = found.groups.table(
        customers=many.astype(float), months_known=found.add(months_known(view, found)), n=many
    )
    both = beside(margin, length)
    # Lines without a cost earn the margin of those with one.
    share = divided(both["margin"], both["with_cost"])
    a_month = divided(both["sales"] * share, both["customers"]) / months
    return both.plus(value=a_month * _lifetime(view, both))


def _lifetime(view: View, both: Cells) -> Values:
    """Give how many months of margin a customer is worth."""
    if view.settings.clv == "observed":
        return divided(both["months_known"], both["customers"])
    year = view.during(back(view.end, 12))
    found = _churn_rate(year) if view.settings.clv == "churn" else _renewal_rate(year)
    if "numerator" not in found:
        return np.full(len(both), np.nan)
    rates, there, _ = aligned(both.without("n"), found)
    rate = divided(rates["numerator"], rates["denominator"])[there]
    if view.settings.clv == "churn":
        return divided(np.full(len(rate), 12.0), rate)
    # m · r / (1 + d − r) for yearly margins (Gupta and Lehmann, J. Interactive Marketing 17, 2003).
    return 12 * rate / (1 + view.settings.discount_rate_yearly - rate)


_BUYER = {"orders": ("amount", "customer_id")}
_CONTRACT_CUTS = ("region", "province", "industry", "size", "customer", "customer_tier")
_CONTRACT = {"contracts": ("end", "amount", "renewed_by")}

METRICS = (
    Metric("new_customers", "M20", "customers", "count", "up", "distinct",
           "# customers whose first order is in the window", needs=_BUYER, dims=SALES_CUTS,
           compute=new_customers, few="events"),
    Metric("repurchase_rate", "M22", "customers", "ratio", "up", "ratio", "# who bought again",
           "# buyers", needs={"orders": ("amount", "customer_id", "order_id")}, dims=SALES_CUTS,
           compute=_repurchase_rate, few="trials", choice="repurchase"),
    Metric("renewal_rate", "M23", "customers", "ratio", "up", "ratio", "# renewed",
           "# falling due", needs=_CONTRACT, dims=_CONTRACT_CUTS, compute=_renewal_rate,
           few="trials", choice="renewal_by"),
    Metric("grr", "M23", "customers", "ratio", "up", "ratio", "Σ kept, without growth",
           "Σ falling due", needs=_CONTRACT, dims=_CONTRACT_CUTS,
           compute=lambda view: _retained(True, view), few="trials"),
    Metric("nrr", "M23", "customers", "ratio", "up", "ratio", "Σ kept, with growth",
           "Σ falling due", needs=_CONTRACT, dims=_CONTRACT_CUTS,
           compute=lambda view: _retained(False, view), few="trials"),
    Metric("churn_rate", "M24", "customers", "ratio", "down", "ratio", "# lost", "# active before",
           needs=_BUYER, dims=SALES_CUTS, compute=_churn_rate, few="trials", choice="churn_by"),
    Metric("win_back_rate", "M25", "customers", "ratio", "up", "ratio", "# who bought again",
           "# at risk and contacted",
           needs={"orders": ("amount", "customer_id"), "activities": ("customer_id",)},
           dims=SALES_CUTS, compute=_win_back_rate, few="trials", starts="activities"),
    Metric("key_account_share", "M26", "customers", "ratio", "up", "ratio", "# key accounts",
           "# customers", needs=_BUYER, dims=SALES_CUTS, compute=_key_account_share,
           few="trials"),
    Metric("key_account_revenue_share", "M26", "customers", "ratio", "none", "ratio",
           "Σ amount of key accounts", "Σ amount", needs=_BUYER, dims=SALES_CUTS,
           compute=_key_account_revenue_share),
    Metric("new_large_accounts", "M26", "customers", "count", "up", "distinct",
           "# accounts that became large", needs=_BUYER, dims=SALES_CUTS, compute=_large_accounts),
    Metric("leader_share_of_new", "M28", "customers", "ratio", "up", "ratio",
           "# new industry leaders", "# new customers",
           needs={"orders": ("amount", "customer_id"), "customers": ("is_leader",)},
           dims=SALES_CUTS, compute=lambda view: _share_of_new("is_leader", view), few="trials",
           starts="orders"),
    Metric("referral_rate", "M29", "customers", "ratio", "up", "ratio", "# referred",
           "# new customers",
           needs={"orders": ("amount", "customer_id"), "customers": ("referrer_id",)},
           dims=SALES_CUTS, compute=_referral_rate, few="trials", choice="referral",
           starts="orders"),
    Metric("relationship_months", "M30", "customers", "months", "up", "ratio", "Σ months known",
           "# customers", needs=_BUYER, dims=SALES_CUTS, compute=_relationship_months,
           few="trials", choice="relationship"),
    Metric("clv", "M31", "customers", "money", "up", "recompute",
           "margin a month × months of relationship",
           needs={"orders": ("amount", "cost", "customer_id")}, dims=SALES_CUTS, compute=clv,
           choice="clv"),
    Metric("top10_share", "M34", "customers", "ratio", "down", "recompute",
           "Σ amount of the largest customers", "Σ amount", needs=_BUYER, dims=SALES_CUTS,
           compute=_top_share),
    Metric("hhi", "M34", "customers", "index", "down", "recompute", "Σ share²",
           needs=_BUYER, dims=SALES_CUTS, compute=lambda view: _spread(view, hhi)),
    Metric("gini", "M34", "customers", "ratio", "down", "recompute", "Gini of sales by customer",
           needs=_BUYER, dims=SALES_CUTS, compute=lambda view: _spread(view, gini)),
)  # fmt: skip
