"""What order lines mean: E07 returns, E08 currencies, E22 gifts."""

import pandas as pd
import pytest

from salesnb.data.orders import (
    in_own_currency,
    with_gifts,
    with_line_numbers,
    with_rates,
    with_returns,
)
from salesnb.data.store import Company


def lines(**columns):
    return pd.DataFrame(columns)


def test_returns_written_above_zero_turn(  # E07
):
    before = lines(
        amount=[10.0, 3.0], qty=[1.0, 1.0], cost=[5.0, 2.0], status=["counted", "return"]
    )
    after = with_returns(before)
    assert after["amount"].tolist() == [10.0, -3.0]
    assert after["qty"].tolist() == [1.0, -1.0]
    assert after["cost"].tolist() == [5.0, -2.0]
    # The input is not touched.
    assert before["amount"].tolist() == [10.0, 3.0]


def test_lines_below_zero_are_returns():
    assert with_returns(lines(amount=[10.0, -3.0]))["status"].tolist() == ["counted", "return"]


def test_a_cancelled_line_below_zero_stays_cancelled():
    after = with_returns(lines(amount=[-3.0], status=["cancelled"]))
    assert after["status"].tolist() == ["cancelled"]


def test_returns_of_both_signs_stay_as_they_are():
    after = with_returns(lines(amount=[4.0, -3.0], status=["return", "return"]))
    assert after["amount"].tolist() == [4.0, -3.0]


def test_lines_with_goods_and_no_price_are_gifts():  # E22
    flagged = with_gifts(
        lines(amount=[0.0, 0.0, 5.0, 5.0], qty=[1.0, 0.0, 1.0, 1.0], is_gift=[False] * 3 + [True])
    )
    assert flagged["is_gift"].tolist() == [True, False, False, True]


def test_numbers_that_were_given_stay():
    given = with_line_numbers(lines(order_id=["a", "a", "b"], line_no=[7.0, None, None]))
    assert given["line_no"].tolist() == [7.0, 2.0, 1.0]


RATES = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01"]),
        "currency": ["USD", "USD", "USD"],
        "rate": [7.0, 7.2, 9.9],
        "kind": ["actual", "actual", "plan"],
    }
)


def foreign(**columns):
    return lines(
        order_date=pd.to_datetime(["2024-01-31", "2024-02-01", "2023-12-31", "2024-02-02"]),
        currency=["USD", "USD", "USD", None],
        amount=[100.0, 100.0, 100.0, 100.0],
        **columns,
    )


def test_foreign_lines_take_the_actual_rate_of_their_day():  # E08
    after = in_own_currency(with_rates(foreign(), RATES, Company()))
    assert after["amount"].tolist()[:2] == [700.0, 720.0]
    # Before the first rate nothing is known; own currency needs none.
    assert after["fx_rate"].isna().tolist() == [False, False, True, False]
    assert after["amount"].tolist()[3] == 100.0
    # The original amount can be had again.
    assert (after["amount"] / after["fx_rate"]).tolist()[:2] == [100.0, pytest.approx(100.0)]


def test_a_rate_that_came_with_the_line_goes_before_the_list():
    given = foreign(fx_rate=[6.5, None, 6.9, None])
    assert with_rates(given, RATES, Company())["fx_rate"].tolist() == [6.5, 7.2, 6.9, 1.0]


def test_own_currency_only_needs_no_rate():
    same = lines(order_date=pd.to_datetime(["2024-01-01"]), currency=["CNY"], amount=[1.0])
    assert list(with_rates(same, None, Company()).columns) == ["order_date", "amount"]
    assert in_own_currency(same) is same
