import pandas as pd
import pytest

from salesnb.errors import MetricError, ParameterError
from salesnb.period import Calendar
from salesnb.plan.capacity import capacity_by_month, person_months, ramp_curve

YEAR = [f"2024-{month:02d}" for month in range(1, 13)]


def people(**dates):
    rows = [
        {"rep_id": name, "hire_date": pd.Timestamp(hire), "leave_date": pd.Timestamp(leave)}
        for name, (hire, leave) in dates.items()
    ]
    return pd.DataFrame(rows)


def test_a_ramp_rises_evenly_and_costs_half_of_itself():
    assert ramp_curve(4) == (0.125, 0.375, 0.625, 0.875)
    assert sum(1 - part for part in ramp_curve(6)) == pytest.approx(3)
    assert ramp_curve(0) == ()


def test_a_ramp_below_zero_is_refused():
    with pytest.raises(ParameterError, match="`ramp` is 0 months or more; got -1"):
        ramp_curve(-1)
    with pytest.raises(ParameterError, match="the parts of `ramp` are 0 or more"):
        ramp_curve([0.5, -0.1])


def test_joiners_and_leavers_count_by_days():
    effort = person_months(
        people(a=("2024-01-17", None), b=("2020-01-01", "2024-02-15")), ["2024-01", "2024-02"]
    )
    assert effort["present"].tolist() == pytest.approx([15 / 31, 1, 1, 15 / 29])


def test_nobody_is_no_effort():
    nobody = people(a=("2024-01-17", None)).iloc[:0]
    assert person_months(nobody, YEAR, ramp=2).empty


def test_seniority_counts_from_the_month_of_hiring_also_before_the_plan():
    effort = person_months(people(a=("2023-12-10", None)), YEAR[:4], ramp=[0.1, 0.2, 0.3])
    assert effort["ramp"].tolist() == [0.2, 0.3, 1, 1]
    effort = person_months(people(a=("2024-02-20", None)), YEAR[:4], ramp=[0.1, 0.2, 0.3])
    assert effort["ramp"].tolist() == [0, 0.1, 0.2, 0.3]


def test_a_post_without_a_day_is_empty_and_part_time_counts_in_part():
    frame = people(a=("2020-01-01", None), b=(None, None)).assign(fte=[0.5, None])
    effort = person_months(frame, ["2024-01"])
    assert effort["effective"].tolist() == [0.5, 0]


def test_months_of_a_company_that_closes_on_the_25th():
    calendar = Calendar(close_day=25)
    effort = person_months(people(a=("2024-01-26", None)), ["2024-01", "2024-02"], 2, calendar)
    assert effort["present"].tolist() == [0, 1]
    assert effort["ramp"].tolist() == [0, 0.25]


def test_people_who_cannot_be_are_refused():
    wrong = pd.concat([people(a=("2024-01-01", "2023-01-01"))] * 2)
    with pytest.raises(MetricError) as caught:
        person_months(wrong, ["2024-01"])
    assert str(caught.value) == (
        "people: 3 problems.\n"
        "  · `a` has more than one row.\n"
        "  · `a` leaves before being hired.\n"
        "  · `a` leaves before being hired."
    )


def test_capacity_against_the_target_of_each_month():
    # Ten heads of 100 a month, five hired in April with three months of ramp.
    frame = people(
        **{f"old{n}": ("2020-01-01", None) for n in range(10)},
        **{f"new{n}": ("2024-04-01", None) for n in range(5)},
    )
    goal = pd.Series(1250.0, index=YEAR)
    table = capacity_by_month(frame, YEAR, 100, ramp=3, target=goal)
    assert table["heads"].tolist() == [10] * 3 + [15] * 9
    assert table["capacity"].iloc[3:7].tolist() == pytest.approx(
        [1000 + 500 / 6, 1250, 1000 + 500 * 5 / 6, 1500]
    )
    assert table["gap"].iloc[0] == -250
    assert table["coverage"].iloc[11] == pytest.approx(1.2)
    assert table["running_gap"].iloc[11] == pytest.approx(table["gap"].sum())


def test_productivity_by_person_and_season():
    frame = people(a=("2020-01-01", None), b=("2020-01-01", None))
    season = pd.Series({"2024-01": 0.5, "2024-02": 1.5})
    table = capacity_by_month(
        frame, ["2024-01", "2024-02"], pd.Series({"a": 10.0, "b": 20.0}), season=season
    )
    assert table["capacity"].tolist() == [15, 45]
    with pytest.raises(MetricError, match="`b` has no productivity"):
        capacity_by_month(frame, ["2024-01"], pd.Series({"a": 10.0}))
