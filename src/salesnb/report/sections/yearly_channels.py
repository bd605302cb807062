"""Where customers come from: the conversion of every source, and what was spent on it."""

from __future__ import annotations

from datetime import timedelta
from statistics import NormalDist

import numpy as np
import pandas as pd

from salesnb.errors import SalesnbError
from salesnb.explain.intervals import benjamini_hochberg, two_proportion_test, wilson_interval
from salesnb.figures.bars import draw_bars
from salesnb.language import is_missing
from salesnb.plan.reallocation import reallocate, response
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import fact
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# Below this adjusted p-value a difference is called one.
SIGNIFICANCE = 0.05
_TRIAL = 0.2
_FLAT = 0.0005


@section("yearly_channels", "leads.channel", "leads.converted_date")
def yearly_channels(review: Review) -> Block:
    """Show the conversion of every source with its interval, what a customer cost, what to move."""
    language, lens = review.language, review.lens
    rows = conversion_by(review, "channel")
    whole = lens.value("lead_conversion")
    if rows.empty or whole.value is None:
        return note(language("yearly.no_conversion"))
    best = rows[rows["look"] == "good"]
    worst = rows[rows["look"] == "bad"]
    key = "channels_lead" if len(best) or len(worst) else "channels_alike"
    sentence = review.language(f"yearly.{key}", rate=fact(review, "lead_conversion"),
        hits=whole.numerator, n=whole.denominator,
        best=language.list(best["label"]) or language("base.none"),
        worst=language.list(worst["label"]) or language("base.none"),
    )  # fmt: skip
    drawn = draw_bars(
        rows[["label", "value", "highlight"]],
        language,
        title=_channel_title(review, rows),
        subtitle=language("yearly.channels_subtitle", scope=scope_name(review)),
        unit="percent",
    )
    columns = [
        Col("label", language("report.dimension.channel")),
        Col("n", language("yearly.ripe_leads"), "count"),
        Col("hits", language("yearly.converted"), "count", wide_only=True),
        Col("value", language("yearly.conversion"), "percent"),
        Col("interval", language("yearly.interval")),
        Col("state", language("yearly.against_others"), "status"),
    ]
    total = {
        "label": language("report.total"), "n": whole.denominator, "hits": whole.numerator,
        "value": whole.value, "state": "",
        "interval": _interval(review, whole.numerator or 0.0, whole.denominator or 0.0),
    }  # fmt: skip
    caption = language("yearly.channels_caption", scope=scope_name(review))
    days = lens.dataset.settings.conversion_days
    return group(
        lead(sentence),
        chart(drawn, language),
        table(rows, columns, language, caption, total=total),
        note(language("yearly.channels_note", days=days)),
        _spending(review, rows),
    )


def conversion_by(review: Review, dimension: str) -> pd.DataFrame:
    """Give the conversion of leads by a dimension, with interval and test against all others.

    Returns
    -------
    One row for each value, highest conversion first: `name`, `label`, `n`, `hits`, `value`,
    `low`, `high`, `interval` (words), `p_value` (corrected for the number compared), `look`
    (good, bad, none), `state` (for a status column), `highlight`.
    """
    language, lens = review.language, review.lens
    found = lens.measure("lead_conversion", [dimension])
    found = found[found["denominator"] > 0]
    hits, n = found["numerator"].to_numpy(dtype=float), found["denominator"].to_numpy(dtype=float)
    p_values = [
        two_proportion_test(each, many, hits.sum() - each, n.sum() - many).p_value
        if n.sum() > many
        else 1.0
        for each, many in zip(hits, n, strict=True)
    ]
    adjusted = benjamini_hochberg(p_values) if p_values else np.zeros(0)
    rows = []
    for place, name in enumerate(found[dimension].astype(str)):
        low, high = wilson_interval(hits[place], n[place])
        rate = hits[place] / n[place]
        few = n[place] < lens.dataset.settings.n_trials
        look, word = "none", "few" if few else "same"
        if not few and adjusted[place] < SIGNIFICANCE:
            above = rate * n.sum() > hits.sum()
            look, word = ("good", "higher") if above else ("bad", "lower")
        for end, value in (("low", low), ("high", high)):
            lens.keep(f"lead_conversion_{end}", value, "ratio", {dimension: name}, n=n[place])
        rows.append(
            {
                "name": name, "label": value_name(review, dimension, name), "n": n[place],
                "hits": hits[place], "value": rate, "low": low, "high": high,
                "interval": language("yearly.from_to", low=low, high=high),
                "p_value": float(adjusted[place]), "look": look,
                "state": f"{look}:{language(f'yearly.{word}')}", "highlight": look == "good",
            }
        )  # fmt: skip
    columns = ["name", "label", "n", "hits", "value", "low", "high", "interval", "p_value",
               "look", "state", "highlight"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["value", "name"], ascending=[False, True], ignore_index=True)


def _interval(review: Review, hits: float, n: float) -> str:
    low, high = wilson_interval(hits, n)
    return review.language("yearly.from_to", low=low, high=high)


def _channel_title(review: Review, rows: pd.DataFrame) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    if len(rows) > 1 and first["value"] - last["value"] < _FLAT:
        return review.language("yearly.channels_equal", rate=first["value"])
    if len(rows) == 1:
        return review.language("yearly.channel_only", name=first["label"], rate=first["value"])
    return review.language(
        "yearly.channel_title", best=first["label"], most=first["value"],
        worst=last["label"], least=last["value"],
    )  # fmt: skip


def _spending(review: Review, conversions: pd.DataFrame) -> Block | None:
    """Show what each source cost a customer, and what the same budget could do elsewhere."""
    language, lens = review.language, review.lens
    if not lens.has("channel_spend", "channel", "spend"):
        return note(language("yearly.no_spend"))
    spend = lens.dataset.frame("channel_spend")
    # Leads of the last months are too young to be held against what they cost.
    ripe = review.as_of - timedelta(days=lens.dataset.settings.conversion_days)
    months = [
        str(month)
        for month in review.calendar.months_of(review.period)
        if review.calendar.window(month).end <= ripe
    ]
    spend = spend[spend["period"].astype(str).isin(months)]
    sums = spend.groupby(spend["channel"].astype(str))["spend"].sum()
    if not sums.sum() > 0:
        return note(language("yearly.no_spend"))
    moved, line = _reallocation(review)
    rows = conversions.drop(columns="highlight").assign(spend=conversions["name"].map(sums))
    rows = rows.assign(cost=rows["spend"] / rows["hits"].where(rows["hits"] > 0))
    if moved is not None:
        known = moved.set_index("channel")
        rows = rows.assign(change=rows["name"].map(known["change"]))
    for row in rows.to_dict("records"):
        lens.keep("cost_per_conversion", row["cost"], "money", {"channel": row["name"]},
                  numerator=row["spend"], denominator=row["hits"],
                  reason="zero_denominator" if is_missing(row["cost"]) else None)  # fmt: skip
    columns = [
        Col("label", language("report.dimension.channel")),
        Col("spend", language("yearly.spend"), "money"),
        Col("cost", language("yearly.cost_each"), "money"),
    ]
    if moved is not None:
        columns.append(Col("change", language("yearly.move"), "delta", "money"))
    shown = rows[rows["spend"] > 0].sort_values(["cost", "name"])
    spent, hits = float(shown["spend"].sum()), float(shown["hits"].sum())
    total = {"label": language("report.total"), "spend": spent, "change": "",
             "cost": spent / hits if hits else None}  # fmt: skip
    caption = language("yearly.spend_caption", scope=scope_name(review))
    covered = language("yearly.spend_note", count=len(months))
    lines = [each for each in (line, _trial(review, shown, len(months)), covered) if each]
    return group(
        table(shown, columns, language, caption, total=total),
        note(*lines),
    )


def _trial(review: Review, shown: pd.DataFrame, months: int) -> str:
    """Propose to move a part of the dearest source's spending to the cheapest, as a trial.

    What a customer cost on average is not what the next one costs: hence a trial.
    """
    known = shown[shown["cost"].notna() & (shown["n"] >= review.settings.n_trials)]
    if len(known) < 2:
        return ""
    cheap, dear = known.iloc[0], known.iloc[-1]
    amount = _TRIAL * float(dear["spend"]) / months
    more = amount / float(cheap["cost"]) - amount / float(dear["cost"])
    # The conversion of both is an estimate; the two that make least and most of the move.
    least = amount / float(cheap["cost"]) * float(cheap["low"]) / float(cheap["value"])
    least -= amount / float(dear["cost"]) * float(dear["high"]) / float(dear["value"])
    most = amount / float(cheap["cost"]) * float(cheap["high"]) / float(cheap["value"])
    most -= amount / float(dear["cost"]) * float(dear["low"]) / float(dear["value"])
    if least <= 0:
        return ""
    review.lens.keep("trial_conversions", more, "count",
                     {"from": str(dear["name"]), "to": str(cheap["name"])})  # fmt: skip
    return review.language(
        "yearly.trial", cheap=cheap["label"], dear=dear["label"], part=_TRIAL, amount=amount,
        more=more, low=least, high=most,
    )  # fmt: skip


def _reallocation(review: Review) -> tuple[pd.DataFrame | None, str]:
    """Divide the usual monthly budget anew over channels, within what was tried, if that is known.

    A shift is proposed only where the return of spending is told apart from nothing.
    """
    language = review.language
    history = _monthly_spending(review)
    if history.empty:
        return None, language("yearly.no_response")
    responses = response(history, "channel")
    latest = history.sort_values("period").groupby("channel", sort=False)["spend"]
    current = latest.apply(lambda each: float(each.tail(3).mean()))
    # So many channels are looked at that one in twenty would seem to answer by chance.
    wide = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2 / len(responses)) / NormalDist().inv_cdf(0.975)
    reach = (responses["slope"] - responses["slope_low"]) * wide
    sure = responses[responses["slope"] > reach]
    for row in responses.to_dict("records"):
        scope, reason = {"channel": str(row["channel"])}, row["reason"] or None
        review.lens.keep("marginal_return", row["marginal"], "number", scope, reason=reason)
    if sure.empty:
        return None, language("yearly.reallocation_unsure", count=len(responses))
    names = [str(name) for name in sure["channel"]]
    part = responses[responses["channel"].isin(names)]
    try:
        moved = reallocate(part, float(current[names].clip(
            part.set_index("channel")["low"], part.set_index("channel")["high"]).sum()),
            current[names], "channel")  # fmt: skip
    except SalesnbError:
        return None, language("yearly.reallocation_unsure", count=len(responses))
    if len(moved) < 2:
        return None, language(
            "yearly.reallocation_one",
            name=value_name(review, "channel", names[0]),
            each=float(sure["marginal"].iloc[0]),
        )
    best = sure.sort_values("marginal", ascending=False).iloc[0]
    return moved, language(
        "yearly.reallocation_sure", names=language.list(value_name(review, "channel", name)
        for name in names), best=value_name(review, "channel", best["channel"]),
        each=float(best["marginal"]),
    )  # fmt: skip


def _monthly_spending(review: Review) -> pd.DataFrame:
    """Give spending and sales to new customers by channel and month, two years up to the end.

    Both are held to what all channels together had in the month.
    """
    lens, calendar = review.lens, review.calendar
    columns = ["channel", "period", "spend", "result"]
    sales = lens.dataset.frame("sales")
    if "customer_type" not in sales or "channel" not in sales:
        return pd.DataFrame(columns=columns)
    last = calendar.period_at(lens.window.end)
    months = [str(last.shift(-step)) for step in range(24)]
    spend = lens.dataset.frame("channel_spend")
    spend = spend[spend["period"].astype(str).isin(months) & (spend["spend"] > 0)]
    sums = spend.groupby([spend["channel"].astype(str), spend["period"].astype(str)])["spend"].sum()
    new = sales[sales["customer_type"].astype(str) == "new"]
    labels = calendar.labels(new["order_date"], "month").astype(str)
    result = new.groupby([new["channel"].astype(str), labels])["amount"].sum()
    frame = sums.rename_axis(["channel", "period"]).reset_index()
    keys = pd.MultiIndex.from_frame(frame[["channel", "period"]])
    frame = frame.assign(result=result.reindex(keys).fillna(0.0).to_numpy())
    # Months in which everything rose, spending and sales alike, say nothing about a channel.
    for name in ("spend", "result"):
        whole = frame.groupby("period")[name].transform("sum")
        usual = float(frame.groupby("period")[name].sum().mean())
        frame[name] = frame[name] / whole.where(whole > 0) * usual
    return frame.dropna()[columns]
