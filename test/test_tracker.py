# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""People keep their numbers, whoever comes, goes, passes or is hidden."""

import re
from dataclasses import replace

import numpy as np
import pytest

from headpose_ros.head_pose import HeadPose
from headpose_ros.people.track_ids import TrackIds
from headpose_ros.people.tracker import (
    BIRTH_FRAMES,
    BIRTH_STD,
    MAX_GAP,
    MAX_MISSES,
    FaceTracker,
)
from headpose_ros.rotation import rotation_from_rpy

PERIOD = 1 / 30  # seconds between images
SIZE = 100  # pixels of a face
FACE = np.random.default_rng(0).uniform(0, SIZE, (468, 3))


def head(x=0.0, rpy=(0.0, 0.0, 0.0), std=(0.06, 0.1, 0.12), y=0.0, scale=1.0):
    """A head whose face is around x, y in the image."""
    landmarks = scale * (FACE - SIZE / 2) + [x, y, 0]
    return HeadPose(rotation_from_rpy(np.array(rpy)), landmarks, np.array(std))


@pytest.fixture
def tracker():
    return FaceTracker(min_cutoff=1.0, beta=5.0)


def numbers(heads):
    return [int(h.track_id.removeprefix('f')) for h in heads]


def ids(*numbers):
    return {f'f{number}' for number in numbers}


def seen(tracker, start, *frames):
    """Numbers in each of several frames, given as the places of the faces in them."""
    return [
        numbers(tracker.update([head(x) for x in places], start + i * PERIOD))
        for i, places in enumerate(frames)
    ]


def test_numbers_follow_people_not_order(tracker):
    assert seen(tracker, 0.0, [0, 300], [310, 8], [20, 320]) == [[1, 2], [2, 1], [1, 2]]
    assert tracker.tracked_ids == ids(1, 2)


def test_each_head_keeps_its_own_standard_deviations(tracker):
    sure, unsure = (0.01, 0.02, 0.03), (0.1, 0.13, 0.12)
    tracker.update([head(0, std=sure), head(300, std=unsure)], 0.0)
    # Turned, so that smoothing has something to do, and in the other order.
    tracked = tracker.update(
        [head(310, (0, 0, 0.5), std=sure), head(8, (0, 0, 0.5), std=unsure)], PERIOD
    )
    assert numbers(tracked) == [2, 1]
    for followed, std in zip(tracked, (sure, unsure), strict=True):
        assert 0 < followed.rpy[2] < 0.5
        np.testing.assert_array_equal(followed.std, std)


def test_nobody_is_no_trouble(tracker):
    assert tracker.update([], 0.0) == []
    assert tracker.tracked_ids == set()
    assert seen(tracker, PERIOD, [0], []) == [[1], []]
    assert tracker.tracked_ids == ids(1)


def test_while_nobody_is_followed_everybody_is_taken_at_once(tracker):
    assert seen(tracker, 0.0, [0, 300, 600]) == [[1, 2, 3]]


def test_beside_somebody_a_newcomer_is_a_person_in_the_third_frame(tracker):
    assert seen(tracker, 0.0, [0], [0, 300], [0, 300], [0, 300]) == [[1], [1], [1], [1, 2]]


def test_what_flickers_gets_no_number_and_uses_none_up(tracker):
    flicker = [[0, 300] if i % 3 else [0] for i in range(30)]
    assert seen(tracker, 0.0, *flicker) == [[1]] * 30
    assert tracker.tracked_ids == ids(1)
    assert seen(tracker, 1.0, *[[0, 600]] * 3)[-1] == [1, 2]


@pytest.mark.parametrize('angle', range(3))
@pytest.mark.parametrize('beside', [[], [0]], ids=['alone', 'beside somebody'])
def test_an_unsure_face_gets_no_number_and_uses_none_up(tracker, beside, angle):
    std = np.full(3, 0.1)
    std[angle] = 1.01 * BIRTH_STD[-1]
    known = [head(x) for x in beside]
    for i in range(30):
        tracked = tracker.update([*known, head(300, std=std)], i * PERIOD)
        assert numbers(tracked) == [1] * len(beside)
    found = [
        numbers(tracker.update([*known, head(300)], i * PERIOD)) for i in range(30, 33)
    ]
    # The frames in which it was unsure do not count.
    assert found == ([[1], [1], [1, 2]] if beside else [[], [], [1]])


@pytest.mark.parametrize('angle', range(3))
@pytest.mark.parametrize('step', [1, 2])
@pytest.mark.parametrize('score', [0.9, 0.4])
def test_a_face_that_is_less_sure_is_a_person_later_though_it_is_alone(
    tracker, angle, step, score
):
    std = np.full(3, 0.1)
    std[angle] = 0.99 * BIRTH_STD[step]
    unsure = replace(head(std=std), score=score)
    found = [numbers(tracker.update([unsure], i * PERIOD)) for i in range(20)]
    frames = BIRTH_FRAMES[step] * (1 if score == 0.9 else 2)
    assert found == [[]] * (frames - 1) + [[1]] * (21 - frames)


def test_who_becomes_unsure_keeps_the_number(tracker):
    for i in range(10):
        tracked = tracker.update([head(std=[0.1 + 0.2 * i] * 3)], i * PERIOD)
        assert numbers(tracked) == [1]


def test_a_newcomer_is_taken_at_once_when_the_last_person_has_gone(tracker):
    tracker.update([head(0)], 0.0)
    times = np.arange(1, 20) * PERIOD
    found = [numbers(tracker.update([head(400)] if t > 0.45 else [], t)) for t in times]
    first = next(i for i, people in enumerate(found) if people)
    assert found[first] == [2]
    assert MAX_GAP < times[first] < MAX_GAP + 2 * PERIOD


def test_a_short_miss_keeps_the_number_a_long_one_does_not(tracker):
    tracker.update([head()], 0.0)
    assert numbers(tracker.update([head()], 0.9 * MAX_GAP)) == [1]
    assert numbers(tracker.update([head()], 2.5 * MAX_GAP)) == [2]


def test_who_is_not_seen_lives_for_a_while_and_is_gone_then(tracker):
    tracker.update([head(0), head(300)], 0.0)
    tracked_ids = []
    for i in range(1, 31):
        tracker.update([head(0)], i * PERIOD)
        tracked_ids.append(set(tracker.tracked_ids))
    alive = round(MAX_GAP / PERIOD)
    assert tracked_ids[: alive - 1] == [ids(1, 2)] * (alive - 1)
    assert tracked_ids[alive:] == [ids(1)] * (30 - alive)
    # Who comes back then is somebody new.
    assert seen(tracker, 31 * PERIOD, *[[0, 300]] * 3)[-1] == [1, 3]


def test_after_a_gap_everybody_is_new(tracker):
    tracker.update([head(0, (0, 0, 0.5)), head(300)], 0.0)
    restarted = tracker.update([head(0, (0, 0, -0.5)), head(300)], 1.1 * MAX_GAP)
    assert numbers(restarted) == [3, 4]
    np.testing.assert_allclose(restarted[0].rpy, [0, 0, -0.5], atol=1e-9)


@pytest.mark.parametrize('stamp', [9.0, 0.0, 9.99])
def test_a_stamp_that_goes_back_starts_anew(tracker, stamp):
    tracker.update([head(rpy=(0, 0, 0.5))], 10.0)
    (restarted,) = tracker.update([head(rpy=(0, 0, -0.5))], stamp)
    assert restarted.track_id == 'f2' and tracker.tracked_ids == ids(2)
    np.testing.assert_allclose(restarted.rpy, [0, 0, -0.5], atol=1e-9)


@pytest.mark.parametrize('stamp', [0.0, 10.0], ids=['zero', 'stands'])
def test_while_stamps_stand_still_people_are_followed_and_nothing_is_smoothed(tracker, stamp):
    for i in range(50):
        rpy = (0, 0, 0.5 * (-1) ** i)
        first, second = tracker.update([head(i, rpy), head(300 - i)], stamp)
        assert numbers([first, second]) == [1, 2]
        np.testing.assert_allclose(first.rpy, rpy, atol=1e-9)


def test_while_stamps_stand_still_frames_are_counted(tracker):
    tracker.update([head(0), head(300)], 0.0)
    for _ in range(MAX_MISSES - 1):
        tracker.update([head(0)], 0.0)
    assert tracker.tracked_ids == ids(1, 2)
    tracker.update([head(0)], 0.0)
    assert tracker.tracked_ids == ids(1)
    # Frames that pass in time do not count: at 120 Hz there are 60 in MAX_GAP.
    for i in range(50):
        tracker.update([], i / 120)
    assert tracker.tracked_ids == ids(1)


def test_smoothing_goes_on_after_the_stamps_did(tracker):
    for stamp in (0.0, 0.0, PERIOD):
        (followed,) = tracker.update([head(rpy=(0, 0, 0.3 * stamp / PERIOD))], stamp)
    assert 0 < followed.rpy[2] < 0.2


@pytest.mark.parametrize('stamp', [float('nan'), float('inf')])
def test_a_stamp_must_be_finite(tracker, stamp):
    with pytest.raises(ValueError, match=f'stamp is {stamp}; expected a finite number'):
        tracker.update([head()], stamp)


def test_reset_forgets_everybody_and_numbers_go_on(tracker):
    tracker.update([head(0), head(300)], 10.0)
    tracker.reset()
    assert tracker.tracked_ids == set()
    assert numbers(tracker.update([head(0)], 10.0 + PERIOD)) == [3]


def test_track_ids_have_the_prefix_and_go_on_in_another_tracker():
    from_here = TrackIds('front_')
    (first,) = FaceTracker(ids=from_here).update([head(0)], 0.0)
    (second,) = FaceTracker(ids=from_here).update([head(0)], 0.0)
    assert [first.track_id, second.track_id] == ['front_f1', 'front_f2']


@pytest.mark.parametrize(
    'prefix', ['2nd_', 'front-', 'a/b', 'a b', 'é', 'x' * 65, 1, None], ids=str
)
def test_prefixes_that_no_topic_may_have_are_refused(prefix):
    with pytest.raises(ValueError, match=re.escape(f'id_prefix is {prefix!r}; expected letters')):
        TrackIds(prefix)


@pytest.mark.parametrize('prefix', ['', 'front_', 'Rear2', '_', 'x' * 64])
def test_track_ids_are_valid_in_the_names_of_topics(prefix):
    validation = pytest.importorskip('rclpy.validate_full_topic_name', reason='needs ROS 2')
    assert validation.validate_full_topic_name(f'/humans/faces/{next(TrackIds(prefix))}/roi')


def walk(tracker, paths, seconds, hidden=lambda i, places: ()):
    """Numbers of people who walk along paths (seconds to x, y), as a set for each person.

    :param hidden: who is not seen, of the number of the frame and everybody's place.
    """
    rng = np.random.default_rng(0)
    found = [set() for _ in paths]
    for i in range(round(seconds / PERIOD)):
        places = [np.array(path(i * PERIOD)) for path in paths]
        visible = [k for k in range(len(paths)) if k not in hidden(i, places)]
        rng.shuffle(visible)
        heads = []
        for k in visible:
            x, y = places[k] + rng.normal(0, 1.0, 2)
            heads.append(head(x, y=y, std=[(k + 1) / 100] * 3))  # tells who it truly is
        for followed in tracker.update(heads, i * PERIOD):
            found[round(100 * followed.std[0]) - 1].update(numbers([followed]))
    return found


@pytest.mark.parametrize('speed', [1, 3, 6])
@pytest.mark.parametrize('apart', [0.4, 0.7, 1.0])
def test_people_who_cross_keep_their_numbers(tracker, speed, apart):
    # In opposite directions, one lower in the image than the other, both seen all the way.
    speed *= SIZE
    far = 2.0 * SIZE
    found = walk(
        tracker,
        [lambda t: (-far + speed * t, 0), lambda t: (far - speed * t, apart * SIZE)],
        2 * far / speed,
    )
    assert sorted(map(sorted, found)) == [[1], [2]]


@pytest.mark.parametrize('speed', [1.5, 3, 5])
def test_who_is_hidden_while_passing_behind_keeps_the_number(tracker, speed):
    speed *= SIZE
    far = 2.0 * SIZE

    def hidden(_, places):
        return (1,) if abs(places[0][0] - places[1][0]) < 0.6 * SIZE else ()

    found = walk(
        tracker,
        [lambda t: (-far + speed * t, 0), lambda t: (far - speed * t, 0.1 * SIZE)],
        2 * far / speed,
        hidden,
    )
    assert sorted(map(sorted, found)) == [[1], [2]]


def test_people_who_meet_and_turn_back_keep_their_numbers(tracker):
    def swing(t):
        return 0.45 + 1.5 * np.cos(np.pi * t) ** 2

    found = walk(
        tracker,
        [lambda t: (-SIZE * swing(t), 0), lambda t: (SIZE * swing(t), 0)],
        3.0,
    )
    assert sorted(map(sorted, found)) == [[1], [2]]


def test_ten_people_who_walk_about_keep_their_numbers(tracker):
    rng = np.random.default_rng(3)
    middles = [(x, y) for x in range(0, 1000, 200) for y in (0, 200)]
    waves = rng.uniform(0.5, 3.0, (10, 2)), rng.uniform(0, 6, (10, 2))

    def path(k):
        return lambda t: np.array(middles[k]) + 35 * np.sin(waves[0][k] * t + waves[1][k])

    found = walk(
        tracker, [path(k) for k in range(10)], 5.0, lambda i, _: () if i < 5 else (i // 7 % 10,)
    )
    assert sorted(map(sorted, found)) == [[number] for number in range(1, 11)]


def test_a_face_found_twice_is_one_and_the_surer_one_counts(tracker):
    # The double is larger, and where the other one was expected.
    for i in range(5):
        tracker.update([head(0), head(80)], i * PERIOD)
    (followed,) = tracker.update([head(20, std=[0.9] * 3), head(10, std=[0.1] * 3)], 5 * PERIOD)
    assert followed.track_id == 'f1' and followed.std[0] == 0.1
    assert seen(tracker, 6 * PERIOD, [10, 80]) == [[1, 2]]


def test_somebody_behind_does_not_take_over_the_number(tracker):
    tracker.update([head(0, scale=3.0), head(600)], 0.0)
    found = [
        numbers(tracker.update([head(600), head(10, scale=1.0)], i * PERIOD))
        for i in range(1, 4)
    ]
    assert found == [[2], [2], [2, 3]]


def test_nobody_is_moved_to_make_room_for_a_newcomer(tracker):
    # Person 1 has gone, 2 has come nearer to where 1 was, and somebody far away is new: all
    # together they would move the least if 1 were the one who is left.
    assert seen(tracker, 0.0, [0, 100], [60, 1000]) == [[1, 2], [2]]


def test_a_face_is_rather_who_it_overlaps_than_whose_centre_is_near(tracker):
    tracker.update([head(-50, scale=0.8), head(50, scale=1.5)], 0.0)
    assert numbers(tracker.update([head(-10, scale=1.5)], PERIOD)) == [2]


def test_settings_of_smoothing_may_change_on_the_way(tracker):
    tracker.update([head()], 0.0)
    tracker.set_smoothing(0.0, 0.0)
    (followed,) = tracker.update([head(rpy=(0.4, 0.1, -0.2))], PERIOD)
    np.testing.assert_allclose(followed.rpy, [0.4, 0.1, -0.2], atol=1e-9)
    tracker.set_smoothing(1.0, 5.0)
    (followed,) = tracker.update([head(rpy=(0.0, 0.1, -0.2))], 2 * PERIOD)
    assert 0.1 < followed.rpy[0] < 0.4
    assert followed.track_id == 'f1'
