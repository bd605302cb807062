from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import ParameterError
from salesnb.period import Calendar, Period, Window, four_four_five

CHINA = Calendar()


def window(text, calendar=CHINA):
    found = calendar.window(Period.parse(text))
    return found.start.isoformat(), found.end.isoformat()


@pytest.mark.parametrize("text", ["2024-06", "2024Q2", "2024"])
def test_a_period_is_written_as_it_is_read(text):
    assert str(Period.parse(text)) == text


@pytest.mark.parametrize("text", ["2024-13", "2024Q5", "24-06", "", "June", "2024-6"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ParameterError) as error:
        Period.parse(text)
    expected = f"`period` is not a period; got {text!r}. Write 2024-06, 2024Q2 or 2024."
    assert str(error.value) == expected


def test_neighbours():
    june = Period.parse("2024-06")
    assert str(june.next) == "2024-07"
    assert str(Period.parse("2024-01").previous) == "2023-12"
    assert str(Period.parse("2024Q1").previous) == "2023Q4"
    assert str(june.last_year) == "2023-06"
    assert june > june.previous


def test_windows_of_the_calendar_year():
    assert window("2024-02") == ("2024-02-01", "2024-02-29")
    assert window("2024Q2") == ("2024-04-01", "2024-06-30")
    assert window("2024") == ("2024-01-01", "2024-12-31")


def test_windows_of_a_fiscal_year_from_april():
    started, ended = Calendar(fiscal_start=4), Calendar(fiscal_start=4, fiscal_named="end")
    assert window("2024Q1", started) == ("2024-04-01", "2024-06-30")
    assert window("2024", ended) == ("2023-04-01", "2024-03-31")
    assert str(started.period_at(date(2024, 3, 31), "year")) == "2023"
    assert str(ended.period_at(date(2024, 3, 31), "quarter")) == "2024Q4"


def test_months_that_close_on_the_25th():
    calendar = Calendar(close_day=25)
    assert window("2024-06", calendar) == ("2024-05-26", "2024-06-25")
    assert str(calendar.period_at(date(2024, 5, 26))) == "2024-06"
    assert str(calendar.period_at(date(2024, 5, 25))) == "2024-05"


def test_a_4_4_5_year_has_weeks_for_months():
    starts = four_four_five(date(2024, 1, 1), Period.parse("2024-01"))
    calendar = Calendar(months=starts)
    assert window("2024-03", calendar) == ("2024-02-26", "2024-03-31")
    assert window("2024Q2", calendar) == ("2024-04-01", "2024-06-30")
    assert str(calendar.period_at(date(2024, 2, 26))) == "2024-03"
    assert str(calendar.period_at(date(2025, 2, 26))) == "2025-02"


@given(
    day=st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    fiscal_start=st.integers(1, 12),
    close_day=st.integers(0, 28),
    named=st.sampled_from(["start", "end"]),
    kind=st.sampled_from(["month", "quarter", "year"]),
)
@settings(deadline=None)
def test_every_day_lies_in_the_period_it_is_put_in(day, fiscal_start, close_day, named, kind):
    calendar = Calendar(fiscal_start=fiscal_start, close_day=close_day, fiscal_named=named)
    period = calendar.period_at(day, kind)
    assert day in calendar.window(period)
    assert calendar.window(period).end < calendar.window(period.next).start
    assert calendar.enclosing(period, "year") == calendar.period_at(day, "year")
    labels = calendar.labels(pd.Series([pd.Timestamp(day), pd.NaT]), kind)
    assert labels.iloc[0] == str(period)
    assert labels.isna().tolist() == [False, True]


def test_chinese_working_days_are_those_published():
    by_month = [CHINA.workdays(CHINA.window(Period("month", 2024 * 12 + m))) for m in range(12)]
    assert by_month == [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22]
    assert CHINA.workdays(CHINA.window(Period.parse("2025"))) == 248
    assert CHINA.workdays(CHINA.window(Period.parse("2026"))) == 248


def test_january_2024_has_four_working_days_more():
    assert CHINA.workdays(CHINA.window(Period.parse("2023-01"))) == 18


def test_makeup_days_that_are_not_published_are_said():
    assert CHINA.known(2026)
    assert not CHINA.known(2035)
    assert Calendar(overrides={date(2035, 2, 3): True}).known(2035)
    assert Calendar(country="US").known(2035)
    assert Calendar(country="").known(2035)


def test_own_days_override_the_country():
    calendar = Calendar(overrides={date(2024, 6, 3): False, date(2024, 6, 2): True})
    assert not calendar.is_workday(date(2024, 6, 3))
    assert calendar.is_workday(date(2024, 6, 2))


def test_adding_working_days_skips_the_national_holiday():
    assert CHINA.add_workdays(date(2024, 9, 30), 1) == date(2024, 10, 8)
    assert CHINA.add_workdays(date(2024, 10, 1), 0) == date(2024, 10, 8)
    assert CHINA.add_workdays(date(2024, 6, 28), 0) == date(2024, 6, 28)


def test_same_elapsed_working_days_not_calendar_days():
    june, last = Period.parse("2024-06"), Period.parse("2023-06")
    # 12 June 2024 is the seventh working day; in 2023 that is 9 June.
    assert CHINA.workday_number(date(2024, 6, 12), CHINA.window(june)) == 7
    assert CHINA.same_elapsed(june, date(2024, 6, 12), last) == Window(
        date(2023, 6, 1), date(2023, 6, 9)
    )
    assert CHINA.same_elapsed(june, date(2024, 6, 30), last) == CHINA.window(last)


@given(day=st.dates(date(2018, 1, 1), date(2026, 12, 31)), back=st.integers(1, 24))
@settings(deadline=None)
def test_same_elapsed_holds_as_many_working_days(day, back):
    period = CHINA.period_at(day)
    base = period.shift(-back)
    cut = CHINA.same_elapsed(period, day, base)
    passed = CHINA.workdays(CHINA.elapsed(period, day))
    whole = CHINA.workdays(CHINA.window(base))
    if CHINA.finished(period, day):
        assert cut == CHINA.window(base)
    else:
        assert CHINA.workdays(cut) == min(passed, whole)


def test_weeks_start_when_the_company_says():
    days = pd.Series(pd.to_datetime(["2024-06-30", "2024-07-01"]))
    assert Calendar().week_of(days).dt.day.tolist() == [24, 1]
    assert Calendar(week_start=6).week_of(days).dt.day.tolist() == [30, 30]


def test_bad_settings_are_all_said_at_once():
    with pytest.raises(ParameterError) as error:
        Calendar(fiscal_start=13, close_day=31, country="XX")
    assert str(error.value) == (
        "3 problems.\n"
        "  · `fiscal_start` is out of range; got 13. Write 1 to 12.\n"
        "  · `close_day` is out of range; got 31. Write 0 to 28.\n"
        "  · `country` has no holiday calendar; got 'XX'. "
        "Write a two-letter code such as CN or US, or nothing."
    )
