"""Tiers of customers: every customer is in exactly one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import NEVER, back, buyers, customer_amounts, grace, stamp
from salesnb.metrics.cells import Cells, Values, days
from salesnb.metrics.dataset import DIMENSIONS
from salesnb.metrics.metric import NO_HISTORY, Metric, View, count, rate
from salesnb.metrics.rows import Rows
from salesnb.period import Window

RFM_TIERS = ("core", "potential", "at_risk")
NONE = "none"
"""Tier of who was not, or is no longer, a customer."""

CUSTOMER_CUTS = ("region", "province", "industry", "size", "customer_tier", "customer")
"""What customers themselves can be cut by."""


def tier_of(amounts: Values, cuts: Mapping[str, float]) -> Values:
    """Name the tier of each amount: the one with the highest limit not above it.

    What is below the lowest limit, such as a customer with more returns than orders, is in the
    lowest tier.

    Examples
    --------
    >>> tier_of(np.array([-5.0, 0, 10, 25]), {"big": 20, "small": 10, "tiny": 0}).tolist()
    ['tiny', 'tiny', 'small', 'big']
    """
    names = np.array(sorted(cuts, key=lambda name: cuts[name]), dtype=object)
    limits = np.array(sorted(cuts.values()), dtype=float)
    return names[np.clip(np.searchsorted(limits, amounts, side="right") - 1, 0, None)]


def rfm_tier(recency: Values, frequency: Values, money: Values) -> Values:
    """Name the tier of each of the 27 cells of scores 1 (low) to 3 (high).

    `at_risk`: long silent, whatever they were. `core`: recent, and high in frequency or money
    with at least the middle of the other. `potential`: the rest.

    Examples
    --------
    >>> rfm_tier(np.array([3, 2, 1]), np.array([3, 2, 1]), np.array([3, 2, 1])).tolist()
    ['core', 'potential', 'at_risk']
    """
    silent, strong = recency == 1, frequency + money >= 5
    return np.where(silent, "at_risk", np.where(strong, "core", "potential")).astype(object)


def thirds(values: Values) -> Values:
    """Score values 1 to 3 by rank; equal values are parted in the order given."""
    rank = np.empty(len(values))
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return 1 + np.floor(3 * rank / max(len(values), 1)).astype(int)


def rfm(view: View) -> pd.DataFrame:
    """Score every customer with a purchase in the RFM window up to the view's end.

    Returns
    -------
    One row for each customer, in order of `customer_id`: `code` (of the customer in `sales`),
    `recency` (days since the last purchase), `orders`, `amount`, the scores `r`, `f`, `m` from 1
    (low) to 3 (high), and `tier`.
    """
    window = back(view.end, view.settings.rfm_months)
    return view.dataset.kept(("rfm", window), lambda: _scored(view, window))


def _scored(view: View, window: Window) -> pd.DataFrame:
    everyone = View(view.dataset, window)
    found = buyers(everyone.purchases(), ())
    last = found.latest(found.rows.values("order_date"))
    frame = pd.DataFrame(
        {
            "customer_id": found.rows.frame["customer_id"].cat.categories[found.customer],
            "code": found.customer,
            "recency": days(stamp(window.end), last),
            "orders": found.orders(),
            "amount": customer_amounts(view.dataset, window)[found.customer],
        }
    ).sort_values("customer_id", ignore_index=True)
    settings = view.settings
    if settings.rfm_scores == "rank":
        r = thirds(-frame["recency"].to_numpy())
        f, m = thirds(frame["orders"].to_numpy()), thirds(frame["amount"].to_numpy())
    else:
        # The last day of a limit still earns the better score.
        r = 3 - np.searchsorted(np.array(settings.rfm_recency_days[:2]), frame["recency"])
        f = 1 + np.searchsorted(np.array(settings.rfm_orders[:2]), frame["orders"], side="right")
        m = 1 + np.searchsorted(np.array(settings.rfm_amounts[:2]), frame["amount"], side="right")
    return frame.assign(r=r, f=f, m=m, tier=rfm_tier(r, f, m))


def customer_rows(view: View, window: Window, **columns: Values) -> Rows:
    """Give one row for each customer with a purchase in a window, filtered as the view asks.

    Parameters
    ----------
    columns
        Text for each customer, by code in `sales`; these are dimensions, too.

    Notes
    -----
    A customer's region is that of his last purchase.
    """
    rows = View(view.dataset, window).purchases()
    found = buyers(rows, ())
    # The last row of each customer speaks for him.
    place = np.zeros(len(found), dtype=np.intp)
    place[found.pair] = np.arange(len(found.rows))
    names = {name: DIMENSIONS[name] for name in CUSTOMER_CUTS}
    taken = [name for name in names.values() if name in rows.frame.columns]
    frame = found.rows.taken(taken).iloc[place]
    frame = frame.assign(
        code=found.customer,
        **{name: pd.Categorical(text[found.customer]) for name, text in columns.items()},
    )
    frame = frame.sort_values("code", ignore_index=True)
    kept = Rows(frame, slice(None), {**names, **{name: name for name in columns}})
    for dimension, wanted in view.where.items():
        kept = kept.where(dimension, wanted)
    return kept


def value_tiers(view: View, window: Window) -> Values:
    """Name the value tier of each customer, by code in `sales`, on the sales of a window."""
    return tier_of(customer_amounts(view.dataset, window), view.settings.value_tiers)


def _rfm_of_code(view: View) -> Values:
    """Name the RFM tier of each customer by code in `sales`; `none` for those not scored."""
    scored = rfm(view)
    tiers = np.full(len(view.dataset.frame("sales")["customer_id"].cat.categories), NONE, object)
    tiers[scored["code"].to_numpy()] = scored["tier"].to_numpy()
    return tiers


def _rfm_customers(view: View) -> Cells:
    window = back(view.end, view.settings.rfm_months)
    return count(view, customer_rows(view, window, tier=_rfm_of_code(view)))


def _value_tier_customers(view: View) -> Cells:
    window = back(view.end, view.settings.key_account_months)
    return count(view, customer_rows(view, window, tier=value_tiers(view, window)))


def _quality_customer_share(view: View) -> Cells:
    window = back(view.end, view.settings.rfm_months)
    rows = customer_rows(view, window, quality=_rfm_of_code(view))
    if view.settings.quality_tiers and "customer_tier" in rows.frame.columns:
        return rate(view, rows, rows.among("customer_tier", view.settings.quality_tiers))
    return rate(view, rows, rows.among("quality", RFM_TIERS[:1]))


def _migration(view: View) -> Cells:
    """Set the value tier on the eve of the window against that at its end.

    Cut by `to_tier`, the share of those from a tier who ended there; else the share who ended
    higher. Who was no customer before is not in it, but for rows from `none`.
    """
    months = view.settings.key_account_months
    now = back(view.end, months)
    then = back(view.window.start - timedelta(days=1), months)
    if view.dataset.history_start > grace(then.start):
        return view.blank(NO_HISTORY)
    was, is_ = (_tier_or_none(view, window) for window in (then, now))
    span = Window(min(then.start, now.start), now.end)
    rows = customer_rows(view, span, from_tier=was, to_tier=is_)
    if "to_tier" in view.by:
        rest = [name for name in view.by if name != "to_tier"]
        pairs, began = count(view, rows), count(replace(view, by=tuple(rest)), rows)
        many = dict(zip(began.combinations(), began["n"], strict=True))
        places = [pairs.by.index(name) for name in rest]
        whole = np.array(
            [many[tuple(key[place] for place in places)] for key in pairs.combinations()]
        )
        return pairs.renamed(value="numerator").plus(denominator=whole, n=whole)
    code = rows.values("code")
    rank = {name: place for place, name in enumerate(_rising(view))} | {NONE: -1}
    before = np.array([rank[name] for name in was])[code]
    after = np.array([rank[name] for name in is_])[code]
    if "from_tier" not in {*view.by, *view.where}:
        rows, after, before = rows.keep(before >= 0), after[before >= 0], before[before >= 0]
    return rate(view, rows, after > before)


def _rising(view: View) -> list[str]:
    cuts = view.settings.value_tiers
    return sorted(cuts, key=lambda name: cuts[name])


def _tier_or_none(view: View, window: Window) -> Values:
    rows = View(view.dataset, window).purchases()
    codes = rows.frame["customer_id"].cat.codes.to_numpy()[rows.at]
    there = np.zeros(len(rows.frame["customer_id"].cat.categories), dtype=bool)
    there[codes[codes >= 0]] = True
    return np.where(there, value_tiers(view, window), NONE)


def _cohort_retention(view: View) -> Cells:
    """Give the share of the customers of earlier cohorts who bought in the window."""
    dataset = view.dataset
    first = _first_orders(view)
    labels = dataset.calendar.labels(pd.Series(first), "month").astype("str").fillna(NONE)
    history = Window(dataset.history_start, view.end)
    rows = customer_rows(view, history, cohort=labels.to_numpy(dtype=object))
    own = first[rows.values("code")]
    # Of customers from before the history, only those who stayed are known.
    rows = rows.keep((own < stamp(view.window.start)) & (own >= stamp(dataset.history_start)))
    bought = buyers(View(dataset, view.window).purchases(), ())
    hit = np.isin(rows.values("code"), bought.customer)
    return rate(view, rows, hit)


def _first_orders(view: View) -> Values:
    """Give the day of each customer's first order, by code in `sales`; NaT without one."""
    frame = view.dataset.frame("sales")
    first = np.full(len(frame["customer_id"].cat.categories), NEVER, dtype="datetime64[s]")
    codes = frame["customer_id"].cat.codes.to_numpy()
    first[codes[codes >= 0]] = frame["first_order"].to_numpy()[codes >= 0]
    return first


_BUYER = {"orders": ("amount", "customer_id", "order_id")}

METRICS = (
    Metric("quality_customer_share", "M27", "customers", "ratio", "up", "ratio",
           "# quality customers", "# customers", needs=_BUYER, dims=CUSTOMER_CUTS,
           compute=_quality_customer_share, few="trials"),
    Metric("rfm_customers", "M32", "customers", "count", "none", "distinct", "# customers",
           needs=_BUYER, dims=("tier", *CUSTOMER_CUTS), own_cuts=("tier",), compute=_rfm_customers),
    Metric("value_tier_customers", "M33", "customers", "count", "none", "distinct", "# customers",
           needs=_BUYER, dims=("tier", *CUSTOMER_CUTS), own_cuts=("tier",),
           compute=_value_tier_customers),
    Metric("cohort_retention", "M35", "customers", "ratio", "up", "ratio",
           "# of a cohort who bought", "# of the cohort", needs=_BUYER,
           dims=("cohort", *CUSTOMER_CUTS), own_cuts=("cohort",), compute=_cohort_retention,
           few="trials"),
    Metric("tier_migration", "M36", "customers", "ratio", "up", "recompute",
           "# who ended in a tier", "# who began in a tier", needs=_BUYER,
           dims=("from_tier", "to_tier", *CUSTOMER_CUTS),
           own_cuts=("from_tier", "to_tier"), compute=_migration, few="trials"),
)  # fmt: skip
