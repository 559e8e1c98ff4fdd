# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Regions of one face: what is shown of them, where that is in the image, and how they turn."""

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headpose_ros.detection.region import Region
from headpose_ros.landmarks import Box, box_of

REGIONS = [
    Region(300.5, 200.0, 240.0),
    Region(250.0, 220.0, 900.0, np.radians(35.0)),
    Region(290.0, 240.0, 60.0, np.radians(-170.0)),
]


@pytest.mark.parametrize('region', REGIONS, ids=str)
@pytest.mark.parametrize('size', [192, 250])
def test_views_lead_back_to_the_image(region, size):
    """A dot is where the view's own coordinates lead to."""
    image = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(image, (280, 230), 12, (255, 255, 255), -1)
    view = region.view(image, size)
    assert view.shape == (size, size, 3)
    rows, columns = np.nonzero(view[:, :, 0] > 127)
    seen = np.array([[columns.mean() + 0.5, rows.mean() + 0.5, 10.0]])
    (there,) = region.to_image(seen, size)
    pixel = region.side / size
    np.testing.assert_allclose(there, [280.5, 230.5, 10.0 * pixel], atol=0.3 * max(pixel, 1.0))


@pytest.mark.parametrize('region', REGIONS, ids=str)
def test_a_region_in_a_view_is_where_its_points_are(region):
    inner = Region(70.0, 110.0, 50.0, 0.4)
    corners = np.array([[0.0, 0.0, 1.0], [50.0, 10.0, 2.0]])
    there = region.region_to_image(inner, 192)
    np.testing.assert_allclose(
        there.to_image(corners, 50), region.to_image(inner.to_image(corners, 50), 192)
    )


def test_beyond_the_borders_it_is_black():
    image = np.full((50, 60, 3), 200, np.uint8)
    view = Region(0.0, 0.0, 100.0).view(image, 100)
    assert (view[52:98, 52:98] == 200).all()
    assert (view[:48] == 0).all() and (view[:, :48] == 0).all()


@pytest.fixture(scope='module')
def face(rendered_head):
    """Landmarks (468, 2) of the rendered head, in pixels."""
    return rendered_head.project(rendered_head.landmarks(np.eye(3)))


def turned(points, degrees):
    matrix = Rotation.from_euler('z', degrees, degrees=True).as_matrix()[:2, :2]
    middle = points.mean(axis=0)
    return (points - middle) @ matrix.T + middle


@pytest.mark.parametrize('clockwise', [0, 30, -30, 90, 179, -120])
def test_the_region_of_landmarks_turns_with_the_face(face, clockwise):
    region = Region.around_landmarks(turned(face, clockwise))
    upright = Region.around_landmarks(face)
    off = np.degrees(region.clockwise - upright.clockwise) - clockwise
    assert (off + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)
    # As MediaPipe makes it: half as much again as the box around the landmarks.
    box = box_of(turned(face, clockwise))
    assert region.side == pytest.approx(1.5 * box.longer_side)
    assert (region.x, region.y) == pytest.approx(box.center)
    assert region.box.longer_side == pytest.approx(box.longer_side)


@pytest.mark.parametrize('clockwise', [0, 40, -40, 90, 180])
@pytest.mark.parametrize('apart', [20.0, 0.0], ids=['frontal', 'profile'])
def test_the_region_of_a_detection_turns_with_the_eyes_and_the_mouth(clockwise, apart):
    # Seen from the side both eyes are in one place.
    points = np.array([[-apart, -10.0], [apart, -10.0], [0.0, 20.0]])
    matrix = Rotation.from_euler('z', clockwise, degrees=True).as_matrix()[:2, :2]
    *eyes, mouth = points @ matrix.T + (100.0, 80.0)
    region = Region.around_box(Box(60.0, 50.0, 140.0, 120.0), np.array(eyes), mouth)
    off = np.degrees(region.clockwise) - clockwise
    assert (off + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)
    assert (region.x, region.y, region.side) == (100.0, 85.0, 120.0)
