"""The year at a glance, and its course."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from salesnb.figures.trend import draw_trend
from salesnb.findings.finding import Finding, leading
from salesnb.findings.rules_sales import targets_cover_sales
from salesnb.findings.year import target_growth
from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.cards import Card, cards
from salesnb.report.charts import chart
from salesnb.report.lists import actions_table, findings_list
from salesnb.report.review import Review, section
from salesnb.report.sections.actions import action_lines
from salesnb.report.sections.annual_parts import (
    Kept,
    attainment_of,
    fact,
    figure,
    held,
    kept,
    moved,
)
from salesnb.report.sections.attainment import coverage
from salesnb.report.sections.parts import card, finding_line, name_of, scope_name, versus
from salesnb.report.tables import Col, table

_HEADLINES = (
    "new_customers",
    "key_account_revenue_share",
    "renewal_rate",
    "csat",
    "gross_margin",
    "repurchase_rate",
    "average_order_value",
    "units",
)
_CARDS = 6
# Where this report shows what the sections of a month show.
_SECTIONS = {
    "attainment": "annual_course",
    "trend": "annual_course",
    "products": "annual_products",
    "margin": "annual_products",
    "new_existing": "annual_new_customers",
    "customers": "annual_new_customers",
    "funnel": "yearly_conversion",
    "leads": "yearly_channels",
    "channels": "yearly_channels",
    "retention": "annual_renewal",
    "service": "annual_satisfaction",
}


@section("annual_glance")
def annual_glance(review: Review) -> Block:
    """Show attainment, growth and the growth the target asked for, three findings, what to do."""
    reached = held(review)
    attained = attainment_of(review, reached.iloc[0]) if len(reached) else None
    shown = [_sales_card(review, attained), _target_card(review)]
    for metric in _HEADLINES:
        if len([item for item in shown if item]) < _CARDS:
            shown.append(_card(review, metric))
    findings = [
        replace(line, section=_SECTIONS.get(line.section, line.section))
        for line in (finding_line(review, found) for found in leading(_untold(review)))
    ]
    return group(
        lead(*_summary(review, attained)),
        cards([item for item in shown if item], review.language),
        _as_of_note(review),
        coverage(review),
        findings_list(findings, review.language),
        actions_table(
            action_lines(review)[:3], review.language, review.language("report.first_actions")
        ),
    )


def _untold(review: Review) -> list[Finding]:
    """Give the findings that the sentences above them have not told."""
    return [found for found in review.findings if found.rule != "target_soft"]


def _as_of_note(review: Review) -> Block | None:
    if review.lens.finished:
        return None
    months = [month for month in review.calendar.months_of(review.period)
              if review.calendar.window(month).end > review.as_of]  # fmt: skip
    return note(
        review.language(
            "annual.unfinished" if len(months) > 1 else "annual.unfinished_one",
            as_of=review.as_of, period=review.period, first=months[0], last=months[-1],
        )
    )  # fmt: skip


def _sales_card(review: Review, attained: Kept | None) -> Card:
    return Card(
        label=name_of(review, "net_sales"),
        value=review.lens.value("net_sales").value,
        versus=(versus(review, "net_sales", "year"),),
        attainment=attained,
    )


def _card(review: Review, metric: str) -> Card | None:
    """Give a card; of a year that lasts it says that the target is that of the whole year."""
    found = card(review, metric, "year")
    if found is None or review.lens.finished or found.attainment is None:
        return found
    return replace(found, note=review.language("annual.of_year_target"))


def _asked(review: Review) -> Kept | None:
    """Give the growth over last year's sales that the year's target asked for."""
    found = target_growth(review.lens)
    if found is None:
        return None
    goal, before = found
    return kept(
        review, "target_growth", goal / before - 1, "ratio", numerator=goal - before,
        denominator=before,
    )  # fmt: skip


def _target_card(review: Review) -> Card | None:
    implied = _asked(review)
    if implied is None:
        return None
    return Card(
        label=review.language("annual.target_growth"),
        value=implied,
        unit="percent",
        better="none",
        note=review.language("annual.target_growth_note", last=review.period.last_year),
    )


def _summary(review: Review, attained: Kept | None) -> list[str]:
    """Say what was sold, how that stands to target and last year, and what the target asked."""
    sales = figure(review, "net_sales")
    if not sales.now:
        return [review.language("annual.no_sales", period=review.period)]
    words = {"period": review.period, "sales": sales.now}
    grown = moved(review, sales)
    if attained is None:
        return [review.language("annual.glance_plain", moved=grown, **words)]
    key = "glance" if review.lens.finished else "glance_to_date"
    if not targets_cover_sales(review.lens):
        key += "_partly"
    first = review.language(f"annual.{key}", moved=grown, attainment=attained, **words)
    return [first, *_target_words(review, attained, sales.growth)]


def _target_words(review: Review, attained: Kept, growth: Kept | None) -> list[str]:
    """Say what growth the target asked for, and whether that made it easy or hard to meet."""
    implied = _asked(review)
    if implied is None:
        return []
    values = {"implied": implied, "growth": growth, "last": review.period.last_year}
    if implied < 0:
        key = "target_below"
    elif growth is None:
        key = "target_only"
    elif attained >= 1 and growth > 0 and implied < growth / 2:
        key = "target_soft"
    elif attained < 1 and 0 < growth < implied:
        key = "target_hard"
    else:
        key = "target_asked"
    return [review.language(f"annual.{key}", **values)]


# The course of the year -----------------------------------------------------------------------


@section("annual_course")
def annual_course(review: Review) -> Block:
    """Show the months beside last year and target, and what each quarter brought."""
    rows = _months(review)
    return group(lead(_course_words(review, rows)), _course(review, rows), _quarters(review, rows))


def _months(review: Review) -> pd.DataFrame:
    """Give each month so far: period, actual, last_year, target, whole (the month is over)."""
    lens, calendar = review.lens, review.calendar
    now = lens.measure("net_sales", ["month"]).set_index("month")["value"]
    then = lens.measure("net_sales", ["month"], review.period.last_year).set_index("month")
    rows, covered = [], lens.has("targets") and targets_cover_sales(lens)
    for month in calendar.months_of(review.period):
        if calendar.window(month).start > review.as_of:
            break
        goal = lens.target("net_sales", month) if covered else None
        rows.append(
            {
                "period": str(month),
                "actual": float(now.get(str(month), 0.0)),
                "last_year": then["value"].get(str(month.last_year)),
                "target": goal,
                "whole": calendar.window(month).end <= review.as_of,
            }
        )
    return pd.DataFrame(rows)


def _course_words(review: Review, rows: pd.DataFrame) -> str:
    """Say how many months met their target or passed last year."""
    whole = rows[rows["whole"]]
    words = {"best": Period.parse(rows.loc[rows["actual"].idxmax(), "period"])}
    words["value"] = Kept(  # type: ignore[assignment]
        float(rows["actual"].max()), "net_sales", {"month": str(words["best"])}, review.period
    )
    for key, column in (("met", "target"), ("ahead", "last_year")):
        if len(whole) < 2 or not whole[column].notna().all():
            continue
        reached = int((whole["actual"] >= whole[column]).sum())
        many = kept(review, f"months_{key}", reached, "count", n=len(whole))
        count = kept(review, "months_over", len(whole), "count")
        case = "_all" if reached == len(whole) else "_none" if not reached else ""
        return review.language(f"annual.course_{key}{case}", many=many, count=count, **words)
    return review.language("annual.course_plain", **words)


def _course(review: Review, rows: pd.DataFrame) -> Block:
    parts = []
    for scenario in ("actual", "last_year", "target"):
        part = rows[["period", scenario]].rename(columns={scenario: "value"})
        part = part.assign(scenario=scenario, value=part["value"].astype(float))
        parts.append(part.dropna(subset="value"))
    shown = pd.concat([part for part in parts if len(part)], ignore_index=True)
    subtitle = f"{name_of(review, 'net_sales')} · {scope_name(review)}"
    title = _course_title(review, rows)
    drawn = draw_trend(shown, review.language, title=title, subtitle=subtitle, from_zero=True)
    return chart(drawn, review.language, with_data=True)


def _course_title(review: Review, rows: pd.DataFrame) -> str:
    """Name the month that fell furthest behind its target, or last year."""
    whole = rows[rows["whole"]]
    for column in ("target", "last_year"):
        known = whole[whole[column].notna() & (whole[column].astype(float) > 0)]
        if len(known) < 2:
            continue
        gap = known["actual"] - known[column].astype(float)
        worst = gap.idxmin()
        month = Period.parse(known.loc[worst, "period"])
        if gap[worst] < 0:
            metric = "target_gap" if column == "target" else "change_yoy"
            behind = kept(review, metric, gap[worst], "money", {"month": str(month)}, month)
            return review.language(f"annual.course_behind_{column}", month=month, gap=behind)
        return review.language(f"annual.course_above_{column}", count=str(len(known)))
    return review.language("annual.course_title", period=review.period)


def _quarters(review: Review, rows: pd.DataFrame) -> Block | None:
    """Show each quarter's sales, share, growth and attainment."""
    lens, language, calendar = review.lens, review.language, review.calendar
    total = fact(review, "net_sales")
    quarters = sorted({calendar.enclosing(Period.parse(m), "quarter") for m in rows["period"]})
    records = []
    for quarter in quarters:
        row = lens.against("net_sales", "year", period=quarter)
        goal = lens.against("net_sales", "target", period=quarter) if lens.has("targets") else None
        over = calendar.finished(quarter, review.as_of)
        records.append(
            {
                "label": language.period(quarter),
                "sales": row["current"],
                "share": row["current"] / total if total else None,
                "growth": row["growth"],
                "attainment": goal["attainment"] if goal is not None and over else None,
            }
        )
    frame = pd.DataFrame(records)
    columns = [
        Col("label", language("annual.quarter")),
        Col("sales", name_of(review, "net_sales"), "bar"),
        Col("share", language("annual.year_share"), "percent", wide_only=True),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    if not frame["attainment"].isna().all():
        columns.append(Col("attainment", language("report.attainment"), "percent"))
    whole = lens.against("net_sales", "year")
    foot = {"label": language("report.total"), "sales": whole["current"], "share": 1.0,
            "growth": whole["growth"]}  # fmt: skip
    reached = held(review)
    foot["attainment"] = None if reached.empty else reached["attainment"].iloc[0]
    caption = language("annual.quarters", scope=scope_name(review))
    if is_missing(whole["current"]):
        return None
    return table(frame, columns, language, caption, total=foot)
