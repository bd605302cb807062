"""Rules about a year: an easy target, a region behind, growth from few, customers worth less."""

from __future__ import annotations

from collections.abc import Iterator

from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.rules_sales import BAD_ATTAINMENT
from salesnb.findings.year import key_sides, monthly_value, target_growth
from salesnb.language import is_missing

_THIN = -0.02
"""Value a month that falls by less is not worth a finding."""


def _of_year(lens: Lens) -> bool:
    return lens.period.kind == "year"


@rule("target_soft", "targets")
def target_soft(lens: Lens) -> Iterator[Finding]:
    """A target met that asked for less than half of the growth there was."""
    whole = target_growth(lens) if _of_year(lens) and lens.finished else None
    growth = lens.against("net_sales", "year")["growth"]
    if whole is None or is_missing(growth):
        return
    goal, before = whole
    implied = goal / before - 1
    attainment = lens.against("net_sales", "target")["attainment"]
    if attainment >= 1 and growth > 0 and implied < growth / 2:
        values = {"implied": implied, "growth": growth, "last": lens.period.last_year}
        variant = "below" if implied < 0 else "text"
        yield Finding(
            "target_soft", "warn", values=values, section="annual_glance", variant=variant
        )


@rule("region_short", "targets")
def region_short(lens: Lens) -> Iterator[Finding]:
    """The region furthest below its target, where the company as a whole met its own."""
    if not _of_year(lens) or lens.dataset.region != "all" or not lens.finished:
        return
    rows = lens.compare("net_sales", "target", ["region"])
    rows = rows[rows["attainment"].notna()].sort_values("attainment")
    whole = lens.against("net_sales", "target")["attainment"]
    if len(rows) < 2 or is_missing(whole) or whole < 1 or rows["attainment"].iloc[0] >= 1:
        return
    worst = rows.iloc[0]
    values = {
        "name": worst["region"],
        "attainment": worst["attainment"],
        "gap": worst["change"],
        "whole": whole,
    }
    severity = "bad" if worst["attainment"] < BAD_ATTAINMENT else "warn"
    scope = {"region": str(worst["region"])}
    yield Finding("region_short", severity, scope, worst["change"], values, "annual_regions")


@rule("key_dependence", "orders.customer_id")
def key_dependence(lens: Lens) -> Iterator[Finding]:
    """Growth that came from key accounts alone, while the others bought less."""
    sides = key_sides(lens) if _of_year(lens) else None
    if sides is None:
        return
    change = {name: now - then for name, (now, then) in sides.items()}
    if change["key"] > 0 > change["other"] and sum(change.values()) > 0:
        growth = {name: now / then - 1 for name, (now, then) in sides.items()}
        values = {
            "key": growth["key"],
            "other": growth["other"],
            "share": lens.value("key_account_revenue_share").value,
        }
        yield Finding(
            "key_dependence",
            "warn",
            impact=change["other"],
            values=values,
            section="annual_key_accounts",
        )


@rule("value_thinner", "orders.customer_id", "orders.cost")
def value_thinner(lens: Lens) -> Iterator[Finding]:
    """Lifetime value that grew only because customers stayed longer: less is earned a month."""
    each = monthly_value(lens) if _of_year(lens) else None
    if each is None or each[1] <= 0:
        return
    worth, months = (
        lens.against(name, "year")["growth"] for name in ("clv", "relationship_months")
    )
    change = each[0] / each[1] - 1
    if worth > 0 and change < _THIN:
        values = {"value": worth, "months": months, "each": change}
        yield Finding("value_thinner", "warn", values=values, section="annual_lifetime")
