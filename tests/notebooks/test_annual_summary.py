"""The annual summary: the figures of 2023, what adds up, what a region may read, every wording."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.report.sections.annual_parts import Kept
from salesnb.sample.truth import figures_2023

from .cells import run

ROOT = Path(__file__).parents[2]
REGIONS = ("华东", "华南", "中西部", "北方")
SEEN = ("中西部", "北方")
"""The regions whose whole report is made here."""
TRUTH = figures_2023()


def opened(folder, region, period, **cell):
    return s.open_report("annual_summary", region=region, period=period, data=str(folder), **cell)


@pytest.fixture(scope="module")
def year(company):
    """Give the whole company's report of 2023, with its review."""
    review = opened(company, "all", "2023", language="zh")
    return review, *run(review)


@pytest.fixture(scope="module")
def unfinished(company):
    """Give the reports of 2024, known to the end of June."""
    return {region: run(opened(company, region, "2024", language="zh")) for region in
            (*SEEN, "all")}  # fmt: skip


def published(content, row):
    """Give what a report published of a row of the table of 2023; None where it did not."""
    scope = dict(part.split("=") for part in row["scope"].split(";") if part)
    metric = row["metric"] or row["of"]
    about = row.get("of", "net_sales")
    if row["metric"] not in ("", "share") and about != "net_sales":
        scope |= {"metric": about}
    for fact in content["facts"]:
        if (fact["metric"], fact["scope"], fact["period"]) == (metric, scope, row["period"]):
            return fact["value"]
    return None


@pytest.mark.parametrize("row", TRUTH, ids=[row["id"] for row in TRUTH])
def test_the_figure_of_2023_is_published(row, year):
    found = published(year[2], row)
    assert found is not None, f"{row['id']} is not among the facts"
    if row.get("bound") == "≤":
        assert found <= row["value"]
        return
    size = abs(row["value"]) if row["unit"] in ("months", "money") else 1
    assert found == pytest.approx(row["value"], abs=row["tolerance"] * size + 1e-9)


def one(content, metric, /, when="2023", **scope):
    (fact,) = [
        fact
        for fact in content["facts"]
        if (fact["metric"], fact["scope"], fact["period"]) == (metric, scope, when)
    ]
    return fact["value"]


def test_the_year_states_the_arithmetic_its_figures_imply(year):
    _, shown, content = year
    growth, attainment = one(content, "growth_yoy"), one(content, "attainment")
    assert one(content, "target_growth") == pytest.approx((1 + growth) / attainment - 1)
    assert "2.6%" in shown["glance"]
    new = {"product_group": "new_business"}
    sales = one(content, "growth_yoy", **new)
    orders = one(content, "growth_yoy", metric="orders", **new)
    size = one(content, "growth_yoy", metric="average_order_value", **new)
    assert 1 + sales == pytest.approx((1 + orders) * (1 + size))
    assert "+96.7%" in shown["products"]
    assert "+40.5%" in shown["deals"]
    each = one(content, "growth_yoy", metric="value_per_month")
    months = one(content, "growth_yoy", metric="relationship_months")
    assert 1 + one(content, "growth_yoy", metric="clv") == pytest.approx((1 + months) * (1 + each))
    assert each == pytest.approx(-0.0625, abs=0.001)
    key = one(content, "growth_yoy", accounts="key")
    other = one(content, "growth_yoy", accounts="other")
    assert (round(key, 3), round(other, 3)) == (0.442, -0.035)
    assert "44.2%" in shown["key-accounts"]


def test_every_number_of_a_sentence_is_a_fact_of_the_table(year):
    review, shown, content = year
    facts = {
        (fact["metric"], tuple(sorted(fact["scope"].items())), fact["period"]): fact["value"]
        for fact in content["facts"]
    }
    named = [
        value
        for _, values in review.language.heard
        for value in values.values()
        if isinstance(value, Kept)
    ]
    assert len(named) > 60
    for number in named:
        key = (number.metric, tuple(sorted(number.scope.items())), number.period)
        assert facts[key] == pytest.approx(float(number)), key
    assert shown["facts"].count("<tr>") > 120


@pytest.fixture(scope="module")
def english(company):
    """Give the report of a region in English, and the numbers of its sentences that are no fact."""
    review = opened(company, "北方", "2024", language="en")
    _, content = run(review)
    loose = [
        (key, name)
        for key, values in review.language.heard
        for name, value in values.items()
        if key.startswith("annual.")
        and isinstance(value, int | float)
        and not isinstance(value, Kept)
    ]
    return content, loose


def test_no_sentence_holds_a_number_that_is_no_fact(english):
    # What a definition names, as the least sales of a key account, is no figure of the year.
    definitions = {"annual.key_note", "annual.facts", "annual.coverage_thin"}
    assert english[0]["status"] == "ok"
    assert [each for each in english[1] if each[0] not in definitions] == []


def test_every_section_of_the_sample_company_has_something_to_show(year, unfinished):
    reports = {"2023": year[2]} | {region: content for region, (_, content) in unfinished.items()}
    for region, content in reports.items():
        lacking = [each for each in content["sections"] if each["status"] != "ok"]
        assert (region, content["status"], lacking) == (region, "ok", [])


def test_the_coverage_map_keeps_its_word(year):
    _, shown, content = year
    lines = tomllib.loads((ROOT / "notebooks" / "coverage.toml").read_text("utf-8"))
    mine = lines["annual_summary"]
    assert sorted(mine) == [f"A{number:02d}" for number in range(1, 33)]
    sections = {section["id"] for section in content["sections"]}
    metrics = {fact["metric"] for fact in content["facts"]}
    for name, line in mine.items():
        assert shown[line["cell"]], name
        assert line["section"] in sections, name
        assert set(line["facts"]) <= metrics, (name, set(line["facts"]) - metrics)


def test_an_unfinished_year_is_held_to_the_months_that_are_over(unfinished, company):
    shown, content = unfinished["all"]
    assert "截至2024年6月30日" in shown["glance"]
    half = s.measure(
        s.Dataset(open_store(company), "all", s.Calendar(country="CN")),
        "net_sales",
        s.Window(pd.Timestamp("2024-01-01").date(), pd.Timestamp("2024-06-30").date()),
    )["value"].iloc[0]
    assert one(content, "net_sales", "2024") == pytest.approx(half)
    to_date = one(content, "attainment", "2024", span="year_to_date")
    assert 0.9 < to_date < 1.1
    # Half a year against the target of a whole one is no fall of attainment.
    assert "目标完成率" not in shown["changes"]


def test_regions_add_up_to_the_company(company, unfinished):
    for metric in ("net_sales", "new_customers"):
        parts = [opened(company, region, "2024").lens.value(metric).value for region in REGIONS]
        assert sum(parts) == pytest.approx(one(unfinished["all"][1], metric, "2024"))
        for region in SEEN:
            there = one(unfinished[region][1], metric, "2024")
            assert there == parts[REGIONS.index(region)]


def test_both_languages_give_the_same_numbers(english, unfinished):
    chinese = unfinished["北方"][1]
    assert [fact["value"] for fact in english[0]["facts"]] == [
        fact["value"] for fact in chinese["facts"]
    ]


def test_a_region_names_nobody_of_another(company, unfinished):
    store = open_store(company)
    for region in SEEN:
        shown, content = unfinished[region]
        page = "".join(shown.values()) + json.dumps(content, ensure_ascii=False)
        for other in (name for name in REGIONS if name != region):
            for table in ("customers", "reps"):
                names = set(store.read(table, other, ["name"])["name"].astype(str))
                own = set(store.read(table, region, ["name"])["name"].astype(str))
                assert not [name for name in names - own if name in page], (region, other)


def test_numbers_have_no_infinity_and_a_missing_one_a_reason(year, unfinished):
    for content in (year[2], *(content for _, content in unfinished.values())):
        json.dumps(content, allow_nan=False)
        lacking = [
            fact for fact in content["facts"] if fact["value"] is None and not fact["reason"]
        ]
        assert not lacking


def test_cases_can_stand_without_names(company, tmp_path):
    (tmp_path / "common.yaml").write_text("anonymise_cases: true\n", encoding="utf-8")
    review = opened(company, "all", "2023", language="zh", settings=str(tmp_path))
    shown = s.annual_cases(review)._repr_html_() + s.annual_facts(review)._repr_html_()
    names = open_store(company).read("customers", "all", ["name"])["name"].astype(str)
    assert "客户A" in shown
    assert not [name for name in names if name in shown]


# Small companies ------------------------------------------------------------------------------


def orders_of(*rows):
    """Give orders as (date, customer, amount), one line each."""
    return pd.DataFrame(
        [
            {"order_id": f"O{place}", "line_no": 1, "order_date": pd.Timestamp(day),
             "customer_id": customer, "amount": float(amount), "region": "East"}
            for place, (day, customer, amount) in enumerate(rows)
        ]
    )  # fmt: skip


def small(folder, *rows, **tables):
    orders = orders_of(*rows)
    write_tables(folder, {"orders": orders, **tables}, Company(regions=("East",), country=""))
    (folder / "empty").mkdir()
    return folder


def said(folder, language, *sections, period="2023"):
    review = opened(folder, "all", period, language=language, settings=str(folder / "empty"))
    return [getattr(s, name)(review).text().splitlines()[0] for name in sections], review


def test_orders_alone_give_a_report_with_a_line_for_each_empty_section(tmp_path):
    days = pd.date_range("2022-01-01", "2024-06-30", freq="3D")
    rows = pd.DataFrame(
        {
            "order_id": [f"O{number}" for number in range(len(days))],
            "line_no": 1,
            "order_date": days,
            "region": ["East", "West"] * (len(days) // 2) + ["East"] * (len(days) % 2),
            "amount": 1000.0,
        }
    )
    write_tables(tmp_path, {"orders": rows}, Company(regions=("East", "West"), country=""))
    for region in ("East", "all"):
        content = run(opened(tmp_path, region, "2023", settings=str(tmp_path)))[1]
        states = {section["id"]: section["status"] for section in content["sections"]}
        assert content["status"] == "partial"
        assert "failed" not in states.values(), states
        assert states["annual_renewal"] == "missing_data"
        assert states["annual_glance"] == "ok"


GLANCE = {
    "growth": (
        (("2022-03-01", "a", 100), ("2023-03-01", "a", 120)),
        "2023年完成销售额120 元，同比增长20.0%。",
        "Sales of ¥120 in 2023, up 20.0% on last year.",
    ),
    "decline": (
        (("2022-03-01", "a", 100), ("2023-03-01", "a", 75)),
        "2023年完成销售额75 元，同比下降25.0%。",
        "Sales of ¥75 in 2023, down 25.0% on last year.",
    ),
    "level": (
        (("2022-03-01", "a", 100), ("2023-03-01", "a", 100)),
        "2023年完成销售额100 元，与上年持平。",
        "Sales of ¥100 in 2023, level with last year.",
    ),
    "missing": (
        (("2023-03-01", "a", 100), ("2023-12-31", "a", 100)),
        "2023年完成销售额200 元，无法与上年比较（没有可比的历史数据）。",
        "Sales of ¥200 in 2023, not comparable with last year (no history to compare with).",
    ),
}


@pytest.mark.parametrize("case", GLANCE)
def test_the_first_sentence_reads_well(case, tmp_path):
    rows, chinese, english = GLANCE[case]
    # An order of the first and the last day says that the years are whole.
    edge = [] if case == "missing" else [("2022-01-01", "b", 0), ("2023-12-31", "b", 0)]
    folder = small(tmp_path, *rows, *edge)
    assert said(folder, "zh", "annual_glance")[0] == [chinese]
    assert said(folder, "en", "annual_glance")[0] == [english]


# Days of the first and the last order known, so that the years between are whole.
WHOLE = (("2021-01-01", "x", 0), ("2023-12-31", "x", 0))
HALVED = (("2021-05-01", "a", 100), ("2022-05-01", "a", 100), ("2023-05-01", "a", 50), *WHOLE)
WON = (("2021-05-01", "a", 100), ("2022-05-01", "b", 100), ("2023-05-01", "c", 500),
       ("2023-05-02", "d", 500), *WHOLE)  # fmt: skip
ONCE = (("2021-05-01", "a", 100), *WHOLE)


def contracts(*rows):
    """Give contracts as (year of their end, whether renewed)."""
    return pd.DataFrame(
        [
            {"contract_id": f"H{place}", "customer_id": "a", "region": "East", "amount": 10.0,
             "start": pd.Timestamp(f"{year - 1}-03-01"), "end": pd.Timestamp(f"{year}-03-01"),
             "renewed_by": "H9" if renewed else None}
            for place, (year, renewed) in enumerate(rows)
        ]
    )  # fmt: skip


def people(*hired):
    return pd.DataFrame(
        [
            {"rep_id": f"R{place}", "name": f"Rep {place}", "region": "East",
             "hire_date": pd.Timestamp(day)}
            for place, day in enumerate(hired)
        ]
    )  # fmt: skip


WORDS = {
    "decline, orders as many": (
        "annual_deals", HALVED, {},
        "全部产品销售额下降50.0%，订单数不变，全部来自平均每单金额（−50.0%）。",
        "Sales of all products fell by 50.0% with as many orders: all of it is the size of orders "
        "(−50.0%).",
    ),
    "growth of both": (
        "annual_deals", WON, {},
        "全部产品销售额增长900.0%，订单数+100.0%，平均每单金额+400.0%：量和单价同时拉动。",
        "Sales of all products grew by 900.0%: orders +100.0%, the average order +400.0%. "
        "Both pulled.",
    ),
    "nothing sold last year": (
        "annual_deals", (("2021-05-01", "a", 100), ("2023-05-01", "a", 50), *WHOLE), {},
        "没有可比的上年订单，无法区分订单数与每单金额的影响。",
        "Without last year's orders there is no telling orders from their size.",
    ),
    "no key account": (
        "annual_key_accounts", HALVED, {},
        "没有客户的12个月销售额达到50.0万元。",
        "No customer bought for ¥500K or more in twelve months.",
    ),
    "nobody won": (
        "annual_new_customers", HALVED, {},
        "2023年没有新增客户。",
        "No customer was won in 2023.",
    ),
    "few won": (
        "annual_new_customers", WON, {},
        "新增客户2家，比上年多1。",
        "New customers: 2, 1 more than last year.",
    ),
    "few contracts": (
        "annual_renewal", ONCE,
        {"contracts": contracts((2022, True), (2022, False), (2023, True), (2023, True))},
        "续约率100.0%（2/2），同比提高50.0 个百分点。变化的95%区间为−27.3 个百分点至"
        "+90.5 个百分点，包含零，可能只是偶然波动。",
        "100.0% of contracts due were renewed (2/2), up 50.0 pp on last year. The 95 % interval of "
        "the change runs from −27.3 pp to +90.5 pp; it holds zero, so the change may be chance.",
    ),
    "no contract due": (
        "annual_renewal", ONCE, {"contracts": contracts((2022, True))},
        "没有到期的合同，续约率无法计算（分母为零，无法计算）。",
        "No contract was due, so there is no renewal rate (nothing to divide by).",
    ),
    "one hired": (
        "annual_headcount", ONCE, {"reps": people("2020-01-01", "2023-02-01")},
        "年初1人，新进1人，离职0人，期末2人。人员变动率0.0%。",
        "Heads: 1 at the start, 1 hired, 0 left, 2 at the end. Turnover was 0.0%.",
    ),
    "nobody hired": (
        "annual_headcount", ONCE, {"reps": people("2020-01-01")},
        "团队没有人员进出，期末1人。人员变动率0.0%。",
        "Nobody came or left; heads at the end: 1. Turnover was 0.0%.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WORDS)
def test_a_sentence_reads_well(case, tmp_path):
    section, rows, tables, chinese, english = WORDS[case]
    folder = small(tmp_path, *rows, **tables)
    assert said(folder, "zh", section)[0] == [chinese]
    assert said(folder, "en", section)[0] == [english]
