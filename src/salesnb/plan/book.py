"""The plan's figures made comparable: bases, targets, shares and growth of any scope.

Every figure comes with the statements it rests on, so that a finding can cite them. Amounts of a
metric are in its own unit when last year's total is known; else that total is 1 and is called by
the letter the plan writes for it (`X`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from salesnb.language import MINUS
from salesnb.period import Calendar, Period
from salesnb.plan.facts import Facts
from salesnb.plan.figures import Fitter
from salesnb.plan.findings import Size
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Kind, Plan, Record, Role, Statement
from salesnb.plan.vocabulary import PlanMetric
from salesnb.plan.wording import Amount, DimensionName, MetricName, ScopeName, num

PER_YEAR = {"month": 12, "quarter": 4, "half": 2, "year": 1, "once": 1, "": 1}


@dataclass(frozen=True)
class Known:
    """A figure that may be a range, with the statements it rests on."""

    low: float
    high: float
    by: tuple[Statement, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    @property
    def point(self) -> float:
        """The number, or the bound where it is open on one side, or the middle."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            return (self.low + self.high) / 2
        return self.low if math.isfinite(self.low) else self.high

    def __add__(self, other: Known) -> Known:
        return Known(self.low + other.low, self.high + other.high, merged(self.by, other.by))

    def times(self, factor: Known) -> Known:
        """Multiply by a figure that is 0 or more."""
        return Known(
            _product(self.low, factor.low if self.low >= 0 else factor.high),
            _product(self.high, factor.high if self.high >= 0 else factor.low),
            merged(self.by, factor.by),
        )

    def meet(self, other: Known) -> Known:
        """Give what both allow; empty (low above high) when they disagree."""
        return Known(
            max(self.low, other.low), min(self.high, other.high), merged(self.by, other.by)
        )


def _product(one: float, other: float) -> float:
    return 0.0 if 0.0 in (one, other) else one * other


AnyRecord = TypeVar("AnyRecord", bound=Record)


def merged(*groups: Sequence[AnyRecord]) -> tuple[AnyRecord, ...]:
    """Join groups of records, each once, in order."""
    seen: dict[str, AnyRecord] = {}
    for record in (record for group in groups for record in group):
        seen.setdefault(record.id, record)
    return tuple(seen.values())


def total_of(parts: Iterable[Known]) -> Known:
    """Add up figures."""
    result = Known(0.0, 0.0)
    for part in parts:
        result = result + part
    return result


@dataclass
class Book:
    """Looks figures up, and works out those that follow from others."""

    plan: Plan
    facts: Facts = field(default_factory=Facts)
    calendar: Calendar = field(default_factory=Calendar)
    memo: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.year, self.before = self.plan.header.year, self.plan.header.base
        self.tolerance = self.plan.header.tolerance
        self.reader = Fitter(self.plan.header)
        self._index: dict[tuple[Role, str, Scope], list[Statement]] = {}
        self._cuts: dict[tuple[str, Scope], dict[str, None]] = {}
        for found in self.plan.statements:
            self._index.setdefault((found.role, found.metric, found.scope), []).append(found)
            for name in found.scope.dimensions:
                whole = found.scope.without(name)
                self._cuts.setdefault((found.metric, whole), {})[name] = None
        self._bases: dict[tuple[str, Scope], Known | None] = {}
        self._targets: dict[tuple[str, Scope], Known | None] = {}
        self._symbols: dict[str, str] = {}
        self._totals: dict[str, Known | None] = {}
        self._busy: set[tuple[str, str, Scope]] = set()

    # Statements --------------------------------------------------------------------------

    def stated(
        self,
        role: Role,
        metric: str,
        scope: Scope,
        *kinds: Kind,
        period: Period | None = None,
        known: bool = True,
    ) -> list[Statement]:
        """Give the statements of a figure; placeholders only with `known=False`."""
        wanted = period or (self.year if role == "target" else self.before)
        return [
            found
            for found in self._index.get((role, metric, scope), ())
            if found.period == wanted
            and (not kinds or found.kind in kinds)
            and (found.value.known or not known)
        ]

    def goals(self, metric: str, scope: Scope) -> list[Statement]:
        """Give the targets of a scope for the year, figures before shares."""
        found = [s for s in self.stated("target", metric, scope) if not s.is_phase and not s.of]
        return sorted(found, key=lambda stated: stated.kind in ("share", "points"))

    def scopes_of(self, metric: str, role: Role = "target") -> list[Scope]:
        """Give the scopes a metric has statements about, in file order."""
        return [scope for who, name, scope in self._index if who == role and name == metric]

    def metrics(self, role: Role = "target") -> list[str]:
        """Give the metrics with statements of a role, in file order."""
        return list(dict.fromkeys(name for who, name, _ in self._index if who == role))

    def metric(self, name: str) -> PlanMetric:
        """Give what is known of a metric."""
        return self.plan.metrics[name]

    # Names -------------------------------------------------------------------------------

    def scope_name(self, scope: Scope) -> ScopeName:
        """Name a scope for readers."""
        return ScopeName(scope, self.plan.scopes)

    def metric_name(self, metric: str, is_share: bool = False) -> MetricName:
        """Name a metric for readers, or its share."""
        return MetricName(self.plan.metrics[metric], is_share)

    def figure_name(self, stated: Statement) -> MetricName:
        """Name what a statement is about: the metric, or its share."""
        additive = self.metric(stated.metric).additive
        is_share = stated.kind == "share" or (stated.kind == "points" and additive)
        return self.metric_name(stated.metric, is_share and not stated.of)

    def dimension_name(self, name: str) -> DimensionName:
        """Name a dimension for readers."""
        return DimensionName(name, self.plan.dimensions[name].labels.get("", ""))

    def label(self, scope: Scope) -> str:
        """Name a scope in a formula."""
        return str(self.scope_name(scope)) or "Σ"

    # Units -------------------------------------------------------------------------------

    def symbol(self, metric: str) -> str:
        """Give the letter that stands for last year's total, "" when it is known."""
        if metric not in self._symbols:
            relative = self.base(metric, COMPANY) is not None and not self._known_total(metric)
            letters = [
                found.value.placeholder
                for found in self.stated("history", metric, COMPANY, "amount", "count", known=False)
                if found.value.placeholder
            ]
            self._symbols[metric] = (letters or ["X"])[0] if relative else ""
        return self._symbols[metric]

    def amount(self, metric: str, value: float) -> Amount:
        """Show an amount of a metric in its unit."""
        symbol = self.symbol(metric)
        if symbol:
            return Amount(value, f"{_short(value)} {symbol}", in_money=False)
        if self.metric(metric).unit != "money":
            return Amount(value, str(num(value, 2)), in_money=False)
        return self.money(value)

    def money(self, value: float) -> Amount:
        """Show money in the plan's unit."""
        header = self.plan.header
        figure = abs(value / header.factor)
        digits = str(num(figure, 0 if figure >= 1000 else 1 if figure >= 100 else 2))
        unit = header.unit or header.currency
        before, after = (unit[0], unit[1:]) if unit[0] in "$€£¥" else ("", unit)
        joint = "" if before or not after.isascii() else " "
        sign = MINUS if value < 0 and digits != "0" else ""
        return Amount(value, f"{sign}{before}{digits}{joint}{after}")

    def size(self, metric: str, value: float, whole: float | None = None) -> Size:
        """Give the size of a difference in a metric's unit."""
        share = value / whole if whole else None
        unit = self.metric(metric).unit
        return Size(value, self.symbol(metric) or unit, share)

    # Last year ---------------------------------------------------------------------------

    def base(self, metric: str, scope: Scope) -> Known | None:
        """Give last year's amount of a scope, as the plan tells it, else as the data do."""
        key = (metric, scope)
        if key not in self._bases:
            guard = ("base", *key)
            if guard in self._busy:
                return None
            self._busy.add(guard)
            found = self._find_base(metric, scope)
            self._busy.discard(guard)
            if self._busy:  # worked out inside another search, which may have cut it short
                return found
            self._bases[key] = found
        return self._bases[key]

    def _find_base(self, metric: str, scope: Scope) -> Known | None:
        if not self.metric(metric).additive:
            return None
        if scope.is_company:
            return self._company_base(metric)
        return (
            self._base_typed(metric, scope)
            or self._sum_of_singles(metric, scope)
            or self._from_children(metric, scope)
            or self._base_beside(metric, scope)
            or self._from_siblings(metric, scope)
            or self._from_facts(metric, scope)
        )

    def _base_typed(self, metric: str, scope: Scope) -> Known | None:
        """An amount of history, or a share of a known whole."""
        for found in self.stated("history", metric, scope, "amount", "count"):
            if found.value.sign == "=":
                return Known(found.point, found.point, (found,))
        for found in self.shares_typed("history", metric, scope):
            whole = self.base(metric, found.whole)
            if whole and found.value.sign == "=":
                return Known(found.point, found.point, (found,)).times(whole)
        return None

    def _base_beside(self, metric: str, scope: Scope) -> Known | None:
        """A baseline typed beside a target: an amount, or a share of a known whole."""
        for found in self.stated("target", metric, scope, known=False):
            if found.baseline is None or not found.baseline.known or found.of:
                continue
            start = Known(found.baseline.point, found.baseline.point, (found,))
            if found.kind in ("growth", "amount", "count"):
                return start
            whole = self.base(metric, found.whole) if found.whole != scope else None
            if found.kind in ("share", "points") and whole:
                return start.times(whole)
        return None

    def shares_typed(
        self, role: Role, metric: str, scope: Scope, period: Period | None = None
    ) -> list[Statement]:
        """Give the typed shares of a scope in a wider scope, not of a year or a statement."""
        return [
            found
            for found in self.stated(role, metric, scope, "share", period=period)
            if not found.is_phase and not found.of
        ]

    def _sum_of_singles(self, metric: str, scope: Scope) -> Known | None:
        if scope.is_single:
            return None
        parts = [self.base(metric, single) for single in scope.singles()]
        return total_of(part for part in parts if part) if all(parts) else None

    def _from_children(self, metric: str, scope: Scope) -> Known | None:
        """Add up the typed amounts of all members of a dimension."""
        for name in self.cuts(metric, scope):
            children = self.plan.scopes.children(scope, name)
            amounts = []
            for child in children:
                typed = self.stated("history", metric, child, "amount", "count")
                beside = [
                    found
                    for found in self.stated("target", metric, child, "growth", "amount", "count")
                    if found.baseline is not None and found.baseline.known
                ]
                if typed:
                    amounts.append(Known(typed[0].point, typed[0].point, (typed[0],)))
                elif beside and beside[0].baseline:
                    value = beside[0].baseline.point
                    amounts.append(Known(value, value, (beside[0],)))
            if len(amounts) == len(children):
                return total_of(amounts)
        return None

    def _from_siblings(self, metric: str, scope: Scope) -> Known | None:
        """What the other members of an exhaustive dimension leave."""
        if len(scope.parts) != 1 or not scope.is_single:
            return None
        name = scope.dimensions[0]
        if not self.plan.dimensions[name].exhaustive:
            return None
        whole = self.base(metric, COMPANY)
        others = [
            self._base_typed(metric, other) or self._base_beside(metric, other)
            for other in self.plan.scopes.children(COMPANY, name)
            if other != scope
        ]
        if whole is None or not all(others):
            return None
        rest = total_of(other for other in others if other)
        left = whole.low - rest.low
        return Known(left, left, merged(whole.by, rest.by)) if left >= 0 else None

    def _from_facts(self, metric: str, scope: Scope) -> Known | None:
        value = self.facts.value(metric, scope, self.before)
        return None if value is None or not self._known_total(metric) else Known(value, value)

    def _company_base(self, metric: str) -> Known | None:
        known = self._known_total(metric)
        if known:
            return known
        relative = any(
            found.kind in ("share", "growth", "points") and not found.is_phase
            for found in self.plan.statements
            if found.metric == metric and found.role in ("history", "target")
        )
        amounts = any(
            found.kind in ("amount", "count") and found.value.known and not found.per
            for found in self.plan.targets
            if found.metric == metric and found.period == self.year
        )
        return Known(1.0, 1.0) if relative and not amounts else None

    def _known_total(self, metric: str) -> Known | None:
        """Last year's total in the metric's own unit: typed, added up, derived, or from data."""
        if metric not in self._totals:
            self._totals[metric] = None  # while it is looked for
            self._totals[metric] = (
                self._base_typed(metric, COMPANY)
                or self._base_beside(metric, COMPANY)
                or self._from_children(metric, COMPANY)
                or self._from_target(metric)
            )
            value = self.facts.value(metric, COMPANY, self.before)
            if self._totals[metric] is None and value is not None:
                self._totals[metric] = Known(value, value)
        return self._totals[metric]

    def _from_target(self, metric: str) -> Known | None:
        """Target ÷ (1 + growth), when the plan gives both for the company."""
        amounts = self.stated("target", metric, COMPANY, "amount", "count")
        growths = self.stated("target", metric, COMPANY, "growth")
        if not amounts or not growths or growths[0].point <= -1:
            return None
        value = amounts[0].point / (1 + growths[0].point)
        return Known(value, value, (amounts[0], growths[0]))

    def base_share(self, metric: str, scope: Scope, whole: Scope = COMPANY) -> Known | None:
        """Give last year's share of a scope in a wider one."""
        part, all_of_it = self.base(metric, scope), self.base(metric, whole)
        if part is None or all_of_it is None or all_of_it.low <= 0:
            return None
        value = part.low / all_of_it.low
        return Known(value, value, merged(part.by, all_of_it.by))

    def rate(self, metric: str, scope: Scope = COMPANY) -> Known | None:
        """Give last year's rate (or other figure that does not add up) of a scope."""
        for found in self.stated("history", metric, scope, "rate", "amount", "count"):
            return Known(found.point, found.point, (found,))
        for found in self.stated("target", metric, scope, known=False):
            if found.baseline is not None and found.baseline.known:
                return Known(found.baseline.point, found.baseline.point, (found,))
        value = self.facts.value(metric, scope, self.before) if scope.is_single else None
        return None if value is None else Known(value, value)

    # This year ---------------------------------------------------------------------------

    def in_year(self, found: Statement) -> Known:
        """Give a statement's figure for its whole period: per month times the months."""
        times = 1.0
        if found.per:
            months = len(self.calendar.months_of(found.period))
            times = months / (12 / PER_YEAR[found.per])
        return Known(found.low * times, found.high * times, (found,))

    def figures(self, metric: str, scope: Scope) -> list[Known]:
        """Give the target of a scope by each of its amounts and growths; else by its members."""
        found = []
        if not self.symbol(metric):
            amounts = self.stated("target", metric, scope, "amount", "count")
            found += [self.in_year(stated) for stated in amounts]
        base = self.base(metric, scope)
        if base is not None:
            found += [
                Known(1 + stated.low, 1 + stated.high, (stated,)).times(base)
                for stated in self.stated("target", metric, scope, "growth")
            ]
        sum_of_members = None if found else self.by_growth(metric, scope)
        return found or ([sum_of_members] if sum_of_members else [])

    def by_growth(self, metric: str, scope: Scope) -> Known | None:
        """Give the target of a scope as its growth or amount says; of several members their sum."""
        for found in self.stated("target", metric, scope, "amount", "count"):
            if not self.symbol(metric):
                return self.in_year(found)
        for found in self.stated("target", metric, scope, "growth"):
            base = self.base(metric, scope)
            if base is not None:
                return Known(1 + found.low, 1 + found.high, (found,)).times(base)
        if scope.is_company or scope.is_single:
            return None
        parts = [self.by_growth(metric, single) for single in scope.singles()]
        return total_of(part for part in parts if part) if all(parts) else None

    def share_target(self, found: Statement) -> Known | None:
        """Give the share a statement asks for: typed, or last year's plus points."""
        if found.kind == "share":
            return Known(found.low, found.high, (found,))
        base = self.base_share(found.metric, found.scope, found.whole)
        if base is None and found.baseline is not None and found.baseline.known:
            base = Known(found.baseline.point, found.baseline.point, (found,))
        if base is None:
            return None
        return Known(base.low + found.low, base.low + found.high, merged((found,), base.by))

    def share_targets(self, metric: str, scope: Scope) -> list[Statement]:
        """Give the statements that set a share of a scope for the plan's year."""
        return [
            found
            for found in self.stated("target", metric, scope, "share", "points")
            if not found.is_phase and not found.of
        ]

    def by_share(self, metric: str, scope: Scope) -> Known | None:
        """Give the target of a scope as its shares say; several are taken together."""
        result: Known | None = None
        for found in self.share_targets(metric, scope):
            whole = self.target(metric, found.whole) if found.whole != scope else None
            share = self.share_target(found)
            if whole is not None and share is not None:
                amount = Known(max(share.low, 0.0), min(share.high, 1.0), share.by).times(whole)
                result = amount if result is None else result.meet(amount)
        return result

    def target(self, metric: str, scope: Scope) -> Known | None:
        """Give the target of a scope, by growth or amount, else by share, else by its parts."""
        key = (metric, scope)
        if key not in self._targets:
            guard = ("target", *key)
            if guard in self._busy:
                return None
            self._busy.add(guard)
            found = (
                self.by_growth(metric, scope)
                or self.by_share(metric, scope)
                or self._target_of_children(metric, scope)
            )
            self._busy.discard(guard)
            if self._busy:
                return found
            self._targets[key] = found
        return self._targets[key]

    def _target_of_children(self, metric: str, scope: Scope) -> Known | None:
        if not self.metric(metric).additive:
            return None
        for name in self.cuts(metric, scope):
            parts = [self.by_growth(metric, c) for c in self.plan.scopes.children(scope, name)]
            if all(parts):
                return total_of(part for part in parts if part)
        return None

    def growth(self, metric: str, scope: Scope = COMPANY) -> Known | None:
        """Give the growth the plan asks of a scope."""
        for found in self.stated("target", metric, scope, "growth"):
            return Known(found.low, found.high, (found,))
        base, target = self.base(metric, scope), self.by_growth(metric, scope)
        if base is None or target is None or base.low <= 0:
            return None
        by = merged(target.by, base.by)
        return Known(target.low / base.low - 1, target.high / base.low - 1, by)

    # Trees -------------------------------------------------------------------------------

    def cuts(self, metric: str, whole: Scope) -> list[str]:
        """Give the exhaustive dimensions that a metric's statements cut a scope by."""
        return [name for name in self._cuts.get((metric, whole), ()) if self.is_exhaustive(name)]

    def trees(self, metric: str) -> Iterator[tuple[Scope, str]]:
        """Give each scope with a dimension that the metric's statements cut it by."""
        seen = set()
        for scope in [*self.scopes_of(metric), *self.scopes_of(metric, "history")]:
            for name in scope.dimensions:
                pair = (scope.without(name), name)
                if pair not in seen:
                    seen.add(pair)
                    yield pair

    def is_exhaustive(self, dimension: str) -> bool:
        """Whether the members of a dimension add up to the whole."""
        return self.plan.dimensions[dimension].exhaustive

    def base_sum(self, metric: str, whole: Scope, dimension: str) -> Known | None:
        """Add up last year's shares of a dimension, typed as such or as amounts of a typed whole.

        None unless every member has one.
        """
        total = self.stated("history", metric, whole, "amount", "count")
        parts = []
        for child in self.plan.scopes.children(whole, dimension):
            typed = [
                found
                for found in self.shares_typed("history", metric, child)
                if found.whole == whole and found.value.sign == "="
            ]
            amounts = self.stated("history", metric, child, "amount", "count")
            if typed:
                parts.append(Known(typed[0].point, typed[0].point, (typed[0],)))
            elif amounts and total and total[0].point > 0:
                share = amounts[0].point / total[0].point
                parts.append(Known(share, share, (amounts[0], total[0])))
            else:
                return None
        return total_of(parts)

    def base_is_sound(self, metric: str, whole: Scope, dimension: str) -> bool:
        """Whether last year's shares of a dimension, where all are typed, sum to 100 %."""
        found = self.base_sum(metric, whole, dimension)
        return found is None or abs(found.low - 1) <= self.tolerance + 1e-9


def _short(value: float) -> str:
    """Show an amount in units of last year's total: three decimals, no zeros at the end."""
    return str(num(value, 3))
