# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Training on the real datasets: faces found, the right one of several, promised accuracy."""

from dataclasses import replace

import numpy as np
import pytest

from headpose_ros.regression.model_file import load_model
from training.augmentation import PLAIN
from training.baselines import face_mesh
from training.crossval import Protocol, cross_validate
from training.datasets import read_dataset
from training.fit import DEFAULT_FEATURES, DEFAULT_REGRESSOR
from training.landmarks import extract_landmarks
from training.metrics import pan_tilt_figures, pose_figures

pytestmark = pytest.mark.slow

# Images of AFLW2000-3D whose labelled person is not the one that FaceMesh returns first.
SEVERAL_PEOPLE = (6, 179, 400, 1575, 2107, 2317, 3123, 3216, 3431, 3561, 4157)


@pytest.fixture(scope='module')
def aflw(aflw2000):
    return read_dataset(aflw2000)


@pytest.fixture(scope='module')
def aflw_landmarks(aflw):
    # No augmentations: with them, as the shipped model has, this takes many minutes.
    return extract_landmarks(aflw, 'face_mesh', [PLAIN])


def test_aflw2000_without_extreme_angles(aflw):
    assert (len(aflw.samples), aflw.left_out) == (1969, 31)


def test_faces_found_on_aflw2000(aflw_landmarks):
    assert aflw_landmarks.found.sum() >= 1940


def test_the_labelled_person_is_picked(aflw, aflw_landmarks):
    regions = {sample.name: sample.region for sample in aflw.samples}
    shown = aflw_landmarks.select(aflw_landmarks.found)
    picked = 0
    for name, landmarks in zip(shown.names, shown.landmarks, strict=True):
        if int(name.removeprefix('image')) in SEVERAL_PEOPLE:
            face, region = landmarks[:, :2], regions[name]
            distance = np.linalg.norm(_center(face) - _center(region))
            assert distance < 0.25 * np.ptp(region, axis=0).max(), name
            picked += 1
    # FaceMesh does not see the labelled person of the others at all.
    assert picked >= 6


def test_accuracy_on_aflw2000(aflw, aflw_landmarks):
    candidate = (DEFAULT_FEATURES, DEFAULT_REGRESSOR)
    (result,) = cross_validate(aflw_landmarks, [candidate], Protocol(folds=5, repeats=1))
    # The shipped model, trained on augmentations too, has 4.24 and 7.29.
    assert result.figures['MAE'] <= 5.2
    assert result.figures['geodesic'] <= 8.7
    # Faces that FaceMesh does not find at the first look are the hardest: of the others.
    first_look = np.isfinite(face_mesh.find_faces(aflw)).all(axis=(1, 2))
    shown = aflw_landmarks.select(aflw_landmarks.found)
    easy = np.isin(shown.names, np.array([each.name for each in aflw.samples])[first_look])
    assert 1800 <= easy.sum() < len(easy)
    figures = pose_figures(result.predicted[0, easy], shown.labels[easy])
    assert figures['MAE'] <= 4.1
    assert figures['geodesic'] <= 7.3


def test_the_shipped_model_was_trained_on_these_faces(aflw_landmarks):
    found = aflw_landmarks.found.sum()
    assert f'found {found} of 1969' in load_model(None, 'face_mesh').description.protocol


@pytest.mark.parametrize('detector', ['face_mesh', 'face_landmarker'])
def test_the_shipped_models_are_as_good_as_promised(detector):
    # Some of the faces that are found can hardly be read, and the model knows which.
    share, geodesic = load_model(None, detector).description.sure_faces['<= 20'][-2:]
    assert share >= 95.0 and geodesic <= 6.2


def test_pan_and_tilt_on_pointing04(pointing04):
    dataset = read_dataset(pointing04)
    assert len(dataset.samples) == 2790
    part = replace(dataset, samples=dataset.samples[::9])
    data = extract_landmarks(part, 'face_mesh', [PLAIN])
    assert data.found.mean() > 0.9
    seen = data.select(data.found)
    predicted = load_model(None, 'face_mesh').predict(seen.landmarks)
    for axis, estimated in ((1, predicted[:, 0, 2]), (0, predicted[:, 1, 2])):
        turned = np.abs(np.degrees(seen.labels[:, axis])) > 25.0
        agree = np.sign(estimated[turned]) == np.sign(seen.labels[turned, axis])
        assert agree.mean() > 0.95
    figures = pan_tilt_figures(predicted, seen.labels)
    assert figures['pan MAE at pan within 60, tilt within 30'] < 7.5


def _center(points):
    return (points.min(axis=0) + points.max(axis=0)) / 2.0
