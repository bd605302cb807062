"""`salesnb check`: data, plans and notebooks, all problems at once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from salesnb.data.check import check_data
from salesnb.data.store import MANIFEST, open_store
from salesnb.errors import ParameterError, Problem, SalesnbError, suggest
from salesnb.language import Language
from salesnb.metrics.registry import METRICS
from salesnb.metrics.settings import Settings
from salesnb.parameters import ALL, file_name, project_folder, read_entries, resolve
from salesnb.plan.check import check_plan, check_text
from salesnb.plan.data_facts import plan_facts
from salesnb.report.review import company_calendar
from salesnb.running.asked import Desk
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import (
    named_data,
    project_language,
    project_parameters,
    project_settings,
    shown,
)
from salesnb.running.notebooks import notebook_folders
from salesnb.running.rules import check_notebook


@dataclass(frozen=True)
class Checked:
    """What checking one thing found."""

    name: str
    lines: Sequence[str]
    data: Any
    ok: bool


def check(words: Namespace) -> Answer:
    """Check what was named; when nothing was, everything of this project."""
    language = Language.load(words.language or project_language())
    found = [_check_one(Path(what), words, language) for what in words.what]
    if not words.what:
        found = _check_project(words, language)
    lines = [line for each in found for line in (f"{each.name}:", *_indented(each))]
    # One thing is answered as itself, several each under its name.
    data = found[0].data if len(words.what) == 1 else {each.name: each.data for each in found}
    return Answer(lines, data, 0 if all(each.ok for each in found) else 1)


def _check_one(path: Path, words: Namespace, language: Language) -> Checked:
    if path.suffix == ".ipynb":
        return _problems(shown(path), check_notebook(path))
    if path.suffix in (".yaml", ".yml"):
        return _check_plan(path, words, language)
    if not path.exists():
        fix = "Name a data folder, a plan's YAML file or a notebook."
        raise ParameterError(Problem(f"there is no {path}", fix=fix))
    return _check_data(path, language)


def _check_project(words: Namespace, language: Language) -> list[Checked]:
    project = project_folder()
    found = [_check_parameters(project)]
    data = project / (named_data(words.data, project) or "data")
    if (data / MANIFEST).is_file():
        found.append(_check_data(data, language))
    for folder in notebook_folders(project)[:1]:
        for path in sorted(folder.glob("*.ipynb")):
            found.append(_problems(shown(path), check_notebook(path)))
    for path in sorted((project / "parameters").glob("plan*.yaml")):
        found.append(_check_plan(path, words, language))
    return found


def _check_parameters(project: Path) -> Checked:
    """Check what all files of parameters say: for the company, and for each region's file."""
    problems: dict[str, Problem] = {}
    parameters = None
    try:
        parameters = project_parameters(project)
    except SalesnbError as error:
        problems |= {str(problem): problem for problem in error.problems}
    regions = None
    if parameters is not None and (parameters.data / MANIFEST).is_file():
        regions = [*Desk(project, parameters.outputs).store(parameters.data).regions, ALL]
    for path in sorted((project / "parameters" / "regions").glob("*.yaml")):
        problems |= {str(problem): problem for problem in _region_problems(path, project, regions)}
    return _problems("parameters", list(problems.values()))


def _region_problems(path: Path, project: Path, regions: Sequence[str] | None) -> Sequence[Problem]:
    try:
        entries = read_entries(path, project)
    except SalesnbError as error:
        return error.problems
    said = entries.get("region")
    # A region's name, where it is not its file's own, can only be read in the file.
    region = said.value if said and isinstance(said.value, str) else path.stem
    if file_name(region) != path.stem:
        fix = f"Name it {file_name(region)}.yaml."
        return [Problem(f"the file of {region} has another name", path.name, fix=fix)]
    try:
        resolve("", {"region": region}, asdict(Settings()), project)
    except SalesnbError as error:
        return error.problems
    if regions is not None and region not in regions:
        fix = suggest(region, regions)
        return [Problem(f"{region} is not in the data", path.name, fix=fix)]
    return []


def _check_data(path: Path, language: Language) -> Checked:
    report = check_data(path, tuple(METRICS))
    return Checked(shown(path), report.text(language).splitlines(), report.to_json(), report.ok)


def _check_plan(path: Path, words: Namespace, language: Language) -> Checked:
    """Hold a plan against itself and, where `--data` names tables, against them."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fix = "Name a plan's YAML file, saved as UTF-8."
        raise ParameterError(Problem(f"{shown(path)} cannot be read", fix=fix)) from error
    store = open_store(Path(words.data)) if words.data else None
    calendar = company_calendar(project_parameters(), store) if store else None
    report = check_text(text, path.name, calendar=calendar)
    if store and report.plan is not None:
        report = check_plan(report.plan, plan_facts(report.plan, store, project_settings()))
    lines = report.text(language).splitlines()
    return Checked(shown(path), lines, report.to_json(), report.exit_code == 0)


def _problems(name: str, problems: Sequence[Problem]) -> Checked:
    lines = [str(problem) for problem in problems] or ["no problem"]
    return Checked(name, lines, [str(problem) for problem in problems], not problems)


def _indented(checked: Checked) -> list[str]:
    return [f"  {line}" for line in checked.lines]
