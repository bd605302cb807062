"""A drafted plan adds up, asks nobody for less than he sold, and can be read and checked."""

import pandas as pd
import pytest

from salesnb.errors import MetricError
from salesnb.period import Period
from salesnb.plan.check import check_text
from salesnb.plan.draft import money_text, next_parts, next_total, plan_text, whole_percents
from salesnb.plan.quantities import read_quantity
from salesnb.plan.reading import read_plan


@pytest.mark.parametrize(
    ("foreseen", "growths", "value", "ground"),
    [
        (110.0, [0.2], 110.0, "forecast"),
        (150.0, [0.2, 0.1], 120.0, "best"),
        (150.0, [-0.2, -0.1], 100.0, "never"),
        (90.0, [0.2], 100.0, "floor"),
        (None, [0.1, 0.3], 120.0, "mean"),
        (None, [-0.1], 100.0, "mean"),
        (None, [], 100.0, "flat"),
        (150.0, [], 150.0, "forecast"),
    ],
)
def test_the_goal_stays_within_what_is_foreseen_and_has_been(foreseen, growths, value, ground):
    total = next_total(100.0, foreseen, growths)
    assert (total.value, total.ground) == (pytest.approx(value), ground)
    assert total.growth == pytest.approx(value / 100 - 1)


def test_rounding_asks_for_no_more_than_the_best():
    total = next_total(98_765.0, 200_000.0, [0.1234])
    assert 0.1229 < total.growth <= 0.1234


def test_no_base_no_plan():
    with pytest.raises(MetricError):
        next_total(0.0, 10.0)


def test_parts_sum_to_the_goal_and_lean_on_the_market():
    total = next_total(100.0, 120.0, [0.5])
    now = pd.Series({"East": 60.0, "West": 40.0})
    plain = next_parts(total, now)
    leaning = next_parts(total, now, market=pd.Series({"East": 100.0, "West": 300.0}))
    for parts in (plain, leaning):
        assert parts["target"].sum() == pytest.approx(120)
        assert (parts["target"] >= parts["base"]).all()
    assert plain["growth"].tolist() == pytest.approx([0.2, 0.2])
    assert leaning.loc["West", "target"] > plain.loc["West", "target"]


def test_mix_goes_on_at_half_the_pace():
    # A had 50 %, has 60 %: 65 % of 200 next, B is held at what it sold.
    parts = next_parts(
        next_total(100.0, 200.0, [1.0]),
        pd.Series({"A": 60.0, "B": 40.0}),
        pd.Series({"A": 50.0, "B": 50.0}),
    )
    assert parts["target"].tolist() == pytest.approx([130, 70])


def test_a_part_that_shrank_is_not_asked_for_less():
    parts = next_parts(
        next_total(100.0, 102.0, [0.1]),
        pd.Series({"A": 60.0, "B": 40.0}),
        pd.Series({"A": 30.0, "B": 70.0}),
    )
    assert parts.loc["B", "target"] == pytest.approx(40)


def test_percents_sum_to_a_hundred():
    percents = whole_percents(pd.Series([0.2172, 0.2534, 0.2581, 0.2713], index=[1, 2, 3, 4]))
    assert percents.sum() == pytest.approx(100)
    assert percents.tolist() == pytest.approx([21.7, 25.3, 25.8, 27.1], abs=0.11)


@pytest.mark.parametrize("amount", [1.0, 12_345.6, 211_050_000.0, 9_999_999_999.0])
@pytest.mark.parametrize("currency", ["CNY", "USD", "EUR"])
def test_an_amount_is_read_back_as_written(amount, currency):
    found = read_quantity(money_text(amount, currency))
    assert found.point == pytest.approx(amount, rel=1e-9)


def drafted(west):
    total = {"id": "T", "metric": "net_sales", "value": "120万元"}
    part = {"metric": "net_sales", "parent": "T"}
    return plan_text(
        "草案",
        Period.parse("2025"),
        "CNY",
        {"region": {"East": "东区", "West": "西区"}},
        [{"name": "Ann", "scope": "region=East", "role": ""}],
        {
            "targets": [
                total,
                {**part, "id": "E", "scope": "region=East", "value": "70万元", "owner": "Ann"},
                {**part, "id": "W", "scope": "region=West", "value": west, "owner": ""},
            ]
        },
    )


def test_the_text_is_a_plan_the_checker_passes_or_not():
    plan = read_plan(drafted("50万元"))
    assert str(plan.header.year) == "2025"
    assert len(plan.targets) == 3
    assert not check_text(drafted("50万元")).errors
    wrong = check_text(drafted("60万元")).errors
    assert [found.rule for found in wrong] == ["K01"]
