"""All tables a company may bring, declared once. Two are required; each other adds sections."""

from __future__ import annotations

from salesnb.data import tables_funnel, tables_sales, tables_service, tables_team
from salesnb.data.contract import Table

TABLES: dict[str, Table] = {
    table.name: table
    for family in (tables_sales, tables_funnel, tables_service, tables_team)
    for table in family.TABLES
}
"""Table by name."""
