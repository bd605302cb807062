"""Values held against a group: what is noise, and what is not."""

import numpy as np
import pytest

from salesnb.errors import MetricError
from salesnb.explain.peers import against_peers


def test_noise_alone_is_drawn_to_nothing():
    group = against_peers([9, 10, 11], [3, 3, 3])
    assert group.spread == 0
    assert group.centre == pytest.approx(10)
    assert group.table["drawn"].tolist() == [0, 0, 0]
    assert not group.table["differs"].any()


def test_moments_of_a_group_a_person_can_check():
    # Weights 1: Q = 200, room = 2 − 1 = 1, so τ² = 199.
    group = against_peers([0, 20], [1, 1])
    assert group.spread == pytest.approx(np.sqrt(199))
    assert group.table["drawn"].tolist() == pytest.approx([-10 * 199 / 200, 10 * 199 / 200])


def test_the_surer_value_weighs_more_and_the_unknown_nothing():
    group = against_peers([10, 13, np.nan], [1, 2, np.nan])
    assert group.count == 2
    assert group.centre == 10
    assert group.table.loc[2].drop("differs").isna().all()
    assert not group.table["differs"][2]


def test_one_far_off_moves_nobody_else():
    table = against_peers([10, 10, 10, 10, 30], [1, 1, 1, 1, 1]).table
    assert table["gap"].tolist() == [0, 0, 0, 0, 20]


def test_places_are_shares_of_the_others_below():
    table = against_peers([1, 2, 2, 5], [1, 1, 1, 1]).table
    assert table["place"].tolist() == pytest.approx([0, 0.5, 0.5, 1])


def test_order_and_mirror():
    values, errors = np.array([3.0, 9, 4, 8]), np.array([1.0, 2, 1, 3])
    one, turned = against_peers(values, errors), against_peers(values[::-1], errors[::-1])
    mirrored = against_peers(-values, errors)
    assert turned.centre == pytest.approx(one.centre)
    assert mirrored.table["drawn"].to_numpy() == pytest.approx(-one.table["drawn"].to_numpy())


def test_chance_calls_hardly_anybody_different():
    rng = np.random.default_rng(1)
    called = sum(
        against_peers(rng.normal(50, 5, 20), np.full(20, 5.0)).table["differs"].any()
        for _ in range(200)
    )
    assert called <= 20


def test_nobody_and_somebody_alone():
    assert np.isnan(against_peers([], []).centre)
    alone = against_peers([7], [1])
    assert alone.centre == 7
    assert not alone.table["differs"].any()


def test_a_missing_error_is_refused():
    with pytest.raises(MetricError, match="one standard error each"):
        against_peers([1.0, 2.0], [1.0, np.nan])
