# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images of single faces: what is in them, how large it is, and which way up."""

import numpy as np
import pytest

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.face_images import aligned_face, cropped_face, tilt_of
from headpose_ros.landmarks import Box
from headpose_ros.rotation import rotation_from_rpy

SIZE = (128, 96)  # width and height


def picture(height=240, width=320):
    """Red rises to the right, green down; blue is full."""
    bgr = np.full((height, width, 3), 255, np.uint8)
    bgr[..., 2] = np.linspace(0, 255, width)[None]
    bgr[..., 1] = np.linspace(0, 255, height)[:, None]
    return bgr


def is_shown(image):
    return image[..., 0] > 127


@pytest.mark.parametrize('factor', [0.1, 0.9, 1.0, 1.7, 2.4])
def test_a_box_is_as_large_as_can_be_in_the_middle(factor):
    bgr = picture()
    box = Box(40.0, 20.0, 40.0 + 60.0 * factor, 20.0 + 90.0 * factor)
    out = cropped_face(bgr, box, SIZE)
    assert out.shape == (96, 128, 3) and out.dtype == np.uint8
    rows, columns = np.nonzero(is_shown(out))
    assert rows.min() == 0 and rows.max() == 95  # higher than wide
    assert columns.max() - columns.min() + 1 == pytest.approx(64, abs=8)
    assert columns.min() == pytest.approx(127 - columns.max(), abs=1)
    red = out[48, is_shown(out)[48], 2].astype(float) * 320 / 255
    assert red[0] == pytest.approx(box.left, abs=4) and red[-1] == pytest.approx(box.right, abs=4)


def test_what_is_beyond_the_image_does_not_count():
    out = cropped_face(picture(), Box(-50.0, -50.0, 60.0, 60.0), (50, 50))
    assert is_shown(out).all()
    assert out[0, 0, 1] < 5 and out[-1, -1, 2] == pytest.approx(60 * 255 / 320, abs=3)
    for box in (Box(-50.0, 10.0, -5.0, 60.0), Box(400.0, 10.0, 500.0, 60.0)):
        assert not cropped_face(picture(), box, SIZE).any()


@pytest.mark.usefixtures('face_mesh')
@pytest.mark.parametrize('roll', [0.0, 30.0, -30.0, 90.0, 180.0])
@pytest.mark.parametrize('yaw', [0.0, 30.0])
def test_a_face_is_upright_whichever_way_it_is_tilted(rendered_head, roll, yaw):
    with HeadPoseEstimator(mode='image') as estimator:
        upright = rotation_from_rpy(np.radians([0.0, 0.0, yaw]))
        tilted = rotation_from_rpy(np.radians([roll, 0.0, 0.0])) @ upright
        crops = []
        for rotation in (upright, tilted):
            bgr = rendered_head.render(rotation)
            (head,) = estimator.estimate(bgr)
            crops.append(aligned_face(bgr, head.landmarks, (128, 128)).astype(float))
            if rotation is upright:
                without = tilt_of(head.landmarks)
    # A tilt to the person's right is counterclockwise in the image.
    turned = np.degrees(tilt_of(head.landmarks) - without) + roll
    assert abs((turned + 180.0) % 360.0 - 180.0) < 10.0
    # In the middle there is the same picture.
    a, b = (crop[32:96, 32:96].ravel() for crop in crops)
    assert np.corrcoef(a, b)[0, 1] > 0.85


@pytest.mark.usefixtures('face_mesh')
def test_an_aligned_face_fills_the_image_and_ends_at_the_border(rendered_head):
    bgr = rendered_head.render(np.eye(3), (-0.2, 0.0, 0.5))
    with HeadPoseEstimator(mode='image') as estimator:
        (head,) = estimator.estimate(bgr)
    out = aligned_face(np.full_like(bgr, 255), head.landmarks, (100, 100))
    assert out.shape == (100, 100, 3)
    beyond = ~is_shown(out)
    assert 0.0 < beyond.mean() < 0.9 and beyond[:, 0].all() and not beyond[:, -1].any()
    away = aligned_face(bgr, head.landmarks - (2000.0, 0.0, 0.0), (100, 100))
    assert away.shape == (100, 100, 3) and not away.any()
