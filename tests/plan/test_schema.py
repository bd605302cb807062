"""The blank plan is the schema's own documentation: every field is in it, every example works."""

import re

import pytest

from salesnb.plan.check import check_text
from salesnb.plan.fields import _READERS
from salesnb.plan.reading import read_plan
from salesnb.plan.schema import SECTIONS

# Kinds that are read with their metric or their section, not by themselves.
LATER = {
    "text", "person", "ref", "quantity", "unit", "of", "rates", "hedges", "tiers", "grid", "values",
}  # fmt: skip


@pytest.fixture(scope="module")
def blank(root):
    return (root / "parameters" / "plan_blank.yaml").read_text(encoding="utf-8")


def test_a_blank_plan_is_a_plan(blank):
    report = check_text(blank)
    assert [str(problem) for problem in report.problems] == []
    assert report.findings == ()


def test_every_example_works(blank):
    opened = re.sub("^#: ", "", blank, flags=re.MULTILINE)
    plan = read_plan(opened)
    assert len(list(plan.records)) == opened.count("{id: ")
    report = check_text(opened)
    assert report.text("zh")
    assert report.text("en")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_blank_plan_has_every_section_and_field(section, blank):
    assert re.search(rf"^{section}:", blank, re.MULTILINE)
    missing = [name for name in SECTIONS[section].names if not re.search(rf"\b{name}\b", blank)]
    assert missing == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_says_what_it_is(section):
    for field in SECTIONS[section].fields:
        assert field.about
        assert field.kind in {*LATER, *_READERS}
        assert bool(field.options) == (field.kind == "choice")


def test_the_blank_plan_has_no_tab_and_no_long_surprise(blank):
    assert "\t" not in blank
    assert all(len(line) < 260 for line in blank.splitlines())
