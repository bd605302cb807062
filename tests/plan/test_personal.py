import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.personal import personal_months, personal_targets

YEAR = [f"2024-{month:02d}" for month in range(1, 13)]
PEOPLE = pd.DataFrame(
    {
        "rep_id": ["old", "part", "new", "gone", "vacancy"],
        "hire_date": pd.to_datetime(
            ["2020-01-01", "2020-01-01", "2024-07-01", "2020-01-01", "2024-10-01"]
        ),
        "leave_date": pd.to_datetime([None, None, None, "2023-12-31", None]),
        "fte": [1, 0.5, 1, 1, 1],
        "is_vacant": [False, False, False, False, True],
        "potential": [2.0, 2.0, 2.0, 2.0, 2.0],
        "last_year": [100.0, 0.0, None, 80.0, None],
    }
)


def by_name(table):
    return table.set_index("rep_id")["target"].to_dict()


def test_targets_follow_potential_and_time_there():
    # Full heads of the year: 1, ½, ½, 0, ¼, all of one potential.
    table = personal_targets(225, PEOPLE, YEAR)
    assert by_name(table) == pytest.approx(
        {"old": 100, "part": 50, "new": 50, "gone": 0, "vacancy": 25}
    )
    assert table["status"].tolist() == ["free", "free", "free", "absent", "vacant"]
    assert table["required_growth"].tolist()[0] == pytest.approx(0)
    assert table["required_growth"].isna().tolist() == [False, True, True, False, True]


def test_ramp_takes_load_off_new_people():
    # Six months with ramp ¼ and ¾ are five months' work.
    table = personal_targets(200, PEOPLE.iloc[[0, 2]], YEAR, ramp=2)
    assert by_name(table) == pytest.approx({"old": 200 * 12 / 17, "new": 200 * 5 / 17})


def test_a_strong_second_half_weighs_on_those_who_come_then():
    phasing = pd.Series([0.25 / 6] * 6 + [0.75 / 6] * 6, index=YEAR)
    table = personal_targets(175, PEOPLE.iloc[[0, 2]], YEAR, phasing=phasing)
    assert by_name(table) == pytest.approx({"old": 100, "new": 75})


def test_held_targets_and_capacity():
    people = PEOPLE.iloc[:3].assign(hold=[None, 10, None], capacity=[60, np.nan, np.nan])
    table = personal_targets(100, people, YEAR)
    assert by_name(table) == pytest.approx({"old": 60, "part": 10, "new": 30})
    assert table["status"].tolist() == ["upper", "held", "free"]


def test_capacity_below_the_target_is_refused_with_reasons_or_shown():
    people = PEOPLE.iloc[[0, 2]].assign(capacity=80.0)
    with pytest.raises(ParameterError) as caught:
        personal_targets(150, people, YEAR)
    assert str(caught.value) == (
        "150 cannot be split: `old` at most 80 and `new` at most 40 allow only 120, 30 too little. "
        "Lower the total, or loosen one of them."
    )
    table = personal_targets(150, people, YEAR, short="show")
    assert by_name(table) == pytest.approx({"old": 80, "new": 40, "": 30})
    assert table["status"].tolist() == ["upper", "upper", "uncovered"]
    assert table["share"].sum() == pytest.approx(1)
    # With enough capacity there is no such row.
    assert len(personal_targets(100, people, YEAR, short="show")) == 2


def test_over_assignment_and_whole_units():
    table = personal_targets(1_000_001, PEOPLE, YEAR, hedge=0.05, unit=1000)
    assert table["target"].sum() == pytest.approx(1_050_001.05)
    assert ((table["target"] - table["residual"]) % 1000).tolist() == pytest.approx([0] * 5)


def test_months_of_each_person_follow_the_time_there():
    targets = personal_targets(225, PEOPLE, YEAR)
    months = personal_months(targets, PEOPLE, YEAR).pivot(
        index="rep_id", columns="month", values="target"
    )
    assert months.loc["new"].tolist() == pytest.approx([0] * 6 + [50 / 6] * 6)
    assert months.sum(axis=1).to_dict() == pytest.approx(by_name(targets))


def test_what_nobody_carries_follows_the_phasing():
    people = PEOPLE.iloc[[0]].assign(capacity=80.0)
    phasing = pd.Series([0.1] * 8 + [0.05] * 4, index=YEAR)
    targets = personal_targets(150, people, YEAR, phasing=phasing, short="show")
    months = personal_months(targets, people, YEAR, phasing=phasing, unit=1)
    nobody = months[months["rep_id"] == ""]
    assert nobody["target"].tolist() == [7] * 8 + [4, 4, 3, 3]
    assert months["target"].sum() == 150


def test_a_potential_that_is_missing_is_named():
    with pytest.raises(MetricError, match="the potential of `part` is a number, 0 or more"):
        personal_targets(1, PEOPLE.assign(potential=[1, None, 1, 1, 1]), YEAR)
    with pytest.raises(MetricError, match="`people` has no `potential`"):
        personal_targets(1, PEOPLE.drop(columns="potential"), YEAR)


def test_the_people_are_not_changed():
    before = PEOPLE.copy()
    personal_targets(100, PEOPLE, YEAR)
    pd.testing.assert_frame_equal(PEOPLE, before)


@given(
    st.lists(
        st.tuples(st.integers(1, 20), st.integers(1, 12), st.sampled_from([None, 30.0, 200.0])),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 500),
    st.sampled_from([None, 1]),
)
@settings(deadline=None, max_examples=25)
def test_people_always_sum_to_the_region(rows, total, unit):
    people = pd.DataFrame(
        {
            "rep_id": [f"p{place}" for place in range(len(rows))],
            "hire_date": pd.to_datetime([f"2024-{month:02d}-01" for _, month, _ in rows]),
            "potential": [float(potential) for potential, _, _ in rows],
            "capacity": [capacity for _, _, capacity in rows],
        }
    )
    table = personal_targets(total, people, YEAR, short="show")
    assert table["target"].sum() == pytest.approx(total)
    carried = table[table["rep_id"] != ""]
    assert not (carried["target"] > carried["upper"] + 1e-6).any()
    months = personal_months(table, people, YEAR, unit=unit)
    assert months["target"].sum() == pytest.approx(total)
