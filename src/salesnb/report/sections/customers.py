"""Customers: new and existing, won and lost, worth keeping, in need of care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.bridge import contribution_bridge
from salesnb.figures.bridge import draw_bridge
from salesnb.findings.spans import inside, months, over
from salesnb.period import Period
from salesnb.report.blocks import Block, group, note
from salesnb.report.cards import cards
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import (
    card,
    compared,
    labelled,
    name_of,
    said,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table


@section("new_existing", "orders.customer_id")
def new_and_existing(review: Review) -> Block:
    """Split sales and their change into new, existing, won-back and lost customers."""
    lens = review.lens
    for metric in ("new_customer_share", "existing_customer_share"):
        lens.value(metric)
    split = compared(review, "net_sales", "customer_type", share=True)
    return group(said(review, "new_existing"), split, _who_moved(review), _channels_of_new(review))


def _who_moved(review: Review) -> Block | None:
    """Draw the change since last year by customers gained, lost, grown and shrunk."""
    lens = review.lens
    calendar = review.calendar
    sales = lens.dataset.frame("sales")
    base = calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    before, now = inside(sales, "order_date", base), inside(sales, "order_date", lens.window)
    if before.empty or now.empty or base.start < lens.dataset.history_start:
        return None
    sums = [
        part.groupby("customer_id", observed=True, dropna=False)["amount"].sum().reset_index()
        for part in (now, before)
    ]
    moved = contribution_bridge(sums[0], sums[1], "customer_id")
    kept = moved.items[moved.items["status"] == "kept"]["change"]
    parts = {
        "gained": moved.effects["new"],
        "grown": kept[kept > 0].sum(),
        "shrunk": kept[kept <= 0].sum(),
        "lost": moved.effects["lost"],
    }
    for name, value in parts.items():
        lens.keep("bridge", float(value), "money", {"effect": name, "by": "customer"})
    language = review.language
    bars = pd.DataFrame(
        [
            {"label": language("report.last_year"), "value": moved.prior, "kind": "total"},
            *(
                {"label": language(f"report.customers_{name}"), "value": value, "kind": "change"}
                for name, value in parts.items()
            ),
            {"label": language("report.actual"), "value": moved.current, "kind": "total"},
        ]
    )
    biggest = max(parts, key=lambda name: abs(parts[name]))
    title = language(
        "report.moved_title", name=language(f"report.customers_{biggest}"), value=parts[biggest]
    )
    subtitle = f"{name_of(review, 'net_sales')} · {scope_name(review)}"
    return chart(draw_bridge(bars, language, title=title, subtitle=subtitle), language)


def _channels_of_new(review: Review) -> Block | None:
    """Show where new customers came from, the rule link from a rising share to its channels."""
    if not review.lens.has("orders", "channel"):
        return None
    return compared(review, "new_customers", "channel")


@section("customers", "orders.customer_id")
def customers(review: Review) -> Block:
    """Show customers won, their quality, and those lost by size."""
    wanted = ("new_customers", "quality_customer_share", "churn_rate", "repurchase_rate")
    shown = [card(review, metric, "year", "month") for metric in wanted]
    by_size = None
    if review.lens.has("customers", "size"):
        by_size = compared(review, "churn_rate", "size")
    return group(
        said(review, "customers"),
        cards([item for item in shown if item], review.language),
        by_size,
        _silent(review),
    )


def _silent(review: Review) -> Block | None:
    """List the customers with most sales who have been silent longer than their own rhythm."""
    health = customer_states(review)
    risky = health[(health["silent"] > 2 * health["gap"]) & (health["silent"] >= 30)]
    risky = risky.sort_values("amount", ascending=False)
    if risky.empty:
        return note(review.language("report.none_silent"))
    columns = [
        Col("label", review.language("report.dimension.customer")),
        Col("amount", review.language("report.sales_12_months"), "bar"),
        Col("last", review.language("report.last_order"), "date"),
        Col("gap", review.language("report.usual_gap"), "days", digits=0, wide_only=True),
        Col("silent", review.language("report.silent_days"), "days", digits=0),
    ]
    return table(
        labelled(review, risky, "customer").head(10),
        columns,
        review.language,
        review.language("report.silent_customers", scope=scope_name(review)),
    )


def customer_states(review: Review) -> pd.DataFrame:
    """Give each customer of the last twelve months: sales, last order, rhythm, silence, change.

    Returns
    -------
    One row for each customer: `customer`, `amount` (twelve months), `before` (twelve months
    before those), `recent` (three months), `last`, `gap` (median days between order days, NaN
    with fewer than three), `silent` (days since the last order).
    """
    return review.lens.dataset.kept(
        ("customer_states", review.period, review.as_of), lambda: _customer_states(review)
    )


def _customer_states(review: Review) -> pd.DataFrame:
    lens = review.lens
    sales = lens.dataset.frame("sales")
    spans = {
        "amount": over(lens, months(lens, 12)),
        "before": over(lens, months(lens, 12, 12)),
        "recent": over(lens, months(lens, 3)),
    }
    sums = {
        name: inside(sales, "order_date", span)
        .groupby("customer_id", observed=True)["amount"]
        .sum()
        for name, span in spans.items()
    }
    frame = pd.DataFrame(sums).fillna(0.0)
    bought = inside(sales, "order_date", spans["amount"])
    days = bought.loc[bought["is_purchase"], ["customer_id", "order_date"]].dropna()
    days = days.drop_duplicates()
    days = days.sort_values(["customer_id", "order_date"])
    gaps = days.groupby("customer_id", observed=True)["order_date"].diff().dt.days
    rhythm = gaps.groupby(days["customer_id"], observed=True).agg(["median", "count"])
    frame["gap"] = rhythm["median"].where(rhythm["count"] >= 2)
    frame["last"] = days.groupby("customer_id", observed=True)["order_date"].max()
    frame["silent"] = (pd.Timestamp(review.as_of) - frame["last"]).dt.days
    frame = frame[frame["last"].notna()]
    frame.index = frame.index.astype(str)
    return frame.rename_axis("customer").reset_index()


@section("customer_value", "orders.customer_id")
def customer_value(review: Review) -> Block:
    """Show customers by value tier, and who moved between tiers since last month."""
    now = tiers_at(review, months(review.lens, 12))
    before = tiers_at(review, months(review.lens, 12, 1))
    both = pd.concat({"now": now, "before": before}, axis=1)
    language = review.language
    order = sorted(review.settings.value_tiers, key=lambda tier: -review.settings.value_tiers[tier])
    counts = now["tier"].value_counts().reindex(order, fill_value=0)
    amounts = now.groupby("tier")["amount"].sum().reindex(order, fill_value=0.0)
    present, past = (both[side]["tier"].to_numpy(dtype=object) for side in ("now", "before"))
    for tier in order:
        review.lens.keep("value_tier_customers", int(counts[tier]), "count", {"tier": tier})
    frame = pd.DataFrame(
        {
            "label": [value_name(review, "value_tier", tier) for tier in order],
            "limit": [review.settings.value_tiers[tier] for tier in order],
            "customers": counts.to_numpy(),
            "amount": amounts.to_numpy(),
            "came": [int(((present == tier) & (past != tier)).sum()) for tier in order],
            "went": [int(((past == tier) & (present != tier)).sum()) for tier in order],
            "care": [
                language(f"report.care.{tier}") if language.has(f"report.care.{tier}") else ""
                for tier in order
            ],
        }
    )
    columns = [
        Col("label", language("report.dimension.value_tier")),
        Col("limit", language("report.tier_limit"), "money", digits=0, wide_only=True),
        Col("customers", language("report.customer_count"), "count"),
        Col("amount", language("report.sales_12_months"), "bar"),
        Col("came", language("report.tier_came"), "count"),
        Col("went", language("report.tier_went"), "count"),
        Col("care", language("report.tier_care"), wide_only=True),
    ]
    caption = language("report.tiers", scope=scope_name(review))
    return group(said(review, "customer_value"), table(frame, columns, language, caption))


def tiers_at(review: Review, span: list[Period]) -> pd.DataFrame:
    """Give each customer's sales over some months and the value tier they put it in."""
    sales = inside(review.lens.dataset.frame("sales"), "order_date", over(review.lens, span))
    amounts = sales.groupby("customer_id", observed=True)["amount"].sum()
    limits = sorted(review.settings.value_tiers.items(), key=lambda item: item[1])
    edges = [limit for _, limit in limits][1:]
    place = np.searchsorted(edges, amounts.to_numpy(), side="right")
    frame = pd.DataFrame({"amount": amounts, "tier": [limits[at][0] for at in place]})
    frame.index = frame.index.astype(str)
    return frame


@section("health", "orders.customer_id")
def customer_health(review: Review) -> Block:
    """Score each customer's health from what is known, and list the large ones in need of care.

    Recency, trend, answer times, overdue money and satisfaction weigh alike; a part that is not
    known of a customer is left out of the mean, and the table says how many parts were known.
    """
    scores = health_scores(review)
    large = scores[scores["amount"] >= scores["amount"].quantile(0.5)]
    worst = large.sort_values(["health", "amount"], ascending=[True, False]).head(10)
    language = review.language
    parts = [name for name in HEALTH if scores[name].notna().any()]
    columns = [
        Col("label", language("report.dimension.customer")),
        Col("health", language("report.health_score"), "score", digits=0),
        *(
            Col(name, language(f"report.health.{name}"), "score", digits=0, wide_only=True)
            for name in parts
        ),
        Col("known", language("report.health_known"), "count"),
        Col("amount", language("report.sales_12_months"), "bar"),
    ]
    missing = [language(f"report.health.{name}") for name in HEALTH if name not in parts]
    notes = [language("report.health_note")]
    if missing:
        notes.append(language("report.health_missing", names=language.list(missing)))
    shown = table(
        labelled(review, worst, "customer"),
        columns,
        language,
        language("report.health_caption", scope=scope_name(review)),
        notes=notes,
    )
    return group(said(review, "health"), shown)


HEALTH = ("recency", "trend", "service", "payment", "satisfaction")
"""Parts of the health score, each 0 (bad) to 100 (good)."""


def health_scores(review: Review) -> pd.DataFrame:
    """Give each customer's health: `customer`, `amount`, one column a part, `known`, `health`."""
    states = customer_states(review).set_index("customer")
    parts = pd.DataFrame(index=states.index)
    parts["recency"] = 100 * np.clip(2 - states["silent"] / states["gap"].clip(lower=7), 0, 1)
    usual = states["amount"] / 4
    parts["trend"] = 50 * np.clip(states["recent"] / usual.where(usual > 0), 0, 2)
    parts["service"] = _answered_in_time(review).reindex(states.index) * 100
    parts["payment"] = (1 - _overdue_share(review).reindex(states.index)) * 100
    parts["satisfaction"] = _satisfaction(review).reindex(states.index) * 100
    scores = parts[list(HEALTH)]
    return (
        states[["amount"]]
        .assign(
            **{name: scores[name] for name in HEALTH},
            known=scores.notna().sum(axis=1),
            health=scores.mean(axis=1),
        )
        .reset_index()
    )


def _by_customer(values: pd.Series, customers: pd.Series) -> pd.Series:
    means = values.groupby(customers.astype(object)).mean()
    means.index = means.index.astype(str)
    return means


def _answered_in_time(review: Review) -> pd.Series:
    """Give the share of each customer's tickets of twelve months answered in time."""
    lens = review.lens
    if not lens.has("tickets", "customer_id", "first_response"):
        return pd.Series(dtype=float)
    rows = inside(lens.dataset.frame("tickets"), "opened", over(lens, months(lens, 12)))
    limit = rows["sla_hours"] if "sla_hours" in rows.columns else review.settings.sla_hours
    hours = (rows["first_response"] - rows["opened"]) / pd.Timedelta(hours=1)
    return _by_customer((hours <= limit).astype(float), rows["customer_id"])


def _overdue_share(review: Review) -> pd.Series:
    """Give the share of each customer's open invoices that is past due."""
    lens = review.lens
    if not lens.has("receivables", "customer_id", "due_date"):
        return pd.Series(dtype=float)
    invoices = lens.dataset.frame("receivables")
    invoices = invoices[invoices["invoice_date"] <= pd.Timestamp(review.as_of)]
    paid = pd.Series(0.0, index=invoices["invoice_id"].astype(str))
    if lens.has("receipts", "invoice_id"):
        receipts = lens.dataset.frame("receipts")
        receipts = receipts[receipts["receipt_date"] <= pd.Timestamp(review.as_of)]
        sums = receipts.groupby(receipts["invoice_id"].astype(str))["amount"].sum()
        paid = sums.reindex(paid.index).fillna(0.0)
    open_ = (invoices["amount"].to_numpy() - paid.to_numpy()).clip(min=0)
    late = np.where(invoices["due_date"] < pd.Timestamp(review.as_of), open_, 0.0)
    sums = (
        pd.DataFrame({"open": open_, "late": late})
        .groupby(invoices["customer_id"].astype(object).to_numpy())
        .sum()
    )
    sums.index = sums.index.astype(str)
    return (sums["late"] / sums["open"].where(sums["open"] > 0)).fillna(0.0)


def _satisfaction(review: Review) -> pd.Series:
    """Give the share of each customer's CSAT answers of twelve months that were satisfied."""
    lens = review.lens
    if not lens.has("feedback", "customer_id", "kind", "score"):
        return pd.Series(dtype=float)
    rows = inside(lens.dataset.frame("feedback"), "ts", over(lens, months(lens, 12)))
    rows = rows[(rows["kind"].astype(object) == "csat") & rows["score"].notna()]
    satisfied = (rows["score"] >= review.settings.csat_satisfied).astype(float)
    return _by_customer(satisfied, rows["customer_id"])
