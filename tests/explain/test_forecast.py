import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.accuracy import wape
from salesnb.explain.candidates import CANDIDATES, lagged_driver, recorded
from salesnb.explain.forecast import forecast

from .air_passengers import AIR_PASSENGERS

SERIES = np.array(AIR_PASSENGERS, dtype=float)
SHOWN = ["forecast", "low", "high"]


def rolling(series, horizon, start, every=1):
    """Forecast from origin after origin as if the rest were not known."""
    actual, chosen, inside = [], [], []
    each = {name: [] for name in CANDIDATES}
    for origin in range(start, len(series) - horizon + 1, every):
        made = forecast(series[:origin], horizon)
        real = series[origin : origin + horizon]
        actual.append(real)
        chosen.append(made.table["forecast"].to_numpy())
        inside.append(((real >= made.table["low"]) & (real <= made.table["high"])).mean())
        for name, run in CANDIDATES.items():
            each[name].append(run(series[:origin], horizon, 12))
    real = np.concatenate(actual)
    best = min(wape(real, np.concatenate(made)) for made in each.values())
    return wape(real, np.concatenate(chosen)) / best, float(np.mean(inside))


@pytest.mark.parametrize(("horizon", "every"), [(1, 2), (3, 2), (12, 1)])
def test_air_passengers_over_rolling_origins(horizon, every):
    ratio, covered = rolling(SERIES, horizon, 60, every)
    assert ratio <= 1.1
    assert 0.7 <= covered <= 0.9


def test_the_chosen_has_the_least_wape_of_its_scores():
    found = forecast(SERIES, 12)
    assert found.scores["candidate"].iloc[0] == found.method
    assert found.scores["wape"].is_monotonic_increasing
    own = found.backtest[found.backtest["candidate"] == found.method]
    assert wape(own["actual"], own["forecast"]) == pytest.approx(found.scores["wape"].iloc[0])
    assert (own["error"] == own["actual"] - own["forecast"]).all()
    assert 0.7 <= found.coverage <= 0.9
    assert found.seasonal
    assert found.reason == ""


def test_columns_of_the_result():
    found = forecast(SERIES, 2)
    assert found.table.columns.tolist() == ["step", "forecast", "low", "high", "misses"]
    assert (found.table["low"] < found.table["forecast"]).all()
    assert found.scores.columns.tolist() == ["candidate", "wape", "mase", "points"]
    assert set(found.backtest.columns) == {
        "candidate", "origin", "step", "actual", "forecast", "error",
    }  # fmt: skip


@pytest.mark.parametrize("size", [0, 1, 5])
def test_no_history_no_forecast(size):
    found = forecast(SERIES[:size], 3)
    assert found.reason == "no_history"
    assert found.method == ""
    assert found.table["forecast"].isna().all()
    assert found.table["step"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(("size", "seasonal"), [(6, False), (23, False), (24, True), (36, True)])
def test_no_season_below_two_years(size, seasonal):
    found = forecast(SERIES[:size], 3)
    assert found.seasonal == seasonal
    assert seasonal == ("seasonal_naive" in found.scores["candidate"].tolist())
    assert found.table["forecast"].notna().all()


@pytest.mark.parametrize("size", [24, 29])
def test_few_origins_do_not_choose(size):
    assert forecast(SERIES[:size], 3).method == "combined"
    days = np.full(size + 3, 20)
    assert forecast(SERIES[:size], 3, workdays=days).method == "combined_per_workday"
    assert forecast(SERIES[:24], 3).scores["wape"].isna().all()


@pytest.mark.parametrize(("off", "method"), [(0.95, "combined"), (0.5, "told")])
def test_only_a_clear_lead_chooses(off, method):
    usual = forecast(SERIES, 1).backtest.query("candidate == 'combined'")
    told = usual["actual"] - off * usual["error"]
    known = {**dict(zip(usual["origin"], told, strict=True)), len(SERIES): 400.0}
    extra = {"told": recorded({origin: [value] for origin, value in known.items()})}
    found = forecast(SERIES, 1, extra=extra)
    assert found.scores["candidate"].iloc[0] == "told"
    assert found.method == method
    assert found.error == found.scores.set_index("candidate")["wape"][method]


@pytest.mark.parametrize("size", range(27, 36, 4))
def test_seasonal_candidates_meet_the_others_on_equal_terms(size):
    # Before two seasons only the plain ones could forecast; that must not choose them.
    assert forecast(SERIES[:size], 3).method in (
        "combined",
        "theta",
        "seasonal_growth",
        "seasonal_naive",
    )


def test_interval_needs_enough_misses():
    found = forecast(SERIES[:6], 3, coverage=0.95)
    assert found.table["low"].isna().all()
    assert math.isnan(found.coverage)


def test_a_series_without_season_is_not_given_one():
    random = np.random.default_rng(0)
    found = forecast(100 + 5 * random.standard_normal(60), 3)
    assert found.method in ("combined", "long_mean", "theta")
    assert found.table["forecast"].to_numpy() == pytest.approx(np.full(3, 100), abs=8)


def test_workdays_are_used_where_they_help():
    random = np.random.default_rng(1)
    days = random.integers(15, 24, 63)
    sales = 10 * days[:60] * (1 + 0.01 * random.standard_normal(60))
    found = forecast(sales, 3, workdays=days)
    assert found.method.endswith("_per_workday")
    assert found.table["forecast"].to_numpy() == pytest.approx(10 * days[60:], rel=0.05)
    steady = forecast(100 * (1 + 0.01 * random.standard_normal(60)), 3, workdays=days)
    assert not steady.method.endswith("_per_workday")


def test_a_driver_known_ahead_is_chosen_when_it_leads():
    random = np.random.default_rng(2)
    leads = random.uniform(50, 150, 60)
    sales = np.r_[100, 100, 20 * leads[:-2]]
    found = forecast(sales, 2, extra={"leads": lagged_driver(leads, 2)})
    assert found.method == "leads"
    assert found.table["forecast"].tolist() == pytest.approx((20 * leads[-2:]).tolist())
    # Beyond the lag it has no value, so it is not a candidate.
    assert (
        "leads"
        not in forecast(sales, 3, extra={"leads": lagged_driver(leads, 2)})
        .scores["candidate"]
        .tolist()
    )


def test_months_without_sales():
    found = forecast([0, 0, 5, 0, 0, 4, 0, 0], 2)
    assert found.table["low"].notna().all()
    empty = forecast(np.zeros(30), 2)
    assert empty.table[["forecast", "low", "high"]].to_numpy().tolist() == [[0, 0, 0]] * 2


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(6, 40), st.floats(0.1, 100))
def test_laws(seed, size, factor):
    series = np.random.default_rng(seed).uniform(10, 100, size)
    found, scaled = forecast(series, 2), forecast(series * factor, 2)
    assert scaled.method == found.method
    known = found.table[SHOWN].notna()
    assert scaled.table[SHOWN].notna().equals(known)
    ratios = (scaled.table[SHOWN] / found.table[SHOWN]).to_numpy()[known.to_numpy()]
    assert ratios == pytest.approx(factor)
    assert forecast(series, 2).table.equals(found.table)


def test_errors():
    with pytest.raises(ParameterError) as caught:
        forecast([1] * 8, 0, season=1, coverage=80)
    assert str(caught.value) == (
        "forecast: 3 problems.\n  · `horizon` must be 1 or more; got 0.\n"
        "  · `season` must be 2 or more; got 1.\n"
        "  · `coverage` must lie between 0 and 1; got 80."
    )
    with pytest.raises(MetricError) as caught:
        forecast([1] * 8, 1, workdays=[20] * 8)
    assert str(caught.value) == (
        "`workdays` must hold one positive count for each period of history and horizon; got "
        "8 counts for 9 periods."
    )
