"""What the figures of a year imply: of its target, its key accounts, its customers' worth."""

from __future__ import annotations

from salesnb.findings.lens import Lens
from salesnb.findings.rules_sales import targets_cover_sales
from salesnb.language import is_missing
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS


def target_growth(lens: Lens) -> tuple[float, float] | None:
    """Give a year's target and the sales of the year before.

    Target over sales, less 1, is the growth the target asked for: with attainment a and growth g
    it is (1 + g)/a − 1. None where no target is of all sales, or no full year before is known.
    """
    last = lens.period.last_year
    if not lens.has("targets") or not targets_cover_sales(lens):
        return None
    goal, before = lens.target("net_sales", lens.period), lens.value("net_sales", last).value
    whole = lens.dataset.calendar.window(last).start >= lens.dataset.history_start
    if goal is None or goal <= 0 or before is None or before <= 0 or not whole:
        return None
    return goal, before


def parts_before(lens: Lens, metric: str) -> tuple[float, float] | None:
    """Give numerator and denominator of a rate a year before, like for like while a year lasts."""
    calendar, last = lens.dataset.calendar, lens.period.last_year
    if lens.finished:
        rows = lens.measure(metric, (), last)
    else:
        window = calendar.same_elapsed(lens.period, lens.as_of, last)
        rows = measure(lens.dataset, metric, window)
    if rows.empty or is_missing(rows["value"].iloc[0]):
        return None
    return float(rows["numerator"].iloc[0]), float(rows["denominator"].iloc[0])


def key_sides(lens: Lens) -> dict[str, tuple[float, float]] | None:
    """Give what `key` accounts and the `other` customers bought in twelve months, and before.

    Growth of key accounts is (1 + g) s/s₀ − 1 for a share s of sales that grew by g, that of the
    others (1 + g)(1 − s)/(1 − s₀) − 1. None where one side bought nothing the year before.
    """
    if METRICS["key_account_revenue_share"].lacks(lens.dataset):
        return None
    now = lens.value("key_account_revenue_share")
    before = parts_before(lens, "key_account_revenue_share")
    if now.value is None or before is None or not now.denominator:
        return None
    key = now.numerator or 0.0
    sides = {"key": (key, before[0]), "other": (now.denominator - key, before[1] - before[0])}
    return None if any(then <= 0 for _, then in sides.values()) else sides


def monthly_value(lens: Lens) -> tuple[float, float] | None:
    """Give lifetime value over months of relationship, this year and the year before.

    None where one of the two is not known of both years.
    """
    if METRICS["clv"].lacks(lens.dataset):
        return None
    worth, months = (lens.against(name, "year") for name in ("clv", "relationship_months"))
    sides = [(worth[side], months[side]) for side in ("current", "base")]
    if any(is_missing(value) or is_missing(time) or time <= 0 for value, time in sides):
        return None
    now, then = (float(value) / float(time) for value, time in sides)
    return now, then
