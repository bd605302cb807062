"""Competitors: price, share, deals won against each, and a form of strengths and weaknesses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.intervals import wilson_interval
from salesnb.figures.bars import draw_bars
from salesnb.findings.spans import inside, months, over
from salesnb.language import is_missing
from salesnb.metrics.shared import with_company_rows
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note, written
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.markets import market_growth
from salesnb.report.sections.parts import (
    dimension_name,
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_MONTHS = 12
_FORM = ("strengths", "weaknesses", "opportunities", "threats")


@section("competition", "opportunities.competitor", "opportunities.close_date")
def competition(review: Review) -> Block:
    """Show each competitor's price, share, deals won against it, and why deals are lost to it."""
    language, rows = review.language, competitors(review)
    if rows.empty:
        return note(language("diagnosis.no_competitors"))
    return group(
        lead(_sentence(review, rows)),
        _chart(review, rows),
        _table(review, rows),
        _swot(review, rows),
    )


def competitors(review: Review) -> pd.DataFrame:
    """Give one row for each competitor met in deals closed within a year.

    Returns
    -------
    competitor, label, won, closed, win_rate, low, high (95 % interval), reason (most money lost),
    price_index, share (latest known, of the market), open (amount of open deals it is in);
    largest number of deals first.
    """
    lens = review.lens
    deals = lens.dataset.frame("opportunities")
    named = deals["competitor"].astype(object).map(is_named).astype(bool)
    deals = deals[named].assign(competitor=deals.loc[named, "competitor"].astype(str))
    closed = inside(deals, "close_date", over(lens, months(lens, _MONTHS)))
    closed = closed[closed["outcome"].astype(object).isin(["won", "lost"])]
    if closed.empty:
        return pd.DataFrame()
    won = (
        (closed["outcome"].astype(object) == "won")
        .groupby(closed["competitor"])
        .agg(["sum", "size"])
    )
    rows = won.rename(columns={"sum": "won", "size": "closed"}).reset_index()
    rows["win_rate"] = rows["won"] / rows["closed"]
    limits = [wilson_interval(row.won, row.closed) for row in rows.itertuples()]
    rows["low"], rows["high"] = zip(*limits, strict=True)
    begun = deals["created"] <= pd.Timestamp(review.as_of)
    open_ = deals[(deals["outcome"].astype(object) == "open") & begun]
    rows["open"] = rows["competitor"].map(open_.groupby("competitor")["amount"].sum()).fillna(0.0)
    rows["reason"] = rows["competitor"].map(_reasons(review, closed))
    rows = rows.merge(_market(review), on="competitor", how="left")
    for row in rows.to_dict("records"):
        scope = {"competitor": str(row["competitor"]), "span": "12_months"}
        parts = {"numerator": float(row["won"]), "denominator": float(row["closed"])}
        lens.keep("win_rate", float(row["win_rate"]), "ratio", scope, None, **parts)
        lens.keep("open_deals", float(row["open"]), "money", scope)
        for name, unit in (("price_index", "multiple"), ("share", "ratio")):
            if not is_missing(row[name]):
                lens.keep(
                    f"competitor_{name}",
                    float(row[name]),
                    unit,
                    {"competitor": scope["competitor"]},
                )
    rows["label"] = [value_name(review, "competitor", name) for name in rows["competitor"]]
    return rows.sort_values(["closed", "competitor"], ascending=[False, True], ignore_index=True)


def is_named(value: object) -> bool:
    """Whether a cell names somebody or something."""
    return isinstance(value, str) and value not in ("", "unmapped")


def _reasons(review: Review, closed: pd.DataFrame) -> dict[str, str]:
    """Give the reason for which most money was lost to each competitor."""
    if "loss_reason" not in closed.columns:
        return {}
    lost = closed[(closed["outcome"].astype(object) == "lost") & closed["loss_reason"].notna()]
    sums = lost.assign(reason=lost["loss_reason"].astype(str)).groupby(["competitor", "reason"])
    most = sums["amount"].sum().reset_index().sort_values(["amount", "reason"])
    most = most.drop_duplicates("competitor", keep="last")
    return {
        row["competitor"]: value_name(review, "loss_reason", row["reason"])
        for row in most.to_dict("records")
    }


def _market(review: Review) -> pd.DataFrame:
    """Give what the market table last knew of each competitor: price_index, share."""
    columns = ["competitor", "price_index", "share"]
    if not review.lens.has("market", "competitor"):
        return pd.DataFrame(columns=columns)
    rows = with_company_rows(review.lens.dataset, "market")
    rows = rows[rows["competitor"].astype(object).map(is_named).astype(bool)]
    begun = [
        review.calendar.window(Period.parse(name)).start <= review.as_of
        for name in rows["period"].astype(str)
    ]
    rows = rows[begun]
    own = rows["scope"].astype(str) == f"region={review.region}"
    # A region's own figures go before the company's, later ones before earlier.
    rows = rows.assign(own=own, competitor=rows["competitor"].astype(str))
    whole = rows["scope"].astype(str).isin(["", "unmapped"])
    rows = rows[own | whole].sort_values(["own", "period"], kind="stable")
    found = []
    for name, part in rows.groupby("competitor"):
        record = {"competitor": name}
        for column, source in (("price_index", "price_index"), ("share", "competitor_share")):
            known = part[source].dropna() if source in part.columns else pd.Series(dtype=float)
            record[column] = float(known.iloc[-1]) if len(known) else np.nan
        found.append(record)
    return pd.DataFrame(found, columns=columns)


def _sentence(review: Review, rows: pd.DataFrame) -> str:
    """Name the competitor most often lost to, and the one met most."""
    language = review.language
    known = rows[rows["closed"] >= review.settings.n_trials]
    if known.empty:
        return language(
            "diagnosis.competitors_few", count=len(rows), closed=int(rows["closed"].sum())
        )
    worst = known.sort_values(["win_rate", "competitor"]).iloc[0]
    most = rows.iloc[0]
    # Without a competitor the company wins at its usual rate.
    key = "competitors" if worst["competitor"] != most["competitor"] else "competitors_one"
    return language(
        f"diagnosis.{key}",
        worst=worst["label"],
        rate=worst["win_rate"],
        most=most["label"],
        closed=int(most["closed"]),
        usual=_usual_win_rate(review, rows),
    )


def _usual_win_rate(review: Review, rows: pd.DataFrame) -> float:
    """Give the share won of all deals in which a competitor takes part."""
    won, closed = float(rows["won"].sum()), float(rows["closed"].sum())
    parts = {"numerator": won, "denominator": closed}
    scope = {"competitor": "any", "span": "12_months"}
    review.lens.keep("win_rate", won / closed, "ratio", scope, None, **parts)
    return won / closed


def _chart(review: Review, rows: pd.DataFrame) -> Block:
    language = review.language
    shown = rows.head(8)
    usual = _usual_win_rate(review, rows)
    worst = shown.sort_values(["win_rate", "competitor"]).iloc[0]
    title = language(
        "diagnosis.win_title", name=worst["label"], rate=worst["win_rate"], usual=usual
    )
    frame = pd.DataFrame(
        {
            "label": shown["label"],
            "value": shown["win_rate"],
            "target": usual,
            "highlight": shown["competitor"] == worst["competitor"],
        }
    )
    subtitle = language("diagnosis.win_subtitle", scope=review.region_name, period=review.period)
    drawn = draw_bars(frame, language, title=title, subtitle=subtitle, unit="percent")
    return chart(drawn, language)


def _table(review: Review, rows: pd.DataFrame) -> Block:
    language = review.language
    shown = rows.assign(
        interval=[
            language(
                "report.from_to", low=language.percent(row.low), high=language.percent(row.high)
            )
            for row in rows.itertuples()
        ]
    )
    columns = [Col("label", dimension_name(review, "competitor"))]
    if rows["price_index"].notna().any():
        columns.append(Col("price_index", language("diagnosis.price_index"), "number", digits=2))
    if rows["share"].notna().any():
        columns.append(Col("share", name_of(review, "market_share"), "percent"))
    columns += [
        Col("closed", language("diagnosis.deals_decided"), "count"),
        Col("win_rate", name_of(review, "win_rate"), "percent"),
        Col("interval", language("diagnosis.interval"), wide_only=True),
        Col("reason", language("report.loss_reason"), wide_only=True),
        Col("open", language("diagnosis.open_deals"), "money"),
    ]
    caption = language("diagnosis.competitors_caption", scope=scope_name(review))
    notes = [language("diagnosis.competitors_note")]
    return table(shown, columns, language, caption, notes=notes, max_rows=10)


def _swot(review: Review, rows: pd.DataFrame) -> Block:
    """Show the form of strengths and weaknesses: what people wrote, or what the data suggest."""
    language = review.language
    drafts = _drafts(review, rows)
    blocks = []
    for name in _FORM:
        said = review.remarks.get(name, ())
        heading = language(f"diagnosis.swot.{name}")
        if said:
            blocks.append(written(heading, list(said)))
        elif drafts[name]:
            blocks.append(written(heading, drafts[name], language("diagnosis.swot_draft")))
        else:
            blocks.append(written(heading, [language("diagnosis.swot_empty")]))
    return group(note(language("diagnosis.swot_note")), *blocks)


def _drafts(review: Review, rows: pd.DataFrame) -> dict[str, list[str]]:
    """Give what the data suggest for each field of the form."""
    language, usual = review.language, _usual_win_rate(review, rows)
    found: dict[str, list[str]] = {name: [] for name in _FORM}
    for row in rows[rows["closed"] >= review.settings.n_trials].to_dict("records"):
        values = {"name": row["label"], "rate": row["win_rate"], "usual": usual}
        if row["low"] > usual:
            found["strengths"].append(language("diagnosis.swot_wins", **values))
        elif row["high"] < usual:
            found["weaknesses"].append(language("diagnosis.swot_loses", **values))
    for row in rows.to_dict("records"):
        if not is_missing(row["price_index"]) and row["price_index"] < 0.95:
            below = 1 - row["price_index"]
            found["threats"].append(
                language("diagnosis.swot_cheap", name=row["label"], below=below)
            )
    for each in review.findings:
        if each.severity == "good":
            found["strengths"].append(each.text(language))
    grown = review.lens.has("market", "market_size") and review.lens.has("customers", "industry")
    market = market_growth(review) if grown else pd.DataFrame(columns=["market_growth"])
    market = market.sort_values("market_growth", ascending=False)
    for row in market.head(2).to_dict("records"):
        name = value_name(review, "industry", row["industry"])
        growth = row["market_growth"]
        found["opportunities"].append(language("diagnosis.swot_grows", name=name, growth=growth))
    return {name: lines[:3] for name, lines in found.items()}
