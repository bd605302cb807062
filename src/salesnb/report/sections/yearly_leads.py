"""Whether leads come in as the goal for new customers needs them."""

from __future__ import annotations

import math

import pandas as pd

from salesnb.figures.trend import draw_trend
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import name_of, scope_name
from salesnb.report.sections.yearly_ahead import finished_months, monthly
from salesnb.report.sections.yearly_forecast import customers_per_lead

_FLAT = 0.0005


@section("yearly_lead_gap", "leads")
def yearly_lead_gap(review: Review) -> Block:
    """Say whether leads come in as the goal for new customers needs them, and as they used to."""
    language, lens = review.language, review.lens
    months = finished_months(review, 24)
    if len(months) < 6:
        return note(language("yearly.leads_short"))
    values = monthly(review, "leads", months)
    for month, value in zip(months, values, strict=True):
        lens.keep("leads", float(value), "count", period=month)
    shown = pd.DataFrame({"period": [str(month) for month in months], "value": values})
    recent, usual = float(values[-3:].mean()), float(values[:-3].mean())
    same = float(values[-15:-12].mean()) if len(values) >= 15 else math.nan
    needed, lines = _needed_leads(review, recent)
    title = language("yearly.leads_title", recent=recent, usual=usual)
    drawn = draw_trend(
        shown if needed is None else _with_need(shown, needed),
        language,
        title=title,
        subtitle=f"{name_of(review, 'leads')} · {scope_name(review)}",
        unit="count",
        from_zero=True,
    )
    if not math.isnan(same):
        lens.keep("leads_recent_change", recent / same - 1 if same else None, "ratio",
                  numerator=recent, denominator=same)  # fmt: skip
        change = recent / same - 1 if same else None
        flat = "_flat" if change is not None and abs(change) < _FLAT else ""
        lines.append(language(f"yearly.leads_last_year{flat}", recent=recent, same=same,
                              change=change))  # fmt: skip
    return group(lead(*lines), chart(drawn, language, with_data=True))


def _with_need(shown: pd.DataFrame, needed: float) -> pd.DataFrame:
    both = shown.assign(scenario="actual")
    need = shown.assign(value=needed, scenario="target")
    return pd.concat([both, need], ignore_index=True)


def _needed_leads(review: Review, recent: float) -> tuple[float | None, list[str]]:
    """Give the leads a month the goal for new customers asks for, and what is said of it."""
    language, lens = review.language, review.lens
    year = review.period if not lens.finished else review.period.next
    share = customers_per_lead(review)
    goal = lens.target("new_customers", year) if lens.has("targets") else None
    if goal is None or not share:
        return None, [language("yearly.no_customer_goal", year=year)]
    done = lens.value("new_customers").value if year == review.period else 0.0
    left = [
        month
        for month in review.calendar.months_of(year)
        if review.calendar.window(month).end > lens.window.end
    ]
    rest = max(goal - (done or 0.0), 0.0)
    if not left or rest == 0:
        return None, [language("yearly.customers_met", year=year, goal=goal)]
    needed = rest / share / len(left)
    gap = recent - needed
    scope = {"per": "month"}
    lacking = kept(review, "lead_gap", abs(gap), "count", scope, year)
    key = "leads_enough" if gap >= 0 else "leads_lack"
    wanted = kept(
        review, "leads_needed", needed, "count", scope, year, numerator=rest, denominator=share
    )
    coming = kept(review, "leads_recent", recent, "count", scope)
    return needed, [
        review.language(f"yearly.{key}", year=year, rest=rest,
            hundred=share * 100, needed=wanted, recent=coming, gap=lacking,
            total=abs(gap) * len(left))
    ]  # fmt: skip
