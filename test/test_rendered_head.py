# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The rendered head: its rotation is what it says it is, and detector and model see it."""

import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.media.sample_head.rendered_head import (
    FACE_WIDTH,
    SAMPLE_AMPLITUDES,
    SAMPLE_PERIOD,
    RenderedHead,
    sample_rotation,
)
from headpose_ros.rotation import rotation_from_rpy, rpy_from_rotation
from training.rotation import geodesic_angle

NOSE, RIGHT_EYE, LEFT_EYE = 1, 33, 263  # tip; outer corners, of the person's eyes
ROLL, PITCH, YAW = 0, 1, 2
NAMES = ('roll', 'pitch', 'yaw')


@pytest.fixture(scope='module')
def estimator(face_mesh):
    """Looks for several faces, so that one in the surroundings would be noticed."""
    with HeadPoseEstimator(max_faces=5) as estimator:
        yield estimator


@pytest.fixture(scope='module')
def neutral(estimator, rendered_head):
    (seen,) = estimator.estimate(rendered_head.render(np.eye(3)))
    return seen


def turned(axis, degrees):
    """``R_opt`` of a turn about one axis of the published angles."""
    rpy = np.zeros(3)
    rpy[axis] = np.radians(degrees)
    return rotation_from_rpy(rpy)


def toward(position):
    """The rotation that turns the optical axis to the line of sight to a position."""
    cross = np.cross([0.0, 0.0, 1.0], np.asarray(position) / np.linalg.norm(position))
    sine = np.linalg.norm(cross)
    return Rotation.from_rotvec(cross / sine * np.arcsin(sine)).as_matrix()


def error(true, measured):
    return float(np.degrees(geodesic_angle(true, measured)))


def aligned(before, after):
    """Rotation of landmarks (468, 3) by themselves, without any model (Kabsch)."""
    return Rotation.align_vectors(after - after.mean(0), before - before.mean(0))[0].as_matrix()


def test_the_identity_faces_the_camera(neutral):
    print('neutral rpy', np.degrees(neutral.rpy).round(1))
    assert np.abs(np.degrees(neutral.rpy)).max() < 5


def test_the_identity_is_symmetric_and_upright(rendered_head):
    points = rendered_head.landmarks(np.eye(3), (0, 0, 1))
    for left, right in ((LEFT_EYE, RIGHT_EYE), (454, 234), (291, 61)):
        x, y, z = points[left] - points[right]
        assert x > 0.03 and abs(y) < 0.04 * x and abs(z) < 0.04 * x
    x, y, z = points[152] - points[10]
    assert np.degrees(np.arctan2(z, y)) == pytest.approx(2.9, abs=0.1)
    np.testing.assert_allclose((points[454] + points[234]) / 2, (0, 0, 1), atol=1e-9)
    assert np.linalg.norm(points[454] - points[234]) == pytest.approx(FACE_WIDTH)
    assert points[NOSE, 2] < 0.95


def nose_right_of_eyes(points):
    return points[NOSE, 0] - points[[LEFT_EYE, RIGHT_EYE], 0].mean()


def nose_below_eyes(points):
    return points[NOSE, 1] - points[[LEFT_EYE, RIGHT_EYE], 1].mean()


def left_eye_above_right(points):
    return points[RIGHT_EYE, 1] - points[LEFT_EYE, 1]


# What an image shows, independently of any angle. Positive yaw turns to the person's left, which
# is the image's right; positive pitch looks down; positive roll tilts the head to the person's
# right, where the eye in the left of the image is lowered.
@pytest.mark.parametrize(
    ('axis', 'shown', 'angles'),
    [
        (YAW, nose_right_of_eyes, (20, 35)),
        (PITCH, nose_below_eyes, (8, 15)),
        (ROLL, left_eye_above_right, (12, 25)),
    ],
    ids=['yaw', 'pitch', 'roll'],
)
def test_every_axis_alone(estimator, rendered_head, neutral, axis, shown, angles):
    for degrees in (*angles, *(-a for a in angles)):
        true = turned(axis, degrees)
        (seen,) = estimator.estimate(rendered_head.render(true))
        sign = np.sign(degrees)
        drawn = rendered_head.project(rendered_head.landmarks(true))
        straight = rendered_head.project(rendered_head.landmarks(np.eye(3)))
        assert sign * (shown(drawn) - shown(straight)) > 5
        assert sign * (shown(seen.landmarks) - shown(neutral.landmarks)) > 4

        rpy = np.degrees(seen.rpy)
        assert np.argmax(np.abs(rpy)) == axis and sign * rpy[axis] > 0
        measured = {
            'against the truth': seen.rotation,
            'against the neutral view': seen.rotation @ neutral.rotation.T,
            'of the landmarks alone': aligned(neutral.landmarks, seen.landmarks),
        }
        errors = {name: round(error(true, rotation), 1) for name, rotation in measured.items()}
        print(f'{NAMES[axis]} {degrees:+d}: measured {rpy.round(1)}, errors {errors}')
        assert max(errors.values()) < 6.5


def test_rotations_about_several_axes(estimator, rendered_head):
    errors = []
    for yaw in (-30, 0, 30):
        for pitch in (-8, 12):
            for roll in (-20, 0, 20):
                true = rotation_from_rpy(np.radians([roll, pitch, yaw]))
                (seen,) = estimator.estimate(rendered_head.render(true))
                errors.append(error(true, seen.rotation))
    print(f'combined: mean {np.mean(errors):.1f}, largest {np.max(errors):.1f} degrees')
    assert np.mean(errors) < 4.0 and np.max(errors) < 11


@pytest.mark.parametrize('mode', ['image', 'video'])
def test_the_whole_sample_is_seen(face_mesh, rendered_head, mode):
    errors, angles = [], []
    with HeadPoseEstimator(mode=mode, max_faces=2) as estimator:
        for seconds in np.arange(0.0, SAMPLE_PERIOD, 0.2):
            true = sample_rotation(seconds)
            (seen,) = estimator.estimate(rendered_head.render(true))
            errors.append(error(true, seen.rotation))
            angles.append(np.abs(np.degrees(seen.rpy - rpy_from_rotation(true))))
    print(
        f'sample, {mode}: mean {np.mean(errors):.1f}, largest {np.max(errors):.1f} degrees; '
        f'roll, pitch, yaw {np.mean(angles, axis=0).round(1)}'
    )
    assert np.mean(errors) < 3.5 and np.max(errors) < 6


def test_the_sample_moves_one_axis_at_a_time():
    times = np.arange(0.0, SAMPLE_PERIOD, 0.01)
    rpy = np.array([rpy_from_rotation(sample_rotation(t)) for t in times])
    assert ((np.abs(rpy) > 1e-9).sum(axis=1) <= 1).all()
    for axis, third in ((YAW, 0), (PITCH, 1), (ROLL, 2)):
        part = rpy[third * 400 : (third + 1) * 400, axis]
        assert part.max() == pytest.approx(SAMPLE_AMPLITUDES[axis])
        assert part.min() == pytest.approx(-SAMPLE_AMPLITUDES[axis])
        assert part.argmax() < part.argmin()
    speed = np.diff(np.concatenate([rpy, rpy[:1]]), axis=0) / 0.01
    assert np.abs(speed).max() < np.radians(70)
    assert np.abs(np.diff(speed, axis=0)).max() < np.radians(5)  # a jump of speed, in 10 ms
    np.testing.assert_allclose(sample_rotation(3.0 + 5 * SAMPLE_PERIOD), sample_rotation(3.0))
    np.testing.assert_allclose(sample_rotation(0.0), np.eye(3))


def test_the_same_pose_gives_the_same_picture(rendered_head):
    pose = rotation_from_rpy(np.radians([5, -5, 20])), (0.05, 0.02, 0.7)
    picture = rendered_head.render(*pose)
    rendered_head.render(np.eye(3))
    np.testing.assert_array_equal(rendered_head.render(*pose), picture)
    np.testing.assert_array_equal(RenderedHead().render(*pose), picture)


@pytest.mark.parametrize('axis', [None, ROLL, PITCH, YAW])
def test_landmarks_are_found_where_they_are(estimator, rendered_head, axis):
    true = np.eye(3) if axis is None else turned(axis, 15)
    (seen,) = estimator.estimate(rendered_head.render(true))
    pixels = rendered_head.project(rendered_head.landmarks(true))
    distances = np.linalg.norm(pixels - seen.landmarks[:, :2], axis=1)
    print(f'mean {distances.mean():.1f}, largest {distances.max():.1f} pixels, of a face of 143')
    assert distances.mean() < 4 and distances.max() < 15


# From 1.15 m on FaceMesh finds nobody at once, and at 2 m the face is 43 pixels wide.
@pytest.mark.parametrize('distance', [0.4, 0.5, 0.8, 1.0, 1.4, 2.0])
def test_distance_and_perspective(estimator, rendered_head, distance):
    position = (0, 0, distance)
    for yaw in (-40, -20, 0, 20, 40):
        true = turned(YAW, yaw)
        (seen,) = estimator.estimate(rendered_head.render(true, position))
        pixels = rendered_head.project(rendered_head.landmarks(true, position))
        away = np.linalg.norm(pixels - seen.landmarks[:, :2], axis=1).mean()
        away /= np.ptp(pixels[:, 1])
        print(f'{yaw:+d}: error {error(true, seen.rotation):.1f}, away {away:.3f} face heights')
        assert error(true, seen.rotation) < (10 if abs(yaw) == 40 else 6)
        assert away < 0.05


def test_a_longer_lens_sees_farther(estimator):
    head = RenderedHead(focal_length=1200)
    (seen,) = estimator.estimate(head.render(np.eye(3), (0.1, 0.05, 2.0)))
    assert np.abs(np.degrees(seen.rpy)).max() < 7


@pytest.mark.parametrize('position', [(0.2, 0, 0.6), (-0.2, 0.1, 0.7), (0, -0.1, 0.6)])
def test_off_centre_the_detector_sees_along_the_line_of_sight(estimator, rendered_head, position):
    for true in (np.eye(3), turned(YAW, 20)):
        (seen,) = estimator.estimate(rendered_head.render(true, position))
        along = error(true, toward(position) @ seen.rotation)
        without = error(true, seen.rotation)
        print(f'{position}: {along:.1f} degrees, without the line of sight {without:.1f}')
        assert along < 6
        x, y, width, height = seen.bbox
        u, v = rendered_head.project(position)
        assert x < u < x + width and y < v < y + height


def test_any_size_of_picture(estimator):
    head = RenderedHead(1280, 720)
    picture = head.render(turned(YAW, 20))
    assert picture.shape == (720, 1280, 3) and picture.dtype == np.uint8
    (seen,) = estimator.estimate(picture)
    assert error(turned(YAW, 20), seen.rotation) < 6
    np.testing.assert_allclose(head.camera_matrix, [[1280, 0, 640], [0, 1280, 360], [0, 0, 1]])
    assert RenderedHead(3, 2).render(np.eye(3)).shape == (2, 3, 3)


def test_outside_of_the_picture_nobody_is_seen(estimator, rendered_head):
    for position in ((5.0, 0, 0.6), (0, -5.0, 0.6), (0, 0, 1e6)):
        picture = rendered_head.render(np.eye(3), position)
        assert picture.shape == (480, 640, 3)
        assert estimator.estimate(picture) == []


@pytest.mark.parametrize(
    ('rotation', 'position'),
    [
        (np.eye(4), (0, 0, 0.6)),
        (2 * np.eye(3), (0, 0, 0.6)),
        (np.diag([-1, 1, 1]), (0, 0, 0.6)),
        (np.full((3, 3), np.nan), (0, 0, 0.6)),
        (np.eye(3), (0, 0)),
        (np.eye(3), (0, 0, 0.1)),
        (np.eye(3), (0, 0, -1)),
        (np.eye(3), (0, np.inf, 1)),
    ],
)
def test_what_is_no_pose_is_refused(rendered_head, rotation, position):
    with pytest.raises(ValueError, match='rotation|position'):
        rendered_head.render(rotation, position)
    with pytest.raises(ValueError, match='rotation|position'):
        rendered_head.landmarks(rotation, position)


@pytest.mark.parametrize(
    'arguments', [{'width': 0}, {'height': -1}, {'width': 64.5}, {'focal_length': 0.0}]
)
def test_what_is_no_camera_is_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        RenderedHead(**arguments)


def test_a_time_must_be_finite():
    with pytest.raises(ValueError, match='seconds'):
        sample_rotation(float('nan'))


def test_without_scikit_image_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'skimage', None)
    with pytest.raises(ImportError, match='pip install scikit-image'):
        RenderedHead()
