"""Plans of other companies: other names, years, currencies, sizes."""

import random
import time
from pathlib import Path

import pytest

from salesnb.plan.check import check_text

NORTHWIND = (Path(__file__).parent / "northwind.yaml").read_text(encoding="utf-8")
LOUD = ("error", "warning")


def loud(report):
    return {found.key: found for found in report.findings if found.severity in LOUD}


def changed(record, old, new):
    """Give Northwind's plan with one text of one line replaced."""
    lines = NORTHWIND.splitlines()
    [place] = [number for number, line in enumerate(lines) if f"id: {record}," in line]
    assert old in lines[place]
    lines[place] = lines[place].replace(old, new, 1)
    return check_text("\n".join(lines))


def test_a_sound_plan_of_another_company_is_sound():
    report = check_text(NORTHWIND)
    assert [str(problem) for problem in report.problems] == []
    assert loud(report) == {}
    assert report.exit_code == 0
    assert {found.rule for found in report.passed} >= {
        "K02", "K03", "K06", "K08", "K10", "K12", "K13", "K14", "K15", "K17", "K20", "K31", "K32",
        "K36", "K38",
    }  # fmt: skip


def test_its_fiscal_year_ends_in_march():
    report = changed("m3", "due: 2025-09-30", "due: 2026-04-30")
    [found] = loud(report).values()
    assert found.formula == "2026-04-30 ∉ 2025-04-01 … 2026-03-31"


# Which record, what is written there, what instead → the rules that must speak up.
CHANGES = [
    ("b1", "50%", "55%", {"K02"}),
    ("b4", "€9M", "€8M", {"K01", "K07"}),
    ("t1", "+10%", "+15%", {"K03"}),
    ("t0g", "+12%", "+20%", {"K06"}),
    ("s3", "≥ 20%", "≥ 30%", {"K02"}),
    ("s1", "baseline: 45%", "baseline: 40%", {"K07"}),
    ("r1", "6000", "8000", {"K32"}),
    ("r1", "6000", "6000000", {"K18", "K32"}),
    ("q4", "6400", "5400", {"K15"}),
    ("n2", "30", "45", {"K14"}),
    ("l0", "900", "400", {"K13"}),
    ("l0", "900", "3000", {"K12", "K13"}),
    ("c0", "≥ 12%", "≥ 3%", {"K08", "K13"}),
    ("ch", "≤ 10%", "≤ 15%", {"K08"}),
    ("cs", "kind: points, value: +4 points", "kind: growth, value: +4%", {"K18"}),
    ("gp", "€9.2M", "€12M", {"K12"}),
    ("m3", "2025-09-30", "2025-05-30", {"K17"}),
    ("i4", "≥ 10%", "≥ 25%", {"K20"}),
    ("i4", "budget: 30", "budget: 20", {"K20"}),
    ("i3", "4%", "1%", {"K20"}),
    ("cap", "heads: 5", "heads: 3", {"K31"}),
    ("mr", "day: 6", "day: 2", {"K36"}),
    ("t2", "owner: Ben", "owner: [Ben, Anna]", {"K22"}),
    ("t3", "deadline: 2026Q4", "deadline: 2027Q1", {"K29"}),
    ("s3", "direction: raise", "direction: reduce", {"K08"}),
    ("hedge", "5%", "1%", {"K32"}),
]


@pytest.mark.parametrize(("record", "old", "new", "rules"), CHANGES)
def test_a_change_is_told_by_its_rules_alone(record, old, new, rules):
    if record == "hedge":
        report = check_text(NORTHWIND.replace("hedge: {rep: 5%}", "hedge: {rep: 1%}"))
    else:
        report = changed(record, old, new)
    assert {found.rule for found in loud(report).values()} == rules
    assert report.text("en")
    assert report.text("zh")


def test_a_plan_of_two_statements():
    report = check_text(
        "plan: {year: 2030}\ntargets:\n"
        "- {metric: net_sales, kind: growth, value: 12%}\n"
        "- {metric: net_sales, kind: growth, value: 15%}\n"
    )
    [error] = report.errors
    assert (error.rule, error.formula) == ("K06", "targets.1 12% ≠ targets.2 15%")
    assert report.exit_code == 1


def test_an_annual_summary_goes_through_the_same_checker(summary):
    told = {(found.rule, found.case): found.formula for found in summary.findings}
    several = [
        found.formula
        for found in summary.findings
        if (found.rule, found.case) == ("K04", "history")
    ]
    assert told["K35", "soft"] == "1.18 ÷ 1.15 − 1 = +2.6%"
    assert told["K35", "of_itself"] == "1.12 ÷ 1.1 − 1 = +1.8%"
    assert told["K11", "weights"] == (
        "(115%−85%)÷(120%−85%) = 85.7%; (110%−90%)÷(120%−90%) = 66.7%; "
        "85.7%×120% + 14.3%×90% = 115.7%"
    )
    assert several == [
        "25%×1.18 ÷ 15% − 1 = +96.7%; 75%×1.18 ÷ 85% − 1 = +4.1%",
        "55%×1.18 ÷ 45% − 1 = +44.2%; 45%×1.18 ÷ 55% − 1 = −3.5%",
    ]
    assert told["K12", "hidden"].endswith("average_order_value ×1.405 = +40.48%")
    assert told["K12", "hidden_fall"].endswith("value_per_month ×0.9375 = −6.25%")
    assert told["K12", "lifetime"] == "12 ÷ (1 − 75%) = 48 ≠ 24"
    assert told["K04", "implied"] == "main ≥ +3.4%; new +34.4%"
    assert told["K23", "members"] == "100% − 60% − 30% = 10%"
    assert {found.rule for found in summary.errors} == {"K35"}


def large(regions, lines, reps, more=0):
    """Write a plan that breaks one whole down three ways, and one region too far by `more` %."""
    dice = random.Random(1)
    names = {
        "region": [f"R{n:02d}" for n in range(regions)],
        "line": [f"L{n:02d}" for n in range(lines)],
        "rep": [f"P{n:03d}" for n in range(reps)],
    }
    text = ["plan: {year: 2024, tolerance: 0.5%}", "dimensions:"]
    text += [f"  {name}: [{', '.join(members)}]" for name, members in names.items()]
    base = {region: dice.randint(50, 300) * 10_000 for region in names["region"]}
    growth = {region: dice.randint(2, 20) for region in names["region"]}
    total = sum(base[region] * (1 + growth[region] / 100) for region in base)
    text.append("history:")
    text += [f"- {{metric: net_sales, scope: region={r}, value: {base[r]}}}" for r in base]
    text += ["targets:", f"- {{id: T, metric: net_sales, value: {total:.0f}}}"]
    for number, region in enumerate(base):
        value = growth[region] + (more if number == 3 else 0)
        text.append(
            f"- {{id: {region}, metric: net_sales, kind: growth, scope: region={region}, "
            f"value: +{value}%, parent: T}}"
        )
        for line in names["line"]:
            amount = base[region] * (1 + growth[region] / 100) / lines
            text.append(
                f"- {{id: {region}{line}, metric: net_sales, scope: region={region};line={line}, "
                f"value: {amount:.0f}, parent: {region}}}"
            )
    for rep in names["rep"]:
        text.append(
            f"- {{id: {rep}, metric: net_sales, scope: rep={rep}, value: {total / reps:.0f}, "
            f"parent: T, owner: {rep}, deadline: 2024Q4}}"
        )
    return "\n".join(text)


def test_hundreds_of_statements_take_less_than_two_seconds():
    text = large(20, 12, 150)
    start = time.process_time()
    report = check_text(text)
    assert time.process_time() - start < 2.0
    assert report.errors == ()
    assert len(report.plan.statements) > 400


def test_one_mistake_among_hundreds_is_found():
    report = check_text(large(20, 12, 150, more=15))
    assert {(found.rule, found.case) for found in report.errors} == {
        ("K03", "over"),
        ("K01", "under"),
    }
    assert all("R03" in found.ids for found in report.errors)
