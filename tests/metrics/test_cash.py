from __future__ import annotations

import numpy as np
import pytest

from salesnb.metrics.cash import ageing
from salesnb.metrics.measure import measure
from salesnb.metrics.metric import View
from salesnb.period import Period

JUNE = Period.parse("2024-06")
ORDERS = [
    {"order_date": "2023-01-03", "amount": 1.0},
    {"order_date": "2024-06-03", "amount": 400.0},
]
INVOICES = [
    {"invoice_id": "i1", "invoice_date": "2024-04-10", "due_date": "2024-05-10", "amount": 100.0},
    {"invoice_id": "i2", "invoice_date": "2024-05-10", "due_date": "2024-06-10", "amount": 200.0},
    {"invoice_id": "i3", "invoice_date": "2024-06-10", "due_date": "2024-07-10", "amount": 300.0},
]
RECEIPTS = [
    {"invoice_id": "i1", "receipt_date": "2024-06-05", "amount": 40.0},
    {"invoice_id": "i2", "receipt_date": "2024-06-20", "amount": 150.0},
    {"invoice_id": None, "receipt_date": "2024-06-21", "amount": 10.0},
]


@pytest.fixture
def cash(make):
    def made(**settings):
        return make(
            orders=ORDERS, receivables=INVOICES, receipts=RECEIPTS, settings=settings,
            as_of="2024-06-30",
        )  # fmt: skip

    return made


def value(dataset, metric):
    return measure(dataset, metric, JUNE).loc[0, "value"]


def test_three_meanings_of_collection(cash):
    # 200 collected; 200 falls due, 400 sold, 300 owed at the start and 300 billed.
    assert value(cash(), "collection_rate") == 200 / 200
    assert value(cash(collection="sales"), "collection_rate") == 200 / 400
    assert value(cash(collection="balance"), "collection_rate") == 200 / 600


def test_what_is_owed(cash):
    assert value(cash(), "receivable_balance") == 600 - 200
    # i1 60 and i2 50 are late, i3 300 is not; the 10 belong to no invoice.
    assert value(cash(), "overdue_ratio") == 110 / 410
    assert value(cash(overdue_grace_days=30), "overdue_ratio") == 60 / 410


def test_countback_uses_up_whole_months(cash):
    # 400 owed: all 300 of June (30 days) and half of the 200 of May (15.5 of 31 days).
    assert value(cash(), "dso") == pytest.approx(30 + 15.5)


def test_simple_and_invoice_days(cash):
    assert value(cash(dso="simple"), "dso") == 400 / 300 * 30
    days = (40 * 56 + 150 * 41) / 190
    assert value(cash(dso="invoice"), "dso") == pytest.approx(days)


def test_a_balance_older_than_every_invoice_has_no_days(make):
    receipts = [{"invoice_id": "i1", "receipt_date": "2024-06-05", "amount": -50.0}]
    dataset = make(orders=ORDERS, receivables=INVOICES[:1], receipts=receipts, as_of="2024-06-30")
    assert np.isnan(value(dataset, "dso"))


def test_effectiveness_leaves_out_what_is_not_due(cash):
    # (300 + 300 − 400) over (300 + 300 − 300 not yet due).
    assert value(cash(), "collection_effectiveness") == pytest.approx(200 / 300)


def test_ageing_buckets_are_all_that_is_open(cash):
    dataset = cash()
    view = View(dataset, dataset.calendar.window(JUNE))
    found = ageing(view)
    assert found[["low", "high", "value"]].to_numpy().tolist() == [
        [-np.inf, 0, 300], [0, 30, 50], [30, 60, 60],
    ]  # fmt: skip
    assert ageing(View(dataset, view.window, ("customer",)))["value"].sum() == 410
