# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Cameras: directions of pixels, the line of sight to a head, and what is no camera."""

from dataclasses import FrozenInstanceError

import cv2
import numpy as np
import pytest

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.line_of_sight import NEAREST_DISTANCE, LineOfSight, rotation_to
from headpose_ros.landmarks import CHEEKBONES
from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH
from headpose_ros.rotation import rotation_from_rpy

SIZE = (640, 480)
MATRIX = np.array([[400.0, 0.0, 330.0], [0.0, 410.0, 235.0], [0.0, 0.0, 1.0]])

# Coefficients of lenses that bend much, and the largest tangent at which they were tried.
LENSES = {
    'none': ('plumb_bob', [], 3.0),
    'barrel of 4': ('plumb_bob', [-0.4, 0.15, 1e-3, 1e-3], 0.9),
    'barrel of 5': ('plumb_bob', [-0.4, 0.15, 1e-3, 1e-3, -0.02], 0.9),
    'pincushion': ('plumb_bob', [0.3, 0.05, 0.0, 0.0, 0.0], 0.9),
    'rational of 8': ('rational_polynomial', [5.2, 1.8, 1e-4, 1e-4, 0.08, 5.6, 3.3, 0.5], 1.3),
    'prism of 12': ('rational_polynomial', [-0.4, 0.2, 0, 0, 0, 0.1, 0, 0, 0.01, 0, 0.01, 0], 0.9),
    'tilt of 14': ('rational_polynomial', [-0.2, 0.1, *9 * [0.0], 0.0, 0.02, -0.03], 0.9),
    'fisheye': ('equidistant', [-0.02, 0.01, -0.005, 0.001], 5.0),
    'ideal fisheye': ('equidistant', [0.0, 0.0, 0.0, 0.0], 5.0),
}


def camera_of(model='plumb_bob', distortion=(), matrix=MATRIX, size=SIZE):
    return Camera(matrix, np.array(distortion), model, *size)


def fan(largest):
    """Rays in all directions up to a tangent."""
    tangents = np.linspace(0.0, largest, 30)[:, None]
    angles = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    x, y = tangents * np.cos(angles), tangents * np.sin(angles)
    return np.column_stack([x.ravel(), y.ravel(), np.ones(x.size)])


def seen_by_a_detector(camera, points):
    """Landmarks in pixels of points in the optical frame, as a perfect detector has them."""
    middle = points[list(CHEEKBONES)].mean(axis=0)
    depth = (points - middle) @ middle / np.linalg.norm(middle)
    pixels = camera.project(points) + 0.5
    scale = np.sqrt(pixels.var(axis=0).sum() / points.var(axis=0)[:2].sum())
    return np.column_stack([pixels, depth * scale])


@pytest.mark.parametrize('lens', LENSES)
def test_rays_are_those_that_opencv_projects_to_the_pixels(lens):
    model, distortion, largest = LENSES[lens]
    rays, nowhere = fan(largest), np.zeros(3)
    if model == 'equidistant':
        pixels, _ = cv2.fisheye.projectPoints(
            rays[:, None], nowhere, nowhere, MATRIX, np.array(distortion)
        )
    else:
        pixels, _ = cv2.projectPoints(rays, nowhere, nowhere, MATRIX, np.array(distortion))
    camera = camera_of(model, distortion)
    np.testing.assert_allclose(camera.rays(pixels.reshape(-1, 2)), rays, atol=1e-5)
    np.testing.assert_allclose(camera.project(rays), pixels.reshape(-1, 2), atol=1e-9)
    # Further along the ray it is the same pixel.
    np.testing.assert_allclose(camera.project(3 * rays), pixels.reshape(-1, 2), atol=1e-9)


def test_without_distortion_rays_are_those_of_the_matrix():
    rays = camera_of().rays([[330, 235], [730, 235], [330, -175], [-70, 645]])
    np.testing.assert_allclose(rays, [[0, 0, 1], [1, 0, 1], [0, -1, 1], [-1, 1, 1]])


@pytest.mark.parametrize('model', ['none', 'inverse_brown_conrady', '', 'plumb_bob'])
@pytest.mark.parametrize('count', [5, 6, 8])
def test_coefficients_that_are_all_zero_are_an_ideal_lens(model, count):
    pixels = np.array([[0.0, 0.0], [639.0, 479.0]])
    camera = camera_of(model, count * [0.0])
    np.testing.assert_array_equal(camera.rays(pixels), camera_of().rays(pixels))


@pytest.mark.parametrize(
    ('model', 'distortion', 'pixel'),
    [
        # A polynomial that turns back at a tangent of 0.86, 230 pixels from the middle.
        ('plumb_bob', [-0.45, 0.0, 0.0, 0.0], (0, 0)),
        ('plumb_bob', [-0.45, 0.0, 0.0, 0.0], (595, 235)),
        # 90 degrees off the axis are 628 pixels from the middle.
        ('equidistant', [0.0, 0.0, 0.0, 0.0], (960, 235)),
        ('equidistant', [0.0, 0.0, 0.0, 0.0], (-1500, 235)),
        ('plumb_bob', [], (float('nan'), 0)),
        ('plumb_bob', [-0.1, 0.0, 0.0, 0.0], (0, float('inf'))),
    ],
)
def test_where_the_lens_has_no_inverse_there_are_no_rays(model, distortion, pixel):
    camera = camera_of(model, distortion)
    assert np.isfinite(camera.rays([[330, 235]])).all()
    with pytest.raises(ValueError, match='is not valid in this part.*calibrate the camera up to'):
        camera.rays([[330, 235], pixel])


def test_a_nominal_camera_sees_53_degrees():
    camera = Camera.nominal(640, 480)
    assert (camera.width, camera.height) == (640, 480)
    left, middle, right = camera.rays([[-0.5, 239.5], [319.5, 239.5], [639.5, 239.5]])
    np.testing.assert_allclose(middle, [0, 0, 1], atol=1e-12)
    angle = np.degrees(np.arctan2(right[0], 1) - np.arctan2(left[0], 1))
    assert angle == pytest.approx(53.13, abs=0.01)


@pytest.mark.parametrize('ray', [(0, 0, 1), (0.3, -0.2, 1), (-5, 4, 1), (0, 1, 0)])
def test_the_smallest_rotation_to_a_ray(ray):
    ray = np.array(ray) / np.linalg.norm(ray)
    rotation = rotation_to(2.5 * ray)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation @ [0, 0, 1], ray, atol=1e-12)
    # It turns about an axis at right angles to both.
    axis = np.cross([0, 0, 1], ray)
    np.testing.assert_allclose(rotation @ axis, axis, atol=1e-12)


@pytest.mark.parametrize('lens', ['none', 'barrel of 5', 'rational of 8', 'fisheye'])
@pytest.mark.parametrize('position', [(0, 0, 0.4), (0.2, -0.15, 0.6), (-0.9, 0.6, 2.0)])
def test_the_line_of_sight_frees_of_lens_and_place(rendered_head, lens, position):
    camera = camera_of(*LENSES[lens][:2])
    true = rendered_head.landmarks(rotation_from_rpy(np.radians([10, 5, 20])), position)
    sight = camera.sight_to(seen_by_a_detector(camera, true))
    ray = np.array(position) / np.linalg.norm(position)
    np.testing.assert_allclose(sight.rotation, rotation_to(ray), atol=0.01)
    # What a camera sees that is turned to the head.
    turned = true @ sight.rotation
    np.testing.assert_allclose(sight.landmarks[:, :2], turned[:, :2] / turned[:, 2:], atol=1e-6)
    # The shape of the head, in units of its distance.
    points = turned / turned[:, 2].mean()
    np.testing.assert_allclose(sight.points, points, atol=0.06 * np.ptp(points[:, 0]))
    assert sight.points[:, 2].mean() == pytest.approx(1)
    distance = turned[:, 2].mean() / FACE_WIDTH
    assert sight.distance == pytest.approx(distance, rel=0.03)


def test_the_detectors_pixels_begin_half_a_pixel_earlier():
    landmarks = np.zeros((468, 3))
    landmarks[:234, 0], landmarks[234:, 0] = 310.5, 350.5
    landmarks[list(CHEEKBONES), 0] = 290.5, 370.5
    landmarks[:, 1] = 235.5
    np.testing.assert_allclose(camera_of().sight_to(landmarks).rotation, np.eye(3), atol=1e-12)


def test_a_near_head_is_as_if_from_farther(rendered_head):
    rotation = rotation_from_rpy(np.radians([0, 10, -20]))
    sights = []
    for distance in (0.3, NEAREST_DISTANCE * FACE_WIDTH, 4.0):
        camera = camera_of()
        true = rendered_head.landmarks(rotation, (0, 0, distance))
        sights.append(camera.sight_to(seen_by_a_detector(camera, true)))

    def shape(landmarks):
        flat = landmarks[:, :2] - landmarks[:, :2].mean(axis=0)
        return flat / np.sqrt(flat.var(axis=0).sum())

    near, nearest, far = sights
    wanted = shape(nearest.landmarks)
    away = np.linalg.norm(shape(near.normalised_landmarks) - wanted, axis=1).mean()
    without = np.linalg.norm(shape(near.landmarks) - wanted, axis=1).mean()
    print(f'{away:.4f} of the size, {without:.4f} without')
    assert away < 0.3 * without  # the width of the head is known within some percent
    np.testing.assert_allclose(far.normalised_landmarks[:, :2], far.landmarks[:, :2], atol=1e-12)


def test_a_face_that_cannot_be_there_has_no_line_of_sight(rendered_head):
    landmarks = seen_by_a_detector(camera_of(), rendered_head.landmarks(np.eye(3), (0, 0, 0.4)))
    wrong = camera_of(matrix=np.array([[20.0, 0.0, 330.0], [0.0, 20.0, 235.0], [0.0, 0.0, 1.0]]))
    with pytest.raises(ValueError, match='extends behind the camera; check the focal length'):
        wrong.sight_to(landmarks)


def test_a_camera_is_a_value():
    matrix = MATRIX.copy()
    camera = camera_of(matrix=matrix)
    matrix[0, 0] = 1.0
    assert camera.matrix[0, 0] == 400.0
    with pytest.raises(FrozenInstanceError):
        camera.width = 3
    with pytest.raises(FrozenInstanceError):
        LineOfSight(np.eye(3), np.zeros((468, 3))).rotation = None


def changed(row, column, value):
    matrix = MATRIX.copy()
    matrix[row, column] = value
    return matrix


@pytest.mark.parametrize(
    ('options', 'told'),
    [
        ({'matrix': np.eye(4)}, 'expected 3 x 3 finite numbers'),
        ({'matrix': MATRIX.ravel()}, 'expected 3 x 3 finite numbers'),
        ({'matrix': changed(0, 2, np.nan)}, 'nan.*expected 3 x 3 finite numbers'),
        ({'matrix': changed(1, 1, np.inf)}, 'inf.*expected 3 x 3 finite numbers'),
        ({'matrix': changed(0, 0, 0.0)}, 'are 0 and 410 pixels; expected positive values'),
        ({'matrix': changed(1, 1, -5.0)}, 'are 400 and -5 pixels'),
        ({'matrix': changed(0, 1, 0.5)}, 'expected rows fx 0 cx, 0 fy cy, 0 0 1'),
        ({'matrix': changed(2, 2, 0.0)}, 'expected rows fx 0 cx, 0 fy cy, 0 0 1'),
        ({'distortion': [0.1, np.nan, 0, 0]}, 'nan.*expected finite numbers'),
        ({'distortion': [[0.1, 0, 0, 0]]}, 'expected finite numbers'),
        ({'distortion': [0.1, 0.2, 0.3]}, 'with 3 coefficients; expected 4, 5, 8, 12, 14'),
        (
            {'model': 'equidistant', 'distortion': 5 * [0.0]},
            'with 5 coefficients; expected 4, or none',
        ),
        (
            {'model': 'double_sphere', 'distortion': [0.1, 0.2]},
            "model 'double_sphere'; known: plumb_bob, rational_polynomial, equidistant",
        ),
        (
            {'model': 'inverse_brown_conrady', 'distortion': [0.1, 0, 0, 0, 0]},
            "model 'inverse_brown_conrady'; known: plumb_bob",
        ),
        ({'model': 'kannala_brandt4', 'distortion': 4 * [0.0]}, "model 'kannala_brandt4'; known"),
        ({'size': (0, 480)}, '0 x 480; expected positive integers'),
        ({'size': (640, 480.5)}, '640 x 480.5; '),
        ({'size': (640, None)}, '640 x None; '),
    ],
)
def test_what_is_no_camera_is_refused(options, told):
    with pytest.raises(ValueError, match=told):
        camera_of(**options)


def test_without_coefficients_any_model_will_do():
    for model in ('', 'plumb_bob', 'equidistant', 'double_sphere'):
        np.testing.assert_allclose(camera_of(model).rays([[730, 235]]), [[1, 0, 1]])
