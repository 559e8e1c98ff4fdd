# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Several people through the whole core: the rendered head more than once, on real FaceMesh."""

from dataclasses import FrozenInstanceError, replace

import cv2
import numpy as np
import pytest

from headpose_ros.camera.camera import Camera
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import FollowSettings, HeadFollower
from headpose_ros.people.primary import POLICIES
from headpose_ros.people.tracker import MAX_GAP
from headpose_ros.rotation import rotation_from_rpy, rpy_from_rotation
from training.rotation import geodesic_angle

PERIOD = 1 / 30  # seconds between images
EMPTY = np.full((480, 640, 3), 90, np.uint8)
UNSMOOTHED = FollowSettings(smoothing_min_cutoff=0.0)

pytestmark = pytest.mark.usefixtures('face_mesh')


@pytest.fixture
def follow():
    """Starts a follower of up to a number of people."""
    estimators = []

    def start(settings=None, max_faces=2):
        estimators.append(HeadPoseEstimator(mode='video', max_faces=max_faces))
        return HeadFollower(estimators[-1], settings)

    yield start
    for estimator in estimators:
        estimator.close()


@pytest.fixture(scope='module')
def picture(rendered_head):
    """Renders the head at degrees of roll, pitch, yaw and a position in metres."""

    def render(degrees=(0, 0, 0), position=(0, 0, 0.6)):
        return rendered_head.render(rotation_from_rpy(np.radians(degrees)), position)

    return render


def beside(left, right):
    """A picture of the middles of two pictures."""
    return np.hstack([left[:, 160:480], right[:, 160:480]])


def numbers(people):
    return [int(head.track_id.removeprefix('f')) for head in people.heads]


def ids(*numbers):
    return {f'f{number}' for number in numbers}


def degrees(head):
    return np.degrees(head.rpy)


def test_two_people_keep_their_numbers_and_the_primary_one_stays(follow, picture):
    # The one at the left turns to the left, the other to the right; each comes nearer in turn.
    follower = follow()
    for i in range(24):
        swing = 0.04 * np.sin(2 * np.pi * i / 12)
        left = picture((0, 0, 25), (0, 0, 0.6 + swing))
        right = picture((0, 0, -25), (0, 0, 0.6 - swing))
        people = follower.update(beside(left, right), i * PERIOD)
        assert people.tracked_ids == ids(1, 2)
        by_number = {head.track_id: head for head in people.heads}
        if i == 0:
            at_left = min(people.heads, key=lambda head: head.bbox[0]).track_id
            first = people.primary.track_id
            (at_right,) = ids(1, 2) - {at_left}
        assert by_number[at_left].bbox[0] < 320 < by_number[at_right].bbox[0]
        assert degrees(by_number[at_left])[2] > 10 > -10 > degrees(by_number[at_right])[2]
        sizes = [head.bbox[2:].prod() for head in people.heads]
        assert sizes == sorted(sizes, reverse=True)
        # Now one is larger, now the other, but never by much.
        assert people.primary is by_number[first]


@pytest.mark.parametrize('speed', [0.5, 0.8, 1.2])
def test_people_who_pass_one_another_keep_their_numbers(follow, picture, rendered_head, speed):
    """They walk past one another at so many metres a second each, one tilted to each side."""
    follower = follow()
    found = {'f1': set(), 'f2': set()}
    for i in range(round(0.8 / speed / PERIOD)):
        x = 0.9 * (speed * i * PERIOD - 0.4)
        behind = picture((-15, 0, 0), (1.2 * x, 0, 1.0))
        front = picture((15, 0, 0), (-x, 0, 0.9))
        # Of the one in front, head and hair.
        middle = rendered_head.project(np.array([-x, 0, 0.86]))
        mask = np.zeros(behind.shape[:2], np.uint8)
        cv2.ellipse(mask, np.int32(middle).tolist(), (65, 80), 15, 0, 360, 255, -1)
        image = np.where(mask[..., None] > 0, front, behind)
        people = follower.update(image, i * PERIOD)
        assert people.tracked_ids == ids(1, 2)
        for head in people.heads:
            if head.std.max() < np.radians(15.0):  # who is half covered is nobody's picture
                found[head.track_id].add(int(np.sign(head.rpy[0])))
    assert sorted(map(sorted, found.values())) == [[-1], [1]]
    assert len(people.heads) == 2


def test_ten_people_keep_their_numbers(follow, picture):
    follower = follow(max_faces=10)
    cells = {}
    for i in range(60):  # a few are found in each look, and looks are rationed
        rows = []
        for row in range(2):
            swings = [np.sin(i / 4 + row + column) for column in range(5)]
            pictures = [picture((0, 0, 20 * s), (0.01 * s, 0, 0.6)) for s in swings]
            rows.append(np.hstack([each[70:390, 200:440] for each in pictures]))
        people = follower.update(np.vstack(rows), i * PERIOD)
        for head in people.heads:
            x, y = head.bbox[:2] + head.bbox[2:] / 2
            cells.setdefault(head.track_id, set()).add((x // 240, y // 320))
    assert people.tracked_ids == ids(*range(1, 11)) and len(people.heads) == 10
    assert all(len(each) == 1 for each in cells.values())  # each in a cell of one's own
    assert len(set.union(*cells.values())) == 10


def test_who_is_away_for_long_is_somebody_new(follow, picture):
    follower = follow()
    both = beside(picture((0, 0, 15)), picture((0, 0, -15), (0, 0, 0.8)))
    one = np.hstack([EMPTY[:, :320], both[:, 320:]])
    frames = [both] * 3 + [one] * 5 + [both] * 8 + [one] * 20 + [both] * 16
    stream = [follower.update(image, i * PERIOD) for i, image in enumerate(frames)]
    assert numbers(stream[2]) == [1, 2] and stream[2].primary.track_id == 'f1'
    # Away for a sixth of a second: nobody takes over, and it is the same person.
    for people in stream[4:8]:
        assert numbers(people) == [2] and people.tracked_ids == ids(1, 2)
        assert people.primary is None
    assert numbers(stream[15]) == [1, 2] and stream[15].primary.track_id == 'f1'
    # For longer: the other one takes over, and it is somebody new, who is larger by enough.
    gone = stream[16 + int(MAX_GAP / PERIOD) + 1]
    assert gone.tracked_ids == ids(2) and gone.primary.track_id == 'f2'
    assert numbers(stream[-1]) == [3, 2]
    assert stream[-1].primary.track_id == 'f3'


def test_all_is_as_the_estimator_says_but_number_and_smoothing(follow, picture):
    image = picture((5, 5, 20))
    with HeadPoseEstimator(mode='video') as estimator:
        (plain,) = estimator.estimate(image)
    people = follow(max_faces=1).update(image, 0.0)
    assert people.heads == [people.primary]
    assert people.primary.track_id == 'f1' and people.primary.neutral is None
    for name in ('rotation', 'landmarks', 'std', 'rpy', 'quaternion'):
        np.testing.assert_array_equal(getattr(people.primary, name), getattr(plain, name))


def test_an_image_without_anybody(follow):
    people = follow().update(EMPTY, 0.0)
    assert people.heads == [] and people.primary is None and people.tracked_ids == set()


def test_heads_that_are_too_unsure_are_nobody(follow, picture):
    follower = follow(FollowSettings(max_std=np.radians(0.5)), max_faces=1)
    image = picture()
    assert follower.update(image, 0.0).tracked_ids == set()
    follower.settings = FollowSettings()
    people = follower.update(image, PERIOD)
    # What was dropped has used no number up.
    assert numbers(people) == [1]


def test_settings_change_and_people_stay_who_they_are(follow, picture):
    follower = follow(max_faces=1)
    for i in range(6):
        people = follower.update(picture((0, 0, 3 * i)), i * PERIOD)
    raw = follow(UNSMOOTHED, max_faces=1)
    for i in range(7):
        expected = raw.update(picture((0, 0, 3 * i)), i * PERIOD).primary
    follower.settings = replace(UNSMOOTHED, neutral_rpy=(0.0, 0.1, 0.2))
    people = follower.update(picture((0, 0, 18)), 6 * PERIOD)
    assert numbers(people) == [1]
    np.testing.assert_allclose(people.primary.rotation, expected.rotation, atol=1e-9)
    assert people.primary.neutral is not None
    assert follower.settings.neutral_rpy == (0.0, 0.1, 0.2)


def test_turning_heads_are_smoothed(follow, picture):
    smooth, raw = follow(max_faces=1), follow(UNSMOOTHED, max_faces=1)
    for i in range(6):
        image = picture((0, 0, 3 * i))
        a, b = (each.update(image, i * PERIOD).primary for each in (smooth, raw))
    assert 0.5 < np.degrees(geodesic_angle(a.rotation, b.rotation)) < 5


def test_neutral_changes_the_angles_and_nothing_else(follow, picture):
    image = picture((10, -5, 30))
    follower = follow(UNSMOOTHED, max_faces=1)
    before = follower.update(image, 0.0).primary
    follower.settings = replace(UNSMOOTHED, neutral_rpy=before.rpy)
    for settings in (follower.settings, FollowSettings(neutral_rpy=before.rpy)):
        after = follow(settings, max_faces=1).update(image, 0.0).primary
        np.testing.assert_allclose(after.rpy, 0.0, atol=1e-9)
        for name in ('rotation', 'landmarks', 'std', 'quaternion', 'bbox'):
            np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    # From there it is the turn relative to that pose.
    turned = follower.update(picture((10, -5, 20)), PERIOD).primary
    relative = rotation_from_rpy(before.rpy).T @ turned.rotation
    np.testing.assert_allclose(turned.rpy, rpy_from_rotation(relative), atol=1e-9)


def test_the_camera_gives_heads_a_line_of_sight(follow, picture):
    image = picture((0, 0, 0), (0.15, 0, 0.6))
    assert follow(max_faces=1).update(image, 0.0).primary.sight is None
    people = follow(max_faces=1).update(image, 0.0, Camera.nominal(640, 480))
    assert people.primary.track_id == 'f1'
    # To the right of the image's middle: by the angle of that ray.
    ray = people.primary.sight.rotation @ [0, 0, 1]
    assert ray[0] / ray[2] == pytest.approx(0.25, abs=0.03)


def test_the_primary_face_is_the_one_the_settings_ask_for(follow, picture):
    image = beside(picture((0, 0, 0), (0.1, 0, 0.8)), picture((0, 0, 0), (0.05, 0, 0.6)))
    at_right = {}
    for policy in POLICIES:
        primary = follow(FollowSettings(primary=policy)).update(image, 0.0).primary
        at_right[policy] = bool(primary.bbox[0] > 320)
    # Of two who came at once the larger one is the first.
    assert at_right == {'largest': True, 'nearest_center': False, 'longest_tracked': True}


def test_a_camera_that_comes_back_has_a_pose_at_once(follow, picture):
    follower = follow(max_faces=1)
    image = picture()
    assert numbers(follower.update(image, 100.0)) == [1]
    assert numbers(follower.update(image, 110.0)) == [2]  # a gap
    assert numbers(follower.update(image, 5.0)) == [3]  # another clock
    assert numbers(follower.update(image, 5.0)) == [3]  # one that stands still
    follower.reset()
    people = follower.update(image, 5.1)
    assert numbers(people) == [4] and people.tracked_ids == ids(4)
    assert people.primary.track_id == 'f4'


def test_another_size_of_the_images_has_a_pose_at_once(follow, picture):
    follower, bgr = follow(), picture()
    for i, size in enumerate(((640, 480), (1280, 960), (320, 240), (640, 480))):
        (head,) = follower.update(cv2.resize(bgr, size), i * PERIOD).heads
        assert head.track_id == f'f{i + 1}'


def test_what_is_refused_changes_nothing(follow, picture):
    follower = follow(max_faces=1)
    image = picture()
    follower.update(image, 0.0)
    with pytest.raises(ValueError, match='expected a uint8 BGR image'):
        follower.update(image[..., 0], PERIOD)
    with pytest.raises(ValueError, match='stamp is nan'):
        follower.update(image, float('nan'))
    assert numbers(follower.update(image, 2 * PERIOD)) == [1]


@pytest.mark.parametrize(
    ('settings', 'told'),
    [
        ({'max_std': -0.1}, 'max_std is -0.1; expected a number from 0 to 3.14159 radians'),
        ({'max_std': float('nan')}, 'max_std is nan'),
        ({'max_std': 60.0}, 'max_std is 60.0'),  # degrees
        ({'max_std': '1'}, "max_std is '1'"),
        ({'smoothing_min_cutoff': -1.0}, 'smoothing_min_cutoff is -1.0; expected a number from 0'),
        ({'smoothing_min_cutoff': float('inf')}, 'smoothing_min_cutoff is inf'),
        ({'smoothing_beta': None}, 'smoothing_beta is None; expected a number from 0 to 1000'),
        ({'primary': 'biggest'}, "'biggest'; known: largest, nearest_center, longest_tracked"),
        ({'neutral_rpy': (0.0, 0.0)}, 'expected three angles'),
        ({'neutral_rpy': 0.0}, 'neutral_rpy is 0.0; expected three angles'),
        ({'neutral_rpy': (0.0, float('nan'), 0.0)}, 'pitch of neutral_rpy is nan'),
        ({'neutral_rpy': (0.0, 0.0, 20.0)}, 'yaw of neutral_rpy is 20.0; expected .* radians'),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        FollowSettings(**settings)


def test_settings_are_values():
    assert FollowSettings(neutral_rpy=np.zeros(3)) == FollowSettings()
    assert FollowSettings().neutral is None
    with pytest.raises(FrozenInstanceError):
        FollowSettings().primary = 'nearest_center'
