from __future__ import annotations

import numpy as np
import pytest

from salesnb.metrics.measure import measure
from salesnb.period import Period


def bought(customer: str, *days: str, amount: float = 100.0, **more):
    return [
        {"order_id": f"{customer}{day}", "customer_id": customer, "order_date": day,
         "amount": amount, **more}
        for day in days
    ]  # fmt: skip


def value(dataset, metric, period, by=(), **where):
    return measure(dataset, metric, Period.parse(period), by, where).loc[0, "value"]


HISTORY = [
    *bought("old", "2022-01-05", "2023-02-01", "2024-02-01"),
    *bought("back", "2022-03-01", "2024-05-06"),
    *bought("new", "2024-05-07", "2024-06-03"),
    *bought("gone", "2022-02-01", "2023-03-01"),
    *bought("once", "2023-05-05"),
]


def test_new_is_the_first_order_ever(make):
    dataset = make(orders=HISTORY, as_of="2024-06-30")
    assert value(dataset, "new_customers", "2024") == 1
    assert value(dataset, "new_customers", "2024-05") == 1
    # A customer who comes back is not new.
    assert value(dataset, "new_customers", "2024-06") == 0
    assert value(dataset, "new_customers", "2023") == 1


def test_who_is_new_cannot_be_known_at_the_start_of_history(make):
    # E14
    dataset = make(orders=HISTORY, as_of="2024-06-30")
    found = measure(dataset, "new_customers", Period.parse("2022")).loc[0]
    assert np.isnan(found["value"])
    assert found["reason"] == "no_history"
    customers = [{"customer_id": "old", "created": "2019-05-01"}]
    known = make(orders=HISTORY, customers=customers, as_of="2024-06-30")
    assert value(known, "new_customers", "2022") == 2


@pytest.mark.parametrize(
    ("state", "share"), [("fiscal_year", 200 / 400), ("month", 100 / 400), ("12_months", 200 / 400)]
)
def test_how_long_a_customer_is_new_is_a_choice(make, state, share):
    dataset = make(orders=HISTORY, settings={"new_customer_state": state}, as_of="2024-06-30")
    assert value(dataset, "new_customer_share", "2024") == share
    assert value(dataset, "existing_customer_share", "2024") == 1 - share


def test_the_two_meanings_of_repurchase(make):
    following = make(orders=HISTORY, as_of="2023-12-31")
    # Of old, back and gone of 2022, old and gone bought in 2023.
    found = measure(following, "repurchase_rate", Period.parse("2023")).loc[0]
    assert (found["numerator"], found["denominator"]) == (2, 3)
    within = make(orders=HISTORY, settings={"repurchase": "within"}, as_of="2024-06-30")
    found = measure(within, "repurchase_rate", Period.parse("2024-06")).loc[0]
    # July 2023 to June 2024: old 1, back 1, new 2 orders.
    assert (found["numerator"], found["denominator"]) == (1, 3)


def test_repurchase_needs_two_spans_of_history(make):
    dataset = make(orders=HISTORY, as_of="2022-12-31")
    assert (
        measure(dataset, "repurchase_rate", Period.parse("2022")).loc[0, "reason"] == "no_history"
    )


def test_a_customer_who_bought_yesterday_is_never_lost(make):
    lines = [
        *bought("lost", "2024-01-10", "2024-02-10"),
        *bought("loyal", "2024-01-10", "2024-02-10", "2024-06-29"),
        *bought("before", "2024-01-02"),
    ]
    dataset = make(orders=lines, settings={"churn_days": 90}, as_of="2024-06-30")
    found = measure(dataset, "churn_rate", Period.parse("2024-05")).loc[0]
    # `before` was lost before May began; the other two are silent for 90 days on 10 May, and
    # nobody knows yet that `loyal` comes back in June.
    assert (found["numerator"], found["denominator"]) == (2, 2)
    june = measure(dataset, "churn_rate", Period.parse("2024-06")).loc[0]
    assert (june["numerator"], june["denominator"]) == (0, 0)
    assert june["reason"] == "zero_denominator"


def test_churn_windows_come_from_the_tier_of_the_customer(make):
    weekly = [f"2023-{month:02d}-{day:02d}" for month in range(1, 11) for day in (1, 8, 15, 22)]
    monthly = [f"202{year}-{month:02d}-05" for year in (1, 2, 3) for month in range(1, 13)]
    lines = [*bought("often", *weekly), *bought("seldom", *monthly)]
    customers = [
        {"customer_id": "often", "tier": "gold"},
        {"customer_id": "seldom", "tier": "plain"},
    ]
    dataset = make(
        orders=lines, customers=customers, settings={"churn_days_low": 5}, as_of="2023-12-31"
    )
    found = measure(dataset, "churn_rate", Period.parse("2023-11"), ["customer_tier"])
    # Silent since 22 October, `often` is lost after ten days; `seldom` has 31 and still buys.
    assert found["customer_tier"].tolist() == ["gold", "plain"]
    assert found["denominator"].tolist() == [1, 1]
    assert found["numerator"].tolist() == [1, 0]


def test_renewal_kept_and_grown(make):
    contracts = [
        {"contract_id": "k1", "start": "2023-01-01", "end": "2023-12-31", "amount": 100.0,
         "renewed_by": "k1b"},
        {"contract_id": "k1b", "start": "2024-01-01", "end": "2024-12-31", "amount": 150.0},
        {"contract_id": "k2", "start": "2023-01-01", "end": "2023-12-31", "amount": 100.0,
         "renewed_by": "k2b"},
        {"contract_id": "k2b", "start": "2024-01-01", "end": "2024-12-31", "amount": 40.0},
        {"contract_id": "k3", "start": "2023-01-01", "end": "2023-12-31", "amount": 300.0},
    ]  # fmt: skip
    dataset = make(orders=HISTORY, contracts=contracts, as_of="2024-06-30")
    assert value(dataset, "renewal_rate", "2023") == 2 / 3
    year, leap = 365 / 365.25, 366 / 365.25
    assert value(dataset, "grr", "2023") == pytest.approx((100 + 40 * year / leap) / 500)
    assert value(dataset, "nrr", "2023") == pytest.approx(190 * year / leap / 500)
    by_amount = make(
        orders=HISTORY, contracts=contracts, as_of="2024-06-30", settings={"renewal_by": "amount"}
    )
    assert value(by_amount, "renewal_rate", "2023") == pytest.approx(200 / 500)
    churn = make(
        orders=HISTORY, contracts=contracts, as_of="2024-06-30", settings={"churn_by": "contract"}
    )
    assert value(churn, "churn_rate", "2023") == 1 / 3


def test_renewal_is_provisional_while_it_may_still_come(make):
    span = {"start": "2023-07-01", "amount": 1.0}
    contracts = [
        {**span, "end": "2024-06-20", "renewed_by": None},
        {**span, "end": "2024-06-01", "renewed_by": "c0"},
    ]
    dataset = make(
        orders=HISTORY, contracts=contracts, as_of="2024-06-30", settings={"n_trials": 0}
    )
    found = measure(dataset, "renewal_rate", Period.parse("2024-06")).loc[0]
    assert (found["value"], found["reason"]) == (0.5, "provisional")


def test_win_back_looks_at_customers_silent_when_contacted(make):
    lines = [
        *bought("a", "2024-01-02", "2024-06-10"),
        *bought("b", "2024-01-02"),
        *bought("c", "2024-05-20", "2024-06-10"),
    ]
    contacts = [
        {"customer_id": name, "ts": "2024-06-03 10:00", "type": "contact-back"} for name in "abc"
    ]
    settings = {"at_risk_days": 60, "win_back_days": 14}
    dataset = make(orders=lines, activities=contacts, settings=settings, as_of="2024-06-30")
    found = measure(dataset, "win_back_rate", Period.parse("2024-06")).loc[0]
    assert (found["numerator"], found["denominator"]) == (1, 2)
    early = make(orders=lines, activities=contacts, settings=settings, as_of="2024-06-09")
    found = measure(early, "win_back_rate", Period.parse("2024-06")).loc[0]
    assert found["reason"] == "immature"


ACCOUNTS = [
    *bought("big", "2023-07-03", "2024-06-03", amount=300.0),
    *bought("mid", "2024-06-04", amount=200.0),
    *bought("small", "2024-06-05", amount=100.0),
    *bought("past", "2022-06-05", amount=900.0),
]


def test_key_accounts_by_twelve_months(make):
    dataset = make(orders=ACCOUNTS, settings={"key_account_amount": 500}, as_of="2024-06-30")
    assert value(dataset, "key_account_share", "2024-06") == 1 / 3
    assert value(dataset, "key_account_revenue_share", "2024-06") == 600 / 900


def test_accounts_that_became_large(make):
    dataset = make(orders=ACCOUNTS, settings={"large_account_amount": 600}, as_of="2024-06-30")
    assert value(dataset, "new_large_accounts", "2024-06") == 1


def test_concentration(make):
    dataset = make(orders=ACCOUNTS, settings={"concentration_top": 1}, as_of="2024-06-30")
    assert value(dataset, "top10_share", "2024-06") == 300 / 600
    assert value(dataset, "hhi", "2024-06") == pytest.approx(1e4 * (9 + 4 + 1) / 36)
    assert value(dataset, "gini", "2024-06") == pytest.approx(2 / 9)


def test_length_of_relationships(make):
    lines = [*bought("a", "2022-07-01", "2024-06-03"), *bought("b", "2023-07-01", "2024-06-03")]
    to_date = make(orders=lines, as_of="2024-06-30")
    # To the first of July 2024: 731 and 366 days.
    month = 365.25 / 12
    expected = (731 + 366) / 2 / month
    assert value(to_date, "relationship_months", "2024-06") == pytest.approx(expected)
    last = make(orders=lines, as_of="2024-06-30", settings={"relationship": "last_order"})
    expected = (703 + 338) / 2 / month
    assert value(last, "relationship_months", "2024-06") == pytest.approx(expected)


def test_lifetime_value_is_margin_a_month_times_months(make):
    lines = [*bought("a", "2022-07-01", "2024-06-03", cost=60.0)]
    dataset = make(orders=lines, as_of="2024-06-30")
    months = 731 / (365.25 / 12)
    assert value(dataset, "clv", "2024-06") == pytest.approx(40 / 12 * months)


def test_leaders_and_referrals_among_new_customers(make):
    customers = [
        {"customer_id": "new", "is_leader": True, "referrer_id": "old"},
        {"customer_id": "fresh", "is_leader": False, "referrer_id": None},
        {"customer_id": "old", "is_leader": True, "referrer_id": None},
    ]
    lines = [*HISTORY, *bought("fresh", "2024-06-04")]
    dataset = make(orders=lines, customers=customers, as_of="2024-06-30")
    assert value(dataset, "leader_share_of_new", "2024") == 1 / 2
    assert value(dataset, "referral_rate", "2024") == 1 / 2
    other = make(
        orders=lines, customers=customers, as_of="2024-06-30", settings={"referral": "customers"}
    )
    # Of old, back, new and fresh, only old referred somebody.
    assert value(other, "referral_rate", "2024") == 1 / 4
