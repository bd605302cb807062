from __future__ import annotations

import numpy as np
import pytest

from salesnb.metrics.funnel import stage_chances, stages
from salesnb.metrics.measure import measure
from salesnb.metrics.metric import View
from salesnb.period import Period, Window

JUNE, MARCH = Period.parse("2024-06"), Period.parse("2024-03")
ORDERS = [{"order_date": "2023-01-03", "amount": 1.0}, {"order_date": "2024-06-28", "amount": 1.0}]
FEW = {"n_trials": 0, "n_events": 0}


def leads(*rows):
    names = ("created", "verdict", "converted_date", "channel", "first_response")
    return [dict(zip(names, row, strict=False)) for row in rows]


LEADS = leads(
    ("2024-03-01 09:00", "valid", "2024-03-20", "expo", "2024-03-01 12:00"),
    ("2024-03-02 09:00", "valid", "2024-06-20", "expo", "2024-03-04 12:00"),
    ("2024-03-03 09:00", "invalid", None, "online", "2024-03-03 10:00"),
    ("2024-03-04 09:00", "undecided", None, "online", None),
    ("2024-06-20 09:00", "undecided", "2024-06-25", "online", None),
    ("2024-06-30 20:00", "undecided", None, "online", None),
)


@pytest.fixture
def funnel(make):
    return make(orders=ORDERS, leads=LEADS, settings=FEW, as_of="2024-06-30")


def parts(dataset, metric, period=MARCH, **where):
    found = measure(dataset, metric, period, (), where).loc[0]
    return found["numerator"], found["denominator"]


def test_leads_and_those_with_a_verdict(funnel):
    assert measure(funnel, "leads", MARCH).loc[0, "value"] == 4
    assert parts(funnel, "valid_lead_rate") == (2, 3)


def test_conversion_of_a_cohort_counts_its_horizon_only(funnel):
    # The second lead converts after 110 days, beyond the 90 of the cohort.
    assert parts(funnel, "lead_conversion") == (1, 4)
    assert parts(funnel, "lead_conversion", channel="expo") == (1, 2)


def test_young_leads_say_nothing_yet(funnel):
    # E14: one of June has converted already, which is no rate of June.
    found = measure(funnel, "lead_conversion", JUNE).loc[0]
    assert np.isnan(found["value"])
    assert found["reason"] == "immature"
    second = Period.parse("2024Q2")
    assert measure(funnel, "lead_conversion", second).loc[0, "reason"] == "immature"


def test_conversion_of_a_period_may_exceed_one(make):
    dataset = make(
        orders=ORDERS, leads=LEADS, settings={**FEW, "conversion": "period"}, as_of="2024-06-30"
    )
    assert parts(dataset, "lead_conversion", JUNE) == (2, 2)


def test_conversion_of_valid_leads(make):
    dataset = make(
        orders=ORDERS, leads=LEADS, settings={**FEW, "lead_base": "valid"}, as_of="2024-06-30"
    )
    assert parts(dataset, "lead_conversion") == (1, 2)


def test_an_unanswered_lead_past_its_time_is_missed(funnel):
    assert parts(funnel, "follow_up_rate") == (2, 4)
    # The lead of the last evening still has time.
    assert parts(funnel, "follow_up_rate", JUNE) == (0, 1)


DEALS = [
    {"opp_id": "w1", "created": "2024-03-01", "close_date": "2024-06-03", "outcome": "won",
     "stage": "offer", "amount": 300.0},
    {"opp_id": "w2", "created": "2024-05-20", "close_date": "2024-06-05", "outcome": "won",
     "stage": "offer", "amount": 100.0},
    {"opp_id": "l1", "created": "2024-05-20", "close_date": "2024-06-05", "outcome": "lost",
     "stage": "offer", "amount": 600.0, "loss_reason": "price", "competitor": "X"},
    {"opp_id": "l2", "created": "2024-05-20", "close_date": "2024-06-05", "outcome": "lost",
     "stage": "contact", "amount": 200.0, "loss_reason": "fit", "competitor": "X"},
    {"opp_id": "o1", "created": "2024-05-01", "close_date": None, "outcome": "open",
     "stage": "demo", "amount": 500.0, "expected_close": "2024-06-20"},
    {"opp_id": "o2", "created": "2024-05-01", "close_date": "2024-07-20", "outcome": "won",
     "stage": "offer", "amount": 900.0, "expected_close": "2024-07-20"},
]  # fmt: skip
HISTORY = [
    {"opp_id": opp, "stage": stage, "entered": day, "stage_order": order}
    for opp, stage, day, order in (
        ("w1", "contact", "2024-03-01", 1), ("w1", "demo", "2024-03-11", 2),
        ("w1", "offer", "2024-04-01", 3),
        ("w2", "contact", "2024-05-20", 1), ("w2", "offer", "2024-05-22", 3),
        ("l1", "contact", "2024-05-20", 1), ("l1", "demo", "2024-05-24", 2),
        ("l2", "contact", "2024-05-20", 1),
        ("o1", "contact", "2024-05-01", 1), ("o1", "demo", "2024-05-03", 2),
    )
]  # fmt: skip


@pytest.fixture
def deals(make):
    return make(
        orders=ORDERS, opportunities=DEALS, opp_stage_history=HISTORY, settings=FEW,
        as_of="2024-06-30",
    )  # fmt: skip


def test_win_rate_leaves_open_deals_out(deals, make):
    assert parts(deals, "win_rate", JUNE) == (2, 4)
    by_amount = make(orders=ORDERS, opportunities=DEALS, settings={**FEW, "win_rate_by": "amount"})
    assert parts(by_amount, "win_rate", JUNE) == (400, 1200)


def test_cycle_is_the_median_of_won_deals(deals):
    found = measure(deals, "sales_cycle_days", JUNE).loc[0]
    assert (found["value"], found["n"]) == ((94 + 16) / 2, 2)


def test_losses_by_reason(deals):
    found = measure(deals, "loss_share", JUNE, ["loss_reason"]).set_index("loss_reason")
    assert found["value"].to_dict() == {"fit": 0.5, "price": 0.5}
    assert measure(deals, "loss_share", JUNE, ["competitor"])["value"].tolist() == [1]


def test_a_skipped_stage_counts_as_reached(deals):
    assert stages(View(deals, Window(deals.as_of, deals.as_of))) == ["contact", "demo", "offer"]
    found = measure(deals, "stage_conversion", JUNE, ["stage"]).set_index("stage")
    # w2 skipped the demo; l1 was lost after it, l2 before it.
    assert found["denominator"].to_dict() == {"contact": 4, "demo": 3, "offer": 2}
    assert found["numerator"].to_dict() == {"contact": 3, "demo": 2, "offer": 2}
    assert parts(deals, "stage_conversion", JUNE) == (7, 9)


def test_adherence_wants_every_stage_in_order(deals):
    # w1 has them all, w2 skipped one, l1 and l2 went as far as they came.
    assert parts(deals, "process_adherence", JUNE) == (3, 4)


def test_stage_chances_come_from_own_history(make):
    dataset = make(
        orders=ORDERS, opportunities=DEALS, opp_stage_history=HISTORY,
        settings={**FEW, "stage_prior": 0}, as_of="2024-06-30",
    )  # fmt: skip
    chances = stage_chances(View(dataset, Window(dataset.as_of, dataset.as_of)))
    assert chances.to_dict() == pytest.approx({"contact": 2 / 4, "demo": 2 / 3, "offer": 1})
    # o2 closes after the end of June and is open then.
    found = measure(dataset, "weighted_pipeline", JUNE).loc[0]
    assert (found["value"], found["n"]) == (pytest.approx(500 * 2 / 3 + 900 * 1), 2)


def test_velocity_is_the_product_of_its_four_parts(deals):
    found = measure(deals, "sales_velocity", JUNE).loc[0, "value"]
    assert found == pytest.approx(2 * 0.5 * 200 / 55)


def test_stalled_is_longer_than_most_won_deals(deals):
    # o1 has been in its demo for 59 days; w1, the only won deal with one, was for 21.
    assert measure(deals, "stalled_deals", JUNE).loc[0, "value"] == 1


def test_coverage_of_what_is_still_missing(make):
    target = [{"period": "2024-06", "value": 1001.0}]
    dataset = make(
        orders=ORDERS, opportunities=DEALS, targets=target, settings=FEW, as_of="2024-06-30"
    )
    found = measure(dataset, "pipeline_coverage", JUNE).loc[0]
    assert (found["numerator"], found["denominator"]) == (500, 1000)
    met = make(
        orders=ORDERS, opportunities=DEALS, targets=[{"period": "2024-06", "value": 1.0}],
        as_of="2024-06-30",
    )  # fmt: skip
    assert measure(met, "pipeline_coverage", JUNE).loc[0, "reason"] == "already_met"


def test_replies_by_hour(make):
    calls = [
        {"ts": ts, "replied": replied, "type": "call", "opp_id": "o1"}
        for ts, replied in (
            ("2024-06-03 10:15", True), ("2024-06-03 10:45", False), ("2024-06-04 09:05", True),
            ("2024-06-04 09:30", None),
        )
    ]  # fmt: skip
    dataset = make(
        orders=ORDERS, activities=calls, opportunities=DEALS, settings=FEW, as_of="2024-06-30"
    )
    found = measure(dataset, "reply_rate", JUNE, ["weekday", "hour"])
    assert found[["weekday", "hour", "value"]].to_numpy().tolist() == [
        ["1", "10", 0.5],
        ["2", "09", 1],
    ]
    assert measure(dataset, "activities", JUNE).loc[0, "value"] == 4
    # All six deals were open at some time in June.
    assert parts(dataset, "follow_ups_per_deal", JUNE) == (4, 6)
