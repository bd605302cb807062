import pandas as pd
import pytest

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.hiring import account_load, hiring_deadline, hiring_plan

YEAR = [f"2024-{month:02d}" for month in range(1, 13)]


def test_when_hires_must_start():
    # A hire brings 50 in the first month and 100 in each one after.
    plan = hiring_plan(1200, YEAR, 100, ramp=[0.5], heads=2, recruiting_months=3)
    assert plan["per_head"].iloc[0] == 1150
    assert plan["heads_needed"].tolist()[:6] == [2, 2, 2, 2, 2, 2]
    assert hiring_deadline(plan) == "2024-06"
    assert plan.set_index("start").loc["2024-06", "decide_by"] == "2024-03"


def test_a_shortfall_hires_cannot_close_any_more():
    plan = hiring_plan(1200, YEAR, 10, heads=1)
    assert hiring_deadline(plan) == ""
    assert hiring_deadline(hiring_plan(0, YEAR, 10, heads=0)) == "2024-12"
    assert hiring_plan(5, ["2024-12"], 10, ramp=[0.0])["heads_needed"].isna().all()


def test_wrong_figures_are_named():
    with pytest.raises(ParameterError) as caught:
        hiring_plan(-1, YEAR, 0)
    assert str(caught.value) == (
        "2 problems.\n  · `shortfall` is 0 or more; got -1.\n  · `productivity` is above 0; got 0."
    )


def test_accounts_of_each_manager():
    groups = pd.DataFrame(
        {"tier": ["key", "other"], "accounts": [25, 95], "managers": [1, 0], "limit": [25, 50]}
    )
    table = account_load(groups)
    assert table["per_manager"].tolist()[0] == 25
    assert pd.isna(table["per_manager"].iloc[1])
    assert table[["needed", "short", "is_over"]].to_numpy().tolist() == [
        [1, 0, False],
        [2, 2, True],
    ]
    with pytest.raises(MetricError, match="`limit` is above 0; got row 2"):
        account_load(groups.assign(limit=[25, 0]))
