from __future__ import annotations

import re

import pytest

from salesnb.data.tables import TABLES
from salesnb.errors import MetricError
from salesnb.language import CODES, Language
from salesnb.metrics.dataset import DIMENSIONS, PERIODS
from salesnb.metrics.enrich import taken_over
from salesnb.metrics.metric import MARKS, REASONS
from salesnb.metrics.registry import METRICS, metric_of
from salesnb.metrics.settings import Settings

AGREED = [
    "net_sales",
    "units",
    "attainment",
    "target_gap",
    "growth_yoy",
    "growth_mom",
    "growth_qoq",
    "growth_yoy_workday_adjusted",
    "growth_mom_workday_adjusted",
    "growth_qoq_workday_adjusted",
    "cagr",
    "share",
    "share_change",
    "growth_contribution",
    "pace",
    "landing",
    "average_order_value",
    "revenue_per_customer",
    "average_selling_price",
    "gross_profit",
    "gross_margin",
    "discount_rate",
    "sales_per_head",
    "premium_share",
    "collection_rate",
    "dso",
    "collection_effectiveness",
    "overdue_ratio",
    "new_customers",
    "new_customer_share",
    "existing_customer_share",
    "repurchase_rate",
    "renewal_rate",
    "grr",
    "nrr",
    "churn_rate",
    "win_back_rate",
    "key_account_share",
    "key_account_revenue_share",
    "quality_customer_share",
    "leader_share_of_new",
    "referral_rate",
    "relationship_months",
    "clv",
    "rfm_customers",
    "value_tier_customers",
    "top10_share",
    "hhi",
    "gini",
    "cohort_retention",
    "tier_migration",
    "leads",
    "valid_lead_rate",
    "lead_conversion",
    "stage_conversion",
    "win_rate",
    "sales_cycle_days",
    "pipeline_coverage",
    "weighted_pipeline",
    "sales_velocity",
    "stalled_deals",
    "activities",
    "follow_up_rate",
    "reply_rate",
    "loss_share",
    "cac",
    "channel_roi",
    "roas",
    "cost_per_lead",
    "ltv_cac",
    "csat",
    "nps",
    "complaint_rate",
    "sla_rate",
    "theme_share",
    "ramp_months",
    "staff_turnover",
    "training_coverage",
    "training_pass_rate",
    "crm_adoption",
    "skill_score",
    "senior_share",
    "process_adherence",
    "market_share",
    "penetration",
    "clearance_rate",
    "dealer_growth",
    "over_assignment",
    "incentive_cost",
    "approval_days",
    "action_completion",
    "actions_overdue",
    "bridge",
    "forecast",
    "forecast_low",
    "forecast_high",
]

EVERY = list(METRICS.values())


def test_every_agreed_metric_is_there():
    assert set(AGREED) <= set(METRICS)


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_its_entry_is_sound(metric):
    assert re.fullmatch(r"[a-z0-9_]+", metric.id)
    assert re.fullmatch(r"M\d\d", metric.code)
    assert bool(metric.denominator) or metric.rollup != "ratio"
    assert len(set(metric.dims)) == len(metric.dims)
    assert not metric.choice or metric.choice in Settings.names()
    assert set(metric.own_cuts) <= set(metric.dims)
    for table, columns in metric.needs.items():
        for column in columns:
            known = column in TABLES[table].names or taken_over(column)
            assert known or column in ("customer_type", "first_order")


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_its_dimensions_can_be_found(metric):
    tables = [*list(metric.needs)[:1], *metric.also_cut]
    for dimension in metric.dims:
        column = DIMENSIONS.get(dimension, dimension)
        for table in tables:
            own = column in TABLES[table].names or dimension in (*metric.own_cuts, *PERIODS)
            derived = column == "customer_type" and table == "orders"
            taken = taken_over(column)
            assert own or derived or (taken and taken[0] in TABLES[table].names), dimension


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_it_is_named_and_defined_for_every_choice(metric, code):
    language, settings = Language.load(code), Settings()
    assert metric.label(language)
    options: list[str] = [""]
    if metric.choice:
        field = Settings.__dataclass_fields__[metric.choice]
        options = list(field.metadata["options"])
    for option in options:
        chosen = Settings.from_mapping({metric.choice: option}) if option else settings
        sentence = metric.definition(language, chosen)
        assert sentence.endswith(("。", "."))
        assert "{" not in sentence


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("reason", [*REASONS, *MARKS])
def test_each_reason_is_said(reason, code):
    assert Language.load(code).has(f"metrics.reason.{reason}")


def test_an_unknown_metric():
    message = r"metric `net_sale` is unknown. Did you mean `net_sales`\?"
    with pytest.raises(MetricError, match=message):
        metric_of("net_sale")
