# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The primary face is the one the policy asks for, and does not flip between two people."""

import numpy as np
import pytest

from headpose_ros.head_pose import HeadPose
from headpose_ros.people.primary import POLICIES, PrimarySelector

FACE = np.random.default_rng(0).uniform(-0.5, 0.5, (468, 3))
FACE[:4, :2] = [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]]  # a box of side 1
IMAGE = (640, 480)


def head(number, x=320.0, size=100.0, y=240.0):
    return HeadPose(np.eye(3), size * FACE + [x, y, 0], np.full(3, 0.1), track_id=f'f{number}')


def choose(selector, heads, tracked_ids=None):
    """Number of the primary face; everybody who is seen is followed."""
    numbers = {int(h.track_id[1:]) for h in heads} if tracked_ids is None else tracked_ids
    chosen = selector.choose(heads, frozenset(f'f{number}' for number in numbers), IMAGE)
    assert chosen is None or any(chosen is h for h in heads)
    return None if chosen is None else int(chosen.track_id[1:])


@pytest.mark.parametrize('policy', POLICIES)
def test_nobody_and_a_single_one(policy):
    selector = PrimarySelector(policy)
    assert choose(selector, []) is None
    assert choose(selector, [head(7)]) == 7
    assert choose(selector, []) is None
    assert choose(selector, [head(8)]) == 8


@pytest.mark.parametrize(
    ('policy', 'number'), [('largest', 2), ('nearest_center', 3), ('longest_tracked', 1)]
)
def test_what_each_policy_chooses(policy, number):
    heads = [head(2, x=100, size=150), head(1, x=600, size=90), head(3, x=300, size=80)]
    for order in (heads, heads[::-1]):
        selector = PrimarySelector(policy)
        for last in (1, 2, 3):  # they come one after the other
            chosen = choose(selector, [h for h in order if int(h.track_id[1:]) <= last])
        assert chosen == number


def test_the_default_is_the_largest():
    assert PrimarySelector().policy == 'largest'


@pytest.mark.parametrize('policy', POLICIES)
def test_noise_does_not_flip_it(policy):
    # Two people of one size on both sides of the centre: a choice afresh flips all the time.
    rng = np.random.default_rng(1)
    selector = PrimarySelector(policy)
    chosen, afresh = [], []
    for _ in range(200):
        heads = [
            head(number, x=320 + side + rng.normal(0, 8), size=100 + rng.normal(0, 4))
            for number, side in ((1, -100), (2, 100))
        ]
        rng.shuffle(heads)
        chosen.append(choose(selector, heads))
        afresh.append(choose(PrimarySelector(policy), heads))
    assert len(set(chosen)) == 1
    if policy != 'longest_tracked':
        assert min(afresh.count(1), afresh.count(2)) > 50


def test_somebody_larger_takes_over_from_20_percent_on_and_keeps_it():
    selector = PrimarySelector('largest')
    assert choose(selector, [head(1, size=100), head(2, size=90)]) == 1
    assert choose(selector, [head(2, size=119), head(1, size=100)]) == 1
    assert choose(selector, [head(2, size=121), head(1, size=100)]) == 2
    assert choose(selector, [head(1, size=121), head(2, size=110)]) == 2
    assert choose(selector, [head(1, size=133), head(2, size=110)]) == 1


def test_somebody_nearer_to_the_centre_takes_over_from_a_tenth_of_the_width_on():
    selector = PrimarySelector('nearest_center')
    assert choose(selector, [head(1, x=420), head(2, x=120)]) == 1
    assert choose(selector, [head(1, x=420), head(2, x=263)]) == 1  # 43 pixels nearer
    assert choose(selector, [head(1, x=420), head(2, x=285)]) == 2  # 65
    assert choose(selector, [head(1, x=320), head(2, x=263)]) == 2
    # Up and down counts as well.
    assert choose(selector, [head(1, x=320), head(2, x=320, y=400)]) == 1


def test_the_first_keeps_it_until_gone():
    selector = PrimarySelector('longest_tracked')
    assert choose(selector, [head(3, size=50), head(4, size=200)]) == 3
    assert choose(selector, [head(4, size=200)], {3, 4}) is None
    assert choose(selector, [head(5), head(4)], {4, 5}) == 4


@pytest.mark.parametrize('policy', POLICIES)
def test_nobody_takes_over_while_the_primary_is_only_not_seen(policy):
    selector = PrimarySelector(policy)
    assert choose(selector, [head(1), head(2, x=600, size=50)]) == 1
    for _ in range(5):
        assert choose(selector, [head(2, x=600, size=50)], {1, 2}) is None
    assert choose(selector, [], {1, 2}) is None
    assert choose(selector, [head(1), head(2, x=600, size=50)]) == 1
    assert choose(selector, [head(2, x=600, size=50)], {2}) == 2


@pytest.mark.parametrize('policy', POLICIES)
def test_of_two_that_are_equal_it_is_the_older_in_any_order(policy):
    for newer, older in ((11, 2), (2, 11)):
        for heads in ([head(newer), head(older)], [head(older), head(newer)]):
            selector = PrimarySelector(policy)
            larger = head(7, size=300)
            assert choose(selector, [larger]) == 7
            assert choose(selector, [head(older), larger]) == 7
            assert choose(selector, [*heads, larger]) == 7
            assert choose(selector, heads) == older


def test_the_policy_may_change_on_the_way():
    heads = [head(1, x=600), head(2, x=100, size=200), head(3, x=320)]
    selector = PrimarySelector('largest')
    assert choose(selector, heads) == 2
    selector.policy = 'nearest_center'
    assert choose(selector, heads) == 3
    selector.policy = 'longest_tracked'
    assert choose(selector, heads) == 1


@pytest.mark.parametrize('policy', ['biggest', '', None, 3, ['largest']], ids=str)
def test_an_unknown_policy_is_refused_and_changes_nothing(policy):
    told = 'known: largest, nearest_center, longest_tracked'
    with pytest.raises(ValueError, match=told):
        PrimarySelector(policy)
    selector = PrimarySelector('longest_tracked')
    with pytest.raises(ValueError, match=told):
        selector.policy = policy
    assert selector.policy == 'longest_tracked'
