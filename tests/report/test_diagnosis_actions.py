"""The diagnosis of process, support, accounts, pay and actions on figures a person can check."""

from math import log

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.errors import ParameterError
from salesnb.report.review import open_report
from salesnb.report.sections.diagnosis_accounts import _together, account_care, contacts
from salesnb.report.sections.diagnosis_actions import action_register, phases
from salesnb.report.sections.diagnosis_effects import _shift, action_effects, student
from salesnb.report.sections.diagnosis_process import process, stage_steps
from salesnb.report.sections.diagnosis_resources import kpi_sheet, means, review_calendar
from salesnb.report.sections.diagnosis_rewards import _rank_link, _schemes, payout
from salesnb.report.sections.diagnosis_risks import risk_map
from salesnb.report.sections.diagnosis_standards import standards
from salesnb.report.sections.diagnosis_support import _hours, support

MONTHS = pd.date_range("2022-07-01", "2024-06-01", freq="MS") + pd.Timedelta(days=27)


def sold(region="East", amounts=None, **columns):
    """Give an order each month."""
    rows = {
        "order_id": [f"{region}{n}" for n in range(len(MONTHS))],
        "order_date": MONTHS,
        "region": region,
        "customer_id": "c1",
        "amount": amounts if amounts is not None else 100.0,
        "status": "counted",
    }
    return pd.DataFrame(rows | columns)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a diagnosis of June 2024 on some tables."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)

    def make(region="all", regions=("East",), **tables):
        company = Company(regions=regions, country="", complete_until="2024-06-30")
        tables = {"orders": sold()} | tables
        write_tables(tmp_path / "data", tables, company)
        return open_report(
            "diagnosis", region=region, period="2024-06", data=str(tmp_path / "data"),
            language="en",
        )  # fmt: skip

    return make


def fact(review, metric, **scope):
    (found,) = [
        one
        for one in review.lens.facts
        if one["metric"] == metric and scope.items() <= one["scope"].items()
    ]
    return found["value"]


# Process ----------------------------------------------------------------------------------------


def deals(before, now):
    """Give closed deals: (won, lost at the second stage, lost at the first) then and lately."""
    rows, history = [], []
    for day, counts in (("2023-06-15", before), ("2024-03-15", now)):
        kinds = ("won", "late", "early")
        for kind, many in zip(kinds, counts, strict=True):
            for _ in range(many):
                name = f"d{len(rows)}"
                rows.append(
                    {
                        "opp_id": name, "created": pd.Timestamp(day) - pd.Timedelta(days=20),
                        "close_date": pd.Timestamp(day), "amount": 50.0, "region": "East",
                        "stage": "offer" if kind != "early" else "talk",
                        "outcome": "won" if kind == "won" else "lost",
                    }
                )  # fmt: skip
                stages = ("talk", "offer") if kind != "early" else ("talk",)
                history += [
                    {
                        "opp_id": name, "stage": stage, "stage_order": place, "region": "East",
                        "entered": pd.Timestamp(day) - pd.Timedelta(days=20 - 10 * place),
                    }
                    for place, stage in enumerate(stages)
                ]  # fmt: skip
    return {"opportunities": pd.DataFrame(rows), "opp_stage_history": pd.DataFrame(history)}


def test_the_bottleneck_is_the_stage_that_loses_more_than_before(opened):
    # Of 100 deals 80 went on from the first stage, and lately 50; half of them on to the end.
    review = opened(**deals((40, 40, 20), (25, 25, 50)))
    steps = stage_steps(review).set_index("stage")
    assert steps.loc["talk", "rate"] == pytest.approx(0.5)
    assert steps.loc["talk", "rate_before"] == pytest.approx(0.8)
    assert steps.loc["talk", "lost"] == pytest.approx(30)
    # Thirty deals more, half of which would have been won, at 50 each.
    assert steps.loc["talk", "size"] == pytest.approx(750)
    assert steps.loc["offer", "lost"] == pytest.approx(0)
    assert "The bottleneck is talk: 50.0% go on, 80.0% in the year before" in process(review).text()


def test_a_loss_within_chance_is_called_so(opened):
    review = opened(**deals((8, 8, 4), (7, 8, 5)))
    assert "may be chance" in process(review).text()


def test_without_a_year_before_no_bottleneck_is_named(opened):
    review = opened(**deals((0, 0, 0), (25, 25, 50)))
    assert "without a benchmark" in process(review).text()


# Support ----------------------------------------------------------------------------------------


def test_hours_without_days_off(opened):
    review = opened()
    rows = pd.DataFrame(
        {
            # Friday evening to Monday morning: the weekend does not count.
            "opened": [pd.Timestamp("2024-06-14 18:00")],
            "first_response": [pd.Timestamp("2024-06-17 08:00")],
        }
    )
    assert _hours(review, rows, "first_response") == pytest.approx(14.0)
    assert _hours(review, rows.assign(first_response=pd.NaT), "first_response") != 0


def test_a_department_that_slows_down_is_named(opened):
    late = pd.date_range("2024-01-03", periods=40, freq="3D")
    early = pd.date_range("2023-02-01", periods=40, freq="3D")
    opened_at = late.append(early)
    wait = [30] * 30 + [1] * 10 + [1] * 40
    tickets = pd.DataFrame(
        {
            "id": [f"t{n}" for n in range(80)], "opened": opened_at, "kind": "internal",
            "department": "Presales", "region": "East", "sla_hours": 24.0,
            "first_response": opened_at + pd.to_timedelta(wait, unit="h"),
        }
    )  # fmt: skip
    review = opened(tickets=tickets)
    text = support(review).text()
    assert "Presales had 40 requests: 25.0% in time" in text
    assert "Presales answered 25.0% in time (Internal), −75.0 pp" in text


# Accounts ---------------------------------------------------------------------------------------


def test_strata_are_weighed_by_mantel_and_haenszel():
    # Differences 0.5 and 0, weights 10 · 10 / 20 = 5 and 30 · 10 / 40 = 7.5.
    gap, low, high = _together([([10, 5], [10, 10]), ([15, 5], [30, 10])])
    assert gap == pytest.approx(0.5 * 5 / 12.5)
    assert low < gap < high


def test_a_valuable_customer_left_alone_is_listed(opened, tmp_path):
    (tmp_path / "parameters" / "standards.yaml").write_text(
        "care:\n  - {tier: strategic, days: 10, standard: call}\n"
    )
    orders = pd.concat([sold(customer_id=name, amounts=200_000.0) for name in ("near", "far")])
    orders = orders.assign(order_id=orders["order_id"] + orders["customer_id"])
    activities = pd.DataFrame(
        {
            "activity_id": ["a", "b"], "rep_id": "r1", "region": "East",
            "customer_id": ["near", "far"], "type": "call",
            "ts": pd.to_datetime(["2024-06-25", "2024-06-01"]),
        }
    )  # fmt: skip
    review = opened(orders=orders.sort_values("order_date"), activities=activities)
    text = account_care(review).text()
    assert "Of 2 customers above the lowest tier 1 are past their contact day" in text
    assert fact(review, "contact_kept", tier="strategic") == 0.5
    assert "far | Strategic" in text


def test_too_few_contacted_customers_are_not_compared(opened):
    activities = pd.DataFrame(
        {
            "activity_id": ["a"], "rep_id": "r1", "region": "East", "customer_id": ["c1"],
            "type": "call", "ts": pd.to_datetime(["2023-11-01"]),
        }
    )  # fmt: skip
    assert "nothing to compare" in contacts(opened(activities=activities)).text()


# Pay --------------------------------------------------------------------------------------------


def test_schemes_cost_what_their_rules_say():
    earned = pd.DataFrame(
        {
            "rep": ["a", "b", "c"],
            "amount": [100.0, 200.0, 50.0],
            "commission": [2.0, 2.0, 1.0],
            "attainment": [0.5, 1.2, float("nan")],
        }
    )
    paid = _schemes(earned)
    assert paid["today"].tolist() == [2, 2, 1]
    # One rate for all costs the same: 5 of 350.
    assert paid["flat"].sum() == pytest.approx(5)
    # 80 % below target; 80 % of the first 1.0 and 150 % of the 0.2 above, over 1.2.
    assert paid["accelerated"].tolist() == pytest.approx([1.6, 2 * (0.8 + 0.3) / 1.2, 1.0])
    assert paid["gated"].tolist() == pytest.approx([0.0, 2.0, 1.0])


def test_pay_that_follows_attainment_has_a_link_of_one():
    pay = pd.Series([1.0, 2, 3, 4, 5], index=list("abcde"))
    assert _rank_link(pay, pay * 10) == pytest.approx(1.0)
    assert _rank_link(pay, -pay) == pytest.approx(-1.0)
    assert _rank_link(pay[:4], pay[:4]) != 1.0


def test_payout_on_history(opened):
    incentives = pd.DataFrame({"scope": ["product_line=A"], "tier": [""], "rate": [0.02]})
    products = pd.DataFrame({"product_id": ["p"], "name": ["P"], "line": ["A"]})
    review = opened(
        orders=sold(rep_id="r1", product_id="p"), incentives=incentives, products=products
    )
    payout(review)
    # Four quarters of three orders of 100, at 2 %.
    assert fact(review, "payout_cost", scheme="today") == pytest.approx(24.0)


# Actions ----------------------------------------------------------------------------------------


def action(**columns):
    rows = {
        "action_id": "x1", "title": "Open an office", "owner": "r1", "region": "East",
        "start": pd.Timestamp("2023-12-04"), "due": pd.Timestamp("2024-01-31"),
        "done_date": pd.Timestamp("2024-01-31"), "status": "done", "kpi": "net_sales",
        "phase": 1, "baseline": 1.0, "target": 2.0, "budget": 10.0,
    }  # fmt: skip
    return pd.DataFrame([rows | columns])


def test_the_quantile_of_student():
    assert student(10) == pytest.approx(2.228, rel=0.002)
    assert student(4) == pytest.approx(2.776, rel=0.01)
    assert student(10_000) == pytest.approx(1.960, rel=0.001)


def test_a_change_of_level_has_limits_from_single_months():
    low, change, high = _shift(pd.Series([1.0, 3.0, 2.0]), pd.Series([5.0, 7.0, 6.0]))
    assert change == 4.0
    # Standard deviation 1 in both, so √(1/3 + 1/3) times t with four degrees of freedom.
    assert high - change == pytest.approx(2.776 * (2 / 3) ** 0.5, rel=0.01)
    assert low == pytest.approx(2 * change - high)


def steady(lift):
    """Give sales that sway a little, from February 2024 on by so many times as much."""
    sway = [100.0 + 2 * (n % 3) for n in range(len(MONTHS))]
    return [
        amount * (lift if day >= pd.Timestamp("2024-02-01") else 1)
        for amount, day in zip(sway, MONTHS, strict=True)
    ]


def test_an_action_is_kept_when_its_region_gained_on_the_others(opened):
    orders = pd.concat([sold("East", steady(1.5)), sold("West", steady(1.0))])
    review = opened(
        regions=("East", "West"), orders=orders.sort_values("order_date"), actions=action()
    )
    text = action_effects(review).text()
    assert "keep 1, adjust 0, stop 0" in text
    assert fact(review, "action_effect", action="x1") == pytest.approx(1.5, rel=0.03)


def test_what_all_regions_gained_is_no_effect(opened):
    orders = pd.concat([sold("East", steady(1.5)), sold("West", steady(1.5))])
    review = opened(
        regions=("East", "West"), orders=orders.sort_values("order_date"), actions=action()
    )
    action_effects(review)
    assert log(fact(review, "action_effect", action="x1")) == pytest.approx(0.0, abs=0.03)


def test_in_a_regions_report_nothing_is_claimed(opened):
    orders = pd.concat([sold("East", steady(1.5)), sold("West", steady(1.0))])
    review = opened(
        region="East", regions=("East", "West"), orders=orders.sort_values("order_date"),
        actions=action(),
    )  # fmt: skip
    assert "nothing to compare" in action_effects(review).text()


def test_an_action_just_finished_is_too_young(opened):
    young = action(done_date=pd.Timestamp("2024-05-20"), due=pd.Timestamp("2024-05-20"))
    assert "too early" in action_effects(opened(actions=young)).text()


def test_two_actions_on_one_measure_cannot_be_told_apart(opened):
    orders = pd.concat([sold("East", steady(1.5)), sold("West", steady(1.0))])
    actions = pd.concat([action(), action(action_id="x2", title="Cut prices")])
    review = opened(
        regions=("East", "West"), orders=orders.sort_values("order_date"), actions=actions
    )
    assert "moved, not alone" in action_effects(review).text()


def test_phases_that_overlap_or_lack_a_date_are_said(opened):
    actions = pd.concat(
        [
            action(start=pd.Timestamp("2024-01-02")),
            action(action_id="x2", title="Train", phase=2, start=pd.Timestamp("2024-01-15"),
                   due=pd.Timestamp("2024-09-30"), status="doing", done_date=pd.NaT,
                   target=None),
            action(action_id="x3", title="Hire", phase=2, start=pd.NaT, status="open",
                   due=pd.Timestamp("2024-09-30"), done_date=pd.NaT, target=None),
        ]
    )  # fmt: skip
    text = phases(opened(actions=actions)).text()
    assert "Phase 1 ends on 31 Jan 2024 but Phase 2 starts on 15 Jan 2024: they overlap." in text
    assert "Hire has no start." in text
    assert "Phase 2 has nothing measurable to leave it by." in text


def test_what_an_action_lacks_is_named(opened):
    open_ = action(status="open", done_date=pd.NaT, due=pd.Timestamp("2024-07-31"), target=None)
    text = action_register(opened(actions=open_)).text()
    assert "open ones: 1, of which incomplete: 1" in text
    assert "| target" in text


# Means, measures, meetings, risks ----------------------------------------------------------------


def test_budgets_by_what_became_of_them(opened):
    actions = pd.concat(
        [
            action(),
            action(action_id="x2", status="open", due=pd.Timestamp("2024-09-30"), budget=5.0),
        ]
    )
    assert (
        "Budget of this year's actions: ¥15, of which done ¥10"
        in means(opened(actions=actions)).text()
    )


def test_measures_have_a_light(opened):
    targets = pd.DataFrame(
        {"metric": "net_sales", "scope": "", "period": ["2024-06"], "value": [120.0], "bound": "≥",
         "owner": "Boss"}
    )  # fmt: skip
    text = kpi_sheet(opened(targets=targets)).text()
    assert "Net sales | ¥100 | ≥¥120" in text
    assert "amber | Boss | monthly" in text


def test_reviews_fall_on_working_days(opened, tmp_path):
    (tmp_path / "parameters" / "standards.yaml").write_text(
        "reviews:\n  - {every: month, workday: 5, report: monthly_review, who: managers}\n"
    )
    text = review_calendar(opened()).text()
    # Monday 1 July is the first working day after June.
    assert (
        "5 Jul 2024 | Monthly review, Jun 2024 | managers | salesnb batch --period 2024-06" in text
    )


def test_a_risk_whose_trigger_left_its_range_is_called(opened):
    risks = pd.DataFrame(
        {
            "risk_id": ["f1", "f2"], "description": ["Sales fall", "Rain"], "region": "East",
            "probability": [3, 1], "impact": [4, 1], "trigger_metric": ["net_sales", "weather"],
            "response": ["call everybody", "umbrella"], "owner": "r1",
        }
    )  # fmt: skip
    sway = [100.0 + n % 3 for n in range(len(MONTHS))]
    text = risk_map(opened(orders=sold(amounts=[*sway[:-1], 10.0]), risks=risks)).text()
    assert "Risks on record: 2; high ones (likelihood × impact of 12 or more): 1." in text
    assert "The trigger of “Sales fall” has left its usual range (Net sales ¥10)" in text
    assert "2. Rain" in text


def test_a_standard_that_lacks_a_key_is_named(opened, tmp_path):
    (tmp_path / "parameters" / "standards.yaml").write_text(
        "reviews:\n  - {every: month, report: monthly_review}\n"
    )
    with pytest.raises(ParameterError, match=r"reviews\[1\] lacks `workday`"):
        standards(opened(), "reviews")
