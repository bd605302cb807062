import importlib.util
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from salesnb.errors import MetricError
from salesnb.explain.lifetime import (
    BgNbd,
    GammaGamma,
    expected_purchases,
    expected_value,
    fit_bg_nbd,
    fit_gamma_gamma,
    lifetime_value,
    probability_alive,
    purchase_summary,
)

PAPER = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357)


@pytest.fixture(scope="module")
def cdnow():
    """Purchases of the CDNOW sample, 2,357 customers, as the package lifetimes ships them.

    Only its data file is read: the package itself is no longer maintained.
    """
    found = importlib.util.find_spec("lifetimes")
    if found is None or not found.submodule_search_locations:
        pytest.skip("lifetimes, whose CDNOW data this test reads, is not installed")
    file = Path(found.submodule_search_locations[0]) / "datasets" / "CDNOW_sample.txt"
    if not file.exists():
        pytest.skip("this lifetimes does not ship CDNOW_sample.txt")
    rows = pd.read_csv(file, sep=r"\s+", header=None, usecols=[1, 2, 4])
    return DataFrame(
        {
            "customer_id": rows[1],
            "order_date": pd.to_datetime(rows[2].astype(str)),
            "amount": rows[4],
        }
    )


@pytest.fixture(scope="module")
def summary(cdnow):
    return purchase_summary(cdnow, "1997-09-30")


def history(table):
    return [table[name].to_numpy() for name in ("frequency", "recency", "age")]


def test_cdnow_bg_nbd_published(summary):
    assert len(summary) == 2357
    model = fit_bg_nbd(*history(summary))
    assert model.reason == ""
    assert model.r == pytest.approx(0.243, abs=5e-4)
    assert model.alpha == pytest.approx(4.414, abs=5e-4)
    assert model.a == pytest.approx(0.793, abs=5e-4)
    assert model.b == pytest.approx(2.426, abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_cdnow_expected_purchases_published():
    assert expected_purchases(PAPER, 39, [2], [30.43], [38.86])[0] == pytest.approx(1.226, abs=1e-3)


def test_cdnow_gamma_gamma_published(summary):
    model = fit_gamma_gamma(summary["frequency"], summary["value"])
    assert model.customers == 946
    assert model.reason == ""
    assert [model.p, model.q, model.v] == pytest.approx([6.25, 3.74, 15.45], abs=0.01)
    assert model.correlation == pytest.approx(0.11, abs=0.005)


def test_cdnow_holdout(cdnow, summary):
    """The next 39 weeks come out within 15 % of what was expected of all customers."""
    days = cdnow.groupby("customer_id")["order_date"].agg(lambda dates: set(dates))
    first, last = pd.Timestamp("1997-10-01"), pd.Timestamp("1998-06-30")
    later = sum(first <= day <= last for dates in days for day in dates)
    expected = expected_purchases(PAPER, 39, *history(summary)).sum()
    assert expected == pytest.approx(later, rel=0.15)


def simulated(count, r, alpha, a, b, weeks, seed):
    """Customers who buy and leave as the model says."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        rate, leave = random.gamma(r, 1 / alpha), random.beta(a, b)
        time, bought, last = 0.0, 0, 0.0
        while True:
            time += random.exponential(1 / rate)
            if time > weeks:
                break
            bought, last = bought + 1, time
            if random.random() < leave:
                break
        rows.append((bought, last, weeks))
    return np.array(rows, dtype=float).T


def test_parameters_are_recovered_in_any_unit_of_time():
    bought, last, weeks = simulated(3000, 0.6, 5.0, 1.0, 3.0, 52, 0)
    model = fit_bg_nbd(bought, last, weeks)
    assert model.reason == ""
    assert model.r == pytest.approx(0.6, rel=0.15)
    assert model.alpha == pytest.approx(5, rel=0.2)
    assert model.a / (model.a + model.b) == pytest.approx(0.25, abs=0.05)
    days = fit_bg_nbd(bought, last * 7, weeks * 7)
    assert days.alpha == pytest.approx(7 * model.alpha, rel=1e-3)
    assert days.r == pytest.approx(model.r, rel=1e-3)


def test_gamma_gamma_is_recovered_in_any_unit_of_money():
    random = np.random.default_rng(1)
    counts = random.integers(1, 8, 3000)
    means = [random.gamma(4 * n, 1 / (random.gamma(5, 1 / 20) * n)) for n in counts]
    model = fit_gamma_gamma(counts, means)
    assert model.p * model.v / (model.q - 1) == pytest.approx(4 * 20 / 4, rel=0.1)
    fen = fit_gamma_gamma(counts, np.array(means) * 100)
    assert fen.v == pytest.approx(100 * model.v, rel=1e-3)


def test_a_fit_that_fails_says_so():
    few = fit_bg_nbd([1, 2], [3, 4], [5, 6])
    assert few.reason == "few_repeaters"
    assert math.isnan(few.alpha)
    assert np.isnan(expected_purchases(few, 10, [1], [2], [3])).all()
    assert np.isnan(probability_alive(few, [1], [2], [3])).all()
    # Everybody buys at one rate and nobody leaves: the likelihood rises without end.
    same = fit_bg_nbd([10] * 50, [10.0] * 50, [10.0] * 50)
    assert same.reason in ("at_edge", "not_converged")
    nothing = fit_gamma_gamma([1, 0], [5, 0])
    assert nothing.reason == "few_repeaters"
    assert np.isnan(expected_value(nothing, [1], [5])).all()


def test_values_that_go_with_frequency_are_flagged():
    counts = np.tile(np.arange(1, 11), 20)
    random = np.random.default_rng(2)
    found = fit_gamma_gamma(counts, counts * random.uniform(5, 15, 200))
    assert found.reason == "correlated"
    assert found.correlation > 0.3
    assert found.p > 0


def test_who_never_came_back_is_taken_for_alive():
    alive = probability_alive(PAPER, [0, 2, 2, 20], [0, 30, 2, 2], [38, 38, 38, 38])
    assert alive[0] == 1
    assert 1 > alive[1] > alive[2] > alive[3] > 0


def test_expected_purchases_grow_and_start_at_zero():
    customer = [[3], [20], [30]]
    assert expected_purchases(PAPER, 0, *customer)[0] == pytest.approx(0, abs=1e-12)
    some, more = (expected_purchases(PAPER, ahead, *customer)[0] for ahead in (10, 20))
    assert 0 < some < more < 2 * some
    beside = BgNbd(0.243, 4.414, 1.0, 2.426, 0, 1)
    near = BgNbd(0.243, 4.414, 1.001, 2.426, 0, 1)
    found = [expected_purchases(model, 10, *customer)[0] for model in (beside, near)]
    assert found[0] == pytest.approx(found[1], rel=1e-2)


def test_lifetime_value_by_hand():
    values = GammaGamma(6.25, 3.74, 15.45, 0, 946, 0.11)
    customers = DataFrame(
        {"customer_id": ["a"], "frequency": [2], "recency": [30.43], "age": [38.86], "value": [20]}
    )
    one = lifetime_value(PAPER, values, customers, 1, 39.0, margin=0.5, discount=0.1)
    worth = 6.25 * (15.45 + 2 * 20) / (6.25 * 2 + 2.74)
    assert one["expected_value"].tolist() == pytest.approx([worth])
    assert one["lifetime_value"].tolist() == pytest.approx([1.226 * worth * 0.5 / 1.1], rel=1e-3)
    twelve = lifetime_value(PAPER, values, customers, 3, 13.0)
    assert twelve["lifetime_value"].tolist() == pytest.approx([1.226 * worth], rel=1e-3)


def test_summary_by_hand():
    days = ["2024-01-01", "2024-01-01", "2024-01-15", "2024-01-22", "2024-03-01"]
    rows = DataFrame(
        {
            "customer_id": ["a", "a", "a", "a", "b"],
            "order_date": pd.to_datetime(days),
            "amount": [10.0, 5.0, 20.0, 40.0, 9.0],
        }
    )
    assert purchase_summary(rows, "2024-01-29").to_dict("list") == {
        "customer_id": ["a"],
        "frequency": [2],
        "recency": [3],
        "age": [4],
        "value": [30],
    }


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: fit_bg_nbd([1], [5], [4]),
            "purchases: a history needs frequency ≥ 0 and 0 ≤ recency ≤ age.",
        ),
        (
            lambda: fit_bg_nbd([1, 2], [5], [4]),
            "frequency, recency and age differ in length; got 2, 1 and 1.",
        ),
        (
            lambda: fit_gamma_gamma([1, 2], [5]),
            "frequency and value differ in length; got 2 and 1.",
        ),
    ],
)
def test_errors(run, message):
    with pytest.raises(MetricError) as caught:
        run()
    assert str(caught.value) == message
