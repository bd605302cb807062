"""Revisions of a plan: each is a new file with its reason and approver; none is written over."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from salesnb.errors import PlanError, Problem
from salesnb.plan.editing import append_record, as_data, change_fields
from salesnb.plan.reading import read_plan

_NAME = re.compile(r"(?P<stem>.+?)(?:\.v(?P<number>[1-9]\d*))?(?P<suffix>\.ya?ml)")

Change = str | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class PlanVersion:
    """One file of a plan's chain of versions.

    Attributes
    ----------
    version
        1 for the original.
    path
        The file.
    effective
        From when on it holds; None for an original that does not say.
    reason, approver
        Why and by whom; "" where the file does not say.
    values
        Statement id → value this version set.
    """

    version: int
    path: Path
    effective: date | None = None
    reason: str = ""
    approver: str = ""
    values: Mapping[str, str] | None = None


def revise_plan(
    path: Path | str,
    changes: Mapping[str, Change],
    reason: str,
    approver: str,
    effective: date,
) -> Path:
    """Write the next version of a plan beside it; the version given stays as it is.

    Parameters
    ----------
    path
        The newest version so far: `plan_2024.yaml`, later `plan_2024.v2.yaml`.
    changes
        Statement id → new value (`"+8%"`), or → field → new text or texts
        ({"value": "+8%", "owner": "郑九"}). A field the statement lacks is added.
    reason, approver
        Why, and who approved it; both are required.
    effective
        From when on it holds; not before the version it follows.

    Returns
    -------
    The path of the new file, `<name>.v<number>.yaml`. Its text is that of the version it
    follows with the changed values and one more record under `versions`; comments and layout
    of everything else are kept to the letter. The file appears whole or not at all.

    Raises
    ------
    PlanError
        With all problems at once: no reason or approver, an unknown statement, a value that is
        already there, a new text that would not be readable as a plan, a newer version than the
        one given, or a date before it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> plan = folder / "plan.yaml"
    >>> _ = plan.write_text('''plan: {year: 2024}
    ... targets:
    ...   - {id: T1, metric: net_sales, kind: growth, value: +12%}  # agreed in May
    ... ''', "utf-8")
    >>> revise_plan(plan, {"T1": "+10%"}, "weaker market", "Li", date(2024, 7, 1)).name
    'plan.v2.yaml'
    >>> plan_versions(plan)[-1].values
    {'T1': '+10%'}
    """
    path = Path(path)
    chain = plan_versions(path)
    fields = {
        name: {"value": change} if isinstance(change, str) else dict(change)
        for name, change in changes.items()
    }
    problems = [
        Problem(f"a revision needs {word}", fix="Say it; it is kept with the version.")
        for word, text in (("a reason", reason), ("an approver", approver))
        if not text.strip()
    ]
    if not fields or not all(fields.values()):
        problems.append(Problem("a revision changes something", got="no change"))
    newest = chain[-1]
    if newest.path.resolve() != path.resolve():
        fix = f"Revise {newest.path.name}."
        problems.append(Problem("there is a newer version", got=newest.path.name, fix=fix))
    elif newest.effective is not None and effective < newest.effective:
        got = f"{effective.isoformat()} after {newest.effective.isoformat()}"
        problems.append(Problem("a revision holds no earlier than the one before it", got=got))
    text = _read(path)
    before = as_data(text)
    try:
        after = change_fields(text, fields)
    except PlanError as error:
        raise PlanError([*problems, *error.problems], path.name) from error
    known = _fields_by_id(before)
    problems += [
        Problem(f"`{field}` of `{name}` is that already", got=str(value))
        for name, new in fields.items()
        for field, value in new.items()
        if known[name].get(field) == (value if isinstance(value, str) else list(value))
    ]
    if problems:
        raise PlanError(problems, path.name)

    number = newest.version + 1
    values = {name: str(new["value"]) for name, new in fields.items() if "value" in new}
    others = [
        f"{name} {field}: {_shown(known[name].get(field))} → {_shown(value)}"
        for name, new in fields.items()
        for field, value in new.items()
        if field != "value"
    ]
    entry: dict[str, str | Mapping[str, str]] = {
        "version": str(number),
        "effective": effective.isoformat(),
        "approver": approver.strip(),
        "reason": " ".join(reason.split()),
    }
    if values:
        entry["values"] = values
    if others:
        entry["note"] = "; ".join(others)
    _check_only_that(before, after, fields, None, path.name)
    after = append_record(after, "versions", entry)
    _check_only_that(before, after, fields, entry, path.name)
    match = _parts(path)
    target = path.with_name(f"{match['stem']}.v{number}{match['suffix']}")
    read_plan(after, target.name)
    _write_new(target, after)
    return target


def plan_versions(path: Path | str) -> tuple[PlanVersion, ...]:
    """Give the chain of versions a plan's file belongs to, the original first.

    Parameters
    ----------
    path
        Any file of the chain.

    Returns
    -------
    The original `<name>.yaml` and every `<name>.v<number>.yaml` beside it that there is, in
    order of their numbers.

    Raises
    ------
    PlanError
        If the file is missing, its name is no plan's, or one of the chain is no YAML.
    """
    path = Path(path)
    match = _parts(path)
    if not path.is_file():
        raise PlanError(Problem("there is no such plan", got=path.name))
    found: dict[int, Path] = {}
    for beside in sorted(path.parent.iterdir()):
        other = _NAME.fullmatch(beside.name)
        if other and other["stem"] == match["stem"] and beside.is_file():
            found[int(other["number"] or 1)] = beside
    return tuple(_version(number, found[number]) for number in sorted(found))


def compare_versions(old: Path | str, new: Path | str) -> pd.DataFrame:
    """Give what differs between two versions of a plan, statement by statement.

    Returns
    -------
    One row for each field of each record with an id that differs, in the order of the new
    plan, then what it no longer has: `id`, `field`, `before`, `after` (texts; "" where the
    field or record is missing on a side). Records under `versions` are left out.

    Raises
    ------
    PlanError
        If a file is missing or no YAML.
    """
    before, after = (_fields_by_id(as_data(_read(Path(path)))) for path in (old, new))
    rows = []
    for name in [*after, *(name for name in before if name not in after)]:
        was, now = before.get(name, {}), after.get(name, {})
        for field in [*now, *(field for field in was if field not in now)]:
            if was.get(field) != now.get(field):
                rows.append((name, field, _shown(was.get(field)), _shown(now.get(field))))
    return pd.DataFrame(rows, columns=["id", "field", "before", "after"])


def version_table(path: Path | str) -> pd.DataFrame:
    """Give the chain of versions as a table, for a report.

    Returns
    -------
    One row for each version: `version`, `file`, `effective` (missing where not said), `reason`,
    `approver`, `changes` (how many values it set).
    """
    return pd.DataFrame(
        [
            (
                found.version,
                found.path.name,
                found.effective,
                found.reason,
                found.approver,
                len(found.values or {}),
            )
            for found in plan_versions(path)
        ],
        columns=["version", "file", "effective", "reason", "approver", "changes"],
    )


def _version(number: int, path: Path) -> PlanVersion:
    """Read what a file says of its own version."""
    data = as_data(_read(path))
    said = data.get("versions") if isinstance(data, dict) else None
    for entry in said if isinstance(said, list) else []:
        if isinstance(entry, dict) and str(entry.get("version", "")).strip() == str(number):
            day = str(entry.get("effective") or entry.get("approved") or "").strip()
            values = entry.get("values")
            return PlanVersion(
                number,
                path,
                date.fromisoformat(day) if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else None,
                str(entry.get("reason", "")),
                str(entry.get("approver", "")),
                {str(name): str(value) for name, value in values.items()}
                if isinstance(values, dict)
                else {},
            )
    return PlanVersion(number, path, values={})


def _parts(path: Path) -> re.Match[str]:
    match = _NAME.fullmatch(path.name)
    if match is None:
        fix = "Name it like plan_2024.yaml."
        raise PlanError(Problem("this is no plan's file name", got=path.name, fix=fix))
    return match


def _read(path: Path) -> str:
    try:
        # Line breaks stay as they are, so that they are written back as they were.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError as error:
        raise PlanError(Problem("there is no such plan", got=path.name)) from error
    except UnicodeDecodeError as error:
        fix = "Save it as UTF-8."
        raise PlanError(Problem("the file is not UTF-8", got=path.name, fix=fix)) from error


def _fields_by_id(data: object) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for name, section in data.items() if isinstance(data, dict) else ():
        if name != "versions" and isinstance(section, list):
            for entry in section:
                if isinstance(entry, dict) and "id" in entry:
                    found[str(entry["id"])] = entry
    return found


def _shown(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _check_only_that(
    before: object,
    after: str,
    fields: Mapping[str, Mapping[str, str | Sequence[str]]],
    entry: Mapping[str, object] | None,
    where: str,
) -> None:
    """Refuse to write a text that differs by more than was asked for."""
    wanted = deepcopy(before)
    plain = _fields_by_id(wanted)
    for name, new in fields.items():
        for field, value in new.items():
            plain[name][field] = value if isinstance(value, str) else list(value)
    if isinstance(wanted, dict) and entry is not None:
        wanted["versions"] = [*(wanted.get("versions") or []), dict(entry)]
    fix = "Write the changed records without anchors and aliases."
    unsafe = PlanError(Problem("the plan's text cannot be changed safely", fix=fix), where)
    try:
        found = as_data(after)
    except PlanError as error:
        raise unsafe from error
    if found != wanted:
        raise unsafe


def _write_new(target: Path, text: str) -> None:
    """Write a file that must not exist yet; it appears whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o644)
        _publish(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _publish(beside: Path, target: Path) -> None:
    """Give the finished file its name, unless another has it already."""
    taken = PlanError(
        Problem("the next version is there already", got=target.name, fix="Revise that one.")
    )
    try:
        # A link fails where the name is taken, so two at once cannot write over each other.
        os.link(beside, target)
    except FileExistsError:
        raise taken from None
    except OSError as error:
        # No links on this disk. A rename puts the whole file there at once; only the look
        # before it is not one step with it.
        if target.exists():
            raise taken from error
        beside.rename(target)
