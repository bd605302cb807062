"""The diagnosis: what it finds behind the symptoms, what it shows, what it publishes."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.sample.company import write_company

from .cells import run

ROOT = Path(__file__).parents[2]
PERIOD = "2024-06"
REGIONS = ("华东", "华南", "中西部", "北方")
# The symptom each planted cause of the sample company lies behind.
PLANTED = {
    "key_customer_lost": "sales",
    "vacancy": "sales",
    "lead_quality": "conversion",
    "price_cut": "margin",
    "complaints_up": "service",
    "overdue_up": "cash",
}
LINES = [f"I{number:02d}" for number in range(1, 36)]


def opened(folder, region="华东", period=PERIOD, **cell):
    return s.open_report("diagnosis", region=region, period=period, data=str(folder), **cell)


@pytest.fixture(scope="session")
def diagnosed(company):
    return {region: run(opened(company, region, language="zh")) for region in (*REGIONS, "all")}


def facts(content, metric, /, **scope):
    return [
        fact
        for fact in content["facts"]
        if fact["metric"] == metric and scope.items() <= fact["scope"].items()
    ]


def supported(review):
    """Give what the data support, by symptom."""
    found = {}
    for each in review.checked:
        if each.diagnosis.verdict == "supported":
            found.setdefault(each.case.symptom.id, []).append(each.hypothesis.id)
    return found


def test_every_section_of_the_sample_company_has_something_to_show(diagnosed):
    for region, (_, content) in diagnosed.items():
        states = {each["id"]: each["status"] for each in content["sections"]}
        assert set(states.values()) == {"ok"}, (region, states)


def test_the_coverage_map_keeps_its_word(diagnosed):
    shown, content = diagnosed["all"]
    lines = tomllib.loads((ROOT / "notebooks" / "coverage.toml").read_text("utf-8"))["diagnosis"]
    assert sorted(lines) == LINES
    sections = {section["id"] for section in content["sections"]}
    metrics = {fact["metric"] for fact in content["facts"]}
    for name, line in lines.items():
        assert shown[line["cell"]], name
        assert line["section"] in sections, name
        assert set(line["facts"]) <= metrics, (name, set(line["facts"]) - metrics)


def test_each_planted_cause_is_supported_and_no_other_hypothesis_of_its_symptom(tmp_path_factory):
    right, asked, wrong = 0, 0, []
    for seed in (3, 20):
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        write_company(folder, seed=seed)
        causes = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["causes"]
        assert {cause["id"] for cause in causes} == set(PLANTED)
        by_region = {region: supported(opened(folder, region)) for region in REGIONS}
        for cause in causes:
            found = by_region[cause["region"]].get(PLANTED[cause["id"]], [])
            asked, right = asked + 1, right + (found == [cause["id"]])
            if found != [cause["id"]]:
                wrong.append((seed, cause["id"], found))
    assert right >= 0.9 * asked, wrong


def test_the_company_is_told_what_lies_behind_in_each_region(company, diagnosed):
    _, content = diagnosed["all"]
    causes = json.loads((company / "truth.json").read_text(encoding="utf-8"))["causes"]
    planted = {(cause["id"], cause["region"]) for cause in causes}
    found = {
        (fact["scope"]["problem"], fact["scope"].get("region", ""))
        for fact in facts(content, "problem")
    }
    assert found == planted


def test_the_first_screen_names_three_things_with_their_worth(diagnosed):
    shown, content = diagnosed["all"]
    sizes = sorted(fact["value"] for fact in facts(content, "problem") if fact["value"])[:3]
    first = shown["first"]
    assert first.split('<ol class="findings">')[1].count("<li") == 3
    language = s.Language.load("zh")
    for size in sizes:
        assert language.money(size, signed=True) in first
    assert "还不知道的" in first


def test_drivers_bridges_and_shares_add_up(diagnosed):
    for _, content in diagnosed.values():
        change = next(
            fact["numerator"]
            for fact in facts(content, "growth_yoy")
            if fact["scope"] == {} and fact["period"] == PERIOD
        )
        drivers = [fact["value"] for fact in facts(content, "driver_effect")]
        assert sum(drivers) == pytest.approx(change, rel=0.01)
        bars = [fact["value"] for fact in facts(content, "bridge", of="net_sales")]
        assert sum(bars) == pytest.approx(change)
        index = [fact["value"] for fact in facts(content, "seasonal_index")]
        assert len(index) == 12
        assert np.mean(index) == pytest.approx(1.0)


def test_what_is_handed_down_adds_up_to_what_is_left(diagnosed):
    for region, (_, content) in diagnosed.items():
        (goal,) = [
            fact["value"]
            for fact in facts(content, "draft_goal", metric="net_sales")
            if "span" not in fact["scope"]
        ]
        done = next(
            fact["value"]
            for fact in facts(content, "net_sales")
            if fact["scope"] == {} and fact["period"] == "2024"
        )
        parts = facts(content, "draft_goal", span="rest_of_year")
        for dimension in ("region", "product_line", "rep"):
            own = [part["value"] for part in parts if dimension in part["scope"]]
            if own:
                assert sum(own) == pytest.approx(goal - done), (region, dimension)


def test_a_region_names_nobody_of_another(company, diagnosed):
    store = open_store(company)
    for region in REGIONS:
        page = "".join(diagnosed[region][0].values()) + json.dumps(
            diagnosed[region][1], ensure_ascii=False
        )
        for other in REGIONS:
            if other == region:
                continue
            assert other not in page, (region, other)
            for table in ("customers", "reps"):
                names = set(store.read(table, other, ["name"])["name"].astype(str))
                own = set(store.read(table, region, ["name"])["name"].astype(str))
                assert not [name for name in names - own if name in page], (region, other)


def test_numbers_have_no_infinity_and_a_missing_one_a_reason(diagnosed):
    for _, content in diagnosed.values():
        json.dumps(content, allow_nan=False)
        for fact in content["facts"]:
            assert fact["value"] is not None or fact["reason"], fact


def test_both_languages_give_the_same_numbers(company, diagnosed):
    _, english = run(opened(company, "华南", language="en"))
    chinese = diagnosed["华南"][1]
    assert [fact["value"] for fact in english["facts"]] == [
        fact["value"] for fact in chinese["facts"]
    ]


@pytest.mark.parametrize("period", ["2024Q2", "2023"])
def test_quarters_and_years_are_diagnosed_too(company, period):
    _, content = run(opened(company, "北方", period, language="en"))
    assert content["period"] == period
    assert "failed" not in {section["status"] for section in content["sections"]}


# Little data ----------------------------------------------------------------------------------


def few_orders(**more):
    days = pd.date_range("2022-01-01", "2024-06-30", freq="3D")
    count = len(days)
    return pd.DataFrame(
        {
            "order_id": [f"O{number}" for number in range(count)],
            "line_no": 1,
            "order_date": days,
            "region": np.where(np.arange(count) % 2 == 0, "East", "West"),
            "amount": 1000.0 + np.arange(count) % 7 * 10,
            **more,
        }
    )


def written(folder, tables):
    write_tables(folder, tables, Company(regions=("East", "West"), country=""))
    return folder


@pytest.mark.parametrize("region", ["East", "all"])
def test_orders_alone_give_a_report_with_one_line_for_each_empty_section(tmp_path, region):
    review = opened(written(tmp_path, {"orders": few_orders()}), region, language="en")
    shown, content = run(review)
    states = {section["id"]: section for section in content["sections"]}
    assert "failed" not in {state["status"] for state in states.values()}, states
    missing = [name for name, state in states.items() if state["status"] == "missing_data"]
    lines = tomllib.loads((ROOT / "notebooks" / "coverage.toml").read_text("utf-8"))["diagnosis"]
    cells = {line["section"]: line["cell"] for line in lines.values()}
    assert {"competition", "potential", "process_goals"} <= set(missing)
    for name in set(missing) & set(cells):
        assert shown[cells[name]].count("<p") == 1, name
    assert facts(content, "net_sales")[0]["value"] > 0
    # What is not there is named on the first screen.
    for table in ("targets", "leads", "opportunities", "receivables", "tickets"):
        assert f"({table})" in shown["first"]


def test_a_short_history_makes_no_claim_of_a_season(tmp_path):
    orders = few_orders()
    orders = orders[orders["order_date"] >= "2023-01-01"]
    review = opened(written(tmp_path, {"orders": orders}), "all", language="en")
    assert "too few to speak of a season" in s.season(review).text()
    assert not [fact for fact in review.lens.facts if fact["metric"] == "seasonal_index"]


def test_a_hypothesis_without_its_table_is_not_testable(tmp_path):
    orders = few_orders()
    orders.loc[orders["order_date"] >= "2024-04-01", "amount"] = 500.0
    review = opened(written(tmp_path, {"orders": orders}), "East", language="en")
    assert "sales_down" in {found.rule for found in review.findings}
    verdicts = {each.hypothesis.id: each.diagnosis for each in review.checked}
    assert verdicts["vacancy"].verdict == "not_testable"
    assert "reps.leave_date" in verdicts["vacancy"].lacks
    page = s.diagnosis_front(review).text()
    assert "Without reps.leave_date these cannot be checked" in page
    assert "No cause supported yet for" in page


def test_what_people_write_takes_the_place_of_the_draft(company, tmp_path):
    settings = tmp_path / "parameters"
    remarks = settings / "remarks" / "华南"
    remarks.mkdir(parents=True)
    (remarks / "2024-06.yaml").write_text("threats: [新进入者低价抢单]\n", encoding="utf-8")
    page = s.competition(opened(company, "华南", settings=str(settings), language="zh")).text()
    assert "新进入者低价抢单" in page
    assert page.count("由数据给出的初稿") <= 3
