"""Whatever is changed in a plan, the checker has an answer; it never breaks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salesnb.plan.check import check_text

FIGURES = [
    "0%", "-5%", "100%", "250%", "≥ 0%", "≤ 0%", "20%..40%", "-100%", "X%", "+2 points", "0 points",
    "0", "3", "≥ 7", "≤ 2", "10..20", "X", "-4", "≥ 100000万元", "0.5", "1亿元", "5 家", "words",
]  # fmt: skip
CHOICES = {
    "value": FIGURES, "baseline": FIGURES, "threshold": FIGURES, "potential": FIGURES,
    "scope": ["", "region=华东", "region=华东|华南", "product_line=A;region=北方", "size=key", "nowhere"],
    "period": ["2024", "2024Q1", "2023", "2025", "2024-07"],
    "kind": ["amount", "count", "growth", "share", "rate", "lift", "points"],
    "of": ["year", "total", "region=华东", "P13.repurchase", "P10.sales"],
    "metric": ["net_sales", "new_customers", "repurchase_rate", "market_share", "leads", "clv", "dso"],
    "cumulative": [True, False], "per": ["month", "quarter", "year"], "direction": ["raise", "keep"],
    "due": ["2024Q1", "2024-05-05", "2025"], "progress": ["0%", "50%"], "owner": ["张三", ["张三", "李四"]],
    "places": ["region=华东"], "each": ["region", "channel"], "count": [0, 5], "day": [1, 31],
}  # fmt: skip


@given(data=st.data())
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_change_breaks_the_checker(data, original, consistent):
    plan = (original if data.draw(st.booleans()) else consistent).copy()
    records = [
        record
        for section in ("history", "market", "targets", "supply", "milestones", "incentives")
        for record in plan.data[section]
    ]
    for _ in range(data.draw(st.integers(1, 6))):
        record = data.draw(st.sampled_from(records))
        field = data.draw(
            st.sampled_from([name for name in record if name in CHOICES] or ["value"])
        )
        record[field] = data.draw(st.sampled_from(CHOICES[field]))
    report = check_text(plan.text)
    assert report.json()
    assert report.text("zh")
    assert report.text("en")


HEAD = "plan: {year: 2024}\ndimensions: {region: [East, West]}\n"
NOTHING = {
    "a whole of nothing": "targets:\n- {metric: net_sales, value: 0}\n"
    "- {metric: net_sales, scope: East, value: 5}\n- {metric: net_sales, scope: West, value: 5}\n",
    "a market that is gone": "history:\n- {metric: net_sales, value: 5}\n"
    "market:\n- {metric: market_size, kind: growth, period: 2024, value: -100%}\n"
    "targets:\n- {metric: net_sales, kind: growth, value: 5%}\n"
    "- {metric: market_share, kind: points, value: +2 points}\n",
    "a budget of nothing": "targets:\n- {metric: net_sales, kind: growth, value: 5%}\n"
    "- {metric: net_sales, kind: growth, scope: East, value: 5%}\n"
    "- {metric: net_sales, kind: growth, scope: West, value: 5%}\nincentives:\n"
    "- {type: award, kind: growth, threshold: 1%, award: 5元, each: region, winners: 2, budget: 0元}\n",
    "fewer than none": "targets:\n- {metric: new_customers, value: 5}\n"
    "- {metric: new_customers, scope: East, value: -3}\n"
    "- {metric: new_customers, scope: West, value: 9}\n",
    "nothing a month": "targets:\n- {id: t, metric: net_sales, value: 5}\n"
    "- {metric: net_sales, scope: East, value: 0, per: month, parent: t}\n",
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_no_reason_to_break(name):
    report = check_text(HEAD + NOTHING[name])
    assert report.problems == ()
    assert report.text("zh")
    assert report.text("en")
