# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The 70 points are where dlib has them: on the rendered head, and on AFLW2000-3D."""

import cv2
import numpy as np
import pytest
from scipy.io import loadmat

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.landmarks70 import LEFT_PUPIL, RIGHT_PUPIL, VERTICES, points70
from training.mirroring import MIRRORED_VERTICES, mirror_landmarks

# The same point on the other side of the face.
MIRRORED = np.concatenate([
    range(16, -1, -1), range(26, 16, -1), range(27, 31), range(35, 30, -1),
    (45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    range(54, 47, -1), range(59, 54, -1), range(64, 59, -1), range(67, 64, -1),
    (LEFT_PUPIL, RIGHT_PUPIL),
])

AFLW_FACES = 60
AFLW_ERROR = 0.04  # mean of the points' distances, in sizes of the face


@pytest.fixture(scope='module')
def landmarks(rendered_head):
    with HeadPoseEstimator(mode='image') as estimator:
        (head,) = estimator.estimate(rendered_head.render(np.eye(3)))
    return head.landmarks


def test_each_point_is_a_vertex_of_its_own_and_both_sides_agree():
    assert len(VERTICES) == len(set(VERTICES.tolist())) == 68
    np.testing.assert_array_equal(MIRRORED_VERTICES[VERTICES], VERTICES[MIRRORED[:68]])


def test_a_mirrored_face_has_mirrored_points(landmarks):
    mirrored = points70(mirror_landmarks(landmarks))
    np.testing.assert_allclose(mirrored, points70(landmarks)[MIRRORED] * (-1, 1), atol=1e-4)


@pytest.mark.usefixtures('face_mesh')
def test_points_are_in_order_on_a_face(landmarks):
    points = points70(landmarks)
    assert points.shape == (70, 2)
    x, y = points.T
    # From the person's right, which is on the left of the image.
    for run in (range(17), range(17, 27), range(31, 36), range(48, 55), range(60, 65),
                (36, 37, 38, 39, 42, 43, 44, 45)):
        assert (np.diff(x[list(run)]) > 0).all(), run
    for run in (range(55, 60), range(65, 68)):  # and back
        assert (np.diff(x[list(run)]) < 0).all(), run
    for run in (range(9), range(27, 31), (51, 62, 66, 57, 8)):
        assert (np.diff(y[list(run)]) > 0).all(), run
    for pupil, (outer, inner, top, bottom) in {
        RIGHT_PUPIL: (36, 39, 37, 41), LEFT_PUPIL: (45, 42, 44, 46)
    }.items():
        assert min(x[outer], x[inner]) < x[pupil] < max(x[outer], x[inner])
        assert y[top] < y[pupil] < y[bottom]


@pytest.mark.usefixtures('face_mesh')
def test_points_are_those_of_aflw2000(aflw2000):
    errors = []
    with HeadPoseEstimator(mode='image') as estimator:
        for path in sorted(aflw2000.glob('*.jpg')):
            content = loadmat(path.with_suffix('.mat'))
            if np.abs(content['Pose_Para'][0, :3]).max() > np.radians(30.0):
                continue
            true = content['pt3d_68'][:2].T
            heads = estimator.estimate(cv2.imread(str(path)))
            size = np.ptp(true, axis=0).max()
            if heads and np.linalg.norm(points70(heads[0].landmarks)[30] - true[30]) < size / 4:
                distances = np.linalg.norm(points70(heads[0].landmarks)[:68] - true, axis=1)
                errors.append(distances / size)
            if len(errors) == AFLW_FACES:
                break
    by_point = np.mean(errors, axis=0)
    print(f'mean distance {by_point.mean():.3f} sizes of the face, most {by_point.max():.3f}')
    assert by_point.mean() < AFLW_ERROR and by_point.max() < 0.1
