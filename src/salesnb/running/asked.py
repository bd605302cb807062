"""From words typed to a job: what was asked, checked before any kernel starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from salesnb.data.store import Store, open_store
from salesnb.errors import ParameterError, Problem, SalesnbError, suggest
from salesnb.metrics.ahead import as_request
from salesnb.metrics.settings import Settings
from salesnb.parameters import (
    CALENDAR,
    OUTPUTS,
    PROJECT,
    Parameters,
    check_region,
    file_name,
    read_entries,
    resolve,
)
from salesnb.period import Calendar, Period
from salesnb.report.facts import others_before
from salesnb.report.review import company_calendar, period_and_day, settings_of
from salesnb.report.stamp import brand_of
from salesnb.running.notebooks import Notebook, find_notebook
from salesnb.sample.ensure import ensure_sample


@dataclass(frozen=True)
class Job:
    """One report to make.

    Attributes
    ----------
    notebook
        The notebook to run.
    said
        Names and values put into it; what is not named stands as its cell has it.
    parameters
        What all files and `said` come to.
    period, as_of
        The report's period, and its last day whose data count.
    calendar
        How the company counts time.
    outputs
        The folder all reports go to.
    """

    notebook: Notebook
    said: Mapping[str, object]
    parameters: Parameters
    period: Period
    as_of: date
    calendar: Calendar
    outputs: Path

    @property
    def region(self) -> str:
        """The region's name, or `all`."""
        return self.parameters.region

    @property
    def name(self) -> str:
        """What the job is called in lists and in the ledger."""
        return f"{self.notebook.name} {self.region} {self.period}"

    def file(self, ending: str) -> Path:
        """Give the path of one of the report's files: `.html`, `.ipynb`, `.json`."""
        folder = self.outputs / str(self.period) / file_name(self.notebook.name)
        return folder / f"{file_name(self.region)}{ending}"

    @property
    def reads(self) -> set[tuple[str, Period]]:
        """Notebook and period of the reports of its region that it looks back on."""
        name = self.notebook.name
        return {
            (name, self.period.previous),
            *others_before(name, self.period, self.calendar),
        }

    def data(self, store: Store) -> bytes:
        """Give what stands for the data its report sees (`salesnb.metrics.ahead`)."""
        settings = settings_of(self.parameters)
        return as_request(store, self.region, self.calendar, settings, self.as_of)

    def environment(self) -> dict[str, str]:
        """Give what a kernel must know beside its parameters."""
        return {PROJECT: str(self.parameters.project), OUTPUTS: str(self.outputs)}


@dataclass
class Desk:
    """Takes requests for reports of one project; opens each data folder once.

    Attributes
    ----------
    project
        The project's folder.
    outputs
        Where reports go.
    data
        The data folder to use whatever the parameters say; "" for what they say.
    address
        Where reports go beside `outputs`, as `s3://bucket/reports`; "" for nowhere.
    """

    project: Path
    outputs: Path
    data: str = ""
    address: str = ""
    _stores: dict[Path, Store] = field(default_factory=dict)
    _calendars: dict[tuple[object, ...], Calendar] = field(default_factory=dict)

    @cached_property
    def usual(self) -> dict[str, object]:
        """Every setting there is, with its default."""
        return asdict(Settings())

    def store(self, folder: Path) -> Store:
        """Open a data folder; where there is none, the sample company is made there."""
        if folder not in self._stores:
            self._stores[folder] = open_store(ensure_sample(folder, self.project / "data"))
        return self._stores[folder]

    def ask(
        self,
        notebook: Notebook | str,
        region: str = "",
        period: str = "",
        typed: Sequence[tuple[str, str]] = (),
        files: Sequence[Path] = (),
    ) -> Job:
        """Check a request and give the job it comes to.

        Parameters
        ----------
        notebook
            A notebook, its name or its path.
        region, period
            As in the notebook's cell; "" for what the files say.
        typed
            Names with values as typed after `-p`; they win over `files`.
        files
            YAML files of parameters, a later one winning.

        Raises
        ------
        ParameterError
            With every problem found: unknown names, wrong types, values out of range, a region
            or period that the data do not have.
        SourceError
            If the data cannot be read.
        """
        opened = find_notebook(notebook, self.project) if isinstance(notebook, str) else notebook
        problems: list[Problem] = []
        said = self._said(opened, typed, files, problems)
        said |= {name: text for name, text in (("region", region), ("period", period)) if text}
        if self.data:
            said["data"] = self.data
        if problems:
            raise ParameterError(problems)
        defaults = {name: declared.default for name, declared in opened.declared.items()}
        parameters = resolve(opened.name, defaults | said, self.usual, self.project)
        Settings.from_mapping({name: parameters.settings[name] for name in Settings.names()})
        brand_of(parameters)
        store = self.store(parameters.data)
        check_region(parameters.region, store.regions)
        calendar = self._calendar(parameters, store)
        found, as_of = period_and_day(parameters, store, calendar)
        said = {"region": parameters.region, "period": str(found)} | said
        unknown = [name for name in said if name not in opened.declared]
        if unknown:
            raise ParameterError(
                [Problem(f"`{name}` is not in the parameters cell") for name in unknown],
                where=opened.path.name,
            )
        return Job(opened, said, parameters, found, as_of, calendar, self.outputs)

    def region_said(
        self, notebook: Notebook, typed: Sequence[tuple[str, str]], files: Sequence[Path]
    ) -> list[str]:
        """Give the region that the command line or its files name, nothing when none."""
        region = self._said(notebook, typed, files, []).get("region")
        return [str(region)] if region else []

    def _calendar(self, parameters: Parameters, store: Store) -> Calendar:
        """Give the company's calendar; the jobs of a batch share one."""
        key = (parameters.data, *(parameters.settings[name] for name in CALENDAR))
        if key not in self._calendars:
            self._calendars[key] = company_calendar(parameters, store)
        return self._calendars[key]

    def _said(
        self,
        notebook: Notebook,
        typed: Sequence[tuple[str, str]],
        files: Sequence[Path],
        problems: list[Problem],
    ) -> dict[str, object]:
        """Give what the files and the command line say, each value of its declared type."""
        said: dict[str, object] = {}
        for path in files:
            try:
                said |= self._from_file(notebook, path, problems)
            except ParameterError as error:
                problems += error.problems
        for name, text in typed:
            if name not in notebook.declared:
                problems.append(self._unknown(notebook, name, "-p"))
                continue
            try:
                said[name] = notebook.declared[name].read(text)
            except ParameterError as error:
                problems += [Problem(p.what, "-p", p.got, p.fix) for p in error.problems]
        return said

    def _from_file(
        self, notebook: Notebook, path: Path, problems: list[Problem]
    ) -> dict[str, object]:
        said: dict[str, object] = {}
        # The files of the parameters folder are read by the notebook itself, settings included.
        own = path.resolve().is_relative_to((self.project / "parameters").resolve())
        for name, entry in read_entries(path, self.project).items():
            if name in notebook.declared:
                try:
                    notebook.declared[name].check(entry.value, entry.where, entry.written)
                    said[name] = entry.value
                except ParameterError as error:
                    problems += error.problems
            elif not (own and name in self.usual):
                problems.append(self._unknown(notebook, name, entry.where))
        return said

    def _unknown(self, notebook: Notebook, name: str, where: str) -> Problem:
        if name in self.usual:
            fix = (
                "It is a setting: write it in parameters/common.yaml, in "
                f"parameters/{notebook.name}.yaml or in the region's file."
            )
            return Problem(f"`{name}` is no parameter of {notebook.name}", where, fix=fix)
        fix = suggest(name, list(notebook.declared))
        return Problem(f"`{name}` is unknown to {notebook.name}", where, fix=fix)


def problems_of(error: SalesnbError) -> list[str]:
    """List the problems an error carries, each as one line."""
    place = f"{error.where}: " if error.where else ""
    return [f"{place}{problem}" for problem in error.problems]
