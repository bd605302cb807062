"""Who was won back: customers called when at risk, beside those left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.intervals import newcombe_interval, wilson_interval
from salesnb.findings.spans import inside
from salesnb.metrics.buyers import back, customer_amounts
from salesnb.metrics.customers import at_risk_days
from salesnb.metrics.metric import View
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import fact, kept
from salesnb.report.sections.parts import labelled, scope_name
from salesnb.report.tables import Col, table


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
    days = pd.DataFrame(
        {"customer": bought["customer_id"].astype(str), "day": bought["order_date"].dt.normalize()}
    )
    days = days.drop_duplicates().sort_values(["customer", "day"])
    customers, starts = np.unique(days["customer"].to_numpy(dtype=object), return_index=True)
    pieces = np.split(days["day"].to_numpy(), starts)[1:]
    limits = pd.Series(
        at_risk_days(View(dataset, lens.window)), sales["customer_id"].cat.categories.astype(str)
    )
    acts = inside(dataset.frame("activities"), "ts", lens.window)
    if settings.win_back_types:
        acts = acts[acts["type"].astype(object).isin(settings.win_back_types)]
    contact = acts.groupby(acts["customer_id"].astype(str))["ts"].min().dt.normalize()
    frame = pd.DataFrame({"customer": pd.Series(customers, dtype="str"), "days": pieces})
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
