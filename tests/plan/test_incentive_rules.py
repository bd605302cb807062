import pandas as pd
import pytest

from salesnb.plan.incentive_rules import plan_awards, plan_promotions, plan_rates, rates_by_scope
from salesnb.plan.incentives import award_reach, incentive_cost
from salesnb.plan.reading import read_plan

PLAN = read_plan(
    """
plan: {year: 2024, currency: CNY}
dimensions:
  region: [East, South, Midwest, North]
  product_line: [A, B, C]
incentives:
  - {id: A, type: commission, scope: product_line=A, rate: 1%}
  - {id: B, type: commission, scope: product_line=B, rate: 1.5%}
  - {id: C, type: commission, scope: product_line=C, rate: 2%}
  - {id: champion, type: award, award: 5000元, per: quarter}
  - {id: growth, type: award, kind: growth, threshold: ≥ 20%, award: 10000元, each: region}
  - {id: senior, type: promotion, metric: attainment, threshold: ≥ 100%, per: quarter, running: 2}
"""
)


def test_the_rates_of_a_plan_pay_its_commission():
    rates = plan_rates(PLAN.incentives)
    assert rates.to_numpy().tolist() == [["A", 0.01], ["B", 0.015], ["C", 0.02]]
    sales = pd.DataFrame({"product_line": ["A", "B", "C"], "amount": [35.0, 35.0, 30.0]})
    cost = incentive_cost({"plan": sales}, rates)
    assert cost["commission_share"].tolist() == pytest.approx([0.01475])


def test_the_awards_of_a_plan():
    awards = plan_awards(PLAN.incentives)
    assert awards[["award", "each", "measure", "amount", "per"]].to_numpy().tolist() == [
        ["champion", "rep", "net_sales", 5000, "quarter"],
        ["growth", "region", "growth", 10_000, "year"],
    ]
    assert awards["winners"].tolist()[0] == 1
    regions = pd.DataFrame(
        {
            "each": "region",
            "name": ["East", "South", "Midwest", "North"],
            "period": "2024",
            "growth": [0.08, 0.18, 0.25, 0.10],
        }
    )
    reach = award_reach(awards[awards["award"] == "growth"], regions)
    assert reach["pays"].tolist() == [0, 0, 10_000, 0]


def test_the_promotions_of_a_plan():
    (rule,) = plan_promotions(PLAN.incentives).to_dict("records")
    assert (rule["promotion"], rule["running"], rule["threshold"], rule["per"]) == (
        "senior",
        2,
        1.0,
        "quarter",
    )


def test_scopes_become_columns():
    table = pd.DataFrame(
        {"scope": ["", "region=E;product_line=A|B", "region=S"], "rate": [0.01, 0.02, None]}
    )
    assert rates_by_scope(table).to_numpy().tolist() == [
        ["", "", 0.01],
        ["E", "A", 0.02],
        ["E", "B", 0.02],
    ]


def test_a_plan_without_incentives_gives_no_rows():
    assert plan_rates([]).empty
    assert plan_awards([]).empty
    assert plan_promotions([]).empty
