"""The newest period at a glance: the company's figures, its regions ranked and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from salesnb.language import Language
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.period import Period
from salesnb.report.cards import Card, Versus, cards
from salesnb.report.html import Html, join, tag
from salesnb.report.spark import small_multiple
from salesnb.report.tables import Col, table
from salesnb.running.portal.entry import Entry

_CARDS = ("new_customers", "gross_margin", "dso", "churn_rate", "average_order_value")
_MOST_CARDS = 3
_UNITS = {"ratio": "percent", "multiple": "ratio"}
_YEAR = 12


def leaders(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Choose for each region the report its figures are taken from: that of the finest period."""
    held = [entry for entry in entries if entry.value("net_sales") is not None]
    order = ("month", "quarter", "year")
    held.sort(key=lambda entry: (order.index(Period.parse(entry.about).kind), entry.notebook))
    chosen: dict[str, Entry] = {}
    for entry in held:
        if entry.notebook == held[0].notebook:
            chosen.setdefault(entry.region, entry)
    return chosen


def before(entry: Entry, metric: str, earlier: Entry | None) -> float | None:
    """Give a figure as the last period's report has it, or as this one knows it.

    Not of a year known up to a month: beside it the whole of the year before says nothing.
    """
    published = earlier.value(metric) if earlier else None
    if published is not None or entry.about != entry.period:
        return published
    return entry.value(metric, str(Period.parse(entry.about).previous))


def growth(now: float | None, then: float | None) -> float | None:
    """Give the change over what was, None where that is not known or not above zero."""
    return None if now is None or then is None or then <= 0 else now / then - 1


def overview(
    entries: Sequence[Entry], earlier: dict[tuple[str, str], Entry], language: Language
) -> Html:
    """Show how many reports there are, the company's figures, and its regions.

    Parameters
    ----------
    entries
        The reports of the newest period.
    earlier
        The reports of the period before, by notebook and region.
    """
    chosen = leaders(entries)
    parts: list[Html | None] = [_cards(entries, chosen.get(ALL), earlier, language)]
    regions = [entry for entry in chosen.values() if entry.region != ALL]
    if len(regions) > 1:
        regions.sort(key=lambda entry: -(entry.value("net_sales") or 0.0))
        parts.append(_ranking(regions, earlier, language))
        parts.append(_multiples(regions, chosen.get(ALL), language))
        parts.append(_common(regions, language))
    return join(parts)


def _cards(
    entries: Sequence[Entry],
    company: Entry | None,
    earlier: dict[tuple[str, str], Entry],
    language: Language,
) -> Html:
    count = {status: sum(entry.status == status for entry in entries) for status in _STATES}
    shown = [
        Card(
            language("running.reports"),
            len(entries),
            "count",
            note=language("running.states", **count),
        )
    ]
    if company is not None:
        last = earlier.get((company.notebook, company.region))
        shown.insert(0, _card(company, "net_sales", last, language))
        others = [metric for metric in _CARDS if company.value(metric) is not None]
        shown[1:1] = [_card(company, name, last, language) for name in others[:_MOST_CARDS]]
    return cards(shown, language).html()


_STATES = ("ok", "partial", "failed")


def _card(entry: Entry, metric: str, last: Entry | None, language: Language) -> Card:
    now, then = entry.value(metric), before(entry, metric, last)
    rate = METRICS[metric].unit == "ratio"
    unit = _UNITS.get(METRICS[metric].unit, METRICS[metric].unit)
    plain = unit in ("days", "months", "score")
    change = growth(now, then)
    if (rate or plain) and now is not None:
        change = None if then is None else now - then
    how = "points" if rate else unit if plain else "percent"
    compared = [Versus(language("running.on_last"), change, how)]
    if metric == "net_sales":
        yearly = entry.value("growth_yoy")
        compared.insert(0, Versus(language("report.versus.year"), yearly))
    return Card(
        language(f"metrics.{metric}.label"),
        now,
        unit,
        tuple(compared),
        METRICS[metric].better,
        entry.value("attainment") if metric == "net_sales" else None,
        history=tuple(entry.course(metric)),
    )


def _ranking(
    regions: Sequence[Entry], earlier: dict[tuple[str, str], Entry], language: Language
) -> Html:
    rows: list[dict[str, Any]] = []
    for place, entry in enumerate(regions, start=1):
        sold = entry.value("net_sales")
        last = before(entry, "net_sales", earlier.get((entry.notebook, entry.region)))
        reached = entry.value("attainment")
        rows.append(
            {
                "region": join([tag("span", f"{place} ", class_="m"), entry.link(language)]),
                "net_sales": sold,
                "on_last": growth(sold, last),
                "growth_yoy": entry.value("growth_yoy"),
                "attainment": reached,
                "gap": entry.value("target_gap"),
                "grave": entry.grave(),
            }
        )
    frame = pd.DataFrame(rows, dtype=object)
    columns = [
        Col("region", language("running.column.region")),
        Col("net_sales", language("metrics.net_sales.label"), "bar", "money"),
        Col("on_last", language("running.on_last"), "delta", "percent", "up", wide_only=True),
        Col("growth_yoy", language("report.versus.year"), "delta", "percent", "up"),
        Col("attainment", language("page.attainment"), "percent"),
        Col("gap", language("page.gap"), "delta", "money", "up", wide_only=True),
        Col("grave", language("running.column.grave"), "count", wide_only=True),
    ]
    known = [col for col in columns if frame[col.name].notna().any()]
    caption = language("running.ranking", period=regions[0].about)
    sentence = tag("p", _said(regions, language), class_="lead")
    return join([sentence, table(frame, known, language, caption, max_rows=len(frame)).html()])


def _said(regions: Sequence[Entry], language: Language) -> str:
    """Say who met the target and whose gap is largest, or who sold most."""
    held = [entry for entry in regions if entry.value("attainment") is not None]
    if not held:
        first = regions[0]
        return language("running.most", name=first.region, value=first.value("net_sales"))
    met = sum((entry.value("attainment") or 0.0) >= 1 for entry in held)
    if met == len(held):
        return language("running.met_all", all=met)
    worst = min(held, key=_gap)
    return language("running.met", met=met, all=len(held), name=worst.region, gap=_gap(worst))


def _gap(entry: Entry) -> float:
    """Give what a region sold above its target; below it is negative."""
    said = entry.value("target_gap")
    sold, reached = entry.value("net_sales") or 0.0, entry.value("attainment")
    if said is not None:
        return said
    return sold - sold / reached if reached else 0.0


def _multiples(regions: Sequence[Entry], company: Entry | None, language: Language) -> Html | None:
    """Draw every region's sales on one scale, as multiples of what was usual before."""
    drawn = {entry.region: _index(entry) for entry in regions}
    drawn = {name: values for name, values in drawn.items() if values}
    if len(drawn) < 2:
        return None
    ghost = _index(company) if company else []
    known = [v for values in (*drawn.values(), ghost) for v in values if v is not None]
    low, high = min(known), max(known)
    order = sorted(drawn, key=lambda name: -(drawn[name][-1] or 0.0))
    items = [
        tag(
            "li",
            tag("span", tag("span", name), tag("b", _off(drawn[name][-1], language)), class_="k"),
            small_multiple(drawn[name], ghost, low, high),
        )
        for name in order
    ]
    best, worst = order[0], order[-1]
    title = language(
        "running.multiples",
        best=best,
        up=(drawn[best][-1] or 0.0) - 1,
        worst=worst,
        down=(drawn[worst][-1] or 0.0) - 1,
    )
    note = language("running.multiples_note")
    head = tag("figcaption", tag("strong", title), tag("span", note))
    return tag("figure", head, tag("ul", *items, class_="multi"), class_="chart")


def _off(value: float | None, language: Language) -> str:
    return language.percent(None if value is None else value - 1, signed=True)


def _index(entry: Entry) -> list[float | None]:
    """Give sales as multiples of their mean over the twelve periods before; empty without them."""
    course = entry.course("net_sales", _YEAR + 1)
    past = [value for value in course[:-1] if value is not None]
    usual = sum(past) / len(past) if past else 0.0
    if usual <= 0 or course[-1] is None:
        return []
    return [None if value is None else value / usual for value in course]


def _common(regions: Sequence[Entry], language: Language) -> Html | None:
    """List the problems that more than one region has, the widest spread first."""
    found: dict[str, dict[str, float]] = {}
    for entry in regions:
        for each in entry.content["findings"]:
            if each["severity"] in ("bad", "warn"):
                of_rule = found.setdefault(each["rule"], {})
                of_rule[entry.region] = of_rule.get(entry.region, 0.0) + (each["impact"] or 0.0)
    rows = [
        {
            "title": language.label(f"findings.{rule}.title", rule),
            "count": len(impacts),
            "impact": sum(impacts.values()) or None,
            "regions": language.list(impacts),
        }
        for rule, impacts in found.items()
        if len(impacts) > 1
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (-row["count"], row["impact"] or 0.0, row["title"]))
    columns = [
        Col("title", language("report.finding")),
        Col("count", language("running.column.region_count"), "count"),
        Col("impact", language("running.column.impact"), "money"),
        Col("regions", language("running.column.region"), wide_only=True),
    ]
    frame = pd.DataFrame(rows, dtype=object)
    return table(frame, columns, language, language("running.common")).html()
