"""The facts of many reports as one table."""

import json

import pytest

from salesnb.errors import SourceError
from salesnb.running.facts import as_csv, read_reports, table_of_facts
from salesnb.running.rollup import roll_up


def report(region, *facts, status="ok", period="2024-06"):
    return {
        "schema": 1,
        "notebook": "monthly_review",
        "region": region,
        "period": period,
        "status": status,
        "facts": [
            {"metric": metric, "scope": scope, "period": period, "value": value, "unit": "money"}
            for metric, scope, value in facts
        ],
    }


def write(outputs, content):
    path = outputs / content["period"] / content["notebook"] / f"{content['region']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_one_row_for_each_fact(tmp_path):
    scope = {"product_line": "C", "channel": "expo"}
    write(tmp_path, report("华东", ("net_sales", {}, 10.0), ("net_sales", scope, 4.0)))
    write(tmp_path, report("华南", status="failed"))
    rows = list(table_of_facts(read_reports(tmp_path)))
    assert [(row["region"], row["scope"], row["value"]) for row in rows] == [
        ("华东", "", 10.0),
        ("华东", "channel=expo;product_line=C", 4.0),
    ]


def test_foreign_and_torn_files_are_passed_over(tmp_path):
    write(tmp_path, report("华东"))
    folder = tmp_path / "2024-06" / "monthly_review"
    (folder / "torn.json").write_text('{"schema": 1')
    (folder / "other.json").write_text('{"schema": 99, "facts": []}')
    assert [each["region"] for each in read_reports(tmp_path)] == ["华东"]


def test_a_copy_of_a_notebook_is_not_taken_for_the_first(tmp_path):
    write(tmp_path, report("华东"))
    copy = tmp_path / "2024-06" / "mine" / "华东.json"
    copy.parent.mkdir()
    copy.write_text(json.dumps(report("华东")), encoding="utf-8")
    assert [each["notebook"] for each in read_reports(tmp_path)] == ["mine", "monthly_review"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SourceError) as caught:
        read_reports(tmp_path / "outputs")
    assert str(caught.value) == (
        "there is no folder of reports; got outputs. Name the folder that `salesnb batch` wrote."
    )


def test_a_spreadsheet_runs_nothing_of_it(tmp_path):
    write(tmp_path, report("=cmd()", ("net_sales", {"product": "@x"}, -5.0)))
    lines = as_csv(table_of_facts(read_reports(tmp_path))).splitlines()
    assert (
        lines[1] == "monthly_review,'=cmd(),2024-06,ok,net_sales,product=@x,2024-06,-5.0,money,,,,"
    )


# --- roll-up --------------------------------------------------------------------------------


def test_regions_add_up_to_the_company():
    reports = [
        report("all", ("net_sales", {}, 30.0), ("attainment", {}, 0.5)),
        report("华东", ("net_sales", {}, 10.0), ("attainment", {}, 0.4)),
        report("华南", ("net_sales", {}, 20.001), ("attainment", {}, 0.7)),
    ]
    (only,) = roll_up(reports)
    assert (only.metric, only.company, only.regions, only.adds_up) == ("net_sales", 30.0, 2, True)


def test_what_does_not_add_up_is_said():
    reports = [
        report("all", ("net_sales", {"product_line": "A"}, 35.0)),
        report("华东", ("net_sales", {"product_line": "A"}, 10.0)),
        report("华南", ("net_sales", {"product_line": "A"}, 20.0)),
    ]
    (only,) = roll_up(reports)
    assert (only.difference, only.adds_up) == (-5.0, False)


def test_what_belongs_to_no_region_adds_up_with_the_regions():
    reports = [
        report("all", ("headcount", {}, 9.0), ("headcount", {"region": ""}, 4.0)),
        report("华东", ("headcount", {}, 3.0)),
        report("华南", ("headcount", {}, 2.0)),
    ]
    (only,) = roll_up(reports)
    assert (only.regions, only.outside, only.difference) == (2, 4.0, 0.0)


def test_parts_of_a_period_are_compared_where_all_belongs_to_a_region():
    part = {"span": "same_days"}
    reports = [
        report(
            "all",
            ("headcount", {}, 9.0),
            ("headcount", {"region": ""}, 4.0),
            ("headcount", part, 8.0),
            ("net_sales", part, 3.0),
        ),
        report("华东", ("headcount", {}, 3.0), ("headcount", part, 2.0), ("net_sales", part, 1.0)),
        report("华南", ("headcount", {}, 2.0), ("headcount", part, 2.0), ("net_sales", part, 1.0)),
    ]
    found = [(each.metric, each.scope, each.adds_up) for each in roll_up(reports)]
    assert found == [("headcount", "", True), ("net_sales", "span=same_days", False)]


def test_nothing_is_compared_without_company_or_regions():
    one = report("华东", ("net_sales", {}, 10.0))
    failed = report("all", ("net_sales", {}, 99.0), status="failed")
    assert roll_up([one, report("华南", ("net_sales", {}, 1.0))]) == []
    assert roll_up([one, report("all", ("net_sales", {}, 99.0))]) == []
    assert roll_up([one, report("华南", ("net_sales", {}, 1.0)), failed]) == []


def test_a_region_without_the_fact_counts_as_nothing():
    reports = [
        report("all", ("net_sales", {"product_line": "C"}, 10.0)),
        report("华东", ("net_sales", {"product_line": "C"}, 10.0)),
        report("华南", ("net_sales", {}, 3.0)),
    ]
    assert [each.adds_up for each in roll_up(reports)] == [True]


def test_nothing_is_said_where_a_region_does_not_show_the_fact():
    reports = [
        report("all", ("net_sales", {"channel": "expo"}, 10.0)),
        report("华东", ("net_sales", {"channel": "expo"}, 4.0)),
        report("华南", ("net_sales", {}, 3.0)),
    ]
    assert roll_up(reports) == []
