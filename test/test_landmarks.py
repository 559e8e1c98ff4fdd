# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Boxes and sizes of faces, which way up they are, and what has no shape."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headpose_ros.landmarks import (
    Box,
    box_of,
    distinct,
    face_sizes,
    has_shape,
    overlap,
    quarter_turns,
    turned_landmarks,
)
from headpose_ros.rotation import quarter_rotations, rotation_from_rpy

FACE = np.random.default_rng(0).uniform(100, 200, (468, 3))


def test_the_box_is_the_extent_in_the_image():
    low, high = FACE[:, :2].min(axis=0), FACE[:, :2].max(axis=0)
    for points in (FACE, np.asfortranarray(FACE), FACE[:, :2]):
        box = box_of(points)
        assert box == (*low, *high)
        assert (box.width, box.height) == tuple(high - low)


def test_overlap_is_intersection_over_union():
    square = np.array([[0.0, 0.0], [2.0, 2.0]])
    assert overlap(square, square) == 1.0
    assert overlap(square, square + [1.0, 0.0]) == pytest.approx(2 / 6)
    assert overlap(square, square + [0.0, 1.0]) == pytest.approx(2 / 6)
    assert overlap(square, square + 3.0) == 0.0
    assert overlap(square[:1], square[:1]) == 1.0


@pytest.mark.parametrize('column', [0, 1, 2])
@pytest.mark.parametrize('number', [np.nan, np.inf])
def test_what_is_no_number_has_no_shape(column, number):
    face = FACE.copy()
    face[7, column] = number
    assert has_shape(FACE)
    assert not has_shape(face)


def test_a_few_pixels_have_no_shape():
    assert has_shape(FACE / 20.0)
    assert not has_shape(FACE / 50.0)


def test_of_boxes_that_overlap_the_first_is_kept():
    a, b = Box(0, 0, 10, 10), Box(100, 0, 110, 10)
    assert distinct([a, b, a.moved(2, 0), b.moved(0, 9)], 0.5) == [0, 1, 3]
    assert distinct([a, a.moved(9, 0)], 0.01) == [0]
    assert distinct([], 0.5) == []


def test_sizes_are_the_longer_sides_of_the_boxes():
    faces = np.array([FACE, 0.5 * FACE + 100.0, FACE * (1.0, 3.0, 9.0)])
    expected = [box_of(face).longer_side for face in faces]
    np.testing.assert_allclose(face_sizes(faces), expected)
    assert face_sizes(faces[:0]).shape == (0,)


@pytest.fixture(scope='module')
def upright(rendered_head):
    """Landmarks (468, 3) of the rendered head, which looks at the camera."""
    return rendered_head.landmarks(np.eye(3)) * 1000.0


def test_quarters_by_which_a_face_is_turned(upright):
    angles = np.arange(-360, 361, 5)
    faces = np.array([clockwise(upright, angle) for angle in angles])
    quarters = quarter_turns(faces)
    assert quarters.min() == 0 and quarters.max() == 3
    left = (angles - 90 * quarters + 180) % 360 - 180
    assert np.abs(left).max() <= 45
    for angle, quarter in ((0, 0), (40, 0), (-40, 0), (90, 1), (180, 2), (-90, 3), (270, 3)):
        assert quarter_turns(clockwise(upright, angle)[None]).tolist() == [quarter]


def test_a_head_that_looks_aside_or_up_is_upright(rendered_head):
    for rpy in ((0, 0, 70), (0, 0, -70), (0, 40, 0), (0, -40, 0), (30, 20, 50)):
        face = rendered_head.landmarks(rotation_from_rpy(np.radians(rpy)))
        assert quarter_turns(face[None]).tolist() == [0]


def clockwise(face, degrees):
    return face @ Rotation.from_euler('z', degrees, degrees=True).as_matrix().T


def test_landmarks_are_turned_by_quarters(upright):
    quarters = np.array([0, 1, 2, 3, -1, 5])
    faces = np.array([upright] * len(quarters))
    turned = turned_landmarks(faces, quarters)
    expected = [clockwise(upright, 90 * quarter) for quarter in quarters]
    np.testing.assert_allclose(turned, expected, atol=1e-9)
    assert quarter_turns(turned).tolist() == (quarters % 4).tolist()
    np.testing.assert_array_equal(turned_landmarks(turned, -quarters), faces)
    # Rotations about the optical axis do the same.
    np.testing.assert_allclose(turned, faces @ quarter_rotations(quarters).swapaxes(1, 2))


def test_upright_landmarks_are_left_as_they_are(upright):
    faces = upright[None]
    np.testing.assert_array_equal(turned_landmarks(faces, np.zeros(1, int)), faces)
