import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.incentives import (
    accelerator,
    award_reach,
    commission,
    incentive_cost,
    promotion,
)

RATES = pd.DataFrame({"product_line": ["A", "B", "C"], "rate": [0.01, 0.015, 0.02]})
REGIONS = pd.DataFrame(
    {
        "each": "region",
        "name": ["East", "South", "Midwest", "North"],
        "period": "2024",
        "growth": [0.08, 0.18, 0.25, 0.10],
    }
)
GROWTH_AWARD = pd.DataFrame(
    {
        "award": ["regional growth"],
        "each": ["region"],
        "measure": ["growth"],
        "amount": [10_000.0],
        "threshold": [0.20],
    }
)


def lines(a, b, c):
    return pd.DataFrame({"product_line": ["A", "B", "C"], "amount": [float(a), float(b), float(c)]})


# Commission ------------------------------------------------------------------------------


def test_what_commission_costs_at_both_mixes():
    # domain.md 2.1 and plan_2024.md P40: 1.475 % of sales at the plan's mix, 1.400 % at 2023's.
    table = incentive_cost({"2023": lines(45, 30, 25), "plan": lines(35, 35, 30)}, RATES)
    assert table["commission_share"].tolist() == pytest.approx([0.01400, 0.01475])


def test_returns_take_commission_back():
    assert commission(lines(-100, 0, 100), RATES)["commission"].tolist() == pytest.approx(
        [-1, 0, 2]
    )


def test_the_rate_that_names_most_counts():
    rates = pd.DataFrame(
        {"product_line": ["", "C", "C"], "region": ["", None, "East"], "rate": [0.01, 0.02, 0.05]}
    )
    sales = pd.DataFrame(
        {"product_line": ["A", "C", "C"], "region": ["East", "South", "East"], "amount": 100.0}
    )
    assert commission(sales, rates)["rate"].tolist() == [0.01, 0.02, 0.05]


def test_sales_without_a_rate_pay_nothing_and_are_counted():
    sales = pd.DataFrame({"product_line": ["A", "new"], "amount": [100.0, 50.0]})
    paid = commission(sales, RATES)
    assert paid["commission"].tolist() == [1, 0]
    assert np.isnan(paid["rate"].iloc[1])
    assert incentive_cost({"plan": sales}, RATES)["unrated"].tolist() == [50]


def test_a_rate_on_gross_profit():
    rates = RATES.assign(base=["amount", None, "gross_profit"])
    sales = lines(100, 100, 100).assign(gross_profit=[1.0, 1.0, 30.0])
    assert commission(sales, rates)["commission"].tolist() == pytest.approx([1, 1.5, 0.6])
    with pytest.raises(ParameterError, match="there is no column `gross_profit`"):
        commission(lines(1, 1, 1), rates)


@pytest.mark.parametrize(
    ("rates", "text"),
    [
        (
            pd.DataFrame({"product_line": ["A", "A"], "rate": [0.1, 0.2]}),
            "two rates match equally well; got product_line A.",
        ),
        (pd.DataFrame({"linie": ["A"], "rate": [0.1]}), "there is no column `linie`."),
        (pd.DataFrame({"product_line": ["A"]}), "there is no column `rate`."),
        (
            pd.DataFrame({"product_line": ["A"], "rate": [0.1], "base": ["amont"]}),
            "a rate is of `amont`. Did you mean `amount`?",
        ),
    ],
)
def test_rates_that_cannot_be_used_are_named(rates, text):
    with pytest.raises(ParameterError) as caught:
        commission(lines(1, 1, 1), rates)
    assert str(caught.value) == text


def test_steps_pay_for_what_is_above_them_or_for_all():
    reached = pd.Series([0.0, 0.4, 0.8, 1.0, 1.5, np.nan])
    steps = {0.5: 1, 1.0: 2}
    marginal = accelerator(reached, steps)
    # At 1.5: nothing up to ½, once from ½ to 1, twice from 1 to 1½.
    assert marginal.tolist()[:5] == pytest.approx([0, 0, 0.3 / 0.8, 0.5, 1.5 / 1.5])
    assert np.isnan(marginal.iloc[5])
    assert accelerator(reached, steps, "whole").tolist()[:5] == [0, 0, 1, 2, 2]
    with pytest.raises(ParameterError, match="`steps` begin at 0 or more"):
        accelerator(reached, {})


@given(st.lists(st.floats(0, 3), min_size=2, max_size=10))
@settings(deadline=None)
def test_more_attainment_never_pays_less(reached):
    ordered = pd.Series(sorted(reached))
    for method in ("marginal", "whole"):
        paid = accelerator(ordered, {0: 0.5, 0.8: 1, 1.2: 1.5}, method) * ordered
        assert paid.is_monotonic_increasing or (paid.diff().dropna() >= -1e-9).all()


# Awards ----------------------------------------------------------------------------------


def test_one_of_four_regions_reaches_the_award_by_meeting_plan():
    # plan_2024.md A14: East would need 2.5 times its target.
    table = award_reach(GROWTH_AWARD, REGIONS)
    assert table["is_reached"].tolist() == [False, False, True, False]
    assert table["times"].tolist() == pytest.approx([2.5, 0.2 / 0.18, 0.8, 2])
    assert table["gap"].tolist() == pytest.approx([-0.12, -0.02, 0.05, -0.10])
    assert table["pays"].sum() == 10_000


def test_the_best_of_each_quarter_wins_once():
    champion = pd.DataFrame(
        {
            "award": ["champion"],
            "each": ["rep"],
            "measure": ["amount"],
            "amount": [5000.0],
            "threshold": [None],
            "winners": [1],
        }
    )
    results = pd.DataFrame(
        {
            "each": "rep",
            "name": ["a", "b", "a", "b", "c"],
            "period": ["2024Q1", "2024Q1", "2024Q2", "2024Q2", "2024Q2"],
            "amount": [10.0, 20.0, 30.0, 30.0, None],
        }
    )
    table = award_reach(champion, results)
    assert table["rank"].tolist()[:4] == [2, 1, 1, 1]
    # The two tied in the second quarter share one award.
    assert table["pays"].tolist() == [0, 5000, 2500, 2500, 0]
    assert table.groupby("period")["pays"].sum().tolist() == [5000, 5000]
    assert not table["is_reached"].iloc[4]


def test_a_threshold_holds_for_the_best_too():
    award = GROWTH_AWARD.assign(winners=2)
    table = award_reach(award, REGIONS)
    assert table["pays"].tolist() == [0, 0, 10_000, 0]


def test_awards_nobody_can_compete_for_are_named():
    awards = pd.concat([GROWTH_AWARD.assign(measure="grwth"), GROWTH_AWARD.assign(each="regions")])
    with pytest.raises(ParameterError) as caught:
        award_reach(awards, REGIONS)
    assert str(caught.value) == (
        "awards: 2 problems.\n"
        "  · `regional growth` measures `grwth`. Did you mean `growth`?\n"
        "  · `regional growth` is for each `regions`. Did you mean `region`?"
    )


def test_no_awards_give_no_rows():
    assert award_reach(GROWTH_AWARD.head(0), REGIONS).empty


def test_cost_of_scenarios_against_a_budget():
    scenarios = {"plan": lines(392_000, 392_000, 336_000), "low": lines(0, 0, 0)}
    table = incentive_cost(
        scenarios,
        RATES,
        awards=GROWTH_AWARD,
        results={"plan": REGIONS},
        factors={"plan": pd.Series([1.0, 1.0, 2.0])},
        budget=20_000,
    ).set_index("scenario")
    # 3,920 + 5,880 + 2·6,720 commission, and one award.
    assert table.loc["plan", "commission"] == pytest.approx(23_240)
    assert table.loc["plan", "cost"] == pytest.approx(33_240)
    assert table.loc["plan", "over_budget"] == pytest.approx(13_240)
    assert table.loc["low", ["awards", "cost", "over_budget"]].tolist() == [0, 0, 0]
    assert np.isnan(table.loc["low", "cost_share"])


# Promotion -------------------------------------------------------------------------------


def quarters(**people):
    return pd.DataFrame(
        [
            {"name": name, "period": f"2024Q{quarter}", "attainment": value}
            for name, values in people.items()
            for quarter, value in enumerate(values, start=1)
        ]
    )


def test_two_quarters_running():
    # plan_2024.md P41.
    table = promotion(
        quarters(
            twice=[1.0, 1.2, 0.8, 1.0], never=[1, 0.9, 1, 0.9], gap=[1, None, 1, 1], all=[1] * 4
        ),
        running=2,
    ).set_index("name")
    assert table["longest"].to_dict() == {"twice": 2, "never": 1, "gap": 2, "all": 4}
    assert table["current"].to_dict() == {"twice": 1, "never": 0, "gap": 2, "all": 4}
    assert table["since"].to_dict() == {
        "twice": "2024Q2",
        "never": "",
        "gap": "2024Q4",
        "all": "2024Q2",
    }
    assert table["unknown"].to_dict() == {"twice": 0, "never": 0, "gap": 1, "all": 0}


def test_a_whole_year():
    table = promotion(quarters(a=[1] * 4, b=[1, 1, 1, 0.99]), running=4)
    assert table["is_eligible"].tolist() == [True, False]


def test_a_period_nobody_has_ends_every_run():
    frame = quarters(a=[1, 1, 1])
    assert promotion(frame[frame["period"] != "2024Q2"], running=2)["longest"].tolist() == [1]


def test_order_does_not_matter_to_runs():
    frame = quarters(a=[1, 0, 1, 1], b=[1, 1, 0, 0])
    one = promotion(frame, running=2).set_index("name").sort_index()
    two = promotion(frame[::-1], running=2).set_index("name").sort_index()
    pd.testing.assert_frame_equal(one, two)


def test_periods_that_cannot_be_counted_are_refused():
    with pytest.raises(MetricError, match="a name has a period twice; got a, 2024Q1"):
        promotion(pd.concat([quarters(a=[1])] * 2), running=1)
    mixed = pd.concat([quarters(a=[1]), quarters(a=[1]).assign(period="2024-05")])
    with pytest.raises(ParameterError, match="periods are of several kinds; got 2024-05, 2024Q1"):
        promotion(mixed, running=1)
    with pytest.raises(ParameterError, match="`running` is 1 or more; got 0"):
        promotion(quarters(a=[1]), running=0)
