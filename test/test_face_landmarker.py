# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The second detector, on real MediaPipe: 0.10 and 1.x alike."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import count

import cv2
import numpy as np
import pytest
from made_up import fitted, write_model
from sklearn.linear_model import Ridge

from headpose_ros.detection.factory import create_detector
from headpose_ros.detection.mediapipe_common import import_mediapipe
from headpose_ros.errors import ModelError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.regression.model_file import find_model
from headpose_ros.rotation import rotation_from_rpy
from training.rotation import geodesic_angle

NAME = 'face_landmarker'

# Pixels of the photograph at which these vertices are, read off it.
PLACES = {
    1: (148, 131),  # tip of the nose
    33: (119, 101),  # outer corners of the eyes
    263: (181, 104),
    61: (127, 139),  # corners of the mouth
    291: (170, 141),
    152: (146, 177),  # chin
}


@pytest.fixture(scope='module')
def detector(bundle):
    detector = create_detector(NAME, 'image', 5, bundle)
    yield detector
    detector.close()


@pytest.fixture
def videos(bundle):
    """Makes detectors of the mode 'video' for a number of faces."""
    made = []

    def make(max_faces, **options):
        made.append(create_detector(NAME, 'video', max_faces, bundle, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    """A model file for each detector, trained on random numbers."""
    paths = {}
    for name in (NAME, 'face_mesh'):
        path = tmp_path_factory.mktemp(name) / 'model.npz'
        paths[name] = write_model(path, fitted(Ridge()), name)
    return paths


def beside(photo, scales):
    """Copies of a photograph next to one another."""
    copies = [cv2.resize(photo, None, fx=scale, fy=scale) for scale in scales]
    canvas = np.full((720, 1280, 3), 127, np.uint8)
    left = 0
    for copy in copies:
        canvas[: copy.shape[0], left : left + copy.shape[1]] = copy
        left += copy.shape[1]
    return canvas


def test_landmarks_are_where_the_face_is(detector, photo):
    ((face, score, second),) = detector.detect(photo)
    assert second is None
    assert face.shape == (468, 3) and face.dtype == float and score == 1.0
    for vertex, place in PLACES.items():
        np.testing.assert_allclose(face[vertex, :2], place, atol=4)
    assert face[1, 2] < face[[234, 454], 2].min() - 30  # the nose is nearer than the ears


def test_landmarks_are_those_of_face_mesh(face_mesh, detector, photo):
    other = create_detector('face_mesh', 'image', 5)
    expected, face = (each.detect(photo)[0].landmarks for each in (other, detector))
    other.close()
    size = np.ptp(expected[:, 0])
    assert np.linalg.norm(face - expected, axis=1).mean() < 0.05 * size


def test_pixels_are_square_whatever_the_shape_of_the_image(detector, photo):
    face = detector.detect(photo)[0].landmarks
    wide = cv2.copyMakeBorder(photo, 0, 0, 200, 100, cv2.BORDER_CONSTANT)
    high = cv2.copyMakeBorder(photo, 200, 100, 0, 0, cv2.BORDER_CONSTANT)
    for image, corner in ((wide, (200, 0, 0)), (high, (0, 200, 0))):
        found = max(detector.detect(image), key=lambda each: each.score)
        np.testing.assert_allclose(found.landmarks, face + corner, atol=6)


def test_an_image_is_the_same_every_time(detector, photo, rendered_head):
    (first,) = detector.detect(photo)
    detector.detect(rendered_head.render(np.eye(3)))
    (again,) = detector.detect(photo)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)


def test_each_face_of_an_image_is_found_once_and_the_largest_is_kept(bundle, detector, photo):
    both = beside(photo, (2.3, 1.8))
    large, small = detector.detect(both)
    assert large.box.area > 1.3 * small.box.area and large.box.left < small.box.left
    one = create_detector(NAME, 'image', 1, bundle)
    (only,) = one.detect(both)
    one.close()
    assert np.linalg.norm(only.landmarks - large.landmarks, axis=1).mean() < 2.0


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (2000, 1), (7, 5), (300, 400)])
def test_nobody(detector, size):
    assert detector.detect(np.full((*size, 3), 90, np.uint8)) == []


def test_in_a_video_as_many_as_asked_for_are_followed_lost_and_found(videos, photo):
    one, two, both = videos(1), videos(2), beside(photo, (2.3, 1.8))
    nobody, stamps = np.zeros_like(both), count()

    def counts(image, frames):
        for _ in range(frames):
            seconds = next(stamps) / 30.0
            found = len(one.detect(image, seconds)), len(two.detect(image, seconds))
        return found

    for _ in range(2):
        assert counts(both, 20) == (1, 2)
        for _ in range(5):
            assert counts(both, 1) == (1, 2)
        assert counts(nobody, 1) == (0, 0)


def test_a_followed_face_is_not_smoothed(videos, detector, photo):
    # Smoothed by MediaPipe, landmarks of noisy images jitter a fifth of those found afresh.
    large, random = cv2.resize(photo, (600, 600)), np.random.default_rng(0)
    noises = random.normal(0, 25, (20, *large.shape))
    images = [np.clip(large + noise, 0, 255).astype(np.uint8) for noise in noises]
    followed, afresh = (
        np.diff([each.detect(image)[0].landmarks for image in images], axis=0).std()
        for each in (videos(1), detector)
    )
    assert followed > 0.65 * afresh


def test_people_who_are_followed_do_not_mix(videos, photo):
    # One tracker of MediaPipe fits the faces of all of them in turn.
    two, both = videos(2, search_rate=0.0), beside(photo, (2.3, 1.8))
    before = two.detect(both, 0.0)
    for i in range(1, 10):
        moved = np.roll(both, 4 * i, axis=1)
        after = two.detect(moved, i / 30.0)
        for face, other in zip(before, after, strict=True):
            away = np.linalg.norm(face.landmarks + (4 * i, 0, 0) - other.landmarks, axis=1)
            assert away.mean() < 0.03 * face.box.width


@pytest.mark.parametrize(
    ('confidence', 'scores'),
    [('min_detection_confidence', []), ('min_tracking_confidence', [0.0])],
)
def test_confidences_reach_the_detector(bundle, photo, confidence, scores):
    for value, wanted in ((0.5, [1.0]), (1.0, scores)):
        options = {confidence: value}
        detector = create_detector(NAME, 'image', 1, bundle, 'short_range', **options)
        assert [face.score for face in detector.detect(photo)] == wanted
        detector.close()


@pytest.mark.parametrize('mode', ['image', 'video'])
def test_it_goes_on_after_what_is_no_image(bundle, models, photo, mode):
    estimator = HeadPoseEstimator(NAME, mode, 1, models[NAME], bundle)
    for bad in (photo[:, :, :2], photo[:, :0], photo.astype(float)):
        with pytest.raises(ValueError, match='expected a uint8 BGR image'):
            estimator.estimate(bad)
        assert len(estimator.estimate(photo)) == 1
    estimator.close()


def test_it_goes_on_after_an_error_of_mediapipe(videos, photo, monkeypatch):
    detector = videos(1)
    formats = import_mediapipe().ImageFormat
    with monkeypatch.context() as patch:
        patch.setattr(formats, 'SRGB', formats.SRGB48)  # does not fit 8 bits
        with pytest.raises((ValueError, RuntimeError)):
            detector.detect(photo, 0.0)
    for i in range(1, 3):
        assert len(detector.detect(photo, float(i))) == 1


def test_closed_means_closed(bundle, photo):
    detector = create_detector(NAME, 'image', 1, bundle)
    detector.close()
    detector.close()
    with pytest.raises(RuntimeError, match='is closed; create a new one'):
        detector.detect(photo)


LEAVE = '''
import sys
import numpy as np
import headpose_ros.detection.factory
assert 'mediapipe' not in sys.modules
detector = headpose_ros.detection.factory.create_detector('face_landmarker', {mode!r}, 1)
assert detector.detect(np.zeros((300, 400, 3), np.uint8)) == []
'''


@pytest.mark.slow
@pytest.mark.parametrize('mode', ['image', 'video'])
def test_start_and_end_are_quiet_even_for_who_forgets_to_close(bundle, mode):
    result = subprocess.run(
        [sys.executable, '-c', LEAVE.format(mode=mode)],
        env={**os.environ, 'HEADPOSE_FACE_LANDMARKER': str(bundle)},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_face_mesh_takes_no_bundle(bundle):
    with pytest.raises(ValueError, match='but face_mesh takes none; omit it'):
        create_detector('face_mesh', 'image', 1, bundle)


def test_the_estimator_runs_it_with_a_model_of_its_own(bundle, models, photo):
    with HeadPoseEstimator(NAME, model=models[NAME], bundle=bundle) as estimator:
        (head,) = estimator.estimate(photo)
    np.testing.assert_allclose(head.rotation @ head.rotation.T, np.eye(3), atol=1e-9)


@pytest.mark.parametrize('yaw', [-65, 65])
def test_a_face_that_the_network_doubts_is_read(bundle, rendered_head, yaw):
    true = rotation_from_rpy(np.radians([0, 0, yaw]))
    with HeadPoseEstimator(NAME, bundle=bundle) as estimator:
        (head,) = estimator.estimate(rendered_head.render(true))
    assert head.score == 0.0  # it gives no other
    assert np.degrees(geodesic_angle(head.rotation, true)) < 12.0


def test_the_model_of_the_other_detector_is_refused(bundle, models):
    told = "'face_mesh', but 'face_landmarker' is running; use a model for face_landmarker, or"
    for model in (models['face_mesh'], find_model('face_mesh')):
        with pytest.raises(ModelError, match=told):
            HeadPoseEstimator(NAME, model=model, bundle=bundle)


def test_face_mesh_refuses_its_model(face_mesh, models):
    with pytest.raises(ModelError, match="'face_landmarker', but 'face_mesh' is running"):
        HeadPoseEstimator(model=models[NAME])


def test_training_finds_faces_with_it(bundle, aflw2000, tmp_path):
    pytest.importorskip('pandas')
    from training.datasets import read_dataset
    from training.errors import TrainingError
    from training.landmarks import extract_landmarks

    data = read_dataset(aflw2000)
    part = replace(data, samples=data.samples[::100])
    found = extract_landmarks(part, NAME, ['plain'], 2, bundle)
    assert found.detector == NAME
    assert found.found.mean() > 0.8
    with pytest.raises(TrainingError, match='face_mesh takes none'):
        extract_landmarks(part, 'face_mesh', ['plain'], 1, bundle)


def test_the_node_runs_it_with_the_bundle_of_its_parameter(ros, bundle, models):
    ros.environment['HEADPOSE_FACE_LANDMARKER'] = '/no/where.task'
    options = ['--ros-args', '-p', f'detector:={NAME}', '-p', f'model:={models[NAME]}']
    node = ros.start('headpose_node', *options, '-p', f'bundle:={bundle}')
    node.wait_for(f'detector {NAME}')
    node = ros.start('headpose_node', *options, '-r', '__ns:=/other')
    node.wait_for('configuration failed: HEADPOSE_FACE_LANDMARKER is set to /no/where.task')
    assert ros.state('/other/headpose_node') == 'unconfigured'
    assert 'Traceback' not in node.output
