"""Every code that the plan's tables carry has a word in both languages."""

import pytest

from salesnb.language import Language
from salesnb.plan.basis import KINDS

CODES = {
    "status": ("free", "held", "lower", "upper", "vacant", "absent", "uncovered"),
    "basis": KINDS,
    "submission": ("agrees", "below", "above", "not_submitted", "not_asked"),
    "phasing": ("plausible", "unusual", "never_seen", "too_few_years"),
    "process": ("target", "needed", "given", "above_one", "below_zero", "zero_denominator"),
    "band": ("easy", "fair", "hard"),
    "adjustment": ("catch_up", "out_of_reach", "no_period_left", "met"),
    "response": ("too_few", "no_spread"),
    "fairness": (
        "size_neutrality",
        "at_target",
        "skewness",
        "bimodality",
        "target_growth_gini",
        "target_growth_variation",
        "target_load_gini",
        "target_load_variation",
        "neutral",
        "larger_easier",
        "larger_harder",
        "as_aimed",
        "too_easy",
        "too_hard",
        "two_groups",
        "too_few",
    ),
}


@pytest.mark.parametrize("code", ["zh", "en"])
@pytest.mark.parametrize("group", CODES)
def test_every_code_has_a_word(code, group):
    language = Language.load(code)
    for name in CODES[group]:
        assert language.label(f"allocation.{group}.{name}")
