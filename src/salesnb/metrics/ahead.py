"""Data read before the reports that see them are asked for, in the process they are forked from."""

from __future__ import annotations

import pickle
from datetime import date

from salesnb.data.parts import FEW_ROWS
from salesnb.data.store import Store, open_store
from salesnb.metrics.dataset import HELD, Dataset
from salesnb.metrics.settings import Settings
from salesnb.period import Calendar

_MOST_HELD = 2
_MOST_ROWS = 5_000_000


def as_request(
    store: Store, region: str, calendar: Calendar, settings: Settings, as_of: date
) -> bytes:
    """Give what `read_ahead` takes: the same for reports that see the same data.

    It is b"" where the region has so many rows that its reports should rather read what they
    need themselves, each in its own time.
    """
    parts = [part.rows for name in store.tables for part in store.selected(name, region)]
    if sum(parts) > _MOST_ROWS or max(parts, default=0) > FEW_ROWS:
        return b""
    return pickle.dumps((store.folder, region, calendar, settings, as_of))


def read_ahead(request: bytes) -> None:
    """Read all tables of a request, unless they are held; datasets like it start with them.

    It starts no thread: a process with more than one could not be forked any more.
    """
    folder, *said = pickle.loads(request)
    dataset = Dataset(open_store(folder), *said)
    if dataset in HELD:
        return
    dataset.read_all()
    HELD[:] = [*HELD[1 - _MOST_HELD :], dataset]
