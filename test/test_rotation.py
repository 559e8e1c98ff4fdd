# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Frames and angles, against the conventions written out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from headpose_ros.rotation import (
    OPTICAL_FROM_HEAD,
    nearest_rotation,
    quaternion_from_rotation,
    rotation_from_rpy,
    rpy_from_rotation,
)
from training.rotation import (
    geodesic_angle,
    label_from_rotation,
    mirrored_rotation,
    rotation_from_label,
)

FORWARD, LEFT, UP = np.eye(3)  # of the head frame
angle = st.floats(-1.5, 1.5)


def x(a):
    return np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])


def y(a):
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def z(a):
    return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])


@given(angle, angle, angle)
def test_labels_are_the_product_of_three_turns(p, yaw, r):
    rotation = rotation_from_label(np.array([p, yaw, r]))
    np.testing.assert_allclose(rotation, x(-p) @ y(yaw) @ z(r), atol=1e-12)
    np.testing.assert_allclose(label_from_rotation(rotation), [p, yaw, r], atol=1e-7)
    facing = [-np.sin(yaw), -np.sin(p) * np.cos(yaw), -np.cos(p) * np.cos(yaw)]
    np.testing.assert_allclose(rotation @ [0, 0, -1], facing, atol=1e-12)


def test_many_labels_at_once():
    labels = np.random.default_rng(0).uniform(-1, 1, (4, 5, 3))
    rotations = rotation_from_label(labels)
    assert rotations.shape == (4, 5, 3, 3)
    np.testing.assert_allclose(label_from_rotation(rotations), labels, atol=1e-9)


def test_a_head_that_faces_the_camera():
    rotation = np.eye(3)
    np.testing.assert_allclose(rpy_from_rotation(rotation), 0, atol=1e-12)
    np.testing.assert_allclose(quaternion_from_rotation(rotation), [0.5, 0.5, -0.5, 0.5])
    np.testing.assert_allclose(OPTICAL_FROM_HEAD @ FORWARD, [0, 0, -1])  # towards the camera
    np.testing.assert_allclose(OPTICAL_FROM_HEAD @ LEFT, [1, 0, 0])  # image right
    np.testing.assert_allclose(OPTICAL_FROM_HEAD @ UP, [0, -1, 0])  # image up


@pytest.mark.parametrize(
    ('rpy', 'axis', 'component', 'sign'),
    [
        # yaw > 0 turns to the person's left: the face points to the image's right.
        ([0, 0, 0.3], FORWARD, 0, +1),
        # pitch > 0 looks down: the face points down in the image.
        ([0, 0.3, 0], FORWARD, 1, +1),
        # roll > 0 tilts to the person's right: the top of the head moves to the image's left.
        ([0.3, 0, 0], UP, 0, -1),
    ],
)
def test_signs_of_published_angles(rpy, axis, component, sign):
    rotation = rotation_from_rpy(np.array(rpy))
    np.testing.assert_allclose(rpy_from_rotation(rotation), rpy, atol=1e-12)
    seen = rotation @ OPTICAL_FROM_HEAD @ axis
    assert sign * seen[component] > 0.2


@given(angle, angle, angle)
def test_published_angles_and_quaternion_are_one_rotation(roll, pitch, yaw):
    rotation = rotation_from_rpy(np.array([roll, pitch, yaw]))
    np.testing.assert_allclose(rpy_from_rotation(rotation), [roll, pitch, yaw], atol=1e-7)
    quaternion = quaternion_from_rotation(rotation)
    head_in_optical = OPTICAL_FROM_HEAD @ z(yaw) @ y(pitch) @ x(roll)
    measured = Rotation.from_quat(quaternion).as_matrix()
    np.testing.assert_allclose(measured, head_in_optical, atol=1e-9)
    assert quaternion[3] >= 0


def test_straight_down_is_finite_and_quiet(recwarn):
    down = rotation_from_rpy(np.array([0.0, np.pi / 2, 0.0]))
    assert np.isfinite(rpy_from_rotation(down)).all()
    assert np.isfinite(label_from_rotation(rotation_from_label(np.array([0, np.pi / 2, 0])))).all()
    assert not recwarn.list


@given(angle, angle, angle)
def test_mirror(p, yaw, r):
    mirrored = mirrored_rotation(rotation_from_label(np.array([p, yaw, r])))
    np.testing.assert_allclose(label_from_rotation(mirrored), [p, -yaw, -r], atol=1e-7)


def test_nearest_rotation_is_proper_and_near():
    rng = np.random.default_rng(0)
    true = Rotation.random(50, random_state=0).as_matrix()
    near = nearest_rotation(true + rng.normal(0, 0.02, true.shape))
    np.testing.assert_allclose(np.linalg.det(near), 1.0)
    assert np.degrees(geodesic_angle(near, true)).max() < 5
    np.testing.assert_allclose(np.linalg.det(nearest_rotation(-true)), 1.0)


@given(angle)
def test_geodesic_angle(a):
    assert geodesic_angle(np.eye(3), y(a)) == pytest.approx(abs(a), abs=1e-7)
