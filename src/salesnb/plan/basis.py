"""What a total is split by: evenly, by history, by potential, by own weights, by growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, ParameterError, Problem, suggest
from salesnb.period import Period

Kind = Literal["even", "last_year", "trailing_12", "potential", "own", "growth"]
KINDS: tuple[Kind, ...] = ("even", "last_year", "trailing_12", "potential", "own", "growth")

# Which argument each kind cannot do without.
_NEEDS = {
    "even": "items",
    "last_year": "history",
    "trailing_12": "history",
    "potential": "weights",
    "own": "weights",
    "growth": "history",
}


def basis(
    kind: Kind,
    by: Sequence[str] = (),
    *,
    history: pd.DataFrame | None = None,
    start: str = "",
    weights: pd.Series | Mapping[str, float] | None = None,
    growth: pd.Series | Mapping[str, float] | None = None,
    items: pd.Index | Sequence[str] | None = None,
    below_zero: Literal["refuse", "zero"] = "refuse",
) -> pd.Series:
    """Give the basis of an allocation, for `allocate` and `allocate_tree`.

    Parameters
    ----------
    kind
        `even` 1 each; `last_year` the 12 months before `start`; `trailing_12` the last 12
        months of the history (before `start` when it is given); `potential` and `own` the
        `weights`; `growth` last year times 1 + `growth`.
    by
        Columns of the history that tell items apart.
    history
        One row for each of `by` and `month` ("2023-11") at most, with `value`, signed.
        A month absent for an item counts as zero; a month absent for all is an error.
    start
        First month of the plan, such as "2024-01".
    weights
        Potential or own weight by item, any unit.
    growth
        Growth by item, 0.08 for +8 %; an item not named grows 0.
    items
        Items the result is for, in order; one without history gets 0. Default: those found.
    below_zero
        What to do with items that sum below zero (returns beyond sales): refuse, or count 0.

    Returns
    -------
    One number for each item, named `basis`, in the unit of the history or the weights.

    Raises
    ------
    ParameterError
        If the kind is unknown or what it needs is not given.
    MetricError
        If the history lacks months, or an item sums below zero.

    Examples
    --------
    >>> history = pd.DataFrame({"region": ["E"] * 12 + ["S"] * 12,
    ...     "month": [f"2023-{m:02d}" for m in range(1, 13)] * 2, "value": [2.0] * 12 + [1.0] * 12})
    >>> basis("growth", ["region"], history=history, start="2024-01", growth={"S": 0.5}).to_dict()
    {'E': 24.0, 'S': 18.0}
    """
    _check(kind, by, history, start, weights, items)
    if kind == "even":
        found = pd.Series(1.0, index=pd.Index(items))
    elif kind in ("potential", "own"):
        found = pd.Series(weights, dtype=float)
    else:
        found = _twelve_months(pd.DataFrame(history), list(by), kind, start)
        if kind == "growth":
            found = found * (1 + _growth(growth, found.index))
    if items is not None:
        found = found.reindex(pd.Index(items), fill_value=0.0)
    return _not_below_zero(found, below_zero).rename("basis")


def _twelve_months(history: pd.DataFrame, by: list[str], kind: Kind, start: str) -> pd.Series:
    months = history["month"].astype(str)
    last = Period.parse(start).previous if start else Period.parse(months.max())
    if kind == "trailing_12":
        last = min(last, Period.parse(months.max()))
    wanted = [str(last.shift(-step)) for step in reversed(range(12))]
    missing = [month for month in wanted if month not in set(months)]
    if missing:
        fix = "Split by trailing_12, or give the months." if kind != "trailing_12" else ""
        raise MetricError(
            Problem(f"`{kind}` needs 12 months", got=f"none for {', '.join(missing)}", fix=fix)
        )
    inside = history[months.isin(wanted)]
    return inside.groupby(by, sort=False, observed=True)["value"].sum().astype(float)


def _growth(growth: pd.Series | Mapping[str, float] | None, items: pd.Index) -> np.ndarray:
    given = pd.Series({} if growth is None else growth, dtype=float)
    unknown = [str(item) for item in given.index if item not in items]
    if unknown:
        options = [str(item) for item in items]
        raise ParameterError(
            [Problem(f"`growth` names `{name}`", fix=suggest(name, options)) for name in unknown]
        )
    return given.reindex(items, fill_value=0.0).to_numpy()


def _not_below_zero(found: pd.Series, below_zero: str) -> pd.Series:
    under = found[found < 0]
    if under.empty:
        return found
    if below_zero == "zero":
        return found.clip(lower=0.0)
    raise MetricError(
        [
            Problem(
                f"the basis of `{item}` is below 0",
                got=f"{value:,.10g}",
                fix="Hold its target, or count it as 0.",
            )
            for item, value in under.items()
        ]
    )


def _check(
    kind: Kind,
    by: Sequence[str],
    history: pd.DataFrame | None,
    start: str,
    weights: pd.Series | Mapping[str, float] | None,
    items: pd.Index | Sequence[str] | None,
) -> None:
    if kind not in KINDS:
        raise ParameterError(Problem(f"`kind` is `{kind}`", fix=suggest(kind, KINDS)))
    given = {"items": items, "history": history, "weights": weights}
    need = _NEEDS[kind]
    if given[need] is None or not len(given[need]):
        raise ParameterError(Problem(f"`{kind}` needs `{need}`"))
    if kind in ("last_year", "growth") and not start:
        raise ParameterError(Problem(f"`{kind}` needs `start`", fix="Give the plan's first month."))
    if need != "history" or history is None:
        return
    absent = [name for name in [*by, "month", "value"] if name not in history.columns]
    if absent or not by:
        raise ParameterError(Problem(f"`history` lacks {absent or '`by`'}"))
    repeated = history.duplicated([*by, "month"])
    if repeated.any():
        first = history.loc[repeated, [*by, "month"]].iloc[0].tolist()
        raise MetricError(
            Problem(
                "`history` has more than one row for an item and month",
                got=", ".join(map(str, first)),
                fix="Sum it first.",
            )
        )
