# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The detector ``both``: poses of two landmark networks, averaged."""

import cv2
import numpy as np
import pytest
from far_away import from_afar

from headpose_ros.camera.camera import Camera
from headpose_ros.detection.factory import BOTH, NETWORKS
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.regression.averaging import average_rotations
from headpose_ros.rotation import rotation_from_rpy
from training.rotation import geodesic_angle


def turned(*degrees):
    return rotation_from_rpy(np.radians(degrees))[None]


def averaged(first, second, first_std=(3.0, 3.0, 3.0), second_std=(3.0, 3.0, 3.0)):
    """The mean of two rotations, and its standard deviations in degrees."""
    stds = tuple(np.radians([each]) for each in (first_std, second_std))
    (mean,), (std,) = average_rotations((first, second), stds)
    return mean, np.degrees(std)


def test_equally_sure_ones_meet_in_the_middle():
    mean, std = averaged(turned(0, 0, 10), turned(0, 0, 20))
    np.testing.assert_allclose(mean, turned(0, 0, 15)[0], atol=1e-9)
    # Their errors are alike, so that the mean is hardly surer than each.
    assert (std > 0.8 * 3.0).all() and (std < 3.0).all()


def test_the_surer_one_counts_more():
    mean, std = averaged(turned(0, 0, 10), turned(0, 0, 20), second_std=(30.0, 30.0, 30.0))
    assert np.degrees(geodesic_angle(mean, turned(0, 0, 10)[0])) < 0.2
    assert std == pytest.approx([3.0] * 3, rel=0.1)
    # One that is upside down has a large std in some angle.
    mean, _ = averaged(turned(0, 0, 10), turned(170, 0, 20), second_std=(90.0, 5.0, 5.0))
    assert np.degrees(geodesic_angle(mean, turned(0, 0, 10)[0])) < 0.5


@pytest.fixture(scope='module')
def estimators(face_mesh, bundle):
    """One of each detector."""
    bundles = {'face_mesh': None}
    made = {
        name: HeadPoseEstimator(name, bundle=bundles.get(name, bundle), max_faces=2)
        for name in (*NETWORKS, BOTH)
    }
    yield made
    for each in made.values():
        each.close()


@pytest.mark.data
@pytest.mark.parametrize('camera', [None, Camera.nominal(640, 480)])
def test_it_is_between_the_two(estimators, rendered_head, camera):
    truth = rotation_from_rpy(np.radians([10, -8, 20]))
    image = rendered_head.render(truth, (0.15, 0.0, 0.6))
    heads = {name: each.estimate(image, camera)[0] for name, each in estimators.items()}
    first, second, both = (heads[name] for name in (*NETWORKS, BOTH))
    np.testing.assert_array_equal(both.landmarks, first.landmarks)
    apart, *parts = (
        np.degrees(geodesic_angle(a.rotation, b.rotation))
        for a, b in ((first, second), (both, first), (both, second))
    )
    assert apart > 0.1 and sum(parts) == pytest.approx(apart, abs=0.3)
    assert (both.std <= np.maximum(first.std, second.std) + 1e-9).all()
    assert (both.sight is None) == (camera is None)


@pytest.mark.data
def test_each_face_has_both(estimators, photo):
    image = np.full((320, 640, 3), 127, np.uint8)
    image[:300, :300], image[10:310, 330:630] = photo, photo[:, ::-1]
    left, right = sorted(estimators[BOTH].estimate(image), key=lambda head: head.bbox[0])
    # Mirror images of each other.
    np.testing.assert_allclose(left.rpy * (-1, 1, -1), right.rpy, atol=np.radians(4.0))


@pytest.mark.data
@pytest.mark.parametrize('degrees', [90, 180, 270])
def test_rotated_cameras(bundle, estimators, photo, degrees):
    image = np.ascontiguousarray(np.rot90(photo, degrees // 90))
    (upright,) = estimators[BOTH].estimate(photo)
    with HeadPoseEstimator(BOTH, bundle=bundle, image_rotation=degrees) as estimator:
        (head,) = estimator.estimate(image)
    back = rotation_from_rpy(np.radians([degrees, 0, 0]))
    assert np.degrees(geodesic_angle(back @ upright.rotation, head.rotation)) < 0.1


@pytest.mark.data
def test_a_video_is_followed(bundle, face_mesh, rendered_head):
    with HeadPoseEstimator(BOTH, 'video', bundle=bundle) as estimator:
        for i in range(8):
            image, _ = from_afar(rendered_head, 60, (640, 480), (0.4 + 0.02 * i, 0.5))
            heads = estimator.estimate(image, stamp=i / 30)
        (head,) = heads
    assert np.degrees(geodesic_angle(head.rotation, np.eye(3))) < 12.0


def test_it_needs_the_bundle(face_mesh, tmp_path):
    with pytest.raises(DetectorUnavailableError, match='nowhere.task'):
        HeadPoseEstimator(BOTH, bundle=tmp_path / 'nowhere.task')


@pytest.mark.data
def test_files(bundle, face_mesh, headpose, photo, tmp_path):
    cv2.imwrite(str(tmp_path / 'photo.png'), photo)
    (one,), (both,) = (
        headpose.rows('image', tmp_path / 'photo.png', *options)
        for options in ((), ('--detector', BOTH, '--bundle', bundle))
    )
    assert float(both['yaw_deg']) != float(one['yaw_deg'])
