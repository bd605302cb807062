"""The second half of a year's report: figures a person can check, on companies of a few rows."""

import json
import re

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, write_tables
from salesnb.report.facts import SCHEMA
from salesnb.report.sections.yearly_gaps import rate_against_goal
from salesnb.report.sections.yearly_senior import senior_needed
from small_company import REGIONS, leads, orders, reps, targets

SECTIONS = (
    "yearly_tiers", "yearly_win_back", "yearly_channels", "yearly_hours", "yearly_forecast",
    "yearly_lead_gap", "yearly_voice", "yearly_actions", "yearly_conversion", "yearly_region",
    "yearly_senior", "yearly_scores", "yearly_plan", "yearly_initiatives", "yearly_commission",
    "yearly_awards", "other_reports",
)  # fmt: skip


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Give a function that opens the report of a year on some tables, in a project of its own."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)

    def open_(tables, region="all", period="2023", language="en", settings="", **company):
        (tmp_path / "parameters" / "common.yaml").write_text(settings)
        data = tmp_path / "data"
        write_tables(data, tables, Company(regions=REGIONS, country="", **company))
        return s.open_report(
            "annual_summary", region=region, period=period, language=language, data=str(data)
        )

    return open_


def usual(growth=0.2, attained=0.8, converted=2):
    lines = orders(growth, 12)
    return {
        "orders": lines, "targets": targets(lines, attained), "leads": leads(20, converted),
        "reps": reps(),
    }  # fmt: skip


def facts(review, metric):
    """Give scope → value of a metric's facts."""
    return {
        tuple(sorted(fact["scope"].items())): fact["value"]
        for fact in review.lens.facts
        if fact["metric"] == metric
    }


@pytest.mark.parametrize(
    ("hits", "n", "word"),
    [
        (36, 300, "unclear"),
        (271, 2224, "short"),
        (50, 300, "met"),
        (0, 20, "few"),
        (0, 99, "short"),
    ],
)
def test_a_rate_misses_its_goal_only_by_more_than_chance(hits, n, word):
    assert rate_against_goal(hits, n, 0.15, 30).word == word


@pytest.mark.parametrize(
    ("have", "heads", "goal", "needed"),
    [(8, 53, 0.2, (3, 4)), (2, 10, 0.2, (0, 0)), (0, 4, 0.5, (2, 4)), (5, 10, 0.2, (0, 0))],
)
def test_promotions_and_hires_that_bring_a_share(have, heads, goal, needed):
    grown, hired = senior_needed(have, heads, goal)
    assert (grown, hired) == needed
    assert (have + grown) / heads >= goal
    assert (have + hired) / (heads + hired) >= goal


@pytest.mark.parametrize("region", ["all", *REGIONS])
def test_no_section_fails_and_a_region_reads_of_no_other(opened, region):
    review = opened(usual(), region)
    shown = "".join(str(getattr(s, name)(review).html()) for name in SECTIONS)
    states = {name: review.sections[name]["status"] for name in SECTIONS}
    assert "failed" not in states.values()
    if region != "all":
        (other,) = set(REGIONS) - {region}
        assert other not in shown
        hidden = {"East": ("Ben", "Dot"), "West": ("Ann", "Cas")}[region]
        assert not [name for name in hidden if re.search(rf"\b{name}\b", shown)]


def test_parts_of_the_gap_sum_to_it(opened):
    review = opened(usual(converted=2))
    s.yearly_conversion(review)
    gaps = facts(review, "conversion_gap")
    # 18 of 180 ripe leads against 15 %.
    assert gaps[()] == pytest.approx(0.10 - 0.15)
    for dimension in ("channel", "tenure"):
        parts = [value for scope, value in gaps.items() if dict(scope).get(dimension)]
        assert sum(parts) == pytest.approx(gaps[()])


def test_contacted_customers_beside_those_left_alone(opened):
    # Everybody buys in January and February; c0 and c1 are called in May, c0 and c2 come back.
    days = ["2023-01-10", "2023-02-10"]
    bought = [(f"c{n}", day) for n in range(4) for day in days]
    bought += [("c0", "2023-06-01"), ("c2", "2023-06-01"), ("c4", "2023-12-29")]
    lines = pd.DataFrame(bought, columns=["customer_id", "order_date"])
    lines = lines.assign(
        order_id=[f"o{n}" for n in range(len(lines))], region="East", amount=100.0,
        status="counted", order_date=pd.to_datetime(lines["order_date"]),
    )  # fmt: skip
    calls = pd.DataFrame(
        {
            "activity_id": ["a0", "a1"], "customer_id": ["c0", "c1"], "region": "East",
            "rep_id": "r0",
            "ts": pd.to_datetime(["2023-05-01", "2023-05-02"]), "type": "contact-back",
        }
    )  # fmt: skip
    review = opened({"orders": lines, "activities": calls}, settings="at_risk_days: 30\n")
    s.yearly_win_back(review)
    assert review.lens.value("win_back_rate").value == 0.5
    assert facts(review, "win_back_untreated") == {(): 0.5}
    assert facts(review, "win_back_difference") == {(): 0.0}


def test_a_draft_adds_up_and_is_checked(opened):
    review = opened(usual())
    s.yearly_plan(review)
    goals = facts(review, "target_draft")
    whole = goals[()]
    assert whole > 0
    parts = [value for scope, value in goals.items() if dict(scope).get("region")]
    assert sum(parts) == pytest.approx(whole)
    found = facts(review, "draft_findings")
    assert found[(("severity", "passed"),)] > 0


def test_awards_go_to_those_who_were_there_and_met_their_target(opened):
    lines = orders(0.0, 8)
    # r3 sells most but came during the year; r2 came in 2021.
    lines.loc[lines["rep_id"] == "r3", "amount"] *= 3
    review = opened({"orders": lines, "reps": reps()})
    text = s.yearly_awards(review).text()
    champion = next(line for line in text.splitlines() if line.startswith("Sales champion"))
    assert "Cas" in champion
    newcomer = next(line for line in text.splitlines() if line.startswith("Best newcomer"))
    assert "Dot" in newcomer


def test_commission_costs_points_times_sales(opened):
    review = opened({"orders": orders(0.0, 8)})
    s.yearly_commission(review, 0.02)
    sales = review.lens.value("net_sales").value
    (cost,) = facts(review, "commission_cost").values()
    assert cost == pytest.approx(0.02 * sales)


def register(**more):
    return pd.DataFrame(
        {
            "action_id": ["x1", "x2", "x3"], "title": ["Visit", "Call", "Later"],
            "owner": ["r0", "r1", "r0"], "region": ["East", "West", "East"],
            "start": pd.to_datetime(["2023-04-03", "2023-05-01", "2024-02-01"]),
            "due": pd.to_datetime(["2023-05-31", "2023-06-30", "2024-03-31"]),
            "done_date": pd.to_datetime(["2023-06-05", None, None]),
            "status": ["done", "doing", "open"], "kpi": ["net_sales", "net_sales", "net_sales"],
        }
        | more
    )  # fmt: skip


def test_the_years_actions_and_what_followed(opened):
    lines = orders(0.0, 12)
    # East sells a tenth more from July 2023 on, West as before, both with the same noise.
    later = (lines["order_date"] >= "2023-07-01") & (lines["region"] == "East")
    lines.loc[later, "amount"] *= 1.1
    noise = lines["order_date"].dt.month % 3 / 100
    lines.loc[lines["region"] == "East", "amount"] *= 1 + noise
    review = opened({"orders": lines, "reps": reps(), "actions": register()})
    s.yearly_actions(review)
    assert facts(review, "actions_of_year") == {(): 2}
    assert facts(review, "actions_done_late") == {(): 1}
    assert facts(review, "actions_of_year_overdue") == {(): 1}
    effects = facts(review, "action_effect")
    assert effects[(("action", "x1"),)] == pytest.approx(0.1, abs=0.02)
    assert effects[(("action", "x2"),)] is None


def left(folder, period, notebook, as_of, **content):
    path = folder / "outputs" / period / notebook / "all.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    base = {"schema": SCHEMA, "notebook": notebook, "period": period, "as_of": as_of}
    path.write_text(json.dumps(base | {"facts": [], "findings": [], "actions": []} | content))


def test_what_other_reports_foresaw_is_held_against_what_came(opened, tmp_path):
    review = opened(usual())
    assert "None of the reports" in s.other_reports(review).text()
    came = review.lens.value("net_sales").value
    whole = {"metric": "forecast_year", "scope": {}, "period": "2023", "value": came / 1.25}
    left(tmp_path, "2022", "annual_summary", "2022-12-31", facts=[whole])
    finding = {"rule": "x", "severity": "bad", "scope": {}, "text": "Too few leads."}
    action = {"title": "Visit", "kpi": "net_sales", "due": "2023-06-30"}
    left(tmp_path, "2023-05", "monthly_review", "2023-05-31", findings=[finding], actions=[action])
    left(tmp_path, "2023-06", "monthly_review", "2023-06-30", findings=[finding], actions=[action])
    # Knows as much as this report: made beside it, not before it.
    left(tmp_path, "2023", "goal_decomposition", "2023-12-31", facts=[whole])
    review = opened(usual() | {"actions": register()})
    text = s.other_reports(review).text()
    assert facts(review, "earlier_reports") == {(): 3}
    ((_, off),) = facts(review, "foreseen_off").items()
    assert off == pytest.approx(0.25)
    assert "Too few leads. | 2 |" in text
    assert "Visit" in text
    assert "Monthly review (10 of them)" in text


def test_every_hour_counts_once_and_few_are_no_best_time(opened):
    calls = pd.DataFrame(
        [
            {
                "activity_id": f"a{n}", "customer_id": "c0", "region": "East", "rep_id": "r0",
                "ts": pd.Timestamp("2023-05-01 10:00") + pd.Timedelta(hours=24 * (n % 5)),
                "type": "call", "replied": n % 5 == 0,
            }
            for n in range(300)
        ]
    )  # fmt: skip
    review = opened({"orders": orders(0.0, 3), "activities": calls})
    text = s.yearly_hours(review).text()
    assert "Customers answer best on Monday, 10–12 h: 100.0% of 60 contacts" in text
    few = opened({"orders": orders(0.0, 3), "activities": calls.head(40)})
    assert "No time of the week has 30 contacts" in s.yearly_hours(few).text()
