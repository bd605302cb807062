"""Where the company sells: customer segments, regions, channels, industries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg, permutation_test
from salesnb.figures.bars import draw_bars
from salesnb.findings.spans import inside
from salesnb.metrics.registry import METRICS
from salesnb.metrics.shared import with_company_rows
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.parts import (
    beside,
    by_caption,
    compared,
    dimension_name,
    labelled,
    name_of,
    said,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_SURE = 0.05
_MOST_CUSTOMERS = 20_000


@section("segments", "orders.customer_id")
def segments(review: Review) -> Block:
    """Show sales by industry and size of customer, and whether a change may be chance."""
    shown = [
        _segment_table(review, dimension)
        for dimension in ("industry", "size")
        if review.lens.has("customers", dimension)
    ]
    if not shown:
        return note(review.language("report.no_segments"))
    return group(said(review, "segments"), *shown)


def _segment_table(review: Review, dimension: str) -> Block:
    lens, language = review.lens, review.language
    rows = lens.compare("net_sales", "year", [dimension]).sort_values("current", ascending=False)
    whole = lens.against("net_sales", "year")
    total: dict[str, object] = {"label": language("report.total"), **whole}
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
        Col("verdict", language("report.certainty")),
    ]
    rows = rows.assign(verdict=_verdicts(review, rows, dimension))
    for metric, kind in (("new_customers", "count"), ("win_rate", "percent")):
        if dimension not in _cuts(review, metric):
            continue
        rows = beside(rows, lens.measure(metric, [dimension]), dimension, **{metric: "value"})
        total[metric] = lens.value(metric).value
        small = metric == "new_customers"
        columns.append(Col(metric, name_of(review, metric), kind, wide_only=small))
    total["verdict"] = ""
    caption = by_caption(review, "net_sales", dimension)
    return table(labelled(review, rows, dimension), columns, language, caption, total=total)


def _cuts(review: Review, metric: str) -> tuple[str, ...]:
    return review.lens.dimensions(metric)


def _verdicts(review: Review, rows: pd.DataFrame, dimension: str) -> list[str]:
    """Say of each change whether exchanging the two years of each customer could explain it."""
    lens, language = review.lens, review.language
    base = review.calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    if base.start < lens.dataset.history_start:
        return [language("report.reason.no_history")] * len(rows)
    sales = lens.dataset.frame("sales")
    sums = [
        inside(sales, "order_date", span)
        .groupby([dimension, "customer_id"], observed=True)["amount"]
        .sum()
        for span in (lens.window, base)
    ]
    both = _beside(*sums)
    keys = both.index.get_level_values(0).astype(str)
    chances = []
    for value in rows[dimension]:
        part = both[keys == str(value)]
        if len(part) < 5 or len(part) > _MOST_CUSTOMERS:
            chances.append(np.nan)
            continue
        chances.append(permutation_test(part["now"], part["then"], paired=True, draws=1999).p_value)
    known = np.array(chances, dtype=float)
    adjusted = np.full(len(known), np.nan)
    if (~np.isnan(known)).any():
        adjusted[~np.isnan(known)] = benjamini_hochberg(known[~np.isnan(known)])
    return [
        language("report.reason.small_n")
        if np.isnan(chance)
        else language("report.certain" if chance < _SURE else "report.perhaps_chance")
        for chance in adjusted
    ]


def _beside(now: pd.Series, then: pd.Series) -> pd.DataFrame:
    """Put what customers bought in two spans beside one another, 0 where nothing."""
    # pandas fails to align the categories of a span without a row with those of the other.
    if now.empty:
        return then.to_frame("then").assign(now=0.0)
    if then.empty:
        return now.to_frame("now").assign(then=0.0)
    return pd.concat({"now": now, "then": then}, axis=1).fillna(0.0)


@section("regions")
def regions(review: Review) -> Block:
    """Show regions side by side for the company; for a region its provinces."""
    if review.whole_company:
        shown = [
            compared(review, "net_sales", "region", share=True, target=review.lens.has("targets"))
        ]
        if review.lens.has("orders", "customer_id"):
            shown.append(
                compared(review, "new_customers", "region", target=review.lens.has("targets"))
            )
        return group(said(review, "regions"), *shown)
    if not review.lens.has("customers", "province"):
        return note(review.language("report.no_provinces"))
    return group(compared(review, "net_sales", "province", share=True, top=12))


@section("channels", "orders.channel")
def channels(review: Review) -> Block:
    """Show sales by channel, and what each channel's spending brought."""
    sales = compared(review, "net_sales", "channel", share=True)
    if not review.lens.has("channel_spend"):
        lacks = note(review.language("report.no_spend"))
        return group(said(review, "channels"), sales, lacks)
    return group(said(review, "channels"), sales, _economics(review), _campaigns(review))


def _economics(review: Review) -> Block:
    """Show spend, leads, customers won, cost of each and return by channel."""
    lens, language = review.lens, review.language
    wanted = ("cac", "cost_per_lead", "channel_roi", "roas")
    found: dict[str, pd.Series] = {}
    columns = [Col("label", dimension_name(review, "channel"))]
    total: dict[str, object] = {"label": language("report.total")}
    for metric in wanted:
        if "channel" not in lens.dimensions(metric):
            continue
        cut = lens.measure(metric, ["channel"]).set_index("channel")
        found[metric] = cut["value"]
        if metric == "cac":
            found |= {"spend": cut["numerator"], "won": cut["denominator"]}
            columns += [
                Col("spend", language("report.spend"), "bar"),
                Col("won", name_of(review, "new_customers"), "count", wide_only=True),
            ]
            whole = lens.value(metric)
            total |= {"spend": whole.numerator, "won": whole.denominator}
        unit = {"cac": "money", "cost_per_lead": "money", "channel_roi": "percent"}.get(
            metric, "ratio"
        )
        wide = metric in ("roas", "cost_per_lead")
        columns.append(Col(metric, name_of(review, metric), unit, wide_only=wide))
        total[metric] = lens.value(metric).value
    rows = pd.DataFrame(found).sort_index().rename_axis("channel").reset_index()
    if rows.empty:
        return note(language("report.no_spend"))
    return table(
        labelled(review, rows, "channel"),
        columns,
        language,
        language("report.channel_economics", scope=scope_name(review)),
        total=total,
        notes=[
            METRICS[name].definition(language, review.settings) for name in ("cac", "channel_roi")
        ],
    )


def _campaigns(review: Review) -> Block | None:
    """Show each campaign's spend and leads of the last twelve months, and its break-even."""
    lens, language = review.lens, review.language
    if not lens.has("channel_spend", "campaign_id") or not lens.has("leads", "campaign_id"):
        return None
    spend = lens.dataset.frame("channel_spend")
    first, last = str(review.period.shift(-11)), str(review.period)
    span = spend["period"].astype(str).between(first, last) & spend["campaign_id"].notna()
    spend = spend[span & (spend["campaign_id"].astype(str) != "")]
    if spend.empty:
        return None
    sums = spend.groupby(spend["campaign_id"].astype(str))["spend"].sum()
    leads = lens.dataset.frame("leads")
    leads = leads[leads["campaign_id"].astype(str).isin(sums.index)]
    grouped = leads.groupby(leads["campaign_id"].astype(str))
    frame = pd.DataFrame({"spend": sums, "leads": grouped.size()}).fillna({"leads": 0})
    if "converted_date" in leads.columns:
        frame["won"] = grouped["converted_date"].count()
    frame = frame.fillna(0).sort_values("spend", ascending=False)
    frame["each"] = frame["spend"] / frame["leads"].where(frame["leads"] > 0)
    value = lens.value("revenue_per_customer").value
    margin = lens.value("gross_margin").value if lens.has("orders", "cost") else None
    columns = [
        Col("label", language("report.campaign")),
        Col("spend", language("report.spend"), "bar"),
        Col("leads", name_of(review, "leads"), "count"),
        Col("each", name_of(review, "cost_per_lead"), "money", wide_only=True),
    ]
    if "won" in frame:
        columns.append(Col("won", language("report.converted"), "count"))
    notes = []
    if value and margin:
        frame["even"] = np.ceil(frame["spend"] / (value * margin))
        columns.append(Col("even", language("report.break_even"), "count"))
        notes.append(language("report.break_even_note", value=value, margin=margin))
    frame["label"] = [value_name(review, "campaign", name) for name in frame.index]
    caption = language("report.campaigns", scope=scope_name(review))
    return table(frame.reset_index(drop=True), columns, language, caption, notes=notes, max_rows=10)


@section("industries", "market.market_size", "customers.industry")
def industries(review: Review) -> Block:
    """Rank industries by market growth, own win rate and margin, and the room left."""
    lens, language = review.lens, review.language
    market = market_growth(review)[["industry", "market_growth"]]
    if market.empty:
        return note(language("report.no_industry_market"))
    sales = lens.compare("net_sales", "year", ["industry"])
    rows = beside(market, sales, "industry", growth="growth")
    for metric in ("win_rate", "gross_margin"):
        if "industry" in lens.dimensions(metric):
            cut = lens.measure(metric, ["industry"])
            rows = beside(rows, cut, "industry", **{metric: "value"})
    parts = [name for name in ("market_growth", "win_rate", "gross_margin") if name in rows]
    ranks = rows[parts].rank(pct=True)
    rows["score"] = 100 * ranks.mean(axis=1)
    rows = rows.sort_values("score", ascending=False).reset_index(drop=True)
    top = rows.head(8)
    drawn = draw_bars(
        pd.DataFrame(
            {
                "label": [value_name(review, "industry", name) for name in top["industry"]],
                "value": top["score"],
                "highlight": [place < 3 for place in range(len(top))],
            }
        ),
        language,
        title=language(
            "report.industries_title",
            names=language.list(value_name(review, "industry", n) for n in top["industry"][:3]),
        ),
        subtitle=language("report.industry_score"),
        unit="score",
    )
    columns = [
        Col("label", dimension_name(review, "industry")),
        Col("market_growth", language("report.market_growth"), "percent"),
        Col("growth", language("report.own_growth"), "delta", "percent", "up"),
        *(Col(name, name_of(review, name), "percent") for name in parts[1:]),
    ]
    caption = language("report.industries", scope=scope_name(review))
    shown = table(labelled(review, top, "industry"), columns, language, caption)
    return group(chart(drawn, language), shown)


def market_growth(review: Review) -> pd.DataFrame:
    """Give each industry's market as last counted by the year.

    Returns
    -------
    industry, period (the year), market_size, market_growth (against the year before); empty where
    two years are not known.
    """
    rows = with_company_rows(review.lens.dataset, "market")
    scopes = rows["scope"].astype(str)
    rows = rows.assign(industry=scopes.str.extract(r"industry=([^;]+)", expand=False))
    rows = rows[rows["industry"].notna() & rows["market_size"].notna()]
    rows = rows[rows["period"].astype(str).str.fullmatch(r"\d{4}")]
    rows = rows[rows["period"].astype(str) <= str(review.as_of.year)]
    sizes = rows.groupby(["industry", rows["period"].astype(str)])["market_size"].max().unstack()
    if sizes.shape[1] < 2:
        return pd.DataFrame(columns=["industry", "period", "market_size", "market_growth"])
    found = pd.DataFrame(
        {
            "period": sizes.columns[-1],
            "market_size": sizes.iloc[:, -1],
            "market_growth": sizes.iloc[:, -1] / sizes.iloc[:, -2] - 1,
        }
    )
    return found.dropna().reset_index()
