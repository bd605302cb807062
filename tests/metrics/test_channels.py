from __future__ import annotations

import numpy as np
import pytest

from salesnb.metrics.measure import measure
from salesnb.period import Period

JUNE = Period.parse("2024-06")
ORDERS = [
    {"order_id": f"o{place}", "order_date": day, "customer_id": customer, "channel": channel,
     "amount": amount, "cost": amount / 2}
    for place, (day, customer, channel, amount) in enumerate(
        (
            ("2022-01-04", "old", "expo", 10.0),
            ("2024-06-03", "n1", "expo", 300.0),
            ("2024-06-04", "n2", "online", 100.0),
            ("2024-06-04", "n3", "online", 100.0),
            ("2024-06-05", "n4", "walk-in", 500.0),
            ("2024-06-06", "old", "expo", 100.0),
        )
    )
]  # fmt: skip
SPEND = [
    {"period": "2024-06", "channel": "expo", "spend": 100.0, "leads_reported": 20},
    {"period": "2024-06", "channel": "online", "spend": 50.0, "leads_reported": 10},
    {"period": "2024-06", "channel": "walk-in", "spend": 0.0},
    {"period": "2024-05", "channel": "expo", "spend": 900.0},
]


def by_channel(dataset, metric, column="value"):
    found = measure(dataset, metric, JUNE, ["channel"]).set_index("channel")
    return found[column].to_dict()


@pytest.fixture
def channels(make):
    def made(**settings):
        return make(orders=ORDERS, channel_spend=SPEND, settings={"n_events": 0, **settings},
                    as_of="2024-06-30")  # fmt: skip

    return made


def test_cost_of_a_customer(channels):
    dataset = channels()
    assert measure(dataset, "cac", JUNE).loc[0, "value"] == 150 / 4
    found = by_channel(dataset, "cac")
    assert (found["expo"], found["online"]) == (100, 25)
    # What costs nothing is not the cheapest channel.
    assert np.isnan(found["walk-in"])
    assert by_channel(dataset, "cac", "reason")["walk-in"] == "no_spend"


def test_no_new_customer_is_no_cost_of_one(make):
    dataset = make(orders=ORDERS[:1], channel_spend=SPEND, as_of="2024-06-30")
    found = measure(dataset, "cac", JUNE).loc[0]
    assert (found["numerator"], found["reason"]) == (150, "zero_denominator")


def test_spend_of_the_month_before(channels):
    assert measure(channels(acquisition_lag_months=1), "cac", JUNE).loc[0, "numerator"] == 900


def test_channel_of_the_customer(make):
    customers = [{"customer_id": name, "source_channel": "expo"} for name in ("n1", "n2", "n3")]
    dataset = make(
        orders=ORDERS, customers=customers, channel_spend=SPEND,
        settings={"acquisition_channel": "customer", "n_events": 0}, as_of="2024-06-30",
    )  # fmt: skip
    assert by_channel(dataset, "cac", "denominator")["expo"] == 3


def test_return_counts_channels_that_cost_something(channels):
    dataset = channels()
    assert by_channel(dataset, "roas") == {"expo": 4, "online": 4}
    # 600 sold by channels with spend of 150; margin is half of it.
    assert measure(dataset, "roas", JUNE).loc[0, "value"] == 4
    assert measure(dataset, "channel_roi", JUNE).loc[0, "value"] == (300 - 150) / 150


def test_cost_of_a_lead(channels, make):
    assert measure(channels(), "cost_per_lead", JUNE).loc[0, "value"] == 150 / 30
    leads = [{"created": "2024-06-03 09:00", "channel": "expo"}] * 4
    leads = [{**lead, "lead_id": f"l{place}"} for place, lead in enumerate(leads)]
    dataset = make(
        orders=ORDERS, channel_spend=SPEND, leads=leads, settings={"n_events": 0},
        as_of="2024-06-30",
    )  # fmt: skip
    assert by_channel(dataset, "cost_per_lead")["expo"] == 25


def test_lifetime_value_over_cost(channels):
    dataset = channels()
    clv = measure(dataset, "clv", JUNE).loc[0, "value"]
    assert measure(dataset, "ltv_cac", JUNE).loc[0, "value"] == pytest.approx(clv / 37.5)
