"""`outputs/index.html`: every report of a folder on one offline page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from salesnb.language import Language
from salesnb.parameters import ALL, file_name
from salesnb.period import Period
from salesnb.report.html import Html, join, tag
from salesnb.report.page import Page
from salesnb.report.stamp import Stamp
from salesnb.running.facts import read_reports
from salesnb.running.files import write_whole
from salesnb.running.ledger import Ledger
from salesnb.running.outcome import FAILED
from salesnb.running.rollup import Sum, roll_up

NAME = "index.html"

_HEADLINES = (("net_sales", "money"), ("attainment", "percent"), ("growth_yoy", "percent_signed"))
_NUMBERS = {*(metric for metric, _ in _HEADLINES), "company", "regions", "difference"}
_STYLE = """
.portal td,.portal th{text-align:left}.portal .n{text-align:right}
.portal .n,.portal a{white-space:nowrap}
.portal td.failed{font-weight:600}
"""


def write_portal(outputs: Path, language: Language) -> Path:
    """Write the portal of a folder of reports, and give its path.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    path = outputs / NAME
    write_whole(path, portal_page(outputs, language))
    return path


def portal_page(outputs: Path, language: Language) -> str:
    """Give the page that lists a folder's reports: by period, by notebook, by region."""
    reports = read_reports(outputs)
    latest = Ledger.open(outputs).latest
    periods = sorted({report["period"] for report in reports}, key=_order, reverse=True)
    body: list[Html] = []
    contents: list[tuple[str, str]] = []
    for number, period in enumerate(periods):
        name = language.period(period)
        contents.append((f"p{number}", name))
        body.append(tag("h2", name, id=f"p{number}"))
        of_period = [report for report in reports if report["period"] == period]
        for notebook in dict.fromkeys(report["notebook"] for report in of_period):
            body.append(tag("h3", language.label(f"report.name.{notebook}", notebook)))
            listed = [report for report in of_period if report["notebook"] == notebook]
            body.append(_reports(listed, latest, outputs, language))
    failures = [line for line in latest.values() if line["status"] == "failed"]
    if failures:
        contents.append(("failures", language("running.failures")))
        body += [tag("h2", language("running.failures"), id="failures")]
        body.append(_failures(failures, language))
    sums = roll_up(reports)
    if sums:
        contents.append(("rollup", language("running.rollup")))
        body += [tag("h2", language("running.rollup"), id="rollup"), *_sums(sums, language)]
    if not reports:
        body.append(tag("p", language("running.none")))
    stamp = Stamp(title=language("running.portal"), language=language.code)
    return Page(stamp, language, join(body), contents, style=_STYLE, fonts="none").html()


def _reports(
    reports: Sequence[Mapping[str, Any]],
    latest: Mapping[tuple[str, str, str], Mapping[str, Any]],
    outputs: Path,
    language: Language,
) -> Html:
    names = ("region", "status", *(metric for metric, _ in _HEADLINES), "files")
    head = _head(language, *names)
    # The company first, then its regions by what they sold.
    ordered = sorted(
        reports, key=lambda each: (each["region"] != ALL, -(_headline(each, "net_sales") or 0))
    )
    rows = []
    for report in ordered:
        key = (report["notebook"], report["region"], report["period"])
        failed = latest.get(key, {}).get("status") == "failed"
        status = "failed" if failed or report["status"] == "failed" else report["status"]
        region = language("page.company") if report["region"] == ALL else report["region"]
        page = report["path"].with_suffix(".html")
        shown = _link(page, outputs, region) if page.is_file() else region
        rows.append(
            tag(
                "tr",
                tag("th", shown, scope="row"),
                tag("td", language(f"page.status.{status}"), class_=status),
                *(
                    tag("td", language.show(_headline(report, metric), kind), class_="n")
                    for metric, kind in _HEADLINES
                ),
                tag("td", _notebook(report, outputs, failed, language)),
            )
        )
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="portal")
    return tag("div", table, class_="scroll", tabindex="0")


def _notebook(report: Mapping[str, Any], outputs: Path, failed: bool, language: Language) -> Html:
    path = report["path"].with_suffix(".ipynb")
    of_failure = report["path"].with_name(f"{file_name(report['region'])}{FAILED}")
    shown = of_failure if failed and of_failure.is_file() else path
    return _link(shown, outputs, language("running.notebook")) if shown.is_file() else Html("")


def _headline(report: Mapping[str, Any], metric: str) -> float | None:
    for fact in report["facts"]:
        if fact["metric"] == metric and not fact["scope"] and fact["period"] == report["period"]:
            return fact["value"]
    return None


def _failures(lines: Iterable[Mapping[str, Any]], language: Language) -> Html:
    """List what was not made, one row for each cause, the commonest first."""
    by_cause: dict[tuple[str, str, str], list[str]] = {}
    for line in lines:
        said = line.get("cause") or {}
        cause = (said.get("kind", ""), said.get("text", ""), said.get("cell", ""))
        notebook = language.label(f"report.name.{line['notebook']}", line["notebook"])
        region = language("page.company") if line["region"] == ALL else line["region"]
        by_cause.setdefault(cause, []).append(f"{notebook} {region} {line['period']}")
    rows = []
    for (kind, text, cell), jobs in sorted(by_cause.items(), key=lambda item: -len(item[1])):
        why = language.label(f"running.cause.{kind}", kind)
        detail = f"{cell}: {text}" if cell else text
        rows.append(
            tag("tr", tag("td", tag("b", why), tag("br"), detail), tag("td", language.list(jobs)))
        )
    head = _head(language, "cause", "reports")
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="portal")


def _sums(sums: Sequence[Sum], language: Language) -> list[Html]:
    wrong = [each for each in sums if not each.adds_up]
    if not wrong:
        return [tag("p", language("running.adds_up", count=len(sums)))]
    head = _head(language, "reports", "metric", "scope", "company", "regions", "difference")
    rows = [
        tag(
            "tr",
            tag("td", language.label(f"report.name.{each.notebook}", each.notebook)),
            tag("td", language.label(f"metrics.{each.metric}.label", each.metric)),
            tag("td", f"{each.scope} {each.period}"),
            tag("td", language.number(each.company, 2), class_="n"),
            tag("td", language.number(each.company + each.difference, 2), class_="n"),
            tag("td", language.number(each.difference, 2, signed=True), class_="n"),
        )
        for each in wrong
    ]
    said = language("running.differs", count=len(wrong), all=len(sums))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="portal")
    return [tag("p", said), tag("div", table, class_="scroll", tabindex="0")]


def _head(language: Language, *names: str) -> Html:
    return tag(
        "tr",
        *(
            tag(
                "th",
                language(f"running.column.{name}"),
                scope="col",
                class_="n" if name in _NUMBERS else None,
            )
            for name in names
        ),
    )


def _link(path: Path, outputs: Path, words: str) -> Html:
    return tag("a", words, href=quote(path.relative_to(outputs).as_posix()))


def _order(period: str) -> tuple[int, str]:
    """Order periods of any kind by the year they are in, the longer one last in it."""
    read = Period.parse(period)
    return read.year, period
