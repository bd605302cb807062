"""Who looks after which customers how often, and whether those looked after come back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from salesnb.explain.intervals import newcombe_interval
from salesnb.findings.spans import inside, months
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.customers import tiers_at
from salesnb.report.sections.diagnosis_peers import limits
from salesnb.report.sections.diagnosis_spans import keep_range, last_months
from salesnb.report.sections.diagnosis_standards import in_language, standards
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# Days between contacts where the company has set none.
_USUAL = (14, 30, 90)
_SOON = 14
_Z = 1.96


@section("account_care", "orders.customer_id", "activities.customer_id")
def account_care(review: Review) -> Block:
    """Show the standard of each tier, how far it is kept, and valuable customers left alone."""
    language = review.language
    cared = _cared(review)
    if cared.empty:
        return note(language("report.reason.no_rows"))
    order = _tiers(review)
    rows = [_tier_row(review, tier, cared[cared["tier"] == tier]) for tier in order]
    columns = [
        Col("label", language("report.dimension.value_tier")),
        Col("customers", language("report.customer_count"), "count"),
        Col("amount", language("report.sales_12_months"), "money", wide_only=True),
        Col("days", language("improve.every"), "days"),
        Col("kept", language("improve.kept"), "percent"),
        Col("contacts", language("improve.contacts_a_year"), "number", wide_only=True),
        Col("late", language("improve.overdue_contacts"), "count"),
        Col("standard", language("improve.standard"), wide_only=True),
    ]
    high = cared[cared["tier"].isin(order[:-1] or order)]
    late = high[high["late"]].sort_values("amount", ascending=False)
    key = "care_lead" if len(late) else "care_kept" if len(high) else "care_nobody"
    sentence = language(
        f"improve.{key}",
        count=len(late), of=len(high), amount=float(late["amount"].sum()),
    )  # fmt: skip
    review.lens.keep("neglected_customers", len(late), "count", n=len(high))
    caption = language("improve.care_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(pd.DataFrame(rows), columns, language, caption),
        _neglected(review, late),
        _next(review, high[~high["late"]]),
        note(language("improve.care_note")),
    )


def _tiers(review: Review) -> list[str]:
    limits = review.settings.value_tiers
    return sorted(limits, key=lambda tier: -limits[tier])


def _standard(review: Review, tier: str) -> tuple[int, str]:
    """Give the days between contacts a tier is owed, and the standard in words."""
    for entry in standards(review, "care"):
        if str(entry.get("tier")) == tier:
            return int(entry["days"]), in_language(review, entry.get("standard"))
    place = min(_tiers(review).index(tier), len(_USUAL) - 1)
    return _USUAL[place], ""


def _cared(review: Review) -> pd.DataFrame:
    """Give each customer of the last twelve months with tier, contacts and days since the last.

    Returns
    -------
    One row for each customer: customer, amount, tier, last (contact, NaT for none), since (days;
    without a contact those since the first one recorded with anybody), contacts (twelve months),
    every (days the tier is owed), late, owner.
    """
    lens = review.lens
    tiers = tiers_at(review, months(lens, 12))
    acts = lens.dataset.frame("activities")
    acts = acts[acts["customer_id"].notna()]
    if tiers.empty or acts.empty:
        return pd.DataFrame()
    who = acts["customer_id"].astype(str)
    last = acts.groupby(who)["ts"].max().reindex(tiers.index)
    year = inside(acts, "ts", last_months(review))
    many = year.groupby(year["customer_id"].astype(str)).size().reindex(tiers.index).fillna(0)
    end = pd.Timestamp(review.as_of)
    since = (end - last.fillna(acts["ts"].min()).dt.normalize()).dt.days
    every = tiers["tier"].map({tier: _standard(review, tier)[0] for tier in _tiers(review)})
    return pd.DataFrame(
        {
            "customer": tiers.index,
            "amount": tiers["amount"].to_numpy(),
            "tier": tiers["tier"].to_numpy(),
            "last": last.to_numpy(),
            "since": since.to_numpy(dtype=float),
            "contacts": many.to_numpy(dtype=float),
            "every": every.to_numpy(dtype=float),
            "late": since.to_numpy() > every.to_numpy(),
        }
    )


def _tier_row(review: Review, tier: str, rows: pd.DataFrame) -> dict[str, Any]:
    days, words = _standard(review, tier)
    many = len(rows)
    kept = float((~rows["late"]).sum())
    review.lens.keep("contact_kept", kept / many if many else None, "ratio", {"tier": tier},
                     numerator=kept, denominator=many,
                     reason=None if many else "zero_denominator")  # fmt: skip
    review.lens.keep("contacts_a_year", float(rows["contacts"].mean()) if many else None, "number",
                     {"tier": tier}, numerator=float(rows["contacts"].sum()), denominator=many,
                     reason=None if many else "zero_denominator")  # fmt: skip
    return {
        "label": value_name(review, "value_tier", tier),
        "customers": float(many),
        "amount": float(rows["amount"].sum()),
        "days": float(days),
        "kept": kept / many if many else np.nan,
        "contacts": float(rows["contacts"].mean()) if many else np.nan,
        "late": float(rows["late"].sum()),
        "standard": words,
    }


def _owner(review: Review) -> dict[str, str]:
    """Give who looks after each customer: its owner, or who sold to it last."""
    lens = review.lens
    found: dict[str, str] = {}
    if lens.has("orders", "rep_id"):
        sales = lens.dataset.frame("sales")
        last = sales[["customer_id", "rep_id"]].drop_duplicates("customer_id", keep="last")
        pairs = last.astype(str)
        found = dict(zip(pairs["customer_id"], pairs["rep_id"], strict=True))
    if lens.has("customers", "owner_rep_id"):
        rows = lens.dataset.frame("customers")
        rows = rows[rows["owner_rep_id"].notna()]
        found |= dict(
            zip(rows["customer_id"].astype(str), rows["owner_rep_id"].astype(str), strict=True)
        )
    return found


def _listed(review: Review, rows: pd.DataFrame) -> pd.DataFrame:
    owner = _owner(review)
    return rows.assign(
        label=[value_name(review, "customer", each) for each in rows["customer"]],
        tier_name=[value_name(review, "value_tier", each) for each in rows["tier"]],
        owner=[
            value_name(review, "rep", owner[each])
            if each in owner
            else review.language("base.none")
            for each in rows["customer"]
        ],
    )


def _neglected(review: Review, late: pd.DataFrame) -> Block | None:
    if late.empty:
        return None
    language = review.language
    columns = [
        Col("label", language("report.dimension.customer")),
        Col("tier_name", language("report.dimension.value_tier"), wide_only=True),
        Col("amount", language("report.sales_12_months"), "money"),
        Col("last", language("improve.last_contact"), "date", wide_only=True),
        Col("since", language("improve.days_since"), "days", digits=0),
        Col("owner", language("report.dimension.rep")),
    ]
    caption = language("improve.neglected_caption", scope=scope_name(review))
    return table(_listed(review, late).head(12), columns, language, caption, max_rows=12)


def _next(review: Review, rows: pd.DataFrame) -> Block | None:
    """List whose next contact falls due within two weeks, the largest first."""
    language = review.language
    left = rows["every"] - rows["since"]
    soon = rows.assign(due=pd.Timestamp(review.as_of) + pd.to_timedelta(left, unit="D"))
    soon = soon[left <= _SOON].sort_values("amount", ascending=False)
    if soon.empty:
        return None
    columns = [
        Col("label", language("report.dimension.customer")),
        Col("amount", language("report.sales_12_months"), "bar"),
        Col("due", language("improve.contact_by"), "date"),
        Col("last", language("improve.last_contact"), "date", wide_only=True),
        Col("owner", language("report.dimension.rep")),
    ]
    caption = language("improve.next_contacts", days=_SOON, count=len(soon))
    return table(_listed(review, soon).head(10), columns, language, caption, max_rows=10)


# Do those contacted come back -------------------------------------------------------------------


@section("contacts", "orders.customer_id", "activities.customer_id")
def contacts(review: Review) -> Block:
    """Hold customers contacted in a quarter against those not, on what they did in the half after.

    Contact comes before what is counted, and customers of a tier are held against their own tier;
    who is contacted is still no chance, so this shows a link, not an effect.
    """
    lens, language = review.lens, review.language
    base = tiers_at(review, months(lens, 12, 6))
    acts = inside(lens.dataset.frame("activities"), "ts", last_months(review, 3, 6))
    asked = set(acts["customer_id"].dropna().astype(str))
    later = last_months(review, 6)
    sales = lens.dataset.frame("sales")
    bought = inside(sales[sales["is_purchase"]], "order_date", later)
    frame = base.assign(
        contacted=base.index.isin(asked),
        again=base.index.isin(set(bought["customer_id"].dropna().astype(str))),
        referred=base.index.isin(_referrers(review, later)),
    )
    least = review.settings.n_events
    counts = frame["contacted"].value_counts()
    if len(counts) < 2 or counts.min() < least:
        return note(language("improve.contacts_few", least=least))
    blocks = [_link(review, frame, "again")]
    if lens.has("customers", "referrer_id"):
        blocks.append(_link(review, frame, "referred"))
    sentences = [sentence for sentence, _ in blocks]
    return group(
        lead(*sentences),
        *(shown for _, shown in blocks),
        note(language("improve.contacts_note")),
    )


def _referrers(review: Review, window: Any) -> set[str]:
    """Give the customers who sent somebody who first bought in some days."""
    lens = review.lens
    if not lens.has("customers", "referrer_id"):
        return set()
    sales = lens.dataset.frame("sales")
    bought = sales.loc[sales["is_purchase"], ["customer_id", "order_date"]]
    first = bought.groupby("customer_id", observed=True)["order_date"].min()
    lately = (first >= pd.Timestamp(window.start)) & (first <= pd.Timestamp(window.end))
    new = set(first.index[lately].astype(str))
    rows = lens.dataset.frame("customers")
    rows = rows[rows["customer_id"].astype(str).isin(new) & rows["referrer_id"].notna()]
    return set(rows["referrer_id"].astype(str))


def _link(review: Review, frame: pd.DataFrame, outcome: str) -> tuple[str, Block]:
    """Compare an outcome of contacted and other customers, tier by tier and together."""
    language = review.language
    rows, weights = [], []
    for tier in _tiers(review):
        part = frame[frame["tier"] == tier]
        one, two = (part.loc[part["contacted"] == each, outcome] for each in (True, False))
        hits, tries = [int(one.sum()), int(two.sum())], [len(one), len(two)]
        rows.append(
            {
                "label": value_name(review, "value_tier", tier),
                "with": hits[0] / tries[0] if tries[0] else np.nan,
                "with_n": float(tries[0]),
                "without": hits[1] / tries[1] if tries[1] else np.nan,
                "without_n": float(tries[1]),
                "gap": hits[0] / tries[0] - hits[1] / tries[1] if min(tries) else np.nan,
                "range": limits(
                    language, *newcombe_interval(hits[0], tries[0], hits[1], tries[1]), "percent"
                ),
            }
        )
        if min(tries):
            weights.append((hits, tries))
    gap, low, high = _together(weights)
    sums = frame.groupby("contacted")[outcome].agg(["sum", "size"])
    total = {
        "label": language("improve.tiers_together"),
        "with": float(sums.loc[True, "sum"]) / float(sums.loc[True, "size"]),  # type: ignore[arg-type]
        "with_n": float(sums.loc[True, "size"]),  # type: ignore[arg-type]
        "without": float(sums.loc[False, "sum"]) / float(sums.loc[False, "size"]),  # type: ignore[arg-type]
        "without_n": float(sums.loc[False, "size"]),  # type: ignore[arg-type]
        "gap": gap,
        "range": limits(language, low, high, "percent"),
    }
    keep_range(review, f"contact_{outcome}_gap", (gap, low, high), "points", {}, float(len(frame)))
    columns = [
        Col("label", language("report.dimension.value_tier")),
        Col("with", language("improve.contacted"), "percent"),
        Col("with_n", language("report.customer_count"), "count", wide_only=True),
        Col("without", language("improve.not_contacted"), "percent"),
        Col("without_n", language("report.customer_count"), "count", wide_only=True),
        Col("gap", language("improve.difference"), "points"),
        Col("range", language("improve.interval_points"), wide_only=True),
    ]
    key = "same" if low <= 0 <= high or gap != gap else "more" if gap > 0 else "less"
    sentence = language(f"improve.{outcome}_{key}", gap=abs(gap))
    caption = language(f"improve.{outcome}_caption", scope=scope_name(review))
    return sentence, table(pd.DataFrame(rows), columns, language, caption, total=total)


def _together(parts: list[tuple[list[int], list[int]]]) -> tuple[float, float, float]:
    """Give the difference of two rates over strata, and its limits (Mantel and Haenszel)."""
    weights = [tries[0] * tries[1] / sum(tries) for _, tries in parts]
    if not sum(weights):
        return math.nan, math.nan, math.nan
    gap = variance = 0.0
    for weight, (hits, tries) in zip(weights, parts, strict=True):
        rates = [hit / many for hit, many in zip(hits, tries, strict=True)]
        gap += weight * (rates[0] - rates[1])
        variance += weight**2 * sum(
            # One more of each keeps a rate of nothing or all from being certain.
            ((hit + 1) / (many + 2)) * (1 - (hit + 1) / (many + 2)) / many
            for hit, many in zip(hits, tries, strict=True)
        )
    whole = sum(weights)
    reach = _Z * math.sqrt(variance) / whole
    return gap / whole, gap / whole - reach, gap / whole + reach
