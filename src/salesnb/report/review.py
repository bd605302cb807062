"""The report in progress: what a notebook opens, asks, shows and publishes."""

from __future__ import annotations

import functools
import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Concatenate, ParamSpec

from salesnb.data.contract import COMPANY, UNMAPPED
from salesnb.data.store import Store, open_store
from salesnb.errors import ParameterError, Problem
from salesnb.findings.finding import Finding, ranked
from salesnb.findings.hypotheses import Case, Checked, check_cases, read_cases
from salesnb.findings.lens import Lens
from salesnb.findings.people import responsible
from salesnb.findings.playbook import Action, Play, plan_actions, read_plays
from salesnb.findings.remarks import read_remarks
from salesnb.findings.rules import RULES
from salesnb.language import Language
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.registry import METRICS
from salesnb.metrics.settings import Settings
from salesnb.parameters import (
    ALL,
    Parameters,
    check_region,
    last_full_period,
    read_entries,
    resolve,
)
from salesnb.period import Calendar, Kind, Period, Window
from salesnb.report.blocks import Block, Group, failed, group, missing
from salesnb.report.code import code_fingerprint
from salesnb.report.facts import MIME, SCHEMA, Earlier, others_before, read_earlier
from salesnb.report.html import Html
from salesnb.report.stamp import brand_of
from salesnb.sample.ensure import ensure_sample

Asked = ParamSpec("Asked")

PLAYBOOK = "playbook.yaml"

KINDS: dict[str, Kind] = {
    "monthly_review": "month",
    "goal_decomposition": "year",
    "diagnosis": "month",
    "annual_summary": "year",
}


@dataclass
class Review:
    """One report of one region and period, from its parameters to its facts.

    Attributes
    ----------
    parameters
        What was asked.
    asked
        The period that was asked for, under which the report is kept.
    lens
        Answers questions to the region's data and keeps the answers as facts.
    language
        The reader's.
    plays, cases
        The playbook: what answers a finding, and what may lie behind it.
    remarks
        What people wrote for this region and period: kind → sentences.
    earlier
        The facts of the same report one period before.
    sections
        What became of each section so far: id → status and what it lacked.
    failures
        Tracebacks of rules that failed; they stay in the executed notebook.
    """

    parameters: Parameters
    asked: Period
    store: Store
    lens: Lens
    language: Language
    plays: Sequence[Play]
    cases: Sequence[Case]
    remarks: dict[str, tuple[str, ...]]
    earlier: Earlier
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def region(self) -> str:
        """The region's name, or `all`."""
        return self.parameters.region

    @property
    def whole_company(self) -> bool:
        """Whether the report is about the company as a whole."""
        return self.region == ALL

    @property
    def region_name(self) -> str:
        """The region as readers call it."""
        return self.language("report.company") if self.whole_company else self.region

    @property
    def period(self) -> Period:
        """The period the report is about: the one asked for, or the year that holds it."""
        return self.lens.period

    @property
    def as_of(self) -> date:
        """The last day whose data count."""
        return self.lens.as_of

    @property
    def calendar(self) -> Calendar:
        """How the company counts time."""
        return self.lens.dataset.calendar

    @property
    def settings(self) -> Settings:
        """The definitions and thresholds in force."""
        return self.lens.dataset.settings

    @functools.cached_property
    def findings(self) -> list[Finding]:
        """What the rules found, gravest first."""
        return self.ask_rules(self.lens)

    def ask_rules(self, lens: Lens) -> list[Finding]:
        """Ask every rule of some data; one that fails costs the report only itself."""
        found: list[Finding] = []
        for each in RULES.values():
            try:
                found += each.ask(lens)
            # As with sections: whatever went wrong in one rule, the others still speak.
            except Exception:
                self.sections[f"rule_{each.id}"] = {"status": "failed", "needs": []}
                self.failures.append(traceback.format_exc())
        return ranked(found)

    @functools.cached_property
    def checked(self) -> list[Checked]:
        """The hypotheses about what was found, held to the data."""
        return check_cases(self.lens, self.findings, self.cases)

    @functools.cached_property
    def actions(self) -> list[Action]:
        """What the playbook answers to the findings."""
        people = responsible(self.lens)
        return plan_actions(
            self.findings, self.plays, people, self.as_of, self.calendar, self.language
        )

    @functools.cached_property
    def others(self) -> dict[tuple[str, Period], Earlier]:
        """The facts other reports left before this one; empty ones were not made by then.

        A report that knew as much as this one is not before it: the two may be made side by side.
        """
        outputs, day = self.parameters.outputs, self.as_of.isoformat()
        found = {}
        names = others_before(self.parameters.notebook, self.asked, self.calendar)
        for name, period in names:
            read = read_earlier(outputs, name, self.region, period)
            found[name, period] = read if read.as_of < day else Earlier(period)
        return found

    @property
    def status(self) -> str:
        """`ok`, or `partial` when a section lacked data or failed."""
        states = {section["status"] for section in self.sections.values()}
        return "ok" if states <= {"ok"} else "partial"

    def title(self) -> str:
        """Name the report, its region and its period."""
        notebook = self.parameters.notebook
        return self.language(
            "report.title",
            name=self.language.label(f"report.name.{notebook}", notebook),
            region=self.region_name,
            period=self.period,
        )

    def _keep_outside(self) -> None:
        """Keep what of the company's sums belongs to no region, so that the regions add up."""
        for fact in list(self.lens.facts) if self.whole_company else []:
            metric = METRICS.get(fact["metric"])
            if not metric or not metric.additive or "region" not in metric.dims or fact["scope"]:
                continue
            parts = self.store.parts.get(next(iter(metric.needs), ""), ())
            if any(part.region in (COMPANY, UNMAPPED) for part in parts):
                self.lens.measure(metric.id, ["region"], Period.parse(fact["period"]))

    def content(self) -> dict[str, Any]:
        """Give the facts file's content (`spec` section facts): numbers unrounded."""
        self._keep_outside()
        findings = [
            {
                "rule": found.rule,
                "severity": found.severity,
                "scope": dict(found.scope),
                "impact": found.impact,
                "text": found.text(self.language),
                "verdict": found.verdict,
            }
            for found in self.findings
        ]
        return {
            "schema": SCHEMA,
            "notebook": self.parameters.notebook,
            "region": self.region,
            "period": str(self.asked),
            "about": str(self.period),
            "as_of": self.as_of.isoformat(),
            "language": self.language.code,
            "currency": self.language.currency,
            "tax_basis": self.store.company.tax_basis,
            "target_version": self._target_version(),
            "brand": asdict(brand_of(self.parameters)),
            "title": self.title(),
            "status": self.status,
            "parameters": self.parameters.stamp(),
            "fingerprint": {
                "data": self.store.fingerprint(self.region),
                "code": code_fingerprint(),
            },
            "facts": self.lens.facts,
            "findings": findings,
            "actions": [action.to_json() for action in self.actions],
            "sections": [{"id": name} | self.sections[name] for name in self.sections],
        }

    def _target_version(self) -> str:
        """Name the version of the targets that hold, "" where there are none."""
        if not self.lens.has("targets", "version"):
            return ""
        versions = self.lens.dataset.frame("targets")["version"].dropna()
        chosen = self.settings.target_version
        return str(chosen or int(versions.max())) if len(versions) else ""

    def publish(self) -> Published:
        """Leave the facts in the notebook as a hidden output."""
        return Published(self.content(), tuple(self.failures))


@dataclass(frozen=True, repr=False)
class Published:
    """The facts of a report, on their way out of the notebook."""

    content: dict[str, Any]
    failures: tuple[str, ...] = ()

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        trace = {"text/plain": "\n".join(self.failures)} if self.failures else {}
        # As one text: programs that handle notebooks copy and check objects value by value.
        return {MIME: json.dumps(self.content, ensure_ascii=False)} | trace


@dataclass(frozen=True, repr=False)
class FailedSection(Block):
    """A plain box for the reader; the traceback stays in the executed notebook."""

    box: Block
    trace: str

    def html(self) -> Html:
        """Give the box."""
        return self.box.html()

    def text(self) -> str:
        """Give the traceback."""
        return self.trace


def section(
    name: str, *needs: str
) -> Callable[
    [Callable[Concatenate[Review, Asked], Block | None]],
    Callable[Concatenate[Review, Asked], Group],
]:
    """Make a function that shows a section, and that nothing in the data can break.

    A section whose table or column is missing becomes one line that names it; one that fails
    becomes a plain box, with the traceback in the executed notebook only.

    Parameters
    ----------
    name
        The section's id; `report.section.<name>` says what it shows.
    needs
        Tables, as `leads`, and columns, as `orders.cost`, without which it has nothing to show.
    """

    def wrap(
        build: Callable[Concatenate[Review, Asked], Block | None],
    ) -> Callable[Concatenate[Review, Asked], Group]:
        @functools.wraps(build)
        def show(review: Review, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Group:
            shows = review.language(f"report.section.{name}")
            lacking = [need for need in needs if not review.lens.has(*need.split("."))]
            if lacking:
                review.sections[name] = {"status": "missing_data", "needs": lacking}
                return group(missing(review.language, lacking, shows), anchor=name)
            try:
                block = build(review, *args, **kwargs)
            # One section must not cost the reader the others, whatever went wrong in it.
            except Exception:
                review.sections[name] = {"status": "failed", "needs": []}
                box = failed(review.language, shows)
                return group(FailedSection(box, traceback.format_exc()), anchor=name)
            review.sections[name] = {"status": "ok", "needs": []}
            return group(block, anchor=name)

        return show

    return wrap


def open_report(notebook: str, **cell: object) -> Review:
    """Open a report: read its parameters, open its data, check that both fit.

    Parameters
    ----------
    notebook
        The notebook's name, such as `monthly_review`.
    cell
        The values of the notebook's parameters cell.

    Raises
    ------
    ParameterError
        With every parameter that is wrong, and for a region or period the data do not have.
    SourceError
        If there is no data folder to read.
    """
    parameters = resolve(notebook, cell, asdict(Settings()))
    store = open_store(ensure_sample(parameters.data, parameters.project / "data"))
    check_region(parameters.region, store.regions)
    calendar = company_calendar(parameters, store)
    settings = settings_of(parameters)
    book = _playbook(parameters)
    asked, as_of = period_and_day(parameters, store, calendar)
    # A year's report asked for a month is about the year, as known at that month's end.
    yearly = KINDS.get(notebook) == "year"
    period = calendar.enclosing(asked, "year") if yearly else asked
    dataset = Dataset(store, parameters.region, calendar, settings, as_of)
    return Review(
        parameters=parameters,
        asked=asked,
        store=store,
        lens=Lens(dataset, period, as_of),
        language=Language.load(parameters.language, store.company.currency),
        plays=read_plays(book.get("actions", []), PLAYBOOK),
        cases=read_cases(book.get("symptoms", []), PLAYBOOK),
        remarks=read_remarks(parameters.folder, parameters.region, str(period)),
        earlier=read_earlier(parameters.outputs, notebook, parameters.region, asked.previous),
    )


def settings_of(parameters: Parameters) -> Settings:
    """Give the definitions and thresholds that the parameters come to."""
    said = parameters.settings
    return Settings.from_mapping({name: said[name] for name in Settings.names() if name in said})


def company_calendar(parameters: Parameters, store: Store) -> Calendar:
    """Give the company's calendar: the parameters' choices over what the data say."""
    said = parameters.settings
    overrides: dict[date, bool] = {}
    if store.has("calendar", "date", "is_workday"):
        days = store.read("calendar", columns=["date", "is_workday"]).dropna()
        overrides = {
            day.date(): bool(works)
            for day, works in zip(days["date"], days["is_workday"], strict=True)
        }
    return Calendar(
        fiscal_start=int(said.get("fiscal_start", 1)),  # type: ignore[arg-type]
        fiscal_named="end" if said.get("fiscal_named") == "end" else "start",
        close_day=int(said.get("close_day", 0)),  # type: ignore[arg-type]
        week_start=int(said.get("week_start", 0)),  # type: ignore[arg-type]
        country=str(said.get("country") or store.company.country),
        overrides=overrides,
    )


def period_and_day(parameters: Parameters, store: Store, calendar: Calendar) -> tuple[Period, date]:
    """Give the period asked for, and the last day of it whose data count.

    Raises
    ------
    ParameterError
        If the company has no orders in the period's time, or the period is of another kind than
        the notebook's.
    """
    first, last = (date.fromisoformat(day) for day in store.dates("orders"))
    kind = KINDS.get(parameters.notebook, "month")
    # Orders may come in for days that are not complete yet, as at the end of an export.
    complete = date.fromisoformat(store.company.complete_until or str(last))
    period = parameters.period or last_full_period(min(last, complete), kind, calendar)
    problems = []
    window = calendar.window(period)
    if window.end < first or window.start > last:
        fix = f"The orders run from {first} to {last}."
        problems.append(Problem("`period` has no data", got=str(period), fix=fix))
    known = min(parameters.as_of or complete, last)
    if known < window.start and not problems:
        problems.append(Problem("`as_of` is before the period", got=str(known)))
    if problems:
        raise ParameterError(problems)
    # A period of which no working day is left is over, though its last days had no orders.
    rest = Window(date.fromordinal(known.toordinal() + 1), window.end)
    over = known >= window.end or (parameters.as_of is None and not calendar.workdays(rest))
    return period, window.end if over else known


def _playbook(parameters: Parameters) -> dict[str, Any]:
    path = parameters.folder / PLAYBOOK
    if not path.is_file():
        return {}
    return {name: entry.value for name, entry in read_entries(path, parameters.project).items()}
