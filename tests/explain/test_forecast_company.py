"""The forecast on the sample company: as good as its best candidate, and honest about its reach."""

from datetime import date

import numpy as np
import pytest

from salesnb.data.store import open_store
from salesnb.explain.forecast import forecast
from salesnb.metrics.dataset import ALL, Dataset
from salesnb.metrics.settings import Settings
from salesnb.metrics.trend import trend
from salesnb.period import Calendar, Period
from salesnb.sample.company import write_company

HORIZON = 3
LAST = Period.parse("2024-06")


@pytest.fixture(scope="module")
def forecasts(tmp_path_factory):
    """Give the forecast of the company's and each region's months, with working days."""
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    calendar = Calendar()
    dataset = Dataset(open_store(folder), ALL, calendar, Settings(), date(2024, 6, 30))
    months = [LAST.shift(step) for step in range(-41, 1)]
    ahead = [LAST.shift(step) for step in range(1, HORIZON + 1)]
    days = [calendar.workdays(calendar.window(month)) for month in (*months, *ahead)]
    rows = trend(dataset, "net_sales", months, ["region"])
    table = rows.pivot(index="period", columns="region", values="value").fillna(0.0)
    table["all"] = table.sum(axis=1)
    return {
        name: forecast(table[name].to_numpy(), HORIZON, workdays=days) for name in table.columns
    }


def test_the_chosen_is_within_a_tenth_of_the_best(forecasts):
    assert len(forecasts) == 5
    for made in forecasts.values():
        scores = made.scores.set_index("candidate")["wape"]
        assert scores[made.method] <= 1.1 * scores.min()


def test_intervals_hold_about_as_many_as_they_say(forecasts):
    # 80 % is asked for; each series has 36 forecasts to judge by, so they are judged together.
    assert 0.7 <= np.mean([made.coverage for made in forecasts.values()]) <= 0.9
