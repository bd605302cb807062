import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.reallocation import _student, reallocate, response

SPEND = np.exp(np.linspace(2, 4, 8))


def spending(**slopes):
    wiggle = np.array([1, -1, 0, 1, -1, 0, 1, -1]) * 0.1
    return pd.concat(
        [
            pd.DataFrame(
                {"region": name, "spend": SPEND, "result": 5 + slope * np.log(SPEND) + wiggle}
            )
            for name, slope in slopes.items()
        ]
    )


def test_the_slope_of_each_region_with_its_interval():
    table = response(spending(E=30.0, S=10.0)).set_index("region")
    fit = stats.linregress(np.log(SPEND), spending(E=30.0)["result"])
    assert table.loc["E", "slope"] == pytest.approx(fit.slope)
    reach = fit.stderr * stats.t.ppf(0.975, 6)
    assert table.loc["E", "slope_high"] - fit.slope == pytest.approx(reach, rel=5e-3)
    assert table.loc["S", "marginal"] == pytest.approx(table.loc["S", "slope"] / SPEND.mean())


@pytest.mark.parametrize("free", [4, 6, 10, 30, 200])
def test_the_point_of_student(free):
    assert _student(0.95, free) == pytest.approx(stats.t.ppf(0.975, free), rel=5e-3)


def test_too_little_to_go_by():
    few = response(spending(E=30.0).head(5))
    assert few["reason"].tolist() == ["too_few"]
    flat = response(spending(E=30.0).assign(spend=100.0))
    assert flat["reason"].tolist() == ["no_spread"]
    assert flat["slope"].isna().all()


def test_the_budget_goes_in_proportion_to_what_it_brings():
    tried = response(spending(E=30.0, S=10.0))
    current = pd.Series({"E": 20.0, "S": 20.0})
    table = reallocate(tried, 40, current).set_index("region")
    assert table["proposed"].sum() == pytest.approx(40)
    slopes = tried.set_index("region")["slope"]
    marginal = slopes / table["proposed"]
    assert marginal["E"] == pytest.approx(marginal["S"])
    assert table["gain"].sum() > 0
    assert table.loc["E", "gain_low"] < table.loc["E", "gain"] < table.loc["E", "gain_high"]
    # Moving one more unit either way brings less.
    for step in (-1.0, 1.0):
        moved = table["proposed"] + pd.Series({"E": step, "S": -step})
        assert (slopes * np.log(moved / current)).sum() < table["gain"].sum()


def test_nothing_is_proposed_that_was_not_tried():
    tried = response(spending(E=1000.0, S=10.0))
    table = reallocate(tried, 60, pd.Series({"E": 30.0, "S": 30.0})).set_index("region")
    assert table["status"].to_dict() == {"E": "free", "S": "lower"}
    assert table.loc["S", "proposed"] == pytest.approx(SPEND.min())
    with pytest.raises(ParameterError, match="200 cannot be split: `E` at most 54"):
        reallocate(tried, 200, pd.Series({"E": 30.0, "S": 30.0}))


def test_spending_that_brought_nothing_falls_to_the_least_tried():
    table = reallocate(
        response(spending(E=30.0, S=-5.0)), 40, pd.Series({"E": 20.0, "S": 20.0})
    ).set_index("region")
    assert table.loc["S", "proposed"] == pytest.approx(SPEND.min())


def test_spending_nothing_is_known_of_stays():
    history = pd.concat([spending(E=30.0, S=10.0), spending(N=1.0).head(3)])
    current = pd.Series({"E": 20.0, "S": 20.0, "N": 9.0})
    table = reallocate(response(history), 49, current).set_index("region")
    assert table.loc["N", ["proposed", "status"]].tolist() == [9, "held"]
    assert np.isnan(table.loc["N", "gain"])


def test_what_is_missing_is_named():
    with pytest.raises(ParameterError, match="`current` has no `S`"):
        reallocate(response(spending(E=1.0, S=1.0)), 40, pd.Series({"E": 20.0}))
    with pytest.raises(MetricError, match="`history` has no `result`"):
        response(spending(E=1.0).drop(columns="result"))
    with pytest.raises(MetricError, match="`spend` is above 0"):
        response(spending(E=1.0).assign(spend=0.0))
