"""What a plan may set a figure for, and which figures are products of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from salesnb.errors import Problem, suggest

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


def _table() -> Iterator[PlanMetric]:
    rows = """
    net_sales money up sum             | units count up sum              | orders count up sum
    gross_profit money up sum          | gross_margin rate up            | discount_rate rate down
    customers count up                 | new_customers count up sum      | key_accounts count up sum
    heads count none sum               | dealers count none sum          | leads count up sum
    stores count none sum              | sales_per_dealer money up
    sales_per_head money up            | sales_per_store money up        | value_per_month money up
    average_order_value money up ?     | revenue_per_customer money up ? | average_selling_price money up
    attainment rate up open            | growth_yoy rate up open         | premium_share rate up
    collection_rate rate up open ?     | dso days down                   | collection_effectiveness rate up
    overdue_ratio rate down            | new_customer_share rate none    | existing_customer_share rate none
    repurchase_rate rate up ?          | renewal_rate rate up            | grr rate up
    nrr rate up open                   | churn_rate rate down            | win_back_rate rate up
    key_account_share rate up          | key_account_revenue_share rate none
    quality_customer_share rate up     | leader_share_of_new rate up     | referral_rate rate up ?
    relationship_months months up      | clv money up                    | valid_lead_rate rate up
    lead_conversion rate up            | win_rate rate up                | sales_cycle_days days down
    pipeline_coverage number up        | weighted_pipeline money up sum  | sales_velocity number up
    stalled_deals count down sum       | activities count up sum         | follow_up_rate rate up
    reply_rate rate up                 | cac money down                  | acquisition_spend money none sum
    channel_spend money none sum       | channel_roi rate up open        | roas number up
    cost_per_lead money down           | ltv_cac number up               | csat rate up
    nps score up                       | complaint_rate rate down        | sla_rate rate up
    ramp_months months down            | staff_turnover rate down        | training_sessions count up sum
    training_coverage rate up          | training_pass_rate rate up      | crm_adoption rate up
    skill_score score up               | senior_share rate up            | process_adherence rate up
    market_share rate up               | market_size money none sum      | penetration rate up
    clearance_rate rate up             | dealer_growth rate up open      | incentive_cost money down sum
    commission_rate rate none          | approval_days days down         | action_completion rate up
    stock_units count none sum         | top10_share rate none           | hhi number none
    """
    for cell in rows.replace("\n", "|").split("|"):
        words = cell.split()
        if words:
            name, unit, better, *flags = words
            yield PlanMetric(
                name,
                unit,  # type: ignore[arg-type]
                better,  # type: ignore[arg-type]
                additive="sum" in flags,
                bounded="open" not in flags,
                choice="?" in flags,
            )


METRICS: Mapping[str, PlanMetric] = {metric.id: metric for metric in _table()}
"""Metrics a plan may name without declaring them."""


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
        "net_sales = customers * revenue_per_customer",
        "net_sales = units * average_selling_price",
        "net_sales = heads * sales_per_head",
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
