"""Where the plan starts: the market, own growth, and last year as the data tell it."""

from __future__ import annotations

import pandas as pd

from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.plan.statements import Plan, Statement
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_check import written
from salesnb.report.sections.goals_plan import no_plan, plan_of, seen, statement_name
from salesnb.report.sections.parts import name_of, reason_text, shown_unit, value_name
from salesnb.report.tables import Col, table

# Two figures that far apart are the same figure, rounded.
_ROUNDED = 0.01


@section("goal_context")
def goal_context(review: Review) -> Block:
    """Show the market's growth beside the company's own, and what the plan says of the market."""
    lens, language = review.lens, review.language
    base = review.period.previous
    growth = lens.against("net_sales", "year", period=base)
    now = lens.against("net_sales", "year")
    sentence = language(
        "goals.context_lead",
        base=base,
        growth=None if is_missing(growth["growth"]) else float(growth["growth"]),
        period=review.period,
        now=None if is_missing(now["growth"]) else float(now["growth"]),
        as_of=review.as_of,
    )
    return group(lead(sentence), _market(review), _competitors(review), _market_said(review))


def _market(review: Review) -> Block | None:
    """Show market size, share and penetration of the years known, with the growth of each."""
    lens, language = review.lens, review.language
    if not lens.has("market", "market_size"):
        return note(language("goals.no_market"))
    market = lens.dataset.frame("market")
    own = market["competitor"].astype(str).isin(["", "nan", "unmapped"])
    scope = "" if review.whole_company else f"region={review.region}"
    rows = market[own & (market["scope"].astype(str) == scope)].copy()
    rows["period"] = rows["period"].astype(str)
    rows = rows[rows["period"].str.fullmatch(r"\d{4}")].sort_values("period")
    if rows.empty:
        return note(language("goals.no_market"))
    records, before = [], None
    for row in rows.to_dict("records"):
        year = review.period.parse(row["period"])
        sales, share = lens.value("net_sales", year), lens.value("market_share", year)
        size = float(row["market_size"])
        own_growth = lens.against("net_sales", "year", period=year)["growth"]
        lens.keep("market_size", size, "money", period=year)
        records.append(
            {
                "year": row["period"],
                "size": size,
                "growth": None if before is None else size / before - 1,
                "sales": sales.value,
                "own": None if is_missing(own_growth) else float(own_growth),
                "share": share.value,
                "online": row.get("channel_penetration"),
            }
        )
        before = size
    columns = [
        Col("year", language("goals.year")),
        Col("size", language("goals.market_size"), "money"),
        Col("growth", language("goals.market_growth"), "delta", "percent", "up"),
        Col("sales", name_of(review, "net_sales"), "money", wide_only=True),
        Col("own", language("goals.own_growth"), "delta", "percent", "up"),
        Col("share", name_of(review, "market_share"), "percent"),
        Col("online", language("goals.online"), "percent", wide_only=True),
    ]
    caption = language("goals.market_caption", scope=review.region_name)
    return table(pd.DataFrame(records), columns, language, caption)


def _competitors(review: Review) -> Block | None:
    """Show the leading firms' shares in the last year known."""
    lens, language = review.lens, review.language
    if not lens.has("market", "competitor_share"):
        return None
    market = lens.dataset.frame("market")
    scope = "" if review.whole_company else f"region={review.region}"
    rows = market[
        (market["scope"].astype(str) == scope)
        & market["competitor_share"].notna()
        & market["period"].astype(str).str.fullmatch(r"\d{4}")
    ]
    if rows.empty:
        return None
    last = str(max(rows["period"].astype(str)))
    rows = rows[rows["period"].astype(str) == last].sort_values("competitor_share", ascending=False)
    leaders = float(rows["competitor_share"].sum())
    lens.keep("leader_concentration", leaders, "ratio", period=review.period.parse(last))
    columns = [
        Col("competitor", language("report.dimension.competitor")),
        Col("competitor_share", name_of(review, "market_share"), "percent"),
    ]
    total = {"competitor": language("report.total"), "competitor_share": leaders}
    caption = language("goals.leaders_caption", year=last)
    return table(rows.astype({"competitor": str}), columns, language, caption, total=total)


def _market_said(review: Review) -> Block | None:
    plan = plan_of(review)
    if plan is None:
        return None
    said = [one.text for one in seen(review, plan.of_role("market"))]
    return (
        note(review.language("goals.plan_says", text=review.language.list(said))) if said else None
    )


@section("goal_baseline")
def goal_baseline(review: Review) -> Block:
    """Compute last year's figures from the data and hold those typed in the plan against them."""
    language, plan = review.language, plan_of(review)
    if plan is None:
        return group(_computed(review), no_plan(review))
    rows = [_held(review, plan, found) for found in seen(review, plan.history)]
    if not rows:
        return group(_computed(review), note(language("goals.no_baseline")))
    different = sum(1 for row in rows if row["state"].startswith("bad"))
    unknown = sum(1 for row in rows if row["state"].startswith("none"))
    review.lens.keep("baseline_differences", different, "count", n=len(rows))
    sentence = language(
        "goals.baseline_lead",
        count=len(rows),
        different=different,
        unknown=unknown,
        base=review.period.previous,
    )
    columns = [
        Col("source", language("goals.line")),
        Col("name", language("report.metric")),
        Col("plan", language("goals.in_plan")),
        Col("data", language("goals.in_data")),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("goals.baseline_caption", base=review.period.previous)
    return group(
        lead(sentence),
        table(pd.DataFrame(rows), columns, language, caption, max_rows=40),
        _computed(review),
    )


def _held(review: Review, plan: Plan, found: Statement) -> dict[str, str]:
    """Hold one figure of the plan against the data."""
    language = review.language
    value, unit, reason = computed(review, found)
    row = {
        "source": found.source,
        "name": statement_name(review, plan, found),
        "plan": written(found.value),
        "data": reason if value is None else language.show(value, unit),
    }
    if value is None:
        state = "none:" + language("goals.not_in_data")
    elif not found.value.known:
        state = "warn:" + language("goals.filled")
    elif abs(value - found.point) <= max(_ROUNDED * abs(found.point), found.value.step / 2):
        state = "good:" + language("goals.agrees")
    else:
        gap = value - found.point
        text = language.show(gap, "points" if unit == "percent" else unit)
        state = "bad:" + language("goals.differs", gap=text)
    return row | {"state": state}


def computed(review: Review, found: Statement) -> tuple[float | None, str, str]:
    """Compute from the data what a statement of the past says: value, unit, reason for none."""
    lens = review.lens
    where = {name: members[0] for name, members in found.scope.parts if len(members) == 1}
    metric = METRICS.get(found.metric)
    if metric is None or metric.lacks(lens.dataset, list(where)):
        return None, "", review.language("base.none")
    if len(where) != len(found.scope.parts) or set(where) - set(metric.dims):
        return None, "", review.language("base.none")
    if not review.whole_company and "region" not in where:
        # A region's figure says nothing about a statement on the company.
        return None, "", review.language("goals.company_only")
    partial = found.of or found.is_phase or found.cumulative or found.per
    begun = review.calendar.window(found.period).start <= review.as_of
    if partial or not begun or not _holds(review, found.metric, where):
        return None, "", review.language("base.none")
    if found.kind == "growth":
        row = lens.against(found.metric, "year", where or None, period=found.period)
        value = row["growth"]
        missing = is_missing(value)
        return (None if missing else float(value)), "percent", reason_text(review, row["reason"])
    part = lens.value(found.metric, found.period, where or None)
    if found.kind == "share" and not review.whole_company and "region" in where:
        # The whole is the company's, which a region's report may see only as a total.
        return None, "", review.language("goals.company_only")
    if found.kind == "share" and not where:
        return None, "", review.language("base.none")
    if found.kind == "share":
        whole = lens.value(found.metric, found.period)
        if part.value is None or not whole.value:
            return None, "", reason_text(review, part.reason or whole.reason)
        share = part.value / whole.value
        lens.keep("share", share, "ratio", where, found.period, numerator=part.value,
                  denominator=whole.value)  # fmt: skip
        return share, "percent", ""
    return part.value, shown_unit(found.metric), reason_text(review, part.reason)


def _holds(review: Review, metric: str, where: dict[str, str]) -> bool:
    """Whether the data know every member a scope names; a plan may cut by other words."""
    base = review.period.previous
    return all(
        value in set(review.lens.measure(metric, [name], base)[name].astype(str))
        for name, value in where.items()
    )


def _computed(review: Review) -> Block | None:
    """Show last year by product line and region or customer type, as the data have it."""
    lens, language = review.lens, review.language
    base = review.period.previous
    rows = []
    for dimension in ("region", "product_line", "customer_type"):
        if dimension not in lens.dimensions("net_sales"):
            continue
        if dimension == "region" and not review.whole_company:
            continue
        cut = lens.compare("net_sales", "year", [dimension], period=base)
        whole = lens.value("net_sales", base).value
        for row in cut.to_dict("records"):
            rows.append(
                {
                    "dimension": language(f"report.dimension.{dimension}"),
                    "label": value_name(review, dimension, row[dimension]),
                    "value": row["current"],
                    "share": row["current"] / whole if whole else None,
                    "growth": row["growth"],
                }
            )
    if not rows:
        return None
    columns = [
        Col("dimension", language("goals.cut")),
        Col("label", language("goals.part")),
        Col("value", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    caption = language("goals.computed_caption", scope=review.region_name, base=base)
    return table(pd.DataFrame(rows), columns, language, caption)
