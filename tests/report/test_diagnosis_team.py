"""The diagnosis of people: who differs from peers, what raters and surveys say."""

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.report.review import open_report
from salesnb.report.sections.diagnosis_coaching import coaching, largest_gaps
from salesnb.report.sections.diagnosis_peers import known, people, standings
from salesnb.report.sections.diagnosis_ratings import climate, ratings
from salesnb.report.sections.diagnosis_support import tools
from salesnb.report.sections.diagnosis_team import best_practice, scorecards
from salesnb.report.sections.diagnosis_training import mentoring, skill_gaps

MONTHS = pd.date_range("2023-01-01", "2024-06-01", freq="MS") + pd.Timedelta(days=27)


def staff(count, **columns):
    rows = {
        "rep_id": [f"r{n}" for n in range(1, count + 1)],
        "name": [f"Person {n}" for n in range(1, count + 1)],
        "region": "East",
        "role": "seller",
        "hire_date": pd.Timestamp("2020-01-06"),
    }
    return pd.DataFrame(rows | columns)


def sold(amounts):
    """Give an order a month for each person, the amount swaying by a tenth."""
    rows = [
        {"rep_id": rep, "order_date": day, "amount": amount * (1 + 0.1 * (-1) ** (place + turn))}
        for turn, (rep, amount) in enumerate(amounts.items())
        for place, day in enumerate(MONTHS)
    ]
    frame = pd.DataFrame(rows).sort_values("order_date", ignore_index=True)
    return frame.assign(
        order_id=[str(n) for n in range(len(frame))], region="East", customer_id="c1",
        status="counted",
    )  # fmt: skip


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a diagnosis of June 2024 on some tables."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)

    def make(**tables):
        company = Company(regions=("East",), country="", complete_until="2024-06-30")
        write_tables(tmp_path / "data", tables, company)
        return open_report(
            "diagnosis", region="East", period="2024-06", data=str(tmp_path / "data"),
            language="en",
        )  # fmt: skip

    return make


ALIKE = {f"r{n}": 100.0 for n in range(1, 6)}


def test_only_who_really_sells_more_stands_out(opened):
    review = opened(reps=staff(6), orders=sold(ALIKE | {"r6": 200.0}))
    held = standings(review)
    sales = held[held["indicator"] == "net_sales"].set_index("rep")
    assert sales.index[sales["differs"]].tolist() == ["r6"]
    assert sales.loc["r6", "value"] == pytest.approx(200.0)
    assert sales.loc["r6", "place"] == 1.0
    text = scorecards(review).text()
    assert "tell people apart: Sales a month, Order value" in text
    assert "1 of 6" in text


def test_people_who_differ_by_chance_are_not_ranked(opened):
    review = opened(reps=staff(5), orders=sold(ALIKE))
    assert "are not ranked" in scorecards(review).text()
    assert "too close to rank" in scorecards(review).text()
    assert "Nobody is below the peers." in coaching(review).text()


def test_below_five_people_nobody_is_judged(opened):
    review = opened(reps=staff(4), orders=sold({"r1": 1.0, "r2": 9.0, "r3": 5.0, "r4": 50.0}))
    assert standings(review)["gap"].isna().all()
    for shown in (scorecards(review), coaching(review), best_practice(review)):
        assert shown.text() == "Fewer than 5 people can be compared, so nobody is judged or ranked."


def test_a_post_that_only_stands_in_is_no_peer(opened):
    reps = staff(6, role=["seller"] * 5 + ["manager"])
    review = opened(reps=reps, orders=sold(ALIKE | {"r6": 1.0}))
    assert "r6" not in people(review)["rep"]


def test_a_newcomer_is_measured_by_full_months_and_not_judged(opened):
    hired = [pd.Timestamp("2020-01-06")] * 5 + [pd.Timestamp("2024-05-01")]
    orders = sold(ALIKE | {"r6": 100.0})
    orders = orders[(orders["rep_id"] != "r6") | (orders["order_date"] >= "2024-05-01")]
    review = opened(reps=staff(6, hire_date=hired), orders=orders.reset_index(drop=True))
    team = people(review)
    assert team.loc["r6", "there"] == pytest.approx(2.0)
    # A first deal within a month: two months to full pace, of which a quarter and three quarters.
    assert team.loc["r6", "effective"] == pytest.approx(1.0)
    mine = known(review).set_index(["indicator", "rep"]).loc[("net_sales", "r6")]
    assert mine["few"]
    assert mine["value"] == pytest.approx(100.0)


def test_coaching_names_the_largest_gap_first(opened):
    review = opened(reps=staff(6), orders=sold(ALIKE | {"r6": 40.0}))
    gaps = largest_gaps(review)
    assert set(gaps["rep"]) == {"r6"}
    assert gaps["size"].is_monotonic_increasing
    assert "People judged: 6; with a gap beyond chance: 1." in coaching(review).text()


def test_people_can_stand_under_a_number(tmp_path, opened):
    (tmp_path / "parameters" / "common.yaml").write_text("anonymise_people: true\n")
    review = opened(reps=staff(6), orders=sold(ALIKE | {"r6": 40.0}))
    text = scorecards(review).text() + coaching(review).text()
    assert "#6" in text
    assert "Person" not in text


# What people think ------------------------------------------------------------------------------


def scored(bias, people=5, odd=None):
    """Give six skills by data, manager and peer; the manager's scores moved by `bias`."""
    moved = {"data": 0.0, "manager": bias, "peer": 0.0}
    return pd.DataFrame(
        [
            {
                "rep_id": f"r{who}",
                "period": "2024Q2",
                "dimension": f"skill {skill}",
                "rater_role": role,
                "score": 60.0 + 5 * who + skill % 2 + moved[role]
                + (20 + skill if (f"r{who}", role) == odd else 0),
            }
            for who in range(1, people + 1)
            for skill in range(6)
            for role in moved
        ]
    )  # fmt: skip


def test_a_strict_rater_costs_nobody_points(opened):
    orders = sold(ALIKE)
    strict = opened(reps=staff(5), orders=orders, assessments=scored(-10.0))
    text = ratings(strict).text()
    assert "Managers strictest, 10.0 points apart" in text
    assert "no person is seen clearly differently" in text
    bias = {f["scope"]["rater_role"]: f["value"] for f in strict.lens.facts
            if f["metric"] == "rater_bias"}  # fmt: skip
    assert bias["manager"] == pytest.approx(-20 / 3)
    assert bias["data"] == bias["peer"] == pytest.approx(10 / 3)


def test_raters_who_see_one_person_differently_are_named(opened):
    rows = scored(0.0, people=8, odd=("r3", "peer"))
    review = opened(reps=staff(8), orders=sold(ALIKE), assessments=rows)
    assert "raters still disagree on Person 3 (1)" in ratings(review).text()


def surveyed(count, period="2024Q2", score=70.0):
    return pd.DataFrame(
        {
            "rep_id": [f"r{n}" for n in range(1, count + 1)],
            "period": period,
            "dimension": "climate:trust",
            "rater_role": "self",
            "score": [score + n for n in range(count)],
        }
    )


def test_four_answers_are_not_shown_and_five_are(opened):
    four = opened(reps=staff(5), orders=sold(ALIKE), assessments=surveyed(4))
    assert climate(four).text() == "Fewer than 5 answers: not shown, to keep them anonymous."
    five = opened(reps=staff(5), orders=sold(ALIKE), assessments=surveyed(5))
    text = climate(five).text()
    assert "The climate scores 72.0 points (answers: 5)." in text
    assert "100.0%" in text


def test_a_skill_gap_is_answered_by_the_training_of_the_standards(opened, tmp_path):
    (tmp_path / "parameters" / "standards.yaml").write_text(
        "training:\n  - {skills: [skill 1], topics: [Pitching]}\n"
    )
    training = pd.DataFrame(
        {
            "session_id": "t1", "rep_id": ["r2", "r3"], "date": pd.Timestamp("2024-03-04"),
            "topic": "Pitching",
        }
    )  # fmt: skip
    review = opened(
        reps=staff(5), orders=sold(ALIKE), assessments=scored(0.0), training=training
    )  # fmt: skip
    text = skill_gaps(review).text()
    # 65 and 70 lie five points and more below the mean of 75; of the two only r2 was trained.
    assert "skill 1 | 76 | 2 | Pitching | 1 | Person 1, Person 2" in text
    assert "skill 0 | 75 | 2 | none yet | — | Person 1, Person 2" in text


def test_with_few_pairs_mentors_are_not_judged(opened):
    hired = [pd.Timestamp("2020-01-06")] * 5 + [pd.Timestamp("2023-01-02")]
    reps = staff(6, hire_date=hired, mentor_id=[None] * 5 + ["r1"])
    text = mentoring(opened(reps=reps, orders=sold(ALIKE | {"r6": 9.0}))).text()
    assert "with a mentor: 1, without: 0; with fewer than 5" in text
    assert "Person 6 | Person 1 | 2 Jan 2023 | 0.9" in text


def test_tools_are_set_by_effect_and_ease(opened):
    scores = {
        "tool:CRM": 80.0,
        "tool:CRM:ease": 50.0,
        "tool:Quotes": 60.0,
        "tool:Quotes:ease": 70.0,
    }
    rows = pd.DataFrame(
        [
            {"rep_id": f"r{n}", "period": "2024Q2", "dimension": name, "rater_role": "self",
             "score": score}
            for n in range(1, 6)
            for name, score in scores.items()
        ]
    )  # fmt: skip
    text = tools(opened(reps=staff(5), orders=sold(ALIKE), assessments=rows)).text()
    assert "The tool rated lowest is Quotes, 60.0 points (answers: 5)." in text
    assert "The hardest to use is CRM, 50.0 points for ease." in text
    assert "CRM | 80 | 50" in text
