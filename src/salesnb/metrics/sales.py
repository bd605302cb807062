"""What was sold, at which price, with which margin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.metrics.cells import Cells, Values, days, marked
from salesnb.metrics.metric import PARTIAL_COST, Metric, View, over, ratio, total
from salesnb.metrics.rows import Rows
from salesnb.metrics.staff import staff_months

SALES_CUTS = (
    "region", "province", "team", "rep", "product_group", "product_line", "tier", "product",
    "channel", "campaign", "industry", "size", "customer", "customer_type", "customer_tier",
    "month", "quarter", "year",
)  # fmt: skip
"""What order lines can be cut by."""


def net_sales(view: View) -> Cells:
    """Add up what was sold less what came back."""
    rows = view.sales()
    return total(view, rows, rows.values("amount"))


def _units(view: View) -> Cells:
    rows = view.sales()
    if not view.settings.gift_units:
        rows = rows.keep(~rows.values("is_gift"))
    return total(view, rows, rows.values("qty"))


def orders(view: View) -> Cells:
    """Count the orders that have a line that is neither a return nor a gift."""
    return view.purchases().distinct(view.by, "order_id")


def active_customers(view: View) -> Cells:
    """Count the customers with a purchase."""
    return view.purchases().distinct(view.by, "customer_id")


def _average_order_value(view: View) -> Cells:
    return over(net_sales(view), orders(view))


def _revenue_per_customer(view: View) -> Cells:
    return over(net_sales(view), active_customers(view))


def _average_selling_price(view: View) -> Cells:
    rows = _known(view.sales(), "qty")
    rows = rows.keep(rows.values("is_priced"))
    return ratio(view, rows, rows.values("amount"), rows.values("qty"))


def _known(rows: Rows, column: str) -> Rows:
    """Keep the rows where a number is known: a cost that is missing is not 0."""
    return rows.keep(~np.isnan(rows.values(column)))


def _with_cost(view: View) -> Cells:
    """Give `margin` and `sales` of the lines whose cost is known, marked when they are a part."""
    rows = view.sales()
    amount, cost = rows.values("amount"), rows.values("cost")
    known = ~np.isnan(cost)
    weight = np.abs(amount)
    found = rows.sums(
        view.by,
        margin=np.where(known, amount - np.where(known, cost, 0.0), 0.0),
        sales=np.where(known, amount, 0.0),
        known_weight=np.where(known, weight, 0.0),
        weight=weight,
        lines=known,
    )
    part = found["known_weight"] < view.settings.cost_coverage * found["weight"]
    return found.plus(reason=marked(part, PARTIAL_COST), n=found["lines"])


def _gross_profit(view: View) -> Cells:
    return _with_cost(view).renamed(margin="value")


def _gross_margin(view: View) -> Cells:
    return _with_cost(view).renamed(margin="numerator", sales="denominator")


def _discount_rate(view: View) -> Cells:
    rows = _known(view.sales(), "list_price")
    rows = rows.keep(rows.values("is_priced") & (rows.values("list_price") > 0))
    listed = rows.values("list_price") * rows.values("qty")
    return ratio(view, rows, listed - rows.values("amount"), listed)


def _sales_per_head(view: View) -> Cells:
    return over(net_sales(view), staff_months(view))


def _premium_share(view: View) -> Cells:
    rows = view.sales()
    premium = rows.among("tier", view.settings.premium_tiers)
    amount = rows.values("amount")
    return ratio(view, rows, np.where(premium, amount, 0.0), amount)


def _customer_type_share(wanted: str, view: View) -> Cells:
    rows = view.sales()
    amount = rows.values("amount")
    return ratio(view, rows, np.where(rows.among("customer_type", [wanted]), amount, 0.0), amount)


def _approval_days(view: View) -> Cells:
    rows = view.purchases()
    waited = days(rows.values("approve_ts"), rows.values("submit_ts"))
    rows, waited = rows.keep(~np.isnan(waited)), waited[~np.isnan(waited)]
    # Once for each order in a group, however many lines it has there.
    orders_of, _ = rows.ids("order_id")
    pair = pd.DataFrame({"group": rows.grouped(view.by).number, "order": orders_of})
    first = ~pair.duplicated().to_numpy()
    return medians(view, rows.keep(first), waited[first])


def medians(view: View, rows: Rows, values: Values) -> Cells:
    """Give the median of a value of rows; `n` is the count of rows."""
    groups = rows.grouped(view.by)
    found = pd.Series(values).groupby(groups.number).median().reindex(groups.there)
    return groups.table(value=found.to_numpy(dtype=float), n=groups.count())


_ORDERS = {"orders": ("amount",)}

METRICS = (
    Metric("net_sales", "M01", "sales", "money", "up", "sum", "Σ amount",
           needs=_ORDERS, dims=SALES_CUTS, compute=net_sales),
    Metric("units", "M02", "sales", "count", "up", "sum", "Σ qty",
           needs={"orders": ("qty",)}, dims=SALES_CUTS, compute=_units),
    Metric("orders", "M10", "sales", "count", "up", "distinct", "# orders",
           needs={"orders": ("order_id",)}, dims=SALES_CUTS, compute=orders, few="events"),
    Metric("active_customers", "M26", "customers", "count", "up", "distinct", "# customers",
           needs={"orders": ("customer_id",)}, dims=SALES_CUTS, compute=active_customers,
           few="events"),
    Metric("average_order_value", "M10", "sales", "money", "up", "ratio", "Σ amount", "# orders",
           needs=_ORDERS, dims=SALES_CUTS, compute=_average_order_value, few="trials"),
    Metric("revenue_per_customer", "M10", "sales", "money", "up", "ratio", "Σ amount",
           "# customers", needs={"orders": ("amount", "customer_id")}, dims=SALES_CUTS,
           compute=_revenue_per_customer, few="trials"),
    Metric("average_selling_price", "M10", "sales", "money", "up", "ratio", "Σ amount", "Σ qty",
           needs={"orders": ("amount", "qty")}, dims=SALES_CUTS, compute=_average_selling_price),
    Metric("gross_profit", "M11", "sales", "money", "up", "sum", "Σ (amount − cost)",
           needs={"orders": ("amount", "cost")}, dims=SALES_CUTS, compute=_gross_profit),
    Metric("gross_margin", "M11", "sales", "ratio", "up", "ratio", "Σ (amount − cost)",
           "Σ amount", needs={"orders": ("amount", "cost")}, dims=SALES_CUTS,
           compute=_gross_margin),
    Metric("discount_rate", "M12", "sales", "ratio", "down", "ratio", "Σ (list − amount)",
           "Σ list", needs={"orders": ("amount", "qty", "list_price")}, dims=SALES_CUTS,
           compute=_discount_rate),
    Metric("sales_per_head", "M13", "team", "money", "up", "ratio", "Σ amount",
           "average full-time people", needs={"orders": ("amount",), "reps": ("hire_date",)},
           dims=("region", "team", "rep"), compute=_sales_per_head, also_cut=("reps",),
           starts="orders"),
    Metric("premium_share", "M14", "sales", "ratio", "up", "ratio", "Σ amount of premium tiers",
           "Σ amount", needs={"orders": ("amount", "product_tier")}, dims=SALES_CUTS,
           compute=_premium_share),
    Metric("new_customer_share", "M21", "customers", "ratio", "none", "ratio",
           "Σ amount of new customers", "Σ amount", needs={"orders": ("amount", "customer_type")},
           dims=SALES_CUTS, compute=lambda view: _customer_type_share("new", view),
           choice="new_customer_state"),
    Metric("existing_customer_share", "M21", "customers", "ratio", "none", "ratio",
           "Σ amount of existing customers", "Σ amount",
           needs={"orders": ("amount", "customer_type")}, dims=SALES_CUTS,
           compute=lambda view: _customer_type_share("existing", view),
           choice="new_customer_state"),
    Metric("approval_days", "M78", "sales", "days", "down", "recompute",
           "median (approve_ts − submit_ts)", needs={"orders": ("submit_ts", "approve_ts")},
           dims=SALES_CUTS, compute=_approval_days, few="events"),
)  # fmt: skip
