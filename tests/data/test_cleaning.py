"""What people write, read as values; what has two meanings is refused."""

import math
from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesnb.data.cleaning import (
    half_width,
    period_text,
    to_days,
    to_flags,
    to_numbers,
    to_periods,
    to_text,
    to_times,
    to_words,
)


def column(*values):
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234.50", 1234.5),
        ("１，２３４．５", 1234.5),
        ("￥1,234.5", 1234.5),
        ("¥-12", -12.0),
        ("-¥12", -12.0),
        ("1234元", 1234.0),
        ("RMB 12", 12.0),
        ("$1,000", 1000.0),
        ("12万", 120_000.0),
        ("1.2亿元", 120_000_000.0),
        ("3百万", 3_000_000.0),
        ("15%", 0.15),
        ("7％", 0.07),
        ("(1,234.50)", -1234.5),
        ("（300）", -300.0),
        ("12-", -12.0),
        ("−5", -5.0),
        (" 7 ", 7.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+3", 3.0),
    ],
)
def test_numbers_as_people_write_them(written, value):
    read = to_numbers(column(written))
    assert read.values.tolist() == [value]
    assert not read.unreadable.any()


@pytest.mark.parametrize(
    "written",
    [
        "1,5",
        "1.234,50",
        "12,34,567",
        "abc",
        "1 2",
        "=1+1",
        "inf",
        "1_000",
        "十二",
        "#REF!",
        "1e999",
    ],
)
def test_numbers_that_nobody_can_be_sure_of(written):
    read = to_numbers(column(written))
    assert read.unreadable.tolist() == [True]
    assert read.values.isna().all()


@pytest.mark.parametrize("written", ["", " ", "-", "—", "NULL", "/", None])
def test_empty_is_not_unreadable(written):
    for read in (to_numbers, to_days, to_flags, to_periods):
        cleaned = read(column(written))
        assert cleaned.values.isna().all()
        assert not cleaned.unreadable.any()


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_number_written_by_a_program_is_itself(value):
    assert to_numbers(column(repr(value))).values.iloc[0] == value


@given(st.integers(-(10**12), 10**12))
def test_thousands_marks_change_nothing(value):
    assert to_numbers(column(f"{value:,}")).values.iloc[0] == value


def test_typed_numbers_stay():
    small = pd.Series([30_000, 30_000], dtype="int16")
    # int16 would overflow when summed as it is.
    assert to_numbers(small).values.sum() == 60_000.0
    assert to_numbers(pd.Series([1.0, math.inf])).unreadable.tolist() == [False, True]


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-05", "2024/1/5", "2024.1.5", "20240105", "2024年1月5日", "２０２４年１月５日",
        "2024 年 1 月 5 日", "45296", "45296.75", "5-Jan-2024", "Jan 5, 2024", "January 5 2024",
        "2024-01-05 13:45", "2024-01-05T13:45:10.123Z", "20240105134510", "2024/1/5 9:05:00",
    ],
)  # fmt: skip
def test_days_as_people_write_them(written):
    read = to_days(column(written))
    assert read.values.dt.date.tolist() == [date(2024, 1, 5)]


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2024",
        "24-1-5",
        "2024-13-01",
        "2024-02-30",
        "0024-01-01",
        "99999",
        "12",
        "2024-01",
        "x",
    ],
)
def test_days_that_nobody_can_be_sure_of(written):
    assert to_days(column(written)).unreadable.tolist() == [True]


def test_a_pattern_settles_what_has_two_meanings():
    assert to_days(column("03/04/2024"), "%d/%m/%Y").values.dt.date.tolist() == [date(2024, 4, 3)]
    assert to_days(column("2024-04-03"), "%d/%m/%Y").unreadable.tolist() == [True]


@given(st.dates(date(1950, 1, 1), date(2199, 12, 31)))
def test_a_day_survives_every_way_of_writing(day):
    serial = (day - date(1899, 12, 30)).days
    ways = [day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"]
    ways += [str(serial)] if 20_000 <= serial < 80_000 else []
    assert set(to_days(column(*ways)).values.dt.date) == {day}


def test_moments_keep_their_time():
    read = to_times(column("2024-01-05 13:45:10", "45296.5", "2024年1月5日 8时30分"))
    assert read.values.tolist() == [
        datetime(2024, 1, 5, 13, 45, 10), datetime(2024, 1, 5, 12), datetime(2024, 1, 5, 8, 30)
    ]  # fmt: skip
    aware = pd.Series(pd.to_datetime(["2024-01-05 23:00+08:00"]))
    assert to_days(aware).values.dt.date.tolist() == [date(2024, 1, 5)]


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2024", "2024"), ("2024年", "2024"), ("2024年度", "2024"), ("2024Q2", "2024Q2"),
        ("2024-q2", "2024Q2"), ("2024年第二季度", "2024Q2"), ("2024年2季度", "2024Q2"),
        ("2024-05", "2024-05"), ("2024/5", "2024-05"), ("202405", "2024-05"),
        ("2024年5月", "2024-05"), ("2024年05月份", "2024-05"), ("2024-05-01", "2024-05"),
    ],
)  # fmt: skip
def test_periods_as_people_write_them(written, period):
    assert period_text(written) == period
    assert to_periods(column(written)).values.tolist() == [period]


@pytest.mark.parametrize("written", ["5月", "2024Q5", "202413", "2024-05-02", "Q2", "上半年"])
def test_texts_that_are_no_period(written):
    assert to_periods(column(written)).unreadable.tolist() == [True]


def test_flags_as_people_write_them():
    read = to_flags(column("是", "Y", "TRUE", "1", "√", "否", "n", "0.0", "×", "", "maybe"))
    assert read.values.tolist()[:9] == [True] * 5 + [False] * 4
    assert read.values.isna().tolist()[9:] == [True, True]
    assert read.unreadable.tolist() == [False] * 10 + [True]


def test_ids_lose_blanks_and_width_and_nothing_else():
    read = to_text(column("　ＳＯ－００１ ", "000000000001", "a  b\u200b", "null", "\ufeffx", None))
    assert read.values.tolist()[:3] == ["SO-001", "000000000001", "a b"]
    assert read.values.isna().tolist() == [False, False, False, True, False, True]
    assert read.values.iloc[4] == "x"


def test_prose_keeps_the_width_of_its_signs():
    assert to_text(column("甲（中国）有限公司　Ａ座"), prose=True).values.tolist() == [
        "甲（中国）有限公司 A座"
    ]


def test_numbers_as_text_have_no_point():
    assert to_text(pd.Series([7.0, None])).values.tolist()[0] == "7"
    assert to_text(pd.Series([7, None], dtype="Int64")).values.tolist()[0] == "7"


def test_region_codes_that_other_programs_take_for_nothing():
    assert to_text(column("NA", "NO", "01", "None")).values.tolist() == ["NA", "NO", "01", "None"]


def test_words_are_found_in_every_case_and_unknown_ones_stay():
    words = {"won": ("赢单", "Closed Won"), "lost": ()}
    read = to_words(column("赢单", "closed won ", "ＷＯＮ", "LOST", "else"), words)
    assert read.values.tolist() == ["won", "won", "won", "lost", "else"]


def test_rows_keep_their_numbers_and_the_input_its_values():
    values = pd.Series(["1", "x"], index=[7, 7], dtype="str")
    before = values.copy()
    read = to_numbers(values)
    assert read.values.index.tolist() == read.unreadable.index.tolist() == [7, 7]
    pd.testing.assert_series_equal(values, before)


def test_half_width_trims():
    assert half_width("\u3000（Ａ）\xa0") == "(A)"
