"""Plans from the command line: checked, held against data, revised as new versions."""

import json
import shutil
from pathlib import Path

import pytest

from salesnb.cli import main
from salesnb.data.store import open_store
from salesnb.plan.data_facts import plan_facts
from salesnb.plan.reading import read_plan
from salesnb.sample.company import write_company


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    return folder


@pytest.fixture
def plan(root, tmp_path):
    return Path(shutil.copy(root / "parameters" / "plan_2024.yaml", tmp_path))


def test_the_plan_of_2024_contradicts_itself(plan, capsys):
    assert main(["check", str(plan), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["exit_code"] == 1
    assert report["counts"]["error"] > 10
    assert any("2.05%" in found["formula"] for found in report["findings"])


def test_baselines_are_computed_from_the_data(plan, company):
    read = read_plan(plan.read_text(encoding="utf-8"), "plan_2024.yaml")
    facts = plan_facts(read, open_store(company))
    sales = facts.values["net_sales", "", "2023"]
    before = facts.values["net_sales", "", "2022"]
    assert sales / before == pytest.approx(1.18, abs=0.005)
    ahead = facts.forecasts["net_sales", "", "2024"]
    assert ahead.low < ahead.middle < ahead.high
    assert facts.members["region"] == open_store(company).regions


def test_a_revision_is_a_new_file_with_reason_and_approver(plan, capsys):
    before = plan.read_text(encoding="utf-8")
    words = ["--set", "P18.华东", "+6%", "--reason", "市场放缓", "--approver", "总经理"]
    assert main(["plan", "revise", str(plan), *words, "--effective", "2024-07-01"]) == 0
    capsys.readouterr()
    assert plan.read_text(encoding="utf-8") == before
    assert main(["plan", "versions", str(plan), "--json"]) == 0
    versions = json.loads(capsys.readouterr().out)
    assert [each["version"] for each in versions] == [1, 2]
    assert versions[1]["values"] == {"P18.华东": "+6%"}
    newest = plan.with_name("plan_2024.v2.yaml")
    assert main(["check", str(newest), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {each["severity"] for each in found if each["rule"] == "K38"} == {"passed"}
    assert (versions[1]["reason"], versions[1]["approver"]) == ("市场放缓", "总经理")


def test_a_revision_without_its_reason_is_refused(plan, capsys):
    words = ["plan", "revise", str(plan), "--set", "P18.华东", "+6%", "--approver", "x"]
    assert main([*words, "--effective", "2024-07-01"]) != 0
    assert "a revision needs a reason" in capsys.readouterr().err
    assert not list(plan.parent.glob("*.v2.yaml"))
