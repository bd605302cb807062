"""`outputs/index.html`: every report of a folder on one offline page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from salesnb.language import Language
from salesnb.period import Period
from salesnb.report.html import Html, join, tag
from salesnb.report.page import Page
from salesnb.report.stamp import Brand, Stamp
from salesnb.running.facts import read_reports
from salesnb.running.files import write_whole
from salesnb.running.ledger import Key, Ledger, read_lines
from salesnb.running.portal import NAME
from salesnb.running.portal.checks import add_up, failures
from salesnb.running.portal.entry import Entry, newest_first
from salesnb.running.portal.last_run import last_run
from salesnb.running.portal.overview import overview
from salesnb.running.portal.reports import of_notebook, of_period
from salesnb.running.rollup import NAME as SUMS
from salesnb.running.rollup import Sum, roll_up, write_sums

_STYLE = """
.multi{list-style:none;margin:0;padding:0;display:grid;
grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:14px 22px}
.multi li{min-width:0;break-inside:avoid}
.multi .k{display:flex;justify-content:space-between;gap:8px;font-size:13px}
.multi .k span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.multi .k b{font-weight:600;font-variant-numeric:tabular-nums}
.multi svg{display:block;width:100%;height:46px;overflow:visible}
.multi path{fill:none;stroke:var(--actual);stroke-width:1.6;vector-effect:non-scaling-stroke}
.multi .g{stroke:var(--ghost);stroke-width:1.2}
table small{font-size:12px;margin:0}
td a{white-space:nowrap}
"""


def write_portal(outputs: Path, language: Language) -> Path:
    """Write the portal of a folder of reports and what its roll-up came to; give its path.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    path = outputs / NAME
    page, sums = _page_and_sums(outputs, language)
    write_sums(outputs / SUMS, sums)
    write_whole(path, page)
    return path


def portal_page(outputs: Path, language: Language) -> str:
    """Give the page that lists a folder's reports: the newest period first."""
    return _page_and_sums(outputs, language)[0]


def _page_and_sums(outputs: Path, language: Language) -> tuple[str, list[Sum]]:
    """Give the page and the roll-up, from one look at each report."""
    latest = Ledger.open(outputs).latest
    entries: list[Entry] = []

    def listed() -> Iterator[Mapping[str, Any]]:
        for content in read_reports(outputs):
            entries.append(Entry.read(content, outputs, _failed(content, latest)))
            yield content

    sums = roll_up(listed())
    contents = [entry.content for entry in entries]
    currency = next((content["currency"] for content in contents if content.get("currency")), "")
    language = Language.load(language.code, currency or language.currency)
    sections = [
        ("run", language("running.last_run"), last_run(read_lines(outputs), language)),
        ("failures", language("running.failures"), failures(latest.values(), entries, language)),
        ("rollup", language("running.rollup"), add_up(sums, language)),
    ]
    if entries:
        newest, reports, earlier = _by_period(entries, language)
        sections = [newest, *sections[:2], reports, sections[2], earlier]
    shown = [(name, title, part) for name, title, part in sections if part]
    body = join(join([tag("h2", title, id=name), part]) for name, title, part in shown)
    brand = next((content["brand"] for content in reversed(contents) if content.get("brand")), {})
    stamp = Stamp(title=language("running.portal"), language=language.code, brand=Brand.read(brand))
    page = Page(
        stamp,
        language,
        body or tag("p", language("running.none")),
        [(name, title) for name, title, _ in shown],
        style=_STYLE,
        fonts="none",
    )
    return page.html(), sums


_Section = tuple[str, str, Html | None]


def _failed(content: Mapping[str, Any], latest: Mapping[Key, Mapping[str, Any]]) -> bool:
    """Whether the last try to make a report failed, by the ledger or else by its own facts."""
    tried = latest.get((content["notebook"], content["region"], content["period"]), content)
    return tried["status"] == "failed"


def _by_period(entries: Sequence[Entry], language: Language) -> tuple[_Section, ...]:
    """Give the newest period at a glance, its reports, and those of earlier periods."""
    periods = sorted({entry.period for entry in entries}, key=newest_first, reverse=True)
    of = {period: [entry for entry in entries if entry.period == period] for period in periods}
    newest = of[periods[0]]
    last = of.get(str(Period.parse(periods[0]).previous), [])
    before = {(entry.notebook, entry.region): entry for entry in last}
    lists = join(
        of_notebook([entry for entry in newest if entry.notebook == name], before, language)
        for name in sorted({entry.notebook for entry in newest})
    )
    older = join(
        tag(
            "details",
            tag("summary", language.period(period)),
            of_period(of[period], language),
            open=place == 0,
        )
        for place, period in enumerate(periods[1:])
    )
    return (
        ("now", language.period(periods[0]), overview(newest, before, language)),
        ("reports", language("running.reports"), lists),
        ("earlier", language("running.earlier"), older or None),
    )
