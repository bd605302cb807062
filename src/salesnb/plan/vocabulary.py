"""What a plan may set a figure for, and which figures are products of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from salesnb.errors import Problem, suggest
from salesnb.metrics.registry import METRICS as REGISTRY

Unit = Literal["money", "count", "rate", "days", "months", "score", "number"]
Better = Literal["up", "down", "none"]

UNITS: tuple[Unit, ...] = ("money", "count", "rate", "days", "months", "score", "number")


@dataclass(frozen=True)
class PlanMetric:
    """What the checker has to know of a metric.

    Parameters
    ----------
    id
        As in the list of metrics, or the plan's own name.
    unit
        `money`, `count`, `rate` (0 to 1), `days`, `months`, `score`, or any other `number`.
    better
        Which direction is good.
    additive
        Whether the parts of the company add up to it.
    bounded
        Whether a rate cannot pass 100 %.
    choice
        Whether its name means two things, so that a plan should say which (`definition`).
    share_of, scope
        For a metric that is only a name for the share of a scope in another metric.
    labels
        What readers are shown, by language; `""` for both.
    """

    id: str
    unit: Unit
    better: Better = "up"
    additive: bool = False
    bounded: bool = True
    choice: bool = False
    share_of: str = ""
    scope: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


_UNITS: Mapping[str, Unit] = {
    "money": "money",
    "count": "count",
    "ratio": "rate",
    "points": "rate",
    "days": "days",
    "months": "months",
    "score": "score",
    "multiple": "number",
    "index": "number",
}
# Rates that can pass 100 %.
_OPEN = ("attainment", "pace", "cagr", "collection_rate", "nrr", "channel_roi", "dealer_growth")
# Terms with two meanings, of which a plan should say which.
_CHOICES = (
    "average_order_value",
    "revenue_per_customer",
    "repurchase_rate",
    "collection_rate",
    "referral_rate",
)
# Plans speak of these, though no table of the company holds them.
_OWN: tuple[PlanMetric, ...] = (
    PlanMetric("key_accounts", "count", additive=True),
    PlanMetric("dealers", "count", "none", additive=True),
    PlanMetric("stores", "count", "none", additive=True),
    PlanMetric("sales_per_dealer", "money"),
    PlanMetric("sales_per_store", "money"),
    PlanMetric("value_per_month", "money"),
    PlanMetric("channel_spend", "money", "none", additive=True),
    PlanMetric("market_size", "money", "none", additive=True),
    PlanMetric("stock_units", "count", "none", additive=True),
    PlanMetric("commission_rate", "rate", "none"),
)


def _from_registry() -> Iterator[PlanMetric]:
    for metric in REGISTRY.values():
        unit = "score" if metric.id == "nps" else _UNITS[metric.unit]
        yield PlanMetric(
            metric.id,
            unit,
            metric.better,
            # A target for new customers is split among regions like one for sales, though the
            # customers found in the end are counted once.
            additive=metric.rollup == "sum" or (metric.rollup == "distinct" and unit == "count"),
            bounded=metric.id not in _OPEN and not metric.id.startswith("growth"),
            choice=metric.id in _CHOICES,
        )


METRICS: Mapping[str, PlanMetric] = {metric.id: metric for metric in (*_from_registry(), *_OWN)}
"""Metrics a plan may name without declaring them: the company's, and a few only plans have."""


@dataclass(frozen=True)
class Identity:
    """A figure that is the product of others: `outcome = over × … ÷ under × …`.

    Examples
    --------
    >>> identity = read_identity("cac = acquisition_spend / new_customers")
    >>> identity.outcome, identity.over, identity.under
    ('cac', ('acquisition_spend',), ('new_customers',))
    """

    outcome: str
    over: tuple[str, ...]
    under: tuple[str, ...] = ()
    line: int = 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """All figures in it, the outcome first."""
        return (self.outcome, *self.over, *self.under)

    def __str__(self) -> str:
        under = "".join(f" ÷ {name}" for name in self.under)
        return f"{self.outcome} = {' × '.join(self.over)}{under}"


def read_identity(text: str) -> Identity | Problem:
    """Read `sales = leads * conversion * average deal`, with `/` for division."""
    left, equals, right = text.partition("=")
    names = [
        word.strip() for word in re.split(r"[*×/÷]", right.replace(" x ", "*")) if word.strip()
    ]
    signs = ["*", *("/" if sign in "/÷" else "*" for sign in re.findall(r"[*×/÷]| x ", right))]
    if not equals or not left.strip() or len(names) < 2 or len(names) != len(signs):
        fix = "Write for example `net_sales = leads * lead_conversion * average_order_value`."
        return Problem("an identity is `outcome = factor * factor`", got=f"`{text}`", fix=fix)
    over = tuple(name for name, sign in zip(names, signs, strict=True) if sign == "*")
    under = tuple(name for name, sign in zip(names, signs, strict=True) if sign == "/")
    return Identity(left.strip(), over, under)


def _identities() -> Iterator[Identity]:
    for text in (
        "net_sales = orders * average_order_value",
        "net_sales = active_customers * revenue_per_customer",
        "net_sales = units * average_selling_price",
        "net_sales = full_time_people * sales_per_head",
        "gross_profit = net_sales * gross_margin",
        "clv = relationship_months * value_per_month",
        "cac = acquisition_spend / new_customers",
        "cost_per_lead = channel_spend / leads",
        "roas = net_sales / channel_spend",
        "ltv_cac = clv / cac",
    ):
        identity = read_identity(text)
        if isinstance(identity, Identity):
            yield identity


IDENTITIES: tuple[Identity, ...] = tuple(_identities())
"""Identities that hold at any company; a plan adds its own under `identities`."""


def unknown_metric(name: str, known: Mapping[str, PlanMetric]) -> Problem:
    """Say that there is no such metric, with the nearest."""
    fix = suggest(name, list(known))
    if not fix.startswith("Did you mean"):
        fix = "Declare it under `metrics`, as in `followers: {unit: count}`."
    return Problem(f"metric `{name}` is unknown", fix=fix)
