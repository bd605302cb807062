"""The sample company, from a seed: its tables, what was planted in them, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from salesnb.data.store import Company, Store, write_tables
from salesnb.errors import ParameterError, Problem, suggest
from salesnb.sample.built import build
from salesnb.sample.causes import Planted, plant
from salesnb.sample.cut import cut
from salesnb.sample.dirt import kinds_of, soil
from salesnb.sample.season import FIRST, LAST
from salesnb.sample.shape import REGIONS, SIZES
from salesnb.sample.truth import figures_2023

NAME = "瑞辰智控（示例公司）"
TRUTH = "truth.json"

SMALL_REGIONS = ("华东", "华南", "北方")
SMALL_FROM = pd.Timestamp(2023, 7, 1)
"""The small company: three regions, the last twelve months."""


@dataclass(frozen=True)
class SampleCompany:
    """A company made up from a seed.

    Attributes
    ----------
    tables
        Canonical tables by name.
    company
        What holds for all of them.
    truth
        What was planted and what figures it was built to, as `truth.json` says it.
    """

    tables: dict[str, pd.DataFrame]
    company: Company
    truth: dict[str, Any]


def make_company(
    size: str = "quick",
    seed: int = 2024,
    causes: str | Collection[str] = "all",
    dirt: str | Collection[str] = "none",
) -> SampleCompany:
    """Make the sample company; the same arguments give the same tables.

    Parameters
    ----------
    size
        `quick` (about 24,000 order lines), `usual` (about 190,000; the same customers, people
        and figures, with more and smaller orders) or `small` (three regions and twelve months of
        the quick one, which is too little for the figures of 2023).
    seed
        Any whole number from 0.
    causes
        What went wrong in 2024: `all`, `none`, or ids of `salesnb.sample.causes.CAUSES`.
    dirt
        Kinds of dirt that lie in the data themselves; see `salesnb.sample.dirt.KINDS`. Those of
        files are for `salesnb.sample.exports.write_exports`.

    Raises
    ------
    ParameterError
        If a size, cause or kind of dirt is unknown.
    """
    if size not in SIZES:
        known = (*SIZES, "large")
        fix = "Use `write_large`." if size == "large" else suggest(size, known)
        raise ParameterError(Problem(f"`size` has no `{size}`", fix=fix))
    kinds = kinds_of(dirt)
    built = build(SIZES[size], seed)
    planted = plant(built, causes, seed)
    tables, counts = soil(built.tables, kinds, seed)
    regions = REGIONS
    if size == "small":
        regions = SMALL_REGIONS
        tables = cut(tables, regions, SMALL_FROM)
        planted = [cause for cause in planted if cause.region in regions]
    company = Company(
        name=NAME,
        currency="CNY",
        tax_basis="incl",
        country="CN",
        regions=regions,
        complete_until=LAST.isoformat(),
    )
    truth = {
        "schema": 1,
        "size": size,
        "seed": seed,
        "first_day": (SMALL_FROM.date() if size == "small" else FIRST).isoformat(),
        "last_day": LAST.isoformat(),
        "regions": list(regions),
        "causes": [_told(cause) for cause in planted],
        "dirt": counts,
        "figures": [] if size == "small" else figures_2023(),
    }
    return SampleCompany(tables, company, truth)


def _told(cause: Planted) -> dict[str, Any]:
    said = asdict(cause)
    said["sales"], said["size"] = round(cause.sales, 2), round(cause.size, 2)
    said["detail"] = {name: round(value, 2) for name, value in cause.detail.items()}
    said["start"] = cause.start.isoformat()
    said["symptoms"], said["rules"] = list(cause.symptoms), list(cause.rules)
    return said


def write_company(
    folder: str | Path,
    size: str = "quick",
    seed: int = 2024,
    causes: str | Collection[str] = "all",
    dirt: str | Collection[str] = "none",
) -> Store:
    """Write the sample company into a data folder, with `truth.json` beside its tables.

    Parameters
    ----------
    folder
        Made when it is not there.
    size, seed, causes, dirt
        As for `make_company`.

    Returns
    -------
    The store that was written.
    """
    made = make_company(size, seed, causes, dirt)
    store = write_tables(folder, made.tables, made.company)
    write_truth(Path(folder), made.truth)
    return store


def write_truth(folder: Path, truth: dict[str, Any]) -> None:
    """Write `truth.json` into a folder."""
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8", newline="\n")
