"""A plan held against the company's data."""

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.language import Language
from salesnb.period import Period
from salesnb.plan.check import check_text
from salesnb.plan.data_facts import plan_facts
from salesnb.plan.facts import Facts, Interval, wanted
from salesnb.plan.reading import read_plan
from salesnb.plan.scopes import Dimension, Scopes

SCOPES = Scopes({"region": Dimension("region", ("East", "West", "North"))})


def told(report, *cases):
    return {
        (found.rule, found.case, found.subject.partition("|data")[0]): found
        for found in report.findings
        if f"{found.rule}.{found.case}" in cases
    }


def test_a_baseline_that_is_not_the_data_s(with_facts):
    found = told(with_facts, "K07.data", "K07.data_passed")
    wrong = found["K07", "data", "net_sales|customer_type=existing|share"]
    assert (wrong.severity, wrong.formula) == ("error", "65% ≠ 60%")
    assert found["K07", "data_passed", "net_sales|region=华东|share"].severity == "passed"


def test_a_small_difference_is_a_warning_only():
    text = (
        "plan: {year: 2024}\ndimensions: {region: [East, West]}\n"
        "history:\n- {metric: net_sales, kind: share, scope: East, value: 61.0%}\n"
    )
    facts = Facts({("net_sales", "", "2023"): 100.0, ("net_sales", "region=East", "2023"): 60.0})
    [found] = [one for one in check_text(text, facts=facts).findings if one.rule == "K07"]
    assert (found.severity, found.formula) == ("warning", "61% ≠ 60%")


def test_letters_are_filled_from_data(with_facts):
    [found] = [one for one in with_facts.findings if one.rule == "K30"]
    assert found.formula.startswith("X = 10,000万元; Y = 11,200万元; Y1 ≤ 4,480万元")
    sizes = {
        one.rule: one.size
        for one in with_facts.findings
        if one.rule == "K03" and one.case == "over"
    }
    assert sizes["K03"].unit == "money"
    assert sizes["K03"].value == pytest.approx(2_300_000)


def test_targets_against_the_forecast_and_the_best_year(with_facts):
    found = told(with_facts, "K27.above", "K27.below", "K27.passed", "K27.best", "K27.best_passed")
    assert (
        found["K27", "above", "net_sales||forecast"].formula
        == "10,000万元 … 11,100万元; 11,200万元"
    )
    assert found["K27", "passed", "net_sales|region=华东|forecast"].severity == "passed"
    assert found["K27", "below", "net_sales|region=北方|forecast"].severity == "info"
    assert found["K27", "best", "net_sales|region=中西部|best"].formula == "+25% > +12.5% (2022)"
    assert (
        found["K27", "best_passed", "net_sales|region=华东|best"].formula == "+8% ≤ +12.5% (2022)"
    )


def test_phases_against_those_of_past_years(with_facts):
    found = told(with_facts, "K15.history")
    assert found["K15", "history", "net_sales||history"].formula == (
        "2024Q1 20% : 20% ± 2%; 2024Q2 30% : 25% ± 2%; 2024Q3 35% : 25% ± 2%; 2024Q4 15% : 30% ± 2%"
    )


def test_members_the_data_do_not_have(with_facts):
    [found] = [one for one in with_facts.findings if one.case == "not_in_data"]
    assert found.to_json([])["values"]["members"] == ["北方"]
    assert "北部" in found.repair(Language.load("en"))


def test_a_task_against_a_known_total(with_facts):
    [found] = [one for one in with_facts.findings if (one.rule, one.case) == ("K21", "small")]
    assert "P32.shop" in found.ids


def test_scopes_are_equal_in_any_order_and_several_members_are_summed():
    facts = Facts({("net_sales", "b=2; a=1", "2023"): 5.0, ("net_sales", "region=East", "2023"): 3.0,
                   ("net_sales", "region=West", "2023"): 4.0})  # fmt: skip
    year = Period.parse("2023")
    assert facts.values["net_sales", "a=1;b=2", "2023"] == 5.0
    assert facts.value("net_sales", SCOPES.read("region=East|West")[0], year) == 7.0
    assert facts.value("net_sales", SCOPES.read("region=East|North")[0], year) is None


def test_the_best_year_is_of_years_that_are_known():
    company = SCOPES.read("")[0]
    facts = Facts({("net_sales", "", str(year)): value for year, value in
                   {2019: 0.0, 2020: 50.0, 2021: 60.0, 2023: 90.0}.items()})  # fmt: skip
    assert facts.growths("net_sales", company) == {Period.parse("2021"): pytest.approx(0.2)}
    assert Facts().best_growth("net_sales", company) == (float("-inf"), None)
    assert Facts(forecasts={("net_sales", "", "2024"): Interval(1, 2, 3)}).forecast(
        "net_sales", company, Period.parse("2024")
    ) == Interval(1, 2, 3)


def test_what_data_could_tell_is_listed_for_the_caller():
    text = (
        "plan: {year: 2024}\ndimensions: {region: [East, West]}\n"
        "targets:\n- {metric: net_sales, kind: share, scope: East, value: 61%}\n"
        "- {metric: net_sales, kind: share, period: 2024Q1, value: 20%}\n"
    )
    assert wanted(read_plan(text), years=1) == (
        ("net_sales", "", "2023"),
        ("net_sales", "region=East", "2023"),
        ("net_sales", "", "2023Q1"),
        ("net_sales", "", "2023Q2"),
        ("net_sales", "", "2023Q3"),
        ("net_sales", "", "2023Q4"),
    )


@pytest.fixture
def small_company(tmp_path):
    """Give a company of two regions and a shop: 60 sold, all in the East."""
    rows = [("o1", "2023-01-04", "East", 60.0), ("o2", "2024-01-05", "West", 9.0)]
    orders = pd.DataFrame(rows, columns=["order_id", "order_date", "region", "amount"])
    orders = orders.assign(customer_id="c1", qty=1.0, channel="shop")
    orders["order_date"] = pd.to_datetime(orders["order_date"])
    return write_tables(tmp_path, {"orders": orders}, Company(regions=("East", "West")))


def test_members_the_data_do_not_know_have_no_figures(small_company):
    plan = read_plan(
        "plan: {year: 2024}\n"
        "dimensions: {region: [East, West], channel: {members: [shop, web], exhaustive: no}}\n"
        "targets:\n"
        "- {metric: net_sales, scope: East, kind: growth, value: 8%}\n"
        "- {metric: net_sales, scope: West;channel=shop, kind: growth, value: 8%}\n"
        "- {metric: net_sales, scope: channel=web, kind: share, value: 28%}\n"
    )
    facts = plan_facts(plan, small_company)
    assert facts.values == {
        ("net_sales", "", "2023"): 60.0,
        ("net_sales", "region=East", "2023"): 60.0,
        # West is known and sold nothing in the shop; of a channel `web` nobody knows.
        ("net_sales", "channel=shop;region=West", "2023"): 0.0,
    }
    assert facts.members == {"region": ("East", "West"), "channel": ("shop",)}
