from datetime import date
from pathlib import Path

import pytest
import yaml

from salesnb.errors import ParameterError
from salesnb.findings.finding import Finding
from salesnb.findings.playbook import ROLES, plan_actions, read_plays
from salesnb.findings.rules import RULES
from salesnb.language import Language, words
from salesnb.period import Calendar

BOOK = Path(__file__).parents[2] / "parameters" / "playbook.yaml"
ENTRY = {
    "rules": ["overdue_up"],
    "title": {"zh": "催收", "en": "Collect"},
    "strategy": {"zh": "加快回款", "en": "Collect faster"},
    "owner": "finance",
    "due": 3,
    "kpi": "overdue_ratio",
}
ZH = Language.load("zh")


def plans(findings, people=None):
    plays = read_plays([ENTRY])
    return plan_actions(findings, plays, people or {}, date(2024, 6, 28), Calendar(), ZH)


def test_the_shipped_playbook_names_rules_roles_and_metrics_that_exist():
    plays = read_plays(yaml.safe_load(BOOK.read_text(encoding="utf-8"))["actions"])
    said = {key.split(".")[1] for key in words("zh") if key.startswith("findings.")}
    for play in plays:
        assert set(play.rules) <= said
        assert play.owner in ROLES
    assert RULES


def test_a_bad_finding_becomes_an_action_due_in_working_days():
    (action,) = plans([Finding("overdue_up", "bad", impact=-5.0)])
    # 28 June 2024 is a Friday; three working days later is Wednesday.
    assert (action.title, action.owner, action.due) == ("催收", "财务部", date(2024, 7, 3))
    assert action.to_json() == {
        "title": "催收",
        "strategy": "加快回款",
        "owner": "财务部",
        "due": "2024-07-03",
        "kpi": "overdue_ratio",
        "source": "playbook:overdue_up",
        "finding": "overdue_up|",
    }


def test_a_role_is_a_person_where_the_region_has_one():
    (action,) = plans([Finding("overdue_up", "warn")], {"finance": "卢堃"})
    assert action.owner == "卢堃"


def test_good_news_and_news_without_a_play_ask_for_nothing():
    assert plans([Finding("overdue_up", "good"), Finding("goal_gap", "bad")]) == []


def test_two_findings_of_a_rule_are_one_action():
    twins = [Finding("overdue_up", "bad", {"region": name}) for name in ("华东", "华南")]
    assert len(plans(twins)) == 1


def test_all_mistakes_of_a_playbook_are_said_at_once():
    wrong = {**ENTRY, "kpi": "overdue_rati", "due": "soon", "onwer": "x", "title": {"zh": "催收"}}
    del wrong["owner"]
    with pytest.raises(ParameterError) as error:
        read_plays([wrong])
    assert str(error.value) == (
        "playbook.yaml: 5 problems.\n"
        "  · actions[1] lacks `owner`. Add it, as in the others.\n"
        "  · actions[1] has an unknown key; got `onwer`. Did you mean `owner`?\n"
        "  · actions[1].kpi is no metric; got `overdue_rati`. Did you mean `overdue_ratio`?\n"
        "  · actions[1].title has no text in `en`. Write one for each language.\n"
        "  · actions[1].due is no count of working days; got 'soon'."
    )
