"""All rules: importing their modules puts them into the catalogue."""

from __future__ import annotations

from salesnb.findings import (
    rules_customers,
    rules_data,
    rules_funnel,
    rules_sales,
    rules_service,
    rules_year,
)
from salesnb.findings.catalogue import RULES

__all__ = ["FAMILIES", "RULES"]

FAMILIES = (rules_sales, rules_customers, rules_funnel, rules_service, rules_data, rules_year)
"""The modules rules live in, in the order they are asked."""
