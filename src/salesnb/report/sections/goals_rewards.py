"""What the plan pays: commission and awards at plan and forecast, who reaches what, promotion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.period import Period
from salesnb.plan.incentive_rules import plan_awards, plan_promotions, plan_rates, rates_by_scope
from salesnb.plan.incentives import award_reach, commission, incentive_cost, promotion
from salesnb.plan.statements import Incentive
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_plan import plan_of, sales_targets, seen
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# Sales at these parts of the plan show how the payout runs.
_CASES = {"below": 0.9, "above": 1.1}


def finished_quarters(review: Review) -> list[Period]:
    """Give the quarters of the report's year that are over."""
    window = review.calendar.window(review.period)
    return [
        quarter
        for quarter in review.calendar.periods(window, "quarter")
        if review.calendar.window(quarter).end <= review.as_of
    ]


@section("goal_incentives", "orders.product_id")
def goal_incentives(review: Review) -> Block:
    """Show the payout at last year's mix, at plan, at forecast, and who reaches each award."""
    language, lens = review.language, review.lens
    plan = plan_of(review)
    stated = seen(review, plan.incentives) if plan is not None else []
    rates = plan_rates(stated)
    if rates.empty and lens.has("incentives", "scope", "rate"):
        held = lens.dataset.frame("incentives")
        rates = rates_by_scope(held[held["rate"] > 0].astype({"scope": str}))
    if rates.empty or not set(rates.columns) <= {"product_line", "rate"}:
        return note(language("goals.no_rates"))
    scenarios = _scenarios(review)
    if "plan" not in scenarios:
        return note(language("goals.no_year_target", period=review.period))
    costs = incentive_cost(scenarios, rates)
    growths = {name: _growths(review, name) for name in ("plan", "forecast")}
    awards = plan_awards(stated)
    awards = awards[(awards["each"] == "region") & (awards["measure"] == "growth")]
    reach = {
        name: award_reach(awards, results)
        for name, results in growths.items()
        if len(awards) and len(results)
    }
    paid = {name: float(found["pays"].sum()) for name, found in reach.items()}
    costs["awards"] = [paid.get(name, np.nan) for name in costs["scenario"]]
    costs["label"] = [
        language(f"goals.pay_{name}", base=review.period.previous) for name in costs["scenario"]
    ]
    for row in costs.to_dict("records"):
        lens.keep("incentive_payout", row["commission"], "money", {"case": row["scenario"]},
                  numerator=row["commission"], denominator=row["sales"])  # fmt: skip
    lens.value("incentive_cost")
    columns = [
        Col("label", language("goals.case")),
        Col("sales", language("goals.sales"), "money"),
        Col("commission", language("goals.commission"), "money"),
        Col("commission_share", language("goals.pay_share"), "percent", digits=2),
        Col("awards", language("goals.region_awards"), "money"),
    ]
    at_plan = costs.set_index("scenario").loc["plan"]
    sentence = language(
        "goals.pay_lead",
        commission=float(at_plan["commission"]),
        share=f"{at_plan['commission_share']:.2%}",
        before=f"{costs.set_index('scenario').loc['last_year', 'commission_share']:.2%}",
    )
    caption = language("goals.pay_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(costs, columns, language, caption),
        _by_line(review, scenarios["plan"], rates),
        _award_table(review, reach, awards),
        _champions(review, stated),
        _promoted(review, stated),
    )


def _scenarios(review: Review) -> dict[str, pd.DataFrame]:
    """Give sales by product line last year, at plan, at forecast, and around the plan."""
    lens = review.lens
    found = {}
    before = lens.measure("net_sales", ["product_line"], review.period.previous)
    found["last_year"] = _amounts(before, "value")
    targets = sales_targets(review, ("product_line",))
    if targets.empty:
        return found
    found["plan"] = _amounts(targets, "target")
    landing = lens.measure("landing", ["product_line"])
    if landing["value"].notna().all() and len(landing):
        found["forecast"] = _amounts(landing, "value")
    for name, part in _CASES.items():
        found[name] = found["plan"].assign(amount=found["plan"]["amount"] * part)
    return found


def _amounts(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_line": rows["product_line"].astype(str).to_numpy(),
            "amount": rows[column].to_numpy(dtype=float),
        }
    )


def _growths(review: Review, case: str) -> pd.DataFrame:
    """Give each region's growth over last year, at plan or at forecast, as awards measure it."""
    lens = review.lens
    by = ("region",)
    before = lens.measure("net_sales", by, review.period.previous).set_index("region")["value"]
    before.index = before.index.astype(str)
    if case == "plan":
        rows = sales_targets(review, by).rename(columns={"target": "value"})
        if rows.empty and not review.whole_company:
            rows = sales_targets(review).rename(columns={"target": "value"})
            rows = rows.assign(region=review.region)
    else:
        rows = lens.measure("landing", by)
    rows = rows[rows["value"].notna()] if len(rows) else rows
    names = [str(name) for name in rows.get("region", [])]
    growth = [
        float(value) / before[name] - 1 if before.get(name, 0) > 0 else np.nan
        for name, value in zip(names, rows.get("value", []), strict=True)
    ]
    return pd.DataFrame(
        {"each": "region", "name": names, "period": str(review.period), "growth": growth}
    )


def _by_line(review: Review, sales: pd.DataFrame, rates: pd.DataFrame) -> Block:
    language = review.language
    paid = commission(sales, rates)
    paid = paid.assign(
        label=[value_name(review, "product_line", name) for name in paid["product_line"]]
    )
    columns = [
        Col("label", language("report.dimension.product_line")),
        Col("amount", language("goals.sales_at_plan"), "money"),
        Col("rate", language("goals.rate"), "percent", digits=1),
        Col("commission", language("goals.commission"), "money"),
    ]
    foot = {
        "label": language("report.total"), "amount": float(paid["amount"].sum()),
        "commission": float(paid["commission"].sum()),
    }  # fmt: skip
    caption = language("goals.rates_caption", scope=scope_name(review))
    return table(paid, columns, language, caption, total=foot)


def _award_table(
    review: Review, reach: dict[str, pd.DataFrame], awards: pd.DataFrame
) -> Block | None:
    """Show who reaches the award for regional growth at plan and at forecast."""
    if "plan" not in reach:
        return None
    language = review.language
    plan = reach["plan"].set_index("name")
    ahead = reach["forecast"].set_index("name") if "forecast" in reach else plan[:0]
    rows = []
    for name, row in plan.iterrows():
        reached = bool(row["is_reached"])
        review.lens.keep("award_reached", float(reached), "count", {"region": str(name)})
        word = language("goals.reached" if reached else "goals.not_reached")
        rows.append(
            {
                "label": value_name(review, "region", name),
                "plan": row["value"],
                "forecast": ahead["value"].get(name, np.nan),
                "threshold": row["threshold"],
                "times": row["times"],
                "state": f"{'good' if reached else 'bad'}:{word}",
            }
        )
    columns = [
        Col("label", language("report.dimension.region")),
        Col("plan", language("goals.growth_at_plan"), "percent"),
        Col("forecast", language("goals.growth_at_forecast"), "percent"),
        Col("threshold", language("goals.threshold"), "percent"),
        Col("times", language("goals.times"), "ratio", wide_only=True),
        Col("state", language("goals.at_plan"), "status"),
    ]
    reached = int(plan["is_reached"].sum())
    text = str(awards["text"].iloc[0])
    key = "award_lead" if review.whole_company else "award_lead_region"
    if not review.whole_company:
        key += "_yes" if reached else "_no"
    sentence = language(f"goals.{key}", text=text, reached=reached, count=len(plan))
    frame = pd.DataFrame(rows)
    return group(note(sentence), table(frame, columns, language, language("goals.award_caption")))


def _champions(review: Review, stated: list[Incentive]) -> Block | None:
    """Name the best seller of each quarter that is over, for the award that asks for one."""
    award = next(
        (
            one
            for one in stated
            if one.type == "award" and one.per == "quarter" and not one.each and one.award
        ),
        None,
    )
    if (
        award is None
        or not review.whole_company
        or "rep" not in review.lens.dimensions("net_sales")
    ):
        return None
    language, lines = review.language, []
    for quarter in finished_quarters(review):
        rows = review.lens.measure("net_sales", ["rep"], quarter)
        if rows["value"].notna().any():
            best = rows.loc[rows["value"].idxmax()]
            name = value_name(review, "rep", best["rep"])
            lines.append(
                language("goals.champion", quarter=quarter, name=name, sales=float(best["value"]))
            )
    return note(language("goals.champions", text=award.text), *lines) if lines else None


def _promoted(review: Review, stated: list[Incentive]) -> Block | None:
    """Say who has met the goal so many quarters running as the plan's promotion asks."""
    rules = plan_promotions(stated)
    rules = rules[(rules["each"] == "rep") & (rules["per"] == "quarter")]
    quarters = finished_quarters(review)
    if rules.empty or not quarters or "rep" not in review.lens.dimensions("net_sales"):
        return None
    language, lens = review.language, review.lens
    parts = []
    for quarter in quarters:
        rows = lens.compare("net_sales", "target", ["rep"], period=quarter)
        parts.append(
            pd.DataFrame(
                {
                    "name": rows["rep"].astype(str),
                    "period": str(quarter),
                    "attainment": rows["attainment"].astype(float),
                }
            )
        )
    both = pd.concat(parts, ignore_index=True)
    both = both[both["attainment"].notna()]
    if both.empty:
        return None
    rule = rules.iloc[0]
    found = promotion(both, int(rule["running"]), float(rule["threshold"]))
    names = [value_name(review, "rep", name) for name in found.loc[found["is_eligible"], "name"]]
    lens.keep("promotion_eligible", len(names), "count", n=len(found))
    key = "promoted" if names else "promoted_none"
    return note(
        language(
            f"goals.{key}", text=str(rule["text"]), names=language.list(names),
            count=len(names), people=len(found),
        )
    )  # fmt: skip
