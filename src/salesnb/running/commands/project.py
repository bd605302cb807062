"""What commands need to know of the project they are started in."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from salesnb.errors import SalesnbError
from salesnb.metrics.settings import Settings
from salesnb.parameters import Parameters, file_name, project_folder, resolve
from salesnb.running.asked import Desk
from salesnb.running.remote import is_remote


def project_parameters(project: Path | None = None) -> Parameters:
    """Give what the project's files say for all reports."""
    return resolve("", {}, asdict(Settings()), project)


def project_settings() -> Settings:
    """Give the definitions the project's files choose."""
    said = project_parameters().settings
    return Settings.from_mapping({name: said[name] for name in Settings.names() if name in said})


def project_language() -> str:
    """Give the language of the project's readers; a command also works where files are wrong."""
    try:
        return project_parameters().language
    except SalesnbError:
        return "zh"


def desk_of(words: Namespace) -> Desk:
    """Give the desk for the folders that were named, or the project's."""
    project = project_folder()
    if is_remote(words.out):
        here = project / "outputs" / file_name(words.out)
        return Desk(project, here, named_data(words.data, project), words.out)
    outputs = Path(words.out).resolve() if words.out else project / "outputs"
    return Desk(project, outputs, named_data(words.data, project))


def named_data(said: str, project: Path) -> str:
    """Give a data folder as parameters write it: from the project when it lies in it."""
    if not said:
        return ""
    path = Path(said).resolve()
    return os.fspath(path.relative_to(project) if path.is_relative_to(project) else path).replace(
        os.sep, "/"
    )


def shown(path: Path) -> str:
    """Give a path as short as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
