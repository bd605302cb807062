import math

import numpy as np
import pytest
from pandas import DataFrame

from salesnb.errors import MetricError, ParameterError
from salesnb.explain.causes import (
    Hypothesis,
    NotMeasured,
    Symptom,
    diagnose,
    diagnosis_table,
    evidence_text,
    read_symptoms,
)
from salesnb.explain.evidence import CHECKS
from salesnb.language import CODES, Language

PLAYBOOK = [
    {
        "symptom": "sales_down",
        "hypotheses": [
            {"id": "customer_lost", "check": "key_customer_lost", "ask": {"what": "customers"}},
            {"id": "post_vacant", "check": "vacancy", "ask": {"what": "posts"}},
            {"id": "price_cut", "check": "price_effect", "ask": {"what": "prices"}},
            {
                "id": "channel_weak",
                "check": "segment_change",
                "ask": {"what": "channels"},
                "options": {"least": 0.1},
            },
            {
                "id": "leads_bad",
                "check": "rate_difference",
                "ask": {"what": "leads"},
                "options": {"direction": "down", "worth": 900, "least": 0.05},
            },
            {
                "id": "complaints",
                "check": "event_rate",
                "ask": {"what": "complaints"},
                "options": {"worth": 500, "least": 0.2},
            },
        ],
    }
]
CAUSES = [each["id"] for each in PLAYBOOK[0]["hypotheses"]]
NOISE = 0.05


def company(seed, cause):
    """Figures of a synthetic company in which one cause is at work, or none."""
    random = np.random.default_rng(seed)

    def around(values):
        return np.asarray(values, dtype=float) * (1 + NOISE * random.standard_normal(len(values)))

    customers = DataFrame({"customer": [f"c{n}" for n in range(40)]})
    customers["prior"] = 1000 * random.lognormal(0, 0.8, 40)
    customers["current"] = around(customers["prior"])
    if cause == "customer_lost":
        customers.loc[customers["prior"].idxmax(), "current"] = 0.0

    posts = DataFrame({"position": list("abcdef"), "months_vacant": 0, "prior": around([900] * 6)})
    posts["current"] = around(posts["prior"])
    # A vacancy that hurts nobody is no cause: its customers were looked after.
    posts.loc[5, "months_vacant"] = 2
    if cause == "post_vacant":
        posts.loc[5, "current"] *= 0.4

    prices = DataFrame({"item": list("xyz"), "prior_quantity": [300.0, 200, 100]})
    prices["prior_amount"] = prices["prior_quantity"] * [10, 20, 40]
    prices["quantity"] = around(prices["prior_quantity"])
    cut = [1, 0.85, 1] if cause == "price_cut" else [1, 1, 1]
    level = 1 + 0.005 * random.standard_normal(3)
    prices["amount"] = prices["quantity"] * [10, 20, 40] * cut * level

    channels = DataFrame({"segment": ["online", "field", "dealer"], "prior": [3000.0, 4000, 3000]})
    channels["current"] = around(channels["prior"])
    channels["sigma"] = NOISE * channels["prior"]
    if cause == "channel_weak":
        channels.loc[0, "current"] *= 0.6

    rate = 0.4 if cause == "leads_bad" else 0.6
    leads = DataFrame({"segment": ["online", "expo"], "denominator": 300, "prior_denominator": 300})
    leads["numerator"] = [random.binomial(300, rate), random.binomial(300, 0.6)]
    leads["prior_numerator"] = random.binomial(300, 0.6, 2)

    trouble = 0.12 if cause == "complaints" else 0.05
    complaints = DataFrame(
        {
            "events": [random.poisson(1000 * trouble)],
            "exposure": 1000,
            "prior_events": [random.poisson(50)],
            "prior_exposure": 1000,
        }
    )
    frames = {
        "customers": customers,
        "posts": posts,
        "prices": prices,
        "channels": channels,
        "leads": leads,
        "complaints": complaints,
    }
    return lambda ask: frames[ask["what"]]


@pytest.mark.parametrize("cause", CAUSES)
def test_the_planted_cause_is_supported_and_no_other(cause):
    symptoms = read_symptoms(PLAYBOOK)
    alone = 0
    for seed in range(40):
        found = diagnose(symptoms, company(seed, cause))
        supported = [each.hypothesis for each in found if each.verdict == "supported"]
        alone += supported == [cause]
    assert alone / 40 >= 0.9


def test_without_a_cause_nothing_is_supported():
    symptoms = read_symptoms(PLAYBOOK)
    quiet = sum(
        all(each.verdict != "supported" for each in diagnose(symptoms, company(seed, "")))
        for seed in range(40)
    )
    assert quiet / 40 >= 0.9


FRAME = DataFrame({"current": [80.0], "prior": [100.0]})


def one(check="amount_change", **options):
    return [Symptom("s", (Hypothesis("h", check, {}, options),))]


def test_verdicts_by_hand():
    assert diagnose(one(), lambda ask: FRAME)[0].verdict == "supported"
    assert diagnose(one(least=0.5), lambda ask: FRAME)[0].verdict == "directional"
    assert diagnose(one(direction="up"), lambda ask: FRAME)[0].verdict == "not_supported"
    noisy = diagnose(one(), lambda ask: FRAME.assign(sigma=15.0))[0]
    assert noisy.verdict == "directional"
    assert noisy.size == -20


def test_what_cannot_be_measured_is_not_testable():
    missing = diagnose(one(), lambda ask: NotMeasured(("tickets",)))[0]
    assert (missing.verdict, missing.lacks) == ("not_testable", ("tickets",))
    assert missing.size is None
    for frame in (FRAME.iloc[:0], FRAME.assign(prior=0.0)):
        found = diagnose(one(), lambda ask, frame=frame: frame)[0]
        assert (found.verdict, found.lacks) == ("not_testable", ())


def test_several_hypotheses_are_several_chances():
    hypotheses = tuple(Hypothesis(f"h{n}", "amount_change", {"n": n}) for n in range(4))
    sigma = [5, 10, 9.5, 40]
    found = diagnose(
        [Symptom("s", hypotheses)], lambda ask: FRAME.assign(sigma=float(sigma[ask["n"]]))
    )
    p_values = {each.hypothesis: each.p_value for each in found}
    alone = math.erfc(20 / 10 / math.sqrt(2))
    assert p_values["h1"] == pytest.approx(max(2 * alone, 3 * math.erfc(20 / 9.5 / math.sqrt(2))))
    assert p_values["h3"] == pytest.approx(math.erfc(0.5 / math.sqrt(2)))
    assert [each.hypothesis for each in found if each.verdict == "supported"] == ["h0"]


def test_the_supported_come_first_then_by_size():
    frames = [FRAME, FRAME * 10, FRAME.assign(current=200.0)]
    hypotheses = tuple(Hypothesis(f"h{n}", "amount_change", {"n": n}) for n in range(3))
    found = diagnose([Symptom("s", hypotheses)], lambda ask: frames[ask["n"]])
    assert [each.hypothesis for each in found] == ["h1", "h0", "h2"]
    table = diagnosis_table(found)
    assert table["verdict"].tolist() == ["supported", "supported", "not_supported"]
    assert table["size"].tolist() == [-200, -20, 100]
    assert diagnosis_table([]).empty


@pytest.mark.parametrize("code", CODES)
def test_every_kind_of_evidence_has_a_sentence(code):
    language = Language.load(code)
    entries = [
        {"id": "shares", "check": "share_shift", "ask": {"what": "channels"}},
        {"id": "sales", "check": "amount_change", "ask": {"what": "channels"}},
        {"id": "overdue", "check": "overdue_growth", "ask": {"what": "money"}},
        {"id": "one", "check": "rate_difference", "ask": {"what": "whole"}},
        {"id": "fewer", "check": "count_change", "ask": {"what": "complaints"}},
        {"id": "mix", "check": "rate_mix", "ask": {"what": "leads"}},
        {"id": "dear", "check": "demand_lost", "ask": {"what": "prices"}},
        {"id": "costs", "check": "cost_effect", "ask": {"what": "prices"}},
    ]
    symptoms = read_symptoms(
        [{"symptom": "sales_down", "hypotheses": PLAYBOOK[0]["hypotheses"] + entries}]
    )
    money = DataFrame(
        {"overdue": [3], "receivable": [9], "prior_overdue": [1], "prior_receivable": [9]}
    )
    whole = DataFrame(
        {"numerator": [3], "denominator": [9], "prior_numerator": [1], "prior_denominator": [9]}
    )
    others = {"money": money, "whole": whole}
    for cause in ("customer_lost", ""):
        measured = company(0, cause)
        found = diagnose(
            symptoms,
            lambda ask, measured=measured: (
                others[ask["what"]] if ask["what"] in others else measured(ask)
            ),
        )
        texts = [evidence_text(each, language) for each in found]
        assert all(texts)
        assert {each.check for each in found} == set(CHECKS)


def test_sentences_by_hand():
    english = Language.load("en")
    found = diagnose(one(), lambda ask: FRAME)[0]
    assert evidence_text(found, english) == "¥80 against ¥100 before, −¥20 (−20.0%)."
    nothing = diagnose(one(), lambda ask: NotMeasured())[0]
    assert evidence_text(nothing, english) == ("Not testable: there are no figures to compare.")
    posts = DataFrame({"position": ["a"], "months_vacant": [0], "current": [1.0], "prior": [1.0]})
    filled = diagnose(one("vacancy"), lambda ask: posts)[0]
    assert evidence_text(filled, Language.load("zh")) == "没有岗位空缺。"


def test_a_playbook_is_read_with_all_its_flaws_at_once():
    flawed = [
        {
            "symptom": "sales_down",
            "hypotheses": [
                {"id": "a", "check": "share_shfit"},
                {"id": "b", "check": "share_shift", "options": {"lest": 0.1}},
                {"id": "b", "check": "vacancy", "asks": {}},
            ],
        },
        {"hypotheses": [{"check": "vacancy"}]},
    ]
    with pytest.raises(ParameterError) as caught:
        read_symptoms(flawed, "playbook.yaml")
    assert str(caught.value) == (
        "playbook.yaml: 6 problems.\n"
        "  · symptom 1, hypothesis 1: check `share_shfit` is unknown. Did you mean `share_shift`?\n"
        "  · symptom 1, hypothesis 2: `lest` is no option of share_shift. Did you mean `least`?\n"
        "  · symptom 1, hypothesis 3: `asks` is unknown. Did you mean `ask`?\n"
        "  · symptom 1: hypothesis `b` stands twice.\n"
        "  · symptom 2: `symptom` is missing.\n"
        "  · symptom 2, hypothesis 1: `id` is missing."
    )


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (
            "vacancy",
            "h, check vacancy: 2 problems.\n"
            "  · `position` is missing; got current, prior.\n"
            "  · `months_vacant` is missing; got current, prior.",
        ),
        ("vacncy", "check `vacncy` is unknown. Did you mean `vacancy`?"),
    ],
)
def test_errors(check, message):
    with pytest.raises(MetricError) as caught:
        diagnose(one(check), lambda ask: FRAME)
    assert str(caught.value) == message
