"""Rules about customers: those won, those kept, those lost."""

from __future__ import annotations

from collections.abc import Iterator

from salesnb.explain.intervals import two_proportion_test
from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.language import is_missing

SURE = 0.01


@rule("new_customers_gap", "targets", "orders.customer_id")
def new_customers_gap(lens: Lens) -> Iterator[Finding]:
    """Fewer new customers than the target of the finished period."""
    against = lens.against("new_customers", "target")
    if not lens.finished or is_missing(against["base"]) or is_missing(against["current"]):
        return
    if against["base"] > 0 and against["current"] / against["base"] < 0.9:
        values = {
            "count": against["current"],
            "target": against["base"],
            "gap": -against["change"],
        }
        yield Finding("new_customers_gap", "warn", values=values, section="customers")


@rule("renewal_gap", "contracts", "targets")
def renewal_gap(lens: Lens) -> Iterator[Finding]:
    """Renewals below their target by more than chance."""
    against, now = lens.against("renewal_rate", "target"), lens.value("renewal_rate")
    if not now or not now.denominator or is_missing(against["base"]):
        return
    target, n = float(against["base"]), now.denominator
    chance = two_proportion_test(now.numerator or 0, n, target * n, n).p_value
    if n >= 10 and now.value < target and chance < SURE:  # type: ignore[operator]
        values = {"rate": now.value, "target": target, "gap": now.value - target, "n": n}  # type: ignore[operator]
        yield Finding("renewal_gap", "warn", values=values, section="retention")


@rule("repurchase_down", "orders.customer_id")
def repurchase_down(lens: Lens) -> Iterator[Finding]:
    """Customers of the span before buy again less often than a year ago, beyond chance."""
    now = lens.value("repurchase_rate")
    base = lens.value("repurchase_rate", lens.period.last_year)
    if not now or not base or not now.denominator or not base.denominator:
        return
    test = two_proportion_test(
        now.numerator or 0, now.denominator, base.numerator or 0, base.denominator
    )
    if test.difference <= -0.03 and test.p_value < SURE:
        values = {"rate": now.value, "base": base.value, "change": test.difference}
        yield Finding("repurchase_down", "warn", values=values, section="customers")


@rule("churn_up", "orders.customer_id")
def churn_up(lens: Lens) -> Iterator[Finding]:
    """Customers of one size who leave more often than a year ago, beyond chance."""
    by = ["size"] if lens.has("customers", "size") else []
    now = lens.measure("churn_rate", by)
    base = lens.measure("churn_rate", by, lens.period.last_year)
    pairs = {"on": by} if by else {"how": "cross"}
    both = now.merge(base, suffixes=("", "_base"), **pairs)
    for row in both.to_dict("records"):
        if is_missing(row["value"]) or is_missing(row["value_base"]):
            continue
        test = two_proportion_test(
            row["numerator"], row["denominator"], row["numerator_base"], row["denominator_base"]
        )
        few = row["denominator"] < lens.dataset.settings.n_trials
        if few or test.difference < 0.03 or test.p_value > SURE / max(len(both), 1):
            continue
        values = {
            "size": row.get("size", ""),
            "rate": row["value"],
            "base": row["value_base"],
            "change": test.difference,
        }
        yield Finding(
            "churn_up",
            "warn",
            scope={"size": str(row["size"])} if by else {},
            values=values,
            section="customers",
            variant="by_size" if by else "text",
        )
