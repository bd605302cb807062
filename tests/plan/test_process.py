import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import ParameterError
from salesnb.explain.drivers import evaluate
from salesnb.plan.process import solve_back, supply_balance

CHAIN = {
    "sales": "customers * average_deal",
    "customers": "leads * conversion",
    "leads": "visits * lead_rate",
}


def needed(table, name):
    return table.set_index("driver").loc[name, "value"]


def test_sales_back_to_visits():
    known = {"average_deal": 50_000, "conversion": 0.15, "lead_rate": 0.4}
    table = solve_back(CHAIN, 6_000_000, known, counts=["customers", "leads", "visits"])
    assert table["driver"].tolist() == [
        "sales",
        "customers",
        "average_deal",
        "leads",
        "conversion",
        "visits",
        "lead_rate",
    ]
    assert needed(table, "customers") == 120
    assert needed(table, "leads") == pytest.approx(800)
    assert needed(table, "visits") == pytest.approx(2000)
    assert table["role"].tolist() == [
        "target",
        "needed",
        "given",
        "needed",
        "given",
        "needed",
        "given",
    ]
    assert table["is_feasible"].all()


@pytest.mark.parametrize(
    ("customers", "conversion", "leads"), [(95, 0.15, 634), (120, 0.15, 800), (375, 0.15, 2500)]
)
def test_leads_the_customers_of_the_plan_need(customers, conversion, leads):
    # plan_2024.md A10: 95 need 634 leads; 2,500 leads at 15 % are 375 customers.
    table = solve_back(
        "customers = leads * conversion", customers, {"conversion": conversion}, counts=["leads"]
    )
    assert table["whole"].iloc[1] == leads


def test_the_conversion_the_plan_implies():
    # plan_2024.md A10: 120 customers from 500 leads a month.
    table = solve_back("customers = leads * conversion", 120, {"leads": 6000}, rates=["conversion"])
    assert needed(table, "conversion") == pytest.approx(0.02)


def test_a_rate_above_one_is_not_feasible():
    table = solve_back("customers = leads * conversion", 120, {"leads": 100}, rates=["conversion"])
    row = table.set_index("driver").loc["conversion"]
    assert row["value"] == pytest.approx(1.2)
    assert (row["is_feasible"], row["reason"]) == (False, "above_one")


def test_an_existing_business_beyond_the_target_leaves_less_than_nothing():
    table = solve_back("sales = new + existing", 100, {"existing": 120})
    assert table.set_index("driver").loc["new", ["value", "reason"]].tolist() == [-20, "below_zero"]


def test_nothing_reaches_a_target_through_a_zero():
    table = solve_back("customers = leads * conversion", 120, {"conversion": 0}, counts=["leads"])
    row = table.set_index("driver").loc["leads"]
    assert math.isnan(row["value"])
    assert row["reason"] == "zero_denominator"


def test_a_driver_below_the_line():
    table = solve_back("velocity = deals * value / days", 200, {"deals": 10, "value": 600})
    assert needed(table, "days") == pytest.approx(30)


def test_the_new_business_left_when_old_customers_keep_their_word():
    # domain.md 2.1: old-customer path .65·(75/70)·1.10 = .766, so new customers bring .354 X.
    tree = {"sales": "new + existing", "existing": "base * lift * value"}
    table = solve_back(tree, 1.12, {"base": 0.65, "lift": 75 / 70, "value": 1.10})
    assert needed(table, "existing") == pytest.approx(0.766, abs=5e-4)
    assert needed(table, "new") == pytest.approx(0.354, abs=5e-4)


def test_a_node_given_is_not_looked_into():
    table = solve_back(CHAIN, 100, {"customers": 4})
    assert table["driver"].tolist() == ["sales", "customers", "average_deal"]
    assert needed(table, "average_deal") == 25


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (
            {"average_deal": 1},
            "`customers` leaves more than one driver open; got `leads` and `conversion`. "
            "Give all but one.",
        ),
        (
            {"average_deal": 2, "customers": 3},
            "`sales` has nothing left to solve for; got sales = customers * average_deal gives 6, "
            "not 100. Leave one driver out of `known`.",
        ),
        (
            {"averge_deal": 2},
            "driver tree `sales`: `averge_deal` is not in the tree. Did you mean `average_deal`?",
        ),
    ],
)
def test_what_cannot_be_solved_is_said(known, text):
    with pytest.raises(ParameterError) as caught:
        solve_back(CHAIN, 100, known)
    assert str(caught.value) == text


@given(
    st.dictionaries(
        st.sampled_from(["average_deal", "conversion", "visits", "lead_rate"]),
        st.floats(0.01, 100),
        min_size=4,
        max_size=4,
    ),
    st.sampled_from(["average_deal", "conversion", "visits", "lead_rate"]),
    st.floats(0.1, 1e6),
)
@settings(deadline=None)
def test_going_back_and_forth_gives_the_target(values, left_out, target):
    known = {name: value for name, value in values.items() if name != left_out}
    table = solve_back(CHAIN, target, known)
    reached = evaluate(
        "sales = visits * lead_rate * conversion * average_deal",
        {**known, left_out: needed(table, left_out)},
    )
    assert reached == pytest.approx(target)


def test_leads_of_the_first_quarter():
    # plan_2024.md B3: marketing supplies 1,500 against 2,500 needed.
    months = ["2024-01", "2024-02", "2024-03"]
    balance = supply_balance(pd.Series([125.0] * 3, index=months), 500, 0.15)
    assert balance["demand"].sum() == pytest.approx(2500)
    assert balance["carried"].iloc[-1] == pytest.approx(-1000)


def test_leads_are_needed_before_their_customers():
    balance = supply_balance(
        pd.Series({"2024-01": 15.0}), pd.Series({"2023-12": 50.0}), 0.15, lag=1
    )
    assert balance["month"].tolist() == ["2023-12"]
    assert balance["gap"].tolist() == [pytest.approx(-50)]


def test_a_rate_that_is_none_is_refused():
    with pytest.raises(ParameterError, match="`rate` is above 0 and at most 1; got 0"):
        supply_balance(pd.Series({"2024-01": 15.0}), 1, 0)
