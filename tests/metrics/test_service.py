from __future__ import annotations

from salesnb.metrics.measure import measure
from salesnb.period import Period

JUNE = Period.parse("2024-06")
ORDERS = [
    {"order_id": f"o{place}", "order_date": day, "customer_id": f"c{place % 2}", "amount": 1.0}
    for place, day in enumerate(("2023-01-03", "2024-06-03", "2024-06-04", "2024-06-05"))
]


def parts(dataset, metric, by=(), **where):
    found = measure(dataset, metric, JUNE, by, where)
    return list(found[["numerator", "denominator"]].itertuples(index=False, name=None))


def test_satisfied_and_promoters(make):
    answers = [
        ("csat", 5),
        ("csat", 4),
        ("csat", 3),
        ("nps", 10),
        ("nps", 9),
        ("nps", 7),
        ("nps", 6),
    ]
    feedback = [{"ts": "2024-06-03", "kind": kind, "score": score} for kind, score in answers]
    dataset = make(orders=ORDERS, feedback=feedback, as_of="2024-06-30")
    assert parts(dataset, "csat") == [(2, 3)]
    assert parts(dataset, "nps") == [(1, 4)]


def test_one_answer_may_name_several_themes(make):
    feedback = [
        {"ts": "2024-06-03", "kind": "theme", "theme": theme}
        for theme in ("price", "price;speed", "speed", None)
    ]
    dataset = make(orders=ORDERS, feedback=feedback, as_of="2024-06-30")
    assert parts(dataset, "theme_share", ["theme"]) == [(2, 3), (2, 3)]
    assert parts(dataset, "theme_share") == [(3, 3)]
    assert parts(dataset, "theme_share", theme="price") == [(2, 3)]


TICKETS = [
    {"opened": "2024-06-03 09:00", "first_response": "2024-06-03 10:00", "sla_hours": 2.0},
    {"opened": "2024-06-03 09:00", "first_response": "2024-06-03 12:00", "sla_hours": 2.0},
    {"opened": "2024-06-03 09:00", "first_response": None, "sla_hours": None},
    {"opened": "2024-06-30 20:00", "first_response": None, "sla_hours": 8.0, "kind": "service"},
    {"opened": "2024-06-30 20:00", "first_response": "2024-06-30 21:00", "sla_hours": 8.0,
     "kind": "service"},
]  # fmt: skip


def test_answers_in_time(make):
    dataset = make(orders=ORDERS, tickets=TICKETS, as_of="2024-06-30")
    # One unanswered past its time is missed; one that still has time is not counted.
    assert parts(dataset, "sla_rate") == [(2, 4)]
    assert parts(dataset, "sla_rate", ["kind"]) == [(1, 3), (1, 1)]


def test_complaints_over_orders_or_customers(make):
    by_order = make(orders=ORDERS, tickets=TICKETS, as_of="2024-06-30")
    assert parts(by_order, "complaint_rate") == [(3, 3)]
    by_customer = make(
        orders=ORDERS, tickets=TICKETS, settings={"complaint_base": "customers"}, as_of="2024-06-30"
    )
    assert parts(by_customer, "complaint_rate") == [(3, 2)]
