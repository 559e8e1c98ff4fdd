# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Boxes of faces, and what has no shape."""

import numpy as np
import pytest

from headpose_ros.landmarks import box_of, has_shape, overlap

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
