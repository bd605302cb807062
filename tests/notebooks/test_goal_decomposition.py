"""The decomposition of goals: what it shows, what adds up, what a region may read."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import salesnb as s
from salesnb.cli import main
from salesnb.data.store import Company, open_store, write_tables

from .cells import code_cells, run

ROOT = Path(__file__).parents[2]
YEAR = "2024"
REGIONS = ("华东", "华南", "中西部", "北方")


def opened(folder, region, **cell):
    return s.open_report("goal_decomposition", region=region, period=YEAR, data=str(folder), **cell)


@pytest.fixture(scope="module")
def reviewed(company):
    return {region: run(opened(company, region, language="zh")) for region in (*REGIONS, "all")}


def facts(content, metric, *names):
    """Give a metric's facts of the year whose scope has just these dimensions."""
    return [
        fact
        for fact in content["facts"]
        if fact["metric"] == metric and fact["period"] == YEAR and set(fact["scope"]) == set(names)
    ]


def one(content, metric):
    (fact,) = facts(content, metric)
    return fact["value"]


def test_every_section_of_the_sample_company_has_something_to_show(reviewed):
    for region, (_, content) in reviewed.items():
        lacking = [each for each in content["sections"] if each["status"] != "ok"]
        assert (region, content["status"], lacking) == (region, "ok", [])


def test_the_coverage_map_keeps_its_word(reviewed):
    shown, content = reviewed["all"]
    lines = tomllib.loads((ROOT / "notebooks" / "coverage.toml").read_text("utf-8"))
    mine = lines["goal_decomposition"]
    assert sorted(mine) == [f"D{number:02d}" for number in range(1, 32)]
    sections = {section["id"] for section in content["sections"]}
    metrics = {fact["metric"] for fact in content["facts"]}
    for name, line in mine.items():
        assert shown[line["cell"]], name
        assert line["section"] in sections, name
        assert set(line["facts"]) <= metrics, (name, set(line["facts"]) - metrics)


def test_personal_targets_add_up_to_the_region_and_regions_to_the_company(reviewed):
    regions = 0.0
    for region in REGIONS:
        content = reviewed[region][1]
        people = facts(content, "personal_target", "region", "rep")
        assert people
        assert all(fact["scope"]["region"] == region for fact in people)
        total = one(content, "target")
        assert sum(fact["value"] for fact in people) == pytest.approx(total)
        regions += total
    company = reviewed["all"][1]
    assert regions == pytest.approx(one(company, "target"))
    everybody = facts(company, "personal_target", "region", "rep")
    assert sum(fact["value"] for fact in everybody) == pytest.approx(regions)


def test_regions_add_up_to_the_company(reviewed):
    for metric in ("net_sales", "new_customers"):
        parts = [one(reviewed[region][1], metric) for region in REGIONS]
        assert sum(parts) == pytest.approx(one(reviewed["all"][1], metric))


def test_the_fitted_table_meets_both_sets_of_targets(reviewed):
    content = reviewed["all"][1]
    cells = facts(content, "target_fitted", "region", "product_line")
    for name in ("region", "product_line"):
        goals = {fact["scope"][name]: fact["value"] for fact in facts(content, "target", name)}
        sums = {
            value: sum(cell["value"] for cell in cells if cell["scope"][name] == value)
            for value in goals
        }
        assert sums == pytest.approx(goals)


def test_the_plan_is_held_against_the_data_as_the_command_does(reviewed, company, capsys):
    plan = ROOT / "parameters" / "plan_2024.yaml"
    assert main(["check", str(plan), "--data", str(company), "--json"]) == 1
    counts = json.loads(capsys.readouterr().out)["counts"]
    told = {
        fact["scope"]["severity"]: fact["value"]
        for fact in facts(reviewed["all"][1], "plan_findings", "severity")
    }
    assert told == counts


def test_the_plan_check_comes_first_with_its_arithmetic(reviewed):
    # After what is said of every report, before anything the plan says.
    assert (
        next(
            name for name in code_cells("goal_decomposition") if name not in ("headline", "changes")
        )
        == "check"
    )
    shown = reviewed["all"][0]["check"]
    assert "40% + 35% + 30% = 105% ≠ 100%" in shown
    assert "华东 → +5.83%" in shown


def test_both_languages_give_the_same_numbers(company, reviewed):
    english = run(opened(company, "北方", language="en"))[1]
    chinese = reviewed["北方"][1]

    def numbers(content):
        return [fact["value"] for fact in content["facts"]]

    assert numbers(english) == numbers(chinese)


def test_a_region_names_nobody_of_another(company, reviewed):
    store = open_store(company)
    for region in REGIONS:
        page = "".join(reviewed[region][0].values()) + json.dumps(
            reviewed[region][1], ensure_ascii=False
        )
        for other in (name for name in REGIONS if name != region):
            for table in ("customers", "reps"):
                names = set(store.read(table, other, ["name"])["name"].astype(str))
                own = set(store.read(table, region, ["name"])["name"].astype(str))
                assert not [name for name in names - own if name in page], (region, other)


def test_numbers_have_no_infinity_and_a_missing_one_a_reason(reviewed):
    for _, content in reviewed.values():
        json.dumps(content, allow_nan=False)
        lacking = [
            fact for fact in content["facts"] if fact["value"] is None and not fact["reason"]
        ]
        assert not lacking


def test_a_year_without_a_plan_file_says_so_and_goes_on(company, tmp_path):
    (tmp_path / "parameters").mkdir()
    review = opened(company, "all", language="en", settings=str(tmp_path / "parameters"))
    assert "There is no plan_2024.yaml" in s.goal_check(review)._repr_html_()
    assert "add up" in s.goal_tree(review)._repr_html_()
    assert review.status == "ok"


def test_orders_alone_give_a_report_with_a_line_for_each_empty_section(tmp_path):
    days = pd.date_range("2022-01-01", "2024-06-30", freq="3D")
    orders = pd.DataFrame(
        {
            "order_id": [f"O{number}" for number in range(len(days))],
            "line_no": 1,
            "order_date": days,
            "region": ["East", "West"] * (len(days) // 2) + ["East"] * (len(days) % 2),
            "amount": 1000.0,
        }
    )
    write_tables(tmp_path, {"orders": orders}, Company(regions=("East", "West"), country=""))
    for region in ("East", "all"):
        content = run(opened(tmp_path, region, settings=str(tmp_path)))[1]
        states = {section["id"]: section["status"] for section in content["sections"]}
        assert content["status"] == "partial"
        assert "failed" not in states.values(), states
        assert states["goal_leads"] == "missing_data"
