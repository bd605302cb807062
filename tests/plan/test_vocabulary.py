"""Metrics a plan may name, and figures that are products of others."""

import pytest

from salesnb.errors import Problem
from salesnb.metrics.registry import METRICS as REGISTRY
from salesnb.plan.vocabulary import IDENTITIES, METRICS, UNITS, read_identity, unknown_metric


def test_every_metric_of_the_company_can_be_planned():
    assert set(REGISTRY) <= set(METRICS)
    assert all(metric.unit in UNITS for metric in METRICS.values())


@pytest.mark.parametrize("identity", IDENTITIES, ids=str)
def test_identities_name_known_metrics(identity):
    assert set(identity.metrics) <= set(METRICS)


def test_an_identity_is_read_with_its_divisions():
    found = read_identity("roas = net_sales * 1st / channel_spend ÷ x")
    assert (found.over, found.under) == (("net_sales", "1st"), ("channel_spend", "x"))
    assert str(found) == "roas = net_sales × 1st ÷ channel_spend ÷ x"
    assert isinstance(read_identity("roas = net_sales"), Problem)
    assert isinstance(read_identity("net_sales * x"), Problem)


def test_an_unknown_metric_is_told_with_the_nearest():
    assert unknown_metric("net_sale", METRICS).fix == "Did you mean `net_sales`?"
    assert unknown_metric("zzz", METRICS).fix.startswith("Declare it under `metrics`")
