import math

import pytest
from pandas import DataFrame

from salesnb.errors import ParameterError
from salesnb.explain.evidence import (
    CHECKS,
    amount_change,
    cost_effect,
    count_change,
    demand_lost,
    event_rate,
    key_customer_lost,
    overdue_growth,
    price_effect,
    rate_difference,
    rate_mix,
    segment_change,
    share_shift,
    vacancy,
)
from salesnb.explain.intervals import two_proportion_test


def segments(*rows):
    return DataFrame(rows, columns=["segment", "current", "prior"])


def rates(*rows):
    columns = ["segment", "numerator", "denominator", "prior_numerator", "prior_denominator"]
    return DataFrame(rows, columns=columns)


def test_every_check_is_registered_with_columns_and_options():
    assert sorted(CHECKS) == [
        "amount_change",
        "cost_effect",
        "count_change",
        "demand_lost",
        "event_rate",
        "key_customer_lost",
        "overdue_growth",
        "price_effect",
        "rate_difference",
        "rate_mix",
        "segment_change",
        "share_shift",
        "vacancy",
    ]
    assert CHECKS["share_shift"].columns == ("segment", "current", "prior")
    assert CHECKS["share_shift"].options == ("segment", "direction", "least")


def test_amount_change():
    found = amount_change(DataFrame({"current": [40, 40], "prior": [50, 50]}))
    assert (found.agrees, found.material, found.size) == (True, True, -20)
    assert math.isnan(found.p_value)
    noisy = amount_change(DataFrame({"current": [80], "prior": [100], "sigma": [20]}))
    assert noisy.p_value == pytest.approx(0.3173, abs=1e-4)
    assert not amount_change(DataFrame({"current": [97], "prior": [100]})).material
    assert not amount_change(DataFrame({"current": [120], "prior": [100]})).agrees
    assert amount_change(DataFrame({"current": [1], "prior": [0]})) is None


def test_segment_change_is_against_the_rest():
    frame = segments(("a", 60, 100), ("b", 110, 100), ("c", 110, 100))
    found = segment_change(frame)
    assert found.values["segment"] == "a"
    assert found.size == pytest.approx(60 - 110)
    assert found.values["rest_growth"] == pytest.approx(0.1)
    assert not segment_change(frame, segment="b").agrees
    assert segment_change(frame, segment="x") is None
    assert segment_change(segments(("a", 1, 1))) is None
    noise = segment_change(frame.assign(sigma=30))
    assert 0.05 < noise.p_value < 1


def test_share_shift():
    frame = segments(("online", 20, 40), ("shop", 80, 60))
    found = share_shift(frame)
    assert found.values["segment"] == "online"
    assert found.values["shift"] == pytest.approx(-0.2)
    assert found.size == pytest.approx(-20)
    assert share_shift(frame, direction="up").values["segment"] == "shop"
    assert not share_shift(frame, segment="shop").agrees
    assert share_shift(frame, segment="phone") is None
    assert share_shift(segments(("a", 0, 1))) is None


def test_rate_difference_of_one_group():
    found = rate_difference(rates(("", 48, 80, 56, 70)), worth=100)
    assert found.p_value == pytest.approx(two_proportion_test(48, 80, 56, 70).p_value)
    assert found.size == pytest.approx(-0.2 * 80 * 100)
    assert (found.values["low"], found.values["high"]) == pytest.approx(
        (-0.3339, -0.0524), abs=5e-5
    )
    assert rate_difference(rates(("", 0, 4, 1, 100))) is None
    assert not rate_difference(rates(("", 48, 80, 56, 70)), direction="up").agrees


def test_rate_difference_names_the_worst_segment_and_pays_for_looking():
    frame = rates(("a", 50, 100, 52, 100), ("b", 30, 100, 50, 100), ("c", 52, 100, 50, 100))
    found = rate_difference(frame)
    assert found.values["segment"] == "b"
    assert found.p_value == pytest.approx(3 * two_proportion_test(30, 100, 50, 100).p_value)


def test_event_rate():
    frame = DataFrame(
        {"events": [3], "exposure": [100], "prior_events": [1], "prior_exposure": [50]}
    )
    found = event_rate(frame, worth=10)
    assert found.size == pytest.approx(-10)
    assert found.p_value > 0.5
    assert event_rate(frame.assign(exposure=0)) is None
    none = event_rate(frame.assign(events=0, prior_events=0))
    assert (none.agrees, none.p_value) == (False, 1)


def test_key_customer_lost():
    frame = DataFrame(
        {"customer": ["big", "small", "stays"], "current": [2, 0, 90], "prior": [20, 1, 79]}
    )
    found = key_customer_lost(frame)
    assert found.values["customers"] == ["big"]
    assert found.size == -18
    assert found.material
    assert not key_customer_lost(frame, drop=0.95).agrees
    assert key_customer_lost(frame.assign(prior=0)) is None


def test_a_silence_that_may_be_chance_is_no_loss():
    frame = DataFrame({"customer": ["a", "b"], "current": [0.0, 90.0], "prior": [20.0, 80.0]})
    assert key_customer_lost(frame.assign(chance=[0.001, 1.0])).values["customers"] == ["a"]
    assert not key_customer_lost(frame.assign(chance=[0.2, 1.0])).agrees


def test_count_change():
    frame = DataFrame(
        {"events": [60], "exposure": [90], "prior_events": [400], "prior_exposure": [360]}
    )
    found = count_change(frame, least=0.1, worth=10)
    assert found.agrees
    assert found.material
    assert found.p_value < 0.01
    assert found.values == {"current": 60, "expected": 100, "growth": pytest.approx(-0.4)}
    assert found.size == -400
    same = count_change(frame.assign(events=100))
    assert (same.agrees, same.p_value) == (False, 1.0)
    assert count_change(frame.assign(prior_events=0)) is None


def test_rate_mix_leaves_out_what_happened_within():
    # Both parts earn as before; the richer one shrank from half of sales to a quarter.
    frame = rates(("a", 10, 25, 20, 50), ("b", 15, 75, 10, 50))
    found = rate_mix(frame)
    assert found.values == {"mix": pytest.approx(-0.05), "within": pytest.approx(0)}
    assert (found.agrees, found.material, found.size) == (True, True, pytest.approx(-5))
    poorer = rate_mix(rates(("a", 10, 50, 20, 50), ("b", 10, 50, 10, 50)))
    assert not poorer.agrees
    assert poorer.values["within"] == pytest.approx(-0.1)
    assert rate_mix(rates(("a", 0, 0, 1, 1))) is None


def test_cost_effect_costs_money():
    frame = DataFrame(
        {
            "item": ["a"],
            "quantity": [10],
            "amount": [110],
            "prior_quantity": [10],
            "prior_amount": [100],
        }
    )
    found = cost_effect(frame)
    assert (found.agrees, found.size, found.values["cost"]) == (True, -10, 10)
    assert not cost_effect(frame.assign(amount=90)).agrees


def test_higher_prices_lose_demand_only_where_less_is_sold():
    frame = DataFrame(
        {
            "item": ["a"],
            "quantity": [8],
            "amount": [96],
            "prior_quantity": [10],
            "prior_amount": [100],
        }
    )
    found = demand_lost(frame)
    assert (found.agrees, found.material, found.size) == (True, True, pytest.approx(-22))
    assert not demand_lost(frame.assign(quantity=12, amount=144)).agrees
    assert not demand_lost(frame.assign(amount=80)).agrees


def test_vacancy():
    frame = DataFrame(
        {
            "position": ["a", "b", "c"],
            "months_vacant": [2, 0, 0],
            "current": [40, 110, 110],
            "prior": [100, 100, 100],
        }
    )
    found = vacancy(frame)
    assert found.size == pytest.approx(40 - 110)
    assert found.values["positions"] == ["a"]
    filled = vacancy(frame.assign(months_vacant=0))
    assert not filled.agrees
    assert filled.size is None
    assert vacancy(frame.assign(months_vacant=3)) is None


def test_price_effect():
    frame = DataFrame(
        {
            "item": ["a", "b"],
            "quantity": [20, 10],
            "amount": [180, 100],
            "prior_quantity": [10, 10],
            "prior_amount": [100, 100],
        }
    )
    found = price_effect(frame)
    assert found.size == pytest.approx(-15, abs=0.5)
    assert found.agrees
    assert found.material
    assert not price_effect(frame, direction="up").agrees
    assert price_effect(frame.assign(prior_amount=0)) is None


def test_overdue_growth():
    frame = DataFrame(
        {"overdue": [30], "receivable": [100], "prior_overdue": [10], "prior_receivable": [100]}
    )
    found = overdue_growth(frame)
    assert found.size == pytest.approx(-20)
    assert found.material
    assert not overdue_growth(frame.assign(overdue=5)).agrees
    assert overdue_growth(frame.assign(receivable=0)) is None


def test_a_direction_is_up_or_down():
    with pytest.raises(ParameterError) as caught:
        amount_change(DataFrame({"current": [1], "prior": [2]}), direction="lower")
    assert str(caught.value) == "`direction` can be up or down; got lower."
