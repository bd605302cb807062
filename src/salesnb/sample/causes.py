"""Planted causes: what went wrong in 2024, in which region, and how much it cost.

Each cause takes the tables of a company without it and gives changed copies. It touches its own
region from its own day on and nothing else, so 2023 is the same whatever is planted, and the
difference of two companies is exactly the causes between them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.sample.built import Built
from salesnb.sample.causes_others import complaints_up, lead_quality, overdue_up
from salesnb.sample.causes_sales import key_customer_lost, price_cut, vacancy
from salesnb.sample.draws import stream
from salesnb.sample.planted import Planted
from salesnb.sample.programme import actions_table, events_table

CAUSES: Mapping[str, Callable[[Built, np.random.Generator], Planted]] = {
    "key_customer_lost": key_customer_lost,
    "lead_quality": lead_quality,
    "vacancy": vacancy,
    "price_cut": price_cut,
    "complaints_up": complaints_up,
    "overdue_up": overdue_up,
}
"""Cause by id; they are planted in this order."""


def plant(built: Built, causes: str | Collection[str], seed: int) -> list[Planted]:
    """Plant causes into a company, changing which tables it holds.

    Parameters
    ----------
    built
        Its tables are replaced, not changed.
    causes
        `all`, `none`, or ids of `CAUSES`.

    Raises
    ------
    ParameterError
        With every unknown cause.
    """
    wanted = chosen(causes, CAUSES, "causes")
    planted = [
        CAUSES[name](built, stream(seed, "cause", name)) for name in CAUSES if name in wanted
    ]
    built.tables["actions"] = actions_table(built.people, wanted)
    built.tables["events"] = events_table(wanted)
    return planted


def chosen(asked: str | Collection[str], known: Iterable[str], where: str) -> set[str]:
    """Read `all`, `none` or a list of names.

    Examples
    --------
    >>> sorted(chosen("all", ("a", "b"), "causes")), chosen("none", ("a", "b"), "causes")
    (['a', 'b'], set())
    """
    names = tuple(known)
    if isinstance(asked, str):
        if asked in ("all", "none"):
            return set(names) if asked == "all" else set()
        asked = [asked]
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise ParameterError(
            Problem(f"`{name}` is none of the {where}", fix=suggest(name, ("all", "none", *names)))
            for name in unknown
        )
    return set(asked)
