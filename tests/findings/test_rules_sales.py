"""Where an unfinished period ends up is held against a target of all sales and all months only."""

from datetime import date

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.findings.lens import Lens
from salesnb.findings.rules import RULES


def lens_of(folder, targets):
    days = pd.date_range("2022-01-15", "2023-11-15", freq="MS") + pd.Timedelta(days=14)
    orders = pd.DataFrame(
        {
            "order_id": [f"O{place}" for place in range(2 * len(days))],
            "order_date": [*days, *days],
            "customer_id": "c",
            "channel": ["shop"] * len(days) + ["web"] * len(days),
            "amount": 50.0,
            "region": "East",
        }
    )
    rows = pd.DataFrame(targets, columns=["scope", "period", "value"])
    rows = rows.assign(plan="p", version=1, metric="net_sales", unit="money")
    tables = {"orders": orders, "targets": rows}
    write_tables(folder, tables, Company(regions=("East",), country=""))
    day = date(2023, 11, 30)
    dataset = s.Dataset(open_store(folder), "all", s.Calendar(), s.Settings(), day)
    return Lens(dataset, s.Period.parse("2023"), day)


MONTHS = [f"2023-{month:02}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ([("", "2023", 2400.0)], ["pace_behind"]),
        ([("", month, 50.0) for month in MONTHS], ["pace_ahead"]),
        ([("", month, 50.0) for month in MONTHS[:11]], []),
        ([("channel=shop", "2023", 600.0)], []),
    ],
)
def test_a_landing_is_held_against_a_target_of_the_whole(tmp_path, targets, found):
    rules = [each.rule for each in RULES["goal"].ask(lens_of(tmp_path, targets))]
    assert rules == found
