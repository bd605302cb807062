"""A score that ranks, one that does not, one that points the wrong way."""

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.explain.scores import score_ranking, score_tenths


def test_tenths_hold_everyone_once_and_equal_scores_stay_together():
    scores = [5, 5, 5, 5, 1, 2, 3, 4, 9, 10]
    table = score_tenths(scores, [True] + [False] * 9, parts=5)
    assert table["n"].sum() == 10
    assert table["hits"].sum() == 1
    fives = table[(table["low"] <= 5) & (table["high"] >= 5)]
    assert fives["n"].tolist() == [4]
    assert table["share"].iloc[-1] == 1


def test_the_ranking_by_hand():
    # Pairs of a hit and a miss: (3, 1) and (3, 2) right, (1, 1) even, (1, 2) wrong.
    assert score_ranking([3, 1, 1, 2], [1, 1, 0, 0]).area == pytest.approx(2.5 / 4)


def test_reversing_the_score_reverses_the_ranking():
    random = np.random.default_rng(1)
    scores, hits = random.normal(size=50), random.random(50) < 0.3
    there, back = score_ranking(scores, hits), score_ranking(-scores, hits)
    assert there.area + back.area == pytest.approx(1)
    assert there.low <= there.area <= there.high


def test_one_outcome_says_nothing_and_lengths_must_fit():
    assert np.isnan(score_ranking([1, 2], [1, 1]).area)
    with pytest.raises(MetricError):
        score_tenths([1, 2], [1])
