# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""'Straight ahead' is the mean of a moment of holding still, or there is a reason why not."""

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headpose_ros.errors import NeutralError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.people.neutral import MAX_SPREAD, MIN_POSES, NeutralRecorder
from headpose_ros.people.tracker import FaceTracker
from headpose_ros.rotation import rotation_from_rpy
from training.rotation import geodesic_angle

FACE = np.random.default_rng(0).uniform(0, 100, (468, 3))
AHEAD = np.radians([4.0, -10.0, 25.0])  # where somebody looks who looks straight ahead


def head(rpy=AHEAD, number=1, rotation=None, **fields):
    rotation = rotation_from_rpy(np.array(rpy)) if rotation is None else rotation
    return HeadPose(rotation, FACE, np.full(3, 0.1), track_id=f'f{number}', **fields)


def recorded(heads):
    recorder = NeutralRecorder()
    for each in heads:
        recorder.add(each)
    return recorder


def trembling(count, spread, about=AHEAD):
    """Heads that tremble about a pose by an RMS angle of some radians."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, spread / np.sqrt(3), (count, 3))
    base = rotation_from_rpy(about)
    return [head(rotation=base @ r.as_matrix()) for r in Rotation.from_rotvec(vectors)]


def test_the_mean_of_a_head_that_holds_still():
    neutral = recorded([head()] * 30).result()
    np.testing.assert_allclose(neutral.rpy, AHEAD, atol=1e-9)
    np.testing.assert_allclose(neutral.rotation, rotation_from_rpy(AHEAD), atol=1e-9)
    assert neutral.poses == 30
    assert neutral.spread == pytest.approx(0.0, abs=1e-6)


def test_noise_is_averaged_and_told():
    neutral = recorded(trembling(300, np.radians(1.0))).result()
    assert np.degrees(geodesic_angle(neutral.rotation, rotation_from_rpy(AHEAD))) < 0.15
    assert np.degrees(neutral.spread) == pytest.approx(1.0, abs=0.1)
    np.testing.assert_allclose(rotation_from_rpy(neutral.rpy), neutral.rotation, atol=1e-9)


@pytest.mark.parametrize('about', [[0, 0, np.pi], [np.pi, 0, 0], [0.2, 1.55, 0.1]], ids=str)
def test_the_mean_knows_no_angle_wraps(about):
    neutral = recorded(trembling(300, np.radians(1.0), about)).result()
    assert np.degrees(geodesic_angle(neutral.rotation, rotation_from_rpy(about))) < 0.15


def test_a_neutral_pose_that_is_set_already_does_not_matter():
    before = rotation_from_rpy([0.3, 0.2, 0.1])
    neutral = recorded([head(neutral=before)] * 10).result()
    np.testing.assert_allclose(neutral.rpy, AHEAD, atol=1e-9)


def test_some_images_without_a_face_do_no_harm():
    neutral = recorded([head(), None, head()] * 10).result()
    assert neutral.poses == 20


def refusal(heads):
    with pytest.raises(NeutralError) as caught:
        recorded(heads).result()
    return str(caught.value)


def test_no_images():
    assert 'no images received; is the camera running?' in refusal([])


def test_no_face():
    assert 'no face in 29 images' in refusal([None] * 29)


def test_too_few_poses():
    told = refusal([head()] * 4 + [None] * 26)
    assert 'too few poses: a face in 4 of 30 images, minimum 15' in told
    assert recorded([head()] * 15 + [None] * 15).result().poses == 15
    # From a slow camera too.
    told = refusal([head()] * (MIN_POSES - 1))
    assert f'a face in {MIN_POSES - 1} of {MIN_POSES - 1} images, minimum {MIN_POSES}' in told
    assert recorded([head()] * MIN_POSES).result().poses == MIN_POSES


def test_the_face_moved():
    told = refusal([head([0, 0, np.radians(i)]) for i in range(30)])  # 30 degrees in a second
    assert 'the head moved by 8.7 degrees (RMS), maximum 2.0' in told
    assert 'hold still' in told
    assert 'moved' in refusal(trembling(100, 1.2 * MAX_SPREAD))
    # One look aside, for a fifth of the time.
    assert 'moved' in refusal([head()] * 24 + [head(AHEAD + [0, 0, 0.2])] * 6)
    assert recorded(trembling(100, 0.8 * MAX_SPREAD)).result().poses == 100


def test_somebody_else_became_the_primary_face():
    told = refusal([head()] * 20 + [None] + [head(number=2)] * 9)
    assert 'the primary face changed from f1 to f2' in told


def still(rendered_head, degrees, smoothing):
    """A recorder of a second of the rendered head, in the noise of a bad camera."""
    rng = np.random.default_rng(0)
    tracker, recorder = FaceTracker(*smoothing), NeutralRecorder()
    with HeadPoseEstimator(mode='video') as estimator:
        for i in range(45):
            position = [*rng.normal(0, 1e-3, 2), 0.6]  # a pixel
            picture = rendered_head.render(rotation_from_rpy(np.radians(degrees)), position)
            noisy = np.clip(picture + rng.normal(0, 10, picture.shape), 0, 255).astype(np.uint8)
            (followed,) = tracker.update(estimator.estimate(noisy), i / 30)
            if i >= 15:  # FaceMesh has settled on a face that is new to it
                recorder.add(followed)
    return recorder


@pytest.mark.slow
@pytest.mark.usefixtures('face_mesh')
@pytest.mark.parametrize('smoothing', [(), (0.0, 0.0)], ids=['smoothed', 'raw'])
def test_the_rendered_head_holds_still_enough(rendered_head, smoothing):
    neutral = still(rendered_head, [10, -5, -30], smoothing).result()
    print(f'spread {np.degrees(neutral.spread):.2f} degrees, rpy {np.degrees(neutral.rpy)}')
    assert neutral.spread < MAX_SPREAD / 2
    np.testing.assert_allclose(np.degrees(neutral.rpy), [10, -5, -30], atol=8)


@pytest.mark.usefixtures('face_mesh')
def test_a_real_person_holds_still_or_not(media):
    # A man who sits still, and a man who talks.
    for name, sits_still in (
        ('head-pose-face-detection-male.gif', True),
        ('hungry.mkv', False),
    ):
        capture = cv2.VideoCapture(str(media / name))
        rate = capture.get(cv2.CAP_PROP_FPS)
        tracker, recorder = FaceTracker(), NeutralRecorder()
        with HeadPoseEstimator(mode='video') as estimator:
            for i in range(round(rate)):
                heads = tracker.update(estimator.estimate(capture.read()[1]), i / rate)
                recorder.add(heads[0] if heads else None)
        if sits_still:
            neutral = recorder.result()
            print(f'{name}: {neutral.poses} poses, spread {np.degrees(neutral.spread):.2f}')
            assert neutral.spread < MAX_SPREAD / 2
        else:
            with pytest.raises(NeutralError, match='the head moved by') as caught:
                recorder.result()
            print(f'{name}: {caught.value}')
