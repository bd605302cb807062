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
    "language": ("Language",),
    "metrics.compare": ("compare", "target_value"),
    "metrics.dataset": ("Dataset",),
    "metrics.measure": ("measure",),
    "metrics.registry": ("METRICS", "Metric"),
    "metrics.settings": ("Settings",),
    "metrics.trend": ("trend",),
    "period": ("Calendar", "Period", "Window", "four_four_five"),
    "report.review": ("Review", "open_report"),
    "report.sections.actions": ("action_plan", "last_month", "practices"),
    "report.sections.attainment": ("attainment", "sales_trend"),
    "report.sections.customers": (
        "customer_health",
        "customer_value",
        "customers",
        "new_and_existing",
    ),
    "report.sections.funnel": ("funnel", "lead_pool", "lost_deals"),
    "report.sections.headline": ("headline",),
    "report.sections.hypotheses": ("hypotheses",),
    "report.sections.markets": ("channels", "industries", "regions", "segments"),
    "report.sections.methods": ("methods",),
    "report.sections.outlook": ("next_month", "resources", "risks"),
    "report.sections.problems": ("alerts", "signals"),
    "report.sections.products": ("margin_bridge", "products"),
    "report.sections.service": ("retention", "service_levels"),
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
