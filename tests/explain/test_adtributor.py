import math

import numpy as np
import pytest
from pandas import DataFrame

from salesnb.errors import ParameterError
from salesnb.explain.adtributor import adtributor, explanatory_power, surprise

# Ad revenue by data centre, advertiser and device, forecast 100 and actual 50.
FORECAST = (
    {"X": 94, "Y": 6},
    {"A1": 50, "A2": 20, "A3": 20, "A4": 10},
    {"PC": 50, "Mobile": 25, "Tablet": 25},
)
ACTUAL = (
    {"X": 47, "Y": 3},
    {"A1": 24, "A2": 21, "A3": 4, "A4": 1},
    {"PC": 49, "Mobile": 1, "Tablet": 0},
)


def side(parts):
    """One row for each element of each dimension would count thrice; so one frame a dimension."""
    return DataFrame({"element": list(parts), "amount": list(parts.values())})


@pytest.mark.parametrize(
    ("place", "power"),
    [(0, [0.94, 0.06]), (1, [0.52, -0.02, 0.32, 0.18]), (2, [0.02, 0.48, 0.50])],
)
def test_explanatory_power_of_the_paper(place, power):
    now, before = list(ACTUAL[place].values()), list(FORECAST[place].values())
    assert explanatory_power(now, before) == pytest.approx(np.array(power))


def test_surprise_is_the_jensen_shannon_term():
    assert surprise([47, 3], [94, 6]).tolist() == [0, 0]
    before, now = 0.25, 0.0
    assert surprise([49, 1, 0], [50, 25, 25])[2] == pytest.approx(before * math.log(2) / 2)
    assert surprise([1, 1], [1, 1], whole=(0, 2)).tolist() != [0, 0]
    assert np.isnan(surprise([-1, 3], [1, 1])).tolist() == [True, False]
    assert now == 0


def test_the_device_is_the_surprising_dimension():
    tables = []
    for now, before in zip(ACTUAL, FORECAST, strict=True):
        tables.append(adtributor(side(now), side(before), ["element"]))
    devices = tables[2]
    assert devices.loc[devices["chosen"], "element"].tolist() == ["Tablet", "Mobile"]
    chosen = [table["dimension_surprise"].iloc[0] for table in tables]
    assert chosen[2] > chosen[1] > chosen[0]


def test_dimensions_are_ranked():
    before = DataFrame(
        {"site": ["x", "x", "y", "y"], "device": ["pc", "tv"] * 2, "amount": [50, 40, 5, 5]}
    )
    now = before.assign(amount=[50, 0, 5, 0])
    table = adtributor(now, before, ["site", "device"])
    assert table["dimension"].tolist() == ["device", "device", "site", "site"]
    assert table["explanatory_power"].tolist() == pytest.approx([1, 0, 5 / 45, 40 / 45])


def test_no_change_explains_nothing():
    before = DataFrame({"site": ["x"], "amount": [5]})
    table = adtributor(before, before, ["site"])
    assert table["explanatory_power"].isna().all()
    assert not table["chosen"].any()


def test_dimensions_must_be_a_list():
    before = DataFrame({"site": ["x"], "amount": [5]})
    with pytest.raises(ParameterError) as caught:
        adtributor(before, before, "site")
    assert str(caught.value) == "`dimensions` must list columns; got site."
