"""The plan of 2024: each contradiction, each assumption, each omission, with its arithmetic."""

import time

import pytest
import yaml

from salesnb.language import CODES, Language
from salesnb.plan.check import check_plan
from salesnb.plan.reading import read_plan

# Item → rule, severity, statements it must name, the arithmetic, and values behind it.
ITEMS = {
    "A1": ("K03", "error", ["P10.sales", "P18.华东", "P19.华南", "P20.中西部", "P21.北方"],
           "35%×8% + 25%×18% + 20%×25% + 20%×10% = 14.3% ≠ 12%; 1.143 X ÷ 1.12 X − 1 = +2.05%",
           {"implied_growth": 0.143, "total_growth": 0.12, "over": 0.020535714}),
    "A2": ("K02", "error", ["P15.A", "P16.B", "P17.C"],
           "40% + 35% + 30% = 105% ≠ 100%; A 基础款 ≤ 100% − 35% − 30% = 35%; 35%×1.12 ÷ 45% − 1 = −12.9%",
           {"sum": 1.05, "limit": 0.35}),
    "A3": ("K04", "error", ["P16.B", "P29.B"],
           "35%×1.12 ÷ 30% − 1 = +30.7%; 30%×1.15 ÷ 1.12 = 30.8%; "
           "35% × 1.12 X = 0.392 X ≠ 0.345 X = 30.8%",
           {"needed": 0.306666667, "given": 0.15, "delivered": 0.308035714, "gap_points": 0.041964286}),
    "A4": ("K07", "error", ["P04.share", "P07.B", "P07.C"], "35% ≠ 30% + 25% = 55%",
           {"first": 0.35, "other": 0.55}),
    "A5": ("K08", "error", ["P10.premium", "P04.share", "P07.B", "P07.C"],
           "P04 50% < 30%+25% = 55%; P10 50% < 30%+25% = 55%", {"stated": 0.5, "start": 0.55}),
    "A6": ("K06", "warning", ["P10.premium", "P14.A", "P15.A", "P16.B", "P17.C"],
           "P04 ≥ 50%; P10 ≥ 50%; 100% − 40% = 60%; 35% + 30% = 65%",
           {"stated": 0.5, "readings": [0.6, 0.65], "implied": 0.65}),
    "A7": ("K08", "error", ["P05.share", "P08.中西部"],
           "P05 15% < 20%; P11 10% < 20%; 0.25 X ÷ 1.12 X = 22.3%", {"stated": 0.15, "start": 0.2}),
    "A7, second half": ("K04", "error", ["P05.share", "P20.中西部"],
           "15%×1.12 ÷ 20% − 1 = −16%; 20%×1.25 ÷ 1.12 = 22.3%; "
           "15% × 1.12 X = 0.168 X ≠ 0.25 X = 22.3% (21.9% of Σ 1.143 X)", {"delivered": 0.223214286}),
    "A8": ("K08", "error", ["P11.core", "P08.华东", "P08.华南"],
           "P11 55% < 35%+25% = 60%; 0.673 X ÷ 1.12 X = 60.1%", {"stated": 0.55, "start": 0.6}),
    "A8, second half": ("K04", "error", ["P11.core", "P18.华东", "P19.华南"],
           "55%×1.12 ÷ 60% − 1 = +2.7%; 60%×1.122 ÷ 1.12 = 60.1%; "
           "55% × 1.12 X = 0.616 X ≠ 0.673 X = 60.1% (58.9% of Σ 1.143 X)", {"delivered": 0.600892857}),
    "A9": ("K10", "error", ["P05.share", "P11.core", "P21.北方"],
           "中西部 15% + 华东+华南 55% + 北方 19.6% = 89.6% ≠ 100%", {"count": 3}),
    "A10": ("K12", "error", ["P22.conversion", "P24.leads", "P43.leads", "P12.small", "P12.new"],
            "2,500×15% = 375; 6,000×15% = 900; 95 ÷ 15% = 634; 120 ÷ 6,000 = 2.0%",
            {"need": 634, "implied": 0.02, "times": [3.1, 7.5]}),
    "A11": ("K17", "error", ["P15.clear", "P24.clear", "P28.clear_Q1", "P28.clear_Q2"],
            "2024Q1 100% ≠ 2024Q1 30% ≠ 2024Q1 30% ≠ 2024Q2 100%", {}),
    "A12": ("K17", "error", ["P20.office", "P26.office", "P33.office"],
            "2024Q1 100% ≠ 2024Q3 100% ≠ 2024Q1 100%", {}),
    "A13": ("K16", "error", ["P26.midwest", "P20.中西部", "P27.Q4"],
            "(1 − 30%)×0.25 X = 0.175 X > 15%×1.12 X = 0.168 X", {"rest": 0.175, "capacity": 0.168}),
    "A14": ("K20", "warning", ["P40.growth", "P18.华东", "P19.华南", "P20.中西部", "P21.北方"],
            "华东 8%, 华南 18%, 中西部 25%, 北方 10%; ≥ 20%: 1 / 4; 20% ÷ 8% = 2.5",
            {"reach": 1, "count": 4, "times": 2.5}),
    "A15": ("K17", "error", ["P25.tour", "P29.coverage"], "2 / 4", {"done": 2, "count": 4}),
    "A16": ("K23", "error", ["P03", "P25.launch"], "1 / 3", {"done": 1, "count": 3, "missing": 2}),
    "B1": ("K19", "warning", ["P11.market_share", "P10.sales", "P01.market"],
           "1.12 ÷ 1.08 = 1.037; 2% ÷ (1.037 − 1) = 54%; 2% ÷ 12% = 16.7%; "
           "17% ÷ 15% × 1.08 − 1 = +22.4%; 1.12 ÷ (17% ÷ 15%) − 1 = −1.2%",
           {"needed": 0.54, "flat": 0.166666667, "sales": 0.224, "shrink": -0.011764706}),
    "B2": ("K19", "warning", ["P18.华东", "P11.core", "P01.market"],
           "1.08 ÷ 1.08 − 1 = 0%; 华东+华南 +12.2%", {"change": 0.0}),
    "B3": ("K13", "warning", ["P24.leads", "P43.leads"],
           "3×500 = 1,500 < 2,500; 2,500 − 1,500 = 1,000 (40%)", {"given": 1500, "gap": 1000, "part": 0.4}),
    "B4": ("K03", "warning", ["P21.北方", "P34.dealer_sales"],
           "(10% − 12%×d) ÷ (1 − d) = 0 → d = 10% ÷ 12% = 83.3%; d = 80% → +2%; d = 90% → −8%",
           {"limit": 0.833333333}),
    "B5": ("K27", "warning", ["P34.dealers", "P34.dealer_sales"],
           "1.12 ÷ (1 − 5%) − 1 = +17.9%; 1.12 ÷ (1 − 10%) − 1 = +24.4%; 1.12 ÷ (1 − 20%) − 1 = +40.0%",
           {"needed": [0.178947368, 0.244444444, 0.4]}),
    "B6": ("K21", "warning", ["P10.online", "P32.shop"],
           "≥ 50000元×12 = 60万元; 60万元 ÷ 28% = 214.3万元", {"sum": 600000, "enough": 2142857.142857}),
    "B6, the industry's figure": ("K37", "warning", ["P10.online", "P02.online_2024"],
           "P10 ≥ 28% ~ P02 28%", {}),
    "B7": ("K24", "warning", ["P30.key", "P31.key", "P35.key", "P12.key"],
           "20 + 5 + 25 = 50; max = 25", {"sum": 50, "most": 25}),
    "B8": ("K18", "warning", ["P26.repurchase", "P13.repurchase", "P09.repurchase"],
           "80%×75% = 60% < 70%; Σ 85%", {"value": 0.6}),
    "C1": ("K22", "warning", ["P11.market_share", "P10.online", "P13.repurchase", "P13.value"], "6 / 31",
           {"count": 6}),
    "C2": ("K22", "warning", ["P18.华东", "P19.华南", "P20.中西部", "P21.北方"], "", {"count": 6}),
    "C3": ("K22", "warning", ["P35.key", "P35.small", "P36.trained"], "", {"count": 2}),
    "C4": ("K23", "warning", ["P12.small", "P32.small"], "95 − 30 = 65", {"left": 65}),
    "C5": ("K15", "warning", ["P25.new_share", "P12.new"], "120 − 48 = 72", {"left": 72}),
    "C6": ("K23", "warning", ["teams.线上销售小组", "teams.大客户部"], "", {"count": 2}),
    "C7": ("K30", "warning", ["P06.sales", "P10.amount", "P11.market_share_level", "P15.amount",
                              "P16.amount", "P17.amount", "P18.amount", "P19.amount", "P20.amount",
                              "P21.amount"],
           "Y = 1.12 X; Y1 ≤ 0.448 X; Y2 = 0.345 X / = 0.392 X; Y3 ≥ 0.336 X; Y4 = 0.378 X; "
           "Y5 = 0.295 X; Y6 = 0.25 X / = 0.168 X; Y7 = 0.22 X",
           {"letters": ["X", "Y", "Z", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"], "open": ["X", "Z"]}),
    "C8": ("K26", "warning", ["P13.value", "P11.market_share", "P10.online"], "", {"count": 5}),
    "C9": ("K15", "warning", ["P27.Q4", "P27.promotion"], "min(20%, 30%, 35%, 15%) = 15%", {"share": 0.15}),
    "C9, no history": ("K15", "info", ["P24.Q1", "P25.Q2", "P26.Q3", "P27.Q4"],
           "20% / 30% / 35% / 15%; 61 : 62 : 66 : 62 → 24.3% / 24.7% / 26.3% / 24.7%", {}),
    "C10, the meeting": ("K36", "warning", ["P47.meeting"], "2024-12-31 − 2024-12-25 = 6", {"days": 6}),
    "C10, the report": ("K36", "warning", ["P45.report"], "0 … 5", {"day": 5}),
    "C11": ("K26", "warning", ["P40.A", "P40.B", "P40.C"], "", {}),
    "C12": ("K29", "warning", ["P29.B", "P30.key", "P31.key", "P32.small", "P34.dealers", "P36.trained"],
            "13 / 15", {"count": 13, "total": 15}),
}  # fmt: skip

PASSED = {
    "products sum": ("K02", "45% + 30% + 25% = 100%"),
    "regions sum": ("K02", "35% + 25% + 20% + 20% = 100%"),
    "quarters sum": ("K15", "20% + 30% + 35% + 15% = 100%"),
    "new customers": ("K14", "25 + 95 = 120"),
    "40 % of 120": ("K14", "40%×120 = 48"),
    "75 % against 80 % in the East": ("K11", "(75% − 35%×80%) ÷ 65% = 72.3%"),
    "75 % against 70 % of A": (
        "K11", "(75% − 35%×70%) ÷ 65% = 77.7%; (75% − 40%×70%) ÷ 60% = 78.3%"),
    "old and new customers": (
        "K12", "0.65 X × 1.071 × 1.1 = 0.766 X; 1.12 X − 0.766 X = 0.354 X → +1.1%"),
    "commission": (
        "K20", "35%×1% + 35%×1.5% + 30%×2% = 1.475%; 45%×1% + 30%×1.5% + 25%×2% = 1.400%"),
    "leads are enough": ("K13", "95 ÷ 15% = 634 ≤ 6,000"),
}  # fmt: skip


def found(report, rule, formula, statements):
    named = [
        one
        for one in report.findings
        if one.rule == rule and one.formula == formula and set(statements) <= set(one.ids)
    ]
    assert len(named) == 1, [(one.formula, one.ids) for one in report.findings if one.rule == rule]
    return named[0]


@pytest.mark.parametrize("item", ITEMS)
def test_the_plan_of_2024_is_told_its_contradictions(item, report_2024):
    rule, severity, statements, formula, values = ITEMS[item]
    one = found(report_2024, rule, formula, statements)
    assert one.severity == severity
    told = one.to_json([])["values"]
    for name, value in values.items():
        expected = value if isinstance(value, list) else [value]
        actual = told[name] if isinstance(told[name], list) else [told[name]]
        for one_value, wanted in zip(actual, expected, strict=True):
            assert one_value == (wanted if isinstance(wanted, str) else pytest.approx(wanted))


def test_each_assumption_is_said(report_2024):
    for item, (rule, _, statements, formula, _) in ITEMS.items():
        if item in ("B1", "B2", "B3", "B4", "B5", "B6"):
            one = found(report_2024, rule, formula, statements)
            assert all(one.assumption(Language.load(code)) for code in CODES)


@pytest.mark.parametrize("name", PASSED)
def test_what_is_consistent_is_listed_as_passed(name, report_2024):
    rule, formula = PASSED[name]
    assert found(report_2024, rule, formula, []).severity == "passed"


def test_the_proportional_repair(report_2024):
    one = found(report_2024, "K03", ITEMS["A1"][3], [])
    repairs = one.to_json([])["values"]["repairs"]
    assert [round(repair["to"] * 100, 2) for repair in repairs] == [5.83, 15.63, 22.48, 7.79]


def test_the_minimal_conflicts_hold_the_four_that_are_known(report_2024):
    conflicts = {
        frozenset(record.id for record in conflict.statements): conflict.explained_by
        for conflict in report_2024.conflicts
    }
    assert conflicts == {
        frozenset({"P16.B", "P29.B"}): "K04",
        frozenset({"P05.share", "P20.中西部"}): "K04",
        frozenset({"P05.share", "P11.core", "P21.北方"}): "K10",
        frozenset({"P18.华东", "P19.华南", "P20.中西部", "P21.北方"}): "K03",
        # and the three that no list had
        frozenset({"P11.core", "P18.华东", "P19.华南"}): "K04",
        frozenset({"P20.中西部", "P11.core", "P21.北方"}): "K10",
        frozenset({"P05.share", "P18.华东", "P19.华南", "P21.北方"}): "K10",
    }


def test_nothing_else_is_an_error(report_2024):
    known = {
        (rule, formula) for rule, severity, _, formula, _ in ITEMS.values() if severity == "error"
    }
    others = [
        (one.rule, one.case, one.ids[:2])
        for one in report_2024.errors
        if (one.rule, one.formula) not in known
    ]
    assert others == [
        ("K10", "conflict", ("P05.share", "P18.华东")),
        ("K10", "conflict", ("P20.中西部", "P11.core")),
        ("K17", "order", ("P29.coverage", "P25.tour")),
    ]
    assert report_2024.exit_code == 1


def test_every_line_of_the_plan_is_held(plan_2024_text):
    data = yaml.safe_load(plan_2024_text)
    sources = {
        record["source"]
        for section, records in data.items()
        if isinstance(records, list) and section not in ("people",)
        for record in records
        if "source" in record
    }
    assert sources == {f"P{number:02d}" for number in range(1, 49)}


def test_lines_are_those_of_the_file(plan_2024_text, report_2024):
    lines = plan_2024_text.splitlines()
    for one in report_2024.findings:
        for record in one.statements:
            here = lines[record.line - 1]
            assert record.id in here or record.id.removeprefix("teams.") in here


def test_it_takes_less_than_two_seconds(plan_2024_text):
    start = time.process_time()
    report = check_plan(read_plan(plan_2024_text))
    report.json()
    assert time.process_time() - start < 2.0
