"""What each channel costs, brings, and earns, over a year long enough to judge it by."""

from __future__ import annotations

import pandas as pd

from salesnb.figures.bars import draw_bars
from salesnb.findings.spans import months
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_spans import one, over_months
from salesnb.report.sections.parts import name_of, reason_text, scope_name, value_name
from salesnb.report.tables import Col, table

_PARTS = (
    "acquisition_spend", "leads", "lead_conversion", "new_customers", "cac", "channel_roi",
)  # fmt: skip


@section("acquisition", "channel_spend.spend", "orders.channel")
def acquisition(review: Review) -> Block:
    """Show spend, leads, conversion, customers won, cost of each and return by channel."""
    language = review.language
    frame = _channels(review)
    if frame.empty or not (frame["acquisition_spend"] > 0).any():
        return note(language("improve.no_spend"))
    columns = [
        Col("label", language("report.dimension.channel")),
        Col("acquisition_spend", language("report.spend"), "money"),
        Col("leads", name_of(review, "leads"), "count", wide_only=True),
        Col("lead_conversion", name_of(review, "lead_conversion"), "percent", wide_only=True),
        Col("new_customers", name_of(review, "new_customers"), "count", wide_only=True),
        Col("cac", name_of(review, "cac"), "money"),
        Col(
            "cac_change", language("improve.cac_change"), "delta", "percent", "down", wide_only=True
        ),
        Col("channel_roi", name_of(review, "channel_roi"), "percent"),
        Col("share", language("improve.share_of_new"), "percent", wide_only=True),
    ]
    total: dict[str, object] = {"label": language("report.total"), "share": 1.0}
    total |= {name: one(over_months(review, name))["value"] for name in _PARTS}
    paid = frame[frame["acquisition_spend"] > 0]
    caption = language("improve.channels_caption", scope=scope_name(review))
    return group(
        lead(*_sentences(review, paid)),
        table(frame, [col for col in columns if col.name in frame], language, caption, total=total),
        _drawn(review, paid),
        note(*_how(review)),
    )


def _how(review: Review) -> list[str]:
    """Say how cost and return are counted."""
    lag = review.settings.acquisition_lag_months
    lines = [review.language("improve.channels_note")]
    return [*lines, review.language("improve.channels_lag", lag=lag)] if lag else lines


def _channels(review: Review) -> pd.DataFrame:
    """Give one row for each channel with everything known of it."""
    parts = {}
    for metric in _PARTS:
        rows = over_months(review, metric, ["channel"])
        if len(rows):
            parts[metric] = rows.set_index(rows["channel"].astype(str))["value"]
    if "acquisition_spend" not in parts:
        return pd.DataFrame(columns=["channel", "acquisition_spend"])
    found = pd.DataFrame(parts).sort_index().rename_axis("channel").reset_index()
    before = over_months(review, "cac", ["channel"], 12, 12)
    was = dict(zip(before["channel"].astype(str), before["value"], strict=True))
    won = dict(zip(before["channel"].astype(str), before["denominator"], strict=True))
    if "cac" in found:
        base = found["channel"].map(was).astype(float)
        # A few customers more or less make such a cost jump.
        least = review.settings.n_events
        enough = (found["new_customers"] >= least) & (found["channel"].map(won) >= least)
        found["cac_change"] = (found["cac"] / base.where(base > 0) - 1).where(enough)
    if "new_customers" in found:
        whole = found["new_customers"].sum()
        found["share"] = found["new_customers"] / whole if whole else float("nan")
    found["label"] = [value_name(review, "channel", each) for each in found["channel"]]
    return found.sort_values("acquisition_spend", ascending=False, na_position="last")


def _sentences(review: Review, paid: pd.DataFrame) -> list[str]:
    """Say which channel brings customers cheapest, and which earns its cost least."""
    language = review.language
    lines = []
    if "cac" in paid:
        # A channel that won hardly anybody has no cost of a customer to speak of.
        known = paid[paid["cac"].notna() & (paid["new_customers"] >= review.settings.n_events)]
        if len(known) > 1:
            best, worst = known.loc[known["cac"].idxmin()], known.loc[known["cac"].idxmax()]
            lines.append(
                language(
                    "improve.cac_lead", best=best["label"], low=float(best["cac"]),
                    worst=worst["label"], high=float(worst["cac"]),
                    times=float(worst["cac"] / best["cac"]),
                )
            )  # fmt: skip
        few = paid[paid["cac"].isna() | (paid["new_customers"] < review.settings.n_events)]
        if len(few):
            names = language.list(few["label"])
            reason = reason_text(review, "small_n")
            lines.append(language("improve.cac_few", names=names, reason=reason))
    if "channel_roi" in paid:
        losing = paid[paid["channel_roi"] < 0]
        if len(losing):
            lines.append(language("improve.roi_below", names=language.list(losing["label"])))
    return lines or [language("improve.channels_even")]


def _drawn(review: Review, paid: pd.DataFrame) -> Block | None:
    """Draw the return of each channel."""
    if "channel_roi" not in paid or paid["channel_roi"].notna().sum() < 2:
        return None
    language = review.language
    rows = paid[paid["channel_roi"].notna()].sort_values("channel_roi", ascending=False)
    worst = rows.iloc[-1]
    title = language("improve.roi_title", name=worst["label"], roi=float(worst["channel_roi"]))
    frame = pd.DataFrame({"label": rows["label"], "value": rows["channel_roi"]})
    first, last = (language.period(each) for each in (months(review.lens, 12)[0], review.period))
    subtitle = language("improve.roi_subtitle", first=first, last=last)
    drawn = draw_bars(frame, language, title=title, subtitle=subtitle, unit="percent")
    return chart(drawn, language)
