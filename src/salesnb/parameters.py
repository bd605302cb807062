"""What was asked: read from YAML and from the notebook's cell, merged, checked.

Later wins: `parameters/common.yaml`, `parameters/<notebook>.yaml`,
`parameters/regions/<region>.yaml`, the notebook's cell. An empty value in the cell means "as the
files say", so JupyterLab, papermill and salesnb come to one result.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import yaml

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.language import CODES
from salesnb.period import Calendar, Kind, Period, Window

CELL = ("region", "period", "language", "data", "settings", "outputs", "as_of")
"""Names that every notebook's parameters cell holds, all text."""

CALENDAR: dict[str, object] = {
    "fiscal_start": 1,
    "fiscal_named": "start",
    "close_day": 0,
    "week_start": 0,
    "country": "",
}
"""Settings of the company's calendar, with their defaults."""

BRAND: dict[str, object] = {
    "brand_name": "",
    "brand_logo": "",
    "brand_accent": "",
    "palettes": (),
}
"""Whose reports they are and in which colours, with their defaults."""

ALL = "all"
"""The region that stands for the whole company."""

PROJECT = "SALESNB_PROJECT"
"""Environment variable that names the project folder to a kernel started elsewhere."""

OUTPUTS = "SALESNB_OUTPUTS"
"""Environment variable that names the folder of the reports, where it is not `outputs/`."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(10))}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_BOOL = re.compile(r"(?i:y|n|yes|no|on|off|true|false)")


@dataclass(frozen=True)
class Parameters:
    """What one report was asked to show, checked.

    `period` is None when nothing was said: the last full one in the data. `settings` holds every
    definition and threshold, `changed` names those unlike their default, `own` the notebook's own
    parameters. `outputs` is where earlier reports lie.
    """

    notebook: str
    region: str
    period: Period | None
    language: str
    as_of: date | None
    project: Path
    folder: Path
    data: Path
    outputs: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    own: Mapping[str, object] = field(default_factory=dict)

    def stamp(self) -> dict[str, object]:
        """Give what the report was made with as JSON values, however it was said.

        Names the region, the language, the data, settings unlike their defaults and the
        notebook's own parameters. Period and day are the report's to say. A folder in the project
        is written from there, any other by its own name, so that no path of this machine is told.
        """
        changed = {name: self.settings[name] for name in self.changed}
        return {
            "region": self.region,
            "language": self.language,
            "data": _shown(self.data, self.project),
            **({"settings": changed} if changed else {}),
            **self.own,
        }


@dataclass(frozen=True)
class Entry:
    """One value of a YAML file: what it became, what was written, and where."""

    value: object
    written: str
    where: str


# --- folders --------------------------------------------------------------------------------


def kit() -> Path:
    """Give the folder that holds the notebooks and parameters salesnb was delivered with."""
    delivered = Path(str(files("salesnb"))) / "_kit"
    return delivered if delivered.is_dir() else Path(__file__).resolve().parents[2]


def project_folder(start: Path | None = None) -> Path:
    """Give the nearest folder upward that holds `parameters/`; where there is none, `start`.

    Parameters
    ----------
    start
        Where to look first. By default the environment's SALESNB_PROJECT, then the working folder.
    """
    named = os.environ.get(PROJECT)
    if start is None and named:
        return Path(named)
    first = (start or Path.cwd()).resolve()
    return next((at for at in (first, *first.parents) if (at / "parameters").is_dir()), first)


def file_name(text: str) -> str:
    """Give a name for files that is safe on Windows and in mail, and still readable.

    A name that had to be changed carries six hexadecimal digits of the original, so that two
    texts never share a file.

    Examples
    --------
    >>> file_name("华东"), file_name("a/b")
    ('华东', 'a_b-c14cdd')
    """
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c in "-_ ()&+" else "_" for c in normal
    )
    kept = kept.strip(" _")[:48].strip(" _") or "unnamed"
    if kept.casefold() in _RESERVED:
        kept = f"{kept}_"
    if kept == text:
        return kept
    return f"{kept}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


# --- YAML -----------------------------------------------------------------------------------


def read_entries(path: Path, project: Path | None = None) -> dict[str, Entry]:
    """Read a YAML file of `name: value` lines.

    Raises
    ------
    ParameterError
        If it is not UTF-8, not YAML or not names and values; if a name stands twice or is not
        text (YAML reads `NO:` as false).
    """
    where = _shown(path, project)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParameterError(
            Problem("the file is not UTF-8", where, fix="Save it as UTF-8.")
        ) from error
    except OSError as error:
        raise ParameterError(
            Problem("the file cannot be read", where, error.strerror or "")
        ) from error
    return dict(_parsed(text, where))


@lru_cache(maxsize=64)
def _parsed(text: str, where: str) -> Mapping[str, Entry]:
    """Read a YAML text; the jobs of a batch share most of their files."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{where}:{mark.line + 1}" if mark else where
        why = getattr(error, "problem", None) or str(error)
        raise ParameterError(
            Problem(
                f"not YAML, {why}", line, fix="Write one `name: value` a line; indent with spaces."
            )
        ) from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        fix = "Write one `name: value` a line."
        raise ParameterError(Problem("expected names with values", where, _snippet(node), fix))
    problems = list(_key_problems(node, where))
    if problems:
        raise ParameterError(problems)
    return {
        key.value: Entry(
            loader.construct_object(value, deep=True),
            value.value if isinstance(value, yaml.ScalarNode) else "",
            f"{where}:{key.start_mark.line + 1}",
        )
        for key, value in node.value
    }


def _key_problems(node: yaml.Node, where: str) -> Iterator[Problem]:
    """Find names, at any depth, that stand twice or that YAML does not read as text."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _key_problems(item, where)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag != "tag:yaml.org,2002:str":
            fix = f'Write "{key.value}" in quotes.' if isinstance(key, yaml.ScalarNode) else ""
            yield Problem("a name must be text", f"{where}:{line}", _snippet(key), fix)
        elif key.value in seen:
            yield Problem(
                f"`{key.value}` stands twice, first on line {seen[key.value]}", f"{where}:{line}"
            )
        else:
            seen[key.value] = line
        yield from _key_problems(value, where)


def _snippet(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else "a list"


# --- one value ------------------------------------------------------------------------------

_EXPECTED = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "names with values",
}


def value_problem(
    name: str, value: object, kind: type, where: str = "", written: str = ""
) -> Problem | None:
    """Say what is wrong with a value that should be of a kind, or give None.

    Examples
    --------
    >>> str(value_problem("region", False, str, written="NO"))
    '`region` is not text; got NO, read as false. Write `region: "NO"`.'
    >>> value_problem("top", 5, float) is None
    True
    """
    fits = type(value) is kind or (kind is float and type(value) is int)
    if fits and not (isinstance(value, float) and not math.isfinite(value)):
        return None
    got, fix = _got(value), ""
    if kind is str and not isinstance(value, list | dict) and value is not None:
        shown = written or str(value)
        if isinstance(value, bool) and _YAML_BOOL.fullmatch(shown):
            got = f"{shown}, read as {str(value).lower()}"
        elif written and written != str(value):
            got = f"{shown}, read as {_got(value)}"
        fix = f'Write `{name}: "{shown}"`.'
    return Problem(f"`{name}` is not {_EXPECTED[kind]}", where, got, fix)


def _got(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    plain = {
        list: "a list",
        dict: "names with values",
        str: f'"{value}"',
        int: f"{value}",
        float: f"{value}",
    }
    return plain.get(type(value), f"{value} ({type(value).__name__})")


# --- all values -----------------------------------------------------------------------------


def resolve(
    notebook: str,
    cell: Mapping[str, object],
    settings: Mapping[str, object],
    project: Path | None = None,
) -> Parameters:
    """Merge what the notebook's cell says over what the YAML files say, and check it all.

    Parameters
    ----------
    notebook
        The notebook's name, such as `monthly_review`.
    cell
        Name and value of each parameter in the cell. Empty ("" or None) means "as the files say".
    settings
        Every definition and threshold there is beside the calendar's, with its default.
    project
        The project's folder; by default it is looked for.

    Raises
    ------
    ParameterError
        With every problem of every file and of the cell: unknown names, wrong types, a period,
        date or language that is none. Whether the region is in the data is `check_region`'s to say.
    """
    project = project or project_folder()
    problems: list[Problem] = []
    said = {name: value for name, value in cell.items() if value not in ("", None)}
    problems += [
        problem
        for name in CELL
        if name in said and (problem := value_problem(name, said[name], str, "cell `parameters`"))
    ]
    if problems:
        raise ParameterError(problems)

    folder = _folder(said, project)
    region = str(said.get("region", ""))
    settings = {**CALENDAR, **BRAND, **settings}
    own = [name for name in cell if name not in CELL]
    layers = [(folder / "common.yaml", ()), (folder / f"{notebook}.yaml", own)]
    merged: dict[str, Entry] = {}
    for path, extra in layers:
        _merge(merged, path, settings, extra, project, problems)
    region = region or str(merged["region"].value if "region" in merged else "") or ALL
    of_region = folder / "regions" / f"{file_name(region)}.yaml"
    _merge(merged, of_region, settings, (), project, problems)
    if "region" in merged and merged["region"].where.startswith(_shown(of_region, project) + ":"):
        written = merged.pop("region")
        if written.value != region:
            fix = f'Write `region: "{region}"`.'
            problems.append(
                Problem(
                    f"the file of {region} is for another region",
                    written.where,
                    _got(written.value),
                    fix,
                )
            )

    values = {name: entry.value for name, entry in merged.items()} | said | {"region": region}
    where = {name: entry.where for name, entry in merged.items() if name not in said}
    period = _read_period(values, where, problems)
    as_of = _read_date(values, where, problems)
    language = str(values.get("language") or "zh")
    if language not in CODES:
        fix = suggest(language, CODES)
        problems.append(
            Problem(
                "`language` is unknown", where.get("language", "cell `parameters`"), language, fix
            )
        )
    if problems:
        raise ParameterError(problems)
    return Parameters(
        notebook=notebook,
        region=region,
        period=period,
        language=language,
        as_of=as_of,
        project=project,
        folder=folder,
        data=project / Path(str(values.get("data") or "data")).expanduser(),
        outputs=project / Path(str(values.get("outputs") or _outputs())).expanduser(),
        settings={name: values.get(name, settings[name]) for name in settings},
        changed=tuple(
            sorted(name for name in settings if _differs(values.get(name), settings[name]))
        ),
        own={name: values.get(name, cell[name]) for name in own},
    )


def check_region(region: str, regions: list[str] | tuple[str, ...]) -> None:
    """Check that the data have this region; `all` is the whole company.

    Raises
    ------
    ParameterError
        With the nearest name that the data have.

    Examples
    --------
    >>> check_region("华东", ["华东", "华南"])
    """
    if region != ALL and region not in regions:
        fix = suggest(region, [*regions, ALL])
        raise ParameterError(Problem("`region` is not in the data", got=f'"{region}"', fix=fix))


def last_full_period(last: date, kind: Kind, calendar: Calendar) -> Period:
    """Give the last period of a kind that is over when `last` is the last day with data.

    A period is over when no working day of it remains after `last`.
    """
    period = calendar.period_at(last, kind)
    end = calendar.window(period).end
    rest = end > last and calendar.workdays(Window(date.fromordinal(last.toordinal() + 1), end))
    return period.previous if rest else period


def _differs(value: object, usual: object) -> bool:
    """Whether something was said that is not the default; YAML has lists for tuples."""
    return value is not None and (tuple(value) if isinstance(value, list) else value) != usual


def _outputs() -> str:
    return os.environ.get(OUTPUTS) or "outputs"


def _folder(said: Mapping[str, object], project: Path) -> Path:
    """Give the folder of the parameters: the one named, the project's, the delivered one."""
    if "settings" not in said:
        return project / "parameters" if (project / "parameters").is_dir() else kit() / "parameters"
    folder = project / Path(str(said["settings"])).expanduser()
    if not folder.is_dir():
        fix = "Name the folder that holds common.yaml."
        raise ParameterError(
            Problem("`settings` is not a folder", got=str(said["settings"]), fix=fix)
        )
    return folder


def _merge(
    merged: dict[str, Entry],
    path: Path,
    settings: Mapping[str, object],
    own: tuple[str, ...] | list[str],
    project: Path,
    problems: list[Problem],
) -> None:
    """Lay a file's values over those merged so far; what is wrong with them goes to problems."""
    if not path.is_file():
        return
    try:
        entries = read_entries(path, project)
    except ParameterError as error:
        problems += error.problems
        return
    names = [name for name in CELL if name != "settings"]
    for name, entry in entries.items():
        if name in names:
            problem = (
                None
                if entry.value is None
                else value_problem(name, entry.value, str, entry.where, entry.written)
            )
        elif name in settings:
            # A threshold written 30 may be 30.5; what it may not be, the settings say themselves.
            kind = type(settings[name])
            kind = {int: float, tuple: list}.get(kind, kind)
            problem = value_problem(name, entry.value, kind, entry.where, entry.written)
        elif name in own:
            problem = None
        else:
            fix = suggest(name, [*names, *settings, *own])
            problem = Problem(f"`{name}` is unknown", entry.where, fix=fix)
        if problem:
            problems.append(problem)
        else:
            merged[name] = entry


def _read_period(
    values: Mapping[str, object], where: Mapping[str, str], problems: list[Problem]
) -> Period | None:
    text = values.get("period")
    if not text:
        return None
    try:
        return Period.parse(str(text))
    except ParameterError:
        fix = "Write a month 2024-06, a quarter 2024Q2 or a year 2024."
        problems.append(
            Problem(
                "`period` is no period", where.get("period", "cell `parameters`"), f'"{text}"', fix
            )
        )
        return None


def _read_date(
    values: Mapping[str, object], where: Mapping[str, str], problems: list[Problem]
) -> date | None:
    text = values.get("as_of")
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        fix = 'Write year-month-day, as_of: "2024-06-30".'
        problems.append(
            Problem("`as_of` is no date", where.get("as_of", "cell `parameters`"), f'"{text}"', fix)
        )
        return None


def _shown(path: Path, project: Path | None) -> str:
    """Write a path from the project's folder; outside it, by its last name."""
    if project is not None and path.is_relative_to(project):
        return path.relative_to(project).as_posix()
    return path.name
