import os
from datetime import date
from pathlib import Path

import pytest

from salesnb.errors import PlanError
from salesnb.plan.reading import read_plan
from salesnb.plan.revisions import compare_versions, plan_versions, revise_plan, version_table

TEXT = """plan: {year: 2024, currency: CNY}
dimensions:
  region: [East, North]
people:
  - {name: An}
  - {name: Bo}
targets:
  # the whole
  - {id: P10, metric: net_sales, kind: growth, value: +12%}   # agreed in December
  - {id: P21, metric: net_sales, kind: growth, scope: region=North, value: +10%, owner: An}
"""
JULY, OCTOBER = date(2024, 7, 1), date(2024, 10, 1)
SHIPPED = Path(__file__).parents[2] / "parameters" / "plan_2024.yaml"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan_2024.yaml"
    path.write_text(TEXT, "utf-8")
    return path


def message(*args):
    with pytest.raises(PlanError) as caught:
        revise_plan(*args)
    return str(caught.value)


def test_a_revision_is_a_new_file_beside_the_old_one(plan):
    new = revise_plan(plan, {"P21": "+8%"}, "weaker  market", "Li", JULY)
    assert new.name == "plan_2024.v2.yaml"
    assert plan.read_text("utf-8") == TEXT
    text = new.read_text("utf-8")
    assert text.startswith(TEXT.replace("+10%", "+8%"))
    assert text.removeprefix(TEXT.replace("+10%", "+8%")) == (
        "\nversions:\n"
        "  - version: 2\n"
        "    effective: 2024-07-01\n"
        "    approver: Li\n"
        "    reason: weaker market\n"
        "    values: {P21: +8%}\n"
    )
    (version,) = read_plan(text).versions
    assert (version.version, version.effective, version.approver) == (2, JULY, "Li")


def test_versions_form_a_chain(plan):
    second = revise_plan(plan, {"P21": "+8%"}, "weaker market", "Li", JULY)
    third = revise_plan(
        second,
        {"P21": {"owner": "Bo"}, "P10": {"value": "+11%", "note": "x"}},
        "Bo takes over",
        "Li",
        OCTOBER,
    )
    assert third.name == "plan_2024.v3.yaml"
    chain = plan_versions(second)
    assert [found.version for found in chain] == [1, 2, 3]
    assert chain[0].effective is None
    assert chain[1].values == {"P21": "+8%"}
    assert chain[2].values == {"P10": "+11%"}
    assert (chain[2].effective, chain[2].reason) == (OCTOBER, "Bo takes over")
    assert 'note: "P21 owner: An → Bo; P10 note:  → x"' in third.read_text("utf-8")
    assert [version.version for version in read_plan(third.read_text("utf-8")).versions] == [2, 3]
    table = version_table(plan)
    assert table["changes"].tolist() == [0, 1, 1]
    assert table["file"].tolist() == ["plan_2024.yaml", "plan_2024.v2.yaml", "plan_2024.v3.yaml"]


def test_what_differs_between_two_versions(plan):
    second = revise_plan(plan, {"P21": "+8%"}, "weaker market", "Li", JULY)
    third = revise_plan(second, {"P21": {"owner": ["An", "Bo"]}}, "two", "Li", JULY)
    assert compare_versions(plan, third).to_numpy().tolist() == [
        ["P21", "value", "+10%", "+8%"],
        ["P21", "owner", "An", "An, Bo"],
    ]
    assert compare_versions(third, third).empty


def test_only_the_newest_version_is_revised(plan):
    revise_plan(plan, {"P21": "+8%"}, "weaker market", "Li", JULY)
    assert message(plan, {"P21": "+7%"}, "again", "Li", JULY) == (
        "plan_2024.yaml: there is a newer version; got plan_2024.v2.yaml. Revise plan_2024.v2.yaml."
    )


def test_everything_that_is_missing_is_said_at_once(plan):
    assert message(plan, {"P10": "+12%"}, " ", "", JULY) == (
        "plan_2024.yaml: 3 problems.\n"
        "  · a revision needs a reason. Say it; it is kept with the version.\n"
        "  · a revision needs an approver. Say it; it is kept with the version.\n"
        "  · `value` of `P10` is that already; got +12%."
    )
    assert message(plan, {"P100": "+1%"}, "", "Li", JULY) == (
        "plan_2024.yaml: 2 problems.\n"
        "  · a revision needs a reason. Say it; it is kept with the version.\n"
        "  · the plan has no statement `P100`. Did you mean `P10`?"
    )
    assert message(plan, {}, "why", "Li", JULY) == (
        "plan_2024.yaml: a revision changes something; got no change."
    )


def test_no_version_holds_before_the_one_it_follows(plan):
    second = revise_plan(plan, {"P21": "+8%"}, "weaker market", "Li", OCTOBER)
    assert message(second, {"P21": "+7%"}, "again", "Li", JULY) == (
        "plan_2024.v2.yaml: a revision holds no earlier than the one before it; "
        "got 2024-07-01 after 2024-10-01."
    )


def test_a_value_that_is_none_is_refused_and_nothing_is_written(plan):
    before = sorted(plan.parent.iterdir())
    assert "line 10: the value cannot be read as a number; got `much`" in message(
        plan, {"P21": "much"}, "why", "Li", JULY
    )
    assert sorted(plan.parent.iterdir()) == before


def test_a_text_that_cannot_be_changed_safely_is_refused(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(TEXT.replace("+12%", "&same +12%").replace("+10%", "*same"), "utf-8")
    for name in ("P10", "P21"):
        assert message(path, {name: "+9%"}, "why", "Li", JULY) == (
            "plan.yaml: the plan's text cannot be changed safely. "
            "Write the changed records without anchors and aliases."
        )
    assert len(list(tmp_path.iterdir())) == 1


def test_another_who_was_faster_is_not_written_over(plan, monkeypatch):
    taken = plan.with_name("plan_2024.v2.yaml")
    link = os.link

    def late(source, target):
        taken.write_text("theirs", "utf-8")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert message(plan, {"P21": "+8%"}, "why", "Li", JULY) == (
        "the next version is there already; got plan_2024.v2.yaml. Revise that one."
    )
    assert taken.read_text("utf-8") == "theirs"
    assert len(list(plan.parent.iterdir())) == 2


def test_a_disk_without_links_works_too(plan, monkeypatch):
    def none(source, target):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", none)
    new = revise_plan(plan, {"P21": "+8%"}, "why", "Li", JULY)
    assert read_plan(new.read_text("utf-8")).versions[0].version == 2
    assert len(list(plan.parent.iterdir())) == 2


def test_files_that_are_no_plans_are_named(tmp_path):
    with pytest.raises(PlanError, match=r"there is no such plan; got plan\.yaml"):
        plan_versions(tmp_path / "plan.yaml")
    with pytest.raises(PlanError, match=r"this is no plan's file name; got plan\.txt"):
        plan_versions(tmp_path / "plan.txt")
    broken = tmp_path / "plan.yaml"
    broken.write_bytes("计划".encode("gbk"))
    with pytest.raises(PlanError, match=r"the file is not UTF-8; got plan\.yaml"):
        plan_versions(broken)


@pytest.mark.skipif(not SHIPPED.exists(), reason="the shipped plan is not there")
def test_the_shipped_plan_can_be_revised_line_by_line(tmp_path):
    path = tmp_path / SHIPPED.name
    text = SHIPPED.read_text("utf-8")
    path.write_text(text, "utf-8")
    # The proportional repair of A1.
    repair = {
        "P18.华东": "+5.83%",
        "P19.华南": "+15.63%",
        "P20.中西部": "+22.48%",
        "P21.北方": "+7.79%",
    }
    new = revise_plan(path, repair, "各区增长合计超过总目标", "总经理", JULY)
    after = new.read_text("utf-8")
    differ = [
        (one, two)
        for one, two in zip(text.splitlines(), after.splitlines(), strict=False)
        if one != two
    ]
    assert len(differ) == 4
    assert compare_versions(path, new)["after"].tolist() == list(repair.values())
