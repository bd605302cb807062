"""What the company's data say, for holding a plan against: computed by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from salesnb.period import Period
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Plan

Key = tuple[str, str, str]

PAST_YEARS = 3
"""Years before the plan's whose figures the checks use, where the data have them."""


def _key(metric: str, scope: str, period: str) -> Key:
    """Make equal scopes equal texts, whatever the order they are cut in."""
    parts = sorted(part.strip() for part in scope.split(";") if part.strip())
    return metric, ";".join(parts), str(period)


@dataclass(frozen=True)
class Interval:
    """A forecast: its middle, and the limits most outcomes fall between."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Facts:
    """History and forecasts of the company.

    Parameters
    ----------
    values
        (metric, scope, period) → value: money in the plan's currency, rates 0 to 1. Scopes are
        `dimension=member;…` with one member each, "" for the company; periods `2023`, `2023Q1`.
        A year needs every year there is data for, so that the best one is known.
    forecasts
        (metric, scope, period) → interval of what is likely without a plan.
    members
        Dimension → the members the data have.

    Examples
    --------
    >>> facts = Facts({("net_sales", "", "2022"): 100.0, ("net_sales", "", "2023"): 118.0})
    >>> round(facts.best_growth("net_sales", Scope())[0], 2)
    0.18
    """

    values: Mapping[Key, float] = field(default_factory=dict)
    forecasts: Mapping[Key, Interval] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {_key(*key): v for key, v in self.values.items()})
        object.__setattr__(self, "forecasts", {_key(*k): v for k, v in self.forecasts.items()})

    def value(self, metric: str, scope: Scope, period: Period) -> float | None:
        """Give a value; of several members together their sum, None when one is not known."""
        return self._sum(metric, scope.singles(), period)

    def _sum(self, metric: str, scopes: Iterable[Scope], period: Period) -> float | None:
        found = [self.values.get(_key(metric, scope.text, str(period))) for scope in scopes]
        if any(value is None for value in found):
            return None
        return sum(value for value in found if value is not None)

    def forecast(self, metric: str, scope: Scope, period: Period) -> Interval | None:
        """Give the forecast of a figure, if there is one."""
        return self.forecasts.get(_key(metric, scope.text, str(period)))

    def growths(self, metric: str, scope: Scope) -> dict[Period, float]:
        """Give the growth of each year over the one before, where both are known and above 0."""
        years = sorted(
            {
                Period.parse(period)
                for name, _, period in self.values
                if name == metric and len(period) == 4
            }
        )
        found = {}
        for year in years:
            now, before = self.value(metric, scope, year), self.value(metric, scope, year.previous)
            if now is not None and before is not None and before > 0:
                found[year] = now / before - 1
        return found

    def best_growth(
        self, metric: str, scope: Scope, least: bool = False
    ) -> tuple[float, Period | None]:
        """Give the best year's growth, and which year that was; −∞ when none is known.

        The best is the least for a figure that is to fall.
        """
        growths = self.growths(metric, scope)
        if not growths:
            return float("-inf"), None
        year = (min if least else max)(growths, key=lambda one: growths[one])
        return growths[year], year


def wanted(plan: Plan, years: int = PAST_YEARS) -> tuple[Key, ...]:
    """List the figures of the past that would let the plan be held against data.

    Returns
    -------
    (metric, scope, period) for each figure the plan has a statement about, of each year before it
    and of each of its parts the plan phases; in order of the plan. Those of the plan's own year are
    the forecasts that would be of use.
    """
    header = plan.header
    past = [header.year.shift(-step) for step in range(1, years + 1)]
    keys: dict[Key, None] = {}
    for stated in plan.statements:
        if stated.role not in ("history", "target"):
            continue
        scopes = [COMPANY, *stated.scope.singles()]
        for scope in scopes:
            for year in past:
                keys[stated.metric, scope.text, str(year)] = None
        if stated.period.kind != "year":
            whole = header.calendar.window(header.year)
            for piece in header.calendar.periods(whole, stated.period.kind):
                for step in range(1, years + 1):
                    before = piece.shift(-step * (12 if piece.kind == "month" else 4))
                    keys[stated.metric, stated.scope.text, str(before)] = None
    return tuple(keys)
