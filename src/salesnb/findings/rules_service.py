"""Rules about service and cash: complaints, answer times, overdue money."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from salesnb.explain.signal import xmr
from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside, months, spans
from salesnb.language import is_missing

SURE = 0.001


@rule("complaints_up", "tickets.kind")
def complaints_up(lens: Lens) -> Iterator[Finding]:
    """Complaints for each hundred orders well above the twelve months before.

    The two counts are compared as Poisson counts over their orders: given both together, the
    recent one is binomial (Przyborowski & Wilenski 1940); the normal approximation is used.
    """
    part = spans(lens)
    tickets = lens.dataset.frame("tickets")
    complaints = tickets[tickets["kind"].astype(object) == "complaint"]
    sales = lens.dataset.frame("sales")
    orders = sales.loc[sales["is_purchase"], ["order_date", "order_id"]]
    now, base = (
        (len(inside(complaints, "opened", span)), _orders(orders, span))
        for span in (part.recent, part.before)
    )
    if not now[1] or not base[1] or now[0] < lens.dataset.settings.n_events:
        return
    rate, usual = now[0] / now[1], base[0] / base[1]
    share = now[1] / (now[1] + base[1])
    total = now[0] + base[0]
    z = (now[0] - total * share) / math.sqrt(total * share * (1 - share))
    if rate < 1.4 * usual or math.erfc(z / math.sqrt(2)) > SURE:
        return
    late = _late_share(inside(complaints, "opened", part.recent))
    values = {"rate": rate * 100, "base": usual * 100, "count": now[0], "late": late}
    yield Finding(
        "complaints_up",
        "bad",
        values=values,
        section="retention",
        variant="text" if is_missing(late) else "late",
    )


def _orders(orders: pd.DataFrame, span: object) -> int:
    return int(inside(orders, "order_date", span)["order_id"].nunique())  # type: ignore[arg-type]


def _late_share(tickets: pd.DataFrame) -> float:
    """Give the share of tickets answered after their own limit; NaN where none has one."""
    if not {"first_response", "sla_hours"} <= set(tickets.columns):
        return math.nan
    judged = tickets[tickets["sla_hours"].notna()]
    if judged.empty:
        return math.nan
    hours = (judged["first_response"] - judged["opened"]) / pd.Timedelta(hours=1)
    return float((~(hours <= judged["sla_hours"])).mean())


@rule("sla_missed", "tickets.first_response", "targets")
def sla_missed(lens: Lens) -> Iterator[Finding]:
    """Tickets answered in time less often than the target says."""
    against = lens.against("sla_rate", "target")
    if is_missing(against["base"]) or is_missing(against["current"]):
        return
    gap = against["current"] - against["base"]
    if gap <= -0.03:
        values = {"rate": against["current"], "target": against["base"], "gap": gap}
        yield Finding("sla_missed", "warn", values=values, section="service")


@rule("overdue_up", "receivables.due_date", "receipts")
def overdue_up(lens: Lens) -> Iterator[Finding]:
    """Overdue share of receivables above the limits of its own past."""
    past = months(lens, 12, 3)
    values = [lens.value("overdue_ratio", month) for month in [*past, *months(lens, 3)]]
    numbers = np.array([math.nan if each.value is None else each.value for each in values])
    base = numbers[:-3][~np.isnan(numbers[:-3])]
    now = numbers[-1]
    if len(base) < 8 or math.isnan(now):
        return
    limits = xmr(base)
    upper = limits.upper
    usual = float(base.mean())
    if now <= upper or now - usual < 0.05:
        return
    owed = values[-1].denominator or 0.0
    extra = (now - usual) * owed
    yield Finding(
        "overdue_up",
        "bad",
        impact=-extra,
        values={"rate": now, "base": usual, "limit": upper, "extra": extra},
        section="health",
    )
