"""Which reports read which, and what counts as made before."""

import json

import pytest

from salesnb.period import Calendar, Period
from salesnb.report.facts import SCHEMA, others_before, read_earlier


def listed(notebook, asked, **calendar):
    found = others_before(notebook, Period.parse(asked), Calendar(**calendar))
    return {f"{name} {period}" for name, period in found}


def test_a_report_of_a_month_reads_the_last_month_the_plan_and_last_year():
    assert listed("monthly_review", "2024-06") == {
        "annual_summary 2023",
        "goal_decomposition 2024",
        "goal_decomposition 2024-05",
        "diagnosis 2024-05",
    }


def test_no_two_reports_read_each_other():
    asked = [("annual_summary", "2023"), ("goal_decomposition", "2024"), ("diagnosis", "2024-06"),
             ("monthly_review", "2024-06"), ("annual_summary", "2024")]  # fmt: skip
    for place, (notebook, period) in enumerate(asked):
        later = {f"{name} {when}" for name, when in asked[place:]}
        assert not listed(notebook, period) & later


def test_a_report_of_a_year_reads_its_months():
    found = listed("annual_summary", "2023")
    assert {f"monthly_review 2023-{month:02d}" for month in range(1, 13)} <= found
    assert {f"diagnosis 2023-{month:02d}" for month in range(1, 13)} <= found
    assert "goal_decomposition 2023" in found
    assert not {each for each in found if each.startswith("annual_summary")}


def test_a_year_as_known_by_a_month_reads_the_months_before_it():
    found = listed("annual_summary", "2024-03")
    assert {each for each in found if each.startswith("monthly")} == {
        "monthly_review 2024-01",
        "monthly_review 2024-02",
    }
    assert "annual_summary 2023" in found


def test_january_reads_december():
    assert "diagnosis 2023-12" in listed("monthly_review", "2024-01")


def test_a_fiscal_year_has_its_own_months():
    found = listed("annual_summary", "2023", fiscal_start=4)
    assert {"monthly_review 2023-04", "monthly_review 2024-03"} <= found
    assert "monthly_review 2023-03" not in found


def test_a_notebook_of_ones_own_reads_no_others():
    assert listed("tiny", "2024-06") == set()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 0}', "{"])
def test_a_damaged_file_counts_as_not_made(tmp_path, text):
    path = tmp_path / "2024-05" / "tiny" / "east.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert not read_earlier(tmp_path, "tiny", "east", Period.parse("2024-05"))


def test_what_an_earlier_report_left(tmp_path):
    path = tmp_path / "2024-05" / "tiny" / "east.json"
    path.parent.mkdir(parents=True)
    fact = {"metric": "forecast", "scope": {}, "period": "2024-06", "value": 7.0}
    path.write_text(json.dumps({"schema": SCHEMA, "as_of": "2024-05-31", "facts": [fact]}))
    found = read_earlier(tmp_path, "tiny", "east", Period.parse("2024-05"))
    assert found.as_of == "2024-05-31"
    assert found.value("forecast", Period.parse("2024-06")) == 7.0
    assert found.value("forecast", Period.parse("2024-07")) is None
    assert found.actions == []
