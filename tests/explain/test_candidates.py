import numpy as np
import pytest
from pandas import DataFrame

from salesnb.explain.candidates import (
    CANDIDATES,
    SHORT_CANDIDATES,
    combined,
    lagged_driver,
    long_mean,
    naive,
    recent_mean,
    recorded,
    seasonal_growth,
    seasonal_naive,
    theta,
    weighted_pipeline,
)

YEAR = np.arange(1.0, 13)


def test_simple_ones_by_hand():
    history = np.array([1.0, 2, 3, 6])
    assert naive(history, 2, 12).tolist() == [6, 6]
    assert recent_mean(history, 1, 12).tolist() == [11 / 3]
    assert long_mean(history, 1, 12).tolist() == [3]
    assert long_mean(history, 1, 2).tolist() == [4.5]
    assert seasonal_naive(YEAR, 14, 12).tolist() == [*YEAR, 1, 2]
    assert np.isnan(seasonal_naive(YEAR[:11], 1, 12)).all()


def test_growth_is_carried_on_and_damped():
    history = np.r_[YEAR, YEAR * 1.2]
    made = seasonal_growth(history, 30, 12)
    assert made[:12] == pytest.approx(YEAR * 1.44)
    assert made[12:24] == pytest.approx(YEAR * 1.44 * 1.1)
    assert made[24:] == pytest.approx(YEAR[:6] * 1.44 * 1.1 * 1.05)


def test_combined_lies_between():
    history = np.r_[YEAR, YEAR * 1.2, YEAR * 1.5]
    parts = theta(history, 6, 12), seasonal_growth(history, 6, 12)
    assert combined(history, 6, 12) == pytest.approx(np.mean(parts, axis=0))
    assert np.isnan(combined(YEAR, 1, 12)).all()


def test_growth_of_what_overlaps_when_two_years_are_not_full():
    history = np.r_[YEAR, YEAR[:3] * 2]
    assert seasonal_growth(history, 1, 12).tolist() == [YEAR[3] * 2]
    assert np.isnan(seasonal_growth(history[:-1], 1, 12)).all()
    assert seasonal_growth(np.r_[-YEAR, YEAR], 1, 12).tolist() == [1]


def test_theta_goes_on_with_a_growing_season():
    months = np.arange(60)
    history = 100 * 1.01**months * (1 + 0.3 * np.sin(2 * np.pi * months / 12))
    ahead = np.arange(60, 72)
    truth = 100 * 1.01**ahead * (1 + 0.3 * np.sin(2 * np.pi * ahead / 12))
    assert theta(history, 12, 12) == pytest.approx(truth, rel=0.07)
    assert np.isnan(theta(history[:23], 1, 12)).all()
    assert np.isfinite(theta(history - 100, 3, 12)).all()


@pytest.mark.parametrize("name", [*CANDIDATES, *SHORT_CANDIDATES])
def test_every_candidate_gives_the_horizon_and_scales(name):
    run = {**CANDIDATES, **SHORT_CANDIDATES}[name]
    history = np.random.default_rng(0).uniform(50, 150, 40)
    made = run(history, 5, 12)
    assert made.shape == (5,)
    assert run(history * 10, 5, 12) == pytest.approx(made * 10)
    assert run(np.full(40, 7.0), 5, 12) == pytest.approx(np.full(5, 7.0))


def test_lagged_driver_knows_only_what_was_known():
    leads = np.arange(1.0, 41)
    sales = np.r_[np.zeros(2), 5 * leads[:-2]]
    make = lagged_driver(leads, lag=2)
    assert make(sales[:30], 3, 12)[:2] == pytest.approx([5 * 29, 5 * 30])
    assert np.isnan(make(sales[:30], 3, 12)[2])
    assert np.isnan(make(sales[:2], 1, 12)).all()
    assert np.isnan(lagged_driver(leads * 0, 1)(sales, 1, 12)).all()


def test_recorded_forecasts():
    make = recorded({3: [7, 8], 4: [9]})
    assert make(np.zeros(3), 2, 12).tolist() == [7, 8]
    assert make(np.zeros(4), 1, 12).tolist() == [9]
    assert np.isnan(make(np.zeros(5), 1, 12)).all()


def test_weighted_pipeline_by_hand():
    deals = DataFrame(
        {
            "period": ["2024-08", "2024-07", "2024-07"],
            "amount": [100, 200, 100],
            "probability": [1.0, 0.5, 0.2],
        }
    )
    table = weighted_pipeline(deals)
    assert table["period"].tolist() == ["2024-07", "2024-08"]
    assert table["deals"].tolist() == [2, 1]
    assert table["expected"].tolist() == [120, 100]
    assert table["spread"].tolist() == pytest.approx([(100**2 + 40**2) ** 0.5, 0])
