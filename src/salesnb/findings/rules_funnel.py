"""Rules about leads and deals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg, two_proportion_test
from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside, spans
from salesnb.language import is_missing

SURE = 0.01
"""Chance of a false alarm over all things one rule looks at."""


@rule("lead_quality", "leads.verdict", "leads.channel")
def lead_quality(lens: Lens) -> Iterator[Finding]:
    """Channels whose leads are less often valid than in the twelve months before."""
    part = spans(lens)
    leads = lens.dataset.frame("leads")[["created", "channel", "verdict"]]
    leads = leads[leads["verdict"].isin(["valid", "invalid"])]
    recent, before = inside(leads, "created", part.recent), inside(leads, "created", part.before)
    counts = pd.concat({"now": _valid(recent), "base": _valid(before)}, axis=1).dropna()
    tested = [
        two_proportion_test(*row).p_value
        for row in counts[
            [("now", "valid"), ("now", "all"), ("base", "valid"), ("base", "all")]
        ].to_numpy()
    ]
    for (channel, row), chance in zip(
        counts.iterrows(), benjamini_hochberg(np.array(tested)), strict=True
    ):
        now, base = row["now"], row["base"]
        rate, usual = now["valid"] / now["all"], base["valid"] / base["all"]
        few = min(now["all"], base["all"]) < lens.dataset.settings.n_trials
        if few or usual - rate < 0.1 or not chance < SURE:
            continue
        lost = (usual - rate) * now["all"]
        yield Finding(
            "lead_quality",
            "bad",
            scope={"channel": str(channel)},
            impact=-_worth(lens, lost, str(channel)),
            values={
                "channel": channel,
                "rate": rate,
                "base": usual,
                "change": rate - usual,
                "n": now["all"],
                "lost": lost,
            },
            section="leads",
        )


def _valid(leads: pd.DataFrame) -> pd.DataFrame:
    """Count valid leads and all with a verdict, by channel."""
    valid = leads["verdict"].astype(object) == "valid"
    return valid.groupby(leads["channel"], observed=True).agg(valid="sum", all="size")


def _worth(lens: Lens, leads: float, channel: str) -> float:
    """Price valid leads that did not come: conversion of valid ones times a new customer's sales.

    Sales are those of a new customer in a span as long as the recent one. Zero where conversion
    or the sales of new customers are not known.
    """
    part = spans(lens)
    pool = inside(lens.dataset.frame("leads"), "created", part.before)
    pool = pool[pool["channel"].astype(object) == channel]
    valid = pool[pool["verdict"].astype(object) == "valid"]
    if "converted_date" not in pool.columns or valid.empty:
        return 0.0
    conversion = valid["converted_date"].notna().mean()
    sales = lens.dataset.frame("sales")
    if "customer_type" not in sales.columns:
        return 0.0
    before = inside(sales, "order_date", part.before)
    new = before[before["customer_type"].astype(object) == "new"]
    buyers = new["customer_id"].nunique()
    sales_each = new["amount"].sum() * part.scale / buyers if buyers else 0.0
    return float(leads * conversion * sales_each)


@rule("conversion_down", "leads.converted_date")
def conversion_down(lens: Lens) -> Iterator[Finding]:
    """Lead conversion below its target, or below that of the twelve months before, beyond chance.

    Leads are those old enough to have had the full horizon of conversion.
    """
    against = lens.against("lead_conversion", "target")
    now = lens.value("lead_conversion")
    if not now or not now.denominator or is_missing(against["base"]):
        return
    target, n = float(against["base"]), now.denominator
    chance = two_proportion_test(now.numerator or 0, n, target * n, n).p_value
    if now.value < target and n >= lens.dataset.settings.n_trials:  # type: ignore[operator]
        sure = chance < SURE
        values = {"rate": now.value, "target": target, "gap": now.value - target, "n": n}  # type: ignore[operator]
        yield Finding(
            "conversion_down",
            "warn" if sure else "info",
            values=values,
            section="funnel",
            verdict="supported" if sure else "directional",
            variant="text" if sure else "maybe",
        )


@rule("deals_lost_inside", "opportunities.loss_reason", "opportunities.close_date")
def deals_lost_inside(lens: Lens) -> Iterator[Finding]:
    """Deals lost in the period for a reason that lies inside the company."""
    deals = lens.dataset.frame("opportunities")
    lost = inside(deals[deals["outcome"].astype(object) == "lost"], "close_date", lens.window)
    ours = lost[lost["loss_reason"].astype(object).map(is_internal_reason).astype(bool)]
    amount = float(ours["amount"].sum())
    large = float(lost["amount"].quantile(0.9)) if len(lost) else 0.0
    big = int((ours["amount"] >= large).sum())
    share = amount / float(lost["amount"].sum()) if len(lost) and lost["amount"].sum() > 0 else 0.0
    if big >= 2 and share >= 0.25:
        values = {"count": len(ours), "amount": amount, "share": share}
        yield Finding("deals_lost_inside", "warn", impact=-amount, values=values, section="lost")


def is_internal_reason(reason: object) -> bool:
    """Whether a reason for losing a deal, as people write it, lies inside the company."""
    words = ("内部", "协作", "响应慢", "响应迟", "信息延迟", "internal", "slow response", "late")
    return isinstance(reason, str) and any(word in reason.casefold() for word in words)
