"""salesnb: parameterised sales reports in notebooks.

This is the front door: the names a notebook may use, and where each lives. A name is loaded when
it is first asked for, so that a report pays only for what it shows.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, tuple[str, ...]] = {
    "data.store": ("Company", "Store", "open_store", "write_tables"),
    "data.tables": ("TABLES",),
    "errors": (
        "ContractError",
        "MetricError",
        "ParameterError",
        "PlanError",
        "Problem",
        "RunError",
        "SalesnbError",
        "SourceError",
    ),
    "explain.accuracy": ("mase", "smape", "wape"),
    "explain.adtributor": ("adtributor", "explanatory_power", "surprise"),
    "explain.bridge": ("bridge", "contribution_bridge"),
    "explain.candidates": ("CANDIDATES", "lagged_driver", "recorded", "weighted_pipeline"),
    "explain.causes": ("NotMeasured", "diagnose", "diagnosis_table", "read_symptoms"),
    "explain.cohorts": ("churn_window", "cohort_retention", "purchase_gaps", "tier_migration"),
    "explain.concentration": ("abc_classes", "concentration"),
    "explain.drivers": (
        "attribute",
        "attribute_levels",
        "driver_effects",
        "driver_tree",
        "evaluate",
        "ratio_change",
    ),
    "explain.forecast": ("forecast",),
    "explain.intervals": (
        "benjamini_hochberg",
        "bootstrap_change",
        "bootstrap_interval",
        "newcombe_interval",
        "permutation_test",
        "two_proportion_test",
        "wilson_interval",
    ),
    "explain.lifetime": (
        "expected_purchases",
        "expected_value",
        "fit_bg_nbd",
        "fit_gamma_gamma",
        "lifetime_value",
        "probability_alive",
        "purchase_summary",
    ),
    "explain.peers": ("against_peers",),
    "explain.products": ("lmdi", "shapley"),
    "explain.rfm": ("rfm", "rfm_values", "tier_map", "value_tiers"),
    "explain.scenario": ("LogNormal", "break_even", "simulate", "tornado"),
    "explain.search": ("contribution_search",),
    "explain.shift": ("level_shift",),
    "explain.season": ("adjust_series", "seasonal_index"),
    "explain.signal": ("p_chart", "xmr"),
    "explain.survival": ("kaplan_meier",),
    "language": ("Language",),
    "metrics.compare": ("compare", "target_value"),
    "metrics.dataset": ("Dataset",),
    "metrics.measure": ("measure",),
    "metrics.registry": ("METRICS", "Metric"),
    "metrics.settings": ("Settings",),
    "metrics.trend": ("trend",),
    "period": ("Calendar", "Period", "Window", "four_four_five"),
    "plan.adjustment": ("propose_adjustments",),
    "plan.allocate": ("allocate", "allocate_tree"),
    "plan.basis": ("basis",),
    "plan.capacity": ("capacity_by_month", "person_months", "ramp_curve"),
    "plan.check": ("check_plan",),
    "plan.constrained": ("Rule", "solve_rules"),
    "plan.data_facts": ("plan_facts",),
    "plan.fairness": ("fairness_figures", "gini"),
    "plan.hiring": ("account_load", "hiring_deadline", "hiring_plan"),
    "plan.incentives": ("award_reach", "commission", "incentive_cost", "promotion"),
    "plan.margins": ("fit_margins",),
    "plan.personal": ("personal_months", "personal_targets"),
    "plan.phasing": ("check_phasing", "phase_months", "phase_shares"),
    "plan.process": ("solve_back", "supply_balance"),
    "plan.reach": ("reach_probability", "simulate_reach"),
    "plan.reading": ("read_plan",),
    "plan.reallocation": ("reallocate", "response"),
    "plan.revisions": ("compare_versions", "plan_versions", "revise_plan"),
    "plan.rounding": ("largest_remainder", "round_matrix"),
    "plan.submissions": ("compare_submissions",),
    "plan.tracking": ("attainment_by_version",),
    "report.review": ("Review", "open_report"),
    "report.style": ("Style",),
    "report.sections.actions": ("action_plan", "last_month", "practices"),
    "report.sections.annual_cases": ("annual_cases",),
    "report.sections.annual_customers": (
        "annual_key_accounts",
        "annual_lifetime",
        "annual_new_customers",
        "annual_renewal",
    ),
    "report.sections.annual_facts": ("annual_facts",),
    "report.sections.annual_headline": ("annual_course", "annual_glance"),
    "report.sections.annual_results": ("annual_deals", "annual_products", "annual_regions"),
    "report.sections.annual_team": (
        "annual_crm",
        "annual_headcount",
        "annual_ramp",
        "annual_satisfaction",
        "annual_training",
    ),
    "report.sections.attainment": ("attainment", "sales_trend"),
    "report.sections.changes": ("changes",),
    "report.sections.customers": (
        "customer_health",
        "customer_value",
        "customers",
        "new_and_existing",
    ),
    "report.sections.diagnosis_accounts": ("account_care", "contacts"),
    "report.sections.diagnosis_acquisition": ("acquisition",),
    "report.sections.diagnosis_actions": ("action_register", "phases"),
    "report.sections.diagnosis_coaching": ("coaching",),
    "report.sections.diagnosis_customers": ("customer_structure", "potential"),
    "report.sections.diagnosis_effects": ("action_effects",),
    "report.sections.diagnosis_front": ("diagnosis_front",),
    "report.sections.diagnosis_goals": ("draft_goals", "goal_breakdown", "process_goals"),
    "report.sections.diagnosis_market": ("competition", "satisfaction"),
    "report.sections.diagnosis_problems": ("problems", "root_causes"),
    "report.sections.diagnosis_process": ("process",),
    "report.sections.diagnosis_products": ("mix", "product_structure"),
    "report.sections.diagnosis_ratings": ("climate", "ratings"),
    "report.sections.diagnosis_reasons": ("reasons",),
    "report.sections.diagnosis_resources": ("kpi_sheet", "means", "review_calendar"),
    "report.sections.diagnosis_rewards": ("payout",),
    "report.sections.diagnosis_risks": ("risk_map",),
    "report.sections.diagnosis_sales": ("sales_history", "season"),
    "report.sections.diagnosis_support": ("support", "tools"),
    "report.sections.diagnosis_team": ("best_practice", "scorecards"),
    "report.sections.diagnosis_training": ("mentoring", "skill_gaps"),
    "report.sections.funnel": ("funnel", "lead_pool", "lost_deals"),
    "report.sections.goals_change": ("goal_adjustment", "goal_monitoring", "goal_versions"),
    "report.sections.goals_check": ("goal_check", "goal_owners", "goal_sheet", "goal_strategy"),
    "report.sections.goals_context": ("goal_baseline", "goal_context"),
    "report.sections.goals_course": (
        "goal_milestones",
        "goal_operations",
        "goal_reports",
        "goal_service",
    ),
    "report.sections.goals_customers": (
        "goal_customers",
        "goal_leads",
        "goal_stock",
        "goal_tiers",
    ),
    "report.sections.goals_headline": ("goal_headline",),
    "report.sections.goals_outlook": ("goal_reallocation", "goal_risks", "goal_scenarios"),
    "report.sections.goals_people": ("goal_capacity", "goal_people", "goal_training"),
    "report.sections.goals_rewards": ("goal_incentives",),
    "report.sections.goals_split": ("goal_matrix", "goal_parts", "goal_phasing", "goal_tree"),
    "report.sections.headline": ("headline",),
    "report.sections.hypotheses": ("hypotheses",),
    "report.sections.markets": ("channels", "industries", "regions", "segments"),
    "report.sections.methods": ("methods",),
    "report.sections.other_reports": ("other_reports",),
    "report.sections.outlook": ("next_month", "resources", "risks"),
    "report.sections.problems": ("alerts", "signals"),
    "report.sections.products": ("margin_bridge", "products"),
    "report.sections.service": ("retention_risk", "service_levels"),
    "report.sections.yearly_actions": ("yearly_actions",),
    "report.sections.yearly_awards": ("yearly_awards",),
    "report.sections.yearly_channels": ("yearly_channels", "yearly_hours"),
    "report.sections.yearly_forecast": ("yearly_forecast", "yearly_lead_gap"),
    "report.sections.yearly_gaps": ("yearly_conversion", "yearly_region", "yearly_senior"),
    "report.sections.yearly_plan": ("yearly_plan",),
    "report.sections.yearly_prizes": ("yearly_commission", "yearly_initiatives"),
    "report.sections.yearly_strategy": ("yearly_tiers", "yearly_win_back"),
    "report.sections.yearly_voice": ("yearly_scores", "yearly_voice"),
}

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF, key=str.casefold)


def __getattr__(name: str) -> Any:
    """Load a name from its home."""
    if name not in _HOME_OF:
        raise AttributeError(f"salesnb has no `{name}`")
    return getattr(import_module(f"salesnb.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """List the names that can be asked for."""
    return [*__all__, "__version__"]
