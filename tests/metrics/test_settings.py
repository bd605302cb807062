from __future__ import annotations

from dataclasses import fields

import pytest

from salesnb.errors import ParameterError
from salesnb.metrics.settings import Settings


def test_everything_has_a_default():
    assert Settings() == Settings.from_mapping({})


def test_values_of_yaml_take_their_place():
    chosen = Settings.from_mapping(
        {"repurchase": "within", "premium_tiers": ["C"], "value_tiers": {"big": 10, "small": 0}}
    )
    assert chosen.repurchase == "within"
    assert chosen.premium_tiers == ("C",)
    assert dict(chosen.value_tiers) == {"big": 10, "small": 0}


def test_every_problem_is_told_at_once():
    with pytest.raises(ParameterError) as caught:
        Settings.from_mapping(
            {
                "repurchas": "within",
                "collection": "duee",
                "n_trials": True,
                "churn_quantile": 2,
                "premium_tiers": "B",
                "value_tiers": {"big": 10},
                "ageing_days": [30, 0],
                "gift_units": "yes",
                "plan": 2024,
            }
        )
    assert str(caught.value) == (
        "9 problems.\n"
        "  · `repurchas` is unknown. Did you mean `repurchase`?\n"
        "  · `collection` is none of its choices; got 'duee'. Did you mean `due`?\n"
        "  · `n_trials` is not a whole number; got True.\n"
        "  · `churn_quantile` is out of range; got 2. Write 0.5 to 1.\n"
        "  · `premium_tiers` is not a list of texts; got 'B'.\n"
        "  · `value_tiers` leaves values without a name or with two; got {'big': 10}."
        " Give each name its own lower limit and the lowest one 0.\n"
        "  · `ageing_days` is not a list of rising numbers; got (30, 0).\n"
        "  · `gift_units` is not true or false; got 'yes'.\n"
        "  · `plan` is not text; got 2024."
    )


def test_choices_that_disagree():
    with pytest.raises(ParameterError, match="`churn_days_low` is above `churn_days_high`"):
        Settings.from_mapping({"churn_days_low": 100, "churn_days_high": 50})


@pytest.mark.parametrize("name", Settings.names())
def test_each_choice_is_explained(name):
    assert name in (Settings.__doc__ or "")


@pytest.mark.parametrize("each", fields(Settings), ids=lambda each: each.name)
def test_a_wrong_type_is_refused(each):
    with pytest.raises(ParameterError, match=each.name):
        Settings.from_mapping({each.name: object()})
