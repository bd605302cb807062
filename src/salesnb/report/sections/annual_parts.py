"""What the sections of a year share: numbers that know their fact, sentences, a scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from salesnb.figures.scale import scale_of
from salesnb.language import is_missing
from salesnb.metrics.compare import target_value
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.report.blocks import Block, Words, lead
from salesnb.report.html import Html, join, tag
from salesnb.report.review import Review
from salesnb.report.sections.parts import name_of, reason_text, shown_unit
from salesnb.report.tables import Col, delta, table

FLAT = 0.0005
"""A change that rounds to 0.0 % is none."""


class Kept(float):
    """A number that knows the fact it is: `metric`, `scope` and `period`."""

    metric: str
    scope: Mapping[str, str]
    period: str

    def __new__(
        cls, value: float, metric: str, scope: Mapping[str, str], period: Period | str
    ) -> Kept:
        """Make the number; it must have been kept as that fact."""
        made = super().__new__(cls, value)
        made.metric, made.scope, made.period = metric, dict(scope), str(period)
        return made


def kept(
    review: Review,
    metric: str,
    value: float | None,
    unit: str,
    scope: Mapping[str, str] | None = None,
    period: Period | None = None,
    reason: str = "no_history",
    **more: float | None,
) -> Kept | None:
    """Keep a number as a fact and give it back; None, with a reason, where there is none."""
    when = period or review.period
    if value is None or is_missing(value):
        review.lens.keep(metric, None, unit, scope or {}, when, reason=reason)
        return None
    review.lens.keep(metric, float(value), unit, scope or {}, when, **more)
    return Kept(float(value), metric, scope or {}, when)


def fact(
    review: Review,
    metric: str,
    where: Mapping[str, str] | None = None,
    period: Period | None = None,
) -> Kept | None:
    """Measure a metric and give it with its fact; None where there is no answer."""
    found = review.lens.value(metric, period, where)
    if found.value is None:
        return None
    return Kept(found.value, metric, where or {}, period or review.period)


def about(metric: str, where: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the scope of a fact about a metric, such as its growth."""
    return dict(where or {}) | ({} if metric == "net_sales" else {"metric": metric})


@dataclass(frozen=True)
class Figure:
    """One metric of the year beside the year before, like for like while the year lasts.

    `change` is the difference (of a rate in points), `growth` the relative one; None where it
    cannot be told, with the reason in the reader's words.
    """

    metric: str
    now: Kept | None
    before: Kept | None
    change: Kept | None
    growth: Kept | None
    reason: str = ""
    basis: str = ""

    @property
    def told(self) -> str:
        """How its change is told: in points of a rate, as a number of few, else in percent."""
        unit = METRICS[self.metric].unit
        if unit == "ratio":
            return "points"
        few = self.before is not None and abs(self.before) < _FEW
        return "count" if unit == "count" and few else "percent"

    @property
    def moved(self) -> Kept | None:
        """The change that is told."""
        return self.growth if self.told == "percent" else self.change


def figure(review: Review, metric: str, where: Mapping[str, str] | None = None) -> Figure:
    """Give a metric of the report's year beside the year before."""
    lens, last = review.lens, review.period.last_year
    row, value = lens.against(metric, "year", where), lens.value(metric, where=where)
    now = fact(review, metric, where)
    if lens.finished:
        before = None if is_missing(row["base"]) else fact(review, metric, where, last)
    else:
        scope = dict(where or {}) | {"span": "same_days"}
        before = None
        if not is_missing(row["base"]):
            before = kept(review, metric, row["base"], METRICS[metric].unit, scope, last)
    scope = about(metric, where)
    change = None
    if not is_missing(row["change"]) and now is not None and before is not None:
        unit = METRICS[metric].unit
        unit = "points" if unit == "ratio" else unit
        change = kept(review, "change_yoy", row["change"], unit, scope)
    growth = None
    if not is_missing(row["growth"]):
        growth = Kept(float(row["growth"]), "growth_yoy", scope, review.period)
    basis, known = "", METRICS[metric]
    if known.unit == "ratio" and known.rollup == "ratio" and value.denominator:
        parts = value.numerator or 0.0, value.denominator
        basis = "" if max(parts) >= _MANY else f"{parts[0]:,.0f}/{parts[1]:,.0f}"
    reason = reason_text(review, row["reason"] or value.reason)
    return Figure(metric, now, before, change, growth, reason, basis)


_FEW = 30
"""Of fewer, a percentage says more than there is."""

_MANY = 1e5
"""From here a numerator is money, which a column of counts does not show."""


def direction(value: float | None) -> str:
    """Give `up`, `down`, `flat`, or `none` for what is not known: the end of a sentence's key."""
    if value is None or is_missing(value):
        return "none"
    return "flat" if abs(value) < FLAT else "up" if value > 0 else "down"


def moved(review: Review, found: Figure) -> str:
    """Say how a figure moved: by how many percent or points, not at all, or why it is not known."""
    way = direction(found.moved)
    if way == "none":
        reason = found.reason or review.language("report.reason.no_history")
        return review.language("annual.moved_none", reason=reason)
    if way == "flat":
        return review.language("annual.moved_flat")
    return review.language(f"annual.moved_{found.told}_{way}", value=found.moved)


# Targets --------------------------------------------------------------------------------------


def held(review: Review, by: Sequence[str] = (), period: Period | None = None) -> pd.DataFrame:
    """Hold sales against targets: of a year that lasts, over the months that are over.

    Returns
    -------
    One row for each part with a target: *by, current, base (the target), change, attainment. All
    are kept as facts; those to date have the scope `span=year_to_date`.
    """
    lens, calendar = review.lens, review.calendar
    year = period or review.period
    if calendar.finished(year, review.as_of):
        rows = lens.compare("net_sales", "target", by, period=year)
        return rows[rows["base"].notna()].reset_index(drop=True)
    over = [m for m in calendar.months_of(year) if calendar.window(m).end <= review.as_of]
    parts = [lens.compare("net_sales", "target", by, period=month) for month in over]
    known = [part[part["base"].notna()] for part in parts]
    if not known or any(part.empty for part in known):
        return pd.DataFrame(columns=[*by, "current", "base", "change", "attainment"])
    rows = pd.concat(known)
    sums = ["current", "base"]
    if by:
        whole = rows.groupby(list(by), observed=True).filter(lambda part: len(part) == len(over))
        found = whole.groupby(list(by), observed=True)[sums].sum().reset_index()
    else:
        found = rows[sums].astype(float).sum().to_frame().T
    found["change"] = found["current"] - found["base"]
    found["attainment"] = found["current"] / found["base"].where(found["base"] > 0)
    for row in found.to_dict("records"):
        scope = {name: str(row[name]) for name in by} | {"span": "year_to_date"}
        parts_of = {"numerator": row["current"], "denominator": row["base"]}
        lens.keep("attainment", row["attainment"], "ratio", scope, year, **parts_of)
    return found


def attainment_of(review: Review, row: Mapping[str, Any], by: Sequence[str] = ()) -> Kept | None:
    """Give the attainment of a row of `held` with its fact."""
    if is_missing(row["attainment"]):
        return None
    scope = {name: str(row[name]) for name in by}
    if not review.lens.finished:
        scope["span"] = "year_to_date"
    return Kept(float(row["attainment"]), "attainment", scope, review.period)


def target_of(review: Review, metric: str, where: Mapping[str, str] | None = None) -> Kept | None:
    """Give the year's target of a metric with its fact; None where there is none."""
    if not review.lens.has("targets"):
        return None
    row = target_value(review.lens.dataset, metric, review.period, where=where).iloc[0]
    if row["reason"]:
        return None
    return kept(review, "target", row["target"], METRICS[metric].unit, about(metric, where))


# Tables ---------------------------------------------------------------------------------------


def show(review: Review, metric: str, value: float | None) -> str:
    """Write a metric's value in its unit."""
    return review.language.show(value, shown_unit(metric))


def _arrow(review: Review, found: Figure) -> Html | str:
    """Write how a figure moved with arrow and colour; why not where it is not known."""
    if found.moved is None:
        return found.reason or review.language("base.none")
    scale = scale_of(review.language, found.told, [found.moved])
    shown = delta(found.moved, scale, METRICS[found.metric].better)
    # A table's header names the unit; here every row has its own.
    unit = _points(review) if found.told == "points" else ()
    return join([shown, *unit]) if unit else shown


def _points(review: Review) -> tuple[str, Html]:
    """Give the unit of points with what stands before it."""
    return review.language("annual.gap"), tag("span", review.language("annual.points"), class_="u")


def told(review: Review, *sentences: str) -> Words:
    """Give sentences that belong together as one paragraph."""
    return lead(review.language("annual.gap").join(sentences))


def known(review: Review, *metrics: str) -> list[str]:
    """Give those of some metrics that the data can give."""
    return [name for name in metrics if not METRICS[name].lacks(review.lens.dataset)]


def scorecard(
    review: Review, figures: Sequence[Figure], caption: str, notes: Sequence[str] = ()
) -> Block:
    """Show figures of any unit beside last year and target, with what rates are counted on."""
    language, rows = review.language, []
    for found in figures:
        target = target_of(review, found.metric)
        rows.append(
            {
                "label": name_of(review, found.metric),
                "now": show(review, found.metric, found.now),
                "before": show(review, found.metric, found.before),
                "change": _arrow(review, found),
                "target": show(review, found.metric, target),
                "basis": found.basis or language("base.none"),
            }
        )
    # As objects: a column of text would turn the arrows into plain text.
    frame = pd.DataFrame(rows, dtype=object)
    none = language("base.none")
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("annual.this_year"), "figure"),
        Col("before", language("annual.before"), "figure"),
        Col("change", language("report.versus.year"), "figure"),
    ]
    if (frame["target"] != none).any():
        whole = "report.target" if review.lens.finished else "annual.year_target"
        columns.append(Col("target", language(whole), "figure"))
    if (frame["basis"] != none).any():
        columns.append(Col("basis", language("annual.basis"), "figure", wide_only=True))
    return table(frame, columns, language, caption, notes=notes)
