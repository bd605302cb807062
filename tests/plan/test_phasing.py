import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.period import Calendar, Period
from salesnb.plan.phasing import check_phasing, phase_months, phase_shares, workdays_of

PLANNED = pd.Series([0.20, 0.30, 0.35, 0.15], index=[1, 2, 3, 4])
DAYS = workdays_of(Calendar(), Period.parse("2024"))


def years(*shares):
    return pd.DataFrame(
        [
            {"year": 2021 + year, "phase": quarter + 1, "value": value * 100}
            for year, quarters in enumerate(shares)
            for quarter, value in enumerate(quarters)
        ]
    )


def monthly(first, last, values, days=20):
    months = pd.period_range(first, last, freq="M").astype(str)
    return pd.DataFrame({"month": months, "value": values, "workdays": days})


def test_chinese_working_days_of_2024():
    # domain.md 7.6.
    assert DAYS.sum() == 251
    assert workdays_of(Calendar(fiscal_start=4), Period.parse("2023")).index[0] == "2023-04"


def test_shares_of_whole_years_only():
    history = pd.concat(
        [
            years([0.2, 0.3, 0.2, 0.3], [0.4, 0.1, 0.2, 0.3]),
            pd.DataFrame({"year": [2024], "phase": [1], "value": [5.0]}),
        ]
    )
    result = phase_shares(history)
    assert result["share"].tolist() == pytest.approx([0.3, 0.2, 0.2, 0.3])
    assert result["years"].tolist() == [2] * 4
    assert result["spread"].iloc[0] == pytest.approx(0.02**0.5)


def test_a_plan_against_three_years():
    history = years([0.22, 0.26, 0.24, 0.28], [0.21, 0.25, 0.25, 0.29], [0.23, 0.25, 0.24, 0.28])
    days = pd.Series([61, 62, 66, 62], index=[1, 2, 3, 4])
    result = check_phasing(PLANNED, history, days)
    assert result["verdict"].tolist() == ["plausible", "never_seen", "never_seen", "never_seen"]
    # (0.20 − 0.22) / 0.01
    assert result["z"].iloc[0] == pytest.approx(-2)
    assert result["gap"].iloc[3] == pytest.approx(0.15 - 0.85 / 3)
    assert result["workday_share"].iloc[0] == pytest.approx(61 / 251)


def test_two_years_are_too_few_for_a_verdict():
    result = check_phasing(PLANNED, years([0.2, 0.3, 0.35, 0.15], [0.2, 0.3, 0.35, 0.15]))
    assert set(result["verdict"]) == {"too_few_years"}
    assert result["z"].isna().all()


def test_years_that_are_all_alike():
    same = years(*[[0.2, 0.3, 0.35, 0.15]] * 3)
    assert set(check_phasing(PLANNED, same)["verdict"]) == {"plausible"}
    other = pd.Series([0.25] * 4, index=[1, 2, 3, 4])
    assert set(check_phasing(other, same)["verdict"]) == {"never_seen"}


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ParameterError) as caught:
        check_phasing(pd.Series([0.5, 0.6], index=[1, 9]), years([0.2, 0.3, 0.35, 0.15]))
    assert str(caught.value) == (
        "planned: 2 problems.\n  · phase `9` has no history.\n  · the shares sum to 1; got 1.1."
    )


def test_no_whole_year_is_refused():
    with pytest.raises(MetricError, match="no year of the history has every phase"):
        phase_shares(pd.DataFrame({"year": [1, 2], "phase": [1, 2], "value": [1, 1]}))


def test_quarters_of_the_plan_and_working_days_within_them():
    result = phase_months(1.12 * 251, DAYS, quarters=[0.20, 0.30, 0.35, 0.15])
    sums = result.groupby("quarter")["target"].sum() / (1.12 * 251)
    assert sums.tolist() == pytest.approx([0.20, 0.30, 0.35, 0.15])
    january, february = result["target"].iloc[:2]
    assert january / february == pytest.approx(22 / 18)


def test_whole_thousands_keep_the_year_and_the_quarters_whole():
    result = phase_months(112_000_000, DAYS, quarters=[0.20, 0.30, 0.35, 0.15], unit=1000)
    assert result["target"].sum() == 112_000_000
    assert (result["target"] % 1000 == 0).all()
    assert result.groupby("quarter")["target"].sum().tolist() == [22.4e6, 33.6e6, 39.2e6, 16.8e6]


def test_seasons_come_from_two_whole_years():
    # December sells double a working day; each year once with other working days.
    values = [20.0] * 11 + [40.0]
    history = pd.concat(
        [
            monthly("2022-01", "2022-12", values),
            monthly("2023-01", "2023-12", [v * 1.1 for v in values], 22),
        ]
    )
    flat = pd.Series(20, index=DAYS.index)
    result = phase_months(1300, flat, history=history)
    assert result["season"].iloc[11] == pytest.approx(24 / 13)
    assert result["target"].tolist() == pytest.approx([100] * 11 + [200])


def test_one_year_tells_no_season():
    history = monthly("2023-01", "2023-12", [1.0] * 11 + [12.0])
    assert phase_months(251, DAYS, history=history)["target"].tolist() == pytest.approx(
        DAYS.tolist()
    )


def test_a_month_can_be_held():
    limits = pd.DataFrame({"month": ["2024-02"], "hold": [10.0]})
    for quarters in (None, [0.25] * 4):
        result = phase_months(251, DAYS, limits=limits, quarters=quarters)
        assert result["target"].iloc[1] == 10
        assert result["target"].sum() == pytest.approx(251)


def test_a_fiscal_year_from_april():
    days = workdays_of(Calendar(fiscal_start=4), Period.parse("2023"))
    history = pd.concat([monthly("2021-04", "2023-03", [20.0] * 23 + [40.0])])
    result = phase_months(100, days, history=history)
    assert result["month"].iloc[0] == "2023-04"
    assert result["season"].iloc[11] > result["season"].iloc[0]


def test_quarters_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError) as caught:
        phase_months(1, DAYS.iloc[:11] * -1, quarters=[0.5, 0.6])
    text = str(caught.value)
    assert "the working days of 2024-01 are 0 or more; got -22." in text
    assert "`quarters` part the months evenly; got 2 for 11 months." in text
    assert "`quarters` sum to 1; got 1.1." in text


@given(
    st.lists(st.integers(1, 30), min_size=12, max_size=12),
    st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(sum),
    st.integers(0, 10**6),
)
@settings(deadline=None, max_examples=25)
def test_months_sum_to_quarters_and_quarters_to_the_year(days, parts, total):
    workdays = pd.Series(days, index=DAYS.index)
    shares = [part / sum(parts) for part in parts]
    result = phase_months(total, workdays, quarters=shares)
    assert result["target"].sum() == pytest.approx(total)
    assert result.groupby("quarter")["target"].sum().tolist() == pytest.approx(
        [share * total for share in shares], abs=1e-6
    )
    whole = phase_months(total, workdays, quarters=shares, unit=1)
    assert whole["target"].sum() == total
    assert (whole["target"] - result["target"]).abs().max() < 3
