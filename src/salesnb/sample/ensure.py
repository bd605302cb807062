"""The sample company where there are no data yet, so that a notebook runs as it stands."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from salesnb.data.store import MANIFEST
from salesnb.sample.company import write_company


def ensure_sample(folder: Path, default: Path) -> Path:
    """Give the data folder; make the sample company in it if it is the default one and empty.

    It is made beside and then renamed, so that two notebooks opened at once do no harm.

    Parameters
    ----------
    folder
        The data folder asked for.
    default
        The project's own data folder; no other is ever filled.
    """
    if folder != default or (folder / MANIFEST).is_file():
        return folder
    if folder.exists() and any(folder.iterdir()):
        return folder
    beside = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        write_company(beside, size="quick")
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except OSError:
        # Another notebook was first; what it made is the same.
        if not (folder / MANIFEST).is_file():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder
