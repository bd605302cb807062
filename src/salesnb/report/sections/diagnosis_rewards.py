"""What commission would have cost and who would have got it, run on last year's sales."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.figures.strips import draw_strips
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.metrics.compare import target_value
from salesnb.period import Period, Window
from salesnb.plan.incentive_rules import rates_by_scope
from salesnb.plan.incentives import accelerator, commission
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

_QUARTERS = 4
# What is tried: below target four fifths of the rate, above it half as much again.
_STEPS = {0.0: 0.8, 1.0: 1.5}
# Paid only from so much of the target on, but then on everything.
_GATE = {0.8: 1.0}


@section("payout", "incentives.rate", "orders.rep_id", "orders.product_id")
def payout(review: Review) -> Block:
    """Run today's rates and some others over the last four quarters: cost, spread, fairness."""
    language = review.language
    rates = _rates(review)
    if rates.empty:
        return note(language("improve.no_rates"))
    earned = _earned(review, rates)
    if earned.empty:
        return note(language("improve.no_quarters"))
    schemes = _schemes(earned)
    steady = _steady(schemes, earned)
    reached = _reached(earned)
    rows = [_row(review, name, pay, steady[name], reached, earned) for name, pay in schemes.items()]
    frame = pd.DataFrame(rows)
    columns = [
        Col("label", language("improve.scheme")),
        Col("cost", language("improve.cost"), "money"),
        Col("share", language("improve.of_sales"), "percent", digits=2, wide_only=True),
        Col("change", language("improve.versus_today"), "delta", "money", wide_only=True),
        Col("median", language("improve.median_pay"), "money"),
        Col("spread", language("improve.pay_spread"), "ratio", wide_only=True),
        Col("link", language("improve.pay_link"), "number", digits=2),
    ]
    today = frame.iloc[0]
    sentence = language(
        "improve.payout_lead", cost=float(today["cost"]), share=f"{today['share']:.2%}",
        people=int(earned["rep"].nunique()), link=_linked(review, today["link"]),
    )  # fmt: skip
    caption = language("improve.payout_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        _spread(review, steady),
        _by_region(review, earned),
        _delay(review),
        note(language("improve.payout_note")),
    )


def _rates(review: Review) -> pd.DataFrame:
    """Give commission rates by what their scopes name, where orders can be told apart by it."""
    held = review.lens.dataset.frame("incentives")
    rates = rates_by_scope(held[held["rate"] > 0].astype({"scope": str}))
    known = {"product_line", "product_tier", "channel", "region", "rate"}
    return rates if set(rates.columns) <= known else rates[:0]


def _quarters(review: Review) -> list[Period]:
    """Give the last four quarters that are over."""
    calendar = review.calendar
    last = calendar.period_at(review.lens.window.end, "quarter")
    if calendar.window(last).end > review.as_of:
        last = last.previous
    found = [last.shift(-step) for step in range(_QUARTERS - 1, -1, -1)]
    return [
        each for each in found if calendar.window(each).start >= review.lens.dataset.history_start
    ]


def _earned(review: Review, rates: pd.DataFrame) -> pd.DataFrame:
    """Give sales, commission at today's rates, target and attainment by person and quarter."""
    lens = review.lens
    quarters = _quarters(review)
    if not quarters:
        return pd.DataFrame()
    windows = [review.calendar.window(each) for each in quarters]
    sales = inside(
        lens.dataset.frame("credited"), "order_date", Window(windows[0].start, windows[-1].end)
    )
    names = [name for name in rates.columns if name != "rate"]
    quarter = review.calendar.labels(sales["order_date"], "quarter")
    keys = [sales["rep_id"].rename("rep"), quarter, *(sales[name] for name in names)]
    sums = sales.groupby(keys, observed=True)["amount"].sum().reset_index()
    sums = sums.astype(dict.fromkeys(("rep", "quarter", *names), str))
    paid = commission(sums, rates)
    found = paid.groupby(["rep", "quarter"])[["amount", "commission"]].sum().reset_index()
    found = found[found["rep"] != "unmapped"]
    goals = [
        target_value(lens.dataset, "net_sales", each, ["rep"]).assign(quarter=str(each))
        for each in quarters
        if lens.has("targets")
    ]
    if not goals:
        return found.assign(target=np.nan, attainment=np.nan)
    targets = pd.concat(goals, ignore_index=True)
    targets = targets.assign(rep=targets["rep"].astype(str))[["rep", "quarter", "target"]]
    found = found.merge(targets, on=["rep", "quarter"], how="left", validate="one_to_one")
    reached = found["amount"] / found["target"].where(found["target"] > 0)
    return found.assign(attainment=reached)


def _schemes(earned: pd.DataFrame) -> dict[str, pd.Series]:
    """Give what each person would have got over the year under each scheme, by rep."""
    paid, reached = earned["commission"], earned["attainment"]
    rate = float(paid.sum() / earned["amount"].sum()) if earned["amount"].sum() else 0.0
    found = {"today": paid, "flat": earned["amount"] * rate}
    if reached.notna().any():
        # Who has no target is paid at the plain rate.
        found["accelerated"] = paid * accelerator(reached, _STEPS).fillna(1.0)
        found["gated"] = paid * accelerator(reached, _GATE, "whole").fillna(1.0)
    return {name: each.groupby(earned["rep"]).sum() for name, each in found.items()}


def _reached(earned: pd.DataFrame) -> pd.Series:
    """Give each person's sales over the target of the year."""
    whole = earned.groupby("rep")[["amount", "target"]].sum(min_count=1)
    return whole["amount"] / whole["target"].where(whole["target"] > 0)


def _row(
    review: Review,
    name: str,
    pay: pd.Series,
    steady: pd.Series,
    reached: pd.Series,
    earned: pd.DataFrame,
) -> dict[str, object]:
    cost, sold = float(pay.sum()), float(earned["amount"].sum())
    today = float(earned["commission"].sum())
    low, high = steady.quantile([0.1, 0.9])
    middle = float(steady.median())
    review.lens.keep("payout_cost", cost, "money", {"scheme": name, "months": "12"},
                     numerator=cost, denominator=sold, n=len(pay))  # fmt: skip
    link = _rank_link(steady, reached.reindex(steady.index))
    for metric, value, unit in (
        ("payout_median", middle, "money"),
        ("payout_spread", float(high / low) if low > 0 else np.nan, "multiple"),
        ("payout_link", link, "number"),
    ):
        review.lens.keep(metric, value, unit, {"scheme": name, "months": "12"}, n=len(steady),
                         reason=None if value == value else "small_n")  # fmt: skip
    return {
        "label": review.language(f"improve.scheme_{name}"),
        "cost": cost,
        "share": cost / sold if sold else np.nan,
        "change": cost - today,
        "median": middle,
        "spread": float(high / low) if low > 0 else np.nan,
        "link": link,
    }


def _steady(schemes: dict[str, pd.Series], earned: pd.DataFrame) -> dict[str, pd.Series]:
    """Give the pay of those there in every quarter: who came or left earned less for that alone."""
    quarters = earned.groupby("rep")["quarter"].nunique()
    always = quarters.index[quarters == earned["quarter"].nunique()]
    return {name: pay[pay.index.isin(always)] for name, pay in schemes.items()}


def _rank_link(pay: pd.Series, reached: pd.Series) -> float:
    """Give Spearman's correlation of pay and attainment; NaN with fewer than five people."""
    both = pd.DataFrame({"pay": pay, "reached": reached}).dropna()
    if len(both) < 5:
        return float("nan")
    return float(both["pay"].rank().corr(both["reached"].rank()))


def _linked(review: Review, link: float) -> str:
    language = review.language
    if is_missing(link):
        return language("improve.link_unknown")
    word = "strong" if link >= 0.7 else "some" if link >= 0.4 else "weak"
    return language(f"improve.link_{word}", link=link)


def _spread(review: Review, schemes: dict[str, pd.Series]) -> Block | None:
    """Draw what each person gets under each scheme."""
    language = review.language
    if len(schemes["today"]) < review.settings.n_events:
        return None
    frame = pd.concat(
        [
            pd.DataFrame({"label": language(f"improve.scheme_{name}"), "value": pay.to_numpy()})
            for name, pay in schemes.items()
        ]
    ).assign(highlight=False)
    spread = {name: pay.quantile(0.9) - pay.quantile(0.1) for name, pay in schemes.items()}
    widest = max(spread, key=lambda name: spread[name])
    title = language("improve.payout_title", name=language(f"improve.scheme_{widest}"))
    subtitle = language("improve.payout_subtitle", scope=scope_name(review))
    return chart(
        draw_strips(frame, language, title=title, subtitle=subtitle, unit="money", better="none"),
        language,
    )


def _by_region(review: Review, earned: pd.DataFrame) -> Block | None:
    """Hold pay for each point of attainment between regions: equal work, equal pay."""
    if not review.whole_company or not review.lens.has("reps", "region"):
        return None
    language = review.language
    reps = review.lens.dataset.frame("reps")
    region = dict(zip(reps["rep_id"].astype(str), reps["region"].astype(str), strict=True))
    whole = earned.assign(region=earned["rep"].map(region))
    sums = whole.groupby("region").agg(
        people=("rep", "nunique"), amount=("amount", "sum"), paid=("commission", "sum"),
        target=("target", "sum"),
    )  # fmt: skip
    if len(sums) < 2:
        return None
    sums["label"] = [value_name(review, "region", name) for name in sums.index]
    sums["each"] = sums["paid"] / sums["people"]
    sums["share"] = sums["paid"] / sums["amount"]
    sums["attained"] = sums["amount"] / sums["target"].where(sums["target"] > 0)
    columns = [
        Col("label", language("report.dimension.region")),
        Col("people", language("improve.people"), "count"),
        Col("attained", language("report.attainment"), "percent"),
        Col("each", language("improve.pay_each"), "money"),
        Col("share", language("improve.of_sales"), "percent", digits=2),
    ]
    caption = language("improve.pay_regions_caption")
    return table(sums.reset_index(drop=True), columns, language, caption)


def _delay(review: Review) -> Block | None:
    """Say how much later people would be paid if pay waited for the customer's money."""
    lens = review.lens
    if not (lens.has("receivables", "order_id") and lens.has("receipts", "invoice_id")):
        return None
    quarters = _quarters(review)
    window = Window(
        review.calendar.window(quarters[0]).start, review.calendar.window(quarters[-1]).end
    )
    got = inside(lens.dataset.frame("receipts"), "receipt_date", window)
    bills = lens.dataset.frame("receivables").drop_duplicates("invoice_id")
    bills = bills.assign(invoice=bills["invoice_id"].astype(str))[["invoice", "invoice_date"]]
    both = got.assign(invoice=got["invoice_id"].astype(str)).merge(bills, on="invoice")
    days = (both["receipt_date"] - both["invoice_date"]).dt.days
    if both.empty or not both["amount"].sum() > 0:
        return None
    late = float((days * both["amount"]).sum() / both["amount"].sum())
    lens.keep("pay_delay", late, "days", {"months": "12"}, n=len(both))
    return note(review.language("improve.pay_delay", days=late))
