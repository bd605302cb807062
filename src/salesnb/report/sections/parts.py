"""What sections share: names for what is shown, cards, sentences, the usual tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.findings.finding import Finding
from salesnb.language import is_missing
from salesnb.metrics.metric import IMMATURE, SMALL
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.report.blocks import Block, lead, note, written
from salesnb.report.cards import Card, Versus
from salesnb.report.lists import FindingLine
from salesnb.report.review import Review
from salesnb.report.tables import Col, Table, table

# Dimension → where the names of its values are.
_NAMED = {
    "customer": ("customers", "customer_id"),
    "product": ("products", "product_id"),
    "rep": ("reps", "rep_id"),
}
_SHOWN = {"ratio": "percent", "multiple": "ratio", "index": "count"}


def shown_unit(metric: str) -> str:
    """Give the unit a metric's figures are shown in."""
    unit = METRICS[metric].unit
    return _SHOWN.get(unit, unit)


def name_of(review: Review, metric: str) -> str:
    """Give a metric's name in the reader's language."""
    return review.language(f"metrics.{metric}.label")


def scope_name(review: Review) -> str:
    """Name region and period, as captions and subtitles do."""
    return review.language("report.scope", region=review.region_name, period=review.period)


def value_name(review: Review, dimension: str, value: object) -> str:
    """Give a dimension's value as readers know it: a person's name, not an id."""
    text = str(value)
    if text in (UNMAPPED, ""):
        return review.language("report.unmapped")
    if dimension in _NAMED:
        return names(review, dimension).get(text, text)
    return review.language.label(f"report.value.{dimension}.{text}", text)


def names(review: Review, dimension: str) -> Mapping[str, str]:
    """Give the name of each id of a dimension; empty where the data have none."""
    table_name, key = _NAMED[dimension]
    dataset = review.lens.dataset

    def look_up() -> dict[str, str]:
        if not dataset.has(table_name, "name"):
            return {}
        rows = dataset.frame(table_name)
        return dict(zip(rows[key].astype(str), rows["name"].astype(str), strict=True))

    return dataset.kept(("names", dimension), look_up)


def labelled(review: Review, rows: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Add `label`, the name of each row's value of a dimension."""
    return rows.assign(label=[value_name(review, dimension, value) for value in rows[dimension]])


def beside(rows: pd.DataFrame, other: pd.DataFrame, dimension: str, **columns: str) -> pd.DataFrame:
    """Add numbers of another frame, which has one row for each value of a dimension.

    Parameters
    ----------
    columns
        New name → column of the other frame; NaN where that lacks the value.
    """
    places = {value: place for place, value in enumerate(other[dimension])}
    at = np.array([places.get(value, -1) for value in rows[dimension]], dtype=int)
    return rows.assign(
        **{
            name: np.append(other[column].to_numpy(dtype=float), np.nan)[at]
            for name, column in columns.items()
        }
    )


def few_names(review: Review, names: Sequence[str], most: int = 3) -> str:
    """Name the first few, and say how many there are where that is more."""
    text = review.language.list(list(names)[:most])
    if len(names) <= most:
        return text
    return review.language("report.and_more", names=text, count=len(names))


def dimension_name(review: Review, dimension: str) -> str:
    """Give a dimension's name as a column's header."""
    return review.language(f"report.dimension.{dimension}")


def reason_text(review: Review, reason: object) -> str:
    """Say why there is no value, or what is to be minded about it; "" for no reason."""
    if not isinstance(reason, str) or not reason:
        return ""
    return review.language.label(f"report.reason.{reason}", reason)


# Sentences ------------------------------------------------------------------------------------


def said(review: Review, section: str, otherwise: str = "") -> Block | None:
    """Give the sentences of the findings whose evidence a section shows.

    Parameters
    ----------
    otherwise
        What is said when nothing was found.
    """
    sentences = [
        found.text(review.language) for found in review.findings if found.section == section
    ]
    if sentences:
        return lead(*sentences[:4])
    return note(otherwise) if otherwise else None


def finding_line(review: Review, found: Finding, state: str = "") -> FindingLine:
    """Give a finding as a line of a list."""
    return FindingLine(
        found.severity,
        found.text(review.language),
        found.impact,
        section=found.section,
        state=state,
    )


def written_block(review: Review, kind: str) -> Block | None:
    """Show what people wrote of one kind, None where they wrote nothing."""
    sentences = review.remarks.get(kind, ())
    if not sentences:
        return None
    return written(review.language(f"report.remark.{kind}"), list(sentences))


# Cards ----------------------------------------------------------------------------------------


def card(review: Review, metric: str, *against: str, history: bool = True) -> Card | None:
    """Give a metric's headline card, None where the data cannot give it.

    Parameters
    ----------
    against
        What it is compared with: `year`, `month`, `quarter`.
    """
    if METRICS[metric].lacks(review.lens.dataset):
        return None
    lens, period = review.lens, mature_period(review, metric)
    value = lens.value(metric, period)
    target = lens.against(metric, "target", period=period)
    past = lens.trend(metric, 13)["value"].tolist() if history else []
    compared_with = [versus(review, metric, to, period) for to in against]
    # A rate is held against its target in points; a share of a rate says nothing.
    rate = METRICS[metric].unit == "ratio"
    if rate and not is_missing(target["change"]):
        compared_with.append(versus(review, metric, "target", period))
    note = reason_text(review, value.reason)
    # One reason for both is said once.
    compared_with = [
        one
        for one in compared_with
        if not is_missing(value.value) and (one.value is not None or one.reason != note)
    ]
    if period != review.period:
        note = review.language("report.mature", period=period)
    return Card(
        label=name_of(review, metric),
        value=value.value,
        unit=shown_unit(metric),
        versus=tuple(compared_with),
        better=METRICS[metric].better,
        attainment=None
        if rate or is_missing(target["attainment"])
        else float(target["attainment"]),
        pace=None if lens.finished else _elapsed(review),
        history=tuple(number(each) for each in past),
        note=note,
    )


def _elapsed(review: Review) -> float | None:
    """Give the share of the period's working days that is over: what of a target was due."""
    calendar = review.calendar
    days = calendar.workdays(calendar.window(review.period))
    return calendar.workdays(review.lens.window) / days if days else None


def number(value: Any) -> float | None:
    """Give a plain number, or None for what is missing."""
    return None if is_missing(value) else float(value)


def mature_period(review: Review, metric: str) -> Period:
    """Give the last period whose cohort has had the time the metric allows it.

    Rather one with cases enough than one of whose cohort the first few have had the time.
    """
    if review.lens.value(metric).reason != IMMATURE:
        return review.period
    before = [review.period.shift(-back) for back in range(1, 5)]
    found = {each: review.lens.value(metric, each) for each in before}
    over = [each for each, one in found.items() if not is_missing(one.value)]
    enough = [each for each in over if found[each].reason != SMALL]
    return next(iter(enough or over), review.period)


def versus(review: Review, metric: str, to: str, period: Period | None = None) -> Versus:
    """Give one comparison of a card: growth for amounts, points for rates."""
    row = review.lens.against(metric, to, period=period)
    rate = METRICS[metric].unit == "ratio"
    other = METRICS[metric].unit in ("days", "months", "score", "multiple", "points")
    value = row["change"] if rate or other else row["growth"]
    return Versus(
        review.language(f"report.versus.{to}"),
        None if is_missing(value) else float(value),
        "points" if rate else shown_unit(metric) if other else "percent",
        reason_text(review, row["reason"]),
    )


# Tables ---------------------------------------------------------------------------------------


def compared(
    review: Review,
    metric: str,
    dimension: str,
    *,
    share: bool = False,
    target: bool = False,
    top: int = 20,
) -> Table:
    """Show a metric by one dimension beside last year, and beside its target where there is one.

    The total row is measured on its own: rates and distinct customers do not add up.
    """
    lens = review.lens
    # Where equal the rows stay in order of their values, as they come.
    rows = lens.compare(metric, "year", [dimension]).sort_values(
        "current", ascending=False, kind="stable"
    )
    whole = lens.against(metric, "year")
    rate = METRICS[metric].unit == "ratio"
    change = Col("change", review.language("report.versus.year"), "points")
    if not rate:
        change = _growth(review, metric)
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("current", name_of(review, metric), "percent" if rate else "bar", shown_unit(metric)),
        change,
    ]
    total: dict[str, Any] = {"label": review.language("report.total"), **whole}
    if share and not is_missing(whole["current"]) and whole["current"]:
        rows = rows.assign(share=rows["current"] / whole["current"])
        columns.append(Col("share", review.language("report.share"), "percent", wide_only=True))
        total["share"] = 1.0
    if target:
        rows, total, columns = _with_target(review, metric, dimension, rows, total, columns)
    return table(
        labelled(review, rows, dimension),
        columns,
        review.language,
        by_caption(review, metric, dimension),
        total=total,
        max_rows=top,
    )


def by_caption(review: Review, metric: str, dimension: str) -> str:
    """Name a table of a metric by a dimension."""
    return review.language(
        "report.by",
        metric=name_of(review, metric),
        dimension=dimension_name(review, dimension),
        scope=scope_name(review),
    )


def _growth(review: Review, metric: str) -> Col:
    return Col(
        "growth", review.language("report.versus.year"), "delta", "percent", METRICS[metric].better
    )


def _with_target(
    review: Review,
    metric: str,
    dimension: str,
    rows: pd.DataFrame,
    total: dict[str, Any],
    columns: Sequence[Col],
) -> tuple[pd.DataFrame, dict[str, Any], list[Col]]:
    """Add target, attainment and gap to a comparison; rows without a target show why."""
    against = review.lens.compare(metric, "target", [dimension]).rename(
        columns={"base": "target", "change": "gap"}
    )
    kept = against[[dimension, "target", "attainment", "gap"]]
    if kept["target"].isna().all():
        return rows, total, list(columns)
    whole = review.lens.against(metric, "target")
    rows = rows.merge(kept, on=dimension, how="outer", validate="one_to_one")
    rows = rows.sort_values(["gap", dimension], na_position="last")
    total |= {"target": whole["base"], "attainment": whole["attainment"], "gap": whole["change"]}
    unit = shown_unit(metric)
    added = [
        Col("target", review.language("report.target"), unit, wide_only=True),
        Col("attainment", review.language("report.attainment"), "percent"),
        Col("gap", review.language("report.gap"), "delta", unit, METRICS[metric].better),
    ]
    return rows, total, [*columns[:2], *added, *columns[2:]]
