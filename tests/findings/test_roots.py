"""Problems gathered by what lies behind them."""

from salesnb.explain.causes import Diagnosis, Hypothesis, Symptom
from salesnb.findings.finding import Finding
from salesnb.findings.hypotheses import Case, Checked
from salesnb.findings.roots import gather

GAP = Finding("goal_gap", "warn", impact=-100.0)
VACANT = Finding("vacancy", "bad", {"rep": "r"}, impact=-80.0)
LATE = Finding("overdue_up", "bad", impact=-300.0)
GOOD = Finding("goal_met", "good", impact=5.0)


def checked(name, verdict, *findings, size=None):
    hypothesis = Hypothesis(name, "vacancy")
    case = Case(Symptom("sales", (hypothesis,)), {}, (), {name: {}})
    diagnosis = Diagnosis("sales", name, "vacancy", verdict, size)
    return Checked(case, hypothesis, diagnosis, findings, size)


def test_a_supported_hypothesis_takes_its_symptoms_with_it():
    found = gather(
        None, [GAP, VACANT, LATE, GOOD], [checked("vacancy", "supported", GAP, VACANT, size=-80.0)]
    )
    assert [(each.id, each.size, each.is_root) for each in found] == [
        ("overdue_up", -300.0, False),
        ("vacancy", -80.0, True),
    ]
    root = found[1]
    assert [each.rule for each in root.own] == ["vacancy"]
    assert [each.rule for each in root.symptoms] == ["goal_gap"]


def test_what_is_not_supported_explains_nothing():
    found = gather(None, [GAP], [checked("vacancy", "directional", GAP, size=-80.0)])
    assert [(each.id, each.is_root) for each in found] == [("goal_gap", False)]


def test_one_cause_of_two_symptoms_is_one_trouble_and_no_symptom_of_another():
    both = [
        checked("vacancy", "supported", GAP, VACANT, size=-80.0),
        checked("vacancy", "supported", LATE, size=-90.0),
        checked("lost", "supported", GAP, VACANT, size=-20.0),
    ]
    found = gather(None, [GAP, VACANT, LATE], both)
    assert [(each.id, each.size) for each in found] == [("vacancy", -90.0), ("lost", -20.0)]
    assert [each.rule for each in found[1].symptoms] == ["goal_gap"]


def test_nothing_found_is_nothing_to_fix():
    assert gather(None, [GOOD], []) == []
