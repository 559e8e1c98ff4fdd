# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The public face of the core, on real MediaPipe."""

import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from far_away import from_afar
from scipy.spatial.transform import Rotation

from headpose_ros.camera.camera import Camera
from headpose_ros.detection.factory import create_detector
from headpose_ros.errors import DetectorUnavailableError, ModelError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.landmarks import face_sizes
from headpose_ros.people.tracker import BIRTH_STD
from headpose_ros.rotation import rotation_from_rpy, rpy_from_rotation
from training.rotation import geodesic_angle

# Degrees of roll, pitch and yaw of the rendered head.
TURNS = ([0, 0, 30], [0, 0, -30], [20, 0, 0], [-20, 0, 0], [0, 12, 0], [10, -8, 20])


@pytest.fixture(scope='module')
def estimator(options):
    with HeadPoseEstimator(**options) as estimator:
        yield estimator


def beside(large, small):
    """A large and a small copy of a photograph in one image, the small one at the left."""
    canvas = np.full((720, 1280, 3), 127, np.uint8)
    canvas[100 : 100 + small.shape[0], : small.shape[1]] = small
    canvas[: large.shape[0], -large.shape[1] :] = large
    return canvas


def test_one_head_with_all_it_says(estimator, photo):
    (head,) = estimator.estimate(photo)
    assert head.rotation.shape == (3, 3)
    np.testing.assert_allclose(head.rotation @ head.rotation.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(head.rpy, rpy_from_rotation(head.rotation))
    assert head.quaternion.shape == (4,)
    assert head.landmarks.shape == (468, 3)
    assert head.std.shape == (3,)
    assert (head.std > 0.0).all() and (head.std < np.pi / 2).all()
    x, y, width, height = head.bbox
    assert (head.landmarks[:, 0] >= x - 1e-6).all()
    assert (head.landmarks[:, 1] <= y + height + 1e-6).all()
    # She is in the middle of the picture and looks nearly into the camera.
    assert 100 < x + width / 2 < 200 and 80 < y + height / 2 < 180
    assert np.abs(np.degrees(head.rpy)).max() < 30


def test_nobody(estimator):
    assert estimator.estimate(np.full((300, 400, 3), 90, np.uint8)) == []


def test_known_rotations_of_the_rendered_head(estimator, rendered_head):
    for degrees in TURNS:
        true = np.radians(degrees)
        (head,) = estimator.estimate(rendered_head.render(rotation_from_rpy(true)))
        np.testing.assert_allclose(np.degrees(head.rpy), degrees, atol=12)


@pytest.fixture(scope='module', params=[90, 180, 270])
def rotating(options, request):
    """An estimator for images that have to be turned to be upright, and by how much."""
    with HeadPoseEstimator(image_rotation=request.param, **options) as estimator:
        yield estimator, request.param


def turned(image, clockwise):
    return np.ascontiguousarray(np.rot90(image, -clockwise // 90))


def about_the_optical_axis(clockwise):
    return Rotation.from_euler('z', clockwise, degrees=True).as_matrix()


@pytest.mark.parametrize('degrees', TURNS, ids=str)
def test_with_image_rotation_all_is_in_the_axes_of_the_image_as_given(
    estimator, rotating, rendered_head, degrees
):
    rotated, clockwise = rotating
    upright = rendered_head.render(rotation_from_rpy(np.radians(degrees)), (0.08, 0.05, 0.6))
    (expected,) = estimator.estimate(upright)
    # A camera that is mounted turned: the image is upright once it is turned clockwise.
    image = turned(upright, -clockwise)
    (head,) = rotated.estimate(image)
    back = about_the_optical_axis(-clockwise)
    np.testing.assert_allclose(head.rotation, back @ expected.rotation, atol=1e-6)
    height, width = upright.shape[:2]
    points = (expected.landmarks - (width / 2, height / 2, 0)) @ back.T
    points += (image.shape[1] / 2, image.shape[0] / 2, 0)
    np.testing.assert_allclose(head.landmarks, points, atol=1e-6)
    order = [0, 1, 2] if clockwise == 180 else [0, 2, 1]  # pitch and yaw change places
    np.testing.assert_allclose(head.std, expected.std[order], rtol=1e-6)
    assert head.score == expected.score


def test_with_image_rotation_and_a_camera(options, rotating, rendered_head):
    # The calibration is that of the image as it is given.
    rotated, clockwise = rotating
    image = turned(rendered_head.render(np.eye(3), (0.15, 0.05, 0.6)), -clockwise)
    camera = Camera.nominal(image.shape[1], image.shape[0])
    if clockwise != 180:  # its focal length is that of the width
        matrix = np.array([[640.0, 0.0, 240.0], [0.0, 640.0, 320.0], [0.0, 0.0, 1.0]])
        camera = Camera(matrix, np.zeros(5), 'plumb_bob', 480, 640)
    (head,) = rotated.estimate(image, camera)
    ray = head.sight.rotation @ [0, 0, 1]
    expected = about_the_optical_axis(-clockwise) @ [0.15, 0.05, 0.6]
    np.testing.assert_allclose(ray[:2] / ray[2], expected[:2] / 0.6, atol=0.03)
    pose = head.sight.rotation @ head.rotation
    off = geodesic_angle(pose, about_the_optical_axis(-clockwise))
    assert np.degrees(off) < 10


def test_with_image_rotation_people_are_followed(options, rendered_head):
    with HeadPoseEstimator(mode='video', image_rotation=90, **options) as estimator:
        for i in range(10):
            true = rotation_from_rpy(np.radians([0, 0, 2 * i]))
            (head,) = estimator.estimate(turned(rendered_head.render(true), -90), None, i / 30)
            off = geodesic_angle(head.rotation, about_the_optical_axis(-90) @ true)
            assert np.degrees(off) < 10


@pytest.mark.parametrize('degrees', [[0, 0, 0], [0, 0, 25], [10, -8, -20]], ids=str)
@pytest.mark.parametrize('clockwise', [90, 180, 270, 60, -60, 140])
@pytest.mark.parametrize('mode', ['image', 'video'])
def test_a_head_on_its_side_or_upside_down_is_read_without_image_rotation(
    options, rendered_head, mode, clockwise, degrees
):
    true = rotation_from_rpy(np.radians(degrees))
    image, landmarks = from_afar(
        rendered_head, 120, (640, 640), (0.5, 0.5), true, clockwise=clockwise
    )
    with HeadPoseEstimator(mode=mode, **options) as estimator:
        for i in range(30):
            # Her collar, of whose pose nothing is sure, is taken for a face now and then.
            heads = [
                head for head in estimator.estimate(image, None, i / 30)
                if head.is_sure(BIRTH_STD[-1])
            ]
            if heads and (mode == 'image' or i > 20):
                break
    (head,) = heads
    assert np.linalg.norm(head.landmarks[:, :2] - landmarks, axis=1).mean() < 8.0
    assert np.degrees(geodesic_angle(head.rotation, about_the_optical_axis(clockwise) @ true)) < 15


def test_several_people_each_with_their_own_pose(options, rendered_head):
    turns = ([0, 0, 30], [15, 0, 0], [0, 10, -20])
    poses = [rotation_from_rpy(np.radians(each)) for each in turns]
    # The second one is the nearest.
    pictures = [
        rendered_head.render(pose, (0.0, 0.0, far))[60:420, 160:480]
        for pose, far in zip(poses, (0.8, 0.6, 1.0), strict=True)
    ]
    image = np.hstack(pictures)
    for mode in ('image', 'video'):
        with HeadPoseEstimator(mode=mode, **options) as estimator:
            for i in range(30):
                heads = estimator.estimate(image, None, i / 30)
        places = [int((head.bbox[0] + head.bbox[2] / 2) // 320) for head in heads]
        assert places == [1, 0, 2]  # the largest first
        for head, place in zip(heads, places, strict=True):
            assert np.degrees(geodesic_angle(head.rotation, poses[place])) < 12
            assert 0.5 < head.score <= 1.0


def test_five_people_are_found_unless_fewer_are_asked_for(options, rendered_head):
    face = rendered_head.render(np.eye(3), (0.0, 0.0, 0.8))[60:420, 200:440]
    image = np.hstack([face] * 6)
    for max_faces, count in (({}, 5), ({'max_faces': 6}, 6), ({'max_faces': 2}, 2)):
        for mode in ('image', 'video'):
            with HeadPoseEstimator(mode=mode, **max_faces, **options) as estimator:
                for i in range(60 if mode == 'video' else 1):
                    heads = estimator.estimate(image, None, i / 30)
            assert len(heads) == count


def test_stamps_are_those_of_the_clock_where_none_are_given(options, rendered_head):
    with HeadPoseEstimator(mode='video', **options) as estimator:
        for _ in range(3):
            assert len(estimator.estimate(rendered_head.render(np.eye(3)))) == 1


def test_the_largest_face_comes_first(options, photo):
    image = beside(large=cv2.resize(photo, (700, 700)), small=cv2.resize(photo, (500, 500)))
    with (
        HeadPoseEstimator(**options) as two,
        HeadPoseEstimator(max_faces=1, **options) as one,
    ):
        first, second = two.estimate(image)
        assert first.bbox[2] > second.bbox[2]
        assert first.bbox[0] > 580 > second.bbox[0]
        (only,) = one.estimate(image)
        np.testing.assert_array_equal(only.landmarks, first.landmarks)
        # Each head has the figures of its own landmarks.
        for head in (first, second):
            rotations, stds = two.models[0].predict_with_std(head.landmarks[None])
            np.testing.assert_allclose(head.rotation, rotations[0], atol=1e-4)
            np.testing.assert_allclose(head.std, stds[0], rtol=1e-2)


def test_pixels_are_square_whatever_the_shape_of_the_image(estimator, photo):
    wide = cv2.copyMakeBorder(photo, 0, 0, 100, 100, cv2.BORDER_CONSTANT)
    (narrow_head,), (wide_head,) = estimator.estimate(photo), estimator.estimate(wide)
    np.testing.assert_allclose(wide_head.rpy, narrow_head.rpy, atol=np.radians(4))
    assert wide_head.bbox[0] == pytest.approx(narrow_head.bbox[0] + 100, abs=5)


def test_video_mode_follows_and_forgets(options, rendered_head):
    with HeadPoseEstimator(mode='video', **options) as estimator:
        for degrees in range(0, 20, 2):
            rotation = rotation_from_rpy(np.radians([0, 0, degrees]))
            assert len(estimator.estimate(rendered_head.render(rotation))) == 1
        assert estimator.estimate(np.zeros((480, 640, 3), np.uint8), None, 1e9) == []
        # Whoever comes is looked for again and again.
        counts = [
            len(estimator.estimate(rendered_head.render(np.eye(3)), None, 1e9 + i / 30))
            for i in range(1, 6)
        ]
        assert counts[-1] == 1 and counts == sorted(counts)


def test_an_image_is_the_same_every_time_in_image_mode(estimator, photo, rendered_head):
    (first,) = estimator.estimate(photo)
    estimator.estimate(rendered_head.render(np.eye(3)))
    (again,) = estimator.estimate(photo)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)


def test_views_of_arrays_are_images_too(estimator, photo):
    padded = np.zeros((300, 400, 3), np.uint8)
    padded[:, :300] = photo
    (head,) = estimator.estimate(padded[:, :300])
    (expected,) = estimator.estimate(photo)
    np.testing.assert_array_equal(head.landmarks, expected.landmarks)


@pytest.mark.parametrize(
    ('image', 'told'),
    [
        (None, 'got NoneType'),
        ('photo.jpg', 'got str'),
        (np.zeros((10, 10), np.uint8), r'\(10, 10\)'),
        (np.zeros((10, 10, 4), np.uint8), r'\(10, 10, 4\)'),
        (np.zeros((2, 10, 10, 3), np.uint8), r'\(2, 10, 10, 3\)'),
        (np.zeros((0, 10, 3), np.uint8), r'\(0, 10, 3\)'),
        (np.zeros((10, 10, 3)), 'float64'),
        (np.zeros((10, 10, 3), np.uint16), 'uint16'),
    ],
    ids=str,
)
def test_what_is_no_image_is_refused(estimator, image, told):
    with pytest.raises(ValueError, match=f'{told}.*expected a uint8 BGR image'):
        estimator.estimate(image)


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (2000, 1), (7, 5)])
def test_tiny_images_have_nobody(estimator, photo, size):
    assert estimator.estimate(np.zeros((*size, 3), np.uint8)) == []
    assert estimator.estimate(photo)


@pytest.mark.parametrize(
    ('options', 'told'),
    [
        ({'detector': 'haar'}, "unknown detector 'haar'; known: face_mesh, face_landmarker"),
        ({'mode': 'film'}, "unknown mode 'film'; known: image, video"),
        ({'max_faces': 0}, 'max_faces is 0; expected an integer >= 1'),
        ({'max_faces': 1.5}, 'max_faces is 1.5'),
        ({'face_detector': 'haar'}, "unknown face detector 'haar'; known: auto, full_range"),
        ({'search_rate': -1.0}, 'search_rate is -1.0; expected a rate >= 0 in Hz'),
        ({'search_rate': float('inf')}, 'search_rate is inf'),
        ({'search_rate': float('nan')}, 'search_rate is nan'),
        ({'image_rotation': 45}, 'image_rotation is 45; expected one of 0, 90, 180, 270'),
        ({'image_rotation': -90}, 'image_rotation is -90'),
        ({'image_rotation': '90'}, "image_rotation is '90'"),
        ({'min_detection_confidence': 2.0}, 'min_detection_confidence is 2.0'),
    ],
)
def test_options_that_cannot_be_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        HeadPoseEstimator(**options)


def test_a_model_that_is_not_there_is_refused(options, tmp_path):
    with pytest.raises(ModelError, match='no such model file'):
        HeadPoseEstimator(model=tmp_path / 'none.npz', **options)


def test_mediapipe_without_face_mesh_is_told(monkeypatch):
    import mediapipe

    monkeypatch.delattr(mediapipe, 'solutions', raising=False)
    with pytest.raises(DetectorUnavailableError) as caught:
        HeadPoseEstimator()
    told = str(caught.value)
    assert 'has no FaceMesh' in told and 'set the detector to face_landmarker' in told
    assert 'headpose fetch-model' in told
    # There is none for newer Pythons.
    assert ("pip install 'mediapipe>=0.10.18" in told) == (sys.version_info < (3, 13))


def test_with_a_camera_the_model_sees_the_head_along_its_line_of_sight(estimator, rendered_head):
    picture = rendered_head.render(np.eye(3), (0.2, 0.0, 0.6))
    (plain,) = estimator.estimate(picture)
    (head,) = estimator.estimate(picture, Camera.nominal(640, 480))
    assert plain.sight is None and plain.neutral is None and head.neutral is None
    np.testing.assert_array_equal(head.landmarks, plain.landmarks)
    ray = head.sight.rotation @ [0, 0, 1]
    assert ray[0] / ray[2] == pytest.approx(1 / 3, abs=0.02)
    rotations, stds = estimator.models[0].predict_with_std(
        head.sight.normalised_landmarks[None], face_sizes(head.landmarks[None])
    )
    np.testing.assert_allclose(head.rotation, rotations[0], atol=1e-9)
    np.testing.assert_allclose(head.std, stds[0])


def test_where_the_calibration_does_not_reach_heads_are_without_a_line_of_sight(
    estimator, rendered_head
):
    picture = rendered_head.render(np.eye(3), (0.2, 0.0, 0.6))
    (plain,) = estimator.estimate(picture)
    # Its polynomial turns back at a tangent of 0.22 from the middle.
    matrix = np.array([[640.0, 0.0, 319.5], [0.0, 640.0, 239.5], [0.0, 0.0, 1.0]])
    camera = Camera(matrix, np.array([-7.0, 0.0, 0.0, 0.0]), 'plumb_bob', 640, 480)
    (head,) = estimator.estimate(picture, camera)
    assert head.sight is None
    np.testing.assert_array_equal(head.rotation, plain.rotation)
    np.testing.assert_array_equal(head.std, plain.std)


def test_rpy_is_relative_to_a_neutral_pose_and_nothing_else_is(estimator, photo):
    (head,) = estimator.estimate(photo)
    neutral = rotation_from_rpy(np.radians([3, -6, 10]))
    other = replace(head, neutral=neutral)
    np.testing.assert_allclose(other.rpy, rpy_from_rotation(neutral.T @ head.rotation))
    np.testing.assert_array_equal(other.quaternion, head.quaternion)
    np.testing.assert_allclose(replace(head, neutral=head.rotation).rpy, 0.0, atol=1e-9)


@pytest.mark.parametrize(('detection', 'count'), [(0.3, 1), (1.0, 0)])
def test_other_confidences_are_like_those_of_the_beginning(options, photo, detection, count):
    confidences = {'min_detection_confidence': detection, 'min_tracking_confidence': 0.7}
    others = {'mode': 'video', 'face_detector': 'short_range', **options}
    with (
        HeadPoseEstimator(**others, **confidences) as made_so,
        HeadPoseEstimator(**others) as estimator,
    ):
        expected = made_so.estimate(photo)
        assert len(estimator.estimate(photo)) == 1
        estimator.set_confidences(**confidences)
        heads = estimator.estimate(photo)
        assert len(heads) == len(expected) == count
        for head, other in zip(heads, expected, strict=True):
            np.testing.assert_array_equal(head.landmarks, other.landmarks)
            np.testing.assert_array_equal(head.rotation, other.rotation)


def test_the_detector_before_is_closed(options, photo, monkeypatch):
    made = []

    def create(*args, **kwargs):
        made.append(create_detector(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr('headpose_ros.estimator.create_detector', create)
    with HeadPoseEstimator(**options) as estimator:
        estimator.set_confidences(0.5, 0.5)
        before, after = made
        with pytest.raises(RuntimeError, match='is closed'):
            before.detect(photo)
        assert after.detect(photo)


def test_a_confidence_decides_who_is_found(options, photo):
    with HeadPoseEstimator(face_detector='short_range', **options) as estimator:
        assert estimator.estimate(photo)
        estimator.set_confidences(1.0, 0.5)
        assert estimator.estimate(photo) == []
        estimator.set_confidences(0.5, 0.5)
        assert estimator.estimate(photo)


@pytest.mark.parametrize('confidences', [(2.0, 0.5), (0.5, -0.1), (float('nan'), 0.5)])
def test_confidences_that_cannot_be_leave_the_detector(options, photo, confidences):
    with HeadPoseEstimator(**options) as estimator:
        (before,) = estimator.estimate(photo)
        with pytest.raises(ValueError, match='min_(detection|tracking)_confidence is'):
            estimator.set_confidences(*confidences)
        (after,) = estimator.estimate(photo)
        np.testing.assert_array_equal(after.landmarks, before.landmarks)


@pytest.mark.usefixtures('face_mesh')
def test_a_detector_that_cannot_start_anew_leaves_the_one_before(monkeypatch, photo):
    import mediapipe

    with HeadPoseEstimator() as estimator:
        (before,) = estimator.estimate(photo)
        monkeypatch.delattr(mediapipe, 'solutions')
        with pytest.raises(DetectorUnavailableError):
            estimator.set_confidences(0.4, 0.4)
        (after,) = estimator.estimate(photo)
        np.testing.assert_array_equal(after.landmarks, before.landmarks)


def test_closed_means_closed(options, photo):
    with HeadPoseEstimator(**options) as estimator:
        estimator.close()
        with pytest.raises(RuntimeError, match='is closed; create a new one'):
            estimator.estimate(photo)


def test_people_on_video_frames(options, media):
    capture = cv2.VideoCapture(str(media / 'head-pose-face-detection-female-and-male.gif'))
    counts = []
    with HeadPoseEstimator(mode='video', max_faces=2, **options) as estimator:
        while True:
            ok, bgr = capture.read()
            if not ok:
                break
            counts.append(len(estimator.estimate(bgr, None, len(counts) / 12.0)))
    assert np.mean(np.array(counts) >= 1) > 0.5
