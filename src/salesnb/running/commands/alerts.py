"""`salesnb alerts`: the rules of control charts that fired, from the data, without any notebook."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from salesnb.errors import SalesnbError
from salesnb.language import Language
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.report.review import Review, open_report
from salesnb.report.sections.parts import name_of, shown_unit
from salesnb.report.sections.problems import WATCHED, watched
from salesnb.running.asked import problems_of
from salesnb.running.batch import every_region
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import desk_of, project_language
from salesnb.running.notebooks import find_notebook

_NOTEBOOK = "monthly_review"
"""The report whose watched figures these are."""


def alerts(words: Namespace) -> Answer:
    """Give one line for each figure whose month sets off a rule, of each region and the company.

    The code is 1 when a figure left its range to the bad side, or a region could not be looked at.
    """
    desk = desk_of(words)
    cell = {"period": words.period, "data": desk.data}
    # A word typed wrong is told before any region is read.
    regions = words.region or every_region(desk, find_notebook(_NOTEBOOK, desk.project))
    for region in regions:
        desk.ask(_NOTEBOOK, region, words.period)
    fired: list[dict[str, Any]] = []
    troubles: list[str] = []
    looked = 0
    for region in regions:
        try:
            review = open_report(_NOTEBOOK, **cell, region=region)
            charts = watched(review, WATCHED)
        except SalesnbError as error:
            troubles += [f"{region}: {problem}" for problem in problems_of(error)]
            continue
        looked += len(charts)
        fired += _fired(review, charts)
    language = Language.load(project_language())
    quiet = language(
        "alerts.none" if looked else "alerts.too_short", regions=len(regions), charts=looked
    )
    lines = [each["text"] for each in fired] + troubles
    data = {"alerts": fired, "problems": troubles, "charts": looked}
    bad = any(each["bad"] for each in fired) or bool(troubles)
    return Answer(lines or [quiet], data, 1 if bad else 0)


def _fired(review: Review, charts: Any) -> Iterator[dict[str, Any]]:
    """Give each chart whose last month sets off a rule."""
    language = review.language
    region = language("report.company") if review.region == ALL else review.region
    for metric, (_, limits) in charts.items():
        last = limits.points.iloc[-1]
        if not last["rule"]:
            continue
        value, centre = float(last["value"]), float(last["centre"])
        unit, better = shown_unit(metric), METRICS[metric].better
        said = language(
            "report.signal_high" if value > centre else "report.signal_low",
            name=name_of(review, metric),
            value=language.show(value, unit),
            mean=language.show(centre, unit),
        )
        rule = language(f"alerts.rule.{last['rule']}")
        yield {
            "region": review.region,
            "period": str(review.period),
            "metric": metric,
            "rule": str(last["rule"]),
            "value": value,
            "centre": centre,
            "lower": float(last["lower"]),
            "upper": float(last["upper"]),
            "bad": better != "none" and (better == "up") != (value > centre),
            "text": language("alerts.line", region=region, said=said, rule=rule),
        }
