"""Who the year's customers are: RFM tiers and where they moved, and who was won back."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from salesnb.explain.cohorts import tier_migration
from salesnb.explain.intervals import newcombe_interval, wilson_interval
from salesnb.findings.spans import inside
from salesnb.metrics.buyers import back, customer_amounts, grace
from salesnb.metrics.customers import at_risk_days
from salesnb.metrics.metric import View
from salesnb.metrics.tiers import RFM_TIERS, rfm
from salesnb.period import Window
from salesnb.report.blocks import Block, definitions, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import fact, kept
from salesnb.report.sections.parts import labelled, scope_name
from salesnb.report.tables import Col, table

_SCORES = (3, 2, 1)
# Of fewer customers, thirds say nothing.
_LEAST = 10


# RFM ------------------------------------------------------------------------------------------


@section("yearly_tiers", "orders.customer_id")
def yearly_tiers(review: Review) -> Block:
    """Show the RFM tiers with what is done for each, all 27 cells, and where customers moved."""
    language, lens = review.language, review.lens
    scored = rfm(View(lens.dataset, lens.window))
    if len(scored) < _LEAST:
        key = "few_customers" if len(scored) else "no_customers"
        return note(language(f"yearly.{key}", customers=len(scored), least=_LEAST))
    lens.measure("rfm_customers", ["tier"])
    whole, amount = len(scored), float(scored["amount"].sum())
    rows = []
    for tier in RFM_TIERS:
        mine = scored[scored["tier"] == tier]
        sales = float(mine["amount"].sum())
        share = sales / amount if amount else np.nan
        lens.keep("rfm_sales_share", share, "ratio", {"tier": tier}, numerator=sales,
                  denominator=amount, n=len(mine))  # fmt: skip
        rows.append(
            {
                "tier": tier,
                "label": language(f"yearly.tier_{tier}"),
                "customers": len(mine),
                "customer_share": len(mine) / whole,
                "sales": sales,
                "sales_share": share,
                "each": sales / len(mine) if len(mine) else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    core, risk = frame.iloc[0], frame.iloc[2]
    first, last = {"tier": "core"}, {"tier": "at_risk"}
    sentence = review.language("yearly.tiers_lead",
        customers=kept(review, "rfm_customers", whole, "count"),
        core=kept(review, "rfm_customers", core["customers"], "count", first),
        core_share=kept(review, "rfm_customer_share", core["customer_share"], "ratio", first),
        core_sales=kept(review, "rfm_sales_share", core["sales_share"], "ratio", first,
                        numerator=core["sales"], denominator=amount),
        risk=kept(review, "rfm_customers", risk["customers"], "count", last),
        risk_sales=kept(review, "rfm_sales", risk["sales"], "money", last),
    )  # fmt: skip
    columns = [
        Col("label", language("yearly.tier")),
        Col("customers", language("yearly.customers"), "count"),
        Col("customer_share", language("yearly.customer_share"), "percent", wide_only=True),
        Col("sales", language("report.sales_12_months"), "money"),
        Col("sales_share", language("yearly.sales_share"), "percent"),
        Col("each", language("yearly.sales_each"), "money", wide_only=True),
    ]
    foot = {"label": language("report.total"), "customers": whole, "customer_share": 1.0,
            "sales": amount, "sales_share": 1.0 if amount else None,
            "each": amount / whole}  # fmt: skip
    plays = [
        (language(f"yearly.tier_{tier}"), language(f"yearly.play_{tier}")) for tier in RFM_TIERS
    ]
    caption = language("yearly.tiers_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption, total=foot),
        definitions(language, plays),
        _cells(review, scored),
        _moved(review, scored),
    )


def _cells(review: Review, scored: pd.DataFrame) -> Block:
    """Show all 27 cells: customers in each, and its tier below."""
    language, lens = review.language, review.lens
    counts, tiers = {}, {}
    size = scored.groupby(["r", "f", "m"]).size()
    for r in _SCORES:
        for f in _SCORES:
            row = language("yearly.cell_row", r=r, f=f)
            counts[row], tiers[row] = {}, {}
            for m in _SCORES:
                column = language("yearly.cell_column", m=m)
                many = int(size.get((r, f, m), 0))
                counts[row][column] = float(many) if many else np.nan
                tiers[row][column] = language(f"yearly.tier_{_tier(r, f, m)}")
                lens.keep("rfm_cell", many, "count", {"cell": f"{r}-{f}-{m}"})
    grid, small = pd.DataFrame(counts).T, pd.DataFrame(tiers).T
    empty = int(grid.isna().to_numpy().sum())
    key = "cells_title" if empty else "cells_full"
    title = language(f"yearly.{key}", filled=27 - empty, empty=empty)
    limits = scored.groupby("r")["recency"].max()
    return heat_table(
        grid,
        language,
        title=title,
        unit="count",
        corner=language("yearly.cells_corner"),
        subtitle=language("yearly.cells_subtitle", scope=scope_name(review)),
        small=small,
        notes=[
            language(
                "yearly.cells_note",
                months=lens.dataset.settings.rfm_months,
                near=float(limits.get(3, np.nan)),
                middle=float(limits.get(2, np.nan)),
            )
        ],
    )


def _tier(r: int, f: int, m: int) -> str:
    if r == 1:
        return "at_risk"
    return "core" if f + m >= 5 else "potential"


def _moved(review: Review, scored: pd.DataFrame) -> Block:
    """Show where the customers of each tier a year ago are now."""
    language, lens = review.language, review.lens
    months = lens.dataset.settings.rfm_months
    eve = lens.window.start - timedelta(days=1)
    if lens.dataset.history_start > grace(back(eve, months).start):
        return note(language("yearly.no_migration"))
    before = rfm(View(lens.dataset, Window(back(eve, months).start, eve)))
    if before.empty:
        return note(language("yearly.no_migration"))
    moved = tier_migration(
        scored.set_index("customer_id")["tier"], before.set_index("customer_id")["tier"], RFM_TIERS
    )
    for came, row in moved.counts.iterrows():
        for went, many in row.items():
            lens.keep("rfm_migration", float(many), "count", {"from": str(came), "to": str(went)})
    counts = moved.counts
    kept = int(counts.loc["core", "core"])
    began = int(counts.loc["core"].sum())
    fallen = int(counts.loc["core", "at_risk"] + counts.loc["core", "lost"])
    risen = int(counts.loc["potential", "core"])
    names = {name: language(f"yearly.tier_{name}") for name in (*RFM_TIERS, "new", "lost")}
    shown = counts.astype(float).rename(index=names, columns=names)
    # Nobody is new and lost at once.
    shown.iloc[-1, -1] = np.nan
    title = language("yearly.moved_title", kept=kept, began=began, fallen=fallen, risen=risen)
    return heat_table(
        shown,
        language,
        title=title,
        unit="count",
        corner=language("yearly.moved_corner"),
        subtitle=language("yearly.moved_subtitle", then=eve, now=lens.window.end),
        small=moved.rates.map(lambda rate: "" if np.isnan(rate) else language.percent(rate)),
    )


# Win-back -------------------------------------------------------------------------------------


@section("yearly_win_back", "activities.type", "orders.customer_id")
def yearly_win_back(review: Review) -> Block:
    """Hold customers who were contacted when at risk against those who were not, and list who is.

    Who was contacted was chosen, not drawn: a difference is no proof of an effect.
    """
    language, lens = review.language, review.lens
    rate = lens.value("win_back_rate")
    people = _silent_customers(review)
    blocks: list[Block | None] = []
    if rate.value is None or not rate.denominator:
        blocks.append(note(language("yearly.no_win_back")))
    else:
        blocks.append(_treated(review, people, rate.numerator or 0.0, rate.denominator))
    return group(*blocks, _to_win_back(review, people))


def _treated(review: Review, people: pd.DataFrame, back_again: float, treated: float) -> Block:
    language, lens = review.language, review.lens
    low, high = wilson_interval(back_again, treated)
    others = _untreated(review, people)
    sentence = review.language("yearly.win_back_lead", treated=treated, back=back_again,
        rate=fact(review, "win_back_rate"),
        low=kept(review, "win_back_low", low, "ratio", n=treated),
        high=kept(review, "win_back_high", high, "ratio", n=treated),
    )  # fmt: skip
    rows = [_group_row(review, "treated", back_again, treated)]
    lines = []
    if others is not None and len(others) >= 1:
        hits, many = float(others["returned"].sum()), float(len(others))
        lens.keep("win_back_untreated", hits / many, "ratio", numerator=hits, denominator=many)
        rows.append(_group_row(review, "untreated", hits, many))
        gap = back_again / treated - hits / many
        least, most = newcombe_interval(back_again, treated, hits, many)
        lens.keep("win_back_difference", gap, "ratio", n=treated + many)
        sure = "sure" if least > 0 or most < 0 else "unsure"
        if min(treated, many) < lens.dataset.settings.n_trials:
            sure = "few"
        lines.append(
            language(f"yearly.win_back_{sure}", gap=gap, low=least, high=most,
                     least=lens.dataset.settings.n_trials)
        )  # fmt: skip
    else:
        lines.append(language("yearly.win_back_alone"))
    columns = [
        Col("label", language("yearly.group")),
        Col("many", language("yearly.customers"), "count"),
        Col("back", language("yearly.came_back"), "count"),
        Col("rate", language("yearly.rate"), "percent"),
        Col("interval", language("yearly.interval")),
    ]
    caption = language("yearly.win_back_caption", scope=scope_name(review),
                       days=lens.dataset.settings.win_back_days)  # fmt: skip
    return group(
        lead(sentence),
        table(pd.DataFrame(rows), columns, language, caption),
        note(*lines, language("yearly.win_back_note")),
    )


def _group_row(review: Review, name: str, hits: float, many: float) -> dict[str, object]:
    low, high = wilson_interval(hits, many)
    language = review.language
    return {
        "label": language(f"yearly.{name}"),
        "many": many,
        "back": hits,
        "rate": hits / many if many else np.nan,
        "interval": language("yearly.from_to", low=low, high=high),
    }


def _silent_customers(review: Review) -> pd.DataFrame:
    """Give each customer's purchases as days, his limit of silence, and his first contact.

    Returns
    -------
    One row for each customer: `customer`, `days` (sorted days of purchase), `limit` (days of
    silence after which he is at risk), `contact` (first contact of the period; NaT without one),
    `amount` (sales of the last twelve months in which he bought).
    """
    lens = review.lens
    dataset, settings = lens.dataset, lens.dataset.settings
    sales = dataset.frame("sales")
    bought = sales[sales["is_purchase"].to_numpy(dtype=bool) & sales["customer_id"].notna()]
    days = bought["order_date"].dt.normalize()
    found = days.groupby(bought["customer_id"].astype(str)).unique()
    limits = pd.Series(
        at_risk_days(View(dataset, lens.window)), sales["customer_id"].cat.categories.astype(str)
    )
    acts = inside(dataset.frame("activities"), "ts", lens.window)
    if settings.win_back_types:
        acts = acts[acts["type"].astype(object).isin(settings.win_back_types)]
    contact = acts.groupby(acts["customer_id"].astype(str))["ts"].min().dt.normalize()
    frame = pd.DataFrame({"customer": found.index, "days": [np.sort(each) for each in found]})
    frame["limit"] = limits.reindex(frame["customer"]).to_numpy(dtype=float)
    frame["contact"] = contact.reindex(frame["customer"]).to_numpy(dtype="datetime64[ns]")
    frame["last"] = pd.to_datetime([each[-1] for each in frame["days"]])
    return frame


def _untreated(review: Review, people: pd.DataFrame) -> pd.DataFrame | None:
    """Give the customers who were as much at risk, on the usual day of contact, but left alone.

    The day is the middle of the contacts; `returned` tells who bought within the same time.
    """
    wait = pd.Timedelta(days=review.settings.win_back_days)
    touched = people[people["contact"].notna()]
    touched = touched.assign(silence=_silence(touched, touched["contact"]))
    touched = touched[touched["silence"] >= touched["limit"]]
    if touched.empty:
        return None
    day = touched["contact"].sort_values().iloc[len(touched) // 2]
    if day + wait > pd.Timestamp(review.as_of):
        return None
    rest = people[people["contact"].isna()]
    rest = rest.assign(silence=_silence(rest, pd.Series(day, rest.index)))
    rest = rest[(rest["silence"] >= rest["limit"]) & (rest["silence"] <= touched["silence"].max())]
    returned = [
        bool(((each > day.to_datetime64()) & (each <= (day + wait).to_datetime64())).any())
        for each in rest["days"]
    ]
    return rest.assign(returned=returned)


def _silence(people: pd.DataFrame, day: pd.Series) -> pd.Series:
    """Give the days since each customer's last purchase up to a day; NaN where there is none."""
    found = []
    for days, until in zip(people["days"], day, strict=True):
        place = int(np.searchsorted(days, until.to_datetime64(), side="right"))
        gone = (until.to_datetime64() - days[place - 1]) / np.timedelta64(1, "D") if place else None
        found.append(np.nan if gone is None else float(gone))
    return pd.Series(found, people.index, dtype=float)


def _to_win_back(review: Review, people: pd.DataFrame) -> Block:
    """List the customers gone by their own rhythm who bought most, and whether anybody called."""
    language, lens = review.language, review.lens
    day = pd.Timestamp(lens.window.end)
    silent = (day - people["last"]).dt.days
    year = back(lens.window.end, 24)
    people = people.assign(limit=people["limit"] * 2)
    risky = people[(silent >= people["limit"]) & (people["last"] >= pd.Timestamp(year.start))]
    if risky.empty:
        return note(language("yearly.none_at_risk"))
    amounts = customer_amounts(lens.dataset, year)
    codes = lens.dataset.frame("sales")["customer_id"].cat.categories.astype(str)
    sums = pd.Series(amounts, codes)
    risky = risky.assign(
        amount=sums.reindex(risky["customer"]).to_numpy() / 2,
        silent=silent[risky.index],
        state=[
            "good:" + language("yearly.called")
            if pd.notna(each)
            else "warn:" + language("yearly.not_called")
            for each in risky["contact"]
        ],
    ).sort_values(["amount", "customer"], ascending=[False, True])
    total = float(risky["amount"].sum())
    lens.keep("at_risk_sales", total, "money", n=len(risky))
    columns = [
        Col("label", language("report.dimension.customer")),
        Col("amount", language("yearly.sales_a_year"), "bar"),
        Col("last", language("report.last_order"), "date", wide_only=True),
        Col("silent", language("report.silent_days"), "days", digits=0),
        Col("limit", language("yearly.limit"), "days", digits=0, wide_only=True),
        Col("state", language("yearly.contact"), "status"),
    ]
    caption = language("yearly.at_risk_caption", count=len(risky), total=total,
                       day=lens.window.end)  # fmt: skip
    return table(
        labelled(review, risky.head(12), "customer"), columns, language, caption, max_rows=12
    )
