"""The season: festivals move, quarters are pushed, weekends and holidays are quiet."""

from datetime import date

import numpy as np
import pytest

from salesnb.sample.season import (
    END,
    FESTIVALS,
    as_dates,
    as_moments,
    day_number,
    days,
    year_days,
)


def month_weight(year, month):
    every = days()
    return every.weight[every.month == (year - 2021) * 12 + month - 1].sum()


def test_the_spring_festival_moves_between_january_and_february():
    # New Year was on 22 January 2023 and on 10 February 2024.
    assert month_weight(2023, 1) < month_weight(2023, 2)
    assert month_weight(2024, 1) > 1.4 * month_weight(2024, 2)
    assert {festival.month for festival in FESTIVALS} == {1, 2}


@pytest.mark.parametrize("year", [2021, 2022, 2023, 2024])
def test_a_quarter_ends_strong(year):
    for last in (3, 6, 9, 12):
        assert month_weight(year, last) > month_weight(year, last - 1)


def test_days_off_sell_little():
    every = days()
    assert every.weight[~every.worked].mean() < 0.15 * every.weight[every.worked].mean()
    assert not every.worked[day_number(date(2024, 2, 12))]
    # A Sunday worked to make up for the holiday.
    assert every.worked[day_number(date(2024, 2, 4))]


def test_promotions_are_618_and_double_eleven():
    every = days()
    months = {int(month) % 12 + 1 for month in every.month[every.promoted > 0]}
    assert months == {6, 11}


def test_a_share_of_the_season_is_found_again():
    every = days()
    start, end = np.array([0]), np.array([364])
    middle = every.at(start, end, np.array([0.5]))[0]
    sold = every.weight[: middle + 1].sum() / every.weight[:365].sum()
    assert sold == pytest.approx(0.5, abs=0.01)
    assert every.at(start, end, np.array([0.0]))[0] >= 0
    assert every.at(start, end, np.array([1.0]))[0] <= 364


def test_numbers_are_days():
    assert year_days(2024) == (1095, END)
    found = as_dates(np.array([0.0, np.nan, 31.0]))
    assert found.astype(str).tolist() == [
        "2021-01-01T00:00:00.000000",
        "NaT",
        "2021-02-01T00:00:00.000000",
    ]
    moment = as_moments(np.array([0.0]), np.array([25.5]))
    assert str(moment[0]) == "2021-01-02T01:30:00.000000"
