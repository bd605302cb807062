import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import PlanError
from salesnb.plan.editing import append_record, as_data, change_fields

BLOCK = """# 目标
targets:
  - id: T1   # first
    value: ≥ 50%   # half at least
    owner: [An, Bo]

  # of the regions
  - id: T2
    value:
    text: >
      two
      lines
"""
FLOW = "targets:\n  - {id: T1, value: +12%, note: 'a, b'}\n  - {id: T2, value: 1}  # last\n"


def changed_lines(before, after):
    return [
        (one, two)
        for one, two in zip(before.splitlines(), after.splitlines(), strict=True)
        if one != two
    ]


def test_one_value_changes_and_nothing_else():
    after = change_fields(BLOCK, {"T1": {"value": "≥ 55%"}})
    assert changed_lines(BLOCK, after) == [
        ("    value: ≥ 50%   # half at least", "    value: ≥ 55%   # half at least")
    ]


def test_several_changes_at_once_in_both_layouts():
    after = change_fields(BLOCK, {"T2": {"value": "5 家"}, "T1": {"owner": ["Li"]}})
    assert changed_lines(BLOCK, after) == [
        ("    owner: [An, Bo]", "    owner: [Li]"),
        ("    value:", "    value: 5 家"),
    ]
    after = change_fields(FLOW, {"T1": {"value": "+8%"}, "T2": {"value": "2"}})
    assert after == FLOW.replace("+12%", "+8%").replace("value: 1", "value: 2")


def test_a_field_that_is_new_comes_behind_the_id_or_at_the_end():
    after = change_fields(BLOCK, {"T1": {"deadline": "2024Q4"}})
    assert "  - id: T1   # first\n    deadline: 2024Q4\n    value: ≥ 50%" in after
    after = change_fields(FLOW, {"T2": {"deadline": "2024Q4"}})
    assert "{id: T2, value: 1, deadline: 2024Q4}  # last" in after


def test_a_folded_text_can_be_replaced():
    after = change_fields(BLOCK, {"T2": {"text": "one line"}})
    assert as_data(after)["targets"][1]["text"] == "one line"


def test_texts_yaml_would_misread_are_quoted():
    after = change_fields(FLOW, {"T1": {"value": "≥ 2,500", "note": "a: b # c", "text": "[x]"}})
    record = as_data(after)["targets"][0]
    assert (record["value"], record["note"], record["text"]) == ("≥ 2,500", "a: b # c", "[x]")


def test_windows_line_ends_stay():
    text = BLOCK.replace("\n", "\r\n")
    after = append_record(change_fields(text, {"T1": {"goal": "x"}}), "versions", {"version": "2"})
    assert "\n" not in after.replace("\r\n", "")
    assert as_data(after)["targets"][0]["goal"] == "x"


@pytest.mark.parametrize(
    "text",
    [
        "plan: {year: 2024}\nversions:\n  - version: 2\n    reason: a  # why\n# end\n",
        "plan: {year: 2024}\nversions:\n- {version: 2, reason: a}\ntargets: []\n",
        "plan: {year: 2024}\nversions: []\ntargets: []\n",
        "plan: {year: 2024}\nversions:\ntargets: []\n",
        "plan: {year: 2024}",
        "plan: {year: 2024}\nversions:\n  - version: 2\n    values: {a: 1,\n      b: 2}",
    ],
)
def test_a_record_is_put_at_the_end_of_its_section(text):
    after = append_record(text, "versions", {"version": "3", "values": {"P21.北方": "+8%"}})
    before, now = as_data(text), as_data(after)
    assert now.pop("versions") == [
        *(before.pop("versions", None) or []),
        {"version": "3", "values": {"P21.北方": "+8%"}},
    ]
    assert now == before
    for line in text.splitlines():
        assert line.replace(" []", "").strip() in after


def test_what_cannot_be_changed_is_named():
    with pytest.raises(PlanError) as caught:
        change_fields(FLOW, {"goal": {"value": "1"}, "T1": {"value": "1"}})
    assert str(caught.value) == "the plan has no statement `goal`. It can be: T1, T2."
    nested = "milestones:\n  - id: M\n    after:\n      - A\n      - B\n"
    with pytest.raises(PlanError) as caught:
        change_fields(nested, {"M": {"after": ["A"]}})
    assert str(caught.value) == (
        "line 4: `after` of `M` is written over several lines. "
        "Write it on one line to have it revised."
    )
    with pytest.raises(PlanError, match="the YAML is broken"):
        change_fields("a: [", {})
    with pytest.raises(PlanError, match="the plan is no mapping of sections"):
        change_fields("- a", {})
    with pytest.raises(PlanError, match="`versions` cannot be added to as it is written"):
        append_record("versions: [{version: 2}]\n", "versions", {"version": "3"})


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([BLOCK, FLOW]),
)
@settings(deadline=None)
def test_any_text_reads_back_as_it_was_given(value, text):
    assert change_fields(text, {"T1": {"value": value}}) is not None
    after = as_data(change_fields(text, {"T1": {"value": value, "goal": value}}))
    before = as_data(text)
    assert after["targets"][0].pop("goal") == value
    assert after["targets"][0].pop("value") == value
    before["targets"][0].pop("value")
    assert after == before


def test_the_loader_counts_characters():
    text = "a: 目标\nb: +12%\n"
    node = yaml.compose(text, Loader=yaml.SafeLoader).value[1][1]
    assert text[node.start_mark.index : node.end_mark.index] == "+12%"
