"""What was: last year's figures as the plan tells them, as they follow, or as data have them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from salesnb.period import Calendar, Period
from salesnb.plan.facts import Facts
from salesnb.plan.figures import Fitter
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Kind, Plan, Role, Statement
from salesnb.plan.vocabulary import PlanMetric

T = TypeVar("T")


@dataclass
class Past:
    """Looks up what a plan states, and works out last year's figure of any scope.

    What rules have worked out and others use again is `kept`.
    """

    plan: Plan
    facts: Facts = field(default_factory=Facts)
    calendar: Calendar = field(default_factory=Calendar)

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
        self._kept: dict[Hashable, Any] = {}

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what was made for a key before, or make and keep it."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

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
