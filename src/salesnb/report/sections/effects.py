"""The change of sales or profit since last year, taken apart by product and drawn."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from salesnb.explain.bridge import bridge
from salesnb.figures.bridge import draw_bridge
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.review import Review
from salesnb.report.sections.parts import name_of, scope_name

_METRICS = {"sales": "net_sales", "margin": "gross_profit"}
_COLUMNS = {
    "sales": ["product_id", "qty", "amount"],
    "margin": ["product_id", "qty", "amount", "cost"],
}
# Half a cent: less is rounding.
_LEAST = 0.005


def effect_bridge(review: Review, measure: Literal["sales", "margin"], words: str) -> Block:
    """Draw what volume, mix, price, new and lost products changed since last year.

    The lines taken are those with a product, and for `margin` with a known cost. Each effect is
    kept as a `bridge` fact. One line says so where either side has no such lines.

    Parameters
    ----------
    words
        Where the title lies: `<words>_title`, and `<words>_unchanged` where nothing moved.
    """
    lens, language, metric = review.lens, review.language, _METRICS[measure]
    base = review.calendar.same_elapsed(review.period, review.as_of, review.period.last_year)
    columns = _COLUMNS[measure]
    needed = [name for name in columns if name in ("product_id", "cost")]
    rows = lens.dataset.frame("sales").dropna(subset=needed)
    spans = lens.window, base
    now, then = (inside(rows, "order_date", span)[columns] for span in spans)
    if base.start < lens.dataset.history_start or now.empty or then.empty:
        return note(language("report.reason.no_history"))
    moved = bridge(now, then, "product_id", measure=measure)
    for effect, value in moved.effects.items():
        lens.keep("bridge", float(value), "money", {"effect": str(effect), "of": metric})
    effects = moved.effects[moved.effects.abs() > _LEAST]
    steps = {str(name): language(f"report.effect.{name}") for name in effects.index}
    bars = pd.DataFrame(
        {
            "label": [language("report.last_year"), *steps.values(), language("report.actual")],
            "value": [moved.prior, *effects, moved.current],
            "kind": ["total", *["change"] * len(effects), "total"],
        }
    )
    title = language(f"{words}_unchanged")
    if len(effects) and not is_missing(moved.change):
        most = str(effects.abs().idxmax())
        title = language(
            f"{words}_title", change=moved.change, name=steps[most], value=effects[most]
        )
    subtitle = f"{name_of(review, metric)} · {scope_name(review)}"
    drawn = draw_bridge(bars, language, title=title, subtitle=subtitle)
    return group(chart(drawn, language, with_data=True), note(language("report.bridge_note")))
