import math

import numpy as np
import pandas as pd
import pytest

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.reach import reach_probability, simulate_reach


def test_chances_in_closed_form():
    # Mean 100 and v = 20 %: σ² = ln 1.04; ln(100/110) − σ²/2 over σ is −0.580.
    assert reach_probability(110, 100, 0.2) == pytest.approx(0.2809, abs=5e-5)
    assert reach_probability(100, 100, 0) == 1
    assert reach_probability(101, 100, 0) == 0
    assert reach_probability(0, 100, 0.2) == 1
    assert math.isnan(reach_probability(1, 0, 0.2))
    many = reach_probability(pd.Series([90.0, 110.0], index=["a", "b"]), 100, 0.2)
    assert many.index.tolist() == ["a", "b"]
    assert many["a"] > 0.5 > many["b"]


def test_simulation_agrees_with_the_closed_form():
    random = np.random.default_rng(5)
    sigma = math.sqrt(math.log(1.04))
    errors = random.lognormal(-(sigma**2) / 2, sigma, 50_000) - 1
    people = pd.DataFrame({"target": [90.0, 100, 110], "expected": [100.0] * 3})
    each, group = simulate_reach(people, errors, draws=20_000, seed=3)
    closed = reach_probability(people["target"], people["expected"], 0.2)
    assert each["probability"].tolist() == pytest.approx(closed.tolist(), abs=0.02)
    assert group["at_target"].iloc[0] == pytest.approx(each["probability"].mean())


def test_the_same_seed_gives_the_same_answer():
    people = pd.DataFrame({"target": [100.0], "expected": [100.0]})
    errors = [-0.2, -0.1, 0, 0.1, 0.2]
    one = simulate_reach(people, errors, draws=100, seed=7)
    two = simulate_reach(people, errors, draws=100, seed=7)
    pd.testing.assert_frame_equal(one[0], two[0])
    pd.testing.assert_frame_equal(one[1], two[1])


def test_a_shared_market_spreads_the_group_not_the_person():
    people = pd.DataFrame({"target": [100.0] * 20, "expected": [100.0] * 20})
    errors = np.linspace(-0.3, 0.3, 41)
    alone = simulate_reach(people, errors, draws=4000)[1].iloc[0]
    together_each, together = simulate_reach(people, errors, draws=4000, shared=0.8)
    wide = together["at_target_high"].iloc[0] - together["at_target_low"].iloc[0]
    assert wide > 2 * (alone["at_target_high"] - alone["at_target_low"])
    assert together_each["probability"].mean() == pytest.approx(0.5, abs=0.05)


def test_what_a_simulation_needs_is_said():
    people = pd.DataFrame({"target": [0.0]})
    with pytest.raises(MetricError) as caught:
        simulate_reach(people, [0.1])
    assert str(caught.value) == (
        "3 problems.\n"
        "  · `errors` has at least 5 values; got 1.\n"
        "  · `target` is above 0 for every person.\n"
        "  · `expected` is above 0 for every person."
    )
    with pytest.raises(ParameterError, match="`shared` is 0 to 1"):
        simulate_reach(people, [0.1] * 5, shared=2)
