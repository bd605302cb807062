"""What a finding is to a program and to a reader, in both languages."""

import json

import pytest

from salesnb.language import CODES, Language
from salesnb.plan.check import check_text

SMALL = """
plan: {name: Small, year: 2024, currency: USD, money_unit: $K}
dimensions: {region: {East: 华东, West: 华南}}
targets:
- {id: T1, source: P1, text: Sales of 100, metric: net_sales, value: 100}
- {id: T2, source: P2, text: East 60, metric: net_sales, scope: East, value: 60}
- {id: T3, source: P3, text: West 50, metric: net_sales, scope: West, value: 50}
"""


@pytest.fixture(scope="module")
def report():
    return check_text(SMALL, "small.yaml")


def test_the_json_of_a_finding(report):
    [found] = [one for one in report.to_json()["findings"] if one["rule"] == "K01"]
    assert found == {
        "rule": "K01",
        "case": "over",
        "severity": "error",
        "subject": "net_sales||region",
        "title": {"zh": "分项之和等于合计", "en": "Parts add up to the whole"},
        "text": {
            "zh": "公司整体的销售额按区域分解后合计 $110K，比目标 $100K 多出 $10K（10%），"
            "又没有声明超额分配。",
            "en": "By region, the targets for net sales of the company add up to $110K: $10K (10%) more than "
            "the target of $100K, and no over-assignment is declared.",
        },
        "repair": {
            "zh": "按同一比例下调：华东 → $54.55K、华南 → $45.45K；若有意留余量，请在 plan.hedge 中声明 10%。",
            "en": "Scale all parts down: 华东 → $54.55K, 华南 → $45.45K. If the surplus is meant, declare 10% "
            "under plan.hedge.",
        },
        "assumption": None,
        "formula": "华东 $60K + 华南 $50K = $110K ≠ $100K",
        "values": {
            "metric": "net_sales",
            "whole": "",
            "dimension": "region",
            "sum": 110_000.0,
            "total": 100_000.0,
            "gap": 10_000.0,
            "over": pytest.approx(0.1),
            "implied_growth": 110_000.0,
            "total_growth": 100_000.0,
            "repairs": [
                {"what": "region=East", "to": pytest.approx(54545.4545)},
                {"what": "region=West", "to": pytest.approx(45454.5455)},
            ],
        },
        "size": {"value": 10_000.0, "unit": "money", "share": pytest.approx(0.1)},
        "statements": [
            {"id": "T1", "source": "P1", "line": 5, "text": "Sales of 100"},
            {"id": "T2", "source": "P2", "line": 6, "text": "East 60"},
            {"id": "T3", "source": "P3", "line": 7, "text": "West 50"},
        ],
    }  # fmt: skip


def test_the_json_of_a_report(report):
    data = report.to_json()
    assert {key: data[key] for key in ("schema", "plan", "file", "year", "exit_code", "facts")} == {
        "schema": 1, "plan": "Small", "file": "small.yaml", "year": "2024", "exit_code": 1, "facts": False,
    }  # fmt: skip
    assert data["counts"] == {"error": 1, "warning": 1, "info": 0, "passed": 0}
    assert [rule["rule"] for rule in data["rules"]] == [f"K{n:02d}" for n in range(1, 39)]
    assert [rule["state"] for rule in data["rules"][:2]] == ["found", "not_applicable"]
    assert data["conflicts"] == [
        {
            "statements": [
                {"id": "T2", "source": "P2", "line": 6, "text": "East 60"},
                {"id": "T3", "source": "P3", "line": 7, "text": "West 50"},
            ],
            "explained_by": "K01",
        }
    ]


def test_the_text_of_a_report(report):
    assert report.text("en") == (
        "Small: errors 1, warnings 1, notes 0, checks passed 0.\n\n"
        "ERROR K01 Parts add up to the whole\n"
        "  By region, the targets for net sales of the company add up to $110K: $10K (10%) more than the "
        "target of $100K, and no over-assignment is declared.\n"
        "  Arithmetic: 华东 $60K + 华南 $50K = $110K ≠ $100K\n"
        "  Repair: Scale all parts down: 华东 → $54.55K, 华南 → $45.45K. If the surplus is meant, declare "
        "10% under plan.hedge.\n"
        "  · T1 (line 5): Sales of 100\n"
        "  · T2 (line 6): East 60\n"
        "  · T3 (line 7): West 50\n\n"
        "WARNING K22 One accountable person\n"
        "  Targets without an owner (3): P1 the company net sales $100K, P2 华东 net sales $60K, "
        "P3 华南 net sales $50K.\n"
        "  Arithmetic: 3 / 3\n"
        "  Repair: Name one person for each.\n"
        "  · T1 (line 5): Sales of 100\n"
        "  · T2 (line 6): East 60\n"
        "  · T3 (line 7): West 50"
    )


CHINESE = {
    "K03": "公司整体的销售额按区域加权后增长 14.3%，高于总目标 12%；合计 1.143 X，超出目标 1.12 X 的 2.05%，"
    "又没有声明超额分配。",
    "K07": "2023年B 中端款+C 高端款的销售额占比有两个基数：P04 35%、P07 55%。",
    "K16": "中西部到2024年第三季度累计只完成 30%，剩下的 70% 即 0.175 X 要压在2024年第四季度，"
    "比公司那时的全部目标 0.168 X 还多。",
    "K24": "同一批新增客户数记在几个人名下：王五（C 高端款 · 重点客户 ≥ 20 家）、赵六（华东 · 重点客户 5 家）、"
    "业务员团队（重点客户 ≥ 25 家）；若互不重叠合计 50，若一个包含一个则只有 25。",
}
ENGLISH = {
    "K16": "中西部 reaches only 30% by Q3 2024; the other 70%, 0.175 X, fall into Q4 2024, more than the "
    "0.168 X the whole company plans then.",
    "K18": "“80% of the target for repurchase rate” means nothing: 80% of 75% is 60%, less than the 70% of "
    "2023; and 85% of sales is due by Q3 2024. A rate is not phased by a percentage.",
    "K20": "“区域增长率达到 20% 的区域经理奖 10000 元” asks for 20%; meeting the plan earns it for 1 of 4 "
    "(中西部). 华东 8%, 华南 18%, 北方 10% can meet their targets and get nothing; 华东 would need 2.5 times its "
    "target.",
}


@pytest.mark.parametrize(
    ("code", "rule", "text"),
    [("zh", *item) for item in CHINESE.items()] + [("en", *item) for item in ENGLISH.items()],
)
def test_sentences_as_a_reader_gets_them(code, rule, text, report_2024):
    said = [one.text(Language.load(code)) for one in report_2024.findings if one.rule == rule]
    assert text in said


def test_no_sentence_has_a_hole(report_2024, with_facts, summary):
    for report in (report_2024, with_facts, summary):
        for code in CODES:
            language = Language.load(code)
            for found in report.findings:
                for text in (
                    found.text(language),
                    found.repair(language),
                    found.assumption(language),
                ):
                    assert "{" not in text
                    assert "None" not in text
                    assert "nan" not in text.casefold().split()


def test_the_same_plan_gives_the_same_bytes(plan_2024_text, report_2024):
    again = check_text(plan_2024_text, "parameters/plan_2024.yaml")
    assert again.json() == report_2024.json()
    assert json.loads(again.json()) == again.to_json()


def test_gravest_first_passed_last(report_2024):
    order = [found.severity for found in report_2024.findings]
    assert order == sorted(order, key=["error", "warning", "info", "passed"].index)


def test_a_file_that_is_no_plan_gives_a_report_of_its_problems():
    report = check_text("plan: {yaer: 2024}\ntargets:\n- {metric: x, value: 1}\n", "bad.yaml")
    assert report.exit_code == 1
    data = report.to_json()
    assert data["findings"] == []
    assert [each.pop("text")["zh"] for each in data["problems"]] == [
        "第 1 行：`plan` 没有字段 `yaer`。是不是 `year`？",
        "第 1 行：`plan` 里缺少 `year`。写法见 plan_blank.yaml 的说明。",
        "第 3 行：没有指标 `x`。请在 `metrics` 里声明，如 `followers: {unit: count}`。",
    ]
    assert data["problems"] == [
        {"line": 1, "what": "`yaer` is no field of `plan`", "got": "", "fix": "Did you mean `year`?"},
        {"line": 1, "what": "`year` is missing in `plan`", "got": "", "fix": "It says the fiscal year planned."},
        {"line": 3, "what": "metric `x` is unknown", "got": "",
         "fix": "Declare it under `metrics`, as in `followers: {unit: count}`."},
    ]  # fmt: skip
    assert report.text("zh").startswith("bad.yaml：计划读不出来，共 3 处问题。\n  · 第 1 行：")
