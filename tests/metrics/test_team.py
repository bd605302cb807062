from __future__ import annotations

import numpy as np
import pytest

from salesnb.metrics.measure import measure
from salesnb.metrics.survival import median_wait
from salesnb.period import Period

YEAR, JUNE = Period.parse("2023"), Period.parse("2024-06")
REPS = [
    {"rep_id": "r1", "hire_date": "2020-01-01", "industry_years": 9.0, "role": "manager"},
    {"rep_id": "r2", "hire_date": "2020-01-01", "leave_date": "2023-06-30", "industry_years": 6.0},
    {"rep_id": "r3", "hire_date": "2023-01-01", "industry_years": 1.0, "mentor_id": "r1"},
    {"rep_id": "r4", "hire_date": "2023-01-01", "industry_years": 5.0},
    {"rep_id": "r5", "hire_date": "2023-12-01", "industry_years": None},
]
ORDERS = [
    {"order_id": "o1", "order_date": "2022-01-04", "rep_id": "r1", "amount": 1.0},
    {"order_id": "o2", "order_date": "2023-03-02", "rep_id": "r3", "amount": 1.0},
    {"order_id": "o3", "order_date": "2023-07-02", "rep_id": "r4", "amount": 1.0},
]


@pytest.fixture
def team(make):
    def made(**more):
        return make(orders=ORDERS, reps=REPS, as_of="2023-12-31", **more)

    return made


def parts(dataset, metric, period=YEAR, **where):
    found = measure(dataset, metric, period, (), where).loc[0]
    return found["numerator"], found["denominator"]


def test_turnover_over_average_heads(team):
    left, heads = parts(team(), "staff_turnover")
    assert left == 1
    assert heads == pytest.approx(1 + 181 / 365 + 2 + 31 / 365)
    assert measure(team(), "headcount", YEAR).loc[0, "value"] == 4


def test_seniors_among_those_whose_years_are_known(team):
    assert parts(team(), "senior_share") == (2, 3)
    managers = team(settings={"managing_roles": ["manager"]})
    assert parts(managers, "senior_share") == (1, 1)


def test_pairs(team):
    assert measure(team(), "mentoring_pairs", YEAR).loc[0, "value"] == 1


def test_ramp_counts_who_is_still_waiting(team):
    # r3 sold after 60 days, r4 after 182, r5 has waited for 30 so far.
    found = measure(team(), "ramp_months", YEAR).loc[0]
    assert found["n"] == 3
    assert found["value"] == pytest.approx(60 / (365.25 / 12))
    waits = np.array([60, 182, 30])
    assert median_wait(waits, [True, True, False]) == 60
    assert median_wait(waits, [True, True, True]) == 60


def test_ramp_in_a_region_where_nobody_ever_sold(make):
    orders = [ORDERS[0] | {"region": "South"}, ORDERS[1] | {"region": "East", "rep_id": None}]
    reps = [rep | {"region": "East"} for rep in REPS]
    dataset = make(region="East", orders=orders, reps=reps, as_of="2023-12-31")
    found = measure(dataset, "ramp_months", YEAR).loc[0]
    assert (found["n"], found["reason"]) == (3, "immature")


def test_median_wait_as_published():
    # Freireich's 6-MP arm: median remission 23 weeks (Kalbfleisch and Prentice, table 1.2).
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    censored = {(3, 6), (5, 9), (7, 10), (8, 11), (11, 17), (12, 19), (13, 20), (16, 25),
                (17, 32), (18, 32), (19, 34), (20, 35)}  # fmt: skip
    happened = [(place, week) not in censored for place, week in enumerate(weeks)]
    assert median_wait(weeks, happened) == 23


def test_training(team):
    training = [
        {"session_id": "s1", "rep_id": rep, "date": "2023-05-04", "passed": passed}
        for rep, passed in (("r1", True), ("r2", True), ("r3", False))
    ] + [{"session_id": "s2", "rep_id": "r3", "date": "2023-09-04", "passed": None}]
    dataset = team(training=training)
    # r2 had left, r4 and r5 were not trained.
    assert parts(dataset, "training_coverage") == (2, 4)
    assert parts(dataset, "training_pass_rate") == (2, 3)
    assert measure(dataset, "training_sessions", YEAR).loc[0, "value"] == 2


def test_use_of_the_crm_is_more_than_a_login(team):
    acts = [{"rep_id": "r1", "ts": f"2023-{month:02d}-05"} for month in range(1, 13)]
    acts += [{"rep_id": "r5", "ts": "2023-12-06"}, {"rep_id": "r3", "ts": "2023-12-06"}]
    acts = [{**act, "activity_id": f"a{place}"} for place, act in enumerate(acts)]
    # r1 twelve in twelve months, r5 one in one, r3 one in twelve, r4 none.
    assert parts(team(activities=acts), "crm_adoption") == (2, 4)


def test_skills_weigh_raters_and_level_them(team):
    scores = [
        ("r1", "manager", 4.0),
        ("r3", "manager", 2.0),
        ("r1", "peer", 5.0),
        ("r3", "peer", 4.8),
        ("r1", "self", 9.9),
    ]
    rows = [
        {"rep_id": rep, "period": "2023", "dimension": "pitch", "rater_role": role, "score": score}
        for rep, role, score in scores
    ] + [{"rep_id": "r1", "period": "2023", "dimension": "tool:crm", "rater_role": "peer",
          "score": 1.0}]  # fmt: skip
    plain = team(assessments=rows, settings={"level_raters": False})
    by_rep = measure(plain, "skill_score", YEAR, ["rep"]).set_index("rep")["value"]
    assert by_rep["r1"] == pytest.approx((0.3 * 4 + 0.2 * 5) / 0.5)
    levelled = measure(team(assessments=rows), "skill_score", YEAR, ["rep", "rater_role"])
    wide = levelled.pivot(index="rep", columns="rater_role", values="value")
    # Mild peers and strict managers say the same once levelled.
    assert wide["manager"].tolist() == pytest.approx(wide["peer"].tolist())


def test_actions_done_and_overdue(make):
    actions = [
        {"due": "2024-06-05", "status": "done", "done_date": "2024-06-04"},
        {"due": "2024-06-06", "status": "done", "done_date": "2024-07-04"},
        {"due": "2024-06-07", "status": "open"},
        {"due": "2024-06-08", "status": "cancelled"},
        {"due": "2024-05-08", "status": "doing"},
        {"due": "2024-06-08", "status": "open", "kind": "practice"},
    ]
    dataset = make(orders=ORDERS, actions=actions, as_of="2024-06-30")
    assert parts(dataset, "action_completion", JUNE) == (1, 3)
    # One that was done in July was overdue at the end of June.
    assert measure(dataset, "actions_overdue", JUNE).loc[0, "value"] == 3


def test_commission_by_scope_and_threshold(make):
    lines = [
        {"order_id": f"o{place}", "order_date": "2024-06-03", "rep_id": rep, "product_id": product,
         "amount": amount}
        for place, (rep, product, amount) in enumerate(
            (("r1", "a", 100.0), ("r1", "b", 100.0), ("r3", "b", 50.0), ("r3", "c", 10.0))
        )
    ]  # fmt: skip
    products = [{"product_id": name, "line": name.upper()} for name in "abc"]
    incentives = [
        {"scope": "product_line=A", "rate": 0.01},
        {"scope": "product_line=B", "rate": 0.01},
        {"scope": "product_line=B", "threshold": 100.0, "rate": 0.02},
        {"scope": "", "rate": 0.1},
    ]
    dataset = make(
        orders=[*ORDERS, *lines], products=products, reps=REPS, incentives=incentives,
        as_of="2024-06-30",
    )  # fmt: skip
    assert measure(dataset, "incentive_cost", JUNE).loc[0, "value"] == pytest.approx(
        100 * 0.01 + 100 * 0.02 + 50 * 0.01 + 10 * 0.1
    )
    by_rep = measure(dataset, "incentive_cost", JUNE, ["rep"]).set_index("rep")["value"]
    assert by_rep.to_dict() == pytest.approx({"r1": 3.0, "r3": 1.5})
