"""The monthly review: what it finds, what it shows, what it publishes."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.errors import ParameterError
from salesnb.findings.lens import Lens
from salesnb.findings.rules import RULES
from salesnb.sample.company import write_company

from .cells import run

ROOT = Path(__file__).parents[2]
PERIOD = "2024-06"
REGIONS = ("华东", "华南", "中西部", "北方")
# The rules the sample company's causes are planted for.
PLANTED = (
    "key_customer_lost",
    "lead_quality",
    "vacancy",
    "price_cut",
    "complaints_up",
    "overdue_up",
)


def opened(folder, region="华东", **cell):
    return s.open_report("monthly_review", region=region, period=PERIOD, data=str(folder), **cell)


@pytest.fixture(scope="session")
def reviewed(company):
    return {region: run(opened(company, region, language="zh")) for region in (*REGIONS, "all")}


def test_every_section_of_the_sample_company_has_something_to_show(reviewed):
    for _, content in reviewed.values():
        assert content["status"] == "ok"
        assert {section["status"] for section in content["sections"]} == {"ok"}


def test_the_coverage_map_keeps_its_word(reviewed):
    shown, content = reviewed["all"]
    lines = tomllib.loads((ROOT / "notebooks" / "coverage.toml").read_text("utf-8"))
    assert sorted(lines["monthly_review"]) == [f"N{number:02d}" for number in range(1, 34)]
    sections = {section["id"] for section in content["sections"]}
    metrics = {fact["metric"] for fact in content["facts"]}
    for name, line in lines["monthly_review"].items():
        assert shown[line["cell"]], name
        assert line["section"] in sections, name
        assert set(line["facts"]) <= metrics, (name, set(line["facts"]) - metrics)


def test_planted_causes_are_found_in_their_region_and_nowhere_else(company, reviewed):
    causes = json.loads((company / "truth.json").read_text(encoding="utf-8"))["causes"]
    planted = {(cause["id"], cause["region"]) for cause in causes}
    assert {rule for rule, _ in planted} == set(PLANTED)
    found = {
        (finding["rule"], region)
        for region in REGIONS
        for finding in reviewed[region][1]["findings"]
        if finding["rule"] in PLANTED
    }
    assert found == planted


def test_a_company_without_causes_gives_no_false_alarm(tmp_path_factory):
    alarms, seeds = [], range(4)
    for seed in seeds:
        folder = tmp_path_factory.mktemp(f"quiet{seed}")
        write_company(folder, seed=100 + seed, causes="none")
        for region in REGIONS:
            lens = opened(folder, region).lens
            alarms += [(seed, region, rule) for rule in PLANTED for _ in RULES[rule].ask(lens)]
    assert len({seed for seed, *_ in alarms}) <= 0.25 * len(seeds), alarms


def facts(content, metric, **scope):
    return [
        fact
        for fact in content["facts"]
        if fact["metric"] == metric and fact["scope"] == scope and fact["period"] == PERIOD
    ]


def test_regions_add_up_to_the_company(reviewed):
    for metric in ("net_sales", "gross_profit"):
        parts = [facts(reviewed[region][1], metric) for region in REGIONS]
        whole = facts(reviewed["all"][1], metric)
        if whole:
            assert sum(part[0]["value"] for part in parts) == pytest.approx(whole[0]["value"])
    (whole,) = facts(reviewed["all"][1], "net_sales")
    assert whole["value"] > 0


def test_every_rate_carries_what_it_was_computed_from(reviewed):
    for _, content in reviewed.values():
        for fact in content["facts"]:
            if fact["unit"] != "ratio" or fact["value"] is None:
                continue
            metric = s.METRICS[fact["metric"]]
            if metric.rollup != "ratio" or fact["metric"] == "share":
                continue
            assert fact["denominator"], fact
            expected = fact["numerator"] / fact["denominator"]
            assert fact["value"] == pytest.approx(expected), fact


def test_bridges_sum_to_the_change(reviewed):
    for _, content in reviewed.values():
        moved = [
            fact["value"]
            for fact in content["facts"]
            if fact["metric"] == "bridge" and fact["scope"].get("by") == "customer"
        ]
        (growth,) = facts(content, "growth_yoy")
        assert sum(moved) == pytest.approx(growth["numerator"])


def test_numbers_have_no_infinity_and_a_missing_one_a_reason(reviewed):
    for _, content in reviewed.values():
        json.dumps(content, allow_nan=False)
        for fact in content["facts"]:
            assert fact["value"] is not None or fact["reason"], fact


def test_a_region_names_nobody_of_another(company, reviewed):
    store = open_store(company)
    for region in REGIONS:
        page = "".join(reviewed[region][0].values()) + json.dumps(
            reviewed[region][1], ensure_ascii=False
        )
        others = [name for name in REGIONS if name != region]
        for other in others:
            for table in ("customers", "reps"):
                names = set(store.read(table, other, ["name"])["name"].astype(str))
                own = set(store.read(table, region, ["name"])["name"].astype(str))
                assert not [name for name in names - own if name in page], (region, other)


def test_both_languages_give_the_same_numbers(company, reviewed):
    english = run(opened(company, "华南", language="en"))[1]
    chinese = reviewed["华南"][1]
    assert [fact["value"] for fact in english["facts"]] == [
        fact["value"] for fact in chinese["facts"]
    ]
    assert english["findings"][0]["text"] != chinese["findings"][0]["text"]


def test_the_same_data_give_the_same_bytes(company, reviewed):
    again, content = run(opened(company, "北方", language="zh"))
    assert again == reviewed["北方"][0]
    assert content == reviewed["北方"][1]


# Little data, odd data, hostile data ----------------------------------------------------------


def few_orders(**more):
    days = pd.date_range("2022-07-01", "2024-06-30", freq="3D")
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


def few_targets():
    months = pd.period_range("2023-01", "2024-12", freq="M").astype(str)
    return pd.DataFrame(
        {
            "plan": "p",
            "version": 1,
            "metric": "net_sales",
            "scope": [f"region={region}" for region in ("East", "West") for _ in months],
            "period": list(months) * 2,
            "value": 6000.0,
            "unit": "money",
        }
    )


def written(tmp_path, tables):
    write_tables(tmp_path, tables, Company(regions=("East", "West"), country=""))
    return tmp_path


@pytest.mark.parametrize("with_targets", [True, False])
def test_orders_alone_give_a_report_with_one_line_for_each_empty_section(tmp_path, with_targets):
    tables = {"orders": few_orders()} | ({"targets": few_targets()} if with_targets else {})
    for region in ("East", "all"):
        review = opened(written(tmp_path, tables), region)
        shown, content = run(review)
        assert content["status"] == "partial"
        states = {section["id"]: section for section in content["sections"]}
        assert "failed" not in {state["status"] for state in states.values()}, states
        assert states["funnel"] == {"id": "funnel", "status": "missing_data", "needs": ["leads"]}
        assert shown["funnel"].count("<p") == 1
        assert facts(content, "net_sales")[0]["value"] > 0


def test_a_first_year_has_no_growth(tmp_path):
    orders = few_orders()
    orders = orders[orders["order_date"] >= "2024-01-01"]
    _, content = run(opened(written(tmp_path, {"orders": orders}), "East"))
    (growth,) = facts(content, "growth_yoy")
    assert (growth["value"], growth["reason"]) == (None, "no_history")
    assert "failed" not in {section["status"] for section in content["sections"]}


def test_a_month_without_orders_is_said(tmp_path):
    orders = few_orders()
    june = (orders["order_date"] >= "2024-06-01") & (orders["region"] == "East")
    _, content = run(opened(written(tmp_path, {"orders": orders[~june]}), "East", language="en"))
    assert "There was no order in Jun 2024." in [found["text"] for found in content["findings"]]
    assert "failed" not in {section["status"] for section in content["sections"]}


def test_a_month_of_returns_is_said(tmp_path):
    orders = few_orders(status="counted")
    june = orders["order_date"] >= "2024-06-01"
    orders.loc[june, ["amount", "status"]] = [-500.0, "return"]
    _, content = run(opened(written(tmp_path, {"orders": orders}), "East", language="en"))
    said = [found["text"] for found in content["findings"] if found["rule"] == "no_orders"]
    assert said == ["There were only returns in Jun 2024, −¥2.5K net."]
    assert "failed" not in {section["status"] for section in content["sections"]}


def test_hostile_names_are_shown_as_text(tmp_path):
    evil = "<script>alert(1)</script>"
    ids = {"customer_id": evil, "product_id": evil, "rep_id": evil, "channel": evil}
    tables = {
        "orders": few_orders(**ids, qty=1.0, cost=400.0),
        "customers": pd.DataFrame(
            {"customer_id": [evil], "name": evil, "region": "East", "industry": evil, "size": evil}
        ),
        "products": pd.DataFrame({"product_id": [evil], "name": evil, "line": evil}),
        "reps": pd.DataFrame({"rep_id": [evil], "name": evil, "region": "East"}),
    }
    shown, _ = run(opened(written(tmp_path, tables), "East"))
    page = "".join(shown.values())
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_people_can_stand_under_a_number(company, tmp_path):
    settings = tmp_path / "parameters"
    settings.mkdir()
    (settings / "common.yaml").write_text("anonymise_people: true\n", encoding="utf-8")
    review = opened(company, "北方", settings=str(settings))
    page = "".join(block(review)._repr_html_() for block in (s.headline, s.attainment))
    names = open_store(company).read("reps", "北方", ["name"])["name"].astype(str)
    assert not [name for name in names if name in page]
    assert "#1" in page


def test_a_wrong_region_or_period_is_an_error_before_anything_runs(company):
    with pytest.raises(ParameterError) as error:
        opened(company, "华东区")
    assert "Did you mean `华东`?" in str(error.value)
    with pytest.raises(ParameterError) as error:
        s.open_report("monthly_review", region="华东", period="2031-01", data=str(company))
    expected = "`period` has no data; got 2031-01. The orders run from 2021-01-04 to 2024-06-30."
    assert expected in str(error.value)


def test_a_section_that_fails_costs_the_reader_only_itself(company, monkeypatch):
    review = opened(company, "北方", language="en")

    def broken(*_args, **_more):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(Lens, "trend", broken)
    block = s.sales_trend(review)
    assert "deep inside" not in block._repr_html_()
    assert "deep inside" in block.text()
    assert review.sections["trend"]["status"] == "failed"
    assert review.status == "partial"
