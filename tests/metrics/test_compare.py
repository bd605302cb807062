from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.metrics.bases import break_days, spans
from salesnb.metrics.compare import compare, contribution
from salesnb.metrics.measure import measure
from salesnb.metrics.trend import trend
from salesnb.period import Calendar, Period, Window

JUNE = Period.parse("2024-06")


def lines(*rows):
    return [
        {"order_date": day, "amount": amount, "product_id": product, "customer_id": product}
        for day, amount, product in rows
    ]


SALES = lines(
    ("2022-06-01", 10.0, "a"),
    ("2023-06-05", 100.0, "a"),
    ("2023-06-28", 60.0, "a"),
    ("2023-06-06", 40.0, "b"),
    ("2024-05-06", 80.0, "a"),
    ("2024-06-03", 120.0, "a"),
    ("2024-06-04", 30.0, "c"),
)


def test_growth_on_last_year(make):
    dataset = make(orders=SALES, as_of="2024-06-30")
    found = compare(dataset, "net_sales", JUNE).loc[0]
    assert found[["current", "base", "change"]].tolist() == [150, 200, -50]
    assert found["growth"] == -0.25
    assert measure(dataset, "growth_yoy", JUNE).loc[0, "value"] == -0.25
    month = compare(dataset, "net_sales", JUNE, "month").loc[0]
    assert month["growth"] == pytest.approx(150 / 80 - 1)


def test_new_and_lost_items_have_no_growth(make):
    # E05 and E06
    dataset = make(orders=SALES, as_of="2024-06-30")
    found = compare(dataset, "net_sales", JUNE, by=["product"]).set_index("product")
    assert found.loc["c", ["current", "base", "change", "reason"]].tolist() == [
        30,
        0,
        30,
        "new_item",
    ]
    assert found.loc["b", ["current", "base", "change", "reason"]].tolist() == [
        0,
        40,
        -40,
        "lost_item",
    ]
    assert found["growth"].isna().tolist() == [False, True, True]
    assert found["change"].sum() == compare(dataset, "net_sales", JUNE).loc[0, "change"]


def test_an_unfinished_month_is_compared_with_as_many_working_days(make):
    # E03: by 11 June 2024 six working days have passed (10 June is a holiday).
    dataset = make(orders=SALES, as_of="2024-06-11")
    between = spans(dataset, JUNE, "year")
    assert not between.finished
    assert (between.workdays, between.base_workdays) == (6, 6)
    assert between.base == Window(date(2023, 6, 1), date(2023, 6, 8))
    # 60 of 28 June 2023 is not in it.
    assert compare(dataset, "net_sales", JUNE).loc[0, "base"] == 140
    so_far = Window(date(2024, 6, 1), date(2024, 6, 11))
    assert measure(dataset, "growth_yoy", so_far).loc[0, "denominator"] == 140


def test_a_month_whose_last_days_are_days_off_is_over(make):
    # 30 June 2024 is a Sunday: the last order may well be of the 28th.
    dataset = make(orders=SALES, as_of="2024-06-28")
    assert spans(dataset, JUNE, "year").finished
    assert compare(dataset, "net_sales", JUNE).loc[0, "base"] == 200


def test_before_the_first_working_day_it_is_too_early(make):
    dataset = make(orders=SALES, as_of="2024-06-01")
    found = compare(dataset, "net_sales", JUNE).loc[0]
    assert found["reason"] == "too_early"
    assert np.isnan(found["growth"])


def test_workday_adjusted_growth(make):
    # E04: February 2024 has 18 working days, February 2023 had 20.
    dataset = make(
        orders=lines(
            ("2022-01-04", 1.0, "a"), ("2023-02-06", 100.0, "a"), ("2024-02-05", 90.0, "a")
        ),
        as_of="2024-06-30",
    )
    february = Period.parse("2024-02")
    raw = compare(dataset, "net_sales", february).loc[0, "growth"]
    adjusted = compare(dataset, "net_sales", february, workday_adjusted=True).loc[0, "growth"]
    assert raw == pytest.approx(-0.1)
    assert adjusted == pytest.approx(90 / 18 / (100 / 20) - 1)
    assert measure(dataset, "growth_yoy_workday_adjusted", february).loc[0, "value"] == adjusted


def test_a_moving_festival_is_flagged(make):
    dataset = make(orders=SALES, as_of="2024-06-30")
    assert spans(dataset, Period.parse("2024-02"), "year").festival_moved
    assert not spans(dataset, Period.parse("2024-06"), "year").festival_moved
    both = Window(date(2024, 1, 1), date(2024, 2, 29))
    # January and February together hold the whole break in both years.
    calendar = Calendar()
    assert break_days(calendar, both) == 8
    assert spans(dataset, both, "year").base == Window(date(2023, 1, 1), date(2023, 2, 28))


def test_no_percentage_of_a_base_that_is_not_positive(make):
    # E02
    dataset = make(
        orders=lines(
            ("2022-06-01", 1.0, "a"), ("2023-06-01", -50.0, "a"), ("2024-06-03", 20.0, "a"),
            ("2023-06-01", 30.0, "b"), ("2024-06-03", -10.0, "b"),
        ),
        as_of="2024-06-30",
    )  # fmt: skip
    found = compare(dataset, "net_sales", JUNE, by=["product"]).set_index("product")
    assert found.loc["a", ["change", "reason", "turn"]].tolist() == [
        70,
        "negative_base",
        "to_positive",
    ]
    assert np.isnan(found.loc["a", "growth"])
    assert found.loc["b", "turn"] == "to_negative"


def test_a_base_before_the_history_is_no_base(make):
    dataset = make(orders=SALES, as_of="2024-06-30")
    found = compare(dataset, "net_sales", Period.parse("2023-05")).loc[0]
    assert found["reason"] == "no_history"
    assert np.isnan(found["base"])


def test_rates_change_in_points(make):
    deals = [
        {"created": "2023-05-01", "close_date": "2023-06-05", "outcome": "won"},
        {"created": "2023-05-01", "close_date": "2023-06-05", "outcome": "lost"},
        {"created": "2024-05-01", "close_date": "2024-06-05", "outcome": "won"},
    ]
    dataset = make(orders=SALES, opportunities=deals, settings={"n_trials": 0}, as_of="2024-06-30")
    found = compare(dataset, "win_rate", JUNE).loc[0]
    assert found[["current", "base", "change", "growth"]].tolist() == [1, 0.5, 0.5, 1]


@pytest.mark.parametrize(
    ("period", "to"), [("2024", "month"), ("2024Q2", "month"), ("2024", "quarter")]
)
def test_a_base_that_does_not_exist(make, period, to):
    kind = "year" if period == "2024" else "quarter"
    with pytest.raises(MetricError, match=f"a {kind} cannot be compared with a `{to}`"):
        compare(make(orders=SALES), "net_sales", Period.parse(period), to)


def test_an_unknown_base_or_dimension(make):
    dataset = make(orders=SALES)
    with pytest.raises(
        MetricError, match=r"`yera` is no base of a comparison. Did you mean `year`"
    ):
        compare(dataset, "net_sales", JUNE, "yera")
    message = r"`prodcut` is no dimension of `net_sales`. Did you mean `product`\?"
    with pytest.raises(MetricError, match=message):
        compare(dataset, "net_sales", JUNE, by=["prodcut"])


def test_share_and_contribution(make):
    dataset = make(orders=SALES, as_of="2024-06-30")
    share = measure(dataset, "share", JUNE, ["product"]).set_index("product")["value"]
    assert share.to_dict() == {"a": 0.8, "c": 0.2}
    moved = measure(dataset, "share_change", JUNE, ["product"]).set_index("product")["value"]
    assert moved.to_dict() == pytest.approx({"a": 0, "b": -0.2, "c": 0.2})
    parts = contribution(dataset, JUNE, ["product"]).set_index("product")
    assert parts["value"].to_dict() == pytest.approx({"a": -0.2, "b": -0.2, "c": 0.15})
    assert parts["value"].sum() == pytest.approx(-0.25)
    assert parts["rate"].sum() == pytest.approx(1)


def test_no_share_of_a_change_that_is_hardly_one(make):
    dataset = make(
        orders=lines(
            ("2022-06-01", 1.0, "a"), ("2023-06-01", 100.0, "a"), ("2023-06-01", 100.0, "b"),
            ("2024-06-03", 150.0, "a"), ("2024-06-03", 51.0, "b"),
        ),
        as_of="2024-06-30",
    )  # fmt: skip
    parts = contribution(dataset, JUNE, ["product"])
    assert parts["rate"].isna().all()
    assert parts["value"].sum() == pytest.approx(0.005)


def test_compound_growth(make):
    dataset = make(orders=SALES, settings={"cagr_years": 2}, as_of="2024-06-30")
    assert measure(dataset, "cagr", JUNE).loc[0, "value"] == pytest.approx((150 / 10) ** 0.5 - 1)
    short = make(orders=SALES, settings={"cagr_years": 5}, as_of="2024-06-30")
    assert measure(short, "cagr", JUNE).loc[0, "denominator"] == 10


def test_a_trend_is_one_measure_after_another(make):
    dataset = make(orders=SALES, as_of="2024-06-30")
    months = [Period.parse(name) for name in ("2024-05", "2024-06", "2024-07")]
    found = trend(dataset, "net_sales", months)
    # July has not begun.
    assert found[["period", "value"]].to_numpy().tolist() == [["2024-05", 80], ["2024-06", 150]]
    cut = trend(dataset, "net_sales", months, ["product"])
    assert cut["period"].tolist() == ["2024-05", "2024-06", "2024-06"]
    assert list(trend(dataset, "net_sales", []).columns)[:2] == ["period", "value"]
