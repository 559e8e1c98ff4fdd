# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Who faces what: the probability against drawn samples, and against what came true."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headpose_ros.attention import facing_camera, facing_point
from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import LANDMARK_COUNT
from headpose_ros.regression.model_file import load_model
from headpose_ros.rotation import rotation_from_rpy
from headpose_ros.six_dof import CameraPose
from training.augmentation import PLAIN
from training.datasets import CAMERAS, read_dataset
from training.estimates import estimate_faces
from training.landmarks import extract_landmarks

DRAWN = 40_000
TOLERANCE = 0.015  # of a probability: of that many samples, and of the sphere's being no plane

TO_CAMERA = np.array([0.0, 0.0, -1.0])


def head(rpy, std):
    """A head of roll, pitch and yaw, and of standard deviations of them, degrees."""
    landmarks = np.random.default_rng(0).uniform(0, 80, (LANDMARK_COUNT, 3))
    return HeadPose(rotation_from_rpy(np.radians(rpy)), landmarks, np.radians(std))


def angles(vectors, target):
    """Degrees between vectors (n, 3) and a target (n, 3) or (3,)."""
    lengths = np.linalg.norm(vectors, axis=-1) * np.linalg.norm(target, axis=-1)
    return np.degrees(np.arccos(np.clip((vectors * target).sum(axis=-1) / lengths, -1, 1)))


@pytest.mark.parametrize('rpy', [(0, 0, 0), (0, 8, 0), (20, -5, 12), (-10, 0, -30), (0, 0, 90)])
@pytest.mark.parametrize('std', [(2, 3, 3), (4, 10, 2), (5, 3, 20)])
@pytest.mark.parametrize('angle', [5, 10, 25])
def test_it_is_the_share_of_drawn_heads_that_face_the_camera(rpy, std, angle):
    rng = np.random.default_rng(1)
    seen = head(rpy, std)
    drawn = rng.multivariate_normal(np.zeros(3), seen.rotation_covariance, DRAWN)
    rotations = Rotation.from_rotvec(drawn).as_matrix() @ seen.rotation
    share = np.mean(angles(-rotations[:, :, 2], TO_CAMERA) < angle)
    assert facing_camera(seen, np.radians(angle)) == pytest.approx(share, abs=TOLERANCE)


@pytest.mark.parametrize('target', [(0.5, 0.0, 0.2), (0.2, 0.5, 1.0), (0.0, 0.0, 0.0)])
def test_a_place_is_faced_as_drawn_heads_do_whose_place_is_not_sure_either(target):
    rng = np.random.default_rng(2)
    position = np.array([-0.2, 0.1, 1.1])
    sight = np.array(target) - position
    facing = rotation_from_rpy(np.radians([5.0, 4.0, -28.0]))
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = np.diag([0.01, 0.01, 0.08]) ** 2
    covariance[3:, 3:] = np.diag(np.radians([3.0, 5.0, 2.0])) ** 2
    # Turned so that it is off by a few degrees.
    turn, _ = Rotation.align_vectors([sight], [-facing[:, 2]])
    rotation = (turn * Rotation.from_euler('x', 4, degrees=True)).as_matrix() @ facing
    pose = CameraPose(rotation, position, covariance)
    drawn = rng.multivariate_normal(np.zeros(6), covariance, DRAWN)
    rotations = Rotation.from_rotvec(drawn[:, 3:]).as_matrix() @ rotation
    share = np.mean(angles(-rotations[:, :, 2], target - position - drawn[:, :3]) < 10)
    assert 0.1 < share < 0.95
    assert facing_point(pose, np.array(target)) == pytest.approx(share, abs=TOLERANCE)


def test_who_surely_faces_the_camera_and_who_surely_does_not():
    assert facing_camera(head((0, 0, 0), (0, 0, 0))) == pytest.approx(1.0, abs=1e-6)
    assert facing_camera(head((40, 0, 0), (1, 1, 1))) == pytest.approx(1.0, abs=1e-6)  # a tilt
    assert facing_camera(head((0, 0, 45), (1, 1, 1))) == 0.0
    assert facing_camera(head((0, 0, 180), (1, 1, 1))) == 0.0
    assert facing_camera(head((0, 0, 10), (0.01, 3, 3))) == pytest.approx(0.46, abs=0.03)


def test_where_the_head_itself_is_everything_is_faced():
    pose = CameraPose(np.eye(3), np.array([0.1, 0.2, 1.0]), np.eye(6))
    assert facing_point(pose, pose.position) == 1.0


@pytest.fixture(scope='module')
def biwi_faces(biwi, face_mesh):
    """Estimates of strangers along their lines of sight, and where they look, degrees off it."""
    dataset = read_dataset(biwi)
    data = extract_landmarks(dataset, 'face_mesh', [PLAIN], -1, None)
    data = data.select(data.found)
    estimates = estimate_faces(load_model(None, 'face_mesh'), data.landmarks, CAMERAS['BIWI'])
    to_sight = estimates.rays.swapaxes(1, 2)
    heads = [
        HeadPose(rotation, landmarks, std)
        for rotation, landmarks, std in zip(
            to_sight @ estimates.rotations, data.landmarks, estimates.std, strict=True
        )
    ]
    return heads, angles(-(to_sight @ data.rotations)[:, :, 2], TO_CAMERA)


@pytest.mark.slow
@pytest.mark.parametrize('angle', [10, 20])
def test_of_strangers_as_many_face_the_camera_as_it_says(biwi_faces, angle):
    heads, off = biwi_faces
    probability = np.array([facing_camera(each, np.radians(angle)) for each in heads])
    came_true = off < angle
    assert came_true.sum() > 100
    assert probability.mean() == pytest.approx(came_true.mean(), abs=0.01)
    # Of those in doubt, by halves; there are too few, of too few people, for more.
    for low, high in ((0.1, 0.5), (0.5, 0.9)):
        rows = (low <= probability) & (probability < high)
        assert rows.sum() > 60
        assert came_true[rows].mean() == pytest.approx(probability[rows].mean(), abs=0.1)
