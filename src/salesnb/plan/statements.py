"""A plan as data: each record of the file, with the line it stands on.

`reading.read_plan` makes these; `schema` documents how they are written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from salesnb.period import Calendar, Period
from salesnb.plan.quantities import Quantity
from salesnb.plan.scopes import COMPANY, Dimension, Scope, Scopes
from salesnb.plan.vocabulary import Identity, PlanMetric

Role = Literal["history", "market", "target", "supply"]
Kind = Literal["amount", "count", "growth", "share", "rate", "lift", "points"]
Direction = Literal["", "raise", "reduce", "keep"]
Credit = Literal["", "split", "nested", "overlay"]

KINDS: tuple[Kind, ...] = ("amount", "count", "growth", "share", "rate", "lift", "points")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every record of a plan has.

    Parameters
    ----------
    id
        Unique in the file; other records refer to it.
    line
        Line of the file it begins on, from 1.
    source
        The line of the source document it restates, such as `P16`.
    text
        The sentence as the plan has it.
    section
        The part of the file it stands in.
    lines
        Field → line of the file.
    assumption
        What it takes for granted.
    strategy, item
        The strategy it serves, and which of the things that strategy names.
    owner
        The people or teams accountable.
    parent
        The statement it is to help reach.
    """

    id: str
    line: int
    section: str
    source: str = ""
    text: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    assumption: str = ""
    strategy: str = ""
    item: str = ""
    owner: tuple[str, ...] = ()
    parent: str = ""
    scope: Scope = COMPANY


@dataclass(frozen=True, kw_only=True)
class Statement(Record):
    """One figure the plan states, of last year, of the market, to be reached, or supplied.

    Parameters
    ----------
    role
        `history`, `market` (the industry, not the company), `target` or `supply`.
    metric, scope, period
        What the figure is of.
    kind
        `amount` or `count` (the figure itself), `growth` (against the year before), `share` (of
        `whole`), `rate` (0 to 1), `lift` (a rate grows by a part of itself), `points` (a rate or
        share grows by percentage points).
    value
        The figure; money in the plan's currency unit, percent and points as fractions.
    baseline
        Where it starts, as typed beside the target; of the same sort as the value, for growth
        and lift the figure that grows.
    whole, whole_period
        What a share is of.
    of
        The statement a share is of ("80 % of the goal P13"), when it is not of a scope.
    cumulative
        Whether a share of a year is what is reached by the end of the period.
    per
        `month`, `quarter` or `year`: the value is for each; "" for the whole period.
    deadline
        Last day, where the plan gives one.
    direction
        Whether the plan means to `raise`, `reduce` or `keep` it.
    definition
        Which of two meanings of the metric is meant.
    readings
        Other metrics the sentence could be about.
    credit
        How results that several owners count are shared: `split`, `nested` or `overlay`.
    potential
        What the scope could bear, in the unit of the value.
    checkpoints
        Days on which it is looked at before its deadline; of a period its last day.
    """

    role: Role
    metric: str
    kind: Kind
    period: Period
    value: Quantity
    baseline: Quantity | None = None
    whole: Scope = COMPANY
    whole_period: Period | None = None
    of: str = ""
    cumulative: bool = False
    per: str = ""
    deadline: date | None = None
    deadline_text: str = ""
    direction: Direction = ""
    definition: str = ""
    readings: tuple[str, ...] = ()
    credit: Credit = ""
    potential: Quantity | None = None
    checkpoints: tuple[date, ...] = ()
    provider: str = ""

    @property
    def is_phase(self) -> bool:
        """Whether it is a share of a longer period."""
        return self.kind == "share" and self.whole_period is not None and not self.of

    @property
    def low(self) -> float:
        """The least it says; −∞ where open."""
        return self.value.low

    @property
    def high(self) -> float:
        """The most it says; ∞ where open."""
        return self.value.high

    @property
    def point(self) -> float:
        """The figure as written."""
        return self.value.point


@dataclass(frozen=True, kw_only=True)
class Milestone(Record):
    """Something to be done by a day.

    Parameters
    ----------
    milestone
        What is done; records with the same words are the same thing.
    start, due
        First and last day, where the plan says.
    due_text
        The day or period as written.
    progress
        How much of it is done by then, 0 to 1.
    after
        Milestones that come before it.
    places
        The members it reaches.
    coverage
        The dimension it claims to reach all members of.
    lifts
        The metric it is meant to raise in its period.
    deliverable
        Whether it needs a date, an owner and a target of its own to be real.
    """

    milestone: str
    due: date | None = None
    start: date | None = None
    due_text: str = ""
    progress: float = 1.0
    after: tuple[str, ...] = ()
    places: Scope | None = None
    coverage: str = ""
    lifts: str = ""


@dataclass(frozen=True, kw_only=True)
class Incentive(Record):
    """What is paid or given, for what, and to whom.

    Parameters
    ----------
    type
        `commission` (a rate of sales), `award` (a sum) or `promotion`.
    metric, kind
        What is measured; `growth` or the figure itself.
    threshold
        What has to be reached; None where any amount is paid.
    rate
        Commission, 0 to 1.
    award
        A sum of money.
    each
        Dimension whose members compete or qualify; "" when it is for people.
    per
        How often it is paid.
    running
        How many periods in a row the threshold must be met.
    budget
        The most that is to be paid in the year.
    linked_to
        A metric the payment is said to depend on.
    """

    type: Literal["commission", "award", "promotion"]
    metric: str = "net_sales"
    kind: Kind = "amount"
    threshold: Quantity | None = None
    rate: Quantity | None = None
    award: Quantity | None = None
    each: str = ""
    per: str = "year"
    running: int = 1
    budget: Quantity | None = None
    linked_to: str = ""
    winners: int = 1


@dataclass(frozen=True)
class Tier:
    """One class of customers (or anything else): its bounds in the scheme's metric."""

    name: str
    low: float
    high: float
    written: str
    line: int
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TierScheme(Record):
    """Classes that are to hold everyone once.

    Parameters
    ----------
    name, metric
        What is classed, by what.
    tiers
        In the order of the plan.
    order
        `first_match`: a value belongs to the first class it meets; "": bounds may not overlap.
    grid
        For classes of combinations (such as RFM): axis → levels.
    """

    name: str
    metric: str = ""
    tiers: tuple[Tier, ...] = ()
    order: Literal["", "first_match"] = "first_match"
    grid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Capacity(Record):
    """Who is there to do the work, and what one of them can carry.

    `productivity` is the metric's amount one experienced head brings in a year; new heads bring
    it after `ramp_months`. `load` is how many accounts one head can look after.
    """

    role: str = ""
    metric: str = "net_sales"
    heads: float | None = None
    hires: float = 0.0
    hire_by: date | None = None
    hire_by_text: str = ""
    ramp_months: float | None = None
    productivity: Quantity | None = None
    load: float | None = None


@dataclass(frozen=True, kw_only=True)
class StrategyItem(Record):
    """A strategic sentence, the things it names, and how many it says there are."""

    count: int | None = None
    items: tuple[str, ...] = ()
    metric: str = ""


@dataclass(frozen=True, kw_only=True)
class Risk(Record):
    """Something that may go wrong, how it would be noticed, and what would be done."""

    trigger: str = ""
    metric: str = ""
    response: str = ""
    probability: int | None = None
    impact: int | None = None


@dataclass(frozen=True, kw_only=True)
class Monitor(Record):
    """Something done again and again: a report, a meeting, a review, training, an approval rule.

    Parameters
    ----------
    type
        `report`, `meeting`, `review`, `training`, `service`, `approval` or `closing` (the day
        the books of a period close).
    every
        `month`, `quarter`, `half` or `year`.
    day
        Day of the month after the period on which it happens.
    on
        A date, where it happens once.
    covers
        What period it reports on: `month`, `quarter` or `year`; "" when it reports on none.
    needs
        Monitors that must have happened before it.
    threshold
        Below which something is done.
    dimensions
        What it looks at.
    approver
        Who decides.
    """

    type: str
    every: str = ""
    day: int | None = None
    on: date | None = None
    covers: str = ""
    needs: tuple[str, ...] = ()
    threshold: Quantity | None = None
    metric: str = ""
    dimensions: tuple[str, ...] = ()
    action: str = ""
    approver: str = ""


@dataclass(frozen=True, kw_only=True)
class Tree(Record):
    """Statements that are the parts of another, said outright where no dimension says it."""

    whole: str
    parts: tuple[str, ...]
    exhaustive: bool = True
    hedge: float | None = None


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """One approved state: who approved it, when, from when on, why, and the values it fixed."""

    version: int
    approved: date | None = None
    effective: date | None = None
    approver: str = ""
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Someone who can be accountable."""

    name: str
    line: int
    role: str = ""
    scope: Scope = COMPANY
    is_team: bool = False
    is_new: bool = False
    head: str = ""
    source: str = ""
    text: str = ""


@dataclass(frozen=True)
class Header:
    """What holds for the whole plan.

    Parameters
    ----------
    name
        The plan's title.
    year, base
        The year planned, and the year growth is measured against.
    calendar
        Fiscal year and working days.
    currency, factor, unit
        Currency of the plan, what a bare amount of money is multiplied by, and how that unit is
        written.
    tolerance
        Differences up to this part of a total are rounding.
    materiality
        Parts below this share of their whole do not move it.
    rates
        Currency → units of the plan's currency for one of it.
    hedge
        Dimension → how much more than the whole its members may be assigned on purpose.
    """

    name: str
    year: Period
    base: Period
    calendar: Calendar
    currency: str = "CNY"
    factor: float = 1.0
    unit: str = ""
    tolerance: float = 0.001
    materiality: float = 0.05
    rates: Mapping[str, float] = field(default_factory=dict)
    hedge: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A whole plan.

    Every record is in exactly one of the tuples, `qualitative` holding targets without a figure;
    `records` gives all of them, section by section.
    """

    header: Header
    scopes: Scopes
    metrics: Mapping[str, PlanMetric]
    identities: tuple[Identity, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    incentives: tuple[Incentive, ...] = ()
    tiers: tuple[TierScheme, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    strategy: tuple[StrategyItem, ...] = ()
    risks: tuple[Risk, ...] = ()
    monitoring: tuple[Monitor, ...] = ()
    trees: tuple[Tree, ...] = ()
    versions: tuple[Version, ...] = ()
    qualitative: tuple[Record, ...] = ()
    where: str = ""

    @property
    def dimensions(self) -> Mapping[str, Dimension]:
        """The ways the plan cuts the company."""
        return self.scopes.dimensions

    @property
    def records(self) -> Iterator[Record]:
        """Every record, section by section."""
        for records in (
            self.statements,
            self.milestones,
            self.incentives,
            self.tiers,
            self.capacity,
            self.strategy,
            self.risks,
            self.monitoring,
            self.trees,
            self.versions,
            self.qualitative,
        ):
            yield from records

    def of_role(self, role: Role) -> tuple[Statement, ...]:
        """Give the statements of one role: history, market, target or supply."""
        return tuple(found for found in self.statements if found.role == role)

    @cached_property
    def targets(self) -> tuple[Statement, ...]:
        """What is to be reached."""
        return self.of_role("target")

    @cached_property
    def history(self) -> tuple[Statement, ...]:
        """What was, as the plan tells it."""
        return self.of_role("history")

    def find(self, id: str) -> Record | None:
        """Give the record with an id."""
        return next((record for record in self.records if record.id == id), None)
