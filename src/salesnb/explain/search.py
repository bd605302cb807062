"""Where did it change: the few segments that account for a change, or the word that none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.explain.adtributor import explanatory_power, surprise
from salesnb.explain.inputs import check_sum, numbers, require_columns, shared_items
from salesnb.explain.standout import LEAST_CELLS, Grouping, Standing, groupings, stand_out

MOST_DIMENSIONS = 4
CANDIDATES = 10
RESERVED = ("kind", "segment", "prior", "current", "change", "expected", "excess", "cells")


@dataclass(frozen=True)
class ContributionSearch:
    """What a contribution search found.

    Attributes
    ----------
    segments
        One row for each segment, none overlapping, and a last row for everything else, so that
        `prior`, `current` and `change` sum to the whole. Columns:

        - `kind`: pinned | found | rest; `segment`: text such as "region=East;line=A"; one column
          for each dimension, empty where the segment takes all its values;
        - `prior`, `current`, `change`: sums, in the unit of the metric;
        - `expected`: the change if it had grown like the bulk of the cells; `excess` = change −
          expected;
        - `explanatory_power`: its part of the whole change (empty when that is 0), and
          `surprise`: how much its share moved, the Jensen–Shannon term, 0 for none;
        - `spreads`: its excess in spreads of the noise, `p_value`: the chance that noise alone
          shows anything so striking in such a cube (for a pinned segment: in that segment),
          `stands_out`: whether that is small;
        - `partial`: whether rows of it belong to a segment above; `cells`: finest cells in it.
    candidates
        The best segments before any choice, overlapping, best first: what would be named next.
    growth
        Growth rate of the bulk of the cells (0.05 is 5 %).
    noise
        Noise of a cell of average size, relative to it (0.03 is 3 %).
    reason
        Why nothing is found: "nothing_stands_out", "too_few_cells" (fewer than 5) or
        "no_change"; "" when something is.
    """

    segments: DataFrame
    candidates: DataFrame
    growth: float
    noise: float
    reason: str

    @property
    def found(self) -> DataFrame:
        """The segments that stand out, pinned or not, in order."""
        return self.segments[self.segments["stands_out"]]

    @property
    def nothing_stands_out(self) -> bool:
        """Whether the change is spread like noise around the growth of the whole."""
        return not bool(self.segments["stands_out"].any())


def contribution_search(
    current: DataFrame,
    prior: DataFrame,
    dimensions: Sequence[str],
    value: str = "amount",
    depth: int = 3,
    most: int = 5,
    least_share: float = 0.001,
    least_excess: float = 0.0005,
    significance: float = 0.05,
    pinned: Sequence[Mapping[str, object]] = (),
    seed: int = 0,
) -> ContributionSearch:
    """Find the segments of up to four dimensions whose change is not the growth of the whole.

    Greedy: the segment that stands out most is taken, its rows are put aside, and the search goes
    on in the rest until nothing stands out. Parts never overlap and sum to the change.

    Parameters
    ----------
    current, prior
        Rows of the two periods with the dimension columns and the metric, at any grain finer
        than the dimensions; they are added up. Empty dimension values are a value of their own.
    dimensions
        One to four columns: region, product line, channel …
    value
        Column of the metric, which must be additive (money, counts; not a rate).
    depth
        Most dimensions that a segment may combine; 2 keeps to pairs. A deeper segment must be
        more striking, since more of them were looked at.
    most
        Most segments to find.
    least_share
        Segments with less of prior + current than this share are not looked at.
    least_excess
        Segments with an excess below this share of the prior whole are not named.
    significance
        Largest p-value that stands out.
    pinned
        Segments always shown, first and in this order, as dimension → value; say, last month's.
    seed
        Of the noise cubes; same seed, same answer.

    Returns
    -------
    A ContributionSearch.

    Raises
    ------
    ParameterError
        If there are no dimensions or more than four, depth is below 1, or a pinned segment names
        an unknown dimension.
    MetricError
        If a column is missing or a value is empty.

    Notes
    -----
    `salesnb.explain.standout` states the null model. Explanatory power and surprise: Bhagwan et
    al., "Adtributor: revenue debugging in advertising systems", NSDI 2014, sections 3.2 and 3.3.

    Examples
    --------
    >>> base = DataFrame({"region": list("aaabbbccc"), "line": list("xyzxyzxyz"), "amount": 100.0})
    >>> now = base.assign(amount=[101, 100, 99, 100, 60, 101, 99, 100, 100])
    >>> found = contribution_search(now, base, ["region", "line"])
    >>> found.segments[["segment", "change"]]
               segment  change
    0  region=b;line=y   -40.0
    1                      0.0
    """
    _check(dimensions, depth, pinned)
    cube = _cube(current, prior, list(dimensions), value)
    search = _Search(cube, tuple(dimensions), min(depth, len(dimensions)), least_share, seed)
    free = np.ones(len(cube), dtype=bool)

    parts: list[_Part] = []
    for values in pinned:
        inside = search.inside(values)
        partial = bool((inside & ~free).any())
        parts.append(_Part("pinned", dict(values), inside & free, partial))
        free &= ~inside
    first = search.round(np.ones(len(cube), dtype=bool), parts)
    parts = [replace(part, stands_out=part.p_value <= significance) for part in first.pinned]

    threshold = least_excess * abs(float(search.prior.sum()))
    now = first if not parts else search.round(free, [])
    while now.ranked and sum(part.kind == "found" for part in parts) < most:
        best = now.ranked[0]
        excess = (search.current - now.growth * search.prior)[best.inside].sum()
        if not best.p_value <= significance or abs(excess) < threshold:
            break
        partial = bool((search.inside(best.values) & ~free).any())
        parts.append(replace(best, kind="found", partial=partial, stands_out=True))
        free = free & ~best.inside
        now = search.round(free, [])
    parts.append(_Part("rest", {}, free, partial=False))

    segments = search.table(parts, first.growth)
    check_sum(
        float(segments["change"].sum()),
        float(search.current.sum() - search.prior.sum()),
        float(np.abs(search.current).sum() + np.abs(search.prior).sum()),
        "contribution search",
    )
    candidates = search.table(first.ranked, first.growth)
    reason = ""
    if not segments["stands_out"].any():
        unchanged = bool((search.current == search.prior).all())
        few = "too_few_cells" if len(cube) < LEAST_CELLS else "nothing_stands_out"
        reason = "no_change" if unchanged else few
    return ContributionSearch(
        segments=segments,
        candidates=candidates.drop(columns=["kind", "stands_out", "partial"]),
        growth=first.growth - 1,
        noise=first.noise,
        reason=reason,
    )


@dataclass(frozen=True)
class _Part:
    """A segment, or what is left: some of the cells."""

    kind: str
    values: dict[str, object]
    inside: np.ndarray
    partial: bool = False
    spreads: float = np.nan
    p_value: float = np.nan
    stands_out: bool = False


@dataclass(frozen=True)
class _Round:
    """One look at the cells that are free: the best segments, and given ones, in the noise."""

    ranked: list[_Part]
    pinned: list[_Part]
    growth: float
    noise: float


@dataclass(frozen=True)
class _Search:
    """The cube, and what stays the same from round to round."""

    cube: DataFrame
    dimensions: tuple[str, ...]
    depth: int
    least_share: float
    seed: int

    @property
    def prior(self) -> np.ndarray:
        return self.cube["prior"].to_numpy()

    @property
    def current(self) -> np.ndarray:
        return self.cube["current"].to_numpy()

    def inside(self, values: Mapping[str, object]) -> np.ndarray:
        """Say which cells a segment holds."""
        found = np.ones(len(self.cube), dtype=bool)
        for name, wanted in values.items():
            column = self.cube[name]
            found &= (column.isna() if pd.isna(wanted) else column == wanted).to_numpy(dtype=bool)
        return found

    def round(self, free: np.ndarray, pinned: Sequence[_Part]) -> _Round:
        """Look for what stands out among the free cells."""
        places = np.flatnonzero(free)
        if not len(places):
            return _Round([], list(pinned), np.nan, np.nan)
        codes = [
            pd.factorize(self.cube[name].iloc[places], use_na_sentinel=False)[0]
            for name in self.dimensions
        ]
        groups = groupings(codes, self.depth)
        given = [part.inside[places] for part in pinned]
        standing = stand_out(
            self.prior[places], self.current[places], groups, self.least_share, self.seed, given
        )
        judged = [
            replace(part, spreads=spreads, p_value=p_value)
            for part, (spreads, p_value) in zip(pinned, standing.given, strict=True)
        ]
        ranked = [
            self._part(groups, standing, place, places) for place in standing.best(CANDIDATES)
        ]
        return _Round(ranked, judged, standing.growth, standing.noise)

    def _part(
        self,
        groups: Sequence[Grouping],
        standing: Standing,
        place: tuple[int, int],
        places: np.ndarray,
    ) -> _Part:
        group, segment = groups[place[0]], place[1]
        cells = places[group.segment == segment]
        inside = np.zeros(len(self.cube), dtype=bool)
        inside[cells] = True
        names = [self.dimensions[dimension] for dimension in group.dimensions]
        return _Part(
            kind="candidate",
            values={name: self.cube[name].iloc[cells[0]] for name in names},
            inside=inside,
            spreads=float(standing.spreads[place[0]][segment]),
            p_value=standing.p_value(float(standing.score[place[0]][segment])),
        )

    def table(self, parts: Sequence[_Part], growth: float) -> DataFrame:
        """Measure parts: one row for each."""
        before = np.array([self.prior[part.inside].sum() for part in parts], dtype=float)
        now = np.array([self.current[part.inside].sum() for part in parts], dtype=float)
        whole = (float(self.prior.sum()), float(self.current.sum()))
        expected = before * (growth - 1)
        return DataFrame(
            {
                "kind": [part.kind for part in parts],
                "segment": [segment_text(part.values) for part in parts],
                **{
                    name: Series([part.values.get(name) for part in parts], dtype=object)
                    for name in self.dimensions
                },
                "prior": before,
                "current": now,
                "change": now - before,
                "expected": expected,
                "excess": now - before - expected,
                "explanatory_power": explanatory_power(now, before, whole),
                "surprise": surprise(now, before, whole),
                "spreads": [part.spreads for part in parts],
                "p_value": [part.p_value for part in parts],
                "stands_out": np.array([part.stands_out for part in parts], dtype=bool),
                "partial": np.array([part.partial for part in parts], dtype=bool),
                "cells": np.array([part.inside.sum() for part in parts], dtype=int),
            }
        )


def segment_text(values: Mapping[str, object]) -> str:
    """Give a segment as text: dimension=value, joined by semicolons; "" for the whole.

    Examples
    --------
    >>> segment_text({"region": "East", "line": "A"})
    'region=East;line=A'
    """
    return ";".join(f"{name}={value}" for name, value in values.items())


def _check(dimensions: Sequence[str], depth: int, pinned: Sequence[Mapping[str, object]]) -> None:
    problems = []
    if not 1 <= len(dimensions) <= MOST_DIMENSIONS or isinstance(dimensions, str):
        problems.append(
            Problem(f"`dimensions` must list 1 to {MOST_DIMENSIONS} columns", got=str(dimensions))
        )
    if depth < 1:
        problems.append(Problem("`depth` must be 1 or more", got=str(depth)))
    problems += [
        Problem(f"a dimension cannot be called `{name}`", fix="That is a column of the result.")
        for name in dimensions
        if name in RESERVED
    ]
    for values in pinned:
        problems += [
            Problem(f"pinned segment has no dimension `{name}`", fix=suggest(name, dimensions))
            for name in values
            if name not in dimensions
        ]
    if problems:
        raise ParameterError(problems, "contribution search")


def _cube(current: DataFrame, prior: DataFrame, dimensions: list[str], value: str) -> DataFrame:
    """Add rows up to the finest cells: dimensions, prior, current."""
    for side, where in ((current, "current"), (prior, "prior")):
        require_columns(side, [*dimensions, value], where)
    cells, here, there = shared_items(current, prior, dimensions)
    for name, side, places in (("prior", prior, there), ("current", current, here)):
        amounts = numbers(side[value], f"`{value}` of {name}")
        cells[name] = np.bincount(places, amounts, len(cells))
    return cells[(cells["prior"] != 0) | (cells["current"] != 0)].reset_index(drop=True)
