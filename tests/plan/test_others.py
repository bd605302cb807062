"""Plans written by hand for other companies: what was planted is found, and nothing else."""

from pathlib import Path

import pytest

from salesnb.language import CODES, Language
from salesnb.plan.check import check_text

PLANS = Path(__file__).parent / "others"

# Plan → its contradictions, what it lacks, and a number that must be in the arithmetic.
FOUND = {
    "city_cny": ({"K10.conflict"}, {"K22.unowned"}, "加盟 35% + 直营 67% = 102% ≠ 100%"),
    "county_tables": (
        {"K01.under", "K08.above"}, {"K15.incomplete", "K22.unowned", "K29.checkpoints"},
        "= 2,400,000元 ≠ 2,500,000元"),
    "draft": (
        {"K02.sum", "K03.under", "K06.kinds"}, {"K22.unowned", "K26.no_baseline", "K26.no_number"},
        "= 21.88% ≠ 25%"),
    "medical_eur": ({"K31.short"}, {"K20.some"}, "≥ 10%: 2 / 3"),
    "months": ({"K15.months"}, set(), "100万元 + 100万元 + 105万元 = 305万元 ≠ 320万元"),
    "retail_weeks": ({"K06.kinds"}, {"K22.unowned"}, "£2,200K ≠ £2,214K ← +8%"),
    "shares_only": ({"K02.sum"}, {"K22.unowned"}, "38% + 35% + 29% = 102% ≠ 100%"),
    "software_usd": ({"K06.kinds"}, {"K22.unowned"}, "+25% → 5% ≠ 6% ← +2 points"),
    "tools_usd": ({"K01.over", "K17.order"}, {"K22.unowned"}, "= $22,400K ≠ $22,000K"),
}  # fmt: skip


def test_every_plan_is_tried():
    assert {path.stem for path in PLANS.glob("*.yaml")} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_what_was_planted_is_found_and_nothing_else(name):
    errors, warnings, arithmetic = FOUND[name]
    report = check_text((PLANS / f"{name}.yaml").read_text(encoding="utf-8"), name)
    assert report.problems == ()
    assert {f"{found.rule}.{found.case}" for found in report.errors} == errors
    assert {f"{found.rule}.{found.case}" for found in report.of("warning")} == warnings
    assert any(arithmetic in found.formula for found in report.findings)
    assert all(report.text(code) for code in CODES)


def test_money_is_said_in_the_plan_s_own():
    report = check_text((PLANS / "tools_usd.yaml").read_text(encoding="utf-8"))
    [over] = [found for found in report.errors if found.rule == "K01"]
    for code in CODES:
        # A language loaded without a currency is that of a reader, not of the plan.
        assert "$22,400K" in report.text(code)
        assert "Northeast → $8,643K" in report.text(code)
    assert over.size.value == pytest.approx(400_000)


def test_statements_of_one_line_are_told_apart():
    report = check_text((PLANS / "city_cny.yaml").read_text(encoding="utf-8"))
    [conflict] = report.errors
    assert "targets.5、targets.6 这 2 条" in conflict.text(Language.load("zh"))
    assert "targets.5 → 33.4%" in conflict.repair(Language.load("en"))
