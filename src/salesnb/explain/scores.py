"""Does a score tell who will buy: results by tenth of the score, and the ranking as one figure."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers
from salesnb.explain.intervals import wilson_interval


class Ranking(NamedTuple):
    """How well a score ranks: 0.5 is no better than chance, 1 perfect; NaN with one outcome."""

    area: float
    low: float
    high: float


def score_tenths(scores: ArrayLike, hits: ArrayLike, parts: int = 10) -> pd.DataFrame:
    """Give the success rate by part of the score, the highest scores first.

    Parameters
    ----------
    scores
        A score of each case; higher is meant to be better.
    hits
        Whether each case succeeded.
    parts
        How many parts of about equal size; equal scores stay in one part.

    Returns
    -------
    One row for each part that has cases: `part` (1 highest), `low`, `high` (scores), `n`, `hits`,
    `rate`, `rate_low`, `rate_high` (95 %), `share`, the part's share of all hits up to and with
    it.

    Raises
    ------
    MetricError
        If a score is missing or the lengths differ.

    Examples
    --------
    >>> score_tenths([1, 2, 3, 4], [0, 0, 1, 1], parts=2)[["part", "n", "rate"]].values.tolist()
    [[1.0, 2.0, 1.0], [2.0, 2.0, 0.0]]
    """
    values, hit = _cases(scores, hits)
    ranks = pd.Series(values).rank(method="average", ascending=False)
    part = np.ceil(ranks.to_numpy() * parts / max(len(values), 1)).clip(1, parts).astype(int)
    frame = pd.DataFrame({"part": part, "score": values, "hit": hit})
    table = frame.groupby("part").agg(
        low=("score", "min"), high=("score", "max"), n=("hit", "size"), hits=("hit", "sum")
    )
    table = table.astype({"hits": float}).reset_index()
    table["rate"] = table["hits"] / table["n"]
    limits = [wilson_interval(row.hits, row.n) for row in table.itertuples()]
    table["rate_low"] = [each.low for each in limits]
    table["rate_high"] = [each.high for each in limits]
    whole = float(table["hits"].sum())
    table["share"] = table["hits"].cumsum() / whole if whole else np.nan
    return table


def score_ranking(scores: ArrayLike, hits: ArrayLike, confidence: float = 0.95) -> Ranking:
    """Give the chance that a case that succeeded had a higher score than one that did not.

    Notes
    -----
    Hanley and McNeil, Radiology 143 (1982); equal scores count half.

    Examples
    --------
    >>> score_ranking([1, 2, 3, 4], [0, 0, 1, 1]).area
    1.0
    """
    values, hit = _cases(scores, hits)
    won, lost = int(hit.sum()), int((~hit).sum())
    if not won or not lost:
        return Ranking(math.nan, math.nan, math.nan)
    ranks = pd.Series(values).rank(method="average").to_numpy()
    area = float((ranks[hit].sum() - won * (won + 1) / 2) / (won * lost))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (won - 1) * (first - area**2) + (lost - 1) * (second - area**2)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(max(spread, 0) / (won * lost))
    return Ranking(area, max(area - reach, 0.0), min(area + reach, 1.0))


def _cases(scores: ArrayLike, hits: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    values = numbers(scores, "`scores`").ravel()
    hit = np.asarray(hits).astype(bool).ravel()
    if len(values) != len(hit):
        raise MetricError(Problem("scores and results must be of one length"))
    return values, hit
