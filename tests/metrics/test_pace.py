from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from salesnb.metrics.measure import measure
from salesnb.metrics.pace import curve, expected_share, pace, weights
from salesnb.period import Calendar, Period, Window

JUNE = Period.parse("2024-06")
TARGETS = [{"period": "2024-06", "value": 1000.0}]


def daily(start: str, end: str, amount=lambda day: 10.0):
    """Sell every working day."""
    window = Window(date.fromisoformat(start), date.fromisoformat(end))
    return [
        {"order_id": str(day), "order_date": day.isoformat(), "amount": amount(day)}
        for day in Calendar().workday_dates(window)
    ]


def late(day: date) -> float:
    """Sell twice as much in the second half of a month."""
    return 20.0 if day.day > 15 else 10.0


def test_even_sales_make_even_expectations(make):
    dataset = make(orders=daily("2022-01-01", "2024-06-14"), as_of="2024-06-14")
    # Nine of nineteen working days.
    assert expected_share(dataset, JUNE) == pytest.approx(9 / 19, abs=0.005)


def test_without_history_every_working_day_weighs_the_same(make):
    dataset = make(orders=daily("2024-06-01", "2024-06-14"), as_of="2024-06-14")
    assert expected_share(dataset, JUNE) == pytest.approx(9 / 19)
    assert weights(dataset, JUNE).sum() == pytest.approx(1)
    assert (weights(dataset, JUNE) > 0).sum() == 19


def test_a_late_month_expects_less_at_its_middle(make):
    settings = {"pace_prior": 0}
    dataset = make(
        orders=daily("2022-01-01", "2024-06-14", late), as_of="2024-06-14", settings=settings
    )
    learned = expected_share(dataset, JUNE)
    assert learned < 0.40
    # With the even spread mixed in, the answer lies between.
    mixed = make(orders=daily("2022-01-01", "2024-06-14", late), as_of="2024-06-14")
    assert learned < expected_share(mixed, JUNE) < 9 / 19


def test_sales_that_follow_the_weights_pace_like_their_attainment(make):
    history = daily("2022-01-01", "2024-05-31", late)
    before = make(orders=history, as_of="2024-05-31")
    share = weights(before, JUNE)
    sold = [
        {"order_id": str(day), "order_date": day, "amount": float(part * 900)}
        for day, part in share.items()
        if part > 0
    ]
    for day in (date(2024, 6, 7), date(2024, 6, 18), date(2024, 6, 30)):
        dataset = make(orders=[*history, *sold], targets=TARGETS, as_of=day)
        found = pace(dataset, JUNE).loc[0]
        assert found["pace"] == pytest.approx(0.9)
        assert found["landing"] == pytest.approx(900)
        assert found["landing_attainment"] == pytest.approx(0.9)


def test_the_first_day_is_too_early_for_a_landing(make):
    dataset = make(orders=daily("2022-01-01", "2024-06-02"), targets=TARGETS, as_of="2024-06-02")
    found = pace(dataset, JUNE).loc[0]
    assert found["reason"] == "too_early"
    assert np.isnan(found["landing"])
    assert measure(dataset, "pace", JUNE).loc[0, "reason"] == "too_early"


def test_a_landing_comes_with_what_it_was_off_before(make):
    noisy = np.random.default_rng(1)
    orders = daily("2021-06-01", "2024-06-14", lambda day: float(noisy.uniform(5, 15)))
    dataset = make(orders=orders, targets=TARGETS, as_of="2024-06-14")
    found = pace(dataset, JUNE).loc[0]
    assert found["low"] < found["landing"] < found["high"]
    assert len(curve(dataset, JUNE).past) == 36


def test_a_finished_period_lands_where_it_ended(make):
    dataset = make(orders=daily("2022-01-01", "2024-06-30"), targets=TARGETS, as_of="2024-06-30")
    found = pace(dataset, JUNE).loc[0]
    assert found[["actual", "landing", "low", "high"]].tolist() == [190] * 4
    assert found["pace"] == found["landing_attainment"] == 0.19


def test_parts_without_a_target_still_land(make):
    orders = [
        {**line, "region": region, "order_id": f"{region}{line['order_id']}"}
        for line in daily("2023-01-01", "2024-06-14")
        for region in ("East", "South")
    ]
    targets = [{"period": "2024-06", "value": 100.0, "scope": "region=East"}]
    dataset = make(orders=orders, targets=targets, as_of="2024-06-14")
    found = pace(dataset, JUNE, ["region"]).set_index("region")
    assert found.loc["South", "reason"] == "no_target"
    assert found.loc["South", "landing"] == pytest.approx(found.loc["East", "landing"])
    assert np.isnan(found.loc["South", "pace"])
    assert found.loc["East", "pace"] == pytest.approx(90 / (100 * expected_share(dataset, JUNE)))


def test_days_off_carry_no_weight_of_their_own(make):
    dataset = make(orders=daily("2022-01-01", "2024-05-31"), as_of="2024-05-31")
    share = weights(dataset, JUNE)
    days = [day.date() for day in share[share > 1e-12].index]
    assert days == Calendar().workday_dates(Calendar().window(JUNE))
    assert isinstance(share.index, pd.DatetimeIndex)
