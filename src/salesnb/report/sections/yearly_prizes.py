"""What could be won next year: initiatives by the size of their prize."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.figures.bars import draw_bars
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.sections.yearly_forecast import customers_per_lead, first_sales
from salesnb.report.tables import Col, table


@dataclass(frozen=True)
class Prize:
    """One initiative: what it is, how its prize is counted, and the prize a year."""

    name: str
    title: str
    sum: str
    prize: float


@section("yearly_initiatives", "orders.customer_id")
def yearly_initiatives(review: Review) -> Block:
    """Rank initiatives by what they would bring in a year, with the sum behind each."""
    language = review.language
    makers = (_white_space, _weak_region, _conversion, _at_risk, _potential, _discount, _senior)
    found = [prize for make in makers if (prize := make(review)) is not None]
    found = sorted((one for one in found if one.prize > 0), key=lambda one: -one.prize)
    if not found:
        return note(language("yearly.no_initiatives"))
    for one in found:
        review.lens.keep("prize", one.prize, "money", {"initiative": one.name})
    sales = review.lens.value("net_sales").value or math.nan
    frame = pd.DataFrame(
        {
            "label": [one.title for one in found],
            "short": [language(f"yearly.short_{one.name}") for one in found],
            "value": [one.prize for one in found],
            "share": [one.prize / sales for one in found],
            "sum": [one.sum for one in found],
        }
    )
    first = found[0]
    title = review.language("yearly.prize_title", name=first.title,
        prize=kept(review, "prize", first.prize, "money", {"initiative": first.name}),
    )  # fmt: skip
    drawn = draw_bars(
        frame[["short", "value"]].rename(columns={"short": "label"}), language, title=title,
        subtitle=language("yearly.prize_subtitle", scope=scope_name(review)),
    )  # fmt: skip
    columns = [
        Col("label", language("yearly.initiative")),
        Col("value", language("yearly.prize"), "money"),
        Col("share", language("yearly.of_sales"), "percent", wide_only=True),
        Col("sum", language("yearly.how_counted")),
    ]
    caption = language("yearly.initiatives_caption", scope=scope_name(review))
    return group(
        chart(drawn, language),
        table(frame, columns, language, caption),
        _planned(review),
        note(language("yearly.initiatives_note")),
    )


def _white_space(review: Review) -> Prize | None:
    """Bring the industry with the lowest share of its customers to the company's average."""
    lens, language = review.lens, review.language
    if METRICS["penetration"].lacks(lens.dataset, ["industry"]):
        return None
    rows = lens.measure("penetration", ["industry"])
    rows = rows[rows["denominator"] > 0]
    whole = rows["numerator"].sum() / rows["denominator"].sum() if len(rows) > 1 else 0.0
    each = lens.measure("revenue_per_customer", ["industry"]).set_index("industry")["value"]
    rows = rows.assign(
        more=np.ceil(whole * rows["denominator"] - rows["numerator"]),
        each=[each.get(name, np.nan) for name in rows["industry"]],
    )
    rows = rows[(rows["more"] >= 1) & rows["each"].notna()]
    if rows.empty:
        return None
    rows = rows.assign(prize=rows["more"] * rows["each"]).sort_values("prize", ascending=False)
    row = rows.iloc[0]
    name = value_name(review, "industry", row["industry"])
    return Prize(
        "industry",
        language("yearly.prize_industry", name=name, more=row["more"]),
        language("yearly.sum_industry", rate=float(row["value"]), whole=float(whole),
                 more=row["more"], each=float(row["each"])),
        float(row["prize"]),
    )  # fmt: skip


def _weak_region(review: Review) -> Prize | None:
    """Bring the region with the lowest sales a head halfway to the company's average."""
    lens, language = review.lens, review.language
    if not review.whole_company or METRICS["sales_per_head"].lacks(lens.dataset, ["region"]):
        return None
    rows = lens.measure("sales_per_head", ["region"])
    # People of no region, such as managers at head office, sell through the others.
    rows = rows[(rows["value"] > 0) & ~rows["region"].astype(str).isin(["", UNMAPPED])]
    whole = lens.value("sales_per_head").value
    if len(rows) < 2 or not whole:
        return None
    row = rows.sort_values("value").iloc[0]
    gap = (whole - float(row["value"])) / 2
    name = value_name(review, "region", row["region"])
    return Prize(
        "region",
        language("yearly.prize_region", name=name),
        language("yearly.sum_region", heads=float(row["denominator"]), each=float(row["value"]),
                 whole=whole, gap=gap),
        gap * float(row["denominator"]),
    )  # fmt: skip


def _conversion(review: Review) -> Prize | None:
    """Bring conversion to its goal: more new customers from the same leads."""
    lens, language = review.lens, review.language
    if not lens.has("leads"):
        return None
    now = lens.value("lead_conversion").value
    goal = lens.target("lead_conversion", review.period) if lens.has("targets") else None
    share, each, leads = customers_per_lead(review), first_sales(review), lens.value("leads").value
    if not now or not goal or goal <= now or share is None or each is None or not leads:
        return None
    more = leads * share * (goal / now - 1)
    return Prize(
        "conversion",
        language("yearly.prize_conversion", now=now, goal=goal),
        language("yearly.sum_conversion", leads=leads, hundred=share * 100,
                 lift=goal / now - 1, more=more, each=each),
        more * each,
    )  # fmt: skip


def _at_risk(review: Review) -> Prize | None:
    """Win customers at risk back at this year's rate."""
    lens, language = review.lens, review.language
    if METRICS["win_back_rate"].lacks(lens.dataset):
        return None
    rate = lens.value("win_back_rate").value
    rows = lens.measure("net_sales", ["customer"], review.period.previous)
    now = lens.measure("net_sales", ["customer"])
    if not rate or rows.empty:
        return None
    bought = set(now.loc[now["value"] > 0, "customer"].astype(str))
    gone = rows[~rows["customer"].astype(str).isin(bought) & (rows["value"] > 0)]
    amount = float(gone["value"].sum())
    if not amount:
        return None
    lens.keep("lost_customer_sales", amount, "money", n=len(gone))
    return Prize(
        "win_back",
        language("yearly.prize_win_back"),
        language("yearly.sum_win_back", count=len(gone), amount=amount, rate=rate),
        amount * rate,
    )


def _potential(review: Review) -> Prize | None:
    """Raise one in ten ordinary customers of the middle tier to the next tier's average."""
    lens, language = review.lens, review.language
    rows = lens.measure("net_sales", ["customer"])
    amounts = rows["value"].dropna()
    amounts = amounts[amounts > 0].sort_values()
    if len(amounts) < 30:
        return None
    third = len(amounts) // 3
    middle, high = amounts.iloc[third : 2 * third], amounts.iloc[2 * third :]
    gap = float(high.median() - middle.median())
    many = round(len(middle) / 10)
    if gap <= 0 or many < 1:
        return None
    return Prize(
        "potential",
        language("yearly.prize_potential", many=many),
        language("yearly.sum_potential", many=many, gap=gap),
        many * gap,
    )


def _discount(review: Review) -> Prize | None:
    """Bring the discount back to last year's, where it has grown."""
    lens, language = review.lens, review.language
    if METRICS["discount_rate"].lacks(lens.dataset):
        return None
    row = lens.against("discount_rate", "year")
    value = lens.value("discount_rate")
    if is_missing(row["change"]) or row["change"] <= 0 or not value.denominator:
        return None
    return Prize(
        "discount",
        language("yearly.prize_discount"),
        language("yearly.sum_discount", now=float(row["current"]), before=float(row["base"]),
                 listed=value.denominator),
        float(row["change"]) * value.denominator,
    )  # fmt: skip


def _senior(review: Review) -> Prize | None:
    """Shorten by a month the time until new people sell."""
    lens, language = review.lens, review.language
    if METRICS["ramp_months"].lacks(lens.dataset) or METRICS["sales_per_head"].lacks(lens.dataset):
        return None
    each, reps = lens.value("sales_per_head").value, lens.dataset.frame("reps")
    if not each or not lens.finished:
        return None
    window = lens.window
    came = int(
        reps["hire_date"].between(pd.Timestamp(window.start), pd.Timestamp(window.end)).sum()
    )
    if not came:
        return None
    return Prize(
        "ramp",
        language("yearly.prize_ramp"),
        language("yearly.sum_ramp", count=came, month=each / 12),
        came * each / 12,
    )


def _planned(review: Review) -> Block | None:
    """Show the initiatives the register has for the time after the period."""
    lens, language = review.lens, review.language
    if not lens.has("actions"):
        return None
    actions = lens.dataset.frame("actions")
    day = pd.Timestamp(lens.window.end)
    begun = pd.to_datetime(actions["start"]) if "start" in actions else actions["due"]
    ended = actions["done_date"] if "done_date" in actions else pd.Series(pd.NaT, actions.index)
    # What began much later was not yet planned.
    ahead = actions[
        (actions["due"] > day)
        & (begun <= day + pd.Timedelta(days=31))
        & (ended.isna() | (ended > day))
        & (actions["status"].astype(object) != "cancelled")
    ]
    if ahead.empty:
        return None
    titles = language.list(ahead["title"].head(6))
    return note(language("yearly.planned", names=titles, count=len(ahead)))
