"""The playbook's symptoms: reading them, and what they ask the data for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.errors import ParameterError
from salesnb.explain.causes import NotMeasured
from salesnb.findings.finding import Finding
from salesnb.findings.hypotheses import check_cases, read_cases
from salesnb.findings.lens import Lens
from salesnb.findings.measured import measurer
from salesnb.metrics.dataset import Dataset
from salesnb.parameters import read_entries

ROOT = Path(__file__).parents[2]
CASE = {
    "symptom": "sales",
    "name": "Sales are low",
    "rules": ["goal_gap"],
    "hypotheses": [
        {
            "id": "fewer",
            "name": {"zh": "线索少了", "en": "Fewer leads"},
            "check": "count_change",
            "ask": {"metric": "leads"},
            "options": {"least": 0.1},
        },
        {
            "id": "worse",
            "name": "Worse leads",
            "check": "rate_difference",
            "ask": {"metric": "valid_lead_rate", "by": "channel"},
        },
        {"id": "late", "name": "Slow", "check": "rate_difference", "ask": {"metric": "sla_rate"}},
    ],
}


def test_the_shipped_playbook_is_read():
    entries = read_entries(ROOT / "parameters" / "playbook.yaml", ROOT)
    cases = read_cases(entries["symptoms"].value)
    assert len(cases) >= 6
    for case in cases:
        assert all(case.name.values())
        assert all(all(name.values()) for name in case.hypothesis_names.values())


def test_every_flaw_is_told_at_once():
    flawed = {
        "symptom": "sales",
        "name": {"zh": "低"},
        "rule": ["goal_gap"],
        "hypotheses": [
            {"id": "a", "name": "A", "check": "count_chnge", "ask": {"metric": "leeds"}},
            {"id": "b", "check": "count_change", "ask": {"metric": "leads", "by": "chanel"}},
            {"id": "c", "name": "C", "check": "vacancy", "ask": {"against": "ever"}},
        ],
    }
    with pytest.raises(ParameterError) as caught:
        read_cases([flawed])
    message = str(caught.value)
    for part in (
        "`rule` is unknown. Did you mean `rules`?",
        "`rules` is missing",
        "`name` has no text in `en`",
        "metric `leeds` is unknown. Did you mean `leads`?",
        "leads has no dimension `chanel`. Did you mean `channel`?",
        "hypothesis 2: `name` is missing",
        "`ask` names a metric or figures",
        "against `ever` is unknown",
        "check `count_chnge` is unknown. Did you mean `count_change`?",
    ):
        assert part in message, part


# A company whose leads turn bad in one channel in the last three months.
def leads(recent_valid, sway=0):
    rows = []
    for step, month in enumerate(pd.period_range("2023-04", "2024-06", freq="M")):
        recent = step >= 12
        # Quarters before may sway around their mean.
        usual = 16 + (sway if (step // 3) % 2 else -sway)
        for channel in ("shop", "expo"):
            valid = recent_valid if recent and channel == "shop" else usual
            for place in range(20):
                verdict = "valid" if place < valid else "invalid"
                rows.append((month.start_time + pd.Timedelta(days=place), channel, verdict))
    frame = pd.DataFrame(rows, columns=["created", "channel", "verdict"])
    return frame.assign(lead_id=[f"L{number}" for number in range(len(frame))], region="East")


def lens(folder, **tables):
    days = pd.date_range("2023-01-01", "2024-06-30", freq="7D")
    orders = pd.DataFrame(
        {
            "order_id": [f"O{number}" for number in range(len(days))],
            "line_no": 1,
            "order_date": days,
            "region": "East",
            "amount": 100.0,
        }
    )
    write_tables(folder, {"orders": orders, **tables}, Company(regions=("East",), country=""))
    store = open_store(folder)
    calendar = s.Calendar(country="")
    dataset = Dataset(store, "East", calendar, s.Settings(), pd.Timestamp("2024-06-30").date())
    return Lens(dataset, s.Period.parse("2024-06"), dataset.as_of)


GAP = Finding("goal_gap", "warn", impact=-100.0)


def verdicts(found):
    return {each.hypothesis.id: each.diagnosis.verdict for each in found}


def test_the_cause_in_the_data_is_supported_and_what_has_no_table_says_so(tmp_path):
    asked = lens(tmp_path, leads=leads(recent_valid=6))
    found = check_cases(asked, [GAP], read_cases([CASE]))
    assert verdicts(found) == {
        "worse": "supported",
        "fewer": "not_supported",
        "late": "not_testable",
    }
    worse, late = found[0], next(each for each in found if each.hypothesis.id == "late")
    assert worse.diagnosis.values["segment"] == "shop"
    assert worse.diagnosis.values["current"] == pytest.approx(0.3)
    assert worse.diagnosis.values["prior"] == pytest.approx(0.8)
    assert late.diagnosis.lacks == ("tickets",)
    facts = [fact for fact in asked.facts if fact["metric"] == "hypothesis"]
    assert {fact["scope"]["verdict"] for fact in facts} == set(verdicts(found).values())


def test_a_rate_that_always_swayed_is_not_taken_for_a_cause(tmp_path):
    steady = lens(tmp_path / "a", leads=leads(recent_valid=11))
    swaying = lens(tmp_path / "b", leads=leads(recent_valid=11, sway=4))
    ask = {"metric": "valid_lead_rate", "by": "channel"}
    assert np.all(measurer(steady)(ask)["dispersion"] == 1.0)
    assert np.all(measurer(swaying)(ask)["dispersion"] > 3.0)
    assert verdicts(check_cases(steady, [GAP], read_cases([CASE])))["worse"] == "supported"
    assert verdicts(check_cases(swaying, [GAP], read_cases([CASE])))["worse"] == "directional"


def test_without_the_symptom_nothing_is_asked(tmp_path):
    asked = lens(tmp_path, leads=leads(recent_valid=6))
    assert check_cases(asked, [], read_cases([CASE])) == []
    good = Finding("goal_gap", "good")
    assert check_cases(asked, [good], read_cases([CASE])) == []


def test_a_first_year_has_nothing_to_be_held_against(tmp_path):
    asked = lens(tmp_path, leads=leads(recent_valid=6))
    early = Lens(asked.dataset, s.Period.parse("2023-05"), pd.Timestamp("2023-05-31").date())
    assert measurer(early)({"metric": "leads"}) == NotMeasured()
