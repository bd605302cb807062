"""The structure of products: what earns, what drags, and how the mix moved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.drivers import ratio_change
from salesnb.figures.quadrant import draw_quadrant
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.effects import effect_bridge
from salesnb.report.sections.parts import (
    by_caption,
    dimension_name,
    few_names,
    labelled,
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_KINDS = ("star", "cash", "question", "improve")
_LOOKS = {"star": "good", "cash": "none", "question": "none", "improve": "warn"}
_MOST = 14


@section("product_structure", "orders.product_id")
def product_structure(review: Review) -> Block:
    """Show each product by sales and margin: stars, earners, questions, those to improve."""
    lens, language = review.lens, review.language
    rows = lens.compare("net_sales", "year", ["product"])
    rows = rows[rows["current"] > 0].sort_values("current", ascending=False)
    if rows.empty:
        return note(language("report.reason.no_rows"))
    whole = lens.against("net_sales", "year")
    rows = labelled(review, rows, "product").assign(share=rows["current"] / whole["current"])
    if not is_missing(whole["base"]) and whole["base"] > 0:
        rows["lift"] = rows["change"] / whole["base"]
        for row in rows.to_dict("records"):
            if not is_missing(row["lift"]):
                scope = {"product": str(row["product"])}
                lens.keep("growth_contribution", float(row["lift"]), "ratio", scope)
    if not lens.has("orders", "cost"):
        return group(note(language("diagnosis.no_cost")), _table(review, rows))
    margin = lens.measure("gross_margin", ["product"])[["product", "value"]]
    rows = rows.merge(margin.rename(columns={"value": "margin"}), on="product", how="left")
    middle, usual = float(rows["current"].median()), lens.value("gross_margin").value
    rows["kind"] = [_kind(row, middle, usual) for row in rows.to_dict("records")]
    for kind in _KINDS:
        lens.keep("product_kinds", float((rows["kind"] == kind).sum()), "count", {"kind": kind})
    return group(
        lead(_sentence(review, rows)), _quadrant(review, rows, middle, usual), _table(review, rows)
    )


def _kind(row: dict[str, object], middle: float, usual: float | None) -> str:
    """Say in which of the four fields a product lies: sales over the median, margin over all."""
    if is_missing(row["margin"]) or usual is None:
        return ""
    large, rich = row["current"] >= middle, row["margin"] >= usual  # type: ignore[operator]
    if rich:
        return "star" if large else "question"
    return "cash" if large else "improve"


def _sentence(review: Review, rows: pd.DataFrame) -> str:
    language = review.language
    stars, weak = (rows[rows["kind"] == kind] for kind in ("star", "improve"))
    total = float(rows["current"].sum())
    if stars.empty:
        return language("diagnosis.no_stars", count=len(weak))
    return language(
        "diagnosis.stars",
        names=few_names(review, stars["label"].tolist()),
        count=len(stars),
        share=float(stars["current"].sum()) / total,
        weak=len(weak),
        weak_share=float(weak["current"].sum()) / total,
    )


def _quadrant(review: Review, rows: pd.DataFrame, middle: float, usual: float | None) -> Block:
    language = review.language
    known = rows[rows["margin"].notna()].head(_MOST)
    cash = known[known["kind"] == "cash"]
    if len(cash):
        title = language(
            "diagnosis.quadrant_title",
            name=cash["label"].iloc[0],
            margin=cash["margin"].iloc[0],
            usual=usual,
        )
    else:
        title = language("diagnosis.quadrant_plain", usual=usual)
    drawn = draw_quadrant(
        pd.DataFrame(
            {
                "label": known["label"],
                "x": known["current"].astype(float),
                "y": known["margin"].astype(float),
                "highlight": known["kind"] == "star",
            }
        ),
        language,
        title=title,
        x_label=name_of(review, "net_sales"),
        y_label=name_of(review, "gross_margin"),
        x_split=middle,
        y_split=usual,
        subtitle=language("diagnosis.quadrant_subtitle", scope=scope_name(review)),
    )
    return chart(drawn, language)


def _table(review: Review, rows: pd.DataFrame) -> Block:
    language = review.language
    columns = [
        Col("label", dimension_name(review, "product")),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    if "lift" in rows:
        columns.append(
            Col("lift", language("diagnosis.lift"), "delta", "points", "up", wide_only=True)
        )
    if "kind" in rows:
        columns += [
            Col("margin", name_of(review, "gross_margin"), "percent"),
            Col("state", language("diagnosis.kind"), "status"),
        ]
        rows = rows.assign(
            state=[
                f"{_LOOKS.get(kind, 'none')}:{language(f'diagnosis.kinds.{kind}')}" if kind else ""
                for kind in rows["kind"]
            ]
        )
    caption = by_caption(review, "net_sales", "product")
    notes = [language("diagnosis.kinds_note")] if "kind" in rows else []
    return table(rows, columns, language, caption, max_rows=_MOST, notes=notes)


# The mix ----------------------------------------------------------------------------------------


@section("mix", "orders.product_id", "orders.qty")
def mix(review: Review) -> Block:
    """Split the change of sales into volume, mix, price, new and lost; and the shift of shares."""
    lens, language = review.lens, review.language
    base = review.calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    if base.start < lens.dataset.history_start:
        return note(language("report.reason.no_history"))
    return group(
        effect_bridge(review, "sales", "diagnosis.mix"), _shares(review), _margin_split(review)
    )


def _shares(review: Review) -> Block | None:
    """Show each product line's share of sales beside its share a year ago."""
    lens, language = review.lens, review.language
    dimension = "product_line" if "product_line" in lens.dimensions("net_sales") else ""
    if not dimension:
        return None
    rows = lens.compare("net_sales", "year", [dimension])
    shares = lens.measure("share", [dimension])[[dimension, "value"]]
    shift = lens.measure("share_change", [dimension])[[dimension, "value"]]
    rows = rows.merge(shares.rename(columns={"value": "share"}), on=dimension, how="left")
    rows = rows.merge(shift.rename(columns={"value": "shift"}), on=dimension, how="left")
    if len(rows) < 2 or rows["shift"].isna().all():
        return None
    rows = labelled(review, rows.sort_values("current", ascending=False), dimension)
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent"),
        Col("shift", language("diagnosis.shift"), "delta", "points", "none"),
    ]
    caption = language("diagnosis.shares", scope=scope_name(review))
    return table(rows, columns, language, caption)


def _margin_split(review: Review) -> Block | None:
    """Say how much of the change of margin is the lines' own, and how much the shift of mix."""
    lens, language = review.lens, review.language
    cut = "product"
    if not lens.has("orders", "cost"):
        return None
    sides = [
        lens.measure("gross_margin", [cut], period)[[cut, "numerator", "denominator"]].dropna()
        for period in (review.period, review.period.last_year)
    ]
    if not lens.finished or any(side["denominator"].sum() <= 0 for side in sides):
        return None
    moved = ratio_change(sides[0], sides[1], cut)
    within, shift = float(moved["within"].sum()), float(moved["mix"].sum())
    for part, value in (("within", within), ("mix", shift)):
        lens.keep("margin_effect", value, "points", {"effect": part})
    # The product whose own margin moved the whole most, towards where the whole went.
    order = np.argsort(-np.abs(moved["within"].to_numpy()))
    top = moved.iloc[order[0]]
    return note(
        language(
            "diagnosis.margin_split",
            change=within + shift,
            within=within,
            mix=shift,
            name=value_name(review, cut, top[cut]),
            part=float(top["within"]),
        )
    )
