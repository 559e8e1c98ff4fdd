# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Copies of a photograph on which the head is rendered at another pose."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from headpose_ros.detection.factory import create_detector
from headpose_ros.landmarks import CHEEKBONES
from headpose_ros.media.sample_head.head_mesh import own_rotation
from headpose_ros.regression.model_file import load_model
from training.augmentation import AUGMENTATION_NAMES, FAR, PLAIN, chance_of
from training.landmarks import extract_landmarks
from training.rendered_poses import RENDERED, Rendering, can_be_rendered
from training.rotation import geodesic_angle, label_from_rotation, rotation_from_label
from training.samples import Dataset, Sample
from training.turnable_head import TurnableHead

pytestmark = pytest.mark.usefixtures('face_mesh')

FAR_AWAY = 1000.0  # widths of the head: without perspective
STILL = Rendering(yaw=(0.0, 0.0), roll=(0.0, 0.0))


@pytest.fixture(scope='module')
def photograph():
    """BGR image of a face about as large as those of AFLW2000-3D."""
    return cv2.resize(astronaut()[:270, 90:360, ::-1], (450, 450))


@pytest.fixture(scope='module')
def detect():
    detector = create_detector('face_mesh', 'image', 1)
    yield lambda image: detector.detect(image)[0].landmarks
    detector.close()


@pytest.fixture(scope='module')
def landmarks(photograph, detect):
    return detect(photograph)


@pytest.fixture(scope='module')
def head(photograph, landmarks):
    return TurnableHead(photograph, landmarks)


def turn_of(pitch, yaw, roll=0.0):
    """A turn in the camera's axes, with the signs of labels, degrees."""
    return rotation_from_label(np.radians([pitch, yaw, roll]))


def degrees_between(a, b):
    return float(np.degrees(geodesic_angle(a, b)))


def test_unturned_the_head_looks_as_in_the_photograph(photograph, landmarks, head):
    image, points = head.render(np.eye(3), FAR_AWAY)
    assert image.shape == photograph.shape and image.dtype == np.uint8
    assert points == pytest.approx(landmarks[:, :2], abs=0.2)
    hull = cv2.convexHull(landmarks[:, :2].astype(np.float32)).astype(np.int32)
    face = cv2.fillConvexPoly(np.zeros(photograph.shape[:2], np.uint8), hull, 1) == 1
    away = np.abs(image.astype(float) - photograph)
    assert away[face].mean() < 2.0
    assert away[:, :10].max() == 0.0  # of what is around it nothing changes


@pytest.mark.parametrize(
    'angles',
    [(-20, 0), (-30, 0), (20, 0), (35, 0), (0, 30), (0, -45), (-25, 35), (20, -35), (-15, 20, 25)],
)
def test_the_network_reads_the_turn(landmarks, detect, head, angles):
    turn, model = turn_of(*angles), load_model(None, 'face_mesh')
    image, points = head.render(turn, 10.0)
    found = detect(image)
    before, after = model.predict(np.array([landmarks, found]))
    error = degrees_between(turn @ before, after)
    miss = np.linalg.norm(found[:, :2] - points, axis=1).mean() / head.width
    print(f'{angles}: read {error:.1f} degrees off, landmarks {miss:.3f} widths away')
    assert error < 10.0
    assert miss < 0.06


def test_near_the_nose_is_larger(landmarks, head):
    left, right = landmarks[list(CHEEKBONES)]
    middle = (left + right) / 2
    _, points = head.render(np.eye(3), 3.0)
    stretch = 3.0 / (3.0 + (landmarks[:, 2:] - middle[2]) / head.width)
    assert points == pytest.approx(middle[:2] + (landmarks - middle)[:, :2] * stretch)


@pytest.mark.parametrize('shift', [(-250, 0), (200, 0), (0, -200), (0, 260)])
def test_a_face_at_the_border(photograph, landmarks, shift):
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float)
    moved = cv2.warpAffine(photograph, matrix, (450, 450))
    head = TurnableHead(moved, landmarks + (*shift, 0))
    for rendering in RENDERED.values():
        rendered = rendering.of(head, np.zeros(3), np.random.default_rng(0))
        assert rendered.image.shape == moved.shape
        assert np.isfinite(rendered.landmarks).all()


@pytest.mark.parametrize(
    ('rendering', 'label', 'expected'),
    [
        (replace(STILL, pitch=(-20.0, -20.0)), (-5, 0, 0), (-25, 0, 0)),
        (replace(STILL, pitch=(30.0, 30.0)), (-5, 0, 0), (25, 0, 0)),
        (replace(STILL, yaw=(10.0, 10.0)), (0, 20, 0), (0, 30, 0)),
        (replace(STILL, roll=(10.0, 10.0)), (0, 0, 20), (0, 0, 30)),
        (replace(STILL, away=(40.0, 40.0)), (0, 20, 0), (0, 60, 0)),
        (replace(STILL, away=(40.0, 40.0)), (-10, -20, 0), (-10, -60, 0)),
        # No farther than can be seen.
        (replace(STILL, away=(60.0, 60.0)), (0, 45, 0), (0, 87, 0)),
        (replace(STILL, pitch=(-50.0, -50.0)), (-30, 0, 0), (-65, 0, 0)),
    ],
)
def test_labels_follow_the_turn(head, rendering, label, expected):
    rendered = rendering.of(head, np.radians(label), np.random.default_rng(0))
    rotation = rotation_from_label(rendered.label)
    assert degrees_between(rotation, turn_of(*expected)) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize('name', RENDERED)
def test_labels_are_what_was_rendered(landmarks, detect, head, name):
    label = label_from_rotation(own_rotation(landmarks))
    rendered = RENDERED[name].of(head, label, np.random.default_rng(1))
    rotation = rotation_from_label(rendered.label)
    turn = rotation @ own_rotation(landmarks).T
    _, points = head.render(turn, FAR_AWAY)
    # But for the perspective.
    assert np.linalg.norm(points - rendered.landmarks, axis=1).mean() < 0.1 * head.width
    found = detect(rendered.image)
    print(f'{name}: label {np.degrees(rendered.label).round()}, miss {rendered.miss(found):.3f}')
    assert rendered.is_seen(found)
    assert not rendered.is_seen(found + (0.3 * head.width, 0.0, 0.0))


def test_what_is_random_is_the_same_again(photograph, landmarks, head):
    region, label = landmarks[:, :2], np.zeros(3)
    images = {}
    for name, rendering in RENDERED.items():
        first = rendering.of(head, label, chance_of(region, name))
        again = rendering.of(TurnableHead(photograph, landmarks), label, chance_of(region, name))
        np.testing.assert_array_equal(first.image, again.image)
        np.testing.assert_array_equal(first.label, again.label)
        images[name] = first.image.tobytes()
    assert len(set(images.values())) == len(RENDERED)
    # Of another photograph they are others.
    other = RENDERED['near'].of(head, label, chance_of(region + 1.0, 'near'))
    assert other.image.tobytes() != images['near']


def test_a_mesh_of_another_pose_is_not_rendered(landmarks):
    own = own_rotation(landmarks)
    assert can_be_rendered(landmarks, label_from_rotation(own))
    assert can_be_rendered(landmarks, label_from_rotation(turn_of(0.0, 14.0) @ own))
    assert not can_be_rendered(landmarks, label_from_rotation(turn_of(0.0, 16.0) @ own))


def test_names_of_augmentations_are_distinct():
    assert len(set(AUGMENTATION_NAMES)) == len(AUGMENTATION_NAMES)
    assert not set(RENDERED) & set(FAR)
    assert not any(',' in name for name in AUGMENTATION_NAMES)  # they are listed with commas


def test_extraction(photograph, landmarks, tmp_path):
    cv2.imwrite(str(tmp_path / 'face.jpg'), photograph)
    cv2.imwrite(str(tmp_path / 'empty.jpg'), np.full_like(photograph, 90))
    label, region = label_from_rotation(own_rotation(landmarks)), landmarks[:, :2]
    other = label_from_rotation(turn_of(0.0, 40.0) @ own_rotation(landmarks))
    samples = [
        Sample('face', 'a', tmp_path / 'face.jpg', label, region),
        Sample('labelled otherwise', 'b', tmp_path / 'face.jpg', other, region),
        Sample('empty', 'c', tmp_path / 'empty.jpg', label, region),
    ]
    augmentations = [PLAIN, 'shrunk', *RENDERED]
    data = extract_landmarks(Dataset('faces', 'none', samples, 0), 'face_mesh', augmentations, 1)
    assert np.isfinite(data.labels).all()
    assert data.augmentations.tolist() == 3 * augmentations
    assert data.groups.tolist() == [group for group in 'abc' for _ in augmentations]
    face, otherwise, empty = np.split(data.found, 3)
    assert face.all()
    assert otherwise.tolist() == [True, True, *[False] * len(RENDERED)]
    assert not empty.any()
    # Pitch and yaw are where the names say.
    pitch, yaw = np.degrees(data.labels[: len(augmentations), :2] - label[:2]).T
    at = augmentations.index
    assert -31.0 < pitch[at('looking down')] < -9.0 and pitch[at('looking further up')] > 29.0
    assert abs(yaw[at('in profile')]) > 15.0
    dataset, backwards = Dataset('faces', 'none', samples, 0), augmentations[::-1]
    again = extract_landmarks(dataset, 'face_mesh', backwards, 1)
    first, again = (each.landmarks[: len(augmentations)] for each in (data, again))
    np.testing.assert_array_equal(again[::-1], first)
