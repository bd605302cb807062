"""Who the year's customers are: RFM tiers, what is done for each, where they moved."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from salesnb.explain.cohorts import tier_migration
from salesnb.metrics.buyers import back, grace
from salesnb.metrics.metric import View
from salesnb.metrics.tiers import RFM_TIERS, rfm
from salesnb.period import Window
from salesnb.report.blocks import Block, definitions, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name
from salesnb.report.tables import Col, table

_SCORES = (3, 2, 1)
# Of fewer customers, thirds say nothing.
_LEAST = 10


@section("yearly_tiers", "orders.customer_id")
def yearly_tiers(review: Review) -> Block:
    """Show the RFM tiers with what is done for each, all 27 cells, and where customers moved."""
    language, lens = review.language, review.lens
    scored = rfm(View(lens.dataset, lens.window))
    if len(scored) < _LEAST:
        key = "few_customers" if len(scored) else "no_customers"
        return note(language(f"yearly.{key}", customers=len(scored), least=_LEAST))
    lens.measure("rfm_customers", ["tier"])
    whole, amount = len(scored), float(scored["amount"].sum())
    rows = []
    for tier in RFM_TIERS:
        mine = scored[scored["tier"] == tier]
        sales = float(mine["amount"].sum())
        share = sales / amount if amount else np.nan
        lens.keep("rfm_sales_share", share, "ratio", {"tier": tier}, numerator=sales,
                  denominator=amount, n=len(mine))  # fmt: skip
        rows.append(
            {
                "tier": tier,
                "label": language(f"yearly.tier_{tier}"),
                "customers": len(mine),
                "customer_share": len(mine) / whole,
                "sales": sales,
                "sales_share": share,
                "each": sales / len(mine) if len(mine) else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    core, risk = frame.iloc[0], frame.iloc[2]
    first, last = {"tier": "core"}, {"tier": "at_risk"}
    sentence = review.language("yearly.tiers_lead",
        customers=kept(review, "rfm_customers", whole, "count"),
        core=kept(review, "rfm_customers", core["customers"], "count", first),
        core_share=kept(review, "rfm_customer_share", core["customer_share"], "ratio", first),
        core_sales=kept(review, "rfm_sales_share", core["sales_share"], "ratio", first,
                        numerator=core["sales"], denominator=amount),
        risk=kept(review, "rfm_customers", risk["customers"], "count", last),
        risk_sales=kept(review, "rfm_sales", risk["sales"], "money", last),
    )  # fmt: skip
    columns = [
        Col("label", language("yearly.tier")),
        Col("customers", language("yearly.customers"), "count"),
        Col("customer_share", language("yearly.customer_share"), "percent", wide_only=True),
        Col("sales", language("report.sales_12_months"), "money"),
        Col("sales_share", language("yearly.sales_share"), "percent"),
        Col("each", language("yearly.sales_each"), "money", wide_only=True),
    ]
    foot = {"label": language("report.total"), "customers": whole, "customer_share": 1.0,
            "sales": amount, "sales_share": 1.0 if amount else None,
            "each": amount / whole}  # fmt: skip
    plays = [
        (language(f"yearly.tier_{tier}"), language(f"yearly.play_{tier}")) for tier in RFM_TIERS
    ]
    caption = language("yearly.tiers_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption, total=foot),
        definitions(language, plays),
        _cells(review, scored),
        _moved(review, scored),
    )


def _cells(review: Review, scored: pd.DataFrame) -> Block:
    """Show all 27 cells: customers in each, and its tier below."""
    language, lens = review.language, review.lens
    counts, tiers = {}, {}
    size = scored.groupby(["r", "f", "m"]).size()
    for r in _SCORES:
        for f in _SCORES:
            row = language("yearly.cell_row", r=r, f=f)
            counts[row], tiers[row] = {}, {}
            for m in _SCORES:
                column = language("yearly.cell_column", m=m)
                many = int(size.get((r, f, m), 0))
                counts[row][column] = float(many) if many else np.nan
                tiers[row][column] = language(f"yearly.tier_{_tier(r, f, m)}")
                lens.keep("rfm_cell", many, "count", {"cell": f"{r}-{f}-{m}"})
    grid, small = pd.DataFrame(counts).T, pd.DataFrame(tiers).T
    empty = int(grid.isna().to_numpy().sum())
    key = "cells_title" if empty else "cells_full"
    title = language(f"yearly.{key}", filled=27 - empty, empty=empty)
    limits = scored.groupby("r")["recency"].max()
    return heat_table(
        grid,
        language,
        title=title,
        unit="count",
        corner=language("yearly.cells_corner"),
        subtitle=language("yearly.cells_subtitle", scope=scope_name(review)),
        small=small,
        notes=[
            language(
                "yearly.cells_note",
                months=lens.dataset.settings.rfm_months,
                near=float(limits.get(3, np.nan)),
                middle=float(limits.get(2, np.nan)),
            )
        ],
    )


def _tier(r: int, f: int, m: int) -> str:
    if r == 1:
        return "at_risk"
    return "core" if f + m >= 5 else "potential"


def _moved(review: Review, scored: pd.DataFrame) -> Block:
    """Show where the customers of each tier a year ago are now."""
    language, lens = review.language, review.lens
    months = lens.dataset.settings.rfm_months
    eve = lens.window.start - timedelta(days=1)
    if lens.dataset.history_start > grace(back(eve, months).start):
        return note(language("yearly.no_migration"))
    before = rfm(View(lens.dataset, Window(back(eve, months).start, eve)))
    if before.empty:
        return note(language("yearly.no_migration"))
    moved = tier_migration(
        scored.set_index("customer_id")["tier"], before.set_index("customer_id")["tier"], RFM_TIERS
    )
    for came, row in moved.counts.iterrows():
        for went, many in row.items():
            lens.keep("rfm_migration", float(many), "count", {"from": str(came), "to": str(went)})
    counts = moved.counts
    kept = int(counts.loc["core", "core"])
    began = int(counts.loc["core"].sum())
    fallen = int(counts.loc["core", "at_risk"] + counts.loc["core", "lost"])
    risen = int(counts.loc["potential", "core"])
    names = {name: language(f"yearly.tier_{name}") for name in (*RFM_TIERS, "new", "lost")}
    shown = counts.astype(float).rename(index=names, columns=names)
    # Nobody is new and lost at once.
    shown.iloc[-1, -1] = np.nan
    title = language("yearly.moved_title", kept=kept, began=began, fallen=fallen, risen=risen)
    return heat_table(
        shown,
        language,
        title=title,
        unit="count",
        corner=language("yearly.moved_corner"),
        subtitle=language("yearly.moved_subtitle", then=eve, now=lens.window.end),
        small=moved.rates.map(lambda rate: "" if np.isnan(rate) else language.percent(rate)),
    )
