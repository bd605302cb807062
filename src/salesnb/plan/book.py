"""The plan's figures made comparable: bases, targets, shares and growth of any scope.

Every figure comes with the statements it rests on, so that a finding can cite them. Amounts of a
metric are in its own unit when last year's total is known; else that total is 1 and is called by
the letter the plan writes for it (`X`).
"""

from __future__ import annotations

from dataclasses import dataclass

from salesnb.language import MINUS
from salesnb.plan.findings import Size
from salesnb.plan.known import Known, merged, total_of
from salesnb.plan.past import Past
from salesnb.plan.quantities import with_unit
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Amount, DimensionName, MetricName, ScopeName, num

PER_YEAR = {"month": 12, "quarter": 4, "half": 2, "year": 1, "once": 1, "": 1}


@dataclass
class Book(Past):
    """Looks figures up, past and planned, and names them for readers."""

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
        sign = MINUS if value < 0 and digits != "0" else ""
        text = sign + with_unit(digits, header.unit or header.currency)
        return Amount(value, text, has_unit=bool(header.unit))

    def size(self, metric: str, value: float, whole: float | None = None) -> Size:
        """Give the size of a difference in a metric's unit."""
        share = value / whole if whole else None
        unit = self.metric(metric).unit
        return Size(value, self.symbol(metric) or unit, share)

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


def _short(value: float) -> str:
    """Show an amount in units of last year's total: three decimals, no zeros at the end."""
    return str(num(value, 3))
