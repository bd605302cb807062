"""What stands out from the noise of a cube of cells: the arithmetic of the contribution search.

The null model. Every cell c has expected current value g × prior, and its noise has variance
s² × size^p. The growth g of the bulk of cells, the noise s and the power p (2: noise in percent
of the cell; 1: noise as of counted orders; or between) are all estimated from the cells, so that
a minority of cells with a change of their own does not disturb them: the start is the shortest
half of the relative changes, the end a mean and a spread of the cells within 2.5 spreads of it
(Rousseeuw, "Least median of squares regression", JASA 1984).

A segment's score is its squared deviation in spreads, less twice the logarithm of the number of
segments of its depth: the price of having looked at so many. Cubes of pure noise of the same
shape, put through the same estimates, say how large the best score is by chance. Their noise has
the tail (Gaussian or heavier) that the cells outside the segment show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

CUT = 2.5
# Spread of a Gaussian cut off at ± CUT, to scale the spread of the cells kept back up.
CUT_SPREAD = math.sqrt(
    1 - 2 * CUT * math.exp(-CUT * CUT / 2) / math.sqrt(2 * math.pi) / math.erf(CUT / math.sqrt(2))
)
MEDIAN_OF_NORMAL = 0.6745
# Power and tail are drawn towards a start as if so many cells had shown it; the power towards 2.
POWER_PRIOR = 20.0
TAIL_PRIOR, TAIL_START = 40.0, 2.5
# Ratio of the 90 % quantile of |noise| to its median, by degrees of freedom of Student's t, and
# the median itself.
TAILS = (
    (math.inf, 2.4387, 0.6745),
    (30.0, 2.4859, 0.6828),
    (15.0, 2.5363, 0.6912),
    (10.0, 2.5899, 0.6998),
    (8.0, 2.6325, 0.7064),
    (6.0, 2.7080, 0.7176),
    (5.0, 2.7729, 0.7267),
    (4.0, 2.8782, 0.7407),
    (3.0, 3.0767, 0.7649),
)
LARGEST_SHARE = 0.6
LEAST_CELLS = 5
# Cubes of noise: so many, fewer where they are large.
LEAST_DRAWS, MOST_DRAWS, MOST_DRAWN = 99, 399, 400_000


@dataclass(frozen=True)
class Grouping:
    """All segments made by one set of dimensions.

    Attributes
    ----------
    dimensions
        Positions of the dimensions.
    segment
        The segment of each cell, 0, 1 …
    order, starts
        The cells sorted by segment, and where each segment starts among them.
    distinct
        Whether a segment differs from every segment of fewer dimensions.
    """

    dimensions: tuple[int, ...]
    segment: np.ndarray
    order: np.ndarray
    starts: np.ndarray
    distinct: np.ndarray

    @property
    def halves(self) -> bool:
        """Whether this is one dimension with two values, each of cells enough to judge by."""
        if len(self.dimensions) != 1 or len(self.starts) != 2:
            return False
        return int(np.bincount(self.segment).min()) >= LEAST_CELLS

    def sums(self, cells: np.ndarray) -> np.ndarray:
        """Add the last axis, cells, up to segments."""
        return np.add.reduceat(cells[..., self.order], self.starts, axis=-1)


@dataclass(frozen=True)
class Fit:
    """The bulk of the cells: growth factor and noise, one of each for every cube."""

    growth: np.ndarray
    noise: np.ndarray
    power: float


@dataclass(frozen=True)
class Standing:
    """How segments stand out from one cube.

    Attributes
    ----------
    score
        One number for each grouping and segment; -inf where a segment was not looked at.
    spreads
        Deviation of the segment from the growth of the bulk, in spreads, with its sign.
    chance
        Best scores of cubes of noise, sorted; empty when there are too few cells to tell.
    given
        Spreads and p-value of each segment asked for beforehand: no price for looking.
    growth
        Growth factor of the bulk.
    noise
        Noise of a cell of average size, relative to it.
    """

    score: list[np.ndarray]
    spreads: list[np.ndarray]
    chance: np.ndarray
    given: list[tuple[float, float]]
    growth: float
    noise: float

    def p_value(self, score: float) -> float:
        """Give the chance that noise alone shows a score as large anywhere in the cube."""
        if not len(self.chance):
            return math.nan
        return (float((self.chance >= score).sum()) + 1) / (len(self.chance) + 1)

    def best(self, count: int) -> list[tuple[int, int]]:
        """Give grouping and segment of the best scores, best first."""
        flat = np.concatenate(self.score)
        starts = np.cumsum([0, *(len(each) for each in self.score)])
        order = np.argsort(-flat, kind="stable")[:count]
        group = np.searchsorted(starts, order, side="right") - 1
        return [
            (int(place), int(number - starts[place]))
            for place, number in zip(group, order, strict=True)
            if flat[number] > -math.inf
        ]


def groupings(codes: Sequence[np.ndarray], depth: int) -> list[Grouping]:
    """Give the groupings of cells by every set of up to `depth` dimensions, coarse first."""
    count = len(codes[0])
    # Segments with the same cells get the same sum of random marks, whatever their names.
    marks = np.random.default_rng(0).integers(1, 2**40, count)
    seen: set[int] = set()
    found = []
    for size in range(1, depth + 1):
        for dimensions in combinations(range(len(codes)), size):
            key = np.zeros(count, dtype=np.int64)
            for dimension in dimensions:
                key = key * (int(codes[dimension].max()) + 1) + codes[dimension]
            _, segment = np.unique(key, return_inverse=True)
            order = np.argsort(segment, kind="stable")
            starts = np.flatnonzero(np.diff(segment[order], prepend=-1))
            sums = np.add.reduceat(marks[order], starts).tolist()
            distinct = np.array([mark not in seen for mark in sums])
            seen.update(sums)
            found.append(Grouping(dimensions, segment, order, starts, distinct))
    return found


def stand_out(
    prior: np.ndarray,
    current: np.ndarray,
    groups: Sequence[Grouping],
    least_share: float,
    seed: int,
    given: Sequence[np.ndarray] = (),
) -> Standing:
    """Score every segment of a cube against noise, and the given sets of cells each by itself."""
    if len(prior) < LEAST_CELLS:
        score = [np.full(len(group.starts), -np.inf) for group in groups]
        growth = float(current.sum() / prior.sum()) if prior.sum() else math.nan
        unknown = [(math.nan, math.nan)] * len(given)
        return Standing(score, score, np.empty(0), unknown, growth, math.nan)
    power = noise_power(prior, current)
    looked = _looked_at(prior, current, groups, least_share)
    fit = fit_bulk(prior[None], current[None], power)
    score, spreads = _scores(prior[None], current[None], groups, looked, fit)
    best = max(range(len(groups)), key=lambda place: score[place].max())
    outside = groups[best].segment != int(np.argmax(score[best]))
    growth, noise = float(fit.growth[0]), float(fit.noise[0])
    residual = (current - growth * prior) / _size(prior, current, fit.growth)[0] ** (power / 2)

    # Noise around the middle of what was expected and what is.
    middle = (np.abs(growth * prior) + np.abs(current)) / 2
    draws = int(np.clip(MOST_DRAWN // len(prior), LEAST_DRAWS, MOST_DRAWS))
    drawn = _noise((draws, len(prior)), _tail(residual[outside]), seed)
    drawn = np.maximum(middle + noise * middle ** (power / 2) * drawn, 0.0)
    before = np.broadcast_to(middle, drawn.shape)
    by_chance = fit_bulk(before, drawn, power)
    scores, _ = _scores(before, drawn, groups, looked, by_chance)
    judged = []
    for inside in given:
        here = float(_spreads(prior[None], current[None], inside, fit)[0])
        there = np.abs(_spreads(before, drawn, inside, by_chance))
        judged.append((here, (float((there >= abs(here)).sum()) + 1) / (draws + 1)))
    return Standing(
        score=[each[0] for each in score],
        spreads=[each[0] for each in spreads],
        chance=np.sort(np.max([each.max(axis=1) for each in scores], axis=0)),
        given=judged,
        growth=growth,
        noise=noise * float(middle.mean()) ** (power / 2 - 1),
    )


def fit_bulk(prior: np.ndarray, current: np.ndarray, power: float) -> Fit:
    """Estimate growth and noise of the bulk of the cells; cubes × cells on both sides."""
    size = (np.abs(prior) + np.abs(current)) / 2
    change = (current - prior) / size
    # Growth is that of half of the money, so that what the bulk should have done it has done.
    weight = size.mean(axis=0)
    cells = change.shape[1]
    centre = _shortest_half(change, weight)
    noise = np.zeros(0)
    for step in range(3):
        deviation = _deviation(prior, current, centre, power)
        if not step:
            # Few cells leave the median spread too small.
            noise = np.median(np.abs(deviation), axis=1) / MEDIAN_OF_NORMAL * (1 + 2 / cells)
        bulk = np.abs(deviation) <= CUT * noise[:, None]
        count = np.maximum(bulk.sum(axis=1), 2)
        weights = bulk * weight
        total = weights.sum(axis=1)
        centre = np.where(
            total > 0, (weights * change).sum(axis=1) / np.maximum(total, 1e-300), centre
        )
        deviation = _deviation(prior, current, centre, power)
        noise = np.sqrt((bulk * deviation**2).sum(axis=1) / (count - 1)) / CUT_SPREAD
        # A cube without any noise at all still needs a spread to divide by.
        noise = np.maximum(noise, 1e-9 * size.mean(axis=1) ** (1 - power / 2))
    return Fit(_growth(centre), noise, power)


def noise_power(prior: np.ndarray, current: np.ndarray) -> float:
    """Estimate how the noise of a cell grows with its size: 1 (counts) to 2 (in proportion)."""
    start = 1.5
    fit = fit_bulk(prior[None], current[None], start)
    size = _size(prior, current, fit.growth)[0]
    deviation = np.abs(current - fit.growth[0] * prior) / (fit.noise[0] * size ** (start / 2))
    bulk = deviation <= CUT
    if bulk.sum() < LEAST_CELLS:
        return 2.0
    across = np.log(size[bulk])
    across = across - across.mean()
    up = np.log(np.maximum(deviation[bulk], 0.05))
    slope = (across @ (up - up.mean()) + POWER_PRIOR * (1 - start / 2)) / (
        across @ across + POWER_PRIOR
    )
    return float(np.clip(start + 2 * slope, 1.0, 2.0))


def _shortest_half(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Give, for each row, the middle of the shortest stretch that holds half of the weight.

    Where two stretches are about equally short, half of the cells have moved; the one nearer to
    no change is then taken as the bulk.
    """
    rows, cells = values.shape
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    upto = np.cumsum(weight[order] / weight.sum(), axis=1)
    before = np.hstack([np.zeros((rows, 1)), upto[:, :-1]])
    # Rows are laid end to end, two apart, so that one search serves them all.
    apart = 2.0 * np.arange(rows)[:, None]
    ends = np.searchsorted((upto + apart).ravel(), (before + 0.5 - 1e-12 + apart).ravel())
    ends = ends.reshape(rows, cells) - cells * np.arange(rows)[:, None]
    last = np.take_along_axis(ordered, np.minimum(ends, cells - 1), axis=1)
    length = np.where(ends < cells, last - ordered, np.inf)
    middle = (ordered + last) / 2
    near = length <= 1.15 * length.min(axis=1, keepdims=True) + 1e-12
    best = np.argmin(np.where(near, np.abs(middle), np.inf), axis=1)
    return middle[np.arange(rows), best]


def _growth(centre: np.ndarray) -> np.ndarray:
    """Turn a change relative to the middle of both sides into a factor."""
    centre = np.clip(centre, -1.999, 1.999)
    return (2 + centre) / (2 - centre)


def _size(prior: np.ndarray, current: np.ndarray, growth: np.ndarray) -> np.ndarray:
    # The larger of the two: a rise and a fall of one size in logarithms count about the same.
    return np.maximum(np.abs(growth[:, None] * prior), np.abs(current))


def _deviation(
    prior: np.ndarray, current: np.ndarray, centre: np.ndarray, power: float
) -> np.ndarray:
    growth = _growth(centre)
    return (current - growth[:, None] * prior) / _size(prior, current, growth) ** (power / 2)


def _looked_at(
    prior: np.ndarray, current: np.ndarray, groups: Sequence[Grouping], least_share: float
) -> list[np.ndarray]:
    """Say which segments are large enough to matter and small enough to be a part.

    Of a dimension with two values only the one is looked at that moved more: that the other
    stayed behind is the same news.
    """
    size = np.abs(prior) + np.abs(current)
    looked = []
    for group in groups:
        share = group.sums(size) / size.sum()
        chosen = group.distinct & (share >= least_share)
        if group.halves:
            before, now = group.sums(prior), group.sums(current)
            moved = np.abs(now - before) / np.maximum(np.abs(before) + np.abs(now), 1e-300)
            chosen &= np.arange(2) == int(np.argmax(moved))
        else:
            chosen &= share <= LARGEST_SHARE
        looked.append(chosen)
    return looked


def _scores(
    prior: np.ndarray,
    current: np.ndarray,
    groups: Sequence[Grouping],
    looked: Sequence[np.ndarray],
    fit: Fit,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Give scores and spreads of all segments; cubes × segments for each grouping."""
    deviation, variance = _deviations(prior, current, fit)
    tried: dict[int, int] = {}
    for group, chosen in zip(groups, looked, strict=True):
        depth = len(group.dimensions)
        tried[depth] = tried.get(depth, 0) + int(chosen.sum())
    scores, spreads = [], []
    for group, chosen in zip(groups, looked, strict=True):
        spread = group.sums(deviation) / np.sqrt(group.sums(variance))
        if group.halves and chosen.any():
            # No bulk can be trusted when half of the cells may have moved: judge by the other half.
            inside = group.segment == int(np.argmax(chosen))
            other = fit_bulk(prior[:, ~inside], current[:, ~inside], fit.power)
            spread[:, chosen] = _spreads(prior, current, inside, other)[:, None]
        price = 2 * math.log(max(tried[len(group.dimensions)], 1))
        scores.append(np.where(chosen, spread**2 - price, -np.inf))
        spreads.append(spread)
    return scores, spreads


def _spreads(prior: np.ndarray, current: np.ndarray, inside: np.ndarray, fit: Fit) -> np.ndarray:
    """Give the deviation of one set of cells in spreads, one for each cube."""
    deviation, variance = _deviations(prior[:, inside], current[:, inside], fit)
    return deviation.sum(axis=1) / np.sqrt(np.maximum(variance.sum(axis=1), 1e-300))


def _deviations(prior: np.ndarray, current: np.ndarray, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    deviation = current - fit.growth[:, None] * prior
    variance = fit.noise[:, None] ** 2 * _size(prior, current, fit.growth) ** fit.power
    return deviation, np.maximum(variance, 1e-300)


def _tail(noise: np.ndarray) -> tuple[float, float]:
    """Give degrees of freedom and median of the Student's t whose tail the noise has."""
    size = np.abs(noise)
    middle = float(np.median(size)) if len(size) else 0.0
    ratio = float(np.quantile(size, 0.9)) / middle if middle > 0 else TAIL_START
    ratio = (len(size) * ratio + TAIL_PRIOR * TAIL_START) / (len(size) + TAIL_PRIOR)
    freedom, _, median = min(TAILS, key=lambda tail: abs(tail[1] - ratio))
    return freedom, median


def _noise(shape: tuple[int, int], tail: tuple[float, float], seed: int) -> np.ndarray:
    """Draw noise whose median size is that of a Gaussian with spread 1."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(shape)
    freedom, median = tail
    if math.isfinite(freedom):
        noise *= np.sqrt(freedom / random.chisquare(freedom, shape)) * MEDIAN_OF_NORMAL / median
    return noise
