"""The definitions a company chose where a metric's name has several meanings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest


def _choice(default: str, *others: str) -> Any:
    return field(default=default, metadata={"kind": "choice", "options": (default, *others)})


def _number(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"kind": "number", "low": low, "high": high})


def _whole(default: int, low: int, high: int) -> Any:
    return field(default=default, metadata={"kind": "whole", "low": low, "high": high})


def _flag(default: bool) -> Any:
    return field(default=default, metadata={"kind": "flag"})


def _text(default: str) -> Any:
    return field(default=default, metadata={"kind": "text"})


def _words(*default: str) -> Any:
    return field(default=default, metadata={"kind": "words"})


def _cuts(**default: float) -> Any:
    """Name → lower limit; the lowest limit must be 0, so that no value is without a name."""
    return field(default_factory=lambda: dict(default), metadata={"kind": "cuts"})


def _weights(**default: float) -> Any:
    return field(default_factory=lambda: dict(default), metadata={"kind": "weights"})


@dataclass(frozen=True)
class Settings:
    """Every named choice, threshold, tier cut and window that metrics depend on.

    Money is in the company's currency; `…_days` are calendar days, `…_hours` clock hours,
    `…_months` months back from the last day of the window a metric is asked for.

    Attributes
    ----------
    counted_statuses
        Order statuses that make up sales.
    internal_orders
        Whether orders between own companies count as sales. Price metrics never hold them (E22).
    gift_units
        Whether gifts count as units sold.
    sales_of
        Whose sales they are when cut by people: those `order` names (and order_credit splits), or
        of the customer's `owner` of today (E15).
    customer_price
        Which 客单价 is meant: sales by `order` or by `customer`. Both metrics exist; reports show
        this one first.
    premium_tiers
        Product tiers that are mid-range or high-end.
    new_customer_state
        How long a customer is new: the `fiscal_year` or the `month` of the first order, or
        `12_months` from it.
    new_customer_history_months
        So much history must lie before a window for a customer to be called new in it (E14).
    repurchase
        `next`: buyers of a span who buy in the following one. `within`: buyers of a span with
        two orders or more.
    repurchase_months
        Length of that span, back from the window's end; 0: the window itself.
    renewal_by
        Renewal rate by `count` of contracts or by `amount`.
    renewal_grace_days
        A contract renewed so long after its end is still renewed.
    churn_by
        `purchase`: no order for the churn window. `contract`: lost contracts over those due.
    churn_days
        Churn window; 0: by tier, from the customers' own intervals.
    churn_quantile
        Quantile of intervals between purchases that makes the churn window.
    churn_days_low, churn_days_high
        The window found stays between these.
    churn_days_default
        Window where there are too few intervals to find one.
    at_risk_days
        Silent so long, a customer is at risk; 0: half the churn window of the tier.
    win_back_types
        Kinds of activity that try to win a customer back; none: any activity.
    win_back_days
        An order so soon after it counts as won back.
    key_account_amount, key_account_months
        Sales in so many months from which a customer is a key account.
    large_account_amount
        Sales in so many months from which an account is a large one.
    quality_tiers
        Customer tiers that count as quality customers; none: by RFM, tier `core`.
    value_tiers
        Lower limit of sales in `key_account_months` for each value tier.
    referral
        `new`: new customers with a referrer over new customers. `customers`: customers who
        referred somebody over active customers.
    relationship
        `to_date`: first order to the window's end. `last_order`: first to last order.
    relationship_months
        Customers with an order in so many months are counted.
    clv
        `observed`: margin a month times relationship so far. `churn`: times one over churn.
        `contract`: margin times r / (1 + d − r).
    discount_rate_yearly
        Yearly discount rate d of customer lifetime value by contract.
    rfm_months
        Window of recency, frequency and money.
    rfm_scores
        `rank`: thirds by rank. `limits`: by `rfm_recency_days`, `rfm_orders`, `rfm_amounts`.
    rfm_recency_days, rfm_orders, rfm_amounts
        Two limits each between the scores 1, 2 and 3.
    concentration_top
        How many customers the concentration ratio adds up.
    lead_base
        Conversion over `all` leads or over `valid` ones.
    conversion
        `cohort`: leads of the window converted within `conversion_days`. `period`: conversions
        in the window over its leads.
    conversion_days
        Horizon of the cohort; 0: converted by the end of what is known.
    stage_deals
        Stage conversion over deals `closed` or `created` in the window.
    mandatory_stages
        Stages every deal must pass in this order; none: all stages that won deals pass.
    win_rate_by
        Win rate by `count` or by `amount`.
    stalled_quantile
        A deal longer in its stage than this quantile of won deals is stalled.
    stage_prior
        Deals' worth of overall win rate mixed into each stage's own.
    follow_up_hours
        A lead must be answered so soon.
    outreach_types
        Kinds of activity that can be replied to; none: any with a known answer.
    collection
        Collection rate over amounts falling `due`, over `sales`, or of the `balance`.
    dso
        `countback`, `simple` or `invoice`.
    overdue_grace_days
        An invoice is overdue so long after its due date.
    ageing_days
        Upper limits of the ageing buckets.
    acquisition_lag_months
        Spend so many months before is set against new customers (E23).
    acquisition_channel
        Where a new customer came from: the channel of the first `order`, or the `customer`'s.
    csat_satisfied
        Score from which a customer is satisfied.
    nps_promoter, nps_detractor
        Scores from which, and up to which, a customer is promoter and detractor.
    complaint_base
        Complaints over `orders` or over active `customers`.
    sla_hours
        Answer time for tickets that name none.
    ramp_months
        New people hired in so many months before the window's end are looked at.
    selling_roles
        Roles that sell: those of ramp time, sales per head and CRM use; none: everybody.
    crm_actions
        So many logged actions a month make a rep a user of the CRM.
    rater_weights
        Weight of each rater's role; roles not named weigh 1, what people say of themselves 0.
    level_raters
        Whether each rater role's scores are levelled to the same mean and spread first.
    senior_years
        Years in the industry from which a person is senior.
    managing_roles
        Roles that the senior share is about; none: everybody.
    plan
        Which plan's targets hold; "": the one there is.
    target_version
        Which version of it; 0: the latest.
    pace_years
        Years of history the season within a period is learned from.
    pace_prior
        Years' worth of an even spread over working days mixed into that season.
    growth_floor
        A contribution to growth is not shown as part of a change smaller than this share.
    cagr_years
        Years compound growth looks back.
    cost_coverage
        Share of sales whose cost must be known for a margin to be shown without a mark.
    anonymise_people
        Whether people stand in reports under a number instead of their name (E24).
    anonymise_cases
        Whether the cases of the annual summary call customers by a letter instead of their name.
    n_trials
        Fewer trials than this are marked as few.
    n_events
        Fewer events than this are marked as few.
    """

    # Sales
    counted_statuses: tuple[str, ...] = _words("counted", "return")
    internal_orders: str = _choice("include", "exclude")
    gift_units: bool = _flag(False)
    sales_of: str = _choice("order", "owner")
    customer_price: str = _choice("order", "customer")
    premium_tiers: tuple[str, ...] = _words("B", "C", "mid", "high", "中端", "高端")
    growth_floor: float = _number(0.01, 0, 1)
    cagr_years: int = _whole(3, 1, 20)
    cost_coverage: float = _number(0.95, 0, 1)
    # Customers
    new_customer_state: str = _choice("fiscal_year", "month", "12_months")
    new_customer_history_months: int = _whole(12, 0, 60)
    repurchase: str = _choice("next", "within")
    repurchase_months: int = _whole(12, 0, 60)
    renewal_by: str = _choice("count", "amount")
    renewal_grace_days: int = _whole(30, 0, 365)
    churn_by: str = _choice("purchase", "contract")
    churn_days: int = _whole(0, 0, 3650)
    churn_quantile: float = _number(0.95, 0.5, 1)
    churn_days_low: int = _whole(30, 1, 3650)
    churn_days_high: int = _whole(730, 1, 3650)
    churn_days_default: int = _whole(180, 1, 3650)
    at_risk_days: int = _whole(0, 0, 3650)
    win_back_types: tuple[str, ...] = _words("contact-back")
    win_back_days: int = _whole(90, 1, 3650)
    key_account_amount: float = _number(500_000, 0, math.inf)
    key_account_months: int = _whole(12, 1, 60)
    large_account_amount: float = _number(1_000_000, 0, math.inf)
    quality_tiers: tuple[str, ...] = _words()
    value_tiers: Mapping[str, float] = _cuts(strategic=1_000_000, major=500_000, ordinary=0)
    referral: str = _choice("new", "customers")
    relationship: str = _choice("to_date", "last_order")
    relationship_months: int = _whole(12, 1, 120)
    clv: str = _choice("observed", "churn", "contract")
    discount_rate_yearly: float = _number(0.1, 0, 1)
    rfm_months: int = _whole(12, 1, 60)
    rfm_scores: str = _choice("rank", "limits")
    rfm_recency_days: tuple[float, ...] = field(default=(30, 90), metadata={"kind": "limits"})
    rfm_orders: tuple[float, ...] = field(default=(2, 5), metadata={"kind": "limits"})
    rfm_amounts: tuple[float, ...] = field(default=(100_000, 500_000), metadata={"kind": "limits"})
    concentration_top: int = _whole(10, 1, 1000)
    # Funnel
    lead_base: str = _choice("all", "valid")
    conversion: str = _choice("cohort", "period")
    conversion_days: int = _whole(90, 0, 3650)
    stage_deals: str = _choice("closed", "created")
    mandatory_stages: tuple[str, ...] = _words()
    win_rate_by: str = _choice("count", "amount")
    stalled_quantile: float = _number(0.8, 0.5, 1)
    stage_prior: float = _number(5, 0, 1000)
    follow_up_hours: float = _number(24, 0, 8760)
    outreach_types: tuple[str, ...] = _words()
    # Cash
    collection: str = _choice("due", "sales", "balance")
    dso: str = _choice("countback", "simple", "invoice")
    overdue_grace_days: int = _whole(0, 0, 365)
    ageing_days: tuple[float, ...] = field(
        default=(0, 30, 60, 90, 180), metadata={"kind": "limits"}
    )
    # Channels
    acquisition_lag_months: int = _whole(0, 0, 24)
    acquisition_channel: str = _choice("order", "customer")
    # Service
    csat_satisfied: float = _number(4, 0, 100)
    nps_promoter: float = _number(9, 0, 100)
    nps_detractor: float = _number(6, 0, 100)
    complaint_base: str = _choice("orders", "customers")
    sla_hours: float = _number(24, 0, 8760)
    # Team
    ramp_months: int = _whole(12, 1, 60)
    selling_roles: tuple[str, ...] = _words()
    crm_actions: float = _number(1, 0, 1000)
    rater_weights: Mapping[str, float] = _weights(data=0.5, manager=0.3, peer=0.2, self=0)
    level_raters: bool = _flag(True)
    senior_years: float = _number(5, 0, 60)
    managing_roles: tuple[str, ...] = _words()
    # Targets
    plan: str = _text("")
    target_version: int = _whole(0, 0, 1000)
    pace_years: int = _whole(3, 1, 10)
    pace_prior: float = _number(1, 0, 100)
    # People
    anonymise_people: bool = _flag(False)
    anonymise_cases: bool = _flag(False)
    # Small numbers
    n_trials: int = _whole(30, 0, 10_000)
    n_events: int = _whole(5, 0, 10_000)

    def __post_init__(self) -> None:
        """Check values that were given directly, too."""
        problems = [
            problem
            for each in fields(self)
            if (problem := _problem(each.name, each.metadata, getattr(self, each.name)))
        ]
        problems += self._disagreements()
        if problems:
            raise ParameterError(problems)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Settings:
        """Read choices from parameters; what is not said keeps its default.

        Raises
        ------
        ParameterError
            With every unknown name, wrong type and value out of range at once.

        Examples
        --------
        >>> Settings.from_mapping({"n_trials": 20}).n_trials
        20
        >>> Settings.from_mapping({"n_trails": 20})
        Traceback (most recent call last):
        salesnb.errors.ParameterError: `n_trails` is unknown. Did you mean `n_trials`?
        """
        known = {each.name: each.metadata for each in fields(cls)}
        problems: list[Problem] = []
        taken: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                problems.append(
                    Problem(f"`{name}` is unknown", fix=suggest(str(name), tuple(known)))
                )
                continue
            ready = _ready(known[name]["kind"], value)
            problem = _problem(name, known[name], ready)
            if problem:
                problems.append(problem)
            else:
                taken[name] = ready
        try:
            settings = cls(**taken)
        except ParameterError as error:
            problems += error.problems
            settings = cls()
        if problems:
            raise ParameterError(problems)
        return settings

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Give the name of every choice."""
        return tuple(each.name for each in fields(cls))

    def _disagreements(self) -> list[Problem]:
        pairs = (("churn_days_low", "churn_days_high"), ("nps_detractor", "nps_promoter"))
        return [
            Problem(f"`{low}` is above `{high}`", got=f"{getattr(self, low)}")
            for low, high in pairs
            if _is_number(getattr(self, low))
            and _is_number(getattr(self, high))
            and getattr(self, low) > getattr(self, high)
        ]


def _ready(kind: str, value: Any) -> Any:
    """Give lists and maps as they come from YAML the form they have in Settings."""
    if kind in ("words", "limits") and isinstance(value, list):
        return tuple(value)
    if kind in ("cuts", "weights") and isinstance(value, Mapping):
        return dict(value)
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _problem(name: str, rule: Mapping[str, Any], value: Any) -> Problem | None:
    """Say what is wrong with one value, or give None."""
    kind = rule["kind"]
    if kind == "choice":
        if isinstance(value, str) and value in rule["options"]:
            return None
        fix = suggest(str(value), rule["options"])
        return Problem(f"`{name}` is none of its choices", got=repr(value), fix=fix)
    if kind in ("number", "whole"):
        wanted = "a whole number" if kind == "whole" else "a number"
        if not _is_number(value) or (kind == "whole" and not isinstance(value, int)):
            return Problem(f"`{name}` is not {wanted}", got=repr(value))
        if not rule["low"] <= value <= rule["high"]:
            fix = f"Write {rule['low']:g} to {rule['high']:g}."
            return Problem(f"`{name}` is out of range", got=f"{value:g}", fix=fix)
        return None
    if kind == "flag":
        fits = isinstance(value, bool)
        return None if fits else Problem(f"`{name}` is not true or false", got=repr(value))
    if kind == "text":
        fits = isinstance(value, str)
        return None if fits else Problem(f"`{name}` is not text", got=repr(value))
    if kind == "words":
        fits = isinstance(value, tuple) and all(isinstance(word, str) for word in value)
        return None if fits else Problem(f"`{name}` is not a list of texts", got=repr(value))
    if kind == "limits":
        rising = isinstance(value, tuple) and value and all(_is_number(limit) for limit in value)
        if rising and all(one < two for one, two in pairwise(value)):
            return None
        return Problem(f"`{name}` is not a list of rising numbers", got=repr(value))
    return _map_problem(name, kind, value)


def _map_problem(name: str, kind: str, value: Any) -> Problem | None:
    named = isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value)
    if not named or not all(_is_number(number) and number >= 0 for number in value.values()):
        return Problem(f"`{name}` does not give each name a number from 0", got=repr(value))
    if kind == "cuts" and (len(set(value.values())) < len(value) or min(value.values()) > 0):
        fix = "Give each name its own lower limit and the lowest one 0."
        return Problem(
            f"`{name}` leaves values without a name or with two", got=repr(value), fix=fix
        )
    return None
