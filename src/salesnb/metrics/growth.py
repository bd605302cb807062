"""Net sales against last year, last month, the whole: growth, share, contribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from salesnb.metrics.bases import NEW, Spans, set_against, shifted, spans
from salesnb.metrics.buyers import grace
from salesnb.metrics.cells import Cells, beside, divided, marked
from salesnb.metrics.metric import NEGATIVE, NO_HISTORY, Metric, Unit, View, over
from salesnb.metrics.sales import METRICS as SALES
from salesnb.metrics.sales import SALES_CUTS, net_sales

NET_SALES = next(metric for metric in SALES if metric.id == "net_sales")

_GROWTH_CUTS = tuple(name for name in SALES_CUTS if name not in ("month", "quarter", "year"))


def _spans(view: View, to: str) -> Spans:
    """Give the days of a view and of its base; the first days of a period are those so far."""
    calendar = view.dataset.calendar
    for kind in ("month", "quarter", "year"):
        period = calendar.period_at(view.window.start, kind)
        whole = calendar.window(period)
        inside = whole.start == view.window.start and view.window.end <= whole.end
        if inside and (to == "year" or kind in ("month", to)):
            return spans(view.dataset, period, to, view.end)
    return spans(view.dataset, view.window, to)


def _growth(to: str, workday_adjusted: bool) -> Callable[[View], Cells]:
    def compute(view: View) -> Cells:
        both = set_against(NET_SALES, view, _spans(view, to), workday_adjusted)
        return both.renamed(growth="value", change="numerator", base="denominator")

    return compute


def _cagr(view: View) -> Cells:
    """Give growth a year over as many years as there are, up to those of the settings."""
    for years in range(view.settings.cagr_years, 0, -1):
        window = shifted(view.window, 12 * years)
        if view.dataset.history_start <= grace(window.start):
            break
    else:
        return view.blank(NO_HISTORY)
    now = net_sales(view)
    both = beside(over(now, net_sales(view.during(window))), now.without("value"))
    top, bottom = both["numerator"], both["denominator"]
    usable = (bottom > 0) & (top > 0)
    times = divided(np.where(usable, top, 1.0), np.where(usable, bottom, 1.0))
    reason = marked(bottom == 0, NEW, marked(~usable, NEGATIVE))
    return both.plus(value=times ** (1 / years) - 1, reason=reason)


def _share(view: View) -> Cells:
    """Give each part's share of what `where` leaves; without dimensions, of everything."""
    part = net_sales(view).renamed(value="numerator")
    whole = replace(view, by=(), where=view.where if view.by else {})
    return part.plus(denominator=net_sales(whole)["value"][0])


def _share_change(view: View) -> Cells:
    between = _spans(view, "year")
    if view.dataset.history_start > grace(between.base.start):
        return view.blank(NO_HISTORY)
    now, then = _share(view.during(between.current)), _share(view.during(between.base))
    left = now.renamed(numerator="part").without("denominator")
    right = then.renamed(numerator="base_part").without("denominator", "n")
    both = beside(left, right)
    # What is missing on one side has no part there, but the whole is the same for all.
    whole = np.full(len(both), now["denominator"].max(initial=0.0))
    base_whole = np.full(len(both), then["denominator"].max(initial=0.0))
    change = divided(both["part"], whole) - divided(both["base_part"], base_whole)
    return both.plus(value=change)


def growth_contribution(view: View) -> Cells:
    """Give each part's change over the whole's base, and its share of the whole's change.

    Returns
    -------
    `by`, `value` (parts sum to the whole's growth), `rate` (parts sum to 1; missing where the
    whole changes by less than `growth_floor` of its base), `numerator` (change), `denominator`
    (the whole's base), `n`, `reason`.
    """
    between = _spans(view, "year")
    if view.dataset.history_start > grace(between.base.start):
        return view.blank(NO_HISTORY).plus(rate=np.nan)
    now = net_sales(view.during(between.current)).renamed(value="current")
    then = net_sales(view.during(between.base)).renamed(value="base")
    both = beside(now, then.without("n"))
    change = both["current"] - both["base"]
    base, whole = float(both["base"].sum()), float(change.sum())
    moved = whole and abs(whole) >= view.settings.growth_floor * base
    return both.plus(
        numerator=change,
        denominator=base,
        value=change / base if base > 0 else np.nan,
        rate=change / whole if moved else np.nan,
        reason=None if base > 0 else NEGATIVE,
    )


def _metric(
    name: str, code: str, compute: Callable[[View], Cells], formula: tuple[str, str],
    unit: Unit = "ratio",
) -> Metric:  # fmt: skip
    return Metric(
        name, code, "sales", unit, "up", "recompute", formula[0], formula[1],
        needs={"orders": ("amount",)}, dims=_GROWTH_CUTS, compute=compute,
    )  # fmt: skip


_CHANGE = ("change in Σ amount", "Σ amount of the base")
_PER_DAY = ("change in Σ amount a working day", "Σ amount a working day of the base")

METRICS = (
    *(
        _metric(f"growth_{short}", "M05", _growth(to, False), _CHANGE)
        for short, to in (("yoy", "year"), ("mom", "month"), ("qoq", "quarter"))
    ),
    *(
        _metric(f"growth_{short}_workday_adjusted", "M05", _growth(to, True), _PER_DAY)
        for short, to in (("yoy", "year"), ("mom", "month"), ("qoq", "quarter"))
    ),
    _metric("cagr", "M06", _cagr, ("Σ amount", "Σ amount years before")),
    Metric("share", "M07", "sales", "ratio", "none", "recompute", "Σ amount", "Σ amount of all",
           needs={"orders": ("amount",)}, dims=_GROWTH_CUTS, compute=_share),
    Metric("share_change", "M07", "sales", "points", "none", "recompute", "share − share before",
           needs={"orders": ("amount",)}, dims=_GROWTH_CUTS, compute=_share_change),
    Metric("growth_contribution", "M08", "sales", "ratio", "up", "recompute", "change in Σ amount",
           "Σ amount of all in the base", needs={"orders": ("amount",)}, dims=_GROWTH_CUTS,
           compute=growth_contribution),
)  # fmt: skip
