"""What customers say, and how fast they are answered."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from salesnb.data.contract import UNMAPPED
from salesnb.metrics.cells import Cells, Values
from salesnb.metrics.funnel import answered_in_time
from salesnb.metrics.metric import Metric, View, count, over, rate
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import active_customers, orders

FEEDBACK_CUTS = (
    "region", "product", "product_line", "tier", "product_group", "industry", "size", "province",
    "customer", "customer_tier", "month", "quarter", "year",
)  # fmt: skip
TICKET_CUTS = (
    "region", "kind", "department", "cause", "industry", "size", "province", "customer",
    "customer_tier", "month", "quarter", "year",
)  # fmt: skip


def _scores(view: View, kind: str) -> tuple[Rows, Values]:
    """Give the answers of one kind of survey that carry a score."""
    rows = view.rows("feedback", "ts").where("kind", [kind])
    score = rows.values("score")
    return rows.keep(~np.isnan(score)), score[~np.isnan(score)]


def _csat(view: View) -> Cells:
    rows, score = _scores(view, "csat")
    return rate(view, rows, score >= view.settings.csat_satisfied)


def _nps(view: View) -> Cells:
    rows, score = _scores(view, "nps")
    promoters = (score >= view.settings.nps_promoter).astype(float)
    return rate(view, rows, promoters - (score <= view.settings.nps_detractor))


def _complaint_rate(view: View) -> Cells:
    tickets = count(view, view.rows("tickets", "opened").where("kind", ["complaint"]))
    base = orders if view.settings.complaint_base == "orders" else active_customers
    return over(tickets, base(view))


def _sla_rate(view: View) -> Cells:
    rows = view.rows("tickets", "opened")
    hours: Values | float = view.settings.sla_hours
    if "sla_hours" in rows.frame.columns:
        own = rows.values("sla_hours")
        hours = np.where(np.isnan(own), view.settings.sla_hours, own)
    return answered_in_time(view, rows, "opened", hours)


THEME_MARKS = r"[;；|/、,，]"
"""What parts several themes of one answer."""


def _theme_share(view: View) -> Cells:
    """Give the share of answers that name each theme; one answer may name several."""
    plain = replace(view, where={k: v for k, v in view.where.items() if k != "theme"})
    rows = plain.rows("feedback", "ts")
    rows = rows.keep(~rows.among("theme", [UNMAPPED]))
    codes, labels = rows.codes("theme")
    themes = [
        sorted({part.strip() for part in re.split(THEME_MARKS, str(label)) if part.strip()})
        for label in labels
    ]
    many = np.array([len(each) for each in themes], dtype=int)[codes]
    place = np.repeat(np.arange(len(rows)), many)
    theme = np.array([name for code in codes for name in themes[code]], dtype=object)
    frame = rows.frame.iloc[rows.at].iloc[place].assign(theme=pd.Categorical(theme), place=place)
    named = Rows(frame, slice(None), rows.names)
    if "theme" in view.where:
        named = named.where("theme", view.where["theme"])
    if "theme" not in view.by:
        # An answer counts once, however many of the themes it names.
        named = named.keep(~pd.Series(named.values("place")).duplicated().to_numpy())
    groups = [name for name in view.by if name != "theme"]
    whole = count(replace(view, by=tuple(groups)), rows)
    found = count(view, named).renamed(value="numerator")
    if not groups:
        return found.plus(denominator=whole["value"][0], n=whole["n"][0])
    many_in = dict(zip(whole.combinations(), whole["n"], strict=True))
    places = [found.by.index(name) for name in groups]
    of = np.array([many_in[tuple(key[at] for at in places)] for key in found.combinations()])
    return found.plus(denominator=of, n=of)


METRICS = (
    Metric("csat", "M60", "service", "ratio", "up", "ratio", "# satisfied", "# answers",
           needs={"feedback": ("kind", "score")}, dims=FEEDBACK_CUTS, compute=_csat, few="trials"),
    Metric("nps", "M60", "service", "ratio", "up", "ratio", "# promoters − # detractors",
           "# answers", needs={"feedback": ("kind", "score")}, dims=FEEDBACK_CUTS, compute=_nps,
           few="trials"),
    Metric("complaint_rate", "M61", "service", "ratio", "down", "ratio", "# complaints", "# orders",
           needs={"tickets": ("kind",), "orders": ("order_id", "customer_id")},
           dims=("region", "industry", "size", "province", "customer", "customer_tier", "month",
                 "quarter", "year"),
           compute=_complaint_rate, few="trials", choice="complaint_base", also_cut=("orders",)),
    Metric("sla_rate", "M62", "service", "ratio", "up", "ratio", "# answered in time", "# due",
           needs={"tickets": ("first_response",)}, dims=TICKET_CUTS, compute=_sla_rate,
           few="trials"),
    Metric("theme_share", "M63", "service", "ratio", "none", "ratio", "# answers with the theme",
           "# answers", needs={"feedback": ("theme",)}, dims=("theme", *FEEDBACK_CUTS),
           compute=_theme_share, few="trials", own_cuts=("theme",)),
)  # fmt: skip
